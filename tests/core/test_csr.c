/* Sparse matrices against dense ones filled cell by cell. */
#include "core/csr.h"

#include "core/mem.h"
#include "core/rng.h"

#include "tests/support/holds.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_core_csr(void);

enum { ROWS = 23, COLS = 17, CELLS = 400 };
static pal_csr_cell cell[CELLS];
static pal_error err;

/* Cells in no order, many of them given more than once; some rows and columns stay empty. */
static size_t fill(int seed)
{
    size_t n = (size_t)(seed * 37 % CELLS);

    for (size_t i = 0; i < n; i++) {
        pal_at at = { i, 0, 1 };
        pal_key key = pal_key_for((uint64_t)seed, 0, PAL_FOR_TEST);

        cell[i].row = (uint32_t)(pal_u01(key, at, 0) * (ROWS - 3));
        cell[i].col = (uint32_t)(pal_u01(key, at, 1) * (COLS - 2)) + 1;
        cell[i].value = (float)(pal_u01(key, at, 2) - 0.5);
        if (i % 11 == 0) cell[i].value = 0;
    }
    return n;
}

typedef struct dense {
    bool there[ROWS][COLS];
    float value[ROWS][COLS];
} dense;

static void fill_dense(dense *out, size_t n, pal_csr_twice twice)
{
    memset(out, 0, sizeof *out);
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLS; c++) {
            double sum = 0;
            float last = 0, most = -HUGE_VALF;

            for (size_t i = 0; i < n; i++) {
                if (cell[i].row != r || cell[i].col != c) continue;
                out->there[r][c] = true;
                sum += (double)cell[i].value;
                last = cell[i].value;
                most = last > most ? last : most;
            }
            out->value[r][c] = twice == PAL_TWICE_SUM ? (float)sum : twice == PAL_TWICE_LAST ? last : most;
        }
    }
}

static bool is_dense(const pal_csr *m, const dense *d, bool turned)
{
    size_t n = 0;

    for (size_t r = 0; r < m->n_rows; r++) {
        for (size_t i = m->begin[r]; i < m->begin[r + 1]; i++, n++) {
            size_t row = turned ? m->col[i] : r, col = turned ? r : m->col[i];

            if (i > m->begin[r] && m->col[i] <= m->col[i - 1]) return false;
            if (!d->there[row][col] || memcmp(&d->value[row][col], &m->value[i], sizeof(float)) != 0) return false;
        }
    }
    for (size_t r = 0; r < ROWS; r++) {
        for (size_t c = 0; c < COLS; c++) {
            size_t at = turned ? pal_csr_find(m, c, (uint32_t)r) : pal_csr_find(m, r, (uint32_t)c);

            n -= d->there[r][c];
            if ((at != SIZE_MAX) != d->there[r][c]) return false;
            if (at != SIZE_MAX && m->col[at] != (turned ? r : c)) return false;
        }
    }
    return n == 0 && m->begin[0] == 0 && m->begin[m->n_rows] == m->n;
}

START_TEST(cells_stand_where_the_dense_matrix_has_them)
{
    static const pal_csr_twice rules[] = { PAL_TWICE_SUM, PAL_TWICE_LAST, PAL_TWICE_MAX };
    size_t n = fill(_i);
    static dense wanted;

    for (size_t t = 0; t < 3; t++) {
        pal_csr *m = NULL, *turned = NULL;
        size_t cells = 0;

        fill_dense(&wanted, n, rules[t]);
        ck_assert_int_eq(pal_csr_new(&m, ROWS, COLS, cell, n, rules[t], &err), PAL_OK);
        HOLD(m->n_rows == ROWS && m->n_cols == COLS && is_dense(m, &wanted, false));
        for (size_t r = 0; r < ROWS; r++) cells += pal_csr_count(m, r);
        ck_assert_uint_eq(cells, m->n);
        ck_assert_int_eq(pal_csr_transpose(&turned, m, &err), PAL_OK);
        HOLD(turned->n_rows == COLS && turned->n_cols == ROWS && is_dense(turned, &wanted, true));
        pal_csr_free(m);
        pal_csr_free(turned);
    }
}
END_TEST

