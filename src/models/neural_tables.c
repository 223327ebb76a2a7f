/* Tables, checks and forward passes that the neural recommenders share. */
#include "models/neural_tables.h"

#include "core/mem.h"
#include "core/threads.h"
#include "models/rec_builtin.h"

#include <string.h>

#define CHUNK 1024 /* rows that go through a net at once */
#define SHARD 128  /* of them, a task                    */
#define DRAWS 16   /* words a wanted negative may use    */

static const char *const name_of[PAL_FEED_BAGS] = {
    [PAL_FEED_ID] = "person", [PAL_FEED_TRAITS] = "traits", [PAL_FEED_PAST] = "past",
    [PAL_FEED_PAST_CONTENT] = "past_content", [PAL_FEED_ITEM] = "item", [PAL_FEED_CONTENT] = "content",
    [PAL_FEED_BIAS] = "bias",
};

const char *pal_neural_name(pal_feed_bag bag)
{
    return name_of[bag];
}

/* ---- tables ----------------------------------------------------------------------------------------------- */

static size_t rows_of(const pal_neural_tables *t, pal_feed_bag bag, size_t n_people, size_t n_items)
{
    switch (bag) {
    case PAL_FEED_ID:
        return n_people;
    case PAL_FEED_TRAITS:
        return t->n_traits;
    case PAL_FEED_PAST_CONTENT:
    case PAL_FEED_CONTENT:
        return t->n_features;
    default:
        return n_items;
    }
}

/* Is it a table of its own? */
static bool has_table(const pal_neural_tables *t, pal_feed_bag bag)
{
    return pal_neural_uses(t, bag) && !(bag == PAL_FEED_PAST && t->tied && pal_neural_uses(t, PAL_FEED_ITEM));
}

void pal_neural_tables_add(pal_neural_tables *t, pal_net *net, size_t n_people, size_t n_items, size_t d, double sd)
{
    for (pal_feed_bag b = 0; b < PAL_FEED_BAGS; b++) {
        bool is_bias = b == PAL_FEED_BIAS;

        if (!has_table(t, b)) continue;
        t->table[b] = pal_net_table(net, name_of[b], rows_of(t, b, n_people, n_items), is_bias ? 1 : d,
                                    is_bias ? 0 : sd);
    }
    if (!has_table(t, PAL_FEED_PAST)) t->table[PAL_FEED_PAST] = t->table[PAL_FEED_ITEM];
}

pal_status pal_neural_tables_grow(const pal_neural_tables *t, pal_net *net, size_t n_people, size_t n_items,
                                  pal_key key,
                                  pal_error *err)
{
    pal_status rc = PAL_OK;

    for (pal_feed_bag b = 0; b < PAL_FEED_BAGS; b++) {
        if (has_table(t, b)) PAL_TRY(pal_net_grow(net, t->table[b], rows_of(t, b, n_people, n_items), key, err));
    }

done:
    return rc;
}

/* ---- data ------------------------------------------------------------------------------------------------- */

static pal_status check_features(const char *model, const pal_csr *features, size_t n, size_t before, const char *whose,
                                 bool first, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t now = features != NULL ? features->n_cols : 0;

    if (features != NULL && features->n_rows != n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: side features for %zu %s of %zu", model, features->n_rows, whose, n);
    }
    if (!first && (now < before || (now > 0) != (before > 0))) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu side features of %s, but %zu in an earlier fit", model, now, whose, before);
    }

done:
    return rc;
}

pal_status pal_neural_check(const char *model, const pal_rec_data *data, const pal_neural_tables *t, size_t n_rows,
                            size_t n_cols, bool first, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_rec_check(model, data, err));
    if (data->rows->n_rows < n_rows || data->rows->n_cols < n_cols) {
        PAL_FAIL(PAL_ERR_DATA, "%s: fitted to %zu people and %zu items before, now given %zu and %zu", model, n_rows,
                 n_cols, data->rows->n_rows, data->rows->n_cols);
    }
    PAL_TRY(check_features(model, data->row_features, data->rows->n_rows, t->n_traits, "people", first, err));
    PAL_TRY(check_features(model, data->col_features, data->rows->n_cols, t->n_features, "items", first, err));

done:
    return rc;
}

pal_status pal_neural_keep(pal_csr **kept, const pal_csr *matrix, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr *turned = NULL, *copy = NULL;

    if (matrix == NULL) return PAL_OK;
    PAL_TRY(pal_csr_transpose(&turned, matrix, err));
    PAL_TRY(pal_csr_transpose(&copy, turned, err));
    pal_csr_free(*kept);
    *kept = copy;

done:
    pal_csr_free(turned);
    return rc;
}

pal_status pal_neural_known(uint8_t **known, size_t n_before, const pal_csr *rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint8_t *grown = pal_resize(*known, *known == NULL ? 0 : n_before, rows->n_cols, sizeof *grown);

    if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu items", rows->n_cols);
    *known = grown;
    for (size_t c = 0; c < rows->n; c++) grown[rows->col[c]] = 1;

done:
    return rc;
}

pal_status pal_neural_read_known(uint8_t **known, const pal_tensors *file, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    const void *data;
    uint64_t n;

    PAL_TRY(pal_tensors_get(&data, &n, file, "known", PAL_U8, 1, err));
    if (n != n_items) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array 'known' has %llu entries, wanted %zu", pal_tensors_file(file),
                 (unsigned long long)n, n_items);
    }
    PAL_NEW(*known, n_items);
    if (n_items > 0) memcpy(*known, data, n_items);

