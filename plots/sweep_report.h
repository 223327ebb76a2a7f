/* Figures and page of a sweep's directory (`palate sweep`). Reads result files, nothing else. */
#ifndef PAL_PLOTS_SWEEP_REPORT_H
#define PAL_PLOTS_SWEEP_REPORT_H

#include "core/text.h"
#include "plots/report.h"

#include <stdbool.h>

/*
 * Draw dir/figures/surface.* (and surface-map.* for a grid of two paths) and write dir/report.html from manifest.json,
 * points.csv and surface.csv. Same files in, same bytes out. Errors as pal_report_draw; PAL_ERR_DATA for a directory that
 * holds no sweep.
 */
PAL_MUST_USE pal_status pal_sweep_report_draw(const char *dir, const pal_report_options *options, pal_error *err);

/* The answer in words: the best point, and where which arm leads. Appended to text. Errors as above. */
PAL_MUST_USE pal_status pal_sweep_report_answer(pal_text *text, const char *dir, pal_error *err);

/* Does the directory's manifest.json say that it holds a sweep? false when it cannot be read. */
bool pal_is_sweep(const char *dir);

#endif
