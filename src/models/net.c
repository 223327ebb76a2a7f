/* The builder of a net, and its parameters as numbers. */
#include "models/net_parts.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/mem.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

pal_status pal_net_new(pal_net **out, pal_backend backend, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*out, 1);
    (*out)->backend = backend;
    (*out)->group = (*out)->most_group = 1;

done:
    return rc;
}

void pal_net_free(pal_net *net)
{
    if (net != NULL) {
        for (size_t p = 0; p < net->n_params; p++) {
            pal_free(net->param[p].name);
        }
        pal_free(net->param);
        pal_free(net->node);
        pal_free(net->dense);
        pal_free(net->table);
        pal_free(net);
    }
}

pal_backend pal_net_backend(const pal_net *net)
{
    return net->backend;
}

static void fail(pal_net *net, pal_status status, const char *what, size_t number)
{
    if (net->failed == PAL_OK) {
        net->failed = status;
        snprintf(net->why, sizeof net->why, "net: %s (%zu)", what, number);
    }
}

/* ---- parameters ----------------------------------------------------------------------------- */

static pal_net_param add_param(pal_net *net, net_param made, const char *name)
{
    net_param *grown = pal_resize(net->param, net->n_params, net->n_params + 1, sizeof *grown);

    if (grown == NULL) {
        fail(net, PAL_ERR_MEMORY, "out of memory at parameter", net->n_params);
        return 0;
    }
    net->param = grown;
    for (size_t p = 0; p < net->n_params; p++) {
        if (strcmp(net->param[p].name, name) == 0) {
            fail(net, PAL_ERR_DATA, "a name stands twice, at parameter", net->n_params);
        }
    }
    if (made.rows == 0 || made.cols == 0) {
        fail(net, PAL_ERR_SHAPE, "an empty parameter", net->n_params);
    }
    made.name = pal_strdup(name);
    if (made.name == NULL) {
        fail(net, PAL_ERR_MEMORY, "out of memory at parameter", net->n_params);
        return 0;
    }
    made.at = made.kind == NET_TABLE ? net->n_table : net->n_dense;
    net->n_table += made.kind == NET_TABLE ? made.size : 0;
    net->n_dense += made.kind == NET_TABLE ? 0 : made.size;
    net->param[net->n_params] = made;
    return (pal_net_param)net->n_params++;
}

pal_net_param pal_net_table(pal_net *net, const char *name, size_t n, size_t d, double sd)
{
    return add_param(net, (net_param){ .kind = NET_TABLE, .rows = n, .cols = d, .size = n * d, .sd = sd }, name);
}

pal_net_param pal_net_weights(pal_net *net, const char *name, size_t in, size_t width)
{
    return add_param(net, (net_param){ .kind = NET_WEIGHTS, .rows = width, .cols = in, .size = width * (in + 1) }, name);
}

pal_net_param pal_net_scale(pal_net *net, const char *name, size_t width)
{
    return add_param(net, (net_param){ .kind = NET_SCALE, .rows = 1, .cols = width, .size = 2 * width }, name);
}

/* ---- nodes ---------------------------------------------------------------------------------- */

static size_t group_of(const pal_net *net, pal_net_node x)
{
    return x < net->n_nodes ? net->node[x].group : 1;
}

/* Inputs and bags come in the groups of the moment; what reads them, in theirs; a repeat, in none. */
static size_t group_for(const pal_net *net, const net_node *made)
{
    switch (made->kind) {
    case NET_INPUT: case NET_BAG: return net->group;
    case NET_REPEAT: return 1;
    default: return group_of(net, made->a);
    }
}

static pal_net_node add_node(pal_net *net, net_node made)
{
    net_node *grown = pal_resize(net->node, net->n_nodes, net->n_nodes + 1, sizeof *grown);

    if (grown == NULL) {
        fail(net, PAL_ERR_MEMORY, "out of memory at node", net->n_nodes);
        return 0;
    }
    net->node = grown;
    made.group = group_for(net, &made);
    net->most_group = made.group > net->most_group ? made.group : net->most_group;
    net->node[net->n_nodes] = made;
    return (pal_net_node)net->n_nodes++;
}

/* Width of a node that must stand before; 0 after a failure. */
static size_t width_of(pal_net *net, pal_net_node x)
{
    if (x >= net->n_nodes) {
        fail(net, PAL_ERR_SHAPE, "a node reads one that is not there, at node", net->n_nodes);
        return 0;
    }
    return net->node[x].width;
}

