/* The accumulator of long-run effects: rows of the arm under way, and what was measured of the windows before. */
#include "lab/long_run.h"

#include "core/fields.h"
#include "core/mem.h"

#include <math.h>
#include <string.h>

/* Room for everything, all measures undefined. */
static pal_status make_room(pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t cells = l->n_arms * l->n_windows;
    const size_t items = cells * l->n_replicates * PAL_LONG_ITEMS * (1 + pal_boot_resamples(l->boot));

    PAL_NEW(l->person, cells * PAL_LONG_PERSON * l->n_people);
    PAL_NEW(l->jaccard, cells * 2 * l->n_pairs);
    PAL_NEW(l->items, items);
    for (size_t i = 0; i < cells * PAL_LONG_PERSON * l->n_people; i++) l->person[i] = NAN;
    for (size_t i = 0; i < cells * 2 * l->n_pairs; i++) l->jaccard[i] = NAN;
    for (size_t i = 0; i < items; i++) l->items[i] = NAN;
    PAL_NEW(l->item, l->n_users * l->room);
    PAL_NEW(l->taste, l->n_users * l->room);
    PAL_NEW(l->liked, l->n_users * l->room);
    PAL_NEW(l->rows, l->n_users);
    PAL_NEW(l->begin, l->n_users * (l->n_windows + 1));
    PAL_NEW(l->sessions, l->n_users);
done:
    return rc;
}

static pal_status make_boot(pal_long_run *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_values *s = l->experiment->statistics;
    const size_t all = (size_t)pal_values_int(s, "resamples"), spread = (size_t)pal_values_int(s, "spread_resamples");
    uint32_t *stratum = NULL;

    PAL_NEW(stratum, l->n_people);
    for (size_t p = 0; p < l->n_people; p++) stratum[p] = (uint32_t)(p / l->n_users);
    PAL_TRY(pal_boot_new(&l->boot, l->n_people, stratum, spread < all ? spread : all, pal_values_real(s, "level"),
                         pal_key_for(l->experiment->seed, 0, PAL_FOR_BOOTSTRAP), l->n_threads, err));
done:
    pal_free(stratum);
    return rc;
}

pal_status pal_long_run_new(pal_long_run **out, const pal_experiment *e, const pal_catalog *catalog,
                            const pal_people_set *set, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_long_run *l = NULL;

    if (!pal_values_bool(e->output, "long_run")) return PAL_OK;
    PAL_NEW(l, 1);
    l->experiment = e;
    l->catalog = catalog;
    l->set = *set;
    l->n_arms = e->n_arms;
    l->n_replicates = e->n_replicates;
    l->n_users = set->n_users;
    l->n_people = l->n_users * l->n_replicates;
    l->n_rounds = e->n_rounds;
    l->room = e->n_rounds * PAL_MAX_SLOTS;
    if (l->room > catalog->n_items) l->room = catalog->n_items; /* nobody is shown an item twice */
    l->window = (size_t)pal_values_int(e->output, "long_run_window");
    l->n_windows = (l->n_rounds + l->window - 1) / l->window;
    l->n_threads = n_threads;
    PAL_TRY(make_boot(l, err));
    PAL_TRY(pal_long_run_pair(l, err));
    PAL_TRY(pal_long_run_appeal(l, err));
    PAL_TRY(make_room(l, err));
    *out = l;
    l = NULL;
done:
    pal_long_run_free(l);
    return rc;
}

void pal_long_run_free(pal_long_run *l)
{
    if (l == NULL) return;
    pal_boot_free(l->boot);
    pal_free(l->decile);
    pal_free(l->popular);
    pal_free(l->pair);
    pal_free(l->pair_group);
    pal_free(l->person);
    pal_free(l->jaccard);
    pal_free(l->items);
    pal_free(l->item);
    pal_free(l->taste);
    pal_free(l->liked);
    pal_free(l->rows);
    pal_free(l->begin);
    pal_free(l->sessions);
    pal_free(l);
}

/* ---- rounds ---- */

static void begin_replicate(pal_long_run *l)
{
    memset(l->rows, 0, l->n_users * sizeof *l->rows);
    memset(l->begin, 0, l->n_users * (l->n_windows + 1) * sizeof *l->begin);
    memset(l->sessions, 0, l->n_users * sizeof *l->sessions);
}

static void keep_rows(pal_long_run *l, const pal_arm *arm, size_t u)
{
    const size_t first = arm->event_begin[u], n = arm->event_begin[u + 1] - first;

    l->sessions[u] += arm->present[u] ? 1 : 0;
    PAL_ASSERT(l->rows[u] + n <= l->room);
    for (size_t k = 0; k < n; k++) {
        const size_t row = u * l->room + l->rows[u]++;

        l->item[row] = arm->event[first + k].item;
        l->taste[row] = arm->answer[u * PAL_MAX_SLOTS + k].true_taste;
        l->liked[row] = (arm->event[first + k].flags & PAL_LIKED) != 0;
    }
}

