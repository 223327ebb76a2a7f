/* Each item's share of what is popular now: interactions that fade with time. */
#ifndef PAL_MODELS_POPULAR_SHARES_H
#define PAL_MODELS_POPULAR_SHARES_H

#include "models/recommender.h"

/* share (n_cols) sums to 1: the model "popularity", by "decayed" with this half life (unit of the data's times), or by
 * "people" when the data has none. */
PAL_MUST_USE pal_status pal_popular_shares(double *share, const pal_rec_data *data, double half_life,
                                           const pal_rec_env *env, pal_error *err);

#endif
