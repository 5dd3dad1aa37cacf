/* claviger: picks the command. */
#include <stdio.h>
#include <string.h>

#include "internal.h"

int main(int argc, char **argv)
{
    if (argc < 2)
        return usage_error("claviger", "name a command");
    if (strcmp(argv[1], "--version") == 0) {
        printf("claviger %s\n", CLV_VERSION);
        return 0;
    }
    const char *name =
        strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0 ? "help" : argv[1];
    const struct command *command = command_find(name);
    if (command)
        return command->run(argc - 1, argv + 1);
    return usage_error("claviger", "there is no command \"%s\"", argv[1]);
}
