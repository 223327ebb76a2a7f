/*
 * Elementary functions in plain double arithmetic: the same bytes on every 64-bit IEEE machine.
 * Nothing outside plots/ and the "same machine" parts may call libm's transcendental functions;
 * sqrt, fabs, floor, ceil are exact and fine.
 * Each is within 1 ulp of the true value where not said otherwise; tests/core/test_pmath.c holds them
 * against long double libm and GSL over millions of arguments.
 */
#ifndef PAL_CORE_PMATH_H
#define PAL_CORE_PMATH_H

#include <stddef.h>

double pal_exp(double x);              /* 0 below about -745, inf above about 709.8 */
double pal_expm1(double x);
double pal_log(double x);              /* -inf at 0, NaN below */
double pal_log1p(double x);
double pal_log2(double x);
double pal_pow(double x, double y);    /* x >= 0; within 2e-14 relative */
double pal_sin(double x);              /* |x| <= 1e6, NaN beyond */
double pal_cos(double x);
double pal_tanh(double x);
double pal_sigmoid(double x);          /* 1 / (1 + exp(-x)), no overflow, no cancellation */
double pal_logit(double p);            /* log(p / (1 - p)) */
double pal_softplus(double x);         /* log(1 + exp(x)), no overflow */
double pal_lgamma(double x);           /* x > 0; 1e-13 relative or absolute */
double pal_erf(double x);
double pal_normal_cdf(double x);       /* relative 1e-12 in both tails */
double pal_normal_quantile(double p);  /* 0 < p < 1; Wichura AS241, 1e-15 relative */
double pal_beta_inc(double a, double b, double x); /* regularised incomplete beta, 1e-12 */
double pal_student_cdf(double t, double df);      /* 1e-12 relative, in the lower tail too; df > 0, inf is the normal */
double pal_student_quantile(double p, double df); /* 1e-12 relative */

/* Fast float kernels for hot loops (exact grade too: plain float arithmetic in a fixed order). */
float pal_expf(float x);               /* 2 ulp; clamps to 0 (below FLT_MIN) and FLT_MAX */
float pal_logf(float x);               /* x > 0, 2 ulp; -inf at 0, NaN below */
float pal_sigmoidf(float x);           /* 3 ulp; 0 below about -87.3 */

/* The same over arrays of n, vectorised; each y[i] has the bytes of the scalar call. y may be x. */
void pal_expf_array(float *y, const float *x, size_t n);
void pal_logf_array(float *y, const float *x, size_t n);
void pal_sigmoidf_array(float *y, const float *x, size_t n);

#endif
