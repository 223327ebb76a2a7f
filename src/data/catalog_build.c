/* Rows become items: an id seen before adds its genres to the item it names. */
#include "data/catalog_build.h"

#include "core/mem.h"

#include <math.h>
#include <string.h>

#define FIRST_ITEMS 256

/* The columns of pal_catalog_save, and no name at all. */
static bool is_taken(const char *name)
{
    static const char *const taken[] = { "", "item", "id", "title", "artist", "cluster", "genres", "popularity" };

    for (size_t i = 0; i < sizeof taken / sizeof *taken; i++) {
        if (strcmp(name, taken[i]) == 0) {
            return true;
        }
    }
    return false;
}

pal_status pal_catalog_builder_new(pal_catalog_builder **out, const char *content_type,
                                   const pal_feature_spec *features, size_t d, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_builder *builder = NULL;

    if (d == 0 || d > PAL_MAX_FEATURES) {
        PAL_FAIL(PAL_ERR_DATA, "%zu features; between 1 and %d are possible", d, PAL_MAX_FEATURES);
    }
    PAL_NEW(builder, 1);
    builder->d = d;
    PAL_NEW(builder->feature, d);
    builder->content_type = pal_strdup(content_type);
    if (builder->content_type == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the content type");
    }
    for (size_t f = 0; f < d; f++) {
        pal_feature_spec *spec = &builder->feature[f];

        *spec = features[f];
        spec->name = pal_strdup(features[f].name);
        spec->unit = pal_strdup(features[f].unit);
        if (spec->name == NULL || spec->unit == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the name of feature %zu", f);
        }
        if (is_taken(spec->name)) {
            PAL_FAIL(PAL_ERR_DATA, "a feature cannot be named '%s': a saved catalog has another column of that name",
                     spec->name);
        }
        if (!(spec->weight > 0) || !isfinite(spec->weight)) {
            PAL_FAIL(PAL_ERR_DATA, "feature '%s' has weight %g; above 0 is wanted", spec->name, spec->weight);
        }
        for (size_t g = 0; g < f; g++) {
            if (strcmp(spec->name, builder->feature[g].name) == 0) {
                PAL_FAIL(PAL_ERR_DATA, "feature '%s' stands twice", spec->name);
            }
        }
    }
    *out = builder; /* the caller owns it from here */
    builder = NULL;

done:
    pal_catalog_builder_free(builder);
    return rc;
}

void pal_catalog_builder_free(pal_catalog_builder *builder)
{
    if (builder == NULL) {
        return;
    }
    for (size_t f = 0; builder->feature != NULL && f < builder->d; f++) {
        /* our copies, const in the spec's type only; NULL where pal_catalog_builder_new stopped half way */
        pal_free((void *)(uintptr_t)builder->feature[f].name);
        pal_free((void *)(uintptr_t)builder->feature[f].unit);
    }
    pal_intern_clear(&builder->ids);
    pal_intern_clear(&builder->titles);
    pal_intern_clear(&builder->artists);
    pal_intern_clear(&builder->genres);
    pal_free(builder->feature);
    pal_free(builder->content_type);
    pal_free(builder->item);
    pal_free(builder->raw);
    pal_free(builder->link);
    pal_free(builder);
}

static pal_status grow_items(pal_catalog_builder *builder, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = builder->capacity == 0 ? FIRST_ITEMS : 2 * builder->capacity;
    pal_built_item *item;
    float *raw;

    item = pal_resize(builder->item, builder->capacity, wanted, sizeof *item);
    if (item == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu items", wanted);
    }
    builder->item = item;
    raw = pal_resize(builder->raw, builder->capacity * builder->d, wanted * builder->d, sizeof *raw);
    if (raw == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu items of %zu features", wanted, builder->d);
    }
    builder->raw = raw;
    builder->capacity = wanted;
done:
    return rc;
}

