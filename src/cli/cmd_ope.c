/* palate ope: what another policy would have earned, judged from a log with propensities. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/ope_study.h"
#include "cli/print.h"
#include "cli/reals.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/ope_judge.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define RESAMPLES 1000
#define MOST_RESAMPLED 4e9 /* people x resamples, a byte each */

static const pal_option options[] = {
    { "log", "CSV", false, "a log in Open Bandit's layout: timestamp, item_id, position, click, propensity_score, features" },
    { "target", "NAME", false, "judge a policy: uniform (every item of the log alike)" },
    { "policy", "CSV", false, "judge the policy of a table: item_id, probability and, if they differ, position" },
    { "other", "CSV", false, "judge the policy of another log, taken as often as it shows each item at a position" },
    { "column", "NAME", false, "judge the policy whose chance of the logged item stands in this column" },
    { "person", "COLUMN", false, "whose row it is: intervals and folds go by person (default: a row a person)" },
    { "slate", "COLUMN", false, "rows alike in it are one slate: estimates of the sum of a slate's rewards too" },
    { "independent", NULL, false, "with --slate: both policies fill the slots independently" },
    { "model", "NAME", false, "of the reward: cells, boost or none (default: cells; none with --column)" },
    { "tune", NULL, false, "choose --clip, --switch-at and --shrink from the log, for least estimated error" },
    { "clip", "X", false, "largest weight of clipped IPS (default: 10)" },
    { "switch-at", "X", false, "largest weight that switch-DR corrects with (default: 10)" },
    { "shrink", "X", false, "lambda of DR with optimistic shrinkage (default: 100)" },
    { "level", "X", false, "of the intervals (default: 0.95)" },
    { "resamples", "N", false, "of the bootstrap over people; 0 for none (default: 1000)" },
    { "seed", "N", false, "of folds and resamples (default: 1); of a study, its own" },
    { "arm", "NAME", false, "with a run: the arm whose events are taken" },
    { "out", "PATH", false, "write the log, or the events of a run's arm, as CSV in Open Bandit's layout; directory of a study" },
    { "set", "PATH=VALUE", true, "with FILE.json: change a key of the study: logs=50, logging.epsilon=0.1" },
    { "keys", NULL, false, "list every key of a study, and do nothing else" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* Which policy; *wanted stays false when none of the four options is there. */
static pal_status read_target(pal_ope_question *q, bool *wanted, const pal_args *args, pal_error *err)
{
    static const struct {
        const char *option;
        pal_ope_source source;
    } ways[] = { { "target", PAL_OPE_UNIFORM }, { "policy", PAL_OPE_POLICY }, { "other", PAL_OPE_OTHER },
                 { "column", PAL_OPE_COLUMN } };

    *wanted = false;
    for (size_t k = 0; k < sizeof ways / sizeof ways[0]; k++) {
        const char *value = pal_args_text(args, ways[k].option);

        if (value == NULL) {
            continue;
        }
        if (*wanted) {
            return pal_error_set(err, PAL_ERR_USAGE, "--%s: one policy at a time: give one of --target, --policy, --other, --column",
                                 ways[k].option);
        }
        if (ways[k].source == PAL_OPE_UNIFORM && strcmp(value, "uniform") != 0) {
            return pal_error_set(err, PAL_ERR_USAGE, "--target: must be uniform, found '%s'; a table of a policy is --policy", value);
        }
        q->source = ways[k].source;
        q->name = ways[k].source == PAL_OPE_UNIFORM ? NULL : value;
        *wanted = true;
    }
    return PAL_OK;
}

static pal_status read_model(pal_ope_question *q, const pal_args *args, pal_error *err)
{
    static const char *const names[] = { "none", "cells", "boost" };
    const char *model = pal_args_text(args, "model");

    q->model = q->source == PAL_OPE_COLUMN ? PAL_OPE_NO_MODEL : PAL_OPE_CELLS;
    for (size_t k = 0; model != NULL && k < 3; k++) {
        if (strcmp(model, names[k]) == 0) {
            q->model = (pal_ope_model)k;
            return PAL_OK;
        }
    }
    return model == NULL ? PAL_OK
                         : pal_error_set(err, PAL_ERR_USAGE, "--model: must be cells, boost or none, found '%s'", model);
}

static pal_status read_question(pal_ope_question *q, bool *wanted, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t resamples;

    *q = (pal_ope_question){ .person = pal_args_text(args, "person"), .slate = pal_args_text(args, "slate"),
                             .independent = pal_args_has(args, "independent"), .tune = pal_args_has(args, "tune"),
                             .config = pal_ope_defaults() };
    if (q->independent && q->slate == NULL) PAL_FAIL(PAL_ERR_USAGE, "--independent goes with --slate");
    PAL_TRY(read_target(q, wanted, args, err));
    PAL_TRY(read_model(q, args, err));
    PAL_TRY(pal_args_real(&q->config.clip, args, "clip", q->config.clip, 1e-6, 1e12, err));
    PAL_TRY(pal_args_real(&q->config.switch_at, args, "switch-at", q->config.switch_at, 0, 1e12, err));
    PAL_TRY(pal_args_real(&q->config.shrink, args, "shrink", q->config.shrink, 0, 1e12, err));
    PAL_TRY(pal_args_real(&q->config.level, args, "level", q->config.level, 0.5, 0.9999, err));
    PAL_TRY(pal_args_whole(&resamples, args, "resamples", RESAMPLES, 0, 1000000, err));
    PAL_TRY(pal_args_whole(&q->seed, args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_args_threads(&q->n_threads, args, err));
    if (resamples > 0 && resamples < 100) {
        PAL_FAIL(PAL_ERR_USAGE, "--resamples: must be 0 or at least 100, found %llu", (unsigned long long)resamples);
    }
    q->resamples = (size_t)resamples;
done:
    return rc;
}

/* The log of --log, or the events of the run's arm. */
static pal_status load(pal_ope_log **log, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *file = pal_args_text(args, "log"), *arm = pal_args_text(args, "arm");
    pal_ope_layout layout = pal_ope_open_bandit;
    char *events = NULL;

    if ((file != NULL) == (args->n_operands > 0)) PAL_FAIL(PAL_ERR_USAGE, "ope: give --log CSV, or a run's directory, or a study (FILE.json)");
    if (file != NULL) {
        if (arm != NULL) PAL_FAIL(PAL_ERR_USAGE, "--arm goes with a run's directory, not with --log");
        layout.words = pal_args_text(args, "person");
        PAL_TRY(pal_ope_log_load(log, file, &layout, err));
        goto done;
    }
    if (arm == NULL) PAL_FAIL(PAL_ERR_USAGE, "ope: --arm says whose events of %s to take", args->operand[0]);
    events = pal_path_join(args->operand[0], "events.csv");
    if (events == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a path");
    layout = pal_ope_run_events;
    layout.keep = arm;
    PAL_TRY(pal_ope_log_load(log, events, &layout, err));
done:
    pal_free(events);
    return rc;
}

static pal_status check_words(const pal_args *args, bool judged, pal_error *err)
{
    static const char *const others[] = { "set", "formats", "theme", "quiet" };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (pal_args_has(args, others[i])) {
            return pal_error_set(err, PAL_ERR_USAGE, "--%s goes with a study, FILE.json", others[i]);
        }
    }
    if (args->n_operands > 0 && judged) {
        return pal_error_set(err, PAL_ERR_USAGE, "ope: a run's propensities hold given the slots above, so its events are only "
                                                 "written (--out); judge logs of single decisions with --log");
    }
    if (args->n_operands > 0 && (pal_args_text(args, "arm") == NULL || pal_args_text(args, "out") == NULL)) {
        return pal_error_set(err, PAL_ERR_USAGE, "ope: of a run (%s), --arm says whose events are written and --out where to; "
                             "a study's file ends in .json", args->operand[0]);
    }
    if (!judged && pal_args_text(args, "out") == NULL) {
        return pal_error_set(err, PAL_ERR_USAGE, "ope: say which policy to judge: --target uniform, --policy, --other or --column");
    }
    return PAL_OK;
}

static void put_interval(pal_json_writer *w, const char *key, const pal_interval *i)
{
    pal_json_begin_object(w, key);
    pal_json_put_number(w, "lo", i->lo);
    pal_json_put_number(w, "hi", i->hi);
    pal_json_put_number(w, "se", i->se);
    pal_json_end_object(w);
}

static pal_status print_estimate(const char *name, const char *unit, const pal_ope_estimate *e, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "estimator", name);
    pal_json_put_string(&w, "unit", unit);
    pal_json_put_number(&w, "value", e->normal.value);
    put_interval(&w, "normal", &e->normal);
    put_interval(&w, "bootstrap", &e->boot);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status print_json(const pal_ope_answer *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "ope");
    pal_json_put_i64(&w, "rows", (int64_t)a->n);
    pal_json_put_i64(&w, "people", (int64_t)a->n_people);
    pal_json_put_number(&w, "logged_mean", a->logged.value);
    pal_json_put_number(&w, "on_policy_mean", a->on_policy.value);
    pal_json_put_number(&w, "ess", a->overlap.ess);
    pal_json_put_number(&w, "mean_weight", a->overlap.mean_weight);
    pal_json_put_number(&w, "most_weight", a->overlap.most_weight);
    pal_json_put_number(&w, "zero_share", a->overlap.zero_share);
    pal_json_put_number(&w, "clipped_share", a->overlap.clipped_share);
    pal_json_put_number(&w, "uncovered", a->uncovered);
    pal_json_put_number(&w, "clip", a->config.clip);
    pal_json_put_number(&w, "switch_at", a->config.switch_at);
    pal_json_put_number(&w, "shrink", a->config.shrink);
    pal_json_end_object(&w);
    PAL_TRY(pal_print_line(&w, err));
    for (pal_ope_kind k = 0; k < PAL_OPE_KINDS; k++) {
        if (a->made[k]) PAL_TRY(print_estimate(pal_ope_name(k), "row", &a->estimate[k], err));
    }
    for (pal_ope_slate_kind k = 0; k < PAL_OPE_SLATE_KINDS; k++) {
        if (a->slate_made[k]) PAL_TRY(print_estimate(pal_ope_slate_name(k), "slate", &a->slate_estimate[k], err));
    }
done:
    return rc;
}

static void print_range(double lo, double hi)
{
    if (isnan(lo) || isnan(hi)) {
        printf("  %-22s", "-");
    } else {
        char text[64];

        snprintf(text, sizeof text, "[%.6f, %.6f]", lo, hi);
        printf("  %-22s", text);
    }
}

static void print_row(const char *name, const pal_ope_estimate *e, const char *meaning)
{
    printf("%-15s  %9.6f", name, e->normal.value);
    print_range(e->normal.lo, e->normal.hi);
    print_range(e->boot.lo, e->boot.hi);
    printf("  %s\n", meaning);
}

static void print_text(const pal_ope_answer *a)
{
    printf("%s rows of %s people; the log's own policy earns %.6f [%.6f, %.6f] a row\n", pal_print_count(a->n),
           pal_print_count(a->n_people), a->logged.value, a->logged.lo, a->logged.hi);
    printf("weights: effective sample %.1f rows, mean %.4f, largest %.4g, zero %.1f %%, above the clip %.1f %%\n", a->overlap.ess,
           a->overlap.mean_weight, a->overlap.most_weight, 100 * a->overlap.zero_share, 100 * a->overlap.clipped_share);
    printf("clip %g, switch at %g, shrink %g\n", a->config.clip, a->config.switch_at, a->config.shrink);
    if (a->uncovered > 0) {
        printf("%.2f %% of the target goes to items this log never shows there: only a model speaks for them\n", 100 * a->uncovered);
    }
    printf("\n%-15s  %9s  %-22s  %-22s  %s\n", "estimator", "value", "normal", "bootstrap", "what it is");
    for (pal_ope_kind k = 0; k < PAL_OPE_KINDS; k++) {
        if (a->made[k]) print_row(pal_ope_name(k), &a->estimate[k], pal_ope_meaning(k));
    }
    if (!isnan(a->on_policy.value)) {
        pal_ope_estimate own = { a->on_policy, { .lo = NAN, .hi = NAN } };

        print_row("on_policy", &own, "what the other log's own rows earned");
    }
    if (a->n_slates > 0) {
        printf("\n%s slates of %zu slots: the sum of a slate's rewards\n", pal_print_count(a->n_slates), a->n_slots);
    }
    for (pal_ope_slate_kind k = 0; k < PAL_OPE_SLATE_KINDS; k++) {
        if (a->slate_made[k]) print_row(pal_ope_slate_name(k), &a->slate_estimate[k], pal_ope_slate_meaning(k));
    }
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_question question;
    pal_ope_answer answer;
    pal_ope_log *log = NULL;
    const char *out = NULL;
    bool judged = false;

    if (pal_args_has(args, "keys")) return pal_ope_study_keys(err);
    if (pal_ope_is_study(args)) return pal_ope_study_command(args, err);
    PAL_TRY(read_question(&question, &judged, args, err));
    PAL_TRY(check_words(args, judged, err));
    if (pal_args_has(args, "out")) PAL_TRY(pal_args_output(&out, args, NULL, err));
    PAL_TRY(load(&log, args, err));
    if (judged) {
        if ((double)log->n * (double)question.resamples > MOST_RESAMPLED && question.person == NULL) {
            PAL_FAIL(PAL_ERR_USAGE, "--resamples: %zu rows x %zu resamples take too much memory; fewer, 0, or --person", log->n,
                     question.resamples);
        }
        PAL_TRY(pal_ope_judge(&answer, log, &question, err));
    }
    if (out != NULL) PAL_TRY(pal_ope_log_save(log, out, err));
    if (judged && pal_args_has(args, "json")) {
        PAL_TRY(print_json(&answer, err));
    } else if (judged) {
        print_text(&answer);
    } else if (!pal_args_has(args, "json")) {
        printf("%s rows written to %s\n", pal_print_count(log->n), out);
    }
done:
    pal_ope_log_free(log);
    return rc;
}

const pal_command pal_command_ope = {
    .name = "ope", .operands = "[RUN|FILE.json]", .n_min = 0, .n_max = 1,
    .summary = "judge a policy from another policy's log: IPS, SNIPS, DM, DR and their kin",
    .usage = "--log CSV with --target uniform, --policy, --other or --column: every estimator with a normal and a bootstrap\n"
             "interval, and how far the log can speak for the policy (effective sample size). Policies depend on the position\n"
             "alone, but for --column. RUN --arm NAME --out CSV: the events of an arm in the layout of Open Bandit.\n"
             "FILE.json: a study ('palate ope --keys' lists its keys). The simulator draws many logs of one policy, every\n"
             "estimator judges others from each of them, and all is held against the exact value: bias, spread, coverage.",
    .options = options, .run = run,
};
