/* SLIM: scikit-learn's ElasticNet, the optimality conditions, and its limits. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_models_slim(void);

enum { N = REC_SMALL_ITEMS, PEOPLE = REC_SMALL_PEOPLE };

/*
 * scikit-learn 1.2.1; X = rec_small of tests/support/rec_rig.c. Row j, Z = X with column j set to 0:
 *   ElasticNet(alpha=a, l1_ratio=r, positive=p, fit_intercept=False, tol=1e-14, max_iter=10**6).fit(Z, X[:, j]).coef_
 */
typedef struct fixture {
    const char *json;
    double weight[N * N];
} fixture;

#define EXACT "\"tolerance\": 1e-12, \"max_iter\": 100000"

static const fixture fixtures[] = {
    { "{\"alpha\": 0.2, \"l1_ratio\": 0.5, \"positive\": true, " EXACT "}", {
          0, 0.775967353941, 0.127253176382, 0.0576485654699, 0.152963428614, 0.106001143516,
          0.219707164418, 0, 0, 0.060910703323, 0.194026797139, 0.214317159166,
          0.0979487422257, 0, 0, 0.284869381823, 0, 0.0267822404615,
          0.0750761899269, 0.292368836756, 0.376971102533, 0, 0, 0.134981181402,
          0.0532126297196, 0.208876131596, 0, 0, 0, 0,
          0.0843502389986, 0.570913176998, 0.0393936470496, 0.0843288400176, 0, 0 } },
    { "{\"alpha\": 0.1, \"l1_ratio\": 0.02, \"positive\": true, " EXACT "}", {
          0, 0.791789926577, 0.142098457335, 0.0593856960361, 0.201467542734, 0.112486813139,
          0.219093861909, 0, 0, 0.0691927765102, 0.247469041001, 0.22725009685,
          0.104806004352, 0, 0, 0.292600853658, 0, 0.0403094991062,
          0.0714374070592, 0.328454703301, 0.391659847147, 0, 0, 0.139920318198,
          0.0529094284758, 0.248979550671, 0, 0, 0, 0,
          0.0809261470254, 0.609902665363, 0.0537538373615, 0.0858661284282, 0, 0 } },
    { "{\"alpha\": 0.05, \"l1_ratio\": 1, \"positive\": true, " EXACT "}", {
          0, 0.833931384014, 0.13720157677, 0.0523115069784, 0.169786197859, 0.0948560365995,
          0.219657440882, 0, 0, 0.0645885780195, 0.233847247993, 0.224516364333,
          0.101973407071, 0, 0, 0.292811700025, 0, 0.0325725580843,
          0.0663309960494, 0.331713486217, 0.3920266409, 0, 0, 0.134046042426,
          0.0487951807229, 0.243373493976, 0, 0, 0, 0,
          0.0706790497006, 0.629906522095, 0.048122254576, 0.081465317775, 0, 0 } },
    { "{\"alpha\": 0.2, \"l1_ratio\": 0.5, \"positive\": false, " EXACT "}", {
          0, 0.775967353941, 0.127253176382, 0.0576485654699, 0.152963428614, 0.106001143516,
          0.219707164418, 0, 0, 0.060910703323, 0.194026797139, 0.214317159166,
          0.104971719172, 0, 0, 0.284266969086, -0.0500430262882, 0.0274286904097,
          0.0750761899269, 0.292368836756, 0.376971102533, 0, 0, 0.134981181402,
          0.0587671555098, 0.218427026924, -0.019290511228, -0.00605391653879, 0, -0.00873991257884,
          0.0869153693737, 0.581419995744, 0.037901690829, 0.0832812456072, -0.0398844507731, 0 } },
    { "{\"alpha\": 0.1, \"l1_ratio\": 0.02, \"positive\": false, " EXACT "}", {
          0, 0.791789926577, 0.142098457335, 0.0593856960361, 0.201467542734, 0.112486813139,
          0.222007685343, 0, -0.0238608653544, 0.0761430363712, 0.244550486223, 0.228256180803,
          0.140270363744, -0.0844232624057, 0, 0.296999809598, -0.0998877877774, 0.0610767706694,
          0.0768691954654, 0.35191763623, 0.388179399119, 0, -0.0809866097496, 0.135286682561,
          0.0684176083096, 0.295280716201, -0.0341832239253, -0.0213450387074, 0, -0.0532752847598,
          0.0889282691575, 0.642760307873, 0.0490927347339, 0.0825884201313, -0.124576671558, 0 } },
    { "{\"alpha\": 0.05, \"l1_ratio\": 1, \"positive\": false, " EXACT "}", {
          0, 0.833931384014, 0.13720157677, 0.0523115069784, 0.169786197859, 0.0948560365995,
          0.220866096287, 0, -0.00972979134008, 0.0674594007519, 0.232569217329, 0.224917534308,
          0.124058967294, -0.0403439289788, 0, 0.294404097998, -0.0821794564596, 0.0430388578336,
          0.0693572639161, 0.346828109785, 0.38990916776, 0, -0.0483509940196, 0.130912050738,
          0.0597910933906, 0.278275674221, -0.0267763985676, -0.0155498322374, 0, -0.0375053132213,
          0.0767686554435, 0.658463449846, 0.044279960238, 0.0785490257845, -0.101694461092, 0 } },
};

