/* One walk over a parameter table serves checking, look-up, writing and describing. */
#include "core/param.h"

#include "core/mem.h"
#include "core/text.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#define LARGEST_WHOLE 9007199254740992.0 /* 2^53: every whole number up to it is a double */

typedef struct value {
    double real;    /* REAL                    */
    int64_t whole;  /* INT                     */
    bool flag;      /* BOOL                    */
    size_t choice;  /* CHOICE: index           */
    char *text;     /* CHOICE, TEXT; owned     */
    double *reals;  /* REALS; owned            */
    size_t n_reals;
} value;

struct pal_values {
    const pal_param *table;
    size_t n;
    value *value; /* n, in table order */
};

/* Where a value stands, for messages. */
typedef struct spot {
    const char *file, *path, *name;
    long index; /* element of an array, -1 = none */
} spot;

static size_t table_size(const pal_param *table)
{
    size_t n = 0;

    while (table[n].name != NULL) {
        n++;
    }
    return n;
}

/* ---- messages ------------------------------------------------------------------------------ */

/* "FILE: path.name[index]: " */
static void add_spot(pal_text *text, const spot *at)
{
    if (at->file != NULL && at->file[0] != '\0') {
        pal_text_addf(text, "%s: ", at->file);
    }
    if (at->path != NULL && at->path[0] != '\0') {
        pal_text_addf(text, "%s%s", at->path, at->name == NULL ? "" : ".");
    }
    pal_text_add(text, at->name == NULL ? "" : at->name);
    if (at->index >= 0) {
        pal_text_addf(text, "[%ld]", at->index);
    }
    if (text->n > 0 && text->bytes[text->n - 1] != ' ') {
        pal_text_add(text, ": ");
    }
}

static void add_found(pal_text *text, const pal_json *found)
{
    char number[PAL_NUMBER_MAX];

    switch (pal_json_kind_of(found)) {
    case PAL_JSON_NUMBER:
        pal_format_double(number, pal_json_number(found));
        pal_text_add(text, number);
        break;
    case PAL_JSON_STRING:
        pal_text_addf(text, "\"%s\"", pal_json_string(found));
        break;
    case PAL_JSON_BOOL:
        pal_text_add(text, pal_json_bool(found) ? "true" : "false");
        break;
    case PAL_JSON_NULL:
    case PAL_JSON_ARRAY:
    case PAL_JSON_OBJECT:
        pal_text_add(text, pal_json_kind_name(pal_json_kind_of(found)));
        break;
    }
}

/* Give a finished text as the error and free it. */
static pal_status fail_with(pal_text *text, pal_error *err)
{
    pal_status rc = pal_text_check(text, err);

    if (rc == PAL_OK) {
        rc = pal_error_set(err, PAL_ERR_CONFIG, "%s", text->bytes);
    }
    pal_text_clear(text);
    return rc;
}

static bool is_bound(double bound)
{
    return bound - bound == 0.0 && fabs(bound) < DBL_MAX;
}

/* " from 1 to 10", " of at least 1", " of at most 10" or nothing. */
static void add_range(pal_text *text, const pal_param *param)
{
    char low[PAL_NUMBER_MAX], high[PAL_NUMBER_MAX];

    pal_format_double(low, param->min);
    pal_format_double(high, param->max);
    if (is_bound(param->min) && is_bound(param->max)) {
        pal_text_addf(text, " from %s to %s", low, high);
    } else if (is_bound(param->min)) {
        pal_text_addf(text, " of at least %s", low);
    } else if (is_bound(param->max)) {
        pal_text_addf(text, " of at most %s", high);
    }
}

static void add_wanted(pal_text *text, const pal_param *param, bool element)
{
    switch (param->kind) {
    case PAL_PARAM_REAL:
        pal_text_add(text, "a number");
        add_range(text, param);
        break;
    case PAL_PARAM_INT:
        pal_text_add(text, "a whole number");
        add_range(text, param);
        break;
    case PAL_PARAM_BOOL:
        pal_text_add(text, "true or false");
        break;
    case PAL_PARAM_CHOICE:
        pal_text_addf(text, "one of %s", param->choices);
        break;
    case PAL_PARAM_TEXT:
        pal_text_add(text, "a string");
        break;
    case PAL_PARAM_REALS:
        pal_text_add(text, element ? "a number" : "an array of numbers");
        if (element) {
            add_range(text, param);
        }
        break;
    }
}

