/* What a model of boosted trees is made of. For boost_*.c only; everyone else includes boost.h. */
#ifndef PAL_MODELS_BOOST_MODEL_H
#define PAL_MODELS_BOOST_MODEL_H

#include "models/boost.h"

/* Bits of LightGBM's decision_type. */
#define PAL_BOOST_CATEGORICAL 1
#define PAL_BOOST_DEFAULT_LEFT 2
#define PAL_BOOST_MISSING_ZERO 4
#define PAL_BOOST_MISSING_NAN 8
/* What LightGBM takes for zero: the double next to the float 1e-35. */
#define PAL_BOOST_ZERO 1.0000000180025095e-35

typedef struct pal_boost_node { /* an inner node: left when x <= threshold */
    double threshold;
    double value;        /* the output it had as a leaf                        */
    double weight;       /* sum of hessians                                    */
    float gain;
    int32_t feature;
    int32_t left, right; /* node of the same tree, or ~leaf                    */
    int32_t count;       /* training rows                                      */
    uint8_t decision;    /* PAL_BOOST_DEFAULT_LEFT | one of PAL_BOOST_MISSING_ */
} pal_boost_node;

typedef struct pal_boost_leaf {
    double value, weight;
    int32_t count;
} pal_boost_leaf;

typedef struct pal_boost_tree {
    size_t first_node, first_leaf; /* into the model's arrays; n_leaves - 1 nodes, n_leaves leaves */
    size_t n_leaves;               /* >= 1  */
    double shrinkage;
} pal_boost_tree;

/* A node for walking: children side by side, leaves lead to themselves (threshold +inf). */
typedef struct pal_boost_step {
    double threshold;
    uint32_t left;
    uint32_t feature;
} pal_boost_step;

/* Nodes by feature and threshold, for trees of few leaves: see boost_masks.c. */
#define PAL_BOOST_MASK_LEAVES 32
#define PAL_BOOST_MASK_TREES 2048
#define PAL_BOOST_MASK_ROWS 16
typedef struct pal_boost_masks {
    size_t *first;     /* d + 1: where the nodes of a feature begin           */
    double *threshold; /* n_nodes, ascending within a feature; then 2 half more */
    uint32_t half;     /* first halving of the longest feature's               */
    uint32_t *tree;    /* n_nodes                                             */
    uint32_t *others;  /* n_nodes: the leaves not on its left, as bits        */
    uint32_t stride;   /* nodes from mark to mark                             */
    size_t *first_mark; /* d + 1                                              */
    uint32_t *mark;    /* n_trees words each: the leaves left so far          */
    double *value;     /* n_leaves, from left to right; NULL: no masks        */
} pal_boost_masks;

struct pal_boost {
    size_t d, n_trees;
    pal_boost_tree *tree;
    pal_boost_node *node;
    pal_boost_leaf *leaf;
    size_t n_nodes, n_leaves;
    double sigmoid;       /* probability = 1 / (1 + exp(-sigmoid * raw))              */
    char **name;          /* d                                                        */
    char **info;          /* d, LightGBM's feature_infos: "[low:high]" or "none"      */
    char *parameters;     /* lines of the parameter block, or NULL                    */
    double *train_curve, *valid_curve;
    size_t n_curve;
    /* cache, rebuilt by pal_boost_model_finish */
    pal_boost_masks masks; /* for models whose trees are small, or ...                */
    pal_boost_step *step; /* ... n_leaves + n_nodes, tree after tree                  */
    double *step_value;   /* the leaf's value where a step is a leaf                  */
    uint32_t *depth;      /* n_trees: steps from root to the deepest leaf             */
    bool zero_is_missing; /* some node has PAL_BOOST_MISSING_ZERO                     */
};

/* Parameters as the lines LightGBM would write; those it does not know are left out. The caller pal_frees *out. */
PAL_MUST_USE pal_status pal_boost_config_text(char **out, const pal_boost_config *config, pal_error *err);

/* An empty model of d features with room for trees; names and infos are defaults. */
PAL_MUST_USE pal_status pal_boost_model_new(pal_boost **out, size_t d, size_t trees, size_t nodes, size_t leaves,
                                            pal_error *err);
/* Build the cache. Call once the trees are all there, after pal_boost_tree_check for text from outside. */
PAL_MUST_USE pal_status pal_boost_model_finish(pal_boost *model, pal_error *err);

/* Masks for a model of at most PAL_BOOST_MASK_TREES trees and _LEAVES leaves a tree; for others they are left out. */
PAL_MUST_USE pal_status pal_boost_masks_make(pal_boost *model, pal_error *err);
void pal_boost_masks_clear(pal_boost_masks *masks);
/* The raw score of a row without missing values, and of PAL_BOOST_MASK_ROWS. `leaves`: n_trees words a row. */
double pal_boost_masks_raw(const pal_boost *model, const double *x, uint32_t *leaves);
void pal_boost_masks_rows(double raw[PAL_BOOST_MASK_ROWS], const pal_boost *model,
                          const double *const x[PAL_BOOST_MASK_ROWS], uint32_t *leaves);

/* Which way does x go at a node? As LightGBM's NumericalDecision. */
static inline int32_t pal_boost_next(const pal_boost_node *node, double x)
{
    bool missing = x != x;

    if (missing && (node->decision & PAL_BOOST_MISSING_NAN) == 0) {
        x = 0;
        missing = false;
    }
    if ((node->decision & PAL_BOOST_MISSING_ZERO) != 0 && x >= -PAL_BOOST_ZERO && x <= PAL_BOOST_ZERO) {
        missing = true;
    }
    if (missing) {
        return (node->decision & PAL_BOOST_DEFAULT_LEFT) != 0 ? node->left : node->right;
    }
    return x <= node->threshold ? node->left : node->right;
}

#endif
