/* The exact search against brute force, and the index against the exact search, fresh and after much change. */
#include "models/hnsw.h"

#include "core/dist.h"
#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdlib.h>

Suite *suite_models_hnsw(void);

/* n points of d dimensions in 20 clusters. */
static float *make_points(size_t n, size_t d, uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    float *x = pal_calloc(n * d, sizeof *x);

    for (size_t i = 0; i < n; i++) {
        uint64_t cluster = pal_u64(key, (pal_at){ i, 1, 0 }, 0) % 20, draw = 0, center = 0;

        for (size_t k = 0; k < d; k++) {
            center = k;
            x[i * d + k] = (float)(pal_draw_normal(pal_key_for(99, 0, PAL_FOR_TEST), (pal_at){ cluster, 7, 0 }, &center) +
                                   0.5 * pal_draw_normal(key, (pal_at){ i, 2, 0 }, &draw));
        }
    }
    return x;
}

static double score_of(const float *a, const float *b, size_t d, pal_nearness nearness)
{
    double ab = 0.0, aa = 0.0, bb = 0.0;

    for (size_t k = 0; k < d; k++) {
        ab += (double)a[k] * (double)b[k];
        aa += (double)a[k] * (double)a[k];
        bb += (double)b[k] * (double)b[k];
    }
    return nearness == PAL_NEAR_DOT ? ab : nearness == PAL_NEAR_COSINE ? ab / sqrt(aa * bb) : -(aa + bb - 2.0 * ab);
}

START_TEST(the_exact_answer_is_that_of_brute_force)
{
    enum { N = 5000, Q = 70, D = 13, K = 7 };
    float *x = make_points(N, D, 1), *q = make_points(Q, D, 2);
    uint32_t id[Q * K];
    float score[Q * K];
    pal_nearness nearness = (pal_nearness)(_i % 3);
    pal_backend backend = _i < 3 ? PAL_PORTABLE : PAL_OPENBLAS;

    memcpy(x + 4000 * D, x + 17 * D, D * sizeof *x); /* a tie */
    ck_assert_int_eq(pal_nearest_exact(id, score, x, N, D, q, Q, K, nearness, backend, 2, NULL), PAL_OK);
    for (size_t i = 0; i < Q; i++) {
        for (size_t k = 0; k < K; k++) {
            double own = score_of(q + i * D, x + id[i * K + k] * D, D, nearness);
            size_t better = 0;

            ck_assert_double_eq_tol((double)score[i * K + k], own, 2e-4 * (1.0 + fabs(own)));
            for (size_t j = 0; j < N; j++) {
                better += score_of(q + i * D, x + j * D, D, nearness) > own + 1e-4 * (1.0 + fabs(own));
            }
            ck_assert_uint_le(better, k);
            ck_assert(k == 0 || score[i * K + k] < score[i * K + k - 1] ||
                      (score[i * K + k] == score[i * K + k - 1] && id[i * K + k] > id[i * K + k - 1]));
        }
    }
    pal_free(x);
    pal_free(q);
}
END_TEST

