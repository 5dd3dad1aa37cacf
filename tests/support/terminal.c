#include "terminal.h"

#include <criterion/criterion.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <utmp.h>
#include <vterm.h>

#define MAX_ENV 64
#define STILL_MS 400

struct terminal {
    int master;
    pid_t child;         /* the program, or the little shell */
    pid_t program;       /* the program */
    int reports, orders; /* of the little shell, -1 without */
    bool closed;         /* nobody has the other end open any more */
    bool ended;
    int status;
    struct termios before;
    int rows, cols;
    VTerm *vterm;
    VTermScreen *screen;
    int cursor_row, cursor_col;
    bool cursor_visible, alternate;
    unsigned char *stream;
    size_t stream_len, stream_cap, expected;
};

/* ---- the emulator ---- */

static int on_cursor(VTermPos pos, VTermPos old, int visible, void *user)
{
    struct terminal *t = user;
    (void)old;
    (void)visible;
    t->cursor_row = pos.row;
    t->cursor_col = pos.col;
    return 1;
}

static int on_property(VTermProp prop, VTermValue *value, void *user)
{
    struct terminal *t = user;
    if (prop == VTERM_PROP_CURSORVISIBLE)
        t->cursor_visible = value->boolean;
    if (prop == VTERM_PROP_ALTSCREEN)
        t->alternate = value->boolean;
    return 1;
}

static const VTermScreenCallbacks callbacks = {
    .movecursor = on_cursor,
    .settermprop = on_property,
};

static void start_emulator(struct terminal *t)
{
    t->vterm = vterm_new(t->rows, t->cols);
    vterm_set_utf8(t->vterm, 1);
    t->screen = vterm_obtain_screen(t->vterm);
    VTermColor fg, bg; /* set once more, they carry the mark that nobody asked for a colour */
    vterm_state_get_default_colors(vterm_obtain_state(t->vterm), &fg, &bg);
    vterm_state_set_default_colors(vterm_obtain_state(t->vterm), &fg, &bg);
    vterm_screen_enable_altscreen(t->screen, 1);
    vterm_screen_set_callbacks(t->screen, &callbacks, t);
    vterm_screen_reset(t->screen, 1);
    t->cursor_visible = true;
}

static void keep(struct terminal *t, const char *data, size_t len)
{
    if (t->stream_len + len > t->stream_cap) {
        t->stream_cap = (t->stream_len + len) * 2;
        t->stream = realloc(t->stream, t->stream_cap);
        cr_assert_not_null(t->stream);
    }
    memcpy(t->stream + t->stream_len, data, len);
    t->stream_len += len;
}

/* Takes what the program wrote, waiting at most wait_ms for the first of it. */
static bool pump(struct terminal *t, int wait_ms)
{
    struct pollfd p = {.fd = t->master, .events = POLLIN};
    char buf[65536];
    if (t->master < 0 || poll(&p, 1, wait_ms) <= 0)
        return false;
    ssize_t n = read(t->master, buf, sizeof buf);
    t->closed = n < 0 && errno == EIO;
    if (n <= 0)
        return false;
    keep(t, buf, (size_t)n);
    (void)vterm_input_write(t->vterm, buf, (size_t)n);
    char answer[256]; /* what the emulator says to queries goes nowhere: we ask none */
    while (vterm_output_read(t->vterm, answer, sizeof answer) > 0)
        ;
    return true;
}

void terminal_drain(struct terminal *t)
{
    while (pump(t, 0))
        ;
}

