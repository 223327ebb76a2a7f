/* Item similarities, added up list by list: the cosine's denominator is a product, so a list needs one sum only. */
#include "stages/neighbours_score.h"

#include <math.h>
#include <string.h>

/* The cluster of most songs of each list, the lowest on ties. */
static void place_lists(uint8_t *cluster, const pal_catalog *catalog, const pal_playlists *p, uint32_t user)
{
    const uint32_t *item = pal_playlists_items(p, user);
    const uint8_t *list = pal_playlists_lists(p, user);
    uint32_t count[PAL_MAX_CLUSTERS];

    for (size_t l = 0; l < p->n_lists[user]; l++) {
        memset(count, 0, sizeof count);
        cluster[l] = 0;
        for (size_t k = 0; k < p->n[user]; k++) {
            count[catalog->cluster[item[k]]] += list[k] == l;
        }
        for (size_t c = 1; c < catalog->clusters->n; c++) {
            if (count[c] > count[cluster[l]]) {
                cluster[l] = (uint8_t)c;
            }
        }
    }
}

static void add_own(pal_tastes_of *out, uint32_t item, uint8_t cluster)
{
    if (out->taste[item] == 0) {
        out->taste[item] = (uint8_t)(cluster + 1);
        out->own[out->n_own++] = item;
    }
}

/* taste[] holds cluster + 1; make it the place among the clusters that occur. */
static void number_tastes(pal_tastes_of *out, size_t n_clusters)
{
    uint32_t songs[PAL_MAX_CLUSTERS] = { 0 };
    uint8_t place[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t k = 0; k < out->n_own; k++) {
        songs[out->taste[out->own[k]] - 1]++;
    }
    for (size_t c = 0; c < n_clusters; c++) {
        if (songs[c] > 0) {
            out->cluster[out->n] = (uint8_t)c;
            out->songs[out->n] = songs[c];
            place[c] = (uint8_t)++out->n;
        }
    }
    for (size_t k = 0; k < out->n_own; k++) {
        uint8_t *taste = &out->taste[out->own[k]];

        *taste = place[*taste - 1];
    }
}

pal_status pal_tastes_of_person(pal_tastes_of *out, const pal_catalog *catalog, const pal_playlists *p,
                                const pal_history *history, uint32_t user, pal_arena *scratch, pal_error *err)
{
    const size_t shown = history->n[user], row = (size_t)user * history->capacity;
    uint8_t cluster[PAL_MAX_PLAYLISTS];
    pal_status rc = PAL_OK;

    out->n = out->n_own = 0;
    PAL_TAKE(out->taste, catalog->n_items, scratch);
    PAL_TAKE(out->own, p->n[user] + shown, scratch);
    memset(out->taste, 0, catalog->n_items);
    place_lists(cluster, catalog, p, user);
    for (size_t k = 0; k < p->n[user]; k++) {
        add_own(out, pal_playlists_items(p, user)[k], cluster[pal_playlists_lists(p, user)[k]]);
    }
    for (size_t k = row; k < row + shown; k++) {
        if ((history->flags[k] & PAL_LIKED) != 0) {
            add_own(out, history->item[k], (uint8_t)catalog->cluster[history->item[k]]);
        }
    }
    number_tastes(out, catalog->clusters->n);

done:
    return rc;
}

void pal_neighbours_held(float *held, const pal_neighbourhood *neighbours, const pal_playlists *p)
{
    for (size_t v = 0; v < neighbours->n; v++) {
        const uint32_t *item = pal_playlists_items(p, neighbours->who[v]);

        for (size_t k = 0; k < p->n[neighbours->who[v]]; k++) {
            held[item[k]] += neighbours->weight[v];
        }
    }
}

/* A score under way. */
typedef struct tally {
    float *score;
    uint32_t *touched;
    size_t n_touched;
    const uint8_t *taste;
} tally;

static inline void add(tally *t, uint32_t item, float value)
{
    if (t->taste[item] != 0) { /* one's own songs are no news */
        return;
    }
    if (t->score[item] == 0) {
        t->touched[t->n_touched++] = item;
    }
    t->score[item] += value;
}

