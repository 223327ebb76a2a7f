/* The safetensors format: a length, a JSON header, the arrays behind one another. */
#include "core/tensors_parts.h"

#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"

#include <string.h>

#define PREFIX 8                  /* bytes of the header's length                     */
#define HEADER_MAX 100000000      /* the format's own limit                           */
#define WHOLE_MAX 0x1p53          /* whole numbers up to here are exact in JSON       */
#define CHECKSUM "xxh128"

/* Indexed by pal_dtype. */
static const char *const type_names[] = { "U8", "U16", "U32", "U64", "I32", "I64", "F32", "F64" };

#define N_TYPES (sizeof type_names / sizeof *type_names)

const char *pal_tensor_type_name(pal_dtype type)
{
    PAL_ASSERT((size_t)type < N_TYPES);
    return type_names[type];
}

/* ---- writing ------------------------------------------------------------------------------- */

static pal_status checksum(char hex[PAL_HASH_HEX], const pal_tensors *tensors, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    for (size_t i = 0; i < tensors->n; i++) {
        pal_hasher_add(hasher, tensors->array[i].data, tensors->array[i].bytes);
    }
    pal_hasher_hex(hasher, hex);

done:
    pal_hasher_free(hasher);
    return rc;
}

static bool is_ours(const char *key)
{
    return strcmp(key, "palate") == 0 || strcmp(key, CHECKSUM) == 0;
}

static void write_header(pal_json_writer *w, const pal_tensors *tensors, const char *hex)
{
    size_t begin = 0;

    pal_json_begin_object(w, NULL);
    pal_json_begin_object(w, "__metadata__");
    for (size_t i = 0; i < tensors->n_texts; i++) {
        if (!is_ours(tensors->text[i].key)) {
            pal_json_put_string(w, tensors->text[i].key, tensors->text[i].value);
        }
    }
    pal_json_put_string(w, "palate", "1");
    pal_json_put_string(w, CHECKSUM, hex);
    pal_json_end_object(w);
    for (size_t i = 0; i < tensors->n; i++) {
        const pal_tensor *array = &tensors->array[i];

        pal_json_begin_object(w, array->name);
        pal_json_put_string(w, "dtype", type_names[array->type]);
        pal_json_begin_array(w, "shape");
        for (size_t k = 0; k < array->n_dims; k++) {
            pal_json_put_i64(w, NULL, (int64_t)array->shape[k]);
        }
        pal_json_end_array(w);
        pal_json_begin_array(w, "data_offsets");
        pal_json_put_i64(w, NULL, (int64_t)begin);
        begin += array->bytes;
        pal_json_put_i64(w, NULL, (int64_t)begin);
        pal_json_end_array(w);
        pal_json_end_object(w);
    }
    pal_json_end_object(w);
    while (w->text.n % PREFIX != 0 && !w->text.failed) {
        pal_text_add(&w->text, " ");
    }
}

pal_status pal_tensors_save(const pal_tensors *tensors, const char *path, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_outfile *file = NULL;
    unsigned char length[PREFIX];
    char sum[PAL_HASH_HEX];

    PAL_TRY(checksum(sum, tensors, err));
    write_header(&w, tensors, sum);
    PAL_TRY(pal_text_check(&w.text, err));
    for (size_t i = 0; i < PREFIX; i++) {
        length[i] = (unsigned char)((uint64_t)w.text.n >> (8 * i));
    }
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, length, PREFIX);
    pal_outfile_bytes(file, w.text.bytes, w.text.n);
    for (size_t i = 0; i < tensors->n; i++) {
        pal_outfile_bytes(file, tensors->array[i].data, tensors->array[i].bytes);
    }
    PAL_TRY(pal_outfile_commit(&file, hex, err));

done:
    pal_outfile_abort(&file);
    pal_text_clear(&w.text);
    return rc;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* The bytes behind the header, and where in the file we are, for messages. */
