/* Files of the people map read into plain arrays; older runs and runs without a map have none. */
#include "plots/run_communities.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"
#include "plots/run_people.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MAP_FILE "people_map.csv"
#define MAKE_UP_FILE "community_make_up.csv"
enum { MOST_LABELS = 100000 };

const pal_people_time *pal_communities_end(const pal_communities_data *data, double replicate)
{
    const pal_people_time *last = NULL;

    for (size_t t = 0; t < data->n_times; t++) {
        if (data->times[t].replicate == replicate) {
            last = &data->times[t];
        }
    }
    return last;
}

/* ---- summary.json ---- */

static pal_accord accord_of(const pal_json *object)
{
    return (pal_accord){ pal_look_number(object, "ari"), pal_look_number(object, "nmi"),
                         pal_look_number(object, "ari_sets"), pal_look_number(object, "nmi_sets"),
                         pal_look_number(object, "overlap") };
}

static size_t arm_of(const pal_rundata *run, const pal_json *entry)
{
    return pal_rundata_arm(run, pal_look_text(entry, "arm", ""));
}

/* The arm that is drawn, and how many entries it has. */
static size_t choose_arm(size_t *n, const pal_rundata *run, const pal_json *array)
{
    size_t arm = SIZE_MAX;

    *n = 0;
    for (size_t i = 0; i < pal_look_size(array); i++) {
        size_t a = arm_of(run, pal_json_at(array, i));

        if (a != SIZE_MAX && (arm == SIZE_MAX || (a == run->focus && arm != a))) {
            arm = a;
        }
    }
    for (size_t i = 0; i < pal_look_size(array); i++) {
        *n += arm != SIZE_MAX && arm_of(run, pal_json_at(array, i)) == arm;
    }
    return arm;
}

static pal_status read_times(pal_communities_data *data, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(pal_json_root(run->hidden->summary), "communities");
    size_t n;

    data->arm = choose_arm(&n, run, array);
    PAL_TAKE(data->times, n + 1, run->hidden->arena);
    for (size_t i = 0; i < pal_look_size(array); i++) {
        const pal_json *entry = pal_json_at(array, i);
        pal_people_time *t = &data->times[data->n_times];

        if (arm_of(run, entry) != data->arm) {
            continue;
        }
        *t = (pal_people_time){
            .replicate = pal_look_number(entry, "replicate"), .round = pal_look_number(entry, "round"),
            .placed = pal_look_number(entry, "placed"), .k = pal_look_number(entry, "k"),
            .eigengap = pal_look_number(entry, "eigengap"), .found = accord_of(entry),
            .chance = accord_of(pal_look_object(entry, "chance")), .best = accord_of(pal_look_object(entry, "best")) };
        PAL_TAKE(t->x, (size_t)run->people, run->hidden->arena);
        PAL_TAKE(t->y, (size_t)run->people, run->hidden->arena);
        PAL_TAKE(t->community, (size_t)run->people, run->hidden->arena);
        PAL_TAKE(t->truth, (size_t)run->people, run->hidden->arena);
        data->n_times++;
    }

done:
    return rc;
}

/* ---- people_map.csv ---- */

enum { M_ARM, M_REPLICATE, M_ROUND, M_USER, M_COMMUNITY, M_X, M_Y, M_TRUTH, M_COLUMNS };

typedef struct reading {
    const pal_rundata *run;
    pal_table *table;
    const char *file;
    size_t column[9];
} reading;

static pal_status number_at(double *out, const reading *r, size_t row, size_t column, pal_error *err)
{
    return pal_read_cell(out, r->table, r->file, row, r->column[column], err);
}

/* A community's number; PAL_NOWHERE for an empty field. */
static pal_status label_at(size_t *out, const reading *r, size_t row, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;
    double value;

    PAL_TRY(number_at(&value, r, row, column, err));
    if (!isnan(value) && !(value >= 0 && value < MOST_LABELS && value == floor(value))) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: community %g, wanted a whole number from 0", r->file, row + 1, value);
    }
    *out = isnan(value) ? PAL_NOWHERE : (size_t)value;