static inline float part(double n, double shrink)
{
    return 1.0f / sqrtf((float)(n + shrink));
}

static inline float trust_of(double held, double kappa)
{
    return (float)(held / (held + kappa));
}

/* Lists of the neighbours that hold songs of the taste. */
static void ask_neighbours(tally *t, uint8_t place, const float *held, const pal_neighbourhood *neighbours,
                           const pal_playlists *p, const pal_neighbours_rules *rules)
{
    for (size_t v = 0; v < neighbours->n; v++) {
        const uint32_t *item = pal_playlists_items(p, neighbours->who[v]);
        const uint8_t *list = pal_playlists_lists(p, neighbours->who[v]);
        const size_t n = p->n[neighbours->who[v]];
        float sum[PAL_MAX_PLAYLISTS] = { 0 };
        bool any = false;

        for (size_t k = 0; k < n; k++) {
            if (t->taste[item[k]] == place) {
                const double h = (double)held[item[k]];

                sum[list[k]] += neighbours->weight[v] * part(h, rules->shrink) * trust_of(h, rules->kappa);
                any = true;
            }
        }
        for (size_t k = 0; any && k < n; k++) {
            if (sum[list[k]] > 0) {
                add(t, item[k], sum[list[k]] * part((double)held[item[k]], rules->shrink));
            }
        }
    }
}

/* Lists of everyone that hold songs of the taste. */
static pal_status ask_everyone(tally *t, uint8_t place, const pal_tastes_of *tastes, const float *held,
                               const pal_neighbours_index *index, const pal_playlists *p, uint32_t user,
                               const pal_neighbours_rules *rules, pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *met;
    float *sum;
    size_t n_met = 0;

    PAL_TAKE(sum, index->n_lists, scratch);
    PAL_TAKE(met, index->n_lists, scratch);
    memset(sum, 0, index->n_lists * sizeof *sum);
    for (size_t k = 0; k < tastes->n_own; k++) {
        const uint32_t song = tastes->own[k];
        const float f = part(index->holders[song], rules->shrink) *
                        (1.0f - trust_of((double)held[song], rules->kappa));

        if (tastes->taste[song] != place || f <= 0) {
            continue;
        }
        for (uint32_t e = index->song_head[song]; e != PAL_NO_ENTRY; e = index->song_next[e]) {
            const size_t list = (size_t)index->owner[e] * PAL_MAX_PLAYLISTS + p->list[e];

            if (index->owner[e] == user) {
                continue;
            }
            if (sum[index->list_id[list]] == 0) {
                met[n_met++] = index->list_head[list];
            }
            sum[index->list_id[list]] += f;
        }
    }
    for (size_t m = 0; m < n_met; m++) {
        const float s = sum[index->list_id[(size_t)index->owner[met[m]] * PAL_MAX_PLAYLISTS + p->list[met[m]]]];

        for (uint32_t e = met[m]; e != PAL_NO_ENTRY; e = index->list_next[e]) {
            add(t, p->item[e], s * part(index->holders[p->item[e]], rules->shrink));
        }
    }

done:
    return rc;
}

pal_status pal_neighbours_score(float *score, uint32_t *touched, size_t *n_touched, size_t taste,
                                const pal_tastes_of *tastes, const float *held, const pal_neighbourhood *neighbours,
                                const pal_neighbours_index *index, const pal_playlists *playlists, uint32_t user,
                                const pal_neighbours_rules *rules, pal_arena *scratch, pal_error *err)
{
    const pal_arena_mark mark = pal_arena_here(scratch);
    const uint8_t place = (uint8_t)(taste + 1);
    tally t = { .score = score, .touched = touched, .taste = tastes->taste };
    pal_status rc = PAL_OK;

    ask_neighbours(&t, place, held, neighbours, playlists, rules);
    PAL_TRY(ask_everyone(&t, place, tastes, held, index, playlists, user, rules, scratch, err));
    *n_touched = t.n_touched;

done:
    pal_arena_rewind(scratch, mark);
    return rc;
}
