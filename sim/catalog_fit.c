/* Fit a catalog model: quantiles, spikes and correlations by first genre, artist sizes and shares, labels. */
#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "sim/catalog_model.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* Denser at the ends, where the shape is. */
static const double grid[] = { 0,   0.01, 0.03, 0.06, 0.1, 0.15, 0.2,  0.25, 0.3,  0.4, 0.5,
                               0.6, 0.7,  0.75, 0.8,  0.85, 0.9, 0.94, 0.97, 0.99, 1 };
#define N_GRID (sizeof grid / sizeof *grid)

#define SPIKE_FROM 0.02       /* share of all items at the lowest value that makes it a spike of its own   */
#define POOLED_ITEMS 50.0     /* weight of the pooled correlations in a genre's own, as a number of items  */
#define ARTIST_FROM 5         /* artists with fewer items say little of the share between artists          */

typedef struct labelled { /* an item by its genres, for sorting */
    const uint16_t *genre;
    size_t n, item;
} labelled;

typedef struct fitting {
    const pal_catalog *catalog;
    pal_catalog_model *model;
    size_t n, columns;
    size_t *first;    /* n: index into model->genre                                        */
    size_t *members;  /* n: items sorted by (first genre, item)                            */
    size_t *begin;    /* n_genres + 1, into members                                        */
    double *z;        /* n x columns: normal scores within the first genre                 */
    double *sorted;   /* n                                                                 */
    labelled *labels; /* n                                                                 */
    size_t *genre_at; /* the catalog's genre id to model->genre, SIZE_MAX if first nowhere */
} fitting;

static double value_of(const fitting *f, size_t item, size_t column)
{
    const pal_catalog *cat = f->catalog;

    return column < cat->d ? (double)cat->raw[item * cat->d + column] : (double)cat->popularity[item];
}

