/* The taste map of catalog.json: where its items lie, as a faint density, with named clusters. */
#ifndef PAL_PLOTS_CHART_MAP_H
#define PAL_PLOTS_CHART_MAP_H

#include "core/error.h"
#include "core/json.h"
#include "plots/axis.h"
#include "plots/canvas.h"

/* false when the catalog has no map. Fits the map's ground into w points of width with equal scales, at most
 * max_height points high; sets the panel's w, h and scales, x and y are the caller's. */
bool pal_map_fit(pal_panel *panel, const pal_json *catalog, double w, double max_height);
/* Item density in steps of its logarithm, cluster names at their centres, axes named by explained variance. */
PAL_MUST_USE pal_status pal_map_draw(pal_canvas *canvas, const pal_panel *panel, const pal_json *catalog,
                                     bool coloured, pal_error *err);
/* Cluster names near their centres, clear of each other and of n marks at (x, y) page points; a name that finds no
 * free place is left out. */
void pal_map_names(pal_canvas *canvas, const pal_panel *panel, const pal_json *catalog, pal_role role,
                   const double (*marks)[2], size_t n_marks);

#endif
