/* SGD over one bucket of interactions: WARP, BPR and logistic loss. */
#ifndef PAL_MODELS_MF_TRAIN_H
#define PAL_MODELS_MF_TRAIN_H

#include "core/csr.h"
#include "models/mf_plan.h"
#include "models/mf_step.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_MF_MOST_D 1022
#define PAL_MF_MOST_WIDTH 1024
#define PAL_MF_MOST_TRIES 1000

typedef enum pal_mf_loss { PAL_MF_WARP, PAL_MF_BPR, PAL_MF_LOGISTIC } pal_mf_loss;

/* What BPR compares: an item a person likes with one they do not, or a person who likes an item with one who does not;
 * or now one and now the other, at random. */
typedef enum pal_mf_pairs { PAL_MF_PAIR_ITEMS, PAL_MF_PAIR_PEOPLE, PAL_MF_PAIR_BOTH } pal_mf_pairs;

/* People or items as one task sees them. */
typedef struct pal_mf_side {
    float *own;               /* rows of identity parameters; NULL: none                                    */
    size_t stride;            /* floats from row to row of own                                              */
    const pal_csr *features;  /* side features of each row; NULL: none                                      */
    float *shared;            /* rows of feature parameters, the task's own copy                            */
    size_t shared_stride;
    uint8_t *touched;         /* set to 1 for every feature that moved; may be NULL                         */
    const float *mask;        /* width: 1, and 0 where a lane must not move                                 */
    const float *decay;       /* width: L2 of each lane                                                     */
    size_t one;               /* the lane that is always 1                                                  */
    bool frozen;              /* no row moves                                                               */
} pal_mf_side;

/*
 * One bucket and all that training on it needs. WARP and the logistic loss go pair by pair. BPR draws what 64 pairs are
 * compared with at once, and computes the weights of 16 of them from the rows before the first of the 16 moves: a weight
 * may be up to 15 steps old, which cost no quality that seeds let one see (MovieLens-100k, ua), and saved a third of the
 * time, since sixteen sigmoids are computed together and none waits for a row to be written.
 */
typedef struct pal_mf_task {
    pal_mf_loss loss;
    pal_mf_rate rate;
    size_t width;
    pal_mf_side people, items;
    const pal_csr *liked;       /* row of a person: what is no negative. Values: strengths                 */
    const uint64_t *bit;        /* the same: a bit a cell, bit_words a row; NULL: liked is searched        */
    size_t bit_words;
    bool use_values;            /* the loss of a pair is multiplied by its strength                        */
    const pal_mf_pair *pair;    /* n_pairs, trained on in this order                                       */
    size_t n_pairs;
    const uint32_t *item, *person; /* n_items, n_people to draw negatives from                            */
    size_t n_items, n_people;
    pal_mf_pairs pairs;         /* BPR                                                                     */
    bool popular;               /* BPR draws from the pairs below instead: their items, their people       */
    const pal_mf_pair *drawn, *met;
    size_t n_drawn, n_met;
    size_t tries;               /* WARP: draws at most; logistic: negatives a pair                         */
    const float *rank_weight;   /* WARP: tries + 1, [t] for a violator at try t                            */
    uint64_t key;               /* of the draws: with person, item and try a pure function                 */
    bool measure;               /* fill the two below                                                      */
    double loss_sum;            /* WARP: weighted hinges; BPR, logistic: -log likelihood                   */
    size_t n_steps;
} pal_mf_task;

/* Floats of scratch for a task. */
#define PAL_MF_SCRATCH (5 * (size_t)PAL_MF_MOST_WIDTH)

/* Train on every pair. Exact grade. */
void pal_mf_train(pal_mf_task *task, float scratch[PAL_MF_SCRATCH]);

/* Factors of one row: identity and features summed, the lane that is always 1 set. out is width long. */
void pal_mf_represent(float *out, const pal_mf_side *side, size_t row, size_t width);

#endif
