/* Scans: the vector loops give the scalar ones' bytes, and bounds and guesses keep their promises. */
#include "core/mem.h"
#include "core/rng.h"
#include "stages/balls.h"
#include "stages/order.h"
#include "stages/scan.h"
#include "stages/taste_index.h"
#include "tests/support/mini_catalog.h"

#include <check.h>
#include <stdlib.h>
#include <string.h>

static float draw(uint64_t seed, uint64_t i)
{
    return (float)(pal_u01((pal_key){ seed, 3 }, (pal_at){ 0, 0, 0 }, i) * 2 - 1);
}

START_TEST(vector_dots_are_scalar_dots_bit_for_bit)
{
    enum { ROW = 208, D = 9 };
    _Alignas(64) static float x[D * ROW], out[ROW];
    float v[D];

    for (size_t i = 0; i < D * ROW; i++) {
        x[i] = draw((uint64_t)_i, i);
    }
    for (size_t f = 0; f < D; f++) {
        v[f] = draw((uint64_t)_i + 100, f);
    }
    for (size_t d = 1; d <= D; d++) {
        for (size_t n = 16; n <= ROW; n += 16) {
            pal_scan_dots(out, x, ROW, v, n, d);
            for (size_t i = 0; i < n; i++) {
                float item[D];

                for (size_t f = 0; f < d; f++) {
                    item[f] = x[f * ROW + i];
                }
                ck_assert(out[i] == pal_scan_dot(item, v, d));
            }
        }
    }
}
END_TEST

START_TEST(hits_are_the_groups_that_reach_the_bar)
{
    enum { N = 400 };
    _Alignas(64) static float x[N];
    uint32_t group[N / PAL_SCAN_GROUP + 1];

    for (size_t i = 0; i < N; i++) {
        x[i] = draw((uint64_t)_i, i);
    }
    for (float bar = -1.05f; bar < 1.1f; bar += 0.05f) {
        const size_t n = pal_scan_hits(group, x, N, bar);
        size_t found = 0;

        for (uint32_t at = 0; at < N; at += PAL_SCAN_GROUP) {
            bool any = false;

            for (size_t i = at; i < at + PAL_SCAN_GROUP && i < N; i++) {
                any = any || x[i] >= bar;
            }
            if (any) {
                ck_assert_uint_lt(found, n);
                ck_assert_uint_eq(group[found++], at);
            }
        }
        ck_assert_uint_eq(found, n);
    }
    ck_assert_uint_eq(pal_scan_hits(group, x, N, x[7]) > 0, 1); /* equal reaches */
}
END_TEST

START_TEST(a_guess_is_reached_often_enough)
{
    enum { N = 1616 };
    static float x[N];

    for (size_t i = 0; i < N; i++) {
        x[i] = _i == 0 ? 0.25f : draw((uint64_t)_i, i);
    }
    for (size_t k = 1; k <= 200; k++) {
        const float bar = pal_scan_guess(x, N, k);
        size_t reach = 0;

        for (size_t i = 0; i < N; i++) {
            reach += x[i] >= bar;
        }
        ck_assert_uint_ge(reach, k);
        ck_assert(k > 128 || _i == 0 || reach < 2 * k + 20); /* and not by far too many */
    }
    ck_assert(pal_scan_guess(x, 496, 5) == -FLT_MAX);
}
END_TEST

static int falling(const void *a, const void *b)
{
    const pal_candidate x = *(const pal_candidate *)a, y = *(const pal_candidate *)b;

    if (x.score != y.score) {
        return x.score > y.score ? -1 : 1;
    }
    return x.item != y.item ? (x.item < y.item ? -1 : 1) : (int)x.taste - (int)y.taste;
}

START_TEST(the_heap_keeps_the_k_best_in_any_order_of_offers)
{
    enum { N = 300 };
    pal_candidate all[N], heap[N];

    for (uint32_t i = 0; i < N; i++) { /* few distinct scores: many ties */
        all[i] = (pal_candidate){ (float)(int)(draw((uint64_t)_i, i) * 10), (i * 7919u) % N / 2, (uint8_t)(i % 2) };
    }
    for (size_t k = 0; k <= N; k += 37) {
        pal_topk top = { .heap = heap, .k = k };

        for (size_t i = 0; i < N; i++) {
            pal_topk_offer(&top, all[i]);
        }
        pal_candidates_sort(top.heap, top.n);
        ck_assert_uint_eq(top.n, k);
        if (k == 0) {
            qsort(all, N, sizeof *all, falling);
        }
        for (size_t i = 0; i < k; i++) {
            ck_assert_int_eq(falling(&top.heap[i], &all[i]), 0);
        }
    }
}
END_TEST

