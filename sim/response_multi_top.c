/* The exact best slate of a person: blocks in the order of their bounds, until none can beat the worst kept item. */
#include "core/vector.h"
#include "sim/response_multi.h"

#include <math.h>
#include <string.h>

/*
 * Bounds are floats too. Distances are taken a little smaller and bounds a little larger than computed, by more than
 * the rounding of a few dozen operations, so that a block is never passed over wrongly.
 */
#define DISTANCE_SLACK 1e-5f
#define BOUND_SLACK 1e-4f

typedef struct kept {
    float utility;
    uint32_t item;
} kept;

typedef struct waiting { /* a block not looked into yet */
    float bound;
    uint32_t block;
} waiting;

/* Larger utility first, then the smaller item. */
static bool better(kept a, kept b)
{
    return a.utility > b.utility || (a.utility == b.utility && a.item < b.item);
}

static bool sooner(waiting a, waiting b)
{
    return a.bound > b.bound || (a.bound == b.bound && a.block < b.block);
}

/*
 * For each taste, a utility that no item of the block exceeds by way of that taste:
 * |x - c| >= |center - c| - radius, and the item's own terms are at most the block's largest, or for items inside the
 * taste's cluster the largest among those (often few: items with a second genre).
 */
static inline void bounds_of(float bound[PAL_MAX_TASTES], const pal_multi *model, const pal_taste_view *view, size_t b)
{
    const pal_catalog *cat = model->world.catalog;
    const float *center = cat->block_center + b * cat->stride;
    const float radius = cat->block_radius[b] * (1.0f + DISTANCE_SLACK);
    const float *home = view->terms->home + b * cat->clusters->n;
    const float most_of_all = view->terms->block[b], fame = model->block_fame[b];
    float square[PAL_MAX_TASTES] = { 0.0f };

    for (size_t f = 0; f < view->d; f++) {
        for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
            const float off = center[f] - view->center[f][t];

            square[t] += off * off;
        }
    }
    for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
        const float gap = sqrtf(square[t]) * (1.0f - DISTANCE_SLACK) - radius;
        const float near = gap > 0.0f ? gap * gap : 0.0f;
        const float in = pal_taste_match(view->bonus[t], near, view->inv[t], true, view->penalty);
        const float out = pal_taste_match(view->bonus[t], near, view->inv[t], false, view->penalty);
        const float at_home = pal_utility_of(in, view->gain, home[view->cluster[t]], view->love, fame);
        const float away = pal_utility_of(out, view->gain, most_of_all, view->love, fame);
        const float most = at_home > away ? at_home : away;

        bound[t] = most + BOUND_SLACK * (1.0f + fabsf(most));
    }
}

PAL_VECTOR
static void fill_bounds(waiting *queue, const pal_multi *model, const pal_taste_view *view, size_t n)
{
    for (size_t b = 0; b < n; b++) {
        float bound[PAL_MAX_TASTES], best;

        bounds_of(bound, model, view, b);
        best = bound[0];
        for (size_t t = 1; t < view->n; t++) {
            best = bound[t] > best ? bound[t] : best;
        }
        queue[b] = (waiting){ best, (uint32_t)b };
    }
}

/*
 * Utilities of a block's items: the sums of pal_multi_utility, item beside item. A taste whose bound lies below
 * `least` is left out: it can decide for no item that reaches `least`, and the others are not wanted.
 */
PAL_VECTOR
static void block_utilities(float *utility, const pal_multi *model, const pal_taste_view *view, size_t block,
                            float least)
{
    const pal_catalog *cat = model->world.catalog;
    const size_t begin = cat->block_begin[block], n = cat->block_begin[block + 1] - begin;
    const uint64_t *mask = cat->cluster_mask + begin;
    const float *item_term = view->terms->item + begin, *fame = model->fame + begin;
    float best[PAL_BLOCK_ITEMS], square[PAL_BLOCK_ITEMS], bound[PAL_MAX_TASTES];

    bounds_of(bound, model, view, block);
    for (size_t i = 0; i < n; i++) {
        best[i] = PAL_NO_MATCH;
    }
    for (size_t t = 0; t < view->n; t++) {
        const float bonus = view->bonus[t], inv = view->inv[t], penalty = view->penalty;
        const unsigned shift = view->cluster[t];

        if (bound[t] < least) {
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            square[i] = 0.0f;
        }
        for (size_t f = 0; f < view->d; f++) {
            const float *x = cat->scaled_t + f * cat->n_pad + begin;
            const float c = view->center[f][t];

            for (size_t i = 0; i < n; i++) {
                const float off = x[i] - c;

                square[i] += off * off;
            }
        }
        for (size_t i = 0; i < n; i++) {
            const float match = pal_taste_match(bonus, square[i], inv, (mask[i] >> shift & 1) != 0, penalty);

            best[i] = match > best[i] ? match : best[i];
        }
    }
    for (size_t i = 0; i < n; i++) {
        utility[i] = pal_utility_of(best[i], view->gain, item_term[i], view->love, fame[i]);
    }
}

