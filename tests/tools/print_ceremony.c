/* Prints the tables of the engine as Markdown, for the pages that contain exactly this:
 * `rules` for docs/ceremony.md, `events` for docs/formats/events.md. */
#include <stdio.h>
#include <string.h>

#include "claviger/ceremony.h"

static void print_states(void)
{
    printf("| state | what it guarantees |\n|---|---|\n");
    for (int s = 0; s < CLV_NUM_STATES; s++)
        printf("| %s | %s |\n", clv_state_name((enum clv_state)s),
               clv_state_guarantee((enum clv_state)s));
}

static void print_rules(void)
{
    const struct clv_rule_row *rows = NULL;
    size_t num = clv_rules_list(&rows);
    printf("\n| in state | on event | if | do | next |\n|---|---|---|---|---|\n");
    for (size_t i = 0; i < num; i++)
        printf("| %s | %s | %s | %s | %s |\n", rows[i].state, rows[i].event, rows[i].guard,
               rows[i].action, rows[i].next);
}

static void print_positions(void)
{
    printf("\n| what the unit shows | recommended next action |\n|---|---|\n");
    for (int p = 0; p < CLV_NUM_POSITIONS; p++)
        printf("| %s | %s |\n", clv_position_meaning((enum clv_position)p),
               clv_position_next((enum clv_position)p));
}

static void print_events(void)
{
    printf("| event | members behind `event` and `time` |\n|---|---|\n");
    for (int k = 0; k < CLV_NUM_EVENTS; k++) {
        const char *form = NULL, *name = NULL;
        printf("| `%s` |", clv_event_name((enum clv_event_kind)k));
        for (size_t n = 0; (name = clv_event_member((enum clv_event_kind)k, n, &form)); n++)
            printf("%s `%s` (%s)", n ? "," : "", name, form);
        printf(" |\n");
    }
    printf("\n| what | names |\n|---|---|\n| phase |");
    for (int p = 0; p < CLV_NUM_PHASES; p++)
        printf("%s `%s`", p ? "," : "", clv_phase_name((enum clv_phase)p));
    printf(" |\n| decision |");
    for (int d = 0; d < CLV_NUM_DECISIONS; d++)
        printf("%s `%s`", d ? "," : "", clv_decision_name((enum clv_decision)d));
    printf(" |\n");
}

int main(int argc, char **argv)
{
    if (argc == 2 && strcmp(argv[1], "events") == 0) {
        print_events();
        return 0;
    }
    print_states();
    print_rules();
    print_positions();
    return 0;
}