START_TEST(transposed_twice_is_the_same)
{
    size_t n = fill(_i);
    pal_csr *m = NULL, *turned = NULL, *back = NULL;

    ck_assert_int_eq(pal_csr_new(&m, ROWS, COLS, cell, n, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_int_eq(pal_csr_transpose(&turned, m, &err), PAL_OK);
    ck_assert_int_eq(pal_csr_transpose(&back, turned, &err), PAL_OK);
    ck_assert_uint_eq(pal_csr_digest(back), pal_csr_digest(m));
    HOLD(n < 2 || pal_csr_digest(turned) != pal_csr_digest(m));
    pal_csr_free(m);
    pal_csr_free(turned);
    pal_csr_free(back);
}
END_TEST

/* Summed in double: a plain float sum of these would lose the small ones. */
START_TEST(repeated_cells_are_summed_in_double)
{
    pal_csr *m = NULL;

    for (size_t i = 0; i < 300; i++) cell[i] = (pal_csr_cell){ 2, 3, i == 0 ? 16777216.0f : 0.4f };
    ck_assert_int_eq(pal_csr_new(&m, 4, 5, cell, 300, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_uint_eq(m->n, 1);
    ck_assert_float_eq_tol(m->value[0], 16777336.0f, 1.0f); /* 2^24 + 299 x 0.4 = ...335.6 */
    pal_csr_free(m);
}
END_TEST

START_TEST(stored_zeros_stay)
{
    static const pal_csr_cell zero[] = { { 0, 1, 0.0f }, { 1, 0, 2.385f } };
    pal_csr *m = NULL;

    ck_assert_int_eq(pal_csr_new(&m, 2, 2, zero, 2, PAL_TWICE_LAST, &err), PAL_OK);
    ck_assert_uint_eq(m->n, 2);
    HOLD(pal_csr_find(m, 0, 1) == 0 && pal_csr_find(m, 0, 0) == SIZE_MAX);
    pal_csr_free(m);
}
END_TEST

START_TEST(empty_matrices_are_fine)
{
    pal_csr *m = NULL, *turned = NULL;

    ck_assert_int_eq(pal_csr_new(&m, 0, 0, NULL, 0, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_uint_eq(m->n, 0);
    pal_csr_free(m);
    ck_assert_int_eq(pal_csr_new(&m, 3, 0, NULL, 0, PAL_TWICE_SUM, &err), PAL_OK);
    ck_assert_int_eq(pal_csr_transpose(&turned, m, &err), PAL_OK);
    HOLD(turned->n_rows == 0 && turned->n_cols == 3 && turned->begin[0] == 0);
    pal_csr_free(m);
    pal_csr_free(turned);
    pal_csr_free(NULL);
}
END_TEST

START_TEST(digest_tells_matrices_apart)
{
    static const pal_csr_cell base[] = { { 0, 1, 1.5f }, { 1, 0, 2.5f } };
    pal_csr_cell other[2];
    uint64_t seen[5];
    pal_csr *m = NULL;

    for (size_t v = 0; v < 5; v++) {
        memcpy(other, base, sizeof base);
        if (v == 1) other[0].value = 1.5000001f;
        if (v == 2) other[0].col = 0;
        if (v == 3) other[1].row = 0;
        ck_assert_int_eq(pal_csr_new(&m, 2, v == 4 ? 3 : 2, other, 2, PAL_TWICE_SUM, &err), PAL_OK);
        seen[v] = pal_csr_digest(m);
        pal_csr_free(m);
        for (size_t w = 0; w < v; w++) HOLD(seen[w] != seen[v]);
    }
}
END_TEST

START_TEST(bad_cells_are_named)
{
    static const struct {
        pal_csr_cell cell;
        const char *part;
    } faults[] = {
        { { 3, 0, 1.0f }, "cell 1: row 3, column 0 outside of 3 x 2" },
        { { 0, 2, 1.0f }, "cell 1: row 0, column 2 outside of 3 x 2" },
        { { 1, 1, HUGE_VALF }, "cell 1 (row 1, column 1): value inf is not finite" },
        { { 2, 0, NAN }, "cell 1 (row 2, column 0): value" },
    };
    pal_csr *m = NULL;

    for (size_t f = 0; f < 4; f++) {
        const pal_csr_cell both[] = { { 0, 0, 1.0f }, faults[f].cell };

        ck_assert_int_eq(pal_csr_new(&m, 3, 2, both, 2, PAL_TWICE_SUM, &err), PAL_ERR_DATA);
        ck_assert_msg(strstr(err.text, faults[f].part) != NULL, "%s", err.text);
        ck_assert_ptr_null(m);
    }
    ck_assert_int_eq(pal_csr_new(&m, (size_t)UINT32_MAX + 1, 1, NULL, 0, PAL_TWICE_SUM, &err), PAL_ERR_SHAPE);
    ck_assert_int_eq(pal_csr_new(&m, 1, (size_t)UINT32_MAX + 1, NULL, 0, PAL_TWICE_SUM, &err), PAL_ERR_SHAPE);
    ck_assert_ptr_nonnull(strstr(err.text, "too large"));
}
END_TEST

/* Every allocation of both calls, one after the other. */
START_TEST(every_failing_allocation_is_reported)
{
    size_t n = fill(7), failed = 0;

    for (size_t at = 1;; at++) {
        pal_csr *m = NULL, *turned = NULL;
        pal_status rc;

        pal_mem_fail_at(at);
        rc = pal_csr_new(&m, ROWS, COLS, cell, n, PAL_TWICE_SUM, &err);
        if (rc == PAL_OK) rc = pal_csr_transpose(&turned, m, &err);
        pal_mem_fail_at(0);
        HOLD(rc == PAL_OK || (rc == PAL_ERR_MEMORY && turned == NULL));
        HOLDS(rc == PAL_OK || strstr(err.text, "out of memory") != NULL, "%s", err.text);
        pal_csr_free(m);
        pal_csr_free(turned);
        if (rc == PAL_OK) break;
        failed++;
    }
    ck_assert_uint_ge(failed, 10);
}
END_TEST

Suite *suite_core_csr(void)
{
    Suite *suite = suite_create("core/csr");
    TCase *tc = tcase_create("csr");

    tcase_add_loop_test(tc, cells_stand_where_the_dense_matrix_has_them, 0, 25);
    tcase_add_loop_test(tc, transposed_twice_is_the_same, 0, 12);
    tcase_add_test(tc, repeated_cells_are_summed_in_double);
    tcase_add_test(tc, stored_zeros_stay);
    tcase_add_test(tc, empty_matrices_are_fine);
    tcase_add_test(tc, digest_tells_matrices_apart);
    tcase_add_test(tc, bad_cells_are_named);
    tcase_add_test(tc, every_failing_allocation_is_reported);
    suite_add_tcase(suite, tc);
    return suite;
}
