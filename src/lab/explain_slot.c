/* What the recommender knew of the person and the song: tastes, liked songs, company. */
#include "lab/explain.h"

#include "data/playlists.h"
#include "stages/builtin.h"
#include "stages/rerank.h"

#include <math.h>

const pal_stage_type *pal_explain_stage(const pal_arm *arm, const void **self)
{
    const pal_stage_type *type = arm->stage;

    *self = arm->self;
    while (type == &pal_stage_rerank) {
        type = pal_rerank_inner(*self, self);
    }
    return type;
}

/* Cosine of a taste's centroid with a song: both are unit vectors. */
static double taste_cosine(const pal_catalog *catalog, const pal_profile_view *profile, size_t t, uint32_t item)
{
    const float *direction = catalog->direction + (size_t)item * catalog->stride;
    double sum = 0;

    for (size_t f = 0; f < catalog->d; f++) {
        sum += profile->centroid[t * catalog->d + f] * (double)direction[f];
    }
    return sum;
}

/* The nearest of the tastes that something was liked of, ties to the lower cluster. */
static void find_tastes(pal_explanation *x, const pal_catalog *catalog, const pal_profile_view *profile)
{
    for (size_t t = 0; t < profile->n_tastes; t++) {
        const double cosine = taste_cosine(catalog, profile, t, x->item);
        size_t at = x->n_tastes;

        if (profile->liked[t] == 0 || (at == PAL_EXPLAIN_TASTES && cosine <= x->tastes[at - 1].similarity)) {
            continue;
        }
        at = at == PAL_EXPLAIN_TASTES ? at - 1 : x->n_tastes++;
        for (; at > 0 && x->tastes[at - 1].similarity < cosine; at--) {
            x->tastes[at] = x->tastes[at - 1];
        }
        x->tastes[at] = (pal_explain_taste){ t, cosine, profile->confidence[t], profile->liked[t], profile->shown[t] };
    }
}

/* Keep a liked song if it is among the most similar, ties to the one that came first. */
static void offer_liked(pal_explanation *x, const pal_catalog *catalog, uint32_t item, uint32_t round)
{
    const double cosine = pal_catalog_cosine(catalog, x->item, item);
    size_t at = x->n_songs;

    if (at == PAL_EXPLAIN_LIKED && cosine <= x->songs[at - 1].similarity) {
        return;
    }
    at = at == PAL_EXPLAIN_LIKED ? at - 1 : x->n_songs++;
    for (; at > 0 && x->songs[at - 1].similarity < cosine; at--) {
        x->songs[at] = x->songs[at - 1];
    }
    x->songs[at] = (pal_explain_liked){ item, round, cosine };
}

/* What was liked when shown, behind what was brought along. */
static void find_liked(pal_explanation *x, const pal_arm *arm)
{
    const pal_history *h = arm->history;
    const pal_habits *habits = arm->world->habits;
    const size_t begin = (size_t)x->person * h->capacity;

    for (size_t i = habits == NULL ? 0 : habits->library_begin[x->person];
         habits != NULL && i < habits->library_begin[x->person + 1]; i++) {
        offer_liked(x, arm->catalog, habits->library_item[i], PAL_EXPLAIN_BROUGHT);
    }
    for (size_t i = begin; i < begin + h->n[x->person]; i++) {
        if ((h->flags[i] & PAL_LIKED) != 0) {
            offer_liked(x, arm->catalog, h->item[i], h->round[i]);
        }
    }
}

/* Has somebody liked this song, or filed it? */
static bool likes(const pal_arm *arm, uint32_t person, uint32_t item)
{
    const pal_history *h = arm->history;
    const size_t begin = (size_t)person * h->capacity;
    const pal_playlists *p = arm->filing == NULL ? NULL : arm->filing->playlists;

    for (size_t i = begin; i < begin + h->n[person]; i++) {
        if (h->item[i] == item && (h->flags[i] & PAL_LIKED) != 0) {
            return true;
        }
    }
    for (size_t i = 0; p != NULL && i < p->n[person]; i++) {
        if (pal_playlists_items(p, person)[i] == item) {
            return true;
        }
    }
    return false;
}

/* Members who like the song first; there are few. A song that another stage filled in comes from nobody. */
static void find_company(pal_explanation *x, const pal_arm *arm)
{
    const void *self;
    const pal_stage_type *type = pal_explain_stage(arm, &self);
    pal_company company;

    if (type->company == NULL || type != pal_stage_at(x->stage)) {
        return;
    }
    company = type->company(self, x->person);
    x->n_company = company.n;
    for (int pass = 1; pass >= 0; pass--) {
        for (size_t i = 0; i < company.n && x->n_members < PAL_EXPLAIN_MEMBERS; i++) {
            if (likes(arm, company.member[i], x->item) == (pass == 1)) {
                x->members[x->n_members++] = (pal_explain_member){ company.member[i], pass == 1 };
            }
        }
    }
}

static double find_nearest_above(const pal_catalog *catalog, const pal_slate *slate, size_t slot)
{
    double nearest = NAN;

    for (size_t s = 0; s < slot; s++) {
        const double cosine = pal_catalog_cosine(catalog, slate->item[s], slate->item[slot]);

        nearest = s == 0 || cosine > nearest ? cosine : nearest;
    }
    return nearest;
}

pal_status pal_explain_slot(pal_explanation *x, const pal_arm *arm, pal_error *err)
{
    const pal_request request = pal_arm_request(arm, x->person);
    const pal_slate *slate = &arm->slate[x->person];

    x->n_slots = slate->n;
    x->item = slate->item[x->slot];
    x->score = slate->score[x->slot];
    x->propensity = slate->propensity[x->slot];
    x->taste = slate->taste[x->slot];
    x->stage = slate->stage[x->slot];
    x->n_shown = *request.profile.n_shown;
    x->n_liked = *request.profile.n_liked;
    x->nearest_above = find_nearest_above(arm->catalog, slate, x->slot);
    find_tastes(x, arm->catalog, &request.profile);
    find_liked(x, arm);
    find_company(x, arm);
    return pal_explain_features(x, arm, &request, err);
}
