/* The response surface over two paths at once: a map an arm, of its lead over the baseline. */
#include "plots/axis.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/sweep_data.h"

#include <math.h>
#include <stdio.h>

enum { TOP = 58, LEFT = 56, MAP_H = 150, BLOCK_H = 208, GAP = 16, COLUMNS = 2, MOST_LEVELS = 16 };

static const pal_sweep_data *data_of(const pal_rundata *run)
{
    return (const pal_sweep_data *)(const void *)run;
}

/* Only one arm: its values; else the differences of the others. */
static bool of_values(const pal_sweep_data *d)
{
    return d->n_arms == 1;
}

static size_t maps_of(const pal_sweep_data *d)
{
    return of_values(d) ? 1 : d->n_arms - 1;
}

static bool has(const pal_rundata *run)
{
    const pal_sweep_data *d = data_of(run);

    return d->n_axes == 2 && d->axis[0].n_levels > 1 && d->axis[1].n_levels > 1 && d->axis[0].n_levels <= MOST_LEVELS &&
           d->axis[1].n_levels <= MOST_LEVELS && d->axis[0].n_levels * d->axis[1].n_levels <= d->n_points;
}

static double height(const pal_rundata *run, size_t who)
{
    (void)who;
    return TOP + BLOCK_H * (double)((maps_of(data_of(run)) + COLUMNS - 1) / COLUMNS);
}

static pal_estimate shown(const pal_sweep_data *d, size_t point, size_t arm)
{
    size_t at = pal_sweep_at(d, point, arm, 0);

    return of_values(d) ? d->value[at] : d->diff[at];
}

/* The largest absolute difference, or the range of the values, over all maps: one scale for all. */
static pal_range scale_of(const pal_sweep_data *d)
{
    pal_range range = pal_range_empty();

    for (size_t p = 0; p < d->n_points; p++) {
        for (size_t a = 0; a < d->n_arms; a++) pal_range_add(&range, shown(d, p, a).value);
    }
    return range;
}

static pal_role colour(const pal_sweep_data *d, pal_range scale, double value)
{
    double most = fmax(fabs(scale.lo), fabs(scale.hi));

    if (of_values(d)) return pal_sequential(scale.hi > scale.lo ? (value - scale.lo) / (scale.hi - scale.lo) : 0.5);
    /* the diverging scale runs from blue to orange; better is blue, as elsewhere green is */
    return pal_diverging(most > 0 ? -value * (d->better[0] < 0 ? -1 : 1) / most : 0);
}

static size_t level_of(const pal_sweep_axis *axis, double at)
{
    size_t k = 0;

    while (k + 1 < axis->n_levels && axis->level[k] != at) k++;
    return k;
}

static void level_name(char out[24], const pal_sweep_axis *axis, size_t k)
{
    char number[PAL_NUMBER_MAX];

    pal_format_double(number, axis->level[k]);
    pal_show_short(out, 24, axis->numeric ? number : axis->name[k], 9);
}

static void draw_names(pal_canvas *canvas, const pal_sweep_data *d, const pal_panel *map)
{
    const pal_sweep_axis *across = &d->axis[0], *up = &d->axis[1];
    double w = map->w / (double)across->n_levels, h = map->h / (double)up->n_levels;
    pal_font below = pal_font_tick(PAL_MIDDLE), left = pal_font_tick(PAL_RIGHT);
    char text[24];

    below.max_width = w;
    left.max_width = LEFT - 6;
    for (size_t k = 0; k < across->n_levels; k++) {
        level_name(text, across, k);
        pal_canvas_text(canvas, map->x + w * ((double)k + 0.5), map->y + map->h + 11, text, below);
    }
    for (size_t k = 0; k < up->n_levels; k++) {
        level_name(text, up, k);
        pal_canvas_text(canvas, map->x - 5, map->y + map->h - h * ((double)k + 0.5) + 3, text, left);
    }
    below = pal_font_tick(PAL_RIGHT);
    below.max_width = map->w;
    pal_canvas_text(canvas, map->x + map->w, map->y + map->h + 23, across->path, below);
}

