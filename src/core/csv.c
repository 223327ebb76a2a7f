/* CSV row by row: zlib reads, libcsv splits, we count lines, check UTF-8 and the number of fields. */
#include "core/csv.h"

#include "core/mem.h"
#include "core/text.h"

#include <csv.h>
#include <errno.h>
#include <string.h>
#include <zlib.h>

#define CHUNK_BYTES ((size_t)1 << 17)
#define MAX_FIELD ((size_t)1 << 20)
#define MAX_ROW ((size_t)1 << 24)
#define MAX_COLUMNS 4096

typedef struct reader {
    const char *path;
    pal_csv_header_fn on_header;
    pal_csv_row_fn on_row;
    void *ctx;
    pal_error *err;
    pal_status rc;       /* the first failure; libcsv cannot be stopped inside a piece, only ignored */
    size_t n_columns;    /* 0 = the header was not read yet                        */
    uint64_t line;       /* of the piece in hand, from 1                           */
    uint64_t start_line; /* on which the row in hand began                         */
    uint64_t rows;       /* data rows so far                                       */
    size_t rows_in_piece;
    bool after_cr;       /* the piece before ended a row with CR; no LF seen yet   */
    char *bytes;         /* the fields of the row, each with its NUL               */
    size_t used, capacity;
    size_t *offset, *length; /* MAX_COLUMNS each, into bytes                       */
    const char **field;
    size_t n;
} reader;

static bool keep_bytes(reader *r, const void *bytes, size_t n)
{
    if (r->capacity - r->used <= n) {
        size_t capacity = 2 * r->capacity > r->used + n + 1 ? 2 * r->capacity : r->used + n + 1;
        char *grown = pal_resize(r->bytes, r->used, capacity, 1);

        if (grown == NULL) {
            r->rc = pal_error_set(r->err, PAL_ERR_MEMORY, "%s: line %llu: out of memory", r->path,
                                  (unsigned long long)r->line);
            return false;
        }
        r->bytes = grown;
        r->capacity = capacity;
    }
    memcpy(r->bytes + r->used, bytes, n);
    r->used += n;
    r->bytes[r->used++] = '\0';
    return true;
}

static void refuse(reader *r, uint64_t line, const char *what)
{
    r->rc = pal_error_set(r->err, PAL_ERR_PARSE, "%s: line %llu: %s", r->path,
                          (unsigned long long)line, what);
}

/* libcsv: a field is complete. */
static void take_field(void *bytes, size_t n, void *data)
{
    reader *r = data;

    if (r->rc != PAL_OK) {
        return;
    }
    if (r->n == MAX_COLUMNS) {
        refuse(r, r->start_line, "more than 4096 columns");
    } else if (n > MAX_FIELD) {
        refuse(r, r->start_line, "a field of more than 1 MiB");
    } else if (n > MAX_ROW - r->used) {
        refuse(r, r->start_line, "a row of more than 16 MiB");
    } else if (!pal_is_utf8(bytes, n)) {
        r->rc = pal_error_set(r->err, PAL_ERR_PARSE, "%s: line %llu, field %zu: %s", r->path,
                              (unsigned long long)r->start_line, r->n + 1,
                              memchr(bytes, 0, n) != NULL ? "holds a NUL byte"
                                                          : "holds bytes that are not UTF-8");
    } else {
        r->offset[r->n] = r->used;
        r->length[r->n] = n;
        if (keep_bytes(r, bytes, n)) {
            r->n++;
        }
    }
}

static void give_row(reader *r)
{
    pal_csv_row row = { r->field, r->length, r->n, ++r->rows, r->start_line };

    if (r->n != r->n_columns) {
        r->rc = pal_error_set(r->err, PAL_ERR_PARSE,
                              "%s: line %llu: expected %zu fields as in the header, found %zu",
                              r->path, (unsigned long long)r->start_line, r->n_columns, r->n);
        return;
    }
    r->rc = r->on_row(r->ctx, &row, r->err);
}

/* libcsv: a row is complete. */
static void take_row(int end, void *data)
{
    reader *r = data;

    (void)end;
    if (r->rc != PAL_OK) {
        return;
    }
    if (r->rows_in_piece++ > 0) {
        r->start_line = ++r->line; /* the row before ended with a lone CR, so no piece ended there */
    }
    for (size_t i = 0; i < r->n; i++) {
        r->field[i] = r->bytes + r->offset[i];
    }
    if (r->n_columns == 0) {
        r->n_columns = r->n;
        r->rc = r->on_header == NULL ? PAL_OK : r->on_header(r->ctx, r->field, r->n, r->err);
    } else {
        give_row(r);
    }
    r->n = 0;
    r->used = 0;
}

static pal_status libcsv_failure(const reader *r, struct csv_parser *parser)
{
    if (csv_error(parser) == CSV_EPARSE) {
        return pal_error_set(r->err, PAL_ERR_PARSE, "%s: line %llu: a quote inside a field that "
                             "is not quoted, or text behind a closing quote", r->path,
                             (unsigned long long)r->line);
    }
    return pal_error_set(r->err, PAL_ERR_MEMORY, "%s: line %llu: out of memory", r->path,
                         (unsigned long long)r->line);
}

