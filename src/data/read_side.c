/* Side files: a grid of fields first, then column by column into features. */
#include "data/read_side.h"

#include "core/mem.h"
#include "core/text.h"
#include "data/interactions_pool.h"
#include "data/read_columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef struct side_reader {
    pal_interactions *log;
    bool people;
    size_t n, most_words;             /* people or items of the log */
    uint64_t rows, unmet, wide;
    pal_lines lines;
    pal_side_column column[PAL_MOST_FIELDS]; /* names borrowed: static, or of the header */
    size_t n_columns, id_at, title_at;
    char **cell;                      /* n x n_columns, borrowed from lines; NULL: no row */
    uint64_t *row, *line;             /* n: where an id stood; 0: nowhere                  */
    char **name;                      /* features so far */
    size_t n_names, name_capacity;
    pal_csr_cell *entry;
    size_t n_entries, entry_capacity;
} side_reader;

/* ---- the grid --------------------------------------------------------------------------------------------- */

/* RecBole's header: name:type. */
static pal_status typed_column(pal_side_column *column, char *name, const side_reader *r, pal_error *err)
{
    static const struct {
        const char *type;
        pal_side_kind kind;
    } types[] = { { "token", PAL_SIDE_WORD }, { "token_seq", PAL_SIDE_WORDS }, { "float", PAL_SIDE_NUMBER } };
    char *colon = strchr(name, ':');

    for (size_t t = 0; colon != NULL && t < sizeof types / sizeof *types; t++) {
        if (strcmp(colon + 1, types[t].type) == 0) {
            *colon = '\0';
            *column = (pal_side_column){ name, types[t].kind, ' ' };
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_DATA, "%s: column '%s': wanted a name and its type, name:token, name:token_seq or "
                         "name:float", r->lines.path, name);
}

static pal_status name_columns(side_reader *r, const pal_side_layout *layout, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_role role = r->people ? PAL_ROLE_USER : PAL_ROLE_ITEM;

    for (size_t c = 0; c < r->lines.n; c++) {
        char *name = r->lines.field[c];

        if (layout->typed) {
            PAL_TRY(typed_column(&r->column[c], name, r, err));
        } else {
            r->column[c] = (pal_side_column){ name, PAL_SIDE_GUESS, '|' };
        }
        if (r->id_at == PAL_NO_COLUMN && (pal_column_means(name, role) || strcmp(name, "id") == 0)) {
            r->column[c].kind = PAL_SIDE_ID;
            r->id_at = c;
        } else if (r->title_at == PAL_NO_COLUMN && pal_column_means(name, PAL_ROLE_TITLE)) {
            r->column[c].kind = PAL_SIDE_TITLE;
            r->title_at = c;
        }
    }
    if (r->id_at == PAL_NO_COLUMN) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no column of ids: wanted one named \"id\", \"%s\" or the like, found '%s' first",
                 r->lines.path, r->people ? "user_id" : "item_id", r->lines.field[0]);
    }
    r->n_columns = r->lines.n;

done:
    return rc;
}

static pal_status take_columns(side_reader *r, const pal_side_layout *layout, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool found = false;

    r->id_at = r->title_at = PAL_NO_COLUMN;
    if (layout->header) {
        PAL_TRY(pal_lines_next(&found, &r->lines, err));
        if (!found) {
            PAL_FAIL(PAL_ERR_DATA, "%s: is empty; a header line is wanted", r->lines.path);
        }
        r->lines.row = 0;
    }
    if (layout->columns == NULL) {
        PAL_TRY(name_columns(r, layout, err));
        goto done;
    }
    for (size_t c = 0; c < layout->n_columns; c++) {
        r->column[c] = layout->columns[c];
        r->id_at = r->column[c].kind == PAL_SIDE_ID ? c : r->id_at;
        r->title_at = r->column[c].kind == PAL_SIDE_TITLE ? c : r->title_at;
    }
    r->n_columns = layout->n_columns;

done:
    return rc;
}

