/* Intervals over people, and the family of paired comparisons. */
#include "lab/eval_measure.h"

#include "core/mem.h"
#include "core/sum.h"
#include "metrics/compare.h"
#include "metrics/diversity.h"
#include "metrics/rank_order.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_INTERVAL ((pal_interval){ NAN, NAN, NAN, NAN, 0 })

/* Work shared by all models. */
typedef struct work {
    const pal_eval *e;
    pal_boot *boot;
    size_t spread_resamples;
    double *num[2], *den[2]; /* n_people: this model's, the baseline's */
    size_t *start[2];        /* n_people + 1 */
    uint32_t *shown[2];      /* n_people x n_replicates x k_max */
} work;

void pal_eval_result_clear(pal_eval_result *result)
{
    pal_free(result->at);
}

static pal_status work_make(work *w, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_config *c = e->config;

    *w = (work){ .e = e, .spread_resamples = (size_t)pal_values_int(c->statistics, "spread_resamples") };
    for (int i = 0; i < 2; i++) {
        PAL_NEW(w->num[i], e->n_people);
        PAL_NEW(w->den[i], e->n_people);
        PAL_NEW(w->start[i], e->n_people + 1);
        PAL_NEW(w->shown[i], e->n_people * c->n_replicates * e->k_max);
    }
    PAL_TRY(pal_boot_new(&w->boot, e->n_people, NULL, (size_t)pal_values_int(c->statistics, "resamples"),
                         pal_values_real(c->statistics, "level"), pal_key_for(c->seed, 0, PAL_FOR_BOOTSTRAP),
                         e->n_threads, err));
    if (w->spread_resamples > pal_boot_resamples(w->boot)) w->spread_resamples = pal_boot_resamples(w->boot);

done:
    return rc;
}

static void work_clear(work *w)
{
    for (int i = 0; i < 2; i++) {
        pal_free(w->num[i]);
        pal_free(w->den[i]);
        pal_free(w->start[i]);
        pal_free(w->shown[i]);
    }
    pal_boot_free(w->boot);
}

/* A person's mean over replicates: sum / count with den 1, or nothing. */
static void take_column(double *num, double *den, const pal_eval *e, const pal_eval_record *r, size_t column)
{
    for (size_t p = 0; p < e->n_people; p++) {
        uint8_t n = r->count[p * e->n_columns + column];

        num[p] = n > 0 ? r->sum[p * e->n_columns + column] / n : 0;
        den[p] = n > 0;
    }
}

/* The first k of everybody. Replicates have items of their own here, so that coverage and Gini are means over them
 * and not of all their lists thrown together. */
static pal_exposure take_lists(work *w, int side, const pal_eval_record *r, size_t k)
{
    const pal_eval *e = w->e;
    size_t n = 0, n_items = e->log->n_items;

    for (size_t p = 0; p < e->n_people; p++) {
        w->start[side][p] = n;
        for (uint32_t t = 0; t < e->config->n_replicates; t++) {
            const uint32_t *list = r->list + ((size_t)t * e->n_people + p) * e->k_max;

            for (size_t i = 0; i < k && list[i] != UINT32_MAX; i++) w->shown[side][n++] = (uint32_t)(t * n_items) + list[i];
        }
    }
    w->start[side][e->n_people] = n;
    return (pal_exposure){ w->start[side], w->shown[side], n_items * e->config->n_replicates };
}

/* Claims are made of these; each further one would cost all of them power. The others get intervals. */
static bool is_tested(size_t column)
{
    if (column < PAL_TOPN_WHOLES) return column == PAL_TOPN_AUC || column == PAL_TOPN_MRR;
    switch ((pal_topn_at)((column - PAL_TOPN_WHOLES) % PAL_TOPN_ATS)) {
    case PAL_TOPN_NDCG: case PAL_TOPN_PRECISION: case PAL_TOPN_RECALL: case PAL_TOPN_MAP:
        return true;
    default:
        return false;
    }
}

