/* Recursive bisection of points into blocks, and safe bounds over a block. */
#include "data/blocks.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define AXIS_SAMPLE 4096 /* points that decide an axis: more would not turn it noticeably */
#define AXIS_STEPS 32    /* power iterations; the axis may be rough, the bounds are taken from the members */

typedef struct ranked {
    double along; /* projection on the axis         */
    uint32_t at;  /* place in the range: ties       */
} ranked;

typedef struct splitter {
    uint32_t *order, *spare; /* n */
    uint32_t *end;           /* next block's end */
    ranked *rank, *pool;     /* n */
    const float *point;
    size_t d;
    double *mean, *axis, *next; /* d     */
    double *spread;             /* d x d */
} splitter;

static bool comes_before(ranked a, ranked b)
{
    return a.along < b.along || (!(b.along < a.along) && a.at < b.at);
}

/* Covariance (times the sample's size) of points order[begin..end), at most AXIS_SAMPLE of them, evenly spread. */
static void measure_spread(splitter *s, size_t begin, size_t end)
{
    size_t n = end - begin, n_sample = n < AXIS_SAMPLE ? n : AXIS_SAMPLE, d = s->d;

    memset(s->mean, 0, d * sizeof *s->mean);
    memset(s->spread, 0, d * d * sizeof *s->spread);
    for (size_t i = 0; i < n_sample; i++) {
        const float *x = s->point + s->order[begin + i * n / n_sample] * d;

        for (size_t f = 0; f < d; f++) {
            s->mean[f] += (double)x[f];
        }
    }
    for (size_t f = 0; f < d; f++) {
        s->mean[f] /= (double)n_sample;
    }
    for (size_t i = 0; i < n_sample; i++) {
        const float *x = s->point + s->order[begin + i * n / n_sample] * d;

        for (size_t f = 0; f < d; f++) {
            s->next[f] = (double)x[f] - s->mean[f];
        }
        for (size_t f = 0; f < d; f++) {
            for (size_t g = 0; g <= f; g++) {
                s->spread[f * d + g] += s->next[f] * s->next[g];
            }
        }
    }
    for (size_t f = 0; f < d; f++) {
        for (size_t g = f + 1; g < d; g++) {
            s->spread[f * d + g] = s->spread[g * d + f];
        }
    }
}

/* axis = the direction of largest spread, by power iteration from the widest feature's row. */
static void find_axis(splitter *s)
{
    size_t d = s->d, widest = 0;

    for (size_t f = 1; f < d; f++) {
        widest = s->spread[f * d + f] > s->spread[widest * d + widest] ? f : widest;
    }
    memset(s->axis, 0, d * sizeof *s->axis);
    s->axis[widest] = 1;
    for (int step = 0; step < AXIS_STEPS; step++) {
        double length = 0;

        for (size_t f = 0; f < d; f++) {
            s->next[f] = 0;
            for (size_t g = 0; g < d; g++) {
                s->next[f] += s->spread[f * d + g] * s->axis[g];
            }
            length += s->next[f] * s->next[f];
        }
        length = sqrt(length);
        if (!(length > 0)) {
            return; /* all points alike: any axis does, ties are cut by place */
        }
        for (size_t f = 0; f < d; f++) {
            s->axis[f] = s->next[f] / length;
        }
    }
}

static ranked middle_of(ranked a, ranked b, ranked c)
{
    if (comes_before(b, a)) {
        ranked t = a;

        a = b;
        b = t;
    }
    if (comes_before(c, b)) {
        b = comes_before(c, a) ? a : c;
    }
    return b;
}

/* The k-th smallest of n, by quickselect; pool is destroyed. All elements differ, so the answer is unique. */
static ranked select_kth(ranked *pool, size_t n, size_t k)
{
    size_t low = 0, high = n;

    while (high - low > 1) {
        ranked pivot = middle_of(pool[low], pool[low + (high - low) / 2], pool[high - 1]);
        size_t i = low, j = high - 1;

        for (;;) {
            while (comes_before(pool[i], pivot)) {
                i++;
            }
            while (comes_before(pivot, pool[j])) {
                j--;
            }
            if (i >= j) {
                break;
            }
            ranked t = pool[i];
            pool[i++] = pool[j];
            pool[j--] = t;
        }
        /* Elements differ, so i stands on the pivot or just behind it: [low, i) <= pivot <= [i, high). */
        if (k < i) {
            high = i;
        } else {
            low = i;
        }
    }
    return pool[low];
}

/* Put the n_left points with the smallest projections first; both sides keep the order they had. */
static void cut(splitter *s, size_t begin, size_t end, size_t n_left)
{
    size_t n = end - begin, left = begin, right = begin + n_left;
    ranked first_right;

    measure_spread(s, begin, end);
    find_axis(s);
    for (size_t i = 0; i < n; i++) {
        const float *x = s->point + s->order[begin + i] * s->d;
        double along = 0;

        for (size_t f = 0; f < s->d; f++) {
            along += s->axis[f] * (double)x[f];
        }
        s->rank[i] = s->pool[i] = (ranked){ along, (uint32_t)i };
    }
    first_right = select_kth(s->pool, n, n_left);
    for (size_t i = 0; i < n; i++) {
        uint32_t p = s->order[begin + i];

        if (comes_before(s->rank[i], first_right)) {
            s->spare[left++] = p;
        } else {
            s->spare[right++] = p;
        }
    }
    PAL_ASSERT(left == begin + n_left && right == end);
    memcpy(s->order + begin, s->spare + begin, n * sizeof *s->order);
}

