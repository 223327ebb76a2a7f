/* Collaborative models: a matrix of people by items in, scores out. One contract for evaluation, stages and files. */
#ifndef PAL_MODELS_RECOMMENDER_H
#define PAL_MODELS_RECOMMENDER_H

#include "core/arena.h"
#include "core/csr.h"
#include "core/error.h"
#include "core/linalg.h"
#include "core/param.h"
#include "core/rng.h"
#include "core/tensors.h"

#include <stddef.h>
#include <stdint.h>

enum {
    PAL_REC_FACTORS = 1,  /* scores are dot products of factors (plus biases): `factors` works       */
    PAL_REC_FEATURES = 2, /* uses side features of people and items                                  */
    PAL_REC_TIME = 4,     /* uses the time of interactions                                           */
    PAL_REC_EXACT = 8,    /* exact grade on every backend; otherwise on PAL_PORTABLE only            */
    PAL_REC_CONTINUES = 16, /* a second fit goes on from the first (SGD); otherwise it starts anew    */
    PAL_REC_ITEMS_ONLY = 32, /* `similar` knows items only; people: rec_similar.h                     */
    PAL_REC_PEOPLE_ONLY = 64 /* `similar` knows people only; items: rec_similar.h                     */
};

#define PAL_REC_NEW UINT32_MAX /* a person who was not in the training data */

/* What a model is fitted to. All borrowed for the call; rows are people, columns items. */
typedef struct pal_rec_data {
    const pal_csr *rows;         /* people x items; value > 0: strength of the interaction             */
    const pal_csr *cols;         /* its transpose                                                      */
    const int64_t *time;         /* rows->n, any unit, one an interaction of rows; NULL when unknown   */
    const pal_csr *row_features; /* people x features, without identity; or NULL                       */
    const pal_csr *col_features; /* items x features, without identity; or NULL                        */
    const pal_csr *disliked;     /* people x items said to be disliked, value > 0; or NULL             */
} pal_rec_data;

typedef struct pal_rec_env {
    pal_key key;                 /* of all draws; differs by model and replicate                       */
    size_t n_threads;            /* >= 1; never changes a result                                       */
    pal_backend backend;
    void (*progress)(void *ctx, size_t epoch, size_t n_epochs, double loss); /* after each epoch; may be NULL */
    void *ctx;
} pal_rec_env;

/* Who asks: a person of the training data, or (row = PAL_REC_NEW) a new one who is known by what follows. */
typedef struct pal_rec_query {
    uint32_t row;
    size_t n;                    /* the person's own interactions; may be 0                            */
    const uint32_t *item;        /* n, ascending                                                       */
    const float *value;          /* n                                                                  */
    const int64_t *time;         /* n, or NULL                                                         */
    size_t n_features;           /* side features; may be 0                                            */
    const uint32_t *feature;     /* n_features, ascending                                              */
    const float *feature_value;  /* n_features                                                         */
} pal_rec_query;

typedef struct pal_rec_type {
    const char *name;            /* the key in JSON and on the command line; unique, never reused       */
    const char *label;           /* for people: "Item neighbours"                                       */
    const char *summary;         /* one line for `palate describe`                                      */
    const char *source;          /* paper or library it follows, and how it differs                     */
    unsigned flags;
    const pal_param *params;

    /* An unfitted instance from checked parameters; the caller owns *self. */
    pal_status (*init)(void **self, const pal_values *params, pal_error *err);
    /*
     * Fit. A second call gets grown data: old rows and columns keep their places, new ones are appended.
     * Same bytes at any thread count. PAL_ERR_DATA names what is wrong (nothing to learn from, a value not above 0).
     */
    pal_status (*fit)(void *self, const pal_rec_data *data, const pal_rec_env *env, pal_error *err);
    /*
     * Scores of all items for n people: score is n x n_items, row-major; higher is better, finite. A person of the
     * training data is served by what was learned of them; when the model learns nothing of a person (neighbours,
     * EASE) or row is PAL_REC_NEW, by what the query tells (fold-in). Many threads at once.
     */
    pal_status (*score)(const void *self, const pal_rec_query *query, size_t n, float *score, pal_arena *scratch,
                        pal_error *err);
    /*
     * Similarity of every item (or, with people set, every person) to one: score is n_items (n_rows). The item itself
     * gets its own similarity; callers leave it out. NULL when the model has no such notion. PAL_ERR_DATA for the side
     * that it does not know by its flags. Call it through pal_rec_similar, which has an answer for that side too.
     */
    pal_status (*similar)(const void *self, bool people, uint32_t id, float *score, pal_arena *scratch, pal_error *err);
    /*
     * Share of each of the person's own interactions in the score of one item: part is query->n; what does not come
     * from them (biases, popularity) goes to *rest, so that the sum is the score. NULL when the model cannot say.
     */
    pal_status (*explain)(const void *self, const pal_rec_query *query, uint32_t item, float *part, float *rest,
                          pal_arena *scratch, pal_error *err);
    /* Factors of people or items, n x d row-major, borrowed; NULL when there are none. May itself be NULL. */
    const float *(*factors)(const void *self, bool people, size_t *n, size_t *d);

    /* Arrays and texts of the fitted model, and back. `load` checks every shape; the caller owns *self. */
    pal_status (*save)(const void *self, pal_tensors *file, pal_error *err);
    pal_status (*load)(void **self, const pal_tensors *file, pal_error *err);
    /* Sizes it was fitted to. */
    void (*shape)(const void *self, size_t *n_rows, size_t *n_cols);
    uint64_t (*digest)(const void *self); /* of everything learned */
    void (*free)(void *self);             /* accepts NULL */
} pal_rec_type;

/* The registry: an explicit list in a chosen order; append only. */
size_t pal_rec_count(void);
const pal_rec_type *pal_rec_at(size_t index);
/* Index of a model by name; PAL_ERR_CONFIG with the nearest name and the known ones. */
PAL_MUST_USE pal_status pal_rec_find(size_t *index, const char *name, const char *file, const char *json_path,
                                     pal_error *err);

/*
 * Save a fitted model with its name and parameters (canonical JSON), whole or not at all; and load one.
 * Extra arrays (id maps) may be put into *file before: pal_rec_save takes a half-filled pal_tensors.
 *   PAL_ERR_DATA  not a model of ours, or damaged: the text names the file and the array
 */
PAL_MUST_USE pal_status pal_rec_save(pal_tensors *file, const pal_rec_type *type, const void *self,
                                     const pal_values *params, const char *path, pal_error *err);
PAL_MUST_USE pal_status pal_rec_load(const pal_rec_type **type, void **self, const pal_tensors *file, pal_error *err);

/*
 * The k best items of n people, without those in their own row of `seen` (NULL: all items) and, when allowed is not
 * NULL, without items whose bit in it is 0. Their row is that of the query; a person without one (PAL_REC_NEW) is kept
 * from the query's own items when seen is given. item and score are n x k, best first, ties by lower item; short rows
 * end with UINT32_MAX and 0. Works in blocks of people: memory is bounded at any number of items.
 *   PAL_ERR_CONVERGE  a score is not finite: the model has diverged
 */
PAL_MUST_USE pal_status pal_rec_top(uint32_t *item, float *score, const pal_rec_type *type, const void *self,
    const pal_rec_query *query, size_t n, size_t k, const pal_csr *seen, const uint64_t *allowed, size_t n_threads,
    pal_error *err);

#endif
