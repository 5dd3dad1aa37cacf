/* A service refuses its access token in the middle of something: a new one is asked for, and
 * nothing is lost or done twice. */
#include "model.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "src/unit/internal.h"

static struct model m;

/* What people answer when they are asked for a token. */
static struct {
    const char *types; /* NULL: nothing; the file may hold a new one */
    const char *file_now;
    unsigned idle; /* so many times they say that it is in the file, and it is not */
    clv_status status;
    unsigned num_asked;
    char why[CLV_ERROR_TEXT];
} people;

static char token_path[80];

static void write_token(const char *text)
{
    cr_assert_eq(clv_file_replace(token_path, text, strlen(text), NULL), CLV_OK);
}

static clv_status on_token(void *ctx, const struct clv_service *service, const char *why,
                           struct clv_secret **ret, struct clv_error *err)
{
    struct model *model = ctx;
    people.num_asked++;
    model->now_ms += model->slow_people_ms;
    cr_assert_str_eq(service->name, "model");
    snprintf(people.why, sizeof people.why, "%s", why ? why : "");
    if (people.status != CLV_OK)
        return clv_fail(err, people.status, "nobody has one");
    if (people.idle > 0) {
        people.idle--;
        return CLV_OK;
    }
    if (people.file_now != NULL)
        write_token(people.file_now);
    if (people.types == NULL)
        return CLV_OK;
    cr_assert_eq(clv_secret_new(strlen(people.types), ret, NULL), CLV_OK);
    memcpy(clv_secret_write(*ret), people.types, strlen(people.types));
    clv_secret_close(*ret);
    return CLV_OK;
}

static void begin(void)
{
    memset(&people, 0, sizeof people);
    people.types = "Bearer new";
    snprintf(token_path, sizeof token_path, "/tmp/claviger-token-%d", (int)getpid());
    model_init(&m, 3);
    m.hooks.token = on_token;
}

static void end(void)
{
    model_clear(&m);
    (void)unlink(token_path);
    cr_assert_eq(clv_secret_alive(), 0);
}

TestSuite(unit_token, .init = begin, .fini = end);

/* The request is turned away: the unit never sees it. */
static void turn_away(struct model *model, struct reply *reply)
{
    (void)model;
    reply->http_status = 401;
}

static void expire(unsigned unit, uint32_t command, unsigned times)
{
    m.turned_away = true;
    m.twist = turn_away;
    m.twist_unit = unit;
    m.twist_command = command;
    m.twist_times = times;
}

static size_t intents_of(unsigned unit)
{
    size_t num = 0;
    for (unsigned i = 0; i < m.num_intents; i++)
        num += m.intents[i].unit == unit;
    return num;
}

Test(unit_token, a_query_is_asked_again)
{
    expire(0, 0, 3); /* the first question to each of three units */
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 1, "asked once for all units");
    cr_assert_not_null(strstr(people.why, "HTTP 401"));
}

Test(unit_token, one_token_after_the_other_may_be_refused)
{
    expire(2, 0, 4);
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 4);
}

/* Turned away, it was not carried out: the same command goes out under the intent on record. */
Test(unit_token, a_command_goes_out_once_more_and_is_carried_out_once)
{
    model_enroll(&m, 2, 2, 1);
    m.num_intents = 0;
    m.num_commands[2] = 0;
    expire(2, CLV_EP11_GEN_IMPORTER, 1);
    model_order(&m, CLV_ORDER_IMPORTER);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 1);
    cr_assert_eq(m.num_commands[2], 1);
    for (unsigned unit = 1; unit <= 3; unit++)
        cr_assert_eq(intents_of(unit), 1);
}

Test(unit_token, every_step_of_a_load_survives)
{
    static const uint32_t commands[] = {CLV_EP11_GEN_IMPORTER, CLV_EP11_IMPORT_WK,
                                        CLV_EP11_COMMIT_WK, CLV_EP11_FINALIZE_WK};
    model_enroll(&m, 2, 2, 1);
    for (size_t i = 0; i < 4; i++) {
        expire(0, commands[i], 3);
        if (i == 0)
            model_seal(&m);
        else if (i == 1)
            model_order(&m, CLV_ORDER_LOAD);
        else {
            struct clv_order order =
                model_pattern_order(&m, i == 2 ? CLV_ORDER_COMMIT : CLV_ORDER_SET_IMMEDIATE);
            model_run(&m, &order);
        }
        model_expect_all(&m, CLV_OUTCOME_DONE);
        cr_assert_eq(people.num_asked, i + 1);
    }
    model_order(&m, CLV_ORDER_QUERY);
    for (unsigned unit = 1; unit <= 3; unit++)
        cr_assert_eq(clv_fleet_state(m.fleet, unit)->current_state, CLV_CURRENT_VALID);
}

