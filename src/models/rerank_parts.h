/* The greedy step all re-rankers share. For rerank_*.c only; everyone else includes rerank.h. */
#ifndef PAL_MODELS_RERANK_PARTS_H
#define PAL_MODELS_RERANK_PARTS_H

#include "models/rerank.h"

#include <stdbool.h>

/* The candidate of the highest gain among those not taken, the lowest of equals; it is taken. One must be left. */
static inline size_t pal_rerank_take(bool *taken, const double *gain, size_t n)
{
    size_t best = n;

    for (size_t i = 0; i < n; i++) {
        if (!taken[i] && (best == n || gain[i] > gain[best])) {
            best = i;
        }
    }
    PAL_ASSERT(best < n);
    taken[best] = true;
    return best;
}

#endif