static pal_status estimate_column(pal_eval_estimate *x, work *w, size_t model, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval *e = w->e;
    const pal_eval_record *r = &e->record[model];
    size_t n_replicates = e->config->n_replicates;
    double mean[PAL_EVAL_MAX_REPLICATES];

    x->info = pal_topn_column_info(column, e->config->k, &x->k);
    pal_topn_column_name(x->name, column, e->config->k);
    take_column(w->num[0], w->den[0], e, r, column);
    PAL_TRY(pal_boot_bca_ratio(&x->v, w->boot, w->num[0], w->den[0], err));
    for (size_t t = 0; t < n_replicates; t++) mean[t] = r->mean[t * e->n_columns + column];
    x->replicate_sd = sqrt(pal_variance(mean, n_replicates));
    x->tested = is_tested(column);

done:
    return rc;
}

static pal_status contrast_column(pal_eval_estimate *x, work *w, size_t model, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval *e = w->e;
    const pal_eval_config *c = e->config;
    const char *test = pal_values_text(c->test, "test");
    bool flips = strcmp(test, "permutation") == 0 && x->tested;
    const pal_compare_config how = { flips ? (size_t)pal_values_int(c->statistics, "permutations") : 1,
                                     pal_key_for(c->seed, 0, PAL_FOR_PERMUTE) };
    pal_comparison v;

    take_column(w->num[0], w->den[0], e, &e->record[model], column);
    take_column(w->num[1], w->den[1], e, &e->record[c->baseline], column);
    PAL_TRY(pal_compare(&v, w->boot, w->num[0], w->den[0], w->num[1], w->den[1], &how, err));
    x->diff = v.difference;
    if (x->tested) {
        x->effect = v.effect;
        x->p = flips ? v.p_permutation : strcmp(test, "t") == 0 ? v.p_t : v.p_wilcoxon;
    }

done:
    return rc;
}

static void name_crowd(pal_eval_estimate *x, pal_topn_crowd which, size_t k)
{
    x->info = pal_topn_crowd_info(which);
    x->k = k;
    snprintf(x->name, sizeof x->name, "%s@%zu", x->info->name, k);
}

/* Coverage and Gini at one k, and their differences to the baseline. */
static pal_status estimate_crowd(pal_eval_estimate x[PAL_TOPN_CROWDS], work *w, size_t model, size_t k, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval *e = w->e;
    size_t baseline = e->config->baseline;
    pal_exposure mine = take_lists(w, 0, &e->record[model], k), theirs = { 0 };

    for (size_t i = 0; i < PAL_TOPN_CROWDS; i++) {
        x[i] = (pal_eval_estimate){ .v = NO_INTERVAL, .diff = NO_INTERVAL, .replicate_sd = NAN, .effect = NAN, .p = NAN,
                                    .p_adjusted = NAN };
        name_crowd(&x[i], (pal_topn_crowd)i, k);
    }
    if (mine.start[e->n_people] == 0) return PAL_OK;
    PAL_TRY(pal_boot_spread(&x[PAL_TOPN_COVERAGE].v, &x[PAL_TOPN_GINI].v, w->boot, &mine, w->spread_resamples,
                            e->n_threads, err));
    if (model == baseline) goto done;
    theirs = take_lists(w, 1, &e->record[baseline], k);
    PAL_TRY(pal_boot_spread_diff(&x[PAL_TOPN_COVERAGE].diff, &x[PAL_TOPN_GINI].diff, w->boot, &mine, &theirs,
                                 w->spread_resamples, e->n_threads, err));

done:
    return rc;
}

static pal_status lorenz_curve(pal_eval_result *result, work *w, size_t model, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval *e = w->e;
    pal_exposure all = take_lists(w, 0, &e->record[model], e->config->k[e->config->main_k]);
    size_t n = all.start[e->n_people];
    uint32_t *count = NULL, *scratch = NULL;
    uint64_t below = 0;

    PAL_NEW(count, all.n_items);
    PAL_NEW(scratch, all.n_items);
    pal_item_counts(count, all.items, n);
    pal_sort_counts(count, scratch, all.n_items);
    for (size_t i = 0, x = 0; x < PAL_EVAL_LORENZ; x++) {
        for (; i < all.n_items * x / (PAL_EVAL_LORENZ - 1); i++) below += count[i];
        result->lorenz[x] = n > 0 ? (double)below / (double)n : NAN;
    }

done:
    pal_free(count);
    pal_free(scratch);
    return rc;
}

