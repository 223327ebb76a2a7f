/*
 * Fuzz target: any bytes as JSON. What is taken must be written, read again and written the same; what is refused
 * must be refused with a text. tests/fuzz/corpus/json is replayed by `make test`.
 */
#include "core/json.h"

#include "core/mem.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static void write_again(pal_text *out, const pal_json *value)
{
    pal_json_writer w = { 0 };

    pal_json_put_value(&w, NULL, value);
    PAL_ASSERT(pal_text_check(&w.text, NULL) == PAL_OK);
    *out = w.text;
}

static void check_round_trip(const pal_json_doc *doc)
{
    pal_text first = { 0 }, second = { 0 };
    pal_json_doc *again = NULL;
    pal_error err;

    write_again(&first, pal_json_root(doc));
    PAL_ASSERT(pal_json_parse(&again, first.bytes, first.n, "again", &err) == PAL_OK);
    write_again(&second, pal_json_root(again));
    PAL_ASSERT(first.n == second.n && memcmp(first.bytes, second.bytes, first.n) == 0);
    pal_json_free(again);
    pal_text_clear(&first);
    pal_text_clear(&second);
}

/* The bytes before the first newline as a path, the rest as the value: --set. */
static void try_set(pal_json_doc *doc, const uint8_t *data, size_t n)
{
    char *path = pal_calloc(n + 1, 1), *value;
    pal_error err;

    PAL_ASSERT(path != NULL);
    memcpy(path, data, n);
    value = strchr(path, '\n');
    if (value != NULL) {
        *value++ = '\0';
        if (pal_json_set(doc, path, value, &err) == PAL_OK) {
            pal_text text = { 0 };

            write_again(&text, pal_json_root(doc));
            pal_text_clear(&text);
        } else {
            PAL_ASSERT(err.text[0] != '\0');
        }
    }
    pal_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static const char world[] = "{\"people\": {\"n\": 3}, \"arms\": [{\"name\": \"a\"}, [1, 2]]}";
    pal_json_doc *doc = NULL;
    pal_error err = { PAL_OK, "" };

    if (pal_json_parse(&doc, (const char *)data, n, "fuzz", &err) == PAL_OK) {
        check_round_trip(doc);
    } else {
        PAL_ASSERT(err.status == PAL_ERR_PARSE && err.text[0] != '\0');
    }
    pal_json_free(doc);
    doc = NULL;
    PAL_ASSERT(pal_json_parse(&doc, world, sizeof world - 1, "world", &err) == PAL_OK);
    try_set(doc, data, n);
    pal_json_free(doc);
    return 0;
}
