/* Statistics of a log: closed forms on small ones, what was drawn on large ones, and the same bytes at any thread count. */
#include "metrics/log_moments.h"

#include "metrics/diversity.h"
#include "tests/support/moment_log.h"
#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_metrics_log_moments(void);

static moment_room room, other;

static pal_log_moments *moments_of(const moment_room *r, size_t resamples, size_t n_threads)
{
    pal_moments_config c = pal_moments_defaults();
    pal_log_moments *m = NULL;
    pal_error err = { 0 };

    c.resamples = resamples;
    c.n_threads = n_threads;
    ck_assert_msg(pal_log_moments_new(&m, &r->log, &c, &err) == PAL_OK, "%s", err.text);
    return m;
}

static double value(const moment_room *r, pal_moment moment)
{
    pal_log_moments *m = moments_of(r, 0, 1);
    const double x = m->at[moment].value;

    pal_log_moments_free(m);
    return x;
}

/* Three people with 1, 2 and 4 items. */
static void three_people(void)
{
    moment_room_begin(&room, 8, 2);
    for (uint32_t u = 0; u < 3; u++) {
        moment_room_person(&room);
        for (uint32_t i = 0; i < 1u << u; i++) moment_room_row(&room, i, i % 2 == 0, 100000 * (int64_t)i);
    }
}

START_TEST(small_counts_have_their_closed_forms)
{
    const double mean = log(2.0), sd = log(2.0); /* 0, ln 2, 2 ln 2 */
    const uint32_t people[] = { 1, 2, 4 }, items[] = { 1, 1, 2, 3 };

    three_people();
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ACTIVITY_LOG_MEAN), mean, 1e-14);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ACTIVITY_LOG_SD), sd, 1e-14);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ACTIVITY_GINI), pal_gini_sorted(people, 3), 1e-14);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ITEM_GINI), pal_gini_sorted(items, 4), 1e-14);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ITEM_TOP10), 0.4 * 3 / 7, 1e-14); /* 0.4 of the first item */
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ITEM_TOP20), 0.8 * 3 / 7, 1e-14);
}
END_TEST

/* numpy.log([1, 1, 2, 3]).std(ddof=1) */
START_TEST(the_spread_of_items_is_that_of_numpy)
{
    three_people();
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_ITEM_LOG_SD), 0.5430781023753039, 1e-14);
}
END_TEST

START_TEST(what_a_log_does_not_tell_is_not_a_number)
{
    pal_log_moments *m;

    three_people();
    room.log.like = NULL;
    room.log.time = NULL;
    room.log.times = NULL;
    room.log.genre_begin = NULL;
    m = moments_of(&room, 20, 1);
    for (size_t k = PAL_MOMENT_GENRES_EFFECTIVE; k < PAL_MOMENTS; k++) {
        ck_assert_msg(isnan(m->at[k].value) && isnan(m->at[k].se), "%s is %g", pal_moment_table[k].name, m->at[k].value);
    }
    for (size_t k = 0; k <= PAL_MOMENT_ITEM_LOG_SD; k++) ck_assert(isfinite(m->at[k].value));
    pal_log_moments_free(m);
}
END_TEST

/* A Dirichlet precision of A makes two rows of a person correlate by 1 / (1 + A), whatever their number. */
START_TEST(cohesion_gives_the_dirichlet_precision_back)
{
    const double precision = 7.25, want = 1 / (1 + precision);
    pal_log_moments *m;

    moment_room_draw(&room, 1500, 3600, 12, _i == 0 ? 6.0 : 40.0, precision, 4, 3, 11 + (uint64_t)_i);
    m = moments_of(&room, 100, 2);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_GENRE_COHESION].value, want, 4 * m->at[PAL_MOMENT_GENRE_COHESION].se);
    ck_assert_double_lt(m->at[PAL_MOMENT_GENRE_COHESION].se, 0.01);
    pal_log_moments_free(m);
}
END_TEST

