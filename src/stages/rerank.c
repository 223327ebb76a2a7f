/*
 * A stage around any other: it asks that one for a longer slate (`pool`, at most 50 slots) and serves the best of it,
 * best first, by one of the re-rankers of models/rerank.h. Scores, tastes and stages of the slots are the inner stage's,
 * and so is score(): calibration and credit go to whoever made the score.
 *
 * Propensities. The order follows from the pool, so each slot has 1: deterministic given the pool, which the inner
 * stage may have drawn; such a 1 says nothing about other pools. At lambda 0 with relevance "rank" the order never
 * changes: the first slots of the inner slate are served with its own propensities, exact where they were.
 *
 * What a person wants of each taste is the share of their likes that went to it, with `prior` likes of even interest.
 */
#include "stages/rerank.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/rerank.h"
#include "stages/builtin.h"
#include "stages/stage_state.h"

#include <string.h>

typedef enum method { MMR, DPP, XQUAD, CALIBRATED, BALANCED } method; /* in the order of the choices */

typedef struct rerank {
    const pal_catalog *catalog;
    pal_origin origin;
    const pal_stage_type *type; /* inner */
    void *self;
    method method;
    bool by_score;
    double lambda, ridge, alpha, prior;
    size_t pool;
} rerank;

static const char *const also[] = { "params", NULL };

static const pal_param params[] = {
    { "stage", PAL_PARAM_TEXT, "\"ranking\"", 0, 0, NULL,
      "the stage whose slates are re-ranked, any but the oracle; its own parameters stand in \"params\"", NULL },
    { "method", PAL_PARAM_CHOICE, "\"mmr\"", 0, 0, "mmr|dpp|xquad|calibrated|balanced",
      "mmr, dpp: songs unlike each other; xquad, calibrated, balanced: the tastes in the shares they are liked in",
      NULL },
    { "lambda", PAL_PARAM_REAL, "0.3", 0, 1, NULL, "weight of variety; 0: relevance alone, 1: variety alone", NULL },
    { "pool", PAL_PARAM_INT, "30", 1, PAL_MAX_SLOTS, NULL,
      "candidates taken from the stage (at least the slots asked for)", NULL },
    { "relevance", PAL_PARAM_CHOICE, "\"score\"", 0, 0, "score|rank",
      "scaled to 0..1 over the pool: the stage's score, or the place in its slate (first 1, last 0: keeps its draws)",
      NULL },
    { "ridge", PAL_PARAM_REAL, "0.05", 0, 1, NULL,
      "dpp: share of each song that no other explains; 0: no more different songs than features", "ours" },
    { "alpha", PAL_PARAM_REAL, "0.01", 1e-6, 0.5, NULL, "calibrated: share of the wanted mix added to the list's",
      "Steck 2018" },
    { "prior", PAL_PARAM_REAL, "5", 1e-6, 1e6, NULL,
      "xquad, calibrated, balanced: likes' worth of even interest in all tastes", "ours" },
    { 0 }
};

static void rerank_free(void *self)
{
    rerank *stage = self;

    if (stage == NULL) {
        return;
    }
    if (stage->type != NULL) {
        stage->type->free(stage->self);
    }
    pal_origin_clear(&stage->origin);
    pal_free(stage);
}

const pal_stage_type *pal_rerank_inner(const void *self, const void **inner)
{
    const rerank *stage = self;

    *inner = stage->self;
    return stage->type;
}

static rerank config_from(const pal_values *v)
{
    return (rerank){
        .method = (method)pal_values_choice(v, "method"),
        .by_score = strcmp(pal_values_text(v, "relevance"), "score") == 0,
        .lambda = pal_values_real(v, "lambda"),
        .pool = (size_t)pal_values_int(v, "pool"),
        .ridge = pal_values_real(v, "ridge"),
        .alpha = pal_values_real(v, "alpha"),
        .prior = pal_values_real(v, "prior"),
    };
}

/* The stage inside, and whether it can stand there. */
static pal_status find_inner(const pal_stage_type **type, const pal_stage_env *env, const char *name, pal_error *err)
{
    pal_text path = { 0 };
    pal_status rc = PAL_OK;
    size_t at;

    pal_text_addf(&path, "%s.stage", env->json_path);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_stage_find(&at, name, env->file, path.bytes, err));
    *type = pal_stage_at(at);
    if (((*type)->flags & PAL_STAGE_NEEDS_TRUTH) != 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" knows the truth and stands alone; any other stage is allowed",
                 env->file, path.bytes, name);
    }
    if (((*type)->flags & PAL_STAGE_NEEDS_PLAYLISTS) != 0 && env->playlists == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" lives on playlists, and nobody keeps any here: give the experiment an "
                 "object \"playlists\" ({} has the defaults)", env->file, path.bytes, name);
    }

