/* summary.json: what the report's table and sentences are made from. */
#include "lab/results.h"

#include "core/mem.h"
#include "lab/people_map.h"
#include "metrics/metric.h"
#include "sim/response.h"

#include <string.h>

#define FAR 0.5 /* tastes count as contradictory when their distance lies in the upper half of all cluster pairs */

static void put_interval(pal_json_writer *w, const pal_interval *v)
{
    pal_json_put_number(w, "value", v->value);
    pal_json_put_number(w, "lo", v->lo);
    pal_json_put_number(w, "hi", v->hi);
    pal_json_put_i64(w, "n", (int64_t)v->n);
}

static void put_head(pal_json_writer *w, const pal_results *results)
{
    const pal_experiment *e = results->experiment;
    char seed[PAL_NUMBER_MAX];

    pal_format_u64(seed, e->seed);
    pal_json_put_string(w, "format", "palate-summary/1");
    pal_json_put_string(w, "name", e->name);
    pal_json_put_string(w, "purpose", e->purpose);
    pal_json_put_string(w, "baseline", e->arm[e->baseline].name);
    pal_json_put_string(w, "focus", e->arm[e->focus].name);
    pal_json_put_string(w, "oracle", e->oracle == PAL_NO_ARM ? NULL : e->arm[e->oracle].name);
    pal_json_put_i64(w, "people", (int64_t)results->set.n_users);
    pal_json_put_i64(w, "replicates", (int64_t)results->set.n_replicates);
    pal_json_put_i64(w, "rounds", (int64_t)e->n_rounds);
    pal_json_put_i64(w, "slots", (int64_t)e->n_slots);
    pal_json_put_i64(w, "items", (int64_t)results->catalog->n_items);
    pal_json_put_string(w, "seed", seed);
    pal_json_put_number(w, "level", pal_boot_level(results->boot));
    pal_json_put_i64(w, "resamples", (int64_t)pal_boot_resamples(results->boot));
    pal_json_put_i64(w, "permutations", pal_values_int(e->statistics, "permutations"));
    pal_json_put_string(w, "correction", pal_values_text(e->statistics, "correction"));
    pal_json_begin_object(w, "response");
    pal_json_put_string(w, "model", pal_response_at(e->response)->name);
    pal_json_put_string(w, "label", pal_response_at(e->response)->label);
    pal_json_end_object(w);
}

