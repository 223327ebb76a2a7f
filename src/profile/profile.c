/* Taste profiles of all people of an arm, learned from answers by R1's rules. */
#include "profile/profile.h"

#include "core/fields.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <string.h>

const pal_param pal_profile_params[] = {
    { "like_step", PAL_PARAM_REAL, "0.08", 1e-6, 1.0, NULL,
      "share of a liked song in the taste's centroid", "R1: 0.92 old + 0.08 song" },
    { "dislike_decay", PAL_PARAM_REAL, "0.85", 0.0, 1.0, NULL,
      "factor on a taste's confidence at each dislike", "R1: 0.85" },
    { "dislike_weight", PAL_PARAM_REAL, "0", 0.0, 1.0, NULL,
      "how far a disliked song pushes the centroid away, in like steps",
      "R1: its README wants one, its code has 0" },
    { "confidence_floor", PAL_PARAM_REAL, "0", 0.0, 1.0, NULL,
      "confidence never falls below this share of ln(1 + liked)", "R1: no floor" },
    { 0 }
};

pal_profile_config pal_profile_config_from(const pal_values *values)
{
    return (pal_profile_config){
        .like_step = pal_values_real(values, "like_step"),
        .dislike_decay = pal_values_real(values, "dislike_decay"),
        .dislike_weight = pal_values_real(values, "dislike_weight"),
        .confidence_floor = pal_values_real(values, "confidence_floor"),
    };
}

/* n * length, or SIZE_MAX (which no allocation grants) when it overflows. */
static size_t product(size_t n, size_t length)
{
    return length != 0 && n > SIZE_MAX / length ? SIZE_MAX : n * length;
}

pal_status pal_profiles_new(pal_profiles **out, size_t n_users, const pal_catalog *catalog,
                            pal_profile_config config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_profiles *profiles = NULL;
    const size_t n_tastes = catalog->clusters->n, d = catalog->d;
    const size_t n_genres = catalog->clusters->n_genres;

    PAL_NEW(profiles, 1);
    profiles->n_users = n_users;
    profiles->n_tastes = n_tastes;
    profiles->d = d;
    profiles->n_genres = n_genres;
    profiles->config = config;
#define X(type, field, length) PAL_NEW(profiles->field, product(n_users, (length)));
    PAL_PROFILE_STATE(X)
#undef X
    *out = profiles;
    profiles = NULL;

done:
    pal_profiles_free(profiles);
    return rc;
}

void pal_profiles_free(pal_profiles *profiles)
{
    if (profiles == NULL) {
        return;
    }
#define X(type, field, length) pal_free(profiles->field);
    PAL_PROFILE_STATE(X)
#undef X
    pal_free(profiles);
}

pal_profile_view pal_profiles_view(const pal_profiles *profiles, uint32_t user)
{
    const size_t n_tastes = profiles->n_tastes, d = profiles->d, n_genres = profiles->n_genres;
    pal_profile_view view = { .n_tastes = n_tastes, .d = d, .n_genres = n_genres };

    PAL_DCHECK(user < profiles->n_users);
#define X(type, field, length) view.field = profiles->field + (size_t)user * (length);
    PAL_PROFILE_STATE(X)
#undef X
    for (size_t t = 0; t < n_tastes; t++) {
        view.user_confidence += view.confidence[t];
    }
    return view;
}

/* The moving part of one person, writable. */
typedef struct person {
#define X(type, field, length) type *field;
    PAL_PROFILE_STATE(X)
#undef X
} person;

static person person_of(pal_profiles *profiles, uint32_t user)
{
    const size_t n_tastes = profiles->n_tastes, d = profiles->d, n_genres = profiles->n_genres;
    person p;

#define X(type, field, length) p.field = profiles->field + (size_t)user * (length);
    PAL_PROFILE_STATE(X)
#undef X
    return p;
}

/*
 * centroid = unit(keep * centroid + add * song). A result without direction (a song without features, or one
 * that cancels the centroid exactly) leaves the centroid as it was: there is nowhere else to point.
 */
static void move(double *centroid, double keep, double add, const float *song, size_t d)
{
    double moved[PAL_MAX_FEATURES], norm = 0;

    for (size_t f = 0; f < d; f++) {
        moved[f] = keep * centroid[f] + add * (double)song[f];
        norm += moved[f] * moved[f];
    }
    norm = sqrt(norm);
    if (norm > 0) {
        for (size_t f = 0; f < d; f++) {
            centroid[f] = moved[f] / norm;
        }
    }
}

