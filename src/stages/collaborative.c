/*
 * Stages that serve a collaborative model of the same name, retrained between rounds on the arm's own log.
 *
 * People of whom nothing is known, and everyone before the first fit, are served by popularity; so is the end of a
 * slate when the model knows no more unseen items. A share of the slots may explore: an unseen item, all alike. Each
 * slot carries the stage that made it, and with n items left to choose from its exact propensity
 *
 *   (1 - explore) [item is the best one left] + explore / n
 */
#include "stages/collaborative.h"

#include "core/hash.h"
#include "core/mem.h"
#include "models/best.h"
#include "stages/builtin.h"
#include "stages/draws.h"
#include "stages/pick.h"

#include <math.h>
#include <string.h>

static const char *const also[] = { "model", "popularity", NULL };

static const pal_param params[] = {
    { "every", PAL_PARAM_INT, "5", 1, 1000000, NULL, "rounds between two fits", "scheduled retraining of R4" },
    { "after", PAL_PARAM_INT, "200", 1, 1000000000, NULL,
      "likes of all people before the first fit; until then popularity serves", NULL },
    { "own", PAL_PARAM_INT, "1", 0, 1000000000, NULL,
      "likes of a person before the model serves them; until then popularity does (0: from the first fit on)", "R4" },
    { "like_value", PAL_PARAM_REAL, "1", 1e-6, 1e6, NULL, "what a like counts", NULL },
    { "click_value", PAL_PARAM_REAL, "0", 0, 1e6, NULL,
      "what a click counts that became neither like nor dislike; 0: nothing", "implicit feedback of R4: likes" },
    { "dislike_weight", PAL_PARAM_REAL, "0", 0, 1e6, NULL,
      "als, hybrid: weight of a dislike in the fit; item_knn, user_knn, ease, slim: of the scores it takes away; warp, "
      "bpr and two_tower hear likes only and want 0", NULL },
    { "explore", PAL_PARAM_REAL, "0", 0, 1, NULL, "share of slots that get a random unseen item", NULL },
    { "held_out", PAL_PARAM_REAL, "0.1", 0, 0.9, NULL,
      "share of likes that no fit sees: AUC and precision of training.csv are measured on them", NULL },
    { "side_features", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "warp, bpr, two_tower, hybrid: items also by genres, cluster and quarters of their features, people also by "
      "demographics", "LightFM" },
    { "index", PAL_PARAM_CHOICE, "\"exact\"", 0, 0, "exact|hnsw",
      "warp, bpr, als, two_tower: score all items, or find the best by an index that each fit brings "
      "up to date (pays above some 20,000 items: src/models/README.md)", "Malkov and Yashunin, TPAMI 2020" },
    { "index_ef", PAL_PARAM_INT, "200", 10, 100000, NULL, "candidates that the index looks at, at least", NULL },
    { "per_type", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "several content types: a model each, as R4 has; otherwise one across all", "R4: one each" },
    { 0 }
};

static void collab_free(void *self)
{
    pal_collab *c = self;

    if (c == NULL) {
        return;
    }
    for (size_t b = 0; c->book != NULL && b < c->n_books; b++) {
        pal_collab_book_clear(&c->book[b], c->type);
    }
    pal_free(c->book);
    pal_origin_clear(&c->origin);
    pal_values_free(c->model);
    pal_stage_popularity.free(c->popular);
    pal_free(c);
}

static pal_status read_config(pal_collab *c, const pal_stage_env *env, const pal_values *v, pal_error *err)
{
    pal_status rc = PAL_OK;

    c->config = (pal_collab_config){
        .every = (size_t)pal_values_int(v, "every"), .after = (size_t)pal_values_int(v, "after"),
        .own = (size_t)pal_values_int(v, "own"), .like_value = pal_values_real(v, "like_value"),
        .click_value = pal_values_real(v, "click_value"), .dislike_weight = pal_values_real(v, "dislike_weight"),
        .explore = pal_values_real(v, "explore"), .held_out = pal_values_real(v, "held_out"),
        .features = pal_values_bool(v, "side_features"), .per_type = pal_values_bool(v, "per_type"),
        .hnsw = pal_values_choice(v, "index") == 1, .index_ef = (size_t)pal_values_int(v, "index_ef"),
    };
    if (c->config.features && (c->type->flags & PAL_REC_FEATURES) == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.side_features: %s has no use for side features",
                 env->file, env->json_path, c->kind->name);
    }
    if (c->config.dislike_weight > 0 && c->kind->dislikes == PAL_DISLIKES_UNHEARD) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.dislike_weight: %s hears likes only: must be 0, found %g", env->file,
                 env->json_path, c->kind->name, c->config.dislike_weight);
    }

