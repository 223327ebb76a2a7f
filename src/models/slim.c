/*
 * SLIM: a sparse linear item model, one elastic net an item. With m people and the column w of item j, w_j = 0:
 *
 *   1/(2m) |x_j - X w|^2 + alpha l1_ratio |w|_1 + alpha (1 - l1_ratio)/2 |w|^2            [ w >= 0 ]
 *
 * which is scikit-learn's ElasticNet(fit_intercept=False). Times m it needs the Gram matrix G = X'X only, and
 * coordinate descent keeps r = G w:
 *
 *   w_i <- soft(G_ij - r_i + G_ii w_i, m alpha l1_ratio) / (G_ii + m alpha (1 - l1_ratio))
 *
 * Sweeps over the coordinates that are not 0 alternate with sweeps over all. With w >= 0 (and G has no entry below 0) a
 * coordinate with G_ij <= m alpha l1_ratio can never leave 0: it is not looked at.
 */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "core/vector.h"
#include "models/best.h"
#include "models/gram.h"
#include "models/item_weights.h"
#include "models/row_blocks.h"

#include <math.h>
#include <string.h>

#define BLOCK 4
#define MOST_COPIED ((size_t)2048) /* 32 MiB a thread at most */
#define BYTES_A_PAIR 8 /* G in double */

typedef struct slim {
    pal_item_weights weights; /* first: its functions serve */
    double alpha, l1_ratio, tolerance, memory_gib;
    bool positive;
    size_t k, max_iter;
} slim;

static const pal_param params[] = {
    { "alpha", PAL_PARAM_REAL, "0.2", 0, 1e9, NULL, "strength of the penalty, a person", "RecBole" },
    { "l1_ratio", PAL_PARAM_REAL, "0.02", 0, 1, NULL, "share of the penalty that makes weights 0", "RecBole" },
    { "positive", PAL_PARAM_BOOL, "true", 0, 0, NULL, "weights at or above 0 only", "Ning and Karypis, ICDM 2011" },
    { "k", PAL_PARAM_INT, "0", 0, 1e9, NULL, "largest weights kept of an item; 0 for all", NULL },
    { "max_iter", PAL_PARAM_INT, "100", 1, 1e6, NULL, "sweeps an item at most; then the last weights are taken",
      "Ferrari Dacrema et al., TOIS 2021" },
    { "tolerance", PAL_PARAM_REAL, "1e-4", 0, 1, NULL,
      "stop when no weight moves by more than this share of the largest",
      "scikit-learn" },
    { "memory_gib", PAL_PARAM_REAL, "4", 1e-3, 1e6, NULL, "GiB the Gram matrix may take: 8 bytes a pair of items",
      NULL },
    { 0 }
};

static void slim_free(void *self)
{
    slim *model = self;

    if (model != NULL) {
        pal_item_weights_clear(&model->weights);
        pal_free(model);
    }
}

static pal_status init(void **self, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    slim *model = NULL;

    PAL_NEW(model, 1);
    model->alpha = pal_values_real(values, "alpha");
    model->l1_ratio = pal_values_real(values, "l1_ratio");
    model->positive = pal_values_bool(values, "positive");
    model->k = (size_t)pal_values_int(values, "k");
    model->max_iter = (size_t)pal_values_int(values, "max_iter");
    model->tolerance = pal_values_real(values, "tolerance");
    model->memory_gib = pal_values_real(values, "memory_gib");
    *self = model;

done:
    return rc;
}

/* ---- one elastic net -------------------------------------------------------------------------------------- */

typedef struct slim_job {
    const slim *model;
    const double *g; /* n x n */
    size_t n;
    double l1, l2;   /* m alpha l1_ratio, m alpha (1 - l1_ratio) */
} slim_job;

/* The descent of one item. Its coordinates are places: either all items, or the candidates alone with their own part of
 * G, so that a step costs what the candidates are and not what the catalog is (a quarter of the time on 3,000 items of
 * which few meet). Eight items side by side, sharing each row of G, were slower: their r do not fit the first cache. */