done:
    pal_text_clear(&path);
    return rc;
}

/* The inner stage from its own object, with draws of its own. */
static pal_status init_inner(rerank *stage, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                             pal_error *err)
{
    const pal_json *own = object != NULL ? pal_json_get(object, "params") : NULL;
    const pal_stage_type *type = NULL;
    pal_stage_env inner = *env;
    pal_values *checked = NULL;
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    PAL_TRY(find_inner(&type, env, pal_values_text(values, "stage"), err));
    pal_text_addf(&path, "%s.params", env->json_path);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_values_read(&checked, type->params, own, env->file, path.bytes, type->also, err));
    inner.json_path = path.bytes;
    inner.explore = pal_key_named(env->explore, type->name);
    inner.train = pal_key_named(env->train, type->name);
    PAL_TRY(type->init(&stage->self, &inner, checked, own, err));
    stage->type = type;

done:
    pal_values_free(checked);
    pal_text_clear(&path);
    return rc;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    rerank *stage = NULL;

    PAL_NEW(stage, 1);
    *stage = config_from(values);
    stage->catalog = env->catalog;
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(init_inner(stage, env, values, object, err));
    *self = stage;
    stage = NULL;

done:
    rerank_free(stage);
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    rerank *stage = self;

    return stage->type->fit == NULL ? PAL_OK : stage->type->fit(stage->self, round, scratch, err);
}

/* n candidates of an inner slate, from slot `begin` on. */
typedef struct candidates {
    const rerank *stage;
    const pal_request *request;
    const pal_slate *slate;
    size_t begin, n, k;
    double relevance[PAL_MAX_SLOTS];
} candidates;

static void find_relevance(candidates *c)
{
    if (c->stage->by_score) {
        pal_rerank_scale(c->relevance, c->slate->score + c->begin, c->n);
        return;
    }
    for (size_t i = 0; i < c->n; i++) {
        c->relevance[i] = c->n > 1 ? (double)(c->n - 1 - i) / (double)(c->n - 1) : 1;
    }
}

/* Cosines of directions; for the determinant (1 + cosine) / 2, which is positive semidefinite too and never below 0. */
static void find_similarity(double *similarity, const candidates *c)
{
    const uint32_t *item = c->slate->item + c->begin;
    const bool shifted = c->stage->method == DPP;

    for (size_t i = 0; i < c->n; i++) {
        similarity[i * c->n + i] = 1;
        for (size_t j = 0; j < i; j++) {
            const double cosine = pal_catalog_cosine(c->stage->catalog, item[i], item[j]);
            const double alike = shifted ? (1 - c->stage->ridge) * (1 + cosine) / 2 : cosine;

            similarity[i * c->n + j] = similarity[j * c->n + i] = alike;
        }
    }
}

/* An item's tastes share it evenly. */
static void find_members(double *member, const candidates *c)
{
    const size_t m = c->request->profile.n_tastes;

    for (size_t i = 0; i < c->n; i++) {
        const uint64_t mask = c->stage->catalog->cluster_mask[c->slate->item[c->begin + i]];
        double tastes = 0;

        for (size_t t = 0; t < m; t++) {
            tastes += (double)((mask >> t) & 1);
        }
        for (size_t t = 0; t < m; t++) {
            member[i * m + t] = (mask >> t) & 1 ? 1 / tastes : 0;
        }
    }
}

/* The interest in each taste of the content type that is asked for; sums to 1. */
static void find_wanted(double *wanted, const candidates *c)
{
    const pal_catalog *catalog = c->stage->catalog;
    const pal_profile_view *profile = &c->request->profile;
    const bool typed = pal_catalog_types(catalog) > 1;
    double open = 0, sum = 0;

    for (size_t t = 0; t < profile->n_tastes; t++) {
        wanted[t] = typed && catalog->cluster_type[t] != c->request->type ? 0 : 1;
        open += wanted[t];
    }
    for (size_t t = 0; t < profile->n_tastes; t++) {
        wanted[t] *= (double)profile->liked[t] + c->stage->prior / open;
        sum += wanted[t];
    }
    for (size_t t = 0; t < profile->n_tastes; t++) {
        wanted[t] /= sum;
    }
}

static void find_groups(uint8_t *group, const candidates *c)
{
    for (size_t i = 0; i < c->n; i++) {
        const size_t s = c->begin + i;

        group[i] = c->slate->taste[s] != PAL_NO_TASTE ? c->slate->taste[s]
                                                      : (uint8_t)c->stage->catalog->cluster[c->slate->item[s]];
    }
}

