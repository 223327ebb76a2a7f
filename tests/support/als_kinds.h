/* The kinds of objective that alternating least squares is tested with. */
#ifndef PAL_TESTS_SUPPORT_ALS_KINDS_H
#define PAL_TESTS_SUPPORT_ALS_KINDS_H

#include "models/als.h"
#include "tests/support/factor_world.h"

enum { ALS_KINDS = 4 };

/* Hu with linear and with logarithmic weights, iALS, iALS with penalties by square roots: members of a JSON object. */
extern const char *const als_kinds[ALS_KINDS];

/* An unfitted model of one kind (or other members); `more` starts with a comma or is empty. */
pal_als *als_model(const char *kind, const char *more);
/* The same, fitted to a world with key 4. */
pal_als *als_fitted(const factor_world *world, const char *kind, const char *more, bool disliked);
pal_rec_data als_data(const factor_world *world, bool disliked);

#endif
