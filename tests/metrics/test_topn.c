/* Full rankings of one person: against sorting by brute force, scikit-learn, and what must hold for any scores. */
#include "metrics/topn.h"

#include "core/mem.h"
#include "metrics/diversity.h"
#include "tests/support/holds.h"
#include "tests/support/metrics_people.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_metrics_topn(void);

enum { ITEMS = 60, K0 = 3, K1 = 7, K2 = 20, KS = 3, COLUMNS = PAL_TOPN_WHOLES + KS * PAL_TOPN_ATS };
static const size_t ks[KS] = { K0, K1, K2 };

typedef struct answer {
    double value[COLUMNS];
    uint32_t item[K2];
    float score[K2];
} answer;

static answer measure(const pal_topn_context *x, const pal_topn_person *who)
{
    answer a;
    pal_arena *scratch = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_arena_new(&scratch, 64, &err), PAL_OK);
    ck_assert_msg(pal_topn_measure(a.value, a.item, a.score, x, who, NULL, scratch, &err) == PAL_OK, "%s", err.text);
    pal_arena_free(scratch);
    return a;
}

/* Seeded scores with many ties, a few items taken away and a few wanted. */
typedef struct person {
    float score[ITEMS];
    uint32_t without[ITEMS], wanted[ITEMS];
    pal_topn_person who;
} person;

static void make_person(person *p, uint64_t seed, int levels)
{
    *p = (person){ .who = { .score = p->score, .without = p->without, .wanted = p->wanted } };
    for (uint32_t i = 0; i < ITEMS; i++) {
        double draw = metrics_u01(seed, i, 1);

        p->score[i] = (float)(floor(metrics_u01(seed, i, 0) * levels) / levels - 0.3172);
        if (draw < 0.2) p->without[p->who.n_without++] = i;
        if (draw > 0.85) p->wanted[p->who.n_wanted++] = i;
    }
    p->who.own = p->without;
    p->who.n_own = p->who.n_without;
}

static bool holds(const uint32_t *list, size_t n, uint32_t item)
{
    for (size_t i = 0; i < n; i++) {
        if (list[i] == item) return true;
    }
    return false;
}

static const float *sorting;

static int by_score(const void *x, const void *y)
{
    uint32_t a = *(const uint32_t *)x, b = *(const uint32_t *)y;

    if (sorting[a] != sorting[b]) return sorting[a] < sorting[b] ? 1 : -1;
    return a < b ? -1 : a > b;
}

/* The whole ranking by sorting. */
static size_t rank_all(uint32_t *order, const pal_topn_person *who, size_t n_items)
{
    size_t n = 0;

    for (uint32_t i = 0; i < n_items; i++) {
        if (!holds(who->without, who->n_without, i)) order[n++] = i;
    }
    sorting = who->score;
    qsort(order, n, sizeof *order, by_score);
    return n;
}

static double slow_auc(const pal_topn_person *who, const uint32_t *order, size_t n, bool pessimistic)
{
    double sum = 0, pairs = 0;
    size_t rank[ITEMS], n_ranks = 0;

    for (size_t a = 0; a < n; a++) {
        size_t not_below = 0;

        if (!holds(who->wanted, who->n_wanted, order[a])) continue;
        for (size_t b = 0; b < n; b++) {
            float mine = who->score[order[a]], other = who->score[order[b]];

            not_below += a != b && other >= mine;
            if (holds(who->wanted, who->n_wanted, order[b])) continue;
            sum += mine > other ? 1 : mine == other ? 0.5 : 0;
            pairs++;
        }
        rank[n_ranks++] = not_below; /* ascending, for the best come first */
    }
    if (!pessimistic) return sum / pairs;
    sum = 0;
    for (size_t i = 0; i < n_ranks; i++) {
        double before = rank[i] > i ? (double)(rank[i] - i) : 0;

        sum += 1 - before / (double)(n - n_ranks);
    }
    return sum / (double)n_ranks;
}

