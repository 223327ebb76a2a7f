/* Building a cluster table from arrays, with every promise of the partition checked. */
#include "data/clusters_make.h"

#include "core/mem.h"

#include <stdlib.h>
#include <string.h>

#define MOST_GENRES 65535 /* genre ids are 16 bits wide */

typedef struct named {
    const char *text;
    int cluster;
} named;

/* By bytes; a genre that stands twice is ordered by its cluster, so that messages do not depend on qsort. */
static int by_text(const void *a, const void *b)
{
    const named *x = a, *y = b;
    int order = strcmp(x->text, y->text);

    return order != 0 ? order : (x->cluster > y->cluster) - (x->cluster < y->cluster);
}

void pal_clusters_free(pal_clusters *clusters)
{
    if (clusters == NULL) {
        return;
    }
    for (size_t c = 0; c < clusters->n; c++) {
        pal_free(clusters->name == NULL ? NULL : clusters->name[c]);
        pal_free(clusters->label == NULL ? NULL : clusters->label[c]);
    }
    for (size_t g = 0; g < clusters->n_genres; g++) {
        pal_free(clusters->genre == NULL ? NULL : clusters->genre[g]);
    }
    pal_free(clusters->name);
    pal_free(clusters->label);
    pal_free(clusters->genre);
    pal_free(clusters->cluster_of);
    pal_free(clusters);
}

static pal_status copy_text(char **out, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;

    *out = pal_strdup(text);
    if (*out == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a name of %zu bytes", strlen(text));
    }
done:
    return rc;
}

static pal_status check_names(const char *source, size_t n, const char *const *name, size_t n_genres, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (n == 0 || n > PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu clusters; between 1 and %d are possible", source, n, PAL_MAX_CLUSTERS);
    }
    if (n_genres > MOST_GENRES) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu genres; at most %d are possible", source, n_genres, MOST_GENRES);
    }
    for (size_t c = 0; c < n; c++) {
        if (name[c][0] == '\0') {
            PAL_FAIL(PAL_ERR_DATA, "%s: cluster %zu has an empty name", source, c);
        }
        for (size_t other = 0; other < c; other++) {
            if (strcmp(name[c], name[other]) == 0) {
                PAL_FAIL(PAL_ERR_DATA, "%s: clusters %zu and %zu are both named '%s'", source, other, c, name[c]);
            }
        }
    }
done:
    return rc;
}

static const char *place_of(int cluster, const char *const *name)
{
    return cluster == PAL_EXCLUDED ? "excluded" : name[cluster];
}

static pal_status check_genres(const char *source, size_t n, const char *const *name, size_t n_genres,
                               const named *sorted, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t held[PAL_MAX_CLUSTERS] = { 0 };

    for (size_t g = 0; g < n_genres; g++) {
        int cluster = sorted[g].cluster;

        PAL_ASSERT(cluster >= PAL_EXCLUDED && cluster < (int)n);
        if (sorted[g].text[0] == '\0') {
            PAL_FAIL(PAL_ERR_DATA, "%s: an empty genre name in '%s'", source, place_of(cluster, name));
        }
        if (g > 0 && strcmp(sorted[g].text, sorted[g - 1].text) == 0) {
            PAL_FAIL(PAL_ERR_DATA, "%s: genre '%s' stands twice: in '%s' and in '%s'", source, sorted[g].text,
                     place_of(sorted[g - 1].cluster, name), place_of(cluster, name));
        }
        if (cluster != PAL_EXCLUDED) {
            held[cluster]++;
        }
    }
    for (size_t c = 0; c < n; c++) {
        if (held[c] == 0) {
            PAL_FAIL(PAL_ERR_DATA, "%s: cluster '%s' holds no genre", source, name[c]);
        }
    }
done:
    return rc;
}

pal_status pal_clusters_make(pal_clusters **out, const char *source, size_t n, const char *const *name,
    const char *const *label, size_t n_genres, const char *const *genre, const int *cluster_of, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_clusters *clusters = NULL;
    named *sorted = NULL;

    PAL_TRY(check_names(source, n, name, n_genres, err));
    PAL_NEW(sorted, n_genres);
    for (size_t g = 0; g < n_genres; g++) {
        sorted[g] = (named){ genre[g], cluster_of[g] };
    }
    qsort(sorted, n_genres, sizeof *sorted, by_text);
    PAL_TRY(check_genres(source, n, name, n_genres, sorted, err));

    PAL_NEW(clusters, 1);
    clusters->n = n;
    clusters->n_genres = n_genres;
    PAL_NEW(clusters->name, n);
    PAL_NEW(clusters->label, n);
    PAL_NEW(clusters->genre, n_genres);
    PAL_NEW(clusters->cluster_of, n_genres);
    for (size_t c = 0; c < n; c++) {
        PAL_TRY(copy_text(&clusters->name[c], name[c], err));
        PAL_TRY(copy_text(&clusters->label[c], label[c], err));
    }
    for (size_t g = 0; g < n_genres; g++) {
        PAL_TRY(copy_text(&clusters->genre[g], sorted[g].text, err));
        clusters->cluster_of[g] = (int16_t)sorted[g].cluster;
    }
    *out = clusters; /* the caller owns it from here */
    clusters = NULL;

done:
    pal_clusters_free(clusters);
    pal_free(sorted);
    return rc;
}

pal_status pal_clusters_exclude(pal_clusters **out, const pal_clusters *clusters, const char *const *genre,
                                size_t n_genres, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char **all = NULL;
    int *cluster_of = NULL;
    size_t n_all = 0;

    PAL_NEW(all, clusters->n_genres + n_genres);
    PAL_NEW(cluster_of, clusters->n_genres + n_genres);
    for (size_t g = 0; g < clusters->n_genres; g++) {
        all[n_all] = clusters->genre[g];
        cluster_of[n_all++] = clusters->cluster_of[g];
    }
    for (size_t g = 0; g < n_genres; g++) {
        if (pal_clusters_find(clusters, genre[g]) == PAL_NO_GENRE) {
            all[n_all] = genre[g];
            cluster_of[n_all++] = PAL_EXCLUDED;
        }
    }
    PAL_TRY(pal_clusters_make(out, "clusters", clusters->n, (const char *const *)clusters->name,
                              (const char *const *)clusters->label, n_all, all, cluster_of, err));
done:
    pal_free(all);
    pal_free(cluster_of);
    return rc;
}
