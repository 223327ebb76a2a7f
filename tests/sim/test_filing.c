/* Libraries and filing habits against what their parameters say. */
#include "sim/filing.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/holds.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <string.h>

Suite *suite_sim_filing(void);

#define SEED 2385
#define TASTY "{\"n\": 300, \"tastes_min\": 2}"

static pal_catalog *catalog;
static pal_error err;

static void setup(void)
{
    catalog = sim_catalog(5, 1500);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
}

static pal_habits *habits_of(const sim_world *w, const char *json, const uint32_t *avoid, size_t n_avoid,
                             size_t n_threads)
{
    const pal_world world = { catalog, w->people, SEED, 0, n_threads };
    pal_values *values = sim_values(pal_filing_params, json);
    pal_habits *habits = NULL;

    CK_OK(pal_habits_new(&habits, &world, w->type, w->self, avoid, n_avoid, values, &err));
    pal_values_free(values);
    return habits;
}

static pal_filing *filing_of(const pal_habits *habits, const sim_world *w)
{
    pal_filing *filing = NULL;

    CK_OK(pal_filing_new(&filing, habits, w->state, 200, &err));
    return filing;
}

static size_t library_size(const pal_habits *h, size_t user)
{
    return h->library_begin[user + 1] - h->library_begin[user];
}

START_TEST(without_a_mean_size_nobody_brings_anything)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);

    ck_assert_uint_eq(h->library_begin[w.people->n], 0);
    for (size_t u = 0; u < w.people->n; u++) {
        ck_assert_uint_eq(f->playlists->n[u], 0);
        ck_assert_uint_eq(f->playlists->n_lists[u], 0);
    }
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(libraries_have_the_mean_size_asked_for)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "cluster-bernoulli", "{}");
    pal_habits *h = habits_of(&w, "{\"library_mean\": 12, \"library_shape\": 4, \"library_fame\": 0}", NULL, 0, 1);
    const double n = (double)w.people->n, mean = (double)h->library_begin[w.people->n] / n;

    /* negative binomial: variance 12 + 12^2 / 4 = 48; four standard errors */
    ck_assert_double_lt(fabs(mean - 12), 4 * sqrt(48 / n));
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(a_library_holds_different_songs_and_none_to_avoid)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    const size_t n_avoid = 60;
    uint32_t *avoid = pal_calloc(w.people->n * n_avoid, sizeof *avoid);
    pal_habits *h;

    ck_assert_ptr_nonnull(avoid);
    for (uint32_t u = 0; u < w.people->n; u++) {
        sim_random_items(avoid + u * n_avoid, n_avoid, catalog, SEED, u, 1);
    }
    h = habits_of(&w, "{\"library_mean\": 40}", avoid, n_avoid, 2);
    for (size_t u = 0; u < w.people->n; u++) {
        for (size_t k = h->library_begin[u]; k < h->library_begin[u + 1]; k++) {
            HOLD(h->library_item[k] < catalog->n_items);
            for (size_t j = h->library_begin[u]; j < k; j++) {
                HOLD(h->library_item[j] != h->library_item[k]);
            }
            for (size_t j = 0; j < n_avoid; j++) {
                HOLD(avoid[u * n_avoid + j] != h->library_item[k]);
            }
        }
    }
    pal_habits_free(h);
    pal_free(avoid);
    sim_world_free(&w);
}
END_TEST

