#include "data/interactions.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"

Suite *suite_data_interactions(void);

START_TEST(the_matrix_of_all_cells_is_that_of_csr_new)
{
    pal_interactions *log = log_random((uint64_t)_i, 17, 23, 200, _i % 2 == 0);
    pal_csr *matrix = NULL, *wanted = NULL;
    pal_csr_cell *cell = pal_calloc(log->n, sizeof *cell);
    int64_t *time = NULL;
    pal_error err = { .status = PAL_OK };

    for (size_t i = 0; i < log->n; i++) {
        cell[log->n - 1 - i] = (pal_csr_cell){ log->user[i], log->item[i], log->value[i] };
    }
    CK_OK(pal_csr_new(&wanted, log->n_users, log->n_items, cell, log->n, PAL_TWICE_SUM, &err));
    CK_OK(pal_interactions_matrix(&matrix, &time, log, NULL, PAL_PART_TRAIN, &err));
    ck_assert_uint_eq(wanted->n, log->n); /* no pair stands twice */
    ck_assert_uint_eq(pal_csr_digest(matrix), pal_csr_digest(wanted));
    ck_assert((time != NULL) == (_i % 2 == 0));
    for (size_t i = 0; time != NULL && i < log->n; i++) {
        ck_assert_int_eq(time[i], log->time[i]);
    }
    pal_free(time);
    pal_free(cell);
    pal_csr_free(wanted);
    pal_csr_free(matrix);
    pal_interactions_free(log);
}
END_TEST

START_TEST(the_matrices_of_the_parts_share_out_the_cells)
{
    pal_interactions *log = log_random((uint64_t)_i, 11, 9, 80, true);
    uint8_t *part = pal_calloc(log->n, 1);
    size_t n = 0;
    pal_error err = { .status = PAL_OK };

    for (size_t i = 0; i < log->n; i++) {
        part[i] = (uint8_t)(i * 7 % 5);
    }
    for (pal_part p = PAL_PART_TRAIN; p <= PAL_PART_NONE; p++) {
        pal_csr *matrix = NULL;
        int64_t *time = NULL;

        CK_OK(pal_interactions_matrix(&matrix, &time, log, part, p, &err));
        ck_assert_uint_eq(matrix->n_rows, log->n_users);
        ck_assert_uint_eq(matrix->n_cols, log->n_items);
        for (size_t i = 0; i < log->n; i++) {
            size_t at = pal_csr_find(matrix, log->user[i], log->item[i]);

            ck_assert((at != SIZE_MAX) == (part[i] == (uint8_t)p));
            if (at != SIZE_MAX) {
                ck_assert_float_eq(matrix->value[at], log->value[i]);
                ck_assert_int_eq(time[at], log->time[i]);
            }
        }
        n += matrix->n;
        pal_free(time);
        pal_csr_free(matrix);
    }
    ck_assert_uint_eq(n, log->n);
    pal_free(part);
    pal_interactions_free(log);
}
END_TEST

/* Whatever can change a result changes the digest; the title does not. */
START_TEST(the_digest_follows_every_array)
{
    pal_interactions *log = log_random(3, 12, 12, 60, true);
    uint64_t before = pal_interactions_digest(log);

    ck_assert_uint_eq(pal_interactions_digest(log), before);
    log->value[5] += 1;
    ck_assert_uint_ne(pal_interactions_digest(log), before);
    log->value[5] -= 1;
    log->time[7]++;
    ck_assert_uint_ne(pal_interactions_digest(log), before);
    log->time[7]--;
    log->order[2] += 1000;
    ck_assert_uint_ne(pal_interactions_digest(log), before);
    log->order[2] -= 1000;
    log->nth[2]++;
    ck_assert_uint_ne(pal_interactions_digest(log), before);
    log->nth[2]--;
    log->user_id[1][0] = 'v';
    ck_assert_uint_ne(pal_interactions_digest(log), before);
    log->user_id[1][0] = 'u';
    ck_assert_uint_eq(pal_interactions_digest(log), before);
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_failing_allocation_gives_no_matrix)
{
    pal_interactions *log = log_random(4, 5, 5, 20, true);
    pal_error err = { .status = PAL_OK };

    for (size_t fail = 1; fail <= 5; fail++) {
        pal_csr *matrix = NULL;
        int64_t *time = NULL;
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_interactions_matrix(&matrix, &time, log, NULL, PAL_PART_TRAIN, &err);
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
        ck_assert_ptr_null(matrix);
        ck_assert_ptr_null(time);
    }
    pal_interactions_free(log);
    pal_interactions_free(NULL);
}
END_TEST

Suite *suite_data_interactions(void)
{
    Suite *suite = suite_create("data/interactions");
    TCase *tc = tcase_create("interactions");

    tcase_add_loop_test(tc, the_matrix_of_all_cells_is_that_of_csr_new, 0, 10);
    tcase_add_loop_test(tc, the_matrices_of_the_parts_share_out_the_cells, 0, 5);
    tcase_add_test(tc, the_digest_follows_every_array);
    tcase_add_test(tc, a_failing_allocation_gives_no_matrix);
    suite_add_tcase(suite, tc);
    return suite;
}
