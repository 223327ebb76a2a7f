/* Filling a slate taste by taste. Only tastes that get a slot, or that hold a drawn song, are ever scanned. */
#include "stages/taste_slate.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "stages/active.h"
#include "stages/draws.h"
#include "stages/pick.h"
#include "stages/taste_params.h"

#include <float.h>
#include <string.h>

/* The prior of like rates, where there is no model: as the ranking stage's, and even odds among likes and dislikes. */
#define PRIOR_WEIGHT 3.0
#define SHOWN_RATE 0.1
#define SHOWN_WEIGHT 20.0
#define ANSWERED_RATE 0.5
#define ANSWERED_WEIGHT 4.0

/* The open members of a taste: unseen, their artist not on the slate. */
typedef struct cluster {
    bool made;
    size_t n_open;
    bool *open;    /* by place                            */
    float *score;  /* log-odds by place; NULL: no model   */
} cluster;

typedef struct filler {
    const pal_taste_stage *stage;
    const pal_taste_models *models;
    const pal_taste_index *index;
    const pal_request *request;
    pal_pick pick;
    pal_draws draws;
    pal_arena *scratch;
    double strong;                        /* confidence from which a taste is strong */
    double rate[PAL_MAX_CLUSTERS];
    uint8_t weak_given[PAL_MAX_CLUSTERS]; /* slots a taste got as a weak one */
    cluster cluster[PAL_MAX_CLUSTERS];
} filler;

/* Like rates on the scale of the models' labels. */
static void find_rates(double *rate, const pal_taste_models *models, const pal_profile_view *profile)
{
    const bool unliked = models->config.rules.unliked;
    const double base = unliked ? SHOWN_RATE : ANSWERED_RATE, weight = unliked ? SHOWN_WEIGHT : ANSWERED_WEIGHT;
    const double all = unliked ? (double)*profile->n_shown
                               : (double)*profile->n_liked + (double)*profile->n_disliked;
    const double own = ((double)*profile->n_liked + base * weight) / (all + weight);

    for (size_t t = 0; t < profile->n_tastes; t++) {
        const double n = unliked ? (double)profile->shown[t]
                                 : (double)profile->liked[t] + (double)profile->disliked[t];

        rate[t] = ((double)profile->liked[t] + PRIOR_WEIGHT * own) / (n + PRIOR_WEIGHT);
    }
}

static float score_item(const pal_taste_models *models, uint32_t user, const double *rate, uint32_t item)
{
    float best = -FLT_MAX;
    double without = 0;
    bool any = false;

    for (size_t t = 0; t < models->n_tastes; t++) {
        if ((models->catalog->cluster_mask[item] >> t) & 1) {
            const pal_taste_model *model = pal_taste_models_get(models, user, t);

            if (model != NULL) {
                const float log_odds = pal_taste_model_item(models, model, t, item);

                best = log_odds > best ? log_odds : best;
                any = true;
            }
            without = rate[t] > without ? rate[t] : without;
        }
    }
    return any ? pal_sigmoidf(best) : (float)without;
}

static bool is_open(const pal_pick *pick, uint32_t item)
{
    return pal_pick_is_new(pick, item) && pal_pick_artist_free(pick, item);
}

static pal_status ensure(filler *f, size_t t, pal_error *err)
{
    const pal_taste_index *index = f->index;
    const pal_taste_model *model = pal_taste_models_get(f->models, f->request->user, t);
    cluster *c = &f->cluster[t];
    pal_status rc = PAL_OK;

    if (c->made) {
        return PAL_OK;
    }
    PAL_TAKE(c->open, index->n[t] + 1, f->scratch);
    if (model != NULL) {
        PAL_TAKE(c->score, index->begin[t + 1] - index->begin[t] + 1, f->scratch);
        pal_taste_model_scan(c->score, f->models, model, t);
    }
    c->n_open = 0;
    for (size_t i = 0; i < index->n[t]; i++) {
        c->open[i] = is_open(&f->pick, index->member[index->begin[t] + i]);
        c->n_open += c->open[i];
    }
    c->made = true;

done:
    return rc;
}

/* Has the taste a song for the next slot? What was not scanned yet is found within a few members, as a rule. */
static bool is_taste_open(filler *f, size_t t)
{
    const pal_taste_index *index = f->index;

    if (f->cluster[t].made) {
        return f->cluster[t].n_open > 0;
    }
    for (size_t i = index->begin[t]; i < index->begin[t] + index->n[t]; i++) {
        if (is_open(&f->pick, index->member[i])) {
            return true;
        }
    }
    f->cluster[t] = (cluster){ .made = true }; /* and never will be open in this slate */
    return false;
}

