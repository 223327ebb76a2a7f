#include "data/catalog.h"

#include "core/mem.h"
#include "data/catalog_build.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_data_catalog_finish(void);

static data_shape shape_of(int i)
{
    return (data_shape){ .n_rows = 60 + (size_t)i * 173, .d = 1 + (size_t)i * 3 % 11, .n_genres = 2 + (size_t)i % 9,
                         .n_artists = 25, .groups = (size_t)i % 3 * 4 };
}

START_TEST(clusters_are_ranges_and_masks_hold_every_genre)
{
    pal_catalog *c = data_random_catalog((uint64_t)_i, shape_of(_i), PAL_SCALE_ZSCORE);

    ck_assert_uint_eq(c->cluster_begin[0], 0);
    ck_assert_uint_eq(c->cluster_begin[c->clusters->n], c->n_items);
    for (size_t k = 0; k < c->clusters->n; k++) {
        for (size_t i = c->cluster_begin[k]; i < c->cluster_begin[k + 1]; i++) {
            uint64_t mask = 0;

            ck_assert_uint_eq(c->cluster[i], k);
            ck_assert_uint_lt(c->genre_begin[i], c->genre_begin[i + 1]);
            ck_assert_int_eq(c->clusters->cluster_of[c->genre_of[c->genre_begin[i]]], (int)k); /* the first listed */
            for (size_t g = c->genre_begin[i]; g < c->genre_begin[i + 1]; g++) {
                mask |= UINT64_C(1) << c->clusters->cluster_of[c->genre_of[g]];
            }
            ck_assert_uint_eq(c->cluster_mask[i], mask);
        }
    }
    pal_catalog_free(c);
}
END_TEST

START_TEST(padding_is_zero_and_both_layouts_agree)
{
    pal_catalog *c = data_random_catalog((uint64_t)_i, shape_of(_i), (pal_scaling)(_i % 3));

    ck_assert_uint_eq(c->n_pad % PAL_LANE, 0);
    ck_assert_uint_ge(c->n_pad, c->n_items);
    ck_assert_uint_lt(c->n_pad - c->n_items, PAL_LANE);
    ck_assert_uint_eq(c->stride % 4, 0);
    for (size_t i = 0; i < c->n_pad; i++) {
        double squares = 0;

        for (size_t f = 0; f < c->stride; f++) {
            bool pad = i >= c->n_items || f >= c->d;

            ck_assert(!pad || (c->scaled[i * c->stride + f] == 0 && c->direction[i * c->stride + f] == 0));
            if (f < c->d) {
                ck_assert_float_eq(c->scaled_t[f * c->n_pad + i], c->scaled[i * c->stride + f]);
                ck_assert_float_eq(c->direction_t[f * c->n_pad + i], c->direction[i * c->stride + f]);
                squares += (double)c->direction[i * c->stride + f] * (double)c->direction[i * c->stride + f];
            }
        }
        ck_assert(i >= c->n_items ? c->popularity[i] == 0 && c->cluster[i] == 0
                                  : squares == 0 || fabs(squares - 1) < 1e-6);
    }
    pal_catalog_free(c);
}
END_TEST

/* Artists are counted off along the catalog; in a block items stand in source order. */
START_TEST(items_stand_in_source_order_in_a_block_and_artists_by_first_appearance)
{
    pal_catalog *c = data_random_catalog((uint64_t)_i, shape_of(_i), PAL_SCALE_ZSCORE);
    size_t next = 0;

    for (size_t b = 0; b < c->n_blocks; b++) {
        for (size_t i = c->block_begin[b] + 1; i < c->block_begin[b + 1]; i++) {
            ck_assert_uint_lt(c->source_row[i - 1], c->source_row[i]);
        }
    }
    for (size_t i = 0; i < c->n_items; i++) {
        ck_assert_uint_le(c->artist[i], next);
        next += c->artist[i] == next;
    }
    ck_assert_uint_eq(next, c->n_artists);
    pal_catalog_free(c);
}
END_TEST

