/* Snapshots of everyone, taken while a run goes by. */
#include "lab/people_map.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define SHUFFLES 20 /* what chance gives is a mean over so many: its spread over shuffles is far below what is told of it */
#define KEY_NAME "people map"

pal_people_graph_config pal_people_map_graph(const pal_experiment *e, size_t n_threads)
{
    return (pal_people_graph_config){
        .neighbours = (size_t)pal_values_int(e->output, "people_map_neighbours"),
        .song_share = pal_values_real(e->output, "people_map_songs"),
        .shrink = pal_values_real(e->output, "people_map_shrink"), .n_threads = n_threads,
    };
}

static pal_communities_config cut_config(const pal_experiment *e, size_t n_threads)
{
    return (pal_communities_config){ .k = (size_t)pal_values_int(e->output, "people_map_k"),
                                     .max_k = (size_t)pal_values_int(e->output, "people_map_max_k"),
                                     .n_threads = n_threads };
}

static pal_key key_of(const pal_experiment *e, uint32_t replicate)
{
    return pal_key_named(pal_key_for(e->seed, replicate, PAL_FOR_TRAIN), KEY_NAME);
}

/* ---- what is asked for ---- */

static pal_status mark_arm(bool *mapped, const pal_experiment *e, const char *name, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool found = false;

    for (size_t a = 0; a < e->n_arms; a++) {
        if (strlen(e->arm[a].name) == n && memcmp(e->arm[a].name, name, n) == 0) mapped[a] = found = true;
    }
    if (!found) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: output.people_map: '%.*s' is no arm; allowed: auto, all, none, or names of arms "
                 "with ';' between them", e->file, n > 200 ? 200 : (int)n, name);
    }
done:
    return rc;
}

static pal_status mark_arms(bool *mapped, bool *any, const pal_experiment *e, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *asked = pal_values_text(e->output, "people_map");

    *any = false;
    if (strcmp(asked, "auto") == 0) {
        mapped[e->focus] = e->playlists != NULL;
    } else if (strcmp(asked, "all") == 0) {
        for (size_t a = 0; a < e->n_arms; a++) mapped[a] = true;
    } else if (strcmp(asked, "none") != 0) {
        for (const char *from = asked;;) {
            const size_t n = strcspn(from, ";");

            PAL_TRY(mark_arm(mapped, e, from, n, err));
            if (from[n] == '\0') break;
            from += n + 1;
        }
    }
    for (size_t a = 0; a < e->n_arms; a++) *any = *any || mapped[a];
done:
    return rc;
}

/* A quarter, half, three quarters, the end: the last rounds of equal parts of the run. */
static pal_status choose_rounds(pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = map->experiment->n_rounds;
    size_t times = (size_t)pal_values_int(map->experiment->output, "people_map_rounds");

    times = times < n ? times : n;
    PAL_NEW(map->round, times);
    for (size_t t = 0; t < times; t++) map->round[t] = (uint32_t)(n * (t + 1) / times - 1);
    map->n_times = times;
done:
    return rc;
}

/* ---- the truth ---- */

/* Tastes by cluster with their weights: what the best recommender could know. */
static pal_status true_matrix(pal_csr **out, const pal_population *people, size_t n_clusters, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    PAL_NEW(cell, people->n * PAL_MAX_TASTES);
    for (size_t u = 0; u < people->n; u++) {
        for (size_t k = 0; k < people->n_tastes[u]; k++) {
            const size_t at = u * PAL_MAX_TASTES + k;

            cell[n++] = (pal_csr_cell){ (uint32_t)u, people->taste_cluster[at], people->taste_weight[at] };
        }
    }
    PAL_TRY(pal_csr_new(out, people->n, n_clusters, cell, n, PAL_TWICE_SUM, err));
done:
    pal_free(cell);
    return rc;
}

/* The true tastes clustered like the likes are: a graph of people by cosine, cut by the same rules. */
static pal_status cluster_truth(pal_people_map *map, size_t replicate, const pal_population *people, size_t n_threads,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_communities_config cut = cut_config(map->experiment, n_threads);
    pal_people_graph_config config = pal_people_map_graph(map->experiment, n_threads);
    pal_people_graph graph = { 0 };
    pal_communities best = { 0 };
    pal_csr *none = NULL, *tastes = NULL;

    config.song_share = 0;
    config.plain = true;
    PAL_TRY(pal_csr_new(&none, people->n, 1, NULL, 0, PAL_TWICE_SUM, err));
    PAL_TRY(true_matrix(&tastes, people, map->catalog->clusters->n, err));
    rc = pal_people_graph_fit(&graph, none, tastes, &config, err);
    none = tastes = NULL;
    PAL_TRY(rc);
    PAL_TRY(pal_communities_find(&best, graph.edges, &cut, key_of(map->experiment, (uint32_t)replicate), err));
    map->truth[replicate] = best.label;
    best.label = NULL;
done:
    pal_csr_free(none);
    pal_csr_free(tastes);
    pal_people_graph_clear(&graph);
    pal_communities_clear(&best);
    return rc;
}

