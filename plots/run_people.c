/* profiles.json read into plain arrays. */
#include "plots/run_people.h"

#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define FILE_NAME "profiles.json"
enum { WHERE_MAX = 200 };

static void read_point(double *x, double *y, const pal_json *object)
{
    const pal_json *map = pal_look_array(object, "map");

    *x = pal_look_at(map, 0);
    *y = pal_look_at(map, 1);
}

static pal_status read_fits(pal_taste *taste, const pal_json *object, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *fits = pal_look_array(object, "fits");

    taste->n_fits = pal_look_size(fits);
    PAL_TAKE(taste->fits, taste->n_fits + 1, arena);
    for (size_t i = 0; i < taste->n_fits; i++) {
        const pal_json *row = pal_json_at(fits, i);

        taste->fits[i] = (pal_taste_fit){
            .model = pal_look_text(row, "model", ""), .round = pal_look_number(row, "round"),
            .auc = pal_look_number(row, "auc"), .logloss = pal_look_number(row, "logloss"),
            .auc_ceiling = pal_look_number(row, "auc_ceiling"),
            .logloss_ceiling = pal_look_number(row, "logloss_ceiling"), .kept = pal_look_bool(row, "kept") };
    }

done:
    return rc;
}

static pal_status read_taste(pal_taste *taste, const pal_json *object, size_t n_features, const char *where,
                             pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *ring;
    double twin = pal_look_number(object, "true_taste");

    PAL_TRY(pal_read_text(&taste->cluster, object, "cluster", where, err));
    PAL_TRY(pal_read_array(&ring, object, "ring", where, err));
    if (pal_json_size(ring) != n_features) {
        PAL_FAIL(PAL_ERR_DATA, "%s: 'ring' has %zu numbers, there are %zu features", where, pal_json_size(ring),
                 n_features);
    }
    taste->label = pal_look_text(object, "label", taste->cluster);
    taste->weight = pal_look_number(object, "weight");
    taste->width = pal_look_number(object, "width");
    taste->confidence = pal_look_number(object, "confidence");
    taste->liked = pal_look_number(object, "liked");
    taste->disliked = pal_look_number(object, "disliked");
    taste->shown = pal_look_number(object, "shown");
    taste->auc = pal_look_number(object, "auc");
    taste->logloss = pal_look_number(object, "logloss");
    taste->auc_ceiling = pal_look_number(object, "auc_ceiling");
    taste->logloss_ceiling = pal_look_number(object, "logloss_ceiling");
    taste->twin = isnan(twin) || twin < 0 ? SIZE_MAX : (size_t)twin;
    for (size_t f = 0; f < n_features; f++) {
        taste->ring[f] = pal_look_at(ring, f);
    }
    read_point(&taste->map_x, &taste->map_y, object);
    PAL_TRY(read_fits(taste, object, arena, err));

done:
    return rc;
}

static pal_status read_tastes(pal_taste **out, size_t *n, const pal_json *object, const char *key, size_t n_features,
                              const char *where, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, object, key, where, err));
    *n = pal_json_size(array);
    PAL_TAKE(*out, *n + 1, arena);
    for (size_t i = 0; i < *n; i++) {
        char here[WHERE_MAX];

        snprintf(here, sizeof here, "%.120s.%s[%zu]", where, key, i);
        PAL_TRY(read_taste(&(*out)[i], pal_json_at(array, i), n_features, here, arena, err));
    }

done:
    return rc;
}

