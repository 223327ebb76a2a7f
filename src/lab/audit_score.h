/* One fitted model under every view of a split: each person's estimates, and their truth. */
#ifndef PAL_LAB_AUDIT_SCORE_H
#define PAL_LAB_AUDIT_SCORE_H

#include "lab/audit_log.h"
#include "lab/audit_rank.h"

/* What all models of a split are judged on. */
typedef struct pal_audit_scene {
    const pal_audit *audit;
    const pal_audit_log *log;
    const pal_audit_part *part;
    size_t n_views, n_curve;          /* 0 when nothing is held out                                  */
    float *best;                      /* n_people x k: the largest true chances of the candidates     */
    pal_audit_correction correction[PAL_AUDIT_MOST]; /* by view; empty unless corrected               */
    pal_key sample;                   /* of negatives                                                */
    uint64_t place;                   /* of log and split, in the key's round                        */
    size_t n_threads;
} pal_audit_scene;

/* split SIZE_MAX: the whole log. The caller clears *scene; audit, log and part must outlive it. */
PAL_MUST_USE pal_status pal_audit_scene_make(pal_audit_scene *scene, const pal_audit *audit, const pal_audit_log *log,
                                             const pal_audit_part *part, size_t log_index, size_t split, uint64_t seed,
                                             size_t n_threads, pal_error *err);
void pal_audit_scene_clear(pal_audit_scene *scene);

/* Columns of a person: views x metrics, true metrics, popularity of the list (likes of its items over those of the mean item),
 * then recall beside each number of negatives of the curve, and beside all. */
size_t pal_audit_columns(const pal_audit_scene *scene);
static inline size_t pal_audit_truth_at(const pal_audit_scene *scene)
{
    return scene->n_views * (size_t)PAL_AUDIT_METRICS;
}

/*
 * Score everybody with a fitted model and measure.
 *
 *   value  out  n_people x columns   NaN where undefined
 *   top    out  n_people x n_top     best candidates, UINT32_MAX behind the end; NULL: not asked for
 *
 *   PAL_ERR_CONVERGE  a score is not finite: names the model
 */
PAL_MUST_USE pal_status pal_audit_score(double *value, uint32_t *top, size_t n_top, const pal_audit_scene *scene,
                                        const pal_audit_model *model, const void *self, pal_error *err);

#endif