/* The item with an id in one catalog and in the other: everything but the place is the same. */
static void check_same_item(const pal_catalog *a, size_t i, const pal_catalog *b, size_t j)
{
    ck_assert_str_eq(a->title[i], b->title[j]);
    ck_assert_str_eq(a->artist_name[a->artist[i]], b->artist_name[b->artist[j]]);
    ck_assert_float_eq(a->popularity[i], b->popularity[j]);
    ck_assert_uint_eq(a->cluster_mask[i], b->cluster_mask[j]);
    ck_assert_int_eq(memcmp(a->raw + i * a->d, b->raw + j * b->d, a->d * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(a->scaled + i * a->stride, b->scaled + j * b->stride, a->stride * sizeof(float)), 0);
    ck_assert_int_eq(memcmp(a->direction + i * a->stride, b->direction + j * b->stride, a->stride * sizeof(float)), 0);
}

/* The items of a builder again, last first, a row a genre. */
static pal_catalog_builder *turned_builder(const pal_catalog_builder *from)
{
    pal_catalog_builder *to = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_new(&to, from->content_type, from->feature, from->d, &err));
    for (size_t i = from->ids.n; i-- > 0;) {
        const pal_built_item *item = &from->item[i];
        double feature[PAL_MAX_FEATURES];

        for (size_t f = 0; f < from->d; f++) {
            feature[f] = (double)from->raw[i * from->d + f];
        }
        for (uint32_t l = item->first_link; l != PAL_NO_LINK; l = from->link[l].next) {
            CK_OK(pal_catalog_builder_add(to, pal_intern_text(&from->ids, i), pal_intern_text(&from->titles, item->title),
                                          pal_intern_text(&from->artists, item->artist),
                                          pal_intern_text(&from->genres, from->link[l].genre), (double)item->popularity,
                                          feature, &err));
        }
    }
    return to;
}

START_TEST(permuting_rows_permutes_items_and_leaves_them_as_they_are)
{
    const pal_cluster_choice choice = { .source = _i % 2 == 0 ? "per-genre" : "auto", .n = 2, .seed = 5 };
    pal_catalog_builder *first = data_random_builder((uint64_t)_i, shape_of(_i)), *second;
    pal_catalog *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };

    second = turned_builder(first);
    CK_OK(pal_catalog_finish(&a, first, &choice, (pal_scaling)(_i % 3), &err));
    CK_OK(pal_catalog_finish(&b, second, &choice, (pal_scaling)(_i % 3), &err));
    ck_assert_uint_eq(a->n_items, b->n_items);
    ck_assert_uint_eq(a->n_blocks, b->n_blocks);
    ck_assert_int_eq(memcmp(a->block_begin, b->block_begin, a->n_blocks * sizeof *a->block_begin), 0);
    for (size_t i = 0; i < a->n_items; i++) {
        check_same_item(a, i, b, data_item(b, a->id[i]));
    }
    for (size_t x = 0; x < a->n_blocks; x++) { /* the very same blocks: the same members, in another order */
        for (size_t i = a->block_begin[x]; i < a->block_begin[x + 1]; i++) {
            size_t j = data_item(b, a->id[i]);

            ck_assert_uint_ge(j, b->block_begin[x]);
            ck_assert_uint_lt(j, b->block_begin[x + 1]);
        }
    }
    for (size_t k = 0; k < a->clusters->n; k++) {
        ck_assert_str_eq(a->clusters->name[k], b->clusters->name[k]);
    }
    pal_catalog_builder_free(first);
    pal_catalog_builder_free(second);
    pal_catalog_free(a);
    pal_catalog_free(b);
}
END_TEST

START_TEST(the_digest_sees_every_part_of_the_contents)
{
    pal_catalog *c = data_random_catalog(3, shape_of(3), PAL_SCALE_ZSCORE);
    uint64_t digest = c->digest;

#define CHANGE(place, by)                                        \
    do {                                                         \
        (place) ^= (by);                                         \
        ck_assert_uint_ne(pal_catalog_digest_of(c), digest);     \
        (place) ^= (by);                                         \
        ck_assert_uint_eq(pal_catalog_digest_of(c), digest);     \
    } while (0)

    ck_assert_uint_eq(pal_catalog_digest_of(c), digest);
    CHANGE(c->cluster[5], 1);
    CHANGE(c->artist[5], 1);
    CHANGE(c->cluster_mask[5], 2);
    CHANGE(c->genre_of[5], 1);
    CHANGE(c->id[5][0], 1);
    CHANGE(c->title[5][0], 1);
    CHANGE(c->artist_name[5][0], 1);
    CHANGE(c->clusters->genre[1][0], 1);
    CHANGE(c->clusters->name[1][0], 1);
    CHANGE(c->clusters->cluster_of[1], 1);
    CHANGE(c->feature[0].name[0], 1);
    CHANGE(c->content_type[0], 1);
    CHANGE(c->block_begin[1], 1);
#undef CHANGE
    c->raw[1] += 1;
    ck_assert_uint_ne(pal_catalog_digest_of(c), digest);
    c->raw[1] -= 1;
    c->source_row[1]++; /* where a row stood changes nothing */
    c->feature[0].weight += 0.1;
    ck_assert_uint_ne(pal_catalog_digest_of(c), digest);
    c->feature[0].weight = 1;
    ck_assert_uint_eq(pal_catalog_digest_of(c), digest);
    pal_catalog_free(c);
}
END_TEST

