/* Gradients in blocks of floats: what a leaf sums has the precision of a float anyway (as in LightGBM). */
#include "models/boost_loss.h"

#include "core/pmath.h"
#include "core/pmath_kernel.h"
#include "core/threads.h"
#include "core/vector.h"

#define BLOCK ((size_t)8192)
#define CHUNK 256

typedef struct gradient_job {
    pal_boost_sum *sums;
    const double *score;
    const float *signed_weight;
    const double *weight;
    const pal_boost_scale *scale;
    double *partial; /* 2 a block: loss, weight; NULL: no loss wanted */
} gradient_job;

/* x = score against the label: large when the row is badly wrong. */
PAL_VECTOR static void against_label(float *restrict x, const double *restrict score,
                                     const float *restrict signed_weight, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        float s = (float)score[i];

        x[i] = signed_weight[i] < 0 ? -s : s;
    }
}

/* q = sigmoid(x) is the share by which the row is wrong: g = +-w q, h = w q (1 - q), rounded to whole units. */
PAL_VECTOR static void to_units(uint64_t *restrict words, const float *restrict q,
                                const float *restrict signed_weight, const pal_boost_scale *scale, size_t n)
{
    const uint64_t one = UINT64_C(1) << scale->hessian_bits;
    const double g_unit = scale->per_gradient, h_unit = scale->per_hessian;

    for (size_t i = 0; i < n; i++) {
        double p = q[i], w = signed_weight[i];
        double g = p * w * g_unit, h = p * (1 - p) * (w < 0 ? -w : w) * h_unit;

        /* adding 1.5 * 2^52 leaves the nearest integer in the lower bits */
        words[2 * i] = pal_bits(g + 0x1.8p52) - UINT64_C(0x4338000000000000);
        words[2 * i + 1] = (pal_bits(h + 0x1.8p52) - UINT64_C(0x4338000000000000)) | one;
    }
}

/* Sum of -log(1 - q) by weight; far out it is x itself. */
static void add_loss(double partial[2], const float *x, const float *q, const double *weight, size_t n)
{
    float log_of[CHUNK];
    double loss = 0, total = 0;

    for (size_t i = 0; i < n; i++) {
        log_of[i] = x[i] > 14 ? 1 : 1 - q[i];
    }
    pal_logf_array(log_of, log_of, n);
    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        loss += w * (x[i] > 14 ? (double)x[i] : -(double)log_of[i]);
        total += w;
    }
    partial[0] += loss;
    partial[1] += total;
}

static pal_status gradient_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const gradient_job *job = ctx;
    float x[CHUNK], q[CHUNK];
    uint64_t words[2 * CHUNK];
    double partial[2] = { 0, 0 };

    (void)worker;
    (void)err;
    for (size_t i = begin; i < end; i += CHUNK) {
        size_t n = end - i < CHUNK ? end - i : CHUNK;

        against_label(x, job->score + i, job->signed_weight + i, n);
        pal_sigmoidf_array(q, x, n);
        to_units(words, q, job->signed_weight + i, job->scale, n);
        for (size_t j = 0; j < n; j++) {
            job->sums[i + j] = (pal_boost_sum){ words[2 * j], words[2 * j + 1] };
        }
        if (job->partial != NULL) {
            add_loss(partial, x, q, job->weight == NULL ? NULL : job->weight + i, n);
        }
    }
    if (job->partial != NULL) {
        job->partial[2 * block] = partial[0];
        job->partial[2 * block + 1] = partial[1];
    }
    return PAL_OK;
}

size_t pal_boost_gradients_scratch(size_t n)
{
    return 2 * pal_blocks(n, BLOCK);
}

pal_status pal_boost_gradients(pal_boost_sum *sums, double *loss, const double *score, const float *signed_weight,
                               const double *weight, size_t n, const pal_boost_scale *scale, double *scratch,
                               size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    gradient_job job = { sums, score, signed_weight, weight, scale, loss != NULL ? scratch : NULL };
    double sum = 0, total = 0;

    PAL_TRY(pal_parallel_for(n, BLOCK, n_threads, gradient_block, &job, err));
    if (loss != NULL) {
        for (size_t b = 0; b < pal_blocks(n, BLOCK); b++) {
            sum += scratch[2 * b];
            total += scratch[2 * b + 1];
        }
        *loss = sum / total;
    }

done:
    return rc;
}

double pal_boost_log_loss(const double *score, const double *y, const double *weight, size_t n)
{
    double sum = 0, total = 0;

    for (size_t i = 0; i < n; i++) {
        double w = weight == NULL ? 1 : weight[i];

        sum += w * pal_softplus(y[i] > 0.5 ? -score[i] : score[i]);
        total += w;
    }
    return sum / total;
}