/* One line, or what a chunk holds of it. Line by line, because libcsv tells no places. */
static pal_status parse_piece(reader *r, struct csv_parser *parser, const char *bytes, size_t n)
{
    r->line += r->after_cr && bytes[0] != '\n';
    if (parser->pstate == 0) { /* between rows: what comes starts here, blank lines passed over */
        r->start_line = r->line;
    }
    r->rows_in_piece = 0;
    if (csv_parse(parser, bytes, n, take_field, take_row, r) != n && r->rc == PAL_OK) {
        r->rc = libcsv_failure(r, parser);
    }
    if (r->rc == PAL_OK && csv_get_buffer_size(parser) > MAX_FIELD + 2 * CHUNK_BYTES) {
        refuse(r, r->start_line, "a field of more than 1 MiB (is a closing quote missing?)");
    }
    if (r->rows_in_piece > 0 && parser->pstate != 0) { /* behind a lone CR another row has begun */
        r->start_line = ++r->line;
    }
    r->after_cr = r->rows_in_piece > 0 && bytes[n - 1] == '\r';
    r->line += bytes[n - 1] == '\n';
    return r->rc;
}

static pal_status parse_chunk(reader *r, struct csv_parser *parser, const char *bytes, size_t n)
{
    const char *end = bytes + n;

    while (bytes < end && r->rc == PAL_OK) {
        const char *newline = memchr(bytes, '\n', (size_t)(end - bytes));
        const char *next = newline == NULL ? end : newline + 1;

        r->rc = parse_piece(r, parser, bytes, (size_t)(next - bytes));
        bytes = next;
    }
    return r->rc;
}

static pal_status read_failure(gzFile file, const char *path, uint64_t line, pal_error *err)
{
    int code = Z_OK;
    int error = errno;

    (void)gzerror(file, &code);
    if (code == Z_OK) {
        return PAL_OK;
    }
    if (code == Z_ERRNO) {
        return pal_error_set(err, PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(error));
    }
    if (code == Z_MEM_ERROR) {
        return pal_error_set(err, PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    return pal_error_set(err, PAL_ERR_PARSE, "%s: line %llu: damaged or cut gzip data", path,
                         (unsigned long long)line);
}

static pal_status parse_file(reader *r, struct csv_parser *parser, gzFile file, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *chunk = NULL, *text;
    bool first = true;
    int n;

    PAL_NEW(chunk, CHUNK_BYTES);
    while ((n = gzread(file, chunk, (unsigned)CHUNK_BYTES)) > 0) {
        text = chunk;
        if (first && n >= 3 && memcmp(chunk, "\xef\xbb\xbf", 3) == 0) {
            text += 3; /* byte order mark */
        }
        first = false;
        PAL_TRY(parse_chunk(r, parser, text, (size_t)(chunk + n - text)));
    }
    PAL_TRY(read_failure(file, r->path, r->line, err));
    r->rows_in_piece = 0;
    if (csv_fini(parser, take_field, take_row, r) != 0 && r->rc == PAL_OK) {
        refuse(r, r->start_line, "a quote that is opened in this row is never closed");
    }
    PAL_TRY(r->rc);
    if (r->n_columns == 0) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: line 1: expected a header line, found nothing", r->path);
    }

done:
    pal_free(chunk);
    return rc;
}

static int is_never_space(unsigned char c)
{
    (void)c;
    return 0; /* fields are not trimmed */
}

static pal_status parser_new(struct csv_parser *parser, char delimiter, pal_error *err)
{
    const unsigned char options = CSV_STRICT | CSV_STRICT_FINI;

    if (csv_init(parser, options) != 0) {
        return pal_error_set(err, PAL_ERR_INTERNAL, "libcsv cannot be set up");
    }
    csv_set_delim(parser, (unsigned char)delimiter);
    csv_set_space_func(parser, is_never_space);
    csv_set_blk_size(parser, 1 << 14);
    return PAL_OK;
}

pal_status pal_csv_read(const char *path, char delimiter, pal_csv_header_fn on_header,
                        pal_csv_row_fn on_row, void *ctx, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .path = path, .on_header = on_header, .on_row = on_row, .ctx = ctx, .err = err,
                 .line = 1, .start_line = 1, .capacity = 4096 };
    struct csv_parser parser;
    bool parsing = false;
    gzFile file = NULL;

    PAL_ASSERT(on_row != NULL && delimiter != '"' && delimiter != '\n' && delimiter != '\r');
    errno = 0;
    file = gzopen(path, "rb");
    if (file == NULL) {
        PAL_FAIL(errno == 0 ? PAL_ERR_MEMORY : PAL_ERR_IO, "%s: cannot be opened: %s", path,
                 errno == 0 ? "out of memory" : strerror(errno));
    }
    (void)gzbuffer(file, (unsigned)CHUNK_BYTES);
    PAL_NEW(r.bytes, r.capacity);
    PAL_NEW(r.offset, MAX_COLUMNS);
    PAL_NEW(r.length, MAX_COLUMNS);
    PAL_NEW(r.field, MAX_COLUMNS);
    PAL_TRY(parser_new(&parser, delimiter, err));
    parsing = true;
    PAL_TRY(parse_file(&r, &parser, file, err));

done:
    if (parsing) {
        csv_free(&parser);
    }
    pal_free(r.field);
    pal_free(r.length);
    pal_free(r.offset);
    pal_free(r.bytes);
    if (file != NULL) {
        gzclose(file);
    }
    return rc;
}
