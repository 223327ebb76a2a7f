#include "data/blocks.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_data_blocks(void);

static data_shape shape_of(int i)
{
    return (data_shape){ .n_rows = 200 + (size_t)i * 331, .d = 1 + (size_t)i * 5 % 23, .n_genres = 1 + (size_t)i % 4,
                         .n_artists = 30, .groups = (size_t)i % 3 * 6 };
}

START_TEST(blocks_tile_the_clusters)
{
    pal_catalog *c = data_random_catalog((uint64_t)_i, shape_of(_i), (pal_scaling)(_i % 3));

    ck_assert_uint_eq(c->block_begin[0], 0);
    ck_assert_uint_eq(c->block_begin[c->n_blocks], c->n_items);
    ck_assert_uint_eq(c->cluster_block[0], 0);
    ck_assert_uint_eq(c->cluster_block[c->clusters->n], c->n_blocks);
    for (size_t b = 0; b < c->n_blocks; b++) {
        ck_assert_uint_lt(c->block_begin[b], c->block_begin[b + 1]);
        ck_assert_uint_le(c->block_begin[b + 1] - c->block_begin[b], PAL_BLOCK_ITEMS);
    }
    for (size_t k = 0; k < c->clusters->n; k++) {
        size_t n = c->cluster_begin[k + 1] - c->cluster_begin[k], first = c->cluster_block[k];

        ck_assert_uint_eq(c->block_begin[first], c->cluster_begin[k]);
        ck_assert_uint_eq(c->cluster_block[k + 1] - first, (n + PAL_BLOCK_ITEMS - 1) / PAL_BLOCK_ITEMS);
    }
    pal_catalog_free(c);
}
END_TEST

/* In floats and in doubles, forwards and backwards: whatever a scan may do. */
START_TEST(bounds_hold_for_every_member_in_any_arithmetic)
{
    pal_catalog *c = data_random_catalog(1000 + (uint64_t)_i, shape_of(_i), (pal_scaling)(_i % 3));

    for (size_t b = 0; b < c->n_blocks; b++) {
        const float *direction = c->block_direction + b * c->stride, *center = c->block_center + b * c->stride;
        double length = 0;

        for (size_t f = 0; f < c->d; f++) {
            length += (double)direction[f] * (double)direction[f];
        }
        ck_assert(length < 1e-12 || fabs(length - 1) < 1e-6);
        for (size_t i = c->block_begin[b]; i < c->block_begin[b + 1]; i++) {
            const float *x = c->direction + i * c->stride, *y = c->scaled + i * c->stride;
            float dot = 0, back = 0, squares = 0;
            double exact = 0, distance = 0;

            for (size_t f = 0; f < c->d; f++) {
                size_t g = c->d - 1 - f;

                dot += direction[f] * x[f];
                back += direction[g] * x[g];
                squares += (y[f] - center[f]) * (y[f] - center[f]);
                exact += (double)direction[f] * (double)x[f];
                distance += ((double)y[f] - (double)center[f]) * ((double)y[f] - (double)center[f]);
            }
            ck_assert_float_le(c->block_cos[b], dot);
            ck_assert_float_le(c->block_cos[b], back);
            ck_assert_double_le((double)c->block_cos[b], exact);
            ck_assert_float_ge(c->block_radius[b], (float)sqrt((double)squares));
            ck_assert_double_ge((double)c->block_radius[b], sqrt(distance));
            ck_assert_float_ge(c->block_popularity[b], c->popularity[i]);
        }
    }
    pal_catalog_free(c);
}
END_TEST

