/* An index as named arrays: what is there in the order of ids, lists level by level. */
#include "models/hnsw_parts.h"

#include "core/mem.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

/* "config": what a file says of itself. */
enum { AT_M, AT_EF, AT_NEARNESS, AT_SEED, AT_D, AT_FIELDS };

static pal_status put(pal_tensors *file, const char *prefix, const char *name, pal_dtype type, size_t n_dims,
                      uint64_t rows, uint64_t cols, const void *data, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };
    const uint64_t shape[2] = { rows, cols };

    pal_text_addf(&full, "%s%s", prefix, name);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_put(file, full.bytes, type, n_dims, shape, data, err));

done:
    pal_text_clear(&full);
    return rc;
}

static pal_status get(const void **data, uint64_t shape[2], const pal_tensors *file, const char *prefix,
                      const char *name, pal_dtype type, size_t n_dims, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text full = { 0 };

    pal_text_addf(&full, "%s%s", prefix, name);
    PAL_TRY(pal_text_check(&full, err));
    PAL_TRY(pal_tensors_get(data, shape, file, full.bytes, type, n_dims, err));

done:
    pal_text_clear(&full);
    return rc;
}

pal_status pal_hnsw_save(const pal_hnsw *x, pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint64_t config[AT_FIELDS] = { x->config.m, x->config.ef_construction, (uint64_t)x->config.nearness,
                                         x->config.seed, x->d };
    uint32_t *id = NULL, *count = NULL, *link = NULL;
    float *vector = NULL;
    size_t n = 0, n_lists = 0, n_links = 0;

    for (size_t i = 0; i < x->capacity; i++) {
        for (size_t l = 0; x->level[i] != HNSW_ABSENT && l <= x->level[i]; l++) {
            n_lists++;
            n_links += hnsw_links(x, (uint32_t)i, l)[0];
        }
    }
    PAL_NEW(id, x->n);
    PAL_NEW(vector, x->n * x->d);
    PAL_NEW(count, n_lists);
    PAL_NEW(link, n_links);
    n_lists = n_links = 0;
    for (size_t i = 0; i < x->capacity; i++) {
        if (x->level[i] == HNSW_ABSENT) {
            continue;
        }
        memcpy(vector + n * x->d, hnsw_vector(x, (uint32_t)i), x->d * sizeof *vector);
        id[n++] = (uint32_t)i;
        for (size_t l = 0; l <= x->level[i]; l++) {
            const uint32_t *links = hnsw_links(x, (uint32_t)i, l);

            memcpy(link + n_links, links + 1, links[0] * sizeof *link);
            n_links += links[0];
            count[n_lists++] = links[0];
        }
    }
    PAL_TRY(put(file, prefix, "config", PAL_U64, 1, AT_FIELDS, 0, config, err));
    PAL_TRY(put(file, prefix, "ids", PAL_U32, 1, n, 0, id, err));
    PAL_TRY(put(file, prefix, "vectors", PAL_F32, 2, n, x->d, vector, err));
    PAL_TRY(put(file, prefix, "link_counts", PAL_U32, 1, n_lists, 0, count, err));
    PAL_TRY(put(file, prefix, "links", PAL_U32, 1, n_links, 0, link, err));

done:
    pal_free(id);
    pal_free(vector);
    pal_free(count);
    pal_free(link);
    return rc;
}

/* Where we are in the lists of a file. */
typedef struct reader {
    const pal_tensors *file;
    const char *prefix;
    const uint32_t *id, *count, *link;
    const float *vector;
    uint64_t n, n_lists, n_links, list_at, link_at;
} reader;

