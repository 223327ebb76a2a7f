/* Measures as ratios over people: numerator and denominator of each person, over the run or round by round. */
#ifndef PAL_LAB_COLUMNS_H
#define PAL_LAB_COLUMNS_H

#include "lab/record.h"

/* What measures need besides the record of the arm. */
typedef struct pal_people_set {
    const pal_lab_people *const *world; /* one a replicate */
    size_t n_replicates, n_users;       /* users of one    */
    const pal_catalog *catalog;
} pal_people_set;

typedef struct pal_column {
    const char *name;   /* metric name (metrics/metric.h) */
    bool by_round;      /* also measured round by round   */
    bool compared;      /* stands in the comparisons with the baseline */
    bool probe_only;    /* round by round on probe rounds only */
    /* Over the run: num and den of every person. NULL: this metric has no form over the run. */
    pal_status (*run)(double *num, double *den, const pal_record *r, const pal_people_set *set, pal_error *err);
    /* In round t (a probe index when probe_only): num and den of every person, at stride `step`. */
    void (*round)(double *num, double *den, size_t step, const pal_record *r, size_t t);
} pal_column;

size_t pal_column_count(void);
const pal_column *pal_column_at(size_t i);

/* True tastes of a person (at the start): count, and weight of taste t. */
size_t pal_set_tastes(const pal_people_set *set, size_t person);
double pal_set_weight(const pal_people_set *set, size_t person, size_t taste);

#endif
