/* Content types by way of genres: expanded tables, clusters of one type each, names. */
#include "data/catalog_types.h"

#include "core/hash.h"
#include "core/mem.h"
#include "core/sum.h"
#include "data/clusters_make.h"

#include <math.h>
#include <string.h>

size_t pal_genre_type(const pal_catalog_builder *builder, const char *genre)
{
    for (size_t t = 0; t < builder->n_types; t++) {
        const size_t n = strlen(builder->type[t]);

        if (strncmp(genre, builder->type[t], n) == 0 && genre[n] == '-') {
            return t;
        }
    }
    return SIZE_MAX;
}

pal_status pal_types_fill(float *raw, size_t n, const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t d = builder->d;

    for (size_t f = 0; f < d; f++) {
        pal_acc sum = { 0 };
        size_t there = 0;
        float mean;

        for (size_t i = 0; i < n; i++) {
            if (!isnan(raw[i * d + f])) {
                pal_acc_add(&sum, (double)raw[i * d + f]);
                there++;
            }
        }
        if (there == 0) {
            PAL_FAIL(PAL_ERR_DATA, "feature '%s': no item that is served has a value",
                     builder->feature[f].name);
        }
        mean = (float)(pal_acc_value(&sum) / (double)there);
        for (size_t i = 0; there < n && i < n; i++) {
            if (isnan(raw[i * d + f])) {
                raw[i * d + f] = mean;
            }
        }
    }

done:
    return rc;
}

pal_status pal_types_expand(pal_clusters **table, const pal_catalog_builder *builder,
                            const char *only, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_clusters *old = *table;
    const size_t most = old->n_genres + builder->genres.n;
    pal_clusters *grown = NULL;
    const char **genre = NULL;
    int *cluster_of = NULL;
    size_t n = 0;

    PAL_NEW(genre, most);
    PAL_NEW(cluster_of, most);
    for (; n < old->n_genres; n++) {
        genre[n] = old->genre[n];
        cluster_of[n] = old->cluster_of[n];
    }
    for (size_t g = 0; g < builder->genres.n; g++) {
        const char *own = pal_intern_text(&builder->genres, g);
        const size_t type = pal_genre_type(builder, own);
        size_t plain;

        PAL_ASSERT(type != SIZE_MAX);
        if ((only != NULL && strcmp(builder->type[type], only) != 0) ||
            pal_clusters_find(old, own) != PAL_NO_GENRE) {
            continue;
        }
        plain = pal_clusters_find(old, own + strlen(builder->type[type]) + 1);
        if (plain != PAL_NO_GENRE) {
            genre[n] = own;
            cluster_of[n++] = old->cluster_of[plain];
        }
    }
    PAL_TRY(pal_clusters_make(&grown, "clusters", old->n, (const char *const *)old->name,
                              (const char *const *)old->label, n, genre, cluster_of, err));
    pal_clusters_free(*table);
    *table = grown;

done:
    pal_free(genre);
    pal_free(cluster_of);
    return rc;
}

/* ---- clusters of one type each --------------------------------------------------------------- */

typedef struct parts {
    size_t n;
    char *name[PAL_MAX_CLUSTERS], *label[PAL_MAX_CLUSTERS];
    uint8_t type[PAL_MAX_CLUSTERS];
} parts;

static void clear_parts(parts *p)
{
    for (size_t c = 0; c < p->n; c++) {
        pal_free(p->name[c]);
        pal_free(p->label[c]);
    }
}

static char *joined(const char *type, const char *name)
{
    pal_text text = { 0 };

    pal_text_addf(&text, "%s%s%s", type, type[0] != '\0' ? "-" : "", name);
    if (text.failed) {
        pal_text_clear(&text);
    }
    return text.bytes;
}

/* One more part; `prefix` is "" when the cluster stays whole. */
static pal_status add_part(parts *p, const char *prefix, const char *name, const char *label,
                           size_t type, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t c = p->n;

    if (c == PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA,
                 "clusters: cut by content type there are more than %d: ask for fewer",
                 PAL_MAX_CLUSTERS);
    }
    p->n++;
    p->type[c] = (uint8_t)type;
    p->name[c] = joined(prefix, name);
    p->label[c] = joined(prefix, label);
    if (p->name[c] == NULL || p->label[c] == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the name of cluster '%s'", name);
    }

