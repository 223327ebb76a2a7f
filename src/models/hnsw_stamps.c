/* Which vectors a search has met: stamps that outlive it, so that no search clears four bytes a vector. */
#include "models/hnsw_parts.h"

#include "core/mem.h"

#include <string.h>

/* The index is const to those who search it; what they leave for one another is a cache and reaches no result. */
static _Atomic(hnsw_stamps *) *spare_of(const pal_hnsw *x)
{
    return ((pal_hnsw *)(uintptr_t)x)->spare;
}

static void free_stamps(hnsw_stamps *stamps)
{
    if (stamps != NULL) {
        pal_free(stamps->at);
        pal_free(stamps);
    }
}

pal_status hnsw_stamps_take(hnsw_stamps **out, const pal_hnsw *x, pal_error *err)
{
    pal_status rc = PAL_OK;
    hnsw_stamps *made = NULL;

    for (size_t i = 0; i < HNSW_SPARE; i++) {
        made = atomic_exchange(&spare_of(x)[i], NULL);
        if (made != NULL && made->n >= x->capacity) {
            *out = made;
            return PAL_OK;
        }
        free_stamps(made); /* from before the index grew */
        made = NULL;
    }
    PAL_NEW(made, 1);
    PAL_NEW(made->at, x->capacity);
    made->n = x->capacity;
    *out = made;
    made = NULL;

done:
    free_stamps(made);
    return rc;
}

void hnsw_stamps_give(const pal_hnsw *x, hnsw_stamps *stamps)
{
    for (size_t i = 0; i < HNSW_SPARE && stamps != NULL; i++) {
        hnsw_stamps *nobody = NULL;

        if (atomic_compare_exchange_strong(&spare_of(x)[i], &nobody, stamps)) {
            return;
        }
    }
    free_stamps(stamps);
}

void hnsw_stamps_clear(pal_hnsw *x)
{
    for (size_t i = 0; i < HNSW_SPARE; i++) {
        free_stamps(atomic_exchange(&x->spare[i], NULL));
    }
}

void hnsw_stamps_next(hnsw_stamps *stamps)
{
    if (++stamps->now == 0) { /* the counter went round: old stamps must not look new */
        memset(stamps->at, 0, stamps->n * sizeof *stamps->at);
        stamps->now = 1;
    }
}
