/* Points through cli/matrix, with a pass before it for the columns of text; edges row by row. */
#include "cli/cluster_input.h"

#include "cli/matrix.h"
#include "core/csv.h"
#include "core/mem.h"
#include "core/sum.h"

#include <float.h>
#include <inttypes.h>
#include <math.h>
#include <string.h>
#include <sys/stat.h>

#define NONE SIZE_MAX
#define FIRST_ROWS 1024
#define MOST_SIZE 1e150 /* of a coordinate: its square must be finite too */

/* ---- column names ----------------------------------------------------------------------------------------- */

typedef struct words {
    char *bytes; /* the list, its commas turned into ends */
    const char **word;
    size_t n;
} words;

static void words_clear(words *w)
{
    pal_free(w->bytes);
    pal_free(w->word);
}

static pal_status split(words *out, const char *list, const char *option, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(out->word, strlen(list) + 1);
    out->bytes = pal_strdup(list);
    if (out->bytes == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for --%s", option);
    }
    for (char *at = out->bytes; at != NULL;) {
        char *comma = strchr(at, ',');

        if (comma != NULL) *comma++ = '\0';
        if (*at == '\0') {
            PAL_FAIL(PAL_ERR_USAGE, "cluster: --%s needs columns split by commas, found '%s'", option, list);
        }
        out->word[out->n++] = at;
        at = comma;
    }

done:
    return rc;
}

static pal_status find(size_t *out, const char *path, const char *const *names, size_t n, const char *name,
                       pal_error *err)
{
    const char *near;

    for (size_t c = 0; c < n; c++) {
        if (strcmp(names[c], name) == 0) {
            *out = c;
            return PAL_OK;
        }
    }
    near = pal_nearest_name(name, names, n);
    return pal_error_set(err, PAL_ERR_DATA, "%s: there is no column '%s'%s%s%s", path, name,
                         near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
}

/* ---- columns of text -------------------------------------------------------------------------------------- */

typedef struct reader {
    pal_cluster_input *in;
    const pal_cluster_ask *ask;
    size_t id, label;            /* columns of points; NONE without                    */
    size_t from, to, weight;     /* columns of edges; weight NONE without              */
    words chosen;                /* coordinates to read, when --points does not say it */
    size_t n, capacity;          /* rows                                               */
    pal_csr_cell *cell;          /* two for each edge                                  */
    size_t n_cells, cells_capacity;
} reader;

static bool is_left_out(const pal_cluster_ask *ask, const char *name)
{
    for (size_t i = 0; i < ask->n_drop; i++) {
        if (strcmp(name, ask->drop[i]) == 0) return true;
    }
    return (ask->id != NULL && strcmp(name, ask->id) == 0) || (ask->labels != NULL && strcmp(name, ask->labels) == 0);
}

/* Every column that is not left out. Names are copied: the header lives for the call only. */
static pal_status choose_all(reader *r, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t bytes = 0, at = 0;

    for (size_t c = 0; c < n; c++) bytes += strlen(names[c]) + 1;
    PAL_NEW(r->chosen.bytes, bytes);
    PAL_NEW(r->chosen.word, n);
    for (size_t c = 0; c < n; c++) {
        size_t length = strlen(names[c]) + 1;

        if (is_left_out(r->ask, names[c])) continue;
        memcpy(r->chosen.bytes + at, names[c], length);
        r->chosen.word[r->chosen.n++] = r->chosen.bytes + at;
        at += length;
    }

done:
    return rc;
}

static pal_status on_point_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    size_t column;

    r->id = r->label = NONE;
    if (r->ask->id != NULL) PAL_TRY(find(&r->id, r->ask->path, names, n, r->ask->id, err));
    if (r->ask->labels != NULL) PAL_TRY(find(&r->label, r->ask->path, names, n, r->ask->labels, err));
    for (size_t i = 0; i < r->ask->n_drop; i++) {
        PAL_TRY(find(&column, r->ask->path, names, n, r->ask->drop[i], err));
    }
    if (r->ask->points == NULL) PAL_TRY(choose_all(r, names, n, err));

done:
    return rc;
}

