/* CSV to matrix, row by row. */
#include "cli/matrix.h"

#include "core/csv.h"
#include "core/mem.h"
#include "core/text.h"

#include <inttypes.h>
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <strings.h>

#define NONE SIZE_MAX
#define FIRST_ROWS 1024

typedef struct reader {
    pal_matrix *out;
    const pal_matrix_ask *ask;
    const char *path;
    size_t *from;    /* d: the CSV column of each column of x */
    size_t label;    /* CSV column, or NONE                   */
    size_t capacity; /* rows                                  */
} reader;

/* ---- columns ---------------------------------------------------------------------------------------------- */

/* Equal, or equal once blanks of the header are written as '_' (as model files do). */
static bool answers_to(const char *header, const char *name)
{
    size_t i = 0;

    for (; header[i] != '\0'; i++) {
        if (name[i] != header[i] && !(header[i] == ' ' && name[i] == '_')) return false;
    }
    return name[i] == '\0';
}

/* The column of that name. PAL_ERR_DATA when there is none, with the nearest, or more than one. */
static pal_status find_column(size_t *out, const reader *r, const char *const *names, size_t n, const char *name,
                              pal_error *err)
{
    size_t found = NONE;

    for (size_t c = 0; c < n; c++) {
        if (answers_to(names[c], name)) {
            if (found != NONE) {
                return pal_error_set(err, PAL_ERR_DATA, "%s: two columns are named '%s'", r->path, name);
            }
            found = c;
        }
    }
    if (found == NONE) {
        const char *near = pal_nearest_name(name, names, n);

        return pal_error_set(err, PAL_ERR_DATA, "%s: there is no column '%s'%s%s%s", r->path, name,
                             near != NULL ? "; did you mean '" : "", near != NULL ? near : "",
                             near != NULL ? "'?" : "");
    }
    *out = found;
    return PAL_OK;
}

static pal_status add_column(reader *r, size_t column, const char *name, pal_error *err)
{
    pal_matrix *m = r->out;

    r->from[m->d] = column;
    m->name[m->d] = pal_strdup(name);
    if (m->name[m->d++] == NULL) {
        return pal_error_set(err, PAL_ERR_MEMORY, "out of memory for the name '%s'", name);
    }
    return PAL_OK;
}

static pal_status choose_wanted(reader *r, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t j = 0; j < r->ask->n_wanted; j++) {
        size_t column = NONE;

        PAL_TRY(find_column(&column, r, names, n, r->ask->wanted[j], err));
        for (size_t k = 0; k < j; k++) {
            if (r->from[k] == column) {
                PAL_FAIL(PAL_ERR_DATA, "%s: column '%s' is asked for twice", r->path, names[column]);
            }
        }
        if (column == r->label) {
            PAL_FAIL(PAL_ERR_DATA, "%s: column '%s' is the label and a feature", r->path, names[column]);
        }
        PAL_TRY(add_column(r, column, r->ask->wanted[j], err));
    }

done:
    return rc;
}

static pal_status choose_all(reader *r, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool *dropped = NULL;

    PAL_NEW(dropped, n);
    for (size_t k = 0; k < r->ask->n_drop; k++) {
        size_t column = NONE;

        PAL_TRY(find_column(&column, r, names, n, r->ask->drop[k], err));
        dropped[column] = true;
    }
    for (size_t c = 0; c < n; c++) {
        size_t column = NONE;

        if (!dropped[c] && c != r->label) {
            PAL_TRY(find_column(&column, r, names, n, names[c], err)); /* no two alike */
            PAL_TRY(add_column(r, c, names[c], err));
        }
    }

done:
    pal_free(dropped);
    return rc;
}

static pal_status on_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    size_t most = n > r->ask->n_wanted ? n : r->ask->n_wanted;

    r->label = NONE;
    if (r->ask->label != NULL) {
        PAL_TRY(find_column(&r->label, r, names, n, r->ask->label, err));
    }
    PAL_NEW(r->from, most);
    PAL_NEW(r->out->name, most);
    if (r->ask->wanted != NULL) {
        PAL_TRY(choose_wanted(r, names, n, err));
    } else {
        PAL_TRY(choose_all(r, names, n, err));
    }
    if (r->out->d == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no column is left to learn from", r->path);
    }