done:
    return rc;
}

/* A whole number among the model's own parameters, or what stands for it where there is none. */
static int64_t own_number(const pal_collab *c, const char *name, int64_t without)
{
    for (const pal_param *p = c->type->params; p->name != NULL; p++) {
        if (strcmp(p->name, name) == 0) {
            return pal_values_int(c->model, name);
        }
    }
    return without;
}

/* An index needs scores that are a person's vector times an item's: factor models, and towers of one interest. */
static pal_status check_index(const pal_collab *c, const pal_stage_env *env, pal_error *err)
{
    const int64_t interests = own_number(c, "interests", 0);

    if (!c->config.hnsw || (c->type->flags & PAL_REC_FACTORS) != 0 || interests == 1) {
        return PAL_OK;
    }
    if (interests > 1) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s.index: hnsw serves one vector a person: model.interests must be "
                             "1, found %lld", env->file, env->json_path, (long long)interests);
    }
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s.index: %s has no vectors to put into an index: must be exact",
                         env->file, env->json_path, c->kind->name);
}

/* The member `key` of the params object, checked against a table; the path of it stays in *path. */
static pal_status read_part(pal_values **out, pal_text *path, const pal_stage_env *env, const pal_json *object,
                            const char *key, const pal_param *table, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *part = object != NULL ? pal_json_get(object, key) : NULL;

    pal_text_addf(path, "%s.%s", env->json_path, key);
    PAL_TRY(pal_text_check(path, err));
    if (part != NULL && pal_json_kind_of(part) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object, found %s", env->file, path->bytes,
                 pal_json_kind_name(pal_json_kind_of(part)));
    }
    PAL_TRY(pal_values_read(out, table, part, env->file, path->bytes, NULL, err));

done:
    return rc;
}

static pal_status make_books(pal_collab *c, pal_error *err)
{
    pal_status rc = PAL_OK;

    c->n_books = c->config.per_type ? pal_catalog_types(c->catalog) : 1;
    PAL_NEW(c->book, c->n_books);
    for (size_t b = 0; b < c->n_books; b++) {
        PAL_TRY(pal_collab_book_init(&c->book[b], c, c->n_books > 1 ? (uint8_t)b : PAL_NO_TASTE, err));
        PAL_TRY(c->type->init(&c->book[b].model, c->model, err));
    }

done:
    return rc;
}

static pal_status make(void **self, const pal_collab_kind *kind, const pal_stage_env *env, const pal_values *values,
                       const pal_json *object, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_collab *c = NULL;
    pal_values *popular = NULL;
    pal_text path = { 0 }, popular_path = { 0 };
    pal_stage_env inner = *env;
    size_t at;

    PAL_NEW(c, 1);
    PAL_TRY(pal_rec_find(&at, kind->name, env->file, env->json_path, err));
    c->kind = kind;
    c->type = pal_rec_at(at);
    c->catalog = env->catalog;
    c->who = env->who;
    c->n_users = env->n_users;
    c->n_threads = env->n_threads;
    c->explore = env->explore;
    c->train = env->train;
    c->training = env->training;
    PAL_TRY(read_config(c, env, values, err));
    PAL_TRY(read_part(&c->model, &path, env, object, also[0], c->type->params, err));
    PAL_TRY(pal_origin_of(&c->origin, c->n_users, c->catalog->n_items, values, also[0], c->model, err));
    PAL_TRY(check_index(c, env, err));
    c->epochs = (uint32_t)own_number(c, "epochs", 1); /* passes of a fit */
    PAL_TRY(make_books(c, err));
    PAL_TRY(read_part(&popular, &popular_path, env, object, "popularity", pal_stage_popularity.params, err));
    inner.json_path = popular_path.bytes;
    PAL_TRY(pal_stage_popularity.init(&c->popular, &inner, popular, NULL, err));
    *self = c;
    c = NULL;

done:
    collab_free(c);
    pal_values_free(popular);
    pal_text_clear(&path);
    pal_text_clear(&popular_path);
    return rc;
}

