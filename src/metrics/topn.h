/* Metrics of one person's full ranking, and the table that defines each of them. */
#ifndef PAL_METRICS_TOPN_H
#define PAL_METRICS_TOPN_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"
#include "metrics/metric.h"

#include <stddef.h>
#include <stdint.h>

#define PAL_TOPN_MAX_KS 8      /* list lengths measured at once          */
#define PAL_TOPN_MAX_K 1000    /* the longest list                       */
#define PAL_TOPN_NAME 40       /* bytes of a column's name               */
#define PAL_TOPN_SMOOTHING 0.01 /* of calibration: Steck, RecSys 2018    */

/*
 * The same name means different things in different libraries, so every definition stands in the table below
 * (pal_topn_info) and goes with the results. In all of them: the ranking is of ALL candidates (never a sample), the
 * highest score first, equal scores by lower item; T are the wanted items, L_k the first k of the ranking.
 */
typedef enum pal_topn_whole { /* of the whole ranking */
    PAL_TOPN_AUC,             /* mean over wanted and other candidates of [wanted above] + 1/2 [equal]               */
    PAL_TOPN_AUC_PESSIMISTIC, /* LightFM: a candidate with an equal score ranks above                                */
    PAL_TOPN_MRR,             /* 1 / place of the first wanted item                                                  */
    PAL_TOPN_WHOLES
} pal_topn_whole;

typedef enum pal_topn_at {    /* of the first k */
    PAL_TOPN_NDCG,            /* sum over hits of 1 / log2(place + 1), over that of min(k, |T|) hits in front        */
    PAL_TOPN_PRECISION,       /* hits / k                                                                            */
    PAL_TOPN_RECALL,          /* hits / |T|                                                                          */
    PAL_TOPN_TRUNCATED_RECALL, /* hits / min(k, |T|)                                                                 */
    PAL_TOPN_MAP,             /* sum over hits of precision at their place, over min(k, |T|)                         */
    PAL_TOPN_HIT_RATE,        /* 1 if there is a hit                                                                 */
    PAL_TOPN_NOVELTY,         /* mean of -log2 of the smoothed share of interactions                                 */
    PAL_TOPN_DIVERSITY,       /* mean over pairs of 1 - cosine                                                       */
    PAL_TOPN_POPULARITY_KL,   /* KL divergence of the person's own mix of head, middle and tail from the list's      */
    PAL_TOPN_GENRE_KL,        /* the same for genres                                                                 */
    PAL_TOPN_TIED,            /* 1 if the score at place k stands at place k + 1 too: the cut is by item number      */
    PAL_TOPN_ATS
} pal_topn_at;

/* Of all lists together, at every k: catalog coverage and Gini; not made here (metrics/diversity.h). */
typedef enum pal_topn_crowd { PAL_TOPN_COVERAGE, PAL_TOPN_GINI, PAL_TOPN_CROWDS } pal_topn_crowd;

/* The definition of a family; names of the at-k families are without "@k". Static. */
const pal_metric_info *pal_topn_whole_info(pal_topn_whole whole);
const pal_metric_info *pal_topn_at_info(pal_topn_at at);
const pal_metric_info *pal_topn_crowd_info(pal_topn_crowd crowd);

/* Columns of one person: the wholes, then for each k (ascending) all at-k families. */
size_t pal_topn_columns(size_t n_k);
static inline size_t pal_topn_column_at(size_t k_index, pal_topn_at at)
{
    return (size_t)PAL_TOPN_WHOLES + k_index * (size_t)PAL_TOPN_ATS + (size_t)at;
}
/* The family of a column, and its k (0 for a whole). */
const pal_metric_info *pal_topn_column_info(size_t column, const size_t *k, size_t *at_k);
/* "auc", "ndcg@10"; returns name. */
const char *pal_topn_column_name(char name[PAL_TOPN_NAME], size_t column, const size_t *k);
/* Column of a name, SIZE_MAX when there is none. */
size_t pal_topn_find(const char *name, const size_t *k, size_t n_k);

