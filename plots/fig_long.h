/* What the figures of long-run effects share: small panels of a measure by window, and dots of arms beside each other. */
#ifndef PAL_PLOTS_FIG_LONG_H
#define PAL_PLOTS_FIG_LONG_H

#include "plots/fig_common.h"
#include "plots/run_long.h"

#include <stdbool.h>
#include <stddef.h>

/* A small panel: one measure by window, an arm a line. */
typedef struct pal_long_panel {
    const char *measure;  /* of long_run.csv                                            */
    const char *name, *what; /* above it: name, and what the y axis measures            */
    pal_number_form unit;
    bool is_share, diff;  /* kept within 0..1; the paired difference instead of the value */
    const char *mark;     /* measure of the baseline arm drawn dotted beside it, NULL: none */
    double level;         /* a dotted line at this height, NaN: none                    */
} pal_long_panel;

/* Lines of a panel, the focus last, then the dotted one; labels are the arms'. lines holds PAL_MAX_ARMS + 2; x and y are the
 * two points of a level. Returns how many. */
size_t pal_long_lines(pal_line *lines, double x[2], double y[2], const pal_rundata *run, const pal_long_panel *p);
/* Name of a panel and, on a line of its own below, what it measures: both must fit the panel's width. */
void pal_long_name(pal_canvas *canvas, double x, const pal_panel *panel, const char *name, const char *what);
/* Draw it at panel's place. The legend above the page names the arms. */
PAL_MUST_USE pal_status pal_long_draw(pal_canvas *canvas, pal_panel *panel, const pal_rundata *run, const pal_long_panel *p,
                                      pal_error *err);
/* Its rows of PAL_DATA_ROUNDS. */
void pal_long_data_rows(pal_text *csv, const pal_rundata *run, const pal_long_panel *p);

/* Rows of arms with up to `n` dots each, the first filled, the others hollow and below it. of(run, arm, k) gives dot k.
 * `names`: the arms are named on the left, inside panel->x - 8. A line stands at `mark`, where it is in sight. */
typedef pal_estimate (*pal_long_dot)(const pal_rundata *run, size_t arm, size_t k);
enum { PAL_LONG_ROW = 15 };
void pal_long_dots(pal_canvas *canvas, pal_panel *panel, const pal_rundata *run, pal_long_dot of, size_t n, bool names,
                   double mark);

/* The answer in words below the panels; returns the y below it. */
double pal_long_say(pal_canvas *canvas, double y, const char *text);
enum { PAL_LONG_WORDS = 66 }; /* room for it, points */

/* "0.312 [0.308, 0.316]" with so many decimals. */
void pal_long_say_estimate(pal_text *text, pal_estimate e, int decimals, bool is_signed);

#endif
