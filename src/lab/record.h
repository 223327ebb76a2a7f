/* What an arm did, person by person and round by round: the raw material of every measure. */
#ifndef PAL_LAB_RECORD_H
#define PAL_LAB_RECORD_H

#include "lab/arm.h"
#include "lab/calibrate.h"

enum { PAL_COUNT_IMPRESSIONS, PAL_COUNT_EXAMINED, PAL_COUNT_CLICKS, PAL_COUNT_LIKES, PAL_COUNT_DISLIKES,
       PAL_COUNT_SKIPS, PAL_COUNTS };

/* One row of predictions: p against a label. */
typedef struct pal_predictions {
    size_t n, capacity;
    uint32_t *person;   /* n: replicate * n_users + user */
    float *p;           /* n: calibrated P(like | examined), made before the label was known */
    float *truth;       /* n: true P(like | examined)    */
    uint8_t *label;     /* n: liked                      */
} pal_predictions;

typedef struct pal_record {
    size_t n_users, n_people, n_rounds, n_slots, n_stages, n_items; /* people = replicates x users; slots: PAL_MAX_SLOTS */

    /* n_people x n_rounds */
    uint8_t *count[PAL_COUNTS];
    uint8_t *present;
    float *expected;     /* sum of true P(like | examined) over the slate    */
    float *diversity;    /* of the slate; NaN when shorter than 2            */
    float *novelty;      /* mean over the slate; NaN when empty              */
    float *confidence;   /* sum over learned tastes, after the round         */
    uint8_t *main_stage; /* stage of most slots; 255 when absent             */

    /* n_people x n_probe_rounds; NaN when absent */
    size_t n_probe_rounds, n_probe;
    uint32_t *probe_round;
    float *ndcg, *hit, *regret;
    pal_predictions *probe;   /* n_probe_rounds */
    pal_predictions preq;     /* examined slots, in order of (replicate, round, user, slot) */
    size_t *preq_begin;       /* n_replicates x n_rounds + 1 */

    /* n_people x PAL_MAX_TASTES */
    uint32_t *first_like;     /* round of the first like of each true taste; UINT32_MAX: none */
    uint32_t *served;         /* impressions by best-matching true taste                      */

    uint32_t *slot_count[4];  /* n_people x n_slots: impressions, examined, clicks, likes     */
    uint32_t *left_round;     /* n_people */

    /* n_rounds x n_stages */
    uint64_t *stage_count[PAL_COUNTS];
    double *stage_expected;
    uint32_t *stage_people;
    /* n_people x n_stages */
    uint32_t *person_stage_impressions, *person_stage_likes;
    double *person_stage_regret;    /* summed over slots of probed slates: best of the state minus this slot */
    uint32_t *person_stage_probed;  /* slots of probed slates */

    uint64_t *exposure;       /* n_items */
    size_t *shown_begin;      /* n_people + 1, into shown */
    uint32_t *shown;          /* items shown to each person, for coverage and Gini */
    size_t shown_capacity;

    pal_training_log *training; /* n_replicates: model fits, taken from the arm */
    size_t n_replicates;

    pal_slate *last_slate;    /* n_people: the last slate that was not empty */
    uint8_t *last_flags;      /* n_people x PAL_MAX_SLOTS */
    uint32_t *last_round;     /* n_people; UINT32_MAX: never */
    double *share;            /* n_items: popularity share, for novelty */
} pal_record;

PAL_MUST_USE pal_status pal_record_new(pal_record **out, const pal_experiment *experiment, const pal_catalog *catalog,
                                       size_t n_users, pal_error *err);
void pal_record_free(pal_record *record); /* accepts NULL */

/* Room for more predictions. */
PAL_MUST_USE pal_status pal_predictions_reserve(pal_predictions *p, size_t more, pal_error *err);

/* Index of a round among the probed ones, or SIZE_MAX. */
size_t pal_record_probe_index(const pal_record *record, size_t round);

/* After serve, before answer, on probe rounds: NDCG, hit rate and regret of the slates against the best ones in the same
 * state, and predictions on the held-out items. */
PAL_MUST_USE pal_status pal_record_probe(pal_record *record, const pal_arm *arm, const pal_calibrator *calibrator,
                                         pal_error *err);
/* After answer, before learn: everything the round showed. */
PAL_MUST_USE pal_status pal_record_round(pal_record *record, const pal_arm *arm, const pal_calibrator *calibrator,
                                         pal_error *err);
/* After learn: confidence of everyone. `round` is the round just finished. */
void pal_record_confidence(pal_record *record, const pal_arm *arm, size_t round);
/* Everything recorded into *file, under names that begin with "record."; and back into a new record of the same experiment:
 * it then records on. `words` must outlive it (lab/training_rows.h). PAL_ERR_DATA names the array that does not fit. */
PAL_MUST_USE pal_status pal_record_save(const pal_record *record, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_record_restore(pal_record *record, pal_words *words, const pal_tensors *file, pal_error *err);
/* After the last round of a replicate. Takes the arm's training log. */
PAL_MUST_USE pal_status pal_record_replicate(pal_record *record, pal_arm *arm, pal_error *err);

#endif
