/* Logs written in the source's order, side features gathered into columns. */
#include "data/write_interactions.h"

#include "core/file.h"
#include "core/mem.h"

#include <stdio.h>
#include <string.h>

#define NOBODY UINT32_MAX

/* Rows by their place in the source: order holds distinct places, so that a table of them is an order. */
static pal_status source_order(uint32_t **out, size_t *n, const pal_interactions *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *at = NULL;
    size_t most = 0, kept = 0;

    for (size_t i = 0; i < log->n; i++) {
        most = log->order[i] >= most ? log->order[i] + 1 : most;
    }
    PAL_NEW(at, most);
    for (size_t p = 0; p < most; p++) {
        at[p] = NOBODY;
    }
    for (size_t i = 0; i < log->n; i++) {
        at[log->order[i]] = (uint32_t)i;
    }
    for (size_t p = 0; p < most; p++) {
        if (at[p] != NOBODY) {
            at[kept++] = at[p];
        }
    }
    *out = at;
    *n = kept;
    at = NULL;

done:
    pal_free(at);
    return rc;
}

typedef void (*text_fn)(pal_outfile *file, const char *text);

static void put_rows(pal_outfile *file, const pal_interactions *log, const uint32_t *rows, size_t n, const char *between,
                     text_fn text)
{
    for (size_t r = 0; r < n; r++) {
        size_t i = rows[r];

        text(file, log->user_id[log->user[i]]);
        pal_outfile_text(file, between);
        text(file, log->item_id[log->item[i]]);
        pal_outfile_text(file, between);
        pal_outfile_float(file, log->value[i]);
        if (log->time != NULL) {
            pal_outfile_text(file, between);
            pal_outfile_i64(file, log->time[i]);
        }
        pal_outfile_text(file, "\n");
    }
}

pal_status pal_interactions_save_csv(const pal_interactions *log, const char *path, char hex[PAL_HASH_HEX],
                                     pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;
    uint32_t *rows = NULL;
    size_t n = 0;

    PAL_TRY(source_order(&rows, &n, log, err));
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_text(file, log->time != NULL ? "user,item,value,time\n" : "user,item,value\n");
    put_rows(file, log, rows, n, ",", pal_outfile_csv_text);
    PAL_TRY(pal_outfile_commit(&file, hex, err));

done:
    pal_outfile_abort(&file);
    pal_free(rows);
    return rc;
}

/* ---- RecBole's atomic files ------------------------------------------------------------------------------- */

static pal_status check_text(const char *text, const char *never, const char *what, pal_error *err)
{
    if (strpbrk(text, never) != NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s '%.60s' holds a tab, a line end%s: an atomic file cannot say that", what,
                             text, strchr(never, ':') != NULL ? " or ':'" : "");
    }
    return PAL_OK;
}

static pal_status check_ids(char *const *ids, size_t n, const char *what, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n; i++) {
        PAL_TRY(check_text(ids[i], "\t\n\r", what, err));
    }

done:
    return rc;
}

/* Features [begin, end) share what stands before '='; a number is alone. */
typedef struct column {
    size_t begin, end;
    size_t name_length;
    bool is_number, many; /* many: some row has several words */
} column;

static column column_at(const pal_side *side, size_t begin)
{
    const char *name = side->name[begin], *equals = strchr(name, '=');
    column c = { .begin = begin, .end = begin + 1, .is_number = equals == NULL };

    c.name_length = equals != NULL ? (size_t)(equals - name) : strlen(name);
    while (!c.is_number && c.end < side->n_features && strncmp(side->name[c.end], name, c.name_length + 1) == 0) {
        c.end++;
    }
    for (size_t r = 0; r < side->cell->n_rows && !c.many; r++) {
        size_t words = 0;

        for (size_t at = side->cell->begin[r]; at < side->cell->begin[r + 1]; at++) {
            words += side->cell->col[at] >= c.begin && side->cell->col[at] < c.end;
        }
        c.many = !c.is_number && words > 1;
    }
    return c;
}

static pal_status find_side_columns(column **out, size_t *n, const pal_side *side, pal_error *err)
{
    pal_status rc = PAL_OK;
    column *columns = NULL;

    *n = 0;
    PAL_NEW(columns, side != NULL ? side->n_features : 0);
    for (size_t f = 0; side != NULL && f < side->n_features; f = columns[*n - 1].end) {
        columns[*n] = column_at(side, f);
        for (size_t g = f; g < columns[*n].end; g++) {
            PAL_TRY(check_text(side->name[g], "\t\n\r", "the feature", err));
            PAL_TRY(check_text(side->name[g], columns[*n].is_number ? "\t\n\r:" : "\t\n\r", "the feature", err));
        }
        (*n)++;
    }
    *out = columns;
    columns = NULL;

done:
    pal_free(columns);
    return rc;
}

