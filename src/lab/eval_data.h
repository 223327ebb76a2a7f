/* The interactions of an evaluation: a file, or people with planted tastes. */
#ifndef PAL_LAB_EVAL_DATA_H
#define PAL_LAB_EVAL_DATA_H

#include "data/interactions.h"
#include "data/interactions_build.h"
#include "lab/eval_config.h"

/*
 * The log that the config asks for. report may be NULL. The caller owns *out.
 *   PAL_ERR_IO  the file is not there: the text names the JSON path and says where it can be had
 *   others as pal_interactions_load
 */
PAL_MUST_USE pal_status pal_eval_data(pal_interactions **out, pal_interactions_report *report,
                                      const pal_eval_config *config, pal_error *err);

/*
 * People with planted tastes. values are of pal_eval_generate_params. Item i belongs to group i mod groups, where
 * the r-th (from 0) has weight (r + 1)^-popularity. A person likes 1 to `tastes` groups with weights from a flat
 * Dirichlet distribution and takes one item after another, none twice: from a liked group, or with chance `noise` from
 * any. Every draw is keyed by person and number, so more people leave the first ones as they are. Times count up with
 * each interaction; item ids are "GROUP-NUMBER" and the group is the item's feature "genre=GROUP".
 */
PAL_MUST_USE pal_status pal_eval_generate(pal_interactions **out, pal_interactions_report *report,
                                          const pal_values *values, uint64_t seed, pal_error *err);

#endif
