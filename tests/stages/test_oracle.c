/* The oracle: through the door only, and exactly what the door says. */
#include "stages/builtin.h"
#include "tests/support/mini_stages.h"

#include <check.h>
#include <string.h>

/* A truth in which item i is liked with probability 1 / (i + 1). */
static size_t top(void *ctx, uint32_t user, uint32_t round, const uint64_t *seen, size_t k, uint32_t *item,
                  float *p_like, pal_arena *scratch)
{
    const pal_catalog *catalog = ctx;
    size_t n = 0;

    (void)user;
    (void)round;
    (void)scratch;
    for (uint32_t i = 0; i < catalog->n_items && n < k; i++) {
        if (!pal_seen(seen, i)) {
            item[n] = i;
            p_like[n++] = 1 / (float)(i + 1);
        }
    }
    return n;
}

static void p_like(void *ctx, uint32_t user, uint32_t round, const uint32_t *item, size_t n, float *p)
{
    (void)ctx;
    (void)user;
    (void)round;
    for (size_t i = 0; i < n; i++) {
        p[i] = 1 / (float)(item[i] + 1);
    }
}

START_TEST(without_the_door_there_is_no_oracle)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    mini_stage stage;
    pal_error err = { 0 };

    ck_assert_int_eq(mini_stage_try(&stage, "oracle", "", catalog, NULL, &err), PAL_ERR_CONFIG);
    ck_assert_ptr_nonnull(strstr(err.text, "arms[0].params"));
    ck_assert_ptr_nonnull(strstr(err.text, "truth"));
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(slates_are_the_truths_best)
{
    pal_catalog *catalog = mini_catalog(mini_defaults(1));
    const pal_truth_door door = { .ctx = catalog, .top = top, .p_like = p_like };
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    pal_request request = mini_request(&people, 0, 0, 4);
    pal_slate slate = { .n = 1, .item = { 2 }, .propensity = { 1 } }; /* begun by another, with one of the best */
    static const uint32_t wanted[4] = { 2, 0, 3, 4 };
    mini_stage stage;
    float score[2];
    uint8_t at[2];

    ck_assert_int_eq(mini_stage_try(&stage, "oracle", "", catalog, &door, NULL), PAL_OK);
    mini_mark_seen(&people, 0, 1);
    mini_serve(&slate, &stage, &people, &request);
    mini_check_slate(&people, &request, &slate, 4);
    for (size_t s = 0; s < 4; s++) {
        ck_assert_uint_eq(slate.item[s], wanted[s]);
    }
    ck_assert_float_eq(slate.score[1], 1);
    ck_assert_int_eq(stage.type->score(stage.self, &request, wanted, 2, score, at, people.scratch, NULL), PAL_OK);
    ck_assert_float_eq(score[0], 1.0f / 3);
    ck_assert_uint_eq(at[1], PAL_AT_ORACLE);
    for (uint32_t i = 3; i < catalog->n_items; i++) {
        mini_mark_seen(&people, 0, i);
    }
    memset(&slate, 0, sizeof slate);
    mini_serve(&slate, &stage, &people, &request);
    ck_assert_uint_eq(slate.n, 2); /* 0 and 2 are all that is left */
    mini_stage_free(&stage);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_stages_oracle(void);
Suite *suite_stages_oracle(void)
{
    Suite *suite = suite_create("stages/oracle");
    TCase *tc = tcase_create("oracle");

    tcase_add_test(tc, without_the_door_there_is_no_oracle);
    tcase_add_test(tc, slates_are_the_truths_best);
    suite_add_tcase(suite, tc);
    return suite;
}
