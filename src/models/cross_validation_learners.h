/* The two learners as cross-validation knows them. */
#ifndef PAL_MODELS_CROSS_VALIDATION_LEARNERS_H
#define PAL_MODELS_CROSS_VALIDATION_LEARNERS_H

#include "models/boost.h"
#include "models/cross_validation.h"
#include "models/logistic_model.h"

/* Logistic regression. Config: a pal_logistic_config. Model: a pal_logistic_model; NaN in x is the training mean. */
extern const pal_learner pal_learner_logistic;

/* Boosted trees. Model: a pal_boost. */
typedef struct pal_boosted_config {
    pal_boost_config boost;
    size_t valid_parts; /* one row in so many is held out to stop early on; 0: none, and every tree is grown */
} pal_boosted_config;

/* Config: a pal_boosted_config. Rows are held out stratified, by the key of the fit; none when early stopping is off or
 * a class has fewer rows than there are parts, and then every tree is grown. */
extern const pal_learner pal_learner_boosted;

#endif
