/* Who is like whom among all people of an arm, by what a recommender knows: liked songs, and the genres they stand in. */
#ifndef PAL_LAB_PEOPLE_GRAPH_H
#define PAL_LAB_PEOPLE_GRAPH_H

#include "core/csr.h"
#include "core/error.h"
#include "models/knn.h"

#include <stddef.h>
#include <stdint.h>

typedef struct pal_people_graph_config {
    size_t neighbours;  /* of a person; > 0                                                       */
    double song_share;  /* of the similarity: shared songs, the rest is shared genres; 0..1       */
    double shrink;      /* of the songs' cosine: two people who share few songs are less alike    */
    bool plain;         /* genres by their values as they are, without tf-idf                     */
    size_t n_threads;
} pal_people_graph_config;

/*
 * similarity of a and b = share cosine(songs, shrink) + (1 - share) cosine(genres), both over tf-idf weights (models/knn.h): a
 * song that few people like says more. Genres place people who share no song with anybody. Storage of the caller, from {0}.
 */
typedef struct pal_people_graph {
    pal_people_graph_config config;
    pal_csr *likes;              /* people x songs, 1 each              */
    pal_csr *tastes;             /* people x genres, likes in the genre */
    pal_knn_space songs, genres; /* the same as weights                 */
    pal_csr *edges;              /* people x people, symmetric: half of what each finds in the other among the nearest */
} pal_people_graph;

/*
 * Takes likes (people x songs) and tastes (people x genres), also on failure. Exact search, ties by lower number: the same
 * bytes for any thread count. Cost: the square of the number of people.
 *   PAL_ERR_MEMORY
 */
PAL_MUST_USE pal_status pal_people_graph_fit(pal_people_graph *graph, pal_csr *likes, pal_csr *tastes,
                                             const pal_people_graph_config *config, pal_error *err);
void pal_people_graph_clear(pal_people_graph *graph);

/* Similarity of two people, 0..1: as in the search. */
double pal_people_similarity(const pal_people_graph *graph, uint32_t a, uint32_t b);

#endif
