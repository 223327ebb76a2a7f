/* AUC by mid-ranks, pooled and in groups. */
#include "metrics/auc.h"

#include "core/mem.h"
#include "core/sum.h"
#include "metrics/rank_order.h"

#include <math.h>

/* Pairs won over rows in ascending order of score, doubled to keep ties whole. */
typedef struct tally {
    uint64_t positive, negative; /* rows of finished runs of equal scores */
    uint64_t run_positive, run_negative;
    uint64_t won2;               /* 2 wins + ties */
} tally;

static void tally_row(tally *t, uint8_t label)
{
    t->run_positive += label;
    t->run_negative += 1u - label;
}

static void tally_end_run(tally *t)
{
    t->won2 += t->run_positive * (2 * t->negative + t->run_negative);
    t->positive += t->run_positive;
    t->negative += t->run_negative;
    t->run_positive = 0;
    t->run_negative = 0;
}

static double tally_auc(const tally *t)
{
    if (t->positive == 0 || t->negative == 0) {
        return NAN;
    }
    return (double)t->won2 / (2 * (double)t->positive * (double)t->negative);
}

static double auc_of_counts(const float *score, const uint8_t *label, const uint32_t *order, size_t n)
{
    tally t = { 0 };

    for (size_t i = 0; i < n; i++) {
        if (i > 0 && score[order[i]] != score[order[i - 1]]) {
            tally_end_run(&t);
        }
        tally_row(&t, label[order[i]]);
    }
    tally_end_run(&t);
    return tally_auc(&t);
}

/* The same with real weights; sums are compensated. */
static double auc_of_weights(const float *score, const uint8_t *label, const double *weight, const uint32_t *order,
                             size_t n)
{
    pal_acc positive = { 0 }, negative = { 0 }, won = { 0 };
    double all;

    for (size_t i = 0; i < n;) {
        double below = pal_acc_value(&negative), run_positive = 0, run_negative = 0;
        size_t first = i;

        for (; i < n && score[order[i]] == score[order[first]]; i++) {
            *(label[order[i]] != 0 ? &run_positive : &run_negative) += weight[order[i]];
        }
        pal_acc_add(&won, run_positive * (below + run_negative / 2));
        pal_acc_add(&positive, run_positive);
        pal_acc_add(&negative, run_negative);
    }
    all = pal_acc_value(&positive) * pal_acc_value(&negative);
    return all > 0 ? pal_acc_value(&won) / all : NAN;
}

static pal_status check_weights(const double *weight, size_t n, pal_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (!(weight[i] >= 0 && isfinite(weight[i]))) {
            return pal_error_set(err, PAL_ERR_DATA, "weight of row %zu is %g, wanted finite and >= 0", i, weight[i]);
        }
    }
    return PAL_OK;
}

pal_status pal_auc(double *out, const float *score, const uint8_t *label, const double *weight, size_t n,
                   pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *order = NULL;

    PAL_TRY(pal_labels_check(label, n, err));
    if (weight != NULL) {
        PAL_TRY(check_weights(weight, n, err));
    }
    PAL_NEW(order, n);
    PAL_TRY(pal_order_scores(order, score, n, err));
    *out = weight == NULL ? auc_of_counts(score, label, order, n) : auc_of_weights(score, label, weight, order, n);

done:
    pal_free(order);
    return rc;
}

/* Tally every group in one walk over all rows: rows of a group come in ascending order of score. */
static void tally_groups(tally *t, float *last, const float *score, const uint8_t *label, const uint32_t *group,
                         const uint32_t *order, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        size_t row = order[i], g = group[row];

        if (score[row] != last[g]) {
            tally_end_run(&t[g]);
            last[g] = score[row];
        }
        tally_row(&t[g], label[row]);
    }
}

static pal_status check_groups(const uint32_t *group, size_t n, size_t n_groups, pal_error *err)
{
    for (size_t i = 0; i < n; i++) {
        if (group[i] >= n_groups) {
            return pal_error_set(err, PAL_ERR_DATA, "group of row %zu is %u, wanted below %zu", i,
                                 (unsigned)group[i], n_groups);
        }
    }
    return PAL_OK;
}

pal_status pal_auc_groups(double *auc, size_t *rows, const float *score, const uint8_t *label, const uint32_t *group,
                          size_t n, size_t n_groups, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *order = NULL;
    tally *t = NULL;
    float *last = NULL;

    PAL_TRY(pal_labels_check(label, n, err));
    PAL_TRY(check_groups(group, n, n_groups, err));
    PAL_NEW(order, n);
    PAL_NEW(t, n_groups);
    PAL_NEW(last, n_groups);
    PAL_TRY(pal_order_scores(order, score, n, err));
    tally_groups(t, last, score, label, group, order, n);
    for (size_t g = 0; g < n_groups; g++) {
        tally_end_run(&t[g]);
        auc[g] = tally_auc(&t[g]);
        if (rows != NULL) {
            rows[g] = (size_t)(t[g].positive + t[g].negative);
        }
    }

done:
    pal_free(order);
    pal_free(t);
    pal_free(last);
    return rc;
}

pal_status pal_gauc(pal_gauc_result *out, const float *score, const uint8_t *label, const uint32_t *group, size_t n,
                    size_t n_groups, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *auc = NULL;
    size_t *rows = NULL, kept_rows = 0, dropped_rows = 0;
    pal_acc sum = { 0 };

    PAL_NEW(auc, n_groups);
    PAL_NEW(rows, n_groups);
    PAL_TRY(pal_auc_groups(auc, rows, score, label, group, n, n_groups, err));
    *out = (pal_gauc_result){ NAN, NAN, NAN, 0, 0 };
    for (size_t g = 0; g < n_groups; g++) {
        if (rows[g] == 0) {
            continue;
        }
        if (isnan(auc[g])) {
            out->n_dropped++;
            dropped_rows += rows[g];
        } else {
            out->n_groups++;
            kept_rows += rows[g];
            pal_acc_add(&sum, (double)rows[g] * auc[g]);
        }
    }
    if (kept_rows > 0) {
        out->value = pal_acc_value(&sum) / (double)kept_rows;
    }
    if (n > 0) {
        out->dropped_share = (double)out->n_dropped / (double)(out->n_groups + out->n_dropped);
        out->dropped_rows = (double)dropped_rows / (double)n;
    }

done:
    pal_free(auc);
    pal_free(rows);
    return rc;
}

pal_status pal_gauc_terms(double *num, double *den, const float *score, const uint8_t *label, const uint32_t *group,
                          size_t n, size_t n_groups, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *rows = NULL;

    PAL_NEW(rows, n_groups);
    PAL_TRY(pal_auc_groups(num, rows, score, label, group, n, n_groups, err));
    for (size_t g = 0; g < n_groups; g++) {
        bool undefined = isnan(num[g]);

        den[g] = undefined ? 0 : (double)rows[g];
        num[g] = undefined ? 0 : (double)rows[g] * num[g];
    }

done:
    pal_free(rows);
    return rc;
}
