/* The two towers as nodes of a net, and vectors out of them. */
#include "models/two_tower.h"

#include "core/mem.h"
#include "core/threads.h"

#include <string.h>

#define CHUNK 1024    /* rows that go through a tower at once            */
#define SHARD 128     /* of them, a task                                  */

static const char *const name_of[PAL_FEED_BAGS] = {
    [PAL_FEED_ID] = "person", [PAL_FEED_TRAITS] = "traits", [PAL_FEED_PAST] = "past",
    [PAL_FEED_PAST_CONTENT] = "past_content", [PAL_FEED_ITEM] = "item", [PAL_FEED_CONTENT] = "content",
    [PAL_FEED_BIAS] = "bias",
};
static const char *const tower_of[PAL_FEED_BAGS] = {
    [PAL_FEED_ID] = "person.tower", [PAL_FEED_TRAITS] = "traits.tower", [PAL_FEED_PAST] = "past.tower",
    [PAL_FEED_PAST_CONTENT] = "past_content.tower", [PAL_FEED_ITEM] = "item.tower",
    [PAL_FEED_CONTENT] = "content.tower", [PAL_FEED_BIAS] = NULL,
};

unsigned pal_tower_bags(const pal_two_tower *model)
{
    unsigned used = 1u << PAL_FEED_PAST | 1u << PAL_FEED_ITEM;

    if (model->config.person_ids) used |= 1u << PAL_FEED_ID;
    if (model->config.item_bias) used |= 1u << PAL_FEED_BIAS;
    if (model->n_traits > 0) used |= 1u << PAL_FEED_TRAITS;
    if (model->n_features > 0) used |= 1u << PAL_FEED_PAST_CONTENT | 1u << PAL_FEED_CONTENT;
    return used;
}

/* Rows of a bag's table. */
static size_t rows_of(const pal_two_tower *model, pal_feed_bag bag, size_t n_people, size_t n_items)
{
    switch (bag) {
    case PAL_FEED_ID:
        return n_people;
    case PAL_FEED_TRAITS:
        return model->n_traits;
    case PAL_FEED_PAST_CONTENT:
    case PAL_FEED_CONTENT:
        return model->n_features;
    default:
        return n_items;
    }
}

static bool uses(const pal_two_tower *model, pal_feed_bag bag)
{
    return (model->used >> bag & 1) != 0;
}

static void add_tables(pal_two_tower *model, size_t n_people, size_t n_items)
{
    for (pal_feed_bag b = 0; b < PAL_FEED_BAGS; b++) {
        bool is_bias = b == PAL_FEED_BIAS;

        if (!uses(model, b) || (b == PAL_FEED_PAST && model->config.tied)) continue;
        model->table[b] = pal_net_table(model->net, name_of[b], rows_of(model, b, n_people, n_items),
                                        is_bias ? 1 : model->config.embedding, is_bias ? 0 : model->config.init_sd);
    }
    if (model->config.tied) model->table[PAL_FEED_PAST] = model->table[PAL_FEED_ITEM];
}

/* Bags first..last, each through its own tower, joined. */
static pal_net_node add_side(pal_two_tower *model, pal_feed_bag first, pal_feed_bag last, const char *join)
{
    const pal_tower_config *c = &model->config;
    pal_net *net = model->net;
    pal_net_node joined = 0;
    bool any = false;

    for (pal_feed_bag b = first; b <= last; b++) {
        pal_net_node x;

        if (!uses(model, b)) continue;
        x = pal_net_bag(net, model->table[b], b == PAL_FEED_TRAITS ? PAL_POOL_SUM : PAL_POOL_MEAN);
        if (c->hidden > 0) x = pal_net_relu(net, pal_net_dense(net, pal_net_weights(net, tower_of[b], c->embedding, c->hidden), x));
        joined = !any ? x : c->hidden > 0 ? pal_net_concat(net, joined, x) : pal_net_add(net, joined, x);
        any = true;
    }
    if (c->dropout > 0) joined = pal_net_dropout(net, joined, c->dropout);
    if (c->hidden > 0) joined = pal_net_dense(net, pal_net_weights(net, join, pal_net_width(net, joined), c->d), joined);
    return c->normalise ? pal_net_normalise(net, joined) : joined;
}