static long long now_ms(void)
{
    struct timespec ts;
    (void)clock_gettime(CLOCK_MONOTONIC, &ts);
    return (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Whether the program computes or writes, by the state the kernel says it is in. */
static bool busy(const struct terminal *t)
{
    char path[40], stat[512] = "";
    (void)snprintf(path, sizeof path, "/proc/%d/stat", (int)t->program);
    FILE *f = fopen(path, "re");
    if (f == NULL)
        return false;
    const char *name_end = fgets(stat, sizeof stat, f) != NULL ? strrchr(stat, ')') : NULL;
    (void)fclose(f);
    return name_end != NULL && name_end[1] == ' ' && strchr("RD", name_end[2]) != NULL;
}

/* A screen comes in pieces: takes all of it, until the program waits for something. A program that
 * writes nothing while it computes is not waited for. */
static void settle(struct terminal *t)
{
    long long deadline = now_ms() + STILL_MS;
    bool was_busy;
    do {
        was_busy = busy(t);
        if (pump(t, was_busy ? 2 : 0)) {
            deadline = now_ms() + STILL_MS;
            was_busy = true;
        }
    } while (was_busy && now_ms() < deadline);
}

/* ---- starting ---- */

#define NUM_KEPT 3

static void pin_environment(const char *const *extra)
{
    static char home[4096], path[4096];
    const char *old_path = getenv("PATH"), *old_home = getenv("HOME");
    (void)snprintf(path, sizeof path, "%s", old_path != NULL ? old_path : "/usr/bin:/bin");
    (void)snprintf(home, sizeof home, "%s", old_home != NULL ? old_home : "/");
    /* What programs keep for their user belongs to the build, whoever starts the test. */
    static const char *const kept[NUM_KEPT] = {"ASAN_OPTIONS", "LSAN_OPTIONS", "XDG_STATE_HOME"};
    static const char *const missing[NUM_KEPT] = {"", "", CLV_BINARY_DIR "/tests/state/terminal"};
    char values[NUM_KEPT][1024];
    for (size_t i = 0; i < NUM_KEPT; i++) {
        const char *old = getenv(kept[i]);
        (void)snprintf(values[i], sizeof values[i], "%s", old != NULL ? old : missing[i]);
    }
    clearenv();
    setenv("PATH", path, 1);
    setenv("HOME", home, 1);
    setenv("TERM", "xterm-256color", 1);
    setenv("LC_ALL", "C.UTF-8", 1);
    setenv("ESCDELAY", "25", 1);
    for (size_t i = 0; i < NUM_KEPT; i++)
        if (values[i][0] != '\0')
            setenv(kept[i], values[i], 1);
    for (size_t i = 0; extra != NULL && extra[i] != NULL && i < MAX_ENV; i++) {
        if (strchr(extra[i], '=') != NULL)
            putenv((char *)(size_t)extra[i]);
        else
            unsetenv(extra[i]);
    }
}

static void run_program(const struct terminal_options *options)
{
    pin_environment(options->env);
    execv(options->argv[0], (char *const *)(size_t)options->argv);
    fprintf(stderr, "cannot run %s: %s\n", options->argv[0], strerror(errno));
    _exit(127);
}

/* What a shell does for one job: a process group of its own in the foreground; taken back when the
 * job stops; given again when we say so. Reports "P<pid>", "S", "E<status>". */
static void run_shell(const struct terminal_options *options, int reports, int orders)
{
    char order;
    int status = 0;
    signal(SIGTTOU, SIG_IGN);
    signal(SIGINT, SIG_IGN);
    signal(SIGTSTP, SIG_IGN);
    signal(SIGQUIT, SIG_IGN);
    pid_t job = fork();
    if (job == 0) {
        signal(SIGTTOU, SIG_DFL);
        signal(SIGINT, SIG_DFL);
        signal(SIGTSTP, SIG_DFL);
        signal(SIGQUIT, SIG_DFL);
        setpgid(0, 0);
        close(reports);
        close(orders);
        signal(SIGTTOU, SIG_IGN);
        tcsetpgrp(0, getpid());
        signal(SIGTTOU, SIG_DFL);
        run_program(options);
    }
    setpgid(job, job);
    tcsetpgrp(0, job);
    dprintf(reports, "P%d\n", (int)job);
    for (;;) {
        if (waitpid(job, &status, WUNTRACED) != job)
            _exit(127);
        if (!WIFSTOPPED(status))
            break;
        tcsetpgrp(0, getpgrp());
        dprintf(reports, "S\n");
        if (read(orders, &order, 1) != 1)
            _exit(126);
        tcsetpgrp(0, job);
        kill(-job, SIGCONT);
    }
    _exit(WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status));
}

static void read_report(struct terminal *t, char *buf, size_t cap)
{
    size_t len = 0;
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    while (len + 1 < cap && (len == 0 || buf[len - 1] != '\n')) {
        struct pollfd p = {.fd = t->reports, .events = POLLIN};
        (void)pump(t, 0);
        if (poll(&p, 1, 10) > 0) {
            ssize_t n = read(t->reports, buf + len, 1);
            cr_assert_eq(n, 1, "the little shell is gone");
            len++;
        }
        cr_assert_lt(now_ms(), deadline, "the little shell says nothing");
    }
    buf[len] = '\0';
}

struct terminal *terminal_spawn(const struct terminal_options *options)
{
    struct terminal *t = calloc(1, sizeof *t);
    cr_assert_not_null(t);
    t->rows = options->rows != 0 ? options->rows : 24;
    t->cols = options->cols != 0 ? options->cols : 80;
    start_emulator(t);
    struct winsize size = {.ws_row = (unsigned short)t->rows, .ws_col = (unsigned short)t->cols};
    int slave = -1, reports[2] = {-1, -1}, orders[2] = {-1, -1};
    cr_assert_eq(openpty(&t->master, &slave, NULL, NULL, &size), 0);
    (void)fcntl(t->master, F_SETFD, FD_CLOEXEC);
    cr_assert_eq(tcgetattr(slave, &t->before), 0);
    if (options->raw_output) {
        t->before.c_oflag &= ~(tcflag_t)OPOST;
        cr_assert_eq(tcsetattr(slave, TCSANOW, &t->before), 0);
    }
    if (options->job_control)
        cr_assert(pipe2(reports, O_CLOEXEC) == 0 && pipe2(orders, O_CLOEXEC) == 0);
    t->child = fork();
    cr_assert_geq(t->child, 0);
    if (t->child == 0) {
        close(t->master);
        (void)login_tty(slave);
        if (options->job_control)
            run_shell(options, reports[1], orders[0]);
        run_program(options);
    }
    close(slave);
    t->program = t->child;
    t->reports = reports[0];
    t->orders = orders[1];
    if (options->job_control) {
        char report[32];
        close(reports[1]);
        close(orders[0]);
        read_report(t, report, sizeof report);
        t->program = (pid_t)atoi(report + 1);
    }
    return t;
}

pid_t terminal_pid(const struct terminal *t)
{
    return t->program;
}

void terminal_hang_up(struct terminal *t)
{
    if (t->master >= 0)
        close(t->master);
    t->master = -1;
}

void terminal_free(struct terminal **t)
{
    struct terminal *old = *t;
    *t = NULL;
    if (old == NULL)
        return;
    terminal_hang_up(old);
    if (!old->ended) {
        (void)kill(old->program, SIGKILL);
        (void)kill(old->child, SIGKILL);
        (void)waitpid(old->child, &old->status, 0);
    }
    if (old->reports >= 0)
        close(old->reports);
    if (old->orders >= 0)
        close(old->orders);
    vterm_free(old->vterm);
    free(old->stream);
    free(old);
}

/* ---- keys ---- */

void terminal_send_bytes(struct terminal *t, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0) {
        struct pollfd ready = {.fd = t->master, .events = POLLOUT | POLLIN};
        (void)poll(&ready, 1, 1000);
        if ((ready.revents & POLLIN) != 0)
            (void)pump(t, 0); /* a program that waits for us to read cannot read us */
        if ((ready.revents & POLLOUT) == 0)
            continue;
        ssize_t n = write(t->master, p, len);
        cr_assert(n > 0 || errno == EAGAIN || errno == EINTR, "cannot type: %s", strerror(errno));
        if (n > 0) {
            p += n;
            len -= (size_t)n;
        }
    }
}

