/* summary.json: what the run was and what came out. */
#include "plots/read.h"
#include "plots/run_parts.h"

#include <ctype.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "summary.json"
enum { WHERE_MAX = 200 };

static pal_estimate estimate(const pal_json *object, const char *value, const char *lo, const char *hi)
{
    return (pal_estimate){ pal_look_number(object, value), pal_look_number(object, lo), pal_look_number(object, hi),
                           pal_look_number(object, "n") };
}

static pal_status read_metrics(pal_plot_arm *arm, const pal_json *object, const char *where, pal_arena *arena,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, object, "metrics", where, err));
    arm->n_metrics = pal_json_size(array);
    PAL_TAKE(arm->metrics, arm->n_metrics + 1, arena);
    for (size_t i = 0; i < arm->n_metrics; i++) {
        const pal_json *row = pal_json_at(array, i);
        pal_metric_value *metric = &arm->metrics[i];
        char here[WHERE_MAX];

        snprintf(here, sizeof here, "%.120s.metrics[%zu]", where, i);
        PAL_TRY(pal_read_text(&metric->name, row, "name", here, err));
        PAL_TRY(pal_read_number(&metric->at.value, row, "value", here, err));
        metric->at = estimate(row, "value", "lo", "hi");
    }

done:
    return rc;
}

static pal_status read_comparisons(pal_plot_arm *arm, const pal_json *object, const char *where, pal_arena *arena,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(object, "comparisons");

    arm->n_comparisons = pal_look_size(array);
    PAL_TAKE(arm->comparisons, arm->n_comparisons + 1, arena);
    for (size_t i = 0; i < arm->n_comparisons; i++) {
        const pal_json *row = pal_json_at(array, i);
        pal_plot_comparison *c = &arm->comparisons[i];
        char here[WHERE_MAX];

        snprintf(here, sizeof here, "%.120s.comparisons[%zu]", where, i);
        PAL_TRY(pal_read_text(&c->metric, row, "metric", here, err));
        PAL_TRY(pal_read_number(&c->diff.value, row, "diff", here, err));
        c->diff = estimate(row, "diff", "lo", "hi");
        c->effect = pal_look_number(row, "effect");
        c->p = pal_look_number(row, "p");
        c->p_adjusted = pal_look_number(row, "p_adjusted");
        c->significant = pal_look_bool(row, "significant");
    }

done:
    return rc;
}

static pal_status read_stages(pal_plot_arm *arm, const pal_json *object, const char *where, pal_arena *arena,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(object, "stages");

    arm->n_stages = pal_look_size(array);
    PAL_TAKE(arm->stages, arm->n_stages + 1, arena);
    for (size_t i = 0; i < arm->n_stages; i++) {
        const pal_json *row = pal_json_at(array, i);
        pal_plot_stage *s = &arm->stages[i];
        char here[WHERE_MAX];

        snprintf(here, sizeof here, "%.120s.stages[%zu]", where, i);
        PAL_TRY(pal_read_text(&s->stage, row, "stage", here, err));
        s->label = pal_look_text(row, "label", s->stage);
        s->impressions = pal_look_number(row, "impressions");
        s->share = pal_look_number(row, "share");
        s->expected_like = pal_look_number(row, "expected_like");
        s->like_rate = estimate(row, "like_rate", "like_lo", "like_hi");
        s->regret = estimate(row, "regret", "regret_lo", "regret_hi");
    }

done:
    return rc;
}

static pal_status read_bins(pal_plot_arm *arm, const pal_json *object, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *bins = pal_look_array(object, "reliability");
    const pal_json *exposure = pal_look_array(object, "exposure");

    arm->n_bins = pal_look_size(bins);
    PAL_TAKE(arm->bins, arm->n_bins + 1, arena);
    for (size_t i = 0; i < arm->n_bins; i++) {
        const pal_json *row = pal_json_at(bins, i);

        arm->bins[i] = (pal_bin){ pal_look_number(row, "mean_p"), pal_look_number(row, "mean_y"),
                                  pal_look_number(row, "lo"), pal_look_number(row, "hi"), pal_look_number(row, "n") };
    }
    arm->n_exposure = pal_look_size(exposure);
    PAL_TAKE(arm->exposure, arm->n_exposure + 1, arena);
    for (size_t i = 0; i < arm->n_exposure; i++) {
        const pal_json *row = pal_json_at(exposure, i);

        arm->exposure[i] = (pal_plot_exposure){ pal_look_number(row, "decile"), pal_look_number(row, "popularity_lo"),
                                           pal_look_number(row, "popularity_hi"),
                                           pal_look_number(row, "share_of_items"),
                                           pal_look_number(row, "share_of_impressions") };
    }

done:
    return rc;
}

