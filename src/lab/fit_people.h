/* Parameters of people and their answers from a real log's statistics: the method of simulated moments. */
#ifndef PAL_LAB_FIT_PEOPLE_H
#define PAL_LAB_FIT_PEOPLE_H

#include "core/json.h"
#include "lab/experiment.h"
#include "lab/realism_log.h"

#define PAL_FIT_MOST_PARAMS 16

/* A parameter that is fitted, searched on an even scale of its value or of its logarithm. */
typedef struct pal_fit_param {
    char path[64];            /* "people.activity_median", "response.like_base"                    */
    double lo, hi;            /* where it is searched                                              */
    bool log;
    double start, value;      /* of the base experiment; fitted                                    */
    double se;                /* sandwich; in the parameter's own unit                             */
    bool flat;                /* part of a flat direction: the moments do not tell it              */
    bool edge;                /* ended at an end of its range                                      */
} pal_fit_param;

/* A statistic to be met. */
typedef struct pal_fit_target {
    pal_moment moment;
    double value, se;         /* se >= 0                                                           */
    double lo, hi;            /* NaN when not known                                                */
} pal_fit_target;

typedef struct pal_fit_targets {
    size_t n;
    pal_fit_target at[PAL_MOMENTS];
    double users, items;      /* of the data, NaN when not known; choose the size of the simulated world */
    double least, sample, xmin; /* how the statistics were taken, NaN when not said                 */
    char name[128], source[512];
} pal_fit_targets;

/*
 * Targets from a JSON file: {"name", "source", "users", "items", "least", "sample", "xmin",
 * "moments": [{"name", "value", "se", "source"}, …]}; sizes may be missing.
 *   PAL_ERR_CONFIG  an unknown key or moment, a moment twice, a value that is none: named by its JSON path
 */
PAL_MUST_USE pal_status pal_fit_targets_load(pal_fit_targets *out, const char *path, pal_error *err);

/* Targets from a log's statistics: those listed that the log tells. wanted NULL: pal_fit_default_moments. */
void pal_fit_targets_from(pal_fit_targets *out, const pal_log_moments *moments, const pal_moment *wanted, size_t n_wanted);
extern const pal_moment pal_fit_default_moments[];
extern const size_t pal_fit_n_default_moments;

typedef struct pal_fit_request {
    const char *base, *base_name; /* the experiment as JSON, and its name in messages               */
    const pal_override *set;      /* applied to it                                                  */
    size_t n_set;
    const char *arm;              /* whose slates people meet; NULL: the first                      */
    pal_taken_as as;
    size_t least;                 /* people with fewer items are left out                           */
    pal_moments_config moments;   /* how statistics are taken; resamples are not used               */
    const pal_fit_targets *targets;
    bool is_log;                  /* targets are of one log: the worlds' own luck enters the errors */
    const char *const *param;     /* "PATH" or "PATH:LO:HI"; n_params 0: the usual ones             */
    size_t n_params;
    size_t people, check_people;  /* of a world of the search, and of a fresh one                   */
    size_t worlds, checks;        /* worlds (seeds) of the search; fresh ones; >= 1, >= 2           */
    size_t starts, evaluations;   /* points that are followed; simulations of all worlds at most    */
    double tolerance;             /* a moment need not be met closer than this share of its value   */
    size_t n_threads;
} pal_fit_request;

/* The usual sizes and settings; base and targets are the caller's. */
pal_fit_request pal_fit_defaults(void);

/* A statistic over fresh worlds. NaN where a world cannot tell. */
typedef struct pal_fit_seen {
    double mean, sd;  /* over worlds */
} pal_fit_seen;

typedef struct pal_fit_flat {
    double part[PAL_FIT_MOST_PARAMS]; /* unit vector, in shares of the parameters' ranges */
    double se;                        /* along it, in the same unit                       */
} pal_fit_flat;

typedef struct pal_fit_result {
    size_t n_params, n_flat, evaluations;
    pal_fit_param param[PAL_FIT_MOST_PARAMS];
    pal_fit_flat flat[PAL_FIT_MOST_PARAMS];
    pal_fit_seen before[PAL_MOMENTS], after[PAL_MOMENTS]; /* by pal_moment                        */
    double misfit_before, misfit_after; /* weighted sum of squares over the fresh worlds' means     */
    uint64_t seed;                      /* of the base experiment                                   */
    size_t n_rounds, n_slots, n_items;  /* of the simulated world                                   */
    char stage[64];                     /* of the arm                                               */
    char base_digest[PAL_HASH_HEX];
} pal_fit_result;

/*
 * Find the parameters whose simulated statistics lie nearest the targets: the weighted squared distance is least,
 * weights 1 / (se^2 + (tolerance * value)^2). The same seeds, and so the same draws, are used at every point. The
 * search looks at points spread over the ranges, follows the best by damped Gauss-Newton steps on secants, and ends with
 * Nelder and Mead's simplex. Standard errors are of the sandwich formula, with the covariance of the moments over fresh
 * worlds; directions along which they pass a quarter of a range count as flat.
 *   PAL_ERR_CONFIG   a parameter that does not exist or is no number, a range that is none, fewer targets than 1
 *   PAL_ERR_DATA     the base experiment gives no statistics to start from
 *   PAL_ERR_STOPPED, and what experiments and simulations give
 *
 * Sources: McFadden 1989; Gourieroux and Monfort, Simulation-based Econometric Methods, 1996, ch. 2 (sandwich);
 * Nelder and Mead 1965 with the coefficients of Gao and Han 2012.
 * Proven in tests/lab/test_fit_people.c: known parameters come back within the stated errors.
 */
PAL_MUST_USE pal_status pal_fit_people(pal_fit_result *out, const pal_fit_request *request, pal_error *err);

/* (mean - target) / sqrt(se^2 + sd^2 / checks). */
double pal_fit_distance(const pal_fit_target *target, const pal_fit_seen *seen, size_t checks);

/* Write the preset ("palate-preset/1"): "set" for `--preset`, and where it comes from. */
PAL_MUST_USE pal_status pal_fit_write_preset(const pal_fit_result *result, const pal_fit_request *request,
                                             const char *digest, const char *path, pal_error *err);
/* Write the directory of a report: manifest.json ("palate-fit-people/1"), moments.csv, parameters.csv. */
PAL_MUST_USE pal_status pal_fit_write_report(const pal_fit_result *result, const pal_fit_request *request,
                                             const char *digest, const char *dir, pal_error *err);

#endif