static pal_status read_life(pal_person_arm *arm, const pal_json *object, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *genres = pal_look_array(object, "genres"), *rounds = pal_look_array(object, "rounds");
    const pal_json *points = pal_look_array(object, "points"), *last = pal_look_array(object, "last_slate");

    arm->n_genres = pal_look_size(genres);
    PAL_TAKE(arm->genres, arm->n_genres + 1, arena);
    for (size_t i = 0; i < arm->n_genres; i++) {
        const pal_json *row = pal_json_at(genres, i);

        arm->genres[i] = (pal_genre){ pal_look_text(row, "genre", "?"), pal_look_number(row, "liked"),
                                      pal_look_number(row, "strength") };
    }
    arm->n_rounds = pal_look_size(rounds);
    PAL_TAKE(arm->rounds, arm->n_rounds + 1, arena);
    for (size_t i = 0; i < arm->n_rounds; i++) {
        const pal_json *row = pal_json_at(rounds, i);

        arm->rounds[i] = (pal_person_round){
            .round = pal_look_number(row, "round"), .confidence = pal_look_number(row, "confidence"),
            .likes = pal_look_number(row, "likes"), .clicks = pal_look_number(row, "clicks"),
            .impressions = pal_look_number(row, "impressions"), .stage = pal_look_text(row, "stage", ""),
            .present = pal_look_bool(row, "present") || pal_look_number(row, "present") > 0,
            .trained = pal_look_bool(row, "trained") || pal_look_number(row, "trained") > 0 };
    }
    arm->n_points = pal_look_size(points);
    PAL_TAKE(arm->points, arm->n_points + 1, arena);
    for (size_t i = 0; i < arm->n_points; i++) {
        const pal_json *row = pal_json_at(points, i);

        arm->points[i] = (pal_point){ pal_look_number(row, "x"), pal_look_number(row, "y"),
                                      pal_look_number(row, "round"),
                                      strcmp(pal_look_text(row, "kind", ""), "liked") == 0,
                                      pal_look_text(row, "cluster", "") };
    }
    arm->n_last = pal_look_size(last);
    PAL_TAKE(arm->last, arm->n_last + 1, arena);
    for (size_t i = 0; i < arm->n_last; i++) {
        const pal_json *row = pal_json_at(last, i);

        arm->last[i] = (pal_last_slot){
            .slot = pal_look_number(row, "slot"), .score = pal_look_number(row, "score"),
            .propensity = pal_look_number(row, "propensity"), .title = pal_look_text(row, "title", ""),
            .artist = pal_look_text(row, "artist", ""), .cluster = pal_look_text(row, "cluster", ""),
            .stage = pal_look_text(row, "stage", ""), .why = pal_look_text(row, "why", ""),
            .outcome = pal_look_text(row, "outcome", "") };
    }

done:
    return rc;
}

static pal_status read_person_arm(pal_person_arm *arm, const pal_json *object, size_t n_features, size_t n_true,
                                  const char *where, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    *arm = (pal_person_arm){ 0 };
    PAL_TRY(pal_read_text(&arm->name, object, "arm", where, err));
    arm->impressions = pal_look_number(object, "impressions");
    arm->clicks = pal_look_number(object, "clicks");
    arm->likes = pal_look_number(object, "likes");
    arm->dislikes = pal_look_number(object, "dislikes");
    arm->skips = pal_look_number(object, "skips");
    arm->confidence = pal_look_number(object, "confidence");
    PAL_TRY(read_tastes(&arm->learned, &arm->n_learned, object, "learned", n_features, where, arena, err));
    for (size_t i = 0; i < arm->n_learned; i++) {
        if (arm->learned[i].twin != SIZE_MAX && arm->learned[i].twin >= n_true) {
            PAL_FAIL(PAL_ERR_DATA, "%s.learned[%zu]: 'true_taste' is %zu, the person has %zu", where, i,
                     arm->learned[i].twin, n_true);
        }
    }
    PAL_TRY(read_life(arm, object, arena, err));

done:
    return rc;
}

