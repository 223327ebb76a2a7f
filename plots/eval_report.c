/* The report of an evaluation: answer, tables, figures, one page that needs nothing else. */
#include "plots/eval_report.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/eval_read.h"
#include "plots/number.h"
#include "plots/report_files.h"
#include "plots/report_parts.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

/* ---- the answer ---- */

static void add_estimate(pal_text *text, pal_estimate e)
{
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    pal_text_addf(text, "%s", pal_show_fixed(a, e.value, 3));
    if (isfinite(e.lo) && isfinite(e.hi)) {
        pal_text_addf(text, " %s", pal_show_interval(b, e.lo, e.hi, 3));
    }
}

static void say_best(pal_text *text, const pal_rundata *run)
{
    const pal_arm *best = &run->arms[run->focus];
    char people[PAL_SHOWN_MAX], items[PAL_SHOWN_MAX];

    pal_text_addf(text, "Over the full ranking of %s items for each of %s people, ", pal_show_count(items, run->items),
                  pal_show_count(people, run->people));
    pal_text_addf(text, run->n_arms > 1 ? "%s has the highest %s: " : "%s has %s ", best->label,
                  pal_rundata_metric_label(run, run->eval->main));
    add_estimate(text, pal_arm_metric(best, run->eval->main));
    pal_text_add(text, ".");
}

/* The paired difference; what the test does not hold is called noise. */
static void say_difference(pal_text *text, const pal_rundata *run)
{
    const pal_comparison *c = pal_arm_comparison(&run->arms[run->focus], run->eval->main);
    const char *baseline = run->arms[run->baseline].label;
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX], p[PAL_SHOWN_MAX];

    if (run->focus == run->baseline || c == NULL || isnan(c->diff.value)) {
        pal_text_add(text, run->n_arms > 1 ? " It is the baseline: no other model does better." : "");
        return;
    }
    if (c->significant && c->diff.lo > 0) {
        pal_text_addf(text, " That is %s %s more than %s on the same people (%s, %s correction).",
                      pal_show_fixed(a, c->diff.value, 3), pal_show_interval(b, c->diff.lo, c->diff.hi, 3), baseline,
                      pal_show_p(p, c->p_adjusted), run->correction);
    } else {
        pal_text_addf(text, " Against %s on the same people the difference is %s %s (%s, %s correction): too small to be "
                            "told from chance here.",
                      baseline, pal_show_signed(a, c->diff.value, 3), pal_show_interval(b, c->diff.lo, c->diff.hi, 3),
                      pal_show_p(p, c->p_adjusted), run->correction);
    }
}

static void say_second(pal_text *text, const pal_rundata *run)
{
    pal_estimate mine = pal_arm_metric(&run->arms[run->focus], run->eval->main), theirs;
    size_t second = SIZE_MAX;

    for (size_t a = 0; a < run->n_arms; a++) {
        double value = pal_arm_metric(&run->arms[a], run->eval->main).value;

        if (a != run->focus && isfinite(value) &&
            (second == SIZE_MAX || value > pal_arm_metric(&run->arms[second], run->eval->main).value)) {
            second = a;
        }
    }
    if (second == SIZE_MAX || run->n_arms < 3) {
        return;
    }
    theirs = pal_arm_metric(&run->arms[second], run->eval->main);
    pal_text_addf(text, " Next comes %s with ", run->arms[second].label);
    add_estimate(text, theirs);
    pal_text_add(text, mine.lo > theirs.hi ? "." : "; the two intervals overlap, so their order is not certain.");
}

static void say_variety(pal_text *text, const pal_rundata *run)
{
    char name[PAL_EVAL_NAME], a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];
    double mine = pal_arm_metric(&run->arms[run->focus], pal_eval_metric(name, run, "coverage")).value;
    double base = pal_arm_metric(&run->arms[run->baseline], name).value;

    if (!isfinite(mine)) {
        return;
    }
    pal_text_addf(text, " Its lists of %.0f use %s of the catalog", run->eval->main_k, pal_show_percent(a, mine, 0));
    if (run->focus != run->baseline && isfinite(base)) {
        pal_text_addf(text, " (%s: %s)", run->arms[run->baseline].label, pal_show_percent(b, base, 0));
    }
    pal_text_add(text, ".");
}

void pal_eval_report_answer(pal_text *text, const pal_rundata *run)
{
    if (isnan(pal_arm_metric(&run->arms[run->focus], run->eval->main).value)) {
        pal_text_addf(text, "%s could not be measured for any model, so this evaluation gives no answer.",
                      pal_rundata_metric_label(run, run->eval->main));
        return;
    }
    say_best(text, run);
    say_difference(text, run);
    say_second(text, run);
    say_variety(text, run);
}