START_TEST(all_accuracy_metrics_are_those_of_a_sorted_list)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    uint32_t order[ITEMS];
    person p;
    answer a;
    size_t n, first = 0;

    make_person(&p, (uint64_t)_i, _i % 2 == 0 ? 7 : 100000);
    a = measure(&x, &p.who);
    n = rank_all(order, &p.who, ITEMS);
    ck_assert_uint_gt(p.who.n_wanted, 0);
    for (size_t i = 0; i < K2; i++) {
        ck_assert_uint_eq(a.item[i], order[i]);
        ck_assert_float_eq(a.score[i], p.score[order[i]]);
    }
    while (!holds(p.wanted, p.who.n_wanted, order[first])) first++;
    ck_assert_double_eq_tol(a.value[PAL_TOPN_MRR], 1 / (double)(first + 1), 1e-15);
    ck_assert_double_eq_tol(a.value[PAL_TOPN_AUC], slow_auc(&p.who, order, n, false), 1e-14);
    ck_assert_double_eq_tol(a.value[PAL_TOPN_AUC_PESSIMISTIC], slow_auc(&p.who, order, n, true), 1e-14);
    for (size_t c = 0; c < KS; c++) {
        const double *at = a.value + pal_topn_column_at(c, 0);
        double hits = 0, dcg = 0, best = 0, ap = 0, k = (double)ks[c], t = (double)p.who.n_wanted;

        for (size_t i = 0; i < ks[c]; i++) {
            bool hit = holds(p.wanted, p.who.n_wanted, order[i]);

            hits += hit;
            dcg += hit ? 1 / log2((double)i + 2) : 0;
            best += (double)i < t ? 1 / log2((double)i + 2) : 0;
            ap += hit ? hits / (double)(i + 1) : 0;
        }
        ck_assert_double_eq_tol(at[PAL_TOPN_PRECISION], hits / k, 1e-15);
        ck_assert_double_eq_tol(at[PAL_TOPN_RECALL], hits / t, 1e-15);
        ck_assert_double_eq_tol(at[PAL_TOPN_TRUNCATED_RECALL], hits / (k < t ? k : t), 1e-15);
        ck_assert_double_eq_tol(at[PAL_TOPN_MAP], ap / (k < t ? k : t), 1e-14);
        ck_assert_double_eq_tol(at[PAL_TOPN_NDCG], dcg / best, 1e-14);
        ck_assert_double_eq(at[PAL_TOPN_HIT_RATE], hits > 0);
        ck_assert_double_eq(at[PAL_TOPN_TIED], p.score[order[ks[c] - 1]] == p.score[order[ks[c]]]);
    }
}
END_TEST

START_TEST(auc_and_ndcg_are_those_of_scikit_learn)
{
    /* scikit-learn 1.2.1, y = 1 at 0, 4, 6, 9: roc_auc_score(y, s); without items 1 and 5 roc_auc_score(y[c], s[c]) and
     * ndcg_score([y[c]], [s[c] - c * 1e-9], k=3 and 5), where the small part breaks ties by lower item */
    static const float s[10] = { 0.31f, 2.385f, -0.7f, 0.31f, 1.173f, 0.9f, 0.31f, -1.5f, 2.0f, 0.05f };
    static const uint32_t wanted[] = { 0, 4, 6, 9 }, without[] = { 1, 5 };
    static const size_t two[] = { 3, 5 };
    const pal_topn_context x = { .n_items = 10, .n_k = 2, .k = two };
    pal_topn_person who = { .score = s, .wanted = wanted, .n_wanted = 4 };
    answer a = measure(&x, &who);

    ck_assert_double_eq_tol(a.value[PAL_TOPN_AUC], 0.45833333333333337, 1e-15);
    who.without = without;
    who.n_without = 2;
    a = measure(&x, &who);
    ck_assert_double_eq_tol(a.value[PAL_TOPN_AUC], 0.625, 1e-15);
    ck_assert_double_eq_tol(a.value[pal_topn_column_at(0, PAL_TOPN_NDCG)], 0.5307212739772436, 1e-14);
    ck_assert_double_eq_tol(a.value[pal_topn_column_at(1, PAL_TOPN_NDCG)], 0.5925120319645861, 1e-14);
}
END_TEST