static const net_param *param_of(pal_net *net, pal_net_param p, net_param_kind kind)
{
    if (p >= net->n_params || net->param[p].kind != kind) {
        fail(net, PAL_ERR_SHAPE, "a parameter of another kind, at node", net->n_nodes);
        return NULL;
    }
    return &net->param[p];
}

pal_net_node pal_net_input(pal_net *net, size_t width)
{
    return add_node(net, (net_node){ .kind = NET_INPUT, .width = width, .slot = (uint32_t)net->n_inputs++ });
}

pal_net_node pal_net_bag(pal_net *net, pal_net_param table, pal_net_pool pool)
{
    const net_param *p = param_of(net, table, NET_TABLE);

    return add_node(net, (net_node){ .kind = NET_BAG, .param = table, .pool = pool, .width = p == NULL ? 0 : p->cols,
                                     .slot = (uint32_t)net->n_bags++ });
}

pal_net_node pal_net_dense(pal_net *net, pal_net_param weights, pal_net_node x)
{
    const net_param *p = param_of(net, weights, NET_WEIGHTS);

    if (p != NULL && p->cols != width_of(net, x)) {
        fail(net, PAL_ERR_SHAPE, "weights do not fit their input, at node", net->n_nodes);
    }
    return add_node(net, (net_node){ .kind = NET_DENSE, .param = weights, .a = x, .width = p == NULL ? 0 : p->rows });
}

pal_net_node pal_net_relu(pal_net *net, pal_net_node x)
{
    return add_node(net, (net_node){ .kind = NET_RELU, .a = x, .width = width_of(net, x) });
}

pal_net_node pal_net_gelu(pal_net *net, pal_net_node x)
{
    return add_node(net, (net_node){ .kind = NET_GELU, .a = x, .width = width_of(net, x) });
}

pal_net_node pal_net_layer_norm(pal_net *net, pal_net_param scale, pal_net_node x)
{
    const net_param *p = param_of(net, scale, NET_SCALE);

    if (p != NULL && p->cols != width_of(net, x)) {
        fail(net, PAL_ERR_SHAPE, "a scale does not fit its input, at node", net->n_nodes);
    }
    return add_node(net, (net_node){ .kind = NET_LAYER_NORM, .param = scale, .a = x, .width = width_of(net, x),
                                     .aux = 2 });
}

pal_net_node pal_net_dropout(pal_net *net, pal_net_node x, double rate)
{
    if (!(rate >= 0.0 && rate < 1.0)) {
        fail(net, PAL_ERR_SHAPE, "a dropout rate outside of [0, 1), at node", net->n_nodes);
    }
    return add_node(net, (net_node){ .kind = NET_DROPOUT, .a = x, .rate = rate, .width = width_of(net, x),
                                     .aux = width_of(net, x), .slot = (uint32_t)net->n_dropouts++ });
}

static void same_group(pal_net *net, pal_net_node a, pal_net_node b)
{
    if (group_of(net, a) != group_of(net, b)) {
        fail(net, PAL_ERR_SHAPE, "two inputs of groups of different size, at node", net->n_nodes);
    }
}

pal_net_node pal_net_concat(pal_net *net, pal_net_node a, pal_net_node b)
{
    same_group(net, a, b);
    return add_node(net, (net_node){ .kind = NET_CONCAT, .a = a, .b = b, .width = width_of(net, a) + width_of(net, b) });
}

static void same_width(pal_net *net, pal_net_node a, pal_net_node b)
{
    if (width_of(net, a) != width_of(net, b)) {
        fail(net, PAL_ERR_SHAPE, "two inputs of different width, at node", net->n_nodes);
    }
    same_group(net, a, b);
}

pal_net_node pal_net_add(pal_net *net, pal_net_node a, pal_net_node b)
{
    same_width(net, a, b);
    return add_node(net, (net_node){ .kind = NET_ADD, .a = a, .b = b, .width = width_of(net, a) });
}

pal_net_node pal_net_normalise(pal_net *net, pal_net_node x)
{
    return add_node(net, (net_node){ .kind = NET_NORMALISE, .a = x, .width = width_of(net, x), .aux = 1 });
}

pal_net_node pal_net_dot(pal_net *net, pal_net_node a, pal_net_node b)
{
    same_width(net, a, b);
    return add_node(net, (net_node){ .kind = NET_DOT, .a = a, .b = b, .width = 1 });
}

void pal_net_group(pal_net *net, size_t size)
{
    if (size == 0 || (size > 1 && net->most_group > 1 && size != net->most_group)) {
        fail(net, PAL_ERR_SHAPE, "a second size of groups, at node", net->n_nodes);
        size = 1;
    }
    net->group = size;
}

