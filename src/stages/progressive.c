/*
 * The progressive policy: which stage serves a person is decided by how much is known of them.
 *
 *   c < cold_below                          cold start     (and, where cold_max > 0, n < cold_max)
 *   c < fallback_below                      fallback
 *   c < ranking_below  or n < ranking_min   ranking
 *   c < logistic_below or n < logistic_min  logistic
 *   c < boosted_below  or n < boosted_min   boosted
 *   else                                    neural (off unless boosted_below is given)
 *
 * c = user confidence (the sum over tastes), n = songs shown. Rungs stand in the registry under their names; where one
 * does not exist, or in our preset has no model worth serving for the person, the best one below it goes on serving.
 */
#include "stages/builtin.h"
#include "stages/stage_state.h"
#include "stages/taste_slate.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

enum { COLD, FALLBACK, RANKING, LOGISTIC, BOOSTED, NEURAL, N_RUNGS };

static const char *const rung_name[N_RUNGS + 1] = { "cold_start", "fallback", "ranking", "logistic", "boosted",
                                                    "neural", NULL };

/*
 * No confidence comes near. Our ranking earns more likes than R1's slates of models do, however much is known of a
 * person: 60 people of multi-taste, 2,500 songs each, like rate 0.140, and 0.010 less (95 %: 0.002 ... 0.019) where
 * models of AUC 0.7 serve from song 1,000 on, 0.013 less (0.004 ... 0.022) from song 400 on. The models' log-odds added
 * to our ranking's own score changed nothing (500 people, two seeds). Networks on top of the trees change nothing for sure
 * either: experiments/neural_rung.json, 300 people, 0.004 more than without them (-0.001 ... 0.009), and still 0.008 less
 * than our ranking alone. So our preset climbs only when it is told to.
 */
#define NEVER 1e9

typedef struct rung {
    const pal_stage_type *type; /* NULL: no such stage, or never used */
    size_t at;                  /* registry index                     */
    void *self;
} rung;

typedef struct progressive {
    pal_origin origin;
    double cold_below, fallback_below, ranking_below, logistic_below, boosted_below;
    double cold_max, ranking_min, logistic_min, boosted_min;
    size_t cold_start_slots; /* 0: as many as asked */
    bool waits;              /* for a model worth serving before a rung of models serves */
    rung rung[N_RUNGS];
} progressive;

static const pal_param params[] = {
    { "preset", PAL_PARAM_CHOICE, "\"palate\"", 0, 0, "palate|reference",
      "defaults of the thresholds below and of the stages: ours, or R1's", NULL },
    { "cold_below", PAL_PARAM_REAL, "-1", -1, 1e9, NULL,
      "cold start under this user confidence; -1: the preset's (palate 0.6, reference 2)", "R1: 2" },
    { "cold_max", PAL_PARAM_INT, "-1", -1, 1000000000, NULL,
      "cold start for so many songs at most, 0: no limit; -1: the preset's (palate 20, reference 0)", "R1: no limit" },
    { "fallback_below", PAL_PARAM_REAL, "-1", -1, 1e9, NULL,
      "fallback under this user confidence; -1: the preset's (palate 0, reference 4)", "R1: 4" },
    { "ranking_below", PAL_PARAM_REAL, "-1", -1, 1e9, NULL,
      "ranking under this user confidence; -1: the preset's (palate 1e9: never left, reference 8)", "R1: 8" },
    { "ranking_min", PAL_PARAM_INT, "-1", -1, 1000000000, NULL,
      "or before so many songs; -1: the preset's (200 in both)", "R1: 200" },
    { "logistic_below", PAL_PARAM_REAL, "-1", -1, 1e9, NULL,
      "logistic under this user confidence; -1: the preset's (palate 1e9: never left, reference 12)", "R1: 12" },
    { "logistic_min", PAL_PARAM_INT, "-1", -1, 1000000000, NULL,
      "or before so many songs; -1: the preset's (2000 in both)", "R1: 2000" },
    { "boosted_below", PAL_PARAM_REAL, "-1", -1, 1e9, NULL,
      "boosted under this user confidence, neural from it on; -1: never left", "R1 ends at boosted" },
    { "boosted_min", PAL_PARAM_INT, "-1", -1, 1000000000, NULL, "or before so many songs; -1: logistic_min", NULL },
    { "cold_start_slots", PAL_PARAM_INT, "0", 0, PAL_MAX_SLOTS, NULL,
      "slots of a cold-start slate if more than asked for; 0: the preset's (palate as asked, reference 20)",
      "R1: 20, never above 50" },
    { 0 }
};

