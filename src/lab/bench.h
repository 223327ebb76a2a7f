/* Benchmarks: how fast slates are served, people simulated, catalogs loaded. Wall-clock only, never part of results. */
#ifndef PAL_LAB_BENCH_H
#define PAL_LAB_BENCH_H

#include "core/error.h"
#include "lab/experiment.h"

#include <stddef.h>
#include <stdint.h>

/* Slates of one stage, served one by one on one thread to people with matured profiles. */
typedef struct pal_bench_slate {
    const char *stage;       /* static                                                    */
    size_t people, items;
    double tastes;           /* mean number of learned tastes with confidence above 0     */
    size_t slates;           /* timed                                                     */
    double per_s;            /* slates a second: slates / sum of their times              */
    double median_us, p95_us;
} pal_bench_slate;

/*
 * Let the progressive policy serve the experiment's people for its rounds, then time `serve` of each stage in the
 * registry (or the one named `only`) over all people, `passes` times. Stages learn from every round's feedback.
 * The experiment must come from pal_bench_experiment: one arm a stage, in registry order.
 *
 *   row   out  pal_stage_count() rows, *n of them filled
 *   PAL_ERR_USAGE  `only` is no stage
 */
PAL_MUST_USE pal_status pal_bench_slates(pal_bench_slate *row, size_t *n, const pal_experiment *experiment,
                                         const char *only, size_t passes, pal_error *err);

/* The simulator alone: random stage, the experiment's people and response model. */
typedef struct pal_bench_sim {
    size_t threads;
    uint64_t impressions;
    double seconds, per_s;
} pal_bench_sim;

/* Serve, answer and learn for the experiment's rounds; the first tenth of them is not timed. */
PAL_MUST_USE pal_status pal_bench_simulate(pal_bench_sim *row, const pal_experiment *experiment, size_t n_threads,
                                           pal_error *err);

/* A catalog loaded or generated whole: median seconds of `passes`. */
typedef struct pal_bench_catalog {
    bool synthetic;
    uint64_t rows; /* of the CSV; items when synthetic */
    size_t items;
    double seconds, per_s;
} pal_bench_catalog;

PAL_MUST_USE pal_status pal_bench_load(pal_bench_catalog *row, const pal_experiment *experiment, size_t passes,
                                       pal_error *err);

/*
 * An experiment for benchmarks: every registered stage is an arm under its own name with its defaults, no probe.
 * csv NULL: a synthetic catalog of `items`; layout NULL: the importer's default. Caller owns *out.
 */
typedef struct pal_bench_setup {
    const char *csv, *layout;
    size_t items, people, rounds;
} pal_bench_setup;
PAL_MUST_USE pal_status pal_bench_experiment(pal_experiment **out, const pal_bench_setup *setup, pal_error *err);

#endif
