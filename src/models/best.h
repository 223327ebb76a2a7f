/* The k best of many scored things: a heap with the worst of the kept at its root. A total order, ties by lower id. */
#ifndef PAL_MODELS_BEST_H
#define PAL_MODELS_BEST_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Arrays of the caller. Start with n = 0; offer things in any order; then sort. */
typedef struct pal_best {
    float *score; /* k: of the kept ones */
    uint32_t *id; /* k                   */
    size_t k, n;  /* wanted (> 0), kept  */
} pal_best;

/* Is (score a, id i) behind (score b, id j)? */
static inline bool pal_best_is_worse(float a, uint32_t i, float b, uint32_t j)
{
    return a < b || (a == b && i > j);
}

/* Put an entry at the root and let it sink to its place among n. */
static inline void pal_best_sink(float *score, uint32_t *ids, size_t n, float x, uint32_t id)
{
    size_t at = 0, child;

    while ((child = 2 * at + 1) < n) {
        if (child + 1 < n && pal_best_is_worse(score[child + 1], ids[child + 1], score[child], ids[child])) child++;
        if (!pal_best_is_worse(score[child], ids[child], x, id)) break;
        score[at] = score[child];
        ids[at] = ids[child];
        at = child;
    }
    score[at] = x;
    ids[at] = id;
}

/* Keep (x, id) if it is among the k best so far. */
static inline void pal_best_offer(pal_best *best, float x, uint32_t id)
{
    float *score = best->score;
    uint32_t *ids = best->id;
    size_t at = best->n;

    if (at == best->k) {
        if (pal_best_is_worse(score[0], ids[0], x, id)) pal_best_sink(score, ids, at, x, id);
        return;
    }
    best->n++;
    for (; at > 0 && pal_best_is_worse(x, id, score[(at - 1) / 2], ids[(at - 1) / 2]); at = (at - 1) / 2) {
        score[at] = score[(at - 1) / 2];
        ids[at] = ids[(at - 1) / 2];
    }
    score[at] = x;
    ids[at] = id;
}

/* Best first. No more offers afterwards. */
static inline void pal_best_sort(pal_best *best)
{
    for (size_t left = best->n; left-- > 1;) { /* the worst of those left goes to the end */
        float last = best->score[left];
        uint32_t id = best->id[left];

        best->score[left] = best->score[0];
        best->id[left] = best->id[0];
        pal_best_sink(best->score, best->id, left, last, id);
    }
}

#endif
