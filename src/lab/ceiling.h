/* The best that any model could reach on labels whose true probabilities are known: expectations, free of luck. */
#ifndef PAL_LAB_CEILING_H
#define PAL_LAB_CEILING_H

#include <stddef.h>

typedef struct pal_ceiling {
    double auc;     /* expected pairs in the right order over expected pairs, the truth as score; NaN without pairs */
    double logloss; /* nat: expected weighted loss over expected weight, the truth as prediction; NaN for n = 0     */
} pal_ceiling;

/*
 *   p          in, reordered  n: P(label 1) of each row, 0..1; left in ascending order
 *   no_weight  in             weight of a row with label 0, one with label 1 weighs 1; > 0. A weighted loss is least not
 *                             at p but at p / (p + (1 - p) no_weight).
 * Oracles: tests/lab/test_ceiling.c (all labellings, a simulation).
 */
pal_ceiling pal_ceiling_of(double *p, size_t n, double no_weight);

#endif
