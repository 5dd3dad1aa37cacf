/* The one function that supplies keys: of curses, or of the secret that is being typed. */
#include <poll.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "internal.h"

/* clang-format off */
static const struct {
    int typed;
    enum clv_tui_key_code key;
} typed_keys[] = {
    {CLV_TYPED_F1,        CLV_KEY_HELP},      {CLV_TYPED_F1 + 1, CLV_KEY_UNITS},
    {CLV_TYPED_F1 + 3,    CLV_KEY_DEVIATION}, {CLV_TYPED_F1 + 4, CLV_KEY_RECORD},
    {CLV_TYPED_UP,        CLV_KEY_UP},        {CLV_TYPED_DOWN,   CLV_KEY_DOWN},
    {CLV_TYPED_PAGE_UP,   CLV_KEY_PAGE_UP},   {CLV_TYPED_PAGE_DOWN, CLV_KEY_PAGE_DOWN},
    {CLV_TYPED_ESCAPE,    CLV_KEY_ESCAPE},
};
/* clang-format on */

static clv_status fail_gone(struct clv_error *err)
{
    return clv_fail(err, CLV_E_INTERRUPTED, "the terminal went away");
}

/* Reads what waits on the keyboard into the secret, past curses. */
static clv_status type(struct clv_tui *t, struct clv_tui_key *ret, struct clv_error *err)
{
    enum clv_typed typed = clv_typing_read(&t->typing, STDIN_FILENO);
    *ret = (struct clv_tui_key){.code = CLV_KEY_TYPED, .typed = typed};
    if (typed == CLV_TYPED_END)
        return fail_gone(err);
    if (typed == CLV_TYPED_ENTER)
        ret->code = CLV_KEY_ENTER;
    if (typed == CLV_TYPED_CTRL)
        ret->code = t->typing.key == 'L' ? CLV_KEY_REPAINT : CLV_KEY_NONE;
    for (size_t i = 0; typed == CLV_TYPED_KEY && i < sizeof typed_keys / sizeof typed_keys[0];
         i++) {
        if (typed_keys[i].typed == t->typing.key)
            ret->code = typed_keys[i].key;
    }
    return CLV_OK;
}

/* Keys of a paste are marked; what in it is no letter is dropped, an end of line becomes a blank:
 * a paste can never press Enter. */
static bool mark_paste(struct clv_tui *t, struct clv_tui_key *key)
{
    if (key->code == CLV_KEY_PASTE_START || key->code == CLV_KEY_PASTE_END) {
        t->pasting = key->code == CLV_KEY_PASTE_START;
        return false;
    }
    if (!t->pasting)
        return true;
    if (key->code == CLV_KEY_ENTER || key->code == CLV_KEY_TAB)
        *key = (struct clv_tui_key){.code = CLV_KEY_CHAR, .text = " "};
    key->pasted = true;
    return key->code == CLV_KEY_CHAR;
}

/* There is something to read and nothing comes: the other end is closed. */
static bool is_gone(void)
{
    struct pollfd p = {.fd = STDIN_FILENO, .events = POLLIN};
    int num = 0;
    return poll(&p, 1, 0) > 0 && (ioctl(STDIN_FILENO, FIONREAD, &num) != 0 || num == 0);
}

static bool from_curses(struct clv_tui *t, struct clv_tui_key *ret)
{
    while (clv_display_key(t->display, ret)) {
        if (mark_paste(t, ret))
            return true;
    }
    return false;
}

static void stop(struct clv_tui *t)
{
    clv_display_leave(t->display);
    clv_terminal_suspend(t->terminal);
    clv_display_return(t->display);
    t->repaint = true;
}

/* What a signal asks for. Returns true when ret is a key to hand on. */
static bool heed(struct clv_tui *t, unsigned wake, struct clv_tui_key *ret)
{
    *ret = (struct clv_tui_key){.code = CLV_KEY_NONE};
    if ((wake & CLV_WAKE_SUSPEND) != 0 && t->typing.secret != NULL)
        ret->code = CLV_KEY_NO_SUSPEND;
    else if ((wake & CLV_WAKE_SUSPEND) != 0)
        stop(t);
    if ((wake & CLV_WAKE_CONTINUED) != 0) {
        clv_display_return(t->display);
        t->repaint = true;
    }
    /* Between two sizes there may have been a smaller one, unseen here, that cut off what was
     * drawn: what the screen shows is not what curses thinks it shows. */
    if ((wake & CLV_WAKE_RESIZED) != 0)
        t->repaint = true;
    return (wake & (CLV_WAKE_SUSPEND | CLV_WAKE_CONTINUED | CLV_WAKE_RESIZED)) != 0;
}

clv_status clv_tui_next_key(struct clv_tui *t, int timeout_ms, struct clv_tui_key *ret,
                            struct clv_error *err)
{
    bool secret = t->typing.secret != NULL;
    for (;;) {
        unsigned wake = 0;
        if (!secret && from_curses(t, ret))
            return CLV_OK;
        clv_status status = clv_terminal_wait(t->terminal, STDIN_FILENO, timeout_ms, &wake, err);
        if (status != CLV_OK)
            return status;
        if (heed(t, wake, ret))
            return CLV_OK;
        if ((wake & CLV_WAKE_INPUT) != 0 && secret)
            return type(t, ret, err);
        if ((wake & CLV_WAKE_INPUT) != 0 && from_curses(t, ret))
            return CLV_OK;
        if ((wake & CLV_WAKE_INPUT) != 0 && is_gone())
            return fail_gone(err);
        if (wake == 0 && timeout_ms >= 0)
            return CLV_OK;
    }
}
