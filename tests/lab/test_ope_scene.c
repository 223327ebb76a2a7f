/* Frozen scenes: exact values against enumeration and against many answers; stages of targets; gaps; logs. */
#include "tests/support/ope_studies.h"

#include "core/mem.h"

#include <check.h>
#include <math.h>
#include <string.h>

Suite *suite_lab_ope_scene(void);

typedef struct world {
    const char *set, *members;
    int how;            /* 0: position, 1: cascade, 2: every slot */
    double stop;
} world;

#define POLICIES "\"warm_up\": 3, \"logging\": {\"arm\": \"rank\", \"softness\": 1, \"epsilon\": 0.1}," \
                 " \"targets\": [{\"arm\": \"pop\", \"softness\": 0.7}, {\"arm\": \"best\", \"softness\": 0}]"

static const world worlds[] = {
    { "", POLICIES ", \"candidates\": 6", 0, 0 },
    { "", POLICIES ", \"candidates\": 6, \"slots\": 3, \"reward\": \"like\"", 0, 0 },
    { "\"response.examination\": \"cascade\", \"response.satisfied_stop\": 0.7, \"response.click_base\": 4, \"response.like_base\": 5",
      POLICIES ", \"candidates\": 5, \"slots\": 3", 1, 0.7 },
    { "\"response.position_bias\": false", POLICIES ", \"candidates\": 5, \"slots\": 2, \"reward\": \"like\"", 2, 0 },
    { "\"response\": {\"model\": \"cluster-bernoulli\"}", POLICIES ", \"candidates\": 5, \"slots\": 2, \"reward\": \"like\"", 2, 0 },
};
enum { WORLDS = sizeof worlds / sizeof worlds[0] };

/* Every way a person can go through a slate from slot l on, given that it is looked at: like, click without a like, or neither. */
static double outcomes(const pal_ope_scene *s, const world *w, size_t c, const uint8_t *slate, size_t l, bool looked)
{
    const double patience = (double)s->world->people->patience[s->person[c]];
    double sum = 0;

    if (l == s->k) return 0;
    for (int way = 0; way < 3; way++) {
        const double click = s->p_click[c * s->m + slate[l]], like = s->p_like[c * s->m + slate[l]];
        const double p = !looked ? (way == 2 ? 1 : 0) : way == 0 ? like : way == 1 ? click - like : 1 - click;
        const double reward = way == 0 || (way == 1 && s->study->reward == PAL_OPE_CLICKS) ? 1 : 0;
        double on;

        if (p == 0) continue;
        switch (w->how) {
        case 0: { /* slots are looked at independently */
            double reach = 1;

            for (size_t i = 0; i <= l; i++) reach *= patience;
            on = reach;
            break;
        }
        case 1:
            on = looked ? patience * (way == 0 ? 1 - w->stop : 1) : 0;
            break;
        default:
            on = 1;
        }
        sum += p * (reward + on * outcomes(s, w, c, slate, l + 1, true) + (1 - on) * outcomes(s, w, c, slate, l + 1, false));
    }
    return sum;
}

START_TEST(exact_values_are_those_of_all_outcomes)
{
    const world *w = &worlds[_i];
    pal_ope_study *study = ope_study(w->set, w->members);
    pal_ope_scene *s = ope_scene(study);

    for (size_t p = 0; p < s->n_policies; p++) {
        double value = 0;

        for (size_t c = 0; c < s->n_contexts; c++) {
            for (size_t i = 0; i < s->n_slates; i++) {
                const uint8_t *slate = s->slate + i * s->k;
                double step[PAL_OPE_MOST_SLOTS], chance = 1;

                pal_ope_slate_steps(step, slate, pal_ope_strength(s, p, c), NULL, s->m, s->k, &study->policy[p].rule);
                for (size_t l = 0; l < s->k; l++) chance *= step[l];
                value += chance * outcomes(s, w, c, slate, 0, true) / (double)s->n_contexts;
            }
        }
        ck_assert_double_eq_tol(s->known[p].value, value, 1e-9);
    }
    ck_assert_double_gt(s->known[2].value, s->known[0].value); /* the oracle knows better */
    pal_ope_scene_free(s);
    pal_ope_study_free(study);
}
END_TEST

