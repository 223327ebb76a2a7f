/* Neighbours among people: scikit-learn's similarities, scores by hand, and item neighbours of the transpose. */
#include "models/rec_builtin.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <string.h>

Suite *suite_models_user_knn(void);

enum { N = REC_SMALL_ITEMS, PEOPLE = REC_SMALL_PEOPLE };

/* numpy 1.24.2, scikit-learn 1.2.1; X = rec_small: cosine_similarity(X); and with
 * idf = maximum(0, log(8) - log1p((X > 0).sum(0))): cosine_similarity(sqrt(X) * idf). */
static const double cosine[PEOPLE * PEOPLE] = {
          1, 0.7745966692, 0.3662335104, 0.3689640278, 0.1825741858, 0.2710523709, 0.4708236154, 0.4707919091,
          0.7745966692, 1, 0.3273268354, 0.4234048992, 0.1346870059, 0.3499271061, 0.4862645391, 0.3038948706,
          0.3662335104, 0.3273268354, 1, 0.8488746876, 0.5400617249, 0.2227177016, 0.2785430073, 0.5512459105,
          0.3689640278, 0.4234048992, 0.8488746876, 1, 0.5987849509, 0, 0.1351132047, 0.08444006618,
          0.1825741858, 0.1346870059, 0.5400617249, 0.5987849509, 1, 0.08247860988, 0.5730682551, 0.05372153093,
          0.2710523709, 0.3499271061, 0.2227177016, 0, 0.08247860988, 1, 0.0992583334, 0.4187178947,
          0.4708236154, 0.4862645391, 0.2785430073, 0.1351132047, 0.5730682551, 0.0992583334, 1, 0.5172065471,
          0.4707919091, 0.3038948706, 0.5512459105, 0.08444006618, 0.05372153093, 0.4187178947, 0.5172065471, 1 };
static const double tfidf[PEOPLE * PEOPLE] = {
          1, 0.1738982607, 0.5236472867, 0.5364427122, 0.2084720114, 0.1728759823, 0.05111764358, 0.3498097006,
          0.1738982607, 1, 0.1411229612, 0.2362763074, 0.05023654635, 0.9036192076, 0.02055916108, 0.03061632551,
          0.5236472867, 0.1411229612, 1, 0.605385541, 0.1826314956, 0.2545801543, 0.2529653638, 0.804858621,
          0.5364427122, 0.2362763074, 0.605385541, 1, 0.245217846, 0, 0.0250886733, 0.03736159201,
          0.2084720114, 0.05023654635, 0.1826314956, 0.245217846, 1, 0.02830750926, 0.9032082209, 0.04481464556,
          0.1728759823, 0.9036192076, 0.2545801543, 0, 0.02830750926, 1, 0.08286331645, 0.319034645,
          0.05111764358, 0.02055916108, 0.2529653638, 0.0250886733, 0.9032082209, 0.08286331645, 1, 0.3116764366,
          0.3498097006, 0.03061632551, 0.804858621, 0.03736159201, 0.04481464556, 0.319034645, 0.3116764366, 1 };

START_TEST(similarities_are_those_of_scikit_learn)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    const char *json = _i == 0 ? "{\"weighting\": \"none\"}" : "{\"weighting\": \"tfidf\"}";
    void *self = rec_fit(&pal_rec_user_knn, json, &rig, 1, PAL_PORTABLE);

    for (uint32_t u = 0; u < PEOPLE; u++) {
        float *similarity = rec_similar(&pal_rec_user_knn, self, true, u);

        for (size_t v = 0; v < PEOPLE; v++) {
            ck_assert_double_eq_tol((double)similarity[v], (_i == 0 ? cosine : tfidf)[u * PEOPLE + v], 1e-6);
        }
        pal_free(similarity);
    }
    pal_rec_user_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* U = cosine_similarity(X) without its diagonal: U @ X; and with the three largest of each row: S @ X / S.sum(1). */
static const double all_people[PEOPLE * N] = {
          6.18763888, 2.032496256, 2.796165391, 4.811917076, 2.362350451, 4.665359678,
          6.690298439, 4.093447802, 2.618493186, 4.643598467, 1.049781318, 3.823911043,
          5.927470424, 3.18668948, 3.814480653, 6.249305996, 1.322806775, 3.536033269,
          4.96153417, 2.723431854, 3.534377573, 7.431882169, 0.8468097984, 3.239050803,
          4.417113456, 1.360184564, 2.29227302, 5.41270962, 0.5168098415, 3.117407949,
          4.11289877, 1.955789213, 0.809426383, 2.064482424, 0.6998542122, 2.960259245,
          5.74724554, 3.49701187, 2.865341275, 5.18252903, 1.270304078, 3.520920091,
          5.756844646, 2.854778958, 2.337433843, 4.083562721, 1.863943425, 3.10686872 };