START_TEST(a_constant_scorer_is_a_coin_or_a_loser_and_ranks_by_item)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    person p;
    answer a;

    make_person(&p, 5, 1);
    a = measure(&x, &p.who);
    ck_assert_double_eq(a.value[PAL_TOPN_AUC], 0.5);
    ck_assert_double_le(a.value[PAL_TOPN_AUC_PESSIMISTIC], 0);
    for (size_t c = 0; c < KS; c++) ck_assert_double_eq(a.value[pal_topn_column_at(c, PAL_TOPN_TIED)], 1);
    for (size_t i = 1; i < K2; i++) ck_assert_uint_lt(a.item[i - 1], a.item[i]);
}
END_TEST

START_TEST(turning_the_scores_turns_the_auc)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    person p;
    double auc;

    make_person(&p, (uint64_t)_i + 77, 9);
    auc = measure(&x, &p.who).value[PAL_TOPN_AUC];
    for (size_t i = 0; i < ITEMS; i++) p.score[i] = -p.score[i];
    ck_assert_double_eq_tol(measure(&x, &p.who).value[PAL_TOPN_AUC], 1 - auc, 1e-14);
}
END_TEST

START_TEST(items_that_are_taken_away_change_nothing_else)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    person p;
    answer a, b;

    make_person(&p, (uint64_t)_i + 300, 11);
    a = measure(&x, &p.who);
    for (size_t i = 0; i < p.who.n_without; i++) p.score[p.without[i]] = 1000.0f + (float)i;
    b = measure(&x, &p.who);
    ck_assert_mem_eq(a.item, b.item, sizeof a.item);
    for (size_t c = 0; c < PAL_TOPN_WHOLES; c++) ck_assert_double_eq(a.value[c], b.value[c]);
}
END_TEST

START_TEST(without_wanted_items_nothing_is_defined_but_the_list)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    person p;
    answer a;

    make_person(&p, 9, 50);
    p.who.n_wanted = 0;
    a = measure(&x, &p.who);
    for (size_t c = 0; c < COLUMNS; c++) ck_assert(isnan(a.value[c]));
    ck_assert_uint_ne(a.item[0], UINT32_MAX);
}
END_TEST

START_TEST(when_everything_is_wanted_there_is_no_auc_and_the_rest_is_perfect)
{
    static const float s[4] = { 0.4f, 0.1f, 0.1f, 2.385f };
    static const uint32_t wanted[] = { 0, 1, 2, 3 };
    const pal_topn_context x = { .n_items = 4, .n_k = KS, .k = ks };
    const pal_topn_person who = { .score = s, .wanted = wanted, .n_wanted = 4 };
    answer a = measure(&x, &who);

    ck_assert(isnan(a.value[PAL_TOPN_AUC]) && isnan(a.value[PAL_TOPN_AUC_PESSIMISTIC]));
    ck_assert_double_eq(a.value[PAL_TOPN_MRR], 1);
    ck_assert_double_eq_tol(a.value[pal_topn_column_at(2, PAL_TOPN_NDCG)], 1, 1e-15);
    ck_assert_double_eq(a.value[pal_topn_column_at(2, PAL_TOPN_PRECISION)], 4.0 / 20);
    ck_assert_uint_eq(a.item[3], 2);
    ck_assert_uint_eq(a.item[4], UINT32_MAX); /* a list that is shorter than k ends so */
    ck_assert_float_eq(a.score[4], 0);
    ck_assert_double_eq(a.value[pal_topn_column_at(2, PAL_TOPN_TIED)], 0);
}
END_TEST

