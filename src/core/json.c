/* JSON trees: cJSON builds them from text that pal_json_scan has passed. Writing: json_write.c. */
#include "core/json.h"

#include "core/file.h"
#include "core/json_scan.h"
#include "core/mem.h"

#include <cjson/cJSON.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

struct pal_json_doc {
    cJSON *root;
    char *name;
};

/*
 * cJSON keeps children in a list, so the i-th costs i steps. Two of its fields lie idle in arrays and
 * objects: `valueint` holds the number of children here, `valuestring` a block of pointers to them,
 * which cJSON_Delete frees like any string.
 */
static cJSON **children_of(const cJSON *parent)
{
    return (void *)parent->valuestring;
}

static bool is_parent(const cJSON *value)
{
    return cJSON_IsArray(value) || cJSON_IsObject(value);
}

static size_t count_children(const cJSON *parent)
{
    size_t n = 0;

    for (const cJSON *child = parent->child; child != NULL; child = child->next) {
        n++;
    }
    return n;
}

/* (Re)build the pointers of one array or object. */
static pal_status index_children(cJSON *parent, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = count_children(parent), i = 0;
    cJSON **index = NULL;

    if (n > INT_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "an array or object of more than %d values", INT_MAX);
    }
    PAL_NEW(index, n);
    for (cJSON *child = parent->child; child != NULL; child = child->next) {
        index[i++] = child;
    }
    pal_free(parent->valuestring);
    parent->valuestring = (void *)index;
    parent->valueint = (int)n;

done:
    return rc;
}

/* ---- keys that stand twice ----------------------------------------------------------------- */

/* The way from the root to the value in hand; depth is bounded by the scan. */
typedef struct place {
    const struct place *above;
    const char *key; /* NULL: an element, number `index` */
    size_t index;
} place;

static void add_place(pal_text *path, const place *at)
{
    if (at->above != NULL) {
        add_place(path, at->above);
    } else {
        return; /* the root has no name */
    }
    if (at->key == NULL) {
        pal_text_addf(path, "[%zu]", at->index);
    } else {
        pal_text_add(path, path->n == 0 ? "" : ".");
        pal_text_add(path, at->key);
    }
}

static pal_status refuse_twice(const place *parent, const char *key, const char *name, pal_error *err)
{
    place at = { parent, key, 0 };
    pal_text path = { 0 };

    add_place(&path, &at);
    (void)pal_error_set(err, PAL_ERR_PARSE, "%s: %s: this key stands twice", name,
                        path.bytes == NULL || path.failed ? key : path.bytes);
    pal_text_clear(&path);
    return PAL_ERR_PARSE;
}

static int compare_keys(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return strcmp(*x, *y);
}

static pal_status check_keys(const cJSON *object, const place *at, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = (size_t)object->valueint;
    const char **key = NULL;

    if (n < 2) {
        return PAL_OK;
    }
    PAL_NEW(key, n);
    for (size_t i = 0; i < n; i++) {
        key[i] = children_of(object)[i]->string;
    }
    qsort(key, n, sizeof *key, compare_keys);
    for (size_t i = 1; i < n; i++) {
        if (strcmp(key[i - 1], key[i]) == 0) {
            rc = refuse_twice(at, key[i], name, err);
            goto done;
        }
    }

done:
    pal_free(key);
    return rc;
}

/* Index the whole tree and check its keys. */
static pal_status finish(cJSON *value, const place *at, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t i = 0;

    if (!is_parent(value)) {
        return PAL_OK;
    }
    PAL_TRY(index_children(value, err));
    if (cJSON_IsObject(value)) {
        PAL_TRY(check_keys(value, at, name, err));
    }
    for (cJSON *child = value->child; child != NULL; child = child->next) {
        place below = { at, child->string, i++ };

        PAL_TRY(finish(child, &below, name, err));
    }

done:
    return rc;
}

/* ---- parsing ------------------------------------------------------------------------------- */

static void *hook_malloc(size_t n)
{
    return pal_calloc(n, 1);
}

static void set_hooks(void)
{
    cJSON_Hooks hooks = { hook_malloc, pal_free };

    cJSON_InitHooks(&hooks);
}

