/* Off-policy estimators against the simulator's exact value: many logs of one policy, each judged by every estimator. */
#ifndef PAL_LAB_OPE_TRUTH_H
#define PAL_LAB_OPE_TRUTH_H

#include "core/param.h"
#include "lab/experiment.h"
#include "lab/ope_rule.h"
#include "metrics/ope.h"
#include "metrics/ope_slate.h"

/* Parameter tables, for checking and for `palate ope --keys`. */
extern const pal_param pal_ope_study_params[];     /* top level                                */
extern const pal_param pal_ope_logging_params[];   /* "logging"                                */
extern const pal_param pal_ope_target_params[];    /* an entry of "targets"                    */
extern const pal_param pal_ope_estimator_params[]; /* an entry of "estimators"                 */

#define PAL_OPE_MOST_SLATES 10000 /* of a person: all are listed */
#define PAL_OPE_MOST_NAMED 32     /* targets, and estimators     */

typedef enum pal_ope_reward { PAL_OPE_CLICKS, PAL_OPE_LIKES } pal_ope_reward;

/* Where q and v of dm, dr and their kin come from; fitted on the log without the row's own fold of people. */
typedef enum pal_ope_guess {
    PAL_OPE_GUESS_LOGISTIC, /* of the policies' scores, popularity and the item's features              */
    PAL_OPE_GUESS_BOOSTED,  /* boosted trees of the same                                                */
    PAL_OPE_GUESS_MEAN,     /* the mean reward, whatever the item                                       */
    PAL_OPE_GUESS_WRONG,    /* logistic, mirrored around the mean: good items are taken for bad ones    */
    PAL_OPE_GUESSES
} pal_ope_guess;

/* A policy: a stage's scores of the candidates, made into chances by a rule. */
typedef struct pal_ope_policy {
    char *name;       /* unique among the targets; of the logging policy the arm's name */
    size_t arm;       /* of the experiment                                              */
    pal_ope_rule rule;
} pal_ope_policy;

typedef struct pal_ope_estimator {
    char *name;            /* unique                                                                */
    size_t kind;           /* < PAL_OPE_KINDS: pal_ope_kind; from there on pal_ope_slate_kind       */
    pal_ope_guess guess;   /* read when the kind needs a model                                      */
    pal_ope_config config; /* level included                                                        */
    bool tune;             /* choose clip, switch_at and shrink from the log (pal_ope_tune)         */
} pal_ope_estimator;

typedef struct pal_ope_study {
    pal_json_doc *doc;
    char *file;             /* name in messages                                          */
    pal_values *top;
    const char *name, *purpose;
    pal_experiment *experiment;
    char *experiment_name;  /* its file                                                  */
    uint64_t seed;          /* of contexts, actions, folds; answers have the experiment's */
    size_t warm_up, n_candidates, n_slots, n_logs, n_folds, resamples;
    double gaps, level;     /* gaps: share of the candidates the logging policy never shows */
    bool own;               /* logged by the stage's own draws, with the propensities it states: no rule, no gaps */
    pal_ope_reward reward;
    size_t n_sizes;
    size_t *size;           /* rows of a log, rising                                     */
    size_t n_targets;
    pal_ope_policy *policy; /* 0: logging; then the targets                              */
    size_t n_estimators;
    pal_ope_estimator *estimator;
} pal_ope_study;

/*
 * Load and check a study; the overrides are those of the command line, on the study's own keys.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO with the file and JSON path
 */
PAL_MUST_USE pal_status pal_ope_study_load(pal_ope_study **out, const char *path, const pal_override *overrides,
                                           size_t n_overrides, pal_error *err);
