/* Slot filling: the rules of the road, and the greedy walk. */
#include "stages/pick.h"

#include <stdlib.h>

static int compare(const void *a, const void *b)
{
    const pal_candidate x = *(const pal_candidate *)a, y = *(const pal_candidate *)b;

    return (int)pal_candidate_before(y, x) - (int)pal_candidate_before(x, y);
}

void pal_candidates_sort(pal_candidate *candidate, size_t n)
{
    /* Lists of a slate are short; qsort's call through a pointer costs more than moving them by hand. */
    if (n > 64) {
        qsort(candidate, n, sizeof *candidate, compare);
        return;
    }
    for (size_t i = 1; i < n; i++) {
        const pal_candidate one = candidate[i];
        size_t j = i;

        for (; j > 0 && pal_candidate_before(one, candidate[j - 1]); j--) {
            candidate[j] = candidate[j - 1];
        }
        candidate[j] = one;
    }
}

pal_pick pal_pick_begin(const pal_catalog *catalog, const pal_request *request, pal_slate *slate, uint8_t stage)
{
    PAL_ASSERT(request->n_slots <= PAL_MAX_SLOTS);
    return (pal_pick){
        .catalog = catalog, .seen = request->seen, .slate = slate,
        .begin = slate->n, .end = slate->n > request->n_slots ? slate->n : request->n_slots, .stage = stage,
    };
}

void pal_pick_push(pal_pick *pick, pal_candidate candidate, float propensity)
{
    pal_slate *slate = pick->slate;
    const size_t s = slate->n;

    PAL_DCHECK(s < pick->end && s < PAL_MAX_SLOTS);
    slate->item[s] = candidate.item;
    slate->score[s] = candidate.score;
    slate->propensity[s] = propensity;
    slate->taste[s] = candidate.taste;
    slate->stage[s] = pick->stage;
    slate->n = s + 1;
    if (candidate.taste < PAL_MAX_CLUSTERS) {
        pick->by_taste[candidate.taste]++;
    }
}

static bool takeable(const pal_pick *pick, pal_candidate c, const pal_pick_rules *rules)
{
    return (c.taste >= PAL_MAX_CLUSTERS || pick->by_taste[c.taste] < rules->taste_cap)
           && pal_pick_is_new(pick, c.item) && (rules->repeat_artists || pal_pick_artist_free(pick, c.item));
}

/* Move the cursor to the next known candidate that may be taken; at == n when there is none. */
static void advance(const pal_pick *pick, pal_source *source, const pal_pick_rules *rules)
{
    while (source->at < source->n && !takeable(pick, source->candidate[source->at], rules)) {
        source->at++;
    }
}

static const pal_candidate *head(const pal_source *source)
{
    return source->at < source->n ? &source->candidate[source->at] : NULL;
}

/* May an unknown candidate of this source have to come before `best` (NULL: none is known)? */
static bool hides_better(const pal_pick *pick, const pal_source *source, const pal_pick_rules *rules,
                         const pal_candidate *best)
{
    return head(source) == NULL && !source->complete && (best == NULL || best->score <= source->floor)
           && (source->taste >= PAL_MAX_CLUSTERS || pick->by_taste[source->taste] < rules->taste_cap);
}

/* The next candidate of all sources, fetching what may hide a better one; NULL when nothing is left. */
static pal_status find_next(const pal_candidate **next, pal_pick *pick, pal_source *source, size_t n,
                            const pal_pick_rules *rules, pal_fetch_fn fetch, void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (bool sure = false; !sure;) {
        *next = NULL;
        for (size_t s = 0; s < n; s++) {
            const pal_candidate *one;

            advance(pick, &source[s], rules);
            one = head(&source[s]);
            if (one != NULL && (*next == NULL || pal_candidate_before(*one, **next))) {
                *next = one;
            }
        }
        sure = true;
        for (size_t s = 0; s < n && sure; s++) {
            if (hides_better(pick, &source[s], rules, *next)) {
                PAL_TRY(fetch(ctx, &source[s], 4 * source[s].k, err));
                sure = false;
            }
        }
    }

done:
    return rc;
}

pal_status pal_pick_merge(pal_pick *pick, pal_source *source, size_t n, const pal_pick_rules *rules,
                          pal_fetch_fn fetch, void *ctx, pal_error *err)
{
    const size_t end = rules->end < pick->end ? rules->end : pick->end;
    pal_status rc = PAL_OK;

    while (pick->slate->n < end) {
        const pal_candidate *next;

        PAL_TRY(find_next(&next, pick, source, n, rules, fetch, ctx, err));
        if (next == NULL) {
            break;
        }
        pal_pick_push(pick, *next, 1.0f);
    }

done:
    return rc;
}

void pal_pick_rest(pal_pick *pick, const uint32_t *order, float (*score_of)(const void *ctx, uint32_t item),
                   const void *ctx)
{
    for (int repeat = 0; repeat < 2; repeat++) {
        for (size_t i = 0; i < pick->catalog->n_items && !pal_pick_full(pick); i++) {
            const uint32_t item = order[i];

            if (pal_pick_is_new(pick, item) && (repeat == 1 || pal_pick_artist_free(pick, item))) {
                pal_pick_push(pick, (pal_candidate){ score_of(ctx, item), item, PAL_NO_TASTE }, 1.0f);
            }
        }
    }
}
