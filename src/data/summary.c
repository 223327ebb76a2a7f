/* One pass a figure over the catalog: spreads, correlations, genres, artists, clusters. */
#include "data/summary.h"

#include "core/mem.h"
#include "core/sum.h"
#include "data/quantile.h"

#include <math.h>
#include <string.h>

const double pal_feature_quantiles[PAL_FEATURE_QUANTILES] = { 0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99 };
const double pal_artist_quantiles[PAL_ARTIST_QUANTILES] = { 0.5, 0.75, 0.9, 0.95, 0.99, 1 };

void pal_catalog_summary_free(pal_catalog_summary *summary)
{
    if (summary != NULL) {
        pal_free(summary->feature);
        pal_free(summary->correlation);
        pal_free(summary->cluster_ring);
        pal_free(summary->cluster_map);
        pal_catalog_map_free(summary->map);
        pal_free(summary);
    }
}

static void fill_histogram(pal_spread *s, const float *value, size_t n)
{
    s->low = s->min;
    s->high = s->max > s->min ? s->max : s->min + 1;
    for (size_t i = 0; i < n; i++) {
        double at = floor(((double)value[i] - s->low) / (s->high - s->low) * PAL_HISTOGRAM_BINS);

        s->count[!(at > 0) ? 0 : at >= PAL_HISTOGRAM_BINS ? PAL_HISTOGRAM_BINS - 1 : (size_t)at]++;
    }
}

/* Everything but genre_share, from n ascending values. */
static void measure(pal_spread *s, const float *ascending, size_t n)
{
    pal_acc sum = { 0 }, squares = { 0 }, cubes = { 0 };
    size_t zeros = 0;

    for (size_t i = 0; i < n; i++) {
        pal_acc_add(&sum, (double)ascending[i]);
        zeros += !(ascending[i] < 0) && !(ascending[i] > 0);
    }
    s->mean = pal_acc_value(&sum) / (double)n;
    for (size_t i = 0; i < n; i++) {
        double x = (double)ascending[i] - s->mean;

        pal_acc_add(&squares, x * x);
        pal_acc_add(&cubes, x * x * x);
    }
    s->min = (double)ascending[0];
    s->max = (double)ascending[n - 1];
    s->sd = s->max > s->min ? sqrt(pal_acc_value(&squares) / (double)n) : 0;
    s->skew = s->sd > 0 ? pal_acc_value(&cubes) / (double)n / (s->sd * s->sd * s->sd) : NAN;
    s->zero_share = (double)zeros / (double)n;
    for (size_t q = 0; q < PAL_FEATURE_QUANTILES; q++) {
        s->q[q] = pal_quantile_sorted(ascending, n, pal_feature_quantiles[q]);
    }
    fill_histogram(s, ascending, n);
}

/*
 * Between-genre share of the variance of value[i * step]: over all (item, genre) pairs,
 * sum of n_g (mean_g - mean)^2 over sum of (x - mean)^2. sums and sizes are scratch for every genre.
 */
static double genre_share(const pal_catalog *c, const float *value, size_t step, pal_acc *sums, double *sizes)
{
    size_t n_genres = c->clusters->n_genres, n_pairs = c->genre_begin[c->n_items];
    pal_acc all = { 0 }, between = { 0 }, total = { 0 };
    double mean;

    memset(sums, 0, n_genres * sizeof *sums);
    memset(sizes, 0, n_genres * sizeof *sizes);
    for (size_t i = 0; i < c->n_items; i++) {
        for (size_t at = c->genre_begin[i]; at < c->genre_begin[i + 1]; at++) {
            pal_acc_add(&sums[c->genre_of[at]], (double)value[i * step]);
            pal_acc_add(&all, (double)value[i * step]);
            sizes[c->genre_of[at]] += 1;
        }
    }
    mean = pal_acc_value(&all) / (double)n_pairs;
    for (size_t i = 0; i < c->n_items; i++) {
        double x = (double)value[i * step] - mean;

        pal_acc_add(&total, x * x * (double)(c->genre_begin[i + 1] - c->genre_begin[i]));
    }
    for (size_t g = 0; g < n_genres; g++) {
        if (sizes[g] > 0) {
            double x = pal_acc_value(&sums[g]) / sizes[g] - mean;

            pal_acc_add(&between, sizes[g] * x * x);
        }
    }
    return pal_acc_value(&total) > 0 ? pal_acc_value(&between) / pal_acc_value(&total) : NAN;
}

