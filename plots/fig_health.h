/* Lorenz curves of exposure, for runs and for evaluations. */
#ifndef PAL_PLOTS_FIG_HEALTH_H
#define PAL_PLOTS_FIG_HEALTH_H

#include "core/error.h"
#include "core/text.h"
#include "plots/axis.h"
#include "plots/canvas.h"
#include "plots/run_data.h"

/* A curve an arm in a panel whose place is set, with the diagonal; "no data" when no arm has one. */
PAL_MUST_USE pal_status pal_health_lorenz(pal_canvas *canvas, const pal_rundata *run, pal_panel *panel,
                                          const char *x_title, pal_error *err);
/* The curves as rows of PAL_DATA_POINTS (plots/figure_data.h). */
void pal_health_lorenz_data(pal_text *csv, const pal_rundata *run);

#endif
