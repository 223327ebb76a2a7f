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
        best + (double)m->item_term[i] + 0.4 * (double)w->people->popularity_love[u] * fame;

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
        sum += (double)m->item_term[i];
        square += (double)m->item_term[i] * (double)m->item_term[i];
        cross += (double)m->item_term[i] * (double)m->fame[i];
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

/* ---- Switches: one mechanism goes, everyone's luck stays ---- */

typedef struct pair {
    sim_world on, off;
} pair;

static pair pair_of(const char *off)
{
    return (pair){ world_of("{\"n\": 300}", "{}"), world_of("{\"n\": 300}", off) };
}

static void pair_free(pair *p)
{
    sim_world_free(&p->on);
    sim_world_free(&p->off);
}

START_TEST(without_position_bias_slots_that_were_examined_answer_the_same)
{
    pair p = pair_of("{\"position_bias\": false}");
    size_t examined = 0;

    for (uint32_t u = 0; u < 300; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS], b[SLOTS];

        sim_random_items(item, SLOTS, catalog, 9, u, 0);
        p.on.type->answer(p.on.self, p.on.state, u, 0, item, SLOTS, a);
        p.off.type->answer(p.off.self, p.off.state, u, 0, item, SLOTS, b);
        for (size_t k = 0; k < SLOTS; k++) {
            if ((a[k].flags & PAL_EXAMINED) != 0) {
                ck_assert_uint_eq(a[k].flags, b[k].flags);
                examined++;
            }
        }
    }
    ck_assert_uint_gt(examined, 1000);
    pair_free(&p);
}
END_TEST

START_TEST(without_noise_only_likes_and_what_follows_from_them_move)
{
    pair p = pair_of("{\"noise\": false}");
    size_t moved = 0, clicked = 0;

    for (uint32_t u = 0; u < 300; u++) {
        for (uint32_t round = 0; round < 10; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS], b[SLOTS];

            p.on.type->top(p.on.self, p.on.state, u, round, NULL, SLOTS, item, NULL, p.on.arena);
            p.on.type->answer(p.on.self, p.on.state, u, round, item, SLOTS, a);
            p.off.type->answer(p.off.self, p.off.state, u, round, item, SLOTS, b);
            for (size_t k = 0; k < SLOTS; k++) {
                ck_assert_uint_eq(a[k].flags & (PAL_EXAMINED | PAL_CLICKED), b[k].flags & (PAL_EXAMINED | PAL_CLICKED));
                ck_assert(a[k].p_click == b[k].p_click);
                clicked += (a[k].flags & PAL_CLICKED) != 0;
                moved += (a[k].flags & PAL_LIKED) != (b[k].flags & PAL_LIKED);
            }
        }
    }
    /* A flip always changes a like: its share is the parameter, 0.08. */
    ck_assert_double_eq_tol((double)moved / (double)clicked, 0.08, 4.0 * sqrt(0.08 * 0.92 / (double)clicked));
    pair_free(&p);
}
END_TEST

START_TEST(without_popularity_two_items_that_differ_in_it_alone_are_equal)
{
    sim_world w = world_of("{\"n\": 5}", "{\"popularity\": false}");
    const pal_multi *m = w.self;

    for (size_t i = 0; i < catalog->n_items; i++) {
        const pal_taste_view view = { .love = m->config.popularity_gain };

        ck_assert(view.love * m->fame[i] == 0.0f);
    }
    /* Quality keeps its spread and its luck: what is left is the noise part alone. */
    sim_world full = world_of("{\"n\": 5}", "{}");
    const pal_multi *with = full.self;

    for (size_t i = 0; i < catalog->n_items; i += 37) {
        const double noise = (double)m->item_term[i] / 0.5;
        const double mixed = 0.48 * (double)with->fame[i] + sqrt(1.0 - 0.48 * 0.48) * noise;

        ck_assert_double_eq_tol((double)with->item_term[i], 0.5 * mixed, 1e-5);
    }
    sim_world_free(&w);
    sim_world_free(&full);
}
END_TEST

