/* The random stage: every unseen item alike. The baseline that measures the catalog itself. */
#include "stages/builtin.h"
#include "stages/draws.h"
#include "stages/pick.h"
#include "stages/stage_state.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/vector.h"

#include <string.h>

typedef struct random_stage {
    const pal_catalog *catalog;
    pal_key key;
} random_stage;

static const pal_param params[] = { { 0 } };

/* Rejections in a row before the unseen items are listed instead: with a tenth of the catalog left
 * 64 misses have probability 0.001, and listing 100,000 items costs as much as 10,000 draws. */
enum { MISSES = 64 };

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_status rc = PAL_OK;
    random_stage *stage = NULL;

    (void)values;
    (void)object;
    PAL_NEW(stage, 1);
    stage->catalog = env->catalog;
    stage->key = env->explore;
    *self = stage;

done:
    return rc;
}

typedef uint64_t words __attribute__((vector_size(64)));

/* One full adder a bit position: low + b + c = 2 * high + low. */
static inline void add_bits(words *high, words *low, const words *b, const words *c)
{
    const words u = *low ^ *b;

    *high = (*low & *b) | (u & *c);
    *low = u ^ *c;
}

static uint64_t count_words(const uint64_t *word, size_t n)
{
    uint64_t sum = 0;

    for (size_t i = 0; i < n; i++) {
        sum += (uint64_t)__builtin_popcountll(word[i]);
    }
    return sum;
}

/* Set bits, four vectors at a time through carry-save adders (Harley-Seal): a seen set is 11 KB for 87,000 items. */
PAL_VECTOR static size_t count_bits(const uint64_t *word, size_t n)
{
    words ones = { 0 }, twos = { 0 };
    uint64_t fours = 0, part[8];
    size_t i = 0;

    for (; i + 32 <= n; i += 32) {
        words x[4], carry_a, carry_b, carry;

        memcpy(x, word + i, sizeof x);
        add_bits(&carry_a, &ones, &x[0], &x[1]);
        add_bits(&carry_b, &ones, &x[2], &x[3]);
        add_bits(&carry, &twos, &carry_a, &carry_b);
        memcpy(part, &carry, sizeof part);
        fours += count_words(part, 8);
    }
    fours *= 4;
    memcpy(part, &twos, sizeof part);
    fours += 2 * count_words(part, 8);
    memcpy(part, &ones, sizeof part);
    return (size_t)(fours + count_words(part, 8) + count_words(word + i, n - i));
}

/* Unseen items that are not on the slate. Bits beyond n_items are never set. */
static size_t count_left(const random_stage *stage, const pal_pick *pick)
{
    const size_t n_items = stage->catalog->n_items;
    size_t left = n_items - count_bits(pick->seen, n_items / 64 + (n_items % 64 != 0));

    for (size_t s = 0; s < pick->slate->n; s++) {
        left -= !pal_seen(pick->seen, pick->slate->item[s]);
    }
    return left;
}

/*
 * Rejection misses are independent of which item would have come, so listing the rest after MISSES of them and
 * drawing from the list leaves the draw exactly uniform.
 */
static pal_status fill_from_list(const random_stage *stage, pal_pick *pick, pal_draws *draws, size_t left,
                                 pal_arena *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *item;
    size_t n = 0;

    PAL_TAKE(item, left, scratch);
    for (uint32_t i = 0; i < stage->catalog->n_items; i++) {
        if (pal_pick_is_new(pick, i)) {
            item[n++] = i;
        }
    }
    PAL_DCHECK(n == left);
    while (n > 0 && !pal_pick_full(pick)) {
        const uint32_t at = pal_draws_below(draws, (uint32_t)n);

        pal_pick_push(pick, (pal_candidate){ 0, item[at], PAL_NO_TASTE }, 1.0f / (float)n);
        item[at] = item[--n];
    }

done:
    return rc;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const random_stage *stage = self;
    const uint32_t n_items = (uint32_t)stage->catalog->n_items;
    pal_pick pick = pal_pick_begin(stage->catalog, request, slate, PAL_AT_RANDOM);
    pal_draws draws = pal_draws_for(stage->key, request->user, request->round);
    size_t left = count_left(stage, &pick);

    for (unsigned misses = 0; left > 0 && !pal_pick_full(&pick);) {
        const uint32_t item = pal_draws_below(&draws, n_items);

        if (pal_pick_is_new(&pick, item)) {
            pal_pick_push(&pick, (pal_candidate){ 0, item, PAL_NO_TASTE }, 1.0f / (float)left);
            left--;
            misses = 0;
        } else if (++misses == MISSES) {
            return fill_from_list(stage, &pick, &draws, left, scratch, err);
        }
    }
    return PAL_OK;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *stage, pal_arena *scratch, pal_error *err)
{
    (void)self;
    (void)request;
    (void)item;
    (void)scratch;
    (void)err;
    for (size_t i = 0; i < n; i++) {
        out[i] = 0;
        stage[i] = PAL_AT_RANDOM;
    }
    return PAL_OK;
}

static uint64_t digest(const void *self)
{
    (void)self;
    return pal_hash_text("random"); /* nothing is learned */
}

const pal_stage_type pal_stage_random = {
    .name = "random", .label = "Random", .summary = "unseen items, all with the same probability",
    .source = "baseline", .flags = PAL_STAGE_PROPENSITY, .params = params,
    .init = init, .serve = serve, .score = score, .digest = digest, .free = pal_free,
    .save = pal_nothing_save, .restore = pal_nothing_restore,
};
