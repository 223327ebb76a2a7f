/* Every stage of the registry, stopped in the middle: what is restored goes on with the same bytes. */
#include "stages/builtin.h"
#include "tests/support/holds.h"
#include "tests/support/resume_cases.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { USERS = 20, ITEMS = 320, BEFORE = 12, AFTER = 8 };

/* Through the bytes of a file, as a checkpoint goes. */
static pal_tensors *through_a_file(const resume_arm *arm)
{
    const char *path = scratch_path("stage.safetensors");
    pal_tensors *file = NULL, *read = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_msg(resume_save(arm, file, &err) == PAL_OK, "%s: %s", arm->of->name, err.text);
    ck_assert_msg(pal_tensors_save(file, path, NULL, &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(pal_tensors_load(&read, path, &err) == PAL_OK, "%s", err.text);
    pal_tensors_free(file);
    return read;
}

/* An arm like `a` that knows nothing but its file and what the lab restores. `made_first`: the instance is older than the
 * restored people. */
static void resume(resume_arm *b, const resume_arm *a, bool made_first)
{
    pal_tensors *file = through_a_file(a);
    pal_error err = { 0 };

    resume_begin(b, a->of, USERS, ITEMS, made_first ? 1 : 2);
    resume_copy_people(b, a);
    if (!made_first) { /* and now the stage itself, from what is known by now */
        resume_remake(b, 2);
    }
    ck_assert_msg(resume_restore(b, file, &err) == PAL_OK, "%s: %s", a->of->name, err.text);
    pal_tensors_free(file);
}

static void play_until(resume_arm *arm, uint32_t begin, uint32_t end)
{
    resume_round round = resume_round_of(USERS);

    for (uint32_t r = begin; r < end; r++) resume_play(&round, arm, r);
    resume_round_free(&round);
}

static void play_both(resume_arm *a, resume_arm *b, uint32_t begin, uint32_t end)
{
    resume_round x = resume_round_of(USERS), y = resume_round_of(USERS);

    resume_same_arm(a, b, begin);
    for (uint32_t r = begin; r < end; r++) {
        resume_play(&x, a, r);
        resume_play(&y, b, r);
        resume_same_round(&x, &y, USERS, a->of->name, r);
        resume_same_arm(a, b, r + 1);
    }
    resume_round_free(&x);
    resume_round_free(&y);
}

/* Rows that the stage's models left between two places of its log. */
static void check_fits(const resume_arm *arm, size_t before, size_t all)
{
    size_t kept[2] = { 0, 0 };

    for (size_t i = 0; i < all; i++) kept[i >= before] += arm->log.row[i].kept;
    ck_assert_msg(kept[0] > 0 && kept[1] > 0, "%s: %zu models before, %zu after: the case shows nothing", arm->of->name,
                  kept[0], kept[1]);
}

START_TEST(a_restored_stage_goes_on_with_the_same_bytes)
{
    const resume_case *of = &resume_cases[_i];
    resume_arm a, b;
    uint64_t nothing;
    size_t rows;

    resume_begin(&a, of, USERS, ITEMS, 1);
    nothing = a.stage.type->digest(a.stage.self);
    play_until(&a, 0, BEFORE);
    rows = a.log.n;
    resume(&b, &a, _i % 2 == 0);
    play_both(&a, &b, BEFORE, BEFORE + AFTER);
    if (of->fits) check_fits(&a, rows, a.log.n);
    if ((a.stage.type->flags & PAL_STAGE_LEARNS) != 0 && strcmp(of->name, "ranking reference") != 0) {
        ck_assert_uint_ne(a.stage.type->digest(a.stage.self), nothing);
    }
    resume_free(&a);
    resume_free(&b);
}
END_TEST

/* A second stop, of what was itself restored, and one before anything was learned. */
START_TEST(a_stage_can_be_stopped_at_any_round)
{
    static const char *const names[] = { "progressive reference", "warp", "neighbours", "linucb hybrid", "cache" };
    const resume_case *of = NULL;
    resume_arm a, b, c;

    for (size_t i = 0; i < resume_n_cases; i++) {
        if (strcmp(resume_cases[i].name, names[_i]) == 0) of = &resume_cases[i];
    }
    resume_begin(&a, of, USERS, ITEMS, 1);
    resume(&b, &a, false);
    play_both(&a, &b, 0, 5);
    resume(&c, &b, true);
    play_both(&a, &c, 5, 9);
    resume_free(&a);
    resume_free(&b);
    resume_free(&c);
}
END_TEST

START_TEST(every_stage_of_the_registry_is_a_case_and_can_save)
{
    for (size_t s = 0; s < pal_stage_count(); s++) {
        const pal_stage_type *type = pal_stage_at(s);
        bool found = false;

        ck_assert_msg(type->save != NULL && type->restore != NULL, "%s cannot be saved", type->name);
        for (size_t i = 0; i < resume_n_cases; i++) found = found || strcmp(resume_cases[i].stage, type->name) == 0;
        ck_assert_msg(found, "%s is no case of this test", type->name);
    }
}
END_TEST

START_TEST(the_reference_preset_serves_from_all_rungs_here)
{
    const uint64_t rungs = UINT64_C(1) << PAL_AT_COLD_START | UINT64_C(1) << PAL_AT_FALLBACK
                           | UINT64_C(1) << PAL_AT_RANKING | UINT64_C(1) << PAL_AT_LOGISTIC
                           | UINT64_C(1) << PAL_AT_BOOSTED | UINT64_C(1) << PAL_AT_NEURAL;
    resume_arm a;

    for (size_t i = 0; i < resume_n_cases; i++) {
        if (strcmp(resume_cases[i].name, "progressive reference") == 0) {
            resume_begin(&a, &resume_cases[i], USERS, ITEMS, 1);
            play_until(&a, 0, BEFORE + AFTER);
            ck_assert_uint_eq(a.stages_met & rungs, rungs);
            resume_free(&a);
        }
    }
}
END_TEST

Suite *suite_stages_resume(void);
Suite *suite_stages_resume(void)
{
    Suite *suite = suite_create("stages/resume");
    TCase *tc = tcase_create("resume");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, a_restored_stage_goes_on_with_the_same_bytes, 0, (int)resume_n_cases);
    tcase_add_loop_test(tc, a_stage_can_be_stopped_at_any_round, 0, 5);
    tcase_add_test(tc, every_stage_of_the_registry_is_a_case_and_can_save);
    tcase_add_test(tc, the_reference_preset_serves_from_all_rungs_here);
    suite_add_tcase(suite, tc);
    return suite;
}
