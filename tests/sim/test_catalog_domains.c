/* Catalogs of several content types: shares, ranges, types by cluster, and likeness across types. */
#include "sim/catalog_domains.h"

#include "sim/catalog_gen.h"
#include "sim/tastes.h"
#include "tests/support/sim_world.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

static pal_catalog *domains(const char *types, size_t items, uint64_t seed)
{
    pal_catalog *catalog = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_catalog_domains(&catalog, types, items, PAL_SCALE_ZSCORE, seed, &err) == PAL_OK, "%s", err.text);
    return catalog;
}

static size_t cluster_named(const pal_catalog *catalog, const char *name)
{
    size_t c = 0;

    while (strcmp(catalog->clusters->name[c], name) != 0) {
        ck_assert_uint_lt(++c, catalog->clusters->n);
    }
    return c;
}

START_TEST(types_and_clusters_share_the_items_evenly)
{
    pal_catalog *c = domains("music,movie,manga,anime", 1037, (uint64_t)_i);

    ck_assert_uint_eq(c->n_items, 1037);
    ck_assert_uint_eq(pal_catalog_types(c), 4);
    ck_assert_uint_eq(c->clusters->n, 32);
    for (size_t k = 0; k < 32; k++) {
        const size_t n = c->cluster_begin[k + 1] - c->cluster_begin[k];
        const char *type = pal_catalog_type_name(c, c->cluster_type[k]);

        ck_assert(n == 1037 / 32 || n == 1037 / 32 + 1);
        ck_assert_int_eq(strncmp(c->clusters->name[k], type, strlen(type)), 0);
    }
    for (size_t i = 0; i < c->n_items; i++) {
        ck_assert(c->popularity[i] >= 0 && c->popularity[i] <= 100);
        for (size_t f = 0; f < c->d; f++) ck_assert(c->raw[i * c->d + f] >= 0 && c->raw[i * c->d + f] <= 1);
    }
    pal_catalog_free(c);
}
END_TEST

START_TEST(types_stand_in_the_order_of_the_list)
{
    pal_catalog *c = domains("anime,music", 160, 1);

    ck_assert_str_eq(pal_catalog_type_name(c, 0), "anime");
    ck_assert_str_eq(pal_catalog_type_name(c, 1), "music");
    ck_assert_uint_eq(pal_catalog_type(c, c->cluster_begin[cluster_named(c, "music-folk")]), 1);
    pal_catalog_free(c);
    c = domains("manga", 80, 1); /* one type is a plain catalog of that type */
    ck_assert_uint_eq(pal_catalog_types(c), 1);
    ck_assert_str_eq(pal_catalog_type_name(c, 0), "manga");
    pal_catalog_free(c);
}
END_TEST

START_TEST(tastes_can_reach_across_types)
{
    pal_catalog *c = domains("music,movie,manga,anime", 3200, (uint64_t)_i);
    pal_taste_map *map = NULL;
    static const char *const alike[][2] = { { "movie-horror", "manga-horror" }, { "manga-romance", "anime-romance" },
                                            { "manga-fantasy", "anime-fantasy" } };

    ck_assert_int_eq(pal_taste_map_new(&map, c, 1, NULL), PAL_OK);
    for (size_t k = 0; k < 3; k++) {
        ck_assert(map->far[cluster_named(c, alike[k][0]) * 32 + cluster_named(c, alike[k][1])] < 0.05);
    }
    ck_assert(map->far[cluster_named(c, "movie-horror") * 32 + cluster_named(c, "anime-slice-of-life")] > 0.8);
    pal_taste_map_free(map);
    pal_catalog_free(c);
}
END_TEST

START_TEST(a_pure_function_of_seed_types_and_items)
{
    pal_catalog *a = domains("music,movie", 200, 7), *b = domains("music,movie", 200, 7), *other = domains("music,movie", 200, 8);

    ck_assert_uint_eq(a->digest, b->digest);
    ck_assert_uint_ne(a->digest, other->digest);
    pal_catalog_free(a);
    pal_catalog_free(b);
    pal_catalog_free(other);
}
END_TEST

START_TEST(bad_lists_are_named)
{
    static const char *const bad[][2] = { { "", "no content type \"\"" }, { "music,,anime", "no content type \"\"" },
                                          { "music, anime", "no content type \" anime\"" }, { "Music", "\"Music\"" },
                                          { "music,music", "twice" }, { ",", "no content type" } };

    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
        pal_catalog *catalog = NULL;
        pal_error err = { PAL_OK, "" };

        ck_assert_int_eq(pal_catalog_domains(&catalog, bad[i][0], 100, PAL_SCALE_ZSCORE, 1, &err), PAL_ERR_CONFIG);
        ck_assert_msg(strstr(err.text, bad[i][1]) != NULL, "%s", err.text);
        ck_assert_ptr_null(catalog);
    }
}
END_TEST

Suite *suite_sim_catalog_domains(void);
Suite *suite_sim_catalog_domains(void)
{
    Suite *suite = suite_create("sim/catalog_domains");
    TCase *tc = tcase_create("catalog_domains");

    tcase_add_loop_test(tc, types_and_clusters_share_the_items_evenly, 0, 4);
    tcase_add_test(tc, types_stand_in_the_order_of_the_list);
    tcase_add_loop_test(tc, tastes_can_reach_across_types, 0, 4);
    tcase_add_test(tc, a_pure_function_of_seed_types_and_items);
    tcase_add_test(tc, bad_lists_are_named);
    suite_add_tcase(suite, tc);
    return suite;
}
