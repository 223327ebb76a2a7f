/* The people of finished runs, read back from users.csv for comparisons between arms and runs. */
#ifndef PAL_LAB_COMPARE_READ_H
#define PAL_LAB_COMPARE_READ_H

#include "core/error.h"
#include "core/hash.h"

#include <stdbool.h>
#include <stddef.h>

/* What can be compared: a ratio over people of two columns of users.csv, or the mean over people of one. */
typedef struct pal_people_metric {
    const char *name;
    const char *num, *den; /* columns; den NULL: a mean over the people who have a value */
    const char *meaning;   /* one line, for help and tables                              */
    int better;            /* +1 higher is better, -1 lower is, 0 neither                */
} pal_people_metric;

#define PAL_PEOPLE_METRICS 16
extern const pal_people_metric pal_people_metrics[PAL_PEOPLE_METRICS];
/* Index by name. PAL_ERR_USAGE with the nearest and all names when there is none. */
PAL_MUST_USE pal_status pal_people_metric_find(size_t *out, const char *name, pal_error *err);

/* One finished run. Values of arm a, metric m, person p stand at (a * PAL_PEOPLE_METRICS + m) * n_people + p; people
 * are numbered replicate * n_users + user. A person without a value has num 0 and den 0. */
typedef struct pal_run_people {
    char *dir, *label;         /* as given; its last part                                                     */
    char *name, *seed;         /* of the experiment                                                           */
    char config[PAL_HASH_HEX]; /* digest of the resolved config without its seed: equal for the seeds of one setting */
    char people[PAL_HASH_HEX]; /* digest of people.csv: equal when the same people were met                   */
    char digest[PAL_HASH_HEX]; /* of the run                                                                  */
    size_t n_replicates, n_users, n_people;
    size_t n_arms, baseline;   /* baseline: index of the arm that the config names                            */
    char **arm;                /* names, in the order of the file                                             */
    double *num, *den;
    double *trait;             /* n_people: the column of people.csv that was asked for; NULL: none           */
} pal_run_people;

/*
 * Read manifest.json and users.csv of a run directory, and with `trait` (else NULL) that column of people.csv: what people
 * are before any arm meets them, such as like_bias.
 *   PAL_ERR_IO     a file is missing
 *   PAL_ERR_PARSE  a file is not JSON or CSV
 *   PAL_ERR_DATA   no run directory, a column is missing, a field is no number, or arms that do not have one row a
 *                  person in order; the text names file and row
 */
PAL_MUST_USE pal_status pal_run_people_load(pal_run_people **out, const char *dir, const char *trait,
                                            pal_error *err);
void pal_run_people_free(pal_run_people *run); /* accepts NULL */

/* Index of an arm by name, or SIZE_MAX. */
size_t pal_run_people_arm(const pal_run_people *run, const char *name);
/* Numerators and denominators of an arm and metric, n_people each. Borrowed. */
const double *pal_run_people_num(const pal_run_people *run, size_t arm, size_t metric);
const double *pal_run_people_den(const pal_run_people *run, size_t arm, size_t metric);

#endif
