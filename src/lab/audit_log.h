/* A log of impressions and likes, the truth behind it, and its parts under a split. */
#ifndef PAL_LAB_AUDIT_LOG_H
#define PAL_LAB_AUDIT_LOG_H

#include "core/csr.h"
#include "data/event.h"
#include "data/interactions.h"
#include "data/slate.h"
#include "lab/audit.h"
#include "lab/world.h"

typedef struct pal_audit_log {
    const pal_lab_people *world;   /* borrowed                                                                  */
    size_t n_people, n_items, words; /* words: of a set of items                                                */
    size_t n;
    pal_event *event;              /* n, by person, then in order of time                                       */
    size_t *begin;                 /* n_people + 1, into event                                                  */
    uint64_t *barred;              /* n_people x words: never shown to this person (the probe)                  */
    uint64_t *seen;                /* n_people x words: barred, or shown in the log                             */
    double look[PAL_MAX_SLOTS];    /* share of the slot's impressions that were looked at; 1 where there is none */
    pal_state *state;              /* the people at the log's end                                               */
    float *p;                      /* n_people x n_items: true P(like | examined) at the log's end              */
    pal_interactions *shown;       /* one row an impression, value 1 when liked, time its round; order[] = event */
} pal_audit_log;

/*
 * Play the first log_rounds rounds of an arm. The caller frees *out; `world` must outlive it. Same bytes for any n_threads.
 *   PAL_ERR_CONFIG   too many people x items to hold the truth of
 *   PAL_ERR_DATA     nobody was shown anything
 *   PAL_ERR_STOPPED  interrupted; others from the stages
 */
PAL_MUST_USE pal_status pal_audit_log_play(pal_audit_log **out, const pal_audit *audit, const pal_experiment *experiment,
                                           const pal_catalog *catalog, const pal_lab_people *world, size_t arm,
                                           size_t n_threads, pal_error *err);
void pal_audit_log_free(pal_audit_log *log); /* accepts NULL */

/* What models are fitted to and judged by. */
typedef struct pal_audit_part {
    uint8_t *test;           /* n events: 1 when held out                                       */
    pal_csr *likes, *cols;   /* people x items: likes of the training part; its transpose       */
    uint32_t *count;         /* n_items: likes in the training part                             */
    uint64_t *known;         /* n_people x words: no candidates: barred, or shown in the training part */
    double *cumulative;      /* n_items: counts added up, for draws by popularity; all 0 without likes */
    double n_candidates;     /* mean over people                                                */
} pal_audit_part;

/* The split of a log (split NULL: all of it is training). Draws by the split's own seed and the log's replicate-free seed.
 * The caller clears *part. Errors of pal_split_make; PAL_ERR_DATA when nothing liked is left to train on. */
PAL_MUST_USE pal_status pal_audit_part_make(pal_audit_part *part, const pal_audit_log *log, const pal_audit *audit,
                                            const pal_audit_split *split, uint64_t seed, pal_error *err);
void pal_audit_part_clear(pal_audit_part *part);

#endif
