/* Adam, AdamW, clipping, schedules. */
#include "models/adam.h"

#include "core/pmath.h"
#include "core/vector.h"

#include <math.h>

#define PI 3.14159265358979323846

pal_adam_config pal_adam_defaults(void)
{
    return (pal_adam_config){ .rate = 1e-3, .beta1 = 0.9, .beta2 = 0.999, .epsilon = 1e-8, .decay = 0.5,
                              .last = 1, .every = 1 };
}

double pal_adam_rate(const pal_adam_config *config, uint64_t t)
{
    uint64_t past, span;

    if (t <= config->warm_up) {
        return config->rate * (double)t / (double)config->warm_up;
    }
    past = t - config->warm_up;
    switch (config->schedule) {
    case PAL_SCHEDULE_COSINE:
        span = config->last > config->warm_up ? config->last - config->warm_up : 1;
        return past >= span ? 0.0 : config->rate * 0.5 * (1.0 + pal_cos(PI * (double)past / (double)span));
    case PAL_SCHEDULE_STEP:
        return config->rate * pal_pow(config->decay, (double)((past - 1) / (config->every > 0 ? config->every : 1)));
    default:
        return config->rate;
    }
}

pal_adam_step pal_adam_begin(const pal_adam_config *config, uint64_t t, double scale)
{
    double rate = pal_adam_rate(config, t);

    return (pal_adam_step){
        .rate = (float)rate,
        .beta1 = (float)config->beta1,
        .beta2 = (float)config->beta2,
        .epsilon = (float)config->epsilon,
        .keep = (float)(1.0 - rate * config->weight_decay),
        .correct1 = (float)(1.0 / (1.0 - pal_pow(config->beta1, (double)t))),
        .correct2 = (float)(1.0 / (1.0 - pal_pow(config->beta2, (double)t))),
        .scale = (float)scale,
    };
}

PAL_VECTOR void pal_adam_apply(float *restrict value, float *restrict m, float *restrict v,
                               const float *restrict gradient, size_t n, const pal_adam_step *step)
{
    const pal_adam_step s = *step;

    for (size_t i = 0; i < n; i++) {
        float g = gradient[i] * s.scale;
        float first = s.beta1 * m[i] + (1.0f - s.beta1) * g;
        float second = s.beta2 * v[i] + (1.0f - s.beta2) * (g * g);

        m[i] = first;
        v[i] = second;
        value[i] = value[i] * s.keep - s.rate * (first * s.correct1) / (sqrtf(second * s.correct2) + s.epsilon);
    }
}

double pal_adam_clip(const pal_adam_config *config, double squared_length)
{
    double length = sqrt(squared_length);

    return config->clip > 0.0 && length > config->clip ? config->clip / length : 1.0;
}