START_TEST(without_quality_items_have_no_term_of_their_own)
{
    sim_world w = world_of("{\"n\": 2}", "{\"quality\": false}");
    const pal_multi *m = w.self;

    for (size_t i = 0; i < catalog->n_items; i++) {
        ck_assert_float_eq(m->item_term[i], 0.0f);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(everything_else_off_leaves_the_state_as_it_was)
{
    sim_world w = world_of("{\"n\": 50}", "{\"satiation\": false}");
    uint64_t before[16], after[16];

    pal_state_field_digests(w.state, before);
    for (uint32_t u = 0; u < 50; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        sim_random_items(item, SLOTS, catalog, 10, u, 0);
        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        w.type->advance(w.self, w.state, u, 0, item, a, SLOTS);
    }
    pal_state_field_digests(w.state, after);
    for (size_t k = 0; pal_state_field_names[k] != NULL; k++) {
        const bool mood = strcmp(pal_state_field_names[k], "mood") == 0; /* is kept, though nobody acts on it */

        ck_assert_msg((before[k] == after[k]) == !mood, "%s", pal_state_field_names[k]);
    }
    sim_world_free(&w);
}
END_TEST

/* ---- Behaviour ---- */

static float like_at(const sim_world *w, uint32_t user, uint32_t item)
{
    pal_answer a;

    w->type->truth(w->self, w->state, user, 0, &item, 1, &a);
    return a.p_like;
}

START_TEST(liking_falls_with_distance_from_the_only_taste)
{
    sim_world w = world_of("{\"n\": 30, \"tastes_max\": 1}",
                           "{\"quality\": false, \"popularity\": false, \"outside_penalty\": 0}");

    for (uint32_t u = 0; u < 30; u++) {
        uint32_t item[PAL_MAX_SLOTS];
        double far[PAL_MAX_SLOTS];

        sim_random_items(item, PAL_MAX_SLOTS, catalog, 11, u, 0);
        for (size_t k = 0; k < PAL_MAX_SLOTS; k++) {
            far[k] = 0.0;
            for (size_t f = 0; f < catalog->d; f++) {
                const double off = (double)catalog->scaled[item[k] * catalog->stride + f] -
                                   (double)w.state->taste_center[u * PAL_MAX_TASTES * w.state->stride + f];
                far[k] += off * off;
            }
        }
        for (size_t a = 0; a < PAL_MAX_SLOTS; a++) {
            for (size_t b = 0; b < PAL_MAX_SLOTS; b++) {
                if (far[a] + 1e-3 < far[b]) {
                    ck_assert(like_at(&w, u, item[a]) >= like_at(&w, u, item[b]));
                }
            }
        }
    }
    sim_world_free(&w);
}
END_TEST

/* Mean truth of the ten items whose features lie nearest to a point. */
static double like_near(const sim_world *w, uint32_t user, const float *point)
{
    double far[SLOTS], sum = 0.0;
    uint32_t item[SLOTS];
    size_t n = 0;

    for (uint32_t i = 0; i < catalog->n_items; i++) {
        double square = 0.0;
        size_t at;

        for (size_t f = 0; f < catalog->d; f++) {
            const double off = (double)catalog->scaled[i * catalog->stride + f] - (double)point[f];

            square += off * off;
        }
        if (n == SLOTS && square >= far[n - 1]) {
            continue;
        }
        for (at = n < SLOTS ? n++ : n - 1; at > 0 && far[at - 1] > square; at--) {
            far[at] = far[at - 1];
            item[at] = item[at - 1];
        }
        far[at] = square;
        item[at] = i;
    }
    for (size_t k = 0; k < n; k++) {
        sum += (double)like_at(w, user, item[k]) / (double)n;
    }
    return sum;
}

/* What a merged profile would serve: songs halfway between two tastes are liked less than songs near either. */
START_TEST(what_lies_between_two_tastes_is_liked_less_than_what_lies_near_them)
{
    sim_world w = world_of("{\"n\": 300, \"tastes_min\": 2, \"tastes_max\": 2, \"contradiction\": 0.8}", "{}");
    double middle = 0.0, ends = 0.0;

    for (uint32_t u = 0; u < 300; u++) {
        const float *a = w.state->taste_center + u * PAL_MAX_TASTES * w.state->stride, *b = a + w.state->stride;
        float half[PAL_MAX_FEATURES];

        for (size_t f = 0; f < catalog->d; f++) {
            half[f] = 0.5f * (a[f] + b[f]);
        }
        middle += like_near(&w, u, half);
        ends += 0.5 * (like_near(&w, u, a) + like_near(&w, u, b));
    }
    ck_assert_double_lt(middle, 0.75 * ends);
    sim_world_free(&w);
}
END_TEST

START_TEST(satiation_lowers_liking_and_rest_restores_it)
{
    sim_world w = world_of("{\"n\": 20, \"tastes_max\": 1}", "{\"position_bias\": false}");

    for (uint32_t u = 0; u < 20; u++) {
        uint32_t item[SLOTS];
        pal_answer a[SLOTS];

        w.type->top(w.self, w.state, u, 0, NULL, SLOTS, item, NULL, w.arena);
        const float fresh = like_at(&w, u, item[0]);

        w.type->answer(w.self, w.state, u, 0, item, SLOTS, a);
        w.type->advance(w.self, w.state, u, 0, item, a, SLOTS);
        const float fed = like_at(&w, u, item[0]);
        sim_counts counts = { 0 };

        sim_count(&counts, a, SLOTS);
        /* memory * share of the slate clicked, in closed form */
        ck_assert_float_eq_tol(w.state->satiation[u * PAL_MAX_TASTES], 0.5f * (float)(counts.clicked / SLOTS), 1e-6f);
        ck_assert(counts.clicked == 0.0 || fed < fresh);
        for (uint32_t round = 1; round < 30; round++) {
            w.type->advance(w.self, w.state, u, round, NULL, NULL, 0);
        }
        ck_assert_float_eq_tol(like_at(&w, u, item[0]), fresh, 1e-5f);
    }
    sim_world_free(&w);
}
END_TEST

START_TEST(more_match_quality_and_popularity_never_lower_a_probability)
{
    sim_world w = world_of("{\"n\": 5}", "{\"flip\": 0.1173}");
    pal_taste_view view;
    float p_click = -1.0f, p_like = -1.0f;

    pal_taste_view_of(&view, w.self, w.state, 3);
    for (int k = -400; k <= 400; k++) {
        float c, l;

        pal_multi_probabilities(w.self, &view, 0.0385f * (float)k, &c, &l);
        ck_assert(c >= p_click - 1e-6f && l >= p_like - 1e-6f && l <= c);
        p_click = c;
        p_like = l;
    }
    ck_assert_float_eq_tol(p_like, 1.0f - 0.1173f, 1e-4f); /* the flip is a ceiling */
    sim_world_free(&w);
}
END_TEST

/* ---- Presence and threads ---- */

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
    tcase_add_test(cases, without_position_bias_slots_that_were_examined_answer_the_same);
    tcase_add_test(cases, without_noise_only_likes_and_what_follows_from_them_move);
    tcase_add_test(cases, without_popularity_two_items_that_differ_in_it_alone_are_equal);
    tcase_add_test(cases, without_quality_items_have_no_term_of_their_own);
    tcase_add_test(cases, everything_else_off_leaves_the_state_as_it_was);
    tcase_add_test(cases, liking_falls_with_distance_from_the_only_taste);
    tcase_add_test(cases, what_lies_between_two_tastes_is_liked_less_than_what_lies_near_them);
    tcase_add_test(cases, satiation_lowers_liking_and_rest_restores_it);
    tcase_add_test(cases, more_match_quality_and_popularity_never_lower_a_probability);
    tcase_add_test(cases, people_turn_up_as_often_as_their_activity_says);
    tcase_add_test(cases, states_end_the_same_at_any_number_of_threads);
    tcase_add_test(cases, every_allocation_of_a_model_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
