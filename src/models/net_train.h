/* Training a net on mini-batches: gradients in fixed shards, Adam, the same bytes at any thread count. */
#ifndef PAL_MODELS_NET_TRAIN_H
#define PAL_MODELS_NET_TRAIN_H

#include "core/arena.h"
#include "models/adam.h"
#include "models/net.h"

/*
 * A loss reads the values of its nodes in `work` and sets (not adds) their gradients, n rows; gradients of all other
 * nodes are zero before. Gives the loss. May work in parallel; must not depend on the thread count.
 */
typedef pal_status (*pal_net_loss)(void *ctx, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                                   double *loss, pal_error *err);

/* Mean over rows of w (softplus(z) - y z) at a node of width 1, weighted: sum w loss / sum w. */
typedef struct pal_net_bce {
    pal_net_node logit;
    const float *label;  /* rows: 0..1                */
    const float *weight; /* rows: >= 0, or NULL for 1 */
} pal_net_bce;
pal_status pal_net_loss_bce(void *bce, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                            double *loss, pal_error *err);

/*
 * In-batch sampled softmax: row i's own item is its positive, the batch's other items are negatives.
 * s_ij = u_i . v_j / temperature - log_q_j; loss = mean of logsumexp_j s_ij - s_ii; items j != i with the id of item i
 * (accidental hits) are left out. Source: Yi et al., RecSys 2019.
 */
typedef struct pal_net_softmax {
    pal_net_node user, item; /* of equal width                                                        */
    const uint32_t *id;      /* rows: item ids, for accidental hits; NULL: none are looked for          */
    const float *log_q;      /* rows: log probability that the row's item is in a batch; NULL: 0 for all */
    double temperature;      /* > 0 */
    pal_arena *scratch;      /* rewound; rows x rows floats and more, kept from step to step */
} pal_net_softmax;
pal_status pal_net_loss_softmax(void *softmax, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                                double *loss, pal_error *err);

/* Mean over rows of 1 - cos(a, b) for label 1 and max(0, cos(a, b) - margin) for label -1. As PyTorch's
 * CosineEmbeddingLoss; a row of zeros has cosine 0. */
typedef struct pal_net_cosine {
    pal_net_node a, b;
    const float *label; /* rows: 1 or -1 */
    double margin;
} pal_net_cosine;
pal_status pal_net_loss_cosine(void *cosine, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                               double *loss, pal_error *err);

/*
 * Steps of one net. Rows of tables are updated when a batch holds their id, moments included (lazy Adam: an id that
 * stays away keeps its moments; decay, too, reaches touched rows only). `max_rows` is the largest batch.
 */
typedef struct pal_net_trainer pal_net_trainer;
PAL_MUST_USE pal_status pal_net_trainer_new(pal_net_trainer **out, pal_net *net, size_t max_rows,
    const pal_adam_config *config, pal_key key, size_t n_threads, pal_error *err); /* net stays the caller's */
void pal_net_trainer_free(pal_net_trainer *trainer); /* accepts NULL */

/* One step. *value (may be NULL) gets the loss before it. */
PAL_MUST_USE pal_status pal_net_step(pal_net_trainer *trainer, const pal_net_batch *batch, pal_net_loss loss, void *ctx,
                                     double *value, pal_error *err);
/* Loss and gradients without a step: gradient is pal_net_size floats (dense parameters, then tables, as
 * pal_net_copy_out lays them). For tests. */
PAL_MUST_USE pal_status pal_net_gradients(float *gradient, double *value, pal_net_trainer *trainer,
                                          const pal_net_batch *batch, pal_net_loss loss, void *ctx, pal_error *err);

/* Tables of the net have grown: make room for the moments of the new rows (zero). */
PAL_MUST_USE pal_status pal_net_trainer_grow(pal_net_trainer *trainer, pal_error *err);
/* Step count and moments as arrays "PREFIXadam.step", "PREFIXadam.m", "PREFIXadam.v"; and back. */
PAL_MUST_USE pal_status pal_net_trainer_save(const pal_net_trainer *trainer, pal_tensors *file, const char *prefix,
                                             pal_error *err);
PAL_MUST_USE pal_status pal_net_trainer_load(pal_net_trainer *trainer, const pal_tensors *file, const char *prefix,
                                             pal_error *err);

#endif
