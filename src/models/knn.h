/* Similarity of things by the terms they share: items by people for item neighbours, people by items for people. */
#ifndef PAL_MODELS_KNN_H
#define PAL_MODELS_KNN_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"
#include "core/param.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_KNN_NONE UINT32_MAX

typedef enum pal_knn_similarity {
    PAL_KNN_COSINE, PAL_KNN_ASYMMETRIC, PAL_KNN_JACCARD, PAL_KNN_DICE
} pal_knn_similarity;
typedef enum pal_knn_weighting { PAL_KNN_RAW, PAL_KNN_TFIDF, PAL_KNN_BM25 } pal_knn_weighting;

/*
 * With x.y the sum over shared terms of weight times weight, and h = shrink, the similarity of target a to source b:
 *
 *   cosine      a.b / (|a| |b| + h)
 *   asymmetric  a.b / ((a.a)^alpha (b.b)^(1 - alpha) + h)         alpha = 1/2 is the cosine
 *   jaccard     a.b / (a.a + b.b - a.b + h)                       counts terms when all weights are 1
 *   dice        2 a.b / (a.a + b.b + h)
 *
 * The weight of a value v in a term that c of N things have, in a thing whose values add up to s (mean over all: m):
 *
 *   none        v
 *   tfidf       sqrt(v) idf,                                      idf = max(0, log N - log(1 + c))
 *   bm25        v (K + 1) / (K (1 - B + B s / m) + v) idf
 *
 * Sources: Aiolli, RecSys 2013 (asymmetric); implicit 0.7 (weightings; there idf may be negative, for a term that all
 * things have).
 */
typedef struct pal_knn_config {
    pal_knn_similarity similarity;
    pal_knn_weighting weighting;
    double alpha, shrink, bm25_k, bm25_b;
    size_t k;       /* neighbours kept; 0: all */
    bool normalise; /* divide by the sum of the neighbours' similarities */
} pal_knn_config;

extern const pal_param pal_knn_params[]; /* of both models */
pal_knn_config pal_knn_config_from(const pal_values *values);

/* Things and terms made ready. Storage of the caller, from {0}. */
typedef struct pal_knn_space {
    pal_knn_config config;
    size_t n_things, n_terms;
    pal_csr *things;      /* n_things x n_terms, weights   */
    pal_csr *terms;       /* its transpose                 */
    double *idf, average; /* n_terms; mean sum of values   */
    double *square;       /* n_things: a.a                 */
    double *left, *right; /* n_things: |a|, |b| or their powers as target and as source */
} pal_knn_space;

/* raw_terms is the transpose of the things: terms x things, values > 0. */
PAL_MUST_USE pal_status pal_knn_space_fit(pal_knn_space *space, const pal_csr *raw_terms, const pal_knn_config *config,
                                          pal_error *err);
void pal_knn_space_clear(pal_knn_space *space);

/* Weights of a thing from its values; 0 for a term without weight. */
void pal_knn_weigh(float *weight, const pal_knn_space *space, const uint32_t *term, const float *value, size_t n);

/* Scratch of one search: n_things each; dot all 0 before and after. */
typedef struct pal_knn_work {
    double *dot;
    uint32_t *touched, *best;
    float *score, *best_score;
} pal_knn_work;

/* From the arena, ready for a search; the caller rewinds. PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_knn_work_take(pal_knn_work *work, const pal_knn_space *space, pal_arena *arena,
                                          pal_error *err);

/*
 * The neighbours of a target given by its n weighted terms: at most config.k things of similarity above 0 other than
 * `skip` (PAL_KNN_NONE: any), ties by lower id. near and similarity (n_things each) are filled in ascending order of
 * id. Gives their number. Cost: the sum of the terms' counts.
 */
size_t pal_knn_nearest(uint32_t *near, float *similarity, pal_knn_work *work, const pal_knn_space *space,
                       const uint32_t *term, const float *weight, size_t n, uint32_t skip);

/* Dot products of a target with all things, left in work->dot; pal_knn_forget clears them. */
void pal_knn_dots(pal_knn_work *work, const pal_knn_space *space, const uint32_t *term, const float *weight, size_t n);
void pal_knn_forget(pal_knn_work *work, const pal_knn_space *space);

/* Similarity of a thing to itself; 0 when its weights are all 0. */
float pal_knn_own(const pal_knn_space *space, uint32_t thing);

#endif
