/* Staying and leaving. */
#include "metrics/survival.h"

#include <math.h>

double pal_rounds_lived(uint32_t left, size_t n_rounds)
{
    return left < n_rounds ? (double)left + 1 : (double)n_rounds;
}

void pal_survival_table(double *here, const uint32_t *left, size_t n_people, size_t n_rounds)
{
    for (size_t p = 0; p < n_people; p++) {
        for (size_t t = 0; t < n_rounds; t++) {
            here[p * n_rounds + t] = left[p] > t ? 1 : 0;
        }
    }
}

void pal_hazard_add(double *lost, double *at_risk, uint32_t left, const uint8_t *present, size_t from, size_t to)
{
    for (size_t t = from; t < to && t <= left; t++) {
        *at_risk += present == NULL || present[t] != 0 ? 1 : 0;
        *lost += t == left ? 1 : 0;
    }
}

double pal_rate_ratio(const double *lost_1, const double *risk_1, const double *lost_0, const double *risk_0, size_t n_strata)
{
    double exposed = 0, others = 0;

    for (size_t s = 0; s < n_strata; s++) {
        const double risk = risk_1[s] + risk_0[s];

        if (risk > 0) {
            exposed += lost_1[s] * risk_0[s] / risk;
            others += lost_0[s] * risk_1[s] / risk;
        }
    }
    return others > 0 ? exposed / others : NAN;
}
