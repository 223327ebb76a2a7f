/* Fit one model to a view, and measure everybody's full ranking. */
#ifndef PAL_LAB_EVAL_SCORE_H
#define PAL_LAB_EVAL_SCORE_H

#include "lab/eval_view.h"

/* Measures of every person of a view under one model. */
typedef struct pal_eval_scores {
    size_t n_people, n_columns, k_max; /* n_people of the view, in its order                */
    double *value;                     /* n_people x n_columns: pal_topn_measure            */
    uint32_t *item;                    /* n_people x k_max: the list, UINT32_MAX behind its end */
    float *score;                      /* n_people x k_max                                  */
} pal_eval_scores;
void pal_eval_scores_clear(pal_eval_scores *scores);

/* The key of a model's draws: its name's own, and the replicate's when the config varies it. */
pal_key pal_eval_key(const pal_eval_config *config, const pal_eval_model *model, uint32_t replicate);

/*
 * Fit the model with these parameters. The caller frees *self with the type's own free.
 *   PAL_ERR_…  of the type; the text begins with the model's name
 */
PAL_MUST_USE pal_status pal_eval_fit(void **self, const pal_eval_model *model, const pal_values *params,
    const pal_eval_view *view, const pal_interactions *log, const pal_eval_config *config, uint32_t replicate,
    size_t n_threads, pal_error *err);

/*
 * Score and measure every person of the view, in blocks of people whose size depends on the number of items only: memory
 * is bounded, and the bytes are the same at any thread count. People the model was not fitted to ask as new ones.
 *   brief  leave out the measures of whole lists (diversity, calibration), for a search
 *   PAL_ERR_DATA  a score is not finite: the text names model, person and item
 */
PAL_MUST_USE pal_status pal_eval_score(pal_eval_scores *out, const pal_eval_model *model, const void *self,
    const pal_eval_view *view, const pal_interactions *log, const pal_eval_config *config, bool brief,
    size_t n_threads, pal_error *err);

#endif
