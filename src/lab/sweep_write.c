/* A sweep's directory: points.csv, surface.csv, manifest.json. */
#include "lab/sweep.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest_files.h"
#include "lab/version.h"

#include <math.h>
#include <string.h>

static pal_status open_in(pal_outfile **f, const char *dir, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *path = pal_path_join(dir, name);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_open(f, path, err));
done:
    pal_free(path);
    return rc;
}

/* A JSON text as a field: strings without their quotes. */
static void put_setting(pal_outfile *f, const char *text)
{
    pal_json_doc *doc = NULL;

    if (pal_json_parse(&doc, text, strlen(text), "setting", NULL) == PAL_OK &&
        pal_json_kind_of(pal_json_root(doc)) == PAL_JSON_STRING) {
        pal_outfile_csv_text(f, pal_json_string(pal_json_root(doc)));
    } else {
        pal_outfile_csv_text(f, text);
    }
    pal_json_free(doc);
}

static pal_status write_points(const pal_sweep *s, const char *dir, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(open_in(&f, dir, "points.csv", err));
    pal_outfile_text(f, "point");
    for (size_t d = 0; d < s->n_dims; d++) {
        pal_outfile_text(f, ",");
        pal_outfile_csv_text(f, s->dim[d].path);
    }
    pal_outfile_text(f, "\n");
    for (size_t p = 0; p < s->n_points; p++) {
        pal_outfile_u64(f, p);
        for (size_t d = 0; d < s->n_dims; d++) {
            pal_outfile_text(f, ",");
            put_setting(f, s->setting[p * s->n_dims + d]);
        }
        pal_outfile_text(f, "\n");
    }
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static void put_number(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, isfinite(x) ? x : NAN);
}

static void put_row(pal_outfile *f, const pal_sweep *s, const pal_sweep_row *row)
{
    const pal_interval *v = &row->value;
    const double own[] = { v->value, v->lo, v->hi, (double)v->n };
    const pal_sides_result *r = &row->r;
    const double against[] = { r->difference.value, r->difference.lo, r->difference.hi, r->cohen.value, r->cliff.value, r->p,
                               row->p_adjusted, r->needed, r->pairing.reduction, (double)r->n_worlds, r->worlds.lo,
                               r->worlds.hi };

    pal_outfile_u64(f, row->point);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, s->arm[row->arm]);
    pal_outfile_printf(f, ",%s", pal_people_metrics[row->metric].name);
    for (size_t i = 0; i < sizeof own / sizeof *own; i++) put_number(f, own[i]);
    for (size_t i = 0; i < sizeof against / sizeof *against; i++) put_number(f, row->compared ? against[i] : NAN);
    pal_outfile_printf(f, ",%s\n", !row->compared ? "" : row->significant ? "1" : "0");
}

static pal_status write_surface(const pal_sweep *s, const pal_sweep_row *row, size_t n_rows, const char *dir,
                                char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(open_in(&f, dir, "surface.csv", err));
    pal_outfile_text(f, "point,arm,metric,value,lo,hi,n,diff,diff_lo,diff_hi,cohen,cliff,p,p_adjusted,needed,"
                        "variance_reduction,worlds,worlds_lo,worlds_hi,significant\n");
    for (size_t i = 0; i < n_rows; i++) put_row(f, s, &row[i]);
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static void put_lists(pal_json_writer *w, const pal_sweep *s)
{
    pal_json_begin_array(w, "paths");
    for (size_t d = 0; d < s->n_dims; d++) pal_json_put_string(w, NULL, s->dim[d].path);
    pal_json_end_array(w);
    pal_json_begin_array(w, "arms");
    for (size_t a = 0; a < s->n_arms; a++) pal_json_put_string(w, NULL, s->arm[a]);
    pal_json_end_array(w);
    pal_json_begin_array(w, "seeds");
    for (size_t i = 0; i < s->n_seeds; i++) pal_json_put_string(w, NULL, s->seed[i]);
    pal_json_end_array(w);
    pal_json_begin_array(w, "metrics");
    for (size_t i = 0; i < s->n_metrics; i++) {
        const pal_people_metric *m = &pal_people_metrics[s->metric[i]];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", m->name);
        pal_json_put_string(w, "meaning", m->meaning);
        pal_json_put_i64(w, "better", m->better);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static pal_status digest_both(char digest[PAL_HASH_HEX], const char *points, const char *surface, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, points, PAL_HASH_HEX);
    pal_hasher_add(hasher, surface, PAL_HASH_HEX);
    pal_hasher_hex(hasher, digest);
done:
    pal_hasher_free(hasher);
    return rc;
}

static pal_status write_manifest(const pal_sweep *s, const char *dir, const char *points, const char *surface,
                                 const char *digest, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    pal_json_doc *base = NULL;
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_json_parse(&base, s->base, strlen(s->base), s->base_name, err));
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-sweep/1");
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", s->name);
    pal_json_put_string(&w, "purpose", s->purpose);
    pal_json_put_string(&w, "experiment", s->base_name);
    pal_json_put_string(&w, "digest", digest);
    pal_json_put_string(&w, "baseline", s->arm[s->baseline]);
    pal_json_put_string(&w, "design", pal_values_text(s->top, "design"));
    pal_json_put_i64(&w, "points", (int64_t)s->n_points);
    pal_json_put_number(&w, "level", pal_values_real(s->top, "level"));
    put_lists(&w, s);
    pal_json_begin_array(&w, "files");
    pal_manifest_put_file(&w, "points.csv", points);
    pal_manifest_put_file(&w, "surface.csv", surface);
    pal_json_end_array(&w);
    pal_json_put_value(&w, "config", pal_json_root(s->doc));
    pal_json_put_value(&w, "base", pal_json_root(base));
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
done:
    pal_text_clear(&w.text);
    pal_json_free(base);
    pal_free(path);
    return rc;
}

pal_status pal_sweep_write(char digest[PAL_HASH_HEX], const pal_sweep *s, const pal_sweep_row *row, size_t n_rows,
                           const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *out = NULL;
    char points[PAL_HASH_HEX], surface[PAL_HASH_HEX];

    PAL_TRY(pal_outdir_open(&out, dir, err));
    PAL_TRY(write_points(s, pal_outdir_path(out), points, err));
    PAL_TRY(write_surface(s, row, n_rows, pal_outdir_path(out), surface, err));
    PAL_TRY(digest_both(digest, points, surface, err));
    PAL_TRY(write_manifest(s, pal_outdir_path(out), points, surface, digest, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    return rc;
}
