/* Logs for statistics: read, taken from runs, and played in memory. */
#include "lab/realism_log.h"

#include "core/file.h"
#include "core/npy.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_lab_realism_log(void);

static const char ratings[] = "userId,movieId,rating,timestamp\n"
                              "a,10,5,400\na,20,2,100\na,30,4,200\nb,10,3.5,50\nb,20,4,60\nc,30,1,9\n";
static const char movies[] = "movieId,title,genres\n10,Ten,Drama|War\n20,Twenty,Drama\n30,Thirty,(no genres listed)\n";

static pal_people_log *load(const char *path, const char *settings, pal_people_log_options how)
{
    pal_people_log *p = NULL;
    pal_json_doc *doc = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_json_parse(&doc, settings, strlen(settings), "--set", NULL), PAL_OK);
    ck_assert_msg(pal_people_log_load(&p, path, pal_json_root(doc), &how, &err) == PAL_OK, "%s", err.text);
    pal_json_free(doc);
    return p;
}

START_TEST(rows_stand_by_person_and_time)
{
    pal_people_log *p;

    scratch_text("movies.csv", movies);
    p = load(scratch_text("ratings.csv", ratings), "{}", pal_people_log_defaults());
    ck_assert_uint_eq(p->log.n_users, 3);
    ck_assert_uint_eq(p->log.n, 6);
    ck_assert_uint_eq(p->log.item[0], 1); /* a had 20 first */
    ck_assert_uint_eq(p->log.item[1], 2);
    ck_assert_uint_eq(p->log.item[2], 0);
    ck_assert_uint_eq(p->log.like[0], 0);
    ck_assert_uint_eq(p->log.like[1], 1);
    ck_assert_int_eq(p->log.time[2], 400);
    ck_assert_uint_eq(p->log.n_genres, 2);
    ck_assert_uint_eq(p->log.genre_begin[1] - p->log.genre_begin[0], 2);
    ck_assert_uint_eq(p->log.genre_begin[3] - p->log.genre_begin[2], 0);
    ck_assert_double_eq(p->session_gap, 1800);
    pal_people_log_free(p);
}
END_TEST

START_TEST(options_leave_out_people_and_likes)
{
    pal_people_log_options how = pal_people_log_defaults();
    pal_people_log *p;

    how.least = 2;
    how.like_at = 0;
    p = load(scratch_text("ratings.csv", ratings), "{}", how);
    ck_assert_uint_eq(p->log.n_users, 2);
    ck_assert_uint_eq(p->left_out, 1);
    ck_assert_uint_eq(p->log.n, 5);
    ck_assert_ptr_null(p->log.like);
    ck_assert_ptr_null(p->log.genre_begin);
    pal_people_log_free(p);
    p = load(scratch_text("ratings.csv", ratings), "{\"implicit\": true}", pal_people_log_defaults());
    ck_assert_ptr_null(p->log.like); /* one value tells no likes */
    pal_people_log_free(p);
}
END_TEST

START_TEST(repeats_are_counted_with_the_time_between)
{
    pal_people_log *p = load(scratch_text("plays.csv", "user,item,time\nu,x,100\nu,y,150\nu,x,400\nu,x,500\nv,y,7\n"), "{}",
                             pal_people_log_defaults());

    ck_assert_uint_eq(p->log.n, 3);
    ck_assert_uint_eq(p->repeats, 2);
    ck_assert_uint_eq(p->log.times[0], 3); /* x, at its first time */
    ck_assert_int_eq(p->log.time[0], 100);
    ck_assert_double_eq(p->log.gap[0], 200);
    ck_assert_uint_eq(p->log.times[1], 1);
    ck_assert(isnan(p->log.gap[1]));
    pal_people_log_free(p);
}
END_TEST

