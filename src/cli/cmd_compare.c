/* palate compare: differences between arms of finished runs. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/print.h"
#include "cli/reals.h"
#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/compare_runs.h"
#include "plots/compare_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static const pal_option options[] = {
    { "metric", "NAME", true, "a metric of users.csv, or all (default: like_rate, ctr, auc, logloss, taste_coverage, regret)" },
    { "reference", "ARM", false, "arm of the first run that all others are set against" },
    { "arm", "NAME", true, "set only this arm against it (default: all)" },
    { "trait", "COLUMN", false, "column of people.csv to take out of unpaired differences (CUPED), such as like_bias" },
    { "out", "DIR", false, "write comparisons.csv, a forest plot and report.html there" },
    { "level", "X", false, "level of intervals; a difference is claimed at 1 - X (default: 0.95)" },
    { "power", "X", false, "power of the planned repetition (default: 0.8)" },
    { "test", "NAME", false,
      "paired test of p: permutation, t or wilcoxon (default: permutation; see below)" },
    { "correction", "NAME", false, "for many comparisons: holm or bh (default: holm)" },
    { "resamples", "N", false, "of the bootstrap (default: 2000)" },
    { "permutations", "N", false, "random ones at least, where there are too many to look at all (default: 9999)" },
    { "seed", "N", false, "of resamples and permutations (default: 1)" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static const char *const usual[] = { "like_rate", "ctr", "auc", "logloss", "taste_coverage", "regret" };

/* What the request points to. */
typedef struct wanted {
    size_t metric[PAL_PEOPLE_METRICS];
    const char *arm[PAL_MAX_GIVEN];
} wanted;

static pal_status read_metrics(size_t *metric, size_t *n, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name;
    size_t one;

    *n = 0;
    for (size_t i = 0; (name = pal_args_nth(args, "metric", i)) != NULL; i++) {
        if (strcmp(name, "all") == 0) {
            for (*n = 0; *n < PAL_PEOPLE_METRICS; (*n)++) metric[*n] = *n;
            return PAL_OK;
        }
        PAL_TRY(pal_people_metric_find(&one, name, err));
        for (size_t k = 0; k < *n; k++) {
            if (metric[k] == one) PAL_FAIL(PAL_ERR_USAGE, "--metric: '%s' is given twice", name);
        }
        metric[(*n)++] = one;
    }
    for (size_t i = 0; *n == i && i < sizeof usual / sizeof usual[0]; i++) {
        PAL_TRY(pal_people_metric_find(&metric[(*n)++], usual[i], err));
    }
done:
    return rc;
}

