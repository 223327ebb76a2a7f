/* Stopped anywhere and gone on with, a run gives the bytes of one that was never stopped. */
#include "lab/checkpoint.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "lab/asked.h"
#include "lab/world.h"
#include "tests/support/scratch.h"
#include "tests/support/stopped_run.h"
#include "tests/support/tiny_run.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

Suite *suite_lab_checkpoint(void);

static const char *in(char out[600], const char *dir, const char *name)
{
    snprintf(out, 600, "%s%s", dir, name);
    return out;
}

static size_t rounds_of(const pal_experiment *e)
{
    return e->n_arms * e->n_replicates * e->n_rounds;
}

/* The digest, and that nothing stands there that does not stand in a run without checkpoints. */
static void check_same(const pal_run_summary *found, const char *dir, const pal_run_summary *wanted, const char *whole,
                       const char *what, size_t r)
{
    char path[600], other[600];

    ck_assert_msg(strcmp(found->digest, wanted->digest) == 0, "%s, stopped at round %zu: digest %s, wanted %s", what, r,
                  found->digest, wanted->digest);
    ck_assert_uint_eq(found->impressions, wanted->impressions);
    ck_assert_uint_eq(scratch_count(dir), scratch_count(whole));
    if (pal_file_exists(in(path, whole, "/events"))) {
        ck_assert_uint_eq(scratch_count(in(other, dir, "/events")), scratch_count(path));
    }
    ck_assert(!pal_file_exists(in(path, dir, ".part")));
}

START_TEST(stopped_after_any_round_the_bytes_are_the_same)
{
    const stopped_case *c = &stopped_cases[_i];
    pal_experiment *e = stopped_parse(c);
    pal_run_summary whole, summary;
    char path[600], name[16];
    const char *uncut = tiny_run(&whole, e, "whole", 1), *cut;

    for (size_t r = 1; r < rounds_of(e); r++) {
        snprintf(name, sizeof name, "cut%d", _i);
        cut = scratch_path(name);
        stopped_forget();
        ck_assert_int_eq(stopped_play(&summary, e, cut, r, 1 + r % 2), PAL_ERR_STOPPED);
        ck_assert(pal_file_exists(cut) == (r > 1)); /* the one finished the time before */
        ck_assert(pal_file_exists(in(path, cut, ".part/checkpoint/state.part")));
        ck_assert_int_eq(stopped_play(&summary, e, cut, 0, 2 + r % 3), PAL_OK);
        ck_assert_has(stopped_said, "going on from round ");
        check_same(&summary, cut, &whole, uncut, c->name, r);
    }
    pal_experiment_free(e);
}
END_TEST

START_TEST(stopped_again_and_again_the_bytes_are_the_same)
{
    const stopped_case *c = &stopped_cases[_i];
    pal_experiment *e = stopped_parse(c);
    pal_run_summary whole, summary;
    const char *uncut = tiny_run(&whole, e, "whole", 2), *cut = scratch_path("cut");
    size_t stops = 0;

    while (stopped_play(&summary, e, cut, 3, 1 + stops % 3) == PAL_ERR_STOPPED) stops++;
    ck_assert_uint_eq(stops, (rounds_of(e) - 1) / 3);
    check_same(&summary, cut, &whole, uncut, c->name, 3);
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_checkpoint_before_every_round_changes_nothing)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    const pal_run_options options = { 2, scratch_path("kept") };
    const pal_run_keeping keeping = { .every_s = 0 };
    pal_run_summary whole, summary;
    const char *uncut = tiny_run(&whole, e, "whole", 1);

    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, NULL), PAL_OK);
    ck_assert_uint_eq(summary.n_checkpoints, rounds_of(e) - 1);
    check_same(&summary, options.out_dir, &whole, uncut, "every round", 0);
    pal_experiment_free(e);
}
END_TEST

