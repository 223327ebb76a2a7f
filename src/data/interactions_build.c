/* Rows into a log: ids numbered, rows sorted by two counting sorts, duplicates settled, rare ends left out. */
#include "data/interactions_build.h"

#include "core/mem.h"
#include "data/interactions_pool.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define FIRST_ROWS 1024
#define NO_PLACE UINT32_MAX

struct pal_interactions_builder {
    pal_intern users, items;
    size_t n, capacity;
    uint32_t *user, *item; /* numbers of the interned ids */
    float *value;
    int64_t *time;         /* NULL until a row has one    */
    unsigned has;          /* of the rows so far          */
};

/* ---- rows in ---------------------------------------------------------------------------------------------- */

pal_status pal_interactions_builder_new(pal_interactions_builder **out, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *builder = NULL;

    PAL_NEW(builder, 1);
    *out = builder;

done:
    return rc;
}

void pal_interactions_builder_free(pal_interactions_builder *builder)
{
    if (builder != NULL) {
        pal_intern_clear(&builder->users);
        pal_intern_clear(&builder->items);
        pal_free(builder->user);
        pal_free(builder->item);
        pal_free(builder->value);
        pal_free(builder->time);
        pal_free(builder);
    }
}

size_t pal_interactions_builder_rows(const pal_interactions_builder *builder)
{
    return builder->n;
}

/* One array after the other: a failure in between leaves larger, still valid arrays. */
static pal_status grow(pal_interactions_builder *b, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t wanted = b->capacity == 0 ? FIRST_ROWS : 2 * b->capacity;
    uint32_t *user, *item;
    float *value;
    int64_t *time;

    user = pal_resize(b->user, b->n, wanted, sizeof *user);
    b->user = user != NULL ? user : b->user;
    item = pal_resize(b->item, b->n, wanted, sizeof *item);
    b->item = item != NULL ? item : b->item;
    value = pal_resize(b->value, b->n, wanted, sizeof *value);
    b->value = value != NULL ? value : b->value;
    time = pal_resize(b->time, b->time != NULL ? b->n : 0, wanted, sizeof *time);
    b->time = time != NULL ? time : b->time;
    if (user == NULL || item == NULL || value == NULL || time == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu interactions", wanted);
    }
    b->capacity = wanted;

done:
    return rc;
}

/* Rows of one person usually stand together: the number of the row before is tried first. */
static pal_status intern(uint32_t *number, pal_intern *table, const uint32_t *before, const char *text, size_t length,
                         pal_error *err)
{
    if (before != NULL) {
        const char *last = pal_intern_text(table, *before);

        if (strncmp(last, text, length) == 0 && last[length] == '\0') {
            *number = *before;
            return PAL_OK;
        }
    }
    return pal_intern_add(table, text, length, number, NULL, err);
}

static pal_status check_row(const pal_interactions_builder *b, size_t user_length, size_t item_length, float value,
                            unsigned has, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (user_length == 0 || item_length == 0) {
        PAL_FAIL(PAL_ERR_DATA, "row %zu: the id of the %s is empty", b->n + 1, user_length == 0 ? "person" : "item");
    }
    if ((has & PAL_ROW_VALUE) != 0 && !isfinite(value)) {
        PAL_FAIL(PAL_ERR_DATA, "row %zu: the value is not finite", b->n + 1);
    }
    if (b->n > 0 && ((has ^ b->has) & PAL_ROW_TIME) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "row %zu has %s time, unlike the rows before", b->n + 1,
                 (has & PAL_ROW_TIME) != 0 ? "a" : "no");
    }
    if (b->n == UINT32_MAX) {
        PAL_FAIL(PAL_ERR_DATA, "more than %zu rows", b->n);
    }

done:
    return rc;
}

pal_status pal_interactions_builder_add(pal_interactions_builder *builder, const char *user, size_t user_length,
                                        const char *item, size_t item_length, float value, int64_t time, unsigned has,
                                        pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *b = builder;
    const uint32_t *before = b->n > 0 ? &b->user[b->n - 1] : NULL;

    PAL_TRY(check_row(b, user_length, item_length, value, has, err));
    if (b->n == b->capacity) {
        PAL_TRY(grow(b, err));
        before = b->n > 0 ? &b->user[b->n - 1] : NULL;
    }
    PAL_TRY(intern(&b->user[b->n], &b->users, before, user, user_length, err));
    PAL_TRY(intern(&b->item[b->n], &b->items, NULL, item, item_length, err));
    b->value[b->n] = (has & PAL_ROW_VALUE) != 0 ? value : 1;
    b->time[b->n] = time;
    b->has = has;
    b->n++;

done:
    return rc;
}

