/* Figures and page of a report of fitted people (`palate data fit-people --report`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_FIT_REPORT_H
#define PAL_PLOTS_FIT_REPORT_H

#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/moments.* and parameters.*, and write dir/report.html and report.pdf from manifest.json, moments.csv and
 * parameters.csv. Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that holds no such
 * report.
 */
PAL_MUST_USE pal_status pal_fit_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* Does the directory's manifest.json say that it holds one? false when it cannot be read. */
bool pal_is_fit(const char *dir);

#endif
