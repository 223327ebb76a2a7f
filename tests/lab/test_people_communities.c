/* Communities: planted ones are found, keep their numbers over time, and are held against the truth by known measures. */
#include "lab/people_communities.h"

#include "core/rng.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_lab_people_communities(void);

/* Groups of these sizes, person by person in turn; one person more who is like nobody. */
enum { GROUPS = 4, PEOPLE = 71, LONELY = PEOPLE - 1 };
static const size_t sizes[GROUPS] = { 10, 25, 15, 20 };
static const pal_communities_config usual = { .max_k = 10, .n_threads = 2 };

static uint32_t group_of(size_t person)
{
    uint32_t g = 0;

    for (size_t end = sizes[0]; person >= end && g + 1 < GROUPS; end += sizes[++g]) { }
    return g;
}

/* Strong edges inside a group, weak and rare ones between neighbouring groups. */
static pal_csr *planted(uint64_t seed)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_csr_cell *cell = calloc((size_t)PEOPLE * PEOPLE, sizeof *cell);
    pal_csr *m = NULL;
    size_t n = 0;

    for (uint32_t a = 0; a < LONELY; a++) {
        for (uint32_t b = 0; b < a; b++) {
            const double u = pal_u01(key, (pal_at){ a, 0, b }, 0);
            const bool same = group_of(a) == group_of(b);
            const float w = same ? 0.6f : 0.1f;

            if (u > (same ? 0.7 : group_of(a) - group_of(b) == 1 ? 0.1 : 0.01)) continue;
            cell[n++] = (pal_csr_cell){ a, b, w };
            cell[n++] = (pal_csr_cell){ b, a, w };
        }
    }
    ck_assert_int_eq(pal_csr_new(&m, PEOPLE, PEOPLE, cell, n, PAL_TWICE_SUM, NULL), PAL_OK);
    free(cell);
    return m;
}

static pal_communities find(const pal_csr *edges, pal_communities_config config)
{
    pal_communities c;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_communities_find(&c, edges, &config, pal_key_for(1, 0, PAL_FOR_TEST), &err) == PAL_OK, "%s", err.text);
    return c;
}

START_TEST(planted_communities_are_found_and_numbered_by_size)
{
    static const uint32_t by_size[GROUPS] = { 3, 0, 2, 1 };
    pal_csr *edges = planted((uint64_t)_i);
    pal_communities c = find(edges, usual);

    ck_assert_uint_eq(c.k, GROUPS);
    ck_assert_uint_eq(c.n_labels, GROUPS);
    ck_assert_uint_eq(c.placed, LONELY);
    for (size_t i = 0; i < LONELY; i++) ck_assert_uint_eq(c.label[i], by_size[group_of(i)]);
    ck_assert_double_eq(c.gap, c.value[GROUPS] - c.value[GROUPS - 1]);
    for (size_t v = 1; v + 1 < c.n_values && v < usual.max_k; v++) { /* the largest gap chose k */
        ck_assert_double_le(c.value[v + 1] - c.value[v], c.gap);
    }
    pal_communities_clear(&c);
    pal_csr_free(edges);
}
END_TEST

START_TEST(who_is_like_nobody_is_in_no_community_and_on_no_map)
{
    pal_csr *edges = planted(1);
    pal_communities c = find(edges, usual);

    ck_assert_uint_eq(c.label[LONELY], PAL_NO_COMMUNITY);
    ck_assert(isnan(c.x[LONELY]) && isnan(c.y[LONELY]));
    for (size_t i = 0; i < LONELY; i++) ck_assert_double_le(c.x[i] * c.x[i] + c.y[i] * c.y[i], 1 + 1e-9);
    pal_communities_clear(&c);
    pal_csr_free(edges);
}
END_TEST

static double far(const pal_communities *c, uint32_t a, uint32_t b)
{
    double at[2][3] = { { 0 } };

    for (size_t i = 0; i < c->n; i++) {
        const size_t side = c->label[i] == a ? 0 : 1;

        if (c->label[i] != a && c->label[i] != b) continue;
        at[side][0] += c->x[i];
        at[side][1] += c->y[i];
        at[side][2]++;
    }
    return hypot(at[0][0] / at[0][2] - at[1][0] / at[1][2], at[0][1] / at[0][2] - at[1][1] / at[1][2]);
}

START_TEST(neighbouring_communities_lie_nearer_than_others)
{
    pal_csr *edges = planted((uint64_t)_i);
    pal_communities c = find(edges, usual);

    /* The chain of groups 0-1-2-3 is 3-0-2-1 by size. */
    ck_assert_double_lt(far(&c, 3, 0), far(&c, 3, 1));
    ck_assert_double_lt(far(&c, 2, 1), far(&c, 3, 1));
    pal_communities_clear(&c);
    pal_csr_free(edges);
}
END_TEST

START_TEST(k_may_be_given)
{
    pal_csr *edges = planted(2);
    pal_communities c = find(edges, (pal_communities_config){ .k = 2, .max_k = 10, .n_threads = 1 });

    ck_assert_uint_eq(c.k, 2);
    ck_assert_double_eq(c.gap, c.value[2] - c.value[1]);
    pal_communities_clear(&c);
    pal_csr_free(edges);
}
END_TEST