static pal_status order_by_similarity(uint32_t *order, const candidates *c, pal_arena *scratch, pal_error *err)
{
    double *similarity = NULL;
    pal_status rc = PAL_OK;

    PAL_TAKE(similarity, c->n * c->n, scratch);
    find_similarity(similarity, c);
    PAL_TRY((c->stage->method == MMR ? pal_rerank_mmr : pal_rerank_dpp)(order, c->k, c->relevance, similarity, c->n,
                                                                      c->stage->lambda, scratch, err));

done:
    return rc;
}

static pal_status order_by_tastes(uint32_t *order, const candidates *c, pal_arena *scratch, pal_error *err)
{
    const rerank *stage = c->stage;
    const size_t m = c->request->profile.n_tastes;
    double *member = NULL, wanted[PAL_MAX_CLUSTERS];
    uint8_t group[PAL_MAX_SLOTS];
    pal_status rc = PAL_OK;

    find_wanted(wanted, c);
    if (stage->method == BALANCED) {
        find_groups(group, c);
        return pal_rerank_balanced(order, c->k, c->relevance, group, wanted, c->n, m, stage->lambda, scratch, err);
    }
    PAL_TAKE(member, c->n * m, scratch);
    find_members(member, c);
    if (stage->method == XQUAD) {
        PAL_TRY(pal_rerank_xquad(order, c->k, c->relevance, member, wanted, c->n, m, stage->lambda, scratch, err));
    } else {
        PAL_TRY(pal_rerank_calibrated(order, c->k, c->relevance, member, wanted, c->n, m, stage->alpha, stage->lambda,
                                      scratch, err));
    }

done:
    return rc;
}

static bool never_reorders(const rerank *stage)
{
    return stage->lambda == 0 && !stage->by_score;
}

static pal_status find_order(uint32_t *order, candidates *c, pal_arena *scratch, pal_error *err)
{
    if (never_reorders(c->stage)) {
        for (size_t i = 0; i < c->k; i++) {
            order[i] = (uint32_t)i;
        }
        return PAL_OK;
    }
    find_relevance(c);
    return c->stage->method <= DPP ? order_by_similarity(order, c, scratch, err)
                                   : order_by_tastes(order, c, scratch, err);
}

static void push(pal_slate *slate, const pal_slate *from, size_t s, bool keep)
{
    slate->item[slate->n] = from->item[s];
    slate->score[slate->n] = from->score[s];
    slate->propensity[slate->n] = keep ? from->propensity[s] : 1;
    slate->taste[slate->n] = from->taste[s];
    slate->stage[slate->n] = from->stage[s];
    slate->n++;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const rerank *stage = self;
    candidates c = { .stage = stage, .request = request, .begin = slate->n };
    pal_slate longer = *slate;
    pal_request inner = *request;
    uint32_t order[PAL_MAX_SLOTS];
    pal_status rc = PAL_OK;

    if (slate->n >= request->n_slots) {
        return PAL_OK;
    }
    if (inner.n_slots < slate->n + stage->pool) {
        inner.n_slots = slate->n + stage->pool < PAL_MAX_SLOTS ? slate->n + stage->pool : PAL_MAX_SLOTS;
    }
    PAL_TRY(stage->type->serve(stage->self, &inner, &longer, scratch, err));
    c.slate = &longer;
    c.n = longer.n - c.begin;
    c.k = request->n_slots - c.begin < c.n ? request->n_slots - c.begin : c.n;
    PAL_TRY(find_order(order, &c, scratch, err));
    for (size_t s = 0; s < c.k; s++) {
        push(slate, &longer, c.begin + order[s], never_reorders(stage));
    }

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const rerank *stage = self;

    return stage->type->score(stage->self, request, item, n, out, at, scratch, err);
}

static uint64_t digest(const void *self)
{
    const rerank *stage = self;

    return pal_hash_mix(pal_hash_text("rerank"), stage->type->digest(stage->self));
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const rerank *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "rerank", file, err));
    PAL_TRY(pal_part_save(stage->type, stage->self, "rerank", file, err));

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    rerank *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "rerank", file, err));
    PAL_TRY(pal_part_restore(stage->type, stage->self, "rerank", file, err));

done:
    return rc;
}

const pal_stage_type pal_stage_rerank = {
    .name = "rerank", .label = "Re-ranked",
    .summary = "another stage's longer slate, re-ranked for variety or for the shares of the tastes",
    .source = "MMR (Carbonell and Goldstein 1998), DPP (Chen et al. 2018), xQuAD (Santos et al. 2010), calibrated (Steck "
              "2018); balanced is ours",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_POLICY, .params = params, .also = also,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = rerank_free,
    .save = save, .restore = restore,
};