static pal_status refuse(const pal_param *param, const pal_json *found, const spot *at, pal_error *err)
{
    pal_text text = { 0 };

    add_spot(&text, at);
    pal_text_add(&text, "must be ");
    add_wanted(&text, param, at->index >= 0);
    pal_text_add(&text, ", found ");
    add_found(&text, found);
    return fail_with(&text, err);
}

/* ---- reading one value --------------------------------------------------------------------- */

static bool in_range(const pal_param *param, const pal_json *found)
{
    return pal_json_kind_of(found) == PAL_JSON_NUMBER && pal_json_number(found) >= param->min &&
           pal_json_number(found) <= param->max;
}

/* Index of a word among "a|b|c"; false if it is none of them. */
static bool find_choice(size_t *index, const char *choices, const char *word)
{
    size_t n = strlen(word);

    for (*index = 0;; (*index)++) {
        size_t length = strcspn(choices, "|");

        if (length == n && memcmp(choices, word, n) == 0) {
            return true;
        }
        if (choices[length] == '\0') {
            return false;
        }
        choices += length + 1;
    }
}

static pal_status read_text(value *v, const pal_json *found, pal_error *err)
{
    v->text = pal_strdup(pal_json_string(found));
    if (v->text == NULL) {
        return pal_error_set(err, PAL_ERR_MEMORY, "out of memory: a text parameter");
    }
    return PAL_OK;
}

static pal_status read_reals(value *v, const pal_param *param, const pal_json *found, const spot *at,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    spot element = *at;

    if (pal_json_kind_of(found) != PAL_JSON_ARRAY) {
        return refuse(param, found, at, err);
    }
    v->n_reals = pal_json_size(found);
    PAL_NEW(v->reals, v->n_reals);
    for (size_t i = 0; i < v->n_reals; i++) {
        const pal_json *number = pal_json_at(found, i);

        element.index = (long)i;
        if (!in_range(param, number)) {
            return refuse(param, number, &element, err);
        }
        v->reals[i] = pal_json_number(number);
    }

done:
    return rc;
}

static pal_status read_value(value *v, const pal_param *param, const pal_json *found, const spot *at,
                             pal_error *err)
{
    pal_json_kind kind = pal_json_kind_of(found);

    switch (param->kind) {
    case PAL_PARAM_REAL:
        if (!in_range(param, found)) {
            return refuse(param, found, at, err);
        }
        v->real = pal_json_number(found);
        return PAL_OK;
    case PAL_PARAM_INT:
        if (!in_range(param, found) || floor(pal_json_number(found)) != pal_json_number(found) ||
            fabs(pal_json_number(found)) > LARGEST_WHOLE) {
            return refuse(param, found, at, err);
        }
        v->whole = (int64_t)pal_json_number(found);
        return PAL_OK;
    case PAL_PARAM_BOOL:
        if (kind != PAL_JSON_BOOL) {
            return refuse(param, found, at, err);
        }
        v->flag = pal_json_bool(found);
        return PAL_OK;
    case PAL_PARAM_CHOICE:
        if (kind != PAL_JSON_STRING || !find_choice(&v->choice, param->choices, pal_json_string(found))) {
            return refuse(param, found, at, err);
        }
        return read_text(v, found, err);
    case PAL_PARAM_TEXT:
        return kind == PAL_JSON_STRING ? read_text(v, found, err) : refuse(param, found, at, err);
    case PAL_PARAM_REALS:
        return read_reals(v, param, found, at, err);
    }
    return pal_error_set(err, PAL_ERR_INTERNAL, "%s: a parameter of no kind", param->name);
}

/* A default that its own row refuses is a mistake in the table, not of the user. */
static pal_status read_default(value *v, const pal_param *param, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const spot at = { "default", NULL, param->name, -1 };

    PAL_ASSERT(param->def != NULL);
    rc = pal_json_parse(&doc, param->def, strlen(param->def), param->name, err);
    if (rc == PAL_OK) {
        rc = read_value(v, param, pal_json_root(doc), &at, err);
    }
    PAL_ASSERT(rc == PAL_OK || rc == PAL_ERR_MEMORY);
    pal_json_free(doc);
    return rc;
}

/* ---- unknown keys -------------------------------------------------------------------------- */

static bool is_known(const char *key, const pal_param *table, const char *const *also)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strcmp(key, table->name) == 0) {
            return true;
        }
    }
    for (; also != NULL && *also != NULL; also++) {
        if (strcmp(key, *also) == 0) {
            return true;
        }
    }
    return false;
}

