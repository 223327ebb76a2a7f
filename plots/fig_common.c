/* What several figures share. */
#include "plots/fig_common.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

double pal_arm_width(const pal_plot_arm *arm)
{
    return arm->is_focus ? 2.2 : 1.4;
}

static bool has_values(const double *y, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        if (isfinite(y[i])) {
            return true;
        }
    }
    return false;
}

size_t pal_arm_lines(pal_line *lines, const pal_rundata *run, const char *metric, pal_by by)
{
    size_t order[PAL_MAX_ARMS], n = 0;

    pal_rundata_drawing_order(run, order);
    for (size_t k = 0; k < run->n_arms; k++) {
        const pal_plot_arm *arm = &run->arms[order[k]];
        const pal_series *s = by == PAL_BY_SLOT ? pal_rundata_slots(run, order[k], metric)
                                                : pal_rundata_rounds(run, order[k], metric);
        bool diff = by == PAL_BY_ROUND_DIFF;

        if (s->n == 0 || !has_values(diff ? s->diff : s->value, s->n)) {
            continue;
        }
        lines[n++] = (pal_line){ .label = arm->label, .role = arm->role, .dash = arm->dash,
                                 .width = pal_arm_width(arm), .n = s->n, .x = s->x,
                                 .y = diff ? s->diff : s->value, .lo = diff ? s->diff_lo : s->lo,
                                 .hi = diff ? s->diff_hi : s->hi };
    }
    return n;
}

const char *pal_fig_subtitle(char out[PAL_SUBTITLE_MAX], const pal_rundata *run, const char *what)
{
    char people[PAL_SHOWN_MAX], level[PAL_SHOWN_MAX], averaged[60] = "";

    if (run->rounds_a_point > 1) {
        snprintf(averaged, sizeof averaged, " \xc2\xb7 a point is the mean of %zu rounds", run->rounds_a_point);
    }
    snprintf(out, PAL_SUBTITLE_MAX, "%.90s%s%.10s intervals over %.20s people%s", what,
             what[0] != '\0' ? " \xc2\xb7 " : "", pal_show_percent(level, run->level, 0),
             pal_show_count(people, run->people), averaged);
    return out;
}

double pal_arm_legend(pal_canvas *canvas, const pal_rundata *run, double y, const pal_legend_key *extra)
{
    pal_legend_key keys[PAL_MAX_ARMS + 1];
    size_t n = run->n_arms;

    for (size_t a = 0; a < run->n_arms; a++) {
        keys[a] = (pal_legend_key){ run->arms[a].label, run->arms[a].role, run->arms[a].dash, true };
    }
    if (extra != NULL) {
        keys[n++] = *extra;
    }
    return pal_legend(canvas, PAL_MARGIN, y + 6, pal_canvas_width(canvas) - 2 * PAL_MARGIN, keys, n);
}

bool pal_is_crowded(const pal_rundata *run)
{
    return run->n_arms > 6;
}

static bool is_leading(const pal_rundata *run, const char *label)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (run->arms[a].label == label) {
            return a == run->focus || a == run->baseline || run->arms[a].is_oracle;
        }
    }
    return true;
}

void pal_hush_lines(pal_line *lines, size_t n, const pal_rundata *run)
{
    for (size_t k = 0; k < n; k++) {
        if (!is_leading(run, lines[k].label)) {
            lines[k].lo = NULL;
            lines[k].hi = NULL;
        }
        lines[k].label = NULL;
    }
}

double pal_arm_legend_height(const pal_rundata *run)
{
    double at = 0, rows = 1;

    for (size_t a = 0; a <= run->n_arms; a++) {
        double w = 37 + 5.2 * (a < run->n_arms ? (double)strlen(run->arms[a].label) : 9.0);

        if (at > 0 && at + w > PAL_PAGE_WIDTH - 2 * PAL_MARGIN) {
            at = 0;
            rows++;
        }
        at += w;
    }
    return rows * 13 + 6;
}

pal_status pal_draw_lines_panel(pal_canvas *canvas, pal_panel *panel, const pal_line *lines, size_t n,
                                pal_number_form unit, bool is_share, const char *x_title, const char *no_data,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ticks across, up;

    panel->xs = pal_lines_range_x(lines, n);
    if (n == 0 || pal_range_is_empty(panel->xs)) {
        pal_no_data(canvas, panel, no_data);
        return PAL_OK;
    }
    panel->xs = panel->xs.lo < panel->xs.hi ? panel->xs : pal_range_padded(panel->xs, 0);
    panel->ys = pal_range_padded(pal_lines_range_y(lines, n), 0.05);
    if (is_share) {
        panel->ys = pal_range_within(panel->ys, 0, 1);
    }
    across = pal_ticks_whole(panel->xs.lo, panel->xs.hi, panel->w > 250 ? 8 : 5);
    up = pal_ticks_make(panel->ys.lo, panel->ys.hi, panel->h > 110 ? 5 : 4);
    pal_axis_y(canvas, panel, &up, unit);
    pal_axis_x(canvas, panel, &across, PAL_UNIT_COUNT, x_title);
    PAL_TRY(pal_chart_lines(canvas, panel, lines, n, err));

done:
    return rc;
}

void pal_arms_by_metric(const pal_rundata *run, const char *metric, size_t *order)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        double value = pal_arm_metric(&run->arms[a], metric).value;
        size_t at = a;

        value = isnan(value) ? -INFINITY : value;
        for (; at > 0; at--) {
            double other = pal_arm_metric(&run->arms[order[at - 1]], metric).value;

            if ((isnan(other) ? -INFINITY : other) >= value) {
                break;
            }
            order[at] = order[at - 1];
        }
        order[at] = a;
    }
}
