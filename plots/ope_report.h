/* Figures and page of a study of off-policy estimators (`palate ope FILE.json`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_OPE_REPORT_H
#define PAL_PLOTS_OPE_REPORT_H

#include "core/text.h"
#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/ope-size.*, ope-bias.* and ope-coverage.*, and write dir/report.html from manifest.json, truth.csv,
 * estimators.csv and overlap.csv. Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory
 * that holds no study.
 */
PAL_MUST_USE pal_status pal_ope_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* The answer in words: which estimator comes closest, which lie. Appended to text. Errors as above. */
PAL_MUST_USE pal_status pal_ope_report_answer(pal_text *text, const char *dir, pal_error *err);

/* Does the directory's manifest.json say that it holds such a study? false when it cannot be read. */
bool pal_is_ope(const char *dir);

#endif
