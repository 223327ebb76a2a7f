/* The way forward: each kind of node over a range of rows. */
#include "models/net_parts.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/vector.h"
#include "models/floats.h"

#include <math.h>
#include <string.h>

#define NORM_EPSILON 1e-5 /* added to the variance, as PyTorch's LayerNorm */
#define DROPOUT_UNITS 16  /* a block of keyed bits decides on */

pal_status pal_net_work_new(pal_net_work **out, const pal_net *net, size_t max_rows, bool training, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_net_work *work = NULL;

    PAL_NEW(work, 1);
    work->n_nodes = net->n_nodes;
    work->max_rows = max_rows;
    PAL_NEW(work->value, net->n_nodes);
    PAL_NEW(work->gradient, net->n_nodes);
    PAL_NEW(work->aux, net->n_nodes);
    for (size_t i = 0; i < net->n_nodes; i++) {
        PAL_NEW(work->value[i], max_rows * net->node[i].width);
        PAL_NEW(work->aux[i], max_rows * net->node[i].aux);
        if (training) {
            PAL_NEW(work->gradient[i], max_rows * net->node[i].width);
        }
    }
    *out = work;
    work = NULL;

done:
    pal_net_work_free(work);
    return rc;
}

void pal_net_work_free(pal_net_work *work)
{
    if (work != NULL) {
        for (size_t i = 0; i < work->n_nodes; i++) {
            if (work->value != NULL) pal_free(work->value[i]);
            if (work->gradient != NULL) pal_free(work->gradient[i]);
            if (work->aux != NULL) pal_free(work->aux[i]);
        }
        pal_free(work->value);
        pal_free(work->gradient);
        pal_free(work->aux);
        pal_free(work);
    }
}

const float *pal_net_value(const pal_net_work *work, pal_net_node node)
{
    PAL_ASSERT(node < work->n_nodes);
    return work->value[node];
}

float *pal_net_gradient(pal_net_work *work, pal_net_node node)
{
    PAL_ASSERT(node < work->n_nodes && work->gradient[node] != NULL);
    return work->gradient[node];
}

float net_pool_factor(const pal_net_ids *ids, pal_net_pool pool, size_t r)
{
    double sum = 0.0;

    if (pool == PAL_POOL_SUM) {
        return 1.0f;
    }
    for (size_t i = ids->begin[r]; i < ids->begin[r + 1]; i++) {
        sum += ids->weight == NULL ? 1.0 : (double)ids->weight[i];
    }
    return sum == 0.0 ? 0.0f : (float)(1.0 / sum);
}

static void bag(float *y, const float *table, const net_node *node, const pal_net_ids *ids, size_t rows, size_t begin,
                size_t end)
{
    size_t d = node->width;

    for (size_t r = begin; r < end; r++) {
        float factor = net_pool_factor(ids, node->pool, r);

        memset(y + r * d, 0, d * sizeof *y);
        for (size_t i = ids->begin[r]; i < ids->begin[r + 1]; i++) {
            PAL_ASSERT(ids->id[i] < rows);
            pal_floats_add_scaled(y + r * d, table + ids->id[i] * d,
                                  ids->weight == NULL ? factor : factor * ids->weight[i], d);
        }
    }
}

static void dense(const pal_net *net, const net_node *node, float *y, const float *x, size_t n)
{
    const net_param *p = &net->param[node->param];
    const float *w = net_values(net, node->param), *b = w + p->rows * p->cols;

    for (size_t r = 0; r < n; r++) {
        memcpy(y + r * p->rows, b, p->rows * sizeof *y);
    }
    pal_gemm_f32(net->backend, false, true, n, p->rows, p->cols, 1.0f, x, p->cols, w, p->cols, 1.0f, y, p->rows);
}

PAL_VECTOR static void relu(float *restrict y, const float *restrict x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        y[i] = x[i] > 0.0f ? x[i] : 0.0f;
    }
}

static void gelu(float *y, const float *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        y[i] = (float)((double)x[i] * pal_normal_cdf((double)x[i]));
    }
}

/* aux of a row: mean and 1 / sd. */
static void layer_norm(float *y, float *aux, const float *x, const float *scale, size_t d)
{
    double mean = 0.0, variance = 0.0, factor;

    for (size_t i = 0; i < d; i++) {
        mean += (double)x[i];
    }
    mean /= (double)d;
    for (size_t i = 0; i < d; i++) {
        variance += ((double)x[i] - mean) * ((double)x[i] - mean);
    }
    factor = 1.0 / sqrt(variance / (double)d + NORM_EPSILON);
    aux[0] = (float)mean;
    aux[1] = (float)factor;
    for (size_t i = 0; i < d; i++) {
        y[i] = (x[i] - aux[0]) * aux[1] * scale[i] + scale[d + i];
    }
}

/* aux of a row: 1 / length, 0 for a row of zeros. */
static void normalise(float *y, float *aux, const float *x, size_t d)
{
    double sum = 0.0;

    for (size_t i = 0; i < d; i++) {
        sum += (double)x[i] * (double)x[i];
    }
    aux[0] = sum > 0.0 ? (float)(1.0 / sqrt(sum)) : 0.0f;
    for (size_t i = 0; i < d; i++) {
        y[i] = x[i] * aux[0];
    }
}

