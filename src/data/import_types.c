/* A first pass over the CSV: which types there are, and which features each has. */
#include "data/import_types.h"

#include "core/mem.h"

#include <string.h>

#define NOWHERE SIZE_MAX

typedef struct pass {
    pal_import_types *types;
    pal_import_plan *plan;
    const char *path;
    bool listed;          /* catalog.types says which there are */
    size_t type_at, d, feature_at[PAL_MAX_FEATURES];
    bool met[PAL_MAX_CLUSTERS];
} pass;

static bool is_missing(const pal_import_plan *plan, const char *text)
{
    return *text == '\0' ||
           (plan->missing_text[0] != '\0' && strcmp(text, plan->missing_text) == 0);
}

size_t pal_import_types_find(const pal_import_types *types, const char *name)
{
    for (size_t t = 0; t < types->n; t++) {
        if (strcmp(types->name[t], name) == 0) {
            return t;
        }
    }
    return NOWHERE;
}

bool pal_import_types_lacks(const pal_import_types *types, size_t type, size_t f)
{
    return types->known && (type == NOWHERE || (!types->has[type][f] && types->somewhere[f]));
}

/* ---- which types ----------------------------------------------------------------------------- */

static pal_status add_type(pal_import_types *types, const char *name, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *copy = NULL;

    if (types->n == PAL_MAX_CLUSTERS) {
        PAL_FAIL(PAL_ERR_DATA, "more than %d content types, '%.*s' among them", PAL_MAX_CLUSTERS,
                 (int)n, name);
    }
    PAL_NEW(copy, n + 1);
    memcpy(copy, name, n);
    types->name[types->n++] = copy;

done:
    return rc;
}

/* "TYPE-genre" must say which type it is. */
static bool begins_with(const char *name, const char *other)
{
    const size_t n = strlen(other);

    return strncmp(name, other, n) == 0 && name[n] == '-';
}

static pal_status check_apart(const pal_import_types *types, const char *file,
                              const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t a = 0; a < types->n; a++) {
        for (size_t b = 0; b < types->n; b++) {
            if (b < a && strcmp(types->name[a], types->name[b]) == 0) {
                PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.types: \"%s\" stands twice", file, json_path,
                         types->name[a]);
            }
            if (a != b && begins_with(types->name[a], types->name[b])) {
                PAL_FAIL(
                    PAL_ERR_CONFIG,
                    "%s: %s.types: \"%s\" and \"%s\" cannot be told apart once genres are named "
                    "after them (TYPE-genre): rename one",
                    file, json_path, types->name[b], types->name[a]);
            }
        }
    }

done:
    return rc;
}

static pal_status read_list(pal_import_types *types, const char *list, const char *file,
                            const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (const char *at = list;; at++) {
        const size_t n = strcspn(at, ",");

        if (n == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.types is \"%s\": a type's name is empty", file,
                     json_path, list);
        }
        PAL_TRY(add_type(types, at, n, err));
        at += n;
        if (*at == '\0') {
            break;
        }
    }

done:
    return rc;
}

/* ---- the pass -------------------------------------------------------------------------------- */

static size_t place_of(const char *const *names, size_t n, const char *wanted)
{
    for (size_t c = 0; c < n; c++) {
        if (strcmp(names[c], wanted) == 0) {
            return c;
        }
    }
    return NOWHERE;
}

/* Missing columns but that of the types are left to the second pass, which says so. */
static pal_status on_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pass *p = ctx;
    pal_import_plan *plan = p->plan;
    const size_t popularity =
        plan->popularity == NULL ? NOWHERE : place_of(names, n, plan->popularity);
    const size_t type = place_of(names, n, pal_text_column_names[PAL_COLUMN_TYPE]);

    if (plan->column[PAL_COLUMN_TYPE] == NULL && type != NOWHERE && popularity != NOWHERE &&
        type < popularity) {
        plan->column[PAL_COLUMN_TYPE] = pal_text_column_names[PAL_COLUMN_TYPE];
    }
    if (plan->column[PAL_COLUMN_TYPE] == NULL && !p->listed) {
        return PAL_ERR_STOPPED; /* not told apart: one pass is enough */
    }
    PAL_TRY(pal_import_column(&p->type_at, p->path,
                              plan->column[PAL_COLUMN_TYPE] != NULL
                                  ? plan->column[PAL_COLUMN_TYPE]
                                  : pal_text_column_names[PAL_COLUMN_TYPE],
                              "the content type", names, n, err));
    p->types->known = true;
    p->d = plan->header_features ? (popularity == NOWHERE ? 0 : n - popularity - 1) : plan->d;
    p->d = p->d < PAL_MAX_FEATURES ? p->d : PAL_MAX_FEATURES;
    for (size_t f = 0; f < p->d; f++) {
        p->feature_at[f] = plan->header_features ? popularity + 1 + f
                                                 : place_of(names, n, plan->feature_column[f]);
    }

done:
    return rc;
}

