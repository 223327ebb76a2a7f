/* Losses of a net. */
#include "models/net_train.h"

#include "core/pmath.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/floats.h"

#include <float.h>
#include <math.h>
#include <string.h>

#define ROWS 128 /* rows a block of the softmax; never depends on the thread count */
#define LANES 16

/* ---- binary cross-entropy ------------------------------------------------------------------- */

pal_status pal_net_loss_bce(void *ctx, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                            double *loss, pal_error *err)
{
    const pal_net_bce *bce = ctx;
    const float *z = pal_net_value(work, bce->logit);
    float *g = pal_net_gradient(work, bce->logit);
    double sum = 0.0, total = 0.0;

    (void)n_threads;
    (void)err;
    PAL_ASSERT(pal_net_width(net, bce->logit) == 1);
    for (size_t r = 0; r < n; r++) {
        total += bce->weight == NULL ? 1.0 : (double)bce->weight[r];
    }
    for (size_t r = 0; r < n; r++) {
        double w = bce->weight == NULL ? 1.0 : (double)bce->weight[r], y = (double)bce->label[r], x = (double)z[r];

        sum += w * (pal_softplus(x) - y * x);
        g[r] = total > 0.0 ? (float)(w * (pal_sigmoid(x) - y) / total) : 0.0f;
    }
    *loss = total > 0.0 ? sum / total : 0.0;
    return PAL_OK;
}

/* ---- in-batch softmax ----------------------------------------------------------------------- */

/* Sums in 16 fixed lanes, merged in order. */
PAL_VECTOR static float lane_sum(const float *x, size_t n)
{
    float lane[LANES] = { 0.0f }, sum = 0.0f;
    size_t i = 0;

    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] += x[i + l];
        }
    }
    for (; i < n; i++) {
        lane[i % LANES] += x[i];
    }
    for (size_t l = 0; l < LANES; l++) {
        sum += lane[l];
    }
    return sum;
}

PAL_VECTOR static float largest(const float *x, size_t n)
{
    float lane[LANES], most;
    size_t i = 0;

    for (size_t l = 0; l < LANES; l++) {
        lane[l] = -FLT_MAX;
    }
    for (; i + LANES <= n; i += LANES) {
        for (size_t l = 0; l < LANES; l++) {
            lane[l] = x[i + l] > lane[l] ? x[i + l] : lane[l];
        }
    }
    for (; i < n; i++) {
        lane[i % LANES] = x[i] > lane[i % LANES] ? x[i] : lane[i % LANES];
    }
    most = lane[0];
    for (size_t l = 1; l < LANES; l++) {
        most = lane[l] > most ? lane[l] : most;
    }
    return most;
}

PAL_VECTOR static void shift(float *x, const float *minus, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] -= minus[i];
    }
}

PAL_VECTOR static void shift_all(float *x, float minus, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] -= minus;
    }
}

PAL_VECTOR static void scale_all(float *x, float factor, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        x[i] *= factor;
    }
}

PAL_VECTOR static void hide(float *s, const uint32_t *id, uint32_t own, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        s[i] = id[i] == own ? -FLT_MAX : s[i];
    }
}

typedef struct softmax_work {
    const pal_net_softmax *in;
    pal_backend backend;
    const float *u, *v;
    float *gu;
    size_t n, d;
    float *score; /* n x n                              */
    float *part;  /* blocks x n x d: gradients of items */
    double *loss; /* blocks                             */
} softmax_work;

/* A row of scores becomes its gradient, (softmax - own) / (temperature n); gives the row's loss. */
static double softmax_row(const softmax_work *w, float *s, size_t r)
{
    const pal_net_softmax *in = w->in;
    double loss;
    float own, most, sum;

    scale_all(s, (float)(1.0 / in->temperature), w->n);
    if (in->log_q != NULL) {
        shift(s, in->log_q, w->n);
    }
    own = s[r];
    if (in->id != NULL) {
        hide(s, in->id, in->id[r], w->n);
        s[r] = own;
    }
    most = largest(s, w->n);
    shift_all(s, most, w->n);
    pal_expf_array(s, s, w->n);
    sum = lane_sum(s, w->n);
    loss = pal_log((double)sum) + (double)most - (double)own;
    scale_all(s, (float)(1.0 / ((double)sum * in->temperature * (double)w->n)), w->n);
    s[r] -= (float)(1.0 / (in->temperature * (double)w->n));
    return loss;
}

