/*
 * Thompson sampling: each slot shows what would be best if a draw from the posterior were true. Models:
 *
 *   gaussian   ridge regression, N(mean, scale^2 A^-1); hybrid: the same with a part shared by all arms
 *   logistic   log-odds of a like, Laplace's approximation with the whole Hessian or its diagonal
 *   beta       a like rate a taste, Beta-Bernoulli; inside a taste the song nearest to the person's centroid
 *
 * Each slot has a draw of its own and chooses among the open songs of the shortlists (bandit_lists.h), which are made before
 * the slate from the posterior alone. The probability of a song to win a slot has no closed form. Stated is an estimate:
 * with n = propensity_draws further draws, the same for all slots and keyed apart from those that act,
 *
 *   propensity = (1 + draws in which the song wins this slot) / (1 + n)
 */
#include "stages/bandit_arms.h"
#include "stages/bandit_lists.h"
#include "stages/builtin.h"
#include "stages/scan.h"
#include "stages/stage_state.h"
#include "stages/thompson_beta.h"

#include "core/mem.h"
#include "core/pmath.h"

#include <string.h>

enum { APART = 1000 }; /* `what` of the first draw that does not act; slots are below it */

typedef struct thompson {
    const pal_catalog *catalog;
    pal_origin origin;
    pal_arms *arms;        /* one of the two */
    pal_beta_arms *beta;
    double scale;
    size_t length, draws;
    uint32_t *by_popularity;
    pal_key key;
} thompson;

static const pal_param params[] = {
    { "model", PAL_PARAM_CHOICE, "\"hybrid\"", 0, 0, "gaussian|hybrid|logistic|beta",
      "what is drawn: ridge regression, the same with a shared part, logistic regression, or a like rate a taste", NULL },
    { "scale", PAL_PARAM_REAL, "0.15", 0, 100, NULL,
      "gaussian, hybrid, logistic: standard deviations of the posterior are multiplied by it; 0: greedy",
      "Chapelle and Li 2011: 0.25 to 1; ours measured on multi-taste" },
    { "laplace", PAL_PARAM_CHOICE, "\"whole\"", 0, 0, "whole|diagonal",
      "logistic: keep the whole Hessian, or variances only", "Chapelle and Li 2011: diagonal" },
    { "prior_weight", PAL_PARAM_REAL, "4", 0.01, 1e6, NULL, "beta: slots that prior_rate is worth", NULL },
    { "shortlist", PAL_PARAM_INT, "20", 1, 1000, NULL,
      "songs of each taste, by mean plus scale standard deviations, that slots are chosen among", NULL },
    { "propensity_draws", PAL_PARAM_INT, "32", 1, 100000, NULL,
      "further draws that the stated propensities are estimated from", NULL },
    PAL_ARMS_PARAMS,
    { 0 }
};

static void thompson_free(void *self)
{
    thompson *stage = self;

    if (stage != NULL) {
        pal_origin_clear(&stage->origin);
        pal_arms_free(stage->arms);
        pal_beta_arms_free(stage->beta);
        pal_free(stage->by_popularity);
        pal_free(stage);
    }
}

static pal_status make_arms(thompson *stage, const pal_stage_env *env, const pal_values *values, pal_error *err)
{
    const char *model = pal_values_text(values, "model");
    pal_arms_config config = pal_arms_config_from(values);
    pal_status rc = PAL_OK;

    if (strcmp(model, "beta") == 0) {
        if (!config.by_taste) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.arms: model beta counts by taste: must be \"person-taste\" or \"taste\", "
                     "found \"%s\"", env->file, env->json_path, pal_values_text(values, "arms"));
        }
        return pal_beta_arms_new(&stage->beta, env, config.by_person, config.prior,
                                 pal_values_real(values, "prior_weight"), err);
    }
    config.model = strcmp(model, "hybrid") == 0     ? PAL_ARMS_HYBRID
                   : strcmp(model, "logistic") == 0 ? PAL_ARMS_LOGISTIC
                                                    : PAL_ARMS_RIDGE;
    config.diagonal = strcmp(pal_values_text(values, "laplace"), "diagonal") == 0;
    PAL_TRY(pal_arms_new(&stage->arms, env, &config, err));

done:
    return rc;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    thompson *stage = NULL;
    pal_status rc = PAL_OK;

    (void)object;
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->key = env->explore;
    stage->scale = pal_values_real(values, "scale");
    stage->length = (size_t)pal_values_int(values, "shortlist");
    stage->draws = (size_t)pal_values_int(values, "propensity_draws");
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(make_arms(stage, env, values, err));
    PAL_TRY(pal_bandit_by_popularity(&stage->by_popularity, env->catalog, err));
    *self = stage;
    stage = NULL;

