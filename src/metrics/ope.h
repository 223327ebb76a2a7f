/*
 * Off-policy evaluation: what another policy would have earned, judged from the log of the one that ran.
 *
 * A row is one decision: the logging policy drew an action with a known chance (its propensity) and saw a reward.
 * Every estimator here is a ratio of two sums over rows, sum num / sum den, so all share one interval by people.
 */
#ifndef PAL_METRICS_OPE_H
#define PAL_METRICS_OPE_H

#include "core/error.h"
#include "metrics/interval.h"

#include <stddef.h>
#include <stdint.h>

/* With w = target / logged, r the reward, q the model's reward of the action taken, v the model's mean under the target: */
typedef enum pal_ope_kind {
    PAL_OPE_IPS,     /* mean of w r                                  Horvitz and Thompson 1952              */
    PAL_OPE_CLIPPED, /* mean of min(w, clip) r                       Ionides 2008                           */
    PAL_OPE_SNIPS,   /* sum w r / sum w                              Swaminathan and Joachims, NIPS 2015    */
    PAL_OPE_DM,      /* mean of v: the direct method. Its interval takes the model as given and knows nothing of its error */
    PAL_OPE_DR,      /* mean of v + w (r - q)                        Dudik, Langford, Li, ICML 2011         */
    PAL_OPE_SWITCH,  /* as DR, w = 0 where w > switch_at             Wang, Agarwal, Dudik, ICML 2017        */
    PAL_OPE_SHRUNK,  /* as DR, shrink w / (w^2 + shrink) for w       Su et al., ICML 2020 ("DRos")          */
    PAL_OPE_KINDS
} pal_ope_kind;

/* Name in results ("ips", "dr" ...) and one line of meaning; static. */
const char *pal_ope_name(pal_ope_kind kind);
const char *pal_ope_meaning(pal_ope_kind kind);
/* Does it need q and v? */
bool pal_ope_needs_model(pal_ope_kind kind);

typedef struct pal_ope_rows { /* all borrowed */
    const double *reward;   /* n, finite                                                                  */
    const double *logged;   /* n, chance of the logged action under the logging policy; (0, 1]             */
    const double *target;   /* n, chance of the same action under the policy judged; [0, 1]                */
    const double *q;        /* n, model's reward of the logged action, fitted without this row; or NULL    */
    const double *v;        /* n, model's mean reward under the target in this row's context; or NULL      */
    const uint32_t *person; /* n, < n_people: rows of a person are not independent; NULL: a row a person   */
    size_t n, n_people;     /* n_people is n when person is NULL                                           */
} pal_ope_rows;

typedef struct pal_ope_config {
    double clip;      /* largest weight of PAL_OPE_CLIPPED; > 0               */
    double switch_at; /* largest weight PAL_OPE_SWITCH corrects with; >= 0    */
    double shrink;    /* lambda of PAL_OPE_SHRUNK; >= 0: 0 is DM, inf is DR   */
    double level;     /* of the normal interval; (0, 1)                       */
} pal_ope_config;

pal_ope_config pal_ope_defaults(void); /* 10, 10, 100, 0.95 */

/* How far the log can speak for the target. */
typedef struct pal_ope_overlap {
    double ess;         /* (sum w)^2 / sum w^2 in rows (Kish 1965); 0 when no row has a weight */
    double mean_weight; /* near 1 when the propensities are right and the target is covered    */
    double most_weight;
    double zero_share;  /* rows whose action the target never takes                            */
    double clipped_share; /* rows above config.clip                                            */
} pal_ope_overlap;

typedef struct pal_ope_estimate {
    pal_interval normal; /* value +- z se, se from the linearised ratio over people (n - 1 below); n = people */
    pal_interval boot;   /* percentile bootstrap over people; lo, hi, se NaN without resamples                */
} pal_ope_estimate;

/*
 * PAL_ERR_SHAPE  no row, or n_people is not n without `person`
 * PAL_ERR_DATA   a value outside the ranges above, or a weight above 1e100; the text names row (from 0) and what was found
 */
PAL_MUST_USE pal_status pal_ope_check(const pal_ope_rows *rows, pal_error *err);

/* The two terms of one row of checked rows; the estimate is sum num / sum den. */
void pal_ope_term(double *num, double *den, pal_ope_kind kind, const pal_ope_rows *rows, size_t row,
                  const pal_ope_config *config);

/*
 * One estimate with both intervals. boot (NULL: no bootstrap) holds n_people people. Exact, on one thread.
 *   PAL_ERR_SHAPE   as pal_ope_check; q or v is NULL for a kind that needs them; boot of another size
 *   PAL_ERR_DATA    as pal_ope_check, or a config outside its ranges
 *   PAL_ERR_MEMORY
 * Oracles: tests/metrics/test_ope.c (every log of a small problem enumerated; coverage over seeds).
 */
PAL_MUST_USE pal_status pal_ope_estimate_value(pal_ope_estimate *out, pal_ope_kind kind, const pal_ope_rows *rows,
                                               const pal_ope_config *config, const pal_boot *boot, pal_error *err);

/* The same from people's sums of any terms (n_people each, den >= 0), for slates and what else has the shape. */
PAL_MUST_USE pal_status pal_ope_from_sums(pal_ope_estimate *out, const double *num, const double *den,
                                          size_t n_people, double level, const pal_boot *boot, pal_error *err);

/* Overlap of checked rows. */
pal_ope_overlap pal_ope_overlap_of(const pal_ope_rows *rows, const pal_ope_config *config);

/*
 * Choose clip, switch_at and shrink from the rows themselves: of a geometric grid, the value with the least estimated
 * mean squared error, that is variance of the estimate + (mean of (w - weight used) (r - q))^2; q = 0 for the clip. A
 * tie takes the larger value, the one nearer to no bias. switch_at and shrink stay as they are without a model.
 *   PAL_ERR_SHAPE, PAL_ERR_DATA  as pal_ope_check
 * Source: Su et al., ICML 2020, section 5, with their direct estimate of the bias. What is chosen depends on the
 * rewards, so an interval around the tuned estimate is somewhat too narrow.
 */
PAL_MUST_USE pal_status pal_ope_tune(pal_ope_config *config, const pal_ope_rows *rows, pal_error *err);

#endif
