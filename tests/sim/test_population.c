#include "sim/population.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "sim/demographics.h"
#include "sim/tastes.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_population(void);

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(3, 3000);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static pal_population *people_in(const pal_catalog *of, const char *json, uint64_t seed, uint32_t replicate,
                                 size_t n_threads)
{
    pal_error err = { .status = PAL_OK };
    pal_population *people = NULL;
    pal_values *values = sim_values(pal_population_params, json);

    CK_OK(pal_population_new(&people, of, values, seed, replicate, n_threads, &err));
    pal_values_free(values);
    return people;
}

static pal_population *people_of(const char *json, uint64_t seed, uint32_t replicate, size_t n_threads)
{
    return people_in(catalog, json, seed, replicate, n_threads);
}

START_TEST(people_are_the_same_at_any_number_of_threads)
{
    pal_population *one = people_of("{\"n\": 1500}", 8, 2, 1), *two = people_of("{\"n\": 1500}", 8, 2, 2);
    pal_population *seven = people_of("{\"n\": 1500}", 8, 2, 7);

    ck_assert(one->digest == two->digest && one->digest == seven->digest);
    ck_assert_mem_eq(one->taste_center, seven->taste_center,
                     one->n * PAL_MAX_TASTES * one->stride * sizeof(float));
    pal_population_free(one);
    pal_population_free(two);
    pal_population_free(seven);
}
END_TEST

START_TEST(a_person_does_not_depend_on_how_many_there_are_but_on_seed_and_replicate)
{
    pal_population *few = people_of("{\"n\": 20}", 8, 0, 1), *many = people_of("{\"n\": 700}", 8, 0, 1);
    pal_population *other = people_of("{\"n\": 20}", 9, 0, 1), *again = people_of("{\"n\": 20}", 8, 1, 1);

    ck_assert_mem_eq(few->n_tastes, many->n_tastes, 20);
    ck_assert_mem_eq(few->taste_center, many->taste_center, 20 * PAL_MAX_TASTES * few->stride * sizeof(float));
    ck_assert_mem_eq(few->activity, many->activity, 20 * sizeof(float));
    ck_assert_mem_eq(few->who, many->who, 20 * sizeof *few->who);
    ck_assert(few->digest != other->digest);
    ck_assert(few->digest != again->digest);
    pal_population_free(few);
    pal_population_free(many);
    pal_population_free(other);
    pal_population_free(again);
}
END_TEST

START_TEST(every_person_is_well_formed)
{
    pal_population *p = people_of("{\"n\": 3000, \"taste_width\": 0.385}", 21 + (uint64_t)_i, 0, 2);

    for (size_t u = 0; u < p->n; u++) {
        const size_t first = u * PAL_MAX_TASTES, n = p->n_tastes[u];
        double sum = 0.0;

        ck_assert(n >= 1 && n <= PAL_MAX_TASTES);
        for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
            const float w = p->taste_weight[first + t];

            sum += (double)w;
            ck_assert(t < n ? w > 0.0f : w == 0.0f);
            ck_assert(t == 0 || w <= p->taste_weight[first + t - 1]);
            for (size_t f = p->d; f < p->stride; f++) {
                ck_assert_float_eq(p->taste_center[(first + t) * p->stride + f], 0.0f);
            }
        }
        ck_assert_double_eq_tol(sum, 1.0, 1e-5);
        for (size_t t = 0; t < n; t++) {
            const size_t c = p->taste_cluster[first + t];

            ck_assert(catalog->cluster_begin[c] < catalog->cluster_begin[c + 1]);
            ck_assert(p->taste_width[first + t] > 0.0f);
            for (size_t s = 0; s < t; s++) {
                ck_assert_uint_ne(c, p->taste_cluster[first + s]);
            }
        }
        ck_assert(p->contradiction[u] >= 0.0f && p->contradiction[u] <= 1.0f);
        ck_assert(n > 1 || p->contradiction[u] == 0.0f);
        ck_assert(p->activity[u] > 0.0f && p->activity[u] <= 1.0f);
        ck_assert(p->patience[u] >= 0.0f && p->patience[u] <= 1.0f);
        ck_assert(p->popularity_love[u] >= 0.0f && p->popularity_love[u] <= 1.0f);
        ck_assert(p->novelty_love[u] >= 0.0f && p->novelty_love[u] <= 1.0f);
        ck_assert(p->who[u].age_years >= 13 && p->who[u].age_years <= 100);
    }
    pal_population_free(p);
}
END_TEST

