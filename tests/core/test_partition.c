/* Agreement of partitions: scikit-learn, pairs counted one by one, and what both measures must keep. */
#include "core/partition.h"

#include "core/mem.h"
#include "core/rng.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_core_partition(void);

enum { MOST = 1000 };
static uint32_t a[MOST], b[MOST], c[MOST], d[MOST];
static pal_error err;

static double rand_of(const uint32_t *x, const uint32_t *y, size_t n)
{
    double index = -7;

    HOLDS(pal_adjusted_rand(&index, x, y, n, &err) == PAL_OK, "%s", err.text);
    return index;
}

static double nmi_of(const uint32_t *x, const uint32_t *y, size_t n)
{
    double nmi = -7;

    HOLDS(pal_mutual_information(&nmi, x, y, n, &err) == PAL_OK, "%s", err.text);
    return nmi;
}

static uint32_t draw(int seed, size_t i, uint64_t what, uint32_t n)
{
    return (uint32_t)(pal_u01(pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST), (pal_at){ i, 0, what }, 0) * n);
}

/* Two partitions that share a part of their structure, more with every seed. */
static void fill(int seed, size_t n)
{
    uint32_t ka = 1 + draw(seed, 0, 5, 9), kb = 1 + draw(seed, 1, 5, 9);

    for (size_t i = 0; i < n; i++) {
        a[i] = draw(seed, i, 1, ka);
        b[i] = draw(seed, i, 2, 20) < (uint32_t)seed % 20 ? a[i] : draw(seed, i, 3, kb);
    }
}

typedef struct reference {
    size_t n;
    double rand_ab, nmi_ab, rand_cd, nmi_cd, rand_ac, nmi_ac;
} reference;

/*
 * scikit-learn 1.2.1: i = numpy.arange(n); a = (i*i + 3*i) % 7; b = (i*7//11 + i%3) % 5; c = i//3; d = (i*5) % n // 4;
 * adjusted_rand_score and normalized_mutual_info_score of (a, b), (c, d) and (a, c).
 */
static const reference references[] = {
    { 10, 0.03076923076923077, 0.46914874221280845, -0.09523809523809523, 0.11986602392725322, -0.2318840579710145,
      0.281648350991591 },
    { 100, -0.01565399524691199, 0.02103517943805857, -0.027491408934707903, 0.5859128407005914, -0.018995153376079953,
      0.1817248762491518 },
    { 1000, -0.0030516193555384665, 0.00034976494846846666, -0.0026746907388833165, 0.7563183851000892,
      -0.0018591670619051985, 0.12561514795520373 },
};

START_TEST(measures_are_those_of_scikit_learn)
{
    const reference *r = &references[_i];

    for (size_t i = 0; i < r->n; i++) {
        a[i] = (uint32_t)((i * i + 3 * i) % 7);
        b[i] = (uint32_t)((i * 7 / 11 + i % 3) % 5);
        c[i] = (uint32_t)(i / 3);
        d[i] = (uint32_t)(i * 5 % r->n / 4);
    }
    ck_assert_double_eq_tol(rand_of(a, b, r->n), r->rand_ab, 1e-15);
    ck_assert_double_eq_tol(rand_of(c, d, r->n), r->rand_cd, 1e-15);
    ck_assert_double_eq_tol(rand_of(a, c, r->n), r->rand_ac, 1e-15);
    ck_assert_double_eq_tol(nmi_of(a, b, r->n), r->nmi_ab, 1e-13);
    ck_assert_double_eq_tol(nmi_of(c, d, r->n), r->nmi_cd, 1e-13);
    ck_assert_double_eq_tol(nmi_of(a, c, r->n), r->nmi_ac, 1e-13);
}
END_TEST

/* 8/33 by hand, and -1/2 for the two halves of a square. */
START_TEST(small_cases_are_right)
{
    static const uint32_t x[] = { 0, 0, 1, 1, 2, 2 }, y[] = { 0, 0, 0, 1, 1, 1 };
    static const uint32_t p[] = { 0, 0, 1, 1 }, q[] = { 0, 1, 0, 1 };

    ck_assert_double_eq_tol(rand_of(x, y, 6), 8.0 / 33, 1e-15);
    ck_assert_double_eq_tol(nmi_of(x, y, 6), 0.5158037429793888, 1e-14); /* scikit-learn */
    ck_assert_double_eq_tol(rand_of(p, q, 4), -0.5, 1e-15);
    ck_assert_double_eq_tol(nmi_of(p, q, 4), 0, 1e-15);
}
END_TEST

/* Hubert and Arabie's table, every pair looked at. */
START_TEST(rand_index_counts_every_pair)
{
    size_t n = 2 + (size_t)_i * 3;
    double all = 0, in_a = 0, in_b = 0, in_both = 0, chance, most;

    fill(_i, n);
    for (size_t i = 0; i < n; i++) {
        for (size_t j = i + 1; j < n; j++) {
            all += 1;
            in_a += a[i] == a[j];
            in_b += b[i] == b[j];
            in_both += a[i] == a[j] && b[i] == b[j];
        }
    }
    chance = in_a * in_b / all;
    most = (in_a + in_b) / 2;
    ck_assert_double_eq_tol(rand_of(a, b, n), most > chance ? (in_both - chance) / (most - chance) : 1, 1e-12);
}
END_TEST