static void draw_cell(pal_canvas *canvas, const pal_sweep_data *d, const pal_panel *map, pal_range scale, size_t p, size_t arm)
{
    size_t c = level_of(&d->axis[0], d->axis[0].at[p]), r = level_of(&d->axis[1], d->axis[1].at[p]);
    double w = map->w / (double)d->axis[0].n_levels, h = map->h / (double)d->axis[1].n_levels;
    double x = map->x + w * (double)c, y = map->y + map->h - h * (double)(r + 1);
    pal_estimate e = shown(d, p, arm);
    char number[PAL_SHOWN_MAX], text[PAL_SHOWN_MAX + 2];
    pal_font font = pal_font_small(PAL_INK, PAL_MIDDLE);

    if (isnan(e.value)) return;
    pal_canvas_rect(canvas, x + 0.5, y + 0.5, w - 1, h - 1, colour(d, scale, e.value), 0.75);
    if (w < 26 || h < 9) return; /* no room for a number */
    font.max_width = w - 2;
    snprintf(text, sizeof text, "%s%s", of_values(d) ? pal_show_fixed(number, e.value, 3) : pal_show_signed(number, e.value, 3),
             d->significant[pal_sweep_at(d, p, arm, 0)] ? "*" : "");
    pal_canvas_text(canvas, x + w / 2, y + h / 2 + 2.5, text, font);
}

static void draw_map(pal_canvas *canvas, const pal_sweep_data *d, pal_range scale, size_t arm, double x, double y, double w)
{
    pal_panel map = { .x = x + LEFT, .y = y + 14, .w = w - LEFT, .h = MAP_H };
    pal_font grey = pal_font_tick(PAL_RIGHT);

    pal_panel_name(canvas, &map, d->arm[arm], "");
    grey.max_width = w - LEFT - 40;
    pal_canvas_text(canvas, map.x + map.w, map.y - 6, d->axis[1].path, grey);
    for (size_t p = 0; p < d->n_points; p++) draw_cell(canvas, d, &map, scale, p, arm);
    draw_names(canvas, d, &map);
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_sweep_data *d = data_of(run);
    double w = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN - GAP) / COLUMNS;
    pal_range scale = scale_of(d);
    char subtitle[160];
    size_t k = 0;

    (void)who;
    (void)err;
    if (of_values(d)) {
        snprintf(subtitle, sizeof subtitle, "%.60s: %.80s", d->metric[0], d->meaning[0]);
    } else {
        snprintf(subtitle, sizeof subtitle, "%.40s against %.40s \xc2\xb7 blue is better, * significant after correction",
                 d->metric[0], d->baseline_name);
    }
    pal_head(canvas, of_values(d) ? "The surface" : "Where does which arm lead?", subtitle);
    for (size_t a = 0; a < d->n_arms; a++) {
        if (a == d->baseline && !of_values(d)) continue;
        draw_map(canvas, d, scale, a, PAL_MARGIN + (w + GAP) * (double)(k % COLUMNS), TOP + BLOCK_H * (double)(k / COLUMNS), w);
        k++;
    }
    return PAL_OK;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_sweep_data *d = data_of(run);

    (void)who;
    pal_text_add(csv, "arm,");
    for (size_t i = 0; i < d->n_axes; i++) {
        pal_data_text(csv, d->axis[i].path);
        pal_text_add(csv, ",");
    }
    pal_text_add(csv, "value,lo,hi,significant");
    pal_data_end(csv);
    for (size_t i = 0; i < d->n_arms * d->n_points; i++) {
        size_t arm = i / d->n_points, p = i % d->n_points;

        if (arm == d->baseline && !of_values(d)) continue;
        pal_data_text(csv, d->arm[arm]);
        for (size_t x = 0; x < d->n_axes; x++) pal_data_text(csv, pal_table_text(d->points, p, x + 1));
        pal_data_estimate(csv, shown(d, p, arm));
        pal_data_flag(csv, d->significant[pal_sweep_at(d, p, arm, 0)]);
        pal_data_end(csv);
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_sweep_map = {
    .name = "surface-map",
    .heading = "Two settings at once",
    .caption = "Each cell is a point of the grid, its number the first metric's difference to the baseline at the "
               "same point, on the same people. One colour scale for all maps.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};