static pal_status softmax_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const softmax_work *w = ctx;
    size_t rows = end - begin;
    float *s = w->score + begin * w->n;
    double loss = 0.0;

    (void)worker;
    (void)err;
    pal_gemm_f32(w->backend, false, true, rows, w->n, w->d, 1.0f, w->u + begin * w->d, w->d, w->v, w->d, 0.0f, s, w->n);
    for (size_t r = begin; r < end; r++) {
        loss += softmax_row(w, w->score + r * w->n, r);
    }
    w->loss[block] = loss;
    pal_gemm_f32(w->backend, false, false, rows, w->d, w->n, 1.0f, s, w->n, w->v, w->d, 0.0f, w->gu + begin * w->d, w->d);
    pal_gemm_f32(w->backend, true, false, w->n, w->d, rows, 1.0f, s, w->n, w->u + begin * w->d, w->d, 0.0f,
                 w->part + block * w->n * w->d, w->d);
    return PAL_OK;
}

pal_status pal_net_loss_softmax(void *ctx, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                                double *loss, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_net_softmax *in = ctx;
    size_t d = pal_net_width(net, in->user), blocks = pal_blocks(n, ROWS);
    softmax_work w = { .in = in, .backend = pal_net_backend(net), .u = pal_net_value(work, in->user),
                       .v = pal_net_value(work, in->item), .gu = pal_net_gradient(work, in->user), .n = n, .d = d };
    float *gv = pal_net_gradient(work, in->item);
    pal_arena_mark mark = pal_arena_here(in->scratch);

    PAL_ASSERT(pal_net_width(net, in->item) == d);
    PAL_TAKE(w.score, n * n, in->scratch);
    PAL_TAKE(w.part, blocks * n * d, in->scratch);
    PAL_TAKE(w.loss, blocks, in->scratch);
    PAL_TRY(pal_parallel_for(n, ROWS, n_threads, softmax_block, &w, err));
    memset(gv, 0, n * d * sizeof *gv);
    *loss = 0.0;
    for (size_t b = 0; b < blocks; b++) {
        pal_floats_add(gv, w.part + b * n * d, n * d);
        *loss += w.loss[b];
    }
    *loss /= (double)n;

done:
    pal_arena_rewind(in->scratch, mark);
    return rc;
}

/* ---- cosine embedding ----------------------------------------------------------------------- */

pal_status pal_net_loss_cosine(void *ctx, const pal_net *net, pal_net_work *work, size_t n, size_t n_threads,
                               double *loss, pal_error *err)
{
    const pal_net_cosine *in = ctx;
    const float *a = pal_net_value(work, in->a), *b = pal_net_value(work, in->b);
    float *ga = pal_net_gradient(work, in->a), *gb = pal_net_gradient(work, in->b);
    size_t d = pal_net_width(net, in->a);
    double sum = 0.0;

    (void)n_threads;
    (void)err;
    for (size_t r = 0; r < n; r++, a += d, b += d, ga += d, gb += d) {
        double ab = 0.0, aa = 0.0, bb = 0.0, cosine, slope, length;

        for (size_t i = 0; i < d; i++) {
            ab += (double)a[i] * (double)b[i];
            aa += (double)a[i] * (double)a[i];
            bb += (double)b[i] * (double)b[i];
        }
        length = sqrt(aa) * sqrt(bb);
        cosine = length > 0.0 ? ab / length : 0.0;
        if (in->label[r] > 0.0f) {
            sum += 1.0 - cosine;
            slope = -1.0;
        } else {
            sum += cosine > in->margin ? cosine - in->margin : 0.0;
            slope = cosine > in->margin ? 1.0 : 0.0;
        }
        slope = length > 0.0 ? slope / (double)n : 0.0;
        for (size_t i = 0; i < d; i++) {
            ga[i] = slope == 0.0 ? 0.0f : (float)(slope * ((double)b[i] / length - cosine * (double)a[i] / aa));
            gb[i] = slope == 0.0 ? 0.0f : (float)(slope * ((double)a[i] / length - cosine * (double)b[i] / bb));
        }
    }
    *loss = sum / (double)n;
    return PAL_OK;
}
