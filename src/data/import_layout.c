/* The named layouts, the importer's parameters, and the columns an experiment maps itself. */
#include "data/import_layout.h"

#include "core/text.h"
#include "data/import_tracks.h"

#include <float.h>
#include <stdio.h>
#include <string.h>

#define LIST_BYTES 720 /* of pal_error.text, for the columns there are */

#define MUSIC(name, weight) { name, "", weight, 0, 1, false }

/* Ranges: Spotify Web API reference, "audio features". Loudness there is "typically" -60..0 dB; real files
 * reach 4.5. */
const pal_feature_spec pal_music_features[PAL_N_MUSIC_FEATURES] = {
    MUSIC("danceability", 1.0), MUSIC("energy", 1.0), MUSIC("valence", 0.9),
    { "tempo", "BPM", 1.1, 0, 300, true }, { "loudness", "dB", 1.0, -60, 5, false },
    MUSIC("acousticness", 0.8), MUSIC("instrumentalness", 1.0), MUSIC("liveness", 0.9), MUSIC("speechiness", 1.0)
};

const char *const pal_text_column_names[PAL_TEXT_COLUMNS] = { "id", "title", "artist", "genre",
                                                              "type" };

const char *const pal_import_layouts[] = { "spotify-114k", "spotify-tidytuesday", "fma-echonest", "palate", NULL };

const pal_param pal_import_params[] = {
    { "layout", PAL_PARAM_CHOICE, "\"spotify-114k\"", 0, 0,
      "spotify-114k|spotify-tidytuesday|fma-echonest|palate",
      "names of the CSV's columns; \"columns\" overrides them one by one", NULL },
    { "on_bad_row", PAL_PARAM_CHOICE, "\"error\"", 0, 0, "error|skip",
      "rows with a missing or impossible value: stop with a count by column, or leave them out",
      NULL },
    { "scaling", PAL_PARAM_CHOICE, "\"zscore\"", 0, 0, "zscore|minmax|rank",
      "common range of the features", "R1: z-score" },
    { "content_type", PAL_PARAM_TEXT, "\"music\"", 0, 0, NULL, "what the items are", NULL },
    { "types", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "content types that the column \"columns.type\" may hold, separated by ','; empty: all that "
      "it holds",
      NULL },
    { "delimiter", PAL_PARAM_TEXT, "\",\"", 0, 0, NULL, "the character between fields", NULL },
    { "genre_separator", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "a character between the genres of one field, besides ';'", NULL },
    { "missing_text", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "text that stands for no value, besides the empty field; empty: the layout's", NULL },
    { "missing_genre", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "genre of a row without one; empty: the layout's, or such a row is bad", NULL },
    { "missing_popularity", PAL_PARAM_REAL, "-1", -1, 100, NULL,
      "popularity (0..100) of a row without one; below 0: the layout's, or such a row is bad",
      NULL },
    { "popularity_transform", PAL_PARAM_CHOICE, "\"layout\"", 0, 0, "layout|none|log",
      "to 0..100: as it is, or 100 log(1 + x) / log(1 + largest x) for counts", NULL },
    { 0 }
};

typedef struct layout {
    const char *column[PAL_TEXT_COLUMNS];
    const char *popularity, *missing_text, *missing_genre;
    double missing_popularity;
    bool names_required, header_features, log_popularity, no_loudness, type_if_there;
} layout;

/* In the order of pal_import_layouts. */
static const layout layouts[] = {
    { .column = { "track_id", "track_name", "artists", "track_genre" },
      .popularity = "popularity",
      .missing_text = "",
      .missing_genre = "",
      .missing_popularity = -1,
      .names_required = true },
    { .column = { "track_id", "track_name", "track_artist", "playlist_subgenre" },
      .popularity = "track_popularity",
      .missing_text = "NA",
      .missing_genre = "",
      .missing_popularity = -1,
      .names_required = true },
    /* genre_top and listens are known for two genres only: the rest is still good for its features */
    { .column = { "track_id", NULL, NULL, "genre_top" },
      .popularity = "listens",
      .missing_text = "",
      .missing_genre = "unknown",
      .missing_popularity = 0,
      .log_popularity = true,
      .no_loudness = true },
    { .column = { "id", "title", "artist", "genres" },
      .popularity = "popularity",
      .missing_text = "",
      .missing_genre = "",
      .missing_popularity = -1,
      .header_features = true,
      .type_if_there = true },
};

