/* The community stage in a file: every array of its state, with the people it is of. */
#include "stages/community.h"

#include "core/hash.h"
#include "stages/builtin.h"

#include <string.h>

uint64_t pal_community_digest(const void *self)
{
    const pal_community_stage *stage = self;
    const size_t most = stage->most, batches = stage->batches;
    uint64_t h = pal_hash_mix(pal_stage_popularity.digest(stage->popularity), stage->round);

    /* every number was set by the same steps (what lies beyond n is what was there before): bytes are values */
#define X(type, field, length) h = pal_hash_mix(h, pal_hash(stage->field, stage->n_users *(length) * sizeof(type)));
    PAL_COMMUNITY_STATE(X)
#undef X
    return h;
}

#define DTYPE_uint32_t PAL_U32
#define DTYPE_int32_t PAL_I32
#define DTYPE_uint64_t PAL_U64
#define DTYPE_float PAL_F32
#define DTYPE_double PAL_F64

pal_status pal_community_save(const void *self, pal_tensors *file, pal_error *err)
{
    const pal_community_stage *stage = self;
    const size_t most = stage->most, batches = stage->batches;
    pal_status rc = PAL_OK;
    uint64_t shape[2] = { stage->n_users, 1 };

    PAL_TRY(pal_origin_save(&stage->origin, "community", file, err));
    PAL_TRY(pal_tensors_put(file, "community/round", PAL_U32, 0, NULL, &stage->round, err));
#define X(type, field, length) \
    shape[1] = (length);       \
    PAL_TRY(pal_tensors_put(file, "community/" #field, DTYPE_##type, 2, shape, stage->field, err));
    PAL_COMMUNITY_STATE(X)
#undef X
    PAL_TRY(pal_part_save(&pal_stage_popularity, stage->popularity, "community", file, err));

done:
    return rc;
}

static pal_status check_shape(const pal_tensors *file, const char *name, const uint64_t *found, size_t n_users,
                              size_t length, pal_error *err)
{
    if (found[0] == n_users && found[1] == length) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_DATA, "%s: %s is %llu x %llu, for %zu people and these parameters it must be %zu x %zu",
                         pal_tensors_file(file), name, (unsigned long long)found[0], (unsigned long long)found[1],
                         n_users, n_users, length);
}

/* An array whose shape was looked at. */
static pal_status array_of(const uint32_t **out, const pal_tensors *file, const char *name, pal_error *err)
{
    uint64_t shape[2];
    const void *data;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_tensors_get(&data, shape, file, name, PAL_U32, 2, err));
    *out = data;

done:
    return rc;
}

/* Counts are no larger than their rows, members and songs exist, and members ascend. */
static pal_status check_content(const pal_community_stage *stage, const pal_tensors *file, pal_error *err)
{
    const uint32_t *n_members, *member, *n_batch, *item;
    const size_t most = stage->most;
    pal_status rc = PAL_OK;

    PAL_TRY(array_of(&n_members, file, "community/n_members", err));
    PAL_TRY(array_of(&member, file, "community/member", err));
    PAL_TRY(array_of(&n_batch, file, "community/n_batch", err));
    PAL_TRY(array_of(&item, file, "community/batch_item", err));
    for (size_t u = 0; u < stage->n_users; u++) {
        if (n_members[u] > most) {
            PAL_TRY(pal_state_bad(file, "community", "n_members", u, n_members[u], most + 1, err));
        }
        for (size_t m = u * most; m < u * most + n_members[u]; m++) {
            if (member[m] >= stage->n_users) {
                PAL_TRY(pal_state_bad(file, "community", "member", m, member[m], stage->n_users, err));
            }
            if (m > u * most && member[m] <= member[m - 1]) {
                PAL_FAIL(PAL_ERR_DATA, "%s: community/member: entry %zu, of person %zu, does not ascend",
                         pal_tensors_file(file), m, u);
            }
        }
    }
    for (size_t b = 0; b < stage->n_users * stage->batches; b++) {
        if (n_batch[b] > most) {
            PAL_TRY(pal_state_bad(file, "community", "n_batch", b, n_batch[b], most + 1, err));
        }
        for (size_t k = b * most; k < b * most + n_batch[b]; k++) {
            if (item[k] >= stage->catalog->n_items) {
                PAL_TRY(pal_state_bad(file, "community", "batch_item", k, item[k], stage->catalog->n_items, err));
            }
        }
    }

done:
    return rc;
}

pal_status pal_community_restore(void *self, const pal_tensors *file, pal_error *err)
{
    pal_community_stage *stage = self;
    const size_t most = stage->most, batches = stage->batches;
    pal_status rc = PAL_OK;
    uint64_t shape[2];
    const void *data;

    /* all shapes are looked at before the first byte moves */
    PAL_TRY(pal_origin_check(&stage->origin, "community", file, err));
#define X(type, field, length)                                                                             \
    PAL_TRY(pal_tensors_get(&data, shape, file, "community/" #field, DTYPE_##type, 2, err));               \
    PAL_TRY(check_shape(file, "community/" #field, shape, stage->n_users, (length), err));
    PAL_COMMUNITY_STATE(X)
#undef X
    PAL_TRY(check_content(stage, file, err));
    PAL_TRY(pal_part_restore(&pal_stage_popularity, stage->popularity, "community", file, err));
    PAL_TRY(pal_tensors_get(&data, NULL, file, "community/round", PAL_U32, 0, err));
    memcpy(&stage->round, data, sizeof stage->round);
#define X(type, field, length)                                                                             \
    PAL_TRY(pal_tensors_get(&data, shape, file, "community/" #field, DTYPE_##type, 2, err));               \
    memcpy(stage->field, data, stage->n_users *(length) * sizeof(type));
    PAL_COMMUNITY_STATE(X)
#undef X

done:
    return rc;
}
