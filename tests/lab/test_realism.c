/* Real and simulated logs side by side. */
#include "lab/realism.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "tests/support/moment_log.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_realism(void);

static moment_room real_room, simulated_room;

static pal_realism *compare(const moment_room *a, const moment_room *b)
{
    pal_people_log real = { .log = a->log, .session_gap = 1800, .name = "real, \"one\"" };
    pal_people_log simulated = { .log = b->log, .session_gap = 0, .name = "simulated", .digest = "00ff" };
    pal_moments_config c = pal_moments_defaults();
    pal_realism *r = pal_calloc(1, sizeof *r);
    pal_error err = { 0 };

    c.resamples = 60;
    ck_assert_msg(pal_realism_of(r, &real, &simulated, &c, &err) == PAL_OK, "%s", err.text);
    return r;
}

START_TEST(a_log_is_like_itself)
{
    pal_realism *r;

    moment_room_draw(&real_room, 300, 1200, 12, 40, 4, 4, 3, 1);
    r = compare(&real_room, &real_room);
    for (size_t m = 0; m <= PAL_MOMENT_POPULARITY_LIKE; m++) ck_assert_int_eq(r->moment[m].verdict, PAL_ALIKE);
    for (size_t s = 0; s < PAL_SAMPLE_SESSION; s++) {
        ck_assert_double_eq(r->spread[s].ks, 0);
        ck_assert_double_eq(r->spread[s].wasserstein, 0);
        ck_assert_int_eq(r->spread[s].verdict, PAL_ALIKE);
    }
    ck_assert_uint_eq(r->verdicts[PAL_APART] + r->verdicts[PAL_CLOSE] + r->verdicts[PAL_ALIKE] + r->verdicts[PAL_UNTOLD],
                      PAL_MOMENTS + PAL_SAMPLES);
    pal_free(r);
}
END_TEST

START_TEST(what_differs_is_apart_and_what_does_not_is_alike)
{
    pal_realism *r;

    moment_room_draw(&real_room, 600, 1200, 12, 40, 30, 4, 3, 1);
    moment_room_draw(&simulated_room, 600, 1200, 12, 40, 1, 4, 3, 2); /* narrow people, all else the same */
    r = compare(&real_room, &simulated_room);
    ck_assert_int_eq(r->moment[PAL_MOMENT_GENRE_COHESION].verdict, PAL_APART);
    ck_assert_double_gt(r->moment[PAL_MOMENT_GENRE_COHESION].distance, 5);
    ck_assert_int_eq(r->moment[PAL_MOMENT_GENRES_RELATIVE].verdict, PAL_APART);
    ck_assert_int_ne(r->moment[PAL_MOMENT_ACTIVITY_LOG_MEAN].verdict, PAL_APART);
    ck_assert_int_ne(r->moment[PAL_MOMENT_LIKE_MEAN].verdict, PAL_APART);
    ck_assert_int_eq(r->spread[PAL_SAMPLE_EFFECTIVE].verdict, PAL_APART);
    ck_assert_double_gt(r->spread[PAL_SAMPLE_EFFECTIVE].real[49], r->spread[PAL_SAMPLE_EFFECTIVE].simulated[49]);
    ck_assert_int_eq(r->spread[PAL_SAMPLE_LIKE].verdict, PAL_ALIKE);
    pal_free(r);
}
END_TEST

START_TEST(what_one_side_does_not_tell_has_no_verdict)
{
    pal_realism *r;

    moment_room_draw(&real_room, 300, 1200, 12, 40, 4, 4, 3, 1);
    moment_room_draw(&simulated_room, 300, 1200, 12, 40, 4, 4, 3, 1);
    real_room.log.like = NULL;
    r = compare(&real_room, &simulated_room);
    ck_assert_int_eq(r->moment[PAL_MOMENT_LIKE_MEAN].verdict, PAL_UNTOLD);
    ck_assert(isnan(r->moment[PAL_MOMENT_LIKE_MEAN].distance));
    ck_assert_int_eq(r->spread[PAL_SAMPLE_LIKE].verdict, PAL_UNTOLD);
    pal_free(r);
}
END_TEST

START_TEST(files_hold_what_was_found)
{
    pal_moments_config c = pal_moments_defaults();
    pal_realism *r;
    pal_table *t = NULL;
    pal_json_doc *doc = NULL;
    size_t column;
    char path[512];

    moment_room_draw(&real_room, 300, 1200, 12, 40, 4, 4, 3, 1);
    moment_room_draw(&simulated_room, 300, 1200, 12, 60, 4, 4, 3, 2);
    r = compare(&real_room, &simulated_room);
    ck_assert_int_eq(pal_realism_write(r, &c, PAL_AS_LIKED, 3, scratch_path("out"), NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/realism.csv", scratch_path("out"));
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_uint_eq(pal_table_rows(t), PAL_MOMENTS + PAL_SAMPLES);
    ck_assert_int_eq(pal_table_find(&column, t, "simulated", NULL), PAL_OK);
    ck_assert_double_eq(pal_table_number(t, PAL_MOMENT_LIKE_MEAN, column, NULL), r->moment[PAL_MOMENT_LIKE_MEAN].simulated.value);
    pal_table_free(t);
    snprintf(path, sizeof path, "%s/quantiles.csv", scratch_path("out"));
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_uint_eq(pal_table_rows(t), PAL_SAMPLES * PAL_REALISM_QUANTILES);
    pal_table_free(t);
    snprintf(path, sizeof path, "%s/manifest.json", scratch_path("out"));
    ck_assert_int_eq(pal_json_load(&doc, path, NULL), PAL_OK);
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "format")), "palate-realism/1");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_root(doc), "as")), "liked");
    ck_assert_str_eq(pal_json_string(pal_json_get(pal_json_get(pal_json_root(doc), "real"), "name")), "real, \"one\"");
    pal_json_free(doc);
    pal_free(r);
}
END_TEST

Suite *suite_lab_realism(void)
{
    Suite *s = suite_create("lab/realism");
    TCase *tc = tcase_create("realism");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, a_log_is_like_itself);
    tcase_add_test(tc, what_differs_is_apart_and_what_does_not_is_alike);
    tcase_add_test(tc, what_one_side_does_not_tell_has_no_verdict);
    tcase_add_test(tc, files_hold_what_was_found);
    suite_add_tcase(s, tc);
    return s;
}
