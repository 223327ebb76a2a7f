/* Item neighbours: scikit-learn's similarities, a dense double loop, and MovieLens. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_models_item_knn(void);

enum { N = REC_SMALL_ITEMS, PEOPLE = REC_SMALL_PEOPLE };

/*
 * numpy 1.24.2, scikit-learn 1.2.1; X = rec_small of tests/support/rec_rig.c, T = X.T, D = T @ T.T, s = diag(D):
 *   idf(A)   = maximum(0, log(A.shape[0]) - log1p((A > 0).sum(0)))
 *   cosine   sklearn.metrics.pairwise.cosine_similarity(T)
 *   tfidf    cosine_similarity(sqrt(T) * idf(T))
 *   bm25     l = 1 - .75 + .75 * T.sum(1) / T.sum(1).mean()
 *            cosine_similarity(T * 2.2 / (1.2 * l[:, None] + T) * idf(T))
 *   shrink   D / (sqrt(outer(s, s)) + 10)
 *   asym     D / (s[:, None]**.3 * s[None, :]**.7)
 *   jaccard  D / (s[:, None] + s[None, :] - D + 2)
 *   dice     2 * D / (s[:, None] + s[None, :])
 */
typedef struct fixture {
    const char *json;
    double similarity[N * N];
} fixture;

static const fixture fixtures[] = {
    { "{\"weighting\": \"none\"}", {
          1, 0.613139339485, 0.250435161339, 0.313150050288, 0.296499726664, 0.406562467885,
          0.613139339485, 1, 0.179143590975, 0.358408614654, 0.381770857785, 0.551038768778,
          0.250435161339, 0.179143590975, 1, 0.406641839681, 0, 0.200062529312,
          0.313150050288, 0.358408614654, 0.406641839681, 1, 0.0722158144674, 0.312703649419,
          0.296499726664, 0.381770857785, 0, 0.0722158144674, 1, 0.133234677505,
          0.406562467885, 0.551038768778, 0.200062529312, 0.312703649419, 0.133234677505, 1 } },
    { "{\"weighting\": \"tfidf\"}", {
          1, 0.512605717723, 0.279035112142, 0.588592449224, 0.305667650512, 0.491093851728,
          0.512605717723, 1, 0.260254782538, 0.337843548839, 0.382494852202, 0.586375606474,
          0.279035112142, 0.260254782538, 1, 0.344718791928, 0, 0.32137223644,
          0.588592449224, 0.337843548839, 0.344718791928, 1, 0.146251797225, 0.061726340194,
          0.305667650512, 0.382494852202, 0, 0.146251797225, 1, 0.264034234881,
          0.491093851728, 0.586375606474, 0.32137223644, 0.061726340194, 0.264034234881, 1 } },
    { "{\"weighting\": \"bm25\", \"bm25_k\": 1.2, \"bm25_b\": 0.75}", {
          1, 0.490385411533, 0.298990034153, 0.609479236007, 0.319287202289, 0.518987053735,
          0.490385411533, 1, 0.270613711276, 0.351250377359, 0.372139089626, 0.593021694557,
          0.298990034153, 0.270613711276, 1, 0.3315140084, 0, 0.371819916664,
          0.609479236007, 0.351250377359, 0.3315140084, 1, 0.168524190009, 0.0604473413797,
          0.319287202289, 0.372139089626, 0, 0.168524190009, 1, 0.288154507213,
          0.518987053735, 0.593021694557, 0.371819916664, 0.0604473413797, 0.288154507213, 1 } },
    { "{\"weighting\": \"none\", \"shrink\": 10}", {
          0.848484848485, 0.469274125739, 0.207194503841, 0.266743996926, 0.216324523904, 0.334900398206,
          0.469274125739, 0.655172413793, 0.131889333387, 0.275980467215, 0.233315659, 0.402994894952,
          0.207194503841, 0.131889333387, 0.803921568627, 0.337932992751, 0, 0.160040016258,
          0.266743996926, 0.275980467215, 0.337932992751, 0.855072463768, 0.0530577656619, 0.258760153254,
          0.216324523904, 0.233315659, 0, 0.0530577656619, 0.565217391304, 0.0922603967941,
          0.334900398206, 0.402994894952, 0.160040016258, 0.258760153254, 0.0922603967941, 0.795918367347 } },
    { "{\"weighting\": \"none\", \"similarity\": \"asymmetric\", \"alpha\": 0.3}", {
          1, 0.761107614559, 0.266548435779, 0.309898653218, 0.397075628768, 0.437070976111,
          0.493937838005, 1, 0.153601417774, 0.285731918773, 0.411874422955, 0.477221447673,
          0.235295959819, 0.208933137808, 1, 0.378092820287, 0, 0.202073612303,
          0.31643556039, 0.449570827123, 0.437346537429, 1, 0.0977268826383, 0.339695998173,
          0.221398850856, 0.353867537606, 0, 0.0533642711033, 1, 0.106953013101,
          0.378183520132, 0.636274262561, 0.198071461081, 0.28785612102, 0.165974559998, 1 } },
    { "{\"weighting\": \"none\", \"similarity\": \"jaccard\", \"shrink\": 2}", {
          0.965517241379, 0.350877192982, 0.137931034483, 0.181818181818, 0.126984126984, 0.24358974359,
          0.350877192982, 0.904761904762, 0.0877192982456, 0.176470588235, 0.214285714286, 0.333333333333,
          0.137931034483, 0.0877192982456, 0.953488372093, 0.243902439024, 0, 0.108108108108,
          0.181818181818, 0.176470588235, 0.243902439024, 0.967213114754, 0.0277777777778, 0.176470588235,
          0.126984126984, 0.214285714286, 0, 0.0277777777778, 0.866666666667, 0.0588235294118,
          0.24358974359, 0.333333333333, 0.108108108108, 0.176470588235, 0.0588235294118, 0.951219512195 } },
    { "{\"weighting\": \"none\", \"similarity\": \"dice\"}", {
          1, 0.533333333333, 0.247422680412, 0.313043478261, 0.231884057971, 0.4,
          0.533333333333, 1, 0.166666666667, 0.307692307692, 0.375, 0.51724137931,
          0.247422680412, 0.166666666667, 1, 0.4, 0, 0.2,
          0.313043478261, 0.307692307692, 0.4, 1, 0.0555555555556, 0.30612244898,
          0.231884057971, 0.375, 0, 0.0555555555556, 1, 0.115384615385,
          0.4, 0.51724137931, 0.2, 0.30612244898, 0.115384615385, 1 } },
};

