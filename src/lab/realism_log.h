/* Interaction logs for statistics: real ones, a run's, or a simulation's in memory, all in one shape. */
#ifndef PAL_LAB_REALISM_LOG_H
#define PAL_LAB_REALISM_LOG_H

#include "core/hash.h"
#include "lab/world.h"
#include "metrics/log_moments.h"

/* What a simulated person has to do to an item for it to stand in the log. */
typedef enum pal_taken_as { PAL_AS_CLICKED, PAL_AS_EXAMINED, PAL_AS_LIKED } pal_taken_as;
extern const char *const pal_taken_as_names[3]; /* "clicked", "examined", "liked" */

/* Owns the arrays that `log` points to. */
typedef struct pal_people_log {
    pal_moment_log log;
    double session_gap;        /* that belongs to its times: half an hour for real logs, 0 for rounds           */
    size_t left_out;           /* people with too few rows                                                      */
    uint64_t repeats;          /* rows that named a pair of person and item again                               */
    char digest[PAL_HASH_HEX]; /* of the real log, or of the run; empty for a simulation in memory              */
    char name[128];
} pal_people_log;

/* What is read of a real log. */
typedef struct pal_people_log_options {
    double like_at;            /* a value from here on is a like; 0: the log knows no likes                     */
    const char *genre;         /* item features named "genre=WORD" are its genres; "unknown" is none            */
    size_t least;              /* people with fewer rows are left out, as the data set itself may have done     */
} pal_people_log_options;

/* Likes from 4 up, "genre", nobody left out. */
pal_people_log_options pal_people_log_defaults(void);

/*
 * A real log; settings are those of pal_interactions_params (NULL: defaults), named "--set" in messages. Repeats are
 * counted, with the mean time between them, unless settings say what duplicates are. A log with one value only has no
 * likes. Caller frees *out.
 *   errors as pal_interactions_load; PAL_ERR_DATA when nobody has `least` rows
 */
PAL_MUST_USE pal_status pal_people_log_load(pal_people_log **out, const char *path, const pal_json *settings,
                                            const pal_people_log_options *options, pal_error *err);

/*
 * The events.csv of a run, or its events/, one arm (NULL: the only one) and replicate. A round is a session and a unit of time; an
 * item's one genre is its primary cluster (items.csv; without it there are none).
 *   PAL_ERR_IO    no events: the text says how a run writes them
 *   PAL_ERR_DATA  no such arm, several arms and none named, no row left
 */
PAL_MUST_USE pal_status pal_people_log_run(pal_people_log **out, const char *dir, const char *arm, uint32_t replicate,
                                           pal_taken_as as, size_t least, pal_error *err);

/* Play an arm of an experiment and keep what it gives: no files, no measures. world is of one replicate. */
PAL_MUST_USE pal_status pal_people_log_play(pal_people_log **out, const pal_experiment *e, const pal_catalog *catalog,
    const pal_lab_people *world, size_t arm, pal_taken_as as, size_t least, size_t n_threads, pal_error *err);

void pal_people_log_free(pal_people_log *log); /* accepts NULL */

#endif
