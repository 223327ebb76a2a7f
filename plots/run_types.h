/* What each arm earned in each content type: types.csv. */
#ifndef PAL_PLOTS_RUN_TYPES_H
#define PAL_PLOTS_RUN_TYPES_H

#include "plots/run_data.h"

#include <stddef.h>

typedef struct pal_types_data {
    size_t n;                      /* content types, in the file's order          */
    const char **name;             /* n                                           */
    pal_estimate *like_rate, *diff; /* n x n_arms; NaN where there is none        */
} pal_types_data;

/* Sets run->types; leaves it NULL when the run has no types.csv. */
PAL_MUST_USE pal_status pal_rundata_read_types(pal_rundata *run, pal_error *err);

#endif