/* A preset gives other defaults to parameters of the stages below; explicit keys win over both. */
typedef struct preset_default {
    const char *rung, *key, *def;
} preset_default;

static const preset_default palate_defaults[] = {
    { "cold_start", "clusters", "10" },
    { "ranking", "score", "\"palate\"" },
    { "ranking", "max_share", "0.8" },
    { "logistic", "negatives", "\"unliked\"" },
    { "logistic", "features", "\"audio+derived\"" },
    { "logistic", "min_auc", "0.7" },
    { "boosted", "negatives", "\"unliked\"" },
    { "boosted", "features", "\"audio+derived\"" },
    { "boosted", "min_auc", "0.7" },
    { "neural", "negatives", "\"unliked\"" },
    { "neural", "features", "\"audio+derived\"" },
    { "neural", "min_auc", "0.7" },
};

static void progressive_free(void *self)
{
    progressive *stage = self;

    if (stage == NULL) {
        return;
    }
    for (size_t r = 0; r < N_RUNGS; r++) {
        if (stage->rung[r].type != NULL) {
            stage->rung[r].type->free(stage->rung[r].self);
        }
    }
    pal_origin_clear(&stage->origin);
    pal_free(stage);
}

static double or_preset(double value, double preset)
{
    return value < 0 ? preset : value;
}

static void read_thresholds(progressive *stage, const pal_values *v, bool palate)
{
    stage->cold_below = or_preset(pal_values_real(v, "cold_below"), palate ? 0.6 : 2);
    stage->cold_max = or_preset((double)pal_values_int(v, "cold_max"), palate ? 20 : 0);
    stage->fallback_below = or_preset(pal_values_real(v, "fallback_below"), palate ? 0 : 4);
    stage->ranking_below = or_preset(pal_values_real(v, "ranking_below"), palate ? NEVER : 8);
    stage->ranking_min = or_preset((double)pal_values_int(v, "ranking_min"), 200);
    stage->logistic_below = or_preset(pal_values_real(v, "logistic_below"), palate ? NEVER : 12);
    stage->logistic_min = or_preset((double)pal_values_int(v, "logistic_min"), 2000);
    stage->boosted_below = or_preset(pal_values_real(v, "boosted_below"), NEVER);
    stage->boosted_min = or_preset((double)pal_values_int(v, "boosted_min"), stage->logistic_min);
    stage->cold_start_slots = (size_t)pal_values_int(v, "cold_start_slots");
    if (stage->cold_start_slots == 0 && !palate) {
        stage->cold_start_slots = 20;
    }
}

static pal_status check_order(const progressive *stage, const pal_stage_env *env, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (stage->logistic_below < stage->ranking_below) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.logistic_below: must be at least ranking_below (%g), found %g", env->file,
                 env->json_path, stage->ranking_below, stage->logistic_below);
    }
    if (stage->logistic_min < stage->ranking_min) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.logistic_min: must be at least ranking_min (%g), found %g", env->file,
                 env->json_path, stage->ranking_min, stage->logistic_min);
    }
    if (stage->boosted_below < stage->logistic_below) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.boosted_below: must be at least logistic_below (%g), found %g", env->file,
                 env->json_path, stage->logistic_below, stage->boosted_below);
    }
    if (stage->boosted_min < stage->logistic_min) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.boosted_min: must be at least logistic_min (%g), found %g", env->file,
                 env->json_path, stage->logistic_min, stage->boosted_min);
    }

done:
    return rc;
}