static pal_status read_person(pal_person *person, const pal_json *object, size_t p, size_t n_features,
                              pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *arms;
    char where[WHERE_MAX];

    snprintf(where, sizeof where, FILE_NAME ": people[%zu]", p);
    *person = (pal_person){ 0 };
    PAL_TRY(pal_read_number(&person->user, object, "user", where, err));
    person->replicate = pal_look_number(object, "replicate");
    person->age_years = pal_look_number(object, "age_years");
    person->contradiction = pal_look_number(object, "contradiction");
    person->activity = pal_look_number(object, "activity");
    person->why = pal_look_text(object, "why", "");
    person->gender = pal_look_text(object, "gender", "");
    person->country = pal_look_text(object, "country", "");
    person->occupation = pal_look_text(object, "occupation", "");
    PAL_TRY(read_tastes(&person->tastes, &person->n_true, object, "true_tastes", n_features, where, arena, err));
    PAL_TRY(pal_read_array(&arms, object, "arms", where, err));
    person->n_arms = pal_json_size(arms);
    PAL_TAKE(person->arms, person->n_arms + 1, arena);
    for (size_t a = 0; a < person->n_arms; a++) {
        snprintf(where, sizeof where, FILE_NAME ": people[%zu].arms[%zu]", p, a);
        PAL_TRY(read_person_arm(&person->arms[a], pal_json_at(arms, a), n_features, person->n_true, where, arena,
                                err));
    }

done:
    return rc;
}

static pal_status read_features(pal_profiles_data *data, const pal_json *root, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array;

    PAL_TRY(pal_read_array(&array, root, "features", FILE_NAME, err));
    data->n_features = pal_json_size(array);
    if (data->n_features < 3 || data->n_features > PAL_MAX_FEATURES) {
        PAL_FAIL(PAL_ERR_DATA, FILE_NAME ": %zu features, a radar takes 3 to %d", data->n_features,
                 PAL_MAX_FEATURES);
    }
    PAL_TAKE(data->feature, data->n_features, arena);
    for (size_t f = 0; f < data->n_features; f++) {
        char where[WHERE_MAX], name[64] = "";
        const char *raw;

        snprintf(where, sizeof where, FILE_NAME ": features[%zu]", f);
        PAL_TRY(pal_read_text(&raw, pal_json_at(array, f), "name", where, err));
        snprintf(name, sizeof name, "%.60s", raw);
        for (char *c = name; *c != '\0'; c++) {
            *c = *c == '_' ? ' ' : *c;
        }
        /* No room beside a ring for "instrumentalness". */
        if (strlen(name) > 12 && strcmp(name + strlen(name) - 4, "ness") == 0) {
            name[strlen(name) - 4] = '\0';
        }
        /* A unit or scale in the name ("tempo bpm") is noise around a ring that runs from 0 to 1. */
        for (size_t n = strlen(name); n > 4 && (strcmp(name + n - 4, " bpm") == 0 || strcmp(name + n - 3, " db") == 0 ||
                                                strcmp(name + n - 3, " ms") == 0); n = strlen(name)) {
            *strrchr(name, ' ') = '\0';
        }
        PAL_TRY(pal_rundata_keep(&data->feature[f], arena, name, err));
    }

done:
    return rc;
}

pal_status pal_rundata_read_people(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arena *arena = run->hidden->arena;
    const pal_json *root = pal_json_root(run->hidden->profiles), *people;
    pal_profiles_data *data;

    PAL_TAKE(data, 1, arena);
    *data = (pal_profiles_data){ 0 };
    PAL_TRY(read_features(data, root, arena, err));
    PAL_TRY(pal_read_array(&people, root, "people", FILE_NAME, err));
    data->n_people = pal_json_size(people);
    PAL_TAKE(data->people, data->n_people + 1, arena);
    for (size_t p = 0; p < data->n_people; p++) {
        PAL_TRY(read_person(&data->people[p], pal_json_at(people, p), p, data->n_features, arena, err));
    }
    run->profiles = data;

done:
    return rc;
}

const pal_person_arm *pal_person_focus(const pal_rundata *run, const pal_person *person)
{
    for (size_t a = 0; a < person->n_arms; a++) {
        if (strcmp(person->arms[a].name, run->arms[run->focus].name) == 0) {
            return &person->arms[a];
        }
    }
    return NULL;
}
