/* The page of a directory of comparisons. */
#include "plots/compare_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/compare_data.h"
#include "plots/number.h"
#include "plots/read.h"
#include "plots/report_files.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static size_t significant(const pal_compare_data *d)
{
    size_t n = 0;

    for (size_t i = 0; i < d->n; i++) n += d->line[i].significant;
    return n;
}

/* The largest effect among those that are no noise. */
static const pal_compare_line *clearest(const pal_compare_data *d)
{
    const pal_compare_line *best = NULL;

    for (size_t i = 0; i < d->n; i++) {
        const pal_compare_line *l = &d->line[i];

        if (l->significant && isfinite(l->cohen.value) &&
            (best == NULL || fabs(l->cohen.value) > fabs(best->cohen.value))) best = l;
    }
    return best;
}

static void add_answer(pal_text *html, const pal_compare_data *d)
{
    const pal_compare_line *best = clearest(d);
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(html, "<p class=\"answer\">%zu of %zu differences can be told from noise", significant(d), d->n);
    if (best != NULL) {
        pal_text_add(html, "; the clearest: ");
        pal_text_add_escaped(html, best->metric);
        pal_text_add(html, " of ");
        pal_text_add_escaped(html, best->arm);
        pal_text_addf(html, " is %s %s %s than that of ", pal_show_fixed(a, fabs(best->diff.value), 3),
                      pal_show_interval(b, best->diff.lo, best->diff.hi, 3), best->diff.value > 0 ? "higher" : "lower");
        pal_text_add_escaped(html, best->against);
    }
    pal_text_add(html, ".</p>");
}

static void add_runs(pal_text *html, const pal_compare_data *d)
{
    pal_text_add(html, "<h2 id=\"run\">What was compared</h2><div class=\"wide\"><table><thead><tr><th>Setting</th><th>Run</th>"
                       "<th class=\"n\">Seed</th><th class=\"n\">People</th><th>Digest</th></tr></thead><tbody>");
    for (size_t s = 0; s < pal_json_size(d->settings); s++) {
        const pal_json *setting = pal_json_at(d->settings, s), *runs = pal_look_array(setting, "runs");

        for (size_t i = 0; i < pal_look_size(runs); i++) {
            const pal_json *run = pal_json_at(runs, i);
            char people[PAL_SHOWN_MAX];

            pal_text_add(html, "<tr><td>");
            pal_text_add_escaped(html, pal_look_text(setting, "label", ""));
            pal_text_add(html, "</td><td>");
            pal_text_add_escaped(html, pal_look_text(run, "dir", ""));
            pal_text_add(html, "</td><td class=\"n\">");
            pal_text_add_escaped(html, pal_look_text(run, "seed", ""));
            pal_text_addf(html, "</td><td class=\"n\">%s</td><td><code>", pal_show_count(people, pal_look_number(run, "people")));
            pal_text_add_escaped(html, pal_look_text(run, "digest", ""));
            pal_text_add(html, "</code></td></tr>");
        }
    }
    pal_text_add(html, "</tbody></table></div>");
    if (d->notes[0] != '\0') {
        pal_text_add(html, "<p>");
        pal_text_add_escaped(html, d->notes);
        pal_text_add(html, "</p>");
    }
}

/* A value with its interval below. */
static void add_cell(pal_text *html, pal_estimate e, int decimals, bool sign)
{
    char a[PAL_SHOWN_MAX], key[PAL_NUMBER_MAX] = "";

    if (isfinite(e.value)) pal_format_double(key, e.value);
    pal_text_addf(html, "<td class=\"n\" data-v=\"%s\">%s", key,
                  sign ? pal_show_signed(a, e.value, decimals) : pal_show_fixed(a, e.value, decimals));
    if (isfinite(e.lo) && isfinite(e.hi)) pal_text_addf(html, "<small>%s</small>", pal_show_interval(a, e.lo, e.hi, decimals));
    pal_text_add(html, "</td>");
}