START_TEST(it_says_where_it_goes_on)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]); /* 3 rounds, 2 replicates */
    pal_run_summary summary;
    const char *dir = scratch_path("said");

    stopped_forget();
    ck_assert_int_eq(stopped_play(&summary, e, dir, 4, 1), PAL_ERR_STOPPED);
    ck_assert_str_eq(stopped_said, "");
    ck_assert_int_eq(stopped_play(&summary, e, dir, 3, 1), PAL_ERR_STOPPED);
    ck_assert_str_eq(stopped_said, "going on from round 1 of arm prog (replicate 1)\n");
    stopped_forget();
    ck_assert_int_eq(stopped_play(&summary, e, dir, 0, 1), PAL_OK);
    ck_assert_str_eq(stopped_said, "going on from round 1 of arm pop (replicate 0)\n");
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_request_to_stop_keeps_a_checkpoint_and_tells_it)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    pal_run_summary summary;
    const pal_run_options options = { 1, scratch_path("asked") };
    const pal_run_keeping keeping = { .every_s = 1e9 };
    pal_error err = { PAL_OK, "" };
    char path[600];

    pal_stop_request(); /* before anything was played: nothing to keep */
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, &err), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert(!pal_file_exists(in(path, options.out_dir, ".part")));
    ck_assert_int_eq(stopped_play(&summary, e, options.out_dir, 4, 1), PAL_ERR_STOPPED);
    pal_stop_request(); /* at once after going on: what was there stays */
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, &err), PAL_ERR_STOPPED);
    pal_stop_reset();
    ck_assert_has(err.text, "interrupted before round 1 of arm prog (replicate 1)");
    ck_assert_has(err.text, "goes on from there");
    ck_assert(pal_file_exists(in(path, options.out_dir, ".part/checkpoint/state.part")));
    pal_experiment_free(e);
}
END_TEST

/* What stands in the way of summary.json, which is written after the log: a folder that no cleaning removes. */
START_TEST(a_run_that_fails_while_writing_goes_on)
{
    const stopped_case *c = &stopped_cases[_i];
    pal_experiment *e = stopped_parse(c);
    const pal_run_options options = { 2, scratch_path("writing") };
    const pal_run_keeping keeping = { .every_s = 0 };
    pal_run_summary whole, summary;
    pal_error err = { PAL_OK, "" };
    const char *uncut = tiny_run(&whole, e, "whole", 1);
    char path[600];

    ck_assert_int_eq(stopped_play(&summary, e, options.out_dir, rounds_of(e) - 2, 1), PAL_ERR_STOPPED);
    ck_assert_int_eq(pal_dir_make(in(path, options.out_dir, ".part/summary.json"), NULL), PAL_OK);
    scratch_text("writing.part/summary.json/in-the-way.part", "");
    for (int i = 0; i < 2; i++) {
        ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, &err), PAL_ERR_IO);
        ck_assert_has(err.text, "summary.json");
        ck_assert(pal_file_exists(in(path, options.out_dir, ".part/rounds.csv")));
    }
    pal_dir_remove(in(path, options.out_dir, ".part/summary.json"));
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, &err), PAL_OK);
    check_same(&summary, options.out_dir, &whole, uncut, c->name, rounds_of(e) - 2);
    pal_experiment_free(e);
}
END_TEST

/* The n-th allocation of going on fails, for many n: the checkpoint stays, and the end is the same. */
START_TEST(without_memory_the_checkpoint_stays)
{
    const stopped_case *c = &stopped_cases[_i];
    pal_experiment *e = stopped_parse(c);
    const pal_run_options options = { 1, scratch_path("memory") };
    const pal_run_keeping keeping = { .every_s = 0, .stop_after = 1 };
    pal_run_summary whole, summary;
    pal_error err = { PAL_OK, "" };
    const char *uncut = tiny_run(&whole, e, "whole", 1);
    size_t failed = 0;
    char path[600];

    ck_assert_int_eq(stopped_play(&summary, e, options.out_dir, 8, 1), PAL_ERR_STOPPED);
    for (size_t n = 1;; n += 1 + n / 6) {
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_run_resumable(&summary, e, &options, &keeping, &err);
        if (pal_mem_count() < n) {
            pal_mem_fail_at(0);
            break;
        }
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY || rc == PAL_ERR_STOPPED, "allocation %zu: %s: %s", n, pal_status_name(rc), err.text);
        failed += rc == PAL_ERR_MEMORY;
        ck_assert(pal_file_exists(in(path, options.out_dir, ".part/checkpoint/state.part")));
    }
    ck_assert_uint_gt(failed, 20);
    stopped_forget();
    if (pal_file_exists(in(path, options.out_dir, ".part"))) {
        ck_assert_int_eq(stopped_play(&summary, e, options.out_dir, 0, 1), PAL_OK);
        ck_assert_has(stopped_said, "going on from round ");
    }
    check_same(&summary, options.out_dir, &whole, uncut, c->name, 0);
    pal_experiment_free(e);
}
END_TEST