/* A list of numbers of strings, one longer than before. */
static pal_status extend(uint32_t **list, size_t old, size_t wanted, pal_error *err)
{
    uint32_t *longer = pal_resize(*list, old, wanted, sizeof **list);

    if (longer == NULL) {
        return pal_error_set(err, PAL_ERR_MEMORY, "out of memory for %zu rows", wanted);
    }
    *list = longer;
    return PAL_OK;
}

static pal_status on_point_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    pal_cluster_input *in = r->in;

    if (r->n == r->capacity) {
        size_t wanted = r->capacity == 0 ? FIRST_ROWS : 2 * r->capacity;

        if (r->id != NONE) PAL_TRY(extend(&in->name, r->capacity, wanted, err));
        if (r->label != NONE) PAL_TRY(extend(&in->label, r->capacity, wanted, err));
        r->capacity = wanted;
    }
    if (r->id != NONE) {
        PAL_TRY(pal_intern_add(&in->names, row->field[r->id], row->length[r->id], &in->name[r->n], NULL, err));
    }
    if (r->label != NONE) {
        PAL_TRY(pal_intern_add(&in->classes, row->field[r->label], row->length[r->label], &in->label[r->n], NULL, err));
    }
    r->n++;

done:
    return rc;
}

/* ---- points ----------------------------------------------------------------------------------------------- */

static pal_status check_whole(const pal_matrix *m, const char *path, pal_error *err)
{
    for (size_t i = 0; i < m->n * m->d; i++) {
        double x = m->x[i];

        if (x != x) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: row %zu, column '%s': no value, wanted a number", path,
                                 i / m->d + 1, m->name[i % m->d]);
        }
        if (fabs(x) > MOST_SIZE) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: row %zu, column '%s': found %g, wanted a number within 1e150",
                                 path, i / m->d + 1, m->name[i % m->d], x);
        }
    }
    return PAL_OK;
}

/* Columns of one value only stay as they are. */
static pal_status standardise(pal_matrix *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *column = NULL;

    PAL_NEW(column, m->n);
    for (size_t j = 0; j < m->d; j++) {
        double sd;

        for (size_t i = 0; i < m->n; i++) column[i] = m->x[i * m->d + j];
        sd = m->n > 1 ? sqrt(pal_variance(column, m->n)) : 0;
        for (size_t i = 0; i < m->n && sd > 0; i++) m->x[i * m->d + j] /= sd;
    }

done:
    pal_free(column);
    return rc;
}

/* Once for the text, once for the numbers: the second pass through a pipe would find nothing. */
static pal_status check_twice(const char *path, pal_error *err)
{
    struct stat info;

    if (stat(path, &info) == 0 && !S_ISREG(info.st_mode) && !S_ISDIR(info.st_mode)) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: points are read twice, so that a pipe will not do: wanted a file", path);
    }
    return PAL_OK;
}

static pal_status read_points(reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_cluster_ask *ask = r->ask;
    pal_matrix m = { 0 };
    pal_matrix_ask wanted = { 0 };

    PAL_TRY(check_twice(ask->path, err));
    if (ask->points != NULL) PAL_TRY(split(&r->chosen, ask->points, "points", err));
    PAL_TRY(pal_csv_read(ask->path, ',', on_point_header, on_point_row, r, err));
    if (r->chosen.n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no column is left to cluster by", ask->path);
    }
    wanted.wanted = r->chosen.word;
    wanted.n_wanted = r->chosen.n;
    PAL_TRY(pal_matrix_read(&m, ask->path, &wanted, err));
    PAL_TRY(check_whole(&m, ask->path, err));
    if (ask->standardise) PAL_TRY(standardise(&m, err));
    r->in->n = m.n;
    r->in->d = m.d;
    r->in->x = m.x;
    m.x = NULL;

done:
    pal_matrix_clear(&m);
    return rc;
}

/* ---- edges ------------------------------------------------------------------------------------------------ */