/* Beta(4.1, 3): sd 0.1733. The plain sd over people would hold the luck of few answers too. */
START_TEST(like_spread_gives_the_beta_back)
{
    double a, b;
    pal_log_moments *m;

    moment_room_draw(&room, 3000, 3600, 12, 12, 20, 4.1, 3, 5 + (uint64_t)_i);
    m = moments_of(&room, 100, 2);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_LIKE_MEAN].value, 4.1 / 7.1, 4 * m->at[PAL_MOMENT_LIKE_MEAN].se);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_LIKE_SPREAD].value, 0.17334, 4 * m->at[PAL_MOMENT_LIKE_SPREAD].se);
    pal_beta_of(&a, &b, m->at[PAL_MOMENT_LIKE_MEAN].value, m->at[PAL_MOMENT_LIKE_SPREAD].value);
    ck_assert_double_eq_tol(a / b, 4.1 / 3, 0.1);
    ck_assert_double_eq_tol(a + b, 7.1, 1.5);
    pal_log_moments_free(m);
}
END_TEST

START_TEST(a_beta_needs_a_spread_below_its_bound)
{
    double a, b;

    pal_beta_of(&a, &b, 0.5, 0.1);
    ck_assert_double_eq_tol(a, 12, 1e-12);
    ck_assert_double_eq_tol(b, 12, 1e-12);
    pal_beta_of(&a, &b, 0.5, 0.6);
    ck_assert_double_nan(a);
}
END_TEST

START_TEST(people_without_taste_are_as_broad_as_everybody)
{
    moment_room_draw(&room, 800, 3600, 12, 60, 1e6, 4, 3, 3);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_GENRES_RELATIVE), 1, 0.02);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_OWN_LIFT), 1, 0.02);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_GENRE_COHESION), 0, 0.002);
    moment_room_draw(&room, 800, 3600, 12, 60, 1, 4, 3, 3);
    ck_assert_double_lt(value(&room, PAL_MOMENT_GENRES_RELATIVE), 0.6);
    ck_assert_double_gt(value(&room, PAL_MOMENT_OWN_LIFT), 2);
}
END_TEST

/* The same people, with histories four times as long. */
START_TEST(breadth_does_not_grow_with_activity)
{
    double few, many;

    moment_room_draw(&room, 1500, 3600, 12, 30, 4, 4, 3, 3);
    few = value(&room, PAL_MOMENT_GENRES_EFFECTIVE);
    moment_room_draw(&room, 1500, 3600, 12, 120, 4, 4, 3, 3);
    many = value(&room, PAL_MOMENT_GENRES_EFFECTIVE);
    ck_assert_double_eq_tol(few, many, 0.15);
}
END_TEST

/* One genre a person, all of them the same number: two genres at most a person can have in three rows. */
START_TEST(one_genre_is_one_effective_genre)
{
    moment_room_begin(&room, 400, 4);
    for (uint32_t u = 0; u < 8; u++) {
        moment_room_person(&room);
        for (uint32_t i = 0; i < 40; i++) moment_room_row(&room, u % 4 + 4 * i, 1, i);
    }
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_GENRES_EFFECTIVE), 1, 1e-12);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_GENRE_TOP1), 1, 1e-12);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_OWN_LIFT), 4.0 / 3, 0.05); /* one of four, ties fill the rest */
}
END_TEST

START_TEST(drift_is_seen_and_its_absence_too)
{
    moment_room_draw(&room, 400, 3600, 12, 60, 4, 4, 3, 3);
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_DRIFT), 0, 0.01);
    moment_room_begin(&room, 400, 4);
    for (uint32_t u = 0; u < 50; u++) { /* from one genre to the next, half-way */
        moment_room_person(&room);
        for (uint32_t i = 0; i < 40; i++) moment_room_row(&room, (i < 20 ? 0 : 1) + 4 * i, 1, i);
    }
    ck_assert_double_gt(value(&room, PAL_MOMENT_DRIFT), 0.7);
}
END_TEST

