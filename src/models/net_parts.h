/* What the net_*.c files share. Nobody else includes it. */
#ifndef PAL_MODELS_NET_PARTS_H
#define PAL_MODELS_NET_PARTS_H

#include "models/net.h"

typedef enum net_kind {
    NET_INPUT, NET_BAG, NET_DENSE, NET_RELU, NET_GELU, NET_LAYER_NORM, NET_DROPOUT, NET_CONCAT, NET_ADD,
    NET_NORMALISE, NET_DOT, NET_REPEAT
} net_kind;

typedef enum net_param_kind { NET_TABLE, NET_WEIGHTS, NET_SCALE } net_param_kind;

typedef struct net_param {
    char *name;
    net_param_kind kind;
    size_t rows, cols; /* table n x d; weights width x in; scale 1 x width */
    size_t size;       /* floats, bias included                            */
    size_t at;         /* into net->table (tables) or net->dense           */
    double sd;         /* of a table's first values                        */
} net_param;

typedef struct net_node {
    net_kind kind;
    uint32_t a, b;    /* nodes it reads            */
    uint32_t param;
    uint32_t slot;    /* of inputs, bags, dropouts */
    size_t width;
    size_t group;     /* rows of the batch a row of its own stands for */
    size_t aux;       /* floats a row kept for the way back */
    double rate;
    pal_net_pool pool;
} net_node;

struct pal_net {
    pal_backend backend;
    size_t n_params, n_nodes, n_inputs, n_bags, n_dropouts;
    size_t group;     /* of inputs and bags that are added */
    size_t most_group; /* of any node: rows of the batch come in such groups */
    net_param *param;
    net_node *node;
    size_t n_dense, n_table; /* floats */
    float *dense, *table;
    pal_status failed;
    char why[128];
};

struct pal_net_work {
    size_t n_nodes, max_rows;
    float **value, **gradient, **aux; /* n_nodes each; gradient entries are NULL outside of training */
};

/* Where a dropout mask comes from; NULL in place of it: no dropout. */
typedef struct net_masks {
    pal_key key;
    uint64_t step;
} net_masks;

float *net_values(const pal_net *net, uint32_t param); /* weight, then bias */
/* Fresh values of rows [first, rows) of a parameter. */
void net_draw(float *out, const net_param *p, size_t first, pal_key key);

/* All nodes for rows [begin, end) of the batch, whole groups. */
void net_forward(const pal_net *net, pal_net_work *work, const pal_net_batch *batch, const net_masks *masks,
                 size_t begin, size_t end);
/*
 * The way back for rows [begin, end), whole groups: gradients of nodes from those of later ones (the loss has set its own), and
 * gradients of dense parameters added to `dense` (net->n_dense floats). Tables are left to the trainer.
 */
void net_backward(const pal_net *net, pal_net_work *work, const net_masks *masks, float *dense, size_t begin,
                  size_t end);
/* Row r's pooling factor: 1, or 1 / sum of weights (0 when that is 0). */
float net_pool_factor(const pal_net_ids *ids, pal_net_pool pool, size_t r);

#endif