/* ---- scores ---- */

/* Scores of all items of a book for one person, from scratch; *score stays NULL when popularity has to serve them. */
static pal_status score_row(float **score, const pal_collab *c, const pal_collab_book *book, const pal_request *request,
                            pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rec_query query;
    float *liked, *disliked;

    *score = NULL;
    if (book->n_fits == 0) {
        return PAL_OK;
    }
    PAL_TRY(pal_collab_query(&query, c, book, request, false, scratch, err));
    if (query.n < c->config.own) {
        return PAL_OK;
    }
    PAL_TAKE(liked, book->n_cols, scratch);
    PAL_TRY(c->type->score(book->model, &query, 1, liked, scratch, err));
    if (c->kind->dislikes == PAL_DISLIKES_SUBTRACTED && c->config.dislike_weight > 0) {
        PAL_TRY(pal_collab_query(&query, c, book, request, true, scratch, err));
        PAL_TAKE(disliked, book->n_cols, scratch);
        PAL_TRY(c->type->score(book->model, &query, 1, disliked, scratch, err));
        for (size_t i = 0; i < book->n_cols; i++) {
            liked[i] -= (float)c->config.dislike_weight * disliked[i];
        }
    }
    *score = liked;

done:
    return rc;
}

/* The same as find_best by the book's index; *found is false when the scores of all items have to be made. */
static pal_status find_by_index(pal_best *best, bool *found, const pal_collab *c, const pal_collab_book *book,
                                const pal_request *request, const uint64_t *taken, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rec_query query;

    *found = false;
    if (book->index == NULL) {
        return PAL_OK;
    }
    PAL_TRY(pal_collab_query(&query, c, book, request, false, scratch, err));
    if (query.n >= c->config.own && query.row != PAL_REC_NEW) {
        PAL_TRY(pal_collab_index_best(best, found, c, book, query.row, taken, scratch, err));
    }

done:
    return rc;
}

/* The best unseen items of a person by the model of what they ask for; best->n stays 0 when it cannot serve them. */
static pal_status find_best(pal_best *best, const pal_collab *c, const pal_request *request, const uint64_t *taken,
                            pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_collab_book *book = &c->book[c->n_books > 1 ? request->type : 0];
    float *score = NULL;
    bool found;

    PAL_TRY(find_by_index(best, &found, c, book, request, taken, scratch, err));
    if (!found) {
        PAL_TRY(score_row(&score, c, book, request, scratch, err));
    }
    for (size_t i = 0; score != NULL && i < book->n_cols; i++) {
        const uint32_t item = book->item[i];

        if (!isfinite(score[i])) {
            PAL_FAIL(PAL_ERR_CONVERGE, "%s: a score of person %u is not finite: the model has diverged", c->kind->name,
                     request->user);
        }
        if ((best->n < best->k || score[i] >= best->score[0]) && !pal_seen(taken, item)) {
            pal_best_offer(best, score[i], item);
        }
    }
    pal_best_sort(best);

done:
    return rc;
}

/* ---- slates ---- */

/* A slate under way. */
typedef struct filling {
    const pal_collab *c;
    pal_request inner;     /* for popularity: seen is what is taken */
    uint64_t *taken;       /* seen, or on the slate; ones past the last item */
    size_t n_words;
    pal_best best;         /* of the model, best first */
    size_t next;           /* of them */
    pal_draws draws;
} filling;

static void take(filling *f, uint32_t item)
{
    f->taken[item >> 6] |= UINT64_C(1) << (item & 63);
}