pal_status pal_tower_build(pal_two_tower *model, size_t n_people, size_t n_items, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net *net = NULL;

    PAL_TRY(pal_net_new(&net, model->backend, err));
    model->net = net;
    add_tables(model, n_people, n_items);
    model->person = model->person_last = add_side(model, PAL_FEED_ID, PAL_FEED_PAST_CONTENT, "person.join");
    model->item_first = model->person_last + 1;
    model->item = model->item_last = add_side(model, PAL_FEED_ITEM, PAL_FEED_CONTENT, "item.join");
    model->user_side = model->person;
    model->item_side = model->item;
    if (model->config.item_bias) { /* u.v + b is (u, 1).(v, b) */
        model->bias = model->item_last = pal_net_bag(net, model->table[PAL_FEED_BIAS], PAL_POOL_SUM);
        model->user_side = pal_net_concat(net, model->person, pal_net_input(net, 1));
        model->item_side = pal_net_concat(net, model->item, model->bias);
    }
    PAL_TRY(pal_net_start(net, key, err));

done:
    if (rc != PAL_OK) {
        pal_net_free(model->net);
        model->net = NULL;
    }
    return rc;
}

pal_status pal_tower_grow(pal_two_tower *model, size_t n_people, size_t n_items, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (pal_feed_bag b = 0; b < PAL_FEED_BAGS; b++) {
        if (!uses(model, b) || (b == PAL_FEED_PAST && model->config.tied)) continue;
        PAL_TRY(pal_net_grow(model->net, model->table[b], rows_of(model, b, n_people, n_items), key, err));
    }

done:
    return rc;
}

/* ---- vectors ---------------------------------------------------------------------------------------------- */

typedef struct forward {
    const pal_net *net;
    pal_net_work *work;
    pal_net_batch batch;
    pal_net_node first, last;
} forward;

static pal_status forward_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const forward *f = ctx;

    (void)block;
    (void)worker;
    (void)err;
    pal_net_forward(f->net, f->work, &f->batch, f->first, f->last, begin, end);
    return PAL_OK;
}

pal_status pal_tower_items(pal_two_tower *model, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_items = model->n_cols, d = model->config.d;
    forward f = { .net = model->net, .first = model->item_first, .last = model->item_last };
    pal_feed *feed = NULL;

    PAL_TRY(pal_feed_new(&feed, model->used, model->content, err));
    PAL_TRY(pal_net_work_new(&f.work, model->net, n_items < CHUNK ? n_items : CHUNK, false, err));
    for (size_t from = 0; from < n_items; from += CHUNK) {
        size_t n = n_items - from < CHUNK ? n_items - from : CHUNK;

        pal_feed_clear(feed);
        for (size_t i = 0; i < n; i++) PAL_TRY(pal_feed_put(feed, NULL, (uint32_t)(from + i), err));
        f.batch = pal_feed_batch(feed, NULL);
        PAL_TRY(pal_parallel_for(n, SHARD, n_threads, forward_rows, &f, err));
        memcpy(model->vector + from * d, pal_net_value(f.work, model->item), n * d * sizeof(float));
        if (model->config.item_bias) {
            memcpy(model->item_bias + from, pal_net_value(f.work, model->bias), n * sizeof(float));
        }
    }

done:
    pal_feed_free(feed);
    pal_net_work_free(f.work);
    return rc;
}

pal_status pal_tower_rows(float *vector, const pal_two_tower *model, pal_feed *feed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net_work *work = NULL;
    pal_net_batch batch = pal_feed_batch(feed, NULL);

    PAL_TRY(pal_net_work_new(&work, model->net, batch.n, false, err));
    pal_net_forward(model->net, work, &batch, 0, model->person_last, 0, batch.n);
    memcpy(vector, pal_net_value(work, model->person), batch.n * model->config.d * sizeof *vector);

done:
    pal_net_work_free(work);
    return rc;
}
