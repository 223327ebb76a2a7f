/* Communities of people: a graph of people cut by spectral clustering, laid out on a page, compared with the truth. */
#ifndef PAL_LAB_PEOPLE_COMMUNITIES_H
#define PAL_LAB_PEOPLE_COMMUNITIES_H

#include "core/csr.h"
#include "core/error.h"
#include "core/rng.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_NO_COMMUNITY UINT32_MAX /* a person who is like nobody: nothing liked yet */

typedef struct pal_communities_config {
    size_t k;         /* communities; 0: by the largest eigengap among 2..max_k     */
    size_t max_k;     /* never above a fifth of the people who have an edge         */
    size_t n_threads;
} pal_communities_config;

/* One clustering of n people. The caller owns the arrays (pal_communities_clear). */
typedef struct pal_communities {
    size_t n, placed;    /* people; those with an edge                                             */
    size_t k;            /* communities that have members; 0 when nobody is placed, or no cut was found */
    size_t n_labels;     /* numbers below it are used as labels; k, or more once matched           */
    uint32_t *label;     /* n: or PAL_NO_COMMUNITY                                                 */
    double *x, *y;       /* n: on the map; NaN where there is no community                         */
    size_t n_values;
    double *value;       /* of the normalised Laplacian, ascending: at least k + 1 where there are as many */
    double gap;          /* value[k] - value[k - 1], NaN without                                    */
} pal_communities;
void pal_communities_clear(pal_communities *c);

/*
 * Spectral clustering of a symmetric graph of people (models/spectral.h, Lanczos: exact grade). Labels go by size, the largest
 * community 0, ties by the lowest member. No cut is found (k = 0, nobody in a community) when fewer than two people have an
 * edge, or when the eigensolver does not converge: that is no error.
 */
PAL_MUST_USE pal_status pal_communities_find(pal_communities *out, const pal_csr *edges,
                                             const pal_communities_config *config, pal_key key, pal_error *err);

/*
 * Rename the labels of `now` so that each community keeps the number of the one before that it shares most members with:
 * the largest overlap first, each used once, ties by the lower old and new number. Others get numbers not used so far, from
 * *n_used, which moves on.
 */
PAL_MUST_USE pal_status pal_communities_match(pal_communities *now, const pal_communities *before, size_t *n_used,
                                              pal_error *err);

/* How far communities agree with the tastes people truly have. All NaN when nobody is placed. */
typedef struct pal_agreement {
    double ari, nmi;           /* with the cluster of each person's strongest true taste           */
    double ari_sets, nmi_sets; /* with the set of clusters of all of a person's true tastes        */
    double overlap;            /* mean over pairs in one community: shared share of their true clusters (Jaccard) */
} pal_agreement;

/* strongest (n) and mask (n: bit c, a true taste in cluster c) over the people with a label. */
PAL_MUST_USE pal_status pal_communities_agreement(pal_agreement *out, const uint32_t *label, const uint32_t *strongest,
                                                  const uint64_t *mask, size_t n, pal_error *err);
/* The same when labels are dealt out at random among the people who have one: mean of `times` shuffles. */
PAL_MUST_USE pal_status pal_communities_chance(pal_agreement *out, const uint32_t *label, const uint32_t *strongest,
                                               const uint64_t *mask, size_t n, size_t times, pal_key key, pal_error *err);

#endif
