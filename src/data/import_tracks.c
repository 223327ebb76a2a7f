/* CSV rows checked, counted and handed to a catalog builder. */
#include "data/import_tracks.h"

#include "core/csv.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "data/catalog_build.h"
#include "data/import_faults.h"
#include "data/import_layout.h"
#include "data/import_types.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#define NOWHERE SIZE_MAX
#define FAULT_BYTES 720   /* of pal_error.text, for the list of faults */
#define NO_POPULARITY -1. /* in the builder, until pal_log_popularity */

/* Places in the fault table: text columns, popularity, then features. */
#define PLACE_POPULARITY PAL_TEXT_COLUMNS
#define PLACE_FEATURES (PAL_TEXT_COLUMNS + 1)

typedef struct importer {
    const char *path;
    pal_import_plan plan;
    size_t text_at[PAL_TEXT_COLUMNS], popularity_at, feature_at[PAL_MAX_FEATURES];
    char **header_name;           /* copies, for features found in the header */
    size_t n_header_names;
    pal_catalog_builder *builder;
    pal_faults faults;
    uint64_t rows, bad_rows;
    uint64_t *row_hash;           /* kept rows */
    size_t n_hashes, hash_capacity;
    pal_text genres, typed;       /* scratch */
    pal_import_types types;
} importer;

/* Layout "palate": every column after the popularity is a feature of that name. */
static pal_status take_header_features(importer *im, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t first = im->popularity_at + 1;

    if (first >= n || n - first > PAL_MAX_FEATURES) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu feature columns after '%s'; between 1 and %d are possible", im->path,
                 n - first, im->plan.popularity, PAL_MAX_FEATURES);
    }
    PAL_NEW(im->header_name, n - first);
    for (size_t f = 0; f < n - first; f++) {
        im->header_name[f] = pal_strdup(names[first + f]);
        if (im->header_name[f] == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory: the name of column %zu", im->path, first + f);
        }
        im->n_header_names++;
        im->plan.feature[f] = pal_feature_named(im->header_name[f]);
        im->plan.feature_column[f] = im->header_name[f];
    }
    im->plan.d = n - first;
done:
    return rc;
}

static pal_status on_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    importer *im = ctx;

    for (size_t c = 0; c < PAL_TEXT_COLUMNS; c++) {
        im->text_at[c] = NOWHERE;
        if (im->plan.column[c] != NULL) {
            PAL_TRY(pal_import_column(&im->text_at[c], im->path, im->plan.column[c],
                                      pal_text_column_names[c], names, n, err));
        }
    }
    im->popularity_at = NOWHERE;
    if (im->plan.popularity != NULL) {
        PAL_TRY(pal_import_column(&im->popularity_at, im->path, im->plan.popularity, "popularity",
                                  names, n, err));
    }
    if (im->plan.header_features) {
        PAL_TRY(take_header_features(im, names, n, err));
    }
    for (size_t f = 0; f < im->plan.d; f++) {
        PAL_TRY(pal_import_column(&im->feature_at[f], im->path, im->plan.feature_column[f],
                                  "a feature", names, n, err));
    }
    PAL_TRY(pal_faults_init(&im->faults, PLACE_FEATURES + im->plan.d, err));
    PAL_TRY(pal_catalog_builder_new(
        &im->builder, im->types.known ? im->types.joined.bytes : im->plan.content_type,
        im->plan.feature, im->plan.d, err));
    im->builder->n_types = im->types.n;
    im->builder->type = (const char *const *)im->types.name;
done:
    return rc;
}

static bool is_missing(const importer *im, const char *text)
{
    return *text == '\0' || (im->plan.missing_text[0] != '\0' && strcmp(text, im->plan.missing_text) == 0);
}

/* A field of a text column; NULL (and a fault, where the plan wants a value) if there is none. */
static const char *text_field(importer *im, pal_text_column column, const pal_csv_row *row, bool required, bool *bad)
{
    const char *text;

    if (im->text_at[column] == NOWHERE) {
        return NULL;
    }
    text = row->field[im->text_at[column]];
    if (!is_missing(im, text)) {
        return text;
    }
    if (required) {
        pal_faults_add(&im->faults, column, im->plan.column[column], PAL_FAULT_MISSING, row, text);
        *bad = true;
    }
    return NULL;
}

