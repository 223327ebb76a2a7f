/* Weights by confidence, and mixtures of shares. */
#include "models/blend.h"

#include "core/pmath.h"

static double confidence(double evidence, double trust)
{
    return evidence > 0 ? evidence / (evidence + trust) : 0;
}

pal_blend pal_blend_weights(double interactions, double model_trust, double people, double demographic_trust)
{
    double c1 = confidence(interactions, model_trust), c2 = confidence(people, demographic_trust);

    return (pal_blend){ c1, (1 - c1) * c2, (1 - c1) * (1 - c2) };
}

void pal_blend_shares(double *share, const pal_blend *w, const double *model, const double *demographic,
                      const double *popular, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        double sum = w->popularity * popular[i];

        if (w->demographic > 0) sum += w->demographic * demographic[i];
        if (w->model > 0) sum += w->model * model[i];
        share[i] = sum;
    }
}

void pal_blend_softmax(double *share, const float *z, size_t n)
{
    float most = n > 0 ? z[0] : 0;
    double sum = 0;

    for (size_t i = 1; i < n; i++) most = z[i] > most ? z[i] : most;
    for (size_t i = 0; i < n; i++) {
        share[i] = pal_exp((double)z[i] - (double)most);
        sum += share[i];
    }
    for (size_t i = 0; i < n; i++) share[i] /= sum;
}
