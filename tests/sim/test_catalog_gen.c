/* Synthetic catalogs against the real one they were fitted to (../shared/data), or against its committed summary. */
#include "sim/catalog_gen.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "sim/catalog_model.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_sim_catalog_gen(void);

/* Made from spotify_tracks_114k.csv.gz without rows of tempo 0 or no artist and without tracks whose genres are all
 * excluded, one row a track id: value = v[int(p * (n - 1))] of the sorted column for p in 0, .01, .05, .1 … .9, .95, .99;
 * at_most = bisect.bisect_right(v, value) / n. */
#define SUMMARY "tests/sim/real_marginals.csv"
#define REAL "../shared/data/spotify_tracks_114k.csv.gz"
#define ITEMS 20000
#define COLUMNS 10

static pal_catalog_model *model;

static void setup(void)
{
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_model_default(&model, &err));
}

static void teardown(void)
{
    pal_catalog_model_free(model);
    model = NULL;
}

static pal_status generate(pal_catalog **out, const pal_catalog_model *from, const char *json, const char *clusters,
                           uint64_t seed, pal_error *err)
{
    pal_values *values = sim_values(pal_catalog_gen_params, json);
    const pal_cluster_choice choice = { clusters, 0, 0 };
    const pal_status rc = pal_catalog_generate(out, from, values, &choice, seed, err);

    pal_values_free(values);
    return rc;
}

static pal_catalog *generated(const char *json, uint64_t seed)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *catalog = NULL;

    CK_OK(generate(&catalog, model, json, "default", seed, &err));
    return catalog;
}

static pal_catalog *real_catalog(void)
{
    pal_error err = { .status = PAL_OK };
    pal_import_report report = { 0 };
    pal_catalog *catalog = NULL;

    if (!pal_file_exists(REAL)) {
        printf("skipped: no %s\n", REAL);
        return NULL;
    }
    CK_OK(data_import(&catalog, &report, REAL, "{\"layout\": \"spotify-114k\", \"on_bad_row\": \"skip\"}", "default", &err));
    pal_import_report_clear(&report);
    return catalog;
}

static double value_of(const pal_catalog *c, size_t item, size_t column)
{
    return column < c->d ? (double)c->raw[item * c->d + column] : (double)c->popularity[item];
}

static int by_value(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

static double *sorted_column(const pal_catalog *c, size_t column)
{
    double *x = calloc(c->n_items, sizeof *x);

    ck_assert_ptr_nonnull(x);
    for (size_t i = 0; i < c->n_items; i++) {
        x[i] = value_of(c, i, column);
    }
    qsort(x, c->n_items, sizeof *x, by_value);
    return x;
}

static double share_at_most(const pal_catalog *c, size_t column, double value)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_items; i++) {
        n += value_of(c, i, column) <= value;
    }
    return (double)n / (double)c->n_items;
}

START_TEST(marginals_are_within_0_03_of_the_real_summary)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *catalog = generated("{}", 500 + (uint64_t)_i);
    pal_table *table = NULL;

    CK_OK(pal_table_load(&table, SUMMARY, &err));
    ck_assert_uint_gt(pal_table_rows(table), 100);
    for (size_t r = 0; r < pal_table_rows(table); r++) {
        const char *name = pal_table_text(table, r, 0);
        size_t column = 0;

        while (column < catalog->d && strcmp(catalog->feature[column].name, name) != 0) {
            column++;
        }
        const double value = (double)(float)pal_table_number(table, r, 1, NULL);
        const double got = share_at_most(catalog, column, value), want = pal_table_number(table, r, 2, NULL);

        ck_assert_msg(fabs(got - want) < 0.03, "%s at %g: %g, not %g", name, value, got, want);
    }
    pal_table_free(table);
    pal_catalog_free(catalog);
}
END_TEST

/* Two-sample Kolmogorov-Smirnov distance. */
static double ks_distance(const pal_catalog *a, const pal_catalog *b, size_t column)
{
    double *x = sorted_column(a, column), *y = sorted_column(b, column), most = 0.0;

    for (size_t i = 0, j = 0; i < a->n_items && j < b->n_items;) {
        const double v = x[i] < y[j] ? x[i] : y[j];

        while (i < a->n_items && x[i] == v) {
            i++;
        }
        while (j < b->n_items && y[j] == v) {
            j++;
        }
        most = fmax(most, fabs((double)i / (double)a->n_items - (double)j / (double)b->n_items));
    }
    free(x);
    free(y);
    return most;
}