/* The definition with every class looked up, in long double. */
START_TEST(mutual_information_is_its_definition)
{
    size_t n = 5 + (size_t)_i * 7;
    long double shared = 0, ha = 0, hb = 0, all = (long double)n;

    fill(_i, n);
    for (size_t i = 0; i < n; i++) { /* each thing adds the logarithms of its own cell */
        size_t in_a = 0, in_b = 0, in_both = 0;

        for (size_t j = 0; j < n; j++) {
            in_a += a[i] == a[j];
            in_b += b[i] == b[j];
            in_both += a[i] == a[j] && b[i] == b[j];
        }
        shared += logl((long double)in_both * all / ((long double)in_a * (long double)in_b)) / all;
        ha += logl(all / (long double)in_a) / all;
        hb += logl(all / (long double)in_b) / all;
    }
    ck_assert_double_eq_tol(nmi_of(a, b, n), ha + hb > 0 ? (double)(2 * shared / (ha + hb)) : 1, 1e-13);
}
END_TEST

START_TEST(order_names_and_sides_do_not_matter)
{
    size_t n = 200;
    double index, nmi;

    fill(_i, n);
    index = rand_of(a, b, n);
    nmi = nmi_of(a, b, n);
    HOLD(rand_of(b, a, n) == index);
    ck_assert_double_eq_tol(nmi_of(b, a, n), nmi, 1e-14);
    for (size_t i = 0; i < n; i++) { /* other names in another order */
        c[i] = UINT32_MAX - 17 * a[(i * 77 + 5) % n];
        d[i] = b[(i * 77 + 5) % n] * 1000003;
    }
    HOLD(rand_of(c, d, n) == index);
    ck_assert_double_eq_tol(nmi_of(c, d, n), nmi, 1e-14);
    HOLD(index <= 1 && nmi >= 0 && nmi <= 1);
}
END_TEST

START_TEST(equal_partitions_agree_fully)
{
    size_t n = 1 + (size_t)_i * 13;

    fill(_i, n);
    HOLD(rand_of(a, a, n) == 1);
    ck_assert_double_eq_tol(nmi_of(a, a, n), 1, 1e-14);
    for (size_t i = 0; i < n; i++) {
        c[i] = 9;
        d[i] = (uint32_t)i;
    }
    HOLD(rand_of(c, c, n) == 1 && nmi_of(c, c, n) == 1);
    HOLD(rand_of(d, d, n) == 1);
    if (n > 1) HOLD(rand_of(c, d, n) == 0 && nmi_of(c, d, n) < 1e-15);
}
END_TEST

START_TEST(independent_partitions_agree_by_chance_only)
{
    double sum = 0;

    for (int seed = 0; seed < 200; seed++) {
        for (size_t i = 0; i < 300; i++) {
            a[i] = draw(seed + 1000, i, 1, 6);
            b[i] = draw(seed + 1000, i, 2, 4);
        }
        sum += rand_of(a, b, 300);
    }
    ck_assert_double_lt(fabs(sum / 200), 0.0012); /* its deviation is about 0.004 a draw */
}
END_TEST

START_TEST(nothing_to_compare_is_an_error)
{
    double out = 3;

    ck_assert_int_eq(pal_adjusted_rand(&out, a, b, 0, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "partitions of 0 things"));
    ck_assert_int_eq(pal_mutual_information(&out, a, b, 0, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(pal_mutual_information(&out, a, b, 0, NULL), PAL_ERR_SHAPE);
    HOLD(out == 3);
}
END_TEST

START_TEST(every_failing_allocation_is_reported)
{
    double out;
    size_t n = 1;
    pal_status rc;

    fill(3, 50);
    do {
        pal_mem_fail_at(n++);
        rc = pal_adjusted_rand(&out, a, b, 50, &err);
        HOLD(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    } while (rc != PAL_OK);
    ck_assert_uint_eq(n, 5);
    pal_mem_fail_at(2);
    ck_assert_int_eq(pal_mutual_information(&out, a, b, 50, &err), PAL_ERR_MEMORY);
    pal_mem_fail_at(0);
}
END_TEST

Suite *suite_core_partition(void)
{
    Suite *suite = suite_create("core/partition");
    TCase *tc = tcase_create("partition");

    tcase_add_loop_test(tc, measures_are_those_of_scikit_learn, 0, 3);
    tcase_add_test(tc, small_cases_are_right);
    tcase_add_loop_test(tc, rand_index_counts_every_pair, 0, 60);
    tcase_add_loop_test(tc, mutual_information_is_its_definition, 0, 40);
    tcase_add_loop_test(tc, order_names_and_sides_do_not_matter, 0, 25);
    tcase_add_loop_test(tc, equal_partitions_agree_fully, 0, 25);
    tcase_add_test(tc, independent_partitions_agree_by_chance_only);
    tcase_add_test(tc, nothing_to_compare_is_an_error);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}