/* Closed form: 1 + negative binomial of mean m and shape r, cut to 1..8. Chi-square, 7 degrees: 24.3 is p = 0.001. */
START_TEST(numbers_of_tastes_follow_the_cut_negative_binomial)
{
    const double m = 2.385, r = 1.173;
    pal_population *p = people_of("{\"n\": 20000, \"tastes_mean\": 3.385, \"tastes_shape\": 1.173}", 4, 0, 2);
    double prob[PAL_MAX_TASTES], all = 0.0, count[PAL_MAX_TASTES] = { 0.0 }, chi = 0.0;

    prob[0] = pow(r / (r + m), r);
    for (size_t k = 1; k < PAL_MAX_TASTES; k++) {
        prob[k] = prob[k - 1] * (r + (double)k - 1.0) / (double)k * (m / (r + m));
    }
    for (size_t k = 0; k < PAL_MAX_TASTES; k++) {
        all += prob[k];
    }
    for (size_t u = 0; u < p->n; u++) {
        count[p->n_tastes[u] - 1] += 1.0;
    }
    for (size_t k = 0; k < PAL_MAX_TASTES; k++) {
        const double want = (double)p->n * prob[k] / all;

        chi += (count[k] - want) * (count[k] - want) / want;
    }
    ck_assert_double_lt(chi, 24.3);
    pal_population_free(p);
}
END_TEST

/* The defaults are fitted to figures of public data: first three shares 0.34 : 0.19 : 0.13 of Last.fm; about 28 % of people hold
 * two tastes of at least a tenth whose clusters are among the farthest quarter of pairs. */
START_TEST(defaults_meet_the_figures_they_were_fitted_to)
{
    pal_error err = { .status = PAL_OK };
    pal_catalog *large = sim_catalog(41 + (uint64_t)_i, 20000); /* the default size: small clusters blur distances */
    pal_population *p = people_in(large, "{\"n\": 8000}", 6, 0, 2);
    pal_taste_map *map = NULL;
    double share[3] = { 0.0 }, three = 0.0, far = 0.0, one = 0.0, tastes = 0.0;

    CK_OK(pal_taste_map_new(&map, large, 1.0, &err));
    for (size_t u = 0; u < p->n; u++) {
        const float *w = p->taste_weight + u * PAL_MAX_TASTES;
        const uint16_t *c = p->taste_cluster + u * PAL_MAX_TASTES;
        bool holds = false;

        for (size_t s = 0; s < p->n_tastes[u]; s++) {
            for (size_t t = s + 1; t < p->n_tastes[u]; t++) {
                holds = holds || (w[s] >= 0.1f && w[t] >= 0.1f && map->far[c[s] * map->n + c[t]] >= 0.75);
            }
        }
        far += holds;
        one += p->n_tastes[u] == 1;
        tastes += p->n_tastes[u];
        if (p->n_tastes[u] >= 3) {
            const double top = (double)w[0] + (double)w[1] + (double)w[2];

            three += 1.0;
            for (size_t t = 0; t < 3; t++) {
                share[t] += (double)w[t] / top;
            }
        }
    }
    const double n = (double)p->n;

    ck_assert_double_eq_tol(share[0] / three, 0.34 / 0.66, 0.03);
    ck_assert_double_eq_tol(share[1] / three, 0.19 / 0.66, 0.03);
    ck_assert_double_eq_tol(share[2] / three, 0.13 / 0.66, 0.03);
    ck_assert_double_eq_tol(far / n, 0.28, 0.04);
    ck_assert_double_eq_tol(one / n, 0.225, 0.03); /* Deezer: 22-26 % tick one genre or family */
    ck_assert_double_eq_tol(tastes / n, 3.3, 0.15); /* Last.fm: 3 clusters of 10 % or more */
    pal_taste_map_free(map);
    pal_catalog_free(large);
    pal_population_free(p);
}
END_TEST