/* ---- ids in their order ----------------------------------------------------------------------------------- */

static size_t whole_digits(const char *id)
{
    size_t n = strspn(id, "0123456789");

    return id[n] == '\0' && (id[0] != '0' || n == 1) ? n : 0;
}

int pal_id_compare(const char *a, const char *b)
{
    size_t x = whole_digits(a), y = whole_digits(b);

    if (x != y) {
        return x == 0 ? 1 : y == 0 ? -1 : x < y ? -1 : 1;
    }
    return strcmp(a, b);
}

typedef struct numbered_id {
    const char *text;
    uint32_t number;
} numbered_id;

static int by_id(const void *a, const void *b)
{
    return pal_id_compare(((const numbered_id *)a)->text, ((const numbered_id *)b)->text);
}

/* numbers[place] = number of the interned id there; rows are renamed from number to place. */
static pal_status order_ids(uint32_t **numbers, const pal_intern *table, uint32_t *row, size_t n_rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    numbered_id *ids = NULL;
    uint32_t *place = NULL;

    PAL_NEW(*numbers, table->n);
    PAL_NEW(ids, table->n);
    PAL_NEW(place, table->n);
    for (size_t i = 0; i < table->n; i++) {
        ids[i] = (numbered_id){ pal_intern_text(table, i), (uint32_t)i };
    }
    qsort(ids, table->n, sizeof *ids, by_id);
    for (size_t i = 0; i < table->n; i++) {
        (*numbers)[i] = ids[i].number;
        place[ids[i].number] = (uint32_t)i;
    }
    for (size_t i = 0; i < n_rows; i++) {
        row[i] = place[row[i]];
    }

done:
    pal_free(place);
    pal_free(ids);
    return rc;
}

/* ---- rows in their order ---------------------------------------------------------------------------------- */

/* One stable counting sort; from NULL: rows as they come. */
static void sort_by(uint32_t *to, const uint32_t *from, const uint32_t *key, size_t n, size_t *start, size_t n_keys)
{
    memset(start, 0, (n_keys + 1) * sizeof *start);
    for (size_t i = 0; i < n; i++) {
        start[key[i] + 1]++;
    }
    for (size_t k = 0; k < n_keys; k++) {
        start[k + 1] += start[k];
    }
    for (size_t i = 0; i < n; i++) {
        uint32_t row = from != NULL ? from[i] : (uint32_t)i;

        to[start[key[row]]++] = row;
    }
}

/* What finish works on: the rows still in, by (person, item). */
typedef struct work {
    pal_interactions_builder *b;
    const pal_interactions_rules *rules;
    uint32_t *row;  /* n, numbers of builder rows */
    size_t n;
    uint32_t *nth;  /* of every builder row       */
    uint32_t *user_number, *item_number;         /* by place                       */
    uint32_t *user_place, *item_place;           /* in the log, NO_PLACE: left out */
    pal_interactions_report report;
} work;

static pal_status sort_rows(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *b = w->b;
    size_t n_keys = b->users.n > b->items.n ? b->users.n : b->items.n;
    size_t *start = NULL;
    uint32_t *by_item = NULL;

    PAL_NEW(start, n_keys + 1);
    PAL_NEW(by_item, b->n);
    sort_by(by_item, NULL, b->item, b->n, start, b->items.n);
    sort_by(w->row, by_item, b->user, b->n, start, b->users.n);
    memset(start, 0, b->users.n * sizeof *start);
    for (size_t i = 0; i < b->n; i++) {
        w->nth[i] = (uint32_t)start[b->user[i]]++;
    }
    w->n = b->n;

done:
    pal_free(by_item);
    pal_free(start);
    return rc;
}

/* ---- rules ------------------------------------------------------------------------------------------------ */