static pal_status take_truth(pal_people_map *map, size_t replicate, const pal_population *people, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(map->strongest[replicate], people->n);
    PAL_NEW(map->mask[replicate], people->n);
    for (size_t u = 0; u < people->n; u++) {
        map->strongest[replicate][u] = people->taste_cluster[u * PAL_MAX_TASTES]; /* weights descend */
        for (size_t k = 0; k < people->n_tastes[u]; k++) {
            map->mask[replicate][u] |= UINT64_C(1) << people->taste_cluster[u * PAL_MAX_TASTES + k];
        }
    }
done:
    return rc;
}

pal_status pal_people_map_new(pal_people_map **out, const pal_experiment *e, const pal_catalog *catalog,
                              const pal_lab_people *const *world, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_map *map = NULL;
    bool any;

    PAL_NEW(map, 1);
    map->experiment = e;
    map->catalog = catalog;
    map->n_users = world[0]->people->n;
    PAL_NEW(map->mapped, e->n_arms);
    PAL_TRY(mark_arms(map->mapped, &any, e, err));
    if (!any) goto done;
    PAL_TRY(choose_rounds(map, err));
    PAL_NEW(map->snapshot, e->n_arms * e->n_replicates * map->n_times);
    PAL_NEW(map->end, e->n_replicates);
    PAL_NEW(map->truth, e->n_replicates);
    PAL_NEW(map->strongest, e->n_replicates);
    PAL_NEW(map->mask, e->n_replicates);
    for (size_t r = 0; r < e->n_replicates; r++) {
        PAL_TRY(take_truth(map, r, world[r]->people, err));
        PAL_TRY(cluster_truth(map, r, world[r]->people, n_threads, err));
    }
    *out = map;
    map = NULL;
done:
    pal_people_map_free(map);
    return rc;
}

static void snapshot_clear(pal_people_snapshot *s)
{
    pal_communities_clear(&s->communities);
    pal_free(s->n_likes);
    pal_free(s->genre_likes);
}

void pal_people_map_free(pal_people_map *map)
{
    if (map == NULL) return;
    for (size_t i = 0; i < map->n_snapshots; i++) snapshot_clear(&map->snapshot[i]);
    for (size_t r = 0; map->mask != NULL && r < map->experiment->n_replicates; r++) {
        pal_people_graph_clear(&map->end[r].graph);
        pal_free(map->end[r].company_begin);
        pal_free(map->end[r].company);
        pal_free(map->truth[r]);
        pal_free(map->strongest[r]);
        pal_free(map->mask[r]);
    }
    pal_free(map->snapshot);
    pal_free(map->end);
    pal_free(map->truth);
    pal_free(map->strongest);
    pal_free(map->mask);
    pal_free(map->round);
    pal_free(map->mapped);
    pal_free(map);
}

/* ---- a snapshot ---- */

/* Songs liked in the arm and songs filed in playlists: each once. */
static pal_status likes_matrix(pal_csr **out, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_history *h = arm->history;
    const pal_playlists *p = arm->filing == NULL ? NULL : arm->filing->playlists;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    for (size_t u = 0; u < h->n_users; u++) n += h->n[u] + (p == NULL ? 0 : p->n[u]);
    PAL_NEW(cell, n);
    n = 0;
    for (uint32_t u = 0; u < h->n_users; u++) {
        const size_t at = u * h->capacity;

        for (size_t i = 0; i < h->n[u]; i++) {
            if ((h->flags[at + i] & PAL_LIKED) != 0) cell[n++] = (pal_csr_cell){ u, h->item[at + i], 1 };
        }
        for (size_t i = 0; p != NULL && i < p->n[u]; i++) {
            cell[n++] = (pal_csr_cell){ u, pal_playlists_items(p, u)[i], 1 };
        }
    }
    PAL_TRY(pal_csr_new(out, h->n_users, arm->catalog->n_items, cell, n, PAL_TWICE_MAX, err));
done:
    pal_free(cell);
    return rc;
}

static pal_status genres_matrix(pal_csr **out, const pal_csr *likes, const pal_catalog *c, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    size_t n = 0;

    for (size_t i = 0; i < likes->n; i++) n += c->genre_begin[likes->col[i] + 1] - c->genre_begin[likes->col[i]];
    PAL_NEW(cell, n);
    n = 0;
    for (uint32_t u = 0; u < likes->n_rows; u++) {
        for (size_t i = likes->begin[u]; i < likes->begin[u + 1]; i++) {
            for (size_t g = c->genre_begin[likes->col[i]]; g < c->genre_begin[likes->col[i] + 1]; g++) {
                cell[n++] = (pal_csr_cell){ u, c->genre_of[g], 1 };
            }
        }
    }
    PAL_TRY(pal_csr_new(out, likes->n_rows, c->clusters->n_genres, cell, n, PAL_TWICE_SUM, err));
done:
    pal_free(cell);
    return rc;
}