START_TEST(a_score_that_is_not_finite_is_named)
{
    static const float bad[] = { NAN, INFINITY, -INFINITY };
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    pal_arena *scratch = NULL;
    pal_error err = { 0 };
    person p;
    answer a;

    ck_assert_int_eq(pal_arena_new(&scratch, 64, NULL), PAL_OK);
    for (int wanted = 0; wanted < 2; wanted++) {
        uint32_t item = 0;
        char text[40];

        make_person(&p, 31, 50);
        while (holds(p.without, p.who.n_without, item) || holds(p.wanted, p.who.n_wanted, item) != (wanted == 1)) item++;
        p.score[item] = bad[_i];
        ck_assert_int_eq(pal_topn_measure(a.value, a.item, a.score, &x, &p.who, NULL, scratch, &err), PAL_ERR_DATA);
        snprintf(text, sizeof text, "score of item %u is not finite", item);
        ck_assert_msg(strstr(err.text, text) != NULL, "%s", err.text);
    }
    pal_arena_free(scratch);
}
END_TEST

/* ---- lists ---- */

static pal_csr *matrix(size_t n_rows, size_t n_cols, const pal_csr_cell *cell, size_t n)
{
    pal_csr *out = NULL;

    ck_assert_int_eq(pal_csr_new(&out, n_rows, n_cols, cell, n, PAL_TWICE_LAST, NULL), PAL_OK);
    return out;
}

START_TEST(diversity_is_that_of_dense_vectors_at_every_k)
{
    enum { D = 6 };
    pal_csr_cell cell[ITEMS * D];
    float dense[ITEMS * D] = { 0 };
    double length[ITEMS];
    size_t n = 0;
    person p;
    answer a, b;
    pal_csr *rows;
    pal_topn_cache cache = { 0 };
    pal_arena *scratch = NULL;
    pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks, .length = length };

    make_person(&p, (uint64_t)_i + 900, 1000);
    for (uint32_t i = 0; i < ITEMS; i++) {
        for (uint32_t d = 0; d < D && i % 9 != 0; d++) { /* every ninth item has no features */
            if (metrics_u01(4000 + (uint64_t)_i, i, d) < 0.5) continue;
            dense[i * D + d] = (float)metrics_u01(5000 + (uint64_t)_i, i, d);
            cell[n++] = (pal_csr_cell){ i, d, dense[i * D + d] };
        }
    }
    rows = matrix(ITEMS, D, cell, n);
    pal_topn_lengths(length, rows);
    x.likeness = rows;
    a = measure(&x, &p.who);
    for (size_t c = 0; c < KS; c++) {
        ck_assert_double_eq_tol(a.value[pal_topn_column_at(c, PAL_TOPN_DIVERSITY)],
                                pal_intra_list_diversity(dense, D, D, a.item, ks[c]), 1e-6);
    }
    ck_assert_int_eq(pal_topn_cache_make(&cache, NULL), PAL_OK);
    ck_assert_int_eq(pal_arena_new(&scratch, 64, NULL), PAL_OK);
    for (int again = 0; again < 2; again++) { /* what is remembered is what was multiplied */
        ck_assert_int_eq(pal_topn_measure(b.value, b.item, b.score, &x, &p.who, &cache, scratch, NULL), PAL_OK);
        for (size_t c = 0; c < KS; c++) {
            size_t at = pal_topn_column_at(c, PAL_TOPN_DIVERSITY);

            ck_assert_double_eq(a.value[at], b.value[at]);
        }
    }
    pal_topn_cache_clear(&cache);
    pal_arena_free(scratch);
    pal_csr_free(rows);
}
END_TEST