pal_feature_spec pal_feature_named(const char *name)
{
    for (size_t f = 0; f < PAL_N_MUSIC_FEATURES; f++) {
        if (strcmp(pal_music_features[f].name, name) == 0) {
            return pal_music_features[f];
        }
    }
    return (pal_feature_spec){ .name = name, .unit = "", .weight = 1, .low = -FLT_MAX, .high = FLT_MAX };
}

static void use_layout(pal_import_plan *plan, const layout *from)
{
    memcpy(plan->column, from->column, sizeof plan->column);
    plan->popularity = from->popularity;
    plan->names_required = from->names_required;
    plan->header_features = from->header_features;
    plan->missing_text = from->missing_text;
    plan->missing_genre = from->missing_genre;
    plan->missing_popularity = from->missing_popularity;
    plan->log_popularity = from->log_popularity;
    plan->type_if_there = from->type_if_there;
    for (size_t f = 0; f < PAL_N_MUSIC_FEATURES && !from->header_features; f++) {
        if (!(from->no_loudness && strcmp(pal_music_features[f].name, "loudness") == 0)) {
            plan->feature_column[plan->d] = pal_music_features[f].name;
            plan->feature[plan->d++] = pal_music_features[f];
        }
    }
}

static pal_status one_character(char *out, const pal_values *values, const char *name, const char *file,
                                const char *json_path, pal_error *err)
{
    const char *text = pal_values_text(values, name);

    if (strlen(text) > 1 || *text == '"' || *text == '\n' || *text == '\r') {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s.%s is '%s'; one character is wanted", file, json_path, name,
                             text);
    }
    *out = *text;
    return PAL_OK;
}

static pal_status use_values(pal_import_plan *plan, const pal_values *values, const char *file, const char *json_path,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t transform = pal_values_choice(values, "popularity_transform");

    plan->skip_bad_rows = pal_values_choice(values, "on_bad_row") == 1;
    plan->scaling = (pal_scaling)pal_values_choice(values, "scaling");
    plan->content_type = pal_values_text(values, "content_type");
    plan->types = pal_values_text(values, "types");
    if (pal_values_text(values, "missing_text")[0] != '\0') {
        plan->missing_text = pal_values_text(values, "missing_text");
    }
    if (pal_values_text(values, "missing_genre")[0] != '\0') {
        plan->missing_genre = pal_values_text(values, "missing_genre");
    }
    if (pal_values_real(values, "missing_popularity") >= 0) {
        plan->missing_popularity = pal_values_real(values, "missing_popularity");
    }
    plan->log_popularity = transform == 0 ? plan->log_popularity : transform == 2;
    PAL_TRY(one_character(&plan->delimiter, values, "delimiter", file, json_path, err));
    PAL_TRY(one_character(&plan->genre_separator, values, "genre_separator", file, json_path, err));
    if (plan->delimiter == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.delimiter is empty; one character is wanted", file, json_path);
    }
done:
    return rc;
}

static pal_status want_kind(const pal_json *value, pal_json_kind kind, const char *file, const char *path,
                            const char *key, pal_error *err)
{
    if (pal_json_kind_of(value) != kind) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s.%s is %s; %s is wanted", file, path, key,
                             pal_json_kind_name(pal_json_kind_of(value)), pal_json_kind_name(kind));
    }
    return PAL_OK;
}