done:
    return rc;
}

static pal_people_time *time_at(const pal_communities_data *data, double replicate, double round)
{
    for (size_t t = 0; t < data->n_times; t++) {
        if (data->times[t].replicate == replicate && data->times[t].round == round) {
            return &data->times[t];
        }
    }
    return NULL;
}

/* Names stand many times: the first equal one is kept. */
static pal_status keep_truth(pal_people_time *t, const char *name, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < t->n; i++) {
        if (strcmp(t->truth[i], name) == 0) {
            t->truth[t->n] = t->truth[i];
            return PAL_OK;
        }
    }
    PAL_TRY(pal_rundata_keep(&t->truth[t->n], arena, name, err));

done:
    return rc;
}

static pal_status read_map_row(pal_communities_data *data, const reading *r, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    double replicate, round, user;
    pal_people_time *t;

    PAL_TRY(number_at(&replicate, r, row, M_REPLICATE, err));
    PAL_TRY(number_at(&round, r, row, M_ROUND, err));
    PAL_TRY(number_at(&user, r, row, M_USER, err));
    t = time_at(data, replicate, round);
    if (t == NULL || user != (double)t->n || user >= r->run->people) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: user %g of replicate %g, round %g: not the next one of an entry of "
                 "'communities' in summary.json", r->file, row + 1, user, replicate, round);
    }
    PAL_TRY(label_at(&t->community[t->n], r, row, M_COMMUNITY, err));
    PAL_TRY(number_at(&t->x[t->n], r, row, M_X, err));
    PAL_TRY(number_at(&t->y[t->n], r, row, M_Y, err));
    PAL_TRY(keep_truth(t, pal_table_text(r->table, row, r->column[M_TRUTH]), r->run->hidden->arena, err));
    if (replicate == 0 && t->community[t->n] != PAL_NOWHERE && t->community[t->n] >= data->n_labels) {
        data->n_labels = t->community[t->n] + 1;
    }
    t->n++;

done:
    return rc;
}

static pal_status open_table(reading *r, const pal_rundata *run, const char *file, const char *const *names,
                             pal_error *err)
{
    pal_status rc = PAL_OK;

    *r = (reading){ .run = run, .file = file };
    PAL_TRY(pal_rundata_table(&r->table, run->dir, file, err));
    for (size_t c = 0; names[c] != NULL; c++) {
        PAL_TRY(pal_table_find(&r->column[c], r->table, names[c], err));
    }

done:
    return rc;
}

static pal_status read_map(pal_communities_data *data, const pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "replicate", "round", "user", "community", "x", "y", "true_community",
                                         NULL };
    pal_status rc = PAL_OK;
    size_t arm = SIZE_MAX;
    reading r;

    PAL_TRY(open_table(&r, run, MAP_FILE, names, err));
    for (size_t row = 0; row < pal_table_rows(r.table); row++) {
        PAL_TRY(pal_rundata_cell_arm(&arm, run, r.table, MAP_FILE, row, r.column[M_ARM], err));
        if (arm == data->arm) {
            PAL_TRY(read_map_row(data, &r, row, err));
        }
    }

done:
    pal_table_free(r.table);
    return rc;
}

/* ---- community_make_up.csv ---- */

enum { U_ARM, U_REPLICATE, U_ROUND, U_COMMUNITY, U_SIZE, U_GENRE, U_SHARE, U_LIFT };

/* The genre's number, new ones kept; there is room for as many as the table has rows. */
static pal_status genre_at(size_t *out, pal_communities_data *data, const reading *r, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *name = pal_table_text(r->table, row, r->column[U_GENRE]);

    for (*out = 0; *out < data->n_genres && strcmp(data->genre[*out], name) != 0;) {
        ++*out;
    }
    if (*out == data->n_genres) {
        PAL_TRY(pal_rundata_keep(&data->genre[data->n_genres], r->run->hidden->arena, name, err));
        data->n_genres++;
    }

done:
    return rc;
}

