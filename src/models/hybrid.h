/* A neural hybrid: ids, content, demographics and the last items into a network, blended with two plainer answers. */
#ifndef PAL_MODELS_HYBRID_H
#define PAL_MODELS_HYBRID_H

#include "models/blend.h"
#include "models/demographic.h"
#include "models/neural_tables.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_hybrid_ids { PAL_HYBRID_BOTH, PAL_HYBRID_ITEMS, PAL_HYBRID_NO_IDS } pal_hybrid_ids;
typedef enum pal_hybrid_predictor {
    PAL_HYBRID_BLEND, PAL_HYBRID_MODEL, PAL_HYBRID_DEMOGRAPHIC, PAL_HYBRID_POPULARITY
} pal_hybrid_predictor;

typedef struct pal_hybrid_config {
    size_t d;            /* numbers of an embedding                                        */
    size_t hidden;       /* ReLU units of the first layer, half of it in the second; 0: none */
    size_t last;         /* latest items of the past that are told                          */
    pal_hybrid_ids ids;
    bool content, demographics, past;
    double id_dropout, dropout, init_sd;
    size_t negatives;    /* drawn items a positive */
    pal_hybrid_predictor predictor;
    double model_trust, demographic_trust;
    double half_life;
    size_t bins;
    double prior;
    pal_neural_config fit;
    pal_adam_config adam;
} pal_hybrid_config;

/*
 * p, the sum of a person's embeddings (number, side features, pooled past and its content), and q, that of an item's
 * (number, side features), give the log-odds of a like
 *
 *   z = p.q + bias + w3.relu(W2 relu(Wp p + Wq q)),
 *
 * trained on interactions (1) and drawn items (0), of which dislikes are taken first. With uniform draws exp(z) is
 * proportional to the chance that a person's next item is this one, so softmax(z) over the items can be mixed with the
 * shares of models/demographic.h and of popularity: models/blend.h.
 */
typedef struct pal_hybrid {
    pal_hybrid_config config;
    pal_backend backend;
    pal_key key;                  /* of the first fit                       */
    uint64_t epoch;               /* epochs trained in all fits             */
    size_t n_rows, n_cols;        /* 0 before the first fit                 */
    pal_neural_tables tables;
    pal_net *net;                 /* NULL before the first fit              */
    pal_net_param w2, w3;         /* with hidden > 0                        */
    pal_net_node person, person_hidden, person_last; /* p, Wp p; nodes 0..person_last */
    pal_net_node item_first, item, item_hidden, bias, item_last;
    pal_net_node logit;
    uint8_t *known;               /* n_cols: 1 where an interaction was trained on */
    pal_csr *content;             /* items x features; NULL: unused         */
    pal_tensors *moments;         /* of Adam, for a second fit              */
    float *p, *p_hidden;          /* n_rows x d, n_rows x hidden            */
    float *q, *q_hidden;          /* n_cols x d, n_cols x hidden            */
    float *item_bias;             /* n_cols                                 */
    uint32_t *known_by;           /* n_rows: interactions of each person    */
    double *popular;              /* n_cols: shares                         */
    pal_demographic demographic;  /* of_level NULL: no side features        */
    pal_csr *traits;              /* people x side features; NULL: unused   */
} pal_hybrid;

/* What is known of someone who asks. */
typedef struct pal_hybrid_person {
    const float *p, *p_hidden;    /* d, hidden                              */
    double interactions;
    size_t n_traits;
    const uint32_t *trait;
    const float *trait_value;
} pal_hybrid_person;

/* ---- hybrid_net.c ---- */

/* Rows of a batch that share a person: a positive and its drawn items. */
static inline size_t pal_hybrid_group(const pal_hybrid *model)
{
    return 1 + model->config.negatives;
}

unsigned pal_hybrid_bags(const pal_hybrid *model);
PAL_MUST_USE pal_status pal_hybrid_build(pal_hybrid *model, size_t n_people, size_t n_items, pal_key key,
                                         pal_error *err);
/* Fill q, q_hidden and item_bias from the net. */
PAL_MUST_USE pal_status pal_hybrid_items(pal_hybrid *model, size_t n_threads, pal_error *err);
/* p and Wp p of n people, on the calling thread. */
PAL_MUST_USE pal_status pal_hybrid_people(float *p, float *p_hidden, const pal_hybrid *model,
                                          const pal_feed_person *person, size_t n, pal_error *err);
/* Log-odds of all items. Floats of room: pal_hybrid_room. */
size_t pal_hybrid_room(const pal_hybrid *model);
void pal_hybrid_logits(float *z, const pal_hybrid *model, const float *p, const float *p_hidden, float *room);

/* ---- hybrid_serve.c ---- */

/* The weights of a person's answer. */
pal_blend pal_hybrid_weights(const pal_hybrid *model, const pal_hybrid_person *person);

/* The members of pal_rec_type (models/recommender.h); self is a pal_hybrid. */
pal_status pal_hybrid_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err);
pal_status pal_hybrid_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                            pal_error *err);
pal_status pal_hybrid_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                              pal_error *err);
const float *pal_hybrid_factors(const void *self, bool people, size_t *n, size_t *d);
pal_status pal_hybrid_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_hybrid_load(void **self, const pal_tensors *file, pal_error *err);
void pal_hybrid_shape(const void *self, size_t *n_rows, size_t *n_cols);
uint64_t pal_hybrid_digest(const void *self);
void pal_hybrid_free(void *self);

#endif