/* 0 where 16 bits of the words are below the bar, else factor. */
PAL_VECTOR static void keep(float kept[DROPOUT_UNITS], const uint64_t word[4], uint32_t below, float factor)
{
    uint32_t part[DROPOUT_UNITS];

    for (size_t i = 0; i < DROPOUT_UNITS; i++) part[i] = (uint32_t)(word[i / 4] >> (16 * (i % 4)) & 65535);
    for (size_t i = 0; i < DROPOUT_UNITS; i++) kept[i] = part[i] < below ? 0.0f : factor;
}

/* Units of a row are kept by 16 keyed bits each and scaled by 1 / (1 - rate); others are 0. aux of a row: the factors, for
 * the way back. */
static void dropout(float *y, float *aux, const float *x, const net_node *node, const net_masks *masks, size_t row)
{
    const uint32_t below = (uint32_t)(node->rate * 65536.0);
    const float factor = (float)(1.0 / (1.0 - node->rate));

    for (size_t i = 0; i < node->width; i += DROPOUT_UNITS) {
        const size_t n = node->width - i < DROPOUT_UNITS ? node->width - i : DROPOUT_UNITS;
        float kept[DROPOUT_UNITS];
        uint64_t word[4];

        pal_block(masks->key, (pal_at){ row, masks->step, node->slot }, i / DROPOUT_UNITS, word);
        keep(kept, word, below, factor);
        for (size_t k = 0; k < n; k++) {
            aux[i + k] = kept[k];
            y[i + k] = kept[k] * x[i + k];
        }
    }
}

/* group: rows of the batch that a row in front of a repeat stands for. */
static void node_forward(const pal_net *net, pal_net_work *work, const pal_net_batch *batch, const net_masks *masks,
                         size_t at, size_t group, size_t begin, size_t end)
{
    const net_node *node = &net->node[at];
    const size_t d = node->width, wa = net->node[node->a].width, wb = net->node[node->b].width;
    float *y = work->value[at];
    const float *a = work->value[node->a], *b = work->value[node->b];

    switch (node->kind) {
    case NET_INPUT:
        memcpy(y + begin * d, batch->input[node->slot] + begin * d, (end - begin) * d * sizeof *y);
        return;
    case NET_BAG:
        bag(y, net_values(net, node->param), node, &batch->bag[node->slot], net->param[node->param].rows, begin, end);
        return;
    case NET_DENSE:
        dense(net, node, y + begin * d, a + begin * wa, end - begin);
        return;
    case NET_RELU:
        relu(y + begin * d, a + begin * d, (end - begin) * d);
        return;
    case NET_GELU:
        gelu(y + begin * d, a + begin * d, (end - begin) * d);
        return;
    default:
        break;
    }
    for (size_t r = begin; r < end; r++) {
        switch (node->kind) {
        case NET_LAYER_NORM:
            layer_norm(y + r * d, work->aux[at] + 2 * r, a + r * d, net_values(net, node->param), d);
            break;
        case NET_DROPOUT:
            if (masks == NULL) {
                memcpy(y + r * d, a + r * d, d * sizeof *y);
            } else {
                dropout(y + r * d, work->aux[at] + r * d, a + r * d, node, masks, r);
            }
            break;
        case NET_CONCAT:
            memcpy(y + r * d, a + r * wa, wa * sizeof *y);
            memcpy(y + r * d + wa, b + r * wb, wb * sizeof *y);
            break;
        case NET_ADD:
            memcpy(y + r * d, a + r * d, d * sizeof *y);
            pal_floats_add_scaled(y + r * d, b + r * d, 1.0f, d);
            break;
        case NET_REPEAT:
            memcpy(y + r * d, a + r / group * d, d * sizeof *y);
            break;
        case NET_NORMALISE:
            normalise(y + r * d, work->aux[at] + r, a + r * d, d);
            break;
        default: /* NET_DOT */
            y[r] = (float)pal_dot_f32(a + r * wa, b + r * wb, wa);
            break;
        }
    }
}

void net_forward(const pal_net *net, pal_net_work *work, const pal_net_batch *batch, const net_masks *masks,
                 size_t begin, size_t end)
{
    PAL_ASSERT(end <= work->max_rows && end <= batch->n && begin % net->most_group == 0 && end % net->most_group == 0);
    for (size_t at = 0; at < net->n_nodes; at++) {
        size_t group = net->node[at].group;

        node_forward(net, work, batch, masks, at, net->most_group, begin / group, end / group);
    }
}

void pal_net_forward(const pal_net *net, pal_net_work *work, const pal_net_batch *batch, pal_net_node first,
                     pal_net_node last, size_t begin, size_t end)
{
    PAL_ASSERT(end <= work->max_rows && end <= batch->n && last < net->n_nodes);
    for (size_t at = first; at <= last; at++) {
        node_forward(net, work, batch, NULL, at, 1, begin, end);
    }
}

void pal_net_predict(const pal_net *net, pal_net_work *work, const pal_net_batch *batch)
{
    net_forward(net, work, batch, NULL, 0, batch->n);
}