pal_net_node pal_net_repeat(pal_net *net, pal_net_node x)
{
    return add_node(net, (net_node){ .kind = NET_REPEAT, .a = x, .width = width_of(net, x) });
}

size_t pal_net_width(const pal_net *net, pal_net_node node)
{
    if (net->failed != PAL_OK) { /* the builder may go on; pal_net_start will tell */
        return 0;
    }
    PAL_ASSERT(node < net->n_nodes);
    return net->node[node].width;
}

/* ---- first values --------------------------------------------------------------------------- */

static void draw_row(float *out, const net_param *p, size_t row, size_t n, pal_key key)
{
    pal_at at = { row, 0, 0 };
    uint64_t draw = 0;
    double bound = p->kind == NET_WEIGHTS ? 1.0 / sqrt((double)p->cols) : 0.0;

    for (size_t i = 0; i < n; i++) {
        out[i] = p->kind == NET_TABLE ? (float)(p->sd * pal_draw_normal(key, at, &draw))
                                      : (float)((2.0 * pal_u01(key, at, i) - 1.0) * bound);
    }
}

void net_draw(float *out, const net_param *p, size_t first, pal_key key)
{
    pal_key own = pal_key_named(key, p->name);

    if (p->kind == NET_SCALE) {
        for (size_t i = 0; i < p->cols; i++) {
            out[i] = 1.0f;
            out[p->cols + i] = 0.0f;
        }
        return;
    }
    for (size_t r = first; r < p->rows; r++) {
        draw_row(out + r * p->cols, p, r, p->cols, own);
    }
    if (p->kind == NET_WEIGHTS) { /* the bias is drawn as one more row */
        draw_row(out + p->rows * p->cols, p, p->rows, p->rows, own);
    }
}

float *net_values(const pal_net *net, uint32_t param)
{
    const net_param *p = &net->param[param];

    return (p->kind == NET_TABLE ? net->table : net->dense) + p->at;
}

pal_status pal_net_start(pal_net *net, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (net->failed != PAL_OK) {
        PAL_FAIL(net->failed, "%s", net->why);
    }
    PAL_NEW(net->dense, net->n_dense);
    PAL_NEW(net->table, net->n_table);
    for (size_t p = 0; p < net->n_params; p++) {
        net_draw(net_values(net, (uint32_t)p), &net->param[p], 0, key);
    }

done:
    return rc;
}

pal_status pal_net_grow(pal_net *net, pal_net_param table, size_t n, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    net_param *p = &net->param[table];
    float *grown = NULL;
    size_t more, behind, old_rows = p->rows;

    PAL_ASSERT(p->kind == NET_TABLE && n >= p->rows);
    more = (n - p->rows) * p->cols;
    if (more == 0) {
        goto done;
    }
    grown = pal_resize(net->table, net->n_table, net->n_table + more, sizeof *grown);
    if (grown == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu rows of \"%s\"", n, p->name);
    }
    net->table = grown;
    behind = p->at + p->size;
    memmove(grown + behind + more, grown + behind, (net->n_table - behind) * sizeof *grown);
    for (size_t q = 0; q < net->n_params; q++) {
        if (net->param[q].kind == NET_TABLE && net->param[q].at >= behind) {
            net->param[q].at += more;
        }
    }
    net->n_table += more;
    p->rows = n;
    p->size += more;
    net_draw(net->table + p->at, p, old_rows, key);

done:
    return rc;
}

/* ---- as numbers ----------------------------------------------------------------------------- */

float *pal_net_param_value(pal_net *net, pal_net_param param)
{
    PAL_ASSERT(param < net->n_params);
    return net_values(net, param);
}

size_t pal_net_param_size(const pal_net *net, pal_net_param param)
{
    PAL_ASSERT(param < net->n_params);
    return net->param[param].size;
}

size_t pal_net_size(const pal_net *net)
{
    return net->n_dense + net->n_table;
}

void pal_net_copy_out(float *to, const pal_net *net)
{
    memcpy(to, net->dense, net->n_dense * sizeof *to);
    memcpy(to + net->n_dense, net->table, net->n_table * sizeof *to);
}

void pal_net_copy_in(pal_net *net, const float *from)
{
    memcpy(net->dense, from, net->n_dense * sizeof *from);
    memcpy(net->table, from + net->n_dense, net->n_table * sizeof *from);
}

uint64_t pal_net_digest(const pal_net *net)
{
    return pal_hash_mix(pal_hash_floats(net->dense, net->n_dense), pal_hash_floats(net->table, net->n_table));
}