/* What is brought is liked: its mean P(like) is far above that of random songs of the same clusters. */
START_TEST(a_library_is_drawn_by_true_taste)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"library_mean\": 20, \"library_fame\": 0}", NULL, 0, 1);
    double brought = 0, random = 0, n = 0;

    for (uint32_t u = 0; u < w.people->n; u++) {
        for (size_t k = h->library_begin[u]; k < h->library_begin[u + 1]; k++) {
            const uint16_t c = catalog->cluster[h->library_item[k]];
            const uint32_t other = (uint32_t)(catalog->cluster_begin[c] +
                (k * 7919) % (catalog->cluster_begin[c + 1] - catalog->cluster_begin[c]));
            pal_answer a;
            bool held = false;

            for (size_t t = 0; t < w.people->n_tastes[u]; t++) {
                held = held || w.people->taste_cluster[u * PAL_MAX_TASTES + t] == c;
            }
            HOLD(held);
            w.type->truth(w.self, w.state, u, 0, &h->library_item[k], 1, &a);
            HOLD(a.true_taste == h->library_taste[k]);
            brought += (double)a.p_like;
            w.type->truth(w.self, w.state, u, 0, &other, 1, &a);
            random += (double)a.p_like;
            n++;
        }
    }
    /* drawing in proportion to p gives mean p = E[p^2] / E[p] > E[p] */
    ck_assert_double_gt(n, 1000);
    ck_assert_double_gt(brought / n, 1.5 * random / n);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(fame_helps_songs_into_libraries)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "cluster-bernoulli", "{}");
    double mean[2];

    for (int famous = 0; famous < 2; famous++) {
        pal_habits *h = habits_of(&w, famous ? "{\"library_mean\": 20, \"library_fame\": 2}"
                                             : "{\"library_mean\": 20, \"library_fame\": 0}", NULL, 0, 1);
        const size_t n = h->library_begin[w.people->n];

        mean[famous] = 0;
        for (size_t k = 0; k < n; k++) {
            mean[famous] += (double)catalog->popularity[h->library_item[k]] / (double)n;
        }
        pal_habits_free(h);
    }
    ck_assert_double_gt(mean[1], mean[0] + 3);
    sim_world_free(&w);
}
END_TEST

/* A person's library is theirs: threads, and how many others there are, play no part. */
START_TEST(libraries_depend_on_the_person_alone)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    sim_world few = sim_world_new(catalog, SEED, "{\"n\": 70, \"tastes_min\": 2}", "multi-taste", "{}");
    pal_habits *a = habits_of(&w, "{\"library_mean\": 15}", NULL, 0, 1);
    pal_habits *b = habits_of(&w, "{\"library_mean\": 15}", NULL, 0, 3);
    pal_habits *c = habits_of(&few, "{\"library_mean\": 15}", NULL, 0, 1);
    const size_t n = a->library_begin[w.people->n], m = c->library_begin[70];

    ck_assert_uint_eq(n, b->library_begin[w.people->n]);
    ck_assert_mem_eq(a->library_item, b->library_item, n * sizeof *a->library_item);
    ck_assert_mem_eq(a->library_begin, c->library_begin, 71 * sizeof *a->library_begin);
    ck_assert_mem_eq(a->library_item, c->library_item, m * sizeof *a->library_item);
    ck_assert_mem_eq(a->library_taste, c->library_taste, m);
    pal_habits_free(a);
    pal_habits_free(b);
    pal_habits_free(c);
    sim_world_free(&w);
    sim_world_free(&few);
}
END_TEST