static pal_status read_test(pal_side_test *out, const pal_args *args, pal_error *err)
{
    const char *name = pal_args_text(args, "test");

    *out = PAL_TEST_PERMUTATION;
    for (size_t t = 0; t < PAL_SIDE_TESTS; t++) {
        if (name == NULL || strcmp(name, pal_side_test_names[t]) == 0) {
            *out = (pal_side_test)t;
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_USAGE,
                         "--test: must be permutation, t or wilcoxon, found '%s'", name);
}

static pal_status read_request(pal_compare_request *q, wanted *w, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *correction = pal_args_text(args, "correction"), *arm;
    uint64_t resamples, permutations;

    *q = (pal_compare_request){ .dir = args->operand, .n_dirs = args->n_operands, .metric = w->metric,
                                .reference = pal_args_text(args, "reference"), .arm = w->arm,
                                .trait = pal_args_text(args, "trait") };
    PAL_TRY(read_metrics(w->metric, &q->n_metrics, args, err));
    while ((arm = pal_args_nth(args, "arm", q->n_arms)) != NULL) w->arm[q->n_arms++] = arm;
    q->holm = correction == NULL || strcmp(correction, "holm") == 0;
    if (!q->holm && strcmp(correction, "bh") != 0) {
        PAL_FAIL(PAL_ERR_USAGE, "--correction: must be holm or bh, found '%s'", correction);
    }
    PAL_TRY(read_test(&q->sides.test, args, err));
    PAL_TRY(pal_args_real(&q->sides.level, args, "level", 0.95, 0.5, 0.9999, err));
    PAL_TRY(pal_args_real(&q->sides.power, args, "power", 0.8, 0.5, 0.9999, err));
    PAL_TRY(pal_args_whole(&resamples, args, "resamples", 2000, 100, 1000000, err));
    PAL_TRY(pal_args_whole(&permutations, args, "permutations", 9999, 99, 10000000, err));
    PAL_TRY(pal_args_whole(&q->sides.seed, args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_args_threads(&q->sides.n_threads, args, err));
    q->sides.resamples = (size_t)resamples;
    q->sides.permutations = (size_t)permutations;
done:
    return rc;
}

/* The directory must not be somebody else's results: it would be replaced. */
static pal_status check_out(const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = dir == NULL ? NULL : pal_path_join(dir, "manifest.json");

    if (path != NULL && pal_file_exists(path) && !pal_is_comparison(dir)) {
        PAL_FAIL(PAL_ERR_USAGE, "--out: %s holds other results; choose another directory", dir);
    }
done:
    pal_free(path);
    return rc;
}

static const char *star(const pal_compare_row *row)
{
    return row->significant ? "*" : " ";
}

static void show_p(char out[16], double p)
{
    if (isnan(p)) {
        snprintf(out, 16, "-");
    } else if (p < 0.001) {
        snprintf(out, 16, "<0.001");
    } else {
        snprintf(out, 16, "%.3f", p);
    }
}

static void show_needed(char out[24], double needed)
{
    if (isfinite(needed) && needed < 1e12) {
        snprintf(out, 24, "%s", pal_print_count((unsigned long long)needed));
    } else {
        snprintf(out, 24, "-");
    }
}

/* Widest label of a column. */
static int width_of(const pal_run_comparison *c, bool reference)
{
    size_t widest = 7;

    for (size_t i = 0; i < c->n_rows; i++) {
        size_t n = strlen(reference ? c->row[i].label_b : c->row[i].label_a);

        widest = n > widest ? n : widest;
    }
    return (int)widest;
}

static void print_row(pal_text *text, const pal_compare_row *row, int wide_a, int wide_b)
{
    const pal_sides_result *r = &row->r;
    char p[16], needed[24], interval[48];

    show_p(p, row->p_adjusted);
    show_needed(needed, r->needed);
    snprintf(interval, sizeof interval, "[%+.4f, %+.4f]", r->difference.lo, r->difference.hi);
    pal_text_addf(text, "  %-*s  %-*s %8.4f %8.4f %+9.4f %-20s %7s%s %+6.2f %+6.2f %9s\n", wide_a, row->label_a, wide_b,
                  row->label_b, r->value_a, r->value_b, r->difference.value, interval, p, star(row), r->cohen.value,
                  r->cliff.value, needed);
}

/* What pairing bought, as the middle of the rows that have it. */
static void print_pairing(pal_text *text, const pal_run_comparison *c, const pal_compare_request *q)
{
    double lowest = INFINITY, highest = -INFINITY;
    const pal_compare_row *first = &c->row[0];

    for (size_t i = 0; i < c->n_rows; i++) {
        double reduction = c->row[i].r.pairing.reduction;

        if (isnan(reduction)) continue;
        lowest = fmin(lowest, reduction);
        highest = fmax(highest, reduction);
    }
    if (first->meeting != PAL_STRANGERS) {
        pal_text_addf(text, "%s people in pairs (%s), %zu world%s", pal_print_count(first->r.n_a),
                      pal_meeting_names[first->meeting], first->r.n_worlds, first->r.n_worlds == 1 ? "" : "s");
    } else {
        pal_text_addf(text, "%s and %s people, unpaired", pal_print_count(first->r.n_a), pal_print_count(first->r.n_b));
    }
    if (isfinite(lowest)) {
        pal_text_addf(text, "; common random numbers took away %.0f to %.0f %% of the variance", 100 * lowest, 100 * highest);
    }
    pal_text_addf(
        text,
        "\nintervals: BCa, %g %% over people; p: %s, %s over %zu comparisons; d: Cohen's; "
        "delta: Cliff's;\nneeds: people%s for a power of %g %% if the true effect is the one "
        "seen\n",
        100 * q->sides.level, pal_side_test_names[q->sides.test],
        q->holm ? "Holm" : "Benjamini-Hochberg", c->n_rows,
        first->meeting == PAL_STRANGERS ? " a side" : "", 100 * q->sides.power);
    if (q->sides.test == PAL_TEST_WILCOXON) {
        pal_text_add(text, "signed ranks reject a true mean of 0 too often where differences are "
                           "skewed, the more the people: "
                           "go by d and delta\n");
    }
}

/* Differences with seeds as the unit, where there are several. */
static void print_worlds(pal_text *text, const pal_run_comparison *c, size_t metric, int wide_a)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        const pal_compare_row *row = &c->row[i];
        char p[16];

        if (row->r.metric != metric || row->r.n_worlds < 2) continue;
        show_p(p, row->r.p_worlds);
        pal_text_addf(text, "  %-*s  over %zu worlds: %+.4f [%+.4f, %+.4f], p %s\n", wide_a, row->label_a, row->r.n_worlds,
                      row->r.worlds.value, row->r.worlds.lo, row->r.worlds.hi, p);
    }
}

