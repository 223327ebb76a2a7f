/* Arenas: blocks that do not overlap, and memory that comes back. */
#include "core/arena.h"

#include "core/mem.h"

#include <check.h>
#include <stdint.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

Suite *suite_core_arena(void);

static pal_arena *new_arena(size_t bytes)
{
    pal_arena *arena = NULL;

    ck_assert_int_eq(pal_arena_new(&arena, bytes, NULL), PAL_OK);
    return arena;
}

START_TEST(blocks_are_aligned_and_do_not_overlap)
{
    pal_arena *arena = new_arena(100);
    unsigned char *block[200];
    size_t size[200];

    for (size_t i = 0; i < 200; i++) {
        size[i] = (i * i * 37) % 1500;
        block[i] = pal_arena_alloc(arena, size[i], 1);
        ck_assert_ptr_nonnull(block[i]);
        ck_assert_uint_eq((uintptr_t)block[i] % 64, 0);
        memset(block[i], (int)i, size[i]);
    }
    for (size_t i = 0; i < 200; i++) {
        for (size_t j = 0; j < size[i]; j++) {
            ck_assert_uint_eq(block[i][j], i);
        }
    }
    pal_arena_free(arena);
}
END_TEST

START_TEST(a_rewound_arena_gives_the_same_memory_again)
{
    pal_arena *arena = new_arena(1024);
    pal_arena_mark start = pal_arena_here(arena), middle;
    char *a = pal_arena_alloc(arena, 100, 1), *b, *c;

    middle = pal_arena_here(arena);
    b = pal_arena_alloc(arena, 5000, 1); /* a chunk of its own */
    pal_arena_rewind(arena, middle);
    ck_assert_ptr_eq(pal_arena_alloc(arena, 5000, 1), b);
    pal_arena_rewind(arena, start);
    ck_assert_ptr_eq(pal_arena_alloc(arena, 100, 1), a);
    c = pal_arena_alloc(arena, 64, 1);
    ck_assert(c != a && c != b);
    pal_arena_free(arena);
}
END_TEST

START_TEST(a_steady_state_allocates_nothing)
{
    pal_arena *arena = new_arena(64);

    for (int round = 0; round < 20; round++) {
        pal_arena_mark mark = pal_arena_here(arena);

        if (round == 1) {
            pal_mem_fail_at(0); /* counts from here */
        }
        for (size_t i = 0; i < 50; i++) { /* sizes in an order that skips chunks */
            ck_assert_ptr_nonnull(pal_arena_alloc(arena, (i * 7919) % 3000, 1));
        }
        pal_arena_rewind(arena, mark);
    }
    ck_assert_uint_eq(pal_mem_count(), 0);
    pal_arena_free(arena);
}
END_TEST

START_TEST(empty_blocks_are_pointers_of_their_own)
{
    pal_arena *arena = new_arena(0);
    void *a = pal_arena_alloc(arena, 0, 8), *b = pal_arena_alloc(arena, 8, 0);

    ck_assert_ptr_nonnull(a);
    ck_assert_ptr_nonnull(b);
    ck_assert_ptr_ne(a, b);
    pal_arena_free(arena);
    pal_arena_free(NULL);
}
END_TEST

START_TEST(overflow_and_lack_of_memory_give_null)
{
    pal_arena *arena = new_arena(128);
    double *kept = pal_arena_alloc(arena, 4, sizeof *kept);

    kept[3] = 2.385;
    ck_assert_ptr_null(pal_arena_alloc(arena, SIZE_MAX / 8 + 1, 8));
    ck_assert_ptr_null(pal_arena_alloc(arena, SIZE_MAX / 2, 1));
    pal_mem_fail_at(1); /* the doubled chunk fails, the one that is just enough does not */
    ck_assert_ptr_nonnull(pal_arena_alloc(arena, 128, 1));
    pal_mem_fail_at(1);
    ck_assert_ptr_null(pal_arena_alloc(arena, 5000, 1));
    pal_mem_fail_at(0);
    ck_assert_ptr_nonnull(pal_arena_alloc(arena, 5000, 1));
    ck_assert_double_eq(kept[3], 2.385);
    pal_arena_free(arena);
}
END_TEST

START_TEST(new_fails_cleanly_at_each_allocation)
{
    pal_arena *arena = NULL;
    pal_error err;

    for (size_t n = 1; n <= 2; n++) {
        pal_mem_fail_at(n);
        ck_assert_int_eq(pal_arena_new(&arena, 4096, &err), PAL_ERR_MEMORY);
        ck_assert_ptr_null(arena);
        ck_assert_ptr_nonnull(strstr(err.text, "out of memory"));
    }
    pal_mem_fail_at(0);
}
END_TEST

static pal_status take(double **x, size_t n, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(*x, n, arena);

done:
    return rc;
}

START_TEST(take_fills_the_error)
{
    pal_arena *arena = new_arena(64);
    pal_error err;
    double *x = NULL;

    ck_assert_int_eq(take(&x, 3, arena, &err), PAL_OK);
    ck_assert_ptr_nonnull(x);
    ck_assert_int_eq(take(&x, SIZE_MAX / 4, arena, &err), PAL_ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.text, "objects of 8 bytes (*x)"));
    pal_arena_free(arena);
}
END_TEST

START_TEST(a_mark_of_nothing_aborts)
{
    pal_arena *arena = new_arena(64);

    fclose(stderr);
    pal_arena_rewind(arena, (pal_arena_mark){ NULL, 0 });
}
END_TEST

Suite *suite_core_arena(void)
{
    Suite *suite = suite_create("core/arena");
    TCase *tc = tcase_create("arena");
    TCase *crash = tcase_create("crash");

    tcase_add_test(tc, blocks_are_aligned_and_do_not_overlap);
    tcase_add_test(tc, a_rewound_arena_gives_the_same_memory_again);
    tcase_add_test(tc, a_steady_state_allocates_nothing);
    tcase_add_test(tc, empty_blocks_are_pointers_of_their_own);
    tcase_add_test(tc, overflow_and_lack_of_memory_give_null);
    tcase_add_test(tc, new_fails_cleanly_at_each_allocation);
    tcase_add_test(tc, take_fills_the_error);
    suite_add_tcase(suite, tc);
    tcase_set_tags(crash, "fork");
    tcase_add_test_raise_signal(crash, a_mark_of_nothing_aborts, SIGABRT);
    suite_add_tcase(suite, crash);
    return suite;
}
