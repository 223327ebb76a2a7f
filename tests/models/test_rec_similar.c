/* Similar items and people by any model: a dense double loop, planted groups, and the reasons of
 * those that refuse. */
#include "models/rec_similar.h"

#include "core/mem.h"
#include "models/rec_builtin.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"

#include <math.h>
#include <string.h>

Suite *suite_models_rec_similar(void);

enum { PEOPLE = 60, ITEMS = 40, GROUPS = 3 };

static float *ask(const pal_rec_type *type, const void *self, bool people, uint32_t id,
                  const pal_csr *rows, size_t n_threads)
{
    size_t n_rows, n_cols;
    pal_error err = { 0 };
    float *score;

    type->shape(self, &n_rows, &n_cols);
    score = pal_calloc(people ? n_rows : n_cols, sizeof *score);
    HOLDS(pal_rec_similar(score, type, self, people, id, rows, n_threads, &err) == PAL_OK, "%s: %s",
          type->name, err.text);
    return score;
}

/* Everybody of group g has items of group g: most of them, drawn by the seed, and now and then
 * another. */
static rec_rig planted(uint64_t seed)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    float *x = pal_calloc(PEOPLE * ITEMS, sizeof *x);
    rec_rig rig;

    for (size_t u = 0; u < PEOPLE; u++) {
        for (size_t i = 0; i < ITEMS; i++) {
            const double p = u % GROUPS == i % GROUPS ? 0.55 : 0.08;

            x[u * ITEMS + i] = pal_u01(key, (pal_at){ u, 0, i }, 0) < p || i == u % GROUPS ? 1 : 0;
        }
    }
    rig = rec_rig_dense(x, PEOPLE, ITEMS);
    pal_free(x);
    return rig;
}

/* ---- the double loop ------------------------------------------------------------------------- */

/* All scores, person by person. */
static double *dense(const pal_rec_type *type, const void *self, const rec_rig *rig)
{
    const size_t n = rig->rows->n_rows, m = rig->rows->n_cols;
    double *s = pal_calloc(n * m, sizeof *s);

    for (size_t u = 0; u < n; u++) {
        pal_rec_query query = rec_query(rig, u, false);
        float *row = rec_scores(type, self, &query);

        for (size_t i = 0; i < m; i++) s[u * m + i] = (double)row[i];
        pal_free(row);
    }
    return s;
}

static double slow_cosine(const double *a, const double *b, size_t n, size_t step)
{
    double ab = 0, aa = 0, bb = 0;

    for (size_t i = 0; i < n; i++) {
        ab += a[i * step] * b[i * step];
        aa += a[i * step] * a[i * step];
        bb += b[i * step] * b[i * step];
    }
    return aa > 0 && bb > 0 ? ab / sqrt(aa * bb) : 0;
}

static const pal_rec_type *const one_sided[] = { &pal_rec_item_knn, &pal_rec_ease, &pal_rec_slim,
                                                 &pal_rec_user_knn };
static const char *const one_sided_json[] = { NULL, "{\"lambda\": 5}", "{\"alpha\": 0.01}", NULL };

