#include "sim/tastes.h"

#include "sim/demographics.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_tastes(void);

static pal_catalog *catalog;
static pal_taste_map *map;

static void setup(void)
{
    pal_error err = { .status = PAL_OK };

    catalog = sim_catalog(31, 2000);
    CK_OK(pal_taste_map_new(&map, catalog, 1.0, &err));
}

static void teardown(void)
{
    pal_taste_map_free(map);
    pal_catalog_free(catalog);
    map = NULL;
    catalog = NULL;
}

static double centroid(size_t c, size_t f)
{
    double sum = 0.0;
    const size_t begin = catalog->cluster_begin[c], end = catalog->cluster_begin[c + 1];

    for (size_t i = begin; i < end; i++) {
        sum += (double)catalog->scaled[i * catalog->stride + f] / (double)(end - begin);
    }
    return sum;
}

START_TEST(far_is_the_rank_of_the_distance_between_cluster_means)
{
    const size_t n = catalog->clusters->n;
    static double apart[PAL_MAX_CLUSTERS][PAL_MAX_CLUSTERS];

    for (size_t a = 0; a < n; a++) {
        for (size_t b = 0; b < n; b++) {
            double square = 0.0;

            for (size_t f = 0; f < catalog->d; f++) {
                square += pow(centroid(a, f) - centroid(b, f), 2.0);
            }
            apart[a][b] = sqrt(square);
        }
    }
    for (size_t a = 0; a < n; a++) {
        ck_assert(map->far[a * n + a] == 0.0);
        for (size_t b = 0; b < a; b++) {
            double below = 0.0, pairs = 0.0;

            for (size_t x = 0; x < n; x++) {
                for (size_t y = 0; y < x; y++) {
                    below += apart[x][y] < apart[a][b] - 1e-6 ? 1.0 : fabs(apart[x][y] - apart[a][b]) < 1e-6 ? 0.5 : 0.0;
                    pairs += 1.0;
                }
            }
            ck_assert_double_eq_tol(map->far[a * n + b], below / pairs, 1.5 / pairs);
            ck_assert(map->far[a * n + b] == map->far[b * n + a]);
        }
    }
}
END_TEST

START_TEST(a_clusters_liking_is_that_of_its_best_liked_genre)
{
    const size_t n = catalog->clusters->n;

    for (size_t c = 0; c < n; c++) {
        const char *name = catalog->clusters->name[c];

        if (strcmp(name, "pop") == 0) {
            ck_assert_double_eq_tol(map->liking[c], 0.80, 1e-12);
        } else if (strcmp(name, "country") == 0) {
            ck_assert_double_eq_tol(map->liking[c], 0.05, 1e-12); /* unknown sub-genres stand above country's 0.026 */
        } else if (strcmp(name, "metal") == 0) {
            ck_assert_double_eq_tol(map->liking[c], 0.134, 1e-12);
        }
    }
    ck_assert_double_eq_tol(pal_genre_share("hip-hop"), 0.48, 1e-12);
    ck_assert_double_eq_tol(pal_genre_share("no such genre"), 0.05, 1e-12);
}
END_TEST

/* Frequencies of the second taste against the stated odds in libm arithmetic; chi-square, 23 degrees, p = 0.001: 49.7. */
START_TEST(clusters_are_drawn_with_the_stated_odds)
{
    const size_t n = catalog->clusters->n;
    const uint16_t held[2] = { 3, 11 };
    const size_t n_held = (size_t)_i;
    const double contradiction = 0.5 + 0.0385 * (double)(_i - 1);
    double shift[PAL_MAX_CLUSTERS], want[PAL_MAX_CLUSTERS], all = 0.0, chi = 0.0;
    double count[PAL_MAX_CLUSTERS] = { 0.0 };
    const pal_key key = pal_key_for(8, 0, PAL_FOR_TEST);

    for (size_t c = 0; c < n; c++) {
        double far = 0.0;
        bool taken = false;

        shift[c] = 0.05 * (double)(c % 7) - 0.117;
        for (size_t k = 0; k < n_held; k++) {
            far += map->far[c * n + held[k]] / (double)n_held;
            taken = taken || held[k] == c;
        }
        want[c] = taken ? 0.0
                        : map->liking[c] * exp(shift[c] + (n_held > 0 ? 24.0 * (contradiction - 0.5) * (far - 0.5) : 0.0));
        all += want[c];
    }
    for (uint64_t k = 0; k < 20000; k++) {
        uint64_t draw = 0;
        const size_t c = pal_taste_draw_cluster(map, held, n_held, shift, contradiction, key, (pal_at){ k, 0, 0 }, &draw);

        count[c] += 1.0;
    }
    for (size_t c = 0; c < n; c++) {
        const double expected = 20000.0 * want[c] / all;

        ck_assert(expected > 0.0 || count[c] == 0.0);
        chi += expected > 0.0 ? (count[c] - expected) * (count[c] - expected) / expected : 0.0;
    }
    ck_assert_double_lt(chi, 49.7);
}
END_TEST

