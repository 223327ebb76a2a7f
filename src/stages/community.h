/* The community stage, shared between its files only. */
#ifndef PAL_STAGES_COMMUNITY_H
#define PAL_STAGES_COMMUNITY_H

#include "stages/community_circle.h"
#include "stages/stage_state.h"

#include <stddef.h>
#include <stdint.h>

/* Listed once: save, restore and digest cannot forget a field. Lengths a person; batches = lag + 1. */
#define PAL_COMMUNITY_STATE(X) /* type, field, length */                                                      \
    X(uint32_t, n_members, 1)                                                                                  \
    X(uint32_t, member, most)             /* ascending, the first n_members                                 */ \
    X(int32_t, standing, most)            /* of each member: likes of their songs minus dislikes            */ \
    X(double, score, 1)                   /* of the community, when it was last looked at                   */ \
    X(uint64_t, known, 1)                 /* songs of client and members then; they only grow               */ \
    X(uint32_t, without_gain, 1)          /* steps since the last one that improved it                      */ \
    X(uint64_t, trials, 1)                                                                                     \
    X(uint64_t, clusterings, 1)                                                                                \
    X(uint32_t, n_batch, batches)         /* suggestions made at the end of round r stand in batch r % batches */ \
    X(uint32_t, batch_item, batches *most)                                                                     \
    X(float, batch_score, batches *most)

typedef struct pal_community_stage {
    const pal_catalog *catalog;
    pal_origin origin;
    size_t n_users, most, batches, steps, patience, looks, fetch_every, n_threads;
    int32_t leave_below;
    pal_fetching fetching;
    pal_spectral_config clusters;
    pal_key train, cluster_key;
    void *popularity;      /* an instance of the popularity stage: tops up */
    uint32_t round;        /* the round that comes next: state, for a restored stage serves from it */
#define X(type, field, length) type *field;
    PAL_COMMUNITY_STATE(X)
#undef X
    uint32_t *mark, *row;  /* n_threads x n_items: tools of the circles */
    pal_arena **scratch;   /* n_threads                                 */
} pal_community_stage;

/* Members of pal_stage_type; community_save.c. */
uint64_t pal_community_digest(const void *self);
pal_status pal_community_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_community_restore(void *self, const pal_tensors *file, pal_error *err);

#endif