/* The best open member; equal scores: the lower item. */
static uint32_t best_of(const filler *f, size_t t)
{
    const cluster *c = &f->cluster[t];
    size_t best = SIZE_MAX;

    for (size_t i = 0; i < f->index->n[t]; i++) {
        if (c->open[i] && (best == SIZE_MAX || c->score[i] > c->score[best])) {
            best = i;
        }
    }
    PAL_DCHECK(best != SIZE_MAX);
    return f->index->member[f->index->begin[t] + best];
}

/* The at-th open member. */
static uint32_t open_at(const filler *f, size_t t, size_t at)
{
    const cluster *c = &f->cluster[t];
    size_t i = 0;

    for (;; i++) {
        PAL_DCHECK(i < f->index->n[t]);
        if (c->open[i] && at-- == 0) {
            return f->index->member[f->index->begin[t] + i];
        }
    }
}

/* P(item in the next slot | the slot is taste t's); the item is open, and a member. */
static double share_of(const filler *f, size_t t, uint32_t item)
{
    if (f->cluster[t].score != NULL) {
        return best_of(f, t) == item ? 1 : 0;
    }
    return 1 / (double)f->cluster[t].n_open;
}

static uint32_t song_of(filler *f, size_t t)
{
    const cluster *c = &f->cluster[t];

    return c->score != NULL ? best_of(f, t) : open_at(f, t, pal_draws_below(&f->draws, (uint32_t)c->n_open));
}

static void push(filler *f, size_t t, uint32_t item, double propensity)
{
    const pal_catalog *catalog = f->models->catalog;
    const uint32_t artist = catalog->artist[item];
    const float score = score_item(f->models, f->request->user, f->rate, item);

    pal_pick_push(&f->pick, (pal_candidate){ score, item, (uint8_t)t }, (float)propensity);
    for (size_t k = 0; k < f->models->n_tastes; k++) {
        cluster *c = &f->cluster[k];

        for (size_t i = 0; c->made && c->n_open > 0 && i < f->index->n[k]; i++) {
            if (c->open[i] && catalog->artist[f->index->member[f->index->begin[k] + i]] == artist) {
                c->open[i] = false;
                c->n_open--;
            }
        }
    }
}

static bool is_strong(const filler *f, size_t t)
{
    return f->request->profile.confidence[t] >= f->strong;
}

/* The confidence of strong tastes; where none has it, any that was liked is the strongest there is. */
static double strong_from(const pal_taste_rules *rules, const pal_profile_view *profile)
{
    for (size_t t = 0; t < profile->n_tastes; t++) {
        if (profile->confidence[t] >= rules->strong_confidence) {
            return rules->strong_confidence;
        }
    }
    return DBL_MIN;
}

/* Give one slot to the strong taste whose turn it is; false when none is open. */
static pal_status fill_strong(filler *f, bool *filled, pal_error *err)
{
    const double *confidence = f->request->profile.confidence;
    size_t turn = SIZE_MAX;
    uint32_t item;
    pal_status rc = PAL_OK;

    for (size_t t = 0; t < f->models->n_tastes; t++) {
        if (is_strong(f, t) && is_taste_open(f, t)
            && (turn == SIZE_MAX || f->pick.by_taste[t] < f->pick.by_taste[turn]
                || (f->pick.by_taste[t] == f->pick.by_taste[turn] && confidence[t] > confidence[turn]))) {
            turn = t;
        }
    }
    *filled = turn != SIZE_MAX;
    if (*filled) {
        PAL_TRY(ensure(f, turn, err));
        item = song_of(f, turn);
        push(f, turn, item, share_of(f, turn, item));
    }

done:
    return rc;
}

/* Does weak taste a come before b? */
static bool is_before(const filler *f, size_t a, size_t b)
{
    const double *confidence = f->request->profile.confidence;

    return f->weak_given[a] < f->weak_given[b]
           || (f->weak_given[a] == f->weak_given[b] && f->stage->rules.weakest_first
               && confidence[a] < confidence[b]);
}

/* The weak tastes whose turn it may be. */
static size_t find_weak(uint8_t *list, filler *f)
{
    size_t n = 0;

    for (size_t t = 0; t < f->models->n_tastes; t++) {
        if (is_strong(f, t) || (n > 0 && is_before(f, list[0], t)) || !is_taste_open(f, t)) {
            continue;
        }
        if (n > 0 && is_before(f, t, list[0])) {
            n = 0;
        }
        list[n++] = (uint8_t)t;
    }
    return n;
}

