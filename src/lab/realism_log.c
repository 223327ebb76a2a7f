/* Real logs, runs and simulations as logs for statistics. */
#include "lab/realism_log.h"

#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "data/interactions_load.h"
#include "lab/arm.h"
#include "lab/realism_rows.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define HALF_HOUR 1800.0

const char *const pal_taken_as_names[3] = { "clicked", "examined", "liked" };

pal_people_log_options pal_people_log_defaults(void)
{
    return (pal_people_log_options){ .like_at = 4, .genre = "genre", .least = 1 };
}

/* ---- a real log ---- */

static pal_status load_with(pal_interactions **out, pal_interactions_report *report, const char *path,
                            const pal_json *settings, const char *duplicates, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *values = NULL;
    pal_json_writer w = { .compact = true };
    pal_json_doc *doc = NULL;

    pal_json_begin_object(&w, NULL);
    for (size_t i = 0; settings != NULL && i < pal_json_size(settings); i++) {
        const pal_json *member = pal_json_at(settings, i);
        const char *key = pal_json_key(member);

        if (duplicates == NULL || (strcmp(key, "duplicates") != 0 && strcmp(key, "value") != 0)) pal_json_put_value(&w, key, member);
    }
    if (duplicates != NULL) {
        pal_json_put_string(&w, "duplicates", duplicates);
        pal_json_put_string(&w, "value", "-");
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_json_parse(&doc, w.text.bytes, w.text.n, "--set", err));
    PAL_TRY(pal_values_read(&values, pal_interactions_params, pal_json_root(doc), "--set", "", NULL, err));
    PAL_TRY(pal_interactions_load(out, report, path, values, "--set", "", err));
done:
    pal_text_clear(&w.text);
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

static bool has_two_values(const pal_interactions *log)
{
    for (size_t i = 1; i < log->n; i++) {
        if (log->value[i] < log->value[0] || log->value[i] > log->value[0]) return true;
    }
    return false;
}

/* How often each pair was met, and when first: the same file read again, every row counting 1. */
static pal_status take_repeats(pal_log_rows *rows, const pal_interactions *log, const char *path, const pal_json *settings,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions *sum = NULL, *first = NULL;

    PAL_TRY(load_with(&sum, NULL, path, settings, "sum", err));
    PAL_TRY(load_with(&first, NULL, path, settings, "first", err));
    if (sum->n != log->n || first->n != log->n) goto done; /* rows were left out by their value: pairs differ */
    for (size_t i = 0; i < log->n; i++) {
        pal_log_row *r = &rows->row[i];

        r->times = (uint32_t)sum->value[i];
        if (r->times > 1 && log->time != NULL) {
            r->gap = (double)(log->time[i] - first->time[i]) / (double)(r->times - 1);
            r->time = first->time[i];
        }
    }
done:
    pal_interactions_free(sum);
    pal_interactions_free(first);
    return rc;
}

/* Is a side feature a genre ("genre=Drama", "genres=Drama"), and a known one? */
static bool is_genre(const char *name, const char *genre)
{
    const size_t n = strlen(genre);

    if (strncmp(name, genre, n) != 0) return false;
    name += n;
    name += *name == 's';
    return *name == '=' && strcmp(name + 1, "unknown") != 0;
}

static pal_status take_genres(pal_people_log *p, const pal_side *side, const char *genre, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *begin = NULL, n_genres = 0;
    uint32_t *of = NULL, *number = NULL;

    if (side == NULL) goto done;
    PAL_NEW(number, side->n_features);
    for (size_t f = 0; f < side->n_features; f++) number[f] = is_genre(side->name[f], genre) ? (uint32_t)n_genres++ : PAL_LOG_NO_GENRE;
    if (n_genres == 0) goto done;
    PAL_NEW(begin, p->log.n_items + 1);
    PAL_NEW(of, side->cell->n);
    for (size_t i = 0; i < p->log.n_items; i++) {
        begin[i + 1] = begin[i];
        for (size_t k = side->cell->begin[i]; k < side->cell->begin[i + 1]; k++) {
            if (number[side->cell->col[k]] != PAL_LOG_NO_GENRE && side->cell->value[k] > 0) of[begin[i + 1]++] = number[side->cell->col[k]];
        }
    }
    p->log.n_genres = n_genres;
    p->log.genre_begin = begin;
    p->log.genre = of;
    begin = NULL;
    of = NULL;
done:
    pal_free(begin);
    pal_free(of);
    pal_free(number);
    return rc;
}

pal_status pal_people_log_load(pal_people_log **out, const char *path, const pal_json *settings,
                               const pal_people_log_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions *log = NULL;
    pal_interactions_report report = { 0 };
    pal_log_rows rows = { .n = 0 };
    pal_people_log *p = NULL;
    pal_error inner = { 0 };

    PAL_TRY(load_with(&log, &report, path, settings, NULL, err));
    rows.has_like = options->like_at > 0 && has_two_values(log);
    rows.has_time = log->time != NULL;
    for (size_t i = 0; i < log->n; i++) {
        PAL_TRY(pal_log_rows_add(&rows, (pal_log_row){ .user = log->user[i], .item = log->item[i], .place = log->order[i],
                                     .time = rows.has_time ? log->time[i] : 0, .times = 1, .gap = NAN,
                                     .like = (double)log->value[i] >= options->like_at }, err));
    }
    if (report.repeated > 0 && (settings == NULL || pal_json_get(settings, "duplicates") == NULL)) {
        PAL_TRY(take_repeats(&rows, log, path, settings, err));
    }
    rc = pal_log_rows_finish(&p, &rows, log->n_users, log->n_items, options->least, &inner);
    if (rc != PAL_OK) PAL_FAIL(rc, "%s: %s", path, inner.text);
    p->repeats = report.repeated;
    p->session_gap = HALF_HOUR;
    PAL_TRY(take_genres(p, log->item_side, options->genre, err));
    snprintf(p->digest, sizeof p->digest, "%016llx", (unsigned long long)pal_interactions_digest(log));
    snprintf(p->name, sizeof p->name, "%.100s", log->name);
    *out = p; /* the caller owns it from here */
    p = NULL;
done:
    pal_log_rows_clear(&rows);
    pal_interactions_free(log);
    pal_people_log_free(p);
    return rc;
}

/* ---- a simulation in memory ---- */

bool pal_log_is_taken(uint8_t flags, pal_taken_as as)
{
    static const uint8_t flag[] = { [PAL_AS_CLICKED] = PAL_CLICKED, [PAL_AS_EXAMINED] = PAL_EXAMINED, [PAL_AS_LIKED] = PAL_LIKED };

    return (flags & flag[as]) != 0;
}

static pal_status take_round(pal_log_rows *rows, const pal_arm *arm, pal_taken_as as, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < arm->event_begin[arm->world->people->n]; i++) {
        const pal_event *e = &arm->event[i];

        if (!pal_log_is_taken(e->flags, as)) continue;
        PAL_TRY(pal_log_rows_add(rows, (pal_log_row){ .user = e->user, .item = e->item, .time = e->round, .place = e->slot,
                                     .times = 1, .gap = NAN, .like = (e->flags & PAL_LIKED) != 0 }, err));
    }
done:
    return rc;
}

