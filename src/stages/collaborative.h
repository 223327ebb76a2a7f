/* Collaborative models as stages: the log of an arm as a matrix of people by items, and the model fitted to it. */
#ifndef PAL_STAGES_COLLABORATIVE_H
#define PAL_STAGES_COLLABORATIVE_H

#include "models/best.h"
#include "models/fresh_index.h"
#include "models/recommender.h"
#include "stages/stage.h"
#include "stages/stage_state.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PAL_NOT_LISTED UINT32_MAX /* a person or item that no matrix knows yet */

/* What a model makes of a dislike. */
typedef enum pal_collab_dislikes {
    PAL_DISLIKES_UNHEARD,  /* the model has no use for them                                      */
    PAL_DISLIKES_FITTED,   /* the fit gets them (pal_rec_data.disliked)                          */
    PAL_DISLIKES_SUBTRACTED /* scores are linear in what a person did: theirs are taken away     */
} pal_collab_dislikes;

/* One model behind a stage of the same name. */
typedef struct pal_collab_kind {
    const char *name;  /* in both registries     */
    uint8_t at;        /* the stage's own index  */
    pal_collab_dislikes dislikes;
} pal_collab_kind;

typedef struct pal_collab_config {
    size_t every, after, own;      /* rounds between fits; likes before the first; likes of a person before they are served */
    double like_value, click_value, dislike_weight;
    double explore, held_out;      /* shares of slots, of likes                     */
    bool features, per_type;
    bool hnsw;                     /* items are found by an index                   */
    size_t index_ef;               /* candidates it looks at                        */
} pal_collab_config;

/*
 * One model and the people and items it knows. People and items are listed in the order of their first likes, so that
 * the rows and columns of an earlier fit keep their places; with side features all items are listed from the start.
 */
typedef struct pal_collab_book {
    uint8_t type;            /* content type, or PAL_NO_TASTE: of all types                     */
    void *model;             /* of the recommender; not fitted while n_fits is 0                */
    size_t n_fits, n_rows, n_cols; /* of the last fit                                           */
    uint32_t last_fit;       /* its round                                                       */
    uint64_t digest;         /* of the fitted model                                             */
    size_t n_people, n_items, n_likes; /* listed so far                                         */
    uint32_t *row, *col;     /* n_users, n_items of the catalog: places, or PAL_NOT_LISTED      */
    uint32_t *person, *item; /* and back: who stands there                                      */
    pal_csr *item_features;  /* items x features; NULL without                                  */
    pal_fresh_index *index;  /* of the fitted model's items; NULL without, and before the first fit */
    uint64_t index_digest;
} pal_collab_book;

typedef struct pal_collab {
    const pal_collab_kind *kind;
    const pal_rec_type *type;
    pal_origin origin;
    pal_values *model;       /* checked parameters of the recommender: its file tells them */
    pal_collab_config config;
    const pal_catalog *catalog;
    const pal_demographics *who;
    size_t n_users, n_threads;
    uint32_t epochs;         /* passes of a fit, for training.csv */
    pal_key explore, train;
    pal_training_log *training;
    size_t n_books;          /* 1, or one a content type */
    pal_collab_book *book;
    void *popular;           /* the popularity stage's instance: fills in */
} pal_collab;

/* What an answer counts as: above 0 something done, 0 nothing. */
static inline float pal_collab_value(const pal_collab_config *config, unsigned flags)
{
    if ((flags & PAL_LIKED) != 0) return (float)config->like_value;
    return (flags & PAL_CLICKED) != 0 && (flags & PAL_DISLIKED) == 0 ? (float)config->click_value : 0;
}

/* The model that scores an item. */
static inline pal_collab_book *pal_collab_book_of(const pal_collab *c, uint32_t item)
{
    return &c->book[c->n_books > 1 ? pal_catalog_type(c->catalog, item) : 0];
}

/* ---- collaborative_log.c: what a fit is fitted to ---- */

/* Room for everyone and everything. On error what was made stays for pal_collab_book_clear. */
PAL_MUST_USE pal_status pal_collab_book_init(pal_collab_book *book, const pal_collab *c, uint8_t type, pal_error *err);
void pal_collab_book_clear(pal_collab_book *book, const pal_rec_type *type);
/* List an item, if it is not yet. */
void pal_collab_list_item(pal_collab_book *book, uint32_t item);
/* Is it of the type the book is about? */
bool pal_collab_is_of(const pal_collab_book *book, const pal_catalog *catalog, uint32_t item);
/* List the people and items of a round's events. */
void pal_collab_list(pal_collab *c, const pal_event *events, size_t n);

/* Matrices of one fit: rows to learn from, likes held out to judge it by, dislikes and side features where asked for. */
typedef struct pal_collab_data {
    pal_csr *rows, *cols, *held, *disliked, *row_features;
} pal_collab_data;
PAL_MUST_USE pal_status pal_collab_data_take(pal_collab_data *out, const pal_collab *c, const pal_collab_book *book,
                                             const pal_history *history, pal_error *err);
void pal_collab_data_clear(pal_collab_data *data);

/* Side features of a person: gender, country, occupation, decade of age; 1 each, ascending. */
enum { PAL_COLLAB_PERSON_FEATURES = 4 };
void pal_collab_person_features(uint32_t feature[PAL_COLLAB_PERSON_FEATURES], pal_demographics who);

/* What a person did, as the book's model takes it: items it was fitted to, ascending, with their values. `disliked`
 * asks for what they disliked instead. Arrays come from scratch. */
PAL_MUST_USE pal_status pal_collab_query(pal_rec_query *query, const pal_collab *c, const pal_collab_book *book,
    const pal_request *request, bool disliked, pal_arena *scratch, pal_error *err);

/* ---- collaborative_index.c: the best items without looking at all ---- */

pal_fresh_config pal_collab_index_config(void);
/* Bring the index of a book up to its model, after a fit. */
PAL_MUST_USE pal_status pal_collab_index_update(pal_collab *c, pal_collab_book *book, pal_arena *scratch,
                                                pal_error *err);
/* The best items that are not taken, for a person of the last fit, into `best` (unsorted); *found turns false, and best
 * stays empty, when the index has too few of them. Scores lack what is the person's own bias. */
PAL_MUST_USE pal_status pal_collab_index_best(pal_best *best, bool *found, const pal_collab *c,
    const pal_collab_book *book, uint32_t row, const uint64_t *taken, pal_arena *scratch, pal_error *err);

/* ---- collaborative_save.c: members of pal_stage_type ---- */

pal_status pal_collab_save(const void *self, pal_tensors *file, pal_error *err);
pal_status pal_collab_restore(void *self, const pal_tensors *file, pal_error *err);

/* ---- collaborative_fit.c ---- */

/* Fit every model that is due after a round, judge it on the likes held out, and put it on record. */
PAL_MUST_USE pal_status pal_collab_fit(pal_collab *c, const pal_feedback *round, pal_arena *scratch, pal_error *err);

#endif
