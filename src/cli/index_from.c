/* One question to vectors. */
#include "cli/index_from.h"

#include "core/mem.h"
#include "models/fresh_index.h"

#include <string.h>

#define LOOKED_AT 200 /* candidates of an index, at least: src/models/README.md has its recall */

pal_status pal_index_read(bool *hnsw, const pal_args *args, pal_error *err)
{
    const char *how = pal_args_text(args, "index");

    *hnsw = how != NULL && strcmp(how, "hnsw") == 0;
    if (how != NULL && !*hnsw && strcmp(how, "exact") != 0) {
        return pal_error_set(err, PAL_ERR_USAGE, "%s: --index must be exact or hnsw, found '%s'",
                             args->command, how);
    }
    return PAL_OK;
}

static pal_status ask_index(uint32_t *id, float *score, const float *x, size_t n, size_t d,
                            size_t at, size_t k, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fresh_config config = pal_fresh_defaults();
    pal_fresh_index *index = NULL;

    PAL_TRY(pal_fresh_index_new(&index, d, &config, err));
    PAL_TRY(pal_fresh_index_update(index, NULL, x, n, n_threads, err));
    PAL_TRY(pal_fresh_index_search(id, score, index, x + at * d, 1, k, LOOKED_AT, n_threads, err));

done:
    pal_fresh_index_free(index);
    return rc;
}

pal_status pal_index_nearest(uint32_t *id, float *score, size_t *found, const float *x, size_t n,
                             size_t d, size_t at, size_t k, bool hnsw, pal_backend backend,
                             size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *all = NULL; /* one more: the row is nearest to itself */
    float *near = NULL;

    PAL_NEW(all, k + 1);
    PAL_NEW(near, k + 1);
    if (hnsw) {
        PAL_TRY(ask_index(all, near, x, n, d, at, k + 1, n_threads, err));
    } else {
        PAL_TRY(pal_nearest_exact(all, near, x, n, d, x + at * d, 1, k + 1, PAL_NEAR_COSINE,
                                  backend, n_threads, err));
    }
    *found = 0;
    for (size_t i = 0; i < k + 1 && *found < k; i++) {
        if (all[i] == at || all[i] == UINT32_MAX) continue;
        id[*found] = all[i];
        score[(*found)++] = near[i];
    }

done:
    pal_free(all);
    pal_free(near);
    return rc;
}