static pal_status take_row(side_reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_lines *l = &r->lines;
    size_t at;

    if (l->n != r->n_columns) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: row %llu (line %llu): %zu fields, wanted %zu", l->path, (unsigned long long)l->row,
                 (unsigned long long)l->line, l->n, r->n_columns);
    }
    r->rows++;
    at = r->people ? pal_interactions_user(r->log, l->field[r->id_at]) : pal_interactions_item(r->log, l->field[r->id_at]);
    if (at == SIZE_MAX) {
        r->unmet++;
        goto done;
    }
    if (r->row[at] != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %llu (line %llu): the id '%s' stands in row %llu too", l->path,
                 (unsigned long long)l->row, (unsigned long long)l->line, l->field[r->id_at],
                 (unsigned long long)r->row[at]);
    }
    r->row[at] = l->row;
    r->line[at] = l->line;
    memcpy(r->cell + at * r->n_columns, l->field, r->n_columns * sizeof *r->cell);

done:
    return rc;
}

static pal_status read_grid(side_reader *r, const char *path, const pal_side_layout *layout, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *separator = layout->separator, *first;
    bool found = false;
    size_t n;

    PAL_TRY(pal_lines_open(&r->lines, path, layout->latin1, err));
    first = pal_lines_first(&r->lines, &n);
    separator = separator != NULL ? separator : pal_separator_guess(first, n);
    snprintf(r->lines.separator, sizeof r->lines.separator, "%s", separator);
    r->lines.quotes = separator[0] == ',' || separator[0] == ';';
    PAL_TRY(take_columns(r, layout, err));
    PAL_NEW(r->cell, r->n * r->n_columns);
    PAL_NEW(r->row, r->n);
    PAL_NEW(r->line, r->n);
    for (;;) {
        PAL_TRY(pal_lines_next(&found, &r->lines, err));
        if (!found) {
            break;
        }
        PAL_TRY(take_row(r, err));
    }

done:
    return rc;
}

static const char *cell(const side_reader *r, size_t i, size_t column)
{
    const char *text = r->cell[i * r->n_columns + column];

    return text != NULL && strcmp(text, "(no genres listed)") != 0 ? text : "";
}

/* ---- features --------------------------------------------------------------------------------------------- */

static pal_status add_feature(side_reader *r, const char *name, const char *word, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t room = strlen(name) + (word != NULL ? strlen(word) + 1 : 0) + 1;
    char *text = NULL;

    if (r->n_names == r->name_capacity) {
        size_t wanted = r->name_capacity == 0 ? 64 : 2 * r->name_capacity;
        char **grown = pal_resize(r->name, r->n_names, wanted, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory: %zu features", r->lines.path, wanted);
        }
        r->name = grown;
        r->name_capacity = wanted;
    }
    PAL_NEW(text, room);
    snprintf(text, room, "%s%s%s", name, word != NULL ? "=" : "", word != NULL ? word : "");
    r->name[r->n_names++] = text;

done:
    return rc;
}

static pal_status add_entry(side_reader *r, size_t i, size_t feature, float value, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (r->n_entries == r->entry_capacity) {
        size_t wanted = r->entry_capacity == 0 ? 1024 : 2 * r->entry_capacity;
        pal_csr_cell *grown = pal_resize(r->entry, r->n_entries, wanted, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory: %zu cells", r->lines.path, wanted);
        }
        r->entry = grown;
        r->entry_capacity = wanted;
    }
    r->entry[r->n_entries++] = (pal_csr_cell){ (uint32_t)i, (uint32_t)feature, value };

done:
    return rc;
}

static pal_status bad_field(const side_reader *r, size_t i, size_t column, const char *wanted, pal_error *err)
{
    return pal_error_set(err, PAL_ERR_DATA, "%s: row %llu (line %llu), column '%s': found '%.60s', wanted %s",
                         r->lines.path, (unsigned long long)r->row[i], (unsigned long long)r->line[i],
                         r->column[column].name, cell(r, i, column), wanted);
}

static pal_status flag_feature(side_reader *r, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(add_feature(r, r->column[column].name, NULL, err));
    for (size_t i = 0; i < r->n; i++) {
        const char *text = cell(r, i, column);

        if (strcmp(text, "1") == 0) {
            PAL_TRY(add_entry(r, i, r->n_names - 1, 1, err));
        } else if (text[0] != '\0' && strcmp(text, "0") != 0) {
            PAL_TRY(bad_field(r, i, column, "0 or 1", err));
        }
    }

done:
    return rc;
}

