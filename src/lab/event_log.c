/* The log of impressions: events.csv, or one .npy a column for long runs. */
#include "lab/results.h"

#include "core/fields.h"
#include "core/mem.h"
#include "core/npy.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define AUTO_CSV_ROWS 300000
#define PART "events"

typedef struct log_column {
    const char *name;
    pal_dtype type;
} log_column;

enum { COL_ARM, COL_REPLICATE, COL_USER, COL_ROUND, COL_SLOT, COL_STAGE, COL_ITEM, COL_TASTE, COL_SCORE,
       COL_PROPENSITY, COL_FLAGS, COL_TRUE_TASTE, COL_P_CLICK, COL_P_LIKE, COLUMNS };

static const log_column columns[COLUMNS] = {
    { "arm", PAL_U8 }, { "replicate", PAL_U32 }, { "user", PAL_U32 }, { "round", PAL_U32 }, { "slot", PAL_U8 },
    { "stage", PAL_U8 }, { "item", PAL_U32 }, { "taste", PAL_U8 }, { "score", PAL_F32 }, { "propensity", PAL_F32 },
    { "flags", PAL_U8 }, { "true_taste", PAL_U8 }, { "p_click", PAL_F32 }, { "p_like", PAL_F32 },
};

struct pal_event_log {
    pal_outfile *csv;                 /* NULL: npy */
    pal_outfile *raw[COLUMNS];        /* npy bodies; the header, which holds the row count, is put before at the end */
    uint64_t rows;
};

static pal_status open_csv(pal_event_log *log, const pal_results *results, pal_error *err)
{
    bool begun;
    pal_status rc = pal_results_open_rounds(&log->csv, &begun, results, "events.csv", err);

    if (rc != PAL_OK || begun) return rc;
    pal_outfile_text(log->csv, "arm,replicate,user,round,slot,stage,item,taste,score,propensity,examined,clicked,liked,"
                               "disliked,skipped,true_taste,p_click,p_like\n");
    return PAL_OK;
}

