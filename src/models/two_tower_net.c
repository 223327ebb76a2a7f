/* The two towers as nodes of a net, and vectors out of them. */
#include "models/two_tower.h"

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
    if (model->tables.n_traits > 0) used |= 1u << PAL_FEED_TRAITS;
    if (model->tables.n_features > 0) used |= 1u << PAL_FEED_PAST_CONTENT | 1u << PAL_FEED_CONTENT;
    return used;
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

        if (!pal_neural_uses(&model->tables, b)) continue;
        x = pal_net_bag(net, model->tables.table[b], b == PAL_FEED_TRAITS ? PAL_POOL_SUM : PAL_POOL_MEAN);
        if (c->hidden > 0) {
            x = pal_net_relu(net, pal_net_dense(net, pal_net_weights(net, tower_of[b], c->embedding, c->hidden), x));
        }
        joined = !any ? x : c->hidden > 0 ? pal_net_concat(net, joined, x) : pal_net_add(net, joined, x);
        any = true;
    }
    if (c->dropout > 0) joined = pal_net_dropout(net, joined, c->dropout);
    if (c->hidden > 0) {
        joined = pal_net_dense(net, pal_net_weights(net, join, pal_net_width(net, joined), c->d), joined);
    }
    return c->normalise ? pal_net_normalise(net, joined) : joined;
}

pal_status pal_tower_build(pal_two_tower *model, size_t n_people, size_t n_items, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net *net = NULL;

    PAL_TRY(pal_net_new(&net, model->backend, err));
    model->net = net;
    model->tables.tied = model->config.tied;
    pal_neural_tables_add(&model->tables, net, n_people, n_items, model->config.embedding, model->config.init_sd);
    model->person = model->person_last = add_side(model, PAL_FEED_ID, PAL_FEED_PAST_CONTENT, "person.join");
    model->item_first = model->person_last + 1;
    model->item = model->item_last = add_side(model, PAL_FEED_ITEM, PAL_FEED_CONTENT, "item.join");
    model->user_side = model->person;
    model->item_side = model->item;
    if (model->config.item_bias) { /* u.v + b is (u, 1).(v, b) */
        model->bias = model->item_last = pal_net_bag(net, model->tables.table[PAL_FEED_BIAS], PAL_POOL_SUM);
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

pal_status pal_tower_items(pal_two_tower *model, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_neural_out out = { model->item_first, model->item_last, model->config.item_bias ? 2 : 1,
                                 { model->item, model->bias }, { model->vector, model->item_bias } };

    PAL_TRY(pal_neural_items(&out, model->net, model->tables.used, model->content, model->known, model->n_cols,
                             n_threads, err));
    pal_neural_lowest_bias(model->item_bias, model->known, model->n_cols);

done:
    return rc;
}