static double correlation(const pal_catalog *c, size_t a, size_t b)
{
    double x = 0.0, y = 0.0, xx = 0.0, yy = 0.0, xy = 0.0;
    const double n = (double)c->n_items;

    for (size_t i = 0; i < c->n_items; i++) {
        const double p = value_of(c, i, a), q = value_of(c, i, b);

        x += p;
        y += q;
        xx += p * p;
        yy += q * q;
        xy += p * q;
    }
    return (xy / n - x / n * (y / n)) / sqrt((xx / n - x / n * (x / n)) * (yy / n - y / n * (y / n)));
}

#define GENRES 128

static void genre_means(const pal_catalog *c, double mean[GENRES][COLUMNS], double count[GENRES], unsigned keep)
{
    memset(mean, 0, sizeof(double[GENRES][COLUMNS]));
    memset(count, 0, sizeof(double[GENRES]));
    for (size_t i = 0; i < c->n_items; i++) {
        const size_t g = c->genre_of[c->genre_begin[i]];

        if (((c->artist[i] % 2 + 1) & keep) != 0) {
            count[g] += 1.0;
            for (size_t f = 0; f < c->d; f++) {
                mean[g][f] += (double)c->scaled[i * c->stride + f];
            }
        }
    }
    for (size_t g = 0; g < c->clusters->n_genres; g++) {
        for (size_t f = 0; f < c->d && count[g] > 0.0; f++) {
            mean[g][f] /= count[g];
        }
    }
}

/* Share of odd artists' items whose genre has the nearest mean among the even artists' (z-scored features). */
static double centroid_accuracy(const pal_catalog *c)
{
    static double mean[GENRES][COLUMNS], count[GENRES];
    double right = 0.0, all = 0.0;

    ck_assert_uint_le(c->clusters->n_genres, GENRES);
    genre_means(c, mean, count, 1);
    for (size_t i = 0; i < c->n_items; i++) {
        double least = 1e300;
        size_t best = 0;

        if (c->artist[i] % 2 == 0) {
            continue;
        }
        for (size_t g = 0; g < c->clusters->n_genres; g++) {
            double square = 0.0;

            for (size_t f = 0; f < c->d; f++) {
                const double off = (double)c->scaled[i * c->stride + f] - mean[g][f];

                square += off * off;
            }
            if (count[g] > 0.0 && square < least) {
                least = square;
                best = g;
            }
        }
        right += best == c->genre_of[c->genre_begin[i]];
        all += 1.0;
    }
    return right / all;
}

static double one_track_share(const pal_catalog *c)
{
    size_t *count = calloc(c->n_artists, sizeof *count), one = 0;

    ck_assert_ptr_nonnull(count);
    for (size_t i = 0; i < c->n_items; i++) {
        count[c->artist[i]]++;
    }
    for (size_t a = 0; a < c->n_artists; a++) {
        one += count[a] == 1;
    }
    free(count);
    return (double)one / (double)c->n_artists;
}

static double multi_label_share(const pal_catalog *c)
{
    size_t n = 0;

    for (size_t i = 0; i < c->n_items; i++) {
        n += c->genre_begin[i + 1] - c->genre_begin[i] > 1;
    }
    return (double)n / (double)c->n_items;
}

/* One load of the real catalog for all comparisons. */
START_TEST(a_synthetic_catalog_looks_like_the_real_one)
{
    static double real_mean[GENRES][COLUMNS], own_mean[GENRES][COLUMNS], real_count[GENRES], own_count[GENRES];
    static const double quantile[] = { 0.05, 0.25, 0.5, 0.75, 0.95 };
    pal_catalog *real = real_catalog(), *own = generated("{}", 9);
    double error = 0.0, cells = 0.0;

    if (real == NULL) {
        /* the figures of the whole file, computed elsewhere */
        ck_assert_double_eq_tol(centroid_accuracy(own), 0.115, 0.05);
        ck_assert_double_eq_tol(one_track_share(own), 0.405, 0.04);
        ck_assert_double_eq_tol(multi_label_share(own), 0.182, 0.02);
        pal_catalog_free(own);
        return;
    }
    for (size_t c = 0; c < COLUMNS; c++) {
        ck_assert_double_lt(ks_distance(real, own, c), 0.03);
        for (size_t b = 0; b < c; b++) {
            ck_assert_double_eq_tol(correlation(own, c, b), correlation(real, c, b), 0.10);
        }
    }
    double *x = sorted_column(real, 9), *y = sorted_column(own, 9);

    for (size_t q = 0; q < sizeof quantile / sizeof *quantile; q++) {
        ck_assert_double_eq_tol(y[(size_t)(quantile[q] * (double)own->n_items)],
                                x[(size_t)(quantile[q] * (double)real->n_items)], 2.0);
    }
    free(x);
    free(y);
    ck_assert_double_eq_tol(centroid_accuracy(own), centroid_accuracy(real), 0.035);
    ck_assert_double_eq_tol(one_track_share(own), one_track_share(real), 0.03);
    ck_assert_double_eq_tol(multi_label_share(own), multi_label_share(real), 0.02);
    /* Means by genre and cluster share: genre ids agree, both hold the default clusters' genres. */
    genre_means(real, real_mean, real_count, 3);
    genre_means(own, own_mean, own_count, 3);
    for (size_t g = 0; g < own->clusters->n_genres; g++) {
        const size_t r = pal_clusters_find(real->clusters, own->clusters->genre[g]);

        if (own_count[g] < 30.0) {
            continue;
        }
        ck_assert_uint_ne(r, PAL_NO_GENRE);
        ck_assert_double_eq_tol(own_count[g] / (double)own->n_items, real_count[r] / (double)real->n_items, 0.0012);
        for (size_t f = 0; f < own->d; f++) {
            error += pow(own_mean[g][f] - real_mean[r][f], 2.0);
            cells += 1.0;
        }
    }
    ck_assert_double_lt(sqrt(error / cells), 0.16); /* sd units; about 175 items, 35 artists a genre */
    pal_catalog_free(real);
    pal_catalog_free(own);
}
END_TEST