/* The stage's own table with the preset's defaults put in. The caller frees *out. */
static pal_status preset_table(pal_param **out, const pal_stage_type *type, bool palate, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_param *table = NULL;
    size_t n = 0;

    while (type->params[n].name != NULL) {
        n++;
    }
    PAL_NEW(table, n + 1);
    memcpy(table, type->params, (n + 1) * sizeof *table);
    for (size_t i = 0; palate && i < n; i++) {
        for (size_t p = 0; p < sizeof palate_defaults / sizeof *palate_defaults; p++) {
            const preset_default *d = &palate_defaults[p];

            if (strcmp(d->rung, type->name) == 0 && strcmp(d->key, table[i].name) == 0) {
                table[i].def = d->def;
            }
        }
    }
    *out = table;

done:
    return rc;
}

/* Read the rung's own object and build it, with a key of its own so that no two rungs share a draw. */
static pal_status init_rung(rung *made, const pal_stage_env *env, const pal_json *object, bool palate, bool used,
                            pal_error *err)
{
    const pal_stage_type *type = pal_stage_at(made->at);
    const pal_json *own = object != NULL ? pal_json_get(object, type->name) : NULL;
    pal_stage_env inner = *env;
    pal_param *table = NULL;
    pal_values *values = NULL;
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s.%s", env->json_path, type->name);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(preset_table(&table, type, palate, err));
    PAL_TRY(pal_values_read(&values, table, own, env->file, path.bytes, type->also, err));
    inner.json_path = path.bytes;
    inner.explore = pal_key_named(env->explore, type->name);
    inner.train = pal_key_named(env->train, type->name);
    if (used) {
        PAL_TRY(type->init(&made->self, &inner, values, own, err));
        made->type = type;
    }

done:
    pal_values_free(values);
    pal_free(table);
    pal_text_clear(&path);
    return rc;
}

/* A rung that no confidence reaches would only cost its indices. */
static bool is_used(const progressive *stage, size_t r)
{
    return (r != FALLBACK || stage->fallback_below > 0) && (r < LOGISTIC || stage->ranking_below < NEVER)
           && (r < BOOSTED || stage->logistic_below < NEVER) && (r < NEURAL || stage->boosted_below < NEVER);
}

static bool find_rung(size_t *at, const char *name)
{
    for (size_t s = 0; s < pal_stage_count(); s++) {
        if (strcmp(pal_stage_at(s)->name, name) == 0) {
            *at = s;
            return true;
        }
    }
    return false;
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    const bool palate = strcmp(pal_values_text(values, "preset"), "palate") == 0;
    pal_status rc = PAL_OK;
    progressive *stage = NULL;

    PAL_NEW(stage, 1);
    stage->waits = palate;
    read_thresholds(stage, values, palate);
    PAL_TRY(check_order(stage, env, err));
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    for (size_t r = 0; r < N_RUNGS; r++) {

        if (find_rung(&stage->rung[r].at, rung_name[r])) {
            PAL_TRY(init_rung(&stage->rung[r], env, object, palate, is_used(stage, r), err));
        } else if (object != NULL && pal_json_get(object, rung_name[r]) != NULL) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.%s: there is no such stage in this version", env->file,
                     env->json_path, rung_name[r]);
        }
    }
    *self = stage;
    stage = NULL;

done:
    progressive_free(stage);
    return rc;
}

/* The rung R1's table asks for. */
static size_t wanted_rung(const progressive *stage, const pal_profile_view *profile)
{
    const double c = profile->user_confidence, n = (double)*profile->n_shown;

    if (c < stage->cold_below && (stage->cold_max == 0 || n < stage->cold_max)) {
        return COLD;
    }
    if (c < stage->fallback_below) {
        return FALLBACK;
    }
    if (c < stage->ranking_below || n < stage->ranking_min) {
        return RANKING;
    }
    if (c < stage->logistic_below || n < stage->logistic_min) {
        return LOGISTIC;
    }
    return c < stage->boosted_below || n < stage->boosted_min ? BOOSTED : NEURAL;
}

