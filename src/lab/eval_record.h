/* What an evaluation keeps: each model's people over all replicates, tries of searches, times. */
#ifndef PAL_LAB_EVAL_RECORD_H
#define PAL_LAB_EVAL_RECORD_H

#include "data/interactions_build.h"
#include "lab/eval_score.h"

/* One model. A person is the unit of every interval, so replicates are summed into the person. */
typedef struct pal_eval_record {
    double *sum;      /* n_people x n_columns: over the replicates in which the value is defined  */
    uint8_t *count;   /* n_people x n_columns: how many those are                                 */
    double *mean;     /* n_replicates x n_columns: mean over people; NaN when undefined for all   */
    uint32_t *list;   /* n_replicates x n_people x k_max: items, UINT32_MAX where there is none   */
    float *score;     /* n_people x k_max: of the first replicate's list                          */
} pal_eval_record;

typedef struct pal_eval_try { /* a row of search.csv */
    size_t model;
    uint32_t replicate;
    size_t setting;
    double value;     /* mean over people of the metric that decides */
    bool kept;
    char *params;     /* owned: the tried values as one line of JSON */
    double fit_s, score_s;
} pal_eval_try;

typedef struct pal_eval_time { /* of the model that was kept */
    double search_s, fit_s, score_s;
} pal_eval_time;

/* An evaluation under way. */
typedef struct pal_eval {
    const pal_eval_config *config;
    size_t n_threads;
    pal_interactions *log;
    pal_interactions_report report;
    pal_csr *genres;            /* or NULL */
    pal_split **split;          /* one a replicate */
    size_t n_people;            /* with something in a test part of any replicate */
    uint32_t *person;           /* n_people: of the log, ascending */
    uint32_t *place;            /* log->n_users: into person, UINT32_MAX for the others */
    uint32_t *own, *wanted;     /* n_people: items in the first replicate */
    size_t n_columns, k_max;
    pal_eval_record *record;    /* one a model */
    pal_eval_time *time;        /* n_models x n_replicates */
    char **kept_params;         /* n_models x n_replicates: parameters used, as one line of JSON; owned */
    pal_eval_try *tries;
    size_t n_tries;             /* filled so far */
} pal_eval;

/* Data, splits, and room for everything. Clear it with pal_eval_clear, also after an error. */
PAL_MUST_USE pal_status pal_eval_open(pal_eval *eval, const pal_eval_config *config, size_t n_threads, pal_error *err);
void pal_eval_clear(pal_eval *eval);

/* Add a replicate's scores of a model. */
void pal_eval_record_add(pal_eval *eval, size_t model, uint32_t replicate, const pal_eval_view *view,
                         const pal_eval_scores *scores);

/* Mean over people of a column, people without a value left out; NaN when nobody has one. */
double pal_eval_mean(const pal_eval_scores *scores, size_t column);

#endif
