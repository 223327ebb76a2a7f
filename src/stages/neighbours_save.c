/* The neighbours stage in a file: what was heard, who was chosen, and in which order songs were filed. */
#include "stages/neighbours.h"

#include "core/hash.h"
#include "core/mem.h"
#include "stages/builtin.h"

#include <string.h>

#define NAME "neighbours"

uint64_t pal_neighbours_digest(const void *self)
{
    const pal_neighbours_stage *stage = self;
    uint64_t h = pal_hash_mix(pal_stage_popularity.digest(stage->popularity), pal_crowd_digest(stage->crowd));

    h = pal_hash_mix(h, pal_neighbours_index_digest(stage->index));
    for (size_t u = 0; u < stage->n_users; u++) {
        h = pal_hash_mix(h, pal_hash(stage->member + u * stage->most, stage->n_members[u] * sizeof *stage->member));
        h = pal_hash_mix(h, pal_hash_floats(stage->weight + u * stage->most, stage->n_members[u]));
    }
    return h;
}

/* Everyone's neighbours end to end: of a person's row only what is used. */
static pal_status save_members(const pal_neighbours_stage *stage, pal_tensors *file, pal_error *err)
{
    uint32_t *member = NULL;
    float *weight = NULL;
    size_t n = 0, at = 0;
    pal_status rc = PAL_OK;

    for (size_t u = 0; u < stage->n_users; u++) {
        n += stage->n_members[u];
    }
    PAL_NEW(member, n);
    PAL_NEW(weight, n);
    for (size_t u = 0; u < stage->n_users; at += stage->n_members[u++]) {
        memcpy(member + at, stage->member + u * stage->most, stage->n_members[u] * sizeof *member);
        memcpy(weight + at, stage->weight + u * stage->most, stage->n_members[u] * sizeof *weight);
    }
    PAL_TRY(pal_state_put(file, NAME, "n_members", PAL_U32, stage->n_users, stage->n_members, err));
    PAL_TRY(pal_state_put(file, NAME, "member", PAL_U32, n, member, err));
    PAL_TRY(pal_state_put(file, NAME, "weight", PAL_F32, n, weight, err));

done:
    pal_free(member);
    pal_free(weight);
    return rc;
}

pal_status pal_neighbours_save(const void *self, pal_tensors *file, pal_error *err)
{
    const pal_neighbours_stage *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, NAME, file, err));
    PAL_TRY(pal_part_save(&pal_stage_popularity, stage->popularity, NAME, file, err));
    PAL_TRY(pal_crowd_save(stage->crowd, NAME, file, err));
    PAL_TRY(pal_neighbours_index_save(stage->index, NAME, file, err));
    PAL_TRY(save_members(stage, file, err));
    PAL_TRY(pal_state_put(file, NAME, "trials", PAL_U64, stage->n_users, stage->trials, err));

done:
    return rc;
}

/* Rows are no longer than they may be, and members exist and ascend; *n = all of them. */
static pal_status check_members(size_t *n, const pal_neighbours_stage *stage, const uint32_t *n_members,
                                const pal_tensors *file, pal_error *err)
{
    const void *data;
    size_t at = 0;
    pal_status rc = PAL_OK;

    *n = 0;
    for (size_t u = 0; u < stage->n_users; u++) {
        if (n_members[u] > stage->most) {
            PAL_TRY(pal_state_bad(file, NAME, "n_members", u, n_members[u], stage->most + 1, err));
        }
        *n += n_members[u];
    }
    PAL_TRY(pal_state_get_n(&data, file, NAME, "member", PAL_U32, *n, err));
    for (size_t u = 0; u < stage->n_users; u++) {
        for (size_t k = 0; k < n_members[u]; k++, at++) {
            const uint32_t *member = (const uint32_t *)data + at;

            if (*member >= stage->n_users) {
                PAL_TRY(pal_state_bad(file, NAME, "member", at, *member, stage->n_users, err));
            }
            if (k > 0 && *member <= member[-1]) {
                PAL_FAIL(PAL_ERR_DATA, "%s: " NAME "/member: entry %zu, of person %zu, does not ascend",
                         pal_tensors_file(file), at, u);
            }
        }
    }

done:
    return rc;
}

static pal_status restore_members(pal_neighbours_stage *stage, const pal_tensors *file, pal_error *err)
{
    const void *data[3];
    const uint32_t *n_members;
    size_t n, at = 0;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get_n(&data[0], file, NAME, "n_members", PAL_U32, stage->n_users, err));
    n_members = data[0];
    PAL_TRY(check_members(&n, stage, n_members, file, err));
    PAL_TRY(pal_state_get_n(&data[1], file, NAME, "member", PAL_U32, n, err));
    PAL_TRY(pal_state_get_n(&data[2], file, NAME, "weight", PAL_F32, n, err));
    for (size_t u = 0; u < stage->n_users; at += n_members[u++]) {
        memcpy(stage->member + u * stage->most, (const uint32_t *)data[1] + at, n_members[u] * sizeof *stage->member);
        memcpy(stage->weight + u * stage->most, (const float *)data[2] + at, n_members[u] * sizeof *stage->weight);
    }
    memcpy(stage->n_members, n_members, stage->n_users * sizeof *n_members);

done:
    return rc;
}

pal_status pal_neighbours_restore(void *self, const pal_tensors *file, pal_error *err)
{
    pal_neighbours_stage *stage = self;
    const void *trials;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, NAME, file, err));
    PAL_TRY(pal_part_restore(&pal_stage_popularity, stage->popularity, NAME, file, err));
    PAL_TRY(pal_crowd_restore(stage->crowd, NAME, file, err));
    PAL_TRY(pal_neighbours_index_restore(stage->index, stage->playlists, NAME, file, err));
    PAL_TRY(restore_members(stage, file, err));
    PAL_TRY(pal_state_get_n(&trials, file, NAME, "trials", PAL_U64, stage->n_users, err));
    memcpy(stage->trials, trials, stage->n_users * sizeof *stage->trials);

done:
    return rc;
}