static bool only_separators(const char *text)
{
    return text[strspn(text, ";")] == '\0';
}

/* ';'-separated genres of a row; the plan's own separator is turned into ';'. */
static const char *genre_field(importer *im, const pal_csv_row *row, bool *bad)
{
    bool required = im->plan.missing_genre[0] == '\0';
    const char *text = text_field(im, PAL_COLUMN_GENRE, row, required, bad);

    if (text != NULL && im->plan.genre_separator != '\0') {
        im->genres.n = 0;
        pal_text_add(&im->genres, text);
        for (size_t i = 0; i < im->genres.n && !im->genres.failed; i++) {
            if (im->genres.bytes[i] == im->plan.genre_separator) {
                im->genres.bytes[i] = ';';
            }
        }
        text = im->genres.failed ? text : im->genres.bytes;
    }
    if (text != NULL && only_separators(text)) {
        if (required) {
            pal_faults_add(&im->faults, PAL_COLUMN_GENRE, im->plan.column[PAL_COLUMN_GENRE], PAL_FAULT_MISSING, row,
                           text);
            *bad = true;
        }
        text = NULL;
    }
    return text != NULL ? text : im->plan.missing_genre;
}

static double popularity_field(importer *im, const pal_csv_row *row, bool *bad)
{
    double high = im->plan.log_popularity ? FLT_MAX : 100, value = 0;
    double without = im->plan.log_popularity ? NO_POPULARITY : im->plan.missing_popularity;
    const char *text;

    if (im->popularity_at == NOWHERE) {
        return without;
    }
    text = row->field[im->popularity_at];
    if (is_missing(im, text)) {
        if (im->plan.missing_popularity >= 0) {
            return without;
        }
        pal_faults_add(&im->faults, PLACE_POPULARITY, im->plan.popularity, PAL_FAULT_MISSING, row, text);
        *bad = true;
    } else if (!pal_parse_double(&value, text, row->length[im->popularity_at])) {
        pal_faults_add(&im->faults, PLACE_POPULARITY, im->plan.popularity, PAL_FAULT_NO_NUMBER, row, text);
        *bad = true;
    } else if (value < 0 || value > high) {
        pal_faults_add(&im->faults, PLACE_POPULARITY, im->plan.popularity, PAL_FAULT_RANGE, row, text);
        *bad = true;
    }
    return value;
}

/* The row's content type; 0 where types are not told apart, NOWHERE for an unknown one. */
static size_t type_field(importer *im, const pal_csv_row *row, bool *bad)
{
    const char *text = im->types.known ? text_field(im, PAL_COLUMN_TYPE, row, true, bad) : NULL;
    size_t type = text != NULL      ? pal_import_types_find(&im->types, text)
                  : im->types.known ? NOWHERE
                                    : 0;

    if (text != NULL && type == NOWHERE) {
        pal_faults_add(&im->faults, PAL_COLUMN_TYPE, im->plan.column[PAL_COLUMN_TYPE],
                       PAL_FAULT_NO_TYPE, row, text);
        *bad = true;
    }
    return type;
}

/* NaN where the row's type has no such feature. */
static double feature_field(importer *im, size_t f, size_t type, const pal_csv_row *row, bool *bad)
{
    const pal_feature_spec *spec = &im->plan.feature[f];
    const char *text = row->field[im->feature_at[f]];
    pal_fault_kind kind = PAL_FAULT_KINDS;
    double value = 0;

    if (is_missing(im, text) && pal_import_types_lacks(&im->types, type, f)) {
        return (double)NAN;
    }
    if (is_missing(im, text)) {
        kind = PAL_FAULT_MISSING;
    } else if (!pal_parse_double(&value, text, row->length[im->feature_at[f]])) {
        kind = PAL_FAULT_NO_NUMBER;
    } else if (spec->zero_missing && !(value < 0) && !(value > 0)) {
        kind = PAL_FAULT_MISSING;
    } else if (value < spec->low || value > spec->high) {
        kind = PAL_FAULT_RANGE;
    }
    if (kind != PAL_FAULT_KINDS) {
        pal_faults_add(&im->faults, PLACE_FEATURES + f, im->plan.feature_column[f], kind, row, text);
        *bad = true;
    }
    return value;
}

