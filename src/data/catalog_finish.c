/* From a builder's rows to a catalog: which items, in what order, on what scale, in what blocks. */
#include "data/catalog_build.h"

#include "core/mem.h"
#include "data/blocks.h"
#include "data/catalog_types.h"

#include <stdlib.h>
#include <string.h>

/*
 * Items that are served, in the order of their ids ("canonical"): whatever is computed in this order does not depend
 * on the order of the rows, down to the last bit.
 */
typedef struct layout {
    size_t n, d;
    uint32_t *item;      /* n: builder item of a canonical place          */
    uint16_t *cluster;   /* n: primary cluster                            */
    float *raw, *scaled, *direction; /* n x d                             */
    uint32_t *order;     /* n: canonical places in catalog order          */
    uint32_t *block_end; /* one for each block, in catalog order          */
} layout;

static void free_layout(layout *l)
{
    pal_free(l->item);
    pal_free(l->cluster);
    pal_free(l->raw);
    pal_free(l->scaled);
    pal_free(l->direction);
    pal_free(l->order);
    pal_free(l->block_end);
}

typedef struct keyed {
    uint64_t head;     /* first eight bytes of the id, big endian: most comparisons end here */
    const char *id;
    uint32_t item;
} keyed;

static uint64_t head_of(const char *id)
{
    uint64_t head = 0;

    for (size_t b = 0; b < 8; b++) {
        head = head << 8 | (unsigned char)*id;
        id += *id != '\0';
    }
    return head;
}

static int by_id(const void *a, const void *b)
{
    const keyed *x = a, *y = b;

    return x->head != y->head ? (x->head > y->head) - (x->head < y->head) : strcmp(x->id, y->id);
}

/* served[g]: genre g of the builder may be recommended. */
static pal_status mark_served(bool **served, const pal_catalog_builder *builder, const pal_clusters *table,
                              pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*served, builder->genres.n);
    for (size_t g = 0; g < builder->genres.n; g++) {
        (*served)[g] = pal_genre_is_served(table, pal_intern_text(&builder->genres, g));
    }
done:
    return rc;
}

static bool is_served(const pal_catalog_builder *builder, size_t i, const bool *served)
{
    for (uint32_t l = builder->item[i].first_link; l != PAL_NO_LINK; l = builder->link[l].next) {
        if (served[builder->link[l].genre]) {
            return true;
        }
    }
    return false;
}

static pal_status pick_items(layout *l, const pal_catalog_builder *builder, const pal_clusters *table, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool *served = NULL;
    keyed *key = NULL;

    PAL_TRY(mark_served(&served, builder, table, err));
    PAL_NEW(key, builder->ids.n);
    for (size_t i = 0; i < builder->ids.n; i++) {
        if (is_served(builder, i, served)) {
            const char *id = pal_intern_text(&builder->ids, i);

            key[l->n++] = (keyed){ head_of(id), id, (uint32_t)i };
        }
    }
    if (l->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "the catalog is empty: %llu rows hold %zu items, none of them in a genre that is served",
                 (unsigned long long)builder->rows, builder->ids.n);
    }
    qsort(key, l->n, sizeof *key, by_id);
    l->d = builder->d;
    PAL_NEW(l->item, l->n);
    PAL_NEW(l->raw, l->n * l->d);
    for (size_t p = 0; p < l->n; p++) {
        l->item[p] = key[p].item;
        memcpy(l->raw + p * l->d, builder->raw + (size_t)key[p].item * l->d, l->d * sizeof *l->raw);
    }
done:
    pal_free(served);
    pal_free(key);
    return rc;
}

static pal_status name_features(pal_catalog *catalog, const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;

    catalog->d = builder->d;
    catalog->stride = (builder->d + 3) / 4 * 4;
    catalog->content_type = pal_strdup(builder->content_type);
    PAL_NEW(catalog->feature, catalog->d);
    for (size_t f = 0; f < catalog->d; f++) {
        catalog->feature[f].weight = builder->feature[f].weight;
        catalog->feature[f].name = pal_strdup(builder->feature[f].name);
        catalog->feature[f].unit = pal_strdup(builder->feature[f].unit);
        if (catalog->feature[f].name == NULL || catalog->feature[f].unit == NULL || catalog->content_type == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the name of feature %zu", f);
        }
    }
done:
    return rc;
}

/* Genres of every item as ids of the cluster table; the first served one gives the primary cluster. */
static pal_status set_genres(pal_catalog *catalog, const layout *l, const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_clusters *table = catalog->clusters;
    size_t *id = NULL, n = 0;

    PAL_NEW(id, builder->genres.n);
    for (size_t g = 0; g < builder->genres.n; g++) {
        id[g] = pal_clusters_find(table, pal_intern_text(&builder->genres, g));
    }
    PAL_NEW(catalog->genre_begin, l->n + 1);
    PAL_NEW(catalog->genre_of, builder->n_links);
    PAL_NEW(catalog->cluster_mask, l->n);
    for (size_t i = 0; i < l->n; i++) {
        uint32_t at = builder->item[l->item[l->order[i]]].first_link;

        for (; at != PAL_NO_LINK; at = builder->link[at].next) {
            size_t g = id[builder->link[at].genre];

            PAL_ASSERT(g != PAL_NO_GENRE);
            if (table->cluster_of[g] != PAL_EXCLUDED) {
                catalog->genre_of[n++] = (uint16_t)g;
                catalog->cluster_mask[i] |= UINT64_C(1) << table->cluster_of[g];
            }
        }
        catalog->genre_begin[i + 1] = (uint32_t)n;
    }
done:
    pal_free(id);
    return rc;
}

