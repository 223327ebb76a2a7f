/* Wishes by taste mass, and masks over what was seen. */
#include "lab/asked.h"

#include "core/dist.h"
#include "core/fields.h"
#include "core/mem.h"
#include "core/rng.h"

pal_status pal_asked_new(pal_asked **out, const pal_catalog *catalog, const pal_history *history, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_asked *asked = NULL;

    if (pal_catalog_types(catalog) == 1) return PAL_OK;
    PAL_NEW(asked, 1);
    asked->n_users = history->n_users;
    asked->n_types = catalog->n_types;
    asked->words = history->seen_words;
    PAL_NEW(asked->others, asked->n_types * asked->words);
    PAL_NEW(asked->type, asked->n_users);
    PAL_NEW(asked->seen, asked->n_users * asked->words);
    for (size_t i = 0; i < catalog->n_items; i++) {
        for (size_t t = 0; t < asked->n_types; t++) {
            if (t != pal_catalog_type(catalog, i)) asked->others[t * asked->words + (i >> 6)] |= UINT64_C(1) << (i & 63);
        }
    }
    *out = asked;
    asked = NULL;
done:
    pal_asked_free(asked);
    return rc;
}

void pal_asked_free(pal_asked *asked)
{
    if (asked == NULL) return;
    pal_free(asked->others);
    pal_free(asked->type);
    pal_free(asked->seen);
    pal_free(asked);
}

void pal_asked_draw(pal_asked *asked, const pal_catalog *catalog, const pal_state *state, const pal_history *history,
                    uint64_t seed, uint32_t replicate, uint32_t user, uint32_t round)
{
    const pal_key key = pal_key_named(pal_key_for(seed, replicate, PAL_FOR_PRESENCE), "content type");
    const uint64_t *seen = pal_history_seen(history, user), *others;
    uint64_t *mask = asked->seen + user * asked->words, draw = 0;
    double mass[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t k = 0; k < state->n_tastes[user]; k++) {
        const size_t taste = (size_t)user * PAL_MAX_TASTES + k;

        mass[catalog->cluster_type[state->taste_cluster[taste]]] += (double)state->taste_weight[taste];
    }
    asked->type[user] = (uint8_t)pal_draw_index(key, (pal_at){ user, round, 0 }, &draw, mass, asked->n_types);
    others = asked->others + asked->type[user] * asked->words;
    for (size_t w = 0; w < asked->words; w++) mask[w] = seen[w] | others[w];
}

#define PART "asked"

pal_status pal_asked_save(const pal_asked *asked, pal_tensors *file, pal_error *err)
{
    const pal_field list[] = { PAL_FIELD("type", asked->type, asked->n_users),
                               PAL_FIELD("seen", asked->seen, asked->n_users * asked->words) };

    return pal_fields_save(file, PART, list, PAL_COUNT_OF(list), err);
}

pal_status pal_asked_restore(pal_asked *asked, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field list[] = { PAL_FIELD("type", asked->type, asked->n_users),
                               PAL_FIELD("seen", asked->seen, asked->n_users * asked->words) };

    PAL_TRY(pal_fields_restore(list, PAL_COUNT_OF(list), file, PART, err));
    for (size_t u = 0; u < asked->n_users; u++) {
        if (asked->type[u] >= asked->n_types) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".type\": person %zu asks for type %u of %zu", pal_tensors_file(file),
                     u, asked->type[u], asked->n_types);
        }
    }
done:
    return rc;
}
