#include "sim/response_multi.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/threads.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

Suite *suite_sim_response_multi(void);

#define SLOTS 10

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(3, 2500);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

static sim_world world_of(const char *people, const char *response)
{
    return sim_world_new(catalog, 77, people, "multi-taste", response);
}

/* ---- Truth ---- */

static double sigmoid(double x)
{
    return 1.0 / (1.0 + exp(-x));
}

/* The formulas of `palate describe response` in double arithmetic and libm; quality is taken from the model. */
static double slow_p_like(const sim_world *w, uint32_t u, uint32_t i, double *p_click, int *taste)
{
    const pal_multi *m = w->self;
    const pal_state *s = w->state;
    const double novelty = 0.5 * (2.0 * (double)w->people->novelty_love[u] - 1.0);
    double best = -1e300, largest = 0.0, mean = 0.0, square = 0.0;

    for (size_t t = 0; t < s->n_tastes[u]; t++) {
        largest = fmax(largest, (double)s->taste_weight[u * PAL_MAX_TASTES + t]);
    }
    for (size_t t = 0; t < s->n_tastes[u]; t++) {
        const size_t k = u * PAL_MAX_TASTES + t;
        const double width = (double)s->taste_width[k];
        const bool inside = (catalog->cluster_mask[i] >> s->taste_cluster[k] & 1) != 0;
        double far = 0.0;

        for (size_t f = 0; f < catalog->d; f++) {
            const double off = (double)catalog->scaled[i * catalog->stride + f] -
                               (double)s->taste_center[k * s->stride + f];
            far += off * off;
        }
        const double match = -far / (2.0 * (double)catalog->d * width * width) +
                             0.3 * log((double)s->taste_weight[k] / largest) -
                             0.4 * (double)s->satiation[k] * (1.0 + novelty) - (inside ? 0.0 : 2.6 * (1.0 - novelty));

        if (match > best) {
            best = match;
            *taste = inside ? (int)t : PAL_NO_TASTE;
        }
    }
    for (size_t j = 0; j < catalog->n_items; j++) {
        mean += (double)catalog->popularity[j] / (double)catalog->n_items;
    }
    for (size_t j = 0; j < catalog->n_items; j++) {
        square += ((double)catalog->popularity[j] - mean) * ((double)catalog->popularity[j] - mean);
    }
    const double fame = ((double)catalog->popularity[i] - mean) / sqrt(square / (double)catalog->n_items);
    const double utility =
        best + (double)m->terms.item[i] + 0.4 * (double)w->people->popularity_love[u] * fame;

    *p_click = sigmoid(1.9 + utility);
    return *p_click * (0.08 + 0.84 * sigmoid(2.9 + 1.6 * utility + (double)w->people->like_bias[u]));
}

