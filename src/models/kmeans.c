/*
 * k-means on tiles of TILE points, coordinate by coordinate: a distance to a centre is then a plain vector loop over
 * the points of a tile, and so is the choice of the nearest centre. Restarts run beside each other.
 */
#include "models/kmeans.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/threads.h"
#include "core/vector.h"

#include <math.h>
#include <string.h>

#define TILE 32
#define MOST_TRIALS 32

/* What one restart works on. */
typedef struct attempt {
    double *centre, *sum; /* k x d */
    double *nearest;      /* tiles x TILE: squared distance to the own centre           */
    double *own;          /* tiles x TILE: number of the own centre, as a vector lane   */
    double *count;        /* k                                                          */
    double *trial;        /* tiles x TILE: distances to a candidate, and to the best    */
    double *best_trial;
    double inertia;
} attempt;

typedef struct kmeans {
    const pal_kmeans_config *config;
    pal_key key;
    const double *x;  /* n x d */
    double *tile;     /* tiles x d x TILE; the last tile is filled up with its last point */
    size_t n, d, k, n_tiles, n_attempts;
    double still;     /* centres that move less, squared and summed, have converged */
    attempt *attempt; /* n_attempts */
} kmeans;

/* ---- distances -------------------------------------------------------------------------------------------- */

/* out[i] = |point i of the tile - centre|^2, coordinates in ascending order. */
static inline void tile_distances(double *out, const double *tile, const double *centre, size_t d)
{
    double sum[TILE] = { 0 };

    for (size_t f = 0; f < d; f++) {
        double c = centre[f];

        for (size_t i = 0; i < TILE; i++) {
            double gap = tile[f * TILE + i] - c;

            sum[i] += gap * gap;
        }
    }
    memcpy(out, sum, sizeof sum);
}

/* Nearest centre of every point; true when one has changed. */
PAL_VECTOR static bool assign(double *own, double *nearest, const double *tile, size_t n_tiles, size_t d,
                              const double *centre, size_t k)
{
    double changed = 0;

    for (size_t t = 0; t < n_tiles; t++) {
        double best[TILE], who[TILE], now[TILE];
        const double *at = tile + t * d * TILE;

        tile_distances(best, at, centre, d);
        for (size_t i = 0; i < TILE; i++) who[i] = 0;
        for (size_t j = 1; j < k; j++) {
            double number = (double)j;

            tile_distances(now, at, centre + j * d, d);
            for (size_t i = 0; i < TILE; i++) {
                who[i] = now[i] < best[i] ? number : who[i];
                best[i] = now[i] < best[i] ? now[i] : best[i];
            }
        }
        for (size_t i = 0; i < TILE; i++) {
            double gap = own[t * TILE + i] - who[i];

            changed += gap * gap;
            own[t * TILE + i] = who[i];
            nearest[t * TILE + i] = best[i];
        }
    }
    return changed > 0;
}

/* trial = distances to one point, or what is there already where that is less. */
PAL_VECTOR static void shorten(double *trial, const double *nearest, const double *tile, size_t n_tiles, size_t d,
                               const double *point)
{
    for (size_t t = 0; t < n_tiles; t++) {
        double now[TILE];

        tile_distances(now, tile + t * d * TILE, point, d);
        for (size_t i = 0; i < TILE; i++) {
            double old = nearest[t * TILE + i];

            trial[t * TILE + i] = now[i] < old ? now[i] : old;
        }
    }
}

/* ---- starts ----------------------------------------------------------------------------------------------- */

/* First point whose running sum of weights passes `at`; the last with any weight when rounding leaves none. */
static size_t pick(const double *weight, size_t n, double at)
{
    double sum = 0;
    size_t last = 0;

    for (size_t i = 0; i < n; i++) {
        if (!(weight[i] > 0)) continue;
        sum += weight[i];
        last = i;
        if (sum > at) break;
    }
    return last;
}

/* The candidate that leaves the smallest sum of distances becomes centre j. */
static void add_centre(const kmeans *m, attempt *a, size_t j, size_t n_trials, pal_at at)
{
    double total = pal_sum(a->nearest, m->n), best = HUGE_VAL;
    size_t chosen = 0;

    for (size_t t = 0; t < n_trials; t++) {
        double u = pal_u01(m->key, at, (uint64_t)j * MOST_TRIALS + t), left;
        size_t i = pick(a->nearest, m->n, u * total);

        shorten(a->trial, a->nearest, m->tile, m->n_tiles, m->d, m->x + i * m->d);
        left = pal_sum(a->trial, m->n);
        if (left < best) {
            double *kept = a->best_trial;

            best = left;
            chosen = i;
            a->best_trial = a->trial;
            a->trial = kept;
        }
    }
    memcpy(a->centre + j * m->d, m->x + chosen * m->d, m->d * sizeof *a->centre);
    memcpy(a->nearest, a->best_trial, m->n_tiles * TILE * sizeof *a->nearest);
}

