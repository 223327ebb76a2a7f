/* Team draft: one slate out of two. */
#ifndef PAL_LAB_TRIAL_DRAFT_H
#define PAL_LAB_TRIAL_DRAFT_H

#include "core/rng.h"
#include "data/slate.h"

#include <stdint.h>

/*
 * In turns of two picks a coin decides which side picks first; each takes its best item that is not on the slate yet, until
 * there are n_slots or both are empty. A side whose list has ended passes. owner[s] is 0 or 1: whose pick slot s is; scores,
 * tastes, stages and propensities come with the pick (the propensity is that of the owner's own slate, which a draft does
 * not keep). Coins are keyed by (at.who, at.round, turn).
 *
 * With two equal slates every slot is owned by either side with the same chance, whatever the answers: the expected
 * difference of credits is 0.
 * Source: Radlinski, Kurup, Joachims, CIKM 2008, algorithm 2. Proven in tests/lab/test_trial_draft.c.
 */
void pal_trial_draft(pal_slate *out, uint8_t owner[PAL_MAX_SLOTS], const pal_slate *const side[2], size_t n_slots,
                     pal_key key, uint64_t who, uint64_t round);

#endif
