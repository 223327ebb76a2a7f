#include "data/catalog_build.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <string.h>

Suite *suite_data_catalog_build(void);

static const pal_feature_spec two[] = { { .name = "warmth", .unit = "K", .weight = 1, .low = 0, .high = 9 },
                                        { .name = "grain", .unit = "", .weight = 0.7, .low = 0, .high = 1 } };

static pal_catalog_builder *new_builder(void)
{
    pal_catalog_builder *builder = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_new(&builder, "film", two, 2, &err));
    return builder;
}

static void add(pal_catalog_builder *builder, const char *id, const char *genres, double popularity)
{
    const double feature[] = { 2.385, 0.1173 };
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_add(builder, id, "Title", "Ann;Ben", genres, popularity, feature, &err));
}

static size_t count_links(const pal_catalog_builder *builder, size_t item)
{
    size_t n = 0;

    for (uint32_t l = builder->item[item].first_link; l != PAL_NO_LINK; l = builder->link[l].next) {
        n++;
    }
    return n;
}

START_TEST(an_id_seen_before_adds_its_genres_and_keeps_the_largest_popularity)
{
    pal_catalog_builder *b = new_builder();

    add(b, "x", "art;drama", 10);
    add(b, "y", "art", 1);
    add(b, "x", "drama;;noir;", 30);
    add(b, "x", "art", 20);
    ck_assert_uint_eq(b->ids.n, 2);
    ck_assert_uint_eq(b->rows, 4);
    ck_assert_uint_eq(b->merged, 2);
    ck_assert_uint_eq(count_links(b, 0), 3);
    ck_assert_uint_eq(count_links(b, 1), 1);
    ck_assert_uint_eq(b->genres.n, 3);
    ck_assert_float_eq(b->item[0].popularity, 30);
    ck_assert_uint_eq(b->item[0].row, 1);
    ck_assert_uint_eq(b->item[1].row, 2);
    ck_assert_str_eq(pal_intern_text(&b->artists, b->item[0].artist), "Ann");
    ck_assert_float_eq(b->raw[0], 2.385f);
    pal_catalog_builder_free(b);
}
END_TEST

START_TEST(an_artist_list_that_begins_with_nothing_is_kept_whole)
{
    pal_catalog_builder *b = new_builder();
    const double feature[] = { 1, 0 };
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_catalog_builder_add(b, "x", "", ";Ben", "art", 0, feature, &err));
    ck_assert_str_eq(pal_intern_text(&b->artists, b->item[0].artist), ";Ben");
    pal_catalog_builder_free(b);
}
END_TEST

START_TEST(bad_features_and_items_without_genre_are_named)
{
    pal_feature_spec spec[] = { two[0], two[0] };
    pal_catalog_builder *b = NULL;
    const double feature[] = { 1, 0 };
    pal_error err = { .status = PAL_OK };

    data_check_error(pal_catalog_builder_new(&b, "film", spec, 2, &err), &err, PAL_ERR_DATA, "'warmth' stands twice");
    spec[0].weight = 0;
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 1, &err), &err, PAL_ERR_DATA, "'warmth'|weight 0");
    spec[0].weight = NAN;
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 1, &err), &err, PAL_ERR_DATA, "'warmth'|weight");
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 0, &err), &err, PAL_ERR_DATA, "0 features|64");
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 65, &err), &err, PAL_ERR_DATA, "65 features|64");
    spec[0] = two[0];
    spec[0].name = "title";
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 1, &err), &err, PAL_ERR_DATA, "cannot be named 'title'");
    spec[0].name = "";
    data_check_error(pal_catalog_builder_new(&b, "film", spec, 1, &err), &err, PAL_ERR_DATA, "cannot be named ''");
    ck_assert_ptr_null(b);
    b = new_builder();
    data_check_error(pal_catalog_builder_add(b, "bare", "T", "A", ";;", 0, feature, &err), &err, PAL_ERR_DATA,
                     "'bare' has no genre");
    pal_catalog_builder_free(b);
}
END_TEST

Suite *suite_data_catalog_build(void)
{
    Suite *suite = suite_create("data/catalog_build");
    TCase *cases = tcase_create("build");

    tcase_add_test(cases, an_id_seen_before_adds_its_genres_and_keeps_the_largest_popularity);
    tcase_add_test(cases, an_artist_list_that_begins_with_nothing_is_kept_whole);
    tcase_add_test(cases, bad_features_and_items_without_genre_are_named);
    suite_add_tcase(suite, cases);
    return suite;
}
