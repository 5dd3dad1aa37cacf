#include "internal.h"

struct command_name {
    uint32_t number;
    const char *name;
};

static const struct command_name names[] = {
#define COMMAND_ROW(name, number, text) {number, text},
    CLV_EP11_COMMANDS(COMMAND_ROW)
#undef COMMAND_ROW
};

const char *clv_ep11_command_name(uint32_t command)
{
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (names[i].number == command)
            return names[i].name;
    return "unknown command";
}

bool clv_ep11_is_query(uint32_t command)
{
    return (command & 0x10000u) != 0;
}