done:
    return rc;
}

/* Parts of cluster c; part[t] gets the place of type t. A genre without a type goes with the first
 * part. */
static pal_status cut(parts *p, int *part, const pal_clusters *table, size_t c,
                      const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool there[PAL_MAX_CLUSTERS] = { false };
    size_t n = 0;

    for (size_t g = 0; g < table->n_genres; g++) {
        const size_t type = pal_genre_type(builder, table->genre[g]);

        if (table->cluster_of[g] == (int)c && type != SIZE_MAX && !there[type]) {
            there[type] = true;
            n++;
        }
    }
    if (n == 0) {
        part[0] = (int)p->n;
        PAL_TRY(add_part(p, "", table->name[c], table->label[c], 0, err));
    }
    for (size_t t = 0; t < builder->n_types; t++) {
        if (there[t]) {
            part[t] = (int)p->n;
            PAL_TRY(add_part(p, n > 1 ? builder->type[t] : "", table->name[c], table->label[c], t,
                             err));
        }
    }

done:
    return rc;
}

/* The new cluster of genre g, whose old one has the parts part[]. */
static int part_of(const int *part, const pal_clusters *table, size_t g,
                   const pal_catalog_builder *builder)
{
    size_t type = pal_genre_type(builder, table->genre[g]);

    if (type == SIZE_MAX) {
        for (type = 0; part[type] < 0; type++) {
        }
    }
    return part[type];
}

pal_status pal_types_split(pal_clusters **table, uint8_t cluster_type[PAL_MAX_CLUSTERS],
                           const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_clusters *old = *table;
    pal_clusters *made = NULL;
    parts p = { .n = 0 };
    int *cluster_of = NULL, part[PAL_MAX_CLUSTERS];

    PAL_NEW(cluster_of, old->n_genres);
    for (size_t g = 0; g < old->n_genres; g++) {
        cluster_of[g] = PAL_EXCLUDED;
    }
    for (size_t c = 0; c < old->n; c++) {
        for (size_t t = 0; t < PAL_MAX_CLUSTERS; t++) {
            part[t] = -1;
        }
        PAL_TRY(cut(&p, part, old, c, builder, err));
        for (size_t g = 0; g < old->n_genres; g++) {
            if (old->cluster_of[g] == (int)c) {
                cluster_of[g] = part_of(part, old, g, builder);
            }
        }
    }
    PAL_TRY(pal_clusters_make(&made, "clusters by content type", p.n, (const char *const *)p.name,
                              (const char *const *)p.label, old->n_genres,
                              (const char *const *)old->genre, cluster_of, err));
    memcpy(cluster_type, p.type, sizeof p.type);
    pal_clusters_free(*table);
    *table = made;

done:
    clear_parts(&p);
    pal_free(cluster_of);
    return rc;
}

/* ---- names ----------------------------------------------------------------------------------- */

pal_status pal_types_name(pal_catalog *catalog, const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool served[PAL_MAX_CLUSTERS] = { false };
    size_t bytes = 0;
    char *at;

    for (size_t i = 0; i < catalog->n_items; i++) {
        served[pal_catalog_type(catalog, i)] = true;
    }
    for (size_t t = 0; t < builder->n_types; t++) {
        if (!served[t]) {
            PAL_FAIL(PAL_ERR_DATA,
                     "content type '%s': none of its items is in a genre that is served",
                     builder->type[t]);
        }
        bytes += strlen(builder->type[t]) + 1;
    }
    PAL_NEW(catalog->type_pool, bytes);
    at = catalog->type_pool;
    catalog->n_types = builder->n_types;
    for (size_t t = 0; t < builder->n_types; t++) {
        const size_t n = strlen(builder->type[t]) + 1;

        memcpy(at, builder->type[t], n);
        catalog->type_name[t] = at;
        at += n;
        catalog->digest = pal_hash_mix(catalog->digest, pal_hash(builder->type[t], n));
    }
    catalog->digest = pal_hash_mix(catalog->digest,
                                   pal_hash(catalog->cluster_type, sizeof catalog->cluster_type));

done:
    return rc;
}
