#include "tests/support/resume_rig.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/playlist_people.h"

#include <stdio.h>
#include <string.h>

enum { GENRES = 8, HISTORY = 400, LIST_ROOM = 60 };

static void must(pal_status rc, const pal_error *err, const char *name)
{
    HOLDS(rc == PAL_OK, "%s: %s: %s", name, pal_status_name(rc), err->text);
}

/* ---- a truth for the oracle ---- */

static float truth_of(uint32_t user, uint32_t item)
{
    return (float)pal_u01(pal_key_for(3, 0, PAL_FOR_TEST), (pal_at){ user, 7, item }, 0);
}

static void truth_p(void *ctx, uint32_t user, uint32_t round, const uint32_t *item, size_t n, float *p)
{
    (void)ctx;
    (void)round;
    for (size_t i = 0; i < n; i++) p[i] = truth_of(user, item[i]);
}

static size_t truth_top(void *ctx, uint32_t user, uint32_t round, const uint64_t *seen, size_t k, uint32_t *item,
                        float *p, pal_arena *scratch)
{
    const pal_catalog *catalog = ctx;
    size_t n = 0;

    (void)round;
    (void)scratch;
    for (uint32_t i = 0; i < catalog->n_items; i++) {
        const float own = truth_of(user, i);
        size_t at = n;

        if (pal_seen(seen, i)) continue;
        while (at > 0 && own > p[at - 1]) at--;
        if (at >= k) continue;
        if (n < k) n++;
        memmove(item + at + 1, item + at, (n - 1 - at) * sizeof *item);
        memmove(p + at + 1, p + at, (n - 1 - at) * sizeof *p);
        item[at] = i;
        p[at] = own;
    }
    return n;
}

/* ---- an arm ---- */

static pal_catalog *catalog_of(const resume_case *of, size_t n_items)
{
    mini_spec spec = mini_defaults(4);
    pal_catalog *catalog;

    spec.n_items = n_items;
    spec.n_genres = GENRES;
    spec.d = 4;
    catalog = mini_catalog(spec);
    catalog->n_types = of->n_types;
    for (size_t c = 0; of->n_types > 1 && c < catalog->clusters->n; c++) {
        catalog->cluster_type[c] = (uint8_t)(c % of->n_types);
        catalog->type_name[c % of->n_types] = "kind";
    }
    return catalog;
}

static void begin_stage(resume_arm *arm, size_t n_threads)
{
    const resume_case *of = arm->of;
    const pal_key key = pal_key_for(20260801, 0, PAL_FOR_EXPLORE);
    pal_stage_env env = { .catalog = arm->catalog, .n_users = arm->n_users, .n_slots = RESUME_SLOTS, .n_rounds = 40,
                          .explore = pal_key_named(key, "arm"), .train = pal_key_named(key, "train"),
                          .training = &arm->log, .n_threads = n_threads, .file = "test.json", .json_path = "arms[0].params",
                          .playlists = arm->playlists, .who = arm->who };
    const pal_json *object = NULL;
    mini_stage *s = &arm->stage;
    pal_error err = { 0 };

    must(pal_stage_find(&s->index, of->stage, "test.json", "arms[0].stage", &err), &err, of->name);
    s->type = pal_stage_at(s->index);
    arm->door = (pal_truth_door){ arm->catalog, truth_top, truth_p };
    env.truth = (s->type->flags & PAL_STAGE_NEEDS_TRUTH) != 0 ? &arm->door : NULL;
    if (of->json[0] != '\0') {
        must(pal_json_parse(&s->doc, of->json, strlen(of->json), "test.json", &err), &err, of->name);
        object = pal_json_root(s->doc);
    }
    must(pal_values_read(&s->values, s->type->params, object, env.file, env.json_path, s->type->also, &err), &err,
         of->name);
    must(s->type->init(&s->self, &env, s->values, object, &err), &err, of->name);
}

static void begin_cache(resume_arm *arm)
{
    pal_json_doc *doc = NULL;
    pal_error err = { 0 };

    must(pal_json_parse(&doc, arm->of->cache, strlen(arm->of->cache), "t", &err), &err, arm->of->name);
    must(pal_values_read(&arm->cache_values, pal_cache_params, pal_json_root(doc), "t", "cache", NULL, &err), &err,
         arm->of->name);
    must(pal_cache_new(&arm->cache, arm->catalog, arm->n_users, arm->cache_values, &err), &err, arm->of->name);
    pal_json_free(doc);
}