START_TEST(weights_are_those_of_scikit_learn)
{
    const fixture *f = &fixtures[_i];
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_slim, f->json, &rig, 2, PAL_PORTABLE);

    for (uint32_t j = 0; j < N; j++) {
        float *weight = rec_similar(&pal_rec_slim, self, false, j);

        for (size_t i = 0; i < N; i++) ck_assert_double_eq_tol((double)weight[i], f->weight[j * N + i], 1e-6);
        pal_free(weight);
    }
    pal_rec_slim.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* ---- the minimum ------------------------------------------------------------------------------------------ */

enum { WIDE = 60, TALL = 80 };

/* Derivative of the smooth part at weight i of target j, times the number of people. */
static double slope(const rec_rig *rig, const float *w, size_t j, size_t i, double l2)
{
    double sum = l2 * (double)w[i];

    for (size_t c = rig->cols->begin[i]; c < rig->cols->begin[i + 1]; c++) {
        size_t u = rig->cols->col[c], at = pal_csr_find(rig->rows, u, (uint32_t)j);
        double gap = at == SIZE_MAX ? 0 : -(double)rig->rows->value[at];

        for (size_t k = rig->rows->begin[u]; k < rig->rows->begin[u + 1]; k++) {
            if (rig->rows->col[k] != j) gap += (double)w[rig->rows->col[k]] * (double)rig->rows->value[k];
        }
        sum += gap * (double)rig->cols->value[c];
    }
    return sum;
}

