/* Diversity, novelty, coverage, Gini: against pairs and definitions, and the bootstrap of the last two. */
#include "metrics/diversity.h"

#include "core/mem.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_metrics_diversity(void);

static double cosine(const float *x, const float *y, size_t d)
{
    double xy = 0, xx = 0, yy = 0;

    for (size_t j = 0; j < d; j++) {
        xy += (double)x[j] * (double)y[j];
        xx += (double)x[j] * (double)x[j];
        yy += (double)y[j] * (double)y[j];
    }
    return xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : 0;
}

/* Nine features as in the catalog, then more than one chunk of them. */
START_TEST(list_diversity_is_the_mean_over_all_pairs)
{
    enum { ITEMS = 30, STRIDE = 160, K = 7 };
    static float vectors[ITEMS * STRIDE];
    static const size_t width[3] = { 9, 64, 150 };
    uint32_t items[K];
    double sum = 0;
    size_t d = width[_i % 3];

    for (size_t i = 0; i < ITEMS * STRIDE; i++) {
        vectors[i] = (float)metrics_normal((uint64_t)_i, i, 0) + 0.3F;
    }
    for (size_t j = 0; j < d; j++) {
        vectors[3 * STRIDE + j] = 0; /* silence */
    }
    for (size_t i = 0; i < K; i++) {
        items[i] = (uint32_t)(i * 11 % ITEMS);
    }
    items[1] = 3;
    items[5] = items[4]; /* a repeat: distance 0 */
    for (size_t i = 0; i < K; i++) {
        for (size_t j = i + 1; j < K; j++) {
            sum += 1 - cosine(vectors + items[i] * STRIDE, vectors + items[j] * STRIDE, d);
        }
    }
    ck_assert_double_eq_tol(pal_intra_list_diversity(vectors, STRIDE, d, items, K), sum / (K * (K - 1) / 2), 1e-13);
    ck_assert(isnan(pal_intra_list_diversity(vectors, STRIDE, d, items, 1)));
    ck_assert(isnan(pal_intra_list_diversity(vectors, STRIDE, d, items, 0)));
}
END_TEST

START_TEST(gini_and_entropy_are_those_of_the_definitions)
{
    const uint32_t count[7] = { 5, 0, 1, 9, 3, 0, 2 };
    double gini;

    /* c = numpy.array(count): numpy.abs(c[:,None]-c).sum()/(2*7*c.sum()); scipy 1.10.1: entropy(c, base=2) */
    ck_assert_int_eq(pal_gini(&gini, count, 7, NULL), PAL_OK);
    ck_assert_double_eq_tol(gini, 0.55714285714285716, 1e-15);
    ck_assert_double_eq_tol(pal_exposure_entropy(count, 7), 1.9772354454083076, 1e-14);
    ck_assert_double_eq_tol(pal_coverage(count, 7), 5.0 / 7, 1e-16);
}
END_TEST

START_TEST(gini_is_half_the_mean_difference_over_the_mean)
{
    uint32_t count[50];
    double difference = 0, sum = 0, gini;

    for (size_t i = 0; i < 50; i++) {
        count[i] = (uint32_t)pow(10, 6 * metrics_u01((uint64_t)_i, i, 0)) - 1;
        sum += count[i];
    }
    for (size_t i = 0; i < 50; i++) {
        for (size_t j = 0; j < 50; j++) {
            difference += fabs((double)count[i] - (double)count[j]);
        }
    }
    ck_assert_int_eq(pal_gini(&gini, count, 50, NULL), PAL_OK);
    ck_assert_double_eq_tol(gini, difference / (2 * 50 * sum), 1e-13);
}
END_TEST

START_TEST(concentration_has_its_ends)
{
    const uint32_t same[4] = { 3, 3, 3, 3 }, one[4] = { 0, 0, 8, 0 }, none[4] = { 0 };
    double gini;

    ck_assert_int_eq(pal_gini(&gini, same, 4, NULL), PAL_OK);
    ck_assert_double_eq(gini, 0);
    ck_assert_int_eq(pal_gini(&gini, one, 4, NULL), PAL_OK);
    ck_assert_double_eq(gini, 0.75);
    ck_assert_double_eq_tol(pal_exposure_entropy(same, 4), 2, 1e-15);
    ck_assert_double_eq(pal_exposure_entropy(one, 4), 0);
    ck_assert_int_eq(pal_gini(&gini, none, 4, NULL), PAL_OK);
    ck_assert(isnan(gini));
    ck_assert(isnan(pal_exposure_entropy(none, 4)));
    ck_assert_double_eq(pal_coverage(none, 4), 0);
    ck_assert(isnan(pal_coverage(none, 0)));
}
END_TEST

