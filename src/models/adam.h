/* Adam and AdamW on plain arrays, with bias correction, clipping and a learning-rate schedule. */
#ifndef PAL_MODELS_ADAM_H
#define PAL_MODELS_ADAM_H

#include <stddef.h>
#include <stdint.h>

typedef enum pal_schedule {
    PAL_SCHEDULE_CONSTANT,
    PAL_SCHEDULE_COSINE, /* linear warm-up, then half a cosine down to 0 at the last step  */
    PAL_SCHEDULE_STEP    /* linear warm-up, then times `decay` every `every` steps          */
} pal_schedule;

typedef struct pal_adam_config {
    double rate;            /* > 0; PyTorch 1e-3                                              */
    double beta1, beta2;    /* in [0, 1); 0.9, 0.999                                          */
    double epsilon;         /* > 0; 1e-8                                                      */
    double weight_decay;    /* >= 0, decoupled (AdamW): value *= 1 - rate * decay; 0 is Adam   */
    double clip;            /* largest length of the whole gradient; 0: none                  */
    pal_schedule schedule;
    uint64_t warm_up, last, every; /* steps */
    double decay;
} pal_adam_config;

pal_adam_config pal_adam_defaults(void);

/* Learning rate of step t (from 1). */
double pal_adam_rate(const pal_adam_config *config, uint64_t t);

/* What a step needs to know, made once a step. */
typedef struct pal_adam_step {
    float rate, beta1, beta2, epsilon, keep, correct1, correct2, scale;
} pal_adam_step;

/* t counts from 1; scale multiplies every gradient (clipping). */
pal_adam_step pal_adam_begin(const pal_adam_config *config, uint64_t t, double scale);

/*
 * One step on n values with first and second moments m, v:
 *   m = b1 m + (1 - b1) g,  v = b2 v + (1 - b2) g^2,
 *   value = value (1 - rate decay) - rate (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + epsilon).
 * Source: Kingma and Ba, ICLR 2015; Loshchilov and Hutter, ICLR 2019. Element-wise: exact grade.
 */
void pal_adam_apply(float *value, float *m, float *v, const float *gradient, size_t n, const pal_adam_step *step);

/* Factor that brings a gradient of this squared length to config->clip; 1 when it is short enough or clip is 0. */
double pal_adam_clip(const pal_adam_config *config, double squared_length);

#endif