/* For random directions: every member's dot product lies between the bounds of its ball. */
START_TEST(balls_hold_all_items_and_their_bounds_hold)
{
    mini_spec spec = mini_defaults((uint64_t)_i);
    pal_catalog *catalog;
    pal_balls *balls = NULL;
    uint8_t *found;

    spec.n_items = 31 + 97 * (size_t)_i;
    catalog = mini_catalog(spec);
    found = pal_calloc(catalog->n_items, 1);
    ck_assert_int_eq(pal_balls_new(&balls, catalog, NULL), PAL_OK);
    for (uint64_t trial = 0; trial < 20; trial++) {
        float v[16], norm = 0;

        for (size_t f = 0; f < catalog->d; f++) {
            v[f] = draw(trial + 7 * (uint64_t)_i, f);
            norm += v[f] * v[f];
        }
        for (size_t f = 0; f < catalog->d; f++) {
            v[f] /= sqrtf(norm);
        }
        for (size_t b = 0; b < balls->n; b++) {
            float center[16];

            for (size_t f = 0; f < catalog->d; f++) {
                center[f] = balls->center_t[f * balls->n_pad + b];
            }
            const float x = pal_scan_dot(center, v, catalog->d);

            for (size_t i = 0; i < pal_ball_size(balls, b); i++) {
                const uint32_t item = balls->item[b * PAL_BALL_ITEMS + i];
                const float dot = pal_scan_dot(catalog->direction + item * catalog->stride, v, catalog->d);

                ck_assert(dot <= pal_scan_cos_high(x, balls->cos[b]));
                ck_assert(-dot <= pal_scan_cos_high(-x, balls->cos[b]));
                ck_assert(balls->direction_t[b * catalog->d * PAL_BALL_ITEMS + i] == catalog->direction[item * catalog->stride]);
                found[item]++;
            }
        }
    }
    for (size_t i = 0; i < catalog->n_items; i++) {
        ck_assert_uint_eq(found[i], 20);
    }
    pal_free(found);
    pal_balls_free(balls);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_taste_index_lists_the_members_of_every_cluster)
{
    pal_catalog *catalog = mini_catalog(mini_defaults((uint64_t)_i));
    pal_taste_index *index = NULL;
    size_t members = 0, wanted = 0;

    ck_assert_int_eq(pal_taste_index_new(&index, catalog, NULL), PAL_OK);
    for (size_t t = 0; t < index->n_tastes; t++) {
        double sum[16] = { 0 }, norm = 0;

        ck_assert_uint_eq(index->begin[t] % 16, 0);
        for (size_t i = 0; i < index->n[t]; i++) {
            const uint32_t item = index->member[index->begin[t] + i];

            ck_assert((catalog->cluster_mask[item] >> t) & 1);
            ck_assert(i == 0 || item > index->member[index->begin[t] + i - 1]);
            ck_assert(index->popularity[index->begin[t] + i] == catalog->popularity[item]);
            for (size_t f = 0; f < catalog->d; f++) {
                sum[f] += (double)catalog->direction[item * catalog->stride + f];
            }
        }
        members += index->n[t];
        for (size_t f = 0; f < catalog->d; f++) {
            norm += sum[f] * sum[f];
        }
        for (size_t f = 0; f < catalog->d; f++) {
            ck_assert(fabs(sum[f] / sqrt(norm) - (double)index->center[t * catalog->stride + f]) < 1e-6);
        }
    }
    for (size_t i = 0; i < catalog->n_items; i++) {
        wanted += (size_t)__builtin_popcountll(catalog->cluster_mask[i]);
        ck_assert(i == 0 || catalog->popularity[index->by_popularity[i - 1]]
                                >= catalog->popularity[index->by_popularity[i]]);
    }
    ck_assert_uint_eq(members, wanted);
    pal_taste_index_free(index);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_radix_order_is_that_of_a_stable_comparison_sort)
{
    enum { N = 3000 };
    static float score[N];
    static uint32_t order[N], work[3 * N];
    static pal_candidate wanted[N];

    for (uint32_t i = 0; i < N; i++) {
        score[i] = i % 3 == 0 ? (float)(int)(draw((uint64_t)_i, i) * 5) : draw((uint64_t)_i, i) * 1e-3f;
        score[i] = i % 50 == 0 ? -0.0f : i % 51 == 0 ? 0.0f : score[i];
        wanted[i] = (pal_candidate){ score[i], i, 0 };
    }
    pal_order_falling(order, score, N, work);
    qsort(wanted, N, sizeof *wanted, falling);
    for (size_t i = 0; i < N; i++) {
        ck_assert_uint_eq(order[i], wanted[i].item);
    }
}
END_TEST

Suite *suite_stages_scan(void);
Suite *suite_stages_scan(void)
{
    Suite *suite = suite_create("stages/scan");
    TCase *tc = tcase_create("scan");

    tcase_add_loop_test(tc, vector_dots_are_scalar_dots_bit_for_bit, 0, 5);
    tcase_add_loop_test(tc, hits_are_the_groups_that_reach_the_bar, 0, 5);
    tcase_add_loop_test(tc, a_guess_is_reached_often_enough, 0, 6);
    tcase_add_loop_test(tc, the_heap_keeps_the_k_best_in_any_order_of_offers, 0, 10);
    tcase_add_loop_test(tc, balls_hold_all_items_and_their_bounds_hold, 0, 8);
    tcase_add_loop_test(tc, the_taste_index_lists_the_members_of_every_cluster, 0, 4);
    tcase_add_loop_test(tc, the_radix_order_is_that_of_a_stable_comparison_sort, 0, 4);
    suite_add_tcase(suite, tc);
    return suite;
}