static void seed_centres(const kmeans *m, attempt *a, uint64_t restart)
{
    pal_at at = { restart, 0, 0 };
    size_t first = (size_t)(pal_u01(m->key, at, 0) * (double)m->n);
    size_t n_trials = 2 + (size_t)floor(pal_log((double)m->k));

    memcpy(a->centre, m->x + first * m->d, m->d * sizeof *a->centre);
    for (size_t i = 0; i < m->n_tiles * TILE; i++) a->nearest[i] = HUGE_VAL;
    shorten(a->best_trial, a->nearest, m->tile, m->n_tiles, m->d, a->centre);
    memcpy(a->nearest, a->best_trial, m->n_tiles * TILE * sizeof *a->nearest);
    for (size_t j = 1; j < m->k; j++) add_centre(m, a, j, n_trials, at);
}

/* ---- iterations ------------------------------------------------------------------------------------------- */

/* The point that is farthest from its centre among those that are not alone there; false when none is off it. */
static bool farthest(size_t *out, const attempt *a, size_t n)
{
    double best = 0;

    for (size_t i = 0; i < n; i++) {
        if (a->nearest[i] > best && a->count[(size_t)a->own[i]] > 1) {
            best = a->nearest[i];
            *out = i;
        }
    }
    return best > 0;
}

/* An empty cluster takes the farthest point away from its own, before the means are formed. */
static void fill_empty(const kmeans *m, attempt *a)
{
    for (size_t j = 0; j < m->k; j++) {
        size_t i = 0, from;

        if (a->count[j] > 0 || !farthest(&i, a, m->n)) continue;
        from = (size_t)a->own[i];
        for (size_t f = 0; f < m->d; f++) {
            a->sum[from * m->d + f] -= m->x[i * m->d + f];
            a->sum[j * m->d + f] = m->x[i * m->d + f];
        }
        a->count[from] -= 1;
        a->count[j] = 1;
        a->own[i] = (double)j;
        a->nearest[i] = 0;
    }
}

PAL_VECTOR static void add_row(double *sum, const double *x, size_t d)
{
    for (size_t f = 0; f < d; f++) sum[f] += x[f];
}

/* Centres to the means of their points; returns the sum of the squares of their moves. */
static double move_centres(const kmeans *m, attempt *a)
{
    double moved = 0;

    memset(a->sum, 0, m->k * m->d * sizeof *a->sum);
    memset(a->count, 0, m->k * sizeof *a->count);
    for (size_t i = 0; i < m->n; i++) {
        size_t j = (size_t)a->own[i];

        add_row(a->sum + j * m->d, m->x + i * m->d, m->d);
        a->count[j] += 1;
    }
    fill_empty(m, a);
    for (size_t j = 0; j < m->k; j++) {
        for (size_t f = 0; f < m->d && a->count[j] > 0; f++) {
            double mean = a->sum[j * m->d + f] / a->count[j], gap = mean - a->centre[j * m->d + f];

            moved += gap * gap;
            a->centre[j * m->d + f] = mean;
        }
    }
    return moved;
}

/* Lloyd's iterations until the centres move `still` at most (below 0: never mind) or no label changes. */
static void iterate(const kmeans *m, attempt *a, double still)
{
    for (size_t i = 0; i < m->config->max_iter; i++) {
        double moved = move_centres(m, a);

        if (!assign(a->own, a->nearest, m->tile, m->n_tiles, m->d, a->centre, m->k) || moved <= still) break;
    }
    a->inertia = pal_sum(a->nearest, m->n);
}

static pal_status run_attempt(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    kmeans *m = ctx;
    attempt *a = &m->attempt[begin];
    bool given = m->config->start != NULL && begin == 0;

    (void)end;
    (void)block;
    (void)worker;
    (void)err;
    if (given) {
        for (size_t i = 0; i < m->n_tiles * TILE; i++) {
            a->own[i] = (double)m->config->start[i < m->n ? i : m->n - 1];
        }
        move_centres(m, a);
    } else {
        seed_centres(m, a, begin - (m->config->start != NULL));
    }
    assign(a->own, a->nearest, m->tile, m->n_tiles, m->d, a->centre, m->k);
    iterate(m, a, m->still);
    return PAL_OK;
}

