/* What each arm earned in each content type: types.csv, and types_tests.csv where a run has it. */
#ifndef PAL_PLOTS_RUN_TYPES_H
#define PAL_PLOTS_RUN_TYPES_H

#include "plots/run_data.h"

#include <stdbool.h>
#include <stddef.h>

/* Likes a view of an arm with a model per type, less those of the arm that is the same but for one
 * model across all. */
typedef struct pal_types_test {
    size_t arm, against, type;
    pal_estimate diff;
    double effect, p; /* d_z over people; p corrected over the types of the pair */
    bool significant;
} pal_types_test;

typedef struct pal_types_data {
    size_t n;                      /* content types, in the file's order          */
    const char **name;             /* n                                           */
    pal_estimate *like_rate, *diff; /* n x n_arms; NaN where there is none        */
    size_t n_tests;                /* pair by pair, types in the file's order     */
    pal_types_test *test;
} pal_types_data;

/* Sets run->types; leaves it NULL when the run has no types.csv. */
PAL_MUST_USE pal_status pal_rundata_read_types(pal_rundata *run, pal_error *err);

#endif