/* All allowed keys, of the table and then of the caller. n may be 0; the list is the caller's. */
static pal_status list_keys(const char ***out, size_t *n, const pal_param *table,
                            const char *const *also, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n_table = table == NULL ? 0 : table_size(table), n_also = 0;

    while (also != NULL && also[n_also] != NULL) {
        n_also++;
    }
    PAL_NEW(*out, n_table + n_also);
    for (size_t i = 0; i < n_table; i++) {
        (*out)[i] = table[i].name;
    }
    for (size_t i = 0; i < n_also; i++) {
        (*out)[n_table + i] = also[i];
    }
    *n = n_table + n_also;

done:
    return rc;
}

static pal_status refuse_key(const pal_param *table, const char *const *also, const spot *at,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text text = { 0 };
    const char **names = NULL, *nearest;
    size_t n = 0;

    PAL_TRY(list_keys(&names, &n, table, also, err));
    nearest = pal_nearest_name(at->name, names, n);
    add_spot(&text, at);
    pal_text_add(&text, "unknown key;");
    if (nearest != NULL) {
        pal_text_addf(&text, " did you mean \"%s\"?", nearest);
    }
    pal_text_add(&text, n == 0 ? " none is allowed here" : " allowed: ");
    for (size_t i = 0; i < n; i++) {
        pal_text_addf(&text, "%s%s", i == 0 ? "" : ", ", names[i]);
    }
    rc = fail_with(&text, err);

done:
    pal_free(names);
    return rc;
}

static pal_status check_keys(const pal_json *object, const pal_param *table, const char *const *also,
                             const char *file, const char *path, pal_error *err)
{
    spot at = { file, path, NULL, -1 };
    pal_text text = { 0 };

    if (pal_json_kind_of(object) != PAL_JSON_OBJECT) {
        add_spot(&text, &at);
        pal_text_addf(&text, "must be an object, found ");
        add_found(&text, object);
        return fail_with(&text, err);
    }
    for (size_t i = 0; i < pal_json_size(object); i++) {
        at.name = pal_json_key(pal_json_at(object, i));
        if (!is_known(at.name, table, also)) {
            return refuse_key(table, also, &at, err);
        }
    }
    return PAL_OK;
}

pal_status pal_json_only_keys(const pal_json *object, const char *const *known, const char *file,
                              const char *path, pal_error *err)
{
    return check_keys(object, NULL, known, file, path, err);
}

/* ---- all values ---------------------------------------------------------------------------- */

pal_status pal_values_read(pal_values **out, const pal_param *table, const pal_json *object,
                           const char *file, const char *path, const char *const *also, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *values = NULL;

    PAL_NEW(values, 1);
    values->table = table;
    values->n = table_size(table);
    PAL_NEW(values->value, values->n);
    if (object != NULL) {
        PAL_TRY(check_keys(object, table, also, file, path, err));
    }
    for (size_t i = 0; i < values->n; i++) {
        const pal_json *found = object == NULL ? NULL : pal_json_get(object, table[i].name);
        const spot at = { file, path, table[i].name, -1 };

        PAL_TRY(found == NULL ? read_default(&values->value[i], &table[i], err)
                              : read_value(&values->value[i], &table[i], found, &at, err));
    }
    *out = values;
    values = NULL;

done:
    pal_values_free(values);
    return rc;
}

void pal_values_free(pal_values *values)
{
    if (values == NULL) {
        return;
    }
    for (size_t i = 0; values->value != NULL && i < values->n; i++) {
        pal_free(values->value[i].text);
        pal_free(values->value[i].reals);
    }
    pal_free(values->value);
    pal_free(values);
}

/* The row `name`; asking for what the table does not declare is a mistake in our own code. */
static size_t row_of(const pal_values *values, const char *name)
{
    for (size_t i = 0; i < values->n; i++) {
        if (strcmp(values->table[i].name, name) == 0) {
            return i;
        }
    }
    return values->n;
}

static const value *look_up(const pal_values *values, const char *name, pal_param_kind kind)
{
    size_t i = row_of(values, name);

    PAL_ASSERT(i < values->n && values->table[i].kind == kind);
    return &values->value[i];
}

double pal_values_real(const pal_values *values, const char *name)
{
    return look_up(values, name, PAL_PARAM_REAL)->real;
}

int64_t pal_values_int(const pal_values *values, const char *name)
{
    return look_up(values, name, PAL_PARAM_INT)->whole;
}

bool pal_values_bool(const pal_values *values, const char *name)
{
    return look_up(values, name, PAL_PARAM_BOOL)->flag;
}

