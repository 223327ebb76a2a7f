/* Cluster tables: read from JSON, the built-in one, one cluster a genre; look-up and writing. */
#include "data/clusters.h"

#include "core/embed.h"
#include "core/mem.h"
#include "core/param.h"
#include "data/clusters_make.h"

#include <stdio.h>
#include <string.h>

PAL_EMBED(pal_genre_clusters_json, "src/data/genre_clusters.json");

/* What stands in a document, borrowed from it. */
typedef struct table_text {
    const char *name[PAL_MAX_CLUSTERS], *label[PAL_MAX_CLUSTERS];
    const char **genre;
    int *cluster_of;
    size_t n, n_genres, capacity;
} table_text;

static pal_status want(const pal_json *value, pal_json_kind kind, const char *source, const char *path, pal_error *err)
{
    if (value == NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s is missing; %s is wanted", source, path,
                             pal_json_kind_name(kind));
    }
    if (pal_json_kind_of(value) != kind) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: %s is %s; %s is wanted", source, path,
                             pal_json_kind_name(pal_json_kind_of(value)), pal_json_kind_name(kind));
    }
    return PAL_OK;
}

/* Genres of one list go to `cluster`; path is the list's JSON path. */
static pal_status read_genres(table_text *t, const pal_json *list, int cluster, const char *source, const char *path,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    char item_path[128];

    PAL_TRY(want(list, PAL_JSON_ARRAY, source, path, err));
    for (size_t g = 0; g < pal_json_size(list); g++) {
        snprintf(item_path, sizeof item_path, "%s[%zu]", path, g);
        PAL_TRY(want(pal_json_at(list, g), PAL_JSON_STRING, source, item_path, err));
        PAL_ASSERT(t->n_genres < t->capacity);
        t->genre[t->n_genres] = pal_json_string(pal_json_at(list, g));
        t->cluster_of[t->n_genres++] = cluster;
    }
done:
    return rc;
}

static pal_status read_cluster(table_text *t, const pal_json *object, size_t c, const char *source, pal_error *err)
{
    static const char *const keys[] = { "name", "label", "genres", NULL };
    pal_status rc = PAL_OK;
    char path[64], member[96];
    const pal_json *name, *label;

    snprintf(path, sizeof path, "clusters[%zu]", c);
    PAL_TRY(want(object, PAL_JSON_OBJECT, source, path, err));
    PAL_TRY(pal_json_only_keys(object, keys, source, path, err));
    name = pal_json_get(object, "name");
    label = pal_json_get(object, "label");
    snprintf(member, sizeof member, "%s.name", path);
    PAL_TRY(want(name, PAL_JSON_STRING, source, member, err));
    t->name[c] = t->label[c] = pal_json_string(name);
    if (label != NULL) {
        snprintf(member, sizeof member, "%s.label", path);
        PAL_TRY(want(label, PAL_JSON_STRING, source, member, err));
        t->label[c] = pal_json_string(label);
    }
    snprintf(member, sizeof member, "%s.genres", path);
    PAL_TRY(read_genres(t, pal_json_get(object, "genres"), (int)c, source, member, err));
done:
    return rc;
}

/* Names counted before they are checked: what is no list counts as none. */
static size_t count_genres(const pal_json *root)
{
    const pal_json *clusters = pal_json_get(root, "clusters"), *excluded = pal_json_get(root, "excluded");
    size_t n = 0;

    if (clusters != NULL && pal_json_kind_of(clusters) == PAL_JSON_ARRAY) {
        for (size_t c = 0; c < pal_json_size(clusters); c++) {
            const pal_json *object = pal_json_at(clusters, c), *genres = NULL;

            if (pal_json_kind_of(object) == PAL_JSON_OBJECT) {
                genres = pal_json_get(object, "genres");
            }
            n += genres != NULL && pal_json_kind_of(genres) == PAL_JSON_ARRAY ? pal_json_size(genres) : 0;
        }
    }
    return n + (excluded != NULL && pal_json_kind_of(excluded) == PAL_JSON_ARRAY ? pal_json_size(excluded) : 0);
}