START_TEST(nobody_placed_is_no_error)
{
    pal_csr *edges = NULL;
    pal_communities c;
    pal_agreement a;
    const uint32_t strongest[3] = { 0, 1, 2 };
    const uint64_t mask[3] = { 1, 2, 4 };

    ck_assert_int_eq(pal_csr_new(&edges, 3, 3, NULL, 0, PAL_TWICE_SUM, NULL), PAL_OK);
    c = find(edges, usual);
    ck_assert_uint_eq(c.k, 0);
    ck_assert_uint_eq(c.label[2], PAL_NO_COMMUNITY);
    ck_assert(isnan(c.gap));
    ck_assert_int_eq(pal_communities_agreement(&a, c.label, strongest, mask, 3, NULL), PAL_OK);
    ck_assert(isnan(a.ari) && isnan(a.nmi) && isnan(a.overlap));
    pal_communities_clear(&c);
    pal_csr_free(edges);
}
END_TEST

/* Labels as a clustering would give them. */
static pal_communities labelled(uint32_t *label, size_t n, size_t n_labels)
{
    return (pal_communities){ .n = n, .k = n_labels, .n_labels = n_labels, .label = label };
}

START_TEST(numbers_are_kept_by_the_largest_overlap)
{
    /* Old 0 goes mostly into new 1, old 1 into new 0; new 2 takes the rest of old 0 and gets a number of its own. */
    uint32_t was[] = { 0, 0, 0, 0, 0, 1, 1, 1, PAL_NO_COMMUNITY }, is[] = { 1, 1, 1, 2, 2, 0, 0, 0, 2 };
    static const uint32_t wanted[] = { 0, 0, 0, 2, 2, 1, 1, 1, 2 };
    pal_communities before = labelled(was, 9, 2), now = labelled(is, 9, 3);
    size_t used = 2;

    ck_assert_int_eq(pal_communities_match(&now, &before, &used, NULL), PAL_OK);
    ck_assert_mem_eq(is, wanted, sizeof wanted);
    ck_assert_uint_eq(used, 3);
    ck_assert_uint_eq(now.n_labels, 3);
}
END_TEST

START_TEST(a_number_once_used_never_names_other_people)
{
    /* Number 3 was given out before and is gone: a new community gets 4. */
    uint32_t was[] = { 0, 0, 1, 1 }, is[] = { 0, 0, 1, 1 };
    pal_communities before = labelled(was, 4, 4), now;
    size_t used = 4;

    was[2] = was[3] = PAL_NO_COMMUNITY;
    now = labelled(is, 4, 2);
    ck_assert_int_eq(pal_communities_match(&now, &before, &used, NULL), PAL_OK);
    ck_assert_uint_eq(is[0], 0);
    ck_assert_uint_eq(is[3], 4);
    ck_assert_uint_eq(used, 5);
}
END_TEST

START_TEST(equal_partitions_agree_wholly_and_overlap_is_the_mean_jaccard)
{
    const uint32_t label[] = { 5, 5, 5, 2, 2, PAL_NO_COMMUNITY }, strongest[] = { 1, 1, 1, 0, 0, 0 };
    /* Pairs in one community: {0,1} 1/3, {0,2} 1, {1,2} 1/3, {3,4} 0. */
    const uint64_t mask[] = { 3, 6, 3, 8, 1, 8 };
    pal_agreement a;

    ck_assert_int_eq(pal_communities_agreement(&a, label, strongest, mask, 6, NULL), PAL_OK);
    ck_assert_double_eq_tol(a.ari, 1, 1e-12);
    ck_assert_double_eq_tol(a.nmi, 1, 1e-12);
    ck_assert_double_lt(a.ari_sets, 1);
    ck_assert_double_eq_tol(a.overlap, (1.0 / 3 + 1 + 1.0 / 3) / 4, 1e-12);
}
END_TEST

START_TEST(chance_is_nothing_by_ari_and_any_pair_by_overlap)
{
    enum { N = 300 };
    uint32_t label[N], strongest[N];
    uint64_t mask[N];
    double all = 0;
    pal_agreement a;

    for (uint32_t i = 0; i < N; i++) {
        label[i] = i % 6;
        strongest[i] = i % 6;
        mask[i] = i % 2 == 0 ? 3 : 6;
    }
    ck_assert_int_eq(pal_communities_chance(&a, label, strongest, mask, N, 20, pal_key_for(4, 0, PAL_FOR_TEST), NULL), PAL_OK);
    ck_assert_double_lt(fabs(a.ari), 0.01);
    ck_assert_double_gt(a.nmi, 0);   /* which is why it must be shown */
    ck_assert_double_lt(a.nmi, 0.1);
    all = (2 * (150.0 * 149 / 2) + 150.0 * 150 / 3) / (300.0 * 299 / 2);
    ck_assert_double_eq_tol(a.overlap, all, 1e-12);
}
END_TEST

Suite *suite_lab_people_communities(void)
{
    Suite *suite = suite_create("lab/people_communities");
    TCase *tc = tcase_create("people_communities");

    tcase_add_loop_test(tc, planted_communities_are_found_and_numbered_by_size, 0, 8);
    tcase_add_test(tc, who_is_like_nobody_is_in_no_community_and_on_no_map);
    tcase_add_loop_test(tc, neighbouring_communities_lie_nearer_than_others, 0, 8);
    tcase_add_test(tc, k_may_be_given);
    tcase_add_test(tc, nobody_placed_is_no_error);
    tcase_add_test(tc, numbers_are_kept_by_the_largest_overlap);
    tcase_add_test(tc, a_number_once_used_never_names_other_people);
    tcase_add_test(tc, equal_partitions_agree_wholly_and_overlap_is_the_mean_jaccard);
    tcase_add_test(tc, chance_is_nothing_by_ari_and_any_pair_by_overlap);
    suite_add_tcase(suite, tc);
    return suite;
}
