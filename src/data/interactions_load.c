/* The door to interaction files: which format, which columns, row by row into a builder, then the side files. */
#include "data/interactions_load.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "data/interactions_formats.h"
#include "data/read_columns.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Rows of a run's log that are not asked for. */
typedef struct filter {
    size_t column;
    const char *wanted;
} filter;

typedef struct loader {
    const pal_values *values;
    const char *path, *file, *json_path;
    char *log_path;                  /* the file of rows: path, or events.csv in it */
    const pal_log_format *format;
    pal_lines lines;
    size_t n_columns, at[PAL_ROLES]; /* of the four roles                           */
    char *name[PAL_MOST_FIELDS];     /* of the header, borrowed from lines          */
    bool has_header, pending;        /* pending: the row in hand is data            */
    filter filters[3];
    size_t n_filters;
    char replicate[32];
    uint64_t skipped;
    pal_interactions_builder *builder;
} loader;

static pal_status choose_format(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t choice = pal_values_choice(l->values, "format");
    bool run;

    l->format = choice == 0 ? pal_log_format_guess(l->path) : &pal_log_formats[choice - 1];
    run = l->format == pal_log_format_run;
    l->log_path = run && pal_is_folder(l->path) ? pal_path_join(l->path, "events.csv") : pal_strdup(l->path);
    if (l->log_path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    }
    if (run && !pal_file_exists(l->log_path)) {
        PAL_FAIL(PAL_ERR_IO, "%s: there is no events.csv in it; a run writes one with \"output\": {\"events\": \"csv\"}",
                 l->path);
    }

done:
    return rc;
}

/* What a message says of a place: a command line has no JSON path. */
static const char *behind_path(const loader *l)
{
    return l->json_path[0] != '\0' ? ": " : "";
}

/* ---- which columns ---------------------------------------------------------------------------------------- */

static void choose_separator(loader *l)
{
    static const char *const separators[] = { NULL, ",", "\t", ";", "|", " ", "::" };
    const char *separator = separators[pal_values_choice(l->values, "separator")], *first;
    size_t n;

    if (separator == NULL) {
        separator = l->format->separator;
    }
    if (separator == NULL) {
        first = pal_lines_first(&l->lines, &n);
        separator = pal_separator_guess(first, n);
    }
    snprintf(l->lines.separator, sizeof l->lines.separator, "%s", separator);
    l->lines.quotes = separator[0] == ',' || separator[0] == ';';
}

static const char *const role_keys[] = { "user", "item", "value", "time" };

static bool looks_like_header(const loader *l)
{
    const pal_lines *lines = &l->lines;
    double value;

    for (size_t c = 0; c < lines->n; c++) {
        if (pal_column_means(lines->field[c], PAL_ROLE_USER) || pal_column_means(lines->field[c], PAL_ROLE_ITEM)) {
            return true;
        }
        for (size_t r = 0; r < 4; r++) {
            if (lines->length[c] > 0 && strcmp(lines->field[c], pal_values_text(l->values, role_keys[r])) == 0) {
                return true;
            }
        }
    }
    return lines->n >= 3 && !pal_parse_double(&value, lines->field[2], lines->length[2]);
}

static pal_status find_columns(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *const *names = l->has_header ? (const char *const *)l->name : NULL;

    for (size_t r = 0; r < 4; r++) {
        bool needed = r <= PAL_ROLE_ITEM;
        const char *asked = pal_values_text(l->values, role_keys[r]);

        asked = l->format == pal_log_format_run && r == PAL_ROLE_VALUE && asked[0] == '\0' ? "-" : asked;
        PAL_TRY(pal_column_find(&l->at[r], (pal_role)r, asked, role_keys[r], needed, names, l->n_columns, l->log_path, err));
    }
    if (l->at[PAL_ROLE_USER] == l->at[PAL_ROLE_ITEM]) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%s\"user\" and \"item\" are the same column", l->file, l->json_path,
                 behind_path(l));
    }

done:
    return rc;
}

/* The events.csv of a run, given by itself or moved elsewhere: several arms' rows, which are no log together. */
static bool is_run_header(const loader *l)
{
    return l->has_header && l->n_columns > 2 && strcmp(l->name[0], "arm") == 0 && strcmp(l->name[1], "replicate") == 0;
}

/* Only rows of the arm and replicate asked for, in which the event took place. */
static pal_status choose_rows(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *wanted[] = { pal_values_text(l->values, "arm"), l->replicate, "1" };
    const char *column[] = { "arm", "replicate", pal_values_text(l->values, "event") };

    snprintf(l->replicate, sizeof l->replicate, "%lld", (long long)pal_values_int(l->values, "replicate"));
    for (size_t f = 0; f < 3; f++) {
        PAL_TRY(pal_column_find(&l->filters[f].column, PAL_ROLE_VALUE, column[f], column[f], true,
                                (const char *const *)l->name, l->n_columns, l->log_path, err));
        l->filters[f].wanted = wanted[f];
    }
    l->n_filters = 3;

done:
    return rc;
}