START_TEST(cosines_are_those_of_the_weighted_scaled_features)
{
    const data_shape shape = { .n_rows = 80, .d = 9, .n_genres = 3, .n_artists = 9 };
    pal_catalog *c = data_random_catalog(8, shape, PAL_SCALE_ZSCORE);

    for (size_t a = 0; a < c->n_items; a += 7) {
        for (size_t b = 0; b < c->n_items; b += 3) {
            double dot = 0, x = 0, y = 0;

            for (size_t f = 0; f < c->d; f++) {
                double u = c->feature[f].weight * (double)c->scaled[a * c->stride + f];
                double v = c->feature[f].weight * (double)c->scaled[b * c->stride + f];

                dot += u * v;
                x += u * u;
                y += v * v;
            }
            ck_assert_double_eq_tol(pal_catalog_cosine(c, a, b), dot / sqrt(x * y), 1e-6);
        }
    }
    pal_catalog_free(c);
}
END_TEST

/* ---- a few rows whose every part is known ---- */

static pal_catalog_builder *music(void)
{
    static const pal_feature_spec spec = { .name = "energy", .unit = "", .weight = 1, .low = 0, .high = 1 };
    static const struct {
        const char *id, *genres;
        double popularity;
    } row[] = { { "a", "sleep", 50 }, { "b", "sleep;jazz", 40 }, { "c", "metal;pop", 30 },
                { "d", "pop", 20 },   { "e", "comedy", 10 },     { "f", "ambient;nature", 5 } };
    pal_catalog_builder *builder = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_new(&builder, "music", &spec, 1, &err));
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        const double energy = 0.1 * (double)i;

        CK_OK(pal_catalog_builder_add(builder, row[i].id, row[i].id, "A", row[i].genres, row[i].popularity, &energy, &err));
    }
    return builder;
}

START_TEST(items_whose_genres_are_all_excluded_are_left_out)
{
    static const char *const sources[] = { "default", "per-genre", "auto" };
    const pal_cluster_choice choice = { .source = sources[_i], .n = 2, .seed = 1 };
    pal_catalog_builder *builder = music();
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err));
    ck_assert_uint_eq(c->n_items, 3);
    ck_assert_str_eq(data_genres(c, data_item(c, "b")), "jazz"); /* its excluded genre is gone */
    ck_assert_str_eq(data_genres(c, data_item(c, "c")), "metal;pop");
    ck_assert_double_eq_tol(c->feature[0].mean, 0.2, 1e-7); /* of the three that are left */
    ck_assert_int_eq(c->clusters->cluster_of[pal_clusters_find(c->clusters, "sleep")], PAL_EXCLUDED);
    if (_i == 0) {
        ck_assert_uint_eq(c->clusters->n, 24);
        ck_assert_str_eq(c->clusters->name[c->cluster[data_item(c, "c")]], "metal"); /* the first listed */
        ck_assert_int_eq(__builtin_popcountll(c->cluster_mask[data_item(c, "c")]), 2);
    }
    pal_catalog_free(c);
    pal_catalog_builder_free(builder);
}
END_TEST