/* Settle a run of rows of one pair: the row that stays gets the value. */
static uint32_t settle(work *w, const uint32_t *row, size_t n)
{
    float *value = w->b->value, most = value[row[0]];
    double sum = 0;
    uint32_t stays = w->rules->repeats == PAL_REPEATS_FIRST ? row[0] : row[n - 1];

    for (size_t i = 0; i < n; i++) {
        sum += (double)value[row[i]];
        most = value[row[i]] > most ? value[row[i]] : most;
    }
    if (w->rules->repeats == PAL_REPEATS_SUM) {
        value[stays] = (float)sum;
    } else if (w->rules->repeats == PAL_REPEATS_MAX) {
        value[stays] = most;
    }
    return stays;
}

static pal_status settle_repeats(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions_builder *b = w->b;
    size_t kept = 0, run;

    for (size_t i = 0; i < w->n; i += run) {
        uint32_t first = w->row[i];

        for (run = 1; i + run < w->n && b->user[w->row[i + run]] == b->user[first] &&
                      b->item[w->row[i + run]] == b->item[first];) {
            run++;
        }
        if (run > 1 && w->rules->repeats == PAL_REPEATS_ERROR) {
            PAL_FAIL(PAL_ERR_DATA, "row %zu (person '%s', item '%s') repeats row %zu; \"duplicates\" may say what to do",
                     (size_t)w->row[i + 1] + 1, pal_intern_text(&b->users, w->user_number[b->user[first]]),
                     pal_intern_text(&b->items, w->item_number[b->item[first]]), (size_t)first + 1);
        }
        w->row[kept] = run > 1 ? settle(w, w->row + i, run) : first;
        if (!isfinite(b->value[w->row[kept]])) {
            PAL_FAIL(PAL_ERR_DATA, "the values of person '%s' and item '%s' add up to more than a float holds",
                     pal_intern_text(&b->users, w->user_number[b->user[first]]),
                     pal_intern_text(&b->items, w->item_number[b->item[first]]));
        }
        kept++;
    }
    w->report.repeated = w->n - kept;
    w->n = kept;

done:
    return rc;
}

static void apply_threshold(work *w)
{
    float *value = w->b->value;
    size_t kept = 0;

    for (size_t i = 0; i < w->n; i++) {
        uint32_t row = w->row[i];

        if (w->rules->threshold > 0 && (double)value[row] < w->rules->threshold) {
            continue;
        }
        value[row] = w->rules->implicit ? 1 : value[row];
        w->row[kept++] = row;
    }
    w->report.below = w->n - kept;
    w->n = kept;
}

/* Leave out rows whose person or item has too few, counted now; true when any went. */
static bool leave_out_rare(work *w, size_t *user_count, size_t *item_count, size_t min_user, size_t min_item)
{
    const pal_interactions_builder *b = w->b;
    size_t kept = 0, before = w->n;

    memset(user_count, 0, b->users.n * sizeof *user_count);
    memset(item_count, 0, b->items.n * sizeof *item_count);
    for (size_t i = 0; i < w->n; i++) {
        user_count[b->user[w->row[i]]]++;
        item_count[b->item[w->row[i]]]++;
    }
    for (size_t i = 0; i < w->n; i++) {
        uint32_t row = w->row[i];

        if (user_count[b->user[row]] >= min_user && item_count[b->item[row]] >= min_item) {
            w->row[kept++] = row;
        }
    }
    w->report.rare += before - kept;
    w->n = kept;
    return kept < before;
}

static pal_status apply_counts(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *user_count = NULL, *item_count = NULL;

    PAL_NEW(user_count, w->b->users.n);
    PAL_NEW(item_count, w->b->items.n);
    if (w->rules->min_user > 1 || w->rules->min_item > 1) {
        leave_out_rare(w, user_count, item_count, w->rules->min_user, w->rules->min_item);
    }
    if (w->rules->core_user > 1 || w->rules->core_item > 1) {
        while (leave_out_rare(w, user_count, item_count, w->rules->core_user, w->rules->core_item)) {
        }
    }

done:
    pal_free(user_count);
    pal_free(item_count);
    return rc;
}

/* ---- the log ---------------------------------------------------------------------------------------------- */