START_TEST(similarities_are_those_of_scikit_learn)
{
    const fixture *f = &fixtures[_i];
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_item_knn, f->json, &rig, 1, PAL_PORTABLE);

    for (uint32_t j = 0; j < N; j++) {
        float *similarity = rec_similar(&pal_rec_item_knn, self, false, j);

        for (size_t i = 0; i < N; i++) ck_assert_double_eq_tol((double)similarity[i], f->similarity[j * N + i], 1e-6);
        pal_free(similarity);
    }
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/*
 * C = cosine_similarity(T) without its diagonal, of each row the two largest kept; X @ C.T, and that / C.sum(1).
 */
static const double two_neighbours[PEOPLE * N] = {
          1.83941801845, 3.06569669742, 1.65881764638, 1.07522584396, 2.62781120668, 3.68592864576,
          0, 2.45255735794, 1.40838248504, 0, 1.18599890666, 1.62624987154,
          1.83282674314, 2.26625564582, 2.28364435974, 0.358408614654, 0.67827058445, 0.957601236663,
          0, 0.613139339485, 1.87700252006, 0, 0.296499726664, 0.406562467885,
          0.613139339485, 0, 1.62656735872, 2.39161781306, 0.381770857785, 0.551038768778,
          1.63284114686, 0.551038768778, 0, 0.716817229307, 0.763541715571, 1.10207753756,
          0.813124935771, 2.94149555601, 0.751305484017, 1.62656735872, 0.889499179993, 1.21968740366,
          3.2590910184, 3.98147252286, 0.500870322678, 0.716817229307, 1.3565411689, 1.91520247333 };