/* Four significant digits, as the nearest double to that decimal, so that it prints as short as it is. */
static double four_digits(double x)
{
    double size = fabs(x), power = 1.0;

    if (size == 0.0 || size >= 1e4) {
        return floor(x + 0.5);
    }
    while (size * power < 1000.0 && power < 1e12) {
        power *= 10.0;
    }
    return floor(x * power + 0.5) / power;
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static int by_genres(const void *a, const void *b)
{
    const labelled *x = a, *y = b;

    for (size_t k = 0; k < x->n && k < y->n; k++) {
        if (x->genre[k] != y->genre[k]) {
            return x->genre[k] < y->genre[k] ? -1 : 1;
        }
    }
    if (x->n != y->n) {
        return x->n < y->n ? -1 : 1;
    }
    return (x->item > y->item) - (x->item < y->item);
}

static bool same_genres(const labelled *a, const labelled *b)
{
    return a->n == b->n && memcmp(a->genre, b->genre, a->n * sizeof *a->genre) == 0;
}

/* Quantile p of n sorted values, linear between order statistics (type 7). */
static double quantile_of(const double *sorted, size_t n, double p)
{
    const double at = p * (double)(n - 1);
    const size_t low = (size_t)at;

    return low + 1 < n ? sorted[low] + (at - (double)low) * (sorted[low + 1] - sorted[low]) : sorted[n - 1];
}

static pal_status fit_columns(fitting *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog *cat = f->catalog;

    for (size_t c = 0; c < f->columns; c++) {
        pal_column_model *column = &f->model->column[c];
        const bool popularity = c == cat->d;
        size_t lowest = 0;

        column->name = pal_strdup(popularity ? "popularity" : cat->feature[c].name);
        column->unit = pal_strdup(popularity ? "" : cat->feature[c].unit);
        if (column->name == NULL || column->unit == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: names of columns");
        }
        column->weight = popularity ? 1.0 : cat->feature[c].weight;
        column->low = column->high = value_of(f, 0, c);
        for (size_t i = 0; i < f->n; i++) {
            const double x = value_of(f, i, c);

            column->low = x < column->low ? x : column->low;
            column->high = x > column->high ? x : column->high;
        }
        for (size_t i = 0; i < f->n; i++) {
            lowest += value_of(f, i, c) == column->low;
        }
        column->has_spike = (double)lowest >= SPIKE_FROM * (double)f->n && column->low < column->high;
        column->spike = column->low;
        column->high = four_digits(column->high);
        column->low = column->has_spike ? column->low : four_digits(column->low);
    }

done:
    return rc;
}

/* Rounding must not carry a table beyond the column's range. */
static double within(const pal_column_model *column, double x)
{
    const double y = four_digits(x);

    return y < column->low ? column->low : y > column->high ? column->high : y;
}

static void fit_quantiles(fitting *f, size_t g, size_t c)
{
    pal_genre_model *genre = &f->model->genre[g];
    const pal_column_model *column = &f->model->column[c];
    const size_t begin = f->begin[g], n = f->begin[g + 1] - begin;
    double *table = genre->quantile + c * N_GRID;
    size_t at_spike = 0, rest = 0;

    for (size_t k = 0; k < n; k++) {
        const double x = value_of(f, f->members[begin + k], c);

        if (column->has_spike && x == column->spike) {
            at_spike++;
        } else {
            f->sorted[rest++] = x;
        }
    }
    genre->spike_share[c] = four_digits((double)at_spike / (double)n);
    qsort(f->sorted, rest, sizeof *f->sorted, by_value);
    for (size_t q = 0; q < N_GRID; q++) {
        table[q] = rest > 0 ? within(column, quantile_of(f->sorted, rest, grid[q])) : column->spike;
    }
}

/* Mid-rank normal scores of a genre's items in one column; ties share a score. */
static void fit_scores(fitting *f, size_t g, size_t c)
{
    const size_t begin = f->begin[g], n = f->begin[g + 1] - begin;

    for (size_t k = 0; k < n; k++) {
        f->sorted[k] = value_of(f, f->members[begin + k], c);
    }
    qsort(f->sorted, n, sizeof *f->sorted, by_value);
    for (size_t k = 0; k < n; k++) {
        const double x = value_of(f, f->members[begin + k], c);
        size_t low = 0, high = n; /* first not below, then first above */

        while (low < high) {
            const size_t mid = low + (high - low) / 2;

            if (f->sorted[mid] < x) {
                low = mid + 1;
            } else {
                high = mid;
            }
        }
        size_t end = low;

        for (high = n; end < high;) {
            const size_t mid = end + (high - end) / 2;

            if (f->sorted[mid] <= x) {
                end = mid + 1;
            } else {
                high = mid;
            }
        }
        f->z[f->members[begin + k] * f->columns + c] =
            pal_normal_quantile(0.5 * (double)(low + end) / (double)n);
    }
}

/* Sums of products of centred scores over items [begin, end) of the member list; adds to sum (columns x columns). */
static void add_products(const fitting *f, size_t begin, size_t end, double *sum)
{
    const size_t n = f->columns;
    double mean[PAL_MAX_FEATURES + 1];

    for (size_t i = 0; i < n; i++) {
        pal_acc all = { 0 };

        for (size_t k = begin; k < end; k++) {
            pal_acc_add(&all, f->z[f->members[k] * n + i]);
        }
        mean[i] = pal_acc_value(&all) / (double)(end - begin);
    }
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j <= i; j++) {
            pal_acc all = { 0 };

            for (size_t k = begin; k < end; k++) {
                const double *z = f->z + f->members[k] * n;

                pal_acc_add(&all, (z[i] - mean[i]) * (z[j] - mean[j]));
            }
            sum[i * n + j] += pal_acc_value(&all);
        }
    }
}

static double correlation_of(const double *sum, size_t n, size_t i, size_t j)
{
    const double spread = sqrt(sum[i * n + i] * sum[j * n + j]);

    return spread > 0.0 ? sum[i * n + j] / spread : 0.0;
}

/* A genre of few items leans on all of them. */
static pal_status fit_correlations(fitting *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = f->columns, genres = f->model->n_genres;
    double *pooled = NULL, *own = NULL;

    PAL_NEW(pooled, n * n);
    PAL_NEW(own, n * n);
    for (size_t g = 0; g < genres; g++) {
        add_products(f, f->begin[g], f->begin[g + 1], pooled);
    }
    for (size_t g = 0; g < genres; g++) {
        const double items = (double)(f->begin[g + 1] - f->begin[g]), own_weight = items / (items + POOLED_ITEMS);
        double *r = f->model->genre[g].correlation;

        memset(own, 0, n * n * sizeof *own);
        add_products(f, f->begin[g], f->begin[g + 1], own);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < i; j++) {
                const double mix = own_weight * correlation_of(own, n, i, j) +
                                   (1.0 - own_weight) * correlation_of(pooled, n, i, j);

                r[i * n + j] = r[j * n + i] = floor(mix * 1000.0 + 0.5) / 1000.0;
            }
            r[i * n + i] = 1.0;
        }
    }

