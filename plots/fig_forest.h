/* Forest plots: paired differences to the baseline, a block a metric, a row an arm. */
#ifndef PAL_PLOTS_FIG_FOREST_H
#define PAL_PLOTS_FIG_FOREST_H

#include "core/text.h"
#include "plots/canvas.h"
#include "plots/run_data.h"

/* Height for these metrics; those in which nothing was compared take no room. */
double pal_forest_height(const pal_rundata *run, const char *const *names, size_t n_names);
/* A page of them. */
void pal_forest_draw(pal_canvas *canvas, const pal_rundata *run, const char *title, const char *const *names,
                     size_t n_names);
/* Its rows as CSV. */
void pal_forest_data(pal_text *csv, const pal_rundata *run, const char *const *names, size_t n_names);

#endif
