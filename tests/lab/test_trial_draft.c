/* Team draft: balanced, in both sides' order, nothing twice. */
#include "lab/trial_draft.h"

#include <check.h>
#include <math.h>
#include <stdbool.h>

Suite *suite_lab_trial_draft(void);

/* Items first, first + step … */
static pal_slate slate_of(uint32_t first, uint32_t step, size_t n)
{
    pal_slate s = { .n = n };

    for (size_t i = 0; i < n; i++) {
        s.item[i] = first + step * (uint32_t)i;
        s.score[i] = 1.0f / (float)(i + 1);
        s.propensity[i] = 1;
        s.taste[i] = (uint8_t)(first % 7);
        s.stage[i] = (uint8_t)(first % 5);
    }
    return s;
}

static pal_key key_of(uint64_t seed)
{
    return pal_key_for(seed, 0, PAL_FOR_TEST);
}

static void draft(pal_slate *out, uint8_t *owner, const pal_slate *a, const pal_slate *b, size_t n_slots, uint64_t seed,
                  uint64_t who)
{
    const pal_slate *const side[2] = { a, b };

    pal_trial_draft(out, owner, side, n_slots, key_of(seed), who, 3);
}

static int find(const pal_slate *s, uint32_t item)
{
    for (size_t i = 0; i < s->n; i++) {
        if (s->item[i] == item) return (int)i;
    }
    return -1;
}

/* A like that hangs on place and item: what makes careless credit go wrong. */
static double liked(const pal_slate *s, size_t slot)
{
    return slot == 0 || s->item[slot] % 3 == 0 ? 1.0 / (double)(slot + 1) : 0;
}

START_TEST(equal_rankers_earn_the_same_credit)
{
    pal_slate both = slate_of(4, 3, 11), out;
    uint8_t owner[PAL_MAX_SLOTS];
    double sum = 0, squares = 0, mean, se;
    size_t n = 4000;

    for (size_t i = 0; i < n; i++) {
        double credit = 0;

        draft(&out, owner, &both, &both, 5 + (size_t)_i, i / 20, i % 20);
        for (size_t s = 0; s < out.n; s++) credit += owner[s] == 1 ? liked(&out, s) : -liked(&out, s);
        sum += credit;
        squares += credit * credit;
    }
    mean = sum / (double)n;
    se = sqrt((squares / (double)n - mean * mean) / (double)n);
    ck_assert_double_gt(se, 0);
    ck_assert_msg(fabs(mean) < 4 * se, "mean credit %g, standard error %g", mean, se);
}
END_TEST

START_TEST(each_side_owns_half_and_leads_half)
{
    pal_slate a = slate_of(0, 2, 12), b = slate_of(1, 2, 12), out;
    uint8_t owner[PAL_MAX_SLOTS];
    size_t led = 0, n = 2000;

    for (size_t i = 0; i < n; i++) {
        size_t second = 0;

        draft(&out, owner, &a, &b, 10, 7, i);
        ck_assert_uint_eq(out.n, 10);
        for (size_t s = 0; s < out.n; s++) second += owner[s];
        ck_assert_uint_eq(second, 5);
        led += owner[0];
    }
    ck_assert_double_eq_tol((double)led / (double)n, 0.5, 4 * 0.5 / sqrt((double)n));
}
END_TEST

START_TEST(both_orders_are_kept_and_nothing_comes_twice)
{
    pal_slate a = slate_of(0, 2, 9), b = slate_of(0, 3, 9), out; /* every third item of one is in the other */
    uint8_t owner[PAL_MAX_SLOTS];
    const pal_slate *side[2] = { &a, &b };

    draft(&out, owner, &a, &b, 8, (uint64_t)_i, 1);
    ck_assert_uint_eq(out.n, 8);
    for (size_t s = 0; s < out.n; s++) {
        int at = find(side[owner[s]], out.item[s]);

        ck_assert_int_ge(at, 0);
        ck_assert(out.score[s] == side[owner[s]]->score[at]);
        ck_assert_int_eq(find(&out, out.item[s]), (int)s);
        for (int j = 0; j < at; j++) { /* what a side likes more stands above, or was taken by the other before */
            int above = find(&out, side[owner[s]]->item[j]);

            ck_assert(above >= 0 && above < (int)s);
        }
    }
}
END_TEST

START_TEST(a_side_that_ends_leaves_the_rest_to_the_other)
{
    pal_slate a = slate_of(0, 1, 2), b = slate_of(10, 1, 9), none = { .n = 0 }, out;
    uint8_t owner[PAL_MAX_SLOTS];
    size_t first = 0;

    draft(&out, owner, &a, &b, 8, 5, 5);
    ck_assert_uint_eq(out.n, 8);
    for (size_t s = 0; s < out.n; s++) first += owner[s] == 0;
    ck_assert_uint_eq(first, 2);
    draft(&out, owner, &none, &none, 8, 5, 5);
    ck_assert_uint_eq(out.n, 0);
    draft(&out, owner, &a, &a, 8, 5, 5); /* the same two items: no more than two slots */
    ck_assert_uint_eq(out.n, 2);
}
END_TEST

Suite *suite_lab_trial_draft(void)
{
    Suite *s = suite_create("lab/trial_draft");
    TCase *tc = tcase_create("trial_draft");

    tcase_add_loop_test(tc, equal_rankers_earn_the_same_credit, 0, 4);
    tcase_add_test(tc, each_side_owns_half_and_leads_half);
    tcase_add_loop_test(tc, both_orders_are_kept_and_nothing_comes_twice, 0, 40);
    tcase_add_test(tc, a_side_that_ends_leaves_the_rest_to_the_other);
    suite_add_tcase(s, tc);
    return s;
}
