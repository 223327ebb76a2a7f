/* The report of an evaluation: answer, tables, figures, one page that needs nothing else. */
#include "plots/eval_report.h"

#include "plots/eval_read.h"
#include "plots/number.h"
#include "plots/report_parts.h"
#include "plots/report_words.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>

/* ---- the answer ---- */

static void say_best(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *best = &run->arms[run->focus];

    pal_text_add(text, "Over the full ranking of ");
    pal_say_count(text, run->items, "item", "items");
    pal_text_add(text, run->people == 1 ? " for " : " for each of ");
    pal_say_count(text, run->people, "person", "people");
    pal_text_add(text, ", ");
    pal_text_addf(text, run->n_arms > 1 ? "%s has the highest %s: " : "%s has %s ", best->label,
                  pal_rundata_metric_label(run, run->eval->main));
    pal_say_estimate(text, pal_arm_metric(best, run->eval->main));
    pal_text_add(text, ".");
}

/* The paired difference; what the test does not hold is called noise. */
static void say_difference(pal_text *text, const pal_rundata *run)
{
    const pal_plot_comparison *c = pal_arm_comparison(&run->arms[run->focus], run->eval->main);

    if (run->focus != run->baseline && c != NULL && isfinite(c->diff.value)) {
        pal_say_comparison(text, run, c);
    } else if (run->n_arms > 1) {
        pal_text_add(text, run->focus == run->baseline ? " It is the baseline: no other model does better."
                                                       : " It was not compared with the baseline.");
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
    pal_say_estimate(text, theirs);
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
    pal_text_addf(text, " The lists of %s (%.0f long) use %s of the catalog", run->arms[run->focus].label, run->eval->main_k,
                  pal_show_percent(a, mine, 0));
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
    pal_say_losses(text, run);
    say_variety(text, run);
}

/* ---- the page ---- */

static pal_status write_body(pal_text *html, const pal_rundata *run, pal_glyphs *glyphs, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text answer = { 0 };

    pal_eval_report_answer(&answer, run);
    PAL_TRY(pal_text_check(&answer, err));
    pal_report_opening(html, run->name, run->purpose, answer.bytes);
    pal_eval_report_what_ran(html, run);
    pal_eval_report_table(html, run);
    PAL_TRY(pal_report_figures(html, run, pal_eval_figure_at, glyphs, err));
    PAL_TRY(pal_eval_report_lists(html, run, err));
    pal_eval_report_method(html, run);
    pal_eval_report_again(html, run);

done:
    pal_text_clear(&answer);
    return rc;
}

static pal_report report_of(const pal_rundata *run)
{
    return (pal_report){ .title = run->name, .run = run, .figure_at = pal_eval_figure_at, .body = write_body };
}

pal_status pal_eval_report_page(pal_text *html, const pal_rundata *run, pal_error *err)
{
    const pal_report report = report_of(run);

    return pal_report_html(html, &report, err);
}

pal_status pal_eval_report_draw(const char *dir, const pal_report_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rundata *run = NULL;
    pal_report report;

    PAL_TRY(pal_eval_rundata_load(&run, dir, err));
    report = report_of(run);
    PAL_TRY(pal_report_publish(&report, dir, options, err));

done:
    pal_eval_rundata_free(run);
    return rc;
}

bool pal_is_evaluation(const char *dir)
{
    return pal_rundata_is(dir, "palate-eval/");
}
