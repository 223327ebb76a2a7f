/* Reading a report of fitted people. */
#include "plots/fit_data.h"

#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <string.h>

#define MOMENTS "moments.csv"
#define PARAMS "parameters.csv"
#define FORMAT "palate-fit-people/"
#define HALF_WIDTH 1.96 /* of a 95 % interval, in standard errors */
#define MET 2           /* standard errors within which a target counts as met */

static pal_status number(double *out, const pal_table *t, const char *file, size_t row, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    PAL_TRY(pal_table_find(&column, t, name, err));
    PAL_TRY(pal_read_cell(out, t, file, row, column, err));
done:
    return rc;
}

static pal_estimate distance(double off)
{
    return (pal_estimate){ off, off - HALF_WIDTH, off + HALF_WIDTH, NAN };
}

static pal_status read_moment(pal_fitted_moment *m, const pal_table *t, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    double before, after;
    size_t column;

    PAL_TRY(pal_table_find(&column, t, "moment", err));
    m->name = m->meaning = pal_table_text(t, row, column);
    if (pal_table_find(&column, t, "meaning", NULL) == PAL_OK) m->meaning = pal_table_text(t, row, column);
    m->real.n = NAN;
    PAL_TRY(number(&m->real.value, t, MOMENTS, row, "real", err));
    PAL_TRY(number(&m->real.lo, t, MOMENTS, row, "lo", err));
    PAL_TRY(number(&m->real.hi, t, MOMENTS, row, "hi", err));
    PAL_TRY(number(&m->se, t, MOMENTS, row, "se", err));
    PAL_TRY(number(&m->before, t, MOMENTS, row, "before", err));
    PAL_TRY(number(&m->after, t, MOMENTS, row, "after", err));
    PAL_TRY(number(&before, t, MOMENTS, row, "before_distance", err));
    PAL_TRY(number(&after, t, MOMENTS, row, "after_distance", err));
    m->off_before = distance(before);
    m->off_after = distance(after);
done:
    return rc;
}

static pal_status read_param(pal_fitted_param *p, const pal_table *t, size_t row, pal_error *err)
{
    pal_status rc = PAL_OK;
    double identified, at_edge;
    size_t column;

    PAL_TRY(pal_table_find(&column, t, "path", err));
    p->path = pal_table_text(t, row, column);
    PAL_TRY(number(&p->start, t, PARAMS, row, "start", err));
    PAL_TRY(number(&p->value, t, PARAMS, row, "value", err));
    PAL_TRY(number(&p->se, t, PARAMS, row, "se", err));
    PAL_TRY(number(&p->lo, t, PARAMS, row, "lo", err));
    PAL_TRY(number(&p->hi, t, PARAMS, row, "hi", err));
    PAL_TRY(number(&identified, t, PARAMS, row, "identified", err));
    PAL_TRY(number(&at_edge, t, PARAMS, row, "at_edge", err));
    p->identified = identified == 1;
    p->at_edge = at_edge == 1;
    if (!(p->lo < p->hi)) {
        PAL_FAIL(PAL_ERR_DATA, PARAMS ": row %zu: lo must be below hi, found %g and %g", row + 1, p->lo, p->hi);
    }
done:
    return rc;
}

static pal_status read_head(pal_fitted_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), FORMAT, strlen(FORMAT)) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no report of fitted people: format in manifest.json must be \"" FORMAT "1\"", dir);
    }
    PAL_TRY(pal_read_text(&d->run.name, root, "data", "manifest.json", err));
    d->run.dir = dir;
    d->run.manifest = root;
    d->run.purpose = "";
done:
    return rc;
}

pal_status pal_fitted_data_load(pal_fitted_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fitted_data *d = NULL;

    PAL_NEW(d, 1);
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(pal_rundata_table(&d->moments, dir, MOMENTS, err));
    PAL_TRY(pal_rundata_table(&d->params, dir, PARAMS, err));
    PAL_NEW(d->moment, pal_table_rows(d->moments));
    PAL_NEW(d->param, pal_table_rows(d->params));
    for (; d->n < pal_table_rows(d->moments); d->n++) PAL_TRY(read_moment(&d->moment[d->n], d->moments, d->n, err));
    for (; d->n_params < pal_table_rows(d->params); d->n_params++) {
        PAL_TRY(read_param(&d->param[d->n_params], d->params, d->n_params, err));
    }
    *out = d; /* the caller owns it from here */
    d = NULL;
done:
    pal_fitted_data_free(d);
    return rc;
}

void pal_fitted_data_free(pal_fitted_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->moments);
    pal_table_free(d->params);
    pal_json_free(d->doc);
    pal_free(d->moment);
    pal_free(d->param);
    pal_free(d);
}

const pal_fitted_data *pal_fitted_of(const pal_rundata *run)
{
    return (const pal_fitted_data *)run; /* run is its first member */
}

size_t pal_fitted_met(const pal_fitted_data *d, bool after)
{
    size_t met = 0;

    for (size_t k = 0; k < d->n; k++) met += fabs(after ? d->moment[k].off_after.value : d->moment[k].off_before.value) <= MET;
    return met;
}