done:
    thompson_free(stage);
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    thompson *stage = self;

    if (stage->beta != NULL) {
        pal_beta_arms_learn(stage->beta, round);
        return PAL_OK;
    }
    return pal_arms_learn(stage->arms, round, scratch, err);
}

/* ---- one slate ---- */

/* What stands beside a list. */
typedef struct beside {
    double *x;     /* n x base                                       */
    double *value; /* draws x n: under each draw that does not act   */
} beside;

typedef struct winner {
    bool any;
    size_t t, i;
    double value;
} winner;

typedef struct slate_at_work {
    const thompson *stage;
    const pal_request *request;
    pal_arms_view view;    /* with arms only                          */
    size_t base;           /* numbers of a taste in a draw            */
    pal_bandit_lists lists;
    beside beside[PAL_MAX_CLUSTERS];
    double *theta;         /* n_tastes x base: the draw of the slot   */
    double *apart;         /* draws x n_tastes x base                 */
    winner *won;           /* draws: who wins under each, as last found */
    bool is_stale;         /* a list is new since                     */
} slate_at_work;

static pal_status sample(double *theta, const slate_at_work *w, uint64_t what, pal_error *err)
{
    const thompson *stage = w->stage;
    const pal_at at = { w->request->user, w->request->round, what };

    if (stage->beta != NULL) {
        pal_beta_arms_sample(theta, stage->beta, w->request->user, stage->key, at);
        return PAL_OK;
    }
    return pal_arms_sample(theta, &w->view, stage->scale, stage->key, at, w->lists.scratch, err);
}

/* beta's order inside a taste: cosine with the person's centroid, and popularity. */
static float inside_of(const slate_at_work *w, size_t t, uint32_t item)
{
    const pal_catalog *c = w->stage->catalog;
    const double *centroid = w->request->profile.centroid + t * c->d;
    double sum = (double)c->popularity[item] / 100;

    for (size_t f = 0; f < c->d; f++) {
        sum += centroid[f] * (double)c->direction[item * c->stride + f];
    }
    return (float)sum;
}

static void scan(const void *ctx, float *bound, size_t t, size_t begin, size_t n)
{
    const slate_at_work *w = ctx;

    if (w->stage->beta == NULL) {
        pal_arms_scan(bound, &w->view, t, begin, n, (float)w->stage->scale);
        return;
    }
    for (size_t i = 0; i < n; i++) {
        bound[i] = inside_of(w, t, (uint32_t)(begin + i));
    }
}

static double dot(const double *a, const double *b, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += a[i] * b[i];
    }
    return sum;
}

static pal_status on_made(void *ctx, size_t t, pal_error *err)
{
    slate_at_work *w = ctx;
    const size_t base = w->base, n_tastes = w->lists.n_tastes;
    const pal_bandit_list *list = &w->lists.list[t];
    beside *b = &w->beside[t];
    pal_status rc = PAL_OK;

    w->is_stale = true;
    PAL_TAKE(b->x, list->n * base, w->lists.scratch);
    PAL_TAKE(b->value, list->n * w->stage->draws, w->lists.scratch);
    for (size_t i = 0; i < list->n; i++) {
        b->x[i * base] = 1;
        if (w->stage->arms != NULL) {
            pal_arms_x(b->x + i * base, w->stage->arms, list->candidate[i].item);
        }
        for (size_t q = 0; q < w->stage->draws; q++) {
            b->value[q * list->n + i] = dot(w->apart + (q * n_tastes + t) * base, b->x + i * base, base);
        }
    }

done:
    return rc;
}

/* Values under the slot's own draw (q = draws) or under draw q; the first of equals wins. */
static winner find_winner(const slate_at_work *w, size_t q)
{
    winner best = { .any = false };

    for (size_t t = 0; t < w->lists.n_tastes; t++) {
        const pal_bandit_list *list = &w->lists.list[t];
        const beside *b = &w->beside[t];

        for (size_t i = 0; i < list->n; i++) {
            if (list->open[i]) {
                const double value = q < w->stage->draws ? b->value[q * list->n + i]
                                                         : dot(w->theta + t * w->base, b->x + i * w->base, w->base);

                if (!best.any || value > best.value) {
                    best = (winner){ true, t, i, value };
                }
            }
        }
    }
    return best;
}

/* Who won a draw for the slot above still does, unless closed since. */
static double find_propensity(slate_at_work *w, winner chosen)
{
    size_t wins = 0;

    for (size_t q = 0; q < w->stage->draws; q++) {
        winner *one = &w->won[q];

        if (w->is_stale || !w->lists.list[one->t].open[one->i]) {
            *one = find_winner(w, q);
        }
        wins += one->t == chosen.t && one->i == chosen.i;
    }
    w->is_stale = false;
    return (1 + (double)wins) / (1 + (double)w->stage->draws);
}