static pal_status measure_model(pal_eval_result *result, work *w, size_t model, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval_config *c = w->e->config;

    PAL_NEW(result->at, w->e->n_columns + c->n_k * PAL_TOPN_CROWDS);
    for (size_t i = 0; i < w->e->n_columns; i++) {
        pal_eval_estimate *x = &result->at[result->n++];

        *x = (pal_eval_estimate){ .diff = NO_INTERVAL, .effect = NAN, .p = NAN, .p_adjusted = NAN };
        PAL_TRY(estimate_column(x, w, model, i, err));
        if (model != c->baseline) PAL_TRY(contrast_column(x, w, model, i, err));
    }
    for (size_t a = 0; a < c->n_k; a++) {
        PAL_TRY(estimate_crowd(result->at + result->n, w, model, c->k[a], err));
        result->n += PAL_TOPN_CROWDS;
    }
    PAL_TRY(lorenz_curve(result, w, model, err));

done:
    return rc;
}

/* One family: every tested metric of every model. */
static pal_status correct(pal_eval_result *results, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;
    double *p = NULL, alpha = 1 - pal_values_real(e->config->statistics, "level");

    PAL_NEW(p, e->config->n_models * results[0].n);
    for (size_t m = 0; m < e->config->n_models; m++) {
        for (size_t i = 0; i < results[m].n; i++) p[n++] = results[m].at[i].p;
    }
    if (strcmp(pal_values_text(e->config->statistics, "correction"), "holm") == 0) {
        PAL_TRY(pal_p_holm(p, p, n, err));
    } else {
        PAL_TRY(pal_p_benjamini_hochberg(p, p, n, err));
    }
    n = 0;
    for (size_t m = 0; m < e->config->n_models; m++) {
        for (size_t i = 0; i < results[m].n; i++, n++) {
            results[m].at[i].p_adjusted = p[n];
            results[m].at[i].significant = p[n] < alpha;
        }
    }

done:
    pal_free(p);
    return rc;
}

static int upwards(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    return (a > b) - (a < b);
}

/* Quarters of people by what they have; equal numbers are never parted, so a quarter may grow at the next one's cost. */
static pal_status make_groups(pal_eval_groups *g, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *sorted = NULL, edge[PAL_EVAL_ACTIVITY] = { 0 };

    *g = (pal_eval_groups){ 0 };
    PAL_NEW(g->of, e->n_people);
    PAL_NEW(sorted, e->n_people);
    memcpy(sorted, e->own, e->n_people * sizeof *sorted);
    qsort(sorted, e->n_people, sizeof *sorted, upwards);
    for (size_t q = 1; q < PAL_EVAL_ACTIVITY; q++) edge[q] = sorted[e->n_people * q / PAL_EVAL_ACTIVITY];
    for (size_t p = 0; p < e->n_people; p++) {
        uint8_t q = 0;

        while (q + 1 < PAL_EVAL_ACTIVITY && e->own[p] >= edge[q + 1]) q++;
        g->of[p] = q;
        g->least[q] = g->n[q] == 0 || e->own[p] < g->least[q] ? e->own[p] : g->least[q];
        g->most[q] = e->own[p] > g->most[q] ? e->own[p] : g->most[q];
        g->n[q]++;
    }

done:
    pal_free(sorted);
    return rc;
}

static pal_status measure_groups(pal_eval_result *result, work *w, size_t model, const pal_eval_groups *g, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_eval *e = w->e;

    for (uint8_t q = 0; q < PAL_EVAL_ACTIVITY; q++) {
        take_column(w->num[0], w->den[0], e, &e->record[model], e->config->main_column);
        for (size_t p = 0; p < e->n_people; p++) {
            if (g->of[p] != q) w->num[0][p] = w->den[0][p] = 0;
        }
        PAL_TRY(pal_boot_ratio(&result->activity[q], w->boot, w->num[0], w->den[0], err));
    }

done:
    return rc;
}

pal_status pal_eval_measure(pal_eval_result *results, pal_eval_groups *groups, const pal_eval *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    work w = { 0 };

    PAL_TRY(work_make(&w, e, err));
    PAL_TRY(make_groups(groups, e, err));
    for (size_t m = 0; m < e->config->n_models; m++) {
        PAL_TRY(measure_model(&results[m], &w, m, err));
        PAL_TRY(measure_groups(&results[m], &w, m, groups, err));
    }
    PAL_TRY(correct(results, e, err));

done:
    work_clear(&w);
    return rc;
}
