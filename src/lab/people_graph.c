/* The nearest people by songs and genres, block by block. */
#include "lab/people_graph.h"

#include "core/arena.h"
#include "core/mem.h"
#include "core/threads.h"
#include "core/vector.h"
#include "models/best.h"

#include <float.h>
#include <string.h>

enum { BLOCK = 32, SCRATCH_BYTES = 1 << 16 };

typedef struct search {
    const pal_people_graph *graph;
    size_t n;
    pal_knn_work *songs, *genres; /* n_threads each                                 */
    uint32_t *near;               /* n x neighbours, best first                     */
    float *similarity;            /* n x neighbours                                 */
    size_t *found;                /* n                                              */
} search;

/* A cosine from a dot product; 0 where nothing is shared: what is added is lost beside any length but 0. */
static inline double cosine(double dot, double left, double right, double shrink)
{
    return dot / (left * right + (shrink + DBL_MIN));
}

static inline double blend(double share, double songs, double genres)
{
    return share * songs + (1 - share) * genres;
}

/* Likeness of a to everyone, from dot products. */
PAL_VECTOR static void compare(float *likeness, const pal_people_graph *g, size_t a, const double *songs,
                               const double *genres, size_t n)
{
    const double share = g->config.song_share, shrink = g->songs.config.shrink;
    const double song = g->songs.left[a], genre = g->genres.left[a];
    const double *song_of = g->songs.right, *genre_of = g->genres.right;

    for (size_t b = 0; b < n; b++) {
        likeness[b] = (float)blend(share, cosine(songs[b], song, song_of[b], shrink),
                                   cosine(genres[b], genre, genre_of[b], 0));
    }
}

static void dots_of(pal_knn_work *work, const pal_knn_space *space, size_t person)
{
    const size_t at = space->things->begin[person];

    pal_knn_dots(work, space, space->things->col + at, space->things->value + at, pal_csr_count(space->things, person));
}

static pal_status find_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const search *s = ctx;
    const pal_people_graph *g = s->graph;
    const size_t k = g->config.neighbours;
    pal_knn_work *songs = &s->songs[worker], *genres = &s->genres[worker];

    (void)block;
    (void)err;
    for (size_t a = begin; a < end; a++) {
        pal_best best = { s->similarity + a * k, s->near + a * k, k, 0 };

        dots_of(songs, &g->songs, a);
        dots_of(genres, &g->genres, a);
        compare(songs->score, g, a, songs->dot, genres->dot, s->n);
        for (size_t b = 0; b < s->n; b++) {
            if (songs->score[b] > 0 && b != a) pal_best_offer(&best, songs->score[b], (uint32_t)b);
        }
        pal_knn_forget(songs, &g->songs);
        pal_knn_forget(genres, &g->genres);
        pal_best_sort(&best);
        s->found[a] = best.n;
    }
    return PAL_OK;
}

/* Half of what a finds in b and half of what b finds in a. */
static pal_status join(pal_csr **out, const search *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t k = s->graph->config.neighbours;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, 2 * s->n * k);
    for (size_t a = 0; a < s->n; a++) {
        for (size_t i = 0; i < s->found[a]; i++) {
            const uint32_t b = s->near[a * k + i];
            const float half = s->similarity[a * k + i] / 2;

            cell[n++] = (pal_csr_cell){ (uint32_t)a, b, half };
            cell[n++] = (pal_csr_cell){ b, (uint32_t)a, half };
        }
    }
    PAL_TRY(pal_csr_new(out, s->n, s->n, cell, n, PAL_TWICE_SUM, err));
done:
    pal_free(cell);
    return rc;
}

static pal_status find_edges(pal_people_graph *g, pal_error *err)
{
    pal_status rc = PAL_OK;
    search s = { .graph = g, .n = g->likes->n_rows };
    pal_arena *arena = NULL;

    PAL_TRY(pal_arena_new(&arena, SCRATCH_BYTES, err));
    PAL_NEW(s.songs, g->config.n_threads);
    PAL_NEW(s.genres, g->config.n_threads);
    PAL_NEW(s.near, s.n * g->config.neighbours);
    PAL_NEW(s.similarity, s.n * g->config.neighbours);
    PAL_NEW(s.found, s.n);
    for (size_t t = 0; t < g->config.n_threads; t++) {
        PAL_TRY(pal_knn_work_take(&s.songs[t], &g->songs, arena, err));
        PAL_TRY(pal_knn_work_take(&s.genres[t], &g->genres, arena, err));
    }
    PAL_TRY(pal_parallel_for(s.n, BLOCK, g->config.n_threads, find_block, &s, err));
    PAL_TRY(join(&g->edges, &s, err));
done:
    pal_arena_free(arena);
    pal_free(s.songs);
    pal_free(s.genres);
    pal_free(s.near);
    pal_free(s.similarity);
    pal_free(s.found);
    return rc;
}

static pal_status fit_space(pal_knn_space *space, const pal_csr *rows, pal_knn_weighting weighting, double shrink,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_knn_config config = { .similarity = PAL_KNN_COSINE, .weighting = weighting, .shrink = shrink };
    pal_csr *terms = NULL;

    PAL_TRY(pal_csr_transpose(&terms, rows, err));
    PAL_TRY(pal_knn_space_fit(space, terms, &config, err));
done:
    pal_csr_free(terms);
    return rc;
}

pal_status pal_people_graph_fit(pal_people_graph *graph, pal_csr *likes, pal_csr *tastes,
                                const pal_people_graph_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;

    *graph = (pal_people_graph){ .config = *config, .likes = likes, .tastes = tastes };
    PAL_TRY(fit_space(&graph->songs, likes, PAL_KNN_TFIDF, config->shrink, err));
    PAL_TRY(fit_space(&graph->genres, tastes, config->plain ? PAL_KNN_RAW : PAL_KNN_TFIDF, 0, err));
    PAL_TRY(find_edges(graph, err));
done:
    if (rc != PAL_OK) pal_people_graph_clear(graph);
    return rc;
}

void pal_people_graph_clear(pal_people_graph *graph)
{
    pal_csr_free(graph->likes);
    pal_csr_free(graph->tastes);
    pal_csr_free(graph->edges);
    pal_knn_space_clear(&graph->songs);
    pal_knn_space_clear(&graph->genres);
    memset(graph, 0, sizeof *graph);
}

/* Rows ascend: the sum over shared terms. */
static double dot_of(const pal_csr *m, uint32_t a, uint32_t b)
{
    double sum = 0;
    size_t i = m->begin[a], j = m->begin[b];

    while (i < m->begin[a + 1] && j < m->begin[b + 1]) {
        if (m->col[i] < m->col[j]) i++;
        else if (m->col[j] < m->col[i]) j++;
        else sum += (double)m->value[i++] * (double)m->value[j++];
    }
    return sum;
}

double pal_people_similarity(const pal_people_graph *g, uint32_t a, uint32_t b)
{
    return blend(g->config.song_share,
                 cosine(dot_of(g->songs.things, a, b), g->songs.left[a], g->songs.right[b], g->songs.config.shrink),
                 cosine(dot_of(g->genres.things, a, b), g->genres.left[a], g->genres.right[b], 0));
}