START_TEST(novelty_is_the_mean_surprise)
{
    const uint32_t count[4] = { 3, 0, 11, 2 }, items[3] = { 2, 1, 2 };
    double share[4], popularity[4] = { 0.5, 2, 0.25, 9 };
    uint32_t counted[4] = { 0 };

    pal_item_shares(share, count, 4); /* 4/20, 1/20, 12/20, 3/20 */
    ck_assert_double_eq(share[0], 0.2);
    ck_assert_double_eq_tol(pal_novelty(share, items, 3), -(2 * log2(0.6) + log2(0.05)) / 3, 1e-14);
    ck_assert(isnan(pal_novelty(share, items, 0)));
    ck_assert_double_eq_tol(pal_mean_popularity(popularity, items, 3), 2.5 / 3, 1e-15);
    ck_assert(isnan(pal_mean_popularity(popularity, items, 0)));
    pal_item_counts(counted, items, 3);
    ck_assert_uint_eq(counted[1], 1);
    ck_assert_uint_eq(counted[2], 2);
}
END_TEST

enum { PEOPLE = 60, EACH = 8, ITEMS = 120 };

typedef struct shown {
    size_t start[PEOPLE + 1];
    uint32_t items[PEOPLE * EACH];
    pal_exposure exposure;
} shown;

/* Everyone is shown EACH items drawn with chance falling with the item number: item = floor(ITEMS u^power). */
static void show(shown *s, uint64_t seed, double power)
{
    for (size_t u = 0; u <= PEOPLE; u++) {
        s->start[u] = u * EACH;
    }
    for (size_t r = 0; r < PEOPLE * EACH; r++) {
        s->items[r] = (uint32_t)(ITEMS * pow(metrics_u01(seed, r, 0), power));
    }
    s->exposure = (pal_exposure){ s->start, s->items, ITEMS };
}

static pal_boot *boot_of(size_t resamples, uint64_t seed)
{
    pal_boot *boot = NULL;

    ck_assert_int_eq(pal_boot_new(&boot, PEOPLE, NULL, resamples, 0.95, pal_key_for(seed, 0, PAL_FOR_BOOTSTRAP), 1,
                                  NULL), PAL_OK);
    return boot;
}

/* Draws by writing the rows of a resample out one by one. */
START_TEST(spread_is_that_of_the_rows_written_out)
{
    enum { B = 60 };
    shown s;
    double coverage[B], gini[B], mean_c = 0, mean_g = 0;
    uint32_t all[ITEMS] = { 0 };
    pal_interval c, g, expected;
    pal_boot *boot = boot_of(B, 3);

    show(&s, 3, 2);
    for (size_t b = 0; b < B; b++) {
        uint32_t count[ITEMS] = { 0 };

        for (size_t u = 0; u < PEOPLE; u++) {
            for (size_t k = 0; k < pal_boot_row(boot, b)[u]; k++) {
                pal_item_counts(count, s.items + s.start[u], EACH);
            }
        }
        coverage[b] = pal_coverage(count, ITEMS);
        ck_assert_int_eq(pal_gini(&gini[b], count, ITEMS, NULL), PAL_OK);
        mean_c += coverage[b] / B;
        mean_g += gini[b] / B;
    }
    pal_item_counts(all, s.items, PEOPLE * EACH);
    ck_assert_int_eq(pal_boot_spread(&c, &g, boot, &s.exposure, 0, 2, NULL), PAL_OK);
    ck_assert_double_eq(c.value, pal_coverage(all, ITEMS));
    expected = pal_boot_interval(coverage, B, 0.95, c.value, PEOPLE);
    ck_assert_double_eq_tol(c.lo, expected.lo + c.value - mean_c, 1e-13);
    ck_assert_double_eq_tol(c.hi, expected.hi + c.value - mean_c, 1e-13);
    ck_assert_double_eq_tol(c.se, expected.se, 1e-13);
    expected = pal_boot_interval(gini, B, 0.95, g.value, PEOPLE);
    ck_assert_double_eq_tol(g.lo, expected.lo + g.value - mean_g, 1e-13);
    ck_assert_double_eq_tol(g.hi, expected.hi + g.value - mean_g, 1e-13);
    ck_assert_uint_eq(g.n, PEOPLE);
    ck_assert_double_gt(c.value - mean_c, 0.05); /* the bias that the move takes away */
    pal_boot_free(boot);
}
END_TEST

