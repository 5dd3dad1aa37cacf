/* Who is asked to leave when too many are connected. */
#include <criterion/criterion.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "src/unitd/crowd.h"

#define NUM 5

static struct crowd crowd;
static struct guest *guests[NUM];
static int far[NUM];

static void come(void)
{
    for (size_t i = 0; i < NUM; i++) {
        int pair[2];
        cr_assert_eq(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair), 0);
        guests[i] = crowd_enter(&crowd, pair[0]);
        far[i] = pair[1];
    }
}

static void go(void)
{
    for (size_t i = 0; i < NUM; i++) {
        close(guests[i]->fd);
        close(far[i]);
        crowd_leave(&crowd, guests[i]);
    }
    cr_assert_eq(crowd.num, 0);
    cr_assert(!crowd.first && !crowd.last);
}

TestSuite(crowd, .init = come, .fini = go);

static bool is_shut(size_t guest)
{
    struct pollfd p = {.fd = far[guest], .events = POLLIN};
    return poll(&p, 1, 0) == 1;
}

/* The next one to go, and nobody else. */
static void expect_next(size_t guest)
{
    cr_assert(!is_shut(guest));
    crowd_thin(&crowd);
    cr_assert(is_shut(guest), "guest %zu should have gone", guest);
}

Test(crowd, first_come_first_go)
{
    for (size_t i = 0; i < NUM; i++)
        expect_next(i);
    crowd_thin(&crowd);
}

Test(crowd, who_was_served_goes_last)
{
    crowd_served(&crowd, guests[0]);
    crowd_served(&crowd, guests[3]);
    crowd_served(&crowd, guests[0]);
    expect_next(1);
    expect_next(2);
    expect_next(4);
    expect_next(3);
    expect_next(0);
}

Test(crowd, who_waits_for_an_answer_stays)
{
    guests[0]->waiting = guests[2]->waiting = true;
    crowd_served(&crowd, guests[1]);
    expect_next(3);
    expect_next(4);
    expect_next(1);
    crowd_thin(&crowd);
    cr_assert(!is_shut(0) && !is_shut(2));
}