done:
    pal_free(pooled);
    pal_free(own);
    return rc;
}

/* ICC(1) of a one-way analysis of variance by artist (Shrout and Fleiss 1979), on scores within the genre. */
static double artist_share(const fitting *f, size_t c, const size_t *count, double *sum)
{
    const pal_catalog *cat = f->catalog;
    pal_acc all = { 0 }, between = { 0 }, within_artist = { 0 };
    double n = 0.0, groups = 0.0, squares = 0.0;

    memset(sum, 0, cat->n_artists * sizeof *sum);
    for (size_t i = 0; i < f->n; i++) {
        if (count[cat->artist[i]] >= ARTIST_FROM) {
            sum[cat->artist[i]] += f->z[i * f->columns + c];
            pal_acc_add(&all, f->z[i * f->columns + c]);
            n += 1.0;
        }
    }
    const double mean = n > 0.0 ? pal_acc_value(&all) / n : 0.0;

    for (size_t a = 0; a < cat->n_artists; a++) {
        if (count[a] >= ARTIST_FROM) {
            const double size = (double)count[a], off = sum[a] / size - mean;

            pal_acc_add(&between, size * off * off);
            groups += 1.0;
            squares += size * size;
        }
    }
    for (size_t i = 0; i < f->n; i++) {
        const size_t a = cat->artist[i];

        if (count[a] >= ARTIST_FROM) {
            const double off = f->z[i * f->columns + c] - sum[a] / (double)count[a];

            pal_acc_add(&within_artist, off * off);
        }
    }
    if (groups < 2.0 || n <= groups) {
        return 0.0;
    }
    const double msb = pal_acc_value(&between) / (groups - 1.0), msw = pal_acc_value(&within_artist) / (n - groups);
    const double size = (n - squares / n) / (groups - 1.0);
    const double share = msb + (size - 1.0) * msw > 0.0 ? (msb - msw) / (msb + (size - 1.0) * msw) : 0.0;

    return share < 0.0 ? 0.0 : share > 0.95 ? 0.95 : share;
}

static pal_status fit_artist_shares(fitting *f, const size_t *count, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *sum = NULL;

    PAL_NEW(sum, f->catalog->n_artists);
    for (size_t c = 0; c < f->columns; c++) {
        f->model->column[c].artist_share = floor(artist_share(f, c, count, sum) * 1000.0 + 0.5) / 1000.0;
    }

done:
    pal_free(sum);
    return rc;
}

static void fit_sizes(pal_catalog_model *m, const size_t *artists_of_size, size_t largest)
{
    size_t k = 0;

    for (size_t size = 1; size <= largest; size++) {
        if (artists_of_size[size] > 0) {
            m->size[k] = (double)size;
            m->size_share[k++] = (double)artists_of_size[size];
        }
    }
}

static pal_status fit_labels(fitting *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };
    size_t k = 0;

    for (size_t i = 0; i < f->n; k++) {
        const labelled *own = &f->labels[i];
        pal_label_model *label = &f->model->label[k];
        size_t end = i;

        while (end < f->n && same_genres(&f->labels[end], own)) {
            end++;
        }
        text.n = 0;
        for (size_t g = 0; g < own->n; g++) {
            pal_text_addf(&text, "%s%s", g > 0 ? ";" : "", f->catalog->clusters->genre[own->genre[g]]);
        }
        PAL_TRY(pal_text_check(&text, err));
        label->genres = pal_strdup(text.bytes);
        if (label->genres == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: labels");
        }
        label->first = f->genre_at[own->genre[0]];
        label->weight = (double)(end - i);
        i = end;
    }

done:
    pal_text_clear(&text);
    return rc;
}

/* Sizes of the model: genres that come first somewhere, different label sets, different artist sizes. */
static pal_status count_up(fitting *f, size_t *count, size_t **artists_of_size, size_t *largest, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_catalog *cat = f->catalog;
    size_t genres = 0, labels = 0, sizes = 0;

    for (size_t i = 0; i < f->n; i++) {
        f->labels[i] = (labelled){ cat->genre_of + cat->genre_begin[i],
                                   cat->genre_begin[i + 1] - cat->genre_begin[i], i };
        f->genre_at[f->labels[i].genre[0]] = 0;
        count[cat->artist[i]]++;
    }
    for (size_t g = 0; g < cat->clusters->n_genres; g++) {
        if (f->genre_at[g] != SIZE_MAX) {
            f->genre_at[g] = genres++;
        }
    }
    qsort(f->labels, f->n, sizeof *f->labels, by_genres);
    for (size_t i = 0; i < f->n; i++) {
        labels += i == 0 || !same_genres(&f->labels[i], &f->labels[i - 1]);
    }
    for (size_t a = 0; a < cat->n_artists; a++) {
        *largest = count[a] > *largest ? count[a] : *largest;
    }
    PAL_NEW(*artists_of_size, *largest + 1);
    for (size_t a = 0; a < cat->n_artists; a++) {
        sizes += count[a] > 0 && (*artists_of_size)[count[a]]++ == 0;
    }
    PAL_TRY(pal_catalog_model_new(&f->model, cat->d, N_GRID, sizes, genres, labels, err));

done:
    return rc;
}