typedef struct payload {
    const char *path;
    const char *bytes;
    size_t n;
} payload;

/* A whole number of at most WHOLE_MAX; false when it is none. */
static bool whole(uint64_t *out, const pal_json *value)
{
    double x;

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_NUMBER) {
        return false;
    }
    x = pal_json_number(value);
    if (!(x >= 0.0 && x <= WHOLE_MAX)) {
        return false;
    }
    *out = (uint64_t)x;
    return (double)*out == x;
}

static pal_status read_type(pal_dtype *type, const payload *in, const char *name, const pal_json *value, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_STRING) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\" has no \"dtype\"", in->path, name);
    }
    for (size_t t = 0; t < N_TYPES; t++) {
        if (strcmp(type_names[t], pal_json_string(value)) == 0) {
            *type = (pal_dtype)t;
            goto done;
        }
    }
    PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\" is of type \"%s\"; known: U8, U16, U32, U64, I32, I64, F32, F64",
             in->path, name, pal_json_string(value));

done:
    return rc;
}

static pal_status read_shape(uint64_t *shape, size_t *n_dims, const payload *in, const char *name,
                             const pal_json *value, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_ARRAY || pal_json_size(value) > PAL_TENSOR_DIMS) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\": \"shape\" is not an array of at most %d sizes", in->path, name,
                 PAL_TENSOR_DIMS);
    }
    *n_dims = pal_json_size(value);
    for (size_t k = 0; k < *n_dims; k++) {
        if (!whole(&shape[k], pal_json_at(value, k))) {
            PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\": \"shape\"[%zu] is not a size", in->path, name, k);
        }
    }

done:
    return rc;
}

/* One array of the header; *end is where it ends among the bytes. */
static pal_status read_array(pal_tensors *tensors, size_t *begin, size_t *end, const payload *in, const char *name,
                             const pal_json *value, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *offsets;
    pal_dtype type = PAL_U8;
    uint64_t shape[PAL_TENSOR_DIMS] = { 0 }, from = 0, to = 0;
    size_t n_dims = 0, bytes = 0;

    if (pal_json_kind_of(value) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\" is not described by an object", in->path, name);
    }
    PAL_TRY(read_type(&type, in, name, pal_json_get(value, "dtype"), err));
    PAL_TRY(read_shape(shape, &n_dims, in, name, pal_json_get(value, "shape"), err));
    offsets = pal_json_get(value, "data_offsets");
    if (offsets == NULL || pal_json_kind_of(offsets) != PAL_JSON_ARRAY || pal_json_size(offsets) != 2 ||
        !whole(&from, pal_json_at(offsets, 0)) || !whole(&to, pal_json_at(offsets, 1))) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\": \"data_offsets\" are not two places", in->path, name);
    }
    if (from > to || to > in->n) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\": places %llu to %llu are outside of %zu bytes", in->path, name,
                 (unsigned long long)from, (unsigned long long)to, in->n);
    }
    if (!pal_tensor_bytes(&bytes, type, n_dims, shape) || bytes != to - from) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: array \"%s\" has %llu bytes, which is not its type times its shape", in->path,
                 name, (unsigned long long)(to - from));
    }
    PAL_TRY(pal_tensors_put(tensors, name, type, n_dims, shape, in->bytes + from, err));
    *begin = (size_t)from;
    *end = (size_t)to;

done:
    return rc;
}

static pal_status read_texts(pal_tensors *tensors, const payload *in, const pal_json *object, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: \"__metadata__\" is not an object", in->path);
    }
    for (size_t i = 0; i < pal_json_size(object); i++) {
        const pal_json *member = pal_json_at(object, i);

        if (pal_json_kind_of(member) != PAL_JSON_STRING) {
            PAL_FAIL(PAL_ERR_PARSE, "%s: \"__metadata__\".\"%s\" is not a text", in->path, pal_json_key(member));
        }
        PAL_TRY(pal_tensors_put_text(tensors, pal_json_key(member), pal_json_string(member), err));
    }

