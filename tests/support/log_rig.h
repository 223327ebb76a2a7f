/* Interaction logs for tests: drawn at random, or read from text. */
#ifndef PAL_TESTS_SUPPORT_LOG_RIG_H
#define PAL_TESTS_SUPPORT_LOG_RIG_H

#include "core/param.h"
#include "data/interactions_build.h"

#include <check.h>

/* Values of a table from JSON text; fails the test when they are refused. */
pal_values *log_values(const pal_param *table, const char *json);

/* Rows drawn at random, pairs repeated now and then; people "u0" …, items "0" …; values 1 to 5, times 0 to 99 (many
 * equal). The caller frees. */
pal_interactions *log_random(uint64_t seed, size_t n_users, size_t n_items, size_t n_rows, bool times);

/* Load text from a scratch file of that name, with parameters as JSON ("" = defaults). */
pal_status log_load_text(pal_interactions **out, pal_interactions_report *report, const char *name, const char *text,
                         const char *json, pal_error *err);
pal_status log_load_file(pal_interactions **out, pal_interactions_report *report, const char *path, const char *json,
                         pal_error *err);

/* Index of the interaction of two ids; fails the test when there is none. */
size_t log_at(const pal_interactions *log, const char *user, const char *item);

#endif