pal_status pal_long_run_round(pal_long_run *l, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t window;

    if (l == NULL) return PAL_OK;
    window = (arm->round - 1) / l->window;
    if (arm->round == 1) begin_replicate(l);
    for (size_t u = 0; u < l->n_users; u++) keep_rows(l, arm, u);
    if (arm->round != pal_long_to(l, window)) return PAL_OK;
    for (size_t u = 0; u < l->n_users; u++) l->begin[u * (l->n_windows + 1) + window + 1] = l->rows[u];
    PAL_TRY(pal_long_run_people(l, arm, window, err));
    PAL_TRY(pal_long_run_exposure(l, arm, window, err));
    memset(l->sessions, 0, l->n_users * sizeof *l->sessions);
done:
    return rc;
}

/* ---- kept between rounds ---- */

#define PART "long_run"

enum { N_FIELDS = 6, N_ROWS = 3 };

static void list_fields(pal_field list[N_FIELDS], const pal_long_run *l)
{
    const size_t cells = l->n_arms * l->n_windows;
    const pal_field all[N_FIELDS] = {
        PAL_FIELD("person", l->person, cells * PAL_LONG_PERSON * l->n_people),
        PAL_FIELD("jaccard", l->jaccard, cells * 2 * l->n_pairs),
        PAL_FIELD("items", l->items, cells * l->n_replicates * PAL_LONG_ITEMS * (1 + pal_boot_resamples(l->boot))),
        PAL_FIELD("rows", l->rows, l->n_users), PAL_FIELD("begin", l->begin, l->n_users * (l->n_windows + 1)),
        PAL_FIELD("sessions", l->sessions, l->n_users),
    };

    memcpy(list, all, sizeof all);
}

static void list_rows(pal_field list[N_ROWS], pal_rows *rows, const pal_long_run *l)
{
    const size_t n = l->n_users * l->room;
    const pal_field all[N_ROWS] = { PAL_FIELD("item", l->item, n), PAL_FIELD("taste", l->taste, n),
                                    PAL_FIELD("liked", l->liked, n) };

    memcpy(list, all, sizeof all);
    *rows = (pal_rows){ .n_rows = l->n_users, .n = l->rows, .stride = l->room };
}

pal_status pal_long_run_save(const pal_long_run *l, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_field list[N_FIELDS], row[N_ROWS];
    pal_rows rows;

    if (l == NULL) return PAL_OK;
    list_fields(list, l);
    list_rows(row, &rows, l);
    PAL_TRY(pal_fields_save(file, PART, list, N_FIELDS, err));
    PAL_TRY(pal_rows_save(file, PART, row, N_ROWS, &rows, err));
done:
    return rc;
}

/* The windows that have ended before `round` lie one behind the other in the rows there are, none longer than it can be. */
static pal_status check_rows(const pal_long_run *l, size_t round, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t done = round / l->window, most = l->window * PAL_MAX_SLOTS;

    for (size_t u = 0; u < l->n_users; u++) {
        const uint32_t *begin = l->begin + u * (l->n_windows + 1);

        for (size_t w = 0; w <= done; w++) {
            const uint32_t end = w < done ? begin[w + 1] : l->rows[u];

            if ((w == 0 && begin[0] != 0) || end < begin[w] || end - begin[w] > most) {
                PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".begin\": person %zu, window %zu: rows %u to %u of %u",
                         pal_tensors_file(file), u, w, begin[w], end, l->rows[u]);
            }
        }
        for (size_t i = 0; i < l->rows[u]; i++) {
            if (l->item[u * l->room + i] >= l->catalog->n_items) {
                PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".item\": person %zu, row %zu: item %u of %zu",
                         pal_tensors_file(file), u, i, l->item[u * l->room + i], l->catalog->n_items);
            }
        }
    }
done:
    return rc;
}

pal_status pal_long_run_restore(pal_long_run *l, uint32_t round, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_field list[N_FIELDS], row[N_ROWS];
    pal_rows rows;

    if (l == NULL) return PAL_OK;
    list_fields(list, l);
    list_rows(row, &rows, l);
    PAL_TRY(pal_fields_restore(list, N_FIELDS, file, PART, err));
    PAL_TRY(pal_rows_restore(row, N_ROWS, &rows, file, PART, err));
    PAL_TRY(check_rows(l, round, file, err));
done:
    return rc;
}
