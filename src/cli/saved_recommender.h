/* A collaborative model on disk with the ids, titles and interactions it was fitted to. */
#ifndef PAL_CLI_SAVED_RECOMMENDER_H
#define PAL_CLI_SAVED_RECOMMENDER_H

#include "data/interactions.h"
#include "models/recommender.h"

typedef struct pal_saved { /* start from {0}; pal_saved_clear gives all memory back */
    pal_tensors *file;
    const pal_rec_type *type;
    void *self;
    size_t n_users, n_items;
    const char **user_id, **item_id; /* borrowed from file               */
    const char **item_title;         /* or NULL                          */
    pal_csr *rows;                   /* people x items                   */
    const int64_t *time;             /* rows->n, borrowed; NULL: unknown */
} pal_saved;

/* Write a fitted model with the log's ids, titles and interactions; whole or not at all. */
PAL_MUST_USE pal_status pal_saved_write(const pal_rec_type *type, const void *self, const pal_values *params,
                                        const pal_interactions *log, const char *path, pal_error *err);
/* PAL_ERR_DATA, PAL_ERR_PARSE  no such file, or damaged: the text names the file and the array */
PAL_MUST_USE pal_status pal_saved_load(pal_saved *out, const char *path, pal_error *err);
void pal_saved_clear(pal_saved *saved); /* accepts an empty one */

/* Places of ids; SIZE_MAX when the model does not know one. */
size_t pal_saved_user(const pal_saved *saved, const char *id);
size_t pal_saved_item(const pal_saved *saved, const char *id);
/* PAL_ERR_DATA that names the id, the option it came from and the nearest one the model knows. */
PAL_MUST_USE pal_status pal_saved_unknown(const pal_saved *saved, bool people, const char *id, const char *option,
                                          pal_error *err);

/* The title, or "" when there is none. */
const char *pal_saved_title(const pal_saved *saved, size_t item);

#endif