static pal_status parse_tree(cJSON **out, const char *text, size_t n, const char *name, pal_error *err)
{
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pal_status rc = PAL_OK;
    const place root = { NULL, NULL, 0 };
    cJSON *tree = NULL;

    (void)pthread_once(&once, set_hooks);
    PAL_TRY(pal_json_scan(text, n, name, err));
    tree = cJSON_ParseWithLengthOpts(text, n, NULL, 0);
    if (tree == NULL) { /* the grammar is right, so only memory is left to fail */
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", name);
    }
    PAL_TRY(finish(tree, &root, name, err));
    *out = tree;
    tree = NULL;

done:
    cJSON_Delete(tree);
    return rc;
}

pal_status pal_json_parse(pal_json_doc **out, const char *text, size_t n, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    if (n >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0) { /* a byte order mark, as some editors write */
        text += 3;
        n -= 3;
    }
    PAL_NEW(doc, 1);
    doc->name = pal_strdup(name);
    if (doc->name == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", name);
    }
    PAL_TRY(parse_tree(&doc->root, text, n, name, err));
    *out = doc;
    doc = NULL;

done:
    pal_json_free(doc);
    return rc;
}

pal_status pal_json_load(pal_json_doc **out, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;
    size_t n;

    PAL_TRY(pal_file_read(&text, &n, path, err));
    PAL_TRY(pal_json_parse(out, text, n, path, err));

done:
    pal_free(text);
    return rc;
}

void pal_json_free(pal_json_doc *doc)
{
    if (doc != NULL) {
        cJSON_Delete(doc->root);
        pal_free(doc->name);
        pal_free(doc);
    }
}

/* ---- looking ------------------------------------------------------------------------------- */

const pal_json *pal_json_root(const pal_json_doc *doc)
{
    return doc->root;
}

const char *pal_json_name(const pal_json_doc *doc)
{
    return doc->name;
}

pal_json_kind pal_json_kind_of(const pal_json *value)
{
    PAL_ASSERT(value != NULL);
    if (cJSON_IsObject(value)) {
        return PAL_JSON_OBJECT;
    }
    if (cJSON_IsArray(value)) {
        return PAL_JSON_ARRAY;
    }
    if (cJSON_IsString(value)) {
        return PAL_JSON_STRING;
    }
    if (cJSON_IsNumber(value)) {
        return PAL_JSON_NUMBER;
    }
    return cJSON_IsBool(value) ? PAL_JSON_BOOL : PAL_JSON_NULL;
}

const char *pal_json_kind_name(pal_json_kind kind)
{
    switch (kind) {
    case PAL_JSON_NULL:
        return "null";
    case PAL_JSON_BOOL:
        return "true or false";
    case PAL_JSON_NUMBER:
        return "a number";
    case PAL_JSON_STRING:
        return "a string";
    case PAL_JSON_ARRAY:
        return "an array";
    case PAL_JSON_OBJECT:
        return "an object";
    }
    return "nothing";
}

double pal_json_number(const pal_json *value)
{
    PAL_ASSERT(cJSON_IsNumber(value));
    return value->valuedouble;
}

bool pal_json_bool(const pal_json *value)
{
    PAL_ASSERT(cJSON_IsBool(value));
    return cJSON_IsTrue(value);
}

const char *pal_json_string(const pal_json *value)
{
    PAL_ASSERT(cJSON_IsString(value));
    return value->valuestring;
}

size_t pal_json_size(const pal_json *value)
{
    PAL_ASSERT(is_parent(value));
    return (size_t)value->valueint;
}

const pal_json *pal_json_at(const pal_json *array, size_t i)
{
    PAL_ASSERT(is_parent(array) && i < (size_t)array->valueint);
    return children_of(array)[i];
}

const char *pal_json_key(const pal_json *member)
{
    return member->string;
}

const pal_json *pal_json_get(const pal_json *object, const char *key)
{
    PAL_ASSERT(cJSON_IsObject(object));
    return cJSON_GetObjectItemCaseSensitive(object, key);
}

/* ---- setting by path ----------------------------------------------------------------------- */

/* One step of a path: text [0, n) at `key`, or an index in brackets. */
typedef struct segment {
    const char *key;
    size_t n;
    bool bracket;
} segment;

/* Cut the next segment off *at; false when it is empty or its bracket is not closed. */
static bool next_segment(segment *s, const char **at)
{
    s->bracket = **at == '[';
    if (s->bracket) {
        s->key = *at + 1;
        s->n = strcspn(s->key, "]");
        if (s->n == 0 || s->key[s->n] != ']') {
            return false;
        }
        *at = s->key + s->n + 1;
    } else {
        s->key = *at;
        s->n = strcspn(s->key, ".[");
        *at = s->key + s->n;
    }
    if (**at == '.') {
        (*at)++;
        return s->n > 0 && **at != '\0' && **at != '[';
    }
    return s->n > 0 && (**at == '\0' || **at == '[');
}