static pal_status find_primary(layout *l, const pal_catalog_builder *builder, const pal_clusters *table,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    int *cluster_of = NULL;

    PAL_NEW(cluster_of, builder->genres.n);
    for (size_t g = 0; g < builder->genres.n; g++) {
        size_t id = pal_clusters_find(table, pal_intern_text(&builder->genres, g));

        cluster_of[g] = id == PAL_NO_GENRE ? PAL_EXCLUDED : table->cluster_of[id];
    }
    PAL_NEW(l->cluster, l->n);
    for (size_t p = 0; p < l->n; p++) {
        uint32_t at = builder->item[l->item[p]].first_link;

        while (cluster_of[builder->link[at].genre] == PAL_EXCLUDED) {
            at = builder->link[at].next; /* pick_items saw a served one further on */
        }
        l->cluster[p] = (uint16_t)cluster_of[builder->link[at].genre];
    }
done:
    pal_free(cluster_of);
    return rc;
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

/* Inside a block items stand in source order. */
static void sort_block(uint32_t *place, size_t n, const uint32_t *item)
{
    uint64_t key[PAL_BLOCK_ITEMS];

    PAL_ASSERT(n <= PAL_BLOCK_ITEMS);
    for (size_t i = 0; i < n; i++) {
        key[i] = (uint64_t)item[place[i]] << 32 | place[i];
    }
    qsort(key, n, sizeof *key, by_number);
    for (size_t i = 0; i < n; i++) {
        place[i] = (uint32_t)key[i];
    }
}

static pal_status order_items(layout *l, pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_clusters = catalog->clusters->n, next[PAL_MAX_CLUSTERS];

    PAL_NEW(catalog->cluster_begin, n_clusters + 1);
    PAL_NEW(catalog->cluster_block, n_clusters + 1);
    for (size_t p = 0; p < l->n; p++) {
        catalog->cluster_begin[l->cluster[p] + 1]++;
    }
    for (size_t c = 0; c < n_clusters; c++) {
        size_t n = catalog->cluster_begin[c + 1];

        next[c] = catalog->cluster_begin[c];
        catalog->cluster_begin[c + 1] += catalog->cluster_begin[c];
        catalog->n_blocks += (n + PAL_BLOCK_ITEMS - 1) / PAL_BLOCK_ITEMS;
        catalog->cluster_block[c + 1] = (uint32_t)catalog->n_blocks;
    }
    PAL_NEW(l->order, l->n);
    for (size_t p = 0; p < l->n; p++) {
        l->order[next[l->cluster[p]]++] = (uint32_t)p;
    }
    PAL_NEW(catalog->block_begin, catalog->n_blocks + 1);
    for (size_t c = 0; c < n_clusters; c++) {
        size_t begin = catalog->cluster_begin[c], n = catalog->cluster_begin[c + 1] - begin;
        uint32_t *end = catalog->block_begin + catalog->cluster_block[c] + 1;

        PAL_TRY(pal_blocks_split(l->order + begin, end, l->direction, n, l->d, err));
        for (size_t b = catalog->cluster_block[c]; b < catalog->cluster_block[c + 1]; b++) {
            catalog->block_begin[b + 1] += (uint32_t)begin; /* ends came relative to the cluster */
            sort_block(l->order + catalog->block_begin[b], catalog->block_begin[b + 1] - catalog->block_begin[b],
                       l->item);
        }
    }
done:
    return rc;
}

/* Rows of an n x d array in canonical order, spread to item-major with padding and to feature-major. */
static void spread_rows(float *row, float *column, const float *from, const layout *l, const pal_catalog *catalog)
{
    for (size_t i = 0; i < l->n; i++) {
        const float *x = from + (size_t)l->order[i] * l->d;

        for (size_t f = 0; f < l->d; f++) {
            row[i * catalog->stride + f] = x[f];
            column[f * catalog->n_pad + i] = x[f];
        }
    }
}

static pal_status fill_numbers(pal_catalog *catalog, const layout *l, const pal_catalog_builder *builder,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = l->d;

    catalog->n_items = l->n;
    catalog->n_pad = (l->n + PAL_LANE - 1) / PAL_LANE * PAL_LANE;
    PAL_NEW(catalog->raw, l->n * d);
    PAL_NEW(catalog->scaled, catalog->n_pad * catalog->stride);
    PAL_NEW(catalog->scaled_t, catalog->n_pad * d);
    PAL_NEW(catalog->direction, catalog->n_pad * catalog->stride);
    PAL_NEW(catalog->direction_t, catalog->n_pad * d);
    PAL_NEW(catalog->popularity, catalog->n_pad);
    PAL_NEW(catalog->cluster, catalog->n_pad);
    PAL_NEW(catalog->source_row, l->n);
    spread_rows(catalog->scaled, catalog->scaled_t, l->scaled, l, catalog);
    spread_rows(catalog->direction, catalog->direction_t, l->direction, l, catalog);
    for (size_t i = 0; i < l->n; i++) {
        size_t p = l->order[i];
        const pal_built_item *item = &builder->item[l->item[p]];

        memcpy(catalog->raw + i * d, l->raw + p * d, d * sizeof *catalog->raw);
        catalog->popularity[i] = item->popularity;
        catalog->cluster[i] = l->cluster[p];
        catalog->source_row[i] = item->row;
    }
    PAL_NEW(catalog->block_direction, catalog->n_blocks * catalog->stride);
    PAL_NEW(catalog->block_center, catalog->n_blocks * catalog->stride);
    PAL_NEW(catalog->block_cos, catalog->n_blocks);
    PAL_NEW(catalog->block_radius, catalog->n_blocks);
    PAL_NEW(catalog->block_popularity, catalog->n_blocks);
    pal_blocks_bound(catalog);
done:
    return rc;
}

static char *put_text(char **pool, const char *text)
{
    size_t n = strlen(text) + 1;
    char *at = *pool;

    memcpy(at, text, n);
    *pool += n;
    return at;
}

/* One block of memory for all strings; artists are numbered by first appearance in the catalog's order. */
static pal_status fill_texts(pal_catalog *catalog, const layout *l, const pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *artist = NULL; /* number + 1 of a builder artist, 0 = not met yet */
    size_t bytes = 0;
    char *pool = NULL;

    for (size_t i = 0; i < l->n; i++) {
        const pal_built_item *item = &builder->item[l->item[i]];

        bytes += strlen(pal_intern_text(&builder->ids, l->item[i])) + 1;
        bytes += strlen(pal_intern_text(&builder->titles, item->title)) + 1;
    }
    PAL_NEW(pool, bytes + builder->artists.n_bytes);
    catalog->pool = pool;
    PAL_NEW(artist, builder->artists.n);
    PAL_NEW(catalog->artist, l->n);
    PAL_NEW(catalog->id, l->n);
    PAL_NEW(catalog->title, l->n);
    PAL_NEW(catalog->artist_name, builder->artists.n);
    for (size_t i = 0; i < l->n; i++) {
        const pal_built_item *item = &builder->item[l->item[l->order[i]]];

        catalog->id[i] = put_text(&pool, pal_intern_text(&builder->ids, l->item[l->order[i]]));
        catalog->title[i] = put_text(&pool, pal_intern_text(&builder->titles, item->title));
        if (artist[item->artist] == 0) {
            catalog->artist_name[catalog->n_artists] =
                put_text(&pool, pal_intern_text(&builder->artists, item->artist));
            artist[item->artist] = (uint32_t)++catalog->n_artists;
        }
        catalog->artist[i] = artist[item->artist] - 1;
    }
done:
    pal_free(artist);
    return rc;
}

pal_status pal_catalog_finish(pal_catalog **out, pal_catalog_builder *builder, const pal_cluster_choice *clusters,
                              pal_scaling scaling, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    layout l = { .n = 0 };

    PAL_NEW(catalog, 1);
    catalog->scaling = scaling;
    PAL_TRY(name_features(catalog, builder, err));
    PAL_TRY(pal_cluster_table(&catalog->clusters, builder, clusters, err));
    PAL_TRY(pick_items(&l, builder, catalog->clusters, err));
    if (builder->n_types > 0) {
        PAL_TRY(pal_types_fill(l.raw, l.n, builder, err));
    }

    PAL_NEW(l.scaled, l.n * l.d);
    PAL_NEW(catalog->sorted, l.n * l.d);
    PAL_TRY(pal_scale_features(l.scaled, catalog->sorted, catalog->feature, l.raw, l.n, l.d, scaling, err));
    PAL_NEW(l.direction, l.n * l.d);
    pal_direct_features(l.direction, l.scaled, catalog->feature, l.n, l.d);

    PAL_TRY(pal_cluster_derive(&catalog->clusters, builder, clusters, l.item, l.scaled, l.n, err));
    if (builder->n_types > 1) {
        PAL_TRY(pal_types_split(&catalog->clusters, catalog->cluster_type, builder, err));
    }
    PAL_TRY(find_primary(&l, builder, catalog->clusters, err));
    PAL_TRY(order_items(&l, catalog, err));
    PAL_TRY(set_genres(catalog, &l, builder, err));
    PAL_TRY(fill_numbers(catalog, &l, builder, err));
    PAL_TRY(fill_texts(catalog, &l, builder, err));
    catalog->digest = pal_catalog_digest_of(catalog);
    if (builder->n_types > 1) {
        PAL_TRY(pal_types_name(catalog, builder, err));
    }

    *out = catalog; /* the caller owns it from here */
    catalog = NULL;

done:
    pal_catalog_free(catalog);
    free_layout(&l);
    return rc;
}