START_TEST(truth_is_what_the_formulas_say)
{
    sim_world w = world_of("{\"n\": 12}", "{}");

    for (uint32_t u = 0; u < 12; u++) {
        uint32_t item[SLOTS];
        pal_answer out[SLOTS];

        for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
            w.state->satiation[u * PAL_MAX_TASTES + t] = 0.2385f * (float)t;
        }
        sim_random_items(item, SLOTS, catalog, 1, u, 0);
        w.type->truth(w.self, w.state, u, 3, item, SLOTS, out);
        for (size_t k = 0; k < SLOTS; k++) {
            double p_click;
            int taste = -1;
            const double p_like = slow_p_like(&w, u, item[k], &p_click, &taste);

            ck_assert_double_eq_tol((double)out[k].p_click, p_click, 2e-5);
            ck_assert_double_eq_tol((double)out[k].p_like, p_like, 2e-5);
            ck_assert_int_eq(out[k].true_taste, taste);
            ck_assert_uint_eq(out[k].flags, 0);
        }
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(quality_has_the_stated_spread_and_correlation_with_popularity)
{
    sim_world w = world_of("{\"n\": 1}", "{\"quality_gain\": 0.7, \"quality_popularity\": 0.385}");
    const pal_multi *m = w.self;
    double sum = 0.0, square = 0.0, cross = 0.0;
    const double n = (double)catalog->n_items;

    for (size_t i = 0; i < catalog->n_items; i++) {
        sum += (double)m->terms.item[i];
        square += (double)m->terms.item[i] * (double)m->terms.item[i];
        cross += (double)m->terms.item[i] * (double)m->fame[i];
    }
    const double sd = sqrt(square / n - sum / n * (sum / n));

    ck_assert_double_eq_tol(sd, 0.7, 0.03);
    ck_assert_double_eq_tol(cross / n / sd, 0.385, 0.05); /* three standard errors of 2,500 items */
    sim_world_free(&w);
}
END_TEST

START_TEST(answers_carry_the_truth_of_the_same_state)
{
    sim_world w = world_of("{\"n\": 6}", "{}");

    for (uint32_t u = 0; u < 6; u++) {
        uint32_t item[PAL_MAX_SLOTS];
        pal_answer a[PAL_MAX_SLOTS], t[PAL_MAX_SLOTS];

        sim_random_items(item, PAL_MAX_SLOTS, catalog, 2, u, 0);
        w.type->answer(w.self, w.state, u, 4, item, PAL_MAX_SLOTS, a);
        w.type->truth(w.self, w.state, u, 4, item, PAL_MAX_SLOTS, t);
        for (size_t k = 0; k < PAL_MAX_SLOTS; k++) {
            ck_assert(a[k].p_click == t[k].p_click && a[k].p_like == t[k].p_like);
            ck_assert_uint_eq(a[k].true_taste, t[k].true_taste);
        }
    }
    sim_world_free(&w);
}
END_TEST

/* ---- Answers ---- */

START_TEST(flags_follow_from_one_another)
{
    sim_world w = world_of("{\"n\": 400}", _i == 0 ? "{}" : "{\"examination\": \"cascade\"}");

    for (uint32_t u = 0; u < 400; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        sim_random_items(item, SLOTS, catalog, 3, u, 1);
        w.type->answer(w.self, w.state, u, 1, item, SLOTS, a);
        for (size_t k = 0; k < SLOTS; k++) {
            const unsigned f = a[k].flags;

            ck_assert((f & PAL_CLICKED) == 0 || (f & PAL_EXAMINED) != 0);
            ck_assert((f & (PAL_LIKED | PAL_DISLIKED | PAL_SKIPPED)) == 0 || (f & PAL_CLICKED) != 0);
            ck_assert((f & PAL_LIKED) == 0 || (f & PAL_DISLIKED) == 0);
            ck_assert_uint_eq(f & ~31u, 0);
        }
        ck_assert((a[0].flags & PAL_EXAMINED) != 0); /* the first slot is always looked at */
    }
    sim_world_free(&w);
}
END_TEST

/* Frequencies over many rounds against the stated probabilities; 4 standard errors. */
START_TEST(clicks_and_likes_come_as_often_as_their_probabilities_say)
{
    sim_world w = world_of("{\"n\": 40}", "{\"position_bias\": false, \"flip\": 0.1173}");
    double clicks = 0.0, likes = 0.0, p_click = 0.0, p_like = 0.0, v_click = 0.0, v_like = 0.0;

    for (uint32_t u = 0; u < 40; u++) {
        for (uint32_t round = 0; round < 150; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            if (round % 2 == 0) {
                sim_random_items(item, SLOTS, catalog, 4, u, round);
            } else {
                w.type->top(w.self, w.state, u, round, NULL, SLOTS, item, NULL, w.arena);
            }
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            for (size_t k = 0; k < SLOTS; k++) {
                const double c = (double)a[k].p_click, l = (double)a[k].p_like;

                clicks += (a[k].flags & PAL_CLICKED) != 0;
                likes += (a[k].flags & PAL_LIKED) != 0;
                p_click += c;
                p_like += l;
                v_click += c * (1.0 - c);
                v_like += l * (1.0 - l);
            }
        }
    }
    ck_assert_double_eq_tol(clicks, p_click, 4.0 * sqrt(v_click));
    ck_assert_double_eq_tol(likes, p_like, 4.0 * sqrt(v_like));
    sim_world_free(&w);
}
END_TEST

START_TEST(an_item_hears_the_same_answer_in_any_slot_and_company)
{
    sim_world w = world_of("{\"n\": 200}", "{\"position_bias\": false}");

    for (uint32_t u = 0; u < 200; u++) {
        uint32_t item[SLOTS], turned[SLOTS];
        pal_answer a[SLOTS], b[SLOTS], alone;

        sim_random_items(item, SLOTS, catalog, 5, u, 2);
        for (size_t k = 0; k < SLOTS; k++) {
            turned[k] = item[SLOTS - 1 - k];
        }
        w.type->answer(w.self, w.state, u, 2, item, SLOTS, a);
        w.type->answer(w.self, w.state, u, 2, turned, SLOTS, b);
        for (size_t k = 0; k < SLOTS; k++) {
            ck_assert_uint_eq(a[k].flags, b[SLOTS - 1 - k].flags);
            w.type->answer(w.self, w.state, u, 2, &item[k], 1, &alone);
            ck_assert_uint_eq(a[k].flags, alone.flags);
        }
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(examination_by_position_does_not_depend_on_the_items)
{
    sim_world w = world_of("{\"n\": 300}", "{}");

    for (uint32_t u = 0; u < 300; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS], b[SLOTS];

        sim_random_items(item, SLOTS, catalog, 6, u, 0);
        w.type->answer(w.self, w.state, u, 5, item, SLOTS, a);
        sim_random_items(item, SLOTS, catalog, 7, u, 0);
        w.type->answer(w.self, w.state, u, 5, item, SLOTS, b);
        for (size_t k = 0; k < SLOTS; k++) {
            ck_assert_uint_eq(a[k].flags & PAL_EXAMINED, b[k].flags & PAL_EXAMINED);
        }
    }
    sim_world_free(&w);
}
END_TEST

static void examined_by_slot(double *share, const char *response, double patience)
{
    char people[128];

    snprintf(people, sizeof people, "{\"n\": 4000, \"patience_mean\": %g, \"patience_concentration\": 1e6}", patience);
    sim_world w = world_of(people, response);

    memset(share, 0, SLOTS * sizeof *share);
    for (uint32_t u = 0; u < 4000; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        sim_random_items(item, SLOTS, catalog, 8, u, 0);
        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        for (size_t k = 0; k < SLOTS; k++) {
            share[k] += (a[k].flags & PAL_EXAMINED) != 0 ? 1.0 / 4000.0 : 0.0;
        }
    }
    sim_world_free(&w);
}

START_TEST(position_examination_falls_as_a_power_of_patience)
{
    double share[SLOTS];

    examined_by_slot(share, "{}", 0.7385);
    for (size_t k = 0; k < SLOTS; k++) {
        const double p = pow(0.7385, (double)k);

        ck_assert_double_eq_tol(share[k], p, 4.0 * sqrt(p * (1.0 - p) / 4000.0) + 1e-9);
    }
}
END_TEST

START_TEST(without_position_bias_every_slot_is_examined)
{
    double share[SLOTS];

    examined_by_slot(share, _i == 0 ? "{\"position_bias\": false}" : "{\"examination\": \"all\"}", 0.5);
    for (size_t k = 0; k < SLOTS; k++) {
        ck_assert_double_eq_tol(share[k], 1.0, 1e-9);
    }
}
END_TEST

START_TEST(a_cascade_goes_top_down_and_stops_for_good)
{
    sim_world w = world_of("{\"n\": 1000}", "{\"examination\": \"cascade\", \"satisfied_stop\": 1}");
    double stopped = 0.0;

    for (uint32_t u = 0; u < 1000; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];
        bool over = false;

        w.type->top(w.self, w.state, u, 0, NULL, SLOTS, item, NULL, w.arena);
        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        for (size_t k = 0; k < SLOTS; k++) {
            const bool looks = (a[k].flags & PAL_EXAMINED) != 0;

            ck_assert(!over || !looks);
            over = over || !looks || (a[k].flags & PAL_LIKED) != 0; /* satisfied: nothing after a like */
        }
        stopped += over;
    }
    ck_assert_double_gt(stopped, 500.0);
    sim_world_free(&w);
}
END_TEST

START_TEST(a_cascade_without_likes_falls_as_a_power_of_patience)
{
    double share[SLOTS];

    examined_by_slot(share, "{\"examination\": \"cascade\", \"click_base\": -50}", 0.8117);
    for (size_t k = 0; k < SLOTS; k++) {
        const double p = pow(0.8117, (double)k);

        ck_assert_double_eq_tol(share[k], p, 4.0 * sqrt(p * (1.0 - p) / 4000.0) + 1e-9);
    }
}
END_TEST

/* One parameter at an end of its range, the others at their defaults. */
static void try_extreme(const char *people, const char *response, const char *what)
{
    sim_world w = world_of(people, response);

    for (uint32_t u = 0; u < 4; u++) {
        for (uint32_t round = 0; round < 4; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];
            float p[SLOTS];

            ck_assert_uint_eq(w.type->top(w.self, w.state, u, round, NULL, SLOTS, item, p, w.arena), SLOTS);
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            for (size_t k = 0; k < SLOTS; k++) {
                ck_assert_msg(p[k] == a[k].p_like, "%s: top %g, answer %g", what, (double)p[k], (double)a[k].p_like);
                ck_assert_msg(a[k].p_click >= 0.0f && a[k].p_click <= 1.0f && p[k] >= 0.0f && p[k] <= 1.0f, "%s: %g %g",
                              what, (double)a[k].p_click, (double)p[k]);
            }
            w.type->advance(w.self, w.state, u, round, item, a, SLOTS);
        }
    }
    sim_world_free(&w);
}

