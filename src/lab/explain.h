/* Why this song? One slot of a run, explained from what the recommender knew when it filled it. */
#ifndef PAL_LAB_EXPLAIN_H
#define PAL_LAB_EXPLAIN_H

#include "core/json.h"
#include "core/text.h"
#include "lab/arm.h"

/* How many are kept, best first. */
#define PAL_EXPLAIN_TASTES 3
#define PAL_EXPLAIN_LIKED 5
#define PAL_EXPLAIN_MEMBERS 8
#define PAL_EXPLAIN_BROUGHT UINT32_MAX /* "round" of a liked song the person brought along */

typedef struct pal_explain_query {
    const char *run_dir;
    const char *arm;       /* its name; NULL: the focus arm */
    uint32_t replicate, person, round;
    size_t slot;           /* from 0 */
    size_t n_threads;
} pal_explain_query;

/* A taste the recommender has learned of the person. */
typedef struct pal_explain_taste {
    size_t taste;          /* cluster                                      */
    double similarity;     /* cosine of its centroid with the song         */
    double confidence;
    uint32_t liked, shown;
} pal_explain_taste;

/* What the effects of features are parts of. */
typedef enum pal_explain_kind {
    PAL_EXPLAIN_NOTHING,   /* nothing was liked yet: there is no taste to be like                                   */
    PAL_EXPLAIN_COSINE,    /* centroid_f x song_f: sums to the cosine with the nearest taste                        */
    PAL_EXPLAIN_LINEAR,    /* coefficient_f x scaled value_f: sums, with the intercept, to the log-odds of a like    */
    PAL_EXPLAIN_ODDS       /* mean log-odds of the taste's songs that are like this one in f, less that of all of them */
} pal_explain_kind;

typedef struct pal_explain_feature {
    size_t feature;
    double value;          /* source units */
    double effect;
} pal_explain_feature;

typedef struct pal_explain_liked {
    uint32_t item, round;  /* when it was liked; PAL_EXPLAIN_BROUGHT */
    double similarity;     /* cosine with the song */
} pal_explain_liked;

/* Somebody whose songs the stage serves this person from. */
typedef struct pal_explain_member {
    uint32_t person;
    bool likes;            /* has liked or filed this very song */
} pal_explain_member;

typedef struct pal_explanation {
    pal_experiment *experiment; /* owned */
    pal_catalog *catalog;       /* owned */
    size_t arm, slot, n_slots;  /* slots of the slate */
    uint32_t replicate, person, round;
    uint32_t item;
    float score, propensity;
    size_t stage;               /* registry index of the stage that chose the song */
    uint8_t taste;              /* it was chosen for, or PAL_NO_TASTE              */
    uint8_t flags;              /* pal_event_flag: what came of it                 */
    uint32_t n_shown, n_liked;  /* songs the person had been shown, and had liked  */
    double nearest_above;       /* largest cosine with a song in a slot above; NaN in slot 0 */

    size_t n_tastes, n_features, n_songs, n_members, n_company; /* company: all members */
    pal_explain_taste tastes[PAL_EXPLAIN_TASTES];       /* nearest first; only tastes with a like      */
    pal_explain_kind kind;
    size_t model_taste;         /* of LINEAR and ODDS: whose model, whose songs */
    double total, intercept;    /* what the effects (and the intercept) add up to; ODDS: the song's log-odds, the mean */
    pal_explain_feature features[PAL_MAX_FEATURES];     /* by falling |effect|, ties by feature         */
    pal_explain_liked songs[PAL_EXPLAIN_LIKED];
    pal_explain_member members[PAL_EXPLAIN_MEMBERS];    /* those who like the song first, then by person */
} pal_explanation;

/*
 * The run directory need not hold what was known: the experiment of its manifest is played again, the one arm and
 * replicate alone, up to the end of that round, and the digests of what was known then (states.csv) must be the stored
 * ones. Clear *out afterwards, on failure too.
 *
 * Logistic models that are linear in the catalog's features are explained by their terms. Of boosted, neural and other
 * models the run keeps what they say of every song, not the model (a TreeSHAP would need the trees): their log-odds are
 * explained by the songs of the taste that have a similar value of the feature. Other stages: by the cosine. An arm
 * with a cache may have made its list in an earlier round; what is told is what was known in this one.
 *
 *   PAL_ERR_USAGE     no such arm, replicate, person, round or slot; the text says which there are
 *   PAL_ERR_DATA      the person did not come in that round; a manifest or states.csv that cannot be used
 *   PAL_ERR_MISMATCH  the replay is not the run: another version, or a changed catalog file
 */
PAL_MUST_USE pal_status pal_explain(pal_explanation *out, const pal_explain_query *query, pal_error *err);
void pal_explanation_clear(pal_explanation *explanation);

/* The same in words and a table; as members of an open object. */
void pal_explanation_text(pal_text *text, const pal_explanation *explanation);
void pal_explanation_write(pal_json_writer *w, const pal_explanation *explanation);

/* "cosine", "linear", "odds"; "nothing". */
const char *pal_explain_kind_name(pal_explain_kind kind);

/* Parts of pal_explain, for explain_*.c and reason_log.c only: all but what came of the slot, from the arm that has just served. */
PAL_MUST_USE pal_status pal_explain_slot(pal_explanation *out, const pal_arm *arm, pal_error *err);
PAL_MUST_USE pal_status pal_explain_features(pal_explanation *out, const pal_arm *arm, const pal_request *request,
                                             pal_error *err);
/* The stage of an arm and its instance, out of any rerank around it. */
const pal_stage_type *pal_explain_stage(const pal_arm *arm, const void **self);

#endif