/*
 * What all people share. All borrowed; a NULL leaves its family undefined (NaN).
 *
 *   k           n_k      ascending, 1..PAL_TOPN_MAX_K, none twice
 *   share       n_items  > 0: share of interactions of each item (pal_item_shares)
 *   likeness    items x anything: rows are compared by cosine for diversity; a row without cells has cosine 0
 *   length      n_items  Euclidean length of likeness' rows (pal_topn_lengths)
 *   popularity  items x 3 and genres, items x genres: an item's mass is spread evenly over its cells
 */
typedef struct pal_topn_context {
    size_t n_items, n_k;
    const size_t *k;
    const double *share;
    const pal_csr *likeness;
    const double *length;
    const pal_csr *popularity, *genres;
} pal_topn_context;

/* Cosines of pairs met before, so that the popular pairs of everybody's lists are not multiplied out each time: one
 * slot a pair by its hash, the last one stays. It changes no result. One a worker; start from {0}. */
typedef struct pal_topn_cache {
    uint64_t *pair;  /* lower item << 32 | higher item; PAL_TOPN_SLOTS or NULL; 0 = free (never a pair) */
    double *cosine;
} pal_topn_cache;
#define PAL_TOPN_SLOTS ((size_t)1 << 16)
PAL_MUST_USE pal_status pal_topn_cache_make(pal_topn_cache *cache, pal_error *err);
void pal_topn_cache_clear(pal_topn_cache *cache);

/* One person. without and wanted ascend and share no item; own is the person's profile for calibration. */
typedef struct pal_topn_person {
    const float *score;         /* n_items, finite                                  */
    size_t n_without, n_wanted, n_own;
    const uint32_t *without;    /* no candidates: what the person has already       */
    const uint32_t *wanted;     /* T                                                */
    const uint32_t *own;
} pal_topn_person;

/*
 * Measure one person.
 *
 *   value   out pal_topn_columns(n_k)   NaN where undefined: all of them when T is empty; the AUCs when every candidate
 *                                       is wanted; list measures when there is no candidate
 *   item    out k_max                   the first k_max of the ranking, best first; ends with UINT32_MAX if shorter
 *   score   out k_max                   their scores; 0 behind the end
 *   cache   tmp                         of this context's likeness only; NULL for none
 *   scratch tmp                         rewound before return; O(|T| + k_max) bytes
 *
 * Cost: one pass over the items with a binary search in T each; no sort of the whole row.
 *   PAL_ERR_DATA    a score is not finite; the text names the item
 *   PAL_ERR_MEMORY  out of memory
 * Sources in the table. LightFM's AUC is the one of its evaluation code, ranks of wanted items minus the wanted ones
 * before them. Oracles: tests/metrics/test_topn.c (sorting by brute force, scikit-learn).
 */
PAL_MUST_USE pal_status pal_topn_measure(double *value, uint32_t *item, float *score, const pal_topn_context *context,
                                         const pal_topn_person *person, pal_topn_cache *cache, pal_arena *scratch,
                                         pal_error *err);

/* Length of each row. */
void pal_topn_lengths(double *length, const pal_csr *rows);

/*
 * Items in three groups by count, one cell a row: column 0 the head (the most popular items that make a fifth of the
 * counts), 2 the tail (the least popular that make a fifth; never counted ones too), 1 the rest. Ties by lower item.
 * The caller owns *out. Source: Abdollahpouri et al., UMAP 2021.
 */
PAL_MUST_USE pal_status pal_topn_popularity_groups(pal_csr **out, const uint32_t *count, size_t n_items,
                                                   pal_error *err);

/*
 * Kullback-Leibler divergence of the mix q of a list from the mix p of a profile, in nats, with q smoothed by
 * PAL_TOPN_SMOOTHING of p. Each item spreads one over its cells of `groups`. NaN when the profile has no cell.
 * n_groups doubles of work are taken from scratch and given back.
 */
PAL_MUST_USE pal_status pal_topn_calibration(double *out, const pal_csr *groups, const uint32_t *profile,
    size_t n_profile, const uint32_t *list, size_t n_list, pal_arena *scratch, pal_error *err);

#endif