static pal_status catalog_genres(pal_people_log *p, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint32_t *genre = NULL;

    PAL_NEW(genre, catalog->n_items);
    for (size_t i = 0; i < catalog->n_items; i++) genre[i] = catalog->cluster[i];
    PAL_TRY(pal_log_rows_genres(p, genre, catalog->clusters->n, err));
done:
    pal_free(genre);
    return rc;
}

pal_status pal_people_log_play(pal_people_log **out, const pal_experiment *e, const pal_catalog *catalog,
                               const pal_lab_people *world, size_t a, pal_taken_as as, size_t least, size_t n_threads,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arm *arm = NULL;
    pal_log_rows rows = { .has_like = as != PAL_AS_LIKED, .has_time = true };
    pal_people_log *p = NULL;

    PAL_TRY(pal_arm_new(&arm, e, catalog, world, a, n_threads, err));
    for (size_t t = 0; t < e->n_rounds; t++) {
        if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %zu of a simulation", t);
        PAL_TRY(pal_arm_serve(arm, err));
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(take_round(&rows, arm, as, err));
        PAL_TRY(pal_arm_learn(arm, err));
    }
    PAL_TRY(pal_log_rows_finish(&p, &rows, world->people->n, catalog->n_items, least, err));
    PAL_TRY(catalog_genres(p, catalog, err));
    *out = p; /* the caller owns it from here */
    p = NULL;
done:
    pal_arm_free(arm);
    pal_log_rows_clear(&rows);
    pal_people_log_free(p);
    return rc;
}