START_TEST(libraries_keep_to_their_largest_size)
{
    sim_world w = sim_world_new(catalog, SEED, "{\"n\": 30}", "cluster-bernoulli", "{}");
    pal_habits *h = habits_of(&w, "{\"library_mean\": 300, \"library_most\": 17}", NULL, 0, 1);

    for (size_t u = 0; u < 30; u++) {
        ck_assert_uint_le(library_size(h, u), 17);
    }
    ck_assert_uint_gt(h->library_begin[30], 17 * 25);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

/* ---- filing ---- */

/* Everyone likes ten songs of their first taste's cluster in round `round`. */
static void like_ten(pal_filing *f, const sim_world *w, uint32_t round, size_t from)
{
    for (uint32_t u = 0; u < w->people->n; u++) {
        const size_t c = w->people->taste_cluster[u * PAL_MAX_TASTES];
        const size_t n = catalog->cluster_begin[c + 1] - catalog->cluster_begin[c];
        uint32_t item[10];
        pal_answer answer[10];
        size_t k = 0;

        for (; k < 10 && from + k < n; k++) {
            item[k] = (uint32_t)(catalog->cluster_begin[c] + from + k);
            answer[k] = (pal_answer){ .flags = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED, .true_taste = 0 };
        }
        pal_filing_round(f, w->state, u, round, item, answer, k);
    }
}

static void wait_rounds(pal_filing *f, const sim_world *w, uint32_t from, uint32_t to)
{
    for (uint32_t round = from; round < to; round++) {
        for (uint32_t u = 0; u < w->people->n; u++) {
            pal_filing_round(f, w->state, u, round, NULL, NULL, 0);
        }
    }
}

static double songs_filed(const pal_filing *f)
{
    double n = 0;

    for (size_t u = 0; u < f->playlists->n_users; u++) {
        n += f->playlists->n[u];
    }
    return n;
}

START_TEST(likes_are_filed_at_the_rate_and_after_the_delay_asked_for)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 0.7, \"delay_mean\": 3}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);
    double liked, filed, delay = 0;

    like_ten(f, &w, 4, 0);
    liked = songs_filed(f);
    for (size_t u = 0; u < w.people->n; u++) {
        liked += f->n_wait[u];
    }
    wait_rounds(f, &w, 5, 200);
    filed = songs_filed(f);
    ck_assert_double_eq(filed, liked);
    for (size_t u = 0; u < w.people->n; u++) {
        for (size_t k = f->playlists->begin[u]; k < f->playlists->begin[u] + f->playlists->n[u]; k++) {
            delay += f->playlists->round[k] - 4;
        }
    }
    ck_assert_double_gt(filed, 1800);
    /* 3000 likes at most, a binomial share; geometric: variance 3 * 4; four standard errors */
    ck_assert_double_lt(fabs(delay / filed - 3), 4 * sqrt(12 / filed));
    {
        double all = 0;

        for (size_t u = 0; u < w.people->n; u++) {
            const size_t c = w.people->taste_cluster[u * PAL_MAX_TASTES];
            const size_t n = catalog->cluster_begin[c + 1] - catalog->cluster_begin[c];

            all += n < 10 ? (double)n : 10;
        }
        ck_assert_double_lt(fabs(filed / all - 0.7), 4 * sqrt(0.21 / all));
    }
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(without_delay_every_like_is_filed_at_once)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 1, \"delay_mean\": 0, \"error\": 0, \"split\": 4}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);

    like_ten(f, &w, 2, 0);
    for (size_t u = 0; u < w.people->n; u++) {
        const size_t c = w.people->taste_cluster[u * PAL_MAX_TASTES];
        const size_t n = catalog->cluster_begin[c + 1] - catalog->cluster_begin[c], want = n < 10 ? n : 10;

        ck_assert_uint_eq(f->playlists->n[u], want);
        ck_assert_uint_eq(f->n_wait[u], 0);
        ck_assert_uint_eq(f->playlists->n_lists[u], (want + 3) / 4); /* split when long */
        for (size_t l = 0; l < f->playlists->n_lists[u]; l++) {
            ck_assert_uint_eq(f->playlists->list_cluster[u * PAL_MAX_PLAYLISTS + l], c);
            ck_assert_uint_eq(f->playlists->list_number[u * PAL_MAX_PLAYLISTS + l], l + 1);
            ck_assert_uint_le(f->playlists->list_n[u * PAL_MAX_PLAYLISTS + l], 4);
        }
    }
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(songs_are_misfiled_at_the_rate_asked_for)
{
    static const double error[3] = { 0, 0.235, 1 };
    static const char *const json[3] = { "{\"file_rate\": 1, \"error\": 0}", "{\"file_rate\": 1, \"error\": 0.235}",
                                         "{\"file_rate\": 1, \"error\": 1}" };
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, json[_i], NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);
    double wrong = 0, n = 0;

    like_ten(f, &w, 0, 0);
    wait_rounds(f, &w, 1, 60);
    for (size_t u = 0; u < w.people->n; u++) {
        const uint16_t *own = w.people->taste_cluster + u * PAL_MAX_TASTES;

        for (size_t k = f->playlists->begin[u]; k < f->playlists->begin[u] + f->playlists->n[u]; k++) {
            const uint8_t shelf = f->playlists->list_cluster[u * PAL_MAX_PLAYLISTS + f->playlists->list[k]];
            bool held = false;

            for (size_t t = 0; t < w.people->n_tastes[u]; t++) {
                held = held || own[t] == shelf;
            }
            HOLD(held); /* by mistake under another taste, never under one that is not the person's */
            wrong += shelf != own[0];
            n++;
        }
    }
    ck_assert_double_gt(n, 2000);
    ck_assert_double_le(fabs(wrong / n - error[_i]), 4 * sqrt(error[_i] * (1 - error[_i]) / n));
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(a_song_of_no_taste_goes_among_the_various)
{
    sim_world w = sim_world_new(catalog, SEED, "{\"n\": 5}", "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 1, \"delay_mean\": 0, \"error\": 0}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);
    const uint32_t item[2] = { 3, 9 };
    const pal_answer answer[2] = { { .flags = PAL_LIKED, .true_taste = PAL_NO_TASTE }, { .flags = PAL_DISLIKED } };

    pal_filing_round(f, w.state, 2, 0, item, answer, 2);
    ck_assert_uint_eq(f->playlists->n[2], 1);
    ck_assert_uint_eq(pal_playlists_items(f->playlists, 2)[0], 3);
    ck_assert_uint_eq(f->playlists->list_cluster[2 * PAL_MAX_PLAYLISTS], PAL_MIXED);
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(who_has_left_files_no_more)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 1, \"delay_mean\": 50}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);
    double before;

    like_ten(f, &w, 0, 0);
    memset(w.state->alive, 0, w.people->n);
    before = songs_filed(f);
    wait_rounds(f, &w, 1, 500);
    like_ten(f, &w, 500, 10);
    ck_assert_double_eq(songs_filed(f), before);
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

/* In whatever round an arm shows a song, the person files it or not, under the same taste, and after as long. */
START_TEST(every_arm_meets_the_same_habits)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 0.5, \"delay_mean\": 4, \"error\": 0.4, \"split\": 1000}", NULL, 0, 1);
    pal_filing *a = filing_of(h, &w), *b = filing_of(h, &w);

    like_ten(a, &w, 0, 0);
    like_ten(a, &w, 1, 10);
    wait_rounds(a, &w, 2, 100);
    like_ten(b, &w, 3, 10); /* the other way round, and later */
    wait_rounds(b, &w, 4, 7);
    like_ten(b, &w, 7, 0);
    wait_rounds(b, &w, 8, 100);
    for (uint32_t u = 0; u < w.people->n; u++) {
        const pal_playlists *p = a->playlists, *q = b->playlists;
        const size_t c = w.people->taste_cluster[u * PAL_MAX_TASTES];

        HOLD(p->n[u] == q->n[u]);
        for (size_t k = p->begin[u]; k < p->begin[u] + p->n[u]; k++) {
            const bool second = p->item[k] >= catalog->cluster_begin[c] + 10;
            bool found = false;

            for (size_t j = q->begin[u]; j < q->begin[u] + q->n[u]; j++) {
                found = found || (p->item[k] == q->item[j] &&
                                  p->list_cluster[u * PAL_MAX_PLAYLISTS + p->list[k]] ==
                                      q->list_cluster[u * PAL_MAX_PLAYLISTS + q->list[j]] &&
                                  p->round[k] - (second ? 1 : 0) == q->round[j] - (second ? 3 : 7));
            }
            HOLD(found);
        }
    }
    pal_filing_free(a);
    pal_filing_free(b);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(the_digest_sees_what_waits)
{
    sim_world w = sim_world_new(catalog, SEED, "{\"n\": 5}", "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"file_rate\": 1, \"delay_mean\": 1000}", NULL, 0, 1);
    pal_filing *f = filing_of(h, &w);
    const uint64_t before = pal_filing_digest(f);

    like_ten(f, &w, 0, 0);
    ck_assert_double_eq(songs_filed(f), 0);
    ck_assert_uint_ne(pal_filing_digest(f), before);
    pal_filing_free(f);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(saved_playlists_and_waiting_likes_come_back_and_file_on_alike)
{
    sim_world w = sim_world_new(catalog, SEED, TASTY, "multi-taste", "{}");
    pal_habits *h = habits_of(&w, "{\"library_mean\": 12, \"delay_mean\": 3, \"error\": 0.2, \"split\": 5}", NULL, 0, 1);
    pal_filing *from = filing_of(h, &w), *to = filing_of(h, &w);
    pal_tensors *file = NULL;

    like_ten(from, &w, 4, 0);
    CK_OK(pal_tensors_new(&file, &err));
    CK_OK(pal_filing_save(from, file, &err));
    ck_assert(pal_filing_digest(from) != pal_filing_digest(to));
    CK_OK(pal_filing_restore(to, file, &err));
    ck_assert(pal_filing_digest(from) == pal_filing_digest(to));
    wait_rounds(from, &w, 5, 40);
    wait_rounds(to, &w, 5, 40);
    ck_assert(pal_filing_digest(from) == pal_filing_digest(to));
    to->playlists->n_items = 3; /* as if the catalog had shrunk */
    ck_assert_int_eq(pal_filing_restore(to, file, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "arrays \"filing.item\" and \"filing.list\": person"));
    pal_tensors_free(file);
    pal_filing_free(from);
    pal_filing_free(to);
    pal_habits_free(h);
    sim_world_free(&w);
}
END_TEST

START_TEST(without_memory_nothing_leaks)
{
    sim_world w = sim_world_new(catalog, SEED, "{\"n\": 3}", "multi-taste", "{}");
    const pal_world world = { catalog, w.people, SEED, 0, 1 };
    pal_values *values = sim_values(pal_filing_params, "{\"library_mean\": 5}");
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_habits *h = NULL;
        pal_filing *f = NULL;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_habits_new(&h, &world, w.type, w.self, NULL, 0, values, &err);
        if (rc == PAL_OK) {
            rc = pal_filing_new(&f, h, w.state, 10, &err);
        }
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_msg(rc == (failed ? PAL_ERR_MEMORY : PAL_OK), "allocation %zu: %s", n, pal_status_name(rc));
        pal_filing_free(f);
        pal_habits_free(h);
    }
    pal_values_free(values);
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_filing(void)
{
    Suite *suite = suite_create("sim/filing");
    TCase *library = tcase_create("library"), *filing = tcase_create("filing");

    tcase_add_checked_fixture(library, setup, teardown);
    tcase_add_test(library, without_a_mean_size_nobody_brings_anything);
    tcase_add_test(library, libraries_have_the_mean_size_asked_for);
    tcase_add_test(library, a_library_holds_different_songs_and_none_to_avoid);
    tcase_add_test(library, a_library_is_drawn_by_true_taste);
    tcase_add_test(library, fame_helps_songs_into_libraries);
    tcase_add_test(library, libraries_depend_on_the_person_alone);
    tcase_add_test(library, libraries_keep_to_their_largest_size);
    suite_add_tcase(suite, library);
    tcase_add_checked_fixture(filing, setup, teardown);
    tcase_add_test(filing, likes_are_filed_at_the_rate_and_after_the_delay_asked_for);
    tcase_add_test(filing, without_delay_every_like_is_filed_at_once);
    tcase_add_loop_test(filing, songs_are_misfiled_at_the_rate_asked_for, 0, 3);
    tcase_add_test(filing, a_song_of_no_taste_goes_among_the_various);
    tcase_add_test(filing, who_has_left_files_no_more);
    tcase_add_test(filing, every_arm_meets_the_same_habits);
    tcase_add_test(filing, the_digest_sees_what_waits);
    tcase_add_test(filing, saved_playlists_and_waiting_likes_come_back_and_file_on_alike);
    tcase_add_test(filing, without_memory_nothing_leaks);
    suite_add_tcase(suite, filing);
    return suite;
}