static void put_measures(pal_json_writer *w, const pal_arm_result *r)
{
    pal_json_begin_array(w, "metrics");
    for (size_t i = 0; i < r->n_measures; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", r->measure[i].name);
        put_interval(w, &r->measure[i].v);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "comparisons");
    for (size_t i = 0; i < r->n_contrasts; i++) {
        const pal_contrast *c = &r->contrast[i];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "metric", c->metric);
        pal_json_put_number(w, "diff", c->diff.value);
        pal_json_put_number(w, "lo", c->diff.lo);
        pal_json_put_number(w, "hi", c->diff.hi);
        pal_json_put_number(w, "effect", c->effect);
        pal_json_put_number(w, "p", c->p);
        pal_json_put_number(w, "p_adjusted", c->p_adjusted);
        pal_json_put_bool(w, "significant", c->significant);
        pal_json_put_number(w, "correlation", c->correlation);
        pal_json_put_number(w, "variance_reduction", c->variance_reduction);
        pal_json_put_i64(w, "n", (int64_t)c->diff.n);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_stages(pal_json_writer *w, const pal_arm_result *r)
{
    pal_json_begin_array(w, "stages");
    for (size_t i = 0; i < r->n_stages; i++) {
        const pal_stage_credit *s = &r->stage[i];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "stage", pal_stage_at(s->stage)->name);
        pal_json_put_string(w, "label", pal_stage_at(s->stage)->label);
        pal_json_put_i64(w, "impressions", (int64_t)s->impressions);
        pal_json_put_number(w, "share", s->share);
        pal_json_put_number(w, "like_rate", s->like_rate.value);
        pal_json_put_number(w, "like_lo", s->like_rate.lo);
        pal_json_put_number(w, "like_hi", s->like_rate.hi);
        pal_json_put_number(w, "expected_like", s->expected_like);
        pal_json_put_number(w, "regret", s->regret.value);
        pal_json_put_number(w, "regret_lo", s->regret.lo);
        pal_json_put_number(w, "regret_hi", s->regret.hi);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_curves(pal_json_writer *w, const pal_arm_result *r)
{
    double fpr[PAL_CURVE_POINTS];

    pal_json_begin_array(w, "reliability");
    for (size_t i = 0; i < r->n_bins; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_number(w, "mean_p", r->bin[i].mean_p);
        pal_json_put_number(w, "mean_y", r->bin[i].mean_y);
        pal_json_put_number(w, "lo", r->bin_lo[i]);
        pal_json_put_number(w, "hi", r->bin_hi[i]);
        pal_json_put_i64(w, "n", (int64_t)r->bin[i].n);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    for (size_t i = 0; i < PAL_CURVE_POINTS; i++) fpr[i] = (double)i / (PAL_CURVE_POINTS - 1);
    if (r->has_roc) {
        pal_json_begin_object(w, "roc");
        pal_json_put_numbers(w, "fpr", fpr, PAL_CURVE_POINTS);
        pal_json_put_numbers(w, "tpr", r->tpr, PAL_CURVE_POINTS);
        pal_json_put_numbers(w, "tpr_lo", r->tpr_lo, PAL_CURVE_POINTS);
        pal_json_put_numbers(w, "tpr_hi", r->tpr_hi, PAL_CURVE_POINTS);
        pal_json_end_object(w);
    } else {
        pal_json_put_null(w, "roc");
    }
    pal_json_put_numbers(w, "lorenz", r->lorenz, PAL_CURVE_POINTS);
    pal_json_begin_array(w, "exposure");
    for (size_t k = 0; k < PAL_DECILES; k++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "decile", (int64_t)k + 1);
        pal_json_put_number(w, "popularity_lo", r->decile_lo[k]);
        pal_json_put_number(w, "popularity_hi", r->decile_hi[k]);
        pal_json_put_number(w, "share_of_items", r->decile_items[k]);
        pal_json_put_number(w, "share_of_impressions", r->decile_shown[k]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_arms(pal_json_writer *w, const pal_results *results)
{
    const pal_experiment *e = results->experiment;

    pal_json_begin_array(w, "arms");
    for (size_t a = 0; a < e->n_arms; a++) {
        const pal_stage_type *stage = pal_stage_at(e->arm[a].stage);

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", e->arm[a].name);
        pal_json_put_string(w, "stage", stage->name);
        pal_json_put_string(w, "label", stage->label);
        pal_json_put_bool(w, "is_baseline", a == e->baseline);
        pal_json_put_bool(w, "is_oracle", (stage->flags & PAL_STAGE_NEEDS_TRUTH) != 0);
        put_measures(w, &results->arm[a]);
        put_stages(w, &results->arm[a]);
        put_curves(w, &results->arm[a]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_events(pal_json_writer *w, const pal_results *results)
{
    static const char *const name[PAL_COUNTS] = { "impressions", "examined", "clicks", "likes", "dislikes", "skips" };

    pal_json_begin_object(w, "events");
    for (size_t c = 0; c < PAL_COUNTS; c++) {
        uint64_t n = 0;

        for (size_t a = 0; a < results->experiment->n_arms; a++) {
            const pal_record *r = results->record[a];

            for (size_t i = 0; i < r->n_rounds * r->n_stages; i++) n += r->stage_count[c][i];
        }
        pal_json_put_i64(w, name[c], (int64_t)n);
    }
    pal_json_end_object(w);
}

/* The definition of each metric that stands anywhere in the files. */
static void put_definitions(pal_json_writer *w)
{
    pal_json_begin_array(w, "definitions");
    for (size_t i = 0; i < pal_metric_count(); i++) {
        const pal_metric_info *m = pal_metric_at(i);

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", m->name);
        pal_json_put_string(w, "label", m->label);
        pal_json_put_string(w, "unit", m->unit);
        pal_json_put_i64(w, "better", m->better);
        pal_json_put_string(w, "definition", m->definition);
        pal_json_put_string(w, "source", m->source);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

/* 0 one taste, 1 alike, 2 contradictory. */
static size_t group_of(const pal_people_set *set, size_t person)
{
    const pal_population *people = set->world[person / set->n_users]->people;
    size_t u = person % set->n_users;

    if (people->n_tastes[u] < 2) return 0;
    return (double)people->contradiction[u] < FAR ? 1 : 2;
}

/* A column's interval over the people of a group. */
static pal_status group_interval(pal_interval *v, const char *column, const pal_results *results, size_t arm,
                                 size_t group, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[arm];
    double *num = NULL, *den = NULL;

    PAL_NEW(num, r->n_people);
    PAL_NEW(den, r->n_people);
    for (size_t i = 0; i < pal_column_count(); i++) {
        if (strcmp(pal_column_at(i)->name, column) != 0) continue;
        PAL_TRY(pal_column_at(i)->run(num, den, r, &results->set, err));
    }
    for (size_t p = 0; p < r->n_people; p++) {
        if (group_of(&results->set, p) != group) num[p] = den[p] = 0;
    }
    PAL_TRY(pal_boot_ratio(v, results->boot, num, den, err));
done:
    pal_free(num);
    pal_free(den);
    return rc;
}

static pal_status put_groups(pal_json_writer *w, const pal_results *results, pal_error *err)
{
    static const char *const name[] = { "one taste", "alike", "contradictory" };
    pal_status rc = PAL_OK;
    size_t n_people = results->record[0]->n_people;

    pal_json_begin_array(w, "groups");
    for (size_t g = 0; g < sizeof name / sizeof *name; g++) {
        size_t n = 0;

        for (size_t p = 0; p < n_people; p++) n += group_of(&results->set, p) == g;
        if (n == 0) continue;
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "group", name[g]);
        pal_json_put_i64(w, "people", (int64_t)n);
        pal_json_begin_array(w, "arms");
        for (size_t a = 0; a < results->experiment->n_arms; a++) {
            pal_interval like, coverage;

            PAL_TRY(group_interval(&like, "like_rate", results, a, g, err));
            PAL_TRY(group_interval(&coverage, "taste_coverage", results, a, g, err));
            pal_json_begin_object(w, NULL);
            pal_json_put_string(w, "name", results->experiment->arm[a].name);
            pal_json_put_number(w, "like_rate", like.value);
            pal_json_put_number(w, "lo", like.lo);
            pal_json_put_number(w, "hi", like.hi);
            pal_json_put_number(w, "taste_coverage", coverage.value);
            pal_json_put_number(w, "coverage_lo", coverage.lo);
            pal_json_put_number(w, "coverage_hi", coverage.hi);
            pal_json_end_object(w);
        }
        pal_json_end_array(w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
done:
    return rc;
}

pal_status pal_write_summary(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };

    pal_json_begin_object(&w, NULL);
    put_head(&w, results);
    put_arms(&w, results);
    put_events(&w, results);
    put_definitions(&w);
    PAL_TRY(put_groups(&w, results, err));
    pal_people_map_summary(&w, results->people_map);
    pal_json_end_object(&w);
    PAL_TRY(pal_results_json(results, &w, "summary.json", err));
done:
    pal_text_clear(&w.text);
    return rc;
}
