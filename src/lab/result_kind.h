/* What kind of results a directory holds. */
#ifndef PAL_LAB_RESULT_KIND_H
#define PAL_LAB_RESULT_KIND_H

#include "core/error.h"

/* "format" of manifest.json. */
#define PAL_RUN_FORMAT "palate-run/1"
#define PAL_EVAL_FORMAT "palate-eval/1"

/* What a directory with such a manifest holds, with its article: "a run", "a trial"; "something
 * else" for a format that is not ours. Never NULL. */
const char *pal_result_noun(const char *format);

/* A directory that is to be written anew must not hold results of another kind (a sweep's, an
 * evaluation's …). PAL_ERR_USAGE names it and its format; fine when there is none, or no manifest
 * in it that can be read. */
PAL_MUST_USE pal_status pal_results_may_replace(const char *dir, const char *format,
                                                pal_error *err);

#endif
