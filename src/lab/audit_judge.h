/* How a protocol's order of models stands against the true one. */
#ifndef PAL_LAB_AUDIT_JUDGE_H
#define PAL_LAB_AUDIT_JUDGE_H

#include "lab/audit.h"
#include "metrics/interval.h"

/* Kendall's tau-b of n pairs of values; NaN when one side is all equal, or a value is NaN. */
double pal_audit_tau(const double *a, const double *b, size_t n);

/* One protocol in one world: n models' estimates and their true values. NaN anywhere in an estimate: all NaN. */
typedef struct pal_audit_order {
    double tau;       /* tau-b                                                                          */
    double reversed;  /* share of pairs that the truth orders and the estimate orders the other way; a tie of the estimate: half */
    double picked;    /* chance to pick the truly best model (ties of the estimate broken by chance)    */
    double regret;    /* true value of the best model minus that of the model picked                    */
    double tilt;      /* correlation of the estimates with `popularity` minus that of the truth with it */
} pal_audit_order;
pal_audit_order pal_audit_compare(const double *estimate, const double *truth, const double *popularity, size_t n);

/* Mean over n worlds (NaN ones are left out) with its Student t interval, cut to [least, most]. */
pal_interval pal_audit_mean(const double *x, size_t n, double level, double least, double most);
/* A share over n worlds, each 0..1, with Wilson's interval. */
pal_interval pal_audit_share(const double *x, size_t n, double level);

#endif