static const double three_normalised[PEOPLE * N] = {
          3.177020511, 0.548640676, 1.09735525, 0.4513408494, 0.9026816988, 1.920279315,
          3.417026464, 1.379704785, 1.154840169, 1.465455046, 0, 0.5774200845,
          1.005764502, 0.8465975215, 1.391780861, 2.863517301, 0, 1.420603373,
          1.358849058, 0.7737090888, 1.600118379, 3.774812679, 0.4525818225, 1.361056239,
          1.669505528, 0.3154722908, 1.339011057, 2.976461234, 0, 1.615922401,
          3.455242041, 1.587570525, 0, 0.5972694497, 0.6731326166, 2.013652752,
          1.889880685, 1.019626537, 1.817487963, 1.762428305, 0.6168758703, 1.640322362,
          2.895462991, 1.275704937, 1.344053117, 2.096497172, 0, 1.746409397 };

START_TEST(scores_are_sums_over_near_people)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_user_knn, _i == 0 ? "{\"weighting\": \"none\", \"k\": 0}"
                                                     : "{\"weighting\": \"none\", \"k\": 3, \"normalise\": true}",
                         &rig, 1, PAL_PORTABLE);
    const double *wanted = _i == 0 ? all_people : three_normalised;

    for (size_t u = 0; u < PEOPLE; u++) {
        const pal_rec_query query = rec_query(&rig, u, false);
        float *score = rec_scores(&pal_rec_user_knn, self, &query);

        for (size_t i = 0; i < N; i++) ck_assert_double_eq_tol((double)score[i], wanted[u * N + i], 1e-5);
        pal_free(score);
    }
    pal_rec_user_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* Who is not in the data has the person with the same history as a neighbour, of similarity 1. */
START_TEST(new_people_may_be_near_to_anybody)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_user_knn, "{\"weighting\": \"none\", \"k\": 0}", &rig, 1, PAL_PORTABLE);

    for (size_t u = 0; u < PEOPLE; u++) {
        const pal_rec_query query = rec_query(&rig, u, true);
        float *score = rec_scores(&pal_rec_user_knn, self, &query);

        for (size_t i = 0; i < N; i++) {
            ck_assert_double_eq_tol((double)score[i], all_people[u * N + i] + (double)rec_small[u * N + i], 1e-5);
        }
        pal_free(score);
    }
    pal_rec_user_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

/* People by items is items by people of the transpose, so both models must find the same neighbours. */
START_TEST(near_people_are_near_items_of_the_transpose)
{
    static const char *const jsons[] = {
        "{\"k\": 7}", "{\"k\": 0, \"weighting\": \"bm25\"}", "{\"similarity\": \"jaccard\", \"shrink\": 3}",
        "{\"similarity\": \"asymmetric\", \"alpha\": 0.2, \"k\": 9}",
        "{\"similarity\": \"dice\", \"weighting\": \"none\"}",
    };
    rec_rig rig = rec_rig_random((uint64_t)_i, 60, 45, 0.15, true), turned = { rig.cols, rig.rows, NULL, { 0 } };
    void *people, *items;

    turned.data = (pal_rec_data){ .rows = rig.cols, .cols = rig.rows };
    people = rec_fit(&pal_rec_user_knn, jsons[_i], &rig, 1, PAL_PORTABLE);
    items = rec_fit(&pal_rec_item_knn, jsons[_i], &turned, 1, PAL_PORTABLE);
    for (uint32_t u = 0; u < 60; u++) {
        float *a = rec_similar(&pal_rec_user_knn, people, true, u);
        float *b = rec_similar(&pal_rec_item_knn, items, false, u);

        HOLD(memcmp(a, b, 60 * sizeof *a) == 0);
        pal_free(a);
        pal_free(b);
    }
    pal_rec_user_knn.free(people);
    pal_rec_item_knn.free(items);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(similar_items_are_not_known)
{
    rec_rig rig = rec_rig_dense(rec_small, PEOPLE, N);
    void *self = rec_fit(&pal_rec_user_knn, NULL, &rig, 1, PAL_PORTABLE);
    pal_error err = { 0 };
    pal_arena *arena = NULL;
    float score[N];

    ck_assert_int_eq(pal_arena_new(&arena, 1 << 10, NULL), PAL_OK);
    ck_assert_int_eq(pal_rec_user_knn.similar(self, false, 0, score, arena, &err), PAL_ERR_DATA);
    pal_arena_free(arena);
    ck_assert_has(err.text, "not similar items");
    pal_rec_user_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_user_knn(void)
{
    Suite *suite = suite_create("models/user_knn");
    TCase *tc = tcase_create("user_knn");

    tcase_add_loop_test(tc, similarities_are_those_of_scikit_learn, 0, 2);
    tcase_add_loop_test(tc, scores_are_sums_over_near_people, 0, 2);
    tcase_add_test(tc, new_people_may_be_near_to_anybody);
    tcase_add_loop_test(tc, near_people_are_near_items_of_the_transpose, 0, 5);
    tcase_add_test(tc, similar_items_are_not_known);
    suite_add_tcase(suite, tc);
    return suite;
}