/* ---- the whole -------------------------------------------------------------------------------------------- */

pal_kmeans_config pal_kmeans_defaults(void)
{
    return (pal_kmeans_config){ .k = 0, .restarts = 10, .max_iter = 300, .tolerance = 1e-4, .n_threads = 1 };
}

/* Squared moves that count as none: the tolerance times the mean variance of a coordinate. */
static double still_moves(const kmeans *m)
{
    pal_acc total = { 0 };

    for (size_t f = 0; f < m->d; f++) {
        pal_acc sum = { 0 }, square = { 0 };
        double mean;

        for (size_t i = 0; i < m->n; i++) pal_acc_add(&sum, m->x[i * m->d + f]);
        mean = pal_acc_value(&sum) / (double)m->n;
        for (size_t i = 0; i < m->n; i++) {
            double gap = m->x[i * m->d + f] - mean;

            pal_acc_add(&square, gap * gap);
        }
        pal_acc_add(&total, pal_acc_value(&square) / (double)m->n);
    }
    return m->config->tolerance * pal_acc_value(&total) / (double)m->d;
}

static void fill_tiles(kmeans *m)
{
    for (size_t i = 0; i < m->n_tiles * TILE; i++) {
        const double *from = m->x + (i < m->n ? i : m->n - 1) * m->d;
        double *to = m->tile + i / TILE * m->d * TILE + i % TILE;

        for (size_t f = 0; f < m->d; f++) to[f * TILE] = from[f];
    }
}

static pal_status kmeans_init(kmeans *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t lanes = m->n_tiles * TILE;

    PAL_NEW(m->tile, lanes * m->d);
    PAL_NEW(m->attempt, m->n_attempts);
    for (size_t r = 0; r < m->n_attempts; r++) {
        attempt *a = &m->attempt[r];

        PAL_NEW(a->centre, m->k * m->d);
        PAL_NEW(a->sum, m->k * m->d);
        PAL_NEW(a->count, m->k);
        PAL_NEW(a->own, lanes);
        PAL_NEW(a->nearest, lanes);
        PAL_NEW(a->trial, lanes);
        PAL_NEW(a->best_trial, lanes);
    }
    fill_tiles(m);
    m->still = still_moves(m);

done:
    return rc;
}

static void kmeans_clear(kmeans *m)
{
    for (size_t r = 0; m->attempt != NULL && r < m->n_attempts; r++) {
        attempt *a = &m->attempt[r];

        pal_free(a->centre);
        pal_free(a->sum);
        pal_free(a->count);
        pal_free(a->own);
        pal_free(a->nearest);
        pal_free(a->trial);
        pal_free(a->best_trial);
    }
    pal_free(m->attempt);
    pal_free(m->tile);
}

pal_status pal_kmeans(uint32_t *label, double *centre, double *inertia, const double *x, size_t n, size_t d,
                      const pal_kmeans_config *config, pal_key key, pal_error *err)
{
    pal_status rc = PAL_OK;
    kmeans m = { .config = config, .key = key, .x = x, .n = n, .d = d, .k = config->k,
                 .n_tiles = pal_blocks(n, TILE), .n_attempts = config->restarts + (config->start != NULL) };
    attempt *best;

    if (n == 0 || d == 0 || m.k == 0 || m.k > UINT32_MAX || m.n_attempts == 0) {
        PAL_FAIL(PAL_ERR_SHAPE, "k-means: %zu points of %zu coordinates, %zu clusters and %zu restarts; all must be "
                 "above 0", n, d, m.k, m.n_attempts);
    }
    PAL_TRY(kmeans_init(&m, err));
    PAL_TRY(pal_parallel_for(m.n_attempts, 1, config->n_threads, run_attempt, &m, err));
    best = &m.attempt[0];
    for (size_t r = 1; r < m.n_attempts; r++) {
        if (m.attempt[r].inertia < best->inertia) best = &m.attempt[r];
    }
    iterate(&m, best, -1);

    for (size_t i = 0; i < n; i++) label[i] = (uint32_t)best->own[i];
    if (centre != NULL) memcpy(centre, best->centre, m.k * d * sizeof *centre);
    if (inertia != NULL) *inertia = best->inertia;

done:
    kmeans_clear(&m);
    return rc;
}
