/* What one replicate trains on and is asked for: matrices of the parts of a split. */
#ifndef PAL_LAB_EVAL_VIEW_H
#define PAL_LAB_EVAL_VIEW_H

#include "core/csr.h"
#include "data/interactions.h"
#include "data/split.h"
#include "lab/eval_config.h"
#include "metrics/topn.h"

/* The split of a replicate: the file's own in the first; later ones take the next fold of a k-fold split and another
 * seed of any other kind. Errors of pal_split_make. The caller owns *out. */
PAL_MUST_USE pal_status pal_eval_split(pal_split **out, const pal_interactions *log, const pal_eval_config *config,
                                       uint32_t replicate, pal_error *err);

/* Const once made; rows are people, columns items, all kept. */
typedef struct pal_eval_view {
    pal_csr *fit, *fit_cols;     /* what a model is fitted to, and its transpose               */
    int64_t *fit_time;           /* fit->n, or NULL                                            */
    pal_csr *own;                /* fit, and what held-out people tell: left out of rankings   */
    int64_t *own_time;
    pal_csr *wanted;             /* what should be found                                       */
    size_t n_people;
    uint32_t *person;            /* people with something wanted, ascending                    */
    uint32_t *count;             /* n_items: in fit                                            */
    size_t n_seen;
    uint32_t *seen;              /* items with a count above 0, ascending                      */
    double *share, *length;
    pal_csr *popularity;
    const pal_csr *likeness, *genres; /* borrowed: from the log's side features, or fit_cols   */
} pal_eval_view;

/*
 * Fitted to the training part and asked for the validation part (search); or fitted to both and asked for the
 * test part. `genres` (may be NULL) is borrowed. The caller clears *view.
 *   PAL_ERR_DATA  nobody has an item of the part that is asked for
 */
PAL_MUST_USE pal_status pal_eval_view_make(pal_eval_view *view, const pal_interactions *log, const pal_split *split,
    bool search, const pal_eval_config *config, const pal_csr *genres, pal_error *err);
void pal_eval_view_clear(pal_eval_view *view);

/* Items x genres: the item features whose names begin with the config's prefix; NULL in *out when there are none. */
PAL_MUST_USE pal_status pal_eval_genres(pal_csr **out, const pal_interactions *log, const char *prefix, pal_error *err);

/* Does the diversity of lists come from side features? Otherwise from the people who have the items. */
bool pal_eval_by_features(const pal_interactions *log, const pal_eval_config *config);

/* What all people of a view share, for pal_topn_measure. */
pal_topn_context pal_eval_context(const pal_eval_view *view, const pal_eval_config *config);

#endif
