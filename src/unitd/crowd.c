#include "crowd.h"

#include <stdlib.h>
#include <sys/resource.h>
#include <sys/socket.h>

#define OTHER_FILES 40

unsigned crowd_room(void)
{
    const rlim_t wanted = CROWD_MAX + OTHER_FILES;
    struct rlimit limit;
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0)
        return 0;
    if (limit.rlim_cur < wanted) {
        limit.rlim_cur = limit.rlim_max < wanted ? limit.rlim_max : wanted;
        (void)setrlimit(RLIMIT_NOFILE, &limit);
    }
    if (limit.rlim_cur >= wanted)
        return CROWD_MAX;
    return limit.rlim_cur > OTHER_FILES ? (unsigned)(limit.rlim_cur - OTHER_FILES) : 0;
}

static void append(struct crowd *crowd, struct guest *guest)
{
    guest->prev = crowd->last;
    guest->next = NULL;
    *(crowd->last ? &crowd->last->next : &crowd->first) = guest;
    crowd->last = guest;
}

static void take_out(struct crowd *crowd, struct guest *guest)
{
    *(guest->prev ? &guest->prev->next : &crowd->first) = guest->next;
    *(guest->next ? &guest->next->prev : &crowd->last) = guest->prev;
}

struct guest *crowd_enter(struct crowd *crowd, int fd)
{
    struct guest *guest = calloc(1, sizeof(*guest));
    if (!guest)
        return NULL;
    guest->fd = fd;
    append(crowd, guest);
    crowd->num++;
    return guest;
}

void crowd_leave(struct crowd *crowd, struct guest *guest)
{
    take_out(crowd, guest);
    crowd->num--;
    free(guest);
}

void crowd_served(struct crowd *crowd, struct guest *guest)
{
    guest->served = true;
    take_out(crowd, guest);
    append(crowd, guest);
}

static struct guest *first_to_go(const struct crowd *crowd, bool served)
{
    for (struct guest *guest = crowd->first; guest; guest = guest->next)
        if (guest->served == served && !guest->waiting && !guest->leaving)
            return guest;
    return NULL;
}

void crowd_thin(struct crowd *crowd)
{
    struct guest *guest = first_to_go(crowd, false);
    if (!guest)
        guest = first_to_go(crowd, true);
    if (!guest)
        return;
    guest->leaving = true;
    shutdown(guest->fd, SHUT_RDWR);
}
