/* Settings of a model that a search tries: every combination of a grid, or seeded draws. */
#ifndef PAL_LAB_EVAL_SEARCH_H
#define PAL_LAB_EVAL_SEARCH_H

#include "core/rng.h"
#include "lab/eval_config.h"

/*
 * Check a model's "over" (m->over) and count its settings: each member names a parameter of the model and holds
 * an array of values, or {"low", "high", "log"} for a random search.
 *   PAL_ERR_CONFIG  names the JSON path: an unknown parameter, a value it refuses, a range in a grid, a log range not
 *                   above 0, a grid of more settings than "tries"
 */
PAL_MUST_USE pal_status pal_eval_search_check(size_t *n_tries, const pal_eval_model *m, const char *file, pal_error *err);

/*
 * The t-th setting: the model's params with the tried values over them, checked. shown (may be NULL) gets the tried
 * values as one line of JSON. In a grid the last parameter moves fastest. Random draws depend on (key, t, parameter)
 * only: more tries leave the first ones as they are. The caller owns *out.
 */
PAL_MUST_USE pal_status pal_eval_search_setting(pal_values **out, pal_text *shown, const pal_eval_model *m, size_t t,
                                                pal_key key, const char *file, pal_error *err);

#endif