static pal_status measure_spreads(pal_catalog_summary *s, const pal_catalog *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_acc *sums = NULL;
    double *sizes = NULL;
    float *sorted = NULL, *scratch = NULL;

    PAL_NEW(sums, c->clusters->n_genres);
    PAL_NEW(sizes, c->clusters->n_genres);
    PAL_NEW(sorted, c->n_items);
    PAL_NEW(scratch, c->n_items);
    for (size_t f = 0; f < c->d; f++) {
        measure(&s->feature[f], c->sorted + f * c->n_items, c->n_items);
        s->feature[f].genre_share =
            s->feature[f].sd > 0 ? genre_share(c, c->raw + f, c->d, sums, sizes) : NAN;
    }
    memcpy(sorted, c->popularity, c->n_items * sizeof *sorted);
    pal_sort_floats(sorted, scratch, c->n_items);
    measure(&s->popularity, sorted, c->n_items);
    s->popularity.genre_share = s->popularity.sd > 0 ? genre_share(c, c->popularity, 1, sums, sizes) : NAN;
    for (size_t g = 0; g < c->clusters->n_genres; g++) {
        sizes[g] = 0;
    }
    for (size_t at = 0; at < c->genre_begin[c->n_items]; at++) {
        s->n_genres += !(sizes[c->genre_of[at]] > 0);
        sizes[c->genre_of[at]] = 1;
    }
done:
    pal_free(sums);
    pal_free(sizes);
    pal_free(sorted);
    pal_free(scratch);
    return rc;
}

static void correlate(pal_catalog_summary *s, const pal_catalog *c)
{
    for (size_t f = 0; f < c->d; f++) {
        for (size_t g = 0; g < f; g++) {
            const pal_spread *x = &s->feature[f], *y = &s->feature[g];
            double area = (double)c->n_items * x->sd * y->sd;
            pal_acc sum = { 0 };

            for (size_t i = 0; i < c->n_items; i++) {
                pal_acc_add(&sum, ((double)c->raw[i * c->d + f] - x->mean) * ((double)c->raw[i * c->d + g] - y->mean));
            }
            s->correlation[f * c->d + g] = s->correlation[g * c->d + f] =
                area > 0 ? pal_acc_value(&sum) / area : NAN;
        }
        s->correlation[f * c->d + f] = 1;
    }
}

/* Items of each artist, their quantiles, and the Gini coefficient: sum (2 i - n - 1) x_i / (n sum x), x ascending. */
static pal_status measure_artists(pal_catalog_summary *s, const pal_catalog *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    float *size = NULL, *scratch = NULL;
    double sum = 0, n = (double)c->n_artists;

    PAL_NEW(size, c->n_artists);
    PAL_NEW(scratch, c->n_artists);
    for (size_t i = 0; i < c->n_items; i++) {
        size[c->artist[i]] += 1;
    }
    pal_sort_floats(size, scratch, c->n_artists);
    for (size_t a = 0; a < c->n_artists; a++) {
        sum += (2 * (double)(a + 1) - n - 1) * (double)size[a]; /* whole numbers: exact */
    }
    s->artist_gini = sum / (n * (double)c->n_items);
    for (size_t q = 0; q < PAL_ARTIST_QUANTILES; q++) {
        s->artist_q[q] = pal_quantile_sorted(size, c->n_artists, pal_artist_quantiles[q]);
    }
done:
    pal_free(size);
    pal_free(scratch);
    return rc;
}

static void measure_cluster(pal_catalog_summary *s, const pal_catalog *c, size_t k)
{
    size_t begin = c->cluster_begin[k], end = c->cluster_begin[k + 1];
    float mean[PAL_MAX_FEATURES];

    for (size_t f = 0; f < c->d; f++) {
        pal_acc ring = { 0 }, scaled = { 0 };

        for (size_t i = begin; i < end; i++) {
            pal_acc_add(&ring, pal_catalog_ring(c, f, (double)c->raw[i * c->d + f]));
            pal_acc_add(&scaled, (double)c->scaled[i * c->stride + f]);
        }
        s->cluster_ring[k * c->d + f] = end > begin ? pal_acc_value(&ring) / (double)(end - begin) : NAN;
        mean[f] = end > begin ? (float)(pal_acc_value(&scaled) / (double)(end - begin)) : 0;
    }
    pal_catalog_map_point(s->map, mean, s->cluster_map + 2 * k);
    if (end == begin) {
        s->cluster_map[2 * k] = s->cluster_map[2 * k + 1] = NAN;
    }
}

pal_status pal_catalog_summary_new(pal_catalog_summary **out, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_summary *s = NULL;

    PAL_NEW(s, 1);
    s->d = catalog->d;
    s->n_clusters = catalog->clusters->n;
    PAL_NEW(s->feature, s->d);
    PAL_NEW(s->correlation, s->d * s->d);
    PAL_NEW(s->cluster_ring, s->n_clusters * s->d);
    PAL_NEW(s->cluster_map, s->n_clusters * 2);
    PAL_TRY(pal_catalog_map_new(&s->map, catalog, err));
    PAL_TRY(measure_spreads(s, catalog, err));
    correlate(s, catalog);
    PAL_TRY(measure_artists(s, catalog, err));
    for (size_t k = 0; k < s->n_clusters; k++) {
        measure_cluster(s, catalog, k);
    }
    *out = s; /* the caller owns it from here */
    s = NULL;

done:
    pal_catalog_summary_free(s);
    return rc;
}
