/* Intervals over people for every measure, and the family of paired comparisons. */
#include "lab/measure.h"

#include "core/mem.h"
#include "metrics/diversity.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MOST_MEASURES 40
#define NO_INTERVAL ((pal_interval){ NAN, NAN, NAN, NAN, 0 })

void pal_measure_put(pal_arm_result *result, const char *name, pal_interval v)
{
    PAL_ASSERT(result->n_measures < MOST_MEASURES);
    result->measure[result->n_measures++] = (pal_measure){ name, v };
}

const pal_interval *pal_measure_find(const pal_arm_result *result, const char *name)
{
    for (size_t i = 0; i < result->n_measures; i++) {
        if (strcmp(result->measure[i].name, name) == 0) return &result->measure[i].v;
    }
    return NULL;
}

void pal_arm_result_clear(pal_arm_result *result)
{
    pal_free(result->measure);
    pal_free(result->contrast);
    pal_free(result->stage);
    pal_free(result->auc_draws);
}

static pal_status measure_ratios(pal_arm_result *result, const pal_record *r, const pal_people_set *set,
                                 const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *num = NULL, *den = NULL;
    pal_interval v;

    PAL_NEW(num, r->n_people);
    PAL_NEW(den, r->n_people);
    for (size_t i = 0; i < pal_column_count(); i++) {
        PAL_TRY(pal_column_at(i)->run(num, den, r, set, err));
        PAL_TRY(pal_boot_bca_ratio(&v, c->boot, num, den, err));
        pal_measure_put(result, pal_column_at(i)->name, v);
    }
done:
    pal_free(num);
    pal_free(den);
    return rc;
}

/* AUC of the probe, of the truth on the probe, and of the arm's own slates. */
static pal_status measure_aucs(pal_arm_result *result, const pal_record *r, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_predictions *q = r->n_probe_rounds == 0 ? NULL : &r->probe[r->n_probe_rounds - 1];
    pal_interval v = NO_INTERVAL, ceiling = NO_INTERVAL, slate = NO_INTERVAL;
    double *draws = NULL;

    if (q != NULL) {
        size_t n = pal_boot_resamples(c->boot);

        PAL_NEW(result->auc_draws, n);
        PAL_NEW(draws, n);
        result->n_draws = n;
        PAL_TRY(pal_boot_auc_draws(result->auc_draws, &v.value, c->boot, q->person, q->p, q->label, q->n,
                                   c->n_threads, err));
        memcpy(draws, result->auc_draws, n * sizeof *draws);
        PAL_TRY(pal_boot_auc(&ceiling, c->boot, q->person, q->truth, q->label, q->n, c->n_threads, err));
        v = pal_boot_interval(draws, n, c->level, v.value, ceiling.n);
    }
    if (r->preq.n > 0) {
        PAL_TRY(pal_boot_auc(&slate, c->boot, r->preq.person, r->preq.p, r->preq.label, r->preq.n, c->n_threads, err));
    }
    pal_measure_put(result, "auc", v);
    pal_measure_put(result, "auc_ceiling", ceiling);
    pal_measure_put(result, "slate_auc", slate);
done:
    pal_free(draws);
    return rc;
}

static pal_status measure_spread(pal_arm_result *result, const pal_record *r, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_exposure exposure = { r->shown_begin, r->shown, r->n_items };
    pal_interval coverage = NO_INTERVAL, gini = NO_INTERVAL;

    if (r->shown_begin[r->n_people] > 0) {
        PAL_TRY(pal_boot_spread(&coverage, &gini, c->boot, &exposure, c->spread_resamples, c->n_threads, err));
    }
    pal_measure_put(result, "coverage", coverage);
    pal_measure_put(result, "gini", gini);
done:
    return rc;
}

static pal_status measure_stages(pal_arm_result *result, const pal_record *r, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *num = NULL, *den = NULL, *lost = NULL, *probed = NULL;
    uint64_t all = 0;

    PAL_NEW(result->stage, r->n_stages);
    PAL_NEW(num, r->n_people);
    PAL_NEW(den, r->n_people);
    PAL_NEW(lost, r->n_people);
    PAL_NEW(probed, r->n_people);
    for (size_t i = 0; i < r->n_rounds * r->n_stages; i++) all += r->stage_count[PAL_COUNT_IMPRESSIONS][i];
    for (size_t s = 0; s < r->n_stages; s++) {
        pal_stage_credit *credit = &result->stage[result->n_stages];

        *credit = (pal_stage_credit){ .stage = s };
        for (size_t t = 0; t < r->n_rounds; t++) {
            credit->impressions += r->stage_count[PAL_COUNT_IMPRESSIONS][t * r->n_stages + s];
            credit->expected_like += r->stage_expected[t * r->n_stages + s];
        }
        if (credit->impressions == 0) continue;
        credit->share = (double)credit->impressions / (double)all;
        credit->expected_like /= (double)credit->impressions;
        for (size_t p = 0; p < r->n_people; p++) {
            num[p] = r->person_stage_likes[p * r->n_stages + s];
            den[p] = r->person_stage_impressions[p * r->n_stages + s];
            lost[p] = r->person_stage_regret[p * r->n_stages + s];
            probed[p] = r->person_stage_probed[p * r->n_stages + s];
        }
        PAL_TRY(pal_boot_ratio(&credit->like_rate, c->boot, num, den, err));
        PAL_TRY(pal_boot_ratio(&credit->regret, c->boot, lost, probed, err));
        result->n_stages++;
    }
done:
    pal_free(num);
    pal_free(den);
    pal_free(lost);
    pal_free(probed);
    return rc;
}

