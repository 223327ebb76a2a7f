/* Building a logistic model piece by piece: for logistic_model.c and logistic_file.c only. */
#ifndef PAL_MODELS_LOGISTIC_NEW_H
#define PAL_MODELS_LOGISTIC_NEW_H

#include "models/logistic_model.h"

/* A model of d features, all 0 and without names. Caller owns *out. */
PAL_MUST_USE pal_status pal_logistic_model_new(pal_logistic_model **out, size_t d, pal_error *err);

/* A copy of a name, or PAL_ERR_MEMORY. */
PAL_MUST_USE pal_status pal_logistic_model_name(char **to, const char *name, pal_error *err);

#endif
