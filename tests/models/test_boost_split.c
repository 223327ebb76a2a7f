/* Bins and splits: LightGBM's thresholds, and split search against trying everything. */
#include "models/boost_grow.h"

#include "core/mem.h"
#include "tests/support/boost_data.h"
#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_models_boost_split(void);

#define D 4
#define N 200

/* ---- bins ---------------------------------------------------------------------------------- */

/* Every threshold of a tree LightGBM grew is an edge of one of its bins. */
START_TEST(lightgbms_thresholds_are_our_edges)
{
    static const char *const name[] = { "plain", "missing", "taste" };
    static const char *const train[] = { NULL, "missing_train.csv", "taste_train.csv" };
    pal_boost_config config = pal_boost_lightgbm();
    pal_boost *model = boost_fixture_model(name[_i]);
    float *x32 = pal_calloc(2000 * BOOST_D, sizeof *x32);
    double *x = NULL, *y = pal_calloc(2000, sizeof *y);
    pal_boost_rows rows = { 0 };
    pal_boost_bins bins;

    if (train[_i] == NULL) {
        boost_generate(x32, y, BOOST_TRAIN, 2000);
        rows = (pal_boost_rows){ .x32 = x32, .y = y, .n = 2000 };
    } else {
        pal_free(y);
        boost_fixture_rows(&x, &y, &rows.n, train[_i]);
        rows.x = x;
        rows.y = y;
    }
    ck_assert_int_eq(pal_boost_bins_init(&bins, &rows, BOOST_D, &config, (pal_key){ 0 }, NULL), PAL_OK);
    for (size_t i = 0; i < model->n_nodes; i++) {
        const pal_boost_feature *f = &bins.feature[model->node[i].feature];
        size_t b = 0;

        while (b < f->n_values && f->upper[b] != model->node[i].threshold) {
            b++;
        }
        HOLDS(b < f->n_values, "node %zu: x%d <= %.17g", i, model->node[i].feature, model->node[i].threshold);
        HOLD(f->missing == ((model->node[i].decision & PAL_BOOST_MISSING_NAN) != 0));
    }
    pal_boost_bins_clear(&bins);
    pal_boost_free(model);
    pal_free(x32);
    pal_free(x);
    pal_free(y);
}
END_TEST