/* Scaled to 0..1 over the people or items of the log; an empty field and the least value are no cell. */
static pal_status number_feature(side_reader *r, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    double low = 0, high = 0, *value = NULL;
    bool any = false;

    PAL_NEW(value, r->n);
    for (size_t i = 0; i < r->n; i++) {
        const char *text = cell(r, i, column);

        if (text[0] == '\0') {
            continue;
        }
        if (!pal_parse_double(&value[i], text, strlen(text))) {
            PAL_TRY(bad_field(r, i, column, "a number", err));
        }
        low = !any || value[i] < low ? value[i] : low;
        high = !any || value[i] > high ? value[i] : high;
        any = true;
    }
    PAL_TRY(add_feature(r, r->column[column].name, NULL, err));
    for (size_t i = 0; i < r->n; i++) {
        if (cell(r, i, column)[0] != '\0' && value[i] > low) {
            /* halves, so that the difference of two large numbers stays finite */
            PAL_TRY(add_entry(r, i, r->n_names - 1, (float)((value[i] / 2 - low / 2) / (high / 2 - low / 2)), err));
        }
    }

done:
    pal_free(value);
    return rc;
}

typedef struct side_word {
    const char *text;
    uint32_t number;
} side_word;

static int by_text(const void *a, const void *b)
{
    return pal_id_compare(((const side_word *)a)->text, ((const side_word *)b)->text);
}

/* The next word of *text, its length; moves *text past it. 0 at the end. */
static size_t next_word(const char **text, const char **word, char between)
{
    size_t n = 0;

    while (between != '\0' && **text == between) {
        (*text)++;
    }
    *word = *text;
    while ((*text)[n] != '\0' && (between == '\0' || (*text)[n] != between)) {
        n++;
    }
    *text += n;
    return n;
}

/* A feature a word, in the order of words; none when there are too many. */
static pal_status word_features(side_reader *r, size_t column, char between, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_intern table = { 0 };
    side_word *words = NULL;
    uint32_t *feature = NULL, number = 0;
    size_t first = r->n_entries, base = r->n_names, length;
    const char *text, *word;

    for (size_t i = 0; i < r->n && table.n <= r->most_words; i++) {
        text = cell(r, i, column);
        while ((length = next_word(&text, &word, between)) > 0) {
            PAL_TRY(pal_intern_add(&table, word, length, &number, NULL, err));
            PAL_TRY(add_entry(r, i, number, 1, err));
        }
    }
    if (table.n > r->most_words) {
        r->n_entries = first;
        r->wide++;
        goto done;
    }
    PAL_NEW(words, table.n);
    PAL_NEW(feature, table.n);
    for (size_t w = 0; w < table.n; w++) {
        words[w] = (side_word){ pal_intern_text(&table, w), (uint32_t)w };
    }
    qsort(words, table.n, sizeof *words, by_text);
    for (size_t w = 0; w < table.n; w++) {
        PAL_TRY(add_feature(r, r->column[column].name, words[w].text, err));
        feature[words[w].number] = (uint32_t)(base + w);
    }
    for (size_t e = first; e < r->n_entries; e++) {
        r->entry[e].col = feature[r->entry[e].col];
    }

done:
    pal_free(feature);
    pal_free(words);
    pal_intern_clear(&table);
    return rc;
}

static bool holds_numbers(const side_reader *r, size_t column)
{
    double value;

    for (size_t i = 0; i < r->n; i++) {
        const char *text = cell(r, i, column);

        if (text[0] != '\0' && !pal_parse_double(&value, text, strlen(text))) {
            return false;
        }
    }
    return true;
}

static bool is_anywhere(const side_reader *r, size_t column, char mark)
{
    for (size_t i = 0; i < r->n; i++) {
        if (strchr(cell(r, i, column), mark) != NULL) {
            return true;
        }
    }
    return false;
}

