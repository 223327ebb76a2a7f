/* Histograms and heat maps: counts over a range, and a square of signed numbers. */
#ifndef PAL_PLOTS_CHART_BAR_H
#define PAL_PLOTS_CHART_BAR_H

#include "core/json.h"
#include "plots/axis.h"
#include "plots/canvas.h"

/* {"lo", "hi", "counts": […]} as touching bars from zero; false (and "no data") when it is none. Sets the
 * scales; `axis` draws grid lines with counts behind the bars. */
bool pal_chart_histogram(pal_canvas *canvas, pal_panel *panel, const pal_json *histogram, pal_role role, bool axis);
/* An n x n array of arrays in -1..1 as coloured squares with the number inside; names on the left and above (their
 * numbers only, as names would have to be turned). */
void pal_chart_heat(pal_canvas *canvas, double x, double y, double cell, const pal_json *rows,
                    const char *const *names, size_t n);

#endif