START_TEST(what_music_excludes_is_served_elsewhere)
{
    static const char *const kinds[] = { "music", "movie" };
    const pal_feature_spec pace = { "pace", "", 1, 0, 1, false };
    const pal_cluster_choice choice = { .source = "per-genre", .n = 2, .seed = 1 };
    pal_catalog_builder *builder = NULL;
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_new(&builder, kinds[_i], &pace, 1, &err));
    for (int i = 0; i < 6; i++) {
        const double value = 0.1 * i;
        char id[8] = { 'f', (char)('0' + i), '\0' };

        CK_OK(pal_catalog_builder_add(builder, id, id, "A", i % 2 == 0 ? "comedy" : "drama", 50, &value, &err));
    }
    CK_OK(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err));
    ck_assert_uint_eq(c->n_items, _i == 0 ? 3 : 6);
    pal_catalog_free(c);
    pal_catalog_builder_free(builder);
}
END_TEST

START_TEST(faults_of_clusters_are_named)
{
    static const pal_feature_spec spec = { .name = "energy", .unit = "", .weight = 1, .low = 0, .high = 1 };
    pal_cluster_choice choice = { .source = "default" };
    pal_catalog_builder *builder = NULL;
    pal_catalog *c = NULL;
    pal_error err = { .status = PAL_OK };
    const double energy = 0.4;

    CK_OK(pal_catalog_builder_new(&builder, "music", &spec, 1, &err));
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_DATA,
                     "the catalog is empty|0 items");
    CK_OK(pal_catalog_builder_add(builder, "a", "", "", "sleep", 1, &energy, &err));
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_DATA,
                     "the catalog is empty|1 rows hold 1 items");
    CK_OK(pal_catalog_builder_add(builder, "b", "", "", "zydeco;polka", 1, &energy, &err));
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_DATA,
                     "clusters \"default\"|'polka' (item 'b')|1 more of 3 genres|\"auto\"");
    choice.source = "tests/fixtures/catalog/clusters_small.json";
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_DATA,
                     "clusters_small.json|'polka'");
    choice.source = "no/such/clusters.json";
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_IO,
                     "no/such/clusters.json");
    choice = (pal_cluster_choice){ .source = "auto", .n = 5 };
    data_check_error(pal_catalog_finish(&c, builder, &choice, PAL_SCALE_ZSCORE, &err), &err, PAL_ERR_DATA,
                     "5 asked for|only 2 genres");
    ck_assert_ptr_null(c);
    pal_catalog_builder_free(builder);
}
END_TEST

START_TEST(a_builder_can_finish_again)
{
    const pal_cluster_choice choice = { .source = "default" };
    pal_catalog_builder *builder = music();
    pal_catalog *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_finish(&a, builder, &choice, PAL_SCALE_RANK, &err));
    CK_OK(pal_catalog_finish(&b, builder, &choice, PAL_SCALE_RANK, &err));
    ck_assert_uint_eq(a->digest, b->digest);
    pal_catalog_free(b);
    b = NULL;
    CK_OK(pal_catalog_finish(&b, builder, &choice, PAL_SCALE_MINMAX, &err));
    ck_assert_uint_ne(a->digest, b->digest);
    pal_catalog_builder_free(builder);
    pal_catalog_free(a);
    pal_catalog_free(b);
}
END_TEST

Suite *suite_data_catalog_finish(void)
{
    Suite *suite = suite_create("data/catalog_finish");
    TCase *cases = tcase_create("finish");

    tcase_set_timeout(cases, 30);
    tcase_add_loop_test(cases, clusters_are_ranges_and_masks_hold_every_genre, 0, 12);
    tcase_add_loop_test(cases, padding_is_zero_and_both_layouts_agree, 0, 12);
    tcase_add_loop_test(cases, items_stand_in_source_order_in_a_block_and_artists_by_first_appearance, 0, 12);
    tcase_add_loop_test(cases, permuting_rows_permutes_items_and_leaves_them_as_they_are, 0, 12);
    tcase_add_test(cases, the_digest_sees_every_part_of_the_contents);
    tcase_add_test(cases, cosines_are_those_of_the_weighted_scaled_features);
    tcase_add_loop_test(cases, items_whose_genres_are_all_excluded_are_left_out, 0, 3);
    tcase_add_loop_test(cases, what_music_excludes_is_served_elsewhere, 0, 2);
    tcase_add_test(cases, faults_of_clusters_are_named);
    tcase_add_test(cases, a_builder_can_finish_again);
    suite_add_tcase(suite, cases);
    return suite;
}