static pal_status take_layout(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t header = pal_values_choice(l->values, "header");

    PAL_TRY(pal_lines_open(&l->lines, l->log_path, false, err));
    choose_separator(l);
    PAL_TRY(pal_lines_next(&l->pending, &l->lines, err));
    if (!l->pending) {
        PAL_FAIL(PAL_ERR_DATA, "%s: is empty", l->log_path);
    }
    l->n_columns = l->lines.n;
    l->has_header = header == 1 || (header == 0 && (l->format->header == 1 ||
                                                    (l->format->header < 0 && looks_like_header(l))));
    if (l->has_header) {
        memcpy(l->name, l->lines.field, l->n_columns * sizeof *l->name);
        l->pending = false;
        l->lines.row = 0;
    }
    if (pal_values_choice(l->values, "format") == 0 && is_run_header(l)) {
        l->format = pal_log_format_run;
    }
    PAL_TRY(find_columns(l, err));
    if (l->format == pal_log_format_run) {
        PAL_TRY(choose_rows(l, err));
    } else if (pal_values_text(l->values, "arm")[0] != '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%s\"arm\" goes with the log of a run, and %s is read as %s", l->file,
                 l->json_path, behind_path(l), l->log_path, l->format->name);
    }

done:
    return rc;
}

/* ---- rows ------------------------------------------------------------------------------------------------- */

static pal_status bad_field(const loader *l, pal_role role, const char *wanted, pal_error *err)
{
    const pal_lines *lines = &l->lines;

    return pal_error_set(err, PAL_ERR_DATA, "%s: row %llu (line %llu), column %zu (%s): found '%.60s', wanted %s",
                         lines->path, (unsigned long long)lines->row, (unsigned long long)lines->line, l->at[role] + 1,
                         pal_role_name(role), lines->field[l->at[role]], wanted);
}

/* Ratings are mostly one digit. */
static bool parse_value(float *value, const char *text, size_t n)
{
    double x;

    if (n == 1 && text[0] >= '0' && text[0] <= '9') {
        *value = (float)(text[0] - '0');
        return true;
    }
    if (!pal_parse_double(&x, text, n) || fabs(x) > 3e38) {
        return false;
    }
    *value = (float)x;
    return true;
}

/* A whole number; or another one, rounded down, as far as doubles tell whole numbers apart. */
static bool parse_time(int64_t *time, const char *text, size_t n)
{
    double x;

    if (pal_parse_i64(time, text, n)) {
        return true;
    }
    if (!pal_parse_double(&x, text, n) || fabs(x) > 9007199254740992.0) {
        return false;
    }
    *time = (int64_t)floor(x);
    return true;
}

/* Is the row asked for? An arm that is not named must be the only one. */
static pal_status passes(bool *in, loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;

    *in = true;
    for (size_t f = 0; f < l->n_filters && *in; f++) {
        const char *text = l->lines.field[l->filters[f].column];

        if (l->filters[f].wanted[0] == '\0') {
            l->filters[f].wanted = text;
        }
        *in = strcmp(text, l->filters[f].wanted) == 0;
        if (!*in && f == 0 && pal_values_text(l->values, "arm")[0] == '\0') {
            PAL_FAIL(PAL_ERR_DATA, "%s: holds several arms ('%s', '%s' …); \"arm\" says which", l->lines.path,
                     l->filters[f].wanted, text);
        }
    }
    l->skipped += !*in;

done:
    return rc;
}

static pal_status add_row(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_lines *lines = &l->lines;
    size_t u = l->at[PAL_ROLE_USER], i = l->at[PAL_ROLE_ITEM], v = l->at[PAL_ROLE_VALUE], t = l->at[PAL_ROLE_TIME];
    float value = 1;
    int64_t time = 0;
    bool in = true;

    if (lines->n != l->n_columns) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: row %llu (line %llu): %zu fields, wanted %zu as in the %s", lines->path,
                 (unsigned long long)lines->row, (unsigned long long)lines->line, lines->n, l->n_columns,
                 l->has_header ? "header" : "first row");
    }
    if (l->n_filters > 0) {
        PAL_TRY(passes(&in, l, err));
    }
    if (!in) {
        goto done;
    }
    if (lines->length[u] == 0 || lines->length[i] == 0) {
        PAL_TRY(bad_field(l, lines->length[u] == 0 ? PAL_ROLE_USER : PAL_ROLE_ITEM, "an id", err));
    }
    if (v != PAL_NO_COLUMN && !parse_value(&value, lines->field[v], lines->length[v])) {
        PAL_TRY(bad_field(l, PAL_ROLE_VALUE, "a number within 3e38", err));
    }
    if (t != PAL_NO_COLUMN && !parse_time(&time, lines->field[t], lines->length[t])) {
        PAL_TRY(bad_field(l, PAL_ROLE_TIME, "a number of seconds within 2^53", err));
    }
    PAL_TRY(pal_interactions_builder_add(l->builder, lines->field[u], lines->length[u], lines->field[i],
                                         lines->length[i], value, time,
                                         PAL_ROW_VALUE | (t != PAL_NO_COLUMN ? PAL_ROW_TIME : 0), err));