static pal_status name_genres(fitting *f, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_clusters *clusters = f->catalog->clusters;

    for (size_t g = 0; g < clusters->n_genres; g++) {
        if (f->genre_at[g] != SIZE_MAX) {
            f->model->genre[f->genre_at[g]].name = pal_strdup(clusters->genre[g]);
            if (f->model->genre[f->genre_at[g]].name == NULL) {
                PAL_FAIL(PAL_ERR_MEMORY, "out of memory: genre names");
            }
        }
    }

done:
    return rc;
}

/* Items by their first genre: a counting sort, so in item order inside a genre. */
static void group_members(fitting *f)
{
    const size_t genres = f->model->n_genres;

    for (size_t i = 0; i < f->n; i++) {
        const pal_catalog *cat = f->catalog;

        f->first[i] = f->genre_at[cat->genre_of[cat->genre_begin[i]]];
        f->begin[f->first[i] + 1]++;
    }
    for (size_t g = 0; g < genres; g++) {
        f->begin[g + 1] += f->begin[g];
    }
    for (size_t i = 0; i < f->n; i++) {
        f->members[f->begin[f->first[i]]++] = i;
    }
    for (size_t g = genres; g > 0; g--) {
        f->begin[g] = f->begin[g - 1];
    }
    f->begin[0] = 0;
}

static pal_status fit_all(fitting *f, const char *origin, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *count = NULL, *artists_of_size = NULL, largest = 0;

    PAL_NEW(count, f->catalog->n_artists);
    PAL_TRY(count_up(f, count, &artists_of_size, &largest, err));
    f->model->origin = pal_strdup(origin);
    f->model->content_type = pal_strdup(f->catalog->content_type);
    if (f->model->origin == NULL || f->model->content_type == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: names of the model");
    }
    PAL_NEW(f->begin, f->model->n_genres + 1);
    memcpy(f->model->grid, grid, sizeof grid);
    fit_sizes(f->model, artists_of_size, largest);
    PAL_TRY(name_genres(f, err));
    PAL_TRY(fit_labels(f, err));
    group_members(f);
    PAL_TRY(fit_columns(f, err));
    for (size_t g = 0; g < f->model->n_genres; g++) {
        for (size_t c = 0; c < f->columns; c++) {
            fit_quantiles(f, g, c);
            fit_scores(f, g, c);
        }
    }
    PAL_TRY(fit_correlations(f, err));
    PAL_TRY(fit_artist_shares(f, count, err));

done:
    pal_free(count);
    pal_free(artists_of_size);
    return rc;
}

pal_status pal_catalog_model_fit(const pal_catalog *catalog, const char *origin, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer writer = { 0 };
    fitting f = { .catalog = catalog, .n = catalog->n_items, .columns = catalog->d + 1 };

    PAL_NEW(f.first, f.n);
    PAL_NEW(f.members, f.n);
    PAL_NEW(f.z, f.n * f.columns);
    PAL_NEW(f.sorted, f.n);
    PAL_NEW(f.labels, f.n);
    PAL_NEW(f.genre_at, catalog->clusters->n_genres);
    for (size_t g = 0; g < catalog->clusters->n_genres; g++) {
        f.genre_at[g] = SIZE_MAX;
    }
    PAL_TRY(fit_all(&f, origin, err));
    pal_catalog_model_write(f.model, &writer);
    PAL_TRY(pal_json_save(&writer, path, NULL, err));

done:
    pal_text_clear(&writer.text);
    pal_catalog_model_free(f.model);
    pal_free(f.first);
    pal_free(f.members);
    pal_free(f.begin);
    pal_free(f.z);
    pal_free(f.sorted);
    pal_free(f.labels);
    pal_free(f.genre_at);
    return rc;
}