/* The child of `parent` that a segment names, NULL if an object has none; misfits are errors. */
static pal_status find_child(cJSON **child, const cJSON *parent, const segment *s, const char *path,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t index;

    *child = NULL;
    if (cJSON_IsArray(parent)) {
        if (!pal_parse_u64(&index, s->key, s->n) || index >= pal_json_size(parent)) {
            PAL_FAIL(PAL_ERR_USAGE, "%s: \"%.*s\" is no index into the array there, which has %zu "
                     "elements, counted from 0", path, (int)s->n, s->key, pal_json_size(parent));
        }
        *child = children_of(parent)[index];
    } else if (!cJSON_IsObject(parent) || s->bracket) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: \"%.*s\" cannot be looked up in what stands there, %s", path,
                 (int)s->n, s->key, pal_json_kind_name(pal_json_kind_of(parent)));
    } else {
        for (cJSON *c = parent->child; c != NULL; c = c->next) {
            if (strlen(c->string) == s->n && memcmp(c->string, s->key, s->n) == 0) {
                *child = c;
            }
        }
    }

done:
    return rc;
}

/* Hang `value` (taken, also on failure) into an object under a new key. */
static pal_status add_member(cJSON *object, const segment *s, cJSON *value, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *key = NULL;

    PAL_NEW(key, s->n + 1);
    memcpy(key, s->key, s->n);
    if (!cJSON_AddItemToObject(object, key, value)) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: key \"%s\"", key);
    }
    value = NULL;
    PAL_TRY(index_children(object, err));

done:
    cJSON_Delete(value);
    pal_free(key);
    return rc;
}

/* Put `value` (taken) where `old` is; it inherits the key and the place in the index. */
static void replace(cJSON *parent, cJSON *old, cJSON *value)
{
    cJSON **index = children_of(parent);

    for (size_t i = 0; i < (size_t)parent->valueint; i++) {
        index[i] = index[i] == old ? value : index[i];
    }
    value->string = old->string;
    old->string = NULL;
    (void)cJSON_ReplaceItemViaPointer(parent, old, value);
}

/* The text as JSON, or else as a string. */
static pal_status value_from(cJSON **value, const char *path, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (pal_json_scan(text, strlen(text), path, NULL) == PAL_OK) {
        rc = parse_tree(value, text, strlen(text), path, err);
        if (rc == PAL_ERR_PARSE) { /* a key twice; it came from the command line */
            rc = PAL_ERR_USAGE;
            if (err != NULL) {
                err->status = rc;
            }
        }
        return rc;
    }
    if (!pal_is_utf8(text, strlen(text))) {
        PAL_FAIL(PAL_ERR_USAGE, "%s: the value is not UTF-8", path);
    }
    *value = cJSON_CreateString(text);
    if (*value == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "%s: out of memory", path);
    }

done:
    return rc;
}

/* An empty object under a key that is not there yet. */
static pal_status add_object(cJSON **child, cJSON *parent, const segment *s, pal_error *err)
{
    cJSON *object = cJSON_CreateObject();

    if (object == NULL) {
        return pal_error_set(err, PAL_ERR_MEMORY, "out of memory: an object");
    }
    *child = object;
    return add_member(parent, s, object, err);
}

pal_status pal_json_set(pal_json_doc *doc, const char *path, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    cJSON *parent = doc->root, *child = NULL, *value = NULL;
    const char *at = path;
    segment s;
    size_t depth = 1;

    PAL_TRY(value_from(&value, path, text, err));
    for (;; parent = child) {
        if (!next_segment(&s, &at) || ++depth > PAL_JSON_MAX_DEPTH || !pal_is_utf8(s.key, s.n)) {
            PAL_FAIL(PAL_ERR_USAGE, "\"%s\": is no path; expected one like people.n or arms[0].name",
                     path);
        }
        PAL_TRY(find_child(&child, parent, &s, path, err));
        if (*at == '\0') {
            break;
        }
        if (child == NULL) {
            PAL_TRY(add_object(&child, parent, &s, err));
        }
    }
    if (child == NULL) {
        rc = add_member(parent, &s, value, err);
    } else {
        replace(parent, child, value);
    }
    value = NULL;

done:
    cJSON_Delete(value);
    return rc;
}
