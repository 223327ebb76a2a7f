/* The marks of charts, from the canvas's own shapes. */
#include "plots/canvas.h"

#include <math.h>

#define TAU 6.283185307179586
#define STROKE 0.225 /* half of a cross's stroke, in radii */

enum { MOST_CORNERS = 12 };

/* A regular shape whose corners lie alternately on two radii (the same for a plain polygon), first one on top. */
static void corners(pal_canvas *canvas, double x, double y, double outer, double inner, int n, pal_role role, double alpha)
{
    double xs[MOST_CORNERS], ys[MOST_CORNERS];

    for (int i = 0; i < n; i++) {
        double radius = i % 2 == 0 ? outer : inner, angle = TAU * i / n - TAU / 4;

        xs[i] = x + radius * cos(angle);
        ys[i] = y + radius * sin(angle);
    }
    pal_canvas_polygon(canvas, xs, ys, (size_t)n, role, alpha, NULL);
}

/* One shape, so that where the strokes meet a pale mark is not darker. */
static void cross(pal_canvas *canvas, double x, double y, double r, bool diagonal, pal_role role, double alpha)
{
    const double h = STROKE * r, turn = diagonal ? sqrt(0.5) : 1, tilt = diagonal ? sqrt(0.5) : 0;
    const double far = diagonal ? r * 0.8 * sqrt(2) : r;
    const double outline[MOST_CORNERS][2] = {
        { -h, -far }, { h, -far }, { h, -h }, { far, -h }, { far, h }, { h, h },
        { h, far }, { -h, far }, { -h, h }, { -far, h }, { -far, -h }, { -h, -h },
    };
    double xs[MOST_CORNERS], ys[MOST_CORNERS];

    for (int i = 0; i < MOST_CORNERS; i++) {
        xs[i] = x + outline[i][0] * turn - outline[i][1] * tilt;
        ys[i] = y + outline[i][0] * tilt + outline[i][1] * turn;
    }
    pal_canvas_polygon(canvas, xs, ys, MOST_CORNERS, role, alpha, NULL);
}

void pal_canvas_marker(pal_canvas *canvas, double x, double y, double size, pal_marker kind, pal_role role,
                       double alpha)
{
    double r = size / 2;

    switch (kind) {
    case PAL_SQUARE: pal_canvas_rect(canvas, x - r * 0.85, y - r * 0.85, r * 1.7, r * 1.7, role, alpha); break;
    case PAL_TRIANGLE: corners(canvas, x, y + r * 0.15, r * 1.15, r * 1.15, 3, role, alpha); break;
    case PAL_DIAMOND: corners(canvas, x, y, r * 1.15, r * 1.15, 4, role, alpha); break;
    case PAL_STAR: corners(canvas, x, y, r * 1.3, r * 0.55, 10, role, alpha); break;
    case PAL_CROSS: cross(canvas, x, y, r, true, role, alpha); break;
    case PAL_PLUS: cross(canvas, x, y, r, false, role, alpha); break;
    case PAL_RING: pal_canvas_circle(canvas, x, y, r * 0.85, (pal_pen){ role, r * 0.4, PAL_SOLID, alpha }); break;
    default: pal_canvas_disc(canvas, x, y, r, role, alpha); break;
    }
}
