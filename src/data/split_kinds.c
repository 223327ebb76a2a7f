/* Kinds of splits. Each puts places into an order (drawn, or by time) and gives its ends to test and validation. */
#include "data/split_kinds.h"

#include "core/mem.h"

#include <math.h>
#include <stdlib.h>

/* What a draw is for: rounds of the key's place. Append only. */
enum { DRAW_ROW = 1, DRAW_VALID = 2, DRAW_USER = 3, DRAW_ITEM = 4, DRAW_KNOWN = 5 };

/* Something to be put into order: key first, place settles what is equal. */
typedef struct place {
    uint64_t key, place;
} place;

static int by_key(const void *a, const void *b)
{
    const place *x = a, *y = b;

    if (x->key != y->key) {
        return x->key < y->key ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

static void sort_places(place *p, size_t n)
{
    if (n > 1) {
        qsort(p, n, sizeof *p, by_key);
    }
}

static uint64_t draw(const pal_split_ask *ask, uint64_t who, uint64_t round, uint64_t what)
{
    return pal_u64(ask->key, (pal_at){ who, round, what }, 0);
}

static uint64_t row_draw(const pal_split_ask *ask, size_t i, uint64_t round)
{
    return draw(ask, ask->log->user[i], round, ask->log->item[i]);
}

/* A signed time as a key of the same order. */
static uint64_t time_key(int64_t time)
{
    return (uint64_t)time ^ UINT64_C(1) << 63;
}

/* n * share rounded down, but 5 * 0.2 is 1 whatever the last bit says. */
static size_t part_of(size_t n, double share)
{
    return (size_t)floor((double)n * share + 1e-9);
}

static size_t rounded(size_t n, double share)
{
    return (size_t)floor((double)n * share + 0.5);
}

static void give(uint8_t *part, const place *p, size_t n, pal_part to)
{
    for (size_t i = 0; i < n; i++) {
        part[p[i].place] = (uint8_t)to;
    }
}

/* ---- drawn ------------------------------------------------------------------------------------------------ */

pal_status pal_split_random(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = ask->log->n, test = rounded(n, ask->test), valid = rounded(n, ask->valid);
    place *p = NULL;

    PAL_NEW(p, n);
    for (size_t i = 0; i < n; i++) {
        p[i] = (place){ row_draw(ask, i, DRAW_ROW), i };
    }
    sort_places(p, n);
    valid = valid < n - test ? valid : n - test;
    give(part, p, test, PAL_PART_TEST);
    give(part, p + test, valid, PAL_PART_VALID);

done:
    pal_free(p);
    return rc;
}

/* End of the person's rows that begin at i. */
static size_t rows_end(const pal_interactions *log, size_t i)
{
    uint32_t user = log->user[i];

    while (i < log->n && log->user[i] == user) {
        i++;
    }
    return i;
}

typedef uint64_t (*key_fn)(const pal_split_ask *ask, size_t i);

static uint64_t key_drawn(const pal_split_ask *ask, size_t i)
{
    return row_draw(ask, i, DRAW_ROW);
}

/* The latest first, so that the test rows stand in front; the highest item first among those of one instant. */
static uint64_t key_latest(const pal_split_ask *ask, size_t i)
{
    return ~time_key(ask->log->time[i]);
}

typedef void (*count_fn)(size_t *test, size_t *valid, const pal_split_ask *ask, size_t n);

/* Person by person: rows in the order of keys, equal keys by ascending item (descending when `down`); `count` says how
 * many of the first go where. */
static pal_status split_people(uint8_t *part, const pal_split_ask *ask, key_fn key, bool down, count_fn count,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions *log = ask->log;
    place *p = NULL;
    size_t end, n, test, valid;

    PAL_NEW(p, log->n);
    for (size_t begin = 0; begin < log->n; begin = end) {
        end = rows_end(log, begin);
        n = end - begin;
        for (size_t i = 0; i < n; i++) {
            p[i] = (place){ key(ask, begin + i), down ? ~(uint64_t)(begin + i) : begin + i };
        }
        sort_places(p, n);
        for (size_t i = 0; down && i < n; i++) {
            p[i].place = ~p[i].place;
        }
        count(&test, &valid, ask, n);
        give(part, p, test, PAL_PART_TEST);
        give(part, p + test, valid, PAL_PART_VALID);
    }

done:
    pal_free(p);
    return rc;
}

static void count_rounded(size_t *test, size_t *valid, const pal_split_ask *ask, size_t n)
{
    *test = rounded(n, ask->test);
    *valid = rounded(n, ask->valid);
    *test = *test < n ? *test : n - 1;
    *valid = *valid < n - *test ? *valid : n - *test - 1;
}

static void count_down(size_t *test, size_t *valid, const pal_split_ask *ask, size_t n)
{
    *test = part_of(n, ask->test);
    *valid = part_of(n, ask->valid);
}

static void count_last(size_t *test, size_t *valid, const pal_split_ask *ask, size_t n)
{
    *test = (size_t)pal_values_int(ask->values, "test_rows");
    *valid = (size_t)pal_values_int(ask->values, "valid_rows");
    if (*test + *valid >= n) {
        *test = *valid = 0;
    }
}

pal_status pal_split_random_user(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    return split_people(part, ask, key_drawn, false, count_rounded, err);
}

pal_status pal_split_leave_last(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    return split_people(part, ask, key_latest, true, count_last, err);
}

pal_status pal_split_user_time(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    return split_people(part, ask, key_latest, true, count_down, err);
}

/* Folds of as equal sizes as can be: ranks of one drawn order, cut. Validation by draws of its own from the rest. */
pal_status pal_split_k_fold(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = ask->log->n, folds = (size_t)pal_values_int(ask->values, "folds"), left = 0;
    size_t fold = (size_t)pal_values_int(ask->values, "fold"), valid;
    place *p = NULL;

    PAL_NEW(p, n);
    for (size_t i = 0; i < n; i++) {
        p[i] = (place){ row_draw(ask, i, DRAW_ROW), i };
    }
    sort_places(p, n);
    for (size_t i = fold; i < n; i += folds) {
        part[p[i].place] = PAL_PART_TEST;
    }
    for (size_t i = 0; i < n; i++) {
        if (part[i] == PAL_PART_TRAIN) {
            p[left++] = (place){ row_draw(ask, i, DRAW_VALID), i };
        }
    }
    sort_places(p, left);
    valid = rounded(n, ask->valid);
    give(part, p, valid < left ? valid : left, PAL_PART_VALID);

done:
    pal_free(p);
    return rc;
}

/* ---- by time ---------------------------------------------------------------------------------------------- */

/* The first of the ascending places that comes after every one of the instant of the one before. */
static size_t after_instant(const place *p, size_t n, size_t at)
{
    while (at > 0 && at < n && p[at].key == p[at - 1].key) {
        at++;
    }
    return at;
}

pal_status pal_split_time(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = ask->log->n, test, valid;
    place *p = NULL;

    PAL_NEW(p, n);
    for (size_t i = 0; i < n; i++) {
        p[i] = (place){ time_key(ask->log->time[i]), i };
    }
    sort_places(p, n);
    test = after_instant(p, n, n - rounded(n, ask->test));
    valid = rounded(n, ask->test + ask->valid);
    valid = after_instant(p, n, n - (valid < n ? valid : n));
    give(part, p + test, n - test, PAL_PART_TEST);
    if (valid < test) {
        give(part, p + valid, test - valid, PAL_PART_VALID);
    }

done:
    pal_free(p);
    return rc;
}

/* ---- people and items nobody has met ---------------------------------------------------------------------- */

/* Which of n people (or items) are held out: to[i] is PAL_PART_TEST, VALID or TRAIN. */
static pal_status draw_ends(uint8_t **to, const pal_split_ask *ask, uint64_t round, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t test = rounded(n, ask->test), valid = rounded(n, ask->valid);
    place *p = NULL;

    PAL_NEW(*to, n);
    PAL_NEW(p, n);
    for (size_t i = 0; i < n; i++) {
        p[i] = (place){ draw(ask, i, round, 0), i };
    }
    sort_places(p, n);
    valid = valid < n - test ? valid : n - test;
    give(*to, p, test, PAL_PART_TEST);
    give(*to, p + test, valid, PAL_PART_VALID);

done:
    pal_free(p);
    return rc;
}

pal_status pal_split_user_cold(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions *log = ask->log;
    double known = pal_values_real(ask->values, "known");
    uint8_t *to = NULL;
    place *p = NULL;
    size_t end;

    PAL_TRY(draw_ends(&to, ask, DRAW_USER, log->n_users, err));
    PAL_NEW(p, log->n);
    for (size_t begin = 0; begin < log->n; begin = end) {
        size_t n, told;

        end = rows_end(log, begin);
        n = end - begin;
        if (to[log->user[begin]] == PAL_PART_TRAIN) {
            continue;
        }
        for (size_t i = 0; i < n; i++) {
            p[i] = (place){ row_draw(ask, begin + i, DRAW_KNOWN), begin + i };
        }
        sort_places(p, n);
        told = rounded(n, known);
        told = told < n ? told : n - 1; /* something must be left to ask for */
        give(part, p, told, PAL_PART_KNOWN);
        give(part, p + told, n - told, (pal_part)to[log->user[begin]]);
    }

done:
    pal_free(to);
    pal_free(p);
    return rc;
}

pal_status pal_split_item_cold(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_interactions *log = ask->log;
    uint8_t *to = NULL;

    PAL_TRY(draw_ends(&to, ask, DRAW_ITEM, log->n_items, err));
    for (size_t i = 0; i < log->n; i++) {
        part[i] = to[log->item[i]];
    }

done:
    pal_free(to);
    return rc;
}

/* ---- MovieLens's own -------------------------------------------------------------------------------------- */

pal_status pal_split_ua(uint8_t *part, const pal_split_ask *ask, pal_error *err)
{
    size_t first = (size_t)pal_values_int(ask->values, "first"), skip = (size_t)pal_values_int(ask->values, "skip");

    (void)err;
    for (size_t i = 0; i < ask->log->n; i++) {
        size_t nth = ask->log->nth[i];

        part[i] = nth >= skip && nth < skip + first ? PAL_PART_TEST : PAL_PART_TRAIN;
    }
    return PAL_OK;
}
