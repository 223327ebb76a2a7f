#include "sim/catalog_domains.h"

#include "core/dist.h"
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "sim/catalog_model.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define N_TYPES 4
#define PER_TYPE 8
#define N_FEATURES 8
#define MAKER_SD 0.08  /* of a maker around the cluster, each feature             */
#define WORK_SD 0.10   /* of a work around its maker: clusters overlap, as genres do */
#define MOST_WORKS 12  /* of a maker, all numbers alike                           */
#define TAILED 3       /* popularity = 100 u^TAILED: few are known to many        */

/* Parts of a maker with draws of their own; work j of maker m draws at round j + 1. */
enum { WHAT_MAKER = 8, WHAT_WORK = 9, WHAT_NAME = 10 };

static const char *const type_names[N_TYPES] = { "music", "movie", "manga", "anime" };
static const char *const feature_names[N_FEATURES] = { "pace", "intensity", "darkness", "humour", "romance", "wonder",
                                                       "realism", "complexity" };

/* ASSUMPTION: our own reading of the genres, in tenths; in the order of feature_names. */
typedef struct domain_cluster {
    const char *name;
    uint8_t feature[N_FEATURES];
} domain_cluster;

static const domain_cluster clusters[N_TYPES * PER_TYPE] = {
    { "music-rock", { 7, 7, 4, 4, 4, 3, 6, 4 } },
    { "music-metal", { 8, 10, 9, 1, 1, 5, 3, 6 } },
    { "music-pop", { 6, 5, 2, 5, 8, 2, 6, 1 } },
    { "music-hip-hop", { 6, 7, 6, 5, 3, 1, 9, 4 } },
    { "music-electronic", { 9, 8, 4, 2, 3, 7, 1, 4 } },
    { "music-folk", { 3, 2, 4, 3, 6, 4, 9, 4 } },
    { "music-classical", { 3, 4, 5, 1, 5, 8, 4, 9 } },
    { "music-ambient", { 1, 1, 5, 0, 3, 9, 2, 6 } },
    { "movie-action", { 9, 9, 5, 4, 2, 5, 3, 2 } },
    { "movie-comedy", { 6, 3, 1, 10, 5, 1, 7, 2 } },
    { "movie-drama", { 3, 5, 6, 2, 6, 1, 10, 7 } },
    { "movie-horror", { 6, 9, 10, 1, 1, 6, 2, 4 } },
    { "movie-romance", { 3, 3, 2, 4, 10, 2, 7, 3 } },
    { "movie-science-fiction", { 7, 7, 5, 2, 2, 10, 1, 8 } },
    { "movie-documentary", { 2, 2, 4, 2, 1, 4, 10, 8 } },
    { "movie-thriller", { 8, 8, 8, 1, 2, 2, 6, 8 } },
    { "manga-shonen", { 9, 8, 3, 6, 2, 7, 1, 3 } },
    { "manga-shojo", { 4, 3, 2, 5, 10, 4, 4, 3 } },
    { "manga-seinen", { 5, 7, 8, 2, 3, 4, 7, 9 } },
    { "manga-horror", { 5, 9, 10, 1, 1, 7, 2, 6 } },
    { "manga-romance", { 3, 3, 2, 5, 10, 1, 6, 3 } },
    { "manga-sports", { 9, 8, 1, 6, 2, 1, 7, 2 } },
    { "manga-slice-of-life", { 2, 1, 1, 6, 4, 1, 9, 3 } },
    { "manga-fantasy", { 6, 6, 4, 4, 3, 10, 0, 6 } },
    { "anime-action", { 10, 9, 4, 5, 2, 6, 1, 3 } },
    { "anime-comedy", { 7, 3, 1, 10, 4, 3, 4, 1 } },
    { "anime-mecha", { 8, 8, 6, 2, 2, 9, 1, 7 } },
    { "anime-fantasy", { 6, 6, 4, 4, 4, 10, 0, 5 } },
    { "anime-horror", { 6, 9, 10, 1, 1, 8, 1, 7 } },
    { "anime-romance", { 3, 3, 2, 5, 10, 2, 5, 4 } },
    { "anime-slice-of-life", { 2, 1, 1, 7, 4, 2, 8, 2 } },
    { "anime-psychological", { 4, 7, 9, 1, 2, 5, 4, 10 } },
};

/* Which types a list names, as places in type_names, in the list's order. */
static pal_status read_types(size_t type[N_TYPES], size_t *n, const char *list, pal_error *err)
{
    pal_status rc = PAL_OK;

    *n = 0;
    for (const char *at = list;; at++) {
        const size_t length = strcspn(at, ",");
        size_t t = 0;

        while (t < N_TYPES && (strlen(type_names[t]) != length || strncmp(type_names[t], at, length) != 0)) {
            t++;
        }
        if (t == N_TYPES) {
            PAL_FAIL(PAL_ERR_CONFIG, "catalog.types: no content type \"%.*s\"; known, separated by ',' alone: music, movie, "
                     "manga, anime", (int)length, at);
        }
        for (size_t k = 0; k < *n; k++) {
            if (type[k] == t) {
                PAL_FAIL(PAL_ERR_CONFIG, "catalog.types: \"%s\" stands twice", type_names[t]);
            }
        }
        type[(*n)++] = t;
        at += length;
        if (*at == '\0') {
            break;
        }
    }

done:
    return rc;
}

