/* From a person's history to labelled rows. */
#include "stages/taste_samples.h"

size_t pal_sample_features(const pal_sample_rules *rules, const pal_catalog *catalog)
{
    return catalog->d + (rules->derived ? PAL_TASTE_DERIVED : 0);
}

static double genre_share(const pal_catalog *catalog, const pal_profile_view *profile, uint32_t item)
{
    uint32_t most = 0;

    for (uint32_t g = catalog->genre_begin[item]; g < catalog->genre_begin[item + 1]; g++) {
        const uint32_t liked = profile->genre_liked[catalog->genre_of[g]];

        most = liked > most ? liked : most;
    }
    return *profile->n_liked > 0 ? (double)most / (double)*profile->n_liked : 0;
}

void pal_sample_of(double *x, const pal_sample_rules *rules, const pal_catalog *catalog,
                   const pal_profile_view *profile, size_t t, uint32_t item)
{
    const float *scaled = catalog->scaled + (size_t)item * catalog->stride;
    const float *direction = catalog->direction + (size_t)item * catalog->stride;
    double cosine = 0;

    for (size_t f = 0; f < catalog->d; f++) {
        x[f] = (double)scaled[f];
        cosine += (double)direction[f] * profile->centroid[t * catalog->d + f];
    }
    if (rules->derived) {
        x[catalog->d] = cosine;
        x[catalog->d + 1] = (double)catalog->popularity[item] / 100;
        x[catalog->d + 2] = genre_share(catalog, profile, item);
    }
}

/* The weight of an answer as a sample, 0: it is none. */
static double weight_of(const pal_sample_rules *rules, uint8_t flags)
{
    if (flags & PAL_LIKED) {
        return 1;
    }
    if (flags & PAL_DISLIKED) {
        return rules->dislike_weight;
    }
    return rules->unliked && (flags & PAL_EXAMINED) ? rules->unliked_weight : 0;
}

pal_status pal_taste_samples_take(pal_taste_samples *out, const pal_sample_rules *rules, const pal_catalog *catalog,
                                  const pal_history *history, const pal_profile_view *profile, uint32_t user,
                                  size_t t, pal_arena *arena, pal_error *err)
{
    const size_t row = (size_t)user * history->capacity, d = pal_sample_features(rules, catalog);
    double *x = NULL, *y = NULL, *weight = NULL;
    size_t n = 0, positives = 0;
    pal_status rc = PAL_OK;

    for (size_t e = row; e < row + history->n[user]; e++) {
        n += ((catalog->cluster_mask[history->item[e]] >> t) & 1) && weight_of(rules, history->flags[e]) > 0;
    }
    PAL_TAKE(x, n * d, arena);
    PAL_TAKE(y, n, arena);
    PAL_TAKE(weight, n, arena);
    n = 0;
    for (size_t e = row; e < row + history->n[user]; e++) {
        const double w = weight_of(rules, history->flags[e]);

        if (((catalog->cluster_mask[history->item[e]] >> t) & 1) && w > 0) {
            pal_sample_of(x + n * d, rules, catalog, profile, t, history->item[e]);
            y[n] = (history->flags[e] & PAL_LIKED) != 0;
            positives += (history->flags[e] & PAL_LIKED) != 0;
            weight[n++] = w;
        }
    }
    *out = (pal_taste_samples){ .rows = { .x = x, .y = y, .weight = weight, .n = n, .d = d },
                                .positives = positives };

done:
    return rc;
}