/* A spool that was made a column before the run came to its end is made again from it. */
static pal_status respool(const pal_results *results, const char *spool, const char *column, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *from = pal_path_join(results->dir, column), *to = pal_path_join(results->dir, spool);
    pal_outfile *f = NULL;
    pal_dtype type;
    uint64_t n = 0;
    size_t width = 0;
    void *data = NULL;

    if (from == NULL || to == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (!pal_file_exists(from)) goto done;
    PAL_TRY(pal_npy_load(&data, &type, &n, &width, from, err));
    PAL_TRY(pal_outfile_open(&f, to, err));
    pal_outfile_bytes(f, data, (size_t)n * width * pal_dtype_size(type));
    PAL_TRY(pal_outfile_commit(&f, NULL, err));
    remove(from);
done:
    pal_outfile_abort(&f);
    pal_free(data);
    pal_free(from);
    pal_free(to);
    return rc;
}

/* Columns are spooled first: how many rows there will be is known at the end only (people may stay away). */
static pal_status open_npy(pal_event_log *log, const pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    char name[64], column[64];
    char *dir = pal_path_join(results->dir, "events");
    bool begun;

    if (dir == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_dir_make(dir, err));
    for (size_t c = 0; c < COLUMNS; c++) {
        snprintf(name, sizeof name, "events/%s.raw", columns[c].name);
        snprintf(column, sizeof column, "events/%s.npy", columns[c].name);
        if (results->from != NULL) PAL_TRY(respool(results, name, column, err));
        PAL_TRY(pal_results_open_rounds(&log->raw[c], &begun, results, name, err));
    }
done:
    pal_free(dir);
    return rc;
}

pal_status pal_event_log_open(pal_event_log **out, const pal_results *results, uint64_t most_rows, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *how = pal_values_text(results->experiment->output, "events");
    bool npy = strcmp(how, "npy") == 0 || (strcmp(how, "auto") == 0 && most_rows > AUTO_CSV_ROWS);
    pal_event_log *log = NULL;

    if (strcmp(how, "none") == 0) {
        *out = NULL;
        return PAL_OK;
    }
    PAL_NEW(log, 1);
    PAL_TRY(npy ? open_npy(log, results, err) : open_csv(log, results, err));
    if (results->from != NULL) {
        const pal_field rows = PAL_FIELD("rows", &log->rows, 1);

        PAL_TRY(pal_fields_restore(&rows, 1, results->from, PART, err));
    }
    *out = log;
    log = NULL;
done:
    pal_event_log_abort(&log);
    return rc;
}

static void put_csv_row(pal_outfile *f, const pal_arm *arm, const pal_event *e, const pal_answer *a)
{
    static const unsigned flag[] = { PAL_EXAMINED, PAL_CLICKED, PAL_LIKED, PAL_DISLIKED, PAL_SKIPPED };

    pal_outfile_csv_text(f, arm->experiment->arm[arm->index].name);
    pal_outfile_printf(f, ",%u,%u,%u,%u,%s,%u,%s,", arm->world->replicate, e->user, e->round, e->slot,
                       pal_stage_at(e->stage)->name, e->item,
                       e->taste == PAL_NO_TASTE ? "" : arm->catalog->clusters->name[e->taste]);
    pal_outfile_float(f, e->score);
    pal_outfile_text(f, ",");
    pal_outfile_float(f, e->propensity);
    for (size_t i = 0; i < sizeof flag / sizeof *flag; i++) pal_outfile_text(f, (e->flags & flag[i]) != 0 ? ",1" : ",0");
    if (a->true_taste == PAL_NO_TASTE) {
        pal_outfile_text(f, ",,");
    } else {
        pal_outfile_printf(f, ",%u,", a->true_taste);
    }
    pal_outfile_float(f, a->p_click);
    pal_outfile_text(f, ",");
    pal_outfile_float(f, a->p_like);
    pal_outfile_text(f, "\n");
}

static void put_raw_row(pal_outfile *const f[COLUMNS], const pal_arm *arm, const pal_event *e, const pal_answer *a)
{
    uint8_t index = (uint8_t)arm->index;
    uint32_t replicate = arm->world->replicate;

    pal_outfile_bytes(f[COL_ARM], &index, 1);
    pal_outfile_bytes(f[COL_REPLICATE], &replicate, 4);
    pal_outfile_bytes(f[COL_USER], &e->user, 4);
    pal_outfile_bytes(f[COL_ROUND], &e->round, 4);
    pal_outfile_bytes(f[COL_SLOT], &e->slot, 1);
    pal_outfile_bytes(f[COL_STAGE], &e->stage, 1);
    pal_outfile_bytes(f[COL_ITEM], &e->item, 4);
    pal_outfile_bytes(f[COL_TASTE], &e->taste, 1);
    pal_outfile_bytes(f[COL_SCORE], &e->score, 4);
    pal_outfile_bytes(f[COL_PROPENSITY], &e->propensity, 4);
    pal_outfile_bytes(f[COL_FLAGS], &e->flags, 1);
    pal_outfile_bytes(f[COL_TRUE_TASTE], &a->true_taste, 1);
    pal_outfile_bytes(f[COL_P_CLICK], &a->p_click, 4);
    pal_outfile_bytes(f[COL_P_LIKE], &a->p_like, 4);
}

pal_status pal_event_log_round(pal_event_log *log, const pal_arm *arm, pal_error *err)
{
    (void)err; /* write errors are sticky and come out at commit */
    if (log == NULL) return PAL_OK;
    for (size_t u = 0; u < arm->world->people->n; u++) {
        for (size_t i = arm->event_begin[u]; i < arm->event_begin[u + 1]; i++) {
            const pal_event *e = &arm->event[i];
            const pal_answer *a = &arm->answer[u * PAL_MAX_SLOTS + e->slot];

            if (log->csv != NULL) put_csv_row(log->csv, arm, e, a);
            else put_raw_row(log->raw, arm, e, a);
            log->rows++;
        }
    }
    return PAL_OK;
}

pal_status pal_event_log_save(const pal_event_log *log, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t rows = log == NULL ? 0 : log->rows;
    const pal_field field = PAL_FIELD("rows", &rows, 1);
    char name[64];

    if (log == NULL) return PAL_OK;
    PAL_TRY(pal_fields_save(file, PART, &field, 1, err));
    if (log->csv != NULL) PAL_TRY(pal_results_mark(log->csv, "events.csv", file, err));
    for (size_t c = 0; c < COLUMNS && log->csv == NULL; c++) {
        snprintf(name, sizeof name, "events/%s.raw", columns[c].name);
        PAL_TRY(pal_results_mark(log->raw[c], name, file, err));
    }
done:
    return rc;
}

/* Header and spooled body as one .npy file; the spool is removed. */
static pal_status finish_column(pal_event_log *log, pal_results *results, size_t c, pal_error *err)
{
    pal_status rc = PAL_OK;
    char name[64], spool[64], hex[PAL_HASH_HEX];
    char *from = NULL, *to = NULL, buffer[65536];
    pal_npy_writer *w = NULL;
    FILE *file = NULL;
    size_t size = pal_dtype_size(columns[c].type), n;

    snprintf(spool, sizeof spool, "events/%s.raw", columns[c].name);
    snprintf(name, sizeof name, "events/%s.npy", columns[c].name);
    from = pal_path_join(results->dir, spool);
    to = pal_path_join(results->dir, name);
    if (from == NULL || to == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_commit(&log->raw[c], NULL, err));
    file = fopen(from, "rb");
    if (file == NULL) PAL_FAIL(PAL_ERR_IO, "%s: cannot be opened again", from);
    PAL_TRY(pal_npy_open(&w, to, columns[c].type, 1, log->rows, err));
    while ((n = fread(buffer, size, sizeof buffer / size, file)) > 0) pal_npy_add(w, buffer, n);
    if (ferror(file)) PAL_FAIL(PAL_ERR_IO, "%s: cannot be read", from);
    PAL_TRY(pal_npy_commit(&w, hex, err));
    pal_results_add(results, name, hex, log->rows * size);
done:
    if (file != NULL) fclose(file);
    if (rc == PAL_OK) remove(from); /* else whoever goes on needs it */
    pal_npy_abort(&w);
    pal_free(from);
    pal_free(to);
    return rc;
}

#define FIRST_STAGES 9 /* of the registry stood in every index before it was cut */

/* Stages up to the last one that served anyone: a stage that is added to the registry changes no file it has no part in. */
static size_t stages_listed(const pal_results *results)
{
    size_t n = FIRST_STAGES;

    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        const pal_record *r = results->record[a];

        for (size_t i = 0; i < r->n_rounds * r->n_stages; i++) {
            if (r->stage_count[PAL_COUNT_IMPRESSIONS][i] > 0 && i % r->n_stages >= n) n = i % r->n_stages + 1;
        }
    }
    return n;
}