/* Zero in the subdifferential: slope = -l1 sign(w) where w is not 0, else |slope| <= l1 (or slope >= -l1). */
START_TEST(every_weight_meets_the_optimality_conditions)
{
    bool positive = _i % 2 == 0;
    double l1 = TALL * 0.1 * 0.3, l2 = TALL * 0.1 * 0.7, slack = 1e-4;
    rec_rig rig = rec_rig_random((uint64_t)_i, TALL, WIDE, 0.15, true);
    char json[160];
    size_t zeros = 0, others = 0;
    void *self;

    snprintf(json, sizeof json, "{\"alpha\": 0.1, \"l1_ratio\": 0.3, \"positive\": %s, " EXACT "}",
             positive ? "true" : "false");
    self = rec_fit(&pal_rec_slim, json, &rig, 2, PAL_PORTABLE);
    for (uint32_t j = 0; j < WIDE; j++) {
        float *w = rec_similar(&pal_rec_slim, self, false, j);

        HOLD(w[j] == 0);
        for (size_t i = 0; i < WIDE; i++) {
            double g = i == j ? 0 : slope(&rig, w, j, i, l2);

            if (i == j) continue;
            zeros += w[i] == 0;
            others += w[i] != 0;
            HOLD(!positive || w[i] >= 0);
            if (w[i] != 0) {
                HOLDS(fabs(g + (w[i] > 0 ? l1 : -l1)) < slack, "weight %zu of %u: slope %g", i, j, g);
            } else {
                HOLDS(g > -l1 - slack && (positive || g < l1 + slack), "zero %zu of %u: slope %g", i, j, g);
            }
        }
        pal_free(w);
    }
    ck_assert_uint_gt(zeros, 50);
    ck_assert_uint_gt(others, 50);
    pal_rec_slim.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(k_keeps_the_largest_weights)
{
    rec_rig rig = rec_rig_random(9, TALL, WIDE, 0.15, true);
    void *all = rec_fit(&pal_rec_slim, "{\"positive\": false}", &rig, 1, PAL_PORTABLE);
    void *few = rec_fit(&pal_rec_slim, "{\"positive\": false, \"k\": 5}", &rig, 1, PAL_PORTABLE);

    for (uint32_t j = 0; j < WIDE; j++) {
        float *a = rec_similar(&pal_rec_slim, all, false, j), *b = rec_similar(&pal_rec_slim, few, false, j);
        float least = INFINITY, most_lost = 0;
        size_t kept = 0;

        for (size_t i = 0; i < WIDE; i++) {
            HOLD(b[i] == 0 || b[i] == a[i]);
            kept += b[i] != 0;
            if (b[i] != 0) least = fabsf(b[i]) < least ? fabsf(b[i]) : least;
            if (b[i] == 0) most_lost = fabsf(a[i]) > most_lost ? fabsf(a[i]) : most_lost;
        }
        HOLD(kept == 5 && most_lost <= least);
        pal_free(a);
        pal_free(b);
    }
    pal_rec_slim.free(all);
    pal_rec_slim.free(few);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(a_heavy_penalty_leaves_nothing)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_slim, "{\"alpha\": 100, \"l1_ratio\": 1}", &rig, 1, PAL_PORTABLE);

    for (uint32_t j = 0; j < N; j++) {
        float *w = rec_similar(&pal_rec_slim, self, false, j);

        for (size_t i = 0; i < N; i++) ck_assert_float_eq(w[i], 0);
        pal_free(w);
    }
    pal_rec_slim.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(too_many_items_are_refused_before_memory_is_taken)
{
    const pal_csr_cell cell = { 0, 0, 1 };
    pal_csr *rows = NULL;
    rec_rig rig;
    const pal_rec_env env = { .n_threads = 1 };
    void *self = rec_new(&pal_rec_slim, NULL);
    pal_error err = { 0 };

    ck_assert_int_eq(pal_csr_new(&rows, 1, 100000, &cell, 1, PAL_TWICE_LAST, NULL), PAL_OK);
    rig = rec_rig_of(rows);
    ck_assert_int_eq(pal_rec_slim.fit(self, &rig.data, &env, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "slim: 100000 items need 74.51 GiB");
    pal_rec_slim.free(self);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_slim(void)
{
    Suite *suite = suite_create("models/slim");
    TCase *tc = tcase_create("slim");

    tcase_add_loop_test(tc, weights_are_those_of_scikit_learn, 0, sizeof fixtures / sizeof *fixtures);
    tcase_add_loop_test(tc, every_weight_meets_the_optimality_conditions, 0, 4);
    tcase_add_test(tc, k_keeps_the_largest_weights);
    tcase_add_test(tc, a_heavy_penalty_leaves_nothing);
    tcase_add_test(tc, too_many_items_are_refused_before_memory_is_taken);
    suite_add_tcase(suite, tc);
    return suite;
}