/* {"column": …, "unit": …, "weight": …, "low": …, "high": …, "zero_missing": …} */
static pal_status read_feature(pal_feature_spec *spec, const char **column, const pal_json *object, const char *file,
                               const char *path, pal_error *err)
{
    static const char *const keys[] = { "column", "unit", "weight", "low", "high", "zero_missing", NULL };
    pal_status rc = PAL_OK;

    PAL_TRY(pal_json_only_keys(object, keys, file, path, err));
    for (size_t k = 0; k < pal_json_size(object); k++) {
        const pal_json *value = pal_json_at(object, k);
        const char *key = pal_json_key(value);
        bool text = strcmp(key, "column") == 0 || strcmp(key, "unit") == 0;
        bool flag = strcmp(key, "zero_missing") == 0;
        pal_json_kind kind = text ? PAL_JSON_STRING : flag ? PAL_JSON_BOOL : PAL_JSON_NUMBER;

        PAL_TRY(want_kind(value, kind, file, path, key, err));
        if (strcmp(key, "column") == 0) {
            *column = pal_json_string(value);
        } else if (text) {
            spec->unit = pal_json_string(value);
        } else if (flag) {
            spec->zero_missing = pal_json_bool(value);
        } else if (strcmp(key, "weight") == 0) {
            spec->weight = pal_json_number(value);
        } else if (strcmp(key, "low") == 0) {
            spec->low = pal_json_number(value);
        } else {
            spec->high = pal_json_number(value);
        }
    }
    if (!(spec->weight > 0) || !(spec->weight <= FLT_MAX)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.weight is %g; above 0 is wanted", file, path, spec->weight);
    }
    if (!(spec->low < spec->high) || spec->low < -FLT_MAX || spec->high > FLT_MAX) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: low %g and high %g; a range of floats is wanted", file, path, spec->low,
                 spec->high);
    }
done:
    return rc;
}

static pal_status read_features(pal_import_plan *plan, const pal_json *object, const char *file, const char *path,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    char place[256];

    plan->d = 0;
    plan->header_features = false;
    if (pal_json_size(object) == 0 || pal_json_size(object) > PAL_MAX_FEATURES) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s names %zu features; between 1 and %d are possible", file, path,
                 pal_json_size(object), PAL_MAX_FEATURES);
    }
    for (size_t k = 0; k < pal_json_size(object); k++) {
        const pal_json *value = pal_json_at(object, k);
        const char *name = pal_json_key(value);

        plan->feature[k] = pal_feature_named(name);
        plan->feature_column[k] = name;
        snprintf(place, sizeof place, "%s.%s", path, name);
        if (pal_json_kind_of(value) == PAL_JSON_STRING) {
            plan->feature_column[k] = pal_json_string(value);
        } else if (pal_json_kind_of(value) == PAL_JSON_OBJECT) {
            PAL_TRY(read_feature(&plan->feature[k], &plan->feature_column[k], value, file, place, err));
        } else {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s is %s; a column's name or an object is wanted", file, place,
                     pal_json_kind_name(pal_json_kind_of(value)));
        }
        plan->d++;
    }
done:
    return rc;
}

/* Where the name of a column other than the features is kept; NULL if there is no such part. */
static const char **slot_of(pal_import_plan *plan, const char *key)
{
    for (size_t c = 0; c < PAL_TEXT_COLUMNS; c++) {
        if (strcmp(pal_text_column_names[c], key) == 0) {
            return &plan->column[c];
        }
    }
    return strcmp(key, "popularity") == 0 ? &plan->popularity : NULL;
}

static pal_status read_columns(pal_import_plan *plan, const pal_json *object, const char *file, const char *path,
                               pal_error *err)
{
    static const char *const keys[] = { "id",   "title",      "artist",   "genre",
                                        "type", "popularity", "features", NULL };
    pal_status rc = PAL_OK;
    char place[192];

    PAL_TRY(pal_json_only_keys(object, keys, file, path, err));
    for (size_t k = 0; k < pal_json_size(object); k++) {
        const pal_json *value = pal_json_at(object, k);
        const char *key = pal_json_key(value), **slot = slot_of(plan, key);

        PAL_TRY(want_kind(value, slot != NULL ? PAL_JSON_STRING : PAL_JSON_OBJECT, file, path, key, err));
        if (slot == NULL) {
            snprintf(place, sizeof place, "%s.features", path);
            PAL_TRY(read_features(plan, value, file, place, err));
        } else {
            *slot = pal_json_string(value)[0] != '\0' ? pal_json_string(value) : NULL;
            plan->type_if_there = plan->type_if_there && slot != &plan->column[PAL_COLUMN_TYPE];
        }
    }
done:
    return rc;
}

