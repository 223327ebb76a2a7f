/* Two towers: a network for people and one for items, whose outputs are compared by their dot product. */
#ifndef PAL_MODELS_TWO_TOWER_H
#define PAL_MODELS_TWO_TOWER_H

#include "models/net_train.h"
#include "models/neural_tables.h"
#include "models/recommender.h"

#include <stddef.h>
#include <stdint.h>

typedef enum pal_tower_loss { PAL_TOWER_SOFTMAX, PAL_TOWER_COSINE } pal_tower_loss;

typedef struct pal_tower_config {
    size_t d;            /* of the vectors that are compared                                          */
    size_t hidden;       /* ReLU units of each input's own tower; 0: inputs are added as they are     */
    size_t embedding;    /* of an id, before its tower; with hidden = 0 it is d                       */
    size_t interests;    /* vectors a person; 1..PAL_INTERESTS_MOST                                   */
    size_t last;         /* items of the past that are pooled                                         */
    bool tied;           /* past and items share their embeddings                                     */
    bool person_ids, normalise, item_bias;
    double id_dropout;   /* share of training rows that do not tell the person's number               */
    pal_tower_loss loss;
    double temperature, margin;
    size_t negatives;    /* cosine: a positive                                                        */
    size_t hard, pool;   /* hard negatives a positive, drawn from so many best-scored items           */
    double hard_weight;  /* of their term beside the softmax                                          */
    double dropout, init_sd;
    pal_neural_config fit;
    pal_adam_config adam;
} pal_tower_config;

/*
 * A person is the past (pooled item embeddings, and its items' side features), their own side features and, with
 * person_ids, a number of their own; an item is its number and its side features. Each input goes through a ReLU tower
 * of its own; the towers' outputs are joined and mapped to d numbers. The vectors are brought to length 1, and an
 * item's bias is added to the dot product.
 *
 * With several interests, the past is split around the directions of its items' vectors (models/interests.h), each part
 * makes a vector, and the best of their scores counts. In training the vector is that of the part to which the item
 * to be predicted belongs; the first third of the first fit trains on whole pasts, until vectors mean something.
 */
typedef struct pal_two_tower {
    pal_tower_config config;
    pal_backend backend;
    pal_key key;                       /* of the first fit: what is held out, how the net started   */
    uint64_t epoch;                    /* epochs trained in all fits                                */
    size_t n_rows, n_cols;             /* 0 before the first fit                                    */
    pal_neural_tables tables;
    pal_net *net;                      /* NULL before the first fit                                 */
    pal_net_node person_last, person;  /* nodes 0..person_last are the person's; their vector       */
    pal_net_node item_first, item;     /* nodes item_first..item_last the item's                    */
    pal_net_node item_last, bias;
    pal_net_node user_side, item_side; /* what the loss compares                                    */
    uint8_t *known;                    /* n_cols: 1 where an interaction was trained on             */
    pal_csr *content;                  /* items x n_features, a copy; NULL without any              */
    pal_tensors *moments;              /* of Adam, for a second fit                                 */
    float *vector;                     /* n_cols x d: items                                         */
    float *item_bias;                  /* n_cols                                                    */
    float *whole;                      /* n_rows x d: people, by their whole past                   */
    float *taste;                      /* n_rows x interests x d; unused ones 0. NULL: one interest */
    uint8_t *n_tastes;                 /* n_rows, with taste: how many are in use                   */
} pal_two_tower;

/* ---- two_tower_net.c ---- */

/* The bags that the parameters and the side features ask for. */
unsigned pal_tower_bags(const pal_two_tower *model);
/* Build and start a net of these sizes into a model without one. */
PAL_MUST_USE pal_status pal_tower_build(pal_two_tower *model, size_t n_people, size_t n_items, pal_key key,
                                        pal_error *err);
/* Fill model->vector and model->item_bias from the net. */
PAL_MUST_USE pal_status pal_tower_items(pal_two_tower *model, size_t n_threads, pal_error *err);
/* ---- two_tower_taste.c ---- */

/* Parts that a past of n items is split into: one for each three items, at most `interests`, at least one. */
size_t pal_tower_parts(const pal_two_tower *model, size_t n);
/*
 * Parts of a person's past by the items' vectors (n_cols x d): label is n (of person->item), the result their number.
 * centre: interests x d doubles of scratch.
 */
size_t pal_tower_split(uint8_t *label, const pal_two_tower *model, const float *vector, const pal_feed_person *person,
                       double *centre);
/*
 * Vectors of n people: whole (n x d) and, unless NULL, taste (n x interests x d, unused ones 0) with n_tastes (n, at
 * least 1). Needs model->vector. Runs on the calling thread.
 */
PAL_MUST_USE pal_status pal_tower_people(float *whole, float *taste, uint8_t *n_tastes, const pal_two_tower *model,
                                         const pal_feed_person *person, size_t n, pal_error *err);
/* Scores of all items: the best of a person's vectors (n x d) by dot product, plus the bias. room: n x n_cols. */
void pal_tower_best(float *score, const pal_two_tower *model, const float *vector, size_t n, float *room);

/* ---- two_tower_fit.c ---- */

/*
 * The softmax over the first n rows, whose items are each other's negatives, plus weight times the mean over the other
 * rows of softplus((s_negative - s_positive) / temperature): row n + r hard + k holds the k-th hard negative of row r.
 */
typedef struct pal_tower_hard {
    pal_net_softmax softmax;
    size_t n, hard;
    double weight;
} pal_tower_hard;
pal_status pal_tower_loss_hard(void *hard, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                               double *loss, pal_error *err);

/* The members of pal_rec_type (models/recommender.h); self is a pal_two_tower. */
pal_status pal_tower_fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err);
pal_status pal_tower_score(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                           pal_error *err);
pal_status pal_tower_similar(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch,
                             pal_error *err);
const float *pal_tower_factors(const void *self, bool people, size_t *n, size_t *d);
pal_status pal_tower_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_tower_load(void **self, const pal_tensors *file, pal_error *err);
void pal_tower_shape(const void *self, size_t *n_rows, size_t *n_cols);
uint64_t pal_tower_digest(const void *self);
void pal_tower_free(void *self);

#endif
