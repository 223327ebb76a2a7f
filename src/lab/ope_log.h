/* Logs of decisions with propensities: Open Bandit's CSV layout, and the events of a run, read and written. */
#ifndef PAL_LAB_OPE_LOG_H
#define PAL_LAB_OPE_LOG_H

#include "core/error.h"
#include "data/intern.h"

#include <stddef.h>
#include <stdint.h>

/* What the five columns are called; the others are features of the person. */
typedef struct pal_ope_layout {
    const char *timestamp; /* any text; NULL: rows have none                                    */
    const char *item, *position; /* any text                                                    */
    const char *click;     /* the reward: a number                                              */
    const char *propensity; /* chance of the item at the position under the logger; (0, 1]      */
    const char *arm;       /* column whose rows are kept only where it says `keep`; NULL: all   */
    const char *keep;
    const char *const *features; /* columns taken as features, NULL at the end; NULL: all that are left */
    const char *words;     /* a feature to take as text even where all are numbers: ids; NULL: none */
} pal_ope_layout;

/* timestamp, item_id, position, click, propensity_score (Saito et al., NeurIPS datasets 2021); a column without a
 * name, the row numbers of pandas, is passed over. */
extern const pal_ope_layout pal_ope_open_bandit;
/* events.csv of a run, rows of one arm: round, item, slot, clicked, propensity, features user and replicate. Set .keep. */
extern const pal_ope_layout pal_ope_run_events;

typedef struct pal_ope_feature { /* a column */
    char *name;
    bool numeric;       /* every field is a number, or empty               */
    pal_intern words;   /* the distinct texts of a column that is not      */
} pal_ope_feature;

typedef struct pal_ope_log { /* rows in the order of the file */
    char *path;
    size_t n, n_features;
    double *click, *propensity; /* n                                                                 */
    uint32_t *item, *position, *timestamp; /* n, numbers in the tables below; timestamp NULL without one */
    pal_intern items, positions, timestamps; /* in order of first appearance                          */
    pal_ope_feature *feature;   /* n_features                                                        */
    double *x;                  /* n x n_features: the number (NaN for an empty field), or the word's number */
} pal_ope_log;

/*
 * Read a log (`.gz` too). The file is read twice: once to size it and tell numbers from words.
 *   PAL_ERR_DATA   a column is missing, a click is no number, a propensity is not in (0, 1], no rows: names file,
 *                  line, column and what was found
 *   PAL_ERR_PARSE, PAL_ERR_IO  from the CSV reader
 *   PAL_ERR_MEMORY
 * Caller owns *out.
 */
PAL_MUST_USE pal_status pal_ope_log_load(pal_ope_log **out, const char *path, const pal_ope_layout *layout, pal_error *err);
void pal_ope_log_free(pal_ope_log *log); /* accepts NULL */

/* Write it in Open Bandit's layout, whole or not at all; without timestamps the row's number stands there. */
PAL_MUST_USE pal_status pal_ope_log_save(const pal_ope_log *log, const char *path, pal_error *err);

/* Index of a feature by name, or PAL_ERR_DATA with the names there are. */
PAL_MUST_USE pal_status pal_ope_log_feature(size_t *feature, const pal_ope_log *log, const char *name, pal_error *err);

#endif
