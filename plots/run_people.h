/* profiles.json: a few people drawn whole, true tastes beside learned ones. */
#ifndef PAL_PLOTS_RUN_PEOPLE_H
#define PAL_PLOTS_RUN_PEOPLE_H

#include "plots/run_data.h"

#include <stddef.h>

#define PAL_MAX_FEATURES 32 /* corners of a radar; results have nine */

typedef struct pal_taste_fit { /* one lesson of a taste's model */
    const char *model;
    double round, auc, logloss, auc_ceiling, logloss_ceiling;
    bool kept;
} pal_taste_fit;

typedef struct pal_taste { /* true or learned */
    const char *cluster, *label;
    double weight, width;                    /* true: weight 0..1                         */
    double confidence, liked, disliked, shown; /* learned                                  */
    double auc, logloss, auc_ceiling, logloss_ceiling;
    size_t twin;                             /* learned: index of its true taste, or SIZE_MAX */
    double ring[PAL_MAX_FEATURES];           /* n_features shares 0..1, NaN unknown        */
    double map_x, map_y;
    size_t n_fits;                           /* learned: by round                            */
    pal_taste_fit *fits;
} pal_taste;

typedef struct pal_genre { const char *genre; double liked, strength; } pal_genre;
typedef struct pal_person_round {
    double round, confidence, likes, clicks, impressions;
    bool present, trained;
    const char *stage; /* "" when absent */
} pal_person_round;
typedef struct pal_point { double x, y, round; bool liked; const char *cluster; } pal_point;
typedef struct pal_last_slot {
    double slot, score, propensity;
    const char *title, *artist, *cluster, *stage, *why, *outcome;
} pal_last_slot;

typedef struct pal_person_arm {
    const char *name;
    double impressions, clicks, likes, dislikes, skips, confidence;
    size_t n_learned, n_genres, n_rounds, n_points, n_last;
    pal_taste *learned;
    pal_genre *genres;
    pal_person_round *rounds;
    pal_point *points;
    pal_last_slot *last;
} pal_person_arm;

typedef struct pal_person {
    double replicate, user, age_years, contradiction, activity;
    const char *why, *gender, *country, *occupation;
    size_t n_true, n_arms;
    pal_taste *tastes;
    pal_person_arm *arms;
} pal_person;

struct pal_profiles_data {
    size_t n_features, n_people;
    const char **feature; /* names, spaces for underscores */
    pal_person *people;
};

/* The person's life in the focus arm, or NULL when it was not recorded. */
const pal_person_arm *pal_person_focus(const pal_rundata *run, const pal_person *person);

#endif
