/* Assertions for hot loops: ck_assert writes a progress mark each time, and a million of them take seconds. */
#ifndef PAL_TESTS_SUPPORT_HOLDS_H
#define PAL_TESTS_SUPPORT_HOLDS_H

#include <check.h>

/* HOLDS(condition, format, ...): the test fails with that text unless the condition holds. */
#define HOLDS(condition, ...)                          \
    do {                                               \
        if (!(condition)) ck_abort_msg(__VA_ARGS__);   \
    } while (0)

/* The same; the text is the condition itself. */
#define HOLD(condition)                                                        \
    do {                                                                       \
        if (!(condition)) ck_abort_msg("%s", "'" #condition "' does not hold"); \
    } while (0)

#endif