START_TEST(a_log_without_people_enough_is_told)
{
    pal_people_log_options how = pal_people_log_defaults();
    pal_people_log *p = NULL;
    pal_error err;

    how.least = 4;
    ck_assert_int_eq(pal_people_log_load(&p, scratch_text("ratings.csv", ratings), NULL, &how, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "ratings.csv: none of 3 people has 4 items or more");
    ck_assert_int_eq(pal_people_log_load(&p, scratch_path("nowhere.csv"), NULL, &how, &err), PAL_ERR_IO);
}
END_TEST

/* What a run wrote and what is played in memory are the same log. */
START_TEST(a_run_and_its_replay_tell_the_same)
{
    static const pal_override set[] = { { "output.events", "csv" } };
    pal_experiment *e = tiny_parse(set, 1);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "run", 2);
    pal_catalog *catalog = NULL;
    pal_lab_people *world = NULL;
    pal_people_log *written = NULL, *played = NULL;
    bool synthetic;
    pal_error err = { 0 };

    ck_assert_msg(pal_people_log_run(&written, dir, "prog", 0, (pal_taken_as)_i, 1, &err) == PAL_OK, "%s", err.text);
    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, e, NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&world, e, catalog, 0, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_people_log_play(&played, e, catalog, world, 2, (pal_taken_as)_i, 1, 3, NULL), PAL_OK);
    ck_assert_uint_eq(written->log.n, played->log.n);
    ck_assert_uint_eq(written->log.n_users, played->log.n_users);
    ck_assert_mem_eq(written->log.begin, played->log.begin, (written->log.n_users + 1) * sizeof *written->log.begin);
    ck_assert_mem_eq(written->log.item, played->log.item, written->log.n * sizeof *written->log.item);
    ck_assert_mem_eq(written->log.time, played->log.time, written->log.n * sizeof *written->log.time);
    ck_assert(_i != PAL_AS_LIKED || written->log.like == NULL);
    if (_i != PAL_AS_LIKED) ck_assert_mem_eq(written->log.like, played->log.like, written->log.n);
    for (size_t i = 1; i < written->log.n; i++) { /* clusters are numbered otherwise, but the same items share one */
        const size_t a = written->log.item[i - 1], b = written->log.item[i];

        ck_assert_int_eq(written->log.genre[written->log.genre_begin[a]] == written->log.genre[written->log.genre_begin[b]],
                         played->log.genre[a] == played->log.genre[b]);
    }
    pal_people_log_free(written);
    pal_people_log_free(played);
    pal_lab_people_free(world);
    pal_catalog_free(catalog);
    pal_experiment_free(e);
}
END_TEST

/* A run that keeps its events as columns is read as the same log as one that keeps them as lines. */
START_TEST(columns_and_lines_tell_the_same)
{
    static const pal_override set[2][1] = { { { "output.events", "csv" } }, { { "output.events", "npy" } } };
    pal_people_log *p[2] = { NULL, NULL };
    pal_error err = { 0 };

    for (size_t k = 0; k < 2; k++) {
        pal_experiment *e = tiny_parse(set[k], 1);
        pal_run_summary summary;
        const char *dir = tiny_run(&summary, e, "run", 2);

        ck_assert_msg(pal_people_log_run(&p[k], dir, "prog", 0, (pal_taken_as)_i, 1, &err) == PAL_OK, "%s", err.text);
        pal_experiment_free(e);
        scratch_end();
        scratch_begin();
    }
    ck_assert_uint_eq(p[0]->log.n, p[1]->log.n);
    ck_assert_uint_eq(p[0]->log.n_users, p[1]->log.n_users);
    ck_assert_mem_eq(p[0]->log.begin, p[1]->log.begin, (p[0]->log.n_users + 1) * sizeof *p[0]->log.begin);
    ck_assert_mem_eq(p[0]->log.item, p[1]->log.item, p[0]->log.n * sizeof *p[0]->log.item);
    ck_assert_mem_eq(p[0]->log.time, p[1]->log.time, p[0]->log.n * sizeof *p[0]->log.time);
    if (_i != PAL_AS_LIKED) ck_assert_mem_eq(p[0]->log.like, p[1]->log.like, p[0]->log.n);
    ck_assert_str_eq(p[0]->name, p[1]->name);
    ck_assert_uint_eq(strlen(p[1]->digest), 32);
    ck_assert_str_ne(p[0]->digest, p[1]->digest);
    pal_people_log_free(p[0]);
    pal_people_log_free(p[1]);
}
END_TEST

/* A column of n zeros. */
static void put_column(const char *name, pal_dtype type, uint64_t n)
{
    static const uint8_t zeros[64] = { 0 };
    pal_npy_writer *w = NULL;

    ck_assert_int_eq(pal_npy_open(&w, scratch_path(name), type, 1, n, NULL), PAL_OK);
    pal_npy_add(w, zeros, (size_t)n);
    ck_assert_int_eq(pal_npy_commit(&w, NULL, NULL), PAL_OK);
}

START_TEST(columns_that_do_not_belong_together_are_refused)
{
    static const char *const words[] = { "replicate", "user", "round", "item" };
    pal_people_log *p = NULL;
    pal_error err;

    ck_assert_int_eq(pal_dir_make(scratch_path("hand"), NULL), PAL_OK);
    ck_assert_int_eq(pal_dir_make(scratch_path("hand/events"), NULL), PAL_OK);
    scratch_text("hand/events/columns.json", "{\"arms\": []}");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), NULL, 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "columns.json: arms: must be a list of names");
    scratch_text("hand/events/columns.json", "{\"arms\": [\"a\", \"b\"]}");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), NULL, 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "several arms ('a', 'b' ...); --arm says which");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "c", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "has no arm 'c'");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "arm.npy");
    put_column("hand/events/arm.npy", PAL_U8, 3);
    put_column("hand/events/slot.npy", PAL_U8, 3);
    put_column("hand/events/flags.npy", PAL_U8, 3);
    for (size_t k = 0; k < 4; k++) {
        char name[40];

        snprintf(name, sizeof name, "hand/events/%s.npy", words[k]);
        put_column(name, PAL_U32, 3);
    }
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "events: no row of replicate 0 was clicked");
    put_column("hand/events/item.npy", PAL_U32, 2);
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "item.npy: found 2 rows, wanted 3 as in arm.npy");
    put_column("hand/events/item.npy", PAL_U8, 3);
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "item.npy: found 1 columns of 1 bytes a number, wanted 1 of 4");
}
END_TEST