/* The logging policy's own mean reward, from the response model's own answers. */
START_TEST(exact_values_are_what_many_answers_earn)
{
    const world *w = &worlds[_i];
    pal_ope_study *study = ope_study(w->set, w->members);
    pal_ope_scene *s = ope_scene(study);
    pal_ope_sample *sample = NULL;
    const size_t n = 40000;
    double sum = 0, squares = 0, se;

    ck_assert_int_eq(pal_ope_sample_new(&sample, s, 0, n, s->arm->scratch[0], NULL), PAL_OK);
    for (size_t i = 0; i < n; i++) {
        double r = 0;

        for (size_t l = 0; l < s->k; l++) r += sample->reward[i * s->k + l];
        sum += r;
        squares += r * r;
    }
    se = sqrt((squares / (double)n - sum / (double)n * (sum / (double)n)) / (double)n);
    ck_assert_msg(fabs(sum / (double)n - s->known[0].value) < 4 * se, "%g, exact %g, error %g", sum / (double)n, s->known[0].value, se);
    pal_ope_sample_free(sample);
    pal_ope_scene_free(s);
    pal_ope_study_free(study);
}
END_TEST

/* "again" is the same stage under another name: fed on the logging arm's events it must think the same. */
START_TEST(a_targets_stage_learns_from_the_logging_arm)
{
    pal_ope_study *study = ope_study("", "\"warm_up\": 3, \"logging\": {\"arm\": \"rank\"}, \"targets\": [{\"arm\": \"again\"},"
                                         " {\"arm\": \"rand\", \"softness\": 0}]");
    pal_ope_scene *s = ope_scene(study);
    const size_t n = s->n_contexts * s->m;
    size_t differ = 0;

    for (size_t i = 0; i < n; i++) {
        ck_assert_double_eq(s->strength[i], s->strength[n + i]);
        differ += i % s->m > 0 && s->strength[i] != s->strength[i - 1];
    }
    ck_assert_uint_gt(differ, n / 4); /* and it does think something */
    ck_assert_double_eq(s->known[0].value, s->known[1].value);
    ck_assert_double_eq(s->known[1].mean_square, 1);
    for (size_t i = 0; i < n; i++) ck_assert_double_eq_tol(s->chance[2 * n + i], 0.1, 1e-15); /* random: the even draw */
    pal_ope_scene_free(s);
    pal_ope_study_free(study);
}
END_TEST

START_TEST(candidates_are_unseen_and_different)
{
    pal_ope_study *study = ope_study("", POLICIES ", \"candidates\": 7, \"slots\": 3");
    pal_ope_scene *s = ope_scene(study);

    ck_assert_uint_eq(s->n_contexts, 30);
    for (size_t i = 0; i < s->n_slates; i++) ck_assert_uint_eq(pal_ope_slate_at(s, s->slate + i * s->k), i);
    for (size_t c = 0; c < s->n_contexts; c++) {
        for (size_t i = 0; i < s->m; i++) {
            ck_assert(!pal_seen(pal_history_seen(s->arm->history, s->person[c]), s->item[c * s->m + i]));
            if (i > 0) ck_assert_uint_gt(s->item[c * s->m + i], s->item[c * s->m + i - 1]);
        }
    }
    pal_ope_scene_free(s);
    pal_ope_study_free(study);
}
END_TEST

START_TEST(gaps_are_never_logged_and_their_share_is_known)
{
    pal_ope_study *study = ope_study("", "\"logging\": {\"arm\": \"rank\", \"gaps\": 0.35}, \"targets\": [{\"arm\": \"rand\"}],"
                                         " \"warm_up\": 2");
    pal_ope_scene *s = ope_scene(study);
    pal_ope_sample *sample = NULL;

    ck_assert_double_eq_tol(s->known[1].unsupported, 0.3, 1e-12); /* 3 of 10, drawn evenly */
    ck_assert_double_eq(s->known[0].unsupported, 0);
    ck_assert_int_eq(pal_ope_sample_new(&sample, s, 3, 3000, s->arm->scratch[0], NULL), PAL_OK);
    for (size_t i = 0; i < sample->n; i++) {
        ck_assert(s->gap[sample->context[i] * s->m + sample->slate[i]] == 0 && sample->logged[i] > 0);
    }
    pal_ope_sample_free(sample);
    pal_ope_scene_free(s);
    pal_ope_study_free(study);
}
END_TEST

