#include "sim/catalog_model.h"

#include "core/embed.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>

PAL_EMBED(pal_music_model, "sim/music_model.json");

#define PATH_MAX_CHARS 96

pal_status pal_catalog_model_new(pal_catalog_model **out, size_t d, size_t n_grid, size_t n_sizes, size_t n_genres,
                                 size_t n_labels, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_model *m = NULL;
    const size_t columns = d + 1;

    PAL_NEW(m, 1);
    m->d = d;
    m->n_columns = columns;
    m->n_grid = n_grid;
    m->n_sizes = n_sizes;
    PAL_NEW(m->column, columns);
    PAL_NEW(m->grid, n_grid);
    PAL_NEW(m->size, n_sizes);
    PAL_NEW(m->size_share, n_sizes);
    PAL_NEW(m->genre, n_genres);
    m->n_genres = n_genres;
    for (size_t g = 0; g < n_genres; g++) {
        PAL_NEW(m->genre[g].spike_share, columns);
        PAL_NEW(m->genre[g].quantile, columns * n_grid);
        PAL_NEW(m->genre[g].correlation, columns * columns);
    }
    PAL_NEW(m->label, n_labels);
    m->n_labels = n_labels;

    *out = m;
    m = NULL;

done:
    pal_catalog_model_free(m);
    return rc;
}

void pal_catalog_model_free(pal_catalog_model *m)
{
    if (m == NULL) {
        return;
    }
    for (size_t c = 0; m->column != NULL && c < m->n_columns; c++) {
        pal_free(m->column[c].name);
        pal_free(m->column[c].unit);
    }
    for (size_t g = 0; m->genre != NULL && g < m->n_genres; g++) {
        pal_free(m->genre[g].name);
        pal_free(m->genre[g].spike_share);
        pal_free(m->genre[g].quantile);
        pal_free(m->genre[g].correlation);
    }
    for (size_t k = 0; m->label != NULL && k < m->n_labels; k++) {
        pal_free(m->label[k].genres);
    }
    pal_free(m->origin);
    pal_free(m->content_type);
    pal_free(m->column);
    pal_free(m->grid);
    pal_free(m->size);
    pal_free(m->size_share);
    pal_free(m->genre);
    pal_free(m->label);
    pal_free(m);
}

/* ---- Reading. Every getter names the file and the path of what it did not like. ---- */

static pal_status get(const pal_json **out, const pal_json *object, const char *key, pal_json_kind kind,
                      const char *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = pal_json_get(object, key);
    const char *dot = path[0] != '\0' ? "." : "";

    if (value == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%s%s: missing, %s is wanted", file, path, dot, key, pal_json_kind_name(kind));
    }
    if (pal_json_kind_of(value) != kind) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%s%s: must be %s, found %s", file, path, dot, key, pal_json_kind_name(kind),
                 pal_json_kind_name(pal_json_kind_of(value)));
    }
    *out = value;

done:
    return rc;
}

static pal_status get_text(char **out, const pal_json *object, const char *key, const char *file, const char *path,
                           pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = NULL;

    PAL_TRY(get(&value, object, key, PAL_JSON_STRING, file, path, err));
    *out = pal_strdup(pal_json_string(value));
    if (*out == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a string of %s", file);
    }

done:
    return rc;
}

static pal_status get_number(double *out, const pal_json *object, const char *key, double low, double high,
                             const char *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *value = NULL;

    PAL_TRY(get(&value, object, key, PAL_JSON_NUMBER, file, path, err));
    *out = pal_json_number(value);
    if (!(*out >= low && *out <= high)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%s%s: must lie in %g..%g, found %g", file, path, path[0] != '\0' ? "." : "",
                 key, low, high, *out);
    }

done:
    return rc;
}

/* n numbers in [low, high]; rising: each at least as large as the one before. */
static pal_status read_numbers(double *out, const pal_json *array, size_t n, double low, double high, bool rising,
                               const char *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_json_kind_of(array) != PAL_JSON_ARRAY || pal_json_size(array) != n) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an array of %zu numbers", file, path, n);
    }
    for (size_t i = 0; i < n; i++) {
        const pal_json *value = pal_json_at(array, i);

        if (pal_json_kind_of(value) != PAL_JSON_NUMBER) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s[%zu]: must be a number", file, path, i);
        }
        out[i] = pal_json_number(value);
        if (!(out[i] >= low && out[i] <= high)) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s[%zu]: must lie in %g..%g, found %g", file, path, i, low, high, out[i]);
        }
        if (rising && i > 0 && out[i] < out[i - 1]) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s[%zu]: must not be below the number before, found %g after %g", file, path,
                     i, out[i], out[i - 1]);
        }
    }

done:
    return rc;
}

static pal_status get_numbers(double *out, const pal_json *object, const char *key, size_t n, double low, double high,
                              bool rising, const char *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = NULL;
    char inner[PATH_MAX_CHARS];

    PAL_TRY(get(&array, object, key, PAL_JSON_ARRAY, file, path, err));
    snprintf(inner, sizeof inner, "%s%s%s", path, path[0] != '\0' ? "." : "", key);
    PAL_TRY(read_numbers(out, array, n, low, high, rising, file, inner, err));

done:
    return rc;
}