/* Has the rung what it takes? In our preset a rung of models waits for one that is worth serving. */
static bool is_ready(const progressive *stage, size_t r, uint32_t user)
{
    const rung *one = &stage->rung[r];

    if (one->type == NULL) {
        return false;
    }
    if (r < LOGISTIC || !stage->waits) {
        return true;
    }
    return pal_taste_models_any(((const pal_taste_stage *)one->self)->models, user);
}

/* Or the best one below it that is there and ready; the cold start always is. */
static size_t rung_for(const progressive *stage, const pal_request *request)
{
    size_t r = wanted_rung(stage, &request->profile);

    while (r > COLD && !is_ready(stage, r, request->user)) {
        r--;
    }
    return r;
}

/* The events of those whose next slate is the rung's: a model that nobody will be served by is not worth its time. */
static pal_status events_for(pal_feedback *out, const progressive *stage, size_t r, const pal_feedback *round,
                             pal_arena *scratch, pal_error *err)
{
    pal_event *event = NULL;
    bool wanted = false;
    pal_status rc = PAL_OK;

    PAL_TAKE(event, round->n, scratch);
    *out = *round;
    out->n = 0;
    out->events = event;
    for (size_t e = 0; e < round->n; e++) {
        if (e == 0 || round->events[e].user != round->events[e - 1].user) {
            const pal_profile_view profile = pal_profiles_view(round->profiles, round->events[e].user);

            wanted = wanted_rung(stage, &profile) == r;
        }
        if (wanted) {
            event[out->n++] = round->events[e];
        }
    }

done:
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    progressive *stage = self;
    const pal_arena_mark mark = pal_arena_here(scratch);
    pal_status rc = PAL_OK;

    for (size_t r = 0; r < N_RUNGS; r++) {
        const rung *one = &stage->rung[r];
        pal_feedback own = *round;

        if (one->type == NULL || one->type->fit == NULL) {
            continue;
        }
        if (r >= LOGISTIC) {
            PAL_TRY(events_for(&own, stage, r, round, scratch, err));
        }
        PAL_TRY(one->type->fit(one->self, &own, scratch, err));
        pal_arena_rewind(scratch, mark);
    }

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const progressive *stage = self;
    const size_t r = rung_for(stage, request);
    pal_request inner = *request;

    if (r == COLD && inner.n_slots < stage->cold_start_slots) {
        inner.n_slots = stage->cold_start_slots;
    }
    return stage->rung[r].type->serve(stage->rung[r].self, &inner, slate, scratch, err);
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const progressive *stage = self;
    const rung *one = &stage->rung[rung_for(stage, request)];

    return one->type->score(one->self, request, item, n, out, at, scratch, err);
}

static uint64_t digest(const void *self)
{
    const progressive *stage = self;
    uint64_t digest = pal_hash_text("progressive");

    for (size_t r = 0; r < N_RUNGS; r++) {
        const rung *one = &stage->rung[r];

        if (one->type != NULL) {
            digest = pal_hash_mix(digest, one->type->digest(one->self));
        }
    }
    return digest;
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const progressive *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "progressive", file, err));
    for (size_t r = 0; r < N_RUNGS; r++) {
        if (stage->rung[r].type != NULL) {
            PAL_TRY(pal_part_save(stage->rung[r].type, stage->rung[r].self, "progressive", file, err));
        }
    }

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    progressive *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "progressive", file, err));
    for (size_t r = 0; r < N_RUNGS; r++) {
        if (stage->rung[r].type != NULL) {
            PAL_TRY(pal_part_restore(stage->rung[r].type, stage->rung[r].self, "progressive", file, err));
        }
    }

done:
    return rc;
}

const pal_stage_type pal_stage_progressive = {
    .name = "progressive", .label = "Progressive",
    .summary = "cold start, fallback, ranking, then models, by what is known of the person",
    .source = "R1 stage choice (preset reference); preset palate is ours",
    .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY | PAL_STAGE_POLICY, .params = params, .also = rung_name,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = progressive_free,
    .save = save, .restore = restore,
};
