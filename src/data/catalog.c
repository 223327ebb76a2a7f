/* A finished catalog: giving it back, cosines, its digest. */
#include "data/catalog.h"

#include "core/hash.h"
#include "core/mem.h"
#include "data/catalog_build.h"

void pal_catalog_free(pal_catalog *catalog)
{
    if (catalog == NULL) {
        return;
    }
    for (size_t f = 0; catalog->feature != NULL && f < catalog->d; f++) {
        pal_free(catalog->feature[f].name);
        pal_free(catalog->feature[f].unit);
    }
    pal_free(catalog->content_type);
    pal_free(catalog->feature);
    pal_free(catalog->raw);
    pal_free(catalog->scaled);
    pal_free(catalog->scaled_t);
    pal_free(catalog->direction);
    pal_free(catalog->direction_t);
    pal_free(catalog->sorted);
    pal_free(catalog->popularity);
    pal_free(catalog->artist);
    pal_free(catalog->cluster);
    pal_free(catalog->cluster_mask);
    pal_free(catalog->genre_begin);
    pal_free(catalog->genre_of);
    pal_free(catalog->cluster_begin);
    pal_free(catalog->block_begin);
    pal_free(catalog->cluster_block);
    pal_free(catalog->block_direction);
    pal_free(catalog->block_cos);
    pal_free(catalog->block_center);
    pal_free(catalog->block_radius);
    pal_free(catalog->block_popularity);
    pal_free(catalog->id);
    pal_free(catalog->title);
    pal_free(catalog->artist_name);
    pal_free(catalog->source_row);
    pal_free(catalog->pool);
    pal_free(catalog->type_pool);
    pal_clusters_free(catalog->clusters);
    pal_free(catalog);
}

double pal_catalog_cosine(const pal_catalog *catalog, size_t a, size_t b)
{
    const float *x = catalog->direction + a * catalog->stride, *y = catalog->direction + b * catalog->stride;
    double dot = 0;

    for (size_t f = 0; f < catalog->d; f++) {
        dot += (double)x[f] * (double)y[f];
    }
    return dot;
}

static uint64_t mix_text(uint64_t digest, const char *text)
{
    return pal_hash_mix(digest, pal_hash_text(text));
}

static uint64_t digest_features(uint64_t digest, const pal_catalog *c)
{
    for (size_t f = 0; f < c->d; f++) {
        const pal_feature *x = &c->feature[f];
        const double figures[] = { x->min, x->max, x->mean, x->sd, x->q01, x->q99, x->weight };

        digest = mix_text(mix_text(digest, x->name), x->unit);
        digest = pal_hash_mix(digest, pal_hash_doubles(figures, sizeof figures / sizeof *figures));
    }
    return digest;
}

static uint64_t digest_clusters(uint64_t digest, const pal_clusters *clusters)
{
    for (size_t c = 0; c < clusters->n; c++) {
        digest = mix_text(mix_text(digest, clusters->name[c]), clusters->label[c]);
    }
    for (size_t g = 0; g < clusters->n_genres; g++) {
        digest = pal_hash_mix(mix_text(digest, clusters->genre[g]), (uint64_t)(clusters->cluster_of[g] + 1));
    }
    return digest;
}

/* Scaled values, directions and bounds follow from the raw values, the figures and the blocks, but a fault in making
 * them must show, so they are digested too. */
uint64_t pal_catalog_digest_of(const pal_catalog *c)
{
    const uint64_t sizes[] = { c->n_items, c->d, (uint64_t)c->scaling, c->n_artists, c->n_blocks };
    uint64_t digest = mix_text(pal_hash(sizes, sizeof sizes), c->content_type);

    digest = digest_features(digest, c);
    digest = digest_clusters(digest, c->clusters);
    digest = pal_hash_mix(digest, pal_hash_floats(c->raw, c->n_items * c->d));
    digest = pal_hash_mix(digest, pal_hash_floats(c->scaled, c->n_pad * c->stride));
    digest = pal_hash_mix(digest, pal_hash_floats(c->direction, c->n_pad * c->stride));
    digest = pal_hash_mix(digest, pal_hash_floats(c->popularity, c->n_pad));
    digest = pal_hash_mix(digest, pal_hash(c->artist, c->n_items * sizeof *c->artist));
    digest = pal_hash_mix(digest, pal_hash(c->cluster, c->n_pad * sizeof *c->cluster));
    digest = pal_hash_mix(digest, pal_hash(c->cluster_mask, c->n_items * sizeof *c->cluster_mask));
    digest = pal_hash_mix(digest, pal_hash(c->genre_begin, (c->n_items + 1) * sizeof *c->genre_begin));
    digest = pal_hash_mix(digest, pal_hash(c->genre_of, c->genre_begin[c->n_items] * sizeof *c->genre_of));
    digest = pal_hash_mix(digest, pal_hash(c->block_begin, (c->n_blocks + 1) * sizeof *c->block_begin));
    digest = pal_hash_mix(digest, pal_hash_floats(c->block_direction, c->n_blocks * c->stride));
    digest = pal_hash_mix(digest, pal_hash_floats(c->block_cos, c->n_blocks));
    digest = pal_hash_mix(digest, pal_hash_floats(c->block_center, c->n_blocks * c->stride));
    digest = pal_hash_mix(digest, pal_hash_floats(c->block_radius, c->n_blocks));
    for (size_t i = 0; i < c->n_items; i++) {
        digest = mix_text(mix_text(digest, c->id[i]), c->title[i]);
    }
    for (size_t a = 0; a < c->n_artists; a++) {
        digest = mix_text(digest, c->artist_name[a]);
    }
    return digest;
}