static float score_of(const void *ctx, uint32_t item)
{
    const slate_at_work *w = ctx;
    const size_t t = w->stage->catalog->cluster[item];

    if (w->stage->beta == NULL) {
        return pal_arms_score(&w->view, item);
    }
    return pal_logf((float)pal_beta_arms_mean(w->stage->beta, w->request->user, t)) + inside_of(w, t, item);
}

static pal_status begin(slate_at_work *w, const thompson *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    pal_status rc = PAL_OK;

    w->stage = stage;
    w->request = request;
    w->base = stage->arms != NULL ? stage->arms->base : 1;
    w->lists.scratch = scratch;
    if (stage->arms != NULL) {
        PAL_TRY(pal_arms_view_of(&w->view, stage->arms, request->user, scratch, err));
    }

done:
    return rc;
}

/* The lists, and the draws that do not act. */
static pal_status begin_lists(slate_at_work *w, pal_error *err)
{
    const size_t n_tastes = w->stage->catalog->clusters->n, draws = w->stage->draws;
    pal_status rc = PAL_OK;

    w->lists.catalog = w->stage->catalog;
    w->lists.length = w->stage->length;
    w->lists.ctx = w;
    w->lists.scan = scan;
    w->lists.on_made = on_made;
    PAL_TRY(pal_bandit_lists_begin(&w->lists, err));
    PAL_TAKE(w->theta, n_tastes * w->base, w->lists.scratch);
    PAL_TAKE(w->won, draws, w->lists.scratch);
    PAL_TAKE(w->apart, draws * n_tastes * w->base, w->lists.scratch);
    for (size_t q = 0; q < draws; q++) {
        PAL_TRY(sample(w->apart + q * n_tastes * w->base, w, APART + q, err));
    }

done:
    return rc;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const thompson *stage = self;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_THOMPSON);
    slate_at_work *w;
    pal_status rc = PAL_OK;

    PAL_TAKE(w, 1, scratch);
    PAL_TRY(begin(w, stage, request, scratch, err));
    PAL_TRY(begin_lists(w, err));
    while (!pal_pick_full(&pick)) {
        winner chosen;
        pal_candidate song;

        PAL_TRY(pal_bandit_lists_ensure(&w->lists, &pick, err));
        PAL_TRY(sample(w->theta, w, slate->n, err));
        chosen = find_winner(w, stage->draws);
        if (!chosen.any) {
            break;
        }
        song = w->lists.list[chosen.t].candidate[chosen.i];
        song.score = score_of(w, song.item);
        pal_pick_push(&pick, song, (float)find_propensity(w, chosen));
        pal_bandit_lists_strike(&w->lists, song.item);
    }
    pal_pick_rest(&pick, stage->by_popularity, score_of, w);

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    slate_at_work *w;
    pal_status rc = PAL_OK;

    PAL_TAKE(w, 1, scratch);
    PAL_TRY(begin(w, self, request, scratch, err));
    for (size_t i = 0; i < n; i++) {
        out[i] = score_of(w, item[i]);
    }
    memset(at, PAL_AT_THOMPSON, n);

done:
    return rc;
}

static uint64_t digest(const void *self)
{
    const thompson *stage = self;

    return stage->beta != NULL ? pal_beta_arms_digest(stage->beta) : pal_arms_digest(stage->arms);
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const thompson *stage = self;

    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "thompson", file, err));
    if (stage->beta != NULL) {
        PAL_TRY(pal_beta_arms_save(stage->beta, "thompson", file, err));
    } else {
        PAL_TRY(pal_arms_save(stage->arms, "thompson", file, err));
    }

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    thompson *stage = self;

    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "thompson", file, err));
    if (stage->beta != NULL) {
        PAL_TRY(pal_beta_arms_restore(stage->beta, "thompson", file, err));
    } else {
        PAL_TRY(pal_arms_restore(stage->arms, "thompson", file, err));
    }

done:
    return rc;
}

const pal_stage_type pal_stage_thompson = {
    .name = "thompson", .label = "Thompson",
    .summary = "draws each slot's coefficients (or like rates of tastes) from their posterior and serves their best",
    .source = "Agrawal and Goyal, ICML 2013 (linear); Chapelle and Li, NIPS 2011 (logistic, Beta-Bernoulli). Ours chooses "
              "among a shortlist of each taste, with a draw a slot, and estimates its propensities by further draws",
    .flags = PAL_STAGE_LEARNS, .params = params,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = thompson_free,
    .save = save, .restore = restore,
};