void resume_begin(resume_arm *arm, const resume_case *of, size_t n_users, size_t n_items, size_t n_threads)
{
    *arm = (resume_arm){ .of = of, .catalog = catalog_of(of, n_items), .n_users = n_users };
    arm->people = mini_people_of(arm->catalog, n_users, HISTORY, mini_r1_config());
    arm->playlists = shelf_planted(11, n_users, n_items, GENRES, 5, LIST_ROOM);
    arm->who = pal_calloc(n_users, sizeof *arm->who);
    HOLD(arm->who != NULL);
    for (size_t u = 0; u < n_users; u++) {
        arm->who[u].age_years = (uint8_t)(18 + u % 50);
        arm->who[u].gender = (uint8_t)(u % 2);
        arm->who[u].country = (uint8_t)(u % 3);
    }
    begin_stage(arm, n_threads);
    if (of->cache != NULL) begin_cache(arm);
}

static void end_stage(resume_arm *arm)
{
    mini_stage_free(&arm->stage);
    pal_cache_free(arm->cache);
    pal_values_free(arm->cache_values);
    arm->cache = NULL;
    arm->cache_values = NULL;
}

void resume_remake(resume_arm *arm, size_t n_threads)
{
    end_stage(arm);
    begin_stage(arm, n_threads);
    if (arm->of->cache != NULL) begin_cache(arm);
}

void resume_free(resume_arm *arm)
{
    end_stage(arm);
    pal_training_log_clear(&arm->log);
    mini_people_free(&arm->people);
    pal_playlists_free(arm->playlists);
    pal_free(arm->who);
    pal_catalog_free(arm->catalog);
}

/* ---- copies ---- */

static void copy_log(pal_training_log *to, const pal_training_log *from)
{
    pal_error err = { 0 };

    pal_training_log_clear(to);
    for (size_t i = 0; i < from->n; i++) {
        pal_training_row row = from->row[i];

        row.shape = NULL; /* of old rows nothing changes any more */
        if (row.quality != NULL) {
            row.quality = pal_calloc(1, sizeof *row.quality);
            HOLD(row.quality != NULL);
            *row.quality = *from->row[i].quality;
        }
        must(pal_training_log_add(to, &row, &err), &err, "log");
    }
}

void resume_copy_people(resume_arm *to, const resume_arm *from)
{
    pal_history *h = to->people.history;
    const pal_history *old = from->people.history;
    pal_profiles *profiles = to->people.profiles;
    pal_playlists *lists = to->playlists;
    const size_t n = from->n_users, n_tastes = profiles->n_tastes, d = profiles->d, n_genres = profiles->n_genres;
    const size_t songs = lists->begin[n];

    memcpy(h->n, old->n, n * sizeof *h->n);
    memcpy(h->item, old->item, n * h->capacity * sizeof *h->item);
    memcpy(h->round, old->round, n * h->capacity * sizeof *h->round);
    memcpy(h->flags, old->flags, n * h->capacity);
    memcpy(h->taste, old->taste, n * h->capacity);
    memcpy(h->seen, old->seen, n * h->seen_words * sizeof *h->seen);
#define X(type, field, length) memcpy(profiles->field, from->people.profiles->field, n * (length) * sizeof(type));
    PAL_PROFILE_STATE(X)
#undef X
    memcpy(lists->n, from->playlists->n, n * sizeof *lists->n);
    memcpy(lists->item, from->playlists->item, songs * sizeof *lists->item);
    memcpy(lists->round, from->playlists->round, songs * sizeof *lists->round);
    memcpy(lists->list, from->playlists->list, songs);
    memcpy(lists->n_lists, from->playlists->n_lists, n);
    memcpy(lists->list_cluster, from->playlists->list_cluster, n * PAL_MAX_PLAYLISTS);
    memcpy(lists->list_number, from->playlists->list_number, n * PAL_MAX_PLAYLISTS);
    memcpy(lists->list_n, from->playlists->list_n, n * PAL_MAX_PLAYLISTS * sizeof *lists->list_n);
    copy_log(&to->log, &from->log);
    to->n_old = to->log.n;
}

