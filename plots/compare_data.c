/* Reading a directory of comparisons. */
#include "plots/compare_data.h"

#include "core/file.h"
#include "core/mem.h"
#include "plots/read.h"
#include "plots/run_parts.h"

#include <string.h>

#define FILE_NAME "comparisons.csv"

typedef struct reader {
    pal_table *t;
    size_t row;
} reader;

static pal_status number(double *out, const reader *r, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column;

    PAL_TRY(pal_table_find(&column, r->t, name, err));
    PAL_TRY(pal_read_cell(out, r->t, FILE_NAME, r->row, column, err));
done:
    return rc;
}

static pal_status word(const char **out, const reader *r, const char *name, pal_error *err)
{
    size_t column = 0;
    pal_status rc = pal_table_find(&column, r->t, name, err);

    *out = rc == PAL_OK ? pal_table_text(r->t, r->row, column) : "";
    return rc;
}

static pal_status estimate(pal_estimate *e, const reader *r, const char *value, const char *lo, const char *hi,
                           pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(number(&e->value, r, value, err));
    PAL_TRY(number(&e->lo, r, lo, err));
    PAL_TRY(number(&e->hi, r, hi, err));
done:
    return rc;
}

static pal_status read_line(pal_compare_line *l, const reader *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    double significant;

    PAL_TRY(word(&l->metric, r, "metric", err));
    PAL_TRY(word(&l->arm, r, "arm", err));
    PAL_TRY(word(&l->against, r, "against", err));
    PAL_TRY(word(&l->pairing, r, "pairing", err));
    PAL_TRY(number(&significant, r, "significant", err));
    PAL_TRY(number(&l->value_a, r, "value_a", err));
    PAL_TRY(number(&l->value_b, r, "value_b", err));
    PAL_TRY(number(&l->p, r, "p_adjusted", err));
    PAL_TRY(number(&l->needed, r, "needed", err));
    PAL_TRY(number(&l->reduction, r, "variance_reduction", err));
    PAL_TRY(number(&l->worlds, r, "worlds", err));
    PAL_TRY(number(&l->n, r, "n_a", err));
    PAL_TRY(estimate(&l->diff, r, "diff", "lo", "hi", err));
    PAL_TRY(estimate(&l->cohen, r, "cohen", "cohen_lo", "cohen_hi", err));
    PAL_TRY(estimate(&l->cliff, r, "cliff", "cliff_lo", "cliff_hi", err));
    PAL_TRY(estimate(&l->over_worlds, r, "worlds_diff", "worlds_lo", "worlds_hi", err));
    l->significant = significant == 1;
done:
    return rc;
}

static pal_status read_head(pal_compare_data *d, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *root;

    PAL_TRY(pal_rundata_load_json(&d->doc, dir, "manifest.json", err));
    root = pal_json_root(d->doc);
    if (strncmp(pal_look_text(root, "format", ""), "palate-compare/", strlen("palate-compare/")) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: holds no comparisons: format in manifest.json must be \"palate-compare/1\"", dir);
    }
    PAL_TRY(pal_read_number(&d->level, root, "level", "manifest.json", err));
    PAL_TRY(pal_read_number(&d->power, root, "power", "manifest.json", err));
    PAL_TRY(pal_read_array(&d->metrics, root, "metrics", "manifest.json", err));
    PAL_TRY(pal_read_array(&d->settings, root, "settings", "manifest.json", err));
    d->correction = pal_look_text(root, "correction", "");
    d->test = pal_look_text(root, "test", "permutation"); /* earlier comparisons knew no other */
    d->notes = pal_look_text(root, "notes", "");
    d->run.manifest = root;
    d->run.name = "comparisons";
    d->run.level = d->level;
done:
    return rc;
}

pal_status pal_compare_data_load(pal_compare_data **out, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_compare_data *d = NULL;
    reader r = { NULL, 0 };
    char *path = pal_path_join(dir, FILE_NAME);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_NEW(d, 1);
    PAL_TRY(read_head(d, dir, err));
    PAL_TRY(pal_table_load(&d->table, path, err));
    r.t = d->table;
    PAL_NEW(d->line, pal_table_rows(d->table));
    for (; r.row < pal_table_rows(d->table); r.row++) PAL_TRY(read_line(&d->line[d->n++], &r, err));
    *out = d;
    d = NULL;
done:
    pal_compare_data_free(d);
    pal_free(path);
    return rc;
}

void pal_compare_data_free(pal_compare_data *d)
{
    if (d == NULL) return;
    pal_table_free(d->table);
    pal_json_free(d->doc);
    pal_free(d->line);
    pal_free(d);
}

pal_role pal_compare_verdict(const pal_compare_line *l, double better)
{
    double toward = l->diff.value * better;

    if (!l->significant || !(toward > 0 || toward < 0)) {
        return PAL_SUBTLE;
    }
    return toward > 0 ? PAL_GOOD : PAL_BAD;
}
