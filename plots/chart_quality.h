/* How good predictions are: ROC curves and reliability diagrams. */
#ifndef PAL_PLOTS_CHART_QUALITY_H
#define PAL_PLOTS_CHART_QUALITY_H

#include "core/error.h"
#include "plots/chart_line.h"
#include "plots/run_data.h"

#include <stdbool.h>
#include <stddef.h>

/* n curves over the dashed diagonal of guessing; "no data: reason" when n is 0. Sets the scales. */
PAL_MUST_USE pal_status pal_chart_roc(pal_canvas *canvas, pal_panel *panel, const pal_line *lines, size_t n,
                                      const char *no_data, pal_error *err);

/* Predicted against observed with intervals, honesty being the diagonal; a dot's size tells how many predictions stand
 * behind it. Both scales begin at 0 and end where the data do (whole: at 1). "no data: reason" when n is 0. */
void pal_chart_reliability(pal_canvas *canvas, pal_panel *panel, const pal_bin *bins, size_t n, pal_role role,
                           bool whole, const char *no_data);

#endif
