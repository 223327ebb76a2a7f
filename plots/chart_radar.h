/* A radar: values from 0 to 1 on spokes, names outside the ring. */
#ifndef PAL_PLOTS_CHART_RADAR_H
#define PAL_PLOTS_CHART_RADAR_H

#include "plots/canvas.h"

#include <stddef.h>

#define PAL_RADAR_CORNERS 32

typedef struct pal_radar {
    double x, y, radius;   /* centre and the ring of 1                                        */
    double half_width;     /* names end within x +- half_width; the longer ones with an ellipsis */
    size_t n;              /* spokes, 3..PAL_RADAR_CORNERS; the first points up, then clockwise */
    const char *const *name;
} pal_radar;

/* Place of a value (clamped to 0..1; NaN counts as 0) on spoke i. */
void pal_radar_point(const pal_radar *radar, size_t i, double value, double *x, double *y);
/* Rings at 0.25, 0.5, 0.75 and 1, spokes, ring values and names. */
void pal_radar_frame(pal_canvas *canvas, const pal_radar *radar);
/* A closed shape; fill alpha 0 = outline only; width 0 = no outline. */
void pal_radar_shape(pal_canvas *canvas, const pal_radar *radar, const double *values, pal_role role, double alpha,
                     double width);

#endif
