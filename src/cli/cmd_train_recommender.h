/* The recommender branch of `palate train`. */
#ifndef PAL_CLI_CMD_TRAIN_RECOMMENDER_H
#define PAL_CLI_CMD_TRAIN_RECOMMENDER_H

#include "cli/options.h"

/* Is it the name of a collaborative model? */
bool pal_train_is_recommender(const char *name);

/* `palate train MODEL --data LOG`: read, fit, save with ids and interactions, tell. */
PAL_MUST_USE pal_status pal_train_recommender(const pal_args *args, pal_error *err);

#endif
