/* claviger: picks the command, takes its options apart, runs it. */
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "internal.h"

static int run_command(const struct command *command, int argc, char **argv)
{
    struct args args;
    struct clv_error err = {0};
    if (args_parse(command, argc, argv, &args, &err) != CLV_OK)
        return report(&err);
    return args_flag(&args, "help") ? print_help(command) : command->run(&args);
}

static int run(int argc, char **argv)
{
    if (argc < 2)
        return usage_error("claviger", "name a command");
    if (strcmp(argv[1], "--version") == 0) {
        printf("claviger %s\n", CLV_VERSION);
        return 0;
    }
    bool help = strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0;
    const struct command *command = command_find(help ? "help" : argv[1]);
    if (command)
        return run_command(command, argc - 1, argv + 1);
    return usage_error("claviger", "there is no command \"%s\"", argv[1]);
}

/* Nobody is told that all is well with a text that did not arrive. */
static int flush_output(int exit_code)
{
    struct clv_error err = {0};
    if (fflush(stdout) == 0 && !ferror(stdout))
        return exit_code;
    (void)clv_fail(&err, CLV_E_IO, "standard output cannot be written");
    clv_kept(&err, "What the command did is done; only what it printed is lost.");
    return exit_code == 0 ? report(&err) : exit_code;
}

int main(int argc, char **argv)
{
    struct clv_error err = {0};
    signal(SIGXFSZ, SIG_IGN); /* a file at the limit of its size is a failed write */
    return clv_fd_hold_standard(&err) == CLV_OK ? flush_output(run(argc, argv)) : report(&err);
}