typedef struct descent {
    const double *g;     /* size x size: of the places                    */
    size_t size;
    double *q, *w, *r;   /* places: G_ij, weights, G w                    */
    uint32_t *item;      /* places: which item                            */
    uint32_t *candidate; /* places that may leave 0                       */
    uint32_t *active;    /* places that are not 0                         */
    size_t n_candidates, n_active;
    double *part;        /* as many places squared as may be copied       */
    uint32_t *col;       /* the answer: n                                 */
    float *value, *magnitude;
} descent;

PAL_VECTOR static void add_scaled(double *r, const double *row, size_t n, double step)
{
    for (size_t i = 0; i < n; i++) r[i] += step * row[i];
}

/* Move one coordinate to its minimum; gives how far it went. */
static double move(const slim_job *job, descent *d, size_t i)
{
    const double *row = d->g + i * d->size;
    double old = d->w[i], q = d->q[i] - d->r[i] + row[i] * old, w = 0;

    if (q > job->l1) {
        w = (q - job->l1) / (row[i] + job->l2);
    } else if (q < -job->l1 && !job->model->positive) {
        w = (q + job->l1) / (row[i] + job->l2);
    }
    if (w == old) return 0;
    d->w[i] = w;
    add_scaled(d->r, row, d->size, w - old);
    return fabs(w - old);
}

/* One pass over some places; true when none moved by more than the tolerance. */
static bool sweep(const slim_job *job, descent *d, const uint32_t *place, size_t n)
{
    double furthest = 0, largest = 0;

    for (size_t c = 0; c < n; c++) {
        double step = move(job, d, place[c]);

        furthest = step > furthest ? step : furthest;
        largest = fabs(d->w[place[c]]) > largest ? fabs(d->w[place[c]]) : largest;
    }
    return furthest <= job->model->tolerance * largest;
}

/* All items are places; the candidates are listed. */
static void choose_candidates(const slim_job *job, descent *d, size_t j)
{
    const double *row = job->g + j * job->n;

    d->g = job->g;
    d->size = job->n;
    d->n_candidates = 0;
    memcpy(d->q, row, job->n * sizeof *row);
    for (size_t i = 0; i < job->n; i++) {
        bool can_move = job->model->positive ? row[i] > job->l1 : job->g[i * job->n + i] > 0;

        d->item[i] = (uint32_t)i;
        if (i != j && can_move) d->candidate[d->n_candidates++] = (uint32_t)i;
    }
}

/* The candidates become the places. What they do is the same to the bit. */
static void copy_part(const slim_job *job, descent *d)
{
    size_t n = d->n_candidates;

    for (size_t a = 0; a < n; a++) {
        const double *row = job->g + (size_t)d->candidate[a] * job->n;

        d->q[a] = d->q[d->candidate[a]]; /* never ahead of what is still to be read */
        d->item[a] = d->candidate[a];
        for (size_t b = 0; b < n; b++) d->part[a * n + b] = row[d->candidate[b]];
    }
    for (size_t a = 0; a < n; a++) d->candidate[a] = (uint32_t)a;
    d->g = d->part;
    d->size = n;
}

static void choose_active(descent *d)
{
    d->n_active = 0;
    for (size_t c = 0; c < d->n_candidates; c++) {
        if (d->w[d->candidate[c]] != 0) d->active[d->n_active++] = d->candidate[c];
    }
}

static void descend(const slim_job *job, descent *d, size_t j)
{
    choose_candidates(job, d, j);
    if (d->n_candidates <= MOST_COPIED && d->n_candidates <= job->n / 2) copy_part(job, d);
    memset(d->w, 0, d->size * sizeof *d->w);
    memset(d->r, 0, d->size * sizeof *d->r);
    for (size_t sweeps = 0; sweeps < job->model->max_iter;) {
        sweeps++;
        if (sweep(job, d, d->candidate, d->n_candidates)) return;
        choose_active(d);
        while (sweeps < job->model->max_iter) {
            sweeps++;
            if (sweep(job, d, d->active, d->n_active)) break;
        }
    }
}

