/* The hybrid's network, and its log-odds for all items at once. */
#include "models/hybrid.h"

#include "core/vector.h"

#include <string.h>

#define ITEMS 256 /* items that go through the layers at once */

unsigned pal_hybrid_bags(const pal_hybrid *model)
{
    const pal_hybrid_config *c = &model->config;
    bool items = c->ids != PAL_HYBRID_NO_IDS, content = c->content && model->tables.n_features > 0;
    unsigned used = 0;

    if (c->ids == PAL_HYBRID_BOTH) used |= 1u << PAL_FEED_ID;
    if (c->demographics && model->tables.n_traits > 0) used |= 1u << PAL_FEED_TRAITS;
    if (c->past && items) used |= 1u << PAL_FEED_PAST;
    if (c->past && content) used |= 1u << PAL_FEED_PAST_CONTENT;
    if (items) used |= 1u << PAL_FEED_ITEM | 1u << PAL_FEED_BIAS;
    if (content) used |= 1u << PAL_FEED_CONTENT;
    return used;
}

/* Bags first..last, added; people's rows are then repeated, since each row leaves out other numbers. */
static pal_net_node add_side(pal_hybrid *model, pal_feed_bag first, pal_feed_bag last)
{
    pal_net *net = model->net;
    pal_net_node sum = 0;
    bool any = false;

    for (pal_feed_bag b = first; b <= last; b++) {
        pal_net_node x;

        if (!pal_neural_uses(&model->tables, b)) continue;
        x = pal_net_bag(net, model->tables.table[b], b == PAL_FEED_TRAITS ? PAL_POOL_SUM : PAL_POOL_MEAN);
        sum = any ? pal_net_add(net, sum, x) : x;
        any = true;
    }
    if (first == PAL_FEED_ID) {
        pal_net_group(net, 1);
        sum = pal_net_repeat(net, sum);
    }
    return model->config.dropout > 0 ? pal_net_dropout(net, sum, model->config.dropout) : sum;
}

/* The layers over both sides: log-odds beside the dot product. */
static pal_net_node add_layers(pal_hybrid *model)
{
    const pal_hybrid_config *c = &model->config;
    pal_net *net = model->net;
    size_t second = (c->hidden + 1) / 2;
    pal_net_node x = pal_net_relu(net, pal_net_add(net, model->person_hidden, model->item_hidden));

    if (c->dropout > 0) x = pal_net_dropout(net, x, c->dropout);
    model->w2 = pal_net_weights(net, "second", c->hidden, second);
    model->w3 = pal_net_weights(net, "third", second, 1);
    return pal_net_dense(net, model->w3, pal_net_relu(net, pal_net_dense(net, model->w2, x)));
}

pal_status pal_hybrid_build(pal_hybrid *model, size_t n_people, size_t n_items, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_hybrid_config *c = &model->config;
    pal_net *net = NULL;

    PAL_TRY(pal_net_new(&net, model->backend, err));
    model->net = net;
    model->tables.tied = true;
    pal_neural_tables_add(&model->tables, net, n_people, n_items, c->d, c->init_sd);
    pal_net_group(net, pal_hybrid_group(model));
    model->person = model->person_last = add_side(model, PAL_FEED_ID, PAL_FEED_PAST_CONTENT);
    if (c->hidden > 0) {
        model->person_hidden = model->person_last =
            pal_net_dense(net, pal_net_weights(net, "person.first", c->d, c->hidden), model->person);
    }
    model->item_first = model->person_last + 1;
    model->item = model->item_last = add_side(model, PAL_FEED_ITEM, PAL_FEED_CONTENT);
    if (c->hidden > 0) {
        model->item_hidden = model->item_last =
            pal_net_dense(net, pal_net_weights(net, "item.first", c->d, c->hidden), model->item);
    }
    if (pal_neural_uses(&model->tables, PAL_FEED_BIAS)) {
        model->bias = model->item_last = pal_net_bag(net, model->tables.table[PAL_FEED_BIAS], PAL_POOL_SUM);
    }
    model->logit = pal_net_dot(net, model->person, model->item);
    if (pal_neural_uses(&model->tables, PAL_FEED_BIAS)) model->logit = pal_net_add(net, model->logit, model->bias);
    if (c->hidden > 0) model->logit = pal_net_add(net, model->logit, add_layers(model));
    PAL_TRY(pal_net_start(net, key, err));

done:
    if (rc != PAL_OK) {
        pal_net_free(model->net);
        model->net = NULL;
    }
    return rc;
}

