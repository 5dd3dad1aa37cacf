/* The answers typed-parts.txt with passwords and parts that no other run has. */
#ifndef CLV_TESTS_NEW_SECRETS_H
#define CLV_TESTS_NEW_SECRETS_H

#include "needles.h"
#include "scene.h"

/* s was begun with typed-parts.txt. Adds each password, each part and the combined key to n. */
void new_secrets(struct scene *s, struct needles *n);

#endif
