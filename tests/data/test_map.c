#include "data/map.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <math.h>
#include <string.h>

Suite *suite_data_map(void);

static pal_catalog *random_catalog(int i)
{
    const data_shape shape = { .n_rows = 150 + (size_t)i * 97, .d = 1 + (size_t)i % 9, .n_genres = 3, .n_artists = 20,
                               .groups = (size_t)i % 2 * 5 };

    return data_random_catalog((uint64_t)i, shape, PAL_SCALE_ZSCORE);
}

START_TEST(axes_are_orthonormal_and_carry_the_explained_variance)
{
    pal_catalog *c = random_catalog(_i);
    pal_catalog_map *map = NULL;
    pal_error err = { .status = PAL_OK };
    double dot = 0, length[2] = { 0 }, total = 0, along[2] = { 0 };

    CK_OK(pal_catalog_map_new(&map, c, &err));
    for (size_t f = 0; f < c->d; f++) {
        dot += map->axis[0][f] * map->axis[1][f];
        length[0] += map->axis[0][f] * map->axis[0][f];
        length[1] += map->axis[1][f] * map->axis[1][f];
    }
    ck_assert_double_eq_tol(dot, 0, 1e-9);
    ck_assert_double_eq_tol(length[0], 1, 1e-9);
    ck_assert_double_eq_tol(length[1], c->d > 1 ? 1 : 0, 1e-9);
    for (size_t i = 0; i < c->n_items; i++) {
        double xy[2];

        pal_catalog_map_point(map, c->scaled + i * c->stride, xy);
        along[0] += xy[0] * xy[0];
        along[1] += xy[1] * xy[1];
        for (size_t f = 0; f < c->d; f++) {
            double x = (double)c->scaled[i * c->stride + f] - map->mean[f];

            total += x * x;
        }
    }
    ck_assert_double_eq_tol(map->explained[0], along[0] / total, 1e-9);
    ck_assert_double_eq_tol(map->explained[1], along[1] / total, 1e-9);
    ck_assert_double_ge(map->explained[0], map->explained[1]);
    pal_catalog_map_free(map);
    pal_catalog_free(c);
}
END_TEST

START_TEST(no_other_direction_is_wider_than_the_first_axis)
{
    pal_catalog *c = random_catalog(_i * 2 + 7);
    pal_catalog_map *map = NULL;
    pal_error err = { .status = PAL_OK };
    pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);

    CK_OK(pal_catalog_map_new(&map, c, &err));
    for (size_t trial = 0; trial < 50; trial++) {
        double way[PAL_MAX_FEATURES], length = 0, best = 0, mine = 0;

        for (size_t f = 0; f < c->d; f++) {
            way[f] = pal_u01(key, (pal_at){ trial, f, 0 }, 0) - 0.5 + 2 * map->axis[0][f] * (double)(trial % 2);
            length += way[f] * way[f];
        }
        for (size_t i = 0; i < c->n_items; i++) {
            double xy[2], x = 0;

            pal_catalog_map_point(map, c->scaled + i * c->stride, xy);
            for (size_t f = 0; f < c->d; f++) {
                x += way[f] * ((double)c->scaled[i * c->stride + f] - map->mean[f]);
            }
            best += xy[0] * xy[0];
            mine += x * x / length;
        }
        ck_assert_double_le(mine, best * (1 + 1e-9));
    }
    pal_catalog_map_free(map);
    pal_catalog_free(c);
}
END_TEST

START_TEST(the_grid_counts_every_item_once_in_its_cell)
{
    pal_catalog *c = random_catalog(_i);
    pal_catalog_map *map = NULL;
    pal_error err = { .status = PAL_OK };
    uint64_t sum = 0;

    CK_OK(pal_catalog_map_new(&map, c, &err));
    ck_assert(map->columns == PAL_MAP_SIDE || map->rows == PAL_MAP_SIDE);
    ck_assert_uint_le(map->columns, PAL_MAP_SIDE);
    ck_assert_uint_le(map->rows, PAL_MAP_SIDE);
    for (size_t i = 0; i < map->columns * map->rows; i++) {
        sum += map->count[i];
    }
    ck_assert_uint_eq(sum, c->n_items);
    for (size_t i = 0; i < c->n_items; i++) {
        double xy[2];

        pal_catalog_map_point(map, c->scaled + i * c->stride, xy);
        ck_assert_double_ge(xy[0], map->x0);
        ck_assert_double_ge(xy[1], map->y0);
        ck_assert_double_le(xy[0], map->x0 + map->cell * (double)map->columns * (1 + 1e-12) + 1e-9);
        ck_assert_double_le(xy[1], map->y0 + map->cell * (double)map->rows * (1 + 1e-12) + 1e-9);
    }
    pal_catalog_map_free(map);
    pal_catalog_free(c);
}
END_TEST

START_TEST(one_item_makes_one_cell)
{
    const data_shape shape = { .n_rows = 1, .d = 3, .n_genres = 1, .n_artists = 1 };
    pal_catalog *c = data_random_catalog(1, shape, PAL_SCALE_ZSCORE);
    pal_catalog_map *map = NULL;
    pal_error err = { .status = PAL_OK };
    pal_json_writer w = { .compact = true };

    CK_OK(pal_catalog_map_new(&map, c, &err));
    ck_assert_uint_eq(map->columns * map->rows, 1);
    ck_assert_uint_eq(map->count[0], 1);
    ck_assert_double_eq(map->explained[0], 0);
    pal_json_begin_object(&w, NULL);
    pal_catalog_map_write(map, &w);
    pal_json_end_object(&w);
    CK_OK(pal_text_check(&w.text, &err));
    ck_assert_ptr_nonnull(strstr(w.text.bytes, "\"columns\""));
    pal_text_clear(&w.text);
    pal_catalog_map_free(map);
    pal_catalog_free(c);
}
END_TEST

Suite *suite_data_map(void)
{
    Suite *suite = suite_create("data/map");
    TCase *cases = tcase_create("map");

    tcase_add_loop_test(cases, axes_are_orthonormal_and_carry_the_explained_variance, 0, 18);
    tcase_add_loop_test(cases, no_other_direction_is_wider_than_the_first_axis, 0, 5);
    tcase_add_loop_test(cases, the_grid_counts_every_item_once_in_its_cell, 0, 18);
    tcase_add_test(cases, one_item_makes_one_cell);
    suite_add_tcase(suite, cases);
    return suite;
}