static pal_status on_edge_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    words columns = { 0 };

    r->weight = NONE;
    PAL_TRY(split(&columns, r->ask->edges, "edges", err));
    if (columns.n < 2 || columns.n > 3) {
        PAL_FAIL(PAL_ERR_USAGE, "cluster: --edges needs A,B or A,B,WEIGHT, found '%s'", r->ask->edges);
    }
    for (size_t c = 1; c < columns.n; c++) {
        if (strcmp(columns.word[c], columns.word[c - 1]) == 0 || strcmp(columns.word[c], columns.word[0]) == 0) {
            PAL_FAIL(PAL_ERR_USAGE, "cluster: --edges names '%s' twice", columns.word[c]);
        }
    }
    PAL_TRY(find(&r->from, r->ask->path, names, n, columns.word[0], err));
    PAL_TRY(find(&r->to, r->ask->path, names, n, columns.word[1], err));
    if (columns.n == 3) PAL_TRY(find(&r->weight, r->ask->path, names, n, columns.word[2], err));

done:
    words_clear(&columns);
    return rc;
}

static pal_status read_id(uint32_t *out, reader *r, const pal_csv_row *row, size_t column, pal_error *err)
{
    if (row->length[column] == 0) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: row %" PRIu64 " (line %" PRIu64 "): an empty id", r->ask->path,
                             row->number, row->line);
    }
    return pal_intern_add(&r->in->names, row->field[column], row->length[column], out, NULL, err);
}

static pal_status on_edge(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    uint32_t a = 0, b = 0;
    double weight = 1;

    PAL_TRY(read_id(&a, r, row, r->from, err));
    PAL_TRY(read_id(&b, r, row, r->to, err));
    if (r->weight != NONE && (!pal_parse_double(&weight, row->field[r->weight], row->length[r->weight]) ||
                              weight < 0 || weight > (double)FLT_MAX)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %" PRIu64 " (line %" PRIu64 "), weight: found '%.80s', wanted a number >= 0",
                 r->ask->path, row->number, row->line, row->field[r->weight]);
    }
    if (r->n_cells + 2 > r->cells_capacity) {
        size_t wanted = r->cells_capacity == 0 ? FIRST_ROWS : 2 * r->cells_capacity;
        pal_csr_cell *cell = pal_resize(r->cell, r->cells_capacity, wanted, sizeof *cell);

        if (cell == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory for %zu edges", r->ask->path, wanted / 2);
        }
        r->cell = cell;
        r->cells_capacity = wanted;
    }
    if (a != b) {
        r->cell[r->n_cells++] = (pal_csr_cell){ a, b, (float)weight };
        r->cell[r->n_cells++] = (pal_csr_cell){ b, a, (float)weight };
    }

done:
    return rc;
}

static pal_status read_edges(reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_csv_read(r->ask->path, ',', on_edge_header, on_edge, r, err));
    r->in->n = r->in->names.n;
    if (r->in->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no rows", r->ask->path);
    }
    PAL_TRY(pal_csr_new(&r->in->graph, r->in->n, r->in->n, r->cell, r->n_cells, PAL_TWICE_SUM, err));

done:
    return rc;
}

/* ---- both ------------------------------------------------------------------------------------------------- */

pal_status pal_cluster_read(pal_cluster_input *in, const pal_cluster_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .in = in, .ask = ask };

    *in = (pal_cluster_input){ 0 };
    PAL_TRY(ask->edges != NULL ? read_edges(&r, err) : read_points(&r, err));

done:
    words_clear(&r.chosen);
    pal_free(r.cell);
    return rc;
}

void pal_cluster_input_clear(pal_cluster_input *in)
{
    pal_free(in->x);
    pal_csr_free(in->graph);
    pal_intern_clear(&in->names);
    pal_intern_clear(&in->classes);
    pal_free(in->name);
    pal_free(in->label);
    *in = (pal_cluster_input){ 0 };
}

const char *pal_cluster_name(const pal_cluster_input *in, size_t i, char number[PAL_NUMBER_MAX])
{
    if (in->graph != NULL) return pal_intern_text(&in->names, i);
    if (in->name != NULL) return pal_intern_text(&in->names, in->name[i]);
    pal_format_u64(number, (uint64_t)i + 1);
    return number;
}
