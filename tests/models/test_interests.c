/* Spherical k-means of a person's items: planted directions, what it must not depend on, its objective. */
#include "models/interests.h"

#include "core/dist.h"
#include "tests/support/holds.h"

#include <math.h>
#include <string.h>

Suite *suite_models_interests(void);

enum { N = 24, D = 5, MOST = 4 };

static double centre[MOST * D];
static uint32_t row[N];
static float x[N * D];
static uint8_t label[N];

/* Item i points along axis i % groups, with noise of this spread. */
static void plant(uint64_t seed, size_t groups, double noise)
{
    const pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    uint64_t draw = 0;

    for (size_t i = 0; i < N; i++) {
        row[i] = (uint32_t)i;
        for (size_t j = 0; j < D; j++) {
            x[i * D + j] = (float)((j == i % groups) + noise * pal_draw_normal(key, (pal_at){ i, 0, 0 }, &draw));
        }
    }
}

static void split(uint64_t seed, size_t k)
{
    pal_interests_split(label, row, N, x, D, k, centre, pal_key_for(seed, 1, PAL_FOR_TEST), (pal_at){ 3, 0, 0 });
}

START_TEST(planted_directions_are_found)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        for (size_t groups = 1; groups <= MOST; groups++) {
            plant(seed, groups, 0.05);
            split(seed, groups);
            for (size_t i = 0; i < N; i++) HOLD(label[i] == label[i % groups]);
            for (size_t a = 0; a < groups; a++) {
                for (size_t b = a + 1; b < groups; b++) HOLD(label[a] != label[b]);
            }
        }
    }
}
END_TEST

START_TEST(lengths_do_not_matter)
{
    uint8_t before[N];

    for (uint64_t seed = 1; seed <= 20; seed++) {
        plant(seed, 3, 0.4);
        split(seed, 3);
        memcpy(before, label, sizeof before);
        for (size_t i = 0; i < N; i++) {
            for (size_t j = 0; j < D; j++) x[i * D + j] *= (float)(1u << i % 5);
        }
        split(seed, 3);
        HOLD(memcmp(before, label, sizeof before) == 0);
    }
}
END_TEST

/* At the end every item lies with the mean direction that it is nearest to, in double arithmetic of our own. */
START_TEST(every_item_is_with_its_nearest_direction)
{
    for (uint64_t seed = 1; seed <= 50; seed++) {
        double mean[MOST][D] = { { 0 } };

        plant(seed, MOST, 0.3);
        split(seed, MOST);
        for (size_t i = 0; i < N; i++) {
            double length = 0;

            for (size_t j = 0; j < D; j++) length += (double)x[i * D + j] * (double)x[i * D + j];
            for (size_t j = 0; j < D; j++) mean[label[i]][j] += (double)x[i * D + j] / sqrt(length);
        }
        for (size_t i = 0; i < N; i++) {
            double best = -2, own = -2;

            for (size_t c = 0; c < MOST; c++) {
                double dot = 0, length = 0;

                for (size_t j = 0; j < D; j++) {
                    dot += (double)x[i * D + j] * mean[c][j];
                    length += mean[c][j] * mean[c][j];
                }
                if (!(length > 0)) continue;
                dot /= sqrt(length);
                best = dot > best ? dot : best;
                own = c == label[i] ? dot : own;
            }
            HOLDS(own > best - 1e-9, "seed %d, item %zu: %g instead of %g", (int)seed, i, own, best);
        }
    }
}
END_TEST

START_TEST(nothing_and_one_group_are_fine)
{
    plant(1, 2, 0.1);
    memset(label, 9, sizeof label);
    pal_interests_split(label, row, 0, x, D, 3, centre, (pal_key){ 0 }, (pal_at){ 0 });
    ck_assert_uint_eq(label[0], 9);
    split(1, 1);
    for (size_t i = 0; i < N; i++) ck_assert_uint_eq(label[i], 0);
}
END_TEST

START_TEST(vectors_of_zeros_are_in_the_first_group)
{
    plant(2, 2, 0.01);
    memset(x + 4 * D, 0, D * sizeof *x);
    split(2, 2);
    ck_assert_uint_eq(label[4], 0);
}
END_TEST

Suite *suite_models_interests(void)
{
    Suite *suite = suite_create("models/interests");
    TCase *tc = tcase_create("interests");

    tcase_add_test(tc, planted_directions_are_found);
    tcase_add_test(tc, lengths_do_not_matter);
    tcase_add_test(tc, every_item_is_with_its_nearest_direction);
    tcase_add_test(tc, nothing_and_one_group_are_fine);
    tcase_add_test(tc, vectors_of_zeros_are_in_the_first_group);
    suite_add_tcase(suite, tc);
    return suite;
}