/* Places in the log: those with a row left, in order of their ids. numbers keeps those that stay, in front. */
static size_t keep_ends(uint32_t *place, uint32_t *numbers, size_t n_ids, const uint32_t *end, const work *w)
{
    size_t n = 0;

    for (size_t i = 0; i < n_ids; i++) {
        place[i] = w->rules->keep_empty ? 0 : NO_PLACE;
    }
    for (size_t i = 0; i < w->n; i++) {
        place[end[w->row[i]]] = 0;
    }
    for (size_t i = 0; i < n_ids; i++) {
        if (place[i] != NO_PLACE) {
            numbers[n] = numbers[i];
            place[i] = (uint32_t)n++;
        }
    }
    return n;
}

static pal_status fill_log(pal_interactions *log, work *w, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *b = w->b;
    pal_log_pool *pool = NULL;

    PAL_NEW(pool, 1);
    log->pool = pool;
    log->name = pal_strdup(name);
    if (log->name == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a name");
    }
    log->n = w->n;
    log->n_users = keep_ends(w->user_place, w->user_number, b->users.n, b->user, w);
    log->n_items = keep_ends(w->item_place, w->item_number, b->items.n, b->item, w);
    PAL_TRY(pal_id_table_fill(&pool->user, &log->user_id, &b->users, w->user_number, log->n_users, err));
    PAL_TRY(pal_id_table_fill(&pool->item, &log->item_id, &b->items, w->item_number, log->n_items, err));
    PAL_NEW(log->user, log->n);
    PAL_NEW(log->item, log->n);
    PAL_NEW(log->value, log->n);
    PAL_NEW(log->order, log->n);
    PAL_NEW(log->nth, log->n);
    if ((b->has & PAL_ROW_TIME) != 0) {
        PAL_NEW(log->time, log->n);
    }
    for (size_t i = 0; i < w->n; i++) {
        uint32_t row = w->row[i];

        log->user[i] = w->user_place[b->user[row]];
        log->item[i] = w->item_place[b->item[row]];
        log->value[i] = b->value[row];
        log->order[i] = row;
        log->nth[i] = w->nth[row];
        if (log->time != NULL) {
            log->time[i] = b->time[row];
        }
    }

done:
    return rc;
}

static pal_status check_left(const work *w, pal_error *err)
{
    const pal_interactions_report *r = &w->report;

    if (w->n > 0) {
        return PAL_OK;
    }
    if (w->b->n == 0) {
        return pal_error_set(err, PAL_ERR_DATA, "there is no interaction");
    }
    return pal_error_set(err, PAL_ERR_DATA, "no interaction is left of %llu rows: %llu below the threshold, %llu of "
                         "people or items with too few", (unsigned long long)r->rows, (unsigned long long)r->below,
                         (unsigned long long)r->rare);
}

pal_status pal_interactions_builder_finish(pal_interactions **out, pal_interactions_report *report,
                                           pal_interactions_builder *builder, const char *name,
                                           const pal_interactions_rules *rules, pal_error *err)
{
    static const pal_interactions_rules plain = { .repeats = PAL_REPEATS_LAST };
    pal_status rc = PAL_OK;
    pal_interactions *log = NULL;
    work w = { .b = builder, .rules = rules != NULL ? rules : &plain };

    w.report.rows = builder->n;
    w.report.users = builder->users.n;
    w.report.items = builder->items.n;
    PAL_TRY(check_left(&(work){ .b = builder, .n = builder->n }, err));
    PAL_TRY(order_ids(&w.user_number, &builder->users, builder->user, builder->n, err));
    PAL_TRY(order_ids(&w.item_number, &builder->items, builder->item, builder->n, err));
    PAL_NEW(w.row, builder->n);
    PAL_NEW(w.nth, builder->n);
    PAL_NEW(w.user_place, builder->users.n);
    PAL_NEW(w.item_place, builder->items.n);
    PAL_TRY(sort_rows(&w, err));
    PAL_TRY(settle_repeats(&w, err));
    apply_threshold(&w);
    PAL_TRY(apply_counts(&w, err));
    PAL_TRY(check_left(&w, err));
    PAL_NEW(log, 1);
    PAL_TRY(fill_log(log, &w, name, err));
    if (report != NULL) {
        *report = w.report;
    }
    *out = log; /* the caller owns it from here */
    log = NULL;

done:
    pal_interactions_free(log);
    pal_free(w.row);
    pal_free(w.nth);
    pal_free(w.user_number);
    pal_free(w.item_number);
    pal_free(w.user_place);
    pal_free(w.item_place);
    return rc;
}
