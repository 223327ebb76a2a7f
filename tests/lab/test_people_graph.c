/* The graph of people: the similarity written out, the exact nearest by brute force, and places for people without shared songs. */
#include "lab/people_graph.h"

#include "core/mem.h"
#include "core/rng.h"
#include "lab/people_communities.h"

#include <check.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_lab_people_graph(void);

enum { PEOPLE = 60, SONGS = 90, GENRES = 12 };

static pal_csr *matrix(size_t rows, size_t cols, const pal_csr_cell *cell, size_t n)
{
    pal_csr *m = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_csr_new(&m, rows, cols, cell, n, PAL_TWICE_SUM, &err) == PAL_OK, "%s", err.text);
    return m;
}

/* Some like much, a few nothing at all; genres follow from the song's number. */
static pal_people_graph random_graph(uint64_t seed, pal_people_graph_config config)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_csr_cell *like = calloc((size_t)PEOPLE * SONGS, sizeof *like), *taste = calloc((size_t)PEOPLE * SONGS, sizeof *taste);
    pal_people_graph g = { 0 };
    pal_error err = { PAL_OK, "" };
    size_t n = 0;

    for (uint32_t u = 0; u < PEOPLE; u++) {
        for (uint32_t i = 0; i < SONGS; i++) {
            if (u % 19 == 7 || pal_u01(key, (pal_at){ u, 0, i }, 0) > 0.02 + 0.002 * u) continue;
            like[n] = (pal_csr_cell){ u, i, 1 };
            taste[n++] = (pal_csr_cell){ u, i % GENRES, 1 };
        }
    }
    ck_assert_msg(pal_people_graph_fit(&g, matrix(PEOPLE, SONGS, like, n), matrix(PEOPLE, GENRES, taste, n), &config, &err)
                  == PAL_OK, "%s", err.text);
    free(like);
    free(taste);
    return g;
}

static const pal_people_graph_config usual = { .neighbours = 5, .song_share = 0.4, .shrink = 2.385, .n_threads = 2 };

START_TEST(similarity_is_the_formula_of_the_header)
{
    /* Four people; song 0 is liked by 0 and 1, song 1 by 0 alone, song 2 by 1 and 2, song 3 by 3. */
    const pal_csr_cell like[] = { { 0, 0, 1 }, { 0, 1, 1 }, { 1, 0, 1 }, { 1, 2, 1 }, { 2, 2, 1 }, { 3, 3, 1 } };
    const pal_csr_cell taste[] = { { 0, 0, 2 }, { 1, 0, 1 }, { 1, 1, 1 }, { 2, 1, 1 }, { 3, 2, 5 } };
    const double once = log(4) - log1p(1), twice = log(4) - log1p(2); /* idf of a term that one, two of four have */
    const double a = sqrt(twice * twice + once * once), b = sqrt(2) * twice;
    /* genre weights: sqrt(value) idf; genres 0 and 1 are each liked by two */
    const double genre = sqrt(2) * twice * twice / (sqrt(2) * twice * sqrt(2) * twice);
    const double wanted = 0.4 * twice * twice / (a * b + 2.385) + 0.6 * genre;
    pal_people_graph g = { 0 };
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_people_graph_fit(&g, matrix(4, 4, like, 6), matrix(4, 3, taste, 5), &usual, &err), PAL_OK);
    ck_assert_double_eq_tol(pal_people_similarity(&g, 0, 1), wanted, 1e-6);
    ck_assert_double_eq(pal_people_similarity(&g, 0, 1), pal_people_similarity(&g, 1, 0));
    ck_assert_double_eq(pal_people_similarity(&g, 0, 3), 0);
    ck_assert_uint_eq(pal_csr_count(g.edges, 3), 0); /* like nobody */
    pal_people_graph_clear(&g);
}
END_TEST

/* Is b among the k most similar people of a above 0, ties by number? */
static bool is_near(const pal_people_graph *g, uint32_t a, uint32_t b)
{
    float own = (float)pal_people_similarity(g, a, b);
    size_t better = 0;

    for (uint32_t c = 0; c < PEOPLE; c++) {
        float other = (float)pal_people_similarity(g, a, c);

        better += c != a && c != b && (other > own || (other == own && c < b));
    }
    return own > 0 && better < g->config.neighbours;
}