static double mean_contradiction(const char *json)
{
    pal_population *p = people_of(json, 31, 0, 2);
    double sum = 0.0, n = 0.0;

    for (size_t u = 0; u < p->n; u++) {
        sum += p->n_tastes[u] > 1 ? (double)p->contradiction[u] : 0.0;
        n += p->n_tastes[u] > 1;
    }
    pal_population_free(p);
    return sum / n;
}

START_TEST(contradiction_grows_with_its_parameter)
{
    const double d[5] = { mean_contradiction("{\"n\": 3000, \"contradiction\": 0}"),
                          mean_contradiction("{\"n\": 3000, \"contradiction\": 0.25}"),
                          mean_contradiction("{\"n\": 3000, \"contradiction\": 0.5}"),
                          mean_contradiction("{\"n\": 3000, \"contradiction\": 0.75}"),
                          mean_contradiction("{\"n\": 3000, \"contradiction\": 1}") };

    for (size_t k = 1; k < 5; k++) {
        ck_assert_double_gt(d[k], d[k - 1] + 0.03);
    }
    ck_assert_double_lt(d[0], 0.25);
    ck_assert_double_gt(d[4], 0.70);
}
END_TEST

/* Means recover the parameters; three standard errors of 20,000 draws, and a float's rounding. */
START_TEST(habits_recover_their_parameters)
{
    pal_population *p = people_of("{\"n\": 20000, \"patience_mean\": 0.7385, \"patience_concentration\": 11.73,"
                                  " \"like_bias_spread\": 0.4385, \"popularity_love_mean\": 0.3173,"
                                  " \"novelty_love_mean\": 0.6117, \"activity_median\": 0.2385,"
                                  " \"activity_spread\": 0.5}", 14, 0, 2);
    double patience = 0.0, patience2 = 0.0, bias = 0.0, bias2 = 0.0, love = 0.0, novelty = 0.0, below = 0.0;
    const double n = (double)p->n;

    for (size_t u = 0; u < p->n; u++) {
        patience += (double)p->patience[u];
        patience2 += ((double)p->patience[u] - 0.7385) * ((double)p->patience[u] - 0.7385);
        bias += (double)p->like_bias[u];
        bias2 += (double)p->like_bias[u] * (double)p->like_bias[u];
        love += (double)p->popularity_love[u];
        novelty += (double)p->novelty_love[u];
        below += p->activity[u] < 0.2385f;
    }
    ck_assert_double_eq_tol(patience / n, 0.7385, 0.003);
    ck_assert_double_eq_tol(patience2 / n, 0.7385 * 0.2615 / 12.73, 0.0006); /* beta variance */
    ck_assert_double_eq_tol(bias / n, 0.0, 0.0095);
    ck_assert_double_eq_tol(sqrt(bias2 / n), 0.4385, 0.007);
    ck_assert_double_eq_tol(love / n, 0.3173, 0.005);
    ck_assert_double_eq_tol(novelty / n, 0.6117, 0.005);
    ck_assert_double_eq_tol(below / n, 0.5, 0.0107);
    pal_population_free(p);
}
END_TEST

START_TEST(a_shrink_of_one_puts_centers_on_the_cluster_mean_and_of_zero_on_an_item)
{
    pal_error err = { .status = PAL_OK };
    pal_population *mean = people_of("{\"n\": 60, \"taste_shrink\": 1}", 7, 0, 1);
    pal_population *item = people_of("{\"n\": 60, \"taste_shrink\": 0}", 7, 0, 1);
    pal_taste_map *map = NULL;

    CK_OK(pal_taste_map_new(&map, catalog, 1.0, &err));
    for (size_t k = 0; k < 60 * PAL_MAX_TASTES; k++) {
        if (k % PAL_MAX_TASTES >= mean->n_tastes[k / PAL_MAX_TASTES]) {
            continue;
        }
        const size_t c = mean->taste_cluster[k];
        bool found = false;

        ck_assert_mem_eq(mean->taste_center + k * mean->stride, map->mean + c * mean->stride,
                         mean->d * sizeof(float));
        ck_assert_uint_eq(item->taste_cluster[k], c); /* the shrink moves no other draw */
        for (size_t i = catalog->cluster_begin[c]; i < catalog->cluster_begin[c + 1] && !found; i++) {
            double off = 0.0;

            for (size_t f = 0; f < item->d; f++) {
                off += fabs((double)item->taste_center[k * item->stride + f] -
                            (double)catalog->scaled[i * catalog->stride + f]);
            }
            found = off < 1e-5;
        }
        ck_assert(found);
    }
    pal_taste_map_free(map);
    pal_population_free(mean);
    pal_population_free(item);
}
END_TEST