pal_status resume_save(const resume_arm *arm, pal_tensors *file, pal_error *err)
{
    pal_status rc = arm->stage.type->save(arm->stage.self, file, err);

    return rc == PAL_OK && arm->cache != NULL ? pal_cache_save(arm->cache, file, err) : rc;
}

pal_status resume_restore(resume_arm *arm, const pal_tensors *file, pal_error *err)
{
    pal_status rc = arm->stage.type->restore(arm->stage.self, file, err);

    return rc == PAL_OK && arm->cache != NULL ? pal_cache_restore(arm->cache, file, err) : rc;
}

/* ---- rounds ---- */

resume_round resume_round_of(size_t n_users)
{
    resume_round round = { pal_calloc(n_users, sizeof *round.slate), pal_calloc(n_users * RESUME_SCORED, sizeof(float)),
                           pal_calloc(n_users * RESUME_SCORED, 1) };

    HOLD(round.slate != NULL && round.score != NULL && round.stage != NULL);
    return round;
}

void resume_round_free(resume_round *round)
{
    pal_free(round->slate);
    pal_free(round->score);
    pal_free(round->stage);
}

static bool is_there(uint32_t user, uint32_t round)
{
    return (user + round) % 5 != 0;
}

/* The request of a person; items of other types than the one asked for count as seen. */
static pal_request request_of(const resume_arm *arm, uint32_t user, uint32_t round)
{
    const size_t words = arm->people.history->seen_words;
    pal_request request = mini_request(&arm->people, user, round, RESUME_SLOTS);
    uint64_t *seen;

    request.playlists = arm->playlists;
    request.who = arm->who[user];
    if (pal_catalog_types(arm->catalog) > 1) {
        request.type = (uint8_t)(round % pal_catalog_types(arm->catalog));
        seen = pal_arena_alloc(arm->people.scratch, words, sizeof *seen);
        HOLD(seen != NULL);
        memcpy(seen, request.seen, words * sizeof *seen);
        for (size_t i = 0; i < arm->catalog->n_items; i++) {
            if (pal_catalog_type(arm->catalog, i) != request.type) seen[i >> 6] |= UINT64_C(1) << (i & 63);
        }
        request.seen = seen;
    }
    return request;
}

static pal_status serve_one(resume_arm *arm, const pal_request *request, pal_slate *slate, pal_error *err)
{
    const mini_stage *s = &arm->stage;
    bool hit;

    *slate = (pal_slate){ 0 };
    return arm->cache != NULL
               ? pal_cache_serve(arm->cache, &hit, s->type, s->self, request, slate, arm->people.scratch, err)
               : s->type->serve(s->self, request, slate, arm->people.scratch, err);
}

static pal_status score_one(float *score, uint8_t *stage, const resume_arm *arm, const pal_request *request,
                            pal_error *err)
{
    uint32_t item[RESUME_SCORED];

    for (uint32_t i = 0; i < RESUME_SCORED; i++) {
        item[i] = (uint32_t)((request->user * 5 + request->round + i * 13) % arm->catalog->n_items);
    }
    return arm->stage.type->score(arm->stage.self, request, item, RESUME_SCORED, score, stage, arm->people.scratch, err);
}

/* A pure function of person and item: likes three clusters of eight more than the others. */
static uint8_t answer_of(const resume_arm *arm, uint32_t user, uint32_t item)
{
    const pal_key key = pal_key_for(5, 0, PAL_FOR_TEST);
    const pal_at at = { user, 0, item };
    const size_t far = (arm->catalog->cluster[item] + GENRES - user % GENRES) % GENRES;

    if (pal_u01(key, at, 0) > 0.9) return 0;
    if (pal_u01(key, at, 1) < (far < 3 ? 0.7 : 0.1)) return PAL_EXAMINED | PAL_CLICKED | PAL_LIKED;
    if (pal_u01(key, at, 2) < 0.5) return PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED;
    return pal_u01(key, at, 3) < 0.5 ? PAL_EXAMINED | PAL_CLICKED : PAL_EXAMINED;
}

