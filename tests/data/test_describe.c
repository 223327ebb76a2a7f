#include "data/describe.h"

#include "core/json.h"
#include "core/mem.h"
#include "data/summary.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_data_describe(void);

static double number(const pal_json *object, const char *key)
{
    const pal_json *value = pal_json_get(object, key);

    ck_assert_msg(value != NULL && pal_json_kind_of(value) == PAL_JSON_NUMBER, "no number '%s'", key);
    return pal_json_number(value);
}

static double nth(const pal_json *object, const char *key, size_t i)
{
    const pal_json *list = pal_json_get(object, key);

    ck_assert_msg(list != NULL && i < pal_json_size(list), "no '%s'[%zu]", key, i);
    return pal_json_number(pal_json_at(list, i));
}

static pal_json_doc *described(const pal_catalog *c, const pal_import_report *report)
{
    pal_json_writer w = { 0 };
    pal_json_doc *doc = NULL;
    pal_error err = { .status = PAL_OK };

    pal_json_begin_object(&w, NULL);
    CK_OK(pal_catalog_describe_json(c, report, &w, &err));
    pal_json_end_object(&w);
    CK_OK(pal_text_check(&w.text, &err));
    CK_OK(pal_json_parse(&doc, w.text.bytes, w.text.n, "catalog.json", &err)); /* valid, no key twice */
    pal_text_clear(&w.text);
    return doc;
}

START_TEST(json_holds_every_member_of_the_format)
{
    static const char *const members[] = { "format", "source", "content_type", "items", "artists", "genres",
        "excluded_items", "scaling", "digest", "import", "features", "correlation", "genre_share_of_variance",
        "popularity", "artist_size", "clusters", "map" };
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    pal_json_doc *doc;
    const pal_json *root, *feature, *histogram, *cluster, *map;
    double sum = 0;

    CK_OK(data_import(&c, &r, "tests/fixtures/catalog/spotify_small.csv", "", "default", &err));
    doc = described(c, &r);
    root = pal_json_root(doc);
    for (size_t m = 0; m < sizeof members / sizeof *members; m++) {
        ck_assert_msg(pal_json_get(root, members[m]) != NULL, "no '%s'", members[m]);
    }
    ck_assert_str_eq(pal_json_string(pal_json_get(root, "source")), "csv");
    ck_assert_double_eq(number(root, "items"), 9);
    ck_assert_double_eq(number(root, "excluded_items"), 1);
    ck_assert_double_eq(number(root, "artists"), 7);
    ck_assert_double_eq(number(root, "genres"), 9);

    feature = pal_json_at(pal_json_get(root, "features"), 6);
    ck_assert_str_eq(pal_json_string(pal_json_get(feature, "name")), "instrumentalness");
    ck_assert_double_eq_tol(number(feature, "zero_share"), 3.0 / 9, 1e-12);
    histogram = pal_json_get(feature, "histogram");
    ck_assert_uint_eq(pal_json_size(pal_json_get(histogram, "counts")), 40);
    for (size_t b = 0; b < 40; b++) {
        sum += nth(histogram, "counts", b);
    }
    ck_assert_double_eq(sum, 9);
    ck_assert_uint_eq(pal_json_size(pal_json_get(pal_json_get(root, "popularity"), "q")), 6);
    ck_assert_uint_eq(pal_json_size(pal_json_get(pal_json_get(root, "artist_size"), "q")), 6);

    cluster = pal_json_at(pal_json_get(root, "clusters"), 8);
    ck_assert_str_eq(pal_json_string(pal_json_get(cluster, "name")), "metal");
    ck_assert_double_eq(number(cluster, "items"), 1);
    ck_assert_uint_eq(pal_json_size(pal_json_get(cluster, "ring")), 9);
    map = pal_json_get(root, "map");
    sum = 0;
    for (size_t i = 0; i < pal_json_size(pal_json_get(map, "cells")); i++) {
        const pal_json *cell = pal_json_at(pal_json_get(map, "cells"), i);

        ck_assert_double_lt(pal_json_number(pal_json_at(cell, 0)), number(map, "columns"));
        ck_assert_double_lt(pal_json_number(pal_json_at(cell, 1)), number(map, "rows"));
        sum += pal_json_number(pal_json_at(cell, 2));
    }
    ck_assert_double_eq(sum, 9);
    pal_json_free(doc);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(a_catalog_without_report_is_synthetic)
{
    const data_shape shape = { .n_rows = 40, .d = 2, .n_genres = 2, .n_artists = 5 };
    pal_catalog *c = data_random_catalog(2, shape, PAL_SCALE_RANK);
    const pal_import_report empty = { 0 };
    pal_json_doc *doc = described(c, NULL), *again = described(c, &empty);

    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "source")), "synthetic");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(again), "source")), "synthetic");
    ck_assert_ptr_null(pal_json_get(pal_json_root(doc), "import"));
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "scaling")), "rank");
    pal_json_free(doc);
    pal_json_free(again);
    pal_catalog_free(c);
}
END_TEST

