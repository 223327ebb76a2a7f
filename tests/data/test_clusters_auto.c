#include "data/clusters.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

#define MOST_GENRES 120

Suite *suite_data_clusters_auto(void);

typedef struct planted {
    char text[MOST_GENRES][32];
    const char *name[MOST_GENRES];
    double point[MOST_GENRES * 9], weight[MOST_GENRES];
    size_t n, d;
    size_t group[MOST_GENRES];
} planted;

/* n genres around `groups` far-apart centers; genre g belongs to group g % groups. */
static void plant(planted *p, uint64_t seed, size_t n, size_t groups, double spread)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);

    p->n = n;
    p->d = 9;
    for (size_t g = 0; g < n; g++) {
        p->group[g] = g % groups;
        snprintf(p->text[g], sizeof p->text[g], "genre-%03zu", g);
        p->name[g] = p->text[g];
        p->weight[g] = 50 + 900 * pal_u01(key, (pal_at){ g, 2, 0 }, 0);
        for (size_t f = 0; f < p->d; f++) {
            double center = f == g % groups % 9 ? 6 + (double)(g % groups / 9) * 6 : 0;

            p->point[g * p->d + f] = center + spread * (pal_u01(key, (pal_at){ g, 1, f }, 0) - 0.5);
        }
    }
}

static pal_clusters *cluster(const planted *p, size_t n, uint64_t seed)
{
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_clusters_auto(&clusters, p->name, p->point, p->weight, p->n, p->d, n, seed, &err));
    return clusters;
}

static int found(const pal_clusters *clusters, const char *name)
{
    return clusters->cluster_of[pal_clusters_find(clusters, name)];
}