START_TEST(the_unknown_side_is_the_cosine_of_the_scores)
{
    const pal_rec_type *type = one_sided[_i];
    const bool people = (type->flags & PAL_REC_ITEMS_ONLY) != 0;
    rec_rig rig = planted(3);
    void *self = rec_fit(type, one_sided_json[_i], &rig, 1, PAL_PORTABLE);
    double *s = dense(type, self, &rig);

    for (size_t i = 0; people && i < ITEMS; i++) {
        double mean = 0;

        for (size_t u = 0; u < PEOPLE; u++) mean += s[u * ITEMS + i] / PEOPLE;
        for (size_t u = 0; u < PEOPLE; u++) s[u * ITEMS + i] -= mean;
    }
    for (uint32_t id = 0; id < (people ? PEOPLE : ITEMS); id += 7) {
        float *got = ask(type, self, people, id, rig.rows, 2);

        for (size_t v = 0; v < (people ? PEOPLE : ITEMS); v++) {
            const double want = people ? slow_cosine(s + id * ITEMS, s + v * ITEMS, ITEMS, 1)
                                       : slow_cosine(s + id, s + v, PEOPLE, ITEMS);

            ck_assert_msg(fabs((double)got[v] - want) < 2e-5, "%s, %u and %zu: %g, wanted %g",
                          type->name, id, v, (double)got[v], want);
        }
        ck_assert_float_eq_tol(got[id], 1.0f, 1e-6f);
        pal_free(got);
    }
    pal_free(s);
    type->free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(a_model_with_a_measure_of_its_own_is_asked_for_it)
{
    rec_rig rig = planted(5);

    for (size_t m = 0; m < pal_rec_count(); m++) {
        const pal_rec_type *type = pal_rec_at(m);
        void *self;

        if (type->similar == NULL) continue;
        self = rec_fit(type, NULL, &rig, 1, PAL_PORTABLE);
        for (int people = 0; people < 2; people++) {
            float *got, *own;

            if ((type->flags & (people ? PAL_REC_ITEMS_ONLY : PAL_REC_PEOPLE_ONLY)) != 0) continue;
            got = ask(type, self, people, 4, rig.rows, 1);
            own = rec_similar(type, self, people, 4);
            ck_assert_msg(memcmp(got, own, (people ? PEOPLE : ITEMS) * sizeof *got) == 0, "%s",
                          type->name);
            pal_free(got);
            pal_free(own);
        }
        type->free(self);
    }
    rec_rig_clear(&rig);
}
END_TEST

/* ---- what it is for -------------------------------------------------------------------------- */

/* Share of the own group among the ten nearest; eats the scores. */
static double group_share(float *score, size_t n, uint32_t id)
{
    size_t own = 0;

    score[id] = -HUGE_VALF;
    for (size_t k = 0; k < 10; k++) {
        size_t nearest = 0;

        for (size_t v = 1; v < n; v++) nearest = score[v] > score[nearest] ? v : nearest;
        own += nearest % GROUPS == id % GROUPS;
        score[nearest] = -HUGE_VALF;
    }
    return (double)own / 10;
}

/* What makes the defaults, meant for thousands of people, fit for sixty. */
static const char *settings_of(const pal_rec_type *type)
{
    static const struct {
        const char *model, *json;
    } own[] = { { "slim", "{\"alpha\": 0.01}" },
                { "ease", "{\"lambda\": 50}" },
                { "hybrid", "{\"epochs\": 100, \"valid\": 0, \"past\": false}" } };

    for (size_t i = 0; i < sizeof own / sizeof *own; i++) {
        if (strcmp(own[i].model, type->name) == 0) return own[i].json;
    }
    return NULL;
}

START_TEST(every_model_with_taste_finds_people_and_items_of_the_own_group)
{
    rec_rig rig = planted((uint64_t)_i + 11);

    for (size_t m = 0; m < pal_rec_count(); m++) {
        const pal_rec_type *type = pal_rec_at(m);
        const char *json = settings_of(type);
        void *self;

        if (type->similar == NULL) continue;
        self = rec_fit(type, json, &rig, 2, PAL_PORTABLE);
        for (int people = 0; people < 2; people++) {
            double share = 0;

            for (uint32_t id = 0; id < 30; id++) {
                float *score = ask(type, self, people, id, rig.rows, 1);

                share += group_share(score, people ? PEOPLE : ITEMS, id) / 30;
                pal_free(score);
            }
            /* chance: 19 of 59 people, 13 of 39 items */
            ck_assert_msg(share > 0.6, "%s, %s: %.3f of the nearest ten are of the own group",
                          type->name, people ? "people" : "items", share);
        }
        type->free(self);
    }
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    rec_rig rig = planted(8);

    for (size_t m = 0; m < sizeof one_sided / sizeof *one_sided; m++) {
        const pal_rec_type *type = one_sided[m];
        void *self = rec_fit(type, one_sided_json[m], &rig, 1, PAL_PORTABLE);

        for (int people = 0; people < 2; people++) {
            float *one = ask(type, self, people, 2, rig.rows, 1),
                  *seven = ask(type, self, people, 2, rig.rows, 7);

            ck_assert_int_eq(memcmp(one, seven, (people ? PEOPLE : ITEMS) * sizeof *one), 0);
            pal_free(one);
            pal_free(seven);
        }
        type->free(self);
    }
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(somebody_without_a_history_is_like_nobody)
{
    const float x[] = { 1, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0 };
    rec_rig rig = rec_rig_dense(x, 4, 4);
    void *self = rec_fit(&pal_rec_ease, "{\"lambda\": 1}", &rig, 1, PAL_PORTABLE);
    float *of_none = ask(&pal_rec_ease, self, true, 3, rig.rows, 1);
    float *of_one = ask(&pal_rec_ease, self, true, 0, rig.rows, 1);

    for (size_t v = 0; v < 4; v++) ck_assert_float_eq(of_none[v], 0);
    ck_assert_float_eq(of_one[3], 0);
    ck_assert_float_eq_tol(of_one[1], 1, 1e-6f);
    pal_free(of_none);
    pal_free(of_one);
    pal_rec_ease.free(self);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(refusals_say_why)
{
    rec_rig rig = planted(1);
    float score[PEOPLE];
    pal_error err = { 0 };
    void *self = rec_fit(&pal_rec_popularity, NULL, &rig, 1, PAL_PORTABLE);

    ck_assert_int_eq(pal_rec_similar(score, &pal_rec_popularity, self, true, 0, rig.rows, 1, &err),
                     PAL_ERR_DATA);
    ck_assert_str_eq(
        err.text,
        "popularity looks at nobody's taste: to it no person is nearer to one than any other");
    pal_rec_popularity.free(self);
    self = rec_fit(&pal_rec_random, NULL, &rig, 1, PAL_PORTABLE);
    ck_assert_int_eq(pal_rec_similar(score, &pal_rec_random, self, false, 0, rig.rows, 1, &err),
                     PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "no item is nearer"));
    pal_rec_random.free(self);
    self = rec_fit(&pal_rec_item_knn, NULL, &rig, 1, PAL_PORTABLE);
    ck_assert_int_eq(
        pal_rec_similar(score, &pal_rec_item_knn, self, true, PEOPLE, rig.rows, 1, &err),
        PAL_ERR_DATA);
    ck_assert_str_eq(err.text, "item_knn: person 60, but the model knows 60");
    ck_assert_int_eq(pal_rec_similar(score, &pal_rec_item_knn, self, true, 0, NULL, 1, &err),
                     PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "knows similar items, not similar people"));
    pal_rec_item_knn.free(self);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_rec_similar(void)
{
    Suite *s = suite_create("models/rec_similar");
    TCase *c = tcase_create("similar");

    tcase_set_timeout(c, 60);
    tcase_add_loop_test(c, the_unknown_side_is_the_cosine_of_the_scores, 0,
                        (int)(sizeof one_sided / sizeof *one_sided));
    tcase_add_test(c, a_model_with_a_measure_of_its_own_is_asked_for_it);
    tcase_add_loop_test(c, every_model_with_taste_finds_people_and_items_of_the_own_group, 0, 2);
    tcase_add_test(c, threads_change_no_byte);
    tcase_add_test(c, somebody_without_a_history_is_like_nobody);
    tcase_add_test(c, refusals_say_why);
    suite_add_tcase(s, c);
    return s;
}