/* The plain way: two loops over the raw values in item order. */
static double plain_correlation(const pal_catalog *c, size_t f, size_t g)
{
    double mf = 0, mg = 0, xy = 0, xx = 0, yy = 0;

    for (size_t i = 0; i < c->n_items; i++) {
        mf += (double)c->raw[i * c->d + f] / (double)c->n_items;
        mg += (double)c->raw[i * c->d + g] / (double)c->n_items;
    }
    for (size_t i = 0; i < c->n_items; i++) {
        double x = (double)c->raw[i * c->d + f] - mf, y = (double)c->raw[i * c->d + g] - mg;

        xy += x * y;
        xx += x * x;
        yy += y * y;
    }
    return xy / sqrt(xx * yy);
}

START_TEST(correlations_and_rings_match_plain_loops)
{
    const data_shape shape = { .n_rows = 300, .d = 4, .n_genres = 5, .n_artists = 30, .groups = 6 };
    pal_catalog *c = data_random_catalog((uint64_t)_i, shape, PAL_SCALE_ZSCORE);
    pal_catalog_summary *s = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_summary_new(&s, c, &err));
    for (size_t f = 0; f < 4; f++) {
        for (size_t g = 0; g < 4; g++) {
            ck_assert_double_eq_tol(s->correlation[f * 4 + g], f == g ? 1 : plain_correlation(c, f, g), 1e-9);
        }
    }
    for (size_t k = 0; k < c->clusters->n; k++) {
        double sum = 0, n = (double)(c->cluster_begin[k + 1] - c->cluster_begin[k]), xy[2], place[2] = { 0 };

        for (size_t i = c->cluster_begin[k]; i < c->cluster_begin[k + 1]; i++) {
            sum += pal_catalog_ring(c, 2, (double)c->raw[i * 4 + 2]);
            pal_catalog_map_point(s->map, c->scaled + i * c->stride, xy);
            place[0] += xy[0] / n; /* the mean of the places is the place of the mean */
            place[1] += xy[1] / n;
        }
        ck_assert_double_eq_tol(s->cluster_ring[k * 4 + 2], sum / n, 1e-9);
        ck_assert_double_eq_tol(s->cluster_map[2 * k], place[0], 1e-6);
        ck_assert_double_eq_tol(s->cluster_map[2 * k + 1], place[1], 1e-6);
    }
    pal_catalog_summary_free(s);
    pal_catalog_free(c);
}
END_TEST