typedef struct generator {
    pal_catalog_builder *builder;
    pal_key key;
    uint64_t seed;
    size_t drawn;
} generator;

static double within(double x)
{
    return x < 0 ? 0 : x > 1 ? 1 : x;
}

static pal_status add_work(generator *g, const domain_cluster *cluster, const double *maker, uint64_t number, uint64_t work,
                           const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_at at = { number, work + 1, WHAT_WORK };
    char id[PAL_NAME_MAX], title[PAL_NAME_MAX];
    double value[N_FEATURES], known;
    uint64_t draw = 0;

    for (size_t f = 0; f < N_FEATURES; f++) {
        value[f] = within(maker[f] + WORK_SD * pal_draw_normal(g->key, at, &draw));
    }
    known = pal_u01(g->key, at, draw);
    for (size_t k = 1; k < TAILED; k++) known *= pal_u01(g->key, at, draw);
    snprintf(id, sizeof id, "syn%07zu", g->drawn + 1);
    pal_track_title(title, pal_u64(g->key, (pal_at){ number, work + 1, WHAT_NAME }, 0));
    PAL_TRY(pal_catalog_builder_add(g->builder, id, title, name, cluster->name, floor(100 * known + 0.5), value, err));
    g->drawn++;

done:
    return rc;
}

/* The cluster's works, maker by maker. */
static pal_status add_cluster(generator *g, const domain_cluster *cluster, size_t n, uint64_t *number, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t made = 0; made < n; ++*number) {
        const pal_at at = { *number, 0, WHAT_MAKER };
        char name[PAL_NAME_MAX];
        double maker[N_FEATURES];
        uint64_t draw = 0;
        const size_t works = 1 + (size_t)pal_below(g->key, at, &draw, MOST_WORKS);

        for (size_t f = 0; f < N_FEATURES; f++) {
            maker[f] = (double)cluster->feature[f] / 10 + MAKER_SD * pal_draw_normal(g->key, at, &draw);
        }
        pal_artist_name(name, *number, g->seed);
        for (uint64_t w = 0; w < works && made < n; w++, made++) {
            PAL_TRY(add_work(g, cluster, maker, *number, w, name, err));
        }
    }

done:
    return rc;
}

static pal_status start_builder(generator *g, const char *types, pal_error *err)
{
    pal_feature_spec spec[N_FEATURES];

    for (size_t f = 0; f < N_FEATURES; f++) {
        spec[f] = (pal_feature_spec){ feature_names[f], "", 1, 0, 1, false };
    }
    return pal_catalog_builder_new(&g->builder, types, spec, N_FEATURES, err);
}

static void name_types(pal_catalog *catalog, const size_t *type, size_t n_types)
{
    if (n_types == 1) {
        return;
    }
    catalog->n_types = n_types;
    for (size_t k = 0; k < n_types; k++) {
        const char *name = type_names[type[k]];

        catalog->type_name[k] = name;
        for (size_t c = 0; c < catalog->clusters->n; c++) {
            if (strncmp(catalog->clusters->name[c], name, strlen(name)) == 0) {
                catalog->cluster_type[c] = (uint8_t)k;
            }
        }
    }
}

pal_status pal_catalog_domains(pal_catalog **out, const char *types, size_t items, pal_scaling scaling, uint64_t seed,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    generator g = { .key = pal_key_named(pal_key_for(seed, 0, PAL_FOR_CATALOG), "content types"), .seed = seed };
    const pal_cluster_choice choice = { .source = "per-genre", .seed = seed };
    size_t type[N_TYPES], n_types, n_clusters, done_clusters = 0;
    uint64_t number = 0;

    PAL_TRY(read_types(type, &n_types, types, err));
    n_clusters = n_types * PER_TYPE;
    if (items < n_clusters) {
        PAL_FAIL(PAL_ERR_CONFIG, "catalog.items: %zu content types have %zu clusters, and there are only %zu items", n_types,
                 n_clusters, items);
    }
    PAL_TRY(start_builder(&g, types, err));
    for (size_t k = 0; k < n_types; k++) {
        for (size_t c = 0; c < PER_TYPE; c++) {
            const size_t end = items * ++done_clusters / n_clusters;

            PAL_TRY(add_cluster(&g, &clusters[type[k] * PER_TYPE + c], end - g.drawn, &number, err));
        }
    }
    PAL_TRY(pal_catalog_finish(out, g.builder, &choice, scaling, err));
    name_types(*out, type, n_types);

done:
    pal_catalog_builder_free(g.builder);
    return rc;
}
