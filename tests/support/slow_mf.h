/* LightFM's training loop written out plainly in double, as the oracle of models/mf_train.c. */
#ifndef PAL_TESTS_SUPPORT_SLOW_MF_H
#define PAL_TESTS_SUPPORT_SLOW_MF_H

#include "models/mf.h"
#include "tests/support/factor_world.h"

typedef struct slow_mf slow_mf;

/* Train as an unfitted `model` would be on a world small enough for one stratum: `epochs` of them, key `seed`. */
slow_mf *slow_mf_fit(const pal_mf *model, const factor_world *world, bool features, bool disliked, uint64_t seed,
                     size_t epochs);
void slow_mf_free(slow_mf *slow);
/* Factor j < d of a person or item, all features summed; j = d is the bias. */
double slow_mf_factor(const slow_mf *slow, bool items, size_t row, size_t j);

#endif
