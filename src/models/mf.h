/* Factor models trained by SGD as in LightFM: WARP, BPR and logistic loss over identity and side features. */
#ifndef PAL_MODELS_MF_H
#define PAL_MODELS_MF_H

#include "models/mf_table.h"
#include "models/mf_train.h"
#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_mf_config {
    pal_mf_loss loss;
    size_t d, epochs;
    size_t tries;          /* WARP: max_sampled; logistic: negatives a pair                       */
    pal_mf_pairs pairs;    /* BPR                                                                 */
    bool popular;          /* BPR: negatives by their interactions, else all alike                */
    pal_mf_rate rate;
    float person_l2, item_l2;
    bool person_identity, item_identity; /* factors of one's own beside those of side features     */
    bool use_values;
    size_t fold_epochs;    /* passes over a new person's interactions                             */
} pal_mf_config;

/*
 * A person is the sum of their own row (if person_identity) and the rows of their side features, weighted by the
 * features' values; an item likewise. The score is the dot product of the two sums. Its factors and biases:
 * models/mf_table.h.
 */
typedef struct pal_mf {
    pal_mf_config config;
    const char *name;                     /* of the type, for messages                              */
    pal_key key;                          /* of the last fit; new people are folded in with it      */
    uint64_t epoch;                       /* epochs trained in all fits                             */
    size_t n_rows, n_cols;                /* 0 before the first fit                                 */
    pal_mf_table own[2];                  /* identity parameters of [0] people, [1] items           */
    pal_mf_table shared[2];               /* parameters of their features                           */
    float *sum[2];                        /* n x width: what serves, where it is not a row of own   */
    float *factor[2];                     /* n x d: the same without biases                         */
} pal_mf;

/* Row of a person or item as it serves: `width` floats. */
const float *pal_mf_served(const pal_mf *model, bool items, size_t row);
/* Floats from one such row to the next. */
size_t pal_mf_served_stride(const pal_mf *model, bool items);
/* Floats of a row's values. */
static inline size_t pal_mf_model_width(const pal_mf *model)
{
    return pal_mf_width(model->config.d);
}

/* Lanes that may move, 1 each, 0 the others; and the L2 of each lane, biases free of it: width floats each. */
void pal_mf_lanes(float *mask, float *decay, const pal_mf *model, bool items);
/* What the sums of squares start from. */
static inline float pal_mf_first_square(const pal_mf_config *config)
{
    return config->rate.schedule == PAL_MF_ADADELTA ? 0 : 1;
}
/* WARP's weights of a violator at try t of n_items: tries + 1 floats. */
void pal_mf_rank_weights(float *weight, const pal_mf *model);

/* The members of pal_rec_type (models/recommender.h); self is a pal_mf. */
pal_status pal_mf_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err);
pal_status pal_mf_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                        pal_error *err);
pal_status pal_mf_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                          pal_error *err);
const float *pal_mf_factors(const void *self, bool people, size_t *n, size_t *d);
pal_status pal_mf_save(const void *self, pal_tensors *file, pal_error *err);
/* Fill an unfitted model from a file. */
pal_status pal_mf_read(pal_mf *model, const pal_tensors *file, pal_error *err);
void pal_mf_shape(const void *self, size_t *n_rows, size_t *n_cols);
uint64_t pal_mf_digest(const void *self);
void pal_mf_free(void *self);

/* Fill factor[] from what serves; needed after a fit or a load. */
PAL_MUST_USE pal_status pal_mf_finish(pal_mf *model, pal_error *err);

#endif