START_TEST(every_parameter_may_stand_at_either_end_of_its_range)
{
    const pal_param *tables[2] = { pal_population_params, pal_response_at(0)->params };
    char json[256];

    for (int k = 0; k < 2; k++) {
        for (const pal_param *p = tables[k]; p->name != NULL; p++) {
            for (int end = 0; end < 2; end++) {
                const double value = end == 0 ? p->min : p->max;
                const char *rest = k == 0 ? "\"n\": 4, " : "\"drift\": true, \"birth\": true, \"churn\": true, ";

                if ((p->kind != PAL_PARAM_REAL && p->kind != PAL_PARAM_INT) || strcmp(p->name, "n") == 0) {
                    continue;
                }
                if (strcmp(p->name, "tastes_min") == 0) {
                    rest = "\"n\": 4, \"tastes_max\": 8, ";
                }
                snprintf(json, sizeof json, "{%s\"%s\": %.17g}", rest, p->name, value);
                try_extreme(k == 0 ? json : "{\"n\": 4}", k == 1 ? json : "{}", json);
            }
        }
    }
}
END_TEST

/* ---- Presence, threads, memory ---- */

START_TEST(people_turn_up_as_often_as_their_activity_says)
{
    sim_world w = world_of("{\"n\": 300}", "{}");

    for (uint32_t u = 0; u < 300; u++) {
        const double p = (double)w.people->activity[u];
        double n = 0.0;

        for (uint32_t round = 0; round < 400; round++) {
            n += w.type->present(w.self, w.state, u, round);
        }
        ck_assert_double_eq_tol(n / 400.0, p, 4.5 * sqrt(p * (1.0 - p) / 400.0) + 1e-9);
        w.state->alive[u] = 0;
        ck_assert(!w.type->present(w.self, w.state, u, 7));
    }
    sim_world_free(&w);
}
END_TEST