/* ---- checkpoints that are not used ---- */

/* Stop in the third arm, spoil something, and finish: the bytes are right, and `said` was told. */
static void finish_spoiled(const char *dir, const char *said)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    pal_run_summary whole, summary;
    const char *uncut = tiny_run(&whole, e, "whole", 1);

    stopped_forget();
    ck_assert_int_eq(stopped_play(&summary, e, dir, 0, 2), PAL_OK);
    ck_assert_has(stopped_said, "the checkpoint is not used: ");
    ck_assert_has(stopped_said, said);
    ck_assert_has(stopped_said, "; starting anew\n");
    check_same(&summary, dir, &whole, uncut, said, 0);
    pal_experiment_free(e);
}

static void stop_in_the_third_arm(const char *dir)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    pal_run_summary summary;

    ck_assert_int_eq(stopped_play(&summary, e, dir, 14, 1), PAL_ERR_STOPPED);
    pal_experiment_free(e);
}

static const char *const spoilt[] = { ".part/checkpoint/state.part", ".part/checkpoint/arm-1.part",
                                      ".part/checkpoint/focus-0.part", ".part/events.csv.part", ".part/states.csv.part" };

/* Cut to `n` bytes (SIZE_MAX: removed), or with one bit changed. */
static void spoil(const char *path, size_t n, size_t bit)
{
    char *bytes = NULL;
    size_t size = 0;
    FILE *f;

    ck_assert_int_eq(pal_file_read(&bytes, &size, path, NULL), PAL_OK);
    ck_assert_int_eq(remove(path), 0);
    if (n != SIZE_MAX) {
        f = fopen(path, "wb");
        ck_assert_ptr_nonnull(f);
        if (bit < 8 * size) bytes[bit / 8] = (char)(bytes[bit / 8] ^ (1 << bit % 8));
        ck_assert_uint_eq(fwrite(bytes, 1, n < size ? n : size, f), n < size ? n : size);
        fclose(f);
    }
    pal_free(bytes);
}

START_TEST(a_damaged_checkpoint_is_named_and_the_run_begins_anew)
{
    const char *dir = scratch_path("spoilt"), *name = spoilt[_i / 3];
    char path[600];

    stop_in_the_third_arm(dir);
    in(path, dir, name);
    if (_i % 3 == 0) spoil(path, SIZE_MAX - 1, 8 * 600 + 3); /* one bit */
    else if (_i % 3 == 1) spoil(path, 1000, SIZE_MAX);
    else if (_i / 3 > 0) spoil(path, SIZE_MAX, 0); /* gone */
    else spoil(path, 0, SIZE_MAX);                 /* without a state there would be no checkpoint: empty */
    finish_spoiled(dir, strrchr(name, '/') + 1);
}
END_TEST

/* A state that another program or experiment wrote; the checksum is right. */
static void rewrite(const char *path, const char *key, const char *value)
{
    pal_tensors *file = NULL;
    char *bytes = NULL, *at;
    size_t n = 0;
    FILE *f;

    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    for (at = bytes; at < bytes + n && memcmp(at, key, strlen(key)) != 0;) at++;
    ck_assert(at < bytes + n);
    at += strlen(key) + 3; /* ":" and quotes */
    memcpy(at, value, strlen(value));
    f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    ck_assert_uint_eq(fwrite(bytes, 1, n, f), n);
    fclose(f);
    ck_assert_int_eq(pal_tensors_load(&file, path, NULL), PAL_OK);
    pal_tensors_free(file);
    pal_free(bytes);
}