static pal_status keep_hash(importer *im, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t hash = row->n;

    for (size_t c = 0; c < row->n; c++) {
        hash = pal_hash_mix(hash, pal_hash(row->field[c], row->length[c]));
    }
    if (im->n_hashes == im->hash_capacity) {
        size_t wanted = im->hash_capacity == 0 ? 1024 : 2 * im->hash_capacity;
        uint64_t *grown = pal_resize(im->row_hash, im->n_hashes, wanted, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory: %zu rows", im->path, wanted);
        }
        im->row_hash = grown;
        im->hash_capacity = wanted;
    }
    im->row_hash[im->n_hashes++] = hash;
done:
    return rc;
}

/* One type an item, and its genres named after it. */
static pal_status type_row(importer *im, const char **genres, const char *id, size_t type,
                           const pal_csv_row *row, bool *bad, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool same = true;

    PAL_TRY(pal_import_types_claim(&same, &im->types, id, type, err));
    if (!same) {
        pal_faults_add(&im->faults, PAL_COLUMN_TYPE, im->plan.column[PAL_COLUMN_TYPE],
                       PAL_FAULT_TWO_TYPES, row, im->types.name[type]);
        *bad = true;
    }
    pal_import_types_genres(&im->typed, &im->types, type, *genres);
    PAL_TRY(pal_text_check(&im->typed, err));
    *genres = im->typed.bytes;

done:
    return rc;
}

static pal_status on_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    importer *im = ctx;
    double feature[PAL_MAX_FEATURES], popularity;
    const char *id, *title, *artist, *genres;
    size_t type;
    bool bad = false, names = im->plan.names_required;

    im->rows++;
    id = text_field(im, PAL_COLUMN_ID, row, true, &bad);
    title = text_field(im, PAL_COLUMN_TITLE, row, names, &bad);
    artist = text_field(im, PAL_COLUMN_ARTIST, row, names, &bad);
    genres = genre_field(im, row, &bad);
    PAL_TRY(pal_text_check(&im->genres, err));
    popularity = popularity_field(im, row, &bad);
    type = type_field(im, row, &bad);
    for (size_t f = 0; f < im->plan.d; f++) {
        feature[f] = feature_field(im, f, type, row, &bad);
    }
    if (!bad && im->types.known) {
        PAL_TRY(type_row(im, &genres, id, type, row, &bad, err));
    }
    if (bad) {
        im->bad_rows++;
        goto done;
    }
    /* Without a column of its own an item is its own title and artist: no two items then share an artist. */
    title = title != NULL ? title : im->text_at[PAL_COLUMN_TITLE] == NOWHERE ? id : "";
    artist = artist != NULL ? artist : im->text_at[PAL_COLUMN_ARTIST] == NOWHERE ? id : "";
    PAL_TRY(keep_hash(im, row, err));
    PAL_TRY(pal_catalog_builder_add_row(im->builder, row->number, id, title, artist, genres, popularity, feature, err));
done:
    return rc;
}

/* Counts of plays and the like span orders of magnitude: their logarithm onto 0..100. */
static void log_popularity(pal_catalog_builder *builder, double missing)
{
    double most = 0;

    for (size_t i = 0; i < builder->ids.n; i++) {
        most = (double)builder->item[i].popularity > most ? (double)builder->item[i].popularity : most;
    }
    for (size_t i = 0; i < builder->ids.n; i++) {
        double x = (double)builder->item[i].popularity;

        builder->item[i].popularity =
            (float)(x < 0 ? missing : most > 0 ? 100 * (pal_log1p(x) / pal_log1p(most)) : 0);
    }
}

static int by_number(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

    return (x > y) - (x < y);
}

static uint64_t count_repeats(uint64_t *hash, size_t n)
{
    uint64_t repeats = 0;

    if (n > 0) {
        qsort(hash, n, sizeof *hash, by_number);
    }
    for (size_t i = 1; i < n; i++) {
        repeats += hash[i] == hash[i - 1];
    }
    return repeats;
}

/* Bad rows, or none at all: one line that counts them. */
static pal_status check_rows(const importer *im, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };
    bool nothing_left = im->bad_rows == im->rows;

    if (im->rows == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the catalog is empty: there is no row after the header", im->path);
    }
    if (im->bad_rows > 0 && (nothing_left || !im->plan.skip_bad_rows)) {
        pal_faults_say(&im->faults, FAULT_BYTES, &text);
        PAL_TRY(pal_text_check(&text, err));
        PAL_FAIL(PAL_ERR_DATA, "%s: %llu of %llu rows are bad: %s%s", im->path, (unsigned long long)im->bad_rows,
                 (unsigned long long)im->rows, text.bytes,
                 nothing_left ? "; none is left" : "; \"on_bad_row\": \"skip\" leaves them out");
    }