done:
    return rc;
}

/* Places must tile the bytes: sorted by insertion (headers are short, and mostly in order). */
static pal_status check_tiles(size_t (*tile)[2], size_t n, const payload *in, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t at = 0;

    for (size_t i = 1; i < n; i++) {
        size_t begin = tile[i][0], end = tile[i][1], k = i;

        while (k > 0 && (tile[k - 1][0] > begin || (tile[k - 1][0] == begin && tile[k - 1][1] > end))) {
            tile[k][0] = tile[k - 1][0];
            tile[k][1] = tile[k - 1][1];
            k--;
        }
        tile[k][0] = begin;
        tile[k][1] = end;
    }
    for (size_t i = 0; i < n; i++) {
        if (tile[i][0] != at) {
            PAL_FAIL(PAL_ERR_PARSE, "%s: arrays overlap or leave a gap at byte %zu behind the header", in->path, at);
        }
        at = tile[i][1];
    }
    if (at != in->n) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: %zu bytes behind the last array", in->path, in->n - at);
    }

done:
    return rc;
}

static pal_status read_header(pal_tensors *tensors, const payload *in, const pal_json *root, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t(*tile)[2] = NULL;
    size_t n = 0;

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: the header is not a JSON object", in->path);
    }
    PAL_NEW(tile, pal_json_size(root));
    for (size_t i = 0; i < pal_json_size(root); i++) {
        const pal_json *member = pal_json_at(root, i);

        if (strcmp(pal_json_key(member), "__metadata__") == 0) {
            PAL_TRY(read_texts(tensors, in, member, err));
        } else {
            PAL_TRY(read_array(tensors, &tile[n][0], &tile[n][1], in, pal_json_key(member), member, err));
            n++;
        }
    }
    PAL_TRY(check_tiles(tile, n, in, err));

done:
    pal_free(tile);
    return rc;
}

static pal_status check_sum(const pal_tensors *tensors, const payload *in, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *wanted = pal_tensors_text(tensors, CHECKSUM);
    pal_hasher *hasher = NULL;
    char hex[PAL_HASH_HEX];

    if (wanted == NULL) {
        goto done;
    }
    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, in->bytes, in->n);
    pal_hasher_hex(hasher, hex);
    if (strcmp(hex, wanted) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: the file is damaged: checksum %s, should be %s", in->path, hex, wanted);
    }

done:
    pal_hasher_free(hasher);
    return rc;
}

pal_status pal_tensors_parse(pal_tensors **out, const char *bytes, size_t n, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_tensors *tensors = NULL;
    pal_json_doc *doc = NULL;
    uint64_t length = 0;
    payload in;

    for (size_t i = 0; i < PREFIX && i < n; i++) {
        length |= (uint64_t)(unsigned char)bytes[i] << (8 * i);
    }
    if (n < PREFIX || length > HEADER_MAX || length > n - PREFIX) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: not a safetensors file, or cut short: %zu bytes", name, n);
    }
    PAL_TRY(pal_json_parse(&doc, bytes + PREFIX, (size_t)length, name, err));
    PAL_TRY(pal_tensors_new(&tensors, err));
    tensors->file = pal_strdup(name);
    if (tensors->file == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", name);
    }
    in = (payload){ .path = name, .bytes = bytes + PREFIX + length, .n = n - PREFIX - (size_t)length };
    PAL_TRY(read_header(tensors, &in, pal_json_root(doc), err));
    PAL_TRY(check_sum(tensors, &in, err));
    *out = tensors;
    tensors = NULL;

done:
    pal_tensors_free(tensors);
    pal_json_free(doc);
    return rc;
}

pal_status pal_tensors_load(pal_tensors **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_tensors_parse(out, bytes, n, path, err));

done:
    pal_free(bytes);
    return rc;
}