void terminal_send(struct terminal *t, const char *text)
{
    terminal_send_bytes(t, text, strlen(text));
}

void terminal_resize(struct terminal *t, int rows, int cols)
{
    struct winsize size = {.ws_row = (unsigned short)rows, .ws_col = (unsigned short)cols};
    terminal_drain(t);
    t->rows = rows;
    t->cols = cols;
    vterm_set_size(t->vterm, rows, cols);
    cr_assert_eq(ioctl(t->master, TIOCSWINSZ, &size), 0);
}

/* ---- the screen ---- */

static size_t put_cell_text(const VTermScreenCell *cell, char *out)
{
    if (cell->chars[0] == 0 || cell->chars[0] == (uint32_t)-1) {
        out[0] = cell->chars[0] == 0 ? ' ' : '\0'; /* the right half of a wide one */
        return cell->chars[0] == 0 ? 1 : 0;
    }
    size_t len = 0;
    for (size_t i = 0; i < VTERM_MAX_CHARS_PER_CELL && cell->chars[i] != 0; i++) {
        uint32_t c = cell->chars[i];
        if (c < 0x80) {
            out[len++] = (char)c;
        } else if (c < 0x800) {
            out[len++] = (char)(0xc0 | (c >> 6));
            out[len++] = (char)(0x80 | (c & 0x3f));
        } else if (c < 0x10000) {
            out[len++] = (char)(0xe0 | (c >> 12));
            out[len++] = (char)(0x80 | ((c >> 6) & 0x3f));
            out[len++] = (char)(0x80 | (c & 0x3f));
        } else {
            out[len++] = (char)(0xf0 | (c >> 18));
            out[len++] = (char)(0x80 | ((c >> 12) & 0x3f));
            out[len++] = (char)(0x80 | ((c >> 6) & 0x3f));
            out[len++] = (char)(0x80 | (c & 0x3f));
        }
    }
    return len;
}

#define CELL_BYTES (4 * VTERM_MAX_CHARS_PER_CELL)