static pal_status make_features(side_reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t c = 0; c < r->n_columns; c++) {
        pal_side_kind kind = r->column[c].kind;

        if (kind == PAL_SIDE_GUESS) {
            kind = holds_numbers(r, c) ? PAL_SIDE_NUMBER : PAL_SIDE_WORDS;
            /* The lists of a run's items.csv stand between semicolons. */
            if (!is_anywhere(r, c, r->column[c].between) && is_anywhere(r, c, ';')) {
                r->column[c].between = ';';
            }
        }
        if (kind == PAL_SIDE_FLAG) {
            PAL_TRY(flag_feature(r, c, err));
        } else if (kind == PAL_SIDE_NUMBER) {
            PAL_TRY(number_feature(r, c, err));
        } else if (kind == PAL_SIDE_WORD || kind == PAL_SIDE_WORDS) {
            PAL_TRY(word_features(r, c, kind == PAL_SIDE_WORDS ? r->column[c].between : '\0', err));
        }
    }

done:
    return rc;
}

static pal_status check_names(const side_reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_intern table = { 0 };
    uint32_t number;
    bool is_new = false;

    for (size_t f = 0; f < r->n_names; f++) {
        PAL_TRY(pal_intern_add(&table, r->name[f], strlen(r->name[f]), &number, &is_new, err));
        if (!is_new) {
            PAL_FAIL(PAL_ERR_DATA, "%s: two columns make the feature '%s'", r->lines.path, r->name[f]);
        }
    }

done:
    pal_intern_clear(&table);
    return rc;
}

/* ---- into the log ----------------------------------------------------------------------------------------- */

static pal_status put_side(side_reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_side *side = NULL, **to = r->people ? &r->log->user_side : &r->log->item_side;

    PAL_NEW(side, 1);
    PAL_TRY(pal_csr_new(&side->cell, r->n, r->n_names, r->entry, r->n_entries, PAL_TWICE_MAX, err));
    side->name = r->name; /* moves */
    side->n_features = r->n_names;
    r->name = NULL;
    r->n_names = 0;
    pal_side_free(*to);
    *to = side;
    side = NULL;

done:
    pal_side_free(side);
    return rc;
}

static pal_status put_titles(side_reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_log_pool *pool = r->log->pool;
    size_t bytes = 0, used = 0;

    for (size_t i = 0; i < r->n; i++) {
        bytes += strlen(cell(r, i, r->title_at)) + 1;
    }
    pal_free(pool->titles);
    pal_free(r->log->item_title);
    pool->titles = NULL;
    r->log->item_title = NULL;
    PAL_NEW(pool->titles, bytes);
    PAL_NEW(r->log->item_title, r->n);
    for (size_t i = 0; i < r->n; i++) {
        size_t length = strlen(cell(r, i, r->title_at)) + 1;

        r->log->item_title[i] = memcpy(pool->titles + used, cell(r, i, r->title_at), length);
        used += length;
    }

done:
    return rc;
}

pal_status pal_side_read(pal_interactions *log, pal_interactions_report *report, bool people, const char *path,
                         const pal_side_layout *layout, size_t most_words, pal_error *err)
{
    pal_status rc = PAL_OK;
    side_reader *r = NULL;

    PAL_NEW(r, 1);
    r->log = log;
    r->people = people;
    r->n = people ? log->n_users : log->n_items;
    r->most_words = most_words;
    PAL_TRY(read_grid(r, path, layout, err));
    PAL_TRY(make_features(r, err));
    PAL_TRY(check_names(r, err));
    if (r->n_names > 0) {
        PAL_TRY(put_side(r, err));
    }
    if (!people && r->title_at != PAL_NO_COLUMN) {
        PAL_TRY(put_titles(r, err));
    }
    *(people ? &report->user_rows : &report->item_rows) = r->rows;
    *(people ? &report->user_unmet : &report->item_unmet) = r->unmet;
    report->wide_columns += r->wide;

done:
    if (r != NULL) {
        for (size_t f = 0; r->name != NULL && f < r->n_names; f++) {
            pal_free(r->name[f]);
        }
        pal_free(r->name);
        pal_free(r->entry);
        pal_free(r->cell);
        pal_free(r->row);
        pal_free(r->line);
        pal_lines_clear(&r->lines);
        pal_free(r);
    }
    return rc;
}
