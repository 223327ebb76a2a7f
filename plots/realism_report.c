/* The page of a realism report. */
#include "plots/realism_report.h"

#include "plots/number.h"
#include "plots/read.h"
#include "plots/realism_data.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>
#include <string.h>

static size_t with_verdict(const pal_realism_data *d, const char *verdict)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) n += strcmp(d->line[i].verdict, verdict) == 0;
    return n;
}

/* The farthest moment: the largest share of the real value it is off by, among those that are apart. */
static const pal_realism_line *farthest(const pal_realism_data *d)
{
    const pal_realism_line *worst = NULL;
    double most = 0;

    for (size_t i = 0; i < d->n; i++) {
        const pal_realism_line *l = &d->line[i];
        const double share = fabs(l->simulated.value - l->real.value) / fabs(l->real.value);

        if (strcmp(l->kind, "moment") == 0 && strcmp(l->verdict, "apart") == 0 && isfinite(share) && share > most) {
            most = share;
            worst = l;
        }
    }
    return worst;
}

static void write_answer(pal_text *text, const pal_realism_data *d)
{
    const pal_realism_line *worst = farthest(d);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(text, "Of %zu statistics that both sides tell, %zu are alike, %zu close and %zu apart", d->n - with_verdict(d, "not told"),
                  with_verdict(d, "alike"), with_verdict(d, "close"), with_verdict(d, "apart"));
    if (worst != NULL) {
        pal_text_addf(text, "; the farthest: %s, %s instead of %s", worst->meaning, pal_show_fixed(a, worst->simulated.value, 3),
                      pal_show_fixed(b, worst->real.value, 3));
    }
    pal_text_add(text, ".");
}

static void add_side(pal_text *html, const pal_json *manifest, const char *key, const char *label)
{
    const pal_json *side = pal_look_object(manifest, key);
    char number[PAL_SHOWN_MAX];

    if (side == NULL) return;
    pal_text_addf(html, "<tr><td>%s</td><td>", label);
    pal_text_add_escaped(html, pal_look_text(side, "name", ""));
    pal_text_add(html, "</td>");
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_count(number, pal_look_number(side, "people")));
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_count(number, pal_look_number(side, "items")));
    pal_text_addf(html, "<td class=\"n\">%s</td><td><code>", pal_show_count(number, pal_look_number(side, "rows")));
    pal_text_add_escaped(html, pal_look_text(side, "digest", ""));
    pal_text_add(html, "</code></td></tr>");
}

static void add_sides(pal_text *html, const pal_realism_data *d)
{
    pal_text_add(html, "<h2 id=\"run\">What was compared</h2><div class=\"wide\"><table><thead><tr><th></th><th>Log</th>"
                       "<th class=\"n\">People</th><th class=\"n\">Items</th><th class=\"n\">Rows</th><th>Digest</th></tr></thead><tbody>");
    add_side(html, d->run.manifest, "real", "real");
    add_side(html, d->run.manifest, "simulated", "simulated");
    pal_text_add(html, "</tbody></table></div><p>An item counts for a simulated person once it was ");
    pal_text_add_escaped(html, pal_look_text(d->run.manifest, "as", ""));
    pal_text_addf(html, ". People with fewer than %.0f items are left out on both sides; breadth is measured on %.0f items drawn of "
                        "each person.</p>", pal_look_number(d->run.manifest, "least"), pal_look_number(d->run.manifest, "sample"));
}

static void add_value(pal_text *html, pal_estimate e, int decimals)
{
    char a[PAL_SHOWN_MAX], key[PAL_NUMBER_MAX] = "";

    if (isfinite(e.value)) pal_format_double(key, e.value);
    pal_text_addf(html, "<td class=\"n\" data-v=\"%s\">%s", key, pal_show_fixed(a, e.value, decimals));
    if (isfinite(e.lo) && isfinite(e.hi)) pal_text_addf(html, "<small>%s</small>", pal_show_interval(a, e.lo, e.hi, decimals));
    pal_text_add(html, "</td>");
}

static void add_row(pal_text *html, const pal_realism_line *l)
{
    const pal_estimate distance = { l->distance, NAN, NAN, 0 }, ks = { l->ks, NAN, NAN, 0 }, w = { l->wasserstein_sd, NAN, NAN, 0 };

    pal_text_add(html, "<tr><td>");
    pal_text_add_escaped(html, l->meaning);
    pal_text_add(html, "</td>");
    add_value(html, l->real, 3);
    add_value(html, l->simulated, 3);
    add_value(html, distance, 1);
    add_value(html, ks, 3);
    add_value(html, w, 2);
    pal_text_add(html, "<td>");
    pal_text_add_escaped(html, l->verdict);
    pal_text_add(html, "</td></tr>");
}

static void add_table(pal_text *html, const pal_realism_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All statistics</h2><div class=\"wide\"><table class=\"sort\"><thead><tr><th>Statistic</th>"
                       "<th class=\"n\">Real</th><th class=\"n\">Simulated</th><th class=\"n\">Off, se</th><th class=\"n\">KS</th>"
                       "<th class=\"n\">W, sd</th><th>Verdict</th></tr></thead><tbody>");
    for (size_t i = 0; i < d->n; i++) add_row(html, &d->line[i]);
    pal_text_addf(html, "</tbody></table></div><p>Moments carry bootstrap intervals over people at %s; distributions are shown by their "
                        "medians. ", pal_show_percent(a, d->run.level, 0));
    pal_text_addf(html, "A moment is alike within %.0f standard errors of the difference, else close within %s of the real value. ",
                  pal_look_number(d->run.manifest, "alike_se"), pal_show_percent(a, pal_look_number(d->run.manifest, "close_share"), 0));
    pal_text_addf(html, "A distribution is alike at a Kolmogorov-Smirnov distance of at most %.2g, close at most %.2g. These bounds are a "
                        "matter of taste: with many people any model is apart from reality, and what counts is by how much.</p>",
                  pal_look_number(d->run.manifest, "alike_ks"), pal_look_number(d->run.manifest, "close_ks"));
}

static const pal_figure *figure_at(size_t i)
{
    return i == 0 ? &pal_fig_realism : NULL;
}

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_realism_data *d = (const pal_realism_data *)(const void *)run;
    pal_text answer = { 0 };

    write_answer(&answer, d);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, "Realism", NULL, answer.bytes);
    add_sides(html, d);
    PAL_TRY(pal_report_figures(html, run, figure_at, glyphs, err));
    add_table(html, d);
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_realism_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_realism_data *d = NULL;
    pal_report report;

    PAL_TRY(pal_realism_data_load(&d, dir, err));
    report = (pal_report){ .title = "Realism", .run = &d->run, .figure_at = figure_at, .body = write_body };
    PAL_TRY(pal_report_publish(&report, dir, options, err));
done:
    pal_realism_data_free(d);
    return rc;
}

bool pal_is_realism(const char *dir)
{
    return pal_rundata_is(dir, "palate-realism/");
}
