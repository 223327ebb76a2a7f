/* Feed-forward networks in float32: named parameters, layers as nodes of a list, batches in, node values out. */
#ifndef PAL_MODELS_NET_H
#define PAL_MODELS_NET_H

#include "core/error.h"
#include "core/linalg.h"
#include "core/rng.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

/*
 * A net is built once: parameters are named, nodes are added in the order in which they are computed, and
 * pal_net_start draws the initial values. The calls of the builder give an id and remember the first failure for
 * pal_net_start. Parameters may stand behind several nodes (two towers that share an embedding): gradients add up.
 *
 * Grade: exact with PAL_PORTABLE, same machine with PAL_OPENBLAS; same bytes at any thread count with both.
 */
typedef struct pal_net pal_net;
typedef uint32_t pal_net_param; /* a parameter */
typedef uint32_t pal_net_node;  /* a node      */

PAL_MUST_USE pal_status pal_net_new(pal_net **out, pal_backend backend, pal_error *err); /* the caller owns *out */
void pal_net_free(pal_net *net); /* accepts NULL */

pal_backend pal_net_backend(const pal_net *net);

/* ---- parameters ----------------------------------------------------------------------------- */

/* An embedding table "NAME.weight", n x d, drawn from N(0, sd^2). */
pal_net_param pal_net_table(pal_net *net, const char *name, size_t n, size_t d, double sd);
/* "NAME.weight" (width x in) and "NAME.bias" (width), drawn uniformly from +-1/sqrt(in), as PyTorch draws a Linear. */
pal_net_param pal_net_weights(pal_net *net, const char *name, size_t in, size_t width);
/* Of a layer normalisation: "NAME.weight" (width ones) and "NAME.bias" (width zeros). */
pal_net_param pal_net_scale(pal_net *net, const char *name, size_t width);

/* ---- nodes ---------------------------------------------------------------------------------- */

typedef enum pal_net_pool { PAL_POOL_SUM, PAL_POOL_MEAN } pal_net_pool; /* mean: by weights; nothing gives 0 */

pal_net_node pal_net_input(pal_net *net, size_t width);                       /* dense numbers of the batch     */
pal_net_node pal_net_bag(pal_net *net, pal_net_param table, pal_net_pool pool); /* ids of the batch, pooled      */
pal_net_node pal_net_dense(pal_net *net, pal_net_param weights, pal_net_node x); /* W x + b                      */
pal_net_node pal_net_relu(pal_net *net, pal_net_node x);
pal_net_node pal_net_gelu(pal_net *net, pal_net_node x);                      /* x Phi(x), the exact form        */
pal_net_node pal_net_layer_norm(pal_net *net, pal_net_param scale, pal_net_node x); /* epsilon 1e-5              */
pal_net_node pal_net_dropout(pal_net *net, pal_net_node x, double rate);      /* training only; kept ones / (1 - rate) */
pal_net_node pal_net_concat(pal_net *net, pal_net_node a, pal_net_node b);
pal_net_node pal_net_add(pal_net *net, pal_net_node a, pal_net_node b);
pal_net_node pal_net_normalise(pal_net *net, pal_net_node x);                 /* rows of length 1; 0 stays 0      */
pal_net_node pal_net_dot(pal_net *net, pal_net_node a, pal_net_node b);       /* width 1                          */
/*
 * Inputs and bags added from here on have one row for every `size` rows of the batch, and so has what reads them, until
 * a repeat gives each row of the batch its group's: what many rows share (a person among drawn items) is computed once.
 * 1 ends that. A net has one size beside 1; nodes that meet must have the same.
 */
void pal_net_group(pal_net *net, size_t size);
pal_net_node pal_net_repeat(pal_net *net, pal_net_node x);
size_t pal_net_width(const pal_net *net, pal_net_node node); /* 0 after a failure of the builder */

/* Finish the net and draw initial values, keyed by the parameters' names. Reports the builder's first failure
 * (PAL_ERR_SHAPE with the node's number; PAL_ERR_DATA for a name that stands twice; PAL_ERR_MEMORY). */
PAL_MUST_USE pal_status pal_net_start(pal_net *net, pal_key key, pal_error *err);
/* More rows for a table, drawn as the first ones would have been (row i depends on the key, the name and i only). */
PAL_MUST_USE pal_status pal_net_grow(pal_net *net, pal_net_param table, size_t n, pal_key key, pal_error *err);

/* ---- values --------------------------------------------------------------------------------- */

/* Ids of a bag node: row r of the batch has id[begin[r]] .. id[begin[r + 1] - 1]. Ids must lie in the table. */
typedef struct pal_net_ids {
    const size_t *begin;  /* n + 1                 */
    const uint32_t *id;
    const float *weight;  /* as id; NULL: all 1    */
} pal_net_ids;

typedef struct pal_net_batch {
    size_t n;                  /* rows: a multiple of the group's size                    */
    const float *const *input; /* of each input node, in the order they were added: n x width */
    const pal_net_ids *bag;    /* of each bag node, in the order they were added          */
} pal_net_batch;

/* The values of all nodes for up to max_rows rows; with gradients when it is to train. One a thread, or one that
 * threads share by rows. */
typedef struct pal_net_work pal_net_work;
PAL_MUST_USE pal_status pal_net_work_new(pal_net_work **out, const pal_net *net, size_t max_rows, bool training,
                                         pal_error *err);
void pal_net_work_free(pal_net_work *work); /* accepts NULL */

/* Values of nodes first..last for rows [begin, end) of the batch, without dropout. A range of nodes serves one tower of
 * several: every node it needs must have been computed. Here there are no groups: all nodes have the batch's rows. */
void pal_net_forward(const pal_net *net, pal_net_work *work, const pal_net_batch *batch, pal_net_node first,
                     pal_net_node last, size_t begin, size_t end);
/* All nodes; those of groups have their group's rows. */
void pal_net_predict(const pal_net *net, pal_net_work *work, const pal_net_batch *batch);
const float *pal_net_value(const pal_net_work *work, pal_net_node node); /* rows x width */
float *pal_net_gradient(pal_net_work *work, pal_net_node node);         /* the same, of a training work */

/* ---- parameters as numbers ------------------------------------------------------------------ */

float *pal_net_param_value(pal_net *net, pal_net_param param);         /* weight; for weights and scales the bias follows */
size_t pal_net_param_size(const pal_net *net, pal_net_param param);    /* floats, bias included */
size_t pal_net_size(const pal_net *net);                               /* floats in all         */
/* All parameters to or from an array of pal_net_size floats: snapshots for early stopping. */
void pal_net_copy_out(float *to, const pal_net *net);
void pal_net_copy_in(pal_net *net, const float *from);
uint64_t pal_net_digest(const pal_net *net);

/* Parameters as arrays "PREFIX" + their names; and back into a net of the same build (table rows are taken from the
 * file). PAL_ERR_DATA names the array whose shape does not fit. */
PAL_MUST_USE pal_status pal_net_save(const pal_net *net, pal_tensors *file, const char *prefix, pal_error *err);
PAL_MUST_USE pal_status pal_net_load(pal_net *net, const pal_tensors *file, const char *prefix, pal_error *err);

#endif
