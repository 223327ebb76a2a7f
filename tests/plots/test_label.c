/* Labels pushed apart: no overlaps, order kept, and no better answer near by. */
#include "plots/label.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>
#include <string.h>

Suite *suite_plots_label(void);

enum { MOST = 24 };
static const pal_key key = { 7, 12 };

static size_t random_case(double *y, int seed)
{
    const pal_at at = { (uint64_t)seed, 0, 0 };
    size_t n = 1 + (size_t)(pal_u01(key, at, 0) * MOST);

    for (size_t i = 0; i < n; i++) {
        /* Rounded, so that ties happen. */
        y[i] = floor(pal_u01(key, at, 1 + i) * 60) * 5;
    }
    return n;
}

static double cost(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (a[i] - b[i]) * (a[i] - b[i]);
    }
    return sum;
}

static bool holds(const double *y, const double *before, size_t n, double gap, double lo, double hi)
{
    for (size_t i = 0; i < n; i++) {
        if (y[i] < lo - 1e-9 || y[i] > hi + 1e-9) {
            return false;
        }
        for (size_t j = 0; j < n; j++) {
            bool above = before[i] < before[j] || (before[i] == before[j] && i < j);

            if (above && y[j] - y[i] < gap - 1e-9) {
                return false;
            }
        }
    }
    return true;
}

START_TEST(labels_do_not_touch_and_keep_their_order)
{
    double y[MOST], before[MOST];
    size_t n = random_case(y, _i);

    memcpy(before, y, sizeof before);
    pal_labels_spread(y, n, 10, 0, 300);
    ck_assert(holds(y, before, n, 10, 0, 300));
}
END_TEST

START_TEST(no_allowed_move_of_a_label_or_a_run_of_labels_is_better)
{
    double y[MOST], before[MOST], moved[MOST];
    size_t n = random_case(y, _i);
    double best;

    memcpy(before, y, sizeof before);
    pal_labels_spread(y, n, 10, 0, 300);
    best = cost(y, before, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            for (int sign = -1; sign <= 1; sign += 2) {
                double lo = fmin(y[i], y[j]), hi = fmax(y[i], y[j]);

                for (size_t k = 0; k < n; k++) {
                    moved[k] = y[k] + (y[k] >= lo && y[k] <= hi ? sign * 0.01 : 0);
                }
                ck_assert(!holds(moved, before, n, 10, 0, 300) || cost(moved, before, n) >= best - 1e-9);
            }
        }
    }
}
END_TEST

START_TEST(labels_far_apart_stay_where_they_are)
{
    double y[] = { 200, 20, 110.5 };

    pal_labels_spread(y, 3, 10, 0, 300);
    ck_assert_double_eq(y[0], 200);
    ck_assert_double_eq(y[1], 20);
    ck_assert_double_eq(y[2], 110.5);
}
END_TEST

START_TEST(two_at_one_place_part_evenly)
{
    double y[] = { 100, 100 };

    pal_labels_spread(y, 2, 10, 0, 300);
    ck_assert_double_eq_tol(y[0], 95, 1e-12);
    ck_assert_double_eq_tol(y[1], 105, 1e-12);
}
END_TEST

START_TEST(too_many_labels_share_the_room_there_is)
{
    double y[MOST], before[MOST];

    for (int i = 0; i < MOST; i++) {
        y[i] = before[i] = 50;
    }
    pal_labels_spread(y, MOST, 10, 0, 100);
    ck_assert(holds(y, before, MOST, 100.0 / (MOST - 1), 0, 100));
}
END_TEST

START_TEST(undefined_labels_are_left_alone)
{
    double y[] = { 50, NAN, 52 };

    pal_labels_spread(y, 3, 10, 0, 300);
    ck_assert(isnan(y[1]));
    ck_assert_double_eq_tol(y[2] - y[0], 10, 1e-12);
}
END_TEST

Suite *suite_plots_label(void)
{
    Suite *suite = suite_create("plots/label");
    TCase *tc = tcase_create("label");

    tcase_add_loop_test(tc, labels_do_not_touch_and_keep_their_order, 0, 100);
    tcase_add_loop_test(tc, no_allowed_move_of_a_label_or_a_run_of_labels_is_better, 0, 40);
    tcase_add_test(tc, labels_far_apart_stay_where_they_are);
    tcase_add_test(tc, two_at_one_place_part_evenly);
    tcase_add_test(tc, too_many_labels_share_the_room_there_is);
    tcase_add_test(tc, undefined_labels_are_left_alone);
    suite_add_tcase(suite, tc);
    return suite;
}