START_TEST(widths_are_log_normal_around_the_clusters_spread)
{
    pal_error err = { .status = PAL_OK };
    pal_population *p = people_of("{\"n\": 5000, \"taste_width\": 0.5385, \"taste_width_spread\": 0.3173}", 9, 0, 2);
    pal_taste_map *map = NULL;
    double sum = 0.0, square = 0.0, n = 0.0;

    CK_OK(pal_taste_map_new(&map, catalog, 1.0, &err));
    for (size_t u = 0; u < p->n; u++) {
        for (size_t t = 0; t < p->n_tastes[u]; t++) {
            const size_t k = u * PAL_MAX_TASTES + t;
            const double x = log((double)p->taste_width[k] / (double)map->spread[p->taste_cluster[k]]);

            sum += x;
            square += x * x;
            n += 1.0;
        }
    }
    ck_assert_double_eq_tol(sum / n, log(0.5385), 0.01);
    ck_assert_double_eq_tol(sqrt(square / n - sum / n * (sum / n)), 0.3173, 0.01);
    pal_taste_map_free(map);
    pal_population_free(p);
}
END_TEST

START_TEST(preset_r1_gives_two_or_three_equal_tastes_drawn_evenly)
{
    pal_population *p = people_of("{\"n\": 12000, \"preset\": \"r1\", \"tastes_max\": 7}", 2, 0, 2);
    double three = 0.0, held[PAL_MAX_CLUSTERS] = { 0.0 }, all = 0.0;

    for (size_t u = 0; u < p->n; u++) {
        const size_t n = p->n_tastes[u];

        ck_assert(n == 2 || n == 3);
        three += n == 3;
        for (size_t t = 0; t < n; t++) {
            ck_assert_float_eq(p->taste_weight[u * PAL_MAX_TASTES + t], (float)(1.0 / (double)n));
            held[p->taste_cluster[u * PAL_MAX_TASTES + t]] += 1.0;
            all += 1.0;
        }
        ck_assert_float_eq(p->activity[u], 1.0f);
        ck_assert_float_eq(p->patience[u], 1.0f);
        ck_assert_float_eq(p->like_bias[u], 0.0f);
    }
    ck_assert_double_eq_tol(three / (double)p->n, 0.5, 0.014);
    for (size_t c = 0; c < catalog->clusters->n; c++) {
        ck_assert_double_eq_tol(held[c] / all, 1.0 / (double)catalog->clusters->n, 0.006);
    }
    pal_population_free(p);
}
END_TEST

/* Mutual information (nats) between main cluster and country; a bias of (rows - 1)(columns - 1) / 2n remains. */
static double information(const pal_population *p)
{
    static double joint[256][PAL_MAX_CLUSTERS];
    double row[256] = { 0.0 }, column[PAL_MAX_CLUSTERS] = { 0.0 }, sum = 0.0;
    const double n = (double)p->n;

    memset(joint, 0, sizeof joint);
    for (size_t u = 0; u < p->n; u++) {
        joint[p->who[u].country][p->taste_cluster[u * PAL_MAX_TASTES]] += 1.0;
        row[p->who[u].country] += 1.0;
        column[p->taste_cluster[u * PAL_MAX_TASTES]] += 1.0;
    }
    for (size_t a = 0; a < 256; a++) {
        for (size_t c = 0; c < PAL_MAX_CLUSTERS; c++) {
            sum += joint[a][c] > 0.0 ? joint[a][c] / n * log(joint[a][c] * n / (row[a] * column[c])) : 0.0;
        }
    }
    return sum;
}

