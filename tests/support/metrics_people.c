#include "tests/support/metrics_people.h"

#include "core/pmath.h"

#include <math.h>

double metrics_u01(uint64_t seed, uint64_t who, uint64_t what)
{
    return pal_u01(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ who, 0, what }, 0);
}

double metrics_normal(uint64_t seed, uint64_t who, uint64_t what)
{
    uint64_t bits = pal_u64(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ who, 1, what }, 0);

    return pal_normal_quantile(pal_unit_open(bits));
}

void metrics_people_ratio(double *num, double *den, size_t n_people, uint64_t seed, uint64_t luck)
{
    for (size_t u = 0; u < n_people; u++) {
        double v = metrics_u01(seed, u, 0), rate = 0.1 + 0.4 * v;

        den[u] = 1 + floor(10 * v);
        num[u] = 0;
        for (size_t k = 0; k < (size_t)den[u]; k++) {
            num[u] += metrics_u01(seed, u, 100 * (luck + 1) + k) < rate;
        }
    }
}

void metrics_people_scores(uint32_t *person, float *score, uint8_t *label, size_t n_people, size_t rows_each,
                           uint64_t seed)
{
    for (size_t r = 0; r < n_people * rows_each; r++) {
        size_t u = r / rows_each;

        person[r] = (uint32_t)u;
        label[r] = metrics_u01(seed, r, 7) < 0.5;
        score[r] = (float)(0.8 * label[r] + 0.6 * metrics_normal(seed, u, 8) + metrics_normal(seed, r, 9));
    }
}

double metrics_slow_auc(const float *score, const uint8_t *label, const double *weight, size_t n)
{
    double won = 0, pairs = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < n; j++) {
            if (label[i] == 1 && label[j] == 0) {
                double w = weight == NULL ? 1 : weight[i] * weight[j];

                pairs += w;
                won += score[i] > score[j] ? w : score[i] == score[j] ? w / 2 : 0;
            }
        }
    }
    return pairs > 0 ? won / pairs : NAN;
}
