/* Logs with propensities, read in two passes and written. */
#include "lab/ope_log.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/text.h"

#include <math.h>
#include <string.h>

#define NOWHERE SIZE_MAX

static const char *const run_features[] = { "replicate", "user", NULL }; /* the rest are outcomes and hidden truths */

const pal_ope_layout pal_ope_open_bandit = { .timestamp = "timestamp", .item = "item_id", .position = "position",
                                             .click = "click", .propensity = "propensity_score" };
const pal_ope_layout pal_ope_run_events = { .timestamp = "round", .item = "item", .position = "slot", .click = "clicked",
                                            .propensity = "propensity", .arm = "arm", .features = run_features };

enum { TIMESTAMP, ITEM, POSITION, CLICK, PROPENSITY, ARM, N_NAMED };

typedef struct reader {
    pal_ope_log *log;
    const pal_ope_layout *layout;
    size_t named[N_NAMED]; /* columns of the file, NOWHERE when the layout has none */
    size_t *of_feature;    /* the file's column of each feature                     */
    size_t row;
} reader;

static const char *name_of(const pal_ope_layout *layout, size_t k)
{
    const char *const names[N_NAMED] = { layout->timestamp, layout->item, layout->position, layout->click,
                                         layout->propensity, layout->arm };

    return names[k];
}

static size_t role_of(const pal_ope_layout *layout, const char *column)
{
    for (size_t k = 0; k < N_NAMED; k++) {
        if (name_of(layout, k) != NULL && strcmp(name_of(layout, k), column) == 0) {
            return k;
        }
    }
    return NOWHERE;
}

static bool is_feature(const pal_ope_layout *layout, const char *column)
{
    if (layout->features == NULL) {
        return column[0] != '\0'; /* pandas writes its row numbers under no name */
    }
    for (size_t k = 0; layout->features[k] != NULL; k++) {
        if (strcmp(layout->features[k], column) == 0) {
            return true;
        }
    }
    return false;
}

static pal_status take_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    pal_ope_log *log = r->log;

    for (size_t k = 0; k < N_NAMED; k++) {
        r->named[k] = NOWHERE;
    }
    PAL_NEW(log->feature, n);
    PAL_NEW(r->of_feature, n);
    for (size_t c = 0; c < n; c++) {
        size_t role = role_of(r->layout, names[c]);

        if (role != NOWHERE) {
            if (r->named[role] != NOWHERE) PAL_FAIL(PAL_ERR_DATA, "%s: column \"%s\" stands there twice", log->path, names[c]);
            r->named[role] = c;
        } else if (is_feature(r->layout, names[c])) {
            pal_ope_feature *f = &log->feature[log->n_features];

            f->name = pal_strdup(names[c]);
            if (f->name == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: name of a column");
            f->numeric = r->layout->words == NULL || strcmp(r->layout->words, f->name) != 0;
            r->of_feature[log->n_features++] = c;
        }
    }
    for (size_t k = 0; k < N_NAMED; k++) {
        if (name_of(r->layout, k) != NULL && r->named[k] == NOWHERE) {
            PAL_FAIL(PAL_ERR_DATA, "%s: has no column \"%s\"", log->path, name_of(r->layout, k));
        }
    }
done:
    return rc;
}

static bool is_kept(const reader *r, const pal_csv_row *row)
{
    return r->named[ARM] == NOWHERE || strcmp(row->field[r->named[ARM]], r->layout->keep) == 0;
}

static pal_status first_pass(void *ctx, const pal_csv_row *row, pal_error *err)
{
    reader *r = ctx;

    (void)err;
    if (!is_kept(r, row)) {
        return PAL_OK;
    }
    r->log->n++;
    for (size_t f = 0; f < r->log->n_features; f++) {
        size_t c = r->of_feature[f];
        double value;

        if (row->length[c] > 0 && r->log->feature[f].numeric && !pal_parse_double(&value, row->field[c], row->length[c])) {
            r->log->feature[f].numeric = false;
        }
    }
    return PAL_OK;
}

static pal_status skip_header(void *ctx, const char *const *names, size_t n, pal_error *err)
{
    (void)ctx, (void)names, (void)n, (void)err;
    return PAL_OK;
}

static pal_status take_number(double *out, const reader *r, size_t role, const pal_csv_row *row, pal_error *err)
{
    size_t c = r->named[role];

    if (!pal_parse_double(out, row->field[c], row->length[c])) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: line %llu: %s '%.40s' is not a number", r->log->path,
                             (unsigned long long)row->line, name_of(r->layout, role), row->field[c]);
    }
    return PAL_OK;
}

static pal_status take_word(uint32_t *out, pal_intern *table, size_t c, const pal_csv_row *row, pal_error *err)
{
    return pal_intern_add(table, row->field[c], row->length[c], out, NULL, err);
}

static pal_status take_features(reader *r, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_log *log = r->log;

    for (size_t f = 0; f < log->n_features; f++) {
        double *x = &log->x[r->row * log->n_features + f];
        size_t c = r->of_feature[f];
        uint32_t word;
        double value;

        if (!log->feature[f].numeric) {
            PAL_TRY(take_word(&word, &log->feature[f].words, c, row, err));
            *x = word;
        } else {
            *x = pal_parse_double(&value, row->field[c], row->length[c]) ? value : NAN;
        }
    }
done:
    return rc;
}