static pal_status read_column(pal_column_model *column, const pal_json *object, const char *file, const char *path,
                              pal_error *err)
{
    static const char *const known[] = { "name", "unit", "weight", "low", "high", "spike", "artist_share", NULL };
    pal_status rc = PAL_OK;

    if (pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object", file, path);
    }
    PAL_TRY(pal_json_only_keys(object, known, file, path, err));
    PAL_TRY(get_text(&column->name, object, "name", file, path, err));
    PAL_TRY(get_text(&column->unit, object, "unit", file, path, err));
    PAL_TRY(get_number(&column->weight, object, "weight", 1e-6, 1e6, file, path, err));
    PAL_TRY(get_number(&column->low, object, "low", -1e12, 1e12, file, path, err));
    PAL_TRY(get_number(&column->high, object, "high", column->low, 1e12, file, path, err));
    PAL_TRY(get_number(&column->artist_share, object, "artist_share", 0.0, 0.99, file, path, err));
    column->has_spike = pal_json_get(object, "spike") != NULL;
    if (column->has_spike) {
        PAL_TRY(get_number(&column->spike, object, "spike", column->low, column->high, file, path, err));
    }

done:
    return rc;
}

static pal_status read_genre(pal_catalog_model *m, size_t g, const pal_json *object, const char *file, pal_error *err)
{
    static const char *const known[] = { "name", "spike_shares", "quantiles", "correlations", NULL };
    pal_status rc = PAL_OK;
    pal_genre_model *genre = &m->genre[g];
    const size_t n = m->n_columns;
    const pal_json *rows = NULL;
    double *lower = NULL;
    char path[PATH_MAX_CHARS];

    snprintf(path, sizeof path, "genres[%zu]", g);
    if (pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: must be an object", file, path);
    }
    PAL_TRY(pal_json_only_keys(object, known, file, path, err));
    PAL_TRY(get_text(&genre->name, object, "name", file, path, err));
    if (genre->name[0] == '\0' || strchr(genre->name, ';') != NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: must be a word without ';', found \"%s\"", file, path, genre->name);
    }
    for (size_t k = 0; k < g; k++) {
        if (strcmp(m->genre[k].name, genre->name) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.name: \"%s\" is already the name of genres[%zu]", file, path, genre->name,
                     k);
        }
    }
    PAL_TRY(get_numbers(genre->spike_share, object, "spike_shares", n, 0.0, 1.0, false, file, path, err));
    PAL_TRY(get(&rows, object, "quantiles", PAL_JSON_ARRAY, file, path, err));
    if (pal_json_size(rows) != n) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.quantiles: must hold %zu rows (each feature, then popularity), found %zu",
                 file, path, n, pal_json_size(rows));
    }
    for (size_t c = 0; c < n; c++) {
        snprintf(path, sizeof path, "genres[%zu].quantiles[%zu]", g, c);
        PAL_TRY(read_numbers(genre->quantile + c * m->n_grid, pal_json_at(rows, c), m->n_grid, m->column[c].low,
                             m->column[c].high, true, file, path, err));
    }
    snprintf(path, sizeof path, "genres[%zu]", g);
    PAL_NEW(lower, n * (n - 1) / 2);
    PAL_TRY(get_numbers(lower, object, "correlations", n * (n - 1) / 2, -1.0, 1.0, false, file, path, err));
    for (size_t i = 0, k = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++, k++) {
            genre->correlation[i * n + j] = genre->correlation[j * n + i] = lower[k];
        }
        genre->correlation[i * n + i] = 1.0;
    }

done:
    pal_free(lower);
    return rc;
}

static pal_status read_label(pal_catalog_model *m, size_t k, const pal_json *member, const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_label_model *label = &m->label[k];
    const char *genres = pal_json_key(member);
    const size_t first = strcspn(genres, ";");

    if (pal_json_kind_of(member) != PAL_JSON_NUMBER || !(pal_json_number(member) > 1e-9) ||
        pal_json_number(member) > 1e12) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: labels.%s: must be a number of items above 0 (1e-9 to 1e12)", file, genres);
    }
    label->weight = pal_json_number(member);
    label->genres = pal_strdup(genres);
    if (label->genres == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: labels of %s", file);
    }
    for (label->first = 0; label->first < m->n_genres; label->first++) {
        const char *name = m->genre[label->first].name;

        if (strlen(name) == first && strncmp(name, genres, first) == 0) {
            goto done;
        }
    }
    PAL_FAIL(PAL_ERR_CONFIG, "%s: labels.%s: the first genre stands not in \"genres\"", file, genres);

done:
    return rc;
}

