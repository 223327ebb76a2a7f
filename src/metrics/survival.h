/* Who is still here, how long people stay, and how likely the next round loses them. */
#ifndef PAL_METRICS_SURVIVAL_H
#define PAL_METRICS_SURVIVAL_H

#include <stddef.h>
#include <stdint.h>

/*
 * A person's `left` is the round at whose end they left for good, PAL_STILL_HERE when they did not. Everybody is watched from
 * the first round to the last, so nobody is lost to sight before the end: the Kaplan-Meier estimate then is the plain share
 * of people still here (Kaplan and Meier 1958; tests/metrics/test_survival.c holds the two together).
 */
#define PAL_STILL_HERE UINT32_MAX

/* here[p * n_rounds + t] = 1 when person p is still here after round t, else 0: their mean over people is the curve. */
void pal_survival_table(double *here, const uint32_t *left, size_t n_people, size_t n_rounds);

/* Rounds that a person was here for, of n_rounds: the round of leaving counts. Its mean over people is the restricted mean
 * lifetime, the area under the curve (Royston and Parmar 2013). */
double pal_rounds_lived(uint32_t left, size_t n_rounds);

/*
 * Add the rounds [from, to) of a person to a hazard, losses / sessions at risk: at risk in every round that they were here for
 * and turned up in, lost in the one at whose end they left. `present` has one entry a round from round 0 on; NULL: they turned
 * up in every round. Counted by sessions, people who come seldom are not safer for it.
 */
void pal_hazard_add(double *lost, double *at_risk, uint32_t left, const uint8_t *present, size_t from, size_t to);

/*
 * Ratio of the hazards of the exposed and the others, the same in all strata: sum lost_1 risk_0 / risk over sum lost_0 risk_1 /
 * risk, risk = risk_0 + risk_1 of the stratum. What differs between strata (how often people come, how many tastes they
 * have) then plays no part. NaN when nobody of the others was lost beside exposed ones. Source: Mantel and Haenszel's
 * estimator for person-time, Rothman and Boice 1979.
 */
double pal_rate_ratio(const double *lost_1, const double *risk_1, const double *lost_0, const double *risk_0, size_t n_strata);

#endif