START_TEST(runs_that_cannot_be_read_say_why)
{
    static const pal_override none[] = { { "output.events", "none" } };
    pal_experiment *e = tiny_parse(none, 1);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, "mute", 1);
    pal_people_log *p = NULL;
    pal_error err;

    ck_assert_int_eq(pal_people_log_run(&p, dir, NULL, 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_IO);
    ck_assert_has(err.text, "output.events=csv");
    pal_experiment_free(e);
    ck_assert_int_eq(pal_dir_make(scratch_path("hand"), NULL), PAL_OK);
    scratch_text("hand/events.csv", "arm,replicate,user,round,slot,item,clicked,liked\na,0,0,0,0,3,1,1\nb,0,0,0,0,3,1,1\n");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), NULL, 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "several arms ('a', 'b' ...); --arm says which");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "c", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "has no arm 'c'");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 1, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "no row of replicate 1 was clicked");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_EXAMINED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "has no column \"examined\"");
    scratch_text("hand/events.csv", "arm,replicate,user,round,slot,item,clicked,liked\na,0,-1,0,0,3,1,1\n");
    ck_assert_int_eq(pal_people_log_run(&p, scratch_path("hand"), "a", 0, PAL_AS_CLICKED, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "row 1 (line 2), user: found '-1'");
}
END_TEST

/* Published statistics of MovieLens 100K: LensKit's codex, and data_facts computed with other programs. */
START_TEST(movielens_has_its_published_statistics)
{
    const char *path = "../shared/data/ml-100k/u.data";
    static const struct {
        pal_moment moment;
        double value, slack;
    } published[] = { { PAL_MOMENT_ITEM_GINI, 0.629, 0.0006 }, { PAL_MOMENT_ITEM_TOP10, 0.427, 0.0006 },
                      { PAL_MOMENT_ITEM_TOP20, 0.646, 0.0006 }, { PAL_MOMENT_ACTIVITY_LOG_SD, 0.878, 0.0006 },
                      { PAL_MOMENT_ACTIVITY_GINI, 0.472, 0.0006 }, { PAL_MOMENT_LIKE_MEAN, 0.578, 0.0006 } };
    pal_people_log *p;
    pal_log_moments *m = NULL;
    pal_moments_config c = pal_moments_defaults();

    if (!pal_file_exists(path)) {
        printf("skipped: %s is not there\n", path);
        return;
    }
    p = load(path, "{}", pal_people_log_defaults());
    ck_assert_uint_eq(p->log.n_users, 943);
    ck_assert_uint_eq(p->log.n_genres, 18);
    c.resamples = 0;
    c.xmin = 229; /* where that fit began */
    c.session_gap = p->session_gap;
    ck_assert_int_eq(pal_log_moments_new(&m, &p->log, &c, NULL), PAL_OK);
    for (size_t k = 0; k < sizeof published / sizeof *published; k++) {
        ck_assert_double_eq_tol(m->at[published[k].moment].value, published[k].value, published[k].slack);
    }
    ck_assert_double_eq_tol(m->at[PAL_MOMENT_ITEM_EXPONENT].value, 4.48, 0.005);
    pal_log_moments_free(m);
    pal_people_log_free(p);
}
END_TEST

Suite *suite_lab_realism_log(void)
{
    Suite *s = suite_create("lab/realism_log");
    TCase *tc = tcase_create("realism_log");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, rows_stand_by_person_and_time);
    tcase_add_test(tc, options_leave_out_people_and_likes);
    tcase_add_test(tc, repeats_are_counted_with_the_time_between);
    tcase_add_test(tc, a_log_without_people_enough_is_told);
    tcase_add_loop_test(tc, a_run_and_its_replay_tell_the_same, 0, 3);
    tcase_add_loop_test(tc, columns_and_lines_tell_the_same, 0, 3);
    tcase_add_test(tc, columns_that_do_not_belong_together_are_refused);
    tcase_add_test(tc, runs_that_cannot_be_read_say_why);
    tcase_add_test(tc, movielens_has_its_published_statistics);
    suite_add_tcase(s, tc);
    return s;
}
