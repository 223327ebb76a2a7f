/* A ranking printed: a table, or JSON lines. */
#ifndef PAL_CLI_RANKED_ITEMS_H
#define PAL_CLI_RANKED_ITEMS_H

#include "cli/options.h"
#include "cli/saved_recommender.h"

typedef struct pal_ranked {
    const char *command, *what, *id; /* "recommend", "user", "196": whom or what the ranking is for; id may be NULL */
    bool people;                     /* people are ranked, not items                                             */
    size_t n;                        /* at most; UINT32_MAX ends it earlier                                      */
    const uint32_t *place;
    const float *score;
} pal_ranked;

/* PAL_ERR_MEMORY only. */
PAL_MUST_USE pal_status pal_ranked_print(const pal_ranked *r, const pal_saved *saved, const pal_args *args,
                                         pal_error *err);

#endif