/* The four arrays of a ROC curve must be equally long; a null curve is no data. */
static pal_status read_curves(pal_plot_arm *arm, const pal_json *object, const char *where, pal_arena *arena,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *roc = pal_look_object(object, "roc");
    char here[WHERE_MAX];
    size_t n[3] = { 0 };

    if (pal_look_array(object, "lorenz") != NULL) {
        PAL_TRY(pal_read_numbers(&arm->lorenz, &arm->n_lorenz, object, "lorenz", where, arena, err));
    }
    if (roc == NULL || pal_look_array(roc, "fpr") == NULL) {
        goto done;
    }
    snprintf(here, sizeof here, "%.120s.roc", where);
    PAL_TRY(pal_read_numbers(&arm->roc.fpr, &arm->roc.n, roc, "fpr", here, arena, err));
    PAL_TRY(pal_read_numbers(&arm->roc.tpr, &n[0], roc, "tpr", here, arena, err));
    PAL_TRY(pal_read_numbers(&arm->roc.lo, &n[1], roc, "tpr_lo", here, arena, err));
    PAL_TRY(pal_read_numbers(&arm->roc.hi, &n[2], roc, "tpr_hi", here, arena, err));
    for (int i = 0; i < 3; i++) {
        if (n[i] != arm->roc.n) {
            PAL_FAIL(PAL_ERR_DATA, "%s: 'fpr' has %zu numbers, another array %zu", here, arm->roc.n, n[i]);
        }
    }

done:
    return rc;
}

static pal_status read_arm(pal_plot_arm *arm, const pal_json *object, size_t i, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    char where[WHERE_MAX];

    *arm = (pal_plot_arm){ 0 };
    snprintf(where, sizeof where, FILE_NAME ": arms[%zu]", i);
    PAL_TRY(pal_read_text(&arm->name, object, "name", where, err));
    arm->stage = pal_look_text(object, "stage", arm->name);
    arm->label = pal_look_text(object, "label", arm->name);
    arm->is_baseline = pal_look_bool(object, "is_baseline");
    arm->is_oracle = pal_look_bool(object, "is_oracle");
    PAL_TRY(read_metrics(arm, object, where, arena, err));
    PAL_TRY(read_comparisons(arm, object, where, arena, err));
    PAL_TRY(read_stages(arm, object, where, arena, err));
    PAL_TRY(read_bins(arm, object, arena, err));
    PAL_TRY(read_curves(arm, object, where, arena, err));

done:
    return rc;
}

/* Where two arms run one stage their labels are the same: then all arms go by their own names, so that they look alike. */
static void tell_apart(pal_rundata *run)
{
    bool twins = false;

    for (size_t a = 0; a < run->n_arms; a++) {
        for (size_t b = 0; b < a; b++) {
            twins = twins || strcmp(run->arms[a].label, run->arms[b].label) == 0;
        }
    }
    for (size_t a = 0; a < run->n_arms && twins; a++) {
        run->arms[a].label = run->arms[a].name;
    }
}

static pal_status read_arms(pal_rundata *run, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena *arena = run->hidden->arena;
    const pal_json *arms;
    const char *baseline, *focus, *oracle;

    PAL_TRY(pal_read_array(&arms, root, "arms", FILE_NAME, err));
    if (pal_json_size(arms) == 0) {
        PAL_FAIL(PAL_ERR_DATA, FILE_NAME ": 'arms' is empty");
    }
    if (pal_json_size(arms) > PAL_MAX_ARMS) {
        PAL_FAIL(PAL_ERR_DATA, FILE_NAME ": %zu arms, figures hold %d", pal_json_size(arms), PAL_MAX_ARMS);
    }
    run->n_arms = pal_json_size(arms);
    PAL_TAKE(run->arms, run->n_arms, arena);
    for (size_t a = 0; a < run->n_arms; a++) {
        PAL_TRY(read_arm(&run->arms[a], pal_json_at(arms, a), a, arena, err));
    }
    tell_apart(run);
    PAL_TRY(pal_read_text(&baseline, root, "baseline", FILE_NAME, err));
    PAL_TRY(pal_read_text(&focus, root, "focus", FILE_NAME, err));
    oracle = pal_look_text(root, "oracle", "");
    run->baseline = pal_rundata_arm(run, baseline);
    run->focus = pal_rundata_arm(run, focus);
    run->oracle = pal_rundata_arm(run, oracle);
    if (run->baseline == SIZE_MAX || run->focus == SIZE_MAX) {
        PAL_FAIL(PAL_ERR_DATA, FILE_NAME ": '%s' is no arm of the run",
                 run->baseline == SIZE_MAX ? baseline : focus);
    }
    run->arms[run->baseline].is_baseline = true;
    run->arms[run->focus].is_focus = true;
    if (run->oracle != SIZE_MAX) {
        run->arms[run->oracle].is_oracle = true;
    }

done:
    return rc;
}

/* "better" stands as 1/-1/0 or in words. */
static int better_of(const pal_json *object)
{
    const char *word = pal_look_text(object, "better", "");
    double number = pal_look_number(object, "better");

    if (number > 0 || strncmp(word, "high", 4) == 0 || strcmp(word, "more") == 0) {
        return 1;
    }
    return number < 0 || strncmp(word, "low", 3) == 0 || strcmp(word, "less") == 0 ? -1 : 0;
}

