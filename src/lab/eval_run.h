/* Run an evaluation into a result directory. */
#ifndef PAL_LAB_EVAL_RUN_H
#define PAL_LAB_EVAL_RUN_H

#include "lab/eval_config.h"
#include "lab/run.h" /* pal_run_options */

typedef struct pal_eval_summary {
    char digest[PAL_HASH_HEX];   /* of all result files but timing and drawings */
    size_t n_people, n_users, n_items, n_interactions, n_fits;
    double wall_s, fit_s, score_s; /* all of it; fitting and scoring of the models that were kept */
} pal_eval_summary;

/*
 * For every replicate and model: search on the validation part, fit to training and validation, rank for everybody with
 * something in the test part, measure. Nothing stands at options->out_dir before all of it is done.
 * Errors of the data, the split and the models; PAL_ERR_STOPPED when interrupted.
 */
PAL_MUST_USE pal_status pal_eval_run(pal_eval_summary *summary, const pal_eval_config *config,
                                     const pal_run_options *options, pal_error *err);

/*
 * Evaluate again from the manifest of an evaluation's directory (into a temporary one beside it,
 * removed afterwards) and compare. PAL_ERR_MISMATCH names the first file that differs; message gets
 * one line on success. PAL_ERR_DATA when the stored files no longer have the digests of their own
 * manifest. Models of grade "same machine" are compared too: on another machine they may differ.
 */
PAL_MUST_USE pal_status pal_eval_verify(const char *dir, size_t n_threads, char message[512],
                                        pal_error *err);

#endif