/* starts[i]: where the text of column i begins. */
static void row_text(struct terminal *t, int row, char *out, size_t *starts)
{
    size_t len = 0, end = 0;
    for (int col = 0; col < t->cols; col++) {
        VTermScreenCell cell = {0};
        (void)vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &cell);
        if (starts != NULL)
            starts[col] = len;
        len += put_cell_text(&cell, out + len);
        if (cell.chars[0] != 0 && cell.chars[0] != ' ' && cell.chars[0] != (uint32_t)-1)
            end = len;
    }
    out[end] = '\0';
}

char *terminal_text(struct terminal *t)
{
    size_t cap = (size_t)t->rows * ((size_t)t->cols * CELL_BYTES + 1) + 1, len = 0;
    char *text = malloc(cap);
    cr_assert_not_null(text);
    for (int row = 0; row < t->rows; row++) {
        row_text(t, row, text + len, NULL);
        len += strlen(text + len);
        text[len++] = '\n';
    }
    text[len] = '\0';
    return text;
}

bool terminal_find(struct terminal *t, const char *text, int *ret_row, int *ret_col)
{
    char *line = malloc((size_t)t->cols * CELL_BYTES + 1);
    size_t *starts = calloc((size_t)t->cols, sizeof *starts);
    bool found = false;
    cr_assert(line != NULL && starts != NULL);
    for (int row = 0; row < t->rows && !found; row++) {
        row_text(t, row, line, starts);
        const char *at = strstr(line, text);
        for (int col = 0; at != NULL && col < t->cols && !found; col++) {
            found = starts[col] == (size_t)(at - line);
            if (found) {
                *ret_row = row;
                *ret_col = col;
            }
        }
    }
    free(line);
    free(starts);
    return found;
}

bool terminal_has_text(struct terminal *t, const char *text)
{
    int row, col;
    return terminal_find(t, text, &row, &col);
}

void terminal_cell(struct terminal *t, int row, int col, struct terminal_cell *ret)
{
    VTermScreenCell cell = {0};
    cr_assert(vterm_screen_get_cell(t->screen, (VTermPos){.row = row, .col = col}, &cell) == 1);
    *ret = (struct terminal_cell){
        .bold = cell.attrs.bold,
        .underline = cell.attrs.underline != 0,
        .reverse = cell.attrs.reverse,
        .default_fg = VTERM_COLOR_IS_DEFAULT_FG(&cell.fg),
        .default_bg = VTERM_COLOR_IS_DEFAULT_BG(&cell.bg),
    };
    (void)put_cell_text(&cell, ret->text);
    vterm_screen_convert_color_to_rgb(t->screen, &cell.fg);
    vterm_screen_convert_color_to_rgb(t->screen, &cell.bg);
    memcpy(ret->fg, (unsigned char[]){cell.fg.rgb.red, cell.fg.rgb.green, cell.fg.rgb.blue}, 3);
    memcpy(ret->bg, (unsigned char[]){cell.bg.rgb.red, cell.bg.rgb.green, cell.bg.rgb.blue}, 3);
}

void terminal_cursor(struct terminal *t, int *ret_row, int *ret_col, bool *ret_visible)
{
    *ret_row = t->cursor_row;
    *ret_col = t->cursor_col;
    *ret_visible = t->cursor_visible;
}

bool terminal_alternate(const struct terminal *t)
{
    return t->alternate;
}

void terminal_dump(struct terminal *t)
{
    char *text = terminal_text(t);
    fprintf(stderr, "---- screen %dx%d, cursor %d,%d ----\n%s---- end of screen ----\n", t->cols,
            t->rows, t->cursor_row, t->cursor_col, text);
    free(text);
}

/* ---- the stream ---- */

const unsigned char *terminal_stream(const struct terminal *t, size_t *ret_len)
{
    *ret_len = t->stream_len;
    return t->stream;
}

static const unsigned char *find_in_stream(const struct terminal *t, size_t from, const char *bytes)
{
    if (t->stream_len <= from)
        return NULL;
    return memmem(t->stream + from, t->stream_len - from, bytes, strlen(bytes));
}

bool terminal_stream_has(const struct terminal *t, const char *bytes)
{
    return find_in_stream(t, 0, bytes) != NULL;
}

bool terminal_bracketed_paste(const struct terminal *t)
{
    const unsigned char *on = NULL, *off = NULL, *p;
    for (size_t at = 0; (p = find_in_stream(t, at, "\033[?2004h")) != NULL; on = p)
        at = (size_t)(p - t->stream) + 1;
    for (size_t at = 0; (p = find_in_stream(t, at, "\033[?2004l")) != NULL; off = p)
        at = (size_t)(p - t->stream) + 1;
    return on != NULL && (off == NULL || on > off);
}

