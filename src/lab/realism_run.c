/* The log of a run directory, for statistics. */
#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"
#include "data/intern.h"
#include "lab/realism_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define NOWHERE SIZE_MAX

enum { ARM, REPLICATE, USER, ROUND, SLOT, ITEM, TAKEN, LIKED, N_COLUMNS };
static const char *const column_name[N_COLUMNS] = { "arm", "replicate", "user", "round", "slot", "item", NULL, "liked" };

typedef struct reader {
    const char *path, *arm;
    char first_arm[PAL_LOG_ARM]; /* of the rows, when no arm was named */
    char replicate[PAL_NUMBER_MAX];
    char digest[PAL_HASH_HEX];
    pal_taken_as as;
    size_t at[N_COLUMNS];
    bool arm_met;
    pal_log_rows rows;
} reader;

static const char *wanted(const reader *r, size_t c)
{
    return c == TAKEN ? pal_taken_as_names[r->as] : column_name[c];
}

static pal_status take_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    reader *r = ctx;

    for (size_t c = 0; c < N_COLUMNS; c++) {
        r->at[c] = NOWHERE;
        for (size_t k = 0; k < n; k++) {
            if (strcmp(names[k], wanted(r, c)) == 0) r->at[c] = k;
        }
        if (r->at[c] == NOWHERE) return pal_error_set(err, PAL_ERR_DATA, "%s: has no column \"%s\"", r->path, wanted(r, c));
    }
    return PAL_OK;
}

static pal_status whole(uint64_t *out, const reader *r, const pal_csv_row *row, size_t c, uint64_t most, pal_error *err)
{
    const size_t at = r->at[c];

    if (pal_parse_u64(out, row->field[at], row->length[at]) && *out <= most) return PAL_OK;
    return pal_error_set(err, PAL_ERR_DATA, "%s: row %llu (line %llu), %s: found '%.40s', wanted a whole number of at most %llu",
                         r->path, (unsigned long long)row->number, (unsigned long long)row->line, wanted(r, c), row->field[at],
                         (unsigned long long)most);
}

/* Is it of the arm and replicate asked for? */
static pal_status is_ours(bool *ours, reader *r, const pal_csv_row *row, pal_error *err)
{
    const char *arm = row->field[r->at[ARM]];

    if (r->arm == NULL && r->first_arm[0] == '\0') snprintf(r->first_arm, sizeof r->first_arm, "%.120s", arm);
    *ours = strcmp(arm, r->arm != NULL ? r->arm : r->first_arm) == 0;
    if (!*ours && r->arm == NULL) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: holds several arms ('%s', '%.60s' ...); --arm says which", r->path,
                             r->first_arm, arm);
    }
    r->arm_met = r->arm_met || *ours;
    *ours = *ours && strcmp(row->field[r->at[REPLICATE]], r->replicate) == 0;
    return PAL_OK;
}

static pal_status take_row(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    uint64_t user, round, slot, item, taken, liked;
    bool ours;

    PAL_TRY(is_ours(&ours, r, row, err));
    if (!ours) goto done;
    PAL_TRY(whole(&taken, r, row, TAKEN, 1, err));
    if (taken == 0) goto done;
    PAL_TRY(whole(&user, r, row, USER, UINT32_MAX - 1, err));
    PAL_TRY(whole(&round, r, row, ROUND, UINT32_MAX - 1, err));
    PAL_TRY(whole(&slot, r, row, SLOT, UINT8_MAX, err));
    PAL_TRY(whole(&item, r, row, ITEM, UINT32_MAX - 1, err));
    PAL_TRY(whole(&liked, r, row, LIKED, 1, err));
    PAL_TRY(pal_log_rows_add(&r->rows, (pal_log_row){ .user = (uint32_t)user, .item = (uint32_t)item, .time = (int64_t)round,
                                 .place = slot, .times = 1, .gap = NAN, .like = (uint8_t)liked }, err));
done:
    return rc;
}

static pal_status read_csv(reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_csv_read(r->path, ',', take_header, take_row, r, err));
    if (r->arm != NULL && !r->arm_met) PAL_FAIL(PAL_ERR_DATA, "%s: has no arm '%s'", r->path, r->arm);
    PAL_TRY(pal_hash_file(r->digest, r->path, err));
done:
    return rc;
}

