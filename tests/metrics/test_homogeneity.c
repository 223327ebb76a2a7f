/* Likeness of people: closed forms, brute force over pairs, and the coverage of its intervals. */
#include "metrics/homogeneity.h"

#include "core/mem.h"
#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_metrics_homogeneity(void);

enum { PEOPLE = 41, ITEMS = 30 };

static double u01(uint64_t who, uint64_t what)
{
    return pal_u01(pal_key_for(2385, 0, PAL_FOR_TEST), (pal_at){ who, 0, what }, 0);
}

static pal_boot *boot_of(size_t n, const uint32_t *stratum, size_t resamples, uint64_t seed)
{
    pal_boot *boot = NULL;

    ck_assert_int_eq(pal_boot_new(&boot, n, stratum, resamples, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), 2, NULL), PAL_OK);
    return boot;
}

START_TEST(two_people_who_met_the_same_have_jaccard_one_and_strangers_zero)
{
    const uint32_t a[] = { 3, 17, 29 }, b[] = { 3, 17, 29 }, c[] = { 4, 18 }, d[] = { 17, 29, 40, 41 };

    ck_assert_double_eq(pal_jaccard(a, 3, b, 3), 1);
    ck_assert_double_eq(pal_jaccard(a, 3, c, 2), 0);
    ck_assert_double_eq(pal_jaccard(a, 3, d, 4), 2.0 / 5);
    ck_assert_double_eq(pal_jaccard(d, 4, a, 3), 2.0 / 5);
    ck_assert(isnan(pal_jaccard(a, 0, b, 3)));
    ck_assert(isnan(pal_jaccard(a, 3, b, 0)));
}
END_TEST

START_TEST(jaccard_counts_marks_on_a_list_of_all_items)
{
    uint32_t a[2 * ITEMS], b[2 * ITEMS];
    bool in[2][ITEMS] = { { false } };
    size_t n[2] = { 0 }, both = 0, either = 0;

    for (size_t i = 0; i < 2 * ITEMS; i++) { /* with repeats */
        const size_t x = (size_t)(u01((uint64_t)_i, i) * ITEMS), y = (size_t)(u01((uint64_t)_i, 1000 + i) * ITEMS);

        if (i % 3 != 0) in[0][a[n[0]++] = (uint32_t)x] = true;
        if (i % 2 == 0) in[1][b[n[1]++] = (uint32_t)y] = true;
    }
    for (size_t i = 0; i < ITEMS; i++) {
        both += in[0][i] && in[1][i];
        either += in[0][i] || in[1][i];
    }
    n[0] = pal_item_set(a, n[0]);
    n[1] = pal_item_set(b, n[1]);
    for (size_t i = 1; i < n[0]; i++) ck_assert_uint_lt(a[i - 1], a[i]);
    ck_assert_double_eq(pal_jaccard(a, n[0], b, n[1]), (double)both / (double)either);
}
END_TEST

START_TEST(everybody_is_in_as_many_pairs_and_no_pair_comes_twice)
{
    uint32_t pair[2 * PEOPLE * 20], order[PEOPLE];
    const size_t people = 2 + (size_t)_i * 3, partners = pal_pair_partners(people, 1 + (size_t)_i % 20);
    size_t n = pal_pairs_draw(pair, order, people, partners, pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST));
    size_t of[PEOPLE] = { 0 };

    HOLD(people <= PEOPLE && n == people * partners && 2 * partners < people);
    for (size_t i = 0; i < n; i++) {
        HOLD(pair[2 * i] != pair[2 * i + 1] && pair[2 * i] < people && pair[2 * i + 1] < people);
        of[pair[2 * i]]++;
        of[pair[2 * i + 1]]++;
        for (size_t j = 0; j < i; j++) {
            HOLD(!(pair[2 * i] == pair[2 * j] && pair[2 * i + 1] == pair[2 * j + 1]));
            HOLD(!(pair[2 * i] == pair[2 * j + 1] && pair[2 * i + 1] == pair[2 * j]));
        }
    }
    for (size_t u = 0; u < people; u++) ck_assert_uint_eq(of[u], 2 * partners);
}
END_TEST

START_TEST(an_odd_crowd_with_half_as_many_partners_meets_in_all_pairs)
{
    uint32_t pair[2 * PEOPLE * 20], order[PEOPLE];

    ck_assert_uint_eq(pal_pair_partners(PEOPLE, 1000), 20);
    ck_assert_uint_eq(pal_pairs_draw(pair, order, PEOPLE, 20, pal_key_for(7, 0, PAL_FOR_TEST)), PEOPLE * (PEOPLE - 1) / 2);
    ck_assert_uint_eq(pal_pair_partners(2, 5), 0);
    ck_assert_uint_eq(pal_pair_partners(1, 5), 0);
    ck_assert_uint_eq(pal_pair_partners(0, 5), 0);
}
END_TEST

START_TEST(overlap_is_one_less_total_variation)
{
    const double p[] = { 0.5, 0.3, 0.2, 0 }, q[] = { 0.1, 0.6, 0.1, 0.2 };

    ck_assert_double_eq_tol(pal_mix_overlap(p, q, 4), 1 - (0.4 + 0.3 + 0.1 + 0.2) / 2, 1e-15);
    ck_assert_double_eq_tol(pal_mix_overlap(p, p, 4), 1, 1e-15);
}
END_TEST

/* A design over PEOPLE people, values, and groups by number. */
typedef struct cases {
    uint32_t pair[2 * PEOPLE * 20];
    uint8_t group[PEOPLE * 20];
    float x[PEOPLE * 20];
    pal_pair_set set;
} cases;