static const double two_normalised[PEOPLE * N] = {
          1.80387835459, 2.6333571089, 2.52454072171, 1.40543128609, 3.87428154327, 3.84912686475,
          0, 2.10668568712, 2.14340554128, 0, 1.74856308654, 1.6982537295,
          1.79741443027, 1.94665715644, 3.47545927829, 0.468477095364, 1, 1,
          0, 0.526671421781, 2.85659445872, 0, 0.437140771636, 0.424563432376,
          0.601292784864, 0, 2.47545927829, 3.12609161854, 0.562859228364, 0.575436567624,
          1.60129278486, 0.473328578219, 0, 0.936954190728, 1.12571845673, 1.15087313525,
          0.797414430271, 2.52667142178, 1.14340554128, 2.12609161854, 1.31142231491, 1.27369029713,
          3.19612164541, 3.41998573466, 0.762270360856, 0.936954190728, 2, 2 };

START_TEST(scores_are_sums_over_the_targets_neighbours)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_item_knn, _i == 0 ? "{\"weighting\": \"none\", \"k\": 2}"
                                                     : "{\"weighting\": \"none\", \"k\": 2, \"normalise\": true}",
                         &rig, 1, PAL_PORTABLE);
    const double *wanted = _i == 0 ? two_neighbours : two_normalised;

    for (size_t u = 0; u < PEOPLE; u++) {
        const pal_rec_query query = rec_query(&rig, u, u % 2 == 0);
        float *score = rec_scores(&pal_rec_item_knn, self, &query);

        for (size_t i = 0; i < N; i++) ck_assert_double_eq_tol((double)score[i], wanted[u * N + i], 1e-5);
        pal_free(score);
    }
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* ---- a dense double loop ---------------------------------------------------------------------------------- */

typedef struct found {
    double similarity;
    uint32_t id;
} found;

static int nearest_first(const void *a, const void *b)
{
    const found *x = a, *y = b;

    if (x->similarity != y->similarity) return x->similarity < y->similarity ? 1 : -1;
    return (x->id > y->id) - (x->id < y->id);
}

/* Cosine of two columns of a 0/1 matrix: shared people over the root of the product of the counts. */
static double plain_cosine(const pal_csr *cols, size_t a, size_t b)
{
    size_t both = 0;

    for (size_t c = cols->begin[a]; c < cols->begin[a + 1]; c++) {
        both += pal_csr_find(cols, b, cols->col[c]) != SIZE_MAX;
    }
    return (double)both / (sqrt((double)pal_csr_count(cols, a)) * sqrt((double)pal_csr_count(cols, b)));
}

/* Similarities as floats: that is where ties are decided. */
static void hold_neighbours(const pal_csr *cols, const float *similarity, size_t j, size_t k)
{
    found *all = pal_calloc(cols->n_rows, sizeof *all);
    size_t n = 0, rest = 0;

    HOLD(all != NULL);
    for (size_t i = 0; i < cols->n_rows; i++) {
        double s = i == j ? 0 : (double)(float)plain_cosine(cols, j, i);

        if (s > 0) all[n++] = (found){ s, (uint32_t)i };
    }
    qsort(all, n, sizeof *all, nearest_first);
    for (size_t s = 0; s < n && s < k; s++) {
        HOLDS((double)similarity[all[s].id] == all[s].similarity, "item %zu, neighbour %u: %.9g, wanted %.9g", j,
              all[s].id, (double)similarity[all[s].id], all[s].similarity);
    }
    for (size_t i = 0; i < cols->n_rows; i++) rest += i != j && similarity[i] != 0;
    HOLD(rest == (n < k ? n : k));
    pal_free(all);
}