/* events.csv where there is one, else the columns of events/. */
static pal_status read_events(reader *r, char **path, const char *dir, uint32_t replicate, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *columns = NULL;

    *path = pal_path_join(dir, "events.csv");
    columns = pal_path_join(dir, "events/columns.json");
    if (*path == NULL || columns == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    r->path = *path;
    if (pal_file_exists(*path)) {
        PAL_TRY(read_csv(r, err));
    } else if (pal_file_exists(columns)) {
        (*path)[strlen(*path) - strlen(".csv")] = '\0'; /* the directory */
        PAL_TRY(pal_log_rows_npy(&r->rows, r->first_arm, r->digest, *path, r->arm, replicate, r->as, err));
    } else {
        PAL_FAIL(PAL_ERR_IO, "%s: there is neither events.csv nor events/ in it; a run writes them with --set output.events=csv "
                 "or npy", dir);
    }
    if (r->rows.n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: no row of replicate %s was %s", r->path, r->replicate, pal_taken_as_names[r->as]);
    }
done:
    pal_free(columns);
    return rc;
}

/* One more than the largest of the rows' people, and of their items. */
static void count(size_t *n_users, size_t *n_items, const pal_log_rows *rows)
{
    *n_users = *n_items = 0;
    for (size_t i = 0; i < rows->n; i++) {
        if (rows->row[i].user >= *n_users) *n_users = (size_t)rows->row[i].user + 1;
        if (rows->row[i].item >= *n_items) *n_items = (size_t)rows->row[i].item + 1;
    }
}

/* The primary cluster of every item. */
static pal_status read_genres(pal_people_log *p, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *table = NULL;
    pal_intern words = { 0 };
    uint32_t *genre = NULL;
    size_t column, number;

    if (!pal_file_exists(path)) goto done;
    PAL_TRY(pal_table_load(&table, path, err));
    PAL_TRY(pal_table_find(&column, table, "cluster", err));
    PAL_TRY(pal_table_find(&number, table, "item", err));
    PAL_NEW(genre, p->log.n_items);
    for (size_t i = 0; i < p->log.n_items; i++) genre[i] = PAL_LOG_NO_GENRE;
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        const char *name = pal_table_text(table, row, column);
        bool ok = true; /* turned false by what is no number */
        const double item = pal_table_number(table, row, number, &ok);

        if (!ok || !(item >= 0)) PAL_FAIL(PAL_ERR_DATA, "%s: row %zu, item: found '%.40s', wanted a whole number", path, row + 1,
                                          pal_table_text(table, row, number));
        if (item < (double)p->log.n_items) PAL_TRY(pal_intern_add(&words, name, strlen(name), &genre[(size_t)item], NULL, err));
    }
    PAL_TRY(pal_log_rows_genres(p, genre, words.n, err));
done:
    pal_table_free(table);
    pal_intern_clear(&words);
    pal_free(genre);
    return rc;
}

static void name_run(pal_people_log *p, const char *dir, const reader *r)
{
    size_t end = strlen(dir), begin;

    while (end > 1 && dir[end - 1] == '/') end--;
    for (begin = end; begin > 0 && dir[begin - 1] != '/'; begin--) {
    }
    snprintf(p->name, sizeof p->name, "%.*s / %.40s", (int)(end - begin < 60 ? end - begin : 60), dir + begin,
             r->arm != NULL ? r->arm : r->first_arm);
}

pal_status pal_people_log_run(pal_people_log **out, const char *dir, const char *arm, uint32_t replicate, pal_taken_as as,
                              size_t least, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { .arm = arm, .as = as, .rows = { .has_like = as != PAL_AS_LIKED, .has_time = true } };
    pal_people_log *p = NULL;
    pal_error inner = { 0 };
    char *events = NULL, *items = pal_path_join(dir, "items.csv");
    size_t n_users, n_items;

    if (items == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_format_u64(r.replicate, replicate);
    PAL_TRY(read_events(&r, &events, dir, replicate, err));
    count(&n_users, &n_items, &r.rows);
    rc = pal_log_rows_finish(&p, &r.rows, n_users, n_items, least, &inner);
    if (rc != PAL_OK) PAL_FAIL(rc, "%s: %s", events, inner.text);
    PAL_TRY(read_genres(p, items, err));
    name_run(p, dir, &r);
    memcpy(p->digest, r.digest, sizeof p->digest);
    *out = p; /* the caller owns it from here */
    p = NULL;
done:
    pal_log_rows_clear(&r.rows);
    pal_people_log_free(p);
    pal_free(events);
    pal_free(items);
    return rc;
}
