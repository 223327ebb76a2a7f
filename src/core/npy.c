/* NumPy .npy 1.0: a 128-byte text header, then the rows as they lie in memory. */
#include "core/npy.h"

#include "core/mem.h"
#include "core/text.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "rows are written as they lie in memory: little endian only"
#endif

#define PREFIX 10       /* magic, version, length of the dictionary */
#define HEADER_BYTES 128 /* ours; NumPy wants a multiple of 64       */

/* Indexed by pal_dtype. */
static const struct {
    const char *name;
    size_t size;
} dtypes[] = { { "|u1", 1 }, { "<u2", 2 }, { "<u4", 4 }, { "<u8", 8 },
               { "<i4", 4 }, { "<i8", 8 }, { "<f4", 4 }, { "<f8", 8 } };

#define N_DTYPES (sizeof dtypes / sizeof *dtypes)

size_t pal_dtype_size(pal_dtype type)
{
    PAL_ASSERT((size_t)type < N_DTYPES);
    return dtypes[type].size;
}

/* ---- writing ------------------------------------------------------------------------------- */

struct pal_npy_writer {
    char *path;
    pal_outfile *file;
    size_t row_bytes;
    uint64_t n_rows, added;
};

static void writer_free(pal_npy_writer *w)
{
    if (w != NULL) {
        pal_outfile_abort(&w->file);
        pal_free(w->path);
        pal_free(w);
    }
}

static void write_header(pal_outfile *file, pal_dtype type, size_t width, uint64_t n_rows)
{
    char header[HEADER_BYTES + 1], shape[64];
    int n;

    if (width == 1) {
        snprintf(shape, sizeof shape, "(%llu,)", (unsigned long long)n_rows);
    } else {
        snprintf(shape, sizeof shape, "(%llu, %zu)", (unsigned long long)n_rows, width);
    }
    memset(header, ' ', sizeof header);
    memcpy(header, "\x93NUMPY\x01\x00", 8);
    header[8] = HEADER_BYTES - PREFIX;
    header[9] = 0;
    n = snprintf(header + PREFIX, sizeof header - PREFIX,
                 "{'descr': '%s', 'fortran_order': False, 'shape': %s, }", dtypes[type].name, shape);
    header[PREFIX + n] = ' ';
    header[HEADER_BYTES - 1] = '\n';
    pal_outfile_bytes(file, header, HEADER_BYTES);
}

pal_status pal_npy_open(pal_npy_writer **out, const char *path, pal_dtype type, size_t width,
                        uint64_t n_rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_npy_writer *w = NULL;

    PAL_ASSERT((size_t)type < N_DTYPES && width > 0);
    PAL_NEW(w, 1);
    w->path = pal_strdup(path);
    if (w->path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }
    PAL_TRY(pal_outfile_open(&w->file, path, err));
    w->row_bytes = width * dtypes[type].size;
    w->n_rows = n_rows;
    write_header(w->file, type, width, n_rows);
    *out = w;
    w = NULL;

done:
    writer_free(w);
    return rc;
}

void pal_npy_add(pal_npy_writer *w, const void *rows, size_t n)
{
    w->added += n;
    pal_outfile_bytes(w->file, rows, n * w->row_bytes);
}

pal_status pal_npy_commit(pal_npy_writer **handle, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_npy_writer *w = *handle;

    if (w->added != w->n_rows) {
        PAL_FAIL(PAL_ERR_SHAPE, "%s: %llu rows were announced, %llu were written", w->path,
                 (unsigned long long)w->n_rows, (unsigned long long)w->added);
    }
    PAL_TRY(pal_outfile_commit(&w->file, hex, err));

done:
    pal_npy_abort(handle);
    return rc;
}

void pal_npy_abort(pal_npy_writer **handle)
{
    writer_free(*handle);
    *handle = NULL;
}

/* ---- reading ------------------------------------------------------------------------------- */

typedef struct shape {
    pal_dtype type;
    uint64_t n_rows;
    size_t width;
} shape;

/* The text right behind a key of the dictionary, blanks skipped; NULL if the key is not there. */
static const char *value_of(const char *dictionary, const char *key)
{
    const char *at = strstr(dictionary, key);

    if (at == NULL) {
        return NULL;
    }
    at += strlen(key);
    at += strspn(at, " :");
    return at;
}

