/* The row of `palate bench community` that clusters everybody: a graph of people by likes, and its communities. */
#include "cli/bench_people_map.h"

#include "cli/bench.h"
#include "cli/print.h"
#include "core/mem.h"
#include "core/partition.h"
#include "core/progress.h"
#include "core/rng.h"
#include "core/threads.h"
#include "lab/people_communities.h"
#include "lab/people_graph.h"

#include <stdio.h>

#define LIKES 64         /* songs of a person                                        */
#define SONGS 5000
#define GROUPS 24        /* hidden ones: a person likes songs of a main and a second */
#define A_SONG 2         /* genres of a song: its group's, and one of them           */
#define GENRES (GROUPS * 5)
#define MAIN 0.6         /* share of likes in the main group                         */
#define ANY 0.15         /* and in any                                               */
#define SEED 1

typedef struct crowd {
    pal_csr *likes, *tastes;
    uint32_t *group; /* of each person: the main one */
} crowd;

static uint32_t draw_below(pal_key key, uint32_t who, uint64_t *draw, uint32_t n)
{
    return (uint32_t)pal_below(key, (pal_at){ who, 0, 0 }, draw, n);
}

/* A song of a group: those whose number leaves the group as the rest. */
static uint32_t song_of(pal_key key, uint32_t who, uint64_t *draw, uint32_t group)
{
    return group + GROUPS * draw_below(key, who, draw, SONGS / GROUPS);
}

static pal_status make_crowd(crowd *c, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_key key = pal_key_for(SEED, 0, PAL_FOR_TEST);
    pal_csr_cell *like = NULL, *taste = NULL;

    PAL_NEW(c->group, n);
    PAL_NEW(like, n * LIKES);
    PAL_NEW(taste, n * LIKES * A_SONG);
    for (uint32_t u = 0; u < n; u++) {
        uint64_t draw = 0;
        const uint32_t own = draw_below(key, u, &draw, GROUPS), second = draw_below(key, u, &draw, GROUPS);

        c->group[u] = own;
        for (size_t i = 0; i < LIKES; i++) {
            const double where = pal_u01(key, (pal_at){ u, 1, i }, 0);
            const uint32_t group = where < MAIN ? own : where < 1 - ANY ? second : draw_below(key, u, &draw, GROUPS);
            const uint32_t song = song_of(key, u, &draw, group);

            like[u * LIKES + i] = (pal_csr_cell){ u, song, 1 };
            taste[(u * LIKES + i) * A_SONG] = (pal_csr_cell){ u, group * 5, 1 };
            taste[(u * LIKES + i) * A_SONG + 1] = (pal_csr_cell){ u, group * 5 + 1 + song / GROUPS % 4, 1 };
        }
    }
    PAL_TRY(pal_csr_new(&c->likes, n, SONGS, like, n * LIKES, PAL_TWICE_MAX, err));
    PAL_TRY(pal_csr_new(&c->tastes, n, GENRES, taste, n * LIKES * A_SONG, PAL_TWICE_SUM, err));
done:
    pal_free(like);
    pal_free(taste);
    return rc;
}

typedef struct timing {
    size_t people, threads, k;
    double graph_s, cut_s, ari;
} timing;

static pal_status time_map(timing *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_people_graph_config near = { .neighbours = 10, .song_share = 0.5, .shrink = 20, .n_threads = t->threads };
    const pal_communities_config cut = { .max_k = 32, .n_threads = t->threads };
    crowd c = { 0 };
    pal_people_graph graph = { 0 };
    pal_communities found = { 0 };
    double from;

    PAL_TRY(make_crowd(&c, t->people, err));
    from = pal_clock_s();
    rc = pal_people_graph_fit(&graph, c.likes, c.tastes, &near, err);
    c.likes = c.tastes = NULL; /* taken */
    PAL_TRY(rc);
    t->graph_s = pal_clock_s() - from;
    from = pal_clock_s();
    PAL_TRY(pal_communities_find(&found, graph.edges, &cut, pal_key_for(SEED, 0, PAL_FOR_TRAIN), err));
    t->cut_s = pal_clock_s() - from;
    t->k = found.k;
    PAL_TRY(pal_adjusted_rand(&t->ari, found.label, c.group, t->people, err));
done:
    pal_csr_free(c.likes);
    pal_csr_free(c.tastes);
    pal_free(c.group);
    pal_people_graph_clear(&graph);
    pal_communities_clear(&found);
    return rc;
}

pal_status pal_bench_people_map(size_t people, const char *cpu, bool json, pal_error *err)
{
    pal_status rc = PAL_OK;
    timing t = { .people = people, .threads = pal_threads_available() };
    pal_json_writer w;

    PAL_TRY(time_map(&t, err));
    if (!json) {
        printf("\neverybody on one map: people of %d likes among %d songs, %zu thread%s\n\n%8s %10s %10s %12s %12s\n"
               "%8zu %10.2f %10.2f %12zu %12.2f\n", LIKES, SONGS, t.threads, t.threads == 1 ? "" : "s", "people",
               "graph s", "cut s", "communities", "ARI", t.people, t.graph_s, t.cut_s, t.k, t.ari);
        goto done;
    }
    pal_bench_line(&w, "people_map", cpu);
    pal_json_put_i64(&w, "people", (int64_t)t.people);
    pal_json_put_i64(&w, "likes", LIKES);
    pal_json_put_i64(&w, "songs", SONGS);
    pal_json_put_i64(&w, "threads", (int64_t)t.threads);
    pal_json_put_number(&w, "graph_s", t.graph_s);
    pal_json_put_number(&w, "cut_s", t.cut_s);
    pal_json_put_i64(&w, "communities", (int64_t)t.k);
    pal_json_put_number(&w, "ari", t.ari);
    pal_json_end_object(&w);
    PAL_TRY(pal_print_line(&w, err));
done:
    return rc;
}