START_TEST(a_short_list_has_the_diversity_of_what_is_there)
{
    static const float s[3] = { 3, 2, 1 };
    static const uint32_t wanted[] = { 0 };
    static const pal_csr_cell cell[] = { { 0, 0, 1 }, { 1, 1, 2 }, { 2, 0, 0.5f } };
    double length[3];
    pal_csr *rows = matrix(3, 2, cell, 3);
    const pal_topn_context x = { .n_items = 3, .n_k = KS, .k = ks, .likeness = rows, .length = length };
    const pal_topn_person who = { .score = s, .wanted = wanted, .n_wanted = 1 };
    answer a;

    pal_topn_lengths(length, rows);
    a = measure(&x, &who);
    for (size_t c = 0; c < KS; c++) {
        ck_assert_double_eq_tol(a.value[pal_topn_column_at(c, PAL_TOPN_DIVERSITY)], 2.0 / 3, 1e-15);
    }
    pal_csr_free(rows);
}
END_TEST

START_TEST(novelty_is_the_mean_surprise_of_the_list)
{
    uint32_t count[ITEMS];
    double share[ITEMS];
    pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks, .share = share };
    person p;
    answer a;

    make_person(&p, 4, 1000);
    for (uint32_t i = 0; i < ITEMS; i++) count[i] = i * i % 37;
    pal_item_shares(share, count, ITEMS);
    a = measure(&x, &p.who);
    for (size_t c = 0; c < KS; c++) {
        double sum = 0;

        for (size_t i = 0; i < ks[c]; i++) sum -= log2(share[a.item[i]]);
        ck_assert_double_eq_tol(a.value[pal_topn_column_at(c, PAL_TOPN_NOVELTY)], sum / (double)ks[c], 1e-12);
    }
}
END_TEST

