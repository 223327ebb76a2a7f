/* What several figures share: lines by arm, legends of arms, the words of a subtitle. */
#ifndef PAL_PLOTS_FIG_COMMON_H
#define PAL_PLOTS_FIG_COMMON_H

#include "plots/axis.h"
#include "plots/canvas.h"
#include "plots/chart_line.h"
#include "plots/figure.h"
#include "plots/run_data.h"

#include <stddef.h>

#define PAL_SUBTITLE_MAX 240

typedef enum pal_by { PAL_BY_ROUND, PAL_BY_ROUND_DIFF, PAL_BY_SLOT } pal_by;

/* A line an arm for a metric, the focus last and thickest; arms without data are left out. Returns how many.
 * lines holds PAL_MAX_ARMS. */
size_t pal_arm_lines(pal_line *lines, const pal_rundata *run, const char *metric, pal_by by);
/* How thick an arm's line is. */
double pal_arm_width(const pal_plot_arm *arm);
/* "WHAT · 95 % intervals over 2,000 people" (and that rounds were averaged, where they were). */
const char *pal_fig_subtitle(char out[PAL_SUBTITLE_MAX], const pal_rundata *run, const char *what);
/* More lines than can be named at their ends (figures.md: six)? Then a legend names them, and only the focus arm, the
 * baseline and the oracle keep their bands: pal_hush_lines takes labels and the other bands off. */
bool pal_is_crowded(const pal_rundata *run);
void pal_hush_lines(pal_line *lines, size_t n, const pal_rundata *run);
/* A legend of all arms (and `extra`, may be NULL) in one or more rows; returns the y below it. */
double pal_arm_legend(pal_canvas *canvas, const pal_rundata *run, double y, const pal_legend_key *extra);
/* Height of that legend with one extra key, for layouts that come before the canvas: a careful guess from name
 * lengths. */
double pal_arm_legend_height(const pal_rundata *run);
/* Ranges, axes and lines of a chart by round or slot in a panel whose place is set; "no data" when n is 0.
 * unit says how y is written; x_title NULL = none; a share is kept within 0..1 when `is_share`. */
PAL_MUST_USE pal_status pal_draw_lines_panel(pal_canvas *canvas, pal_panel *panel, const pal_line *lines, size_t n,
    pal_number_form unit, bool is_share, const char *x_title, const char *no_data, pal_error *err);
/* Arms sorted by a whole-run metric, highest first, undefined last; order holds n_arms. */
void pal_arms_by_metric(const pal_rundata *run, const char *metric, size_t *order);

#endif