static void file_song(pal_playlists *p, uint32_t user, uint32_t item, uint32_t cluster, uint32_t round)
{
    uint8_t list = 0;

    for (size_t k = 0; k < p->n[user]; k++) {
        if (pal_playlists_items(p, user)[k] == item) return;
    }
    while (list < p->n_lists[user] && p->list_cluster[user * PAL_MAX_PLAYLISTS + list] != cluster) list++;
    if (list == p->n_lists[user]) list = 0;
    if (p->begin[user] + p->n[user] < p->begin[user + 1]) pal_playlists_add(p, user, list, item, round);
}

static size_t answer(resume_arm *arm, pal_event *event, uint32_t user, uint32_t round, const pal_slate *slate)
{
    uint8_t flags[PAL_MAX_SLOTS];

    for (size_t s = 0; s < slate->n; s++) {
        flags[s] = answer_of(arm, user, slate->item[s]);
        event[s] = (pal_event){ .user = user, .item = slate->item[s], .round = round, .score = slate->score[s],
                                .propensity = slate->propensity[s], .slot = (uint8_t)s, .taste = slate->taste[s],
                                .stage = slate->stage[s], .flags = flags[s] };
        arm->stages_met |= UINT64_C(1) << slate->stage[s];
        if ((flags[s] & PAL_LIKED) != 0) {
            file_song(arm->playlists, user, slate->item[s], arm->catalog->cluster[slate->item[s]], round);
        }
    }
    mini_learn(&arm->people, user, round, slate, flags);
    return slate->n;
}

void resume_play(resume_round *out, resume_arm *arm, uint32_t round)
{
    pal_event *event = pal_calloc(arm->n_users * PAL_MAX_SLOTS, sizeof *event);
    pal_feedback feedback = { .round = round, .profiles = arm->people.profiles, .history = arm->people.history,
                              .playlists = arm->playlists, .events = event };
    const pal_arena_mark mark = pal_arena_here(arm->people.scratch);
    const mini_stage *s = &arm->stage;
    pal_error err = { 0 };

    HOLD(event != NULL);
    for (uint32_t u = 0; u < arm->n_users; u++) {
        const pal_request request = request_of(arm, u, round);

        out->slate[u] = (pal_slate){ 0 };
        if (is_there(u, round)) must(serve_one(arm, &request, &out->slate[u], &err), &err, arm->of->name);
        must(score_one(out->score + u * RESUME_SCORED, out->stage + u * RESUME_SCORED, arm, &request, &err), &err,
             arm->of->name);
        pal_arena_rewind(arm->people.scratch, mark);
    }
    for (uint32_t u = 0; u < arm->n_users; u++) {
        if (is_there(u, round)) feedback.n += answer(arm, event + feedback.n, u, round, &out->slate[u]);
    }
    if (s->type->fit != NULL) must(s->type->fit(s->self, &feedback, arm->people.scratch, &err), &err, arm->of->name);
    if (arm->cache != NULL) pal_cache_learn(arm->cache, event, feedback.n);
    pal_arena_rewind(arm->people.scratch, mark);
    pal_free(event);
}

void resume_look(resume_arm *arm, uint32_t round)
{
    const pal_arena_mark mark = pal_arena_here(arm->people.scratch);

    for (uint32_t u = 0; u < arm->n_users; u += 3) {
        const pal_request request = request_of(arm, u, round);
        pal_slate slate;
        float score[RESUME_SCORED];
        uint8_t stage[RESUME_SCORED];
        pal_error err = { 0 };

        if (serve_one(arm, &request, &slate, &err) == PAL_OK) HOLD(slate.n <= PAL_MAX_SLOTS);
        (void)score_one(score, stage, arm, &request, &err);
        if (arm->stage.type->company != NULL) (void)arm->stage.type->company(arm->stage.self, u);
        pal_arena_rewind(arm->people.scratch, mark);
    }
    (void)arm->stage.type->digest(arm->stage.self);
}

/* ---- equal, to the last bit ---- */

