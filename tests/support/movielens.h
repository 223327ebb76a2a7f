/* MovieLens-100k for tests: the splits that peers were measured on, and the figures they were measured with. */
#ifndef PAL_TESTS_SUPPORT_MOVIELENS_H
#define PAL_TESTS_SUPPORT_MOVIELENS_H

#include "core/csr.h"
#include "models/recommender.h"

#include <stdbool.h>

#define MOVIELENS_USERS 943
#define MOVIELENS_ITEMS 1682

/*
 * How ratings are split. UA: the first ten of each person in file order are the test, as in the data set's own ua
 * files; _4 and _5 keep ratings of at least 4 or 5 on both sides. T80_4: ratings of at least 4; of each person's n, by
 * time then item, the last floor(n / 5).
 */
typedef enum movielens_split { MOVIELENS_UA, MOVIELENS_UA_4, MOVIELENS_UA_5, MOVIELENS_T80_4 } movielens_split;

typedef struct movielens {
    pal_csr *train, *cols, *test; /* values: ratings; cols is train's transpose            */
    pal_csr *low;                 /* train ratings that a split with a floor left out      */
} movielens;

/* false, with a printed reason, when the data is not there. */
bool movielens_load(movielens *out, movielens_split split);
void movielens_free(movielens *data);

typedef struct ranking_figures {
    double precision_raw, auc_raw; /* with training items left in the ranking, as LightFM documents them */
    double precision, auc;         /* without them                                                        */
} ranking_figures;

/* Means over people with a test item. Ties count against the test item, as in LightFM. as_new: people are asked for as
 * new ones who bring their training row. */
ranking_figures movielens_rank(const pal_rec_type *type, const void *self, const movielens *data, bool as_new);

#endif