static void add_line(pal_text *html, const pal_compare_line *l)
{
    const char *const words[] = { l->metric, l->arm, l->against, l->pairing };
    const pal_estimate a = { l->value_a, NAN, NAN, 0 }, b = { l->value_b, NAN, NAN, 0 };
    char text[PAL_SHOWN_MAX];

    pal_text_add(html, "<tr>");
    for (size_t i = 0; i < 4; i++) {
        pal_text_add(html, "<td>");
        pal_text_add_escaped(html, words[i]);
        pal_text_add(html, "</td>");
    }
    add_cell(html, a, 3, false);
    add_cell(html, b, 3, false);
    add_cell(html, l->diff, 3, true);
    pal_text_addf(html, "<td class=\"n\">%s%s</td>", pal_show_p(text, l->p), l->significant ? " *" : "");
    add_cell(html, l->cohen, 2, true);
    add_cell(html, l->cliff, 2, true);
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_count(text, l->needed));
    pal_text_addf(html, "<td class=\"n\">%s</td>", pal_show_percent(text, l->reduction, 0));
    add_cell(html, l->worlds >= 2 ? l->over_worlds : (pal_estimate){ NAN, NAN, NAN, 0 }, 3, true);
    pal_text_add(html, "</tr>");
}

static void add_table(pal_text *html, const pal_compare_data *d)
{
    char a[PAL_SHOWN_MAX];

    pal_text_add(html, "<h2 id=\"table\">All comparisons</h2><div class=\"wide\"><table class=\"sort\"><thead><tr><th>Metric</th>"
                       "<th>Arm</th><th>Against</th><th>Pairing</th><th class=\"n\">Value</th><th class=\"n\">Against</th>"
                       "<th class=\"n\">Difference</th><th class=\"n\">p</th><th class=\"n\">Cohen\xe2\x80\x99s d</th>"
                       "<th class=\"n\">Cliff\xe2\x80\x99s \xce\xb4</th><th class=\"n\">People needed</th>"
                       "<th class=\"n\">Variance saved</th><th class=\"n\">Over worlds</th></tr></thead><tbody>");
    for (size_t i = 0; i < d->n; i++) add_line(html, &d->line[i]);
    pal_text_addf(html, "</tbody></table></div><p>Intervals of differences are BCa bootstrap intervals over people at "
                        "%s; p is of a permutation test, corrected (%s) over the %zu rows. People needed: for a power of ",
                  pal_show_percent(a, d->level, 0), d->correction, d->n);
    pal_text_addf(html, "%s if the true effect is the one seen. Variance saved: what pairing took away against arms that share "
                        "nothing. Over worlds: seeds and replicates as the unit, Student t.</p>",
                  pal_show_percent(a, d->power, 0));
}

static pal_status write_page(const pal_compare_data *d, const char *dir, pal_file_list *written, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs glyphs = { 0 };
    pal_text body = { 0 }, html = { 0 };

    pal_text_add(&body, "<main><h1>Comparison</h1>");
    add_answer(&body, d);
    add_runs(&body, d);
    pal_text_addf(&body, "<h2 id=\"figures\">%s</h2><figure>", pal_fig_comparisons.heading);
    PAL_TRY(pal_report_drawing(&body, &pal_fig_comparisons, &d->run, 0, &glyphs, err));
    pal_text_addf(&body, "<figcaption>%s</figcaption></figure>", pal_fig_comparisons.caption);
    add_table(&body, d);
    PAL_TRY(pal_text_check(&body, err));
    pal_report_head(&html, "Comparison");
    pal_text_add(&html, "<svg class=\"glyphs\" aria-hidden=\"true\"><defs>");
    pal_glyphs_write(&glyphs, "g", &html);
    pal_text_add(&html, "</defs></svg>\n");
    pal_text_add_bytes(&html, body.bytes, body.n);
    pal_report_tail(&html);
    PAL_TRY(pal_text_check(&html, err));
    PAL_TRY(pal_write_file(dir, "report.html", &html, written, err));
done:
    pal_glyphs_clear(&glyphs);
    pal_text_clear(&body);
    pal_text_clear(&html);
    return rc;
}

pal_status pal_compare_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_compare_data *d = NULL;
    char *figures = pal_path_join(dir, "figures");

    if (figures == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of the figures");
    PAL_TRY(pal_compare_data_load(&d, dir, err));
    if (options->formats != 0) {
        PAL_TRY(pal_dir_make(figures, err));
        PAL_TRY(pal_report_draw_files(&d->run, &pal_fig_comparisons, 0, figures, options, err));
    }
    PAL_TRY(write_page(d, dir, options->written, err));
done:
    pal_compare_data_free(d);
    pal_free(figures);
    return rc;
}

bool pal_is_comparison(const char *dir)
{
    pal_json_doc *doc = NULL;
    bool is = pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
              strncmp(pal_look_text(pal_json_root(doc), "format", ""), "palate-compare/", strlen("palate-compare/")) == 0;

    pal_json_free(doc);
    return is;
}