PAL_MUST_USE pal_status pal_ope_study_parse(pal_ope_study **out, const char *text, size_t n, const char *name,
                                            const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_ope_study_free(pal_ope_study *study); /* accepts NULL */

/* Name and meaning of an estimator's kind, and does it need a model? */
const char *pal_ope_any_name(size_t kind);
const char *pal_ope_any_meaning(size_t kind);
bool pal_ope_any_needs_model(size_t kind);
/* A model's name ("logistic" ...); static. */
const char *pal_ope_guess_name(pal_ope_guess guess);

/* What one estimator said of one target in one log. */
typedef struct pal_ope_said {
    double value, se, lo, hi; /* normal interval; NaN where undefined   */
    double boot_lo, boot_hi;  /* NaN without "resamples"                */
} pal_ope_said;

/* A mean over logs with its Monte-Carlo standard error. */
typedef struct pal_ope_mean {
    double value, se;
} pal_ope_mean;

/* An estimator over all logs. */
typedef struct pal_ope_record {
    size_t n;            /* logs in which it is defined                                                   */
    double mean;
    pal_ope_mean bias;   /* mean - truth                                                                  */
    pal_ope_mean sd, rmse;
    pal_ope_mean coverage, boot_coverage; /* share of intervals that hold the truth; NaN without any       */
    pal_ope_mean width, boot_width;       /* mean width of the intervals                                   */
} pal_ope_record;

/* How far the logs can speak for a target: means over logs, see pal_ope_overlap. */
typedef struct pal_ope_reach {
    pal_ope_mean ess, mean_weight, most_weight, zero_share;
} pal_ope_reach;

/* What is known without a log; NaN where the logging stage draws by itself ("own"): only the targets' values are known then. */
typedef struct pal_ope_known {
    double value;        /* exact mean reward of a decision (a slate: the sum over its slots)             */
    double unsupported;  /* share of the policy on slates the logging policy never shows                  */
    double mean_square;  /* mean of w^2 under the logging policy: rows / mean_square is about the ESS     */
    double most_weight;  /* largest w there can be                                                        */
} pal_ope_known;

typedef struct pal_ope_findings {
    size_t n_contexts;      /* people decisions were drawn from                                            */
    pal_ope_known *known;   /* 1 + n_targets, the logging policy first                                     */
    pal_ope_said *said;     /* n_logs x n_sizes x n_targets x n_estimators                                 */
    pal_ope_record *record; /* n_sizes x n_targets x n_estimators                                          */
    pal_ope_reach *reach;   /* n_sizes x n_targets                                                         */
} pal_ope_findings;

/*
 * Play the warm-up, freeze, draw the logs, judge. Everything is Exact: same bytes at any thread count.
 *   PAL_ERR_CONFIG   too few unseen items for the candidates
 *   PAL_ERR_STOPPED  interrupted; nothing is left behind
 *   others           from the experiment, its stages and the models
 * The caller clears *out.
 */
PAL_MUST_USE pal_status pal_ope_study_play(pal_ope_findings *out, const pal_ope_study *study, size_t n_threads,
                                           pal_error *err);
void pal_ope_findings_clear(pal_ope_findings *findings);

/*
 * Summary of n values against the truth: mean, bias, sd, root mean squared error, with Monte-Carlo errors. Values that are
 * NaN are passed over. Errors by the delta method: of sd from the fourth moment, of rmse from the squares' spread.
 */
void pal_ope_summarise(pal_ope_record *out, const pal_ope_said *said, size_t n, size_t stride, double truth);

typedef struct pal_ope_study_summary {
    size_t n_estimates;
    double wall_s;
    char digest[PAL_HASH_HEX]; /* of the tables */
} pal_ope_study_summary;

/*
 * Play and write the directory whole or not at all: manifest.json ("palate-ope/1"), truth.csv, estimators.csv, overlap.csv,
 * estimates.csv and example_log.csv, the first log in Open Bandit's layout (columns: results/README.md).
 */
PAL_MUST_USE pal_status pal_ope_study_run(pal_ope_study_summary *summary, const pal_ope_study *study, const char *dir,
                                          size_t n_threads, pal_error *err);
struct pal_ope_scene;
struct pal_ope_sample;
/* The directory (called by pal_ope_study_run). */
PAL_MUST_USE pal_status pal_ope_study_write(char digest[PAL_HASH_HEX], const pal_ope_study *study,
                                            const pal_ope_findings *findings, const struct pal_ope_scene *scene,
                                            const struct pal_ope_sample *example, const char *dir, pal_error *err);

#endif
