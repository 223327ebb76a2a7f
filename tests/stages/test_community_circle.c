/* R2's community against slow and obvious versions of its parts, and on playlists whose best community is known. */
#include "stages/community_circle.h"

#include "core/mem.h"
#include "stages/community_graph.h"
#include "tests/support/holds.h"
#include "tests/support/playlist_people.h"

#include <math.h>
#include <string.h>

#define OK(call) ck_assert_msg((call) == PAL_OK, "%s", err.text)

static pal_error err;

/* ---- the graph ---- */

START_TEST(the_graph_counts_lists_that_hold_both)
{
    enum { ROWS = 40, LISTS = 12 };
    const pal_key key = pal_key_for((uint64_t)_i, 0, PAL_FOR_TEST);
    static bool holds[LISTS][ROWS];
    size_t begin[LISTS + 1] = { 0 };
    uint32_t row[LISTS * ROWS];
    pal_lists lists = { .n = LISTS, .n_rows = ROWS, .begin = begin, .row = row };
    pal_arena *scratch = NULL;
    pal_csr graph;

    for (size_t l = 0; l < LISTS; l++) {
        begin[l + 1] = begin[l];
        for (size_t r = 0; r < ROWS; r++) { /* long and short lists: both ways of reading a row off */
            holds[l][r] = pal_u01(key, (pal_at){ l, r, 0 }, 0) < (l % 3 == 0 ? 0.4 : 0.03);
            if (holds[l][r]) {
                row[begin[l + 1]++] = (uint32_t)r;
            }
        }
    }
    OK(pal_arena_new(&scratch, 1 << 12, &err));
    OK(pal_together(&graph, &lists, scratch, &err));
    for (size_t a = 0; a < ROWS; a++) {
        for (uint32_t b = 0; b < ROWS; b++) {
            const size_t at = pal_csr_find(&graph, a, b);
            float count = 0;

            for (size_t l = 0; l < LISTS; l++) {
                count += holds[l][a] && holds[l][b] && a != b;
            }
            HOLD((at == SIZE_MAX) == (count == 0));
            HOLD(at == SIZE_MAX || graph.value[at] == count);
        }
    }
    pal_arena_free(scratch);
}
END_TEST

START_TEST(planted_lists_come_back_as_clusters)
{
    enum { GROUPS = 4, SIZE = 9, COPIES = 3 };
    size_t begin[GROUPS * COPIES + 1] = { 0 }, n = 0;
    uint32_t row[GROUPS * COPIES * SIZE], label[GROUPS * SIZE];
    pal_lists lists = { .n = GROUPS * COPIES, .n_rows = GROUPS * SIZE, .begin = begin, .row = row };
    const pal_spectral_config config = pal_circle_clusters(3);
    pal_arena *scratch = NULL;
    size_t n_clusters = 0;

    for (size_t l = 0; l < lists.n; l++) {
        for (size_t k = 0; k < SIZE; k++) {
            row[n++] = (uint32_t)(k * GROUPS + l % GROUPS);
        }
        begin[l + 1] = n;
    }
    OK(pal_arena_new(&scratch, 1 << 12, &err));
    OK(pal_together_cluster(label, &n_clusters, &lists, GROUPS, &config, pal_key_for(1, 0, PAL_FOR_TEST), scratch,
                            &err));
    ck_assert_uint_eq(n_clusters, GROUPS);
    for (size_t r = 0; r < lists.n_rows; r++) {
        ck_assert_uint_eq(label[r], label[r % GROUPS]);
    }
    for (size_t g = 1; g < GROUPS; g++) {
        ck_assert_uint_ne(label[g], label[0]);
    }
    /* at most as many songs as clusters: each alone; one cluster: all together */
    OK(pal_together_cluster(label, &n_clusters, &lists, 36, &config, pal_key_for(1, 0, PAL_FOR_TEST), scratch, &err));
    ck_assert_uint_eq(n_clusters, 36);
    ck_assert_uint_eq(label[35], 35);
    OK(pal_together_cluster(label, &n_clusters, &lists, 1, &config, pal_key_for(1, 0, PAL_FOR_TEST), scratch, &err));
    ck_assert_uint_eq(n_clusters, 1);
    ck_assert_uint_eq(label[35], 0);
    pal_arena_free(scratch);
}
END_TEST

