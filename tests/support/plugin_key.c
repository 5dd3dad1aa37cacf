#include "plugin_key.h"

#include <jansson.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define VECTORS CLV_SOURCE_DIR "/tests/vectors/ep11-b/sigkey_files.json"

static void must(bool good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "no signature-key file of the plug-in: %s\n", what);
    exit(99);
}

static json_t *entry(json_t *root, enum plugin_key key)
{
    const char *admin = key == PLUGIN_RSA ? "admin2" : "admin1";
    size_t i;
    json_t *file;
    json_array_foreach(json_object_get(root, "files"), i, file)
    {
        const char *name = json_string_value(json_object_get(file, "admin"));
        if (name && strcmp(name, admin) == 0)
            return file;
    }
    must(false, admin);
    return NULL;
}

void plugin_key_write(const char *dir, enum plugin_key key, const char *name)
{
    char path[300];
    json_t *root = json_load_file(VECTORS, 0, NULL);
    json_t *file = json_object_get(entry(root, key), "file");
    snprintf(path, sizeof(path), "%s/%s.sigkey", dir, name);
    json_object_set_new(file, "name", json_string(name));
    must(json_dump_file(file, path, 0) == 0 && chmod(path, 0600) == 0, path);
    json_decref(root);
}

void plugin_key_password(enum plugin_key key, char *ret, size_t cap)
{
    json_t *root = json_load_file(VECTORS, 0, NULL);
    const char *password = json_string_value(json_object_get(entry(root, key), "password"));
    must(password != NULL, "password");
    snprintf(ret, cap, "%s", password);
    json_decref(root);
}
