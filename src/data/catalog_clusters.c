/* Where a catalog's clusters come from: a table, one a genre, or derived from its genres' centroids. */
#include "data/catalog_build.h"

#include "core/mem.h"
#include "data/catalog_types.h"
#include "data/clusters_make.h"

#include <string.h>

/* The first item of the builder that carries a genre. */
static const char *first_item_of(const pal_catalog_builder *builder, uint32_t genre)
{
    for (size_t i = 0; i < builder->ids.n; i++) {
        for (uint32_t l = builder->item[i].first_link; l != PAL_NO_LINK; l = builder->link[l].next) {
            if (builder->link[l].genre == genre) {
                return pal_intern_text(&builder->ids, i);
            }
        }
    }
    return "";
}

/* Every genre of the rows must stand in the table: a forgotten genre is an error, not an exclusion. */
static pal_status check_known(const pal_clusters *clusters, const pal_catalog_builder *builder, const char *source,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *first = NULL;
    size_t n_unknown = 0;
    uint32_t number = 0;

    for (size_t g = 0; g < builder->genres.n; g++) {
        const char *genre = pal_intern_text(&builder->genres, g);

        if (pal_clusters_find(clusters, genre) == PAL_NO_GENRE) {
            if (n_unknown++ == 0 || strcmp(genre, first) < 0) {
                first = genre;
                number = (uint32_t)g;
            }
        }
    }
    if (n_unknown > 0) {
        PAL_FAIL(PAL_ERR_DATA, "clusters \"%s\": genre '%s' (item '%s') is in no cluster, nor %zu more of %zu genres; "
                 "use \"auto\", \"per-genre\" or a cluster file that holds them", source, first,
                 first_item_of(builder, number), n_unknown - 1, builder->genres.n);
    }
done:
    return rc;
}

/* The genres the built-in table never serves stay out of derived clusters too, whether the rows hold them or not. */
static pal_status list_excluded(const char ***out, size_t *n, const pal_clusters *table, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*out, table->n_genres);
    *n = 0;
    for (size_t g = 0; g < table->n_genres; g++) {
        if (table->cluster_of[g] == PAL_EXCLUDED) {
            (*out)[(*n)++] = table->genre[g];
        }
    }
done:
    return rc;
}

typedef struct centroids {
    const char **name; /* n: the genres that are served      */
    size_t *number;    /* of every builder genre: its place in name, or PAL_NO_GENRE */
    double *mean;      /* n x d                              */
    double *weight;    /* n: items of the genre              */
    size_t n;
} centroids;

static void free_centroids(centroids *c)
{
    pal_free(c->name);
    pal_free(c->number);
    pal_free(c->mean);
    pal_free(c->weight);
}

/* A genre counts only if an item that is served carries it. Sums run in the order of item[], so rows play no part. */
static pal_status find_centroids(centroids *c, const pal_catalog_builder *builder, const pal_clusters *table,
                                 const uint32_t *item, const float *scaled, size_t n_items, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_genres = builder->genres.n, d = builder->d;

    PAL_NEW(c->name, n_genres);
    PAL_NEW(c->number, n_genres);
    PAL_NEW(c->mean, n_genres * d);
    PAL_NEW(c->weight, n_genres);
    for (size_t g = 0; g < n_genres; g++) {
        const char *genre = pal_intern_text(&builder->genres, g);
        size_t known = pal_clusters_find(table, genre);

        c->number[g] = PAL_NO_GENRE;
        if (known == PAL_NO_GENRE || table->cluster_of[known] != PAL_EXCLUDED) {
            c->number[g] = c->n;
            c->name[c->n++] = genre;
        }
    }
    for (size_t i = 0; i < n_items; i++) {
        for (uint32_t l = builder->item[item[i]].first_link; l != PAL_NO_LINK; l = builder->link[l].next) {
            size_t g = c->number[builder->link[l].genre];

            if (g != PAL_NO_GENRE) {
                c->weight[g] += 1;
                for (size_t f = 0; f < d; f++) {
                    c->mean[g * d + f] += (double)scaled[i * d + f];
                }
            }
        }
    }
    for (size_t g = 0; g < c->n; g++) {
        for (size_t f = 0; f < d; f++) {
            c->mean[g * d + f] /= c->weight[g];
        }
    }
done:
    return rc;
}

static pal_status derive(pal_clusters **out, const pal_catalog_builder *builder, const pal_cluster_choice *choice,
                         const pal_clusters *table, const uint32_t *item, const float *scaled, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    centroids c = { .n = 0 };
    const char **excluded = NULL;
    size_t n_excluded = 0;
    pal_clusters *served = NULL;

    PAL_TRY(find_centroids(&c, builder, table, item, scaled, n, err));
    PAL_TRY(list_excluded(&excluded, &n_excluded, table, err));
    if (strcmp(choice->source, "auto") == 0) {
        PAL_TRY(pal_clusters_auto(&served, c.name, c.mean, c.weight, c.n, builder->d, choice->n, choice->seed, err));
    } else {
        PAL_TRY(pal_clusters_per_genre(&served, c.name, c.n, err));
    }
    PAL_TRY(pal_clusters_exclude(out, served, excluded, n_excluded, err));
done:
    pal_clusters_free(served);
    pal_free(excluded);
    free_centroids(&c);
    return rc;
}

bool pal_genre_is_served(const pal_clusters *table, const char *genre)
{
    size_t g = pal_clusters_find(table, genre);

    return g == PAL_NO_GENRE || table->cluster_of[g] != PAL_EXCLUDED;
}

/* What the built-in table excludes are genres of music: elsewhere the same words mean something else (comedy films). */
static void exclude_nothing(pal_clusters *table)
{
    for (size_t g = 0; g < table->n_genres; g++) {
        if (table->cluster_of[g] == PAL_EXCLUDED) {
            table->cluster_of[g] = 0;
        }
    }
}

pal_status pal_cluster_table(pal_clusters **out, const pal_catalog_builder *builder, const pal_cluster_choice *choice,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_clusters *table = NULL;
    bool derived = strcmp(choice->source, "auto") == 0 || strcmp(choice->source, "per-genre") == 0;
    bool built_in = derived || strcmp(choice->source, "default") == 0;

    if (built_in) {
        PAL_TRY(pal_clusters_default(&table, err));
    } else {
        PAL_TRY(pal_clusters_load(&table, choice->source, err));
    }
    if (builder->n_types > 0) {
        PAL_TRY(pal_types_expand(&table, builder, built_in ? "music" : NULL, err));
    }
    if (!derived) {
        PAL_TRY(check_known(table, builder, choice->source, err));
    } else if (builder->n_types == 0 && strcmp(builder->content_type, "music") != 0) {
        exclude_nothing(table);
    }
    *out = table; /* the caller owns it from here */
    table = NULL;
done:
    pal_clusters_free(table);
    return rc;
}

pal_status pal_cluster_derive(pal_clusters **table, const pal_catalog_builder *builder,
                              const pal_cluster_choice *choice, const uint32_t *item, const float *scaled, size_t n,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_clusters *derived = NULL;

    if (strcmp(choice->source, "auto") == 0 || strcmp(choice->source, "per-genre") == 0) {
        PAL_TRY(derive(&derived, builder, choice, *table, item, scaled, n, err));
        pal_clusters_free(*table);
        *table = derived;
    }
done:
    return rc;
}
