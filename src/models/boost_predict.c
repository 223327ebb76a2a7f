/*
 * Scores of new rows. Small trees are not walked at all: see boost_masks.c. Down others many rows walk a tree side by
 * side, or one row many trees, so that their loads overlap.
 */
#include "core/mem.h"
#include "core/pmath.h"
#include "core/threads.h"
#include "models/boost_model.h"

#define BLOCK ((size_t)1024) /* rows */
/* 16 walks at a time: more hide more of the wait, until registers run out (4 ... 16 tried). */
#define ABREAST PAL_BOOST_MASK_ROWS

/* Slow and sure: missing values go where each node says. */
static double walk(const pal_boost *m, const pal_boost_tree *tree, const double *x)
{
    int32_t at = tree->n_leaves > 1 ? 0 : -1;

    while (at >= 0) {
        const pal_boost_node *node = &m->node[tree->first_node + (size_t)at];

        at = pal_boost_next(node, x[node->feature]);
    }
    return m->leaf[tree->first_leaf + (size_t)~at].value;
}

static bool needs_care(const pal_boost *m, const double *x)
{
    bool missing = m->zero_is_missing;

    for (size_t j = 0; j < m->d; j++) {
        missing |= x[j] != x[j];
    }
    return missing;
}

static double raw_with_care(const pal_boost *m, const double *x)
{
    double sum = 0;

    for (size_t t = 0; t < m->n_trees; t++) {
        sum += walk(m, &m->tree[t], x);
    }
    return sum;
}

/*
 * One step of all walks; false when none moved. A leaf leads to itself, so there is nothing to guess and nothing to
 * wait for but the loads.
 */
static inline bool step_all(uint32_t at[ABREAST], const pal_boost_step *steps, const double *const x[ABREAST])
{
    uint32_t moved = 0;

    for (size_t i = 0; i < ABREAST; i++) {
        const pal_boost_step *step = &steps[at[i]];
        uint32_t next = step->left + !(x[i][step->feature] <= step->threshold);

        moved |= next ^ at[i];
        at[i] = next;
    }
    return moved != 0;
}

static size_t steps_of(const pal_boost_tree *tree)
{
    return 2 * tree->n_leaves - 1;
}

double pal_boost_raw(const pal_boost *m, const double *x)
{
    const double *same[ABREAST];
    double sum = 0;
    size_t base = 0;

    if (needs_care(m, x)) {
        return raw_with_care(m, x);
    }
    if (m->masks.value != NULL) {
        uint32_t leaves[PAL_BOOST_MASK_TREES];

        return pal_boost_masks_raw(m, x, leaves);
    }
    for (size_t i = 0; i < ABREAST; i++) {
        same[i] = x;
    }
    for (size_t t = 0; t < m->n_trees; t += ABREAST) {
        size_t n = m->n_trees - t < ABREAST ? m->n_trees - t : ABREAST;
        uint32_t at[ABREAST];

        for (size_t i = 0; i < ABREAST; i++) { /* past the last tree: its root again */
            at[i] = (uint32_t)base;
            base += i + 1 < n || (i + 1 == n && n == ABREAST) ? steps_of(&m->tree[t + i]) : 0;
        }
        while (step_all(at, m->step, same)) {
        }
        for (size_t i = 0; i < n; i++) {
            sum += m->step_value[at[i]];
        }
    }
    return sum;
}

/* Rows without missing values; the same sums in the same order as pal_boost_raw. */
static void raw_abreast(double raw[ABREAST], const pal_boost *m, const double *const x[ABREAST])
{
    size_t base = 0;

    for (size_t i = 0; i < ABREAST; i++) {
        raw[i] = 0;
    }
    for (size_t t = 0; t < m->n_trees; t++) {
        uint32_t at[ABREAST];

        for (size_t i = 0; i < ABREAST; i++) {
            at[i] = (uint32_t)base;
        }
        while (step_all(at, m->step, x)) {
        }
        for (size_t i = 0; i < ABREAST; i++) {
            raw[i] += m->step_value[at[i]];
        }
        base += steps_of(&m->tree[t]);
    }
}

double pal_boost_probability(const pal_boost *m, double raw)
{
    return pal_sigmoid(m->sigmoid * raw);
}

typedef struct predict_job {
    double *raw, *probability;
    const pal_boost *m;
    const double *x; /* one of the two */
    const float *x32;
    double *wide;    /* ABREAST x d a worker: rows of floats as doubles */
    uint32_t *leaves; /* ABREAST x n_trees a worker, for masks          */
} predict_job;

/* Up to ABREAST rows from `first` on. */
static void predict_group(double raw[ABREAST], const predict_job *job, size_t first, size_t n, size_t worker)
{
    const pal_boost *m = job->m;
    const double *x[ABREAST];
    double *wide = job->x == NULL ? job->wide + worker * ABREAST * m->d : NULL;
    bool care = n < ABREAST;

    for (size_t i = 0; i < n; i++) {
        if (job->x != NULL) {
            x[i] = job->x + (first + i) * m->d;
        } else {
            for (size_t j = 0; j < m->d; j++) {
                wide[i * m->d + j] = (double)job->x32[(first + i) * m->d + j];
            }
            x[i] = wide + i * m->d;
        }
        care |= needs_care(m, x[i]);
    }
    if (!care && m->masks.value != NULL) {
        pal_boost_masks_rows(raw, m, x, job->leaves + worker * ABREAST * m->n_trees);
        return;
    }
    if (!care) {
        raw_abreast(raw, m, x);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        raw[i] = pal_boost_raw(m, x[i]);
    }
}

static pal_status predict_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const predict_job *job = ctx;
    double raw[ABREAST];

    (void)block;
    (void)err;
    for (size_t i = begin; i < end; i += ABREAST) {
        size_t n = end - i < ABREAST ? end - i : ABREAST;

        predict_group(raw, job, i, n, worker);
        for (size_t j = 0; j < n; j++) {
            if (job->raw != NULL) job->raw[i + j] = raw[j];
            if (job->probability != NULL) job->probability[i + j] = pal_boost_probability(job->m, raw[j]);
        }
    }
    return PAL_OK;
}

static pal_status predict(double *raw, double *probability, const pal_boost *m, const double *x, const float *x32,
                          size_t n, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    predict_job job = { raw, probability, m, x, x32, NULL, NULL };

    if (m->masks.value != NULL) {
        PAL_NEW(job.leaves, n_threads * ABREAST * m->n_trees);
    }
    if (x == NULL) {
        PAL_NEW(job.wide, n_threads * ABREAST * m->d);
    }
    PAL_TRY(pal_parallel_for(n, BLOCK, n_threads, predict_block, &job, err));

done:
    pal_free(job.wide);
    pal_free(job.leaves);
    return rc;
}

pal_status pal_boost_predict(double *raw, double *probability, const pal_boost *m, const double *x, size_t n,
                             size_t n_threads, pal_error *err)
{
    return predict(raw, probability, m, x, NULL, n, n_threads, err);
}

pal_status pal_boost_predict_f32(double *raw, double *probability, const pal_boost *m, const float *x, size_t n,
                                 size_t n_threads, pal_error *err)
{
    return predict(raw, probability, m, NULL, x, n, n_threads, err);
}