START_TEST(sessions_end_where_the_gap_is_long)
{
    pal_log_moments *m;

    moment_room_begin(&room, 20, 0);
    moment_room_person(&room);
    for (uint32_t i = 0; i < 4; i++) moment_room_row(&room, i, 0, 600 * (int64_t)i);
    for (uint32_t i = 4; i < 6; i++) moment_room_row(&room, i, 0, 100000 + 1800 * (int64_t)i); /* half an hour is no end */
    moment_room_row(&room, 6, 0, 100000 + 1800 * 5 + 1801);
    m = moments_of(&room, 0, 1);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_SESSIONS_LOG_MEAN].value, log(3.0), 1e-14);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_SESSION_LOG_ITEMS].value, log(7.0 / 3), 1e-14);
    ck_assert_uint_eq(m->n_sample[PAL_SAMPLE_SESSION], 3);
    ck_assert_double_eq(m->sample[PAL_SAMPLE_SESSION][2], 4);
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_RETURN_LOG_SD].value, fabs(log(107200.0) - log(3601.0)) / sqrt(2.0), 1e-12);
    pal_log_moments_free(m);
}
END_TEST

START_TEST(repeats_are_counted_with_their_gaps)
{
    three_people();
    room.times[6] = 3; /* 7 rows become 9 interactions */
    room.gap[6] = 250;
    ck_assert_double_eq_tol(value(&room, PAL_MOMENT_REPEAT_RATE), 2.0 / 9, 1e-14);
    ck_assert_double_eq(value(&room, PAL_MOMENT_REPEAT_GAP), 250);
}
END_TEST

START_TEST(popular_items_that_are_liked_correlate)
{
    moment_room_begin(&room, 100, 0);
    for (uint32_t u = 0; u < 300; u++) { /* item i is had by 3 i people, and liked by a share of i / 100 */
        moment_room_person(&room);
        for (uint32_t i = u / 3 + 1; i < 100; i++) moment_room_row(&room, i, (u * 7919 + i * 104729) % 100 < i, 0);
    }
    ck_assert_double_gt(value(&room, PAL_MOMENT_POPULARITY_LIKE), 0.85);
    for (size_t i = 0; i < room.log.n; i++) room.like[i] = !room.like[i];
    ck_assert_double_lt(value(&room, PAL_MOMENT_POPULARITY_LIKE), -0.85);
}
END_TEST

START_TEST(errors_of_means_are_those_of_the_textbook)
{
    pal_log_moments *m;
    const pal_interval *mean;
    double sd;

    moment_room_draw(&room, 600, 3600, 12, 30, 4, 4, 3, 9);
    m = moments_of(&room, 400, 2);
    mean = &m->at[PAL_MOMENT_ACTIVITY_LOG_MEAN];
    sd = m->at[PAL_MOMENT_ACTIVITY_LOG_SD].value;
    ck_assert_double_eq_tol(mean->se, sd / sqrt(600.0), 0.15 * sd / sqrt(600.0));
    for (size_t k = 0; k < PAL_MOMENTS; k++) {
        if (isnan(m->at[k].value)) continue;
        ck_assert_msg(m->at[k].lo <= m->at[k].value + 1e-12 && m->at[k].hi >= m->at[k].value - 1e-12, "%s outside its interval",
                      pal_moment_table[k].name);
    }
    pal_log_moments_free(m);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    pal_log_moments *one, *seven;

    moment_room_draw(&room, 300, 3600, 12, 40, 4, 4, 3, 9);
    one = moments_of(&room, 30, 1);
    seven = moments_of(&room, 30, 7);
    for (size_t i = 0; i < 30 * PAL_MOMENTS; i++) {
        ck_assert(memcmp(&one->draw[i], &seven->draw[i], sizeof(double)) == 0 || (isnan(one->draw[i]) && isnan(seven->draw[i])));
    }
    for (size_t k = 0; k < PAL_MOMENTS; k++) {
        ck_assert(memcmp(&one->at[k].value, &seven->at[k].value, sizeof(double)) == 0 || isnan(one->at[k].value));
    }
    pal_log_moments_free(one);
    pal_log_moments_free(seven);
}
END_TEST