static pal_status fit_graph(pal_people_graph *graph, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_people_graph_config config = pal_people_map_graph(arm->experiment, arm->n_threads);
    pal_csr *likes = NULL, *tastes = NULL;

    PAL_TRY(likes_matrix(&likes, arm, err));
    PAL_TRY(genres_matrix(&tastes, likes, arm->catalog, err));
    rc = pal_people_graph_fit(graph, likes, tastes, &config, err);
    likes = tastes = NULL;
done:
    pal_csr_free(likes);
    pal_csr_free(tastes);
    return rc;
}

/* What members like, by genre. */
static pal_status count_genres(pal_people_snapshot *s, const pal_people_graph *graph, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *t = graph->tastes;

    PAL_NEW(s->n_likes, t->n_rows);
    PAL_NEW(s->genre_likes, s->communities.n_labels * t->n_cols + 1);
    for (size_t u = 0; u < t->n_rows; u++) {
        s->n_likes[u] = (uint32_t)pal_csr_count(graph->likes, u);
        for (size_t i = t->begin[u]; s->communities.label[u] != PAL_NO_COMMUNITY && i < t->begin[u + 1]; i++) {
            s->genre_likes[s->communities.label[u] * t->n_cols + t->col[i]] += (double)t->value[i];
        }
    }
done:
    return rc;
}

/* The true clustering judged over the same people. */
static pal_status judge_best(pal_people_snapshot *s, const pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint32_t r = s->replicate;
    uint32_t *label = NULL;

    PAL_NEW(label, map->n_users);
    for (size_t u = 0; u < map->n_users; u++) {
        label[u] = s->communities.label[u] == PAL_NO_COMMUNITY ? PAL_NO_COMMUNITY : map->truth[r][u];
    }
    PAL_TRY(pal_communities_agreement(&s->best, label, map->strongest[r], map->mask[r], map->n_users, err));
done:
    pal_free(label);
    return rc;
}

static pal_status judge(pal_people_snapshot *s, const pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;
    const uint32_t r = s->replicate;

    PAL_TRY(pal_communities_agreement(&s->found, s->communities.label, map->strongest[r], map->mask[r], map->n_users, err));
    PAL_TRY(pal_communities_chance(&s->chance, s->communities.label, map->strongest[r], map->mask[r], map->n_users,
                                   SHUFFLES, key_of(map->experiment, r), err));
    PAL_TRY(judge_best(s, map, err));
done:
    return rc;
}

/* The snapshot before, of the same arm and replicate; NULL for the first. */
static const pal_people_snapshot *before(const pal_people_map *map, const pal_people_snapshot *s)
{
    const pal_people_snapshot *last = s - 1;

    return s > map->snapshot && last->arm == s->arm && last->replicate == s->replicate ? last : NULL;
}

static pal_status take_snapshot(pal_people_map *map, const pal_people_graph *graph, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_communities_config cut = cut_config(map->experiment, arm->n_threads);
    pal_people_snapshot *s = &map->snapshot[map->n_snapshots++];
    const pal_people_snapshot *last;

    s->arm = arm->index;
    s->replicate = arm->world->replicate;
    s->round = arm->round - 1;
    last = before(map, s);
    PAL_TRY(pal_communities_find(&s->communities, graph->edges, &cut, key_of(map->experiment, s->replicate), err));
    if (last == NULL) map->n_used = s->communities.n_labels;
    else PAL_TRY(pal_communities_match(&s->communities, &last->communities, &map->n_used, err));
    PAL_TRY(count_genres(s, graph, err));
    PAL_TRY(judge(s, map, err));
done:
    return rc;
}

static pal_status keep_company(pal_people_end *end, const pal_arm *arm, size_t n_users, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;

    PAL_NEW(end->company_begin, n_users + 1);
    for (uint32_t u = 0; u < n_users; u++) {
        n += arm->stage->company(arm->self, u).n;
        end->company_begin[u + 1] = n;
    }
    PAL_NEW(end->company, n);
    for (uint32_t u = 0; u < n_users; u++) {
        const pal_company c = arm->stage->company(arm->self, u);

        if (c.n > 0) memcpy(end->company + end->company_begin[u], c.member, c.n * sizeof *end->company);
    }
done:
    return rc;
}

pal_status pal_people_map_round(pal_people_map *map, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_graph graph = { 0 };
    bool asked = false;

    if (map == NULL || !map->mapped[arm->index]) return PAL_OK;
    for (size_t t = 0; t < map->n_times; t++) asked = asked || map->round[t] == arm->round - 1;
    if (!asked) return PAL_OK;
    PAL_TRY(fit_graph(&graph, arm, err));
    PAL_TRY(take_snapshot(map, &graph, arm, err));
    if (arm->index == map->experiment->focus && arm->round == map->experiment->n_rounds) {
        pal_people_end *end = &map->end[arm->world->replicate];

        if (arm->stage->company != NULL) PAL_TRY(keep_company(end, arm, map->n_users, err));
        end->graph = graph;
        graph = (pal_people_graph){ 0 };
    }
done:
    pal_people_graph_clear(&graph);
    return rc;
}
