/* The collaborative models of this folder, their places in the registry, and what they share. */
#ifndef PAL_MODELS_REC_BUILTIN_H
#define PAL_MODELS_REC_BUILTIN_H

#include "models/recommender.h"

/* Registry indices: stored in results, so append only. */
enum {
    PAL_REC_AT_RANDOM,
    PAL_REC_AT_POPULARITY,
    PAL_REC_AT_ITEM_KNN,
    PAL_REC_AT_USER_KNN,
    PAL_REC_AT_WARP,
    PAL_REC_AT_BPR,
    PAL_REC_AT_LOGISTIC_MF,
    PAL_REC_AT_ALS,
    PAL_REC_AT_EASE,
    PAL_REC_AT_SLIM,
    PAL_REC_AT_TWO_TOWER,
    PAL_REC_AT_HYBRID
};

extern const pal_rec_type pal_rec_random;
extern const pal_rec_type pal_rec_popularity;
extern const pal_rec_type pal_rec_item_knn;
extern const pal_rec_type pal_rec_user_knn;
extern const pal_rec_type pal_rec_warp;
extern const pal_rec_type pal_rec_bpr;
extern const pal_rec_type pal_rec_logistic_mf;
extern const pal_rec_type pal_rec_als;
extern const pal_rec_type pal_rec_ease;
extern const pal_rec_type pal_rec_slim;
extern const pal_rec_type pal_rec_two_tower;
extern const pal_rec_type pal_rec_hybrid;

/*
 * What every fit needs: people and items, a transpose that fits, at least one interaction, each value above 0.
 *   PAL_ERR_DATA  the text names the model, and the person and item of a bad value
 */
PAL_MUST_USE pal_status pal_rec_check(const char *model, const pal_rec_data *data, pal_error *err);

/* An unfitted instance from the parameters that pal_rec_save wrote into the file: the first step of a `load`. */
PAL_MUST_USE pal_status pal_rec_reopen(void **self, const pal_rec_type *type, const pal_tensors *file,
                                       pal_error *err);

#endif