START_TEST(edges_are_the_nearest_of_each_by_brute_force)
{
    pal_people_graph g = random_graph((uint64_t)_i, usual);
    size_t edges = 0;

    for (uint32_t a = 0; a < PEOPLE; a++) {
        for (uint32_t b = 0; b < PEOPLE; b++) {
            const double half = (double)((float)pal_people_similarity(&g, a, b) / 2);
            const double wanted = a == b ? 0 : half * (is_near(&g, a, b) + is_near(&g, b, a));
            const size_t at = pal_csr_find(g.edges, a, b);

            ck_assert_double_eq_tol(at == SIZE_MAX ? 0 : (double)g.edges->value[at], wanted, 1e-7);
            edges += at != SIZE_MAX;
        }
    }
    ck_assert_uint_gt(edges, PEOPLE);
    pal_people_graph_clear(&g);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    pal_people_graph_config one = usual, seven = usual;
    pal_people_graph a, b;

    one.n_threads = 1;
    seven.n_threads = 7;
    a = random_graph(3, one);
    b = random_graph(3, seven);
    ck_assert_uint_eq(pal_csr_digest(a.edges), pal_csr_digest(b.edges));
    pal_people_graph_clear(&a);
    pal_people_graph_clear(&b);
}
END_TEST

START_TEST(genres_place_people_who_share_no_song)
{
    /* 0 and 1 like different songs of genre 0, 2 and 3 of genre 1. */
    const pal_csr_cell like[] = { { 0, 0, 1 }, { 1, 1, 1 }, { 2, 2, 1 }, { 3, 3, 1 } };
    const pal_csr_cell taste[] = { { 0, 0, 1 }, { 1, 0, 1 }, { 2, 1, 1 }, { 3, 1, 1 } };
    pal_people_graph g = { 0 };

    ck_assert_int_eq(pal_people_graph_fit(&g, matrix(4, 4, like, 4), matrix(4, 2, taste, 4), &usual, NULL), PAL_OK);
    ck_assert_uint_eq(g.edges->n, 4);
    ck_assert_uint_ne(pal_csr_find(g.edges, 0, 1), SIZE_MAX);
    ck_assert_uint_ne(pal_csr_find(g.edges, 3, 2), SIZE_MAX);
    ck_assert_double_eq_tol(pal_people_similarity(&g, 0, 1), 0.6, 1e-6);
    pal_people_graph_clear(&g);
}
END_TEST

START_TEST(nobody_who_liked_anything_gives_a_graph_without_edges)
{
    pal_people_graph g = { 0 };

    ck_assert_int_eq(pal_people_graph_fit(&g, matrix(5, 3, NULL, 0), matrix(5, 2, NULL, 0), &usual, NULL), PAL_OK);
    ck_assert_uint_eq(g.edges->n, 0);
    ck_assert_uint_eq(g.edges->n_rows, 5);
    pal_people_graph_clear(&g);
}
END_TEST

/* Graph, cut and layout with the n-th allocation failing: refused, nothing lost, until there are no more. */
START_TEST(every_allocation_may_fail)
{
    const pal_csr_cell like[] = { { 0, 0, 1 }, { 1, 0, 1 }, { 1, 2, 1 }, { 2, 2, 1 }, { 3, 2, 1 }, { 3, 3, 1 } };
    const pal_communities_config cut = { .k = 2, .max_k = 4, .n_threads = 1 };
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_csr *likes = matrix(4, 4, like, 6), *tastes = matrix(4, 4, like, 6);
        pal_people_graph g = { 0 };
        pal_communities c = { 0 };
        pal_status rc;

        ck_assert_uint_lt(n, 2000);
        pal_mem_fail_at(n);
        rc = pal_people_graph_fit(&g, likes, tastes, &usual, NULL);
        if (rc == PAL_OK) rc = pal_communities_find(&c, g.edges, &cut, pal_key_for(1, 0, PAL_FOR_TEST), NULL);
        failed = rc != PAL_OK;
        ck_assert(!failed || rc == PAL_ERR_MEMORY);
        ck_assert(!failed || c.label == NULL);
        pal_mem_fail_at(0);
        pal_communities_clear(&c);
        pal_people_graph_clear(&g);
    }
}
END_TEST

Suite *suite_lab_people_graph(void)
{
    Suite *suite = suite_create("lab/people_graph");
    TCase *tc = tcase_create("people_graph");

    tcase_add_test(tc, similarity_is_the_formula_of_the_header);
    tcase_add_loop_test(tc, edges_are_the_nearest_of_each_by_brute_force, 0, 5);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_test(tc, genres_place_people_who_share_no_song);
    tcase_add_test(tc, every_allocation_may_fail);
    tcase_add_test(tc, nobody_who_liked_anything_gives_a_graph_without_edges);
    suite_add_tcase(suite, tc);
    return suite;
}