START_TEST(demographics_say_nothing_at_strength_zero_and_more_with_more_strength)
{
    pal_population *none = people_of("{\"n\": 30000, \"demographics_strength\": 0}", 5, 0, 2);
    pal_population *some = people_of("{\"n\": 30000, \"demographics_strength\": 0.5}", 5, 0, 2);
    pal_population *much = people_of("{\"n\": 30000, \"demographics_strength\": 2}", 5, 0, 2);
    const double bias = 21.0 * 23.0 / (2.0 * 30000.0);

    ck_assert_double_lt(information(none), 1.3 * bias);
    ck_assert_double_gt(information(some), 1.8 * bias);
    ck_assert_double_gt(information(much), 4.0 * information(some));
    ck_assert_mem_eq(none->who, much->who, none->n * sizeof *none->who); /* who they are does not move */
    ck_assert_mem_eq(none->n_tastes, much->n_tastes, none->n);
    pal_population_free(none);
    pal_population_free(some);
    pal_population_free(much);
}
END_TEST

START_TEST(demographics_are_plausible)
{
    pal_population *p = people_of("{\"n\": 20000}", 15, 0, 2);
    double under25 = 0.0, students = 0.0, working = 0.0;

    for (size_t u = 0; u < p->n; u++) {
        const pal_demographics who = p->who[u];
        const char *job = pal_occupation_names[who.occupation];

        under25 += who.age_years < 25;
        ck_assert(who.age_years >= 18 || strcmp(job, "student") == 0);
        ck_assert(who.age_years <= 65 || strcmp(job, "retired") == 0);
        if (who.age_years >= 18 && who.age_years <= 65) {
            working += 1.0;
            students += strcmp(job, "student") == 0;
        }
    }
    ck_assert_double_eq_tol(under25 / (double)p->n, 0.36, 0.011);
    ck_assert_double_eq_tol(students / working, 196.0 / 943.0, 0.02); /* MovieLens 100K: 196 students, and the rest */
    pal_population_free(p);
}
END_TEST

START_TEST(fewest_tastes_above_most_is_refused)
{
    pal_error err = { .status = PAL_OK };
    pal_population *people = NULL;
    pal_values *values = sim_values(pal_population_params, "{\"tastes_min\": 5, \"tastes_max\": 3}");

    data_check_error(pal_population_new(&people, catalog, values, 1, 0, 1, &err), &err, PAL_ERR_CONFIG,
                     "people.tastes_min|tastes_max (3)|found 5");
    ck_assert_ptr_null(people);
    pal_values_free(values);
}
END_TEST

START_TEST(every_allocation_of_a_population_may_fail)
{
    pal_values *values = sim_values(pal_population_params, "{\"n\": 5}");
    size_t fail = 1;

    for (;; fail++) {
        pal_error err = { .status = PAL_OK };
        pal_population *people = NULL;

        pal_mem_fail_at(fail);
        const pal_status rc = pal_population_new(&people, catalog, values, 1, 0, 1, &err);

        pal_mem_fail_at(0);
        pal_population_free(people);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 20);
    pal_values_free(values);
}
END_TEST

Suite *suite_sim_population(void)
{
    Suite *suite = suite_create("sim/population");
    TCase *cases = tcase_create("population");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, people_are_the_same_at_any_number_of_threads);
    tcase_add_test(cases, a_person_does_not_depend_on_how_many_there_are_but_on_seed_and_replicate);
    tcase_add_loop_test(cases, every_person_is_well_formed, 0, 3);
    tcase_add_test(cases, numbers_of_tastes_follow_the_cut_negative_binomial);
    tcase_add_loop_test(cases, defaults_meet_the_figures_they_were_fitted_to, 0, 3);
    tcase_add_test(cases, contradiction_grows_with_its_parameter);
    tcase_add_test(cases, habits_recover_their_parameters);
    tcase_add_test(cases, a_shrink_of_one_puts_centers_on_the_cluster_mean_and_of_zero_on_an_item);
    tcase_add_test(cases, widths_are_log_normal_around_the_clusters_spread);
    tcase_add_test(cases, preset_r1_gives_two_or_three_equal_tastes_drawn_evenly);
    tcase_add_test(cases, demographics_say_nothing_at_strength_zero_and_more_with_more_strength);
    tcase_add_test(cases, demographics_are_plausible);
    tcase_add_test(cases, fewest_tastes_above_most_is_refused);
    tcase_add_test(cases, every_allocation_of_a_population_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
