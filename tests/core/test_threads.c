/* Threads: every row once, and results that do not know how many threads there were. */
#include "core/threads.h"

#include "core/mem.h"

#include <check.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

Suite *suite_core_threads(void);

typedef struct work {
    size_t n, block, n_threads;
    unsigned char seen[5000];
    double partial[5000];
    atomic_size_t calls;
    atomic_bool bad;
} work;

static pal_status mark_rows(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                            pal_error *err)
{
    work *w = ctx;

    (void)err;
    atomic_fetch_add(&w->calls, 1);
    if (begin != block * w->block || begin >= end || end > w->n || end - begin > w->block ||
        worker >= w->n_threads) {
        atomic_store(&w->bad, true);
        return PAL_OK;
    }
    for (size_t i = begin; i < end; i++) {
        w->seen[i]++;
        w->partial[block] += 1.0 / (double)(i + 1);
    }
    return PAL_OK;
}

START_TEST(each_row_is_worked_on_once)
{
    static const size_t sizes[] = { 0, 1, 2, 63, 64, 65, 999, 5000 };
    static work w;

    for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
        for (size_t block = 1; block <= 5001; block = block * 3 + 1) {
            for (size_t n_threads = 1; n_threads <= 9; n_threads += 4) {
                memset(&w, 0, sizeof w);
                w.n = sizes[s];
                w.block = block;
                w.n_threads = n_threads;
                ck_assert_int_eq(pal_parallel_for(w.n, block, n_threads, mark_rows, &w, NULL), PAL_OK);
                ck_assert(!w.bad);
                ck_assert_uint_eq(w.calls, pal_blocks(w.n, block));
                for (size_t i = 0; i < w.n; i++) {
                    ck_assert_uint_eq(w.seen[i], 1);
                }
            }
        }
    }
}
END_TEST

START_TEST(sums_merged_in_block_order_do_not_depend_on_threads)
{
    static work w;
    double first = 0.0;

    for (size_t n_threads = 1; n_threads <= 7; n_threads++) {
        double sum = 0.0;

        memset(&w, 0, sizeof w);
        w.n = 5000;
        w.block = 37;
        w.n_threads = n_threads;
        ck_assert_int_eq(pal_parallel_for(w.n, w.block, n_threads, mark_rows, &w, NULL), PAL_OK);
        for (size_t b = 0; b < pal_blocks(w.n, w.block); b++) {
            sum += w.partial[b];
        }
        first = n_threads == 1 ? sum : first;
        ck_assert_mem_eq(&sum, &first, sizeof sum);
    }
}
END_TEST

typedef struct failing {
    atomic_size_t calls;
    size_t from;
} failing;

static pal_status fail_from(void *ctx, size_t begin, size_t end, size_t block, size_t worker,
                            pal_error *err)
{
    failing *f = ctx;

    (void)begin;
    (void)end;
    (void)worker;
    atomic_fetch_add(&f->calls, 1);
    if (block >= f->from) {
        return pal_error_set(err, block % 2 == 0 ? PAL_ERR_DATA : PAL_ERR_SHAPE, "block %zu", block);
    }
    return PAL_OK;
}

START_TEST(the_first_failing_block_wins_and_all_blocks_run)
{
    for (int repeat = 0; repeat < 50; repeat++) {
        failing f = { 0, 5 + (size_t)(repeat % 2) };
        pal_error err = { PAL_OK, "" };
        pal_status wanted = f.from % 2 == 0 ? PAL_ERR_DATA : PAL_ERR_SHAPE;

        ck_assert_int_eq(pal_parallel_for(100, 1, 4, fail_from, &f, &err), wanted);
        ck_assert_int_eq(err.status, wanted);
        ck_assert_str_eq(err.text, f.from == 5 ? "block 5" : "block 6");
        ck_assert_uint_eq(f.calls, 100);
    }
}
END_TEST

START_TEST(an_error_needs_no_record)
{
    failing f = { 0, 0 };

    ck_assert_int_eq(pal_parallel_for(10, 3, 2, fail_from, &f, NULL), PAL_ERR_DATA);
}
END_TEST

START_TEST(success_leaves_the_error_alone)
{
    failing f = { 0, 1000 };
    pal_error err = { PAL_OK, "as it was" };

    ck_assert_int_eq(pal_parallel_for(10, 3, 2, fail_from, &f, &err), PAL_OK);
    ck_assert_str_eq(err.text, "as it was");
}
END_TEST

