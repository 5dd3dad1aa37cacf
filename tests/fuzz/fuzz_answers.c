/* An answers file of any bytes is read or refused; what was read answers questions or does not. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "claviger/conductor.h"

static clv_status present(void *ctx, const struct clv_question *q, const char *shown,
                          struct clv_error *err)
{
    (void)ctx;
    (void)q;
    (void)shown;
    (void)err;
    return CLV_OK;
}

static void ask_everything(struct clv_answers *answers)
{
    static const struct clv_choice choices[] = {{"go", "Go on", NULL}, {"stop", "Stop", NULL}};
    static const char *const ids[] = {"a", "part.1.password", "roll.lena"};
    const struct clv_face inner = {.present = present};
    struct clv_face face;
    unsigned line = 0;
    if (clv_answers_face(answers, &inner, &face, NULL) != CLV_OK)
        abort();
    for (size_t i = 0; i < 15; i++) {
        struct clv_reply reply = {0};
        struct clv_question q = {.kind = (enum clv_ask_kind)(i % 5),
                                 .id = ids[i % 3],
                                 .phrase = "YES",
                                 .choices = choices,
                                 .num_choices = 2,
                                 .may_deviate = true};
        if (face.ask(face.ctx, &q, &reply, NULL) == CLV_OK)
            clv_secret_free(&reply.secret);
    }
    (void)clv_answers_unused(answers, &line);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
    char path[] = "/tmp/clv-fuzz-answers-XXXXXX";
    struct clv_answers *answers = NULL;
    int fd = mkstemp(path);
    if (fd < 0 || write(fd, data, len) != (ssize_t)len)
        abort();
    (void)close(fd);
    if (clv_answers_read(path, &answers, NULL) == CLV_OK)
        ask_everything(answers);
    clv_answers_free(&answers);
    (void)unlink(path);
    if (clv_secret_alive() != 0)
        abort();
    return 0;
}