static void put_blanked(pal_outfile *file, const char *text, const char *blanks, const char *instead)
{
    for (const char *c = text; *c != '\0'; c++) {
        if (strchr(blanks, *c) != NULL) {
            pal_outfile_text(file, instead);
        } else {
            pal_outfile_bytes(file, c, 1);
        }
    }
}

static void put_cell(pal_outfile *file, const pal_side *side, const column *c, size_t row)
{
    const pal_csr *m = side->cell;
    bool first = true;

    pal_outfile_text(file, "\t");
    for (size_t at = m->begin[row]; at < m->begin[row + 1]; at++) {
        if (m->col[at] < c->begin || m->col[at] >= c->end) {
            continue;
        }
        if (c->is_number) {
            pal_outfile_float(file, m->value[at]);
        } else {
            pal_outfile_text(file, first ? "" : " ");
            put_blanked(file, side->name[m->col[at]] + c->name_length + 1, c->many ? " " : "", "_");
        }
        first = false;
    }
    if (c->is_number && first) {
        pal_outfile_text(file, "0");
    }
}

typedef struct side_file {
    const char *id_name;       /* "item_id:token" */
    char *const *ids, *const *titles;
    size_t n;
    const pal_side *side;
} side_file;

static pal_status put_side(pal_outfile *file, const side_file *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    column *columns = NULL;
    size_t n = 0;

    PAL_TRY(find_side_columns(&columns, &n, s->side, err));
    pal_outfile_text(file, s->id_name);
    pal_outfile_text(file, s->titles != NULL ? "\ttitle:token_seq" : "");
    for (size_t c = 0; c < n; c++) {
        pal_outfile_printf(file, "\t%.*s:%s", (int)columns[c].name_length, s->side->name[columns[c].begin],
                           columns[c].is_number ? "float" : columns[c].many ? "token_seq" : "token");
    }
    pal_outfile_text(file, "\n");
    for (size_t i = 0; i < s->n; i++) {
        pal_outfile_text(file, s->ids[i]);
        if (s->titles != NULL) {
            pal_outfile_text(file, "\t");
            put_blanked(file, s->titles[i], "\t\n\r", " ");
        }
        for (size_t c = 0; c < n; c++) {
            put_cell(file, s->side, &columns[c], i);
        }
        pal_outfile_text(file, "\n");
    }

done:
    pal_free(columns);
    return rc;
}

/* DIR/NAME.kind, where NAME is the last part of DIR. */
static pal_status open_atomic(pal_outfile **out, const char *dir, const char *kind, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = strlen(dir), begin, room = 2 * n + 16;
    char *path = NULL;

    while (n > 1 && dir[n - 1] == '/') {
        n--;
    }
    for (begin = n; begin > 0 && dir[begin - 1] != '/'; begin--) {
    }
    PAL_NEW(path, room);
    snprintf(path, room, "%.*s/%.*s.%s", (int)n, dir, (int)(n - begin), dir + begin, kind);
    PAL_TRY(pal_outfile_open(out, path, err));

done:
    pal_free(path);
    return rc;
}

/* All three are written before any of them takes its name. */
pal_status pal_interactions_save_atomic(const pal_interactions *log, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *inter = NULL, *item = NULL, *user = NULL;
    uint32_t *rows = NULL;
    size_t n = 0;
    const side_file items = { "item_id:token", log->item_id, log->item_title, log->n_items, log->item_side };
    const side_file users = { "user_id:token", log->user_id, NULL, log->n_users, log->user_side };

    PAL_TRY(check_ids(log->user_id, log->n_users, "the person's id", err));
    PAL_TRY(check_ids(log->item_id, log->n_items, "the item's id", err));
    PAL_TRY(source_order(&rows, &n, log, err));
    PAL_TRY(pal_dir_make(dir, err));
    PAL_TRY(open_atomic(&inter, dir, "inter", err));
    pal_outfile_text(inter, "user_id:token\titem_id:token\trating:float");
    pal_outfile_text(inter, log->time != NULL ? "\ttimestamp:float\n" : "\n");
    put_rows(inter, log, rows, n, "\t", pal_outfile_text);
    if (log->item_title != NULL || log->item_side != NULL) {
        PAL_TRY(open_atomic(&item, dir, "item", err));
        PAL_TRY(put_side(item, &items, err));
    }
    if (log->user_side != NULL) {
        PAL_TRY(open_atomic(&user, dir, "user", err));
        PAL_TRY(put_side(user, &users, err));
    }
    PAL_TRY(pal_outfile_commit(&inter, NULL, err));
    if (item != NULL) {
        PAL_TRY(pal_outfile_commit(&item, NULL, err));
    }
    if (user != NULL) {
        PAL_TRY(pal_outfile_commit(&user, NULL, err));
    }

done:
    pal_outfile_abort(&inter);
    pal_outfile_abort(&item);
    pal_outfile_abort(&user);
    pal_free(rows);
    return rc;
}
