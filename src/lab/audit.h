/* Audits: what an offline evaluation on a log would have concluded, protocol by protocol, against what is true. */
#ifndef PAL_LAB_AUDIT_H
#define PAL_LAB_AUDIT_H

#include "core/hash.h"
#include "core/param.h"
#include "lab/experiment.h"
#include "models/recommender.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_AUDIT_NAME 64      /* bytes of a protocol's or metric's name */
#define PAL_AUDIT_MOST 32      /* models, splits, views, arms, seeds     */
#define PAL_AUDIT_MOST_CURVE 16
#define PAL_AUDIT_MOST_CELLS ((size_t)1 << 27) /* people x items         */

/* Parameter tables, for checking and for `palate audit --keys`. */
extern const pal_param pal_audit_params[], pal_audit_view_params[], pal_audit_split_params[], pal_audit_model_params[];

/* Of a list of k, or of the whole ranking. What "true" means for each: pal_audit_truth_person. */
typedef enum pal_audit_metric {
    PAL_AUDIT_NDCG, PAL_AUDIT_RECALL, PAL_AUDIT_HIT, PAL_AUDIT_AUC, PAL_AUDIT_MRR,
    PAL_AUDIT_LIKES,  /* likes of the list over k: precision */
    PAL_AUDIT_METRICS
} pal_audit_metric;
typedef struct pal_audit_measure {
    const char *name, *meaning, *truth; /* the latter: with every unseen item labelled by its chance */
    bool of_list;                       /* "@k" belongs to the name */
} pal_audit_measure;
extern const pal_audit_measure pal_audit_measures[PAL_AUDIT_METRICS];
/* "ndcg@10", "auc"; returns name. */
const char *pal_audit_metric_name(char name[PAL_AUDIT_NAME], pal_audit_metric metric, size_t k);

/* What a held-out like has to stand against. */
typedef enum pal_audit_candidates {
    PAL_AUDIT_FULL,    /* every item that was not shown in the training part               */
    PAL_AUDIT_UNIFORM, /* a sample of those, with replacement, all alike                   */
    PAL_AUDIT_POPULAR, /* … by their likes in the training part                            */
    PAL_AUDIT_EXPOSED  /* what was shown in the test part and not liked                    */
} pal_audit_candidates;
typedef enum pal_audit_label {
    PAL_AUDIT_AS_FOUND,   /* a like counts 1                                                                     */
    PAL_AUDIT_IPS,        /* 1 / (logged propensity x share of looks at that slot), self-normalised within a person; */
                          /* "likes": the estimator of lab/audit_rank.h                                          */
    PAL_AUDIT_POPULARITY  /* (1 + the item's likes in the training part)^-discount: Steck, RecSys 2011           */
} pal_audit_label;

typedef struct pal_audit_view {
    char name[PAL_AUDIT_NAME];
    pal_audit_candidates candidates;
    pal_audit_label label;
    size_t negatives;
    bool corrected; /* Krichene and Rendle, KDD 2020: least squares estimate of the unsampled metric */
} pal_audit_view;

typedef struct pal_audit_split {
    const char *name;
    pal_values *own, *values; /* pal_audit_split_params, pal_split_params */
    char path[32];
} pal_audit_split;

typedef struct pal_audit_model {
    const char *name;
    const pal_rec_type *type;
    pal_values *values, *params;
} pal_audit_model;

typedef struct pal_audit {
    pal_json_doc *doc;
    char *file;                  /* name in messages                                          */
    pal_values *top;
    const char *name, *purpose;
    char *base, *base_name;      /* the experiment as JSON, and where it came from            */
    size_t n_seeds;
    pal_experiment *experiment[PAL_AUDIT_MOST]; /* one a seed                                 */
    size_t n_logs, log[PAL_AUDIT_MOST];         /* arms that log                              */
    size_t log_rounds, serve_rounds, k, resamples;
    double level, discount;
    bool exact;
    size_t n_models, n_splits, n_views, n_metrics, n_curve;
    pal_audit_model model[PAL_AUDIT_MOST];
    pal_audit_split split[PAL_AUDIT_MOST];
    pal_audit_view view[PAL_AUDIT_MOST];
    pal_audit_metric metric[PAL_AUDIT_METRICS]; /* the first one leads the report             */
    size_t curve[PAL_AUDIT_MOST_CURVE];         /* negatives, ascending                       */
} pal_audit;

/*
 * Load and check an audit file. Overrides are those of the command line, on the audit's own keys.
 *   PAL_ERR_CONFIG, PAL_ERR_PARSE, PAL_ERR_IO with the file and JSON path
 */
PAL_MUST_USE pal_status pal_audit_load(pal_audit **out, const char *path, const pal_override *overrides, size_t n_overrides,
                                       pal_error *err);
PAL_MUST_USE pal_status pal_audit_parse(pal_audit **out, const char *text, size_t n, const char *name,
                                        const pal_override *overrides, size_t n_overrides, pal_error *err);
void pal_audit_free(pal_audit *audit); /* accepts NULL */

static inline size_t pal_audit_protocols(const pal_audit *audit)
{
    return audit->n_splits * audit->n_views;
}
/* Protocol p is view p % n_views of split p / n_views: "time, full". Returns name. */
const char *pal_audit_protocol_name(char name[2 * PAL_AUDIT_NAME], const pal_audit *audit, size_t protocol);

typedef struct pal_audit_summary {
    size_t n_people, n_items, n_protocols, n_fits;
    double wall_s;
    char digest[PAL_HASH_HEX]; /* of the four tables */
} pal_audit_summary;

/*
 * Play the logs, fit, judge, serve, and write the directory whole or not at all: manifest.json ("palate-audit/1"), audit.csv,
 * truth.csv, protocols.csv and sampled.csv (columns: results/README.md). Same bytes for any n_threads >= 1.
 *   PAL_ERR_STOPPED when interrupted; nothing is written then
 */
PAL_MUST_USE pal_status pal_audit_run(pal_audit_summary *summary, const pal_audit *audit, const char *out_dir,
                                      size_t n_threads, pal_error *err);

#endif