done:
    return rc;
}

static pal_status read_rows(loader *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool found = l->pending;

    PAL_TRY(pal_interactions_builder_new(&l->builder, err));
    for (;;) {
        if (!l->pending) {
            PAL_TRY(pal_lines_next(&found, &l->lines, err));
        }
        l->pending = false;
        if (!found) {
            break;
        }
        PAL_TRY(add_row(l, err));
    }

done:
    return rc;
}

/* ---- the log ---------------------------------------------------------------------------------------------- */

static pal_interactions_rules rules_of(const pal_values *v)
{
    return (pal_interactions_rules){
        .repeats = (pal_repeats)pal_values_choice(v, "duplicates"),
        .threshold = pal_values_real(v, "threshold"),
        .implicit = pal_values_bool(v, "implicit"),
        .min_user = (size_t)pal_values_int(v, "min_user"),
        .min_item = (size_t)pal_values_int(v, "min_item"),
        .core_user = (size_t)pal_values_int(v, "core_user"),
        .core_item = (size_t)pal_values_int(v, "core_item"),
        .keep_empty = pal_values_bool(v, "keep_empty"),
    };
}

/* The builder does not know of files: put the path before what it says of the data. */
static pal_status finish(pal_interactions **out, pal_interactions_report *report, loader *l, pal_error *err)
{
    pal_error inner = { 0 };
    pal_interactions_rules rules = rules_of(l->values);
    char name[256];
    pal_status rc;

    pal_log_name(name, sizeof name, l->path, l->format);
    rc = pal_interactions_builder_finish(out, report, l->builder, name, &rules, &inner);
    if (rc == PAL_ERR_DATA && l->skipped > 0 && pal_interactions_builder_rows(l->builder) == 0) {
        return pal_error_set(err, rc, "%s: none of %llu impressions is of arm '%s', replicate %s and was %s", l->log_path,
                             (unsigned long long)l->skipped, l->filters[0].wanted, l->replicate,
                             pal_values_text(l->values, "event"));
    }
    if (rc != PAL_OK) {
        return pal_error_set(err, rc, "%s%s%s", rc == PAL_ERR_DATA ? l->log_path : "", rc == PAL_ERR_DATA ? ": " : "",
                             inner.text);
    }
    report->format = l->format->name;
    report->skipped = l->skipped;
    return PAL_OK;
}

static pal_status read_side(pal_interactions *log, pal_interactions_report *report, const loader *l, bool people,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *asked = pal_values_text(l->values, people ? "user_file" : "item_file");
    const pal_side_layout *layout = people ? l->format->user_layout : l->format->item_layout;
    char *path = NULL;

    if (strcmp(asked, "-") == 0) {
        goto done;
    }
    if (asked[0] == '\0') {
        PAL_TRY(pal_side_beside(&path, l->log_path, l->format, people, err));
        asked = path;
    } else {
        layout = pal_side_layout_of(asked, l->format, people);
    }
    if (asked != NULL) {
        PAL_TRY(pal_side_read(log, report, people, asked, layout, (size_t)pal_values_int(l->values, "side_words"), err));
    }

done:
    pal_free(path);
    return rc;
}

pal_status pal_interactions_load(pal_interactions **out, pal_interactions_report *report, const char *path,
                                 const pal_values *values, const char *file, const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;
    loader *l = NULL;
    pal_values *defaults = NULL;
    pal_interactions *log = NULL;
    pal_interactions_report counted = { 0 };

    PAL_NEW(l, 1);
    if (values == NULL) {
        PAL_TRY(pal_values_read(&defaults, pal_interactions_params, NULL, file, json_path, NULL, err));
    }
    l->values = values != NULL ? values : defaults;
    l->path = path;
    l->file = file;
    l->json_path = json_path;
    PAL_TRY(choose_format(l, err));
    PAL_TRY(take_layout(l, err));
    PAL_TRY(read_rows(l, err));
    if (l->n_filters == 0) { /* the filter of the arm points into the text */
        pal_lines_clear(&l->lines);
    }
    PAL_TRY(finish(&log, &counted, l, err));
    PAL_TRY(read_side(log, &counted, l, false, err));
    PAL_TRY(read_side(log, &counted, l, true, err));
    if (report != NULL) {
        *report = counted;
    }
    *out = log; /* the caller owns it from here */
    log = NULL;

done:
    pal_interactions_free(log);
    pal_values_free(defaults);
    if (l != NULL) {
        pal_interactions_builder_free(l->builder);
        pal_lines_clear(&l->lines);
        pal_free(l->log_path);
        pal_free(l);
    }
    return rc;
}
