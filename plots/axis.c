/* Scales, round ticks, and the frame of a plot. */
#include "plots/axis.h"

#include <math.h>
#include <stdio.h>

pal_range pal_range_empty(void)
{
    return (pal_range){ INFINITY, -INFINITY };
}

bool pal_range_is_empty(pal_range range)
{
    return range.lo > range.hi;
}

void pal_range_add(pal_range *range, double value)
{
    if (!isfinite(value)) {
        return;
    }
    range->lo = fmin(range->lo, value);
    range->hi = fmax(range->hi, value);
}

pal_range pal_range_padded(pal_range range, double share)
{
    double width = range.hi - range.lo;

    if (pal_range_is_empty(range)) {
        return (pal_range){ 0, 1 };
    }
    /* One value, or differences below what doubles can tell apart at this size. */
    if (width <= 1e-12 * fmax(fabs(range.lo), fabs(range.hi)) || width <= 0) {
        double around = range.lo == 0 ? 0.5 : fabs(range.lo) * 0.1;

        return (pal_range){ range.lo - around, range.hi + around };
    }
    return (pal_range){ range.lo - share * width, range.hi + share * width };
}

pal_range pal_range_within(pal_range range, double lo, double hi)
{
    pal_range cut = { fmax(range.lo, lo), fmin(range.hi, hi) };

    return cut.lo < cut.hi ? cut : range;
}

/* Of 1, 2, 5 times a power of ten the one nearest to `rough` in ratio: the bounds are geometric means. */
static double nice_step(double rough)
{
    double power = pow(10, floor(log10(rough)));
    double lead = rough / power;

    return (lead < sqrt(2) ? 1 : lead < sqrt(10) ? 2 : lead < sqrt(50) ? 5 : 10) * power;
}

static pal_ticks at_step(double lo, double hi, double step)
{
    pal_ticks ticks = { .step = step };
    double slack = step * 1e-9;
    double first = ceil((lo - slack) / step);

    for (double i = first; i * step <= hi + slack && ticks.n < PAL_MAX_TICKS; i++) {
        ticks.at[ticks.n++] = i == 0 ? 0 : i * step;
    }
    ticks.decimals = step >= 1 ? 0 : (int)ceil(-log10(step) - 1e-9);
    ticks.decimals = ticks.decimals > 9 ? 9 : ticks.decimals;
    return ticks;
}

pal_ticks pal_ticks_make(double lo, double hi, int wanted)
{
    PAL_ASSERT(lo < hi && wanted >= 2);
    return at_step(lo, hi, nice_step((hi - lo) / wanted));
}

pal_ticks pal_ticks_whole(double lo, double hi, int wanted)
{
    PAL_ASSERT(lo < hi && wanted >= 2);
    return at_step(lo, hi, fmax(1, nice_step((hi - lo) / wanted)));
}

double pal_panel_x(const pal_panel *panel, double value)
{
    return panel->x + panel->w * (value - panel->xs.lo) / (panel->xs.hi - panel->xs.lo);
}

double pal_panel_y(const pal_panel *panel, double value)
{
    return panel->y + panel->h * (panel->ys.hi - value) / (panel->ys.hi - panel->ys.lo);
}

pal_font pal_font_title(void)
{
    return (pal_font){ .size = PAL_SIZE_TITLE, .role = PAL_INK, .bold = true };
}

pal_font pal_font_label(pal_role role, pal_anchor anchor)
{
    return (pal_font){ .size = PAL_SIZE_LABEL, .role = role, .anchor = anchor };
}

pal_font pal_font_tick(pal_anchor anchor)
{
    return (pal_font){ .size = PAL_SIZE_TICK, .role = PAL_SUBTLE, .anchor = anchor };
}

pal_font pal_font_small(pal_role role, pal_anchor anchor)
{
    return (pal_font){ .size = PAL_SIZE_SMALL, .role = role, .anchor = anchor };
}

double pal_head(pal_canvas *canvas, const char *title, const char *subtitle)
{
    pal_font font = pal_font_title();
    pal_font grey = pal_font_tick(PAL_LEFT);

    font.max_width = pal_canvas_width(canvas) - 2 * PAL_MARGIN;
    grey.max_width = font.max_width;
    pal_canvas_text(canvas, PAL_MARGIN, 18, title, font);
    pal_canvas_text(canvas, PAL_MARGIN, 31, subtitle, grey);
    return 38;
}

void pal_panel_name(pal_canvas *canvas, const pal_panel *panel, const char *name, const char *measure)
{
    pal_font font = { .size = PAL_SIZE_LABEL, .role = PAL_INK, .bold = true };
    double w = pal_canvas_text(canvas, panel->x, panel->y - 8, name, font);

    if (measure != NULL) {
        pal_canvas_text(canvas, panel->x + w + 6, panel->y - 8, measure, pal_font_tick(PAL_LEFT));
    }
}

void pal_axis_y(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit)
{
    char text[PAL_SHOWN_MAX];

    for (int i = 0; i < ticks->n; i++) {
        double y = pal_panel_y(panel, ticks->at[i]);

        pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, (pal_pen){ PAL_GRID, 0.6, PAL_SOLID, 0 });
        pal_canvas_text(canvas, panel->x - 5, y + PAL_SIZE_TICK * 0.36,
                        pal_show_unit(text, ticks->at[i], unit, ticks->decimals), pal_font_tick(PAL_RIGHT));
    }
}

void pal_axis_x(pal_canvas *canvas, const pal_panel *panel, const pal_ticks *ticks, pal_number_form unit,
                const char *title)
{
    double foot = panel->y + panel->h;
    double end = 0, titled = panel->x + panel->w;
    char text[PAL_SHOWN_MAX];

    pal_canvas_line(canvas, panel->x, foot, panel->x + panel->w, foot, (pal_pen){ PAL_AXIS, 0.7, PAL_SOLID, 0 });
    for (int i = 0; i < ticks->n; i++) {
        double x = pal_panel_x(panel, ticks->at[i]);
        double w;

        pal_show_unit(text, ticks->at[i], unit, ticks->decimals);
        w = pal_canvas_text_width(canvas, text, pal_font_tick(PAL_LEFT));
        pal_canvas_line(canvas, x, foot, x, foot + 3, (pal_pen){ PAL_AXIS, 0.7, PAL_SOLID, 0 });
        if (x - w / 2 > end) {
            pal_canvas_text(canvas, x, foot + 12, text, pal_font_tick(PAL_MIDDLE));
            end = x + w / 2 + 4;
        }
    }
    if (title != NULL) {
        double begin = titled - pal_canvas_text_width(canvas, title, pal_font_tick(PAL_LEFT));

        pal_canvas_text(canvas, titled, begin > end + 4 ? foot + 12 : foot + 23, title, pal_font_tick(PAL_RIGHT));
    }
}

void pal_no_data(pal_canvas *canvas, const pal_panel *panel, const char *reason)
{
    char text[160];

    snprintf(text, sizeof text, "no data: %s", reason);
    pal_canvas_frame(canvas, panel->x, panel->y, panel->w, panel->h, (pal_pen){ PAL_GRID, 0.7, PAL_DASHED, 0 });
    pal_canvas_paragraph(canvas, panel->x + panel->w / 2, panel->y + panel->h / 2, panel->w - 12, 10, 3, text,
                         pal_font_tick(PAL_MIDDLE));
}