START_TEST(bounds_are_tight)
{
    const data_shape shape = { .n_rows = 2000, .d = 9, .n_genres = 2, .n_artists = 30 };
    pal_catalog *c = data_random_catalog(4, shape, PAL_SCALE_ZSCORE);

    for (size_t b = 0; b < c->n_blocks; b++) {
        double least = 1, most = 0;
        float popularity = 0;

        for (size_t i = c->block_begin[b]; i < c->block_begin[b + 1]; i++) {
            double dot = 0, squares = 0;

            for (size_t f = 0; f < c->d; f++) {
                double x = (double)c->scaled[i * c->stride + f] - (double)c->block_center[b * c->stride + f];

                dot += (double)c->block_direction[b * c->stride + f] * (double)c->direction[i * c->stride + f];
                squares += x * x;
            }
            least = dot < least ? dot : least;
            most = sqrt(squares) > most ? sqrt(squares) : most;
            popularity = c->popularity[i] > popularity ? c->popularity[i] : popularity;
        }
        ck_assert_double_eq_tol((double)c->block_cos[b], least, 1e-5);
        ck_assert_double_eq_tol((double)c->block_radius[b], most, 1e-5 * most + 1e-6);
        ck_assert_float_eq(c->block_popularity[b], popularity);
    }
    pal_catalog_free(c);
}
END_TEST

/* Points in planted groups of 100: blocks of a split are far narrower than blocks of items as they come. */
START_TEST(splitting_brings_near_points_together)
{
    enum { POINTS = 3200, WIDTH = 4 };
    static float point[POINTS * WIDTH];
    static uint32_t order[POINTS], end[POINTS];
    static bool met[POINTS];
    pal_key key = pal_key_for(77, 0, PAL_FOR_TEST);
    pal_error err = { .status = PAL_OK };
    double within = 0, all = 0;
    size_t begin = 0;

    for (size_t p = 0; p < POINTS; p++) {
        order[p] = (uint32_t)p;
        for (size_t f = 0; f < WIDTH; f++) {
            point[p * WIDTH + f] = (float)(20 * pal_u01(key, (pal_at){ p % 32, f, 0 }, 0) +
                                           pal_u01(key, (pal_at){ p, f, 1 }, 0));
        }
    }
    CK_OK(pal_blocks_split(order, end, point, POINTS, WIDTH, &err));
    for (size_t b = 0; b < POINTS / PAL_BLOCK_ITEMS; b++) {
        for (size_t i = begin; i < end[b]; i++) {
            ck_assert(!met[order[i]]); /* a permutation */
            met[order[i]] = true;
            ck_assert(i == begin || order[i - 1] < order[i]); /* the order they came in */
            for (size_t f = 0; f < WIDTH; f++) {
                double x = (double)point[order[i] * WIDTH + f] - (double)point[order[begin] * WIDTH + f];
                double y = (double)point[i * WIDTH + f] - (double)point[begin * WIDTH + f];

                within += x * x;
                all += y * y;
            }
        }
        begin = end[b];
    }
    ck_assert_uint_eq(begin, POINTS);
    ck_assert_double_lt(within, 0.35 * all);
}
END_TEST

START_TEST(equal_points_split_evenly)
{
    enum { POINTS = 1000 };
    static float point[POINTS * 2];
    static uint32_t order[POINTS], end[POINTS];
    pal_error err = { .status = PAL_OK };

    for (size_t p = 0; p < POINTS; p++) {
        order[p] = (uint32_t)p;
    }
    CK_OK(pal_blocks_split(order, end, point, POINTS, 2, &err));
    for (size_t b = 0; b < 8; b++) {
        ck_assert_uint_eq(end[b], 125 * (b + 1));
    }
    for (size_t p = 0; p < POINTS; p++) {
        ck_assert_uint_eq(order[p], p); /* ties by place */
    }
}
END_TEST

Suite *suite_data_blocks(void)
{
    Suite *suite = suite_create("data/blocks");
    TCase *cases = tcase_create("blocks");

    tcase_add_loop_test(cases, blocks_tile_the_clusters, 0, 20);
    tcase_add_loop_test(cases, bounds_hold_for_every_member_in_any_arithmetic, 0, 20);
    tcase_add_test(cases, bounds_are_tight);
    tcase_add_test(cases, splitting_brings_near_points_together);
    tcase_add_test(cases, equal_points_split_evenly);
    suite_add_tcase(suite, cases);
    return suite;
}