static pal_status read_document(pal_clusters **out, const pal_json_doc *doc, pal_error *err)
{
    static const char *const keys[] = { "purpose", "clusters", "excluded", NULL };
    pal_status rc = PAL_OK;
    const char *source = pal_json_name(doc);
    const pal_json *root = pal_json_root(doc), *list;
    table_text t = { .n = 0 };

    PAL_TRY(want(root, PAL_JSON_OBJECT, source, "the document", err));
    PAL_TRY(pal_json_only_keys(root, keys, source, "the document", err));
    list = pal_json_get(root, "clusters");
    PAL_TRY(want(list, PAL_JSON_ARRAY, source, "clusters", err));
    t.n = pal_json_size(list);
    if (t.n == 0 || t.n > PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu clusters; between 1 and %d are possible", source, t.n, PAL_MAX_CLUSTERS);
    }
    t.capacity = count_genres(root);
    PAL_NEW(t.genre, t.capacity);
    PAL_NEW(t.cluster_of, t.capacity);
    for (size_t c = 0; c < t.n; c++) {
        PAL_TRY(read_cluster(&t, pal_json_at(list, c), c, source, err));
    }
    if (pal_json_get(root, "excluded") != NULL) {
        PAL_TRY(read_genres(&t, pal_json_get(root, "excluded"), PAL_EXCLUDED, source, "excluded", err));
    }
    PAL_TRY(pal_clusters_make(out, source, t.n, t.name, t.label, t.n_genres, t.genre, t.cluster_of, err));

done:
    pal_free(t.genre);
    pal_free(t.cluster_of);
    return rc;
}

pal_status pal_clusters_load(pal_clusters **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_load(&doc, path, err));
    PAL_TRY(read_document(out, doc, err));
done:
    pal_json_free(doc);
    return rc;
}

pal_status pal_clusters_default(pal_clusters **out, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    size_t n = (size_t)(pal_genre_clusters_json_end - pal_genre_clusters_json);

    PAL_TRY(pal_json_parse(&doc, pal_genre_clusters_json, n, "the built-in genre clusters", err));
    PAL_TRY(read_document(out, doc, err));
done:
    pal_json_free(doc);
    return rc;
}

pal_status pal_clusters_per_genre(pal_clusters **out, const char *const *genres, size_t n_genres, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char **sorted = NULL;
    int cluster_of[PAL_MAX_CLUSTERS];

    if (n_genres == 0 || n_genres > PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA, "one cluster a genre: %zu genres; between 1 and %d are possible (\"auto\" joins genres)",
                 n_genres, PAL_MAX_CLUSTERS);
    }
    PAL_NEW(sorted, n_genres);
    /* Cluster numbers must not depend on the order in which a file happened to list its genres: insertion sort. */
    for (size_t g = 0; g < n_genres; g++) {
        size_t at = g;

        for (; at > 0 && strcmp(sorted[at - 1], genres[g]) > 0; at--) {
            sorted[at] = sorted[at - 1];
        }
        sorted[at] = genres[g];
        cluster_of[g] = (int)g;
    }
    PAL_TRY(pal_clusters_make(out, "one cluster a genre", n_genres, sorted, sorted, n_genres, sorted, cluster_of, err));
done:
    pal_free(sorted);
    return rc;
}

size_t pal_clusters_find(const pal_clusters *clusters, const char *genre)
{
    size_t low = 0, high = clusters->n_genres;

    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = strcmp(clusters->genre[middle], genre);

        if (order == 0) {
            return middle;
        }
        if (order < 0) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return PAL_NO_GENRE;
}

static void write_genres(const pal_clusters *clusters, int cluster, const char *key, pal_json_writer *w)
{
    pal_json_begin_array(w, key);
    for (size_t g = 0; g < clusters->n_genres; g++) {
        if (clusters->cluster_of[g] == cluster) {
            pal_json_put_string(w, NULL, clusters->genre[g]);
        }
    }
    pal_json_end_array(w);
}

void pal_clusters_write(const pal_clusters *clusters, pal_json_writer *w)
{
    pal_json_begin_array(w, "clusters");
    for (size_t c = 0; c < clusters->n; c++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", clusters->name[c]);
        pal_json_put_string(w, "label", clusters->label[c]);
        write_genres(clusters, (int)c, "genres", w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    write_genres(clusters, PAL_EXCLUDED, "excluded", w);
}