/* ---- the page ---- */

static pal_status add_figures(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;

    pal_text_add(html, "<h2 id=\"figures\">Figures</h2>");
    for (size_t i = 0; pal_eval_figure_at(i) != NULL; i++) {
        const pal_figure *figure = pal_eval_figure_at(i);

        if (!pal_figure_has_data(figure, run)) {
            continue;
        }
        pal_text_addf(html, "<h3 id=\"%s\">%s</h3><figure>", figure->name, figure->heading);
        PAL_TRY(pal_report_drawing(html, figure, run, 0, glyphs, err));
        pal_text_addf(html, "<figcaption>%s</figcaption></figure>", figure->caption);
    }

done:
    return rc;
}

static void add_opening(pal_text *html, const pal_rundata *run)
{
    pal_text answer = { 0 };

    pal_text_add(html, "<main><h1>");
    pal_text_add_escaped(html, run->name);
    pal_text_add(html, "</h1><p class=\"purpose\">");
    pal_text_add_escaped(html, run->purpose);
    pal_text_add(html, "</p><p class=\"answer\">");
    pal_eval_report_answer(&answer, run);
    html->failed = html->failed || answer.failed;
    if (answer.bytes != NULL) {
        pal_text_add_escaped(html, answer.bytes);
    }
    pal_text_clear(&answer);
    pal_text_add(html, "</p><nav><a href=\"#run\">What was run</a><a href=\"#table\">All models</a>"
                       "<a href=\"#figures\">Figures</a>");
    pal_text_add(html, pal_table_rows(run->eval->lists) > 0 ? "<a href=\"#lists\">Lists</a>" : "");
    pal_text_add(html, "<a href=\"#method\">Method</a><a href=\"#again\">Run it again</a></nav>");
}

pal_status pal_eval_report_page(pal_text *html, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_glyphs glyphs = { 0 };
    pal_text body = { 0 };

    add_opening(&body, run);
    pal_eval_report_what_ran(&body, run);
    pal_eval_report_table(&body, run);
    PAL_TRY(add_figures(&body, run, &glyphs, err));
    PAL_TRY(pal_eval_report_lists(&body, run, err));
    pal_eval_report_method(&body, run);
    pal_eval_report_again(&body, run);
    PAL_TRY(pal_text_check(&body, err));
    pal_report_head(html, run->name);
    pal_text_add(html, "<svg class=\"glyphs\" aria-hidden=\"true\"><defs>");
    pal_glyphs_write(&glyphs, "g", html);
    pal_text_add(html, "</defs></svg>\n");
    pal_text_add_bytes(html, body.bytes, body.n);
    pal_report_tail(html);
    PAL_TRY(pal_text_check(html, err));

done:
    pal_glyphs_clear(&glyphs);
    pal_text_clear(&body);
    return rc;
}

static pal_status draw_figures(const pal_rundata *run, const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *figures = pal_path_join(dir, "figures");

    if (figures == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of the figures");
    }
    PAL_TRY(pal_dir_make(figures, err));
    for (size_t i = 0; pal_eval_figure_at(i) != NULL; i++) {
        if (pal_figure_has_data(pal_eval_figure_at(i), run)) {
            PAL_TRY(pal_report_draw_files(run, pal_eval_figure_at(i), 0, figures, options, err));
        }
    }

done:
    pal_free(figures);
    return rc;
}

pal_status pal_eval_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rundata *run = NULL;
    pal_text page = { 0 };

    PAL_TRY(pal_eval_rundata_load(&run, dir, err));
    if (options->formats != 0) {
        PAL_TRY(draw_figures(run, dir, options, err));
    }
    PAL_TRY(pal_eval_report_page(&page, run, err));
    PAL_TRY(pal_write_file(dir, "report.html", &page, options->written, err));

done:
    pal_text_clear(&page);
    pal_eval_rundata_free(run);
    return rc;
}

bool pal_is_evaluation(const char *dir)
{
    pal_json_doc *doc = NULL;
    const pal_json *format = NULL;
    bool is = false;

    if (pal_rundata_load_json(&doc, dir, "manifest.json", NULL) == PAL_OK &&
        pal_json_kind_of(pal_json_root(doc)) == PAL_JSON_OBJECT) {
        format = pal_json_get(pal_json_root(doc), "format");
        is = format != NULL && pal_json_kind_of(format) == PAL_JSON_STRING &&
             strncmp(pal_json_string(format), "palate-eval/", strlen("palate-eval/")) == 0;
    }
    pal_json_free(doc);
    return is;
}