static pal_status read_columns(pal_catalog_model *m, const pal_json *features, const pal_json *popularity,
                               const char *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    char path[PATH_MAX_CHARS];

    for (size_t f = 0; f < m->d; f++) {
        snprintf(path, sizeof path, "features[%zu]", f);
        PAL_TRY(read_column(&m->column[f], pal_json_at(features, f), file, path, err));
    }
    PAL_TRY(read_column(&m->column[m->d], popularity, file, "popularity", err));
    if (m->column[m->d].low < 0.0 || m->column[m->d].high > 100.0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: popularity: low and high must lie in 0..100", file);
    }

done:
    return rc;
}

static pal_status read_sizes(pal_catalog_model *m, const pal_json *sizes, const char *file, pal_error *err)
{
    static const char *const known[] = { "items", "artists", NULL };
    pal_status rc = PAL_OK;

    PAL_TRY(pal_json_only_keys(sizes, known, file, "artist_sizes", err));
    PAL_TRY(get_numbers(m->size, sizes, "items", m->n_sizes, 1.0, 1e9, true, file, "artist_sizes", err));
    PAL_TRY(get_numbers(m->size_share, sizes, "artists", m->n_sizes, 1e-12, 1e12, false, file, "artist_sizes", err));

done:
    return rc;
}

pal_status pal_catalog_model_read(pal_catalog_model **out, const pal_json_doc *doc, pal_error *err)
{
    static const char *const known[] = { "purpose", "origin", "content_type", "features", "popularity", "grid",
                                         "artist_sizes", "genres", "labels", NULL };
    pal_status rc = PAL_OK;
    pal_catalog_model *m = NULL;
    const char *file = pal_json_name(doc);
    const pal_json *root = pal_json_root(doc);
    const pal_json *features = NULL, *popularity = NULL, *grid = NULL, *sizes = NULL;
    const pal_json *items = NULL, *genres = NULL, *labels = NULL;

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: must be an object", file);
    }
    PAL_TRY(pal_json_only_keys(root, known, file, "", err));
    PAL_TRY(get(&features, root, "features", PAL_JSON_ARRAY, file, "", err));
    PAL_TRY(get(&popularity, root, "popularity", PAL_JSON_OBJECT, file, "", err));
    PAL_TRY(get(&grid, root, "grid", PAL_JSON_ARRAY, file, "", err));
    PAL_TRY(get(&sizes, root, "artist_sizes", PAL_JSON_OBJECT, file, "", err));
    PAL_TRY(get(&items, sizes, "items", PAL_JSON_ARRAY, file, "artist_sizes", err));
    PAL_TRY(get(&genres, root, "genres", PAL_JSON_ARRAY, file, "", err));
    PAL_TRY(get(&labels, root, "labels", PAL_JSON_OBJECT, file, "", err));
    if (pal_json_size(features) < 1 || pal_json_size(features) > PAL_MAX_FEATURES) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: features: must hold 1 to %d of them, found %zu", file, PAL_MAX_FEATURES,
                 pal_json_size(features));
    }
    if (pal_json_size(grid) < 2 || pal_json_size(grid) > PAL_MODEL_MAX_GRID) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: grid: must hold 2 to %d numbers, found %zu", file, PAL_MODEL_MAX_GRID,
                 pal_json_size(grid));
    }
    if (pal_json_size(items) < 1 || pal_json_size(genres) < 1 || pal_json_size(labels) < 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: artist_sizes.items, genres and labels: must not be empty", file);
    }
    PAL_TRY(pal_catalog_model_new(&m, pal_json_size(features), pal_json_size(grid), pal_json_size(items),
                                  pal_json_size(genres), pal_json_size(labels), err));
    PAL_TRY(get_text(&m->origin, root, "origin", file, "", err));
    PAL_TRY(get_text(&m->content_type, root, "content_type", file, "", err));
    PAL_TRY(read_columns(m, features, popularity, file, err));
    PAL_TRY(read_numbers(m->grid, grid, m->n_grid, 0.0, 1.0, true, file, "grid", err));
    if (m->grid[0] != 0.0 || m->grid[m->n_grid - 1] != 1.0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: grid: must run from 0 to 1", file);
    }
    PAL_TRY(read_sizes(m, sizes, file, err));
    for (size_t g = 0; g < m->n_genres; g++) {
        PAL_TRY(read_genre(m, g, pal_json_at(genres, g), file, err));
    }
    for (size_t k = 0; k < m->n_labels; k++) {
        PAL_TRY(read_label(m, k, pal_json_at(labels, k), file, err));
    }

    *out = m;
    m = NULL;

done:
    pal_catalog_model_free(m);
    return rc;
}

pal_status pal_catalog_model_load(pal_catalog_model **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_load(&doc, path, err));
    PAL_TRY(pal_catalog_model_read(out, doc, err));

done:
    pal_json_free(doc);
    return rc;
}

pal_status pal_catalog_model_default(pal_catalog_model **out, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const size_t n = (size_t)(pal_music_model_end - pal_music_model);

    PAL_TRY(pal_json_parse(&doc, pal_music_model, n, "the built-in music model", err));
    PAL_TRY(pal_catalog_model_read(out, doc, err));

done:
    pal_json_free(doc);
    return rc;
}
