/* Models of each kind. */
#include "tests/support/als_kinds.h"

#include "models/rec_builtin.h"

#include <stdio.h>

#define HU "\"unobserved\": 1, \"base_on\": \"unobserved\", \"reg_power\": 0, \"confidence\": "

const char *const als_kinds[ALS_KINDS] = {
    HU "\"linear\", \"alpha\": 1.3, \"reg\": 0.4",
    HU "\"log\", \"alpha\": 7, \"epsilon\": 0.7, \"reg\": 2",
    "\"unobserved\": 0.3, \"reg\": 0.007, \"reg_power\": 1",
    "\"unobserved\": 0.1, \"alpha\": 2, \"reg\": 0.05, \"reg_power\": 0.5",
};

pal_als *als_model(const char *kind, const char *more)
{
    char json[512];

    snprintf(json, sizeof json, "{%s%s}", kind, more);
    return factor_model(&pal_rec_als, json);
}

pal_als *als_fitted(const factor_world *world, const char *kind, const char *more, bool disliked)
{
    pal_als *model = als_model(kind, more);

    factor_fit(&pal_rec_als, model, world, false, disliked, 4, 2);
    return model;
}

pal_rec_data als_data(const factor_world *world, bool disliked)
{
    return (pal_rec_data){ .rows = world->rows, .cols = world->cols, .disliked = disliked ? world->disliked : NULL };
}
