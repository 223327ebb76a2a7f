#include "data/quantile.h"

#include "tests/support/data_catalogs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_data_quantile(void);

static int by_value(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;

    return (x > y) - (x < y);
}

START_TEST(radix_sort_orders_as_qsort_does)
{
    static float x[3000], y[3000], scratch[3000];
    pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    size_t n = _i == 0 ? 1 : (size_t)(pal_u01(key, (pal_at){ 1, 0, 0 }, 0) * 3000);

    for (size_t i = 0; i < n; i++) {
        double u = pal_u01(key, (pal_at){ 2, i, 0 }, 0);

        /* many magnitudes, both signs, ties, subnormals */
        x[i] = y[i] = (float)ldexp(floor(u * 64) - 31, (int)(pal_u01(key, (pal_at){ 3, i, 0 }, 0) * 250) - 145);
    }
    pal_sort_floats(x, scratch, n);
    qsort(y, n, sizeof *y, by_value);
    for (size_t i = 0; i < n; i++) {
        ck_assert(!(x[i] < y[i]) && !(x[i] > y[i]));
    }
}
END_TEST

/* R: quantile(c(1.5, 2.25, 4, 7.125, 11), c(0, .01, .3, .5, .77, .99, 1), type = 7); also by hand from (n - 1) p */
START_TEST(type_7_quantiles_match_r)
{
    static const float x[] = { 1.5f, 2.25f, 4.0f, 7.125f, 11.0f };
    static const struct {
        double p, q;
    } known[] = { { 0, 1.5 }, { 0.01, 1.53 }, { 0.3, 2.6 }, { 0.5, 4 }, { 0.77, 7.435 }, { 0.99, 10.845 }, { 1, 11 } };

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        ck_assert_double_eq_tol(pal_quantile_sorted(x, 5, known[i].p), known[i].q, 1e-12);
    }
    ck_assert_double_eq(pal_quantile_sorted(x, 1, 0.3), 1.5);
}
END_TEST

Suite *suite_data_quantile(void)
{
    Suite *suite = suite_create("data/quantile");
    TCase *cases = tcase_create("quantile");

    tcase_add_loop_test(cases, radix_sort_orders_as_qsort_does, 0, 40);
    tcase_add_test(cases, type_7_quantiles_match_r);
    suite_add_tcase(suite, cases);
    return suite;
}