/* Unpaired differences without what a trait explains. */
static void print_cuped(pal_text *text, const pal_run_comparison *c, const pal_compare_request *q, size_t metric, int wide_a)
{
    for (size_t i = 0; i < c->n_rows; i++) {
        const pal_cuped *cuped = &c->row[i].r.cuped;

        if (c->row[i].r.metric != metric || isnan(cuped->adjusted.value)) continue;
        pal_text_addf(text, "  %-*s  without %s: %+.4f [%+.4f, %+.4f], %.0f %% less variance\n", wide_a, c->row[i].label_a,
                      q->trait, cuped->adjusted.value, cuped->adjusted.lo, cuped->adjusted.hi,
                      100 * cuped->variance_reduction);
    }
}

static pal_status print_table(const pal_run_comparison *c, const pal_compare_request *q, pal_error *err)
{
    pal_text text = { 0 };
    int wide_a = width_of(c, false), wide_b = width_of(c, true);

    for (size_t m = 0; m < q->n_metrics; m++) {
        const pal_people_metric *metric = &pal_people_metrics[q->metric[m]];

        pal_text_addf(&text, "%s: %s%s\n", metric->name, metric->meaning,
                      metric->better > 0 ? " (higher is better)" : metric->better < 0 ? " (lower is better)" : "");
        pal_text_addf(&text, "  %-*s  %-*s %8s %8s %9s %-20s %7s  %6s %6s %9s\n", wide_a, "arm", wide_b, "against", "value",
                      "against", "diff", "interval", "p adj", "d", "delta", "needs");
        for (size_t i = 0; i < c->n_rows; i++) {
            if (c->row[i].r.metric == q->metric[m]) print_row(&text, &c->row[i], wide_a, wide_b);
        }
        print_worlds(&text, c, q->metric[m], wide_a);
        print_cuped(&text, c, q, q->metric[m], wide_a);
        pal_text_add(&text, "\n");
    }
    print_pairing(&text, c, q);
    if (c->notes.bytes != NULL) pal_text_add(&text, c->notes.bytes);
    return pal_print_text(&text, err);
}

static pal_status print_json(const pal_run_comparison *c, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < c->n_rows; i++) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "compare");
        pal_compare_row_json(&w, &c->row[i]);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    }
done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_run_comparison *c = NULL;
    pal_compare_request q;
    pal_report_options drawing = pal_report_defaults();
    wanted w;
    const char *out = pal_args_text(args, "out");

    PAL_TRY(read_request(&q, &w, args, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(check_out(out, err));
    PAL_TRY(pal_compare_runs(&c, &q, err));
    if (out != NULL) {
        PAL_TRY(pal_compare_write(c, &q, out, err));
        PAL_TRY(pal_compare_report_draw(out, &drawing, err));
    }
    if (pal_args_has(args, "json")) {
        PAL_TRY(print_json(c, err));
    } else if (!pal_args_has(args, "quiet")) {
        PAL_TRY(print_table(c, &q, err));
        if (out != NULL) printf("report: %s/report.html\n", out);
    }
done:
    pal_run_comparison_free(c);
    return rc;
}

const pal_command pal_command_compare = {
    .name = "compare",
    .operands = "DIR...",
    .n_min = 1,
    .n_max = PAL_MAX_OPERANDS,
    .summary = "compare arms of finished runs: intervals, corrected p, effect sizes",
    .usage = "One run: every arm against its baseline. Several: each arm against the arm of the "
             "same name in the\n"
             "first; with --reference all against that one. Runs that differ in nothing but the "
             "seed are taken\n"
             "together, and differences are also given over seeds. People are paired when seeds "
             "match; when they\n"
             "do not, or when the people are not the same, the output says so. All three tests "
             "stand in comparisons.csv and in\n"
             "--json; --test says which one is corrected and starred. Permutation and t ask for "
             "the mean; wilcoxon ranks\n"
             "the differences and is too ready to reject where they are skewed, the more so the "
             "more people there are.",
    .options = options,
    .run = run,
};