/* ---- overlap and score ---- */

static bool files(const pal_playlists *p, uint32_t user, uint32_t item)
{
    for (size_t k = 0; k < p->n[user]; k++) {
        if (pal_playlists_items(p, user)[k] == item) {
            return true;
        }
    }
    return false;
}

START_TEST(the_overlap_is_the_jaccard_index)
{
    pal_playlists *p = shelf_planted((uint64_t)_i, 12, 120, 6, 8, 24);
    pal_circle c = shelf_circle(p, 3);
    const uint32_t member[4] = { 0, 5, 7, 11 };

    for (size_t n = 0; n <= 4; n++) {
        size_t both = 0, either = 0;

        for (uint32_t i = 0; i < p->n_items; i++) {
            bool theirs = false;

            for (size_t m = 0; m < n; m++) {
                theirs = theirs || files(p, member[m], i);
            }
            both += theirs && files(p, 3, i);
            either += theirs || files(p, 3, i);
        }
        ck_assert_double_eq(pal_circle_overlap(&c, member, n), (double)both / (double)either);
    }
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

static const uint32_t rock[] = { 1, 2, 3, 4, 5, 6, SHELF_END }, jazz[] = { 11, 12, 13, 14, 15, 16, SHELF_END };

START_TEST(a_member_with_the_same_lists_agrees_wholly)
{
    static const uint32_t more[] = { 21, 22, 23, 24, SHELF_END };
    pal_playlists *p = shelf_new(3, 30, 30);
    pal_circle c = shelf_circle(p, 0);
    const uint32_t twin[1] = { 1 }, larger[1] = { 2 };
    double score;

    shelf_add(p, 0, 0, rock);
    shelf_add(p, 0, 1, jazz);
    shelf_add(p, 1, 0, jazz);
    shelf_add(p, 1, 1, rock);
    shelf_add(p, 2, 0, rock);
    shelf_add(p, 2, 1, jazz);
    shelf_add(p, 2, 2, more);
    OK(pal_circle_score(&score, &c, twin, 1, -1, &err));
    ck_assert_double_eq(score, 1);
    OK(pal_circle_score(&score, &c, larger, 1, -1, &err));
    ck_assert_double_eq(score, 12.0 / 16); /* agreement 1, overlap 12 of 16 */
    OK(pal_circle_score(&score, &c, NULL, 0, -1, &err));
    ck_assert_double_eq(score, 0);
    OK(pal_circle_score(&score, &c, larger, 1, 0.75, &err)); /* cannot be above its overlap: not even looked at */
    ck_assert_double_eq(score, -1);
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

START_TEST(lists_across_ones_own_agree_no_better_than_chance)
{
    static const uint32_t odd[] = { 1, 3, 5, 11, 13, 15, SHELF_END }, even[] = { 2, 4, 6, 12, 14, 16, SHELF_END };
    pal_playlists *p = shelf_new(2, 30, 30);
    pal_circle c = shelf_circle(p, 0);
    const uint32_t other[1] = { 1 };
    double score;

    shelf_add(p, 0, 0, rock);
    shelf_add(p, 0, 1, jazz);
    shelf_add(p, 1, 0, odd);
    shelf_add(p, 1, 1, even);
    OK(pal_circle_score(&score, &c, other, 1, -1, &err));
    /* 2 x 2 table of threes: pairs together in both 4 * C(3,2) = 12, expected 30 * 30 / 66, most 30: ARI = -0.1 */
    ck_assert_double_eq_tol(score, (-0.1 + 1) / 2, 1e-12);
    ck_assert_uint_eq(c.clusterings, 1);
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

START_TEST(songs_no_member_holds_are_left_out)
{
    static const uint32_t few[] = { 1, 2, 3, SHELF_END }, other[] = { 11, 12, SHELF_END };
    pal_playlists *p = shelf_new(2, 30, 30);
    pal_circle c = shelf_circle(p, 0);
    const uint32_t member[1] = { 1 };
    double score;

    shelf_add(p, 0, 0, rock);
    shelf_add(p, 0, 1, jazz);
    shelf_add(p, 1, 0, few);
    shelf_add(p, 1, 1, other);
    OK(pal_circle_score(&score, &c, member, 1, -1, &err));
    ck_assert_double_eq(score, 5.0 / 12); /* the five shared songs fall apart as the client's lists do */
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

/* ---- a step ---- */

/* The best change by trying all of them without any bound. */
static double best_change(uint32_t *member, size_t *n, pal_circle *c, double score, uint32_t candidate, size_t most)
{
    uint32_t best[8];
    size_t n_best = *n;

    memcpy(best, member, *n * sizeof *best);
    for (size_t drop = 0; drop <= *n; drop++) { /* 0: nobody */
        uint32_t tried[8];
        size_t k = 0;
        double found;

        if (drop == 0 && *n >= most) {
            continue;
        }
        for (size_t m = 0; m < *n; m++) {
            if (m + 1 != drop) {
                tried[k++] = member[m];
            }
        }
        tried[k++] = candidate;
        for (size_t j = k - 1; j > 0 && tried[j] < tried[j - 1]; j--) {
            const uint32_t swap = tried[j];

            tried[j] = tried[j - 1];
            tried[j - 1] = swap;
        }
        OK(pal_circle_score(&found, c, tried, k, -1, &err));
        if (found > score) {
            score = found;
            n_best = k;
            memcpy(best, tried, k * sizeof *best);
        }
    }
    *n = n_best;
    memcpy(member, best, n_best * sizeof *best);
    return score;
}

START_TEST(a_step_finds_the_best_change_there_is)
{
    pal_playlists *p = shelf_planted((uint64_t)_i, 30, 240, 6, 10, 30);
    pal_circle c = shelf_circle(p, 2), slow = shelf_circle(p, 2);
    uint32_t member[8], other[8];
    size_t n = 0, m = 0;
    double score = 0, obvious = 0;

    for (uint32_t step = 0; step < 27; step++) {
        const uint32_t candidate = 3 + step;
        uint32_t left;
        bool improved;
        const double before = score;

        obvious = best_change(other, &m, &slow, obvious, candidate, 4);
        OK(pal_circle_try(member, &n, &score, &left, &improved, &c, candidate, 4, &err));
        ck_assert_double_eq(score, obvious);
        ck_assert_int_eq(improved, score > before);
        ck_assert_uint_eq(n, m);
        ck_assert_mem_eq(member, other, n * sizeof *member);
        ck_assert_uint_le(n, 4);
        for (size_t k = 0; k < n; k++) {
            ck_assert(member[k] != left && (k == 0 || member[k - 1] < member[k]));
        }
    }
    ck_assert_uint_gt(n, 0);
    ck_assert_uint_le(c.clusterings, slow.clusterings); /* the bound saves work and changes nothing */
    shelf_circle_free(&c);
    shelf_circle_free(&slow);
    pal_playlists_free(p);
}
END_TEST

/* ---- fetching ---- */

static pal_history *no_history(size_t n_users, size_t n_items)
{
    pal_history *history = NULL;

    OK(pal_history_new(&history, n_users, n_items, 8, &err));
    return history;
}

START_TEST(few_new_songs_among_known_ones_are_suggested)
{
    static const uint32_t client[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, SHELF_END }, other[] = { 11, 12, 13, 14, 15, 16, SHELF_END };
    static const uint32_t theirs[] = { 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, SHELF_END }, strange[] = { 21, 22, 23, 24, SHELF_END };
    const pal_fetching fetching = { .share = 0.2, .most_calls = 50 };
    pal_playlists *p = shelf_new(3, 30, 30);
    pal_circle c = shelf_circle(p, 0);
    pal_history *history = no_history(3, 30);
    const uint32_t member[2] = { 1, 2 };
    uint32_t item[2];
    float score[2];
    size_t n;

    shelf_add(p, 0, 0, client);
    shelf_add(p, 0, 1, other);
    for (uint32_t v = 1; v <= 2; v++) {
        shelf_add(p, v, 0, theirs); /* song 10 is one of ten: below a share of 0.2 */
        shelf_add(p, v, 1, strange); /* all new: never suggested */
    }
    OK(pal_circle_fetch(item, score, &n, &c, member, 2, history, &fetching, &err));
    ck_assert_uint_eq(n, 1);
    ck_assert_uint_eq(item[0], 10);
    ck_assert_float_ge(score[0], 1);
    /* once rated it is no news */
    const pal_event event = { .user = 0, .item = 10, .flags = PAL_EXAMINED };
    const uint8_t taste = 0;

    pal_history_add(history, 0, &event, &taste, 1);
    OK(pal_circle_fetch(item, score, &n, &c, member, 2, history, &fetching, &err));
    ck_assert_uint_eq(n, 0);
    /* nobody has nothing to say */
    OK(pal_circle_fetch(item, score, &n, &c, member, 0, history, &fetching, &err));
    ck_assert_uint_eq(n, 0);
    pal_history_free(history);
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

START_TEST(suggestions_are_members_songs_new_and_no_more_than_members)
{
    pal_playlists *p = shelf_planted((uint64_t)_i, 40, 300, 5, 14, 42);
    pal_circle c = shelf_circle(p, 1);
    pal_history *history = no_history(40, 300);
    const pal_fetching fetching = { .share = 0.5, .most_calls = 30 };
    const uint32_t member[7] = { 4, 9, 13, 20, 21, 30, 39 };
    uint32_t item[7], again[7];
    float score[7];
    size_t n, n_again;

    OK(pal_circle_fetch(item, score, &n, &c, member, 7, history, &fetching, &err));
    ck_assert_uint_le(n, 7);
    ck_assert_uint_le(c.clusterings, 30);
    for (size_t k = 0; k < n; k++) {
        bool theirs = false;

        for (size_t m = 0; m < 7; m++) {
            theirs = theirs || files(p, member[m], item[k]);
        }
        ck_assert(theirs && !files(p, 1, item[k]));
        ck_assert(k == 0 || score[k - 1] > score[k] || (score[k - 1] == score[k] && item[k - 1] < item[k]));
        ck_assert_float_ge(score[k], 1);
    }
    OK(pal_circle_fetch(again, score, &n_again, &c, member, 7, history, &fetching, &err));
    ck_assert_uint_eq(n, n_again);
    ck_assert_mem_eq(item, again, n * sizeof *item);
    pal_history_free(history);
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

START_TEST(no_more_clusterings_than_allowed)
{
    pal_playlists *p = shelf_planted(3, 40, 300, 5, 14, 42);
    pal_circle c = shelf_circle(p, 1);
    pal_history *history = no_history(40, 300);
    const uint32_t member[4] = { 4, 9, 13, 20 };
    uint32_t item[4];
    float score[4];
    size_t n;

    for (size_t calls = 1; calls < 4; calls++) {
        const pal_fetching fetching = { .share = 0.2, .most_calls = calls };

        c.clusterings = 0;
        OK(pal_circle_fetch(item, score, &n, &c, member, 4, history, &fetching, &err));
        ck_assert_uint_le(c.clusterings, calls);
        ck_assert_uint_ge(c.clusterings, 1);
    }
    pal_history_free(history);
    shelf_circle_free(&c);
    pal_playlists_free(p);
}
END_TEST

Suite *suite_stages_community_circle(void);
Suite *suite_stages_community_circle(void)
{
    Suite *suite = suite_create("stages/community_circle");
    TCase *tc = tcase_create("circle");

    tcase_set_timeout(tc, 30); /* on a busy machine */
    tcase_add_loop_test(tc, the_graph_counts_lists_that_hold_both, 0, 5);
    tcase_add_test(tc, planted_lists_come_back_as_clusters);
    tcase_add_loop_test(tc, the_overlap_is_the_jaccard_index, 0, 5);
    tcase_add_test(tc, a_member_with_the_same_lists_agrees_wholly);
    tcase_add_test(tc, lists_across_ones_own_agree_no_better_than_chance);
    tcase_add_test(tc, songs_no_member_holds_are_left_out);
    tcase_add_loop_test(tc, a_step_finds_the_best_change_there_is, 0, 4);
    tcase_add_test(tc, few_new_songs_among_known_ones_are_suggested);
    tcase_add_loop_test(tc, suggestions_are_members_songs_new_and_no_more_than_members, 0, 4);
    tcase_add_test(tc, no_more_clusterings_than_allowed);
    suite_add_tcase(suite, tc);
    return suite;
}
