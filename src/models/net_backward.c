/* The way back: gradients of nodes and of dense parameters over a range of rows. */
#include "models/net_parts.h"

#include "core/pmath.h"
#include "core/vector.h"
#include "models/floats.h"

#define INV_SQRT_2PI 0.39894228040143267794

PAL_VECTOR static void add_product(float *restrict y, const float *restrict x, const float *restrict z, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        y[i] += x[i] * z[i];
    }
}

static void dense(const pal_net *net, const net_node *node, float *to, float *gx, const float *x, const float *gy,
                  size_t n)
{
    const net_param *p = &net->param[node->param];
    const float *w = net_values(net, node->param);
    float *gw = to + p->at, *gb = gw + p->rows * p->cols;

    pal_gemm_f32(net->backend, true, false, p->rows, p->cols, n, 1.0f, gy, p->rows, x, p->cols, 1.0f, gw, p->cols);
    for (size_t r = 0; r < n; r++) {
        pal_floats_add(gb, gy + r * p->rows, p->rows);
    }
    if (gx != NULL) {
        pal_gemm_f32(net->backend, false, false, n, p->cols, p->rows, 1.0f, gy, p->rows, w, p->cols, 1.0f, gx, p->cols);
    }
}

PAL_VECTOR static void relu(float *restrict gx, const float *restrict y, const float *restrict gy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        gx[i] += y[i] > 0.0f ? gy[i] : 0.0f;
    }
}

static void gelu(float *gx, const float *x, const float *gy, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double v = (double)x[i];
        double slope = pal_normal_cdf(v) + v * INV_SQRT_2PI * pal_exp(-0.5 * v * v);

        gx[i] += (float)((double)gy[i] * slope);
    }
}

/* Ba, Kiros, Hinton 2016: with z = (x - mean) / sd and h = gy * scale, gx = (h - mean(h) - z mean(h z)) / sd. */
static void layer_norm(float *gx, float *gscale, const float *x, const float *aux, const float *scale, const float *gy,
                       size_t d)
{
    double mean = 0.0, mean_z = 0.0;

    for (size_t i = 0; i < d; i++) {
        float z = (x[i] - aux[0]) * aux[1];
        double h = (double)gy[i] * (double)scale[i];

        mean += h;
        mean_z += h * (double)z;
        gscale[i] += gy[i] * z;
        gscale[d + i] += gy[i];
    }
    mean /= (double)d;
    mean_z /= (double)d;
    for (size_t i = 0; i < d && gx != NULL; i++) {
        double z = (double)((x[i] - aux[0]) * aux[1]);

        gx[i] += (float)(((double)gy[i] * (double)scale[i] - mean - z * mean_z) * (double)aux[1]);
    }
}

/* y = x / |x|: gx = (gy - y (y . gy)) / |x|. */
static void normalise(float *gx, const float *y, const float *aux, const float *gy, size_t d)
{
    double along = 0.0;

    for (size_t i = 0; i < d; i++) {
        along += (double)y[i] * (double)gy[i];
    }
    for (size_t i = 0; i < d; i++) {
        gx[i] += (float)(((double)gy[i] - (double)y[i] * along) * (double)aux[0]);
    }
}

static void node_backward(const pal_net *net, pal_net_work *work, const net_masks *masks, float *to, size_t at,
                          size_t begin, size_t end)
{
    const net_node *node = &net->node[at];
    const size_t d = node->width, wa = net->node[node->a].width, wb = net->node[node->b].width;
    const float *y = work->value[at], *gy = work->gradient[at];
    const float *a = work->value[node->a], *b = work->value[node->b];
    float *ga = net->node[node->a].kind == NET_INPUT ? NULL : work->gradient[node->a];
    float *gb = net->node[node->b].kind == NET_INPUT ? NULL : work->gradient[node->b];
    const float *scale = node->kind == NET_LAYER_NORM ? net_values(net, node->param) : NULL;

    if (node->kind == NET_INPUT || node->kind == NET_BAG) {
        return;
    }
    if (node->kind == NET_DENSE) {
        dense(net, node, to, ga == NULL ? NULL : ga + begin * wa, a + begin * wa, gy + begin * d, end - begin);
        return;
    }
    for (size_t r = begin; r < end; r++) {
        const float *g = gy + r * d;
        float *gar = ga == NULL ? NULL : ga + r * wa, *gbr = gb == NULL ? NULL : gb + r * wb;

        if (node->kind == NET_LAYER_NORM) {
            layer_norm(gar, to + net->param[node->param].at, a + r * d, work->aux[at] + 2 * r, scale, g, d);
            continue;
        }
        if (gar != NULL) {
            switch (node->kind) {
            case NET_REPEAT: pal_floats_add(ga + r / net->node[node->a].group * wa, g, d); break;
            case NET_RELU: relu(gar, y + r * d, g, d); break;
            case NET_GELU: gelu(gar, a + r * d, g, d); break;
            case NET_NORMALISE: normalise(gar, y + r * d, work->aux[at] + r, g, d); break;
            case NET_CONCAT: pal_floats_add(gar, g, wa); break;
            case NET_ADD: pal_floats_add(gar, g, d); break;
            case NET_DOT: pal_floats_add_scaled(gar, b + r * wb, g[0], wa); break;
            default: /* NET_DROPOUT */
                if (masks == NULL) {
                    pal_floats_add(gar, g, d);
                } else {
                    add_product(gar, work->aux[at] + r * d, g, d);
                }
                break;
            }
        }
        if (gbr != NULL) {
            switch (node->kind) {
            case NET_CONCAT: pal_floats_add(gbr, g + wa, wb); break;
            case NET_ADD: pal_floats_add(gbr, g, d); break;
            case NET_DOT: pal_floats_add_scaled(gbr, a + r * wa, g[0], wb); break;
            default: break;
            }
        }
    }
}

void net_backward(const pal_net *net, pal_net_work *work, const net_masks *masks, float *dense_gradient, size_t begin,
                  size_t end)
{
    for (size_t at = net->n_nodes; at-- > 0;) {
        size_t group = net->node[at].group;

        node_backward(net, work, masks, dense_gradient, at, begin / group, end / group);
    }
}