done:
    pal_text_clear(&text);
    return rc;
}

/* The builder does not know of files: put the path before what it says of the data. */
static pal_status finish(pal_catalog **out, importer *im, const pal_cluster_choice *clusters, pal_error *err)
{
    pal_error inner = { 0 };
    pal_status rc = pal_catalog_finish(out, im->builder, clusters, im->plan.scaling, &inner);

    if (rc == PAL_ERR_DATA) {
        return pal_error_set(err, rc, "%s: %s", im->path, inner.text);
    }
    if (rc != PAL_OK) {
        return pal_error_set(err, rc, "%s", inner.text);
    }
    return PAL_OK;
}

static pal_status fill_report(pal_import_report *report, importer *im, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;

    *report = (pal_import_report){ .rows = im->rows, .skipped_rows = im->bad_rows };
    report->kept_rows = im->rows - im->bad_rows;
    report->merged_rows = im->builder->merged;
    report->items = catalog->n_items;
    report->excluded_items = im->builder->ids.n - catalog->n_items;
    report->exact_duplicates = count_repeats(im->row_hash, im->n_hashes);
    PAL_TRY(pal_faults_report(report, &im->faults, err));
done:
    return rc;
}

/* Our keys are checked here; a catalog object holds keys of other owners too, which they check. */
static pal_status read_values(pal_values **values, const pal_json *config, const char *file, const char *json_path,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const char **also = NULL;
    size_t n = 0;

    if (config != NULL && pal_json_kind_of(config) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s is %s; an object is wanted", file, json_path,
                 pal_json_kind_name(pal_json_kind_of(config)));
    }
    PAL_NEW(also, (config == NULL ? 0 : pal_json_size(config)) + 1);
    for (size_t k = 0; config != NULL && k < pal_json_size(config); k++) {
        const char *key = pal_json_key(pal_json_at(config, k));
        const pal_param *ours = pal_import_params;

        while (ours->name != NULL && strcmp(ours->name, key) != 0) {
            ours++;
        }
        if (ours->name == NULL) {
            also[n++] = key;
        }
    }
    PAL_TRY(pal_values_read(values, pal_import_params, config, file, json_path, also, err));
done:
    pal_free(also);
    return rc;
}

static void clear_importer(importer *im)
{
    for (size_t f = 0; f < im->n_header_names; f++) {
        pal_free(im->header_name[f]);
    }
    pal_free(im->header_name);
    pal_catalog_builder_free(im->builder);
    pal_faults_clear(&im->faults);
    pal_free(im->row_hash);
    pal_text_clear(&im->genres);
    pal_text_clear(&im->typed);
    pal_import_types_clear(&im->types);
}

pal_status pal_import_tracks(pal_catalog **out, pal_import_report *report, const char *csv_path,
    const pal_json *config, const char *file, const char *json_path, const pal_cluster_choice *clusters,
    pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *values = NULL;
    pal_catalog *catalog = NULL;
    pal_import_report counted = { 0 };
    importer im = { .path = csv_path };

    PAL_TRY(read_values(&values, config, file, json_path, err));
    PAL_TRY(pal_import_plan_read(&im.plan, values, config, file, json_path, err));
    PAL_TRY(pal_import_types_read(&im.types, &im.plan, csv_path, file, json_path, err));
    PAL_TRY(pal_csv_read(csv_path, im.plan.delimiter, on_header, on_row, &im, err));
    PAL_TRY(check_rows(&im, err));
    if (im.plan.log_popularity) {
        log_popularity(im.builder, im.plan.missing_popularity);
    }
    PAL_TRY(finish(&catalog, &im, clusters, err));
    PAL_TRY(fill_report(&counted, &im, catalog, err));

    if (report != NULL) {
        *report = counted;
        counted = (pal_import_report){ 0 };
    }
    *out = catalog; /* the caller owns it from here */
    catalog = NULL;

done:
    pal_import_report_clear(&counted);
    pal_catalog_free(catalog);
    clear_importer(&im);
    pal_values_free(values);
    return rc;
}