/* A service that says 401 and has passed the command on all the same: the counter shows it. */
Test(unit_token, a_lie_leaves_doubt_and_nothing_twice)
{
    model_enroll(&m, 2, 2, 1);
    m.num_commands[2] = 0;
    expire(2, CLV_EP11_GEN_IMPORTER, 1);
    m.turned_away = false;
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_eq(model_outcome(&m, 1), CLV_OUTCOME_DONE);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    cr_assert_eq(m.num_commands[2], 1);
    cr_assert_not_null(strstr(model_result(&m, 2)->error.fact, "counter has moved"));
}

Test(unit_token, nobody_has_one)
{
    people.status = CLV_E_DOUBT;
    model_enroll(&m, 2, 2, 1);
    expire(2, CLV_EP11_GEN_IMPORTER, 1);
    model_order(&m, CLV_ORDER_IMPORTER);
    cr_assert_eq(model_outcome(&m, 2), CLV_OUTCOME_DOUBT);
    cr_assert_eq(model_outcome(&m, 3), CLV_OUTCOME_DONE);
}

Test(unit_token, people_take_their_time_and_no_deadline_runs)
{
    people.types = "Bearer x";
    expire(0, 0, 3);
    m.slow_people_ms = 3600 * 1000;
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
}

Test(unit_token, the_list_is_asked_for_again)
{
    expire(0, 0, 2);
    cr_assert_eq(clv_fleet_discover(m.fleet, &m.hooks, NULL), CLV_OK);
    cr_assert_eq(people.num_asked, 2);
}

/* ---- files ---------------------------------------------------------------------------------- */

static struct clv_service *service_of_fleet(void)
{
    return &m.fleet->services[0];
}

Test(unit_token, a_file_with_a_new_token_asks_nobody)
{
    service_of_fleet()->token_file = token_path;
    write_token("Bearer new\n");
    expire(0, 0, 3);
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 0);
    cr_assert_eq(clv_secret_len(service_of_fleet()->token), strlen("Bearer new"));
}

Test(unit_token, a_file_that_is_the_same_asks_for_a_new_one)
{
    service_of_fleet()->token_file = token_path;
    write_token("Bearer old\n");
    expire(0, 0, 6); /* with none, then with the old one */
    people.types = NULL;
    people.file_now = "Bearer newer\n";
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 1);
    cr_assert_eq(clv_secret_len(service_of_fleet()->token), strlen("Bearer newer"));
}

Test(unit_token, a_file_that_is_left_as_it_is_is_asked_for_again)
{
    service_of_fleet()->token_file = token_path;
    write_token("Bearer old\n");
    expire(0, 0, 6);
    people.types = NULL;
    people.idle = 2;
    people.file_now = "Bearer newer\n";
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 3);
    cr_assert_not_null(strstr(people.why, " still holds the token that was refused"), "%s",
                       people.why);
}

Test(unit_token, a_file_that_cannot_be_read_is_asked_for_again)
{
    service_of_fleet()->token_file = token_path;
    (void)unlink(token_path);
    expire(0, 0, 3);
    people.types = NULL;
    people.idle = 1;
    people.file_now = "Bearer newer\n";
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DONE);
    cr_assert_eq(people.num_asked, 2);
    cr_assert_not_null(strstr(people.why, "No such file"), "%s", people.why);
}

Test(unit_token, without_anybody_to_ask_it_is_an_error_that_names_the_file)
{
    service_of_fleet()->token_file = token_path;
    write_token("Bearer old\n");
    m.hooks.token = NULL;
    expire(0, 0, 100);
    model_order(&m, CLV_ORDER_QUERY);
    model_expect_all(&m, CLV_OUTCOME_DOUBT);
    cr_assert_not_null(strstr(model_result(&m, 1)->error.hint, token_path));
}

Test(unit_token, a_token_to_be_typed_is_asked_for_before_the_first_request)
{
    service_of_fleet()->token_asked = true;
    cr_assert_eq(clv_fleet_discover(m.fleet, &m.hooks, NULL), CLV_OK);
    cr_assert_eq(people.num_asked, 1);
    cr_assert_eq(people.why[0], '\0');
    cr_assert_eq(clv_fleet_discover(m.fleet, &m.hooks, NULL), CLV_OK);
    cr_assert_eq(people.num_asked, 1);
}