START_TEST(neighbours_are_those_of_a_dense_double_loop)
{
    static const size_t shapes[][2] = { { 40, 300 }, { 300, 40 }, { 90, 90 }, { 1, 5 }, { 5, 1 }, { 20, 700 } };
    static const size_t ks[] = { 1, 5, 20, 10000 };
    size_t k = ks[_i % 4];
    const size_t *shape = shapes[_i % 6];
    rec_rig rig = rec_rig_random((uint64_t)_i, shape[0], shape[1], _i % 2 == 0 ? 0.02 : 0.3, false);
    char json[64];
    void *self;

    snprintf(json, sizeof json, "{\"weighting\": \"none\", \"k\": %zu}", k == 10000 ? 0 : k);
    self = rec_fit(&pal_rec_item_knn, json, &rig, 2, PAL_PORTABLE);
    for (size_t j = 0; j < shape[1]; j++) {
        float *similarity = rec_similar(&pal_rec_item_knn, self, false, (uint32_t)j);

        HOLD(fabsf(similarity[j] - 1) < 1e-6f);
        hold_neighbours(rig.cols, similarity, j, k);
        pal_free(similarity);
    }
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(neighbours_on_movielens_are_those_of_a_double_loop)
{
    rec_rig rig;
    pal_csr *test;
    void *self;

    if (!rec_movielens(&rig, &test)) return;
    self = rec_fit(&pal_rec_item_knn, "{\"weighting\": \"none\", \"k\": 30}", &rig, 2, PAL_PORTABLE);
    for (size_t j = 0; j < rig.rows->n_cols; j += 41) {
        float *similarity = rec_similar(&pal_rec_item_knn, self, false, (uint32_t)j);

        hold_neighbours(rig.cols, similarity, j, 30);
        pal_free(similarity);
    }
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
    pal_csr_free(test);
}
END_TEST

START_TEST(tiny_strengths_still_count)
{
    const float x[6] = { 1e-45f, 1e-45f, 1e-38f, 0, 0, 1e-45f };
    rec_rig rig = rec_rig_dense(x, 2, 3);
    void *self = rec_fit(&pal_rec_item_knn, "{\"weighting\": \"none\"}", &rig, 1, PAL_PORTABLE);
    float *similarity = rec_similar(&pal_rec_item_knn, self, false, 0);

    ck_assert_float_eq_tol(similarity[1], 1, 1e-6f);
    ck_assert_float_gt(similarity[2], 0);
    pal_free(similarity);
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* A person who had everything tells nothing about two items under tfidf: log 3 - log 4 is below 0. */
START_TEST(people_who_had_everything_weigh_nothing)
{
    const float x[6] = { 1, 1, 1, 1, 0, 0 };
    rec_rig rig = rec_rig_dense(x, 2, 3);
    void *self = rec_fit(&pal_rec_item_knn, "{\"weighting\": \"tfidf\"}", &rig, 1, PAL_PORTABLE);
    float *first = rec_similar(&pal_rec_item_knn, self, false, 0);
    float *second = rec_similar(&pal_rec_item_knn, self, false, 1);

    ck_assert_float_eq_tol(first[0], 1, 1e-6f);
    ck_assert_float_eq(first[1], 0);
    ck_assert_float_eq(second[1], 0);
    pal_free(first);
    pal_free(second);
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_item_knn(void)
{
    Suite *suite = suite_create("models/item_knn");
    TCase *tc = tcase_create("item_knn");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, similarities_are_those_of_scikit_learn, 0, sizeof fixtures / sizeof *fixtures);
    tcase_add_loop_test(tc, scores_are_sums_over_the_targets_neighbours, 0, 2);
    tcase_add_loop_test(tc, neighbours_are_those_of_a_dense_double_loop, 0, 12);
    tcase_add_test(tc, neighbours_on_movielens_are_those_of_a_double_loop);
    tcase_add_test(tc, tiny_strengths_still_count);
    tcase_add_test(tc, people_who_had_everything_weigh_nothing);
    suite_add_tcase(suite, tc);
    return suite;
}