/* Labels open axes and columns: "like rate" becomes "Like rate", "nDCG" stays. */
static pal_status keep_capital(const char **out, const char *label, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    char copy[160];

    snprintf(copy, sizeof copy, "%.150s", label);
    if (islower((unsigned char)copy[0]) && !isupper((unsigned char)copy[1])) {
        copy[0] = (char)toupper((unsigned char)copy[0]);
    }
    PAL_TRY(pal_rundata_keep(out, arena, copy, err));

done:
    return rc;
}

static pal_status read_definitions(pal_rundata *run, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, root, "definitions", FILE_NAME, err));
    run->n_definitions = pal_json_size(array);
    PAL_TAKE(run->definitions, run->n_definitions + 1, run->hidden->arena);
    for (size_t i = 0; i < run->n_definitions; i++) {
        const pal_json *row = pal_json_at(array, i);
        pal_definition *d = &run->definitions[i];
        char here[WHERE_MAX];

        snprintf(here, sizeof here, FILE_NAME ": definitions[%zu]", i);
        PAL_TRY(pal_read_text(&d->name, row, "name", here, err));
        PAL_TRY(keep_capital(&d->label, pal_look_text(row, "label", d->name), run->hidden->arena, err));
        d->unit = pal_look_text(row, "unit", "");
        d->definition = pal_look_text(row, "definition", "");
        d->source = pal_look_text(row, "source", "");
        d->better = better_of(row);
    }

done:
    return rc;
}

static pal_status read_groups(pal_rundata *run, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(root, "groups");
    char here[WHERE_MAX];

    run->n_groups = pal_look_size(array);
    PAL_TAKE(run->groups, run->n_groups + 1, run->hidden->arena);
    for (size_t i = 0; i < run->n_groups; i++) {
        const pal_json *row = pal_json_at(array, i);
        const pal_json *arms = pal_look_array(row, "arms");
        pal_group *group = &run->groups[i];

        snprintf(here, sizeof here, FILE_NAME ": groups[%zu]", i);
        PAL_TRY(pal_read_text(&group->name, row, "group", here, err));
        group->people = pal_look_number(row, "people");
        group->n_arms = pal_look_size(arms);
        PAL_TAKE(group->arms, group->n_arms + 1, run->hidden->arena);
        for (size_t a = 0; a < group->n_arms; a++) {
            const pal_json *arm = pal_json_at(arms, a);

            snprintf(here, sizeof here, FILE_NAME ": groups[%zu].arms[%zu]", i, a);
            PAL_TRY(pal_read_text(&group->arms[a].name, arm, "name", here, err));
            group->arms[a].like_rate = estimate(arm, "like_rate", "lo", "hi");
            group->arms[a].coverage = estimate(arm, "taste_coverage", "coverage_lo", "coverage_hi");
        }
    }

done:
    return rc;
}

/* As papers write it. */
static const char *correction_name(const char *key)
{
    static const char *const names[][2] = {
        { "holm", "Holm" }, { "bonferroni", "Bonferroni" }, { "bh", "Benjamini\xe2\x80\x93Hochberg" },
        { "benjamini-hochberg", "Benjamini\xe2\x80\x93Hochberg" }, { "none", "no" },
    };

    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        if (strcmp(key, names[i][0]) == 0) {
            return names[i][1];
        }
    }
    return key;
}

pal_status pal_rundata_read_summary(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root = pal_json_root(run->hidden->summary);
    const pal_json *events = pal_look_object(root, "events"), *response = pal_look_object(root, "response");

    PAL_TRY(pal_read_text(&run->name, root, "name", FILE_NAME, err));
    run->purpose = pal_look_text(root, "purpose", "");
    run->seed = pal_look_text(root, "seed", "");
    run->correction = correction_name(pal_look_text(root, "correction", "none"));
    run->response_model = pal_look_text(response, "model", "");
    run->response_label = pal_look_text(response, "label", run->response_model);
    PAL_TRY(pal_read_number(&run->people, root, "people", FILE_NAME, err));
    PAL_TRY(pal_read_number(&run->rounds, root, "rounds", FILE_NAME, err));
    PAL_TRY(pal_read_number(&run->slots, root, "slots", FILE_NAME, err));
    PAL_TRY(pal_read_number(&run->items, root, "items", FILE_NAME, err));
    PAL_TRY(pal_read_number(&run->level, root, "level", FILE_NAME, err));
    run->replicates = pal_look_number(root, "replicates");
    run->resamples = pal_look_number(root, "resamples");
    run->permutations = pal_look_number(root, "permutations");
    run->impressions = pal_look_number(events, "impressions");
    run->examined = pal_look_number(events, "examined");
    run->clicks = pal_look_number(events, "clicks");
    run->likes = pal_look_number(events, "likes");
    run->dislikes = pal_look_number(events, "dislikes");
    run->skips = pal_look_number(events, "skips");
    PAL_TRY(read_arms(run, root, err));
    PAL_TRY(read_definitions(run, root, err));
    PAL_TRY(read_groups(run, root, err));

done:
    return rc;
}