START_TEST(planted_groups_are_found_at_every_seed)
{
    static planted p;
    size_t groups = 2 + (size_t)_i % 11;
    pal_clusters *clusters;

    plant(&p, (uint64_t)_i, 30 + (size_t)_i * 4, groups, 1.7);
    clusters = cluster(&p, groups, (uint64_t)_i * 31);
    ck_assert_uint_eq(clusters->n, groups);
    for (size_t a = 0; a < p.n; a++) {
        for (size_t b = 0; b < a; b++) {
            ck_assert_msg((found(clusters, p.name[a]) == found(clusters, p.name[b])) == (p.group[a] == p.group[b]),
                          "%s and %s (%zu groups)", p.name[a], p.name[b], groups);
        }
    }
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(a_cluster_is_named_after_one_of_its_genres)
{
    static planted p;
    pal_clusters *clusters;

    plant(&p, 5, 40, 7, 3);
    clusters = cluster(&p, 12, 3);
    for (size_t c = 0; c < clusters->n; c++) {
        ck_assert_int_eq(found(clusters, clusters->name[c]), (int)c);
    }
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(the_name_is_the_genre_nearest_to_the_weighted_mean)
{
    /* one cluster on a line: mean (0 * 1 + 1 * 1 + 10 * 8) / 10 = 8.1, nearest to 10 */
    const char *const name[] = { "a", "b", "c" };
    const double point[] = { 0, 1, 10 }, weight[] = { 1, 1, 8 };
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_clusters_auto(&clusters, name, point, weight, 3, 1, 1, 1, &err));
    ck_assert_str_eq(clusters->name[0], "c");
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(the_order_of_genres_plays_no_part)
{
    static planted p, turned;
    pal_clusters *a, *b;

    plant(&p, (uint64_t)_i, 50, 6, 4); /* overlapping groups: many possible answers */
    turned = p;
    for (size_t g = 0; g < p.n; g++) {
        size_t from = (g * 37 + 11) % p.n;

        turned.name[g] = p.name[from];
        turned.weight[g] = p.weight[from];
        memcpy(turned.point + g * p.d, p.point + from * p.d, p.d * sizeof *p.point);
    }
    a = cluster(&p, 8, 17);
    b = cluster(&turned, 8, 17);
    for (size_t g = 0; g < p.n; g++) {
        ck_assert_int_eq(a->cluster_of[g], b->cluster_of[g]);
    }
    for (size_t c = 0; c < a->n; c++) {
        ck_assert_str_eq(a->name[c], b->name[c]);
    }
    pal_clusters_free(a);
    pal_clusters_free(b);
}
END_TEST

START_TEST(far_apart_pieces_and_equal_points_still_give_the_clusters_asked_for)
{
    static planted p;

    /* twelve pieces of ten equal points each, infinitely far for the affinity: fewer clusters than pieces, as many, more */
    for (size_t n = 1; n <= 20; n++) {
        pal_clusters *clusters;

        plant(&p, 9, 120, 12, 0);
        for (size_t i = 0; i < 120 * 9; i++) {
            p.point[i] *= 1e6;
        }
        clusters = cluster(&p, n, 2);
        ck_assert_uint_eq(clusters->n, n);
        for (size_t a = 0; a < p.n && n <= 12; a++) { /* equal points stay together while there is no need to part them */
            ck_assert_int_eq(found(clusters, p.name[a]), found(clusters, p.name[a % 12]));
        }
        pal_clusters_free(clusters);
    }
}
END_TEST

START_TEST(as_many_clusters_as_genres_is_one_each)
{
    static planted p;
    pal_clusters *clusters;

    plant(&p, 1, 12, 3, 1);
    clusters = cluster(&p, 12, 1);
    for (size_t g = 0; g < 12; g++) {
        ck_assert_int_eq(clusters->cluster_of[g], (int)g);
        ck_assert_str_eq(clusters->name[g], p.name[g]);
    }
    pal_clusters_free(clusters);
}
END_TEST

START_TEST(bad_requests_are_named)
{
    static planted p;
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };

    plant(&p, 1, 10, 3, 1);
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 11, 1, &err), &err, PAL_ERR_DATA,
                     "11 asked for|only 10 genres");
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 0, 1, &err), &err, PAL_ERR_DATA,
                     "0 asked for");
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 65, 1, &err), &err, PAL_ERR_DATA,
                     "65 asked for|64");
    p.weight[4] = 0;
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 3, 1, &err), &err, PAL_ERR_DATA,
                     "genre-004|no item");
    p.weight[4] = 1;
    p.point[4 * 9 + 2] = 0.0 / 0.0;
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 3, 1, &err), &err, PAL_ERR_DATA,
                     "genre-004|not finite");
    p.point[4 * 9 + 2] = 0;
    p.name[4] = p.name[7];
    data_check_error(pal_clusters_auto(&clusters, p.name, p.point, p.weight, 10, 9, 3, 1, &err), &err, PAL_ERR_DATA,
                     "genre-007|twice");
    ck_assert_ptr_null(clusters);
}
END_TEST

START_TEST(every_allocation_may_fail)
{
    static planted p;
    size_t fail = 1;

    plant(&p, 1, 12, 3, 1);
    for (;; fail++) {
        pal_clusters *clusters = NULL;
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_clusters_auto(&clusters, p.name, p.point, p.weight, p.n, p.d, 3, 1, &err);
        pal_mem_fail_at(0);
        pal_clusters_free(clusters);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
        ck_assert_ptr_null(clusters);
    }
    ck_assert_uint_gt(fail, 15);
}
END_TEST

Suite *suite_data_clusters_auto(void)
{
    Suite *suite = suite_create("data/clusters_auto");
    TCase *cases = tcase_create("auto");

    tcase_set_timeout(cases, 30);
    tcase_add_loop_test(cases, planted_groups_are_found_at_every_seed, 0, 16);
    tcase_add_test(cases, a_cluster_is_named_after_one_of_its_genres);
    tcase_add_test(cases, the_name_is_the_genre_nearest_to_the_weighted_mean);
    tcase_add_loop_test(cases, the_order_of_genres_plays_no_part, 0, 4);
    tcase_add_test(cases, far_apart_pieces_and_equal_points_still_give_the_clusters_asked_for);
    tcase_add_test(cases, as_many_clusters_as_genres_is_one_each);
    tcase_add_test(cases, bad_requests_are_named);
    tcase_add_test(cases, every_allocation_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