/* Hang a genre at the end of an item's list unless it is there. */
static pal_status add_genre(pal_catalog_builder *builder, pal_built_item *item, uint32_t genre, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted;
    pal_genre_link *link;

    for (uint32_t l = item->first_link; l != PAL_NO_LINK; l = builder->link[l].next) {
        if (builder->link[l].genre == genre) {
            goto done;
        }
    }
    if (builder->n_links == builder->links_capacity) {
        wanted = builder->links_capacity == 0 ? FIRST_ITEMS : 2 * builder->links_capacity;
        link = pal_resize(builder->link, builder->n_links, wanted, sizeof *link);
        if (link == NULL || wanted >= PAL_NO_LINK) {
            builder->link = link != NULL ? link : builder->link;
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu genres of items", wanted);
        }
        builder->link = link;
        builder->links_capacity = wanted;
    }
    builder->link[builder->n_links] = (pal_genre_link){ genre, PAL_NO_LINK };
    if (item->first_link == PAL_NO_LINK) {
        item->first_link = (uint32_t)builder->n_links;
    } else {
        builder->link[item->last_link].next = (uint32_t)builder->n_links;
    }
    item->last_link = (uint32_t)builder->n_links++;
done:
    return rc;
}

/* Every ';'-separated name; empty ones between are passed over. */
static pal_status add_genres(pal_catalog_builder *builder, pal_built_item *item, const char *genres, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (const char *name = genres; *name != '\0';) {
        size_t length = strcspn(name, ";");
        uint32_t genre;

        if (length > 0) {
            PAL_TRY(pal_intern_add(&builder->genres, name, length, &genre, NULL, err));
            PAL_TRY(add_genre(builder, item, genre, err));
        }
        name += length + (name[length] == ';');
    }
done:
    return rc;
}

/* "A;B" counts for A; a list that begins with nothing is kept whole, so that no artist is nameless by accident. */
static size_t first_artist(const char *artist)
{
    size_t length = strcspn(artist, ";");

    return length > 0 ? length : strlen(artist);
}

pal_status pal_catalog_builder_add_row(pal_catalog_builder *builder, uint64_t row, const char *id, const char *title,
    const char *artist, const char *genres, double popularity, const double *features, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t i, title_number, artist_number;
    pal_built_item *item;
    bool is_new;

    /* One item more than the ids: a failure after the id was added must leave a whole item behind. */
    if (builder->ids.n == builder->capacity) {
        PAL_TRY(grow_items(builder, err));
    }
    PAL_TRY(pal_intern_add(&builder->titles, title, strlen(title), &title_number, NULL, err));
    PAL_TRY(pal_intern_add(&builder->artists, artist, first_artist(artist), &artist_number, NULL, err));
    PAL_TRY(pal_intern_add(&builder->ids, id, strlen(id), &i, &is_new, err));
    item = &builder->item[i];
    if (is_new) {
        *item = (pal_built_item){ .title = title_number, .artist = artist_number, .row = (uint32_t)row,
                                  .first_link = PAL_NO_LINK, .last_link = PAL_NO_LINK,
                                  .popularity = (float)popularity };
        for (size_t f = 0; f < builder->d; f++) {
            builder->raw[i * builder->d + f] = (float)features[f];
        }
    }
    PAL_TRY(add_genres(builder, item, genres, err));
    if (item->first_link == PAL_NO_LINK) {
        PAL_FAIL(PAL_ERR_DATA, "item '%s' has no genre", id);
    }
    builder->rows++;
    if (!is_new) {
        builder->merged++;
        item->popularity = item->popularity < (float)popularity ? (float)popularity : item->popularity;
    }
done:
    return rc;
}

pal_status pal_catalog_builder_add(pal_catalog_builder *builder, const char *id, const char *title,
    const char *artist, const char *genres, double popularity, const double *features, pal_error *err)
{
    return pal_catalog_builder_add_row(builder, builder->rows + 1, id, title, artist, genres, popularity, features,
                                       err);
}