/* Is the row one of the drawn arm, first replicate? */
static pal_status is_wanted(bool *wanted, const pal_communities_data *data, const reading *r, size_t row, size_t *arm,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    double replicate;

    PAL_TRY(pal_rundata_cell_arm(arm, r->run, r->table, MAKE_UP_FILE, row, r->column[U_ARM], err));
    PAL_TRY(number_at(&replicate, r, row, U_REPLICATE, err));
    *wanted = *arm == data->arm && replicate == 0;

done:
    return rc;
}

static pal_status take_communities(pal_communities_data *data, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TAKE(data->community, data->n_labels + 1, arena);
    for (size_t c = 0; c < data->n_labels; c++) {
        data->community[c] = (pal_community){ 0 };
        PAL_TAKE(data->community[c].share, data->n_genres + 1, arena);
        PAL_TAKE(data->community[c].lift, data->n_genres + 1, arena);
        memset(data->community[c].share, 0, (data->n_genres + 1) * sizeof(double));
        memset(data->community[c].lift, 0, (data->n_genres + 1) * sizeof(double));
    }

done:
    return rc;
}

/* Rows come round by round: what a community was made of last stays, its size only when it lasted to the end. */
static pal_status read_make_up_row(pal_communities_data *data, const reading *r, size_t row, double *seen, double last,
                                   pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t label, genre;
    double round, size;
    pal_community *c;

    PAL_TRY(label_at(&label, r, row, U_COMMUNITY, err));
    PAL_TRY(number_at(&round, r, row, U_ROUND, err));
    PAL_TRY(number_at(&size, r, row, U_SIZE, err));
    PAL_TRY(genre_at(&genre, data, r, row, err));
    if (label >= data->n_labels) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: community %zu has no people in " MAP_FILE, r->file, row + 1, label);
    }
    c = &data->community[label];
    if (seen[label] != round) {
        memset(c->share, 0, data->n_genres * sizeof(double));
        memset(c->lift, 0, data->n_genres * sizeof(double));
        seen[label] = round;
    }
    c->size = round == last ? size : 0;
    PAL_TRY(number_at(&c->share[genre], r, row, U_SHARE, err));
    PAL_TRY(number_at(&c->lift[genre], r, row, U_LIFT, err));

done:
    return rc;
}

static pal_status read_make_up(pal_communities_data *data, const pal_rundata *run, pal_error *err)
{
    static const char *const names[] = { "arm", "replicate", "round", "community", "size", "genre", "share", "lift",
                                         NULL };
    pal_status rc = PAL_OK;
    const pal_people_time *end = pal_communities_end(data, 0);
    double *seen = NULL;
    size_t arm = SIZE_MAX, genre;
    bool wanted;
    reading r;

    PAL_TRY(open_table(&r, run, MAKE_UP_FILE, names, err));
    PAL_NEW(seen, data->n_labels + 1);
    for (size_t c = 0; c < data->n_labels; c++) {
        seen[c] = -1;
    }
    PAL_TAKE(data->genre, pal_table_rows(r.table) + 1, run->hidden->arena);
    for (size_t row = 0; row < pal_table_rows(r.table); row++) {
        PAL_TRY(is_wanted(&wanted, data, &r, row, &arm, err));
        if (wanted) {
            PAL_TRY(genre_at(&genre, data, &r, row, err));
        }
    }
    PAL_TRY(take_communities(data, run->hidden->arena, err));
    for (size_t row = 0; row < pal_table_rows(r.table); row++) {
        PAL_TRY(is_wanted(&wanted, data, &r, row, &arm, err));
        if (wanted) {
            PAL_TRY(read_make_up_row(data, &r, row, seen, end == NULL ? -1 : end->round, err));
        }
    }

done:
    pal_table_free(r.table);
    pal_free(seen);
    return rc;
}

/* ---- profiles.json ---- */

