/* The communities of an arm's people: people_map.csv, community_make_up.csv, and their parts of the JSON files. */
#ifndef PAL_PLOTS_RUN_COMMUNITIES_H
#define PAL_PLOTS_RUN_COMMUNITIES_H

#include "core/arena.h"
#include "plots/run_data.h"

#include <stddef.h>

#define PAL_NOWHERE SIZE_MAX /* a person in no community */

typedef struct pal_accord { double ari, nmi, ari_sets, nmi_sets, overlap; } pal_accord;

/* Everyone of a replicate after a round. */
typedef struct pal_people_time {
    double replicate, round, placed, k, eigengap;
    pal_accord found, chance, best;
    size_t n;             /* people                                  */
    double *x, *y;        /* n: NaN in no community                  */
    size_t *community;    /* n: below n_labels of the data, or PAL_NOWHERE */
    const char **truth;   /* n: name of the strongest true taste's cluster */
} pal_people_time;

/* One community at the end of the first replicate. */
typedef struct pal_community {
    double size;          /* people; 0: it ended before              */
    double *share, *lift; /* n_genres: 0 where nothing was liked     */
    char name[64];        /* by the genres it likes more than others; of the last round in which it had members */
} pal_community;

typedef struct pal_near {
    double user, similarity, shared_genres, shared_songs;
    size_t community, n_genres, n_songs;
    const char **genre, **song;
} pal_near;

/* "community" of a person of profiles.json. */
typedef struct pal_neighbourhood {
    size_t community, n_rounds, n_near;
    bool served;          /* the people the stage serves them from; else of their community */
    double people;        /* the nearest were chosen from                                    */
    double *round, *size; /* n_rounds */
    size_t *at;           /* n_rounds: community */
    pal_near *near;
} pal_neighbourhood;

typedef struct pal_communities_data {
    size_t arm;           /* the focus if its people are mapped, else the first that are */
    size_t n_times;       /* of that arm, by replicate and round */
    pal_people_time *times;
    size_t n_labels, n_genres;
    pal_community *community; /* n_labels: all that there ever were in the first replicate */
    const char **genre;
    size_t n_order, *order;   /* communities with members at the end, alike ones side by side */
    pal_neighbourhood *people; /* one for each person of profiles.json; NULL when they have none */
} pal_communities_data;

/* Sets run->communities; leaves it NULL when the run has no people_map.csv. */
PAL_MUST_USE pal_status pal_rundata_read_communities(pal_rundata *run, pal_error *err);

/* The last entry of a replicate, or NULL. */
const pal_people_time *pal_communities_end(const pal_communities_data *data, double replicate);

/* How much a genre marks a community: liked much, and more than by others; 0 where not more. */
double pal_community_mark(const pal_community *community, size_t genre);
/* Fill in the names of all communities, and the order of those with members. */
void pal_communities_name(pal_communities_data *data);
PAL_MUST_USE pal_status pal_communities_order(pal_communities_data *data, pal_arena *arena, pal_error *err);

#endif
