/* Figures and page of a trial's directory (`palate trial`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_TRIAL_REPORT_H
#define PAL_PLOTS_TRIAL_REPORT_H

#include "core/text.h"
#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/methods.*, needed.* and sequence.* and write dir/report.html from manifest.json, truth.csv, estimates.csv,
 * methods.csv and sequence.csv. Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that
 * holds no trial.
 */
PAL_MUST_USE pal_status pal_trial_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* The answer in words: what launching does, and how far each kind of test is off. Appended to text. Errors as above. */
PAL_MUST_USE pal_status pal_trial_report_answer(pal_text *text, const char *dir, pal_error *err);

/* Does the directory's manifest.json say that it holds a trial? false when it cannot be read. */
bool pal_is_trial(const char *dir);

#endif