static pal_status write_index(const pal_event_log *log, pal_results *results, pal_error *err)
{
    pal_json_writer w = { 0 };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-events/1");
    pal_json_put_i64(&w, "rows", (int64_t)log->rows);
    pal_json_begin_array(&w, "columns");
    for (size_t c = 0; c < COLUMNS; c++) pal_json_put_string(&w, NULL, columns[c].name);
    pal_json_end_array(&w);
    pal_json_begin_array(&w, "arms");
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        pal_json_put_string(&w, NULL, results->experiment->arm[a].name);
    }
    pal_json_end_array(&w);
    pal_json_begin_array(&w, "stages");
    for (size_t s = 0, n = stages_listed(results); s < n; s++) pal_json_put_string(&w, NULL, pal_stage_at(s)->name);
    pal_json_end_array(&w);
    pal_json_begin_array(&w, "tastes");
    for (size_t k = 0; k < results->catalog->clusters->n; k++) {
        pal_json_put_string(&w, NULL, results->catalog->clusters->name[k]);
    }
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    return pal_results_json(results, &w, "events/columns.json", err);
}

pal_status pal_event_log_commit(pal_event_log **log, pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (*log == NULL) return PAL_OK;
    if ((*log)->csv != NULL) {
        PAL_TRY(pal_results_commit(results, &(*log)->csv, "events.csv", err));
    } else {
        for (size_t c = 0; c < COLUMNS; c++) PAL_TRY(finish_column(*log, results, c, err));
        PAL_TRY(write_index(*log, results, err));
    }
done:
    pal_event_log_abort(log);
    return rc;
}

void pal_event_log_abort(pal_event_log **log)
{
    if (*log == NULL) return;
    pal_outfile_abort(&(*log)->csv);
    for (size_t c = 0; c < COLUMNS; c++) pal_outfile_abort(&(*log)->raw[c]);
    pal_free(*log);
    *log = NULL;
}