/* The k largest weights, ties to lower items, in ascending order of items. */
static size_t keep_largest(const slim_job *job, descent *d)
{
    size_t n = 0, kept = 0;
    pal_best best = { d->magnitude, d->active, job->model->k, 0 }; /* the list of active ones has done its work */

    for (size_t c = 0; c < d->n_candidates; c++) {
        float w = (float)d->w[d->candidate[c]];

        if (w == 0) continue;
        d->col[n] = d->item[d->candidate[c]];
        d->value[n++] = w;
    }
    if (best.k == 0 || n <= best.k) return n;
    for (size_t i = 0; i < n; i++) pal_best_offer(&best, fabsf(d->value[i]), d->col[i]);
    for (size_t i = 0; i < n; i++) {
        if (pal_best_is_worse(fabsf(d->value[i]), d->col[i], best.score[0], best.id[0])) continue;
        d->col[kept] = d->col[i];
        d->value[kept++] = d->value[i];
    }
    return kept;
}

static pal_status take(descent *d, size_t n, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = n / 2 < MOST_COPIED ? n / 2 : MOST_COPIED;

    PAL_TAKE(d->q, n, arena);
    PAL_TAKE(d->w, n, arena);
    PAL_TAKE(d->r, n, arena);
    PAL_TAKE(d->item, n, arena);
    PAL_TAKE(d->candidate, n, arena);
    PAL_TAKE(d->active, n, arena);
    PAL_TAKE(d->part, most * most, arena);
    PAL_TAKE(d->col, n, arena);
    PAL_TAKE(d->value, n, arena);
    PAL_TAKE(d->magnitude, n, arena);

done:
    return rc;
}

static pal_status fit_rows(void *ctx, pal_row_blocks *blocks, size_t begin, size_t end, pal_arena *scratch,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const slim_job *job = ctx;
    descent d = { 0 };

    PAL_TRY(take(&d, job->n, scratch, err));
    for (size_t j = begin; j < end; j++) {
        descend(job, &d, j);
        PAL_TRY(pal_row_blocks_add(blocks, j, d.col, d.value, keep_largest(job, &d), err));
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;
    slim *model = self;
    size_t n = data->rows->n_cols;
    double people = (double)data->rows->n_rows, *g = NULL;
    pal_item_weights fitted = { 0 };
    pal_csr *near = NULL;
    slim_job job = { .model = model, .n = n };

    PAL_TRY(pal_rec_check("slim", data, err));
    PAL_TRY(pal_gram_fits("slim", n, BYTES_A_PAIR, model->memory_gib, err));
    PAL_NEW(g, n * n);
    PAL_TRY(pal_gram(g, data->rows, data->cols, env->n_threads, err));
    job.g = g;
    job.l1 = people * model->alpha * model->l1_ratio;
    job.l2 = people * model->alpha * (1 - model->l1_ratio);
    PAL_TRY(pal_row_blocks_make(&near, n, n, BLOCK, env->n_threads, fit_rows, &job, err));
    PAL_TRY(pal_item_weights_set(&fitted, data->rows->n_rows, near, err));
    near = NULL;
    pal_item_weights_clear(&model->weights);
    model->weights = fitted;
    fitted = (pal_item_weights){ 0 };

done:
    pal_csr_free(near);
    pal_item_weights_clear(&fitted);
    pal_free(g);
    return rc;
}

static pal_status load(void **self, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    void *opened = NULL;

    PAL_TRY(pal_rec_reopen(&opened, &pal_rec_slim, file, err));
    PAL_TRY(pal_item_weights_load(&((slim *)opened)->weights, file, err));
    *self = opened;
    opened = NULL;

done:
    slim_free(opened);
    return rc;
}

const pal_rec_type pal_rec_slim = {
    .name = "slim",
    .label = "SLIM",
    .summary = "a sparse linear item model: an elastic net for every item",
    .source = "Ning and Karypis, ICDM 2011; scaled as scikit-learn's ElasticNet",
    .flags = PAL_REC_EXACT | PAL_REC_ITEMS_ONLY,
    .params = params,
    .init = init,
    .fit = fit,
    .score = pal_item_weights_score,
    .similar = pal_item_weights_similar,
    .explain = pal_item_weights_explain,
    .save = pal_item_weights_save,
    .load = load,
    .shape = pal_item_weights_shape,
    .digest = pal_item_weights_digest,
    .free = slim_free,
};