START_TEST(the_same_seed_gives_the_same_catalog_and_another_does_not)
{
    pal_catalog *a = generated("{\"items\": 1500}", 4), *b = generated("{\"items\": 1500}", 4);
    pal_catalog *c = generated("{\"items\": 1500}", 5);

    ck_assert(a->digest == b->digest);
    ck_assert(a->digest != c->digest);
    ck_assert_mem_eq(a->raw, b->raw, a->n_items * a->d * sizeof *a->raw);
    pal_catalog_free(a);
    pal_catalog_free(b);
    pal_catalog_free(c);
}
END_TEST

START_TEST(exactly_as_many_items_as_asked_for_and_none_of_them_excluded)
{
    static const size_t items[] = { 1, 2, 17, 1000, 4099 };
    char json[64];

    snprintf(json, sizeof json, "{\"items\": %zu}", items[_i]);
    pal_catalog *c = generated(json, 3);

    ck_assert_uint_eq(c->n_items, items[_i]);
    for (size_t i = 0; i < c->n_items; i++) {
        ck_assert_uint_gt(c->genre_begin[i + 1], c->genre_begin[i]);
        for (size_t g = c->genre_begin[i]; g < c->genre_begin[i + 1]; g++) {
            ck_assert_int_ge(c->clusters->cluster_of[c->genre_of[g]], 0);
        }
        for (size_t f = 0; f < c->d; f++) {
            const double x = value_of(c, i, f);

            ck_assert(x >= model->column[f].low - 1e-4 && x <= model->column[f].high + 1e-4);
        }
        ck_assert(c->popularity[i] >= 0.0f && c->popularity[i] <= 100.0f);
        ck_assert(floorf(c->popularity[i]) == c->popularity[i]);
    }
    pal_catalog_free(c);
}
END_TEST

START_TEST(artist_names_are_different_and_titles_readable)
{
    char name[PAL_NAME_MAX], other[PAL_NAME_MAX];

    for (uint64_t a = 0; a < 3000; a++) {
        pal_artist_name(name, a * 7, 12345);
        ck_assert_uint_gt(strlen(name), 5);
        for (uint64_t b = a + 1; b < a + 40; b++) {
            pal_artist_name(other, b * 7, 12345);
            ck_assert_str_ne(name, other);
        }
    }
    pal_catalog *c = generated("{\"items\": 9000}", 6);

    for (size_t a = 1; a < c->n_artists; a++) { /* one artist a name: a name used twice would have merged two */
        ck_assert_str_ne(c->artist_name[a], c->artist_name[a - 1]);
    }
    ck_assert_uint_gt(c->n_artists, 1200);
    pal_catalog_free(c);
}
END_TEST