static void make_bins(pal_boost_bins *bins, uint8_t *binned, const double *x, size_t n, size_t d, int max_bin,
                      int min_data_in_bin)
{
    pal_boost_config config = pal_boost_lightgbm();
    const pal_boost_rows rows = { .x = x, .n = n };

    config.max_bin = max_bin;
    config.min_data_in_bin = min_data_in_bin;
    ck_assert_int_eq(pal_boost_bins_init(bins, &rows, d, &config, (pal_key){ 0 }, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_bins_apply(binned, NULL, bins, &rows, 1, NULL), PAL_OK);
}

START_TEST(a_value_lies_between_the_edges_of_its_bin)
{
    double x[N];
    uint8_t bin[N];
    pal_boost_bins bins;
    const pal_boost_feature *f;

    for (size_t i = 0; i < N; i++) {
        double u = boost_u01(11 + (uint64_t)_i, i);

        x[i] = u < 0.1 ? 0 : u < 0.15 ? INFINITY : u < 0.2 ? -INFINITY : u < 0.3 && _i % 2 == 0 ? NAN
             : u < 0.4 ? 2.385 : floor(1000 * (u - 0.7)) / 7;
    }
    make_bins(&bins, bin, x, N, 1, 2 + 12 * _i, 1 + _i % 4);
    f = bins.feature;
    ck_assert_uint_le(pal_boost_feature_bins(f), 2 + 12 * (size_t)_i);
    ck_assert(f->missing == (_i % 2 == 0));
    for (size_t b = 1; b < f->n_values; b++) {
        HOLD(f->upper[b] > f->upper[b - 1]);
    }
    for (size_t i = 0; i < N; i++) {
        if (x[i] != x[i]) {
            HOLD(bin[i] == f->n_values);
        } else {
            HOLDS(x[i] <= f->upper[bin[i]] && (bin[i] == 0 || x[i] > f->upper[bin[i] - 1]), "x[%zu] = %g", i, x[i]);
        }
    }
    pal_boost_bins_clear(&bins);
}
END_TEST

START_TEST(few_distinct_values_have_a_bin_each)
{
    static const double x[12] = { 1, 1, 1, 2, 2, 2, 4, 4, 4, -3, -3, -3 };
    uint8_t bin[12];
    pal_boost_bins bins;

    make_bins(&bins, bin, x, 12, 1, 255, 3);
    ck_assert_uint_eq(bins.feature[0].n_values, 5); /* and one for zero, which is not there */
    ck_assert_double_eq_tol(bins.feature[0].upper[0], -1e-35, 1e-42);
    ck_assert_double_eq_tol(bins.feature[0].upper[2], 1.5, 1e-15);
    ck_assert_double_eq_tol(bins.feature[0].upper[3], 3, 1e-15);
    ck_assert(bins.feature[0].upper[4] == INFINITY);
    ck_assert_uint_eq(bin[9], 0);
    ck_assert_uint_eq(bin[0], 2);
    ck_assert_uint_eq(bin[6], 4);
    pal_boost_bins_clear(&bins);
}
END_TEST

START_TEST(a_large_table_is_binned_from_a_sample_of_all_of_it)
{
    size_t n = PAL_BOOST_BIN_SAMPLE + 60000;
    double *x = pal_calloc(n, sizeof *x);
    uint8_t *bin = pal_calloc(n, 1);
    size_t count[256] = { 0 };
    pal_boost_bins bins;

    for (size_t i = 0; i < n; i++) {
        x[i] = 1 + (double)i; /* sorted: a sample of the first rows would leave the last bin far too full */
    }
    make_bins(&bins, bin, x, n, 1, 255, 3);
    for (size_t i = 0; i < n; i++) {
        count[bin[i]]++;
    }
    for (size_t b = 1; b < bins.feature[0].n_values; b++) { /* bin 0 is that of zero */
        HOLDS(count[b] > 900 && count[b] < 1150, "bin %zu holds %zu", b, count[b]);
    }
    pal_boost_bins_clear(&bins);
    pal_free(x);
    pal_free(bin);
}
END_TEST

/* ---- splits -------------------------------------------------------------------------------- */

typedef struct problem { /* random rows, bins, sums */
    double x[N * D];
    uint8_t bin[N * D];
    uint16_t slot[N * D];
    pal_boost_sum sum[N], total;
    size_t n;
    pal_boost_bins bins;
    pal_boost_limits limits;
    pal_boost_hist hist;
    pal_boost_scan scan;
} problem;

static void make_hist(pal_boost_hist *hist, const pal_boost_bins *bins)
{
    *hist = (pal_boost_hist){ pal_calloc(bins->total, sizeof *hist->sum), pal_calloc(bins->total, 1),
                              pal_calloc(bins->d, sizeof *hist->n) };
    ck_assert(hist->sum != NULL && hist->bin != NULL && hist->n != NULL);
    pal_boost_hist_list_all(hist, bins);
}

static void drop_hist(pal_boost_hist *hist)
{
    pal_free(hist->sum);
    pal_free(hist->bin);
    pal_free(hist->n);
}

static void make_problem(problem *p, uint64_t seed)
{
    static const uint32_t active[D] = { 0, 1, 2, 3 };
    double total = 0;

    memset(p, 0, sizeof *p);
    p->n = 20 + (size_t)(boost_u01(seed, 900000) * 180);
    for (size_t i = 0; i < p->n; i++) {
        p->x[i * D] = boost_u01(seed, 16 * i) - 0.4;
        p->x[i * D + 1] = floor(6 * boost_u01(seed, 16 * i + 1));
        p->x[i * D + 2] = boost_u01(seed, 16 * i + 2) < 0.3 ? NAN : boost_u01(seed, 16 * i + 3);
        p->x[i * D + 3] = boost_u01(seed, 16 * i + 4) < 0.2 ? 1 : 0;
        total += 2;
    }
    p->limits = (pal_boost_limits){ .min_data = floor(1 + 9 * boost_u01(seed, 900001)),
                                    .min_hessian = 2 * boost_u01(seed, 900002),
                                    .l1 = seed % 3 == 0 ? 0 : boost_u01(seed, 900003),
                                    .l2 = seed % 4 == 0 ? 0 : boost_u01(seed, 900004),
                                    .min_gain = seed % 2 == 0 ? 0 : 0.1 * boost_u01(seed, 900005),
                                    .scale = pal_boost_scale_for(p->n, total, 2) };
    for (size_t i = 0; i < p->n; i++) {
        double q = boost_u01(seed, 16 * i + 5), w = 0.5 + boost_u01(seed, 16 * i + 6);
        double g = (boost_u01(seed, 16 * i + 7) < 0.3 + 0.4 * (p->x[i * D] > 0) ? -q : q) * w, h = q * (1 - q) * w;

        p->sum[i] = (pal_boost_sum){ (uint64_t)(int64_t)floor(g * p->limits.scale.per_gradient),
                                     (uint64_t)1 << p->limits.scale.hessian_bits
                                         | (uint64_t)floor(h * p->limits.scale.per_hessian) };
        p->total += p->sum[i];
    }
    make_bins(&p->bins, p->bin, p->x, p->n, D, seed % 5 == 0 ? 16 : 255, 1 + (int)(seed % 3));
    pal_boost_slots(p->slot, p->bin, &p->bins, p->n);
    make_hist(&p->hist, &p->bins);
    ck_assert_int_eq(pal_boost_scan_init(&p->scan, &p->bins, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_hist_build(&p->hist, NULL, &p->bins, active, D, p->bin, p->slot, p->sum, NULL,
                                          p->n, 1, NULL), PAL_OK);
}

static void drop_problem(problem *p)
{
    drop_hist(&p->hist);
    pal_boost_scan_clear(&p->scan);
    pal_boost_bins_clear(&p->bins);
}

/* Gain of sending the bins up to `bin` left, row by row; -1 when a limit forbids it. */
static double try_split(const problem *p, size_t feature, size_t bin, bool missing_left)
{
    const pal_boost_scale *scale = &p->limits.scale;
    size_t nan_bin = p->bins.feature[feature].missing ? p->bins.feature[feature].n_values : 256;
    double g[2] = { 0 }, h[2] = { 0 }, gain = 0;
    size_t rows[2] = { 0 };

    for (size_t i = 0; i < p->n; i++) {
        size_t b = p->bin[i * D + feature];
        bool left = b == nan_bin ? missing_left : b <= bin;

        g[!left] += pal_boost_gradient(p->sum[i], scale);
        h[!left] += pal_boost_hessian(p->sum[i], scale);
        rows[!left]++;
    }
    for (size_t side = 0; side < 2; side++) {
        double t = fmax(fabs(g[side]) - p->limits.l1, 0);

        if ((double)rows[side] < p->limits.min_data || h[side] < p->limits.min_hessian) {
            return -1;
        }
        gain += t * t / (h[side] + p->limits.l2);
    }
    return gain;
}

START_TEST(the_split_found_is_the_best_of_all)
{
    static const uint32_t active[D] = { 0, 1, 2, 3 };
    problem *p = pal_calloc(1, sizeof *p);

    ck_assert_ptr_nonnull(p);
    for (uint64_t seed = 200 * (uint64_t)_i; seed < 200 * (uint64_t)_i + 40; seed++) {
        double parent, best = 0;
        pal_boost_split found;

        make_problem(p, seed);
        parent = pal_boost_gain(pal_boost_gradient(p->total, &p->limits.scale),
                                pal_boost_hessian(p->total, &p->limits.scale), &p->limits) + p->limits.min_gain;
        for (size_t f = 0; f < D; f++) {
            for (size_t b = 0; b < p->bins.feature[f].n_values; b++) {
                best = fmax(best, try_split(p, f, b, true) - parent);
                best = fmax(best, try_split(p, f, b, false) - parent);
            }
        }
        if ((double)p->n < 2 * p->limits.min_data) { /* the caller's to see */
            drop_problem(p);
            continue;
        }
        pal_boost_split_best(&found, &p->scan, &p->hist, NULL, &p->bins, active, D, p->total, &p->limits);
        HOLDS(fabs(found.gain - best) <= 1e-12 * (best + parent), "seed %d: %.17g, the best is %.17g", (int)seed,
              found.gain, best);
        if (found.gain > 0) {
            double again = try_split(p, found.feature, found.bin, found.missing_left) - parent;
            size_t rows = 0;

            HOLDS(fabs(found.gain - again) <= 1e-12 * (again + parent), "seed %d", (int)seed);
            for (size_t i = 0; i < p->n; i++) {
                size_t b = p->bin[i * D + found.feature];
                const pal_boost_feature *f = &p->bins.feature[found.feature];

                rows += f->missing && b == f->n_values ? found.missing_left : b <= found.bin;
            }
            HOLD(rows == pal_boost_rows_in(found.left, &p->limits.scale));
        }
        drop_problem(p);
    }
    pal_free(p);
}
END_TEST

START_TEST(among_equal_splits_the_lowest_feature_and_the_edge_next_to_the_right_rows)
{
    /* the same column twice; nothing between 3 and 40 */
    double x[24];
    uint8_t bin[24];
    uint16_t slot[24];
    static const uint32_t active[2] = { 0, 1 };
    pal_boost_sum sum[12], total = { 0, 0 };
    pal_boost_hist hist;
    pal_boost_scan scan;
    pal_boost_limits limits = { .min_data = 1, .scale = pal_boost_scale_for(12, 12, 1) };
    pal_boost_split found;
    pal_boost_bins bins;

    for (size_t i = 0; i < 12; i++) {
        x[2 * i] = x[2 * i + 1] = (double)i + 1;
    }
    make_bins(&bins, bin, x, 12, 2, 255, 1);
    for (size_t i = 0; i < 12; i++) {
        double g = i < 4 ? 0.5 : -0.5;

        sum[i] = (pal_boost_sum){ (uint64_t)(int64_t)(g * limits.scale.per_gradient),
                                  (uint64_t)1 << limits.scale.hessian_bits
                                      | (uint64_t)(0.25 * limits.scale.per_hessian) };
        if (i == 4 || i == 5) {
            sum[i] = (pal_boost_sum){ 0, 0 }; /* not in this leaf */
        }
        total += sum[i];
    }
    pal_boost_slots(slot, bin, &bins, 12);
    make_hist(&hist, &bins);
    ck_assert_int_eq(pal_boost_scan_init(&scan, &bins, NULL), PAL_OK);
    ck_assert_int_eq(pal_boost_hist_build(&hist, NULL, &bins, active, 2, bin, slot, sum, NULL, 12, 1, NULL), PAL_OK);
    pal_boost_split_best(&found, &scan, &hist, NULL, &bins, active, 2, total, &limits);
    ck_assert_uint_eq(found.feature, 0);
    ck_assert_double_eq_tol(bins.feature[0].upper[found.bin], 6.5, 1e-12); /* not 4.5, not 5.5 */
    ck_assert_uint_eq(hist.n[1], 10); /* the two empty bins are off the list, and that of zero */
    drop_hist(&hist);
    pal_boost_scan_clear(&scan);
    pal_boost_bins_clear(&bins);
}
END_TEST

/* Both children's best splits come out the same whether the larger is summed or is what its sibling leaves. */
START_TEST(a_childs_histogram_is_the_parents_less_its_siblings)
{
    static const uint32_t active[D] = { 0, 1, 2, 3 };
    problem *p = pal_calloc(1, sizeof *p);
    uint32_t side[2][N];
    pal_boost_sum total[2] = { { 0, 0 }, { 0, 0 } };
    pal_boost_hist half[2];
    pal_boost_split summed, left_over, parent;
    size_t n[2] = { 0, 0 };

    ck_assert_ptr_nonnull(p);
    make_problem(p, 4000 + (uint64_t)_i);
    p->limits.min_data = 3;
    for (size_t i = 0; i < p->n; i++) {
        size_t s = boost_u01(77, i) < 0.3;

        side[s][n[s]++] = (uint32_t)i;
        total[s] += p->sum[i];
    }
    pal_boost_split_best(&parent, &p->scan, &p->hist, NULL, &p->bins, active, D, p->total, &p->limits);
    for (size_t s = 0; s < 2; s++) {
        make_hist(&half[s], &p->bins);
        pal_boost_hist_list_as(&half[s], &p->hist, &p->bins, active, D);
        memset(half[s].sum, 0x5a, p->bins.total * sizeof *half[s].sum); /* what stands there must not matter */
        ck_assert_int_eq(pal_boost_hist_build(&half[s], NULL, &p->bins, active, D, p->bin, s == 0 ? NULL : p->slot,
                                              p->sum, side[s], n[s], 1, NULL),
                         PAL_OK);
    }
    pal_boost_split_best(&left_over, &p->scan, &p->hist, &half[1], &p->bins, active, D, total[0], &p->limits);
    pal_boost_split_best(&summed, &p->scan, &half[0], NULL, &p->bins, active, D, total[0], &p->limits);
    ck_assert(left_over.gain == summed.gain && left_over.feature == summed.feature && left_over.bin == summed.bin);
    ck_assert(left_over.missing_left == summed.missing_left && left_over.left[1] == summed.left[1]);
    for (size_t j = 0; j < D; j++) {
        const pal_boost_feature *f = &p->bins.feature[j];

        HOLD(p->hist.n[j] == half[0].n[j]);
        for (size_t i = 0; i < p->hist.n[j] + (size_t)f->missing; i++) {
            size_t b = f->first + (i < p->hist.n[j] ? p->hist.bin[f->first + i] : f->n_values);

            HOLD(p->hist.sum[b][0] == half[0].sum[b][0] && p->hist.sum[b][1] == half[0].sum[b][1]);
        }
    }
    drop_hist(&half[0]);
    drop_hist(&half[1]);
    drop_problem(p);
    pal_free(p);
}
END_TEST

Suite *suite_models_boost_split(void)
{
    Suite *s = suite_create("models/boost_split");
    TCase *tc = tcase_create("split");

    tcase_set_timeout(tc, 60);
    tcase_add_loop_test(tc, lightgbms_thresholds_are_our_edges, 0, 3);
    tcase_add_loop_test(tc, a_value_lies_between_the_edges_of_its_bin, 0, 20);
    tcase_add_test(tc, few_distinct_values_have_a_bin_each);
    tcase_add_test(tc, a_large_table_is_binned_from_a_sample_of_all_of_it);
    tcase_add_loop_test(tc, the_split_found_is_the_best_of_all, 0, 10);
    tcase_add_test(tc, among_equal_splits_the_lowest_feature_and_the_edge_next_to_the_right_rows);
    tcase_add_loop_test(tc, a_childs_histogram_is_the_parents_less_its_siblings, 0, 10);
    suite_add_tcase(s, tc);
    return s;
}
