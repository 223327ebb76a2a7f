/* One allocation looked at after every pair of people, by kind of feedback. */
#include "plots/chart_interval.h"
#include "plots/chart_line.h"
#include "plots/figure_data.h"
#include "plots/number.h"
#include "plots/trial_data.h"

#include <math.h>
#include <stdio.h>

enum { PANEL_H = 150, TOP = 92, LEFT = 38, FOOT = 36 };

static double height(const pal_rundata *run, size_t who)
{
    (void)run, (void)who;
    return TOP + PANEL_H + FOOT;
}

static bool has(const pal_rundata *run)
{
    const pal_trial_data *d = pal_trial_of(run);

    for (size_t i = 0; i < d->n_sequences; i++) {
        if (d->looks[i].n > 1) return true;
    }
    return false;
}

/* All panels have one scale, or a reader could not compare them. */
static pal_range range_of(const pal_trial_data *d)
{
    pal_range range = pal_range_empty();

    pal_range_add_estimate(&range, d->metric[0].truth);
    pal_range_add(&range, 0);
    for (size_t i = 0; i < d->n_sequences; i++) {
        for (size_t k = 0; k < d->looks[i].n; k++) {
            pal_range_add(&range, d->looks[i].lo[k]);
            pal_range_add(&range, d->looks[i].hi[k]);
        }
    }
    return pal_range_padded(range, 0.04);
}

static void draw_level(pal_canvas *canvas, const pal_panel *panel, double at, pal_pen pen)
{
    double y = pal_panel_y(panel, at);

    pal_canvas_line(canvas, panel->x, y, panel->x + panel->w, y, pen);
}

static pal_status draw_panel(pal_canvas *canvas, pal_panel *panel, const pal_trial_data *d, const pal_trial_sequence_data *s,
                             pal_range ys, bool first, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_role role = pal_trial_role(s->feedback);
    pal_line line[] = {
        { .role = role, .dash = PAL_DOTTED, .width = 0.9, .n = s->n, .x = s->people, .y = s->fixed_lo },
        { .role = role, .dash = PAL_DOTTED, .width = 0.9, .n = s->n, .x = s->people, .y = s->fixed_hi },
        { .role = role, .width = 1.5, .n = s->n, .x = s->people, .y = s->value, .lo = s->lo, .hi = s->hi },
    };
    pal_ticks up, across;

    panel->ys = ys;
    panel->xs = pal_lines_range_x(line, 3);
    if (s->n < 2) {
        pal_no_data(canvas, panel, "too few pairs");
        goto done;
    }
    up = pal_ticks_make(ys.lo, ys.hi, 5);
    across = pal_ticks_whole(panel->xs.lo, panel->xs.hi, 3);
    pal_axis_y(canvas, panel, &up, PAL_UNIT_PLAIN);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_COUNT, first ? "people in the test" : NULL);
    draw_level(canvas, panel, 0, (pal_pen){ PAL_AXIS, 0.9, PAL_SOLID, 0 });
    PAL_TRY(pal_chart_lines(canvas, panel, line, 3, err));
    draw_level(canvas, panel, d->metric[0].truth.value, (pal_pen){ PAL_TOP, 1.2, PAL_DASHED, 0 });
done:
    return rc;
}

static pal_status draw(pal_canvas *canvas, const pal_rundata *run, size_t who, pal_error *err)
{
    static const pal_legend_key key[] = { { "truth", PAL_TOP, PAL_DASHED, true }, { "estimate", PAL_INK, PAL_SOLID, true },
                                          { "interval for one look at a set time", PAL_INK, PAL_DOTTED, true },
                                          { "interval for all looks at once", PAL_GRID, PAL_SOLID, false } };
    pal_status rc = PAL_OK;
    const pal_trial_data *d = pal_trial_of(run);
    size_t n = d->n_sequences > 0 ? d->n_sequences : 1;
    double wide = (PAL_PAGE_WIDTH - 2 * PAL_MARGIN) / (double)n;
    char subtitle[200], a[PAL_SHOWN_MAX];

    (void)who;
    snprintf(subtitle, sizeof subtitle, "%s, %.30s minus %.30s \xc2\xb7 first allocation, pairs in order of arrival \xc2\xb7 %s",
             d->metric[0].name, d->treatment, d->control, pal_show_percent(a, d->level, 0));
    pal_head(canvas, "When may a test that is looked at all the time stop?", subtitle);
    pal_legend(canvas, PAL_MARGIN, 50, PAL_PAGE_WIDTH - 2 * PAL_MARGIN, key, sizeof key / sizeof key[0]);
    for (size_t i = 0; i < d->n_sequences; i++) {
        pal_panel panel = { .x = PAL_MARGIN + LEFT + wide * (double)i, .y = TOP, .w = wide - LEFT - 10, .h = PANEL_H };

        pal_panel_name(canvas, &panel, d->looks[i].feedback, "");
        PAL_TRY(draw_panel(canvas, &panel, d, &d->looks[i], range_of(d), i == 0, err));
    }
done:
    return rc;
}

static pal_status data(pal_text *csv, const pal_rundata *run, size_t who, pal_error *err)
{
    const pal_trial_data *d = pal_trial_of(run);

    (void)who;
    pal_data_head(csv, "feedback,people,estimate,lo,hi,fixed_lo,fixed_hi,truth");
    for (size_t i = 0; i < d->n_sequences; i++) {
        const pal_trial_sequence_data *s = &d->looks[i];

        for (size_t k = 0; k < s->n; k++) {
            pal_data_text(csv, s->feedback);
            pal_data_number(csv, s->people[k]);
            pal_data_estimate(csv, (pal_estimate){ s->value[k], s->lo[k], s->hi[k], 0 });
            pal_data_number(csv, s->fixed_lo[k]);
            pal_data_number(csv, s->fixed_hi[k]);
            pal_data_number(csv, d->metric[0].truth.value);
            pal_data_end(csv);
        }
    }
    return pal_text_check(csv, err);
}

const pal_figure pal_fig_trial_sequence = {
    .name = "sequence",
    .heading = "Looking all the time",
    .caption = "The band holds the effect at every look at once, so a test may stop when it leaves zero; the dotted interval is "
               "right for one look only. Pairs of new people are fresh evidence, further rounds of the same people are not. "
               "What own and shared feedback change does not go away with more people.",
    .has = has,
    .height = height,
    .draw = draw,
    .data = data,
};
