/* Reading a realism report. */
#include "plots/realism_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <math.h>
#include <string.h>

#define ROWS "realism.csv"
#define QUANTILES "quantiles.csv"

typedef struct reader {
    const pal_table *t;
    const char *file;
    size_t row;
} reader;

static pal_status number(double *out, const reader *r, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    PAL_TRY(pal_table_find(&column, r->t, name, err));
    PAL_TRY(pal_read_cell(out, r->t, r->file, r->row, column, err));
done:
    return rc;
}

static pal_status word(const char **out, const reader *r, const char *name, pal_error *err)
{
    size_t column = 0;
    const pal_status rc = pal_table_find(&column, r->t, name, err);

    *out = rc == PAL_OK ? pal_table_text(r->t, r->row, column) : "";
    return rc;
}

static pal_status read_line(pal_realism_line *l, const reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(word(&l->kind, r, "kind", err));
    PAL_TRY(word(&l->name, r, "name", err));
    PAL_TRY(word(&l->meaning, r, "meaning", err));
    PAL_TRY(word(&l->verdict, r, "verdict", err));
    PAL_TRY(number(&l->real.value, r, "real", err));
    PAL_TRY(number(&l->real.lo, r, "real_lo", err));
    PAL_TRY(number(&l->real.hi, r, "real_hi", err));
    PAL_TRY(number(&l->real.n, r, "n_real", err));
    PAL_TRY(number(&l->simulated.value, r, "simulated", err));
    PAL_TRY(number(&l->simulated.lo, r, "simulated_lo", err));
    PAL_TRY(number(&l->simulated.hi, r, "simulated_hi", err));
    PAL_TRY(number(&l->simulated.n, r, "n_simulated", err));
    PAL_TRY(number(&l->distance, r, "distance_se", err));
    PAL_TRY(number(&l->ks, r, "ks", err));
    PAL_TRY(number(&l->wasserstein, r, "wasserstein", err));
    PAL_TRY(number(&l->wasserstein_sd, r, "wasserstein_sd", err));
done:
    return rc;
}

/* Counts spread over decades. */
static bool is_count(const char *name)
{
    static const char *const counts[] = { "activity", "item", "session" };

    for (size_t k = 0; k < sizeof counts / sizeof *counts; k++) {
        if (strcmp(counts[k], name) == 0) return true;
    }
    return false;
}

static pal_realism_qq *find_qq(pal_realism_data *d, const char *name)
{
    for (size_t k = 0; k < d->n_qq; k++) {
        if (strcmp(d->qq[k].line->name, name) == 0) return &d->qq[k];
    }
    return NULL;
}

static pal_status read_quantiles(pal_realism_data *d, pal_error *err)
{
    pal_status rc = PAL_OK;
    reader r = { d->quantiles, QUANTILES, 0 };

    PAL_NEW(d->qq, d->n);
    for (size_t i = 0; i < d->n; i++) {
        if (strcmp(d->line[i].kind, "distribution") == 0 && isfinite(d->line[i].ks)) {
            d->qq[d->n_qq++] = (pal_realism_qq){ .line = &d->line[i], .log = is_count(d->line[i].name) };
        }
    }
    for (; r.row < pal_table_rows(d->quantiles); r.row++) {
        const char *name;
        pal_realism_qq *q;

        PAL_TRY(word(&name, &r, "name", err));
        q = find_qq(d, name);
        if (q == NULL) continue;
        if (q->n == PAL_REALISM_MOST_QUANTILES) {
            PAL_FAIL(PAL_ERR_DATA, "%s: more than %d quantiles of '%.40s'", QUANTILES, PAL_REALISM_MOST_QUANTILES, name);
        }
        PAL_TRY(number(&q->real[q->n], &r, "real", err));
        PAL_TRY(number(&q->simulated[q->n], &r, "simulated", err));
        q->n++;
    }
done:
    return rc;
}

static pal_status read_head(pal_realism_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-realism/", strlen("palate-realism/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no realism report: format in manifest.json must be \"palate-realism/1\"", dir);
    }
    PAL_TRY(pal_read_number(&d->run.level, root, "level", "manifest.json", err));
    d->run.manifest = root;
    d->run.name = "realism";
done:
    return rc;
}

pal_status pal_realism_data_load(pal_realism_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_realism_data *d = NULL;
    reader r = { NULL, ROWS, 0 };

    PAL_NEW(d, 1);
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(pal_rundata_table(&d->table, dir, ROWS, err));
    PAL_TRY(pal_rundata_table(&d->quantiles, dir, QUANTILES, err));
    r.t = d->table;
    PAL_NEW(d->line, pal_table_rows(d->table));
    for (; r.row < pal_table_rows(d->table); r.row++) PAL_TRY(read_line(&d->line[d->n++], &r, err));
    PAL_TRY(read_quantiles(d, err));
    *out = d; /* the caller owns it from here */
    d = NULL;
done:
    pal_realism_data_free(d);
    return rc;
}

void pal_realism_data_free(pal_realism_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->table);
    pal_table_free(d->quantiles);
    pal_json_free(d->doc);
    pal_free(d->line);
    pal_free(d->qq);
    pal_free(d);
}

pal_role pal_realism_role(const pal_realism_line *l)
{
    return strcmp(l->verdict, "alike") == 0 ? PAL_GOOD : strcmp(l->verdict, "apart") == 0 ? PAL_BAD : PAL_SUBTLE;
}
