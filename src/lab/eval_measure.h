/* Means over people with intervals, and paired comparisons of every model with the baseline. */
#ifndef PAL_LAB_EVAL_MEASURE_H
#define PAL_LAB_EVAL_MEASURE_H

#include "lab/eval_record.h"
#include "metrics/interval.h"

#define PAL_EVAL_LORENZ 101   /* points of a Lorenz curve */
#define PAL_EVAL_ACTIVITY 4   /* groups of people by how much they have */

/* One metric of one model. */
typedef struct pal_eval_estimate {
    char name[PAL_TOPN_NAME];
    const pal_metric_info *info;
    size_t k;                 /* 0: of the whole ranking                                      */
    pal_interval v;
    double replicate_sd;      /* of the replicates' means; NaN with one                       */
    pal_interval diff;        /* to the baseline, paired; NaN for the baseline itself         */
    double effect, p, p_adjusted; /* NaN when not tested                                      */
    bool tested, significant;
} pal_eval_estimate;

typedef struct pal_eval_result {
    size_t n;
    pal_eval_estimate *at;    /* pal_topn_columns, then coverage and Gini at each k           */
    double lorenz[PAL_EVAL_LORENZ]; /* share of recommendations held by the least recommended x % of items, main k */
    pal_interval activity[PAL_EVAL_ACTIVITY]; /* the main metric by group                     */
} pal_eval_result;

/* People by how many items they have, quarters as far as equal numbers allow; a group may be empty. */
typedef struct pal_eval_groups {
    uint8_t *of;              /* n_people: group                 */
    uint32_t least[PAL_EVAL_ACTIVITY], most[PAL_EVAL_ACTIVITY];
    size_t n[PAL_EVAL_ACTIVITY];
} pal_eval_groups;

/*
 * All models. results has n_models entries, each cleared by pal_eval_result_clear; groups->of is the caller's to free.
 * The comparisons of all models and tested metrics (AUC, MRR; NDCG, precision, recall and MAP at every k) are one
 * family for the correction. Same bytes at any thread count.
 */
PAL_MUST_USE pal_status pal_eval_measure(pal_eval_result *results, pal_eval_groups *groups, const pal_eval *eval,
                                         pal_error *err);
void pal_eval_result_clear(pal_eval_result *result);

#endif