/* Three artists of 1, 2 and 3 items: Gini = (2 * (1 + 4 + 9) - 4 * 6) / (3 * 6) = 2 / 9. All figures by hand. */
START_TEST(figures_of_six_known_items_are_right)
{
    static const pal_feature_spec spec[] = { { .name = "x", .unit = "", .weight = 1, .low = -9, .high = 9 },
                                             { .name = "flat", .unit = "", .weight = 1, .low = 0, .high = 9 } };
    static const double x[] = { 0, 0, 3, 1, 2, 6 };
    static const char *const artist[] = { "A", "B", "B", "C", "C", "C" };
    static const char *const genre[] = { "p", "p", "p", "q", "q", "q" };
    const pal_cluster_choice choice = { .source = "per-genre" };
    pal_catalog_builder *builder = NULL;
    pal_catalog *c = NULL;
    pal_catalog_summary *s = NULL;
    pal_json_doc *doc;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_new(&builder, "toy", spec, 2, &err));
    for (size_t i = 0; i < 6; i++) {
        const char id[] = { (char)('a' + i), '\0' };
        const double feature[] = { x[i], 4 };

        CK_OK(pal_catalog_builder_add(builder, id, id, artist[i], genre[i], 10 * (double)i, feature, &err));
    }
    CK_OK(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err));
    CK_OK(pal_catalog_summary_new(&s, c, &err));
    ck_assert_double_eq_tol(s->artist_gini, 2.0 / 9, 1e-12);
    ck_assert_double_eq_tol(s->artist_q[0], 2, 1e-12);
    ck_assert_double_eq_tol(s->artist_q[5], 3, 1e-12);
    ck_assert_double_eq_tol(s->feature[0].mean, 2, 1e-12);
    ck_assert_double_eq_tol(s->feature[0].sd, sqrt(26.0 / 6), 1e-12);
    ck_assert_double_eq_tol(s->feature[0].zero_share, 2.0 / 6, 1e-12);
    /* cubes: -8 - 8 + 1 - 1 + 0 + 64 = 48 */
    ck_assert_double_eq_tol(s->feature[0].skew, 48.0 / 6 / pow(26.0 / 6, 1.5), 1e-12);
    /* genre means 1 and 3 around 2: between = 3 + 3, total = 26 */
    ck_assert_double_eq_tol(s->feature[0].genre_share, 6.0 / 26, 1e-12);
    ck_assert_uint_eq(s->feature[0].count[0], 2);
    ck_assert_uint_eq(s->feature[0].count[39], 1); /* the largest is in the last bin */
    ck_assert_uint_eq(s->feature[0].count[20], 1); /* 3 of 0..6 */
    ck_assert_double_eq(s->feature[1].sd, 0);
    ck_assert(isnan(s->feature[1].skew) && isnan(s->feature[1].genre_share) && isnan(s->correlation[1]));
    ck_assert_uint_eq(s->feature[1].count[0], 6);
    doc = described(c, NULL);
    ck_assert_int_eq(pal_json_kind_of(pal_json_at(pal_json_get(pal_json_root(doc), "genre_share_of_variance"), 1)),
                     PAL_JSON_NULL);
    pal_json_free(doc);
    pal_catalog_summary_free(s);
    pal_catalog_free(c);
    pal_catalog_builder_free(builder);
}
END_TEST

START_TEST(text_tells_the_counts_the_faults_and_the_clusters)
{
    pal_catalog *c = NULL;
    pal_import_report r = { 0 };
    pal_error err = { .status = PAL_OK };
    pal_text text = { 0 };

    CK_OK(data_import(&c, &r, "tests/fixtures/catalog/spotify_faults.csv", "{\"on_bad_row\": \"skip\"}", "default", &err));
    CK_OK(pal_catalog_describe_text(c, &r, &text, &err));
    ck_assert_ptr_nonnull(strstr(text.bytes, "12 read, 2 kept, 10 skipped"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "tempo: 2 missing (first: row 2, line 3, '0')"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "2 items, 2 artists, 2 genres in 24 clusters, 9 features"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "\nhiphop-rnb"));
    ck_assert_ptr_nonnull(strstr(text.bytes, "\npopularity"));
    ck_assert_ptr_null(strstr(text.bytes, "nan"));
    pal_text_clear(&text);
    pal_catalog_free(c);
    pal_import_report_clear(&r);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    const data_shape shape = { .n_rows = 30, .d = 3, .n_genres = 2, .n_artists = 5 };
    pal_catalog *c = data_random_catalog(4, shape, PAL_SCALE_ZSCORE);
    size_t fail = 1;

    for (;; fail++) {
        pal_json_writer w = { 0 };
        pal_text text = { 0 };
        pal_error err = { .status = PAL_OK };
        pal_status rc, also;

        pal_mem_fail_at(fail);
        rc = pal_catalog_describe_json(c, NULL, &w, &err);
        also = rc == PAL_OK ? pal_catalog_describe_text(c, NULL, &text, &err) : PAL_ERR_MEMORY;
        pal_mem_fail_at(0);
        pal_text_clear(&w.text);
        pal_text_clear(&text);
        if (rc == PAL_OK && also == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc == PAL_OK ? also : rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 30);
    pal_catalog_free(c);
}
END_TEST

Suite *suite_data_describe(void)
{
    Suite *suite = suite_create("data/describe");
    TCase *cases = tcase_create("describe");

    tcase_add_test(cases, json_holds_every_member_of_the_format);
    tcase_add_test(cases, a_catalog_without_report_is_synthetic);
    tcase_add_loop_test(cases, correlations_and_rings_match_plain_loops, 0, 6);
    tcase_add_test(cases, figures_of_six_known_items_are_right);
    tcase_add_test(cases, text_tells_the_counts_the_faults_and_the_clusters);
    tcase_add_test(cases, every_allocation_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