static pal_status on_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    pass *p = ctx;
    const char *name = row->field[p->type_at];
    size_t t;

    if (is_missing(p->plan, name)) {
        return PAL_OK; /* the second pass counts such rows */
    }
    t = pal_import_types_find(p->types, name);
    if (t == NOWHERE && p->listed) {
        return PAL_OK;
    }
    if (t == NOWHERE) {
        if (strpbrk(name, ",;") != NULL) {
            PAL_FAIL(PAL_ERR_DATA,
                     "%s: row %llu (line %llu), column '%s': a content type cannot hold ',' or "
                     "';', found "
                     "'%.60s'",
                     p->path, (unsigned long long)row->number, (unsigned long long)row->line,
                     p->plan->column[PAL_COLUMN_TYPE], name);
        }
        t = p->types->n;
        PAL_TRY(add_type(p->types, name, row->length[p->type_at], err));
    }
    p->met[t] = true;
    for (size_t f = 0; f < p->d; f++) {
        if (p->feature_at[f] != NOWHERE && !is_missing(p->plan, row->field[p->feature_at[f]])) {
            p->types->has[t][f] = p->types->somewhere[f] = true;
        }
    }

done:
    return rc;
}

/* Found ones stand by bytes: the order of the rows plays no part. */
static void sort_types(pal_import_types *types)
{
    for (size_t t = 1; t < types->n; t++) {
        for (size_t at = t; at > 0 && strcmp(types->name[at - 1], types->name[at]) > 0; at--) {
            char *name = types->name[at];
            bool has[PAL_MAX_FEATURES];

            types->name[at] = types->name[at - 1];
            types->name[at - 1] = name;
            memcpy(has, types->has[at], sizeof has);
            memcpy(types->has[at], types->has[at - 1], sizeof has);
            memcpy(types->has[at - 1], has, sizeof has);
        }
    }
}

pal_status pal_import_types_read(pal_import_types *types, pal_import_plan *plan,
                                 const char *csv_path, const char *file, const char *json_path,
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    pass p = { .types = types, .plan = plan, .path = csv_path, .listed = plan->types[0] != '\0' };

    if (plan->column[PAL_COLUMN_TYPE] == NULL && !plan->type_if_there) {
        goto done;
    }
    if (p.listed) {
        PAL_TRY(read_list(types, plan->types, file, json_path, err));
        PAL_TRY(check_apart(types, file, json_path, err));
    }
    rc = pal_csv_read(csv_path, plan->delimiter, on_header, on_row, &p, err);
    if (rc == PAL_ERR_STOPPED && !types->known) {
        rc = PAL_OK;
        goto done;
    }
    PAL_TRY(rc);
    for (size_t t = 0; t < types->n; t++) {
        if (!p.met[t]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: no row is of type '%s' (column '%s'), which %s.types names",
                     csv_path, types->name[t], plan->column[PAL_COLUMN_TYPE], json_path);
        }
    }
    if (!p.listed) {
        sort_types(types);
        PAL_TRY(check_apart(types, csv_path, json_path, err));
    }
    for (size_t t = 0; t < types->n; t++) {
        pal_text_addf(&types->joined, "%s%s", t > 0 ? "," : "", types->name[t]);
    }
    PAL_TRY(pal_text_check(&types->joined, err));

done:
    return rc;
}

void pal_import_types_clear(pal_import_types *types)
{
    for (size_t t = 0; t < types->n; t++) {
        pal_free(types->name[t]);
    }
    pal_text_clear(&types->joined);
    pal_intern_clear(&types->ids);
    pal_free(types->type);
    memset(types, 0, sizeof *types);
}

/* ---- rows of the second pass ----------------------------------------------------------------- */

pal_status pal_import_types_claim(bool *same, pal_import_types *types, const char *id, size_t type,
                                  pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t number = 0;
    bool is_new = false;

    if (types->ids.n == types->capacity) {
        const size_t wanted = types->capacity == 0 ? 1024 : 2 * types->capacity;
        uint8_t *grown = pal_resize(types->type, types->capacity, wanted, sizeof *grown);

        if (grown == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: types of %zu items", wanted);
        }
        types->type = grown;
        types->capacity = wanted;
    }
    PAL_TRY(pal_intern_add(&types->ids, id, strlen(id), &number, &is_new, err));
    if (is_new) {
        types->type[number] = (uint8_t)type;
    }
    *same = types->type[number] == type;

done:
    return rc;
}

void pal_import_types_genres(pal_text *text, const pal_import_types *types, size_t type,
                             const char *genres)
{
    text->n = 0;
    for (const char *name = genres; *name != '\0';) {
        const size_t n = strcspn(name, ";");

        if (n > 0) {
            pal_text_addf(text, "%s%s%s", text->n > 0 ? ";" : "",
                          begins_with(name, types->name[type]) ? "" : types->name[type],
                          begins_with(name, types->name[type]) ? "" : "-");
            pal_text_add_bytes(text, name, n);
        }
        name += n + (name[n] == ';');
    }
}
