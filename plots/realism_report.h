/* Figure and page of a realism report (`palate data realism --out`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_REALISM_REPORT_H
#define PAL_PLOTS_REALISM_REPORT_H

#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/realism.* and write dir/report.html and report.pdf from dir/manifest.json, dir/realism.csv and dir/quantiles.csv.
 * Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that holds no realism report.
 */
PAL_MUST_USE pal_status pal_realism_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* Does the directory's manifest.json say that it holds a realism report? false when it cannot be read. */
bool pal_is_realism(const char *dir);

#endif