/* Heap of blocks, the highest bound on top. */
static void sink_block(waiting *heap, size_t n, size_t at)
{
    const waiting own = heap[at];

    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && sooner(heap[child + 1], heap[child]);
        if (!sooner(heap[child], own)) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = own;
}

/* Heap of kept items, the worst on top. */
static void sink_item(kept *heap, size_t n, size_t at)
{
    const kept own = heap[at];

    for (size_t child = 2 * at + 1; child < n; child = 2 * at + 1) {
        child += child + 1 < n && better(heap[child], heap[child + 1]);
        if (!better(own, heap[child])) {
            break;
        }
        heap[at] = heap[child];
        at = child;
    }
    heap[at] = own;
}

static void keep(kept *heap, size_t *n, size_t k, kept candidate)
{
    if (*n < k) {
        size_t at = (*n)++;

        for (; at > 0 && better(heap[(at - 1) / 2], candidate); at = (at - 1) / 2) {
            heap[at] = heap[(at - 1) / 2];
        }
        heap[at] = candidate;
    } else if (better(candidate, heap[0])) {
        heap[0] = candidate;
        sink_item(heap, k, 0);
    }
}

static bool is_seen(const uint64_t *seen, uint32_t item)
{
    return seen != NULL && (seen[item >> 6] >> (item & 63) & 1) != 0;
}

static void look_into(kept *heap, size_t *n, size_t k, const pal_multi *model, const pal_taste_view *view,
                      const uint64_t *seen, size_t block)
{
    const pal_catalog *cat = model->world.catalog;
    const size_t begin = cat->block_begin[block], size = cat->block_begin[block + 1] - begin;
    float utility[PAL_BLOCK_ITEMS];

    block_utilities(utility, model, view, block, *n < k ? -INFINITY : heap[0].utility);
    for (size_t i = 0; i < size; i++) {
        const kept candidate = { utility[i], (uint32_t)(begin + i) };

        if ((*n < k || better(candidate, heap[0])) && !is_seen(seen, candidate.item)) {
            keep(heap, n, k, candidate);
        }
    }
}

size_t pal_multi_top(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint64_t *seen,
                     size_t k, uint32_t *item, float *p_like, pal_arena *scratch)
{
    const pal_multi *model = self;
    const size_t n_blocks = model->world.catalog->n_blocks;
    const pal_arena_mark mark = pal_arena_here(scratch);
    waiting *queue = pal_arena_alloc(scratch, n_blocks, sizeof *queue);
    kept *heap = pal_arena_alloc(scratch, k > 0 ? k : 1, sizeof *heap);
    size_t n = 0;

    (void)round;
    if (queue != NULL && heap != NULL && k > 0) {
        pal_taste_view view;
        size_t left = n_blocks;

        pal_taste_view_of(&view, model, state, user);
        fill_bounds(queue, model, &view, n_blocks);
        for (size_t at = n_blocks / 2; at-- > 0;) {
            sink_block(queue, n_blocks, at);
        }
        while (left > 0 && (n < k || queue[0].bound >= heap[0].utility)) {
            look_into(heap, &n, k, model, &view, seen, queue[0].block);
            queue[0] = queue[--left];
            sink_block(queue, left, 0);
        }
        for (size_t end = n; end-- > 0;) { /* worst last */
            const kept worst = heap[0];
            float p_click, p = 0.0f;

            heap[0] = heap[end];
            sink_item(heap, end, 0);
            pal_multi_probabilities(model, &view, worst.utility, &p_click, &p);
            item[end] = worst.item;
            if (p_like != NULL) {
                p_like[end] = p;
            }
        }
    }
    pal_arena_rewind(scratch, mark);
    return n;
}
