/* Sweeps: one experiment at many settings and seeds, run by run through a cache, and the response surface. */
#ifndef PAL_LAB_SWEEP_H
#define PAL_LAB_SWEEP_H

#include "core/param.h"
#include "lab/compare_sides.h"
#include "lab/experiment.h"
#include "lab/run.h"

/* Parameter tables, for checking and for `palate sweep --keys`. */
extern const pal_param pal_sweep_params[];      /* top level                     */
extern const pal_param pal_sweep_vary_params[]; /* an entry of "vary"            */

#define PAL_SWEEP_MAX_POINTS 10000
#define PAL_SWEEP_MAX_DIMS 16

/* One thing that is varied. */
typedef struct pal_sweep_dim {
    char *path;        /* as written: "people.contradiction", "arms.ranking.params.step" */
    char *set;         /* the same with arms by number                                   */
    size_t n_values;   /* 0: a range                                                     */
    char **value;      /* JSON texts                                                     */
    double min, max;   /* of a range                                                     */
    bool log, whole;   /* range: even on a log scale; rounded to whole numbers           */
    size_t steps;      /* range on a grid: values, ends included                         */
} pal_sweep_dim;

typedef enum pal_sweep_design { PAL_SWEEP_GRID, PAL_SWEEP_RANDOM, PAL_SWEEP_LATIN } pal_sweep_design;

typedef struct pal_sweep {
    pal_json_doc *doc;
    char *file;                /* name in messages                                   */
    pal_values *top;
    const char *name, *purpose;
    char *base, *base_name;    /* the experiment as JSON, "set" applied; its file    */
    pal_sweep_design design;
    size_t n_dims, n_points, n_seeds, n_metrics, n_arms, baseline;
    pal_sweep_dim *dim;
    char **setting;            /* n_points x n_dims: JSON texts                      */
    char **seed;               /* n_seeds: digits                                    */
    size_t *metric;            /* indices of pal_people_metrics                      */
    char **arm;
} pal_sweep;

/*
 * Load and check a sweep file; every point's experiment is checked, so that nothing fails half-way for a bad value.
 * "arms.NAME.…" in a path finds the arm by name. Overrides are those of the command line, on the sweep's own keys.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO with the file and JSON path
 */
PAL_MUST_USE pal_status pal_sweep_load(pal_sweep **out, const char *path, const pal_override *overrides, size_t n_overrides,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_sweep_parse(pal_sweep **out, const char *text, size_t n, const char *name,
                                        const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_sweep_free(pal_sweep *sweep); /* accepts NULL */

/*
 * Lay out the points (called by pal_sweep_parse). Grid: all combinations, the last path fastest. Random: `points`
 * independent draws. Latin hypercube (McKay, Beckman, Conover 1979): each path's range is cut into `points` equal parts
 * and every part is hit once, in an order of its own. Draws are keyed by (design seed, path, point): adding a path leaves
 * the others' values as they are.
 */
PAL_MUST_USE pal_status pal_sweep_design_points(pal_sweep *sweep, pal_error *err);

/* The experiment at a point with one of the seeds. Caller frees *out. */
PAL_MUST_USE pal_status pal_sweep_experiment(pal_experiment **out, const pal_sweep *sweep, size_t point, size_t seed,
                                             pal_error *err);

typedef struct pal_sweep_options {
    const char *out_dir, *cache_dir;
    bool fresh;        /* run everything again, whatever the cache holds */
    size_t n_threads;
    const pal_run_keeping *keeping; /* of each run; NULL: no checkpoints */
} pal_sweep_options;

typedef struct pal_sweep_summary {
    size_t n_cells, n_computed; /* cells: point x seed x arm */
    double wall_s;
    char digest[PAL_HASH_HEX];  /* of points.csv and surface.csv */
} pal_sweep_summary;

/*
 * Run what the cache does not hold, then write the sweep's directory whole or not at all: manifest.json
 * ("palate-sweep/1"), points.csv and surface.csv (columns: results/README.md). Interrupted (PAL_ERR_STOPPED), finished cells
 * stay in the cache, with `keeping` also the one under way, and the same command goes on there; same bytes as without
 * interruption.
 */
PAL_MUST_USE pal_status pal_sweep_run(pal_sweep_summary *summary, const pal_sweep *sweep, const pal_sweep_options *options,
                                      pal_error *err);

/* One row of surface.csv. */
typedef struct pal_sweep_row {
    size_t point, arm, metric;
    pal_interval value;     /* BCa over people                                              */
    pal_sides_result r;     /* against the baseline at the same point; undefined for itself */
    double p_adjusted;
    bool compared, significant;
} pal_sweep_row;
/* Write the directory (called by pal_sweep_run). */
PAL_MUST_USE pal_status pal_sweep_write(char digest[PAL_HASH_HEX], const pal_sweep *sweep, const pal_sweep_row *row,
                                        size_t n_rows, const char *dir, pal_error *err);

#endif