static pal_status read_type(shape *s, const char *dictionary, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *order = value_of(dictionary, "'fortran_order'");
    const char *type = value_of(dictionary, "'descr'");

    if (order == NULL || type == NULL || strlen(type) < 5) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: the npy header has no 'descr' or no 'fortran_order'", path);
    }
    if (strncmp(order, "False", 5) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the array is in Fortran order; save it in C order", path);
    }
    for (size_t i = 0; i < N_DTYPES; i++) {
        if (type[0] == '\'' && type[4] == '\'' && strncmp(type + 1, dtypes[i].name, 3) == 0) {
            s->type = (pal_dtype)i;
            return PAL_OK;
        }
    }
    PAL_FAIL(PAL_ERR_DATA, "%s: dtype %.12s is not one of |u1 <u2 <u4 <u8 <i4 <i8 <f4 <f8", path,
             type);

done:
    return rc;
}

/* One length at *at, which moves behind it. */
static bool read_length(uint64_t *length, const char **at)
{
    size_t n = strspn(*at, "0123456789");
    bool ok = pal_parse_u64(length, *at, n);

    *at += n;
    *at += strspn(*at, " ");
    return ok;
}

static pal_status read_shape(shape *s, const char *dictionary, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *at = value_of(dictionary, "'shape'");
    uint64_t width = 1;

    if (at == NULL || *at++ != '(' || !read_length(&s->n_rows, &at) || *at++ != ',') {
        PAL_FAIL(PAL_ERR_PARSE, "%s: the npy header has no 'shape' with one or two lengths", path);
    }
    at += strspn(at, " ");
    if (*at != ')' && (!read_length(&width, &at) || *at != ')')) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the array has more than two dimensions", path);
    }
    if (width == 0 || width > SIZE_MAX / 8 || s->n_rows > SIZE_MAX / 8 / width) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the shape %llu x %llu cannot be used", path,
                 (unsigned long long)s->n_rows, (unsigned long long)width);
    }
    s->width = (size_t)width;

done:
    return rc;
}

static pal_status read_header(shape *s, FILE *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    unsigned char prefix[PREFIX];
    char *dictionary = NULL;
    size_t n;

    if (fread(prefix, 1, PREFIX, file) != PREFIX || memcmp(prefix, "\x93NUMPY", 6) != 0) {
        PAL_FAIL(ferror(file) ? PAL_ERR_IO : PAL_ERR_PARSE, "%s: is no npy file", path);
    }
    if (prefix[6] != 1 || prefix[7] != 0) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: npy format %d.%d, expected 1.0", path, prefix[6], prefix[7]);
    }
    n = (size_t)prefix[8] | (size_t)prefix[9] << 8;
    PAL_NEW(dictionary, n + 1);
    if (fread(dictionary, 1, n, file) != n) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: the npy header is cut", path);
    }
    PAL_TRY(read_type(s, dictionary, path, err));
    PAL_TRY(read_shape(s, dictionary, path, err));

done:
    pal_free(dictionary);
    return rc;
}

/* Before any memory is taken: the header's promise against the file's length. */
static pal_status check_length(FILE *file, const shape *s, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = (size_t)s->n_rows * s->width * dtypes[s->type].size;
    struct stat info;
    long at = ftell(file);

    if (at < 0 || fstat(fileno(file), &info) != 0) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    if (info.st_size < at || (uint64_t)(info.st_size - at) != wanted) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: expected %zu bytes of rows, found %lld", path, wanted,
                 (long long)info.st_size - at);
    }

done:
    return rc;
}

pal_status pal_npy_load(void **data, pal_dtype *type, uint64_t *n_rows, size_t *width,
                        const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    FILE *file = NULL;
    char *rows = NULL;
    shape s = { PAL_U8, 0, 0 };
    size_t n;

    file = fopen(path, "rb");
    if (file == NULL) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    PAL_TRY(read_header(&s, file, path, err));
    PAL_TRY(check_length(file, &s, path, err));
    n = (size_t)s.n_rows * s.width * dtypes[s.type].size;
    PAL_NEW(rows, n);
    if (fread(rows, 1, n, file) != n) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }
    *data = rows;
    *type = s.type;
    *n_rows = s.n_rows;
    *width = s.width;
    rows = NULL;

done:
    pal_free(rows);
    if (file != NULL) {
        fclose(file);
    }
    return rc;
}