static void like(const pal_profiles *profiles, const person *p, const pal_catalog *catalog, uint32_t item,
                 size_t taste)
{
    const float *song = catalog->direction + (size_t)item * catalog->stride;
    double *centroid = p->centroid + taste * profiles->d;
    const double step = profiles->config.like_step;

    if (p->liked[taste] == 0) {
        move(centroid, 0.0, 1.0, song, profiles->d); /* the first like sets it */
    } else {
        move(centroid, 1.0 - step, step, song, profiles->d);
    }
    p->liked[taste]++;
    (*p->n_liked)++;
    p->confidence[taste] = pal_log1p((double)p->liked[taste]);
    for (uint32_t g = catalog->genre_begin[item]; g < catalog->genre_begin[item + 1]; g++) {
        p->genre_liked[catalog->genre_of[g]]++;
    }
}

/* The person-wide sum takes every dislike; the taste itself only hears of it once something was liked (R1). */
static void dislike(const pal_profiles *profiles, const person *p, const pal_catalog *catalog, uint32_t item,
                    size_t taste)
{
    const pal_profile_config *config = &profiles->config;
    const float *song = catalog->direction + (size_t)item * catalog->stride;
    const size_t d = profiles->d;
    double floor_at;

    for (size_t f = 0; f < d; f++) {
        p->disliked_sum[f] += (double)song[f];
    }
    (*p->n_disliked)++;
    if (p->liked[taste] == 0) {
        return;
    }
    p->disliked[taste]++;
    floor_at = config->confidence_floor * pal_log1p((double)p->liked[taste]);
    p->confidence[taste] *= config->dislike_decay;
    if (p->confidence[taste] < floor_at) {
        p->confidence[taste] = floor_at;
    }
    if (config->dislike_weight > 0) {
        move(p->centroid + taste * d, 1.0, -config->dislike_weight * config->like_step, song, d);
    }
}

void pal_profiles_learn(pal_profiles *profiles, const pal_catalog *catalog, uint32_t user, const pal_event *events,
                        size_t n, uint8_t *taste)
{
    const person p = person_of(profiles, user);

    PAL_ASSERT(user < profiles->n_users);
    for (size_t e = 0; e < n; e++) {
        const uint32_t item = events[e].item;
        size_t t = events[e].taste;

        PAL_DCHECK(events[e].user == user && item < catalog->n_items);
        if (t >= profiles->n_tastes || !((catalog->cluster_mask[item] >> t) & 1)) {
            t = catalog->cluster[item];
        }
        taste[e] = (uint8_t)t;
        p.shown[t]++;
        (*p.n_shown)++;
        if (events[e].flags & PAL_LIKED) {
            like(profiles, &p, catalog, item, t);
        } else if (events[e].flags & PAL_DISLIKED) {
            dislike(profiles, &p, catalog, item, t);
        }
    }
}

static uint64_t digest_double(const double *x, size_t n)
{
    return pal_hash_doubles(x, n);
}

static uint64_t digest_uint32_t(const uint32_t *x, size_t n)
{
    return pal_hash(x, n * sizeof *x);
}

uint64_t pal_profiles_digest(const pal_profiles *profiles)
{
    const size_t n_tastes = profiles->n_tastes, d = profiles->d, n_genres = profiles->n_genres;
    uint64_t digest = pal_hash_text("profiles");

#define X(type, field, length) \
    digest = pal_hash_mix(digest, digest_##type(profiles->field, profiles->n_users * (length)));
    PAL_PROFILE_STATE(X)
#undef X
    return digest;
}

enum {
#define X(type, field, length) FIELD_##field,
    PAL_PROFILE_STATE(X)
#undef X
    N_FIELDS
};

static void list_fields(pal_field list[N_FIELDS], const pal_profiles *profiles)
{
    const size_t n_tastes = profiles->n_tastes, d = profiles->d, n_genres = profiles->n_genres;

#define X(type, field, length) \
    list[FIELD_##field] = (pal_field)PAL_FIELD(#field, profiles->field, profiles->n_users * (length));
    PAL_PROFILE_STATE(X)
#undef X
}

pal_status pal_profiles_save(const pal_profiles *profiles, pal_tensors *file, const char *part, pal_error *err)
{
    pal_field list[N_FIELDS];

    list_fields(list, profiles);
    return pal_fields_save(file, part, list, N_FIELDS, err);
}

pal_status pal_profiles_restore(pal_profiles *profiles, const pal_tensors *file, const char *part, pal_error *err)
{
    pal_field list[N_FIELDS];

    list_fields(list, profiles);
    return pal_fields_restore(list, N_FIELDS, file, part, err);
}