done:
    return rc;
}

void pal_neural_lowest_bias(float *bias, const uint8_t *known, size_t n_items)
{
    float lowest = 0;
    bool any = false;

    for (size_t i = 0; i < n_items; i++) {
        if (known[i] && (!any || bias[i] < lowest)) {
            lowest = bias[i];
            any = true;
        }
    }
    for (size_t i = 0; i < n_items; i++) bias[i] = known[i] ? bias[i] : lowest;
}

/* ---- people ----------------------------------------------------------------------------------------------- */

pal_feed_person pal_neural_person(const pal_neural_data *data, uint32_t person, size_t last)
{
    const pal_csr *rows = data->rows, *traits = data->all->row_features;
    pal_feed_person p = { .id = person, .n = pal_csr_count(rows, person), .item = data->recent + rows->begin[person],
                          .last = last, .skip = PAL_FEED_NONE };

    if (traits != NULL) {
        p.n_traits = pal_csr_count(traits, person);
        p.trait = traits->col + traits->begin[person];
        p.trait_value = traits->value + traits->begin[person];
    }
    return p;
}

pal_status pal_neural_new_person(pal_feed_person *out, uint32_t *recent, const char *model, const pal_neural_tables *t,
                                 size_t n_items, const pal_rec_query *q, size_t last, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < q->n; i++) {
        if (q->item[i] >= n_items) {
            PAL_FAIL(PAL_ERR_DATA, "%s: a new person has item %u, but the model knows %zu", model, q->item[i], n_items);
        }
    }
    for (size_t f = 0; t->n_traits > 0 && f < q->n_features; f++) {
        if (q->feature[f] >= t->n_traits) {
            PAL_FAIL(PAL_ERR_DATA, "%s: a new person has side feature %u, but the model knows %zu", model,
                     q->feature[f],
                     t->n_traits);
        }
    }
    PAL_TRY(pal_feed_recent(recent, q->item, q->time, q->n, err));
    *out = (pal_feed_person){ .id = PAL_FEED_NONE, .n_traits = t->n_traits > 0 ? q->n_features : 0, .trait = q->feature,
                              .trait_value = q->feature_value, .n = q->n, .item = recent, .last = last,
                              .skip = PAL_FEED_NONE };

done:
    return rc;
}

uint32_t pal_neural_draw(const pal_csr *rows, uint32_t person, pal_key key, pal_at at, uint64_t nth)
{
    uint32_t item = 0;

    for (uint64_t t = 0; t < DRAWS; t++) {
        item = (uint32_t)(pal_u64(key, at, nth * DRAWS + t) % rows->n_cols);
        if (pal_csr_find(rows, person, item) == SIZE_MAX) break;
    }
    return item;
}

/* ---- forward ---------------------------------------------------------------------------------------------- */

typedef struct forward {
    const pal_net *net;
    pal_net_work *work;
    pal_net_batch batch;
    const pal_neural_out *out;
} forward;

static pal_status forward_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const forward *f = ctx;

    (void)block;
    (void)worker;
    (void)err;
    pal_net_forward(f->net, f->work, &f->batch, f->out->first, f->out->last, begin, end);
    return PAL_OK;
}

static void copy_values(const forward *f, size_t from)
{
    for (size_t i = 0; i < f->out->n; i++) {
        size_t width = pal_net_width(f->net, f->out->node[i]);

        memcpy(f->out->value[i] + from * width, pal_net_value(f->work, f->out->node[i]),
               f->batch.n * width * sizeof(float));
    }
}

pal_status pal_neural_items(const pal_neural_out *out, const pal_net *net, unsigned used, const pal_csr *content,
                            const uint8_t *known, size_t n_items, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    forward f = { .net = net, .out = out };
    pal_feed *feed = NULL;

    PAL_TRY(pal_feed_new(&feed, used, content, known, err));
    PAL_TRY(pal_net_work_new(&f.work, net, n_items < CHUNK ? n_items : CHUNK, false, err));
    for (size_t from = 0; from < n_items; from += CHUNK) {
        size_t n = n_items - from < CHUNK ? n_items - from : CHUNK;

        pal_feed_clear(feed);
        for (size_t i = 0; i < n; i++) PAL_TRY(pal_feed_put(feed, NULL, (uint32_t)(from + i), err));
        f.batch = pal_feed_batch(feed, NULL);
        PAL_TRY(pal_parallel_for(n, SHARD, n_threads, forward_rows, &f, err));
        copy_values(&f, from);
    }

done:
    pal_feed_free(feed);
    pal_net_work_free(f.work);
    return rc;
}

pal_status pal_neural_rows(const pal_neural_out *out, const pal_net *net, pal_feed *feed, pal_error *err)
{
    pal_status rc = PAL_OK;
    forward f = { .net = net, .out = out, .batch = pal_feed_batch(feed, NULL) };

    PAL_TRY(pal_net_work_new(&f.work, net, f.batch.n, false, err));
    pal_net_forward(net, f.work, &f.batch, out->first, out->last, 0, f.batch.n);
    copy_values(&f, 0);

done:
    pal_net_work_free(f.work);
    return rc;
}
