/* Judge a policy from a log: its chances, a model of the reward, all estimators with intervals. */
#ifndef PAL_LAB_OPE_JUDGE_H
#define PAL_LAB_OPE_JUDGE_H

#include "core/error.h"
#include "lab/ope_log.h"
#include "metrics/ope.h"
#include "metrics/ope_slate.h"
#include "models/boost.h"

#include <stddef.h>
#include <stdint.h>

/* Where the target's chances come from. All but the column depend on the position alone, not on the person. */
typedef enum pal_ope_source {
    PAL_OPE_UNIFORM, /* every item of the log alike                                              */
    PAL_OPE_POLICY,  /* a CSV: item_id, probability and, unless it is one for all, position      */
    PAL_OPE_OTHER,   /* how often another log of the same layout shows each item at a position   */
    PAL_OPE_COLUMN   /* a column of the log: the target's chance of the logged item              */
} pal_ope_source;

typedef enum pal_ope_model { PAL_OPE_NO_MODEL, PAL_OPE_CELLS, PAL_OPE_BOOST } pal_ope_model;

typedef struct pal_ope_question {
    pal_ope_source source;
    const char *name;      /* file or column; NULL for uniform                                      */
    const char *person;    /* feature column that says whose row it is; NULL: a row a person        */
    const char *slate;     /* feature column: rows alike in it are one slate; NULL: no slate estimates */
    bool independent;      /* slots are filled independently by both policies: chances hold for a slot by itself */
    pal_ope_model model;   /* without PAL_OPE_COLUMN: there the chances of other items are not known */
    bool tune;             /* choose clip, switch_at and shrink by pal_ope_tune                      */
    pal_ope_config config;
    size_t resamples;      /* of the bootstrap; 0: none                                             */
    uint64_t seed;         /* of folds and resamples                                                */
    size_t n_threads;      /* no result depends on it                                               */
} pal_ope_question;

typedef struct pal_ope_answer {
    size_t n, n_people;
    pal_ope_config config;               /* as used                                                   */
    bool made[PAL_OPE_KINDS];            /* false: needs a model                                      */
    pal_ope_estimate estimate[PAL_OPE_KINDS];
    pal_ope_overlap overlap;
    pal_interval logged;                 /* mean reward of the log's own policy, normal interval      */
    pal_interval on_policy;              /* PAL_OPE_OTHER: mean reward of the other log; else NaN      */
    double uncovered;                    /* share of the target on items the log never shows at a position; NaN for a column */
    size_t n_slates, n_slots;            /* 0 without question.slate                                  */
    bool slate_made[PAL_OPE_SLATE_KINDS];
    pal_ope_estimate slate_estimate[PAL_OPE_SLATE_KINDS]; /* of the mean sum of rewards of a slate    */
} pal_ope_answer;

/*
 * The log gains the target's items that it never shows (numbers past its own), nothing else.
 *   PAL_ERR_DATA    a policy that does not sum to 1 at a position, unknown positions, a bad column, no target at a
 *                   position; a model asked for with PAL_OPE_COLUMN; PAL_OPE_BOOST with rewards other than 0 and 1
 *   others          from the files, the model and the estimators
 */
PAL_MUST_USE pal_status pal_ope_judge(pal_ope_answer *out, pal_ope_log *log, const pal_ope_question *question, pal_error *err);

/*
 * The slate estimates of one answer: every slate holds each position of the log once; positions that are numbers are
 * slots in that order, others in the order of the file. target and person are arrays of log->n.
 *   PAL_ERR_DATA  slates with other positions, or shown to two people; names the row
 */
PAL_MUST_USE pal_status pal_ope_judge_slates(pal_ope_answer *out, const pal_ope_log *log, const double *target,
                                             const uint32_t *person, size_t n_people, const pal_ope_question *question,
                                             pal_error *err);

/* The parts, for tests. chance: positions x items of the log afterwards; the caller pal_frees it. */
PAL_MUST_USE pal_status pal_ope_target_chances(double **chance, pal_interval *on_policy, pal_ope_log *log,
                                               const pal_ope_question *question, pal_error *err);
/* q and v (n each) of a boosted model of item, position and features (not column `without`; SIZE_MAX: all), a model a fold. */
PAL_MUST_USE pal_status pal_ope_boosted(double *q, double *v, const pal_ope_log *log, const double *chance,
                                        const uint32_t *fold, size_t n_folds, size_t without, uint64_t seed,
                                        size_t n_threads, pal_error *err);
/* Its trees: few leaves, slowly learned. */
pal_boost_config pal_ope_boost_settings(size_t n_threads);

#endif