START_TEST(a_longer_log_begins_with_the_shorter_one)
{
    pal_ope_study *study = ope_study("", POLICIES ", \"candidates\": 5, \"slots\": 2"), *longer;
    pal_ope_scene *s = ope_scene(study), *other;
    pal_ope_sample *a = NULL, *b = NULL, *next = NULL;
    size_t same = 0;

    longer = ope_study("", POLICIES ", \"candidates\": 5, \"slots\": 2, \"sizes\": [9, 5000], \"logs\": 77");
    other = ope_scene(longer);
    ck_assert_int_eq(pal_ope_sample_new(&a, s, 5, 200, s->arm->scratch[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_ope_sample_new(&b, other, 5, 300, other->arm->scratch[0], NULL), PAL_OK);
    ck_assert_int_eq(pal_ope_sample_new(&next, s, 6, 200, s->arm->scratch[0], NULL), PAL_OK);
    ck_assert_mem_eq(a->context, b->context, 200 * sizeof *a->context);
    ck_assert_mem_eq(a->slate, b->slate, 400 * sizeof *a->slate);
    ck_assert_mem_eq(a->reward, b->reward, 400 * sizeof *a->reward);
    for (size_t i = 0; i < 200; i++) same += a->context[i] == next->context[i] && memcmp(a->slate + 2 * i, next->slate + 2 * i, 2) == 0;
    ck_assert_uint_lt(same, 10);
    pal_ope_sample_free(a);
    pal_ope_sample_free(b);
    pal_ope_sample_free(next);
    pal_ope_scene_free(s);
    pal_ope_scene_free(other);
    pal_ope_study_free(study);
    pal_ope_study_free(longer);
}
END_TEST

START_TEST(a_scene_survives_every_failing_allocation)
{
    pal_ope_study *study = ope_study("\"people.n\": 3, \"catalog.items\": 60",
                                     POLICIES ", \"candidates\": 3, \"slots\": 2, \"estimators\": [{\"kind\": \"pseudo_inverse\"}]");
    size_t all;

    pal_mem_fail_at(0);
    pal_ope_scene_free(ope_scene(study));
    all = pal_mem_count();
    for (size_t n = 1; n <= all; n += all / 60 + 1) {
        pal_ope_scene *s = NULL;
        pal_error err = { PAL_OK, "" };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_ope_scene_new(&s, study, 1, &err);
        pal_mem_fail_at(0);
        ck_assert_msg(rc == PAL_ERR_MEMORY || rc == PAL_OK, "allocation %zu: %s", n, err.text);
        pal_ope_scene_free(s);
    }
    pal_ope_study_free(study);
}
END_TEST

Suite *suite_lab_ope_scene(void)
{
    Suite *s = suite_create("lab/ope_scene");
    TCase *tc = tcase_create("ope_scene");

    tcase_set_timeout(tc, 30);
    tcase_add_loop_test(tc, exact_values_are_those_of_all_outcomes, 0, WORLDS);
    tcase_add_loop_test(tc, exact_values_are_what_many_answers_earn, 0, WORLDS);
    tcase_add_test(tc, a_targets_stage_learns_from_the_logging_arm);
    tcase_add_test(tc, candidates_are_unseen_and_different);
    tcase_add_test(tc, gaps_are_never_logged_and_their_share_is_known);
    tcase_add_test(tc, a_longer_log_begins_with_the_shorter_one);
    tcase_add_test(tc, a_scene_survives_every_failing_allocation);
    suite_add_tcase(s, tc);
    return s;
}