START_TEST(calibration_is_that_of_a_hand_count)
{
    /* profile: item 0 is half drama, half comedy; item 1 drama; item 4 has no genre. p = (0.75, 0.25, 0).
     * list: items 1 and 2 (horror). q = (0.5, 0, 0.5). */
    static const pal_csr_cell cell[] = { { 0, 0, 1 }, { 0, 1, 1 }, { 1, 0, 1 }, { 2, 2, 1 } };
    static const uint32_t profile[] = { 0, 1, 4 }, list[] = { 1, 2 }, none[] = { 4 };
    double kl, wanted = 0.75 * log(0.75 / (0.99 * 0.5 + 0.01 * 0.75)) + 0.25 * log(0.25 / (0.01 * 0.25));
    pal_csr *groups = matrix(5, 3, cell, 4);
    pal_arena *scratch = NULL;

    ck_assert_int_eq(pal_arena_new(&scratch, 64, NULL), PAL_OK);
    ck_assert_int_eq(pal_topn_calibration(&kl, groups, profile, 3, list, 2, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol(kl, wanted, 1e-14);
    ck_assert_int_eq(pal_topn_calibration(&kl, groups, profile, 3, profile, 3, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol(kl, 0, 1e-15); /* the same mix */
    ck_assert_int_eq(pal_topn_calibration(&kl, groups, profile, 3, none, 1, scratch, NULL), PAL_OK);
    ck_assert_double_eq_tol(kl, log(100), 1e-14); /* nothing of it: as far as the smoothing lets it be */
    ck_assert_int_eq(pal_topn_calibration(&kl, groups, none, 1, list, 2, scratch, NULL), PAL_OK);
    ck_assert(isnan(kl));
    pal_arena_free(scratch);
    pal_csr_free(groups);
}
END_TEST

START_TEST(head_and_tail_make_a_fifth_each_and_ties_go_by_item)
{
    /* sorted: 40 (item 3), 30 (item 0), 10 (1), 10 (4), 10 (6), 0 (2), 0 (5); before: 0, .4, .7, .8, .9 */
    static const uint32_t count[7] = { 30, 10, 0, 40, 10, 0, 10 };
    static const uint32_t group[7] = { 1, 1, 2, 0, 2, 2, 2 };
    pal_csr *out = NULL;

    ck_assert_int_eq(pal_topn_popularity_groups(&out, count, 7, NULL), PAL_OK);
    ck_assert_uint_eq(out->n, 7);
    for (size_t i = 0; i < 7; i++) ck_assert_uint_eq(out->col[i], group[i]);
    pal_csr_free(out);
}
END_TEST

/* ---- the table ---- */

START_TEST(every_column_has_a_name_that_finds_it_and_a_definition)
{
    char name[PAL_TOPN_NAME];
    size_t at_k;

    ck_assert_uint_eq(pal_topn_columns(KS), COLUMNS);
    for (size_t c = 0; c < COLUMNS; c++) {
        ck_assert_uint_eq(pal_topn_find(pal_topn_column_name(name, c, ks), ks, KS), c);
        ck_assert_uint_gt(strlen(pal_topn_column_info(c, ks, &at_k)->definition), 20);
    }
    ck_assert_str_eq(pal_topn_column_name(name, pal_topn_column_at(1, PAL_TOPN_NDCG), ks), "ndcg@7");
    ck_assert_uint_eq(pal_topn_find("ndcg@8", ks, KS), SIZE_MAX);
    ck_assert_uint_eq(pal_topn_find("ndcg", ks, KS), SIZE_MAX);
    for (size_t c = 0; c < PAL_TOPN_CROWDS; c++) {
        ck_assert_uint_gt(strlen(pal_topn_crowd_info((pal_topn_crowd)c)->definition), 20);
    }
}
END_TEST

START_TEST(memory_that_runs_out_is_an_error_and_gives_the_scratch_back)
{
    const pal_topn_context x = { .n_items = ITEMS, .n_k = KS, .k = ks };
    pal_arena *scratch = NULL;
    person p;
    answer a;

    make_person(&p, 3, 40);
    for (size_t n = 1; n < 50; n++) {
        pal_status rc;

        ck_assert_int_eq(pal_arena_new(&scratch, 16, NULL), PAL_OK);
        pal_mem_fail_at(n);
        rc = pal_topn_measure(a.value, a.item, a.score, &x, &p.who, NULL, scratch, NULL);
        pal_mem_fail_at(0);
        pal_arena_free(scratch);
        if (rc == PAL_OK) {
            ck_assert_uint_gt(n, 1);
            return;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_abort_msg("it never worked");
}
END_TEST

Suite *suite_metrics_topn(void)
{
    Suite *suite = suite_create("metrics/topn");
    TCase *tc = tcase_create("topn");

    tcase_add_loop_test(tc, all_accuracy_metrics_are_those_of_a_sorted_list, 0, 40);
    tcase_add_test(tc, auc_and_ndcg_are_those_of_scikit_learn);
    tcase_add_test(tc, a_constant_scorer_is_a_coin_or_a_loser_and_ranks_by_item);
    tcase_add_loop_test(tc, turning_the_scores_turns_the_auc, 0, 10);
    tcase_add_loop_test(tc, items_that_are_taken_away_change_nothing_else, 0, 10);
    tcase_add_test(tc, without_wanted_items_nothing_is_defined_but_the_list);
    tcase_add_test(tc, when_everything_is_wanted_there_is_no_auc_and_the_rest_is_perfect);
    tcase_add_loop_test(tc, a_score_that_is_not_finite_is_named, 0, 3);
    tcase_add_loop_test(tc, diversity_is_that_of_dense_vectors_at_every_k, 0, 5);
    tcase_add_test(tc, a_short_list_has_the_diversity_of_what_is_there);
    tcase_add_test(tc, novelty_is_the_mean_surprise_of_the_list);
    tcase_add_test(tc, calibration_is_that_of_a_hand_count);
    tcase_add_test(tc, head_and_tail_make_a_fifth_each_and_ties_go_by_item);
    tcase_add_test(tc, every_column_has_a_name_that_finds_it_and_a_definition);
    tcase_add_test(tc, memory_that_runs_out_is_an_error_and_gives_the_scratch_back);
    suite_add_tcase(suite, tc);
    return suite;
}