/* ---- waiting ---- */

static void give_up(struct terminal *t, const char *what, const char *text)
{
    terminal_dump(t);
    cr_assert_fail("%s: %s", what, text);
}

/* Whether it is worth waiting on. */
static bool wait_more(struct terminal *t, long long deadline)
{
    return pump(t, 20) || (!t->closed && now_ms() < deadline);
}

void terminal_wait_text(struct terminal *t, const char *text)
{
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    terminal_drain(t);
    while (!terminal_has_text(t, text)) {
        if (!wait_more(t, deadline))
            give_up(t, "never on the screen", text);
    }
    settle(t);
}

void terminal_wait_gone(struct terminal *t, const char *text)
{
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    terminal_drain(t);
    while (terminal_has_text(t, text)) {
        if (!wait_more(t, deadline))
            give_up(t, "still on the screen", text);
    }
    settle(t);
}

void terminal_wait_output(struct terminal *t, const char *text)
{
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    while (!terminal_stream_has(t, text)) {
        if (!wait_more(t, deadline))
            give_up(t, "never written", text);
    }
}

void terminal_expect(struct terminal *t, const char *text)
{
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    const unsigned char *at;
    while ((at = find_in_stream(t, t->expected, text)) == NULL) {
        if (!wait_more(t, deadline))
            give_up(t, "not written any more", text);
    }
    t->expected = (size_t)(at - t->stream) + strlen(text);
}

static char *read_golden(const char *path)
{
    FILE *f = fopen(path, "r");
    if (f == NULL)
        return NULL;
    char *text = calloc(1, 65536);
    cr_assert_not_null(text);
    size_t n = fread(text, 1, 65535, f);
    text[n] = '\0';
    (void)fclose(f);
    return text;
}

static void update_golden(struct terminal *t, const char *path)
{
    while (pump(t, STILL_MS))
        ;
    char *text = terminal_text(t);
    FILE *f = fopen(path, "w");
    cr_assert_not_null(f, "cannot write %s", path);
    (void)fputs(text, f);
    (void)fclose(f);
    free(text);
}

void terminal_wait_golden(struct terminal *t, const char *name)
{
    char path[1024];
    (void)snprintf(path, sizeof path, "%s/tests/screen/golden/%s.txt", CLV_SOURCE_DIR, name);
    if (getenv("CLV_UPDATE_GOLDEN") != NULL) {
        update_golden(t, path);
        return;
    }
    char *golden = read_golden(path);
    cr_assert_not_null(golden, "there is no %s", path);
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS / 4;
    for (;;) {
        terminal_drain(t);
        char *text = terminal_text(t);
        bool same = strcmp(text, golden) == 0;
        free(text);
        if (same)
            break;
        if (!wait_more(t, deadline)) {
            fprintf(stderr, "---- expected ----\n%s", golden);
            give_up(t, "the screen is not that of the golden file", path);
        }
    }
    free(golden);
}

/* ---- modes and ends ---- */

struct termios terminal_mode(const struct terminal *t)
{
    struct termios mode = {0};
    cr_assert_eq(tcgetattr(t->master, &mode), 0);
    return mode;
}

bool terminal_mode_restored(const struct terminal *t)
{
    struct termios now = terminal_mode(t);
    return now.c_iflag == t->before.c_iflag && now.c_oflag == t->before.c_oflag &&
           now.c_cflag == t->before.c_cflag && now.c_lflag == t->before.c_lflag &&
           memcmp(now.c_cc, t->before.c_cc, sizeof now.c_cc) == 0;
}

int terminal_wait_exit(struct terminal *t)
{
    long long deadline = now_ms() + TERMINAL_PATIENCE_MS;
    while (!t->ended) {
        (void)pump(t, 5);
        t->ended = waitpid(t->child, &t->status, WNOHANG) == t->child;
        if (!t->ended && now_ms() > deadline)
            give_up(t, "the program", "does not end");
        if (t->master < 0)
            (void)poll(NULL, 0, 5);
    }
    if (t->master >= 0)
        terminal_drain(t);
    return WIFSIGNALED(t->status) ? 128 + WTERMSIG(t->status) : WEXITSTATUS(t->status);
}

void terminal_wait_stopped(struct terminal *t)
{
    char report[32];
    read_report(t, report, sizeof report);
    cr_assert_str_eq(report, "S\n");
    terminal_drain(t);
}

void terminal_resume(struct terminal *t)
{
    cr_assert_eq(write(t->orders, "C", 1), 1);
}
