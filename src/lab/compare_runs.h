/* Comparisons between arms of several finished runs: who is set against whom, one family of p-values, the files. */
#ifndef PAL_LAB_COMPARE_RUNS_H
#define PAL_LAB_COMPARE_RUNS_H

#include "core/json.h"
#include "core/text.h"
#include "lab/compare_sides.h"

typedef struct pal_compare_request {
    const char *const *dir;    /* run directories, in the order of the command line                          */
    size_t n_dirs;
    const size_t *metric;      /* indices of pal_people_metrics                                               */
    size_t n_metrics;
    const char *reference;     /* arm of the first setting that all others are set against; NULL: see below    */
    const char *const *arm;    /* only these arms are set against it; n_arms 0: all                           */
    size_t n_arms;
    const char *trait;         /* column of people.csv that is taken out of unpaired differences; NULL: none   */
    bool holm;                 /* correction over all rows: Holm, else Benjamini-Hochberg                      */
    pal_sides_config sides;    /* its family is set here                                                       */
} pal_compare_request;

/* Runs with one config but for the seed are one setting. */
typedef struct pal_setting {
    const pal_run_people **run; /* n_runs; borrowed from the comparison */
    size_t n_runs;
    char *label;                /* the first run's directory, and how many seeds */
} pal_setting;

typedef struct pal_compare_row {
    size_t setting_a, setting_b;
    const char *arm_a, *arm_b;  /* borrowed from the runs */
    char *label_a, *label_b;    /* "arm", or "setting / arm" when there are several */
    pal_meeting meeting;
    size_t left_out;            /* runs without a partner of their seed */
    pal_sides_result r;
    double p_adjusted;
    bool significant;           /* p_adjusted <= 1 - level */
} pal_compare_row;

typedef struct pal_run_comparison {
    size_t n_runs, n_settings, n_rows;
    pal_run_people **run;
    pal_setting *setting;
    pal_compare_row *row;       /* by pair of arms, then metric */
    pal_text notes;             /* lines: what is paired with what, and what was left out */
} pal_run_comparison;

/*
 * Load the runs and compare. Without `reference`: one setting: every arm against the baseline of its config; several:
 * each arm against the arm of the same name in the first setting.
 *   PAL_ERR_USAGE  no directory; a reference or arm that no run has; one run given twice (also as two directories of
 *                  the same config and seed); nothing to compare
 *   and what loading and statistics give
 */
PAL_MUST_USE pal_status pal_compare_runs(pal_run_comparison **out, const pal_compare_request *request, pal_error *err);
void pal_run_comparison_free(pal_run_comparison *comparison); /* accepts NULL */

/* Members of one row, into the writer's open object. */
void pal_compare_row_json(pal_json_writer *w, const pal_compare_row *row);

/*
 * Write `dir` whole or not at all: manifest.json ("palate-compare/1": runs with their digests, settings of the
 * statistics) and comparisons.csv (results/README.md has the columns).
 */
PAL_MUST_USE pal_status pal_compare_write(const pal_run_comparison *comparison, const pal_compare_request *request,
                                          const char *dir, pal_error *err);

#endif
