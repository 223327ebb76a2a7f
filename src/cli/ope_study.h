/* palate ope FILE.json: estimators against the simulator's exact value. */
#ifndef PAL_CLI_OPE_STUDY_H
#define PAL_CLI_OPE_STUDY_H

#include "cli/options.h"

/* Is the operand a study: a file, not a run's directory? */
bool pal_ope_is_study(const pal_args *args);
/* --keys: every key of a study. */
PAL_MUST_USE pal_status pal_ope_study_keys(pal_error *err);
/* Run it, draw its report, print the outcome. PAL_ERR_USAGE for options that belong to a single log. */
PAL_MUST_USE pal_status pal_ope_study_command(const pal_args *args, pal_error *err);

#endif