static void make_cases(cases *c, uint64_t seed, size_t partners)
{
    uint32_t order[PEOPLE];
    const size_t n = pal_pairs_draw(c->pair, order, PEOPLE, partners, pal_key_for(seed, 1, PAL_FOR_TEST));

    for (size_t i = 0; i < n; i++) {
        const double noise = pal_u01(pal_key_for(seed, 2, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0);

        c->x[i] = i % 11 == 3 ? NAN : (float)noise;
        c->group[i] = (uint8_t)(i % 3);
    }
    c->set = (pal_pair_set){ n, c->pair, c->group };
}

START_TEST(means_are_those_of_pairs_written_out_as_often_as_their_people_come)
{
    enum { B = 30 };
    static cases c;
    double draws[PAL_PAIR_GROUPS * B], value[PAL_PAIR_GROUPS], again[PAL_PAIR_GROUPS * B];
    size_t n[PAL_PAIR_GROUPS];
    pal_boot *boot = boot_of(PEOPLE, NULL, B, 11 + (uint64_t)_i);

    make_cases(&c, (uint64_t)_i, 4);
    ck_assert_int_eq(pal_pair_means(draws, value, n, boot, &c.set, c.x, 1, NULL), PAL_OK);
    for (size_t b = 0; b <= B; b++) {
        for (size_t g = 0; g < PAL_PAIR_GROUPS; g++) {
            double sum = 0, count = 0;

            for (size_t i = 0; i < c.set.n; i++) {
                const uint32_t *who = c.pair + 2 * i;
                const size_t times = b == B ? 1 : (size_t)pal_boot_row(boot, b)[who[0]] * pal_boot_row(boot, b)[who[1]];

                for (size_t k = 0; k < times && !isnan(c.x[i]) && (g == 0 || c.group[i] == g); k++) {
                    sum += (double)c.x[i];
                    count++;
                }
            }
            if (b == B) {
                ck_assert_uint_eq(n[g], (size_t)count);
                ck_assert_double_eq_tol(value[g], sum / count, 1e-12);
            } else {
                ck_assert_double_eq_tol(draws[g * B + b], sum / count, 1e-12);
            }
        }
    }
    for (size_t threads = 2; threads <= 7; threads += 5) {
        ck_assert_int_eq(pal_pair_means(again, value, n, boot, &c.set, c.x, threads, NULL), PAL_OK);
        ck_assert_int_eq(memcmp(again, draws, sizeof draws), 0);
    }
    pal_boot_free(boot);
}
END_TEST

START_TEST(nothing_is_known_of_no_pairs)
{
    double draws[PAL_PAIR_GROUPS * 20], value[PAL_PAIR_GROUPS];
    size_t n[PAL_PAIR_GROUPS];
    pal_boot *boot = boot_of(3, NULL, 20, 1);
    const pal_pair_set none = { 0, NULL, NULL };

    ck_assert_int_eq(pal_pair_means(draws, value, n, boot, &none, NULL, 1, NULL), PAL_OK);
    for (size_t g = 0; g < PAL_PAIR_GROUPS; g++) ck_assert(n[g] == 0 && isnan(value[g]) && isnan(draws[g * 20]));
    pal_boot_free(boot);
}
END_TEST

/* A pair's value is made of what each of its people brings, uniform with mean 1/2, and of luck of its own. */
START_TEST(intervals_over_people_hold_the_truth_at_about_their_rate)
{
    enum { B = 200, WORLDS = 300 };
    static cases c;
    size_t held = 0;

    for (uint64_t w = 0; w < WORLDS; w++) {
        double draws[PAL_PAIR_GROUPS * B], value[PAL_PAIR_GROUPS];
        size_t n[PAL_PAIR_GROUPS];
        pal_boot *boot = boot_of(PEOPLE, NULL, B, w);
        pal_interval v;

        make_cases(&c, w, 5);
        for (size_t i = 0; i < c.set.n; i++) {
            const double luck = pal_u01(pal_key_for(w, 2, PAL_FOR_TEST), (pal_at){ i, 0, 0 }, 0);

            c.x[i] = (float)((u01(w, c.pair[2 * i]) + u01(w, c.pair[2 * i + 1])) / 2 + 0.3 * (luck - 0.5));
        }
        HOLD(pal_pair_means(draws, value, n, boot, &c.set, c.x, 1, NULL) == PAL_OK);
        v = pal_boot_interval(draws, B, 0.95, value[0], n[0]);
        held += v.lo <= 0.5 && 0.5 <= v.hi;
        pal_boot_free(boot);
    }
    /* 95 % less the share of variance that 41 people cost, plus what single pairs add: 3 standard errors are 3.8 % */
    ck_assert_msg((double)held >= 0.90 * WORLDS && (double)held <= 0.995 * WORLDS, "%zu of %d intervals hold the truth", held, WORLDS);
}
END_TEST

Suite *suite_metrics_homogeneity(void)
{
    Suite *suite = suite_create("metrics/homogeneity");
    TCase *tc = tcase_create("all");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, two_people_who_met_the_same_have_jaccard_one_and_strangers_zero);
    tcase_add_loop_test(tc, jaccard_counts_marks_on_a_list_of_all_items, 0, 10);
    tcase_add_loop_test(tc, everybody_is_in_as_many_pairs_and_no_pair_comes_twice, 0, 13);
    tcase_add_test(tc, an_odd_crowd_with_half_as_many_partners_meets_in_all_pairs);
    tcase_add_test(tc, overlap_is_one_less_total_variation);
    tcase_add_loop_test(tc, means_are_those_of_pairs_written_out_as_often_as_their_people_come, 0, 3);
    tcase_add_test(tc, nothing_is_known_of_no_pairs);
    tcase_add_test(tc, intervals_over_people_hold_the_truth_at_about_their_rate);
    suite_add_tcase(suite, tc);
    return suite;
}