static pal_status second_pass(void *ctx, const pal_csv_row *row, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader *r = ctx;
    pal_ope_log *log = r->log;
    size_t i = r->row;

    if (!is_kept(r, row)) {
        return PAL_OK;
    }
    if (i >= log->n) PAL_FAIL(PAL_ERR_IO, "%s: the file grew while it was read", log->path);
    PAL_TRY(take_number(&log->click[i], r, CLICK, row, err));
    PAL_TRY(take_number(&log->propensity[i], r, PROPENSITY, row, err));
    if (!(log->propensity[i] > 0 && log->propensity[i] <= 1)) {
        PAL_FAIL(PAL_ERR_DATA, "%s: line %llu: %s %g, wanted above 0 and at most 1", log->path, (unsigned long long)row->line,
                 r->layout->propensity, log->propensity[i]);
    }
    PAL_TRY(take_word(&log->item[i], &log->items, r->named[ITEM], row, err));
    PAL_TRY(take_word(&log->position[i], &log->positions, r->named[POSITION], row, err));
    if (log->timestamp != NULL) {
        PAL_TRY(take_word(&log->timestamp[i], &log->timestamps, r->named[TIMESTAMP], row, err));
    }
    PAL_TRY(take_features(r, row, err));
    r->row++;
done:
    return rc;
}

static pal_status make_room(pal_ope_log *log, bool timestamps, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(log->click, log->n);
    PAL_NEW(log->propensity, log->n);
    PAL_NEW(log->item, log->n);
    PAL_NEW(log->position, log->n);
    if (timestamps) PAL_NEW(log->timestamp, log->n);
    if (log->n_features > 0 && log->n > SIZE_MAX / sizeof *log->x / log->n_features) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu rows of %zu features", log->n, log->n_features);
    }
    PAL_NEW(log->x, log->n * log->n_features);
done:
    return rc;
}

pal_status pal_ope_log_load(pal_ope_log **out, const char *path, const pal_ope_layout *layout, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_log *log = NULL;
    reader r = { .layout = layout };

    PAL_ASSERT(layout->arm == NULL || layout->keep != NULL);
    PAL_NEW(log, 1);
    r.log = log;
    log->path = pal_strdup(path);
    if (log->path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: a path");
    PAL_TRY(pal_csv_read(path, ',', take_header, first_pass, &r, err));
    if (log->n == 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: has no rows%s%s%s", path, layout->arm != NULL ? " of arm '" : "",
                 layout->arm != NULL ? layout->keep : "", layout->arm != NULL ? "'" : "");
    }
    PAL_TRY(make_room(log, layout->timestamp != NULL, err));
    PAL_TRY(pal_csv_read(path, ',', skip_header, second_pass, &r, err));
    if (r.row != log->n) PAL_FAIL(PAL_ERR_IO, "%s: the file shrank while it was read", path);
    *out = log;
    log = NULL;
done:
    pal_free(r.of_feature);
    pal_ope_log_free(log);
    return rc;
}

void pal_ope_log_free(pal_ope_log *log)
{
    if (log == NULL) {
        return;
    }
    for (size_t f = 0; f < log->n_features; f++) {
        pal_free(log->feature[f].name);
        pal_intern_clear(&log->feature[f].words);
    }
    pal_free(log->feature);
    pal_free(log->path);
    pal_free(log->click);
    pal_free(log->propensity);
    pal_free(log->item);
    pal_free(log->position);
    pal_free(log->timestamp);
    pal_intern_clear(&log->items);
    pal_intern_clear(&log->positions);
    pal_intern_clear(&log->timestamps);
    pal_free(log->x);
    pal_free(log);
}

static void put_feature(pal_outfile *file, const pal_ope_feature *feature, double x)
{
    if (feature->numeric) {
        pal_outfile_double(file, x);
    } else {
        pal_outfile_csv_text(file, pal_intern_text(&feature->words, (size_t)x));
    }
}

pal_status pal_ope_log_save(const pal_ope_log *log, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_text(file, "timestamp,item_id,position,click,propensity_score");
    for (size_t f = 0; f < log->n_features; f++) {
        pal_outfile_text(file, ",");
        pal_outfile_csv_text(file, log->feature[f].name);
    }
    pal_outfile_text(file, "\n");
    for (size_t i = 0; i < log->n; i++) {
        if (log->timestamp != NULL) {
            pal_outfile_csv_text(file, pal_intern_text(&log->timestamps, log->timestamp[i]));
        } else {
            pal_outfile_u64(file, i);
        }
        pal_outfile_text(file, ",");
        pal_outfile_csv_text(file, pal_intern_text(&log->items, log->item[i]));
        pal_outfile_text(file, ",");
        pal_outfile_csv_text(file, pal_intern_text(&log->positions, log->position[i]));
        pal_outfile_text(file, ",");
        pal_outfile_double(file, log->click[i]);
        pal_outfile_text(file, ",");
        pal_outfile_double(file, log->propensity[i]);
        for (size_t f = 0; f < log->n_features; f++) {
            pal_outfile_text(file, ",");
            put_feature(file, &log->feature[f], log->x[i * log->n_features + f]);
        }
        pal_outfile_text(file, "\n");
    }
    PAL_TRY(pal_outfile_commit(&file, NULL, err));
done:
    pal_outfile_abort(&file);
    return rc;
}

pal_status pal_ope_log_feature(size_t *feature, const pal_ope_log *log, const char *name, pal_error *err)
{
    pal_text names = { 0 };

    for (size_t f = 0; f < log->n_features; f++) {
        if (strcmp(log->feature[f].name, name) == 0) {
            *feature = f;
            return PAL_OK;
        }
    }
    for (size_t f = 0; f < log->n_features; f++) {
        pal_text_addf(&names, "%s%s", f == 0 ? "" : ", ", log->feature[f].name);
    }
    (void)pal_error_set(err, PAL_ERR_DATA, "%s: has no feature column \"%s\"; there are: %s", log->path, name,
                        names.bytes == NULL ? "none" : names.bytes);
    pal_text_clear(&names);
    return PAL_ERR_DATA;
}