static pal_status play(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    sim_world *w = ctx;

    (void)block;
    (void)worker;
    (void)err;
    for (size_t u = begin; u < end; u++) {
        for (uint32_t round = 0; round < 6; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            sim_random_items(item, SLOTS, catalog, 12, (uint32_t)u, round);
            w->type->answer(w->self, w->state, (uint32_t)u, round, item, SLOTS, a);
            w->type->advance(w->self, w->state, (uint32_t)u, round, item, a, SLOTS);
        }
    }
    return PAL_OK;
}

START_TEST(states_end_the_same_at_any_number_of_threads)
{
    static const size_t threads[3] = { 1, 2, 7 };
    uint64_t digest[3];

    for (size_t k = 0; k < 3; k++) {
        sim_world w = world_of("{\"n\": 500}", "{\"drift\": true, \"birth\": true, \"birth_rate\": 0.3, \"churn\": true}");
        pal_error err = { .status = PAL_OK };

        CK_OK(pal_parallel_for(500, 32, threads[k], play, &w, &err));
        digest[k] = pal_state_digest(w.state);
        sim_world_free(&w);
    }
    ck_assert(digest[0] == digest[1] && digest[0] == digest[2]);
}
END_TEST

START_TEST(every_allocation_of_a_model_may_fail)
{
    sim_world w = world_of("{\"n\": 2}", "{}");
    const pal_world world = { catalog, w.people, 1, 0, 1 };
    pal_values *values = sim_values(w.type->params, "{\"birth\": true}");
    size_t fail = 1;

    for (;; fail++) {
        pal_error err = { .status = PAL_OK };
        void *self = NULL;

        pal_mem_fail_at(fail);
        const pal_status rc = w.type->init(&self, &world, values, &err);

        pal_mem_fail_at(0);
        w.type->free(self);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_gt(fail, 6);
    pal_values_free(values);
    sim_world_free(&w);
}
END_TEST

Suite *suite_sim_response_multi(void)
{
    Suite *suite = suite_create("sim/response_multi");
    TCase *cases = tcase_create("response_multi");

    tcase_set_timeout(cases, 60);
    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, truth_is_what_the_formulas_say);
    tcase_add_test(cases, quality_has_the_stated_spread_and_correlation_with_popularity);
    tcase_add_test(cases, answers_carry_the_truth_of_the_same_state);
    tcase_add_loop_test(cases, flags_follow_from_one_another, 0, 2);
    tcase_add_test(cases, clicks_and_likes_come_as_often_as_their_probabilities_say);
    tcase_add_test(cases, an_item_hears_the_same_answer_in_any_slot_and_company);
    tcase_add_test(cases, examination_by_position_does_not_depend_on_the_items);
    tcase_add_test(cases, position_examination_falls_as_a_power_of_patience);
    tcase_add_loop_test(cases, without_position_bias_every_slot_is_examined, 0, 2);
    tcase_add_test(cases, a_cascade_goes_top_down_and_stops_for_good);
    tcase_add_test(cases, a_cascade_without_likes_falls_as_a_power_of_patience);
    tcase_add_test(cases, every_parameter_may_stand_at_either_end_of_its_range);
    tcase_add_test(cases, people_turn_up_as_often_as_their_activity_says);
    tcase_add_test(cases, states_end_the_same_at_any_number_of_threads);
    tcase_add_test(cases, every_allocation_of_a_model_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