START_TEST(fewer_vectors_than_wanted_end_with_nothing)
{
    const float x[] = { 1.0f, 0.0f, 0.0f, 2.0f };
    const float q[] = { 1.0f, 1.0f };
    uint32_t id[4];
    float score[4];
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL;

    ck_assert_int_eq(pal_nearest_exact(id, score, x, 2, 2, q, 1, 4, PAL_NEAR_DOT, PAL_PORTABLE, 1, NULL), PAL_OK);
    ck_assert_uint_eq(id[0], 1);
    ck_assert_uint_eq(id[1], 0);
    ck_assert_uint_eq(id[2], UINT32_MAX);
    ck_assert(score[2] == -INFINITY);
    ck_assert_int_eq(pal_hnsw_new(&index, 2, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_search(id, score, index, q, 1, 4, 10, 1, NULL), PAL_OK);
    ck_assert_uint_eq(id[0], UINT32_MAX);
    ck_assert_int_eq(pal_hnsw_insert(index, (uint32_t[]){ 9, 4 }, x, 2, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_search(id, score, index, q, 1, 4, 10, 1, NULL), PAL_OK);
    ck_assert_uint_eq(id[0], 4); /* the same angle: the lower id */
    ck_assert_uint_eq(id[1], 9);
    ck_assert_uint_eq(id[2], UINT32_MAX);
    pal_hnsw_free(index);
}
END_TEST

enum { D = 16, K = 10, QUERIES = 200 };

/* Recall of the index against the exact answer over what is there; deleted ids must never come back. */
static double recall(const pal_hnsw *index, const float *x, size_t n, size_t ef)
{
    float *q = make_points(QUERIES, D, 77), *there = pal_calloc(n * D, sizeof *there);
    uint32_t *row = pal_calloc(n, sizeof *row), *id = pal_calloc(QUERIES * K, sizeof *id);
    uint32_t *exact = pal_calloc(QUERIES * K, sizeof *exact);
    float *score = pal_calloc(QUERIES * K, sizeof *score);
    size_t count = 0, found = 0;

    for (uint32_t i = 0; i < n; i++) {
        if (pal_hnsw_has(index, i)) {
            memcpy(there + count * D, x + i * D, D * sizeof *x);
            row[count++] = i;
        }
    }
    ck_assert_uint_eq(count, pal_hnsw_count(index));
    ck_assert_int_eq(pal_nearest_exact(exact, score, there, count, D, q, QUERIES, K, PAL_NEAR_COSINE, PAL_PORTABLE, 2,
                                       NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_search(id, score, index, q, QUERIES, K, ef, 2, NULL), PAL_OK);
    for (size_t i = 0; i < QUERIES; i++) {
        for (size_t k = 0; k < K; k++) {
            ck_assert(pal_hnsw_has(index, id[i * K + k]));
            for (size_t j = 0; j < K; j++) {
                found += id[i * K + k] == row[exact[i * K + j]];
            }
        }
    }
    pal_free(q);
    pal_free(there);
    pal_free(row);
    pal_free(id);
    pal_free(exact);
    pal_free(score);
    return (double)found / (QUERIES * K);
}

/* Insert, delete, move and insert again; the digest after each step. */
static pal_hnsw *grow_and_change(float *x, size_t n, size_t n_threads)
{
    pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL;
    uint32_t *id = pal_calloc(n, sizeof *id);
    size_t count;

    ck_assert_int_eq(pal_hnsw_new(&index, D, &config, NULL), PAL_OK);
    for (uint32_t i = 0; i < n; i++) {
        id[i] = i;
    }
    ck_assert_int_eq(pal_hnsw_insert(index, id, x, n * 3 / 4, n_threads, NULL), PAL_OK);
    for (uint64_t round = 0; round < 4; round++) {
        float moved[64 * D];

        count = 0;
        for (uint32_t i = 0; i < n; i++) { /* a tenth goes */
            if (pal_hnsw_has(index, i) && pal_u64(key, (pal_at){ i, round, 0 }, 0) % 10 == 0) {
                id[count++] = i;
            }
        }
        ck_assert_int_eq(pal_hnsw_delete(index, id, count, n_threads, NULL), PAL_OK);
        count = 0;
        for (uint32_t i = 0; i < n && count < 64; i++) { /* some move */
            if (pal_hnsw_has(index, i) && pal_u64(key, (pal_at){ i, round, 1 }, 0) % 20 == 0) {
                for (size_t k = 0; k < D; k++) {
                    x[i * D + k] = x[(i * 7 + 3) % n * D + k] + 0.1f * x[i * D + k];
                }
                memcpy(moved + count * D, x + i * D, D * sizeof *x);
                id[count++] = i;
            }
        }
        ck_assert_int_eq(pal_hnsw_insert(index, id, moved, count, n_threads, NULL), PAL_OK);
        for (uint32_t i = 0; i < n; i++) { /* some come, alone */
            if (!pal_hnsw_has(index, i) && pal_u64(key, (pal_at){ i, round, 2 }, 0) % 8 == 0) {
                ck_assert_int_eq(pal_hnsw_insert(index, &i, x + i * D, 1, n_threads, NULL), PAL_OK);
            }
        }
    }
    pal_free(id);
    return index;
}

START_TEST(recall_stays_high_after_much_change_and_bytes_do_not_depend_on_threads)
{
    enum { N = 4000 };
    uint64_t digest[3];
    static const size_t threads[3] = { 1, 2, 7 };

    for (size_t t = 0; t < 3; t++) {
        float *x = make_points(N, D, 3);
        pal_hnsw *index = grow_and_change(x, N, threads[t]);

        digest[t] = pal_hnsw_digest(index);
        if (t == 0) {
            double got = recall(index, x, N, 100);

            ck_assert_msg(got >= 0.95, "recall %.3f", got);
        }
        pal_hnsw_free(index);
        pal_free(x);
    }
    ck_assert_uint_eq(digest[0], digest[1]);
    ck_assert_uint_eq(digest[0], digest[2]);
}
END_TEST

START_TEST(every_vector_finds_itself_at_once)
{
    enum { N = 3000 };
    float *x = make_points(N, D, 4);
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL;
    size_t found = 0;

    ck_assert_int_eq(pal_hnsw_new(&index, D, &config, NULL), PAL_OK);
    for (uint32_t i = 0; i < N; i++) {
        uint32_t id;
        float score;

        ck_assert_int_eq(pal_hnsw_insert(index, &i, x + i * D, 1, 1, NULL), PAL_OK);
        ck_assert_int_eq(pal_hnsw_search(&id, &score, index, x + i * D, 1, 1, 50, 1, NULL), PAL_OK);
        found += id == i;
    }
    ck_assert_uint_ge(found, N - 3);
    pal_hnsw_free(index);
    pal_free(x);
}
END_TEST

START_TEST(a_loaded_index_goes_on_as_the_saved_one)
{
    enum { N = 1500 };
    float *x = make_points(N, D, 6);
    pal_hnsw *index = grow_and_change(x, N, 2), *again = NULL;
    pal_tensors *file = NULL, *loaded = NULL;
    const char *path = scratch_path("index.safetensors");
    uint32_t some[3], n_some = 0;

    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_save(index, file, "people.", NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_save(file, path, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_load(&loaded, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_load(&again, loaded, "people.", NULL), PAL_OK);
    ck_assert_uint_eq(pal_hnsw_digest(index), pal_hnsw_digest(again));
    for (uint32_t i = 100; n_some < 3; i++) {
        if (pal_hnsw_has(index, i)) {
            some[n_some++] = i;
        }
    }
    ck_assert_int_eq(pal_hnsw_delete(index, some, 3, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_delete(again, some, 3, 2, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_insert(index, some, x, 3, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_insert(again, some, x, 3, 2, NULL), PAL_OK);
    ck_assert_uint_eq(pal_hnsw_digest(index), pal_hnsw_digest(again));
    pal_hnsw_free(index);
    pal_hnsw_free(again);
    pal_tensors_free(file);
    pal_tensors_free(loaded);
    pal_free(x);
}
END_TEST

START_TEST(an_emptied_index_takes_vectors_again)
{
    float *x = make_points(300, D, 8);
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL;
    uint32_t id[300];

    for (uint32_t i = 0; i < 300; i++) {
        id[i] = i;
    }
    ck_assert_int_eq(pal_hnsw_new(&index, D, &config, NULL), PAL_OK);
    for (int round = 0; round < 3; round++) {
        ck_assert_int_eq(pal_hnsw_insert(index, id, x, 300, 2, NULL), PAL_OK);
        ck_assert(recall(index, x, 300, 100) > 0.99);
        ck_assert_int_eq(pal_hnsw_delete(index, id, 300, 2, NULL), PAL_OK);
        ck_assert_uint_eq(pal_hnsw_count(index), 0);
    }
    pal_hnsw_free(index);
    pal_free(x);
}
END_TEST

/* The stamps of a search are kept for the next, and thrown away when the index has grown out of them. */
START_TEST(searches_leave_no_trace_but_the_memory_they_share)
{
    enum { N = 2000 };
    float *x = make_points(N, D, 9);
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *searched = NULL, *quiet = NULL;
    uint32_t id[N], got[2][K];
    float score[2][K];
    size_t first, second;

    for (uint32_t i = 0; i < N; i++) {
        id[i] = i;
    }
    ck_assert_int_eq(pal_hnsw_new(&searched, D, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_new(&quiet, D, &config, NULL), PAL_OK);
    for (size_t from = 0; from < N; from += N / 4) {
        ck_assert_int_eq(pal_hnsw_insert(searched, id + from, x + from * D, N / 4, 2, NULL), PAL_OK);
        ck_assert_int_eq(pal_hnsw_insert(quiet, id + from, x + from * D, N / 4, 2, NULL), PAL_OK);
        for (size_t i = 0; i < 50; i++) {
            ck_assert_int_eq(pal_hnsw_search(got[0], score[0], searched, x + (from + i) * D, 1, K, 40, 1 + i % 3, NULL),
                             PAL_OK);
        }
        ck_assert_int_eq(pal_hnsw_search(got[0], score[0], searched, x, 1, K, 40, 1, NULL), PAL_OK);
        ck_assert_int_eq(pal_hnsw_search(got[1], score[1], quiet, x, 1, K, 40, 1, NULL), PAL_OK);
        ck_assert_mem_eq(got[0], got[1], sizeof got[0]);
        ck_assert_mem_eq(score[0], score[1], sizeof score[0]);
        ck_assert_uint_eq(pal_hnsw_digest(searched), pal_hnsw_digest(quiet));
    }
    pal_hnsw_free(quiet);
    ck_assert_int_eq(pal_hnsw_insert(searched, (uint32_t[]){ 4 * N }, x, 1, 1, NULL), PAL_OK); /* room for more ids */
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_hnsw_search(got[0], score[0], searched, x, 1, K, 40, 1, NULL), PAL_OK);
    first = pal_mem_count();
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_hnsw_search(got[0], score[0], searched, x, 1, K, 40, 1, NULL), PAL_OK);
    second = pal_mem_count();
    ck_assert_uint_le(second, first);
    for (size_t n = 1; n <= second; n++) { /* memory runs out at every place, and the search after it is the same */
        pal_mem_fail_at(n);
        ck_assert_int_eq(pal_hnsw_search(got[1], score[1], searched, x, 1, K, 40, 1, NULL), PAL_ERR_MEMORY);
    }
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_hnsw_search(got[1], score[1], searched, x, 1, K, 40, 1, NULL), PAL_OK);
    ck_assert_mem_eq(got[0], got[1], sizeof got[0]);
    pal_hnsw_free(searched);
    pal_free(x);
}
END_TEST

START_TEST(what_cannot_be_done_is_refused_and_changes_nothing)
{
    const float x[] = { 1.0f, NAN, 2.0f, 3.0f }, good[] = { 1.0f, 2.0f, 3.0f, 4.0f };
    pal_hnsw_config config = pal_hnsw_defaults();
    pal_hnsw *index = NULL, *none = NULL;
    pal_error err;
    uint64_t digest;

    ck_assert_int_eq(pal_hnsw_new(&index, 2, &config, NULL), PAL_OK);
    ck_assert_int_eq(pal_hnsw_insert(index, (uint32_t[]){ 1, 2 }, good, 2, 1, NULL), PAL_OK);
    digest = pal_hnsw_digest(index);
    ck_assert_int_eq(pal_hnsw_insert(index, (uint32_t[]){ 5, 2 }, x, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "vector of id 5, dimension 1: nan is not finite");
    ck_assert_int_eq(pal_hnsw_insert(index, (uint32_t[]){ 5, 5 }, good, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "id 5 stands twice");
    ck_assert_int_eq(pal_hnsw_delete(index, (uint32_t[]){ 1, 3 }, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "id 3 is not there");
    ck_assert_int_eq(pal_hnsw_delete(index, (uint32_t[]){ 1, 1 }, 2, 1, &err), PAL_ERR_DATA);
    ck_assert_uint_eq(pal_hnsw_digest(index), digest);
    config.m = 1;
    ck_assert_int_eq(pal_hnsw_new(&none, 2, &config, &err), PAL_ERR_SHAPE);
    pal_hnsw_free(index);
}
END_TEST

/* A file whose arrays contradict one another is named, whichever it is. */
START_TEST(damaged_files_are_refused)
{
    const uint64_t config[] = { 64, 64, 1, 7, 2 }, two = 2, five = 5, matrix[] = { 2, 2 };
    const float x[] = { 1.0f, 0.0f, 0.0f, 1.0f };
    static const struct {
        uint32_t id[2], count[2], link[2];
        const char *part;
    } rows[] = {
        { { 0, 1 }, { 1, 1 }, { 1, 0 }, NULL },
        { { 1, 0 }, { 1, 1 }, { 1, 0 }, "\"i.ids\" does not ascend at 1" },
        { { 0, 1 }, { 1, 1 }, { 0, 0 }, "id 0 is linked to 0" },
        { { 0, 1 }, { 1, 1 }, { 9, 0 }, "id 0 is linked to 9" },
        { { 0, 1 }, { 200, 1 }, { 1, 0 }, "id 0 has 200 links on level 0" },
        { { 0, 1 }, { 1, 0 }, { 1, 0 }, "\"i.links\" are too long" }
    };
    pal_error err = { PAL_OK, "" };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        pal_tensors *file = NULL;
        pal_hnsw *index = NULL;
        pal_status rc;

        ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_put(file, "i.config", PAL_U64, 1, &five, config, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_put(file, "i.ids", PAL_U32, 1, &two, rows[i].id, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_put(file, "i.vectors", PAL_F32, 2, matrix, x, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_put(file, "i.link_counts", PAL_U32, 1, &two, rows[i].count, NULL), PAL_OK);
        ck_assert_int_eq(pal_tensors_put(file, "i.links", PAL_U32, 1, &two, rows[i].link, NULL), PAL_OK);
        rc = pal_hnsw_load(&index, file, "i.", &err);
        if (rows[i].part == NULL) {
            ck_assert_msg(rc == PAL_OK, "%s", err.text);
        } else {
            ck_assert_int_eq(rc, PAL_ERR_DATA);
            ck_assert_has(err.text, rows[i].part);
        }
        pal_hnsw_free(index);
        pal_tensors_free(file);
    }
}
END_TEST

Suite *suite_models_hnsw(void)
{
    Suite *suite = suite_create("models/hnsw");
    TCase *tc = tcase_create("hnsw");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_loop_test(tc, the_exact_answer_is_that_of_brute_force, 0, 6);
    tcase_add_test(tc, fewer_vectors_than_wanted_end_with_nothing);
    tcase_add_test(tc, recall_stays_high_after_much_change_and_bytes_do_not_depend_on_threads);
    tcase_add_test(tc, every_vector_finds_itself_at_once);
    tcase_add_test(tc, a_loaded_index_goes_on_as_the_saved_one);
    tcase_add_test(tc, an_emptied_index_takes_vectors_again);
    tcase_add_test(tc, searches_leave_no_trace_but_the_memory_they_share);
    tcase_add_test(tc, what_cannot_be_done_is_refused_and_changes_nothing);
    tcase_add_test(tc, damaged_files_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