pal_status pal_import_plan_read(pal_import_plan *plan, const pal_values *values, const pal_json *config,
                                const char *file, const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *columns = config == NULL ? NULL : pal_json_get(config, "columns");
    char place[128];

    *plan = (pal_import_plan){ 0 };
    use_layout(plan, &layouts[pal_values_choice(values, "layout")]);
    PAL_TRY(use_values(plan, values, file, json_path, err));
    if (columns != NULL) {
        PAL_TRY(want_kind(columns, PAL_JSON_OBJECT, file, json_path, "columns", err));
        snprintf(place, sizeof place, "%s.columns", json_path);
        PAL_TRY(read_columns(plan, columns, file, place, err));
    }
    if (plan->column[PAL_COLUMN_ID] == NULL) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.columns.id is empty; items need an id", file, json_path);
    }
    if (plan->column[PAL_COLUMN_GENRE] == NULL && plan->missing_genre[0] == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.columns.genre is empty; name a column, or give \"missing_genre\"", file,
                 json_path);
    }
    if (plan->types[0] != '\0' && plan->column[PAL_COLUMN_TYPE] == NULL && !plan->type_if_there) {
        PAL_FAIL(PAL_ERR_CONFIG,
                 "%s: %s.types is given, but no column holds the type of an item; name it as "
                 "columns.type",
                 file, json_path);
    }
    if (plan->popularity == NULL && plan->missing_popularity < 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.columns.popularity is empty; name a column, or give \"missing_popularity\"",
                 file, json_path);
    }
    if (plan->popularity == NULL && plan->header_features) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.columns.popularity is empty; layout \"palate\" takes the columns after it as "
                 "features, so name the features too", file, json_path);
    }
done:
    return rc;
}

/* ---- a header -------------------------------------------------------------------------------- */

/* "a, b, c": as many as fit in max bytes. */
static void list_columns(pal_text *text, const char *const *names, size_t n, size_t max)
{
    for (size_t c = 0; c < n; c++) {
        if (text->n + strlen(names[c]) > max) {
            pal_text_addf(text, " and %zu more", n - c);
            return;
        }
        pal_text_addf(text, "%s%s", c > 0 ? ", " : "", names[c]);
    }
}

static bool is_among(const char *const *names, size_t n, const char *wanted)
{
    for (size_t c = 0; c < n; c++) {
        if (strcmp(names[c], wanted) == 0) {
            return true;
        }
    }
    return false;
}

/* A layout whose columns, but for features, are all there; NULL when none is. */
static const char *fitting_layout(const char *const *names, size_t n)
{
    for (size_t l = 0; pal_import_layouts[l] != NULL; l++) {
        bool fits = is_among(names, n, layouts[l].popularity);

        for (size_t c = 0; c < PAL_TEXT_COLUMNS; c++) {
            fits = fits && (layouts[l].column[c] == NULL || is_among(names, n, layouts[l].column[c]));
        }
        if (fits) {
            return pal_import_layouts[l];
        }
    }
    return NULL;
}

pal_status pal_import_column(size_t *at, const char *path, const char *wanted, const char *what,
                             const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };

    *at = SIZE_MAX;
    for (size_t c = 0; c < n; c++) {
        if (strcmp(names[c], wanted) == 0) {
            if (*at != SIZE_MAX) {
                PAL_FAIL(PAL_ERR_DATA, "%s: two columns are named '%s' (%s)", path, wanted, what);
            }
            *at = c;
        }
    }
    if (*at == SIZE_MAX) {
        const char *near = pal_nearest_name(wanted, names, n), *other = near == NULL ? fitting_layout(names, n) : NULL;

        list_columns(&text, names, n, LIST_BYTES);
        PAL_TRY(pal_text_check(&text, err));
        PAL_FAIL(PAL_ERR_DATA, "%s: no column '%s' (%s)%s%s%s; there are: %s", path, wanted, what,
                 near != NULL    ? "; did you mean '"
                 : other != NULL ? "; the columns are those of the layout '"
                                 : "",
                 near != NULL ? near : other != NULL ? other : "", near != NULL || other != NULL ? "'" : "", text.bytes != NULL ? text.bytes : "");
    }
done:
    pal_text_clear(&text);
    return rc;
}