/* Names of items and genres are numbers only: any other numbering says the same of people. */
START_TEST(other_numbers_of_items_change_nothing)
{
    static const pal_moment told[] = { PAL_MOMENT_ACTIVITY_LOG_SD, PAL_MOMENT_ITEM_GINI, PAL_MOMENT_GENRE_COHESION,
                                       PAL_MOMENT_GENRES_EFFECTIVE, PAL_MOMENT_LIKE_SPREAD, PAL_MOMENT_ITEM_LIKE_SPREAD };

    moment_room_draw(&room, 300, 1200, 12, 40, 4, 4, 3, (uint64_t)_i);
    moment_room_begin(&other, 1200, 12);
    for (size_t i = 0; i < 1200; i++) other.genre[1199 - i] = 11 - room.genre[i];
    for (size_t u = 0; u < 300; u++) {
        moment_room_person(&other);
        for (size_t i = room.begin[u]; i < room.begin[u + 1]; i++) moment_room_row(&other, 1199 - room.item[i], room.like[i], room.time[i]);
    }
    for (size_t k = 0; k < sizeof told / sizeof *told; k++) {
        ck_assert_double_eq_tol(value(&room, told[k]), value(&other, told[k]), 1e-9);
    }
}
END_TEST

START_TEST(bad_logs_and_settings_are_named)
{
    pal_moments_config c = pal_moments_defaults();
    pal_log_moments *m = NULL;
    pal_error err;

    three_people();
    room.item[5] = 8;
    ck_assert_int_eq(pal_log_moments_new(&m, &room.log, &c, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 5");
    three_people();
    room.genre[3] = 2;
    ck_assert_int_eq(pal_log_moments_new(&m, &room.log, &c, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "genre 2");
    three_people();
    c.sample = 1;
    ck_assert_int_eq(pal_log_moments_new(&m, &room.log, &c, &err), PAL_ERR_SHAPE);
    moment_room_begin(&room, 8, 2);
    c.sample = 2;
    ck_assert_int_eq(pal_log_moments_new(&m, &room.log, &c, &err), PAL_ERR_SHAPE);
    ck_assert_has(err.text, "without people");
    ck_assert_ptr_null(m);
}
END_TEST

START_TEST(names_are_found_and_near_ones_told)
{
    size_t k;
    pal_error err;

    ck_assert_int_eq(pal_moment_find(&k, "like_spread", &err), PAL_OK);
    ck_assert_uint_eq(k, PAL_MOMENT_LIKE_SPREAD);
    ck_assert_int_eq(pal_moment_find(&k, "like_sprad", &err), PAL_ERR_USAGE);
    ck_assert_has(err.text, "like_spread");
}
END_TEST

Suite *suite_metrics_log_moments(void)
{
    Suite *s = suite_create("metrics/log_moments");
    TCase *tc = tcase_create("log_moments");

    tcase_add_test(tc, small_counts_have_their_closed_forms);
    tcase_add_test(tc, the_spread_of_items_is_that_of_numpy);
    tcase_add_test(tc, what_a_log_does_not_tell_is_not_a_number);
    tcase_add_loop_test(tc, cohesion_gives_the_dirichlet_precision_back, 0, 2);
    tcase_add_loop_test(tc, like_spread_gives_the_beta_back, 0, 3);
    tcase_add_test(tc, a_beta_needs_a_spread_below_its_bound);
    tcase_add_test(tc, people_without_taste_are_as_broad_as_everybody);
    tcase_add_test(tc, breadth_does_not_grow_with_activity);
    tcase_add_test(tc, one_genre_is_one_effective_genre);
    tcase_add_test(tc, drift_is_seen_and_its_absence_too);
    tcase_add_test(tc, sessions_end_where_the_gap_is_long);
    tcase_add_test(tc, repeats_are_counted_with_their_gaps);
    tcase_add_test(tc, popular_items_that_are_liked_correlate);
    tcase_add_test(tc, errors_of_means_are_those_of_the_textbook);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_loop_test(tc, other_numbers_of_items_change_nothing, 0, 3);
    tcase_add_test(tc, bad_logs_and_settings_are_named);
    tcase_add_test(tc, names_are_found_and_near_ones_told);
    suite_add_tcase(s, tc);
    return s;
}
