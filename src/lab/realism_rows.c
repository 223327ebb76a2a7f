/* From rows to a log for statistics. */
#include "lab/realism_rows.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

pal_status pal_log_rows_add(pal_log_rows *rows, pal_log_row row, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (rows->n == rows->capacity) {
        const size_t more = rows->capacity == 0 ? 4096 : 2 * rows->capacity;
        pal_log_row *grown = pal_resize(rows->row, rows->capacity, more, sizeof *grown);

        if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu rows of a log", more);
        rows->row = grown;
        rows->capacity = more;
    }
    rows->row[rows->n++] = row;
done:
    return rc;
}

void pal_log_rows_clear(pal_log_rows *rows)
{
    pal_free(rows->row);
    *rows = (pal_log_rows){ .n = 0 };
}

static int by_time(const pal_log_row *a, const pal_log_row *b)
{
    if (a->time != b->time) return a->time < b->time ? -1 : 1;
    return (a->place > b->place) - (a->place < b->place);
}

static int by_pair(const void *x, const void *y)
{
    const pal_log_row *a = x, *b = y;

    if (a->user != b->user) return a->user < b->user ? -1 : 1;
    if (a->item != b->item) return a->item < b->item ? -1 : 1;
    return by_time(a, b);
}

static int by_person(const void *x, const void *y)
{
    const pal_log_row *a = x, *b = y;

    if (a->user != b->user) return a->user < b->user ? -1 : 1;
    return by_time(a, b);
}

/* Rows of one pair become the first of them. */
static void merge_pairs(pal_log_rows *rows)
{
    size_t n = 0;

    qsort(rows->row, rows->n, sizeof *rows->row, by_pair);
    for (size_t i = 0; i < rows->n;) {
        pal_log_row first = rows->row[i];
        size_t last = i;

        while (last + 1 < rows->n && rows->row[last + 1].user == first.user && rows->row[last + 1].item == first.item) last++;
        if (last > i) {
            first.times = (uint32_t)(last - i + 1);
            first.gap = (double)(rows->row[last].time - first.time) / (double)(last - i);
            first.like = rows->row[last].like;
        }
        rows->row[n++] = first;
        i = last + 1;
    }
    rows->n = n;
    qsort(rows->row, n, sizeof *rows->row, by_person);
}

/* People with enough rows stay, in their order. */
static size_t keep_people(pal_log_rows *rows, size_t *begin, size_t least)
{
    size_t kept = 0, n = 0;

    for (size_t i = 0; i < rows->n;) {
        size_t end = i;

        while (end < rows->n && rows->row[end].user == rows->row[i].user) end++;
        if (end - i >= least) {
            for (size_t k = i; k < end; k++) rows->row[n++] = rows->row[k];
            begin[++kept] = n;
        }
        i = end;
    }
    rows->n = n;
    return kept;
}

static size_t count_people(const pal_log_rows *rows)
{
    size_t n = 0;

    for (size_t i = 0; i < rows->n; i++) n += i == 0 || rows->row[i].user != rows->row[i - 1].user;
    return n;
}

pal_status pal_log_rows_finish(pal_people_log **out, pal_log_rows *rows, size_t n_users, size_t n_items, size_t least,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_log *p = NULL;
    size_t *begin = NULL, people, given = rows->n;
    uint32_t *item = NULL, *times = NULL;
    uint8_t *like = NULL;
    int64_t *time = NULL;
    double *gap = NULL;

    PAL_NEW(p, 1);
    PAL_NEW(begin, n_users + 1);
    merge_pairs(rows);
    p->repeats = given - rows->n;
    people = count_people(rows);
    p->log.n_users = keep_people(rows, begin, least);
    p->left_out = people - p->log.n_users;
    if (p->log.n_users == 0) {
        PAL_FAIL(PAL_ERR_DATA, "none of %zu people has %zu item%s or more", people, least, least == 1 ? "" : "s");
    }
    PAL_NEW(item, rows->n);
    PAL_NEW(times, rows->n);
    PAL_NEW(gap, rows->n);
    if (rows->has_like) PAL_NEW(like, rows->n);
    if (rows->has_time) PAL_NEW(time, rows->n);
    for (size_t i = 0; i < rows->n; i++) {
        const pal_log_row *r = &rows->row[i];

        item[i] = r->item;
        times[i] = r->times;
        gap[i] = r->gap;
        if (like != NULL) like[i] = r->like;
        if (time != NULL) time[i] = r->time;
    }
    p->log = (pal_moment_log){ .n = rows->n, .n_users = p->log.n_users, .n_items = n_items, .begin = begin, .item = item,
                               .like = like, .time = time, .times = times, .gap = gap };
    begin = NULL;
    item = times = NULL;
    like = NULL;
    time = NULL;
    gap = NULL;
    *out = p; /* the caller owns it from here */
    p = NULL;

done:
    pal_free(begin);
    pal_free(item);
    pal_free(times);
    pal_free(like);
    pal_free(time);
    pal_free(gap);
    pal_people_log_free(p);
    return rc;
}

pal_status pal_log_rows_genres(pal_people_log *log, const uint32_t *genre_of, size_t n_genres, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = log->log.n_items;
    size_t *begin = NULL;
    uint32_t *genre = NULL;

    PAL_NEW(begin, n + 1);
    PAL_NEW(genre, n);
    for (size_t i = 0; i < n; i++) {
        begin[i + 1] = begin[i];
        if (genre_of[i] != PAL_LOG_NO_GENRE) genre[begin[i + 1]++] = genre_of[i];
    }
    log->log.genre_begin = begin;
    log->log.genre = genre;
    log->log.n_genres = n_genres;
    begin = NULL;
    genre = NULL;
done:
    pal_free(begin);
    pal_free(genre);
    return rc;
}

void pal_people_log_free(pal_people_log *p)
{
    if (p == NULL) return;
    pal_free((void *)(uintptr_t)p->log.begin);
    pal_free((void *)(uintptr_t)p->log.item);
    pal_free((void *)(uintptr_t)p->log.like);
    pal_free((void *)(uintptr_t)p->log.time);
    pal_free((void *)(uintptr_t)p->log.times);
    pal_free((void *)(uintptr_t)p->log.gap);
    pal_free((void *)(uintptr_t)p->log.genre_begin);
    pal_free((void *)(uintptr_t)p->log.genre);
    pal_free(p);
}