/* Give one slot to a weak taste; false when none is open. */
static pal_status fill_weak(filler *f, bool *filled, pal_error *err)
{
    uint8_t list[PAL_MAX_CLUSTERS];
    const size_t n = find_weak(list, f);
    double propensity = 0;
    size_t t;
    uint32_t item;
    pal_status rc = PAL_OK;

    *filled = n > 0;
    if (n == 0) {
        goto done;
    }
    t = list[pal_draws_below(&f->draws, (uint32_t)n)];
    PAL_TRY(ensure(f, t, err));
    item = song_of(f, t);
    for (size_t k = 0; k < n; k++) { /* any of them may have brought it */
        if ((f->models->catalog->cluster_mask[item] >> list[k]) & 1) {
            PAL_TRY(ensure(f, list[k], err));
            propensity += share_of(f, list[k], item) / (double)n;
        }
    }
    f->weak_given[t]++;
    push(f, t, item, propensity);

done:
    return rc;
}

/* Slots for weak tastes: never all of them. */
static size_t weak_slots(const pal_taste_rules *rules, size_t n)
{
    const size_t wanted = rules->weak_share > 0 ? pal_quota(rules->weak_share, n) : rules->weak_slots;

    return wanted < n ? wanted : n - (n > 0);
}

static pal_status fill(filler *f, pal_error *err)
{
    const size_t begin = f->pick.begin, n = f->pick.end - begin, strong = n - weak_slots(&f->stage->rules, n);
    bool filled = true;
    pal_status rc = PAL_OK;

    while (filled && !pal_pick_full(&f->pick)) {
        const bool first = f->pick.slate->n - begin < strong;

        PAL_TRY((first ? fill_strong : fill_weak)(f, &filled, err));
        if (!filled) {
            PAL_TRY((first ? fill_weak : fill_strong)(f, &filled, err));
        }
    }

done:
    return rc;
}

static float score_for_rest(const void *ctx, uint32_t item)
{
    const filler *f = ctx;

    return score_item(f->models, f->request->user, f->rate, item);
}

pal_status pal_taste_stage_serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                                 pal_error *err)
{
    const pal_taste_stage *stage = self;
    filler *f;
    pal_status rc = PAL_OK;

    PAL_TAKE(f, 1, scratch);
    memset(f, 0, sizeof *f);
    f->stage = stage;
    f->models = stage->models;
    f->index = stage->models->index;
    f->request = request;
    f->strong = strong_from(&stage->rules, &request->profile);
    f->pick = pal_pick_begin(stage->models->catalog, request, slate, stage->models->stage);
    f->draws = pal_draws_for(stage->key, request->user, request->round);
    f->scratch = scratch;
    find_rates(f->rate, stage->models, &request->profile);
    PAL_TRY(fill(f, err));
    if (!pal_pick_full(&f->pick)) {
        pal_pick_rest(&f->pick, f->index->by_popularity, score_for_rest, f);
    }

done:
    return rc;
}

pal_status pal_taste_stage_score(const void *self, const pal_request *request, const uint32_t *item, size_t n,
                                 float *score, uint8_t *stage, pal_arena *scratch, pal_error *err)
{
    const pal_taste_models *models = ((const pal_taste_stage *)self)->models;
    double rate[PAL_MAX_CLUSTERS];

    (void)scratch;
    (void)err;
    find_rates(rate, models, &request->profile);
    for (size_t i = 0; i < n; i++) {
        score[i] = score_item(models, request->user, rate, item[i]);
        stage[i] = models->stage;
    }
    return PAL_OK;
}

pal_status pal_taste_stage_fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    return pal_taste_models_fit(((pal_taste_stage *)self)->models, round, scratch, err);
}

uint64_t pal_taste_stage_digest(const void *self)
{
    return pal_taste_models_digest(((const pal_taste_stage *)self)->models);
}

pal_status pal_taste_stage_new(void **self, const pal_stage_env *env, const pal_taste_config *config,
                               const pal_taste_rules *rules, const pal_values *values, const pal_json *object,
                               pal_error *err)
{
    pal_taste_stage *stage = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(stage, 1);
    stage->rules = *rules;
    stage->key = env->explore;
    PAL_TRY(pal_taste_origin(&stage->origin, config->learner, env, values, object, err));
    PAL_TRY(pal_taste_models_new(&stage->models, env, config, err));
    *self = stage;
    stage = NULL;

done:
    pal_taste_stage_free(stage);
    return rc;
}

void pal_taste_stage_free(void *self)
{
    pal_taste_stage *stage = self;

    if (stage != NULL) {
        pal_origin_clear(&stage->origin);
        pal_taste_models_free(stage->models);
        pal_free(stage);
    }
}

pal_status pal_taste_stage_save(const void *self, pal_tensors *file, pal_error *err)
{
    const pal_taste_stage *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, stage->models->name, file, err));
    PAL_TRY(pal_taste_models_save(stage->models, file, err));

done:
    return rc;
}

pal_status pal_taste_stage_restore(void *self, const pal_tensors *file, pal_error *err)
{
    pal_taste_stage *stage = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, stage->models->name, file, err));
    PAL_TRY(pal_taste_models_restore(stage->models, file, err));

done:
    return rc;
}
