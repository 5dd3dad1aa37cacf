/* claviger-gen SHARE DOCS: writes SHARE/man, SHARE/bash-completion, SHARE/zsh, SHARE/fish from the
 * command table and the pages in DOCS. */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "gen.h"

#define PAGE_MAX ((size_t)1 << 20)

static const char *share;

static void die(const char *what, const char *name)
{
    fprintf(stderr, "claviger-gen: cannot %s %s\n", what, name);
    exit(1);
}

/* SHARE/path, and the folders above it. */
static FILE *create(const char *path)
{
    char full[4096];
    snprintf(full, sizeof(full), "%s/%s", share, path);
    for (char *slash = full + 1; (slash = strchr(slash, '/')) != NULL; slash++) {
        *slash = '\0';
        (void)mkdir(full, 0755);
        *slash = '/';
    }
    FILE *out = fopen(full, "w");
    if (out == NULL)
        die("write", full);
    return out;
}

static void finish(FILE *out, const char *path)
{
    if (ferror(out) || fclose(out) != 0)
        die("write", path);
}

static void write_commands(void)
{
    const struct command *command;
    char path[256];
    FILE *out = create("man/man1/claviger.1");
    gen_man_program(out);
    finish(out, "claviger.1");
    for (size_t i = 0; (command = command_at(i)) != NULL; i++) {
        snprintf(path, sizeof(path), "man/man1/claviger-%s.1", command->name);
        out = create(path);
        gen_man_command(out, command);
        finish(out, path);
    }
}

static void write_page(const char *file, const char *name, const char *section)
{
    uint8_t *text = NULL;
    size_t len = 0;
    char path[256];
    struct clv_error err = {0};
    if (clv_file_read(file, PAGE_MAX, &text, &len, &err) != CLV_OK)
        die("read", file);
    snprintf(path, sizeof(path), "man/man%s/%s.%s", section, name, section);
    FILE *out = create(path);
    gen_man_page(out, name, section, (char *)text);
    finish(out, path);
    free(text);
}

/* docs/formats/NAME.md is claviger-NAME(5). */
static void write_formats(const char *docs)
{
    char folder[4096], file[8192], name[256];
    snprintf(folder, sizeof(folder), "%s/formats", docs);
    DIR *dir = opendir(folder);
    if (dir == NULL)
        die("read", folder);
    for (const struct dirent *e; (e = readdir(dir)) != NULL;) {
        size_t len = strlen(e->d_name);
        if (len <= 3 || len > 100 || strcmp(e->d_name + len - 3, ".md") != 0)
            continue;
        snprintf(name, sizeof(name), "claviger-%.*s", (int)(len - 3), e->d_name);
        snprintf(file, sizeof(file), "%s/%s", folder, e->d_name);
        write_page(file, name, "5");
    }
    closedir(dir);
}

static void write_completion(const char *path, void (*gen)(FILE *out))
{
    FILE *out = create(path);
    gen(out);
    finish(out, path);
}

int main(int argc, char **argv)
{
    char unitd[4096];
    if (argc != 3) {
        fprintf(stderr, "usage: claviger-gen SHARE DOCS\n");
        return 2;
    }
    share = argv[1];
    write_commands();
    write_formats(argv[2]);
    snprintf(unitd, sizeof(unitd), "%s/unitd.md", argv[2]);
    write_page(unitd, "claviger-unitd", "1");
    write_completion("bash-completion/completions/claviger", gen_bash);
    write_completion("zsh/vendor-completions/_claviger", gen_zsh);
    write_completion("fish/vendor_completions.d/claviger.fish", gen_fish);
    return 0;
}