START_TEST(a_checkpoint_of_another_run_is_not_used)
{
    static const char *const other[][3] = {
        { "\"checkpoint\"", "0", "another format" }, { "\"version\"", "9", "another version" },
        { "\"program\"", "xxxx", "another build" }, { "\"experiment\"", "xxxx", "another experiment" },
        { "\"catalog\"", "xxxx", "other catalog data" },
    };
    const char *dir = scratch_path("other");
    char path[600];

    stop_in_the_third_arm(dir);
    rewrite(in(path, dir, ".part/checkpoint/state.part"), other[_i][0], other[_i][1]);
    finish_spoiled(dir, other[_i][2]);
}
END_TEST

START_TEST(another_experiment_begins_anew_in_the_same_place)
{
    const char *dir = scratch_path("place");
    pal_experiment *e = stopped_parse(&stopped_cases[4]);
    pal_run_summary whole, summary;
    const char *uncut = tiny_run(&whole, e, "whole", 1);

    stop_in_the_third_arm(dir);
    stopped_forget();
    ck_assert_int_eq(stopped_play(&summary, e, dir, 0, 2), PAL_OK);
    ck_assert_has(stopped_said, "state.part: is of another experiment; starting anew");
    check_same(&summary, dir, &whole, uncut, "another", 0);
    pal_experiment_free(e);
}
END_TEST

START_TEST(fresh_begins_anew_without_a_word)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    const pal_run_options options = { 1, scratch_path("fresh") };
    const pal_run_keeping keeping = { .every_s = 1e9, .fresh = true, .stop_after = 2 };
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };

    stop_in_the_third_arm(options.out_dir);
    stopped_forget();
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, &err), PAL_ERR_STOPPED);
    ck_assert_has(err.text, "before round 2 of arm prog (replicate 0)");
    ck_assert_str_eq(stopped_said, "");
    pal_experiment_free(e);
}
END_TEST

/* Wishes of people who stay away are asked about by the probe only: told apart here. */
START_TEST(wishes_come_back)
{
    const pal_override two[] = { { "catalog", "{\"types\": \"movie,music\", \"items\": 90}" } };
    pal_experiment *e = tiny_parse(two, 1);
    pal_catalog *catalog = NULL;
    pal_history *history = NULL;
    pal_asked *from = NULL, *to = NULL;
    pal_tensors *file = NULL;
    pal_error err = { PAL_OK, "" };
    bool synthetic;

    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, e, NULL), PAL_OK);
    ck_assert_int_eq(pal_history_new(&history, 3, catalog->n_items, 4, NULL), PAL_OK);
    ck_assert_int_eq(pal_asked_new(&from, catalog, history, NULL), PAL_OK);
    ck_assert_int_eq(pal_asked_new(&to, catalog, history, NULL), PAL_OK);
    for (size_t u = 0; u < 3; u++) from->type[u] = u % 2;
    for (size_t w = 0; w < 3 * from->words; w++) from->seen[w] = w + 7;
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_asked_save(from, file, NULL), PAL_OK);
    ck_assert_int_eq(pal_asked_restore(to, file, &err), PAL_OK);
    ck_assert_mem_eq(to->type, from->type, 3);
    ck_assert_mem_eq(to->seen, from->seen, 3 * from->words * sizeof *from->seen);
    to->n_types = 1;
    ck_assert_int_eq(pal_asked_restore(to, file, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "array \"asked.type\": person 1 asks for type 1 of 1");
    pal_tensors_free(file);
    pal_asked_free(from);
    pal_asked_free(to);
    pal_history_free(history);
    pal_catalog_free(catalog);
    pal_experiment_free(e);
}
END_TEST

/* ---- more than one process ---- */