/* Fit again what was drawn: spikes, medians, artist shares and labels come back. */
START_TEST(fitting_a_synthetic_catalog_recovers_its_model)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *c = generated("{\"items\": 30000}", 8);
    pal_catalog_model *again = NULL;
    char path[64];
    double error = 0.0, n = 0.0;

    data_write_file(path, "", 0);
    CK_OK(pal_catalog_model_fit(c, "a test", path, &err));
    CK_OK(pal_catalog_model_load(&again, path, &err));
    ck_assert_str_eq(again->origin, "a test");
    ck_assert_uint_eq(again->n_columns, model->n_columns);
    for (size_t k = 0; k < model->n_columns; k++) {
        ck_assert_str_eq(again->column[k].name, model->column[k].name);
        ck_assert_int_eq(again->column[k].has_spike, model->column[k].has_spike);
        /* ranks within a genre of some 60 artists take a part of what lies between them */
        ck_assert_double_eq_tol(again->column[k].artist_share, model->column[k].artist_share, 0.10);
    }
    for (size_t g = 0; g < again->n_genres; g++) {
        size_t h = 0;

        while (h < model->n_genres && strcmp(model->genre[h].name, again->genre[g].name) != 0) {
            h++;
        }
        ck_assert_uint_lt(h, model->n_genres);
        for (size_t k = 0; k < model->n_columns; k++) {
            error += pow(again->genre[g].spike_share[k] - model->genre[h].spike_share[k], 2.0);
            n += model->column[k].has_spike;
        }
    }
    ck_assert_double_lt(sqrt(error / n), 0.08);
    remove(path);
    pal_catalog_model_free(again);
    pal_catalog_free(c);
}
END_TEST

START_TEST(an_artist_takes_no_more_than_his_share_of_a_genre)
{
    pal_catalog *c = generated("{\"items\": 6000, \"largest_artist_share\": 0.1}", 2);
    size_t *count = calloc(c->n_artists, sizeof *count);

    ck_assert_ptr_nonnull(count);
    for (size_t i = 0; i < c->n_items; i++) {
        ck_assert_uint_le(++count[c->artist[i]], 7); /* a tenth of the largest genre's 67 items */
    }
    free(count);
    pal_catalog_free(c);
}
END_TEST

START_TEST(a_cluster_file_that_excludes_everything_is_refused)
{
    pal_error err = { .status = PAL_OK };
    pal_text text = { 0 };
    pal_catalog *catalog = NULL;
    char path[64];

    pal_text_add(&text, "{\"clusters\": [{\"name\": \"a\", \"label\": \"A\", \"genres\": [\"no-such\"]}], \"excluded\": [");
    for (size_t g = 0; g < model->n_genres; g++) {
        pal_text_addf(&text, "%s\"%s\"", g > 0 ? ", " : "", model->genre[g].name);
    }
    pal_text_add(&text, ", \"songwriter\"]}");
    data_write_file(path, text.bytes, text.n);
    data_check_error(generate(&catalog, model, "{}", path, 1, &err), &err, PAL_ERR_DATA,
                     "no item can be served|exclude every genre");
    remove(path);
    pal_text_clear(&text);
}
END_TEST

START_TEST(derived_clusters_and_other_scalings_work_too)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *catalog = NULL;
    pal_values *values = sim_values(pal_catalog_gen_params, "{\"items\": 3000, \"scaling\": \"rank\"}");
    const pal_cluster_choice clusters = { "auto", 12, 5 };

    CK_OK(pal_catalog_generate(&catalog, model, values, &clusters, 1, &err));
    ck_assert_uint_eq(catalog->clusters->n, 12);
    ck_assert_int_eq(catalog->scaling, PAL_SCALE_RANK);
    pal_values_free(values);

    sim_world w = sim_world_new(catalog, 1, "{\"n\": 20}", "multi-taste", "{}");
    uint32_t item[10];

    ck_assert_uint_eq(w.type->top(w.self, w.state, 3, 0, NULL, 10, item, NULL, w.arena), 10);
    sim_world_free(&w);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_sim_catalog_gen(void)
{
    Suite *suite = suite_create("sim/catalog_gen");
    TCase *cases = tcase_create("catalog_gen");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, marginals_are_within_0_03_of_the_real_summary, 0, 3);
    tcase_add_test(cases, a_synthetic_catalog_looks_like_the_real_one);
    tcase_add_test(cases, the_same_seed_gives_the_same_catalog_and_another_does_not);
    tcase_add_loop_test(cases, exactly_as_many_items_as_asked_for_and_none_of_them_excluded, 0, 5);
    tcase_add_test(cases, artist_names_are_different_and_titles_readable);
    tcase_add_test(cases, fitting_a_synthetic_catalog_recovers_its_model);
    tcase_add_test(cases, an_artist_takes_no_more_than_his_share_of_a_genre);
    tcase_add_test(cases, a_cluster_file_that_excludes_everything_is_refused);
    tcase_add_test(cases, derived_clusters_and_other_scalings_work_too);
    suite_add_tcase(suite, cases);
    return suite;
}