static pal_status open_reader(reader *in, pal_hnsw_config *config, size_t *d, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t shape[2] = { 0, 0 };
    const void *data = NULL;
    const uint64_t *c;

    PAL_TRY(get(&data, shape, in->file, in->prefix, "config", PAL_U64, 1, err));
    c = data;
    if (shape[0] != AT_FIELDS || c[AT_M] < 2 || c[AT_M] > 64 || c[AT_EF] < c[AT_M] || c[AT_EF] > UINT32_MAX ||
        c[AT_NEARNESS] > PAL_NEAR_L2 || c[AT_D] == 0 || c[AT_D] > UINT32_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%sconfig\" is not that of an index", pal_tensors_file(in->file), in->prefix);
    }
    *config = (pal_hnsw_config){ (size_t)c[AT_M], (size_t)c[AT_EF], (pal_nearness)c[AT_NEARNESS], c[AT_SEED] };
    *d = (size_t)c[AT_D];
    PAL_TRY(get(&data, shape, in->file, in->prefix, "ids", PAL_U32, 1, err));
    in->id = data;
    in->n = shape[0];
    PAL_TRY(get(&data, shape, in->file, in->prefix, "vectors", PAL_F32, 2, err));
    in->vector = data;
    if (shape[0] != in->n || shape[1] != *d) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%svectors\" is %llu x %llu; wanted: %llu x %zu", pal_tensors_file(in->file),
                 in->prefix, (unsigned long long)shape[0], (unsigned long long)shape[1], (unsigned long long)in->n, *d);
    }
    PAL_TRY(get(&data, shape, in->file, in->prefix, "link_counts", PAL_U32, 1, err));
    in->count = data;
    in->n_lists = shape[0];
    PAL_TRY(get(&data, shape, in->file, in->prefix, "links", PAL_U32, 1, err));
    in->link = data;
    in->n_links = shape[0];
    for (uint64_t i = 0; i < in->n; i++) {
        if ((i > 0 && in->id[i] <= in->id[i - 1]) || in->id[i] == HNSW_NONE) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"%sids\" does not ascend at %llu", pal_tensors_file(in->file), in->prefix,
                     (unsigned long long)i);
        }
        for (size_t k = 0; k < *d; k++) {
            if (!isfinite(in->vector[i * *d + k])) {
                PAL_FAIL(PAL_ERR_DATA, "%s: array \"%svectors\", row %llu: not finite", pal_tensors_file(in->file),
                         in->prefix, (unsigned long long)i);
            }
        }
    }

done:
    return rc;
}

/* The next list of the file into a node's list; every link must lead to a node of that level. */
static pal_status read_list(pal_hnsw *x, reader *in, uint32_t id, size_t level, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *links = hnsw_links(x, id, level);
    uint32_t n;

    if (in->list_at >= in->n_lists) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%slink_counts\" is too short", pal_tensors_file(in->file), in->prefix);
    }
    n = in->count[in->list_at++];
    if (n > hnsw_most(x, level) || n > in->n_links - in->link_at) {
        PAL_FAIL(PAL_ERR_DATA, "%s: id %u has %u links on level %zu", pal_tensors_file(in->file), id, n, level);
    }
    for (uint32_t i = 0; i < n; i++) {
        uint32_t to = in->link[in->link_at++];

        if (!pal_hnsw_has(x, to) || x->level[to] < level || to == id) {
            PAL_FAIL(PAL_ERR_DATA, "%s: id %u is linked to %u, which is not there", pal_tensors_file(in->file), id, to);
        }
        links[1 + i] = to;
    }
    links[0] = n;

done:
    return rc;
}

pal_status pal_hnsw_load(pal_hnsw **out, const pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader in = { .file = file, .prefix = prefix };
    pal_hnsw_config config = { 0 };
    pal_hnsw *x = NULL;
    size_t d = 0;

    PAL_TRY(open_reader(&in, &config, &d, err));
    PAL_TRY(pal_hnsw_new(&x, d, &config, err));
    if (in.n > 0) {
        PAL_TRY(hnsw_reserve(x, (size_t)in.id[in.n - 1] + 1, err));
    }
    for (uint64_t i = 0; i < in.n; i++) {
        uint8_t level = hnsw_level_of(x, in.id[i]);

        PAL_TRY(hnsw_reserve_upper(x, in.id[i], level, err));
        x->level[in.id[i]] = level;
        memcpy(x->vector + in.id[i] * x->stride, in.vector + i * d, d * sizeof *x->vector);
    }
    x->n = (size_t)in.n;
    for (uint64_t i = 0; i < in.n; i++) {
        for (size_t l = 0; l <= x->level[in.id[i]]; l++) {
            PAL_TRY(read_list(x, &in, in.id[i], l, err));
        }
    }
    if (in.list_at != in.n_lists || in.link_at != in.n_links) {
        PAL_FAIL(PAL_ERR_DATA, "%s: arrays \"%slinks\" are too long", pal_tensors_file(file), prefix);
    }
    hnsw_find_entry(x);
    *out = x;
    x = NULL;

done:
    pal_hnsw_free(x);
    return rc;
}