START_TEST(a_taste_map_needs_no_more_than_one_cluster_and_one_item)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *one = data_random_catalog(1, (data_shape){ 1, 3, 1, 1, 0 }, PAL_SCALE_ZSCORE);
    pal_taste_map *own = NULL;
    float center[PAL_MAX_FEATURES];
    uint64_t draw = 0;

    CK_OK(pal_taste_map_new(&own, one, 1.0, &err));
    ck_assert_uint_eq(own->n_usable, 1);
    ck_assert(own->spread[0] > 0.0f);
    pal_taste_draw_center(center, own, 0, 0.5, pal_key_for(1, 0, PAL_FOR_TEST), (pal_at){ 0, 0, 0 }, &draw);
    ck_assert_mem_eq(center, one->scaled, one->stride * sizeof *center);

    sim_world w = sim_world_new(one, 1, "{\"n\": 30}", "multi-taste", "{\"birth\": true, \"birth_rate\": 1}");

    for (uint32_t u = 0; u < 30; u++) {
        ck_assert_uint_eq(w.people->n_tastes[u], 1); /* no second cluster to like */
        w.type->advance(w.self, w.state, u, 0, NULL, NULL, 0);
        ck_assert_uint_eq(w.state->n_tastes[u], 1);
    }
    sim_world_free(&w);
    pal_taste_map_free(own);
    pal_catalog_free(one);
}
END_TEST

START_TEST(leanings_add_up_four_normal_effects_and_vanish_at_strength_zero)
{
    pal_error err = { .status = PAL_OK };
    pal_leanings *none = NULL, *some = NULL, *twice = NULL;
    double a[24], b[24], zero[24], square = 0.0;
    const pal_key key = pal_key_for(3, 0, PAL_FOR_TEST);

    CK_OK(pal_leanings_new(&none, 24, 0.0, 5, &err));
    CK_OK(pal_leanings_new(&some, 24, 0.385, 5, &err));
    CK_OK(pal_leanings_new(&twice, 24, 0.77, 5, &err));
    for (uint64_t u = 0; u < 3000; u++) {
        const pal_demographics who = pal_draw_demographics(some, key, (pal_at){ u, 0, 0 });

        pal_leanings_shift(zero, none, who);
        pal_leanings_shift(a, some, who);
        pal_leanings_shift(b, twice, who);
        for (size_t c = 0; c < 24; c++) {
            ck_assert(zero[c] == 0.0);
            ck_assert_double_eq_tol(b[c], 2.0 * a[c], 1e-12);
            square += a[c] * a[c] / (24.0 * 3000.0);
        }
    }
    /* four effects of sd strength / 2 each; few levels, so roughly */
    ck_assert_double_eq_tol(sqrt(square), 0.385, 0.1);
    pal_leanings_free(none);
    pal_leanings_free(some);
    pal_leanings_free(twice);
}
END_TEST

Suite *suite_sim_tastes(void)
{
    Suite *suite = suite_create("sim/tastes");
    TCase *cases = tcase_create("tastes");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, far_is_the_rank_of_the_distance_between_cluster_means);
    tcase_add_test(cases, a_clusters_liking_is_that_of_its_best_liked_genre);
    tcase_add_loop_test(cases, clusters_are_drawn_with_the_stated_odds, 0, 3);
    tcase_add_test(cases, a_taste_map_needs_no_more_than_one_cluster_and_one_item);
    tcase_add_test(cases, leanings_add_up_four_normal_effects_and_vanish_at_strength_zero);
    suite_add_tcase(suite, cases);
    return suite;
}
