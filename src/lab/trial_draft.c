/* Team draft: one slate out of two. */
#include "lab/trial_draft.h"

#include <stdbool.h>

static bool is_on(const pal_slate *slate, uint32_t item)
{
    for (size_t s = 0; s < slate->n; s++) {
        if (slate->item[s] == item) return true;
    }
    return false;
}

/* The next pick of one side, from place *at of its list. */
static void pick(pal_slate *out, uint8_t *owner, const pal_slate *from, size_t *at, uint8_t side)
{
    while (*at < from->n && is_on(out, from->item[*at])) (*at)++;
    if (*at == from->n) return;
    out->item[out->n] = from->item[*at];
    out->score[out->n] = from->score[*at];
    out->propensity[out->n] = from->propensity[*at];
    out->taste[out->n] = from->taste[*at];
    out->stage[out->n] = from->stage[*at];
    owner[out->n++] = side;
    (*at)++;
}

void pal_trial_draft(pal_slate *out, uint8_t owner[PAL_MAX_SLOTS], const pal_slate *const side[2], size_t n_slots,
                     pal_key key, uint64_t who, uint64_t round)
{
    size_t at[2] = { 0, 0 };

    out->n = 0;
    for (uint64_t turn = 0; out->n < n_slots && (at[0] < side[0]->n || at[1] < side[1]->n); turn++) {
        uint8_t first = (uint8_t)(pal_u64(key, (pal_at){ who, round, turn }, 0) >> 63);

        pick(out, owner, side[first], &at[first], first);
        if (out->n < n_slots) pick(out, owner, side[1 - first], &at[1 - first], (uint8_t)(1 - first));
    }
}