void resume_same_round(const resume_round *a, const resume_round *b, size_t n_users, const char *name, uint32_t round)
{
    for (size_t u = 0; u < n_users; u++) {
        const pal_slate *x = &a->slate[u], *y = &b->slate[u];

        HOLDS(x->n == y->n, "%s, round %u, person %zu: %zu slots and %zu", name, round, u, x->n, y->n);
        HOLDS(memcmp(x->item, y->item, x->n * sizeof *x->item) == 0, "%s, round %u, person %zu: items", name, round, u);
        HOLDS(memcmp(x->score, y->score, x->n * sizeof *x->score) == 0, "%s, round %u, person %zu: scores", name, round, u);
        HOLDS(memcmp(x->propensity, y->propensity, x->n * sizeof *x->propensity) == 0,
              "%s, round %u, person %zu: propensities", name, round, u);
        HOLDS(memcmp(x->taste, y->taste, x->n) == 0, "%s, round %u, person %zu: tastes", name, round, u);
        HOLDS(memcmp(x->stage, y->stage, x->n) == 0, "%s, round %u, person %zu: stages", name, round, u);
    }
    HOLDS(memcmp(a->score, b->score, n_users * RESUME_SCORED * sizeof(float)) == 0, "%s, round %u: score()", name, round);
    HOLDS(memcmp(a->stage, b->stage, n_users * RESUME_SCORED) == 0, "%s, round %u: score()'s stages", name, round);
}

static bool same_doubles(const pal_training_row *a, const pal_training_row *b)
{
    const double x[] = { a->auc, a->auc_sd, a->logloss, a->logloss_sd, a->no_weight, a->precision };
    const double y[] = { b->auc, b->auc_sd, b->logloss, b->logloss_sd, b->no_weight, b->precision };

    return memcmp(x, y, sizeof x) == 0;
}

static bool same_shape(const pal_training_shape *a, const pal_training_shape *b)
{
    if (a == NULL || b == NULL) return a == b;
    return a->d == b->d && a->n_curve == b->n_curve && memcmp(a->share, b->share, a->d * sizeof *a->share) == 0
           && memcmp(a->train, b->train, a->n_curve * sizeof *a->train) == 0
           && memcmp(a->valid, b->valid, a->n_curve * sizeof *a->valid) == 0;
}

/* Rows made since the copy have shapes; older ones only what may still change. */
static bool same_row(const pal_training_row *a, const pal_training_row *b, bool is_old)
{
    return a->round == b->round && a->user == b->user && a->taste == b->taste && strcmp(a->model, b->model) == 0
           && a->samples == b->samples && a->positives == b->positives && a->folds == b->folds
           && a->iterations == b->iterations && same_doubles(a, b) && a->kept == b->kept && strcmp(a->why, b->why) == 0
           && a->stands == b->stands && a->people == b->people && a->items == b->items && a->held_out == b->held_out
           && a->type == b->type && (a->quality == NULL) == (b->quality == NULL)
           && (a->quality == NULL || memcmp(a->quality, b->quality, sizeof *a->quality) == 0)
           && (is_old || same_shape(a->shape, b->shape));
}

static void same_company(const resume_arm *a, const resume_arm *b, uint32_t round)
{
    for (uint32_t u = 0; u < a->n_users; u++) {
        const pal_company x = a->stage.type->company(a->stage.self, u), y = b->stage.type->company(b->stage.self, u);

        HOLDS(x.n == y.n && memcmp(x.member, y.member, x.n * sizeof *x.member) == 0 && x.suggestions == y.suggestions
                  && x.trials == y.trials && x.clusterings == y.clusterings,
              "%s, round %u: company of person %u", a->of->name, round, u);
    }
}

void resume_same_arm(const resume_arm *a, const resume_arm *b, uint32_t round)
{
    const char *name = a->of->name;

    HOLDS(a->stage.type->digest(a->stage.self) == b->stage.type->digest(b->stage.self), "%s, round %u: digest", name,
          round);
    HOLDS(a->log.n == b->log.n, "%s, round %u: %zu training rows and %zu", name, round, a->log.n, b->log.n);
    for (size_t i = 0; i < a->log.n; i++) {
        HOLDS(same_row(&a->log.row[i], &b->log.row[i], i < b->n_old), "%s, round %u: training row %zu",
              name, round, i);
    }
    if (a->stage.type->company != NULL) same_company(a, b, round);
    if (a->cache != NULL) {
        const pal_cache_count x = pal_cache_total(a->cache), y = pal_cache_total(b->cache);

        HOLDS(memcmp(&x, &y, sizeof x) == 0, "%s, round %u: counts of the cache", name, round);
        HOLDS(pal_cache_digest(a->cache) == pal_cache_digest(b->cache), "%s, round %u: the cache", name, round);
    }
}