START_TEST(no_memory_is_taken)
{
    failing f = { 0, 1000 };

    pal_mem_fail_at(1);
    ck_assert_int_eq(pal_parallel_for(10, 3, 1, fail_from, &f, NULL), PAL_OK);
    ck_assert_int_eq(pal_parallel_for(10, 10, 8, fail_from, &f, NULL), PAL_OK);
    ck_assert_int_eq(pal_parallel_for(10, 3, 3, fail_from, &f, NULL), PAL_OK);
    ck_assert_uint_eq(pal_mem_count(), 0);
    pal_mem_fail_at(0);
}
END_TEST

static pal_status count_inside(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    failing f = { 0, 1000 };

    (void)block;
    (void)worker;
    for (size_t i = begin; i < end; i++) {
        pal_status rc = pal_parallel_for(7, 2, 3, fail_from, &f, err);

        if (rc != PAL_OK) {
            return rc;
        }
    }
    atomic_fetch_add((atomic_size_t *)ctx, f.calls);
    return PAL_OK;
}

START_TEST(a_call_inside_a_block_does_all_its_work)
{
    atomic_size_t calls = 0;

    ck_assert_int_eq(pal_parallel_for(50, 3, 4, count_inside, &calls, NULL), PAL_OK);
    ck_assert_uint_eq(calls, 50 * 4);
}
END_TEST

START_TEST(thousands_of_short_calls_of_many_widths_come_back)
{
    atomic_size_t sum = 0;

    for (size_t i = 0; i < 4000; i++) {
        failing f = { 0, 1000 };

        ck_assert_int_eq(pal_parallel_for(i % 23, 1, 1 + i % 9, fail_from, &f, NULL), PAL_OK);
        ck_assert_uint_eq(f.calls, i % 23);
        sum += f.calls;
    }
    ck_assert_uint_gt(sum, 0);
}
END_TEST

/* A child of fork has none of its parent's threads. */
START_TEST(a_forked_child_makes_threads_of_its_own)
{
    failing f = { 0, 1000 };
    int status = -1;
    pid_t child;

    ck_assert_int_eq(pal_parallel_for(10, 1, 3, fail_from, &f, NULL), PAL_OK);
    child = fork();
    if (child == 0) {
        alarm(20);
        f.calls = 0;
        _exit(pal_parallel_for(10, 1, 3, fail_from, &f, NULL) == PAL_OK && f.calls == 10 ? 0 : 1);
    }
    ck_assert_int_eq(waitpid(child, &status, 0), child);
    ck_assert_int_eq(status, 0);
}
END_TEST

START_TEST(there_is_a_processor)
{
    ck_assert_uint_ge(pal_threads_available(), 1);
    ck_assert_uint_lt(pal_threads_available(), 100000);
}
END_TEST

START_TEST(blocks_cover_and_do_not_overshoot)
{
    ck_assert_uint_eq(pal_blocks(0, 8), 0);
    ck_assert_uint_eq(pal_blocks(1, 8), 1);
    ck_assert_uint_eq(pal_blocks(8, 8), 1);
    ck_assert_uint_eq(pal_blocks(9, 8), 2);
    ck_assert_uint_eq(pal_blocks(SIZE_MAX, 2), SIZE_MAX / 2 + 1);
}
END_TEST

Suite *suite_core_threads(void)
{
    Suite *suite = suite_create("core/threads");
    TCase *tc = tcase_create("threads");

    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, each_row_is_worked_on_once);
    tcase_add_test(tc, sums_merged_in_block_order_do_not_depend_on_threads);
    tcase_add_test(tc, the_first_failing_block_wins_and_all_blocks_run);
    tcase_add_test(tc, an_error_needs_no_record);
    tcase_add_test(tc, success_leaves_the_error_alone);
    tcase_add_test(tc, no_memory_is_taken);
    tcase_add_test(tc, a_call_inside_a_block_does_all_its_work);
    tcase_add_test(tc, thousands_of_short_calls_of_many_widths_come_back);
    tcase_add_test(tc, there_is_a_processor);
    tcase_add_test(tc, blocks_cover_and_do_not_overshoot);
    suite_add_tcase(suite, tc);
    tc = tcase_create("fork");
    tcase_set_tags(tc, "fork");
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, a_forked_child_makes_threads_of_its_own);
    suite_add_tcase(suite, tc);
    return suite;
}