static pal_status begin(filling *f, const pal_collab *c, const pal_request *request, const pal_slate *slate,
                        pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_items = c->catalog->n_items;

    *f = (filling){ .c = c, .inner = *request, .n_words = (n_items + 63) / 64,
                    .best = { .k = request->n_slots - slate->n },
                    .draws = pal_draws_for(c->explore, request->user, request->round) };
    PAL_TAKE(f->taken, f->n_words, scratch);
    memcpy(f->taken, request->seen, f->n_words * sizeof *f->taken);
    if (n_items % 64 != 0) {
        f->taken[f->n_words - 1] |= ~UINT64_C(0) << (n_items % 64);
    }
    for (size_t s = 0; s < slate->n; s++) {
        take(f, slate->item[s]);
    }
    f->inner.seen = f->taken;
    PAL_TAKE(f->best.score, f->best.k, scratch);
    PAL_TAKE(f->best.id, f->best.k, scratch);
    PAL_TRY(find_best(&f->best, c, request, f->taken, scratch, err));

done:
    return rc;
}

/* Put the model's best item left into the next slot, or popularity's into those up to `end`; none when none is left. */
static pal_status push_best(filling *f, pal_slate *slate, size_t end, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_pick pick = pal_pick_begin(f->c->catalog, &f->inner, slate, f->c->kind->at);

    while (f->next < f->best.n && pal_seen(f->taken, f->best.id[f->next])) { /* in a slot above */
        f->next++;
    }
    if (f->next < f->best.n) {
        pal_pick_push(&pick, (pal_candidate){ f->best.score[f->next], f->best.id[f->next], PAL_NO_TASTE }, 1);
    } else {
        f->inner.n_slots = end;
        PAL_TRY(pal_stage_popularity.serve(f->c->popular, &f->inner, slate, scratch, err));
    }

done:
    return rc;
}

static size_t count_left(const filling *f)
{
    size_t left = 0;

    for (size_t w = 0; w < f->n_words; w++) {
        left += (size_t)__builtin_popcountll(~f->taken[w]);
    }
    return left;
}

/* The item left with so many left ones before it. */
static uint32_t left_item(const filling *f, size_t rank)
{
    size_t w = 0;
    uint64_t word;

    for (size_t n; (n = (size_t)__builtin_popcountll(~f->taken[w])) <= rank; w++) {
        rank -= n;
    }
    for (word = ~f->taken[w]; rank > 0; rank--) {
        word &= word - 1;
    }
    return (uint32_t)(w * 64 + (size_t)__builtin_ctzll(word));
}

/* The slot just filled may get another item after all. */
static void explore(filling *f, pal_slate *slate)
{
    const double share = f->c->config.explore;
    const size_t s = slate->n - 1, left = count_left(f);
    const uint32_t best = slate->item[s];
    double p = share / (double)left;

    if (pal_draws_unit(&f->draws) < share) {
        const uint32_t item = left_item(f, pal_draws_below(&f->draws, (uint32_t)left));

        if (item != best) {
            slate->item[s] = item;
            slate->score[s] = 0;
            slate->stage[s] = PAL_AT_RANDOM;
        }
    }
    if (slate->item[s] == best) {
        p += 1 - share;
    }
    slate->propensity[s] = (float)p;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const pal_collab *c = self;
    pal_status rc = PAL_OK;
    filling f;

    if (slate->n >= request->n_slots) {
        return PAL_OK;
    }
    PAL_TRY(begin(&f, c, request, slate, scratch, err));
    while (slate->n < request->n_slots) {
        const size_t before = slate->n, end = c->config.explore > 0 ? before + 1 : request->n_slots;

        PAL_TRY(push_best(&f, slate, end, scratch, err));
        if (slate->n == before) {
            break;
        }
        if (c->config.explore > 0) {
            explore(&f, slate);
        }
        for (size_t s = before; s < slate->n; s++) {
            take(&f, slate->item[s]);
        }
    }

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const pal_collab *c = self;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_stage_popularity.score(c->popular, request, item, n, out, at, scratch, err));
    for (size_t b = 0; b < c->n_books; b++) {
        const pal_collab_book *book = &c->book[b];
        float *row, least = HUGE_VALF;

        PAL_TRY(score_row(&row, c, book, request, scratch, err));
        for (size_t i = 0; row != NULL && i < book->n_cols; i++) {
            least = row[i] < least ? row[i] : least;
        }
        for (size_t i = 0; row != NULL && i < n; i++) {
            const uint32_t col = book->col[item[i]];

            if (pal_collab_book_of(c, item[i]) != book) {
                continue;
            }
            out[i] = col < book->n_cols ? row[col] : least; /* what nobody liked yet is served last */
            at[i] = c->kind->at;
        }
    }

