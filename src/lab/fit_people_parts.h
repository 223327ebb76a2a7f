/* Inside of lab/fit_people.h: the problem as a function of points in the unit cube. */
#ifndef PAL_LAB_FIT_PEOPLE_PARTS_H
#define PAL_LAB_FIT_PEOPLE_PARTS_H

#include "core/progress.h"
#include "lab/fit_people.h"

typedef struct pal_fit_problem {
    const pal_fit_request *request;
    size_t n_params;
    pal_fit_param param[PAL_FIT_MOST_PARAMS];
    size_t arm;
    uint64_t seed;
    pal_catalog **catalog;      /* one a world of the search             */
    size_t n_catalogs;
    double weight[PAL_MOMENTS]; /* by place in targets                   */
    size_t evaluations;
    pal_progress progress;      /* a step a simulated world               */
} pal_fit_problem;

/* Read the parameters' names and ranges against the base experiment. */
PAL_MUST_USE pal_status pal_fit_read_params(pal_fit_problem *p, const pal_experiment *base, pal_error *err);
/* Where a value lies in its range, 0..1, and back (with four digits, so that presets hold what was simulated). */
double pal_fit_to_unit(const pal_fit_param *param, double value);
double pal_fit_from_unit(const pal_fit_param *param, double x);

/*
 * The statistics of one world at a point: values in the order of targets, NaN where the world cannot tell (nobody is
 * left, a rate without rows).
 *   catalog  of that seed, or NULL to make it
 */
PAL_MUST_USE pal_status pal_fit_world(double *value, pal_fit_problem *p, const double *x, uint64_t seed,
                                      const pal_catalog *catalog, size_t people, pal_error *err);

/* Means over the worlds of the search, and the weighted sum of squares; INFINITY where a target has no value. */
PAL_MUST_USE pal_status pal_fit_evaluate(double *misfit, double *value, pal_fit_problem *p, const double *x, pal_error *err);
double pal_fit_misfit(const pal_fit_problem *p, const double *value);

/* The search: x is the start and becomes the best point. */
PAL_MUST_USE pal_status pal_fit_search(double *x, pal_fit_problem *p, pal_error *err);

/* d value / d x by secants of `step`, n_targets x n_params; inner secants of both sides where `both`. */
PAL_MUST_USE pal_status pal_fit_secants(double *jacobian, pal_fit_problem *p, const double *x, const double *value, double step,
                                        bool both, pal_error *err);

/* Standard errors and flat directions, from the statistics of `n` fresh worlds (n x n_targets). */
PAL_MUST_USE pal_status pal_fit_errors(pal_fit_result *out, pal_fit_problem *p, const double *x, const double *fresh, size_t n,
                                       pal_error *err);

#endif