pal_status pal_measure_arm(pal_arm_result *result, const pal_record *r, const pal_people_set *set,
                           const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(result->measure, MOST_MEASURES);
    PAL_TRY(measure_ratios(result, r, set, c, err));
    PAL_TRY(measure_aucs(result, r, c, err));
    PAL_TRY(pal_measure_probe(result, r, c, err));
    PAL_TRY(measure_spread(result, r, c, err));
    PAL_TRY(measure_stages(result, r, c, err));
    PAL_TRY(pal_measure_exposure(result, r, set, err));
done:
    return rc;
}

/* Two-sided bootstrap p-value of a difference of AUCs from its draws. */
static pal_contrast auc_contrast(const pal_arm_result *a, const pal_arm_result *b, double *draws, double level)
{
    pal_contrast k = { .metric = "auc", .effect = NAN, .correlation = NAN, .variance_reduction = NAN, .p = NAN };
    const pal_interval *va = pal_measure_find(a, "auc"), *vb = pal_measure_find(b, "auc");
    size_t below = 0, above = 0, n = 0, rarer;

    for (size_t i = 0; i < a->n_draws; i++) {
        draws[i] = a->auc_draws[i] - b->auc_draws[i];
        if (isnan(draws[i])) continue;
        below += draws[i] <= 0;
        above += draws[i] >= 0;
        n++;
    }
    rarer = below < above ? below : above;
    if (n > 0) k.p = 2.0 * (1.0 + (double)rarer) / (1.0 + (double)n);
    if (k.p > 1) k.p = 1;
    k.diff = pal_boot_interval(draws, a->n_draws, level, va->value - vb->value, va->n);
    return k;
}

static pal_status contrast_arm(pal_arm_result *a, const pal_record *ra, const pal_arm_result *b, const pal_record *rb,
                               const pal_people_set *set, const pal_measure_config *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_compare_config config = { c->permutations, pal_key_for(c->seed, 0, PAL_FOR_PERMUTE) };
    double *x[4] = { NULL }, *draws = NULL;
    pal_comparison v;

    PAL_NEW(a->contrast, pal_column_count() + 1);
    for (size_t i = 0; i < 4; i++) PAL_NEW(x[i], ra->n_people);
    for (size_t i = 0; i < pal_column_count(); i++) {
        const pal_column *column = pal_column_at(i);

        if (!column->compared || (column->probe_only && ra->n_probe_rounds == 0)) continue;
        PAL_TRY(column->run(x[0], x[1], ra, set, err));
        PAL_TRY(column->run(x[2], x[3], rb, set, err));
        PAL_TRY(pal_compare(&v, c->boot, x[0], x[1], x[2], x[3], &config, err));
        a->contrast[a->n_contrasts++] = (pal_contrast){
            .metric = column->name, .diff = v.difference, .effect = v.effect, .p = v.p_permutation,
            .correlation = v.correlation, .variance_reduction = v.variance_reduction };
    }
    if (a->auc_draws != NULL) {
        PAL_NEW(draws, a->n_draws);
        a->contrast[a->n_contrasts++] = auc_contrast(a, b, draws, c->level);
    }
done:
    for (size_t i = 0; i < 4; i++) pal_free(x[i]);
    pal_free(draws);
    return rc;
}

pal_status pal_measure_contrasts(pal_arm_result *results, const pal_record *const *records, size_t n_arms,
                                 size_t baseline, const pal_people_set *set, const pal_measure_config *c,
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    double *p = NULL;
    size_t n = 0;

    for (size_t a = 0; a < n_arms; a++) {
        if (a == baseline) continue;
        PAL_TRY(contrast_arm(&results[a], records[a], &results[baseline], records[baseline], set, c, err));
        n += results[a].n_contrasts;
    }
    PAL_NEW(p, n);
    n = 0;
    for (size_t a = 0; a < n_arms; a++) {
        for (size_t i = 0; i < results[a].n_contrasts; i++) p[n++] = results[a].contrast[i].p;
    }
    if (c->holm) {
        PAL_TRY(pal_p_holm(p, p, n, err));
    } else {
        PAL_TRY(pal_p_benjamini_hochberg(p, p, n, err));
    }
    n = 0;
    for (size_t a = 0; a < n_arms; a++) {
        for (size_t i = 0; i < results[a].n_contrasts; i++) {
            results[a].contrast[i].p_adjusted = p[n];
            results[a].contrast[i].significant = p[n] < 1 - c->level;
            n++;
        }
    }
done:
    pal_free(p);
    return rc;
}