done:
    return rc;
}

static uint64_t digest(const void *self)
{
    const pal_collab *c = self;
    uint64_t all = pal_hash_mix(pal_hash_text(c->kind->name), pal_stage_popularity.digest(c->popular));

    for (size_t b = 0; b < c->n_books; b++) {
        const pal_collab_book *book = &c->book[b];
        const uint64_t count[] = { book->n_people, book->n_items, book->n_likes, book->n_fits, book->last_fit };

        all = pal_hash_mix(all, pal_hash(count, sizeof count));
        all = pal_hash_mix(all, pal_hash(book->person, book->n_people * sizeof *book->person));
        all = pal_hash_mix(all, pal_hash(book->item, book->n_items * sizeof *book->item));
        all = pal_hash_mix(all, book->digest);
        all = book->index != NULL ? pal_hash_mix(all, book->index_digest) : all;
    }
    return all;
}

/* ---- the stages ---- */

#define STAGE(key, place, hears, title, line, follows)                                                             \
    static pal_status init_##key(void **self, const pal_stage_env *env, const pal_values *values,                   \
                                 const pal_json *object, pal_error *err)                                            \
    {                                                                                                               \
        static const pal_collab_kind kind = { #key, place, hears };                                                 \
                                                                                                                    \
        return make(self, &kind, env, values, object, err);                                                         \
    }                                                                                                               \
    const pal_stage_type pal_stage_##key = {                                                                        \
        .name = #key, .label = title, .summary = line, .source = follows,                                           \
        .flags = PAL_STAGE_LEARNS | PAL_STAGE_PROPENSITY, .params = params, .also = also, .init = init_##key,       \
        .fit = fit, .serve = serve, .score = score, .digest = digest, .free = collab_free,                          \
        .save = pal_collab_save, .restore = pal_collab_restore,                                                     \
    }

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    return pal_collab_fit(self, round, scratch, err);
}

STAGE(item_knn, PAL_AT_ITEM_KNN, PAL_DISLIKES_SUBTRACTED, "Item neighbours",
      "items liked by the people who liked the same",
      "Sarwar et al., WWW 2001; popularity for new people as R4");
STAGE(user_knn, PAL_AT_USER_KNN, PAL_DISLIKES_SUBTRACTED, "People neighbours",
      "what people of like taste liked",
      "Herlocker et al., SIGIR 1999; popularity for new people as R4");
STAGE(warp, PAL_AT_WARP, PAL_DISLIKES_UNHEARD, "WARP",
      "factors trained for the top of the ranking (WARP)",
      "R4; Weston, Bengio, Usunier, IJCAI 2011; Kula's LightFM, 2015");
STAGE(bpr, PAL_AT_BPR, PAL_DISLIKES_UNHEARD, "BPR",
      "factors trained on pairs (BPR)",
      "Rendle et al., UAI 2009; popularity for new people as R4");
STAGE(als, PAL_AT_ALS, PAL_DISLIKES_FITTED, "ALS",
      "factors by alternating least squares",
      "Hu, Koren, Volinsky, ICDM 2008; popularity for new people as R4");
STAGE(ease, PAL_AT_EASE, PAL_DISLIKES_SUBTRACTED, "EASE",
      "linear item model in closed form (EASE)",
      "Steck, WWW 2019; popularity for new people as R4");
STAGE(slim, PAL_AT_SLIM, PAL_DISLIKES_SUBTRACTED, "SLIM",
      "sparse linear item model (SLIM)",
      "Ning and Karypis, ICDM 2011; popularity for new people as R4");
STAGE(two_tower, PAL_AT_TWO_TOWER, PAL_DISLIKES_UNHEARD, "Two towers",
      "a network for people and one for items",
      "R5; Yi et al., RecSys 2019; popularity for new people as R4");
STAGE(hybrid, PAL_AT_HYBRID, PAL_DISLIKES_FITTED, "Neural hybrid",
      "a network blended with demographic and popular rates",
      "R3; He et al., WWW 2017; popularity for new people as R4");
