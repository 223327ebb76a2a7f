/* Counting likes by item, against what their clusters let expect. */
#include "stages/crowd.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "stages/stage_state.h"

#include <string.h>

static void find_appeals(pal_crowd *crowd)
{
    const pal_catalog *c = crowd->catalog;
    double liked[PAL_MAX_CLUSTERS] = { 0 }, shown[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t i = 0; i < c->n_items; i++) {
        liked[c->cluster[i]] += crowd->liked[i];
        shown[c->cluster[i]] += crowd->shown[i];
    }
    for (size_t i = 0; i < c->n_items; i++) {
        double lift = 0;

        if (crowd->shown[i] > 0) {
            const double expected = crowd->shown[i] * (liked[c->cluster[i]] / shown[c->cluster[i]]);

            lift = pal_log((crowd->liked[i] + crowd->weight) / (expected + crowd->weight));
        }
        crowd->appeal[i] = (float)(crowd->popularity_pull / 100 * (double)c->popularity[i] + crowd->pull * lift);
    }
}

pal_status pal_crowd_new(pal_crowd **out, const pal_catalog *catalog, double popularity_pull, double pull,
                         double weight, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_crowd *crowd = NULL;

    PAL_NEW(crowd, 1);
    crowd->catalog = catalog;
    crowd->popularity_pull = popularity_pull;
    crowd->pull = pull;
    crowd->weight = weight;
    PAL_NEW(crowd->liked, catalog->n_items);
    PAL_NEW(crowd->shown, catalog->n_items);
    PAL_NEW(crowd->appeal, catalog->n_items);
    find_appeals(crowd);
    *out = crowd;
    crowd = NULL;

done:
    pal_crowd_free(crowd);
    return rc;
}

void pal_crowd_free(pal_crowd *crowd)
{
    if (crowd == NULL) {
        return;
    }
    pal_free(crowd->liked);
    pal_free(crowd->shown);
    pal_free(crowd->appeal);
    pal_free(crowd);
}

void pal_crowd_learn(pal_crowd *crowd, const pal_event *events, size_t n)
{
    for (size_t e = 0; e < n; e++) {
        crowd->shown[events[e].item]++;
        crowd->liked[events[e].item] += (events[e].flags & PAL_LIKED) != 0;
    }
    find_appeals(crowd);
}

uint64_t pal_crowd_digest(const pal_crowd *crowd)
{
    const size_t bytes = crowd->catalog->n_items * sizeof *crowd->liked;

    return pal_hash_mix(pal_hash(crowd->liked, bytes), pal_hash(crowd->shown, bytes));
}

pal_status pal_crowd_save(const pal_crowd *crowd, const char *stage, pal_tensors *file, pal_error *err)
{
    const size_t n_items = crowd->catalog->n_items;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_put(file, stage, "liked", PAL_U32, n_items, crowd->liked, err));
    PAL_TRY(pal_state_put(file, stage, "shown", PAL_U32, n_items, crowd->shown, err));

done:
    return rc;
}

pal_status pal_crowd_restore(pal_crowd *crowd, const char *stage, const pal_tensors *file, pal_error *err)
{
    const size_t n_items = crowd->catalog->n_items;
    const void *data[2];
    const uint32_t *liked, *shown;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_state_get_n(&data[0], file, stage, "liked", PAL_U32, n_items, err));
    PAL_TRY(pal_state_get_n(&data[1], file, stage, "shown", PAL_U32, n_items, err));
    liked = data[0];
    shown = data[1];
    for (size_t i = 0; i < n_items; i++) {
        if (liked[i] > shown[i]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/liked: item %zu has %lu likes of %lu impressions", pal_tensors_file(file),
                     stage, i, (unsigned long)liked[i], (unsigned long)shown[i]);
        }
    }
    memcpy(crowd->liked, liked, n_items * sizeof *liked);
    memcpy(crowd->shown, shown, n_items * sizeof *shown);
    find_appeals(crowd);

done:
    return rc;
}
