/* Writing the result directory of an evaluation (results/README.md is the contract). */
#ifndef PAL_LAB_EVAL_WRITE_H
#define PAL_LAB_EVAL_WRITE_H

#include "lab/eval_measure.h"
#include "lab/results.h"

/* All of them add what they write to results->file, timing.csv and manifest.json apart. */
PAL_MUST_USE pal_status pal_eval_write_models(pal_results *results, const pal_eval *eval, const pal_eval_result *measured,
                                              pal_error *err);                      /* models.csv          */
PAL_MUST_USE pal_status pal_eval_write_people(pal_results *results, const pal_eval *eval, pal_error *err); /* people.csv */
PAL_MUST_USE pal_status pal_eval_write_search(pal_results *results, const pal_eval *eval, pal_error *err); /* search.csv */
PAL_MUST_USE pal_status pal_eval_write_splits(pal_results *results, const pal_eval *eval, pal_error *err); /* split.csv, split-1.csv … */
PAL_MUST_USE pal_status pal_eval_write_lists(pal_results *results, const pal_eval *eval, pal_error *err);  /* recommendations.csv */
PAL_MUST_USE pal_status pal_eval_write_timing(const pal_results *results, const pal_eval *eval, pal_error *err);
PAL_MUST_USE pal_status pal_eval_write_summary(pal_results *results, const pal_eval *eval,
    const pal_eval_result *measured, const pal_eval_groups *groups, pal_error *err); /* summary.json      */
PAL_MUST_USE pal_status pal_eval_write_manifest(const pal_results *results, const pal_eval *eval, const char *digest,
                                                pal_error *err);

#endif
