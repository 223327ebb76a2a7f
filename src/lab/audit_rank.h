/* One person's held-out likes among candidates: places, metrics, samples, corrections, weights. */
#ifndef PAL_LAB_AUDIT_RANK_H
#define PAL_LAB_AUDIT_RANK_H

#include "core/error.h"
#include "core/rng.h"
#include "lab/audit.h"
#include "data/event.h"

/* A wanted item among the others. */
typedef struct pal_audit_rank {
    double weight;   /* > 0                                                          */
    double below;    /* others with a lower score, equal ones half                   */
    size_t above;    /* others above it: a higher score, or the same and a lower id  */
    size_t rank;     /* 1 + above + wanted ones above                                */
} pal_audit_rank;

/* Places of n wanted items (weight 1) among n_others, which may stand there more than once but hold no wanted one.
 * O(n * (n + n_others)). */
void pal_audit_ranks(pal_audit_rank *out, const float *score, const uint32_t *wanted, size_t n, const uint32_t *others,
                     size_t n_others);

/*
 * Metrics of a list of k, NaN where undefined (n = 0; the AUC without others; hit, mrr and likes when weighted).
 *
 *   recall  sum of weights with rank <= k, over all weights
 *   ndcg    sum of weight / log2(rank + 1) with rank <= k, over that of the heaviest min(k, n) in front
 *   auc     mean of below / n_others by weight
 *
 * With weights of 1 they are those of metrics/topn.h. `rank` may be reordered.
 */
void pal_audit_measure_ranks(double value[PAL_AUDIT_METRICS], pal_audit_rank *rank, size_t n, size_t n_others, size_t k,
                             bool weighted);

/* m of n items (ascending) with replacement: all alike, or (cumulative not NULL: sums of counts over all items up to each) by
 * their counts; where all n have count 0, all alike. Draws are keyed by `at`. Returns m, or 0 when there is nothing to draw. */
size_t pal_audit_sample(uint32_t *sample, size_t m, const uint32_t *item, size_t n, const double *cumulative, pal_key key,
                        pal_at at);

/* Chance that an item with a share q of all others above it is among the first k beside m of them drawn with replacement:
 * P(Binomial(m, q) < k). Source: Krichene and Rendle, KDD 2020. */
double pal_audit_sampled_hit(double q, size_t m, size_t k);

/*
 * The corrected estimators: table[above] for above = 0..m estimates f of the rank among n candidates by the rank beside m
 * sampled ones; recall: [r <= k]; ndcg: [r <= k] / log2(r + 1); mrr: 1 / r. Least squares over all ranks alike, with a penalty
 * on the variance: ((1 - c) A'A + c diag(A'1)) t = A'f, A[r][x] = P(x above | r), c = 0.1.
 *   PAL_ERR_CONVERGE, PAL_ERR_MEMORY
 * Source: Krichene and Rendle, KDD 2020, 5.3.
 */
typedef struct pal_audit_correction {
    size_t m;
    double *ndcg, *recall, *mrr; /* m + 1 each; one block, begins at ndcg */
} pal_audit_correction;
PAL_MUST_USE pal_status pal_audit_correction_make(pal_audit_correction *out, size_t n, size_t m, size_t k, pal_error *err);
void pal_audit_correction_clear(pal_audit_correction *correction);
/* Means over the wanted items, each alone against the sample; hit and likes NaN. */
void pal_audit_measure_corrected(double value[PAL_AUDIT_METRICS], const pal_audit_correction *c, const pal_audit_rank *rank,
                                 size_t n, size_t n_others);

/*
 * Likes that a list would earn, from impressions drawn without replacement with known chances: each slot that was looked at
 * says  sum over the list's items shown before of like / look  +  [its item is in the list] like / propensity ; the mean over
 * those slots. Every term has the list's expected likes as its mean when each item of the list had a chance at each slot until
 * it was shown, and looking does not depend on the item.
 *
 *   event  n, in order of time: all after the moment when the list was made
 *   list   k items; look: by slot (pal_audit_log)
 *
 * Over k; NaN when no slot was looked at. Source: Des Raj, JASA 51 (1956), 269-284, for the sample; propensities as usual.
 */
double pal_audit_list_likes(const pal_event *event, size_t n, const uint32_t *list, size_t k, const double *look);

#endif
