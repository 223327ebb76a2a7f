/* The people of an arm seen whole: into which communities they fall by what the recommender knows, a few times in a run. */
#ifndef PAL_LAB_PEOPLE_MAP_H
#define PAL_LAB_PEOPLE_MAP_H

#include "lab/arm.h"
#include "lab/people_communities.h"
#include "lab/people_graph.h"
#include "lab/results.h"

/* All people of one arm and replicate after one round. */
typedef struct pal_people_snapshot {
    size_t arm;
    uint32_t replicate, round;    /* the round just learned from                               */
    pal_communities communities;  /* labels matched with those of the snapshot before          */
    uint32_t *n_likes;            /* n_users: different songs liked or filed                   */
    double *genre_likes;          /* n_labels x n_genres: likes of the members by genre        */
    pal_agreement found, chance, best; /* best: the true tastes, clustered in the same way     */
} pal_people_snapshot;

/* What is known of the focus arm's people at the end of a replicate: who is near, and whom they are served from. */
typedef struct pal_people_end {
    pal_people_graph graph;
    size_t *company_begin;        /* n_users + 1; NULL when the stage knows no such people     */
    uint32_t *company;
} pal_people_end;

/* Of a run: owned by it, NULL in its results when no arm is mapped. */
typedef struct pal_people_map {
    const pal_experiment *experiment;
    const pal_catalog *catalog;
    size_t n_users, n_times;      /* snapshots an arm and replicate                            */
    uint32_t *round;              /* n_times, rising                                           */
    bool *mapped;                 /* n_arms                                                    */
    size_t n_snapshots;           /* in order of arm, replicate, round                         */
    pal_people_snapshot *snapshot;
    size_t n_used;                /* labels given out in the arm and replicate under way       */
    pal_people_end *end;          /* n_replicates                                              */
    uint32_t **truth;             /* n_replicates: labels of the true tastes, clustered        */
    uint32_t **strongest;         /* n_replicates x n_users: cluster of the strongest true taste */
    uint64_t **mask;              /* n_replicates x n_users: clusters of all true tastes       */
} pal_people_map;

/*
 * Read "output": {"people_map": …}. *out stays NULL when no arm is asked for. `world` is one a replicate.
 *   PAL_ERR_CONFIG  people_map names an arm there is not
 */
PAL_MUST_USE pal_status pal_people_map_new(pal_people_map **out, const pal_experiment *experiment,
    const pal_catalog *catalog, const pal_lab_people *const *world, size_t n_threads, pal_error *err);
void pal_people_map_free(pal_people_map *map); /* accepts NULL */
/* After an arm has learned from a round: a snapshot, when the arm and the round are asked for. Accepts NULL. */
PAL_MUST_USE pal_status pal_people_map_round(pal_people_map *map, const pal_arm *arm, pal_error *err);

/* How the nearest people of a run are looked for. */
pal_people_graph_config pal_people_map_graph(const pal_experiment *experiment, size_t n_threads);

/*
 * All snapshots into *file, under names that begin with "people_map"; and back into a new map of the same run. Both accept
 * NULL. What is known at the end of a replicate of the focus arm (pal_people_map_has_end) goes into a file of its own.
 *   PAL_ERR_DATA  something does not fit: names the array
 */
PAL_MUST_USE pal_status pal_people_map_save(const pal_people_map *map, pal_tensors *file, pal_error *err);
PAL_MUST_USE pal_status pal_people_map_restore(pal_people_map *map, const pal_tensors *file, pal_error *err);
bool pal_people_map_has_end(const pal_people_map *map, size_t replicate); /* accepts NULL */
PAL_MUST_USE pal_status pal_people_map_save_end(const pal_people_map *map, size_t replicate, pal_tensors *file,
                                                pal_error *err);
PAL_MUST_USE pal_status pal_people_map_restore_end(pal_people_map *map, size_t replicate, size_t n_threads,
                                                   const pal_tensors *file, pal_error *err);

/* people_map.csv and community_make_up.csv; nothing for NULL. */
PAL_MUST_USE pal_status pal_write_people_map(pal_results *results, const pal_people_map *map, pal_error *err);
/* "communities" of summary.json; nothing for NULL. */
void pal_people_map_summary(pal_json_writer *w, const pal_people_map *map);
/* "community" of a person in profiles.json: where they stood over the rounds, and who is near them and why. Nothing for NULL
 * or when the focus arm is not mapped. */
void pal_people_map_person(pal_json_writer *w, const pal_people_map *map, size_t replicate, uint32_t user);

#endif