/* The target is the mean over worlds of the statistic at this number of people. */
START_TEST(moved_intervals_cover_the_expected_value)
{
    enum { WORLDS = 300 };
    static pal_interval c[WORLDS], g[WORLDS], d[WORLDS];
    double mean_c = 0, mean_g = 0, mean_d = 0;
    int in_c = 0, in_g = 0, in_d = 0;

    for (size_t w = 0; w < WORLDS; w++) {
        pal_boot *boot = boot_of(200, w);
        shown a, b;
        pal_interval unused;

        show(&a, 2 * w, 2);
        show(&b, 2 * w + 1, 3);
        ck_assert_int_eq(pal_boot_spread(&c[w], &g[w], boot, &a.exposure, 0, 1, NULL), PAL_OK);
        ck_assert_int_eq(pal_boot_spread_diff(&unused, &d[w], boot, &a.exposure, &b.exposure, 0, 1, NULL), PAL_OK);
        mean_c += c[w].value / WORLDS;
        mean_g += g[w].value / WORLDS;
        mean_d += d[w].value / WORLDS;
        pal_boot_free(boot);
    }
    for (size_t w = 0; w < WORLDS; w++) {
        in_c += c[w].lo <= mean_c && mean_c <= c[w].hi;
        in_g += g[w].lo <= mean_g && mean_g <= g[w].hi;
        in_d += d[w].lo <= mean_d && mean_d <= d[w].hi;
    }
    /* Resampling repeats people and so overstates the spread of coverage a little: not below the level. */
    ck_assert_int_ge(in_c, 270);
    ck_assert_int_ge(in_g, 270);
    ck_assert_int_ge(in_d, 270);
}
END_TEST

START_TEST(spread_is_the_same_bytes_at_any_thread_count)
{
    static const size_t threads[3] = { 1, 2, 7 };
    pal_boot *boot = boot_of(90, 1);
    shown a, b;
    pal_interval first[2], out[2];

    show(&a, 1, 2);
    show(&b, 2, 3);
    ck_assert_int_eq(pal_boot_spread_diff(&first[0], &first[1], boot, &a.exposure, &b.exposure, 0, 1, NULL), PAL_OK);
    ck_assert(first[1].lo < first[1].hi);
    for (size_t t = 0; t < 3; t++) {
        ck_assert_int_eq(pal_boot_spread_diff(&out[0], &out[1], boot, &a.exposure, &b.exposure, 0, threads[t], NULL),
                         PAL_OK);
        ck_assert_mem_eq(first, out, sizeof out);
    }
    ck_assert_int_eq(pal_boot_spread_diff(&out[0], &out[1], boot, &a.exposure, &a.exposure, 0, 1, NULL), PAL_OK);
    ck_assert_double_eq(out[1].lo, 0);
    ck_assert_double_eq(out[1].hi, 0);
    pal_boot_free(boot);
}
END_TEST

START_TEST(errors_name_the_place)
{
    shown s;
    pal_boot *boot = boot_of(10, 1);
    pal_interval c, g;
    pal_error err;

    show(&s, 1, 2);
    s.items[2 * EACH + 1] = ITEMS;
    ck_assert_int_eq(pal_boot_spread(&c, &g, boot, &s.exposure, 0, 1, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "person 2, row 17: item 120"));
    s.exposure.n_items = 0;
    ck_assert_int_eq(pal_boot_spread(&c, &g, boot, &s.exposure, 0, 1, &err), PAL_ERR_SHAPE);
    pal_boot_free(boot);
}
END_TEST

START_TEST(running_out_of_memory_is_an_error_wherever_it_happens)
{
    shown s;
    pal_boot *boot = boot_of(10, 1);
    pal_interval c, g;
    pal_status rc = PAL_ERR_MEMORY;
    size_t at;
    double gini;

    show(&s, 1, 2);
    for (at = 1; rc != PAL_OK && at < 50; at++) {
        pal_mem_fail_at(at);
        rc = pal_boot_spread_diff(&c, &g, boot, &s.exposure, &s.exposure, 0, 1, NULL);
        if (rc == PAL_OK) {
            rc = pal_gini(&gini, s.items, ITEMS, NULL);
        }
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(rc, PAL_OK);
    ck_assert_uint_gt(at, 6);
    pal_boot_free(boot);
}
END_TEST

Suite *suite_metrics_diversity(void)
{
    Suite *s = suite_create("metrics/diversity");
    TCase *t = tcase_create("diversity");

    tcase_set_timeout(t, 120);
    tcase_add_loop_test(t, list_diversity_is_the_mean_over_all_pairs, 0, 9);
    tcase_add_test(t, gini_and_entropy_are_those_of_the_definitions);
    tcase_add_loop_test(t, gini_is_half_the_mean_difference_over_the_mean, 0, 20);
    tcase_add_test(t, concentration_has_its_ends);
    tcase_add_test(t, novelty_is_the_mean_surprise);
    tcase_add_test(t, spread_is_that_of_the_rows_written_out);
    tcase_add_test(t, moved_intervals_cover_the_expected_value);
    tcase_add_test(t, spread_is_the_same_bytes_at_any_thread_count);
    tcase_add_test(t, errors_name_the_place);
    tcase_add_test(t, running_out_of_memory_is_an_error_wherever_it_happens);
    suite_add_tcase(s, t);
    return s;
}
