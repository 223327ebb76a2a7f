/* A radar: values from 0 to 1 on spokes. */
#include "plots/chart_radar.h"

#include "plots/axis.h"

#include <math.h>

#define TAU 6.283185307179586
#define NAME_GAP 5.0 /* from the ring to a name */
#define SMALLEST 5.5 /* type size, points */

void pal_radar_point(const pal_radar *radar, size_t i, double value, double *x, double *y)
{
    double angle = TAU * (double)i / (double)radar->n;
    double r = radar->radius * (isnan(value) ? 0 : fmin(fmax(value, 0), 1));

    *x = radar->x + r * sin(angle);
    *y = radar->y - r * cos(angle);
}

/* A name that does not fit is set smaller, down to what can still be read; only then is it elided. */
static pal_font fitted(pal_canvas *canvas, const char *name, pal_font font)
{
    pal_font whole = font;
    double width;

    whole.max_width = 0;
    width = pal_canvas_text_width(canvas, name, whole);
    if (width > font.max_width) {
        font.size = fmax(SMALLEST, font.size * font.max_width / width * 0.99);
    }
    return font;
}

static void draw_names(pal_canvas *canvas, const pal_radar *radar)
{
    for (size_t i = 0; i < radar->n; i++) {
        double angle = TAU * (double)i / (double)radar->n;
        double dx = sin(angle), dy = -cos(angle);
        double x = radar->x + dx * (radar->radius + NAME_GAP), y = radar->y + dy * (radar->radius + NAME_GAP);
        pal_font font = pal_font_small(PAL_SUBTLE, fabs(dx) < 0.1 ? PAL_MIDDLE : dx > 0 ? PAL_LEFT : PAL_RIGHT);
        double room = radar->half_width - fabs(x - radar->x);

        font.max_width = font.anchor == PAL_MIDDLE ? 2 * room : room;
        font = fitted(canvas, radar->name[i], font);
        /* Baselines move from above the top spoke to below the bottom one. */
        pal_canvas_text(canvas, x, y + font.size * 0.36 * (1 + dy), radar->name[i], font);
    }
}

/* Half way between the last spoke and the first, where no line runs. */
static void draw_ring_values(pal_canvas *canvas, const pal_radar *radar)
{
    double angle = TAU * ((double)radar->n - 0.5) / (double)radar->n;
    pal_font font = pal_font_small(PAL_SUBTLE, PAL_MIDDLE);

    font.size = 5.5;
    for (int half = 1; half <= 2; half++) {
        double r = radar->radius * half / 2;

        pal_canvas_text(canvas, radar->x + r * sin(angle), radar->y - r * cos(angle) + 2, half == 1 ? "0.5" : "1",
                        font);
    }
}

void pal_radar_frame(pal_canvas *canvas, const pal_radar *radar)
{
    PAL_ASSERT(radar->n >= 3 && radar->n <= PAL_RADAR_CORNERS);
    for (int ring = 1; ring <= 4; ring++) {
        pal_canvas_circle(canvas, radar->x, radar->y, radar->radius * ring / 4,
                          (pal_pen){ ring == 4 ? PAL_AXIS : PAL_GRID, 0.5, PAL_SOLID, 0 });
    }
    for (size_t i = 0; i < radar->n; i++) {
        double x, y;

        pal_radar_point(radar, i, 1, &x, &y);
        pal_canvas_line(canvas, radar->x, radar->y, x, y, (pal_pen){ PAL_GRID, 0.5, PAL_SOLID, 0 });
    }
    draw_names(canvas, radar);
    draw_ring_values(canvas, radar);
}

void pal_radar_shape(pal_canvas *canvas, const pal_radar *radar, const double *values, pal_role role, double alpha,
                     double width)
{
    double x[PAL_RADAR_CORNERS], y[PAL_RADAR_CORNERS];
    pal_pen pen = { role, width, PAL_SOLID, 0 };

    for (size_t i = 0; i < radar->n; i++) {
        pal_radar_point(radar, i, values[i], &x[i], &y[i]);
    }
    pal_canvas_polygon(canvas, x, y, radar->n, role, alpha, width > 0 ? &pen : NULL);
    for (size_t i = 0; width > 0 && i < radar->n; i++) {
        pal_canvas_disc(canvas, x[i], y[i], width * 1.1, role, 1);
    }
}