START_TEST(two_processes_do_not_build_the_same_directory)
{
    pal_experiment *e = stopped_parse(&stopped_cases[0]);
    const pal_run_options options = { 1, scratch_path("both") };
    const pal_run_keeping keeping = { .every_s = 0 };
    pal_outdir *mine = NULL;
    pal_run_summary summary;
    pal_error err = { PAL_OK, "" };
    int status = 0;
    pid_t child;

    ck_assert_int_eq(pal_outdir_open_kept(&mine, options.out_dir, NULL), PAL_OK);
    child = fork();
    if (child == 0) {
        pal_status rc = pal_run_resumable(&summary, e, &options, &keeping, &err);

        _exit(rc == PAL_ERR_IO && strstr(err.text, "both.part: another process is at work there") != NULL ? 0 : 1);
    }
    ck_assert(child > 0 && waitpid(child, &status, 0) == child);
    ck_assert(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    pal_outdir_abort(&mine);
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, NULL), PAL_OK);
    pal_experiment_free(e);
}
END_TEST

START_TEST(a_killed_run_goes_on)
{
    const stopped_case *c = &stopped_cases[_i];
    pal_experiment *e = stopped_parse(c);
    const pal_run_options options = { 1, scratch_path("killed") };
    const pal_run_keeping keeping = { .every_s = 0 };
    pal_run_summary whole, summary;
    const char *uncut = tiny_run(&whole, e, "whole", 1);

    for (int kills = 0; kills < 6; kills++) { /* each a little later, wherever that is */
        int status = 0;
        pid_t child = fork();

        if (child == 0) _exit(pal_run_resumable(&summary, e, &options, &keeping, NULL) == PAL_OK ? 0 : 1);
        ck_assert(child > 0);
        nanosleep(&(struct timespec){ .tv_nsec = 20000000 + 15000000L * kills }, NULL);
        kill(child, SIGKILL);
        ck_assert(waitpid(child, &status, 0) == child);
        ck_assert(WIFSIGNALED(status) || WEXITSTATUS(status) == 0);
    }
    ck_assert_int_eq(pal_run_resumable(&summary, e, &options, &keeping, NULL), PAL_OK);
    check_same(&summary, options.out_dir, &whole, uncut, c->name, 0);
    pal_experiment_free(e);
}
END_TEST

Suite *suite_lab_checkpoint(void)
{
    Suite *s = suite_create("lab/checkpoint");
    TCase *tc = tcase_create("one process"), *more = tcase_create("more processes");

    tcase_set_timeout(tc, 240);
    tcase_add_unchecked_fixture(tc, stopped_begin, scratch_end);
    tcase_add_loop_test(tc, stopped_after_any_round_the_bytes_are_the_same, 0, STOPPED_CASES);
    tcase_add_loop_test(tc, stopped_again_and_again_the_bytes_are_the_same, 0, STOPPED_CASES);
    tcase_add_test(tc, a_checkpoint_before_every_round_changes_nothing);
    tcase_add_test(tc, it_says_where_it_goes_on);
    tcase_add_test(tc, a_request_to_stop_keeps_a_checkpoint_and_tells_it);
    tcase_add_loop_test(tc, a_run_that_fails_while_writing_goes_on, 0, 2);
    tcase_add_loop_test(tc, without_memory_the_checkpoint_stays, 0, 2);
    tcase_add_loop_test(tc, a_damaged_checkpoint_is_named_and_the_run_begins_anew, 0, 15);
    tcase_add_loop_test(tc, a_checkpoint_of_another_run_is_not_used, 0, 5);
    tcase_add_test(tc, another_experiment_begins_anew_in_the_same_place);
    tcase_add_test(tc, fresh_begins_anew_without_a_word);
    tcase_add_test(tc, wishes_come_back);
    tcase_set_timeout(more, 120);
    tcase_set_tags(more, "fork");
    tcase_add_unchecked_fixture(more, stopped_begin, scratch_end);
    tcase_add_test(more, two_processes_do_not_build_the_same_directory);
    tcase_add_loop_test(more, a_killed_run_goes_on, 0, 2);
    suite_add_tcase(s, tc);
    suite_add_tcase(s, more);
    return s;
}