const char *pal_values_text(const pal_values *values, const char *name)
{
    size_t i = row_of(values, name);

    PAL_ASSERT(i < values->n && (values->table[i].kind == PAL_PARAM_TEXT ||
                                 values->table[i].kind == PAL_PARAM_CHOICE));
    return values->value[i].text;
}

size_t pal_values_choice(const pal_values *values, const char *name)
{
    return look_up(values, name, PAL_PARAM_CHOICE)->choice;
}

const double *pal_values_reals(const pal_values *values, const char *name, size_t *n)
{
    const value *v = look_up(values, name, PAL_PARAM_REALS);

    *n = v->n_reals;
    return v->reals;
}

static bool table_has(const pal_param *table, const char *name)
{
    for (; table != NULL && table->name != NULL; table++) {
        if (strcmp(table->name, name) == 0) {
            return true;
        }
    }
    return false;
}

void pal_values_write(const pal_values *values, pal_json_writer *w)
{
    pal_values_write_unless(values, NULL, w);
}

void pal_values_write_unless(const pal_values *values, const pal_param *written, pal_json_writer *w)
{
    for (size_t i = 0; i < values->n; i++) {
        const pal_param *param = &values->table[i];
        const value *v = &values->value[i];

        if (table_has(written, param->name)) {
            continue;
        }
        switch (param->kind) {
        case PAL_PARAM_REAL:
            pal_json_put_number(w, param->name, v->real);
            break;
        case PAL_PARAM_INT:
            pal_json_put_i64(w, param->name, v->whole);
            break;
        case PAL_PARAM_BOOL:
            pal_json_put_bool(w, param->name, v->flag);
            break;
        case PAL_PARAM_CHOICE:
        case PAL_PARAM_TEXT:
            pal_json_put_string(w, param->name, v->text);
            break;
        case PAL_PARAM_REALS:
            pal_json_put_numbers(w, param->name, v->reals, v->n_reals);
            break;
        }
    }
}

/* ---- describing ---------------------------------------------------------------------------- */

static const char *kind_name(pal_param_kind kind)
{
    switch (kind) {
    case PAL_PARAM_REAL:
        return "number";
    case PAL_PARAM_INT:
        return "whole";
    case PAL_PARAM_BOOL:
        return "bool";
    case PAL_PARAM_CHOICE:
        return "choice";
    case PAL_PARAM_TEXT:
        return "text";
    case PAL_PARAM_REALS:
        return "numbers";
    }
    return "?";
}

static void add_range_column(pal_text *text, const pal_param *param)
{
    char low[PAL_NUMBER_MAX], high[PAL_NUMBER_MAX];

    if (param->kind == PAL_PARAM_CHOICE) {
        pal_text_add(text, param->choices);
    } else if (param->kind == PAL_PARAM_BOOL || param->kind == PAL_PARAM_TEXT) {
        pal_text_add(text, "-");
    } else {
        pal_format_double(low, param->min);
        pal_format_double(high, param->max);
        pal_text_addf(text, "%s..%s", is_bound(param->min) ? low : "", is_bound(param->max) ? high : "");
    }
}

#define COLUMNS 5 /* name, type, default, range; then meaning and source, which may be long */

static void add_cell(pal_text *text, const pal_param *param, int column)
{
    switch (column) {
    case 0:
        pal_text_add(text, param->name);
        break;
    case 1:
        pal_text_add(text, kind_name(param->kind));
        break;
    case 2:
        pal_text_add(text, param->def);
        break;
    case 3:
        add_range_column(text, param);
        break;
    default:
        pal_text_add(text, param->meaning == NULL ? "" : param->meaning);
        if (param->source != NULL) {
            pal_text_addf(text, " (%s)", param->source);
        }
        break;
    }
}

void pal_params_describe(const pal_param *table, pal_text *text)
{
    size_t width[COLUMNS] = { 0 };
    pal_text cell = { 0 };

    for (const pal_param *p = table; p->name != NULL; p++) {
        for (int c = 0; c < COLUMNS - 1; c++) {
            cell.n = 0;
            add_cell(&cell, p, c);
            width[c] = cell.n > width[c] ? cell.n : width[c];
        }
    }
    for (const pal_param *p = table; p->name != NULL; p++) {
        pal_text_add(text, "  ");
        for (int c = 0; c < COLUMNS; c++) {
            size_t start = text->n;

            add_cell(text, p, c);
            while (c < COLUMNS - 1 && !text->failed && text->n < start + width[c] + 2) {
                pal_text_add_bytes(text, " ", 1);
            }
        }
        pal_text_add(text, "\n");
    }
    text->failed = text->failed || cell.failed;
    pal_text_clear(&cell);
}