/* ---- values ----------------------------------------------------------------------------------------------- */

pal_status pal_hybrid_items(pal_hybrid *model, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_neural_out out = { model->item_first, model->item_last, 1, { model->item }, { model->q } };

    if (model->config.hidden > 0) {
        out.node[out.n] = model->item_hidden;
        out.value[out.n++] = model->q_hidden;
    }
    if (pal_neural_uses(&model->tables, PAL_FEED_BIAS)) {
        out.node[out.n] = model->bias;
        out.value[out.n++] = model->item_bias;
    }
    PAL_TRY(pal_neural_items(&out, model->net, model->tables.used, model->content, model->known, model->n_cols,
                             n_threads, err));
    pal_neural_lowest_bias(model->item_bias, model->known, model->n_cols);

done:
    return rc;
}

pal_status pal_hybrid_people(float *p, float *p_hidden, const pal_hybrid *model, const pal_feed_person *person,
                             size_t n,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_neural_out out = { 0, model->person_last, model->config.hidden > 0 ? 2 : 1,
                                 { model->person, model->person_hidden }, { p, p_hidden } };
    pal_feed *feed = NULL;

    PAL_TRY(pal_feed_new(&feed, model->tables.used, model->content, model->known, err));
    for (size_t i = 0; i < n; i++) PAL_TRY(pal_feed_put(feed, &person[i], PAL_FEED_NONE, err));
    PAL_TRY(pal_neural_rows(&out, model->net, feed, err));

done:
    pal_feed_free(feed);
    return rc;
}

/* ---- log-odds --------------------------------------------------------------------------------------------- */

PAL_VECTOR static void add_relu(float *restrict out, const float *restrict a, const float *restrict b, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float sum = a[i] + b[i];

        out[i] = sum > 0 ? sum : 0;
    }
}

static float third_layer(const float *x, const float *b2, const float *w3, size_t n)
{
    float sum = w3[n]; /* its bias stands behind the weights */

    for (size_t i = 0; i < n; i++) {
        float unit = x[i] + b2[i];

        sum += w3[i] * (unit > 0 ? unit : 0);
    }
    return sum;
}

size_t pal_hybrid_room(const pal_hybrid *model)
{
    return ITEMS * (model->config.hidden + (model->config.hidden + 1) / 2) + 1;
}

void pal_hybrid_logits(float *z, const pal_hybrid *m, const float *p, const float *p_hidden, float *room)
{
    size_t n_items = m->n_cols, d = m->config.d, hidden = m->config.hidden, second = (hidden + 1) / 2;
    float *first_out = room, *second_out = room + ITEMS * hidden;
    const float *w2 = hidden > 0 ? pal_net_param_value(m->net, m->w2) : NULL;
    const float *w3 = hidden > 0 ? pal_net_param_value(m->net, m->w3) : NULL;

    pal_gemm_f32(m->backend, false, true, 1, n_items, d, 1, p, d, m->q, d, 0, z, n_items);
    for (size_t i = 0; i < n_items; i++) z[i] += m->item_bias[i];
    for (size_t from = 0; hidden > 0 && from < n_items; from += ITEMS) {
        size_t n = n_items - from < ITEMS ? n_items - from : ITEMS;

        for (size_t i = 0; i < n; i++) {
            add_relu(first_out + i * hidden, p_hidden, m->q_hidden + (from + i) * hidden, hidden);
        }
        pal_gemm_f32(m->backend, false, true, n, second, hidden, 1, first_out, hidden, w2, hidden, 0, second_out,
                     second);
        for (size_t i = 0; i < n; i++) {
            z[from + i] += third_layer(second_out + i * second, w2 + second * hidden, w3, second);
        }
    }
}