done:
    return rc;
}

/* ---- rows ------------------------------------------------------------------------------------------------- */

static bool is_one_of(const char *text, const char *const *words)
{
    for (; *words != NULL; words++) {
        if (strcasecmp(text, *words) == 0) return true;
    }
    return false;
}

/* A field's value; NaN when it is missing; false when it is neither number nor missing. */
static bool read_field(double *out, const char *text, size_t length)
{
    static const char *const missing[] = { "", "na", "n/a", "nan", "null", NULL };
    static const char *const yes[] = { "true", NULL }, *const no[] = { "false", NULL };

    if (pal_parse_double(out, text, length)) return true;
    if (is_one_of(text, missing)) {
        *out = (double)NAN;
        return true;
    }
    *out = is_one_of(text, yes);
    return *out > 0 || is_one_of(text, no);
}

static pal_status grow(reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_matrix *m = r->out;
    size_t rows = r->capacity == 0 ? FIRST_ROWS : 2 * r->capacity;
    double *x, *y;

    if (rows > SIZE_MAX / 2 / sizeof *x / m->d) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: too many rows", r->path);
    }
    x = pal_resize(m->x, r->capacity * m->d, rows * m->d, sizeof *x);
    if (x == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory for %zu rows", r->path, rows);
    }
    m->x = x;
    if (r->label != NONE) {
        y = pal_resize(m->y, r->capacity, rows, sizeof *y);
        if (y == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory for %zu labels", r->path, rows);
        }
        m->y = y;
    }
    r->capacity = rows;

done:
    return rc;
}

static pal_status read_label(reader *r, const pal_csv_row *row, pal_error *err)
{
    const char *text = row->field[r->label];
    double y = 0;

    if (!read_field(&y, text, row->length[r->label]) || (y != 0 && y != 1)) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: row %" PRIu64 " (line %" PRIu64 "), label '%s': found '%.80s', "
                             "wanted 0 or 1", r->path, row->number, row->line, r->ask->label, text);
    }
    r->out->y[r->out->n] = y;
    r->out->positives += y > 0;
    return PAL_OK;
}

static pal_status on_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    pal_matrix *m = r->out;

    if (m->n == r->capacity) {
        PAL_TRY(grow(r, err));
    }
    if (r->label != NONE) {
        PAL_TRY(read_label(r, row, err));
    }
    for (size_t j = 0; j < m->d; j++) {
        size_t c = r->from[j];
        double *to = &m->x[m->n * m->d + j];

        if (!read_field(to, row->field[c], row->length[c])) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %" PRIu64 " (line %" PRIu64 "), column '%s': found '%.80s', wanted a "
                     "number%s", r->path, row->number, row->line, m->name[j], row->field[c],
                     r->ask->wanted == NULL ? "; --drop leaves out a column, --feature names those to learn from" : "");
        }
        m->missing += *to != *to;
    }
    m->n++;

done:
    return rc;
}

pal_status pal_matrix_read(pal_matrix *out, const char *path, const pal_matrix_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .out = out, .ask = ask, .path = path };

    *out = (pal_matrix){ 0 };
    PAL_TRY(pal_csv_read(path, ',', on_header, on_row, &r, err));
    if (out->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no rows", path);
    }

done:
    pal_free(r.from);
    if (rc != PAL_OK) {
        pal_matrix_clear(out);
    }
    return rc;
}

void pal_matrix_clear(pal_matrix *matrix)
{
    for (size_t j = 0; matrix->name != NULL && j < matrix->d; j++) {
        pal_free(matrix->name[j]);
    }
    pal_free(matrix->name);
    pal_free(matrix->x);
    pal_free(matrix->y);
    *matrix = (pal_matrix){ 0 };
}
