/* Three predictors in one answer: a model, what similar people have, and what is popular, each as far as trusted. */
#ifndef PAL_MODELS_BLEND_H
#define PAL_MODELS_BLEND_H

#include <stddef.h>

typedef struct pal_blend { /* weights; together 1 */
    double model, demographic, popularity;
} pal_blend;

/*
 * Confidence of the model is n / (n + trust) for a person known by n interactions, that of demographics m / (m + trust)
 * for a cell that m people speak for. Each predictor takes its confidence's part of what those before it leave:
 *
 *   model c1,  demographic (1 - c1) c2,  popularity (1 - c1)(1 - c2).
 *
 * So a person without a past is served by demographics, and one of whom nothing is known by popularity.
 *   trust  interactions (people) at which half is trusted; >= 0; with 0 any evidence is trusted wholly
 */
pal_blend pal_blend_weights(double interactions, double model_trust, double people, double demographic_trust);

/* share_i = weights . (model_i, demographic_i, popular_i). model or demographic may be NULL where its weight is 0. */
void pal_blend_shares(double *share, const pal_blend *weights, const double *model, const double *demographic,
                      const double *popular, size_t n);

/* share_i = exp(z_i) / sum: a distribution from log-odds. share may not be z. */
void pal_blend_softmax(double *share, const float *z, size_t n);

#endif
