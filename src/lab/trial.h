/* Trials: an A/B test and interleaving played inside the simulator, against the truth that only a simulator has. */
#ifndef PAL_LAB_TRIAL_H
#define PAL_LAB_TRIAL_H

#include "core/param.h"
#include "lab/experiment.h"

#include <stdbool.h>

/* Parameter table, for checking and for `palate trial --keys`. */
extern const pal_param pal_trial_params[];

/* What is measured: a number a person and round, added up over the slots shown. A person who is absent has 0, so that
 * every person has a value in every arm and nobody drops out of a mean. */
typedef enum pal_trial_metric {
    PAL_TRIAL_LIKES, PAL_TRIAL_CLICKS, PAL_TRIAL_DISLIKES, PAL_TRIAL_SKIPS, PAL_TRIAL_EXPECTED, PAL_TRIAL_PRESENCE,
    PAL_TRIAL_METRICS
} pal_trial_metric;
typedef struct pal_trial_measure {
    const char *name, *meaning;
    int better;      /* +1 higher is better, -1 lower is */
} pal_trial_measure;
extern const pal_trial_measure pal_trial_measures[PAL_TRIAL_METRICS];

/* What the two arms learn from while a test runs. */
typedef enum pal_trial_feedback {
    PAL_TRIAL_ISOLATED, /* a person gets what the full run of their arm gave them: no interference, no run of its own */
    PAL_TRIAL_OWN,      /* each arm learns from its own people                                                        */
    PAL_TRIAL_SHARED,   /* both arms learn from everybody, as on a platform with one log                              */
    PAL_TRIAL_FEEDBACKS
} pal_trial_feedback;
extern const char *const pal_trial_feedback_names[PAL_TRIAL_FEEDBACKS];

typedef enum pal_trial_method {
    PAL_TRIAL_PAIRED,       /* everyone in both arms with the same luck: the truth                        */
    PAL_TRIAL_AB,           /* difference of means, Welch's interval                                      */
    PAL_TRIAL_CUPED,        /* … less what the same metric was before the arms parted                     */
    PAL_TRIAL_CUPED_ORACLE, /* … less what the oracle could have earned at that moment                    */
    PAL_TRIAL_STRATIFIED,   /* difference within strata of the earlier period; stratified allocation only */
    PAL_TRIAL_SEQUENTIAL,   /* pairs in order of arrival, always-valid interval                           */
    PAL_TRIAL_INTERLEAVED,  /* team draft: credit of the treatment's slots minus the control's            */
    PAL_TRIAL_METHODS
} pal_trial_method;
extern const char *const pal_trial_method_names[PAL_TRIAL_METHODS], *const pal_trial_method_labels[PAL_TRIAL_METHODS];

typedef struct pal_trial {
    pal_json_doc *doc;
    char *file;               /* name in messages                                        */
    pal_values *top;
    const char *name, *purpose;
    char *base_name;          /* where the experiment came from                          */
    pal_experiment *experiment; /* with "set" applied; one replicate                     */
    size_t control, treatment;  /* arms; the same one twice makes an A/A trial           */
    uint64_t seed;            /* of allocations, coins and losses                        */
    size_t n_metrics, metric[PAL_TRIAL_METRICS];
    bool feedback[PAL_TRIAL_FEEDBACKS];
    bool follow_all;          /* listeners of both arms follow everybody's plays, not those of their own arm's people   */
    size_t pre_rounds;        /* everyone is served by the control before the arms part  */
    size_t repeats, runs, interleavings;
    double share, enrol, lose, level, power;
    bool stratified;
    size_t strata, start;
} pal_trial;

/*
 * Load and check a trial file. Overrides are those of the command line, on the trial's own keys.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO with the file and JSON path
 */
PAL_MUST_USE pal_status pal_trial_load(pal_trial **out, const char *path, const pal_override *overrides, size_t n_overrides,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_trial_parse(pal_trial **out, const char *text, size_t n, const char *name,
                                        const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_trial_free(pal_trial *trial); /* accepts NULL */

typedef struct pal_trial_summary {
    size_t n_people, n_plays; /* plays: runs of the whole experiment made */
    double wall_s;
    char digest[PAL_HASH_HEX]; /* of the four tables */
} pal_trial_summary;

/*
 * Play the trial and write its directory whole or not at all: manifest.json ("palate-trial/1"), truth.csv, estimates.csv,
 * methods.csv and sequence.csv (columns: results/README.md). Same bytes for any n_threads >= 1.
 *   PAL_ERR_STOPPED when interrupted; nothing is written then
 */
PAL_MUST_USE pal_status pal_trial_run(pal_trial_summary *summary, const pal_trial *trial, const char *out_dir,
                                      size_t n_threads, pal_error *err);

#endif
