#include "sim/tastes.h"

#include "core/dist.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

/* How strongly contradiction 0 or 1 binds: the nearest and the farthest pair then differ by exp(12) in odds. */
#define CONTRAST 24.0

static void mean_and_spread(pal_taste_map *map, size_t c)
{
    const pal_catalog *cat = map->catalog;
    const size_t begin = cat->cluster_begin[c], end = cat->cluster_begin[c + 1];
    pal_acc square = { 0 };

    for (size_t f = 0; f < cat->d; f++) {
        pal_acc sum = { 0 };

        for (size_t i = begin; i < end; i++) {
            pal_acc_add(&sum, (double)cat->scaled[i * cat->stride + f]);
        }
        const double mean = end > begin ? pal_acc_value(&sum) / (double)(end - begin) : 0.0;

        for (size_t i = begin; i < end; i++) {
            const double off = (double)cat->scaled[i * cat->stride + f] - mean;

            pal_acc_add(&square, off * off);
        }
        map->mean[c * cat->stride + f] = (float)mean;
    }
    const double cells = (double)(end - begin) * (double)cat->d;
    const double rms = cells > 0.0 ? sqrt(pal_acc_value(&square) / cells) : 0.0;

    /* A cluster of one item (or of equal ones) still needs a width above zero. */
    map->spread[c] = rms > 1e-3 ? (float)rms : 1e-3f;
}

static double distance(const pal_taste_map *map, size_t a, size_t b)
{
    const size_t stride = map->catalog->stride;
    double sum = 0.0;

    for (size_t f = 0; f < map->catalog->d; f++) {
        const double off = (double)map->mean[a * stride + f] - (double)map->mean[b * stride + f];

        sum += off * off;
    }
    return sqrt(sum);
}

/* Mid-rank of each pair's distance among all pairs; at most 64 clusters, so 2016 pairs: counting is fine. */
static void rank_pairs(pal_taste_map *map, double *apart)
{
    const size_t n = map->n;
    size_t pairs = 0;

    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            if (map->liking[a] > 0.0 && map->liking[b] > 0.0) {
                apart[pairs++] = distance(map, a, b);
            }
        }
    }
    for (size_t a = 0; a < n; a++) {
        for (size_t b = a + 1; b < n; b++) {
            const double own = distance(map, a, b);
            size_t below = 0, equal = 0;

            for (size_t k = 0; k < pairs; k++) {
                below += apart[k] < own;
                equal += apart[k] == own;
            }
            const double far = pairs > 0 ? ((double)below + 0.5 * (double)equal) / (double)pairs : 0.0;

            map->far[a * n + b] = map->far[b * n + a] = far;
        }
    }
}

/* A cluster is liked as often as its best liked genre. */
static double cluster_liking(const pal_catalog *catalog, size_t c, double popularity)
{
    const pal_clusters *clusters = catalog->clusters;
    double share = 0.0;

    for (size_t g = 0; g < clusters->n_genres; g++) {
        const double own = clusters->cluster_of[g] == (int)c ? pal_genre_share(clusters->genre[g]) : 0.0;

        share = own > share ? own : share;
    }
    return share > 0.0 ? pal_pow(share, popularity) : 1.0;
}

pal_status pal_taste_map_new(pal_taste_map **out, const pal_catalog *catalog, double popularity, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_taste_map *map = NULL;
    double *apart = NULL;
    const size_t n = catalog->clusters->n;

    PAL_NEW(map, 1);
    map->catalog = catalog;
    map->n = n;
    PAL_NEW(map->mean, n * catalog->stride);
    PAL_NEW(map->spread, n);
    PAL_NEW(map->liking, n);
    PAL_NEW(map->far, n * n);
    PAL_NEW(apart, n * n);
    for (size_t c = 0; c < n; c++) {
        mean_and_spread(map, c);
        if (catalog->cluster_begin[c + 1] > catalog->cluster_begin[c]) {
            map->liking[c] = cluster_liking(catalog, c, popularity);
            map->n_usable++;
        }
    }
    rank_pairs(map, apart);

    *out = map;
    map = NULL;

done:
    pal_free(apart);
    pal_taste_map_free(map);
    return rc;
}

void pal_taste_map_free(pal_taste_map *map)
{
    if (map == NULL) {
        return;
    }
    pal_free(map->mean);
    pal_free(map->spread);
    pal_free(map->liking);
    pal_free(map->far);
    pal_free(map);
}

size_t pal_taste_draw_cluster(const pal_taste_map *map, const uint16_t *held, size_t n_held, const double *shift,
                              double contradiction, pal_key key, pal_at at, uint64_t *draw)
{
    double weight[PAL_MAX_CLUSTERS];
    const double pull = CONTRAST * (contradiction - 0.5);

    PAL_ASSERT(n_held < map->n_usable);
    for (size_t c = 0; c < map->n; c++) {
        double far = 0.0;
        bool taken = map->liking[c] == 0.0;

        for (size_t k = 0; k < n_held; k++) {
            far += map->far[c * map->n + held[k]];
            taken = taken || held[k] == c;
        }
        const double apart = n_held > 0 ? far / (double)n_held - 0.5 : 0.0;
        const double odds = (shift != NULL ? shift[c] : 0.0) + pull * apart;

        weight[c] = taken ? 0.0 : map->liking[c] * pal_exp(odds);
    }
    return pal_draw_index(key, at, draw, weight, map->n);
}

void pal_taste_draw_center(float *center, const pal_taste_map *map, size_t cluster, double shrink, pal_key key,
                           pal_at at, uint64_t *draw)
{
    const pal_catalog *cat = map->catalog;
    const size_t begin = cat->cluster_begin[cluster], n = cat->cluster_begin[cluster + 1] - begin;
    const size_t item = begin + (size_t)pal_below(key, at, draw, n);
    const float *x = cat->scaled + item * cat->stride;
    const float *mean = map->mean + cluster * cat->stride;
    const float keep = (float)(1.0 - shrink);

    for (size_t f = 0; f < cat->stride; f++) {
        center[f] = f < cat->d ? mean[f] + keep * (x[f] - mean[f]) : 0.0f;
    }
}
