/* Plays that people follow: what they add, what lasts, and that nothing of them is forgotten. */
#include "sim/herd.h"

#include "core/fields.h"
#include "core/mem.h"
#include "sim/response_multi.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_herd(void);

#define N_ITEMS 600

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(5, N_ITEMS);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static sim_world world_of(const char *response)
{
    return sim_world_new(catalog, 11, "{\"n\": 7}", "multi-taste", response);
}

static void draw_plays(uint32_t plays[N_ITEMS], uint64_t round, uint64_t most)
{
    for (uint64_t i = 0; i < N_ITEMS; i++) {
        const uint64_t draw = pal_u64(pal_key_for(3, 0, PAL_FOR_TEST), (pal_at){ i, round, 0 }, 0);

        plays[i] = draw % 3 == 0 ? 0 : (uint32_t)((draw >> 8) % most);
    }
}

/* sqrt(x), but at least y. */
static double root_or(double x, double y)
{
    return sqrt(x) > y ? sqrt(x) : y;
}

/* Loops 0 to 2: a spread above ln 2; 3 to 5: below, where one play beside none is the unit. */
START_TEST(an_item_gains_what_the_formulas_say)
{
    sim_world w = world_of("{\"herding\": true, \"herding_gain\": 0.7, \"herding_memory\": 0.35}");
    const pal_multi *m = w.self;
    double recent[N_ITEMS] = { 0 }, mean = 0, square = 0;
    uint32_t plays[N_ITEMS];

    for (uint64_t round = 0; round <= (uint64_t)_i; round++) {
        draw_plays(plays, round, _i < 3 ? 50 : 1);
        plays[_i] += 1;
        w.type->settle(w.self, w.state, plays);
        for (size_t i = 0; i < N_ITEMS; i++) recent[i] = 0.35 * recent[i] + plays[i];
    }
    for (size_t i = 0; i < N_ITEMS; i++) mean += log(1 + recent[i]) / N_ITEMS;
    for (size_t i = 0; i < N_ITEMS; i++) square += (log(1 + recent[i]) - mean) * (log(1 + recent[i]) - mean) / N_ITEMS;
    ck_assert((sqrt(square) > log(2)) == (_i < 3));
    for (size_t i = 0; i < N_ITEMS; i++) {
        const double wanted = (double)m->terms.item[i] + 0.7 * (log(1 + recent[i]) - mean) / root_or(square, log(2));

        ck_assert_double_eq_tol((double)w.state->herd->recent[i], recent[i], 1e-5 * (1 + recent[i]));
        ck_assert_double_eq_tol((double)w.state->herd->terms.item[i], wanted, 1e-5);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(a_played_item_pleases_everybody_more_and_the_others_less)
{
    sim_world w = world_of("{\"herding\": true}");
    uint32_t plays[N_ITEMS] = { 0 };
    const uint32_t item[2] = { 17, 18 };
    pal_answer before[2], after[2];

    plays[17] = 40;
    for (uint32_t u = 0; u < 7; u++) {
        pal_state_reset(w.state, w.people);
        w.type->truth(w.self, w.state, u, 1, item, 2, before);
        w.type->settle(w.self, w.state, plays);
        w.type->truth(w.self, w.state, u, 1, item, 2, after);
        ck_assert_float_gt(after[0].p_like, before[0].p_like);
        ck_assert_float_lt(after[1].p_like, before[1].p_like);
        ck_assert_uint_eq(after[0].true_taste, before[0].true_taste);
    }
    sim_world_free(&w);
}
END_TEST

static void check_same_answers(const sim_world *a, const sim_world *b)
{
    uint32_t item[N_ITEMS];
    pal_answer x[N_ITEMS], y[N_ITEMS];

    for (uint32_t i = 0; i < N_ITEMS; i++) item[i] = i;
    memset(x, 0, sizeof x);
    memset(y, 0, sizeof y);
    for (uint32_t u = 0; u < 7; u++) {
        a->type->answer(a->self, a->state, u, 4, item, N_ITEMS, x);
        b->type->answer(b->self, b->state, u, 4, item, N_ITEMS, y);
        ck_assert_mem_eq(x, y, sizeof x);
    }
}

START_TEST(without_gain_or_without_plays_the_switch_changes_no_bit)
{
    sim_world off = world_of("{}");
    sim_world on = world_of(_i == 0 ? "{\"herding\": true, \"herding_gain\": 0}" : "{\"herding\": true, \"herding_gain\": 9}");
    uint32_t plays[N_ITEMS] = { 0 };

    ck_assert_ptr_null(off.state->herd);
    ck_assert_ptr_nonnull(on.state->herd);
    check_same_answers(&on, &off);
    if (_i == 0) draw_plays(plays, 1, 50);
    on.type->settle(on.self, on.state, plays);
    ck_assert(on.state->herd->moved);
    check_same_answers(&on, &off);
    sim_world_free(&on);
    sim_world_free(&off);
}
END_TEST

START_TEST(memory_0_keeps_a_round_and_memory_1_keeps_all)
{
    sim_world w = world_of(_i == 0 ? "{\"herding\": true, \"herding_memory\": 0}" : "{\"herding\": true, \"herding_memory\": 1}");
    uint32_t first[N_ITEMS], second[N_ITEMS];

    draw_plays(first, 0, 50);
    draw_plays(second, 1, 50);
    w.type->settle(w.self, w.state, first);
    w.type->settle(w.self, w.state, second);
    for (size_t i = 0; i < N_ITEMS; i++) {
        ck_assert_float_eq(w.state->herd->recent[i], (float)(second[i] + (_i == 0 ? 0 : first[i])));
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(copies_and_restored_states_answer_as_the_first)
{
    sim_world a = world_of("{\"herding\": true}"), b = world_of("{\"herding\": true}"), c = world_of("{\"herding\": true}");
    pal_error err = { .status = PAL_OK };
    pal_tensors *file = NULL;
    uint32_t plays[N_ITEMS];
    const uint64_t fresh = pal_state_digest(a.state);

    draw_plays(plays, 0, 50);
    a.type->settle(a.self, a.state, plays);
    ck_assert(pal_state_digest(a.state) != fresh);
    pal_state_copy(b.state, a.state);
    CK_OK(pal_tensors_new(&file, &err));
    CK_OK(pal_state_save(a.state, file, &err));
    CK_OK(pal_state_restore(c.state, file, &err));
    c.type->settle(c.self, c.state, NULL);
    ck_assert(pal_state_digest(b.state) == pal_state_digest(a.state));
    ck_assert(pal_state_digest(c.state) == pal_state_digest(a.state));
    check_same_answers(&b, &a);
    check_same_answers(&c, &a);
    for (int round = 1; round < 3; round++) { /* and they go on as it does */
        draw_plays(plays, (uint64_t)round, 50);
        a.type->settle(a.self, a.state, plays);
        b.type->settle(b.self, b.state, plays);
        c.type->settle(c.self, c.state, plays);
    }
    check_same_answers(&b, &a);
    check_same_answers(&c, &a);
    pal_state_reset(a.state, a.people);
    ck_assert(pal_state_digest(a.state) == fresh);
    pal_state_copy(b.state, a.state);
    check_same_answers(&b, &a);
    pal_tensors_free(file);
    sim_world_free(&a);
    sim_world_free(&b);
    sim_world_free(&c);
}
END_TEST

static const struct { float value; const char *said; } damages[] = {
    { -1.0f, "array \"people.recent_plays\": entry 599 is no number of plays: -1" },
    { NAN, "array \"people.recent_plays\": entry 599 is no number of plays" },
    { INFINITY, "array \"people.recent_plays\": entry 599 is no number of plays: inf" },
};

START_TEST(damaged_plays_are_not_restored)
{
    sim_world w = world_of("{\"herding\": true}"), off = world_of("{}");
    pal_error err = { .status = PAL_OK };
    pal_tensors *file = NULL, *without = NULL;

    CK_OK(pal_tensors_new(&file, &err));
    w.state->herd->recent[N_ITEMS - 1] = damages[_i].value;
    CK_OK(pal_state_save(w.state, file, &err));
    ck_assert_int_eq(pal_state_restore(w.state, file, &err), PAL_ERR_DATA);
    ck_assert_msg(strstr(err.text, damages[_i].said) != NULL, "%s", err.text);
    CK_OK(pal_tensors_new(&without, &err));
    CK_OK(pal_state_save(off.state, without, &err));
    ck_assert_int_eq(pal_state_restore(w.state, without, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "people.recent_plays"));
    pal_tensors_free(file);
    pal_tensors_free(without);
    sim_world_free(&w);
    sim_world_free(&off);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    sim_world w = world_of("{\"herding\": true}");
    size_t fail = 1;

    for (;; fail++) {
        pal_state *state = NULL;
        pal_error err = { .status = PAL_OK };

        pal_mem_fail_at(fail);
        const pal_status rc = pal_state_new(&state, w.people, &err);

        pal_mem_fail_at(0);
        pal_state_free(state);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_eq(fail, 18); /* the state, its ten fields, the herd and its five, then success */
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_herd(void)
{
    Suite *suite = suite_create("sim/herd");
    TCase *cases = tcase_create("herd");

    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_loop_test(cases, an_item_gains_what_the_formulas_say, 0, 6);
    tcase_add_test(cases, a_played_item_pleases_everybody_more_and_the_others_less);
    tcase_add_loop_test(cases, without_gain_or_without_plays_the_switch_changes_no_bit, 0, 2);
    tcase_add_loop_test(cases, memory_0_keeps_a_round_and_memory_1_keeps_all, 0, 2);
    tcase_add_test(cases, copies_and_restored_states_answer_as_the_first);
    tcase_add_loop_test(cases, damaged_plays_are_not_restored, 0, 3);
    tcase_add_test(cases, every_allocation_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
