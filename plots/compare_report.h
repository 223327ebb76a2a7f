/* Forest plot and page of a directory of comparisons (`palate compare --out`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_COMPARE_REPORT_H
#define PAL_PLOTS_COMPARE_REPORT_H

#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/comparisons.* and write dir/report.html from dir/manifest.json and dir/comparisons.csv. Same files in,
 * same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that holds no comparisons.
 */
PAL_MUST_USE pal_status pal_compare_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* Does the directory's manifest.json say that it holds comparisons? false when it cannot be read. */
bool pal_is_comparison(const char *dir);

#endif