static size_t label_of(const pal_json *object)
{
    double value = pal_look_number(object, "community");

    return value >= 0 && value < MOST_LABELS ? (size_t)value : PAL_NOWHERE;
}

static pal_status read_texts(const char ***out, size_t *n, const pal_json *object, const char *key, pal_arena *arena,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(object, key);

    *n = 0;
    PAL_TAKE(*out, pal_look_size(array) + 1, arena);
    for (size_t i = 0; i < pal_look_size(array); i++) {
        const pal_json *text = pal_json_at(array, i);

        if (pal_json_kind_of(text) == PAL_JSON_STRING) {
            (*out)[(*n)++] = pal_json_string(text);
        }
    }

done:
    return rc;
}

static pal_status read_near(pal_neighbourhood *p, const pal_json *object, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *array = pal_look_array(object, "nearest");

    p->n_near = pal_look_size(array);
    PAL_TAKE(p->near, p->n_near + 1, arena);
    for (size_t i = 0; i < p->n_near; i++) {
        const pal_json *row = pal_json_at(array, i);
        pal_near *near = &p->near[i];

        *near = (pal_near){ .user = pal_look_number(row, "user"), .similarity = pal_look_number(row, "similarity"),
                            .shared_genres = pal_look_number(row, "shared_genres"),
                            .shared_songs = pal_look_number(row, "shared_songs"), .community = label_of(row) };
        PAL_TRY(read_texts(&near->genre, &near->n_genres, row, "genres", arena, err));
        PAL_TRY(read_texts(&near->song, &near->n_songs, row, "songs", arena, err));
    }

done:
    return rc;
}

static pal_status read_neighbourhood(pal_neighbourhood *p, const pal_json *object, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *rounds = pal_look_array(object, "membership");

    *p = (pal_neighbourhood){ .community = label_of(object), .people = pal_look_number(object, "people"),
                              .served = strcmp(pal_look_text(object, "from", ""), "company") == 0,
                              .n_rounds = pal_look_size(rounds) };
    PAL_TAKE(p->round, p->n_rounds + 1, arena);
    PAL_TAKE(p->size, p->n_rounds + 1, arena);
    PAL_TAKE(p->at, p->n_rounds + 1, arena);
    for (size_t i = 0; i < p->n_rounds; i++) {
        const pal_json *row = pal_json_at(rounds, i);

        p->round[i] = pal_look_number(row, "round");
        p->size[i] = pal_look_number(row, "size");
        p->at[i] = label_of(row);
    }
    PAL_TRY(read_near(p, object, arena, err));

done:
    return rc;
}

static pal_status read_people(pal_communities_data *data, const pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *people = pal_look_array(pal_json_root(run->hidden->profiles), "people");
    bool any = false;

    for (size_t i = 0; i < pal_look_size(people); i++) {
        any = any || pal_look_object(pal_json_at(people, i), "community") != NULL;
    }
    if (!any) {
        return PAL_OK;
    }
    PAL_TAKE(data->people, pal_look_size(people), run->hidden->arena);
    for (size_t i = 0; i < pal_look_size(people); i++) {
        PAL_TRY(read_neighbourhood(&data->people[i], pal_look_object(pal_json_at(people, i), "community"),
                                   run->hidden->arena, err));
    }

done:
    return rc;
}

pal_status pal_rundata_read_communities(pal_rundata *run, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(run->dir, MAP_FILE);
    pal_communities_data *data;

    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: the path of " MAP_FILE);
    }
    if (!pal_file_exists(path)) {
        goto done;
    }
    PAL_TAKE(data, 1, run->hidden->arena);
    *data = (pal_communities_data){ 0 };
    PAL_TRY(read_times(data, run, err));
    PAL_TRY(read_map(data, run, err));
    PAL_TRY(read_make_up(data, run, err));
    pal_communities_name(data);
    PAL_TRY(pal_communities_order(data, run->hidden->arena, err));
    PAL_TRY(read_people(data, run, err));
    run->communities = data;

done:
    pal_free(path);
    return rc;
}
