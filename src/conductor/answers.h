/* Lines of an answers file, shared by its reader and the face that gives the answers. */
#ifndef CLV_CONDUCTOR_ANSWERS_H
#define CLV_CONDUCTOR_ANSWERS_H

#include "claviger/conductor.h"

#define CLV_ANSWERS_ID 128

struct clv_answer_line {
    unsigned number;         /* in the file */
    char id[CLV_ANSWERS_ID]; /* without the final '*' */
    bool open_ended;         /* there was one: answers every question whose id begins so */
    bool used;
    char last_id[CLV_ANSWERS_ID]; /* open_ended: the question it answered last */
    struct clv_secret *value;     /* with a final NUL; freed once an exact line is used */
};

struct clv_answers {
    struct clv_answer_line *lines;
    size_t num_lines;
    const struct clv_face *inner;
};

#endif