static void split(splitter *s, size_t begin, size_t end, size_t n_blocks)
{
    size_t n_left;

    if (n_blocks <= 1) {
        *s->end++ = (uint32_t)end;
        return;
    }
    /* In proportion to the blocks a side gets: n <= 128 blocks here gives n_left <= 128 (n_blocks / 2) there. */
    n_left = (size_t)((uint64_t)(end - begin) * (n_blocks / 2) / n_blocks);
    cut(s, begin, end, n_left);
    split(s, begin, begin + n_left, n_blocks / 2);
    split(s, begin + n_left, end, n_blocks - n_blocks / 2);
}

pal_status pal_blocks_split(uint32_t *order, uint32_t *end, const float *point, size_t n, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    splitter s = { .order = order, .end = end, .point = point, .d = d };

    if (n == 0) {
        goto done;
    }
    PAL_NEW(s.spare, n);
    PAL_NEW(s.rank, n);
    PAL_NEW(s.pool, n);
    PAL_NEW(s.mean, d);
    PAL_NEW(s.axis, d);
    PAL_NEW(s.next, d);
    PAL_NEW(s.spread, d * d);
    split(&s, 0, n, (n + PAL_BLOCK_ITEMS - 1) / PAL_BLOCK_ITEMS);
done:
    pal_free(s.spare);
    pal_free(s.rank);
    pal_free(s.pool);
    pal_free(s.mean);
    pal_free(s.axis);
    pal_free(s.next);
    pal_free(s.spread);
    return rc;
}

/* Mean of rows [begin, end) of an item-major array. */
static void mean_of_rows(double *mean, const float *row, size_t begin, size_t end, size_t stride, size_t d)
{
    memset(mean, 0, d * sizeof *mean);
    for (size_t i = begin; i < end; i++) {
        for (size_t f = 0; f < d; f++) {
            mean[f] += (double)row[i * stride + f];
        }
    }
    for (size_t f = 0; f < d; f++) {
        mean[f] /= (double)(end - begin);
    }
}

/*
 * A dot product of d float products of unit vectors, summed in floats in any order, is off by at most about
 * (d + 1) 2^-24; the vectors themselves are unit within 2^-23. d + 16 covers both with room to spare.
 */
static double slack(size_t d)
{
    return (double)(d + 16) * 0x1p-24;
}

static void bound_direction(pal_catalog *c, size_t b, size_t begin, size_t end)
{
    float *to = c->block_direction + b * c->stride;
    double mean[PAL_MAX_FEATURES], length = 0, least = 1;

    mean_of_rows(mean, c->direction, begin, end, c->stride, c->d);
    for (size_t f = 0; f < c->d; f++) {
        length += mean[f] * mean[f];
    }
    length = sqrt(length);
    for (size_t f = 0; f < c->d; f++) {
        to[f] = length > 0 ? (float)(mean[f] / length) : 0;
    }
    for (size_t i = begin; i < end; i++) {
        double dot = 0;

        for (size_t f = 0; f < c->d; f++) {
            dot += (double)to[f] * (double)c->direction[i * c->stride + f];
        }
        least = dot < least ? dot : least;
    }
    least -= slack(c->d);
    c->block_cos[b] = least < -1 ? -1 : nextafterf((float)least, -2);
}

static void bound_distance(pal_catalog *c, size_t b, size_t begin, size_t end)
{
    float *to = c->block_center + b * c->stride;
    double mean[PAL_MAX_FEATURES], most = 0;

    mean_of_rows(mean, c->scaled, begin, end, c->stride, c->d);
    for (size_t f = 0; f < c->d; f++) {
        to[f] = (float)mean[f];
    }
    for (size_t i = begin; i < end; i++) {
        double squares = 0;

        for (size_t f = 0; f < c->d; f++) {
            double x = (double)c->scaled[i * c->stride + f] - (double)to[f];

            squares += x * x;
        }
        most = squares > most ? squares : most;
    }
    c->block_radius[b] = nextafterf((float)(sqrt(most) * (1 + slack(c->d))), INFINITY);
}

void pal_blocks_bound(pal_catalog *catalog)
{
    for (size_t b = 0; b < catalog->n_blocks; b++) {
        size_t begin = catalog->block_begin[b], end = catalog->block_begin[b + 1];
        float most = 0;

        bound_direction(catalog, b, begin, end);
        bound_distance(catalog, b, begin, end);
        for (size_t i = begin; i < end; i++) {
            most = catalog->popularity[i] > most ? catalog->popularity[i] : most;
        }
        catalog->block_popularity[b] = most;
    }
}
