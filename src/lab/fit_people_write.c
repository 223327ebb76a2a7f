/* Presets and reports of a fit. */
#include "lab/fit_people.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest_files.h"
#include "lab/version.h"

#include <math.h>
#include <string.h>

static void put_moments(pal_json_writer *w, const pal_fit_result *f, const pal_fit_request *r)
{
    pal_json_begin_array(w, "moments");
    for (size_t k = 0; k < r->targets->n; k++) {
        const pal_fit_target *t = &r->targets->at[k];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", pal_moment_table[t->moment].name);
        pal_json_put_number(w, "real", t->value);
        pal_json_put_number(w, "se", t->se);
        pal_json_put_number(w, "before", f->before[t->moment].mean);
        pal_json_put_number(w, "after", f->after[t->moment].mean);
        pal_json_put_number(w, "after_world_sd", f->after[t->moment].sd);
        pal_json_put_number(w, "distance_se", pal_fit_distance(t, &f->after[t->moment], r->checks));
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_params(pal_json_writer *w, const pal_fit_result *f)
{
    pal_json_begin_array(w, "parameters");
    for (size_t k = 0; k < f->n_params; k++) {
        const pal_fit_param *q = &f->param[k];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "path", q->path);
        pal_json_put_number(w, "start", q->start);
        pal_json_put_number(w, "value", q->value);
        pal_json_put_number(w, "se", isfinite(q->se) ? q->se : NAN);
        pal_json_put_number(w, "lo", q->lo);
        pal_json_put_number(w, "hi", q->hi);
        pal_json_put_bool(w, "identified", !q->flat);
        pal_json_put_bool(w, "at_edge", q->edge);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "flat_directions");
    for (size_t d = 0; d < f->n_flat; d++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_number(w, "se", isfinite(f->flat[d].se) ? f->flat[d].se : NAN);
        for (size_t k = 0; k < f->n_params; k++) pal_json_put_number(w, f->param[k].path, f->flat[d].part[k]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

/* What a reader needs to make the fit again. */
static void put_origin(pal_json_writer *w, const pal_fit_result *f, const pal_fit_request *r, const char *digest)
{
    char seed[PAL_NUMBER_MAX];

    pal_format_u64(seed, f->seed);
    pal_json_put_string(w, "data", r->targets->name);
    pal_json_put_string(w, "source", r->targets->source);
    pal_json_put_string(w, "data_digest", digest[0] != '\0' ? digest : NULL);
    pal_json_put_string(w, "base", r->base_name);
    pal_json_put_string(w, "base_digest", f->base_digest);
    pal_json_put_string(w, "seed", seed);
    pal_json_put_string(w, "as", pal_taken_as_names[r->as]);
    pal_json_put_string(w, "stage", f->stage);
    pal_json_put_i64(w, "rounds", (int64_t)f->n_rounds);
    pal_json_put_i64(w, "slots", (int64_t)f->n_slots);
    pal_json_put_i64(w, "items", (int64_t)f->n_items);
    pal_json_put_i64(w, "people", (int64_t)r->check_people);
    pal_json_put_i64(w, "least", (int64_t)r->least);
    pal_json_put_i64(w, "sample", (int64_t)r->moments.sample);
    pal_json_put_i64(w, "xmin", (int64_t)r->moments.xmin);
    pal_json_put_i64(w, "worlds", (int64_t)r->worlds);
    pal_json_put_i64(w, "fresh_worlds", (int64_t)r->checks);
    pal_json_put_i64(w, "evaluations", (int64_t)f->evaluations);
    pal_json_put_number(w, "tolerance", r->tolerance);
    pal_json_put_number(w, "misfit_before", f->misfit_before);
    pal_json_put_number(w, "misfit_after", f->misfit_after);
    pal_json_put_string(w, "palate", PAL_VERSION);
}

/* The experiment whose people were fitted, as it was given, and what the command line changed in it. */
static pal_status put_base(pal_json_writer *w, const pal_fit_request *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;

    PAL_TRY(pal_json_parse(&doc, r->base, strlen(r->base), r->base_name, err));
    for (size_t k = 0; k < r->n_set; k++) PAL_TRY(pal_json_set(doc, r->set[k].path, r->set[k].text, err));
    pal_json_put_value(w, "base_experiment", pal_json_root(doc));
done:
    pal_json_free(doc);
    return rc;
}

pal_status pal_fit_write_preset(const pal_fit_result *f, const pal_fit_request *r, const char *digest, const char *path,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .depth = 0 };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-preset/1");
    pal_json_begin_object(&w, "set");
    for (size_t k = 0; k < f->n_params; k++) pal_json_put_number(&w, f->param[k].path, f->param[k].value);
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "fitted");
    put_origin(&w, f, r, digest);
    put_params(&w, f);
    put_moments(&w, f, r);
    PAL_TRY(put_base(&w, r, err));
    pal_json_end_object(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
done:
    pal_text_clear(&w.text);
    return rc;
}

/* ---- the report ---- */

typedef struct sheet { /* a CSV under way */
    pal_outfile *f;
    char *path;
} sheet;

static pal_status open_sheet(sheet *s, const char *dir, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;

    s->path = pal_path_join(dir, name);
    if (s->path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_open(&s->f, s->path, err));
done:
    return rc;
}

static void put_numbers(pal_outfile *f, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, isfinite(x[i]) ? x[i] : NAN);
    }
}

static pal_status write_moments(const pal_fit_result *f, const pal_fit_request *r, const char *dir, char hex[PAL_HASH_HEX],
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    sheet s = { NULL, NULL };

    PAL_TRY(open_sheet(&s, dir, "moments.csv", err));
    pal_outfile_text(s.f, "moment,real,se,lo,hi,before,before_world_sd,before_distance,after,after_world_sd,after_distance,meaning\n");
    for (size_t k = 0; k < r->targets->n; k++) {
        const pal_fit_target *t = &r->targets->at[k];
        const pal_fit_seen *b = &f->before[t->moment], *a = &f->after[t->moment];
        const double x[] = { t->value, t->se, t->lo, t->hi, b->mean, b->sd, pal_fit_distance(t, b, r->checks), a->mean, a->sd,
                             pal_fit_distance(t, a, r->checks) };

        pal_outfile_text(s.f, pal_moment_table[t->moment].name);
        put_numbers(s.f, x, sizeof x / sizeof *x);
        pal_outfile_text(s.f, ",");
        pal_outfile_csv_text(s.f, pal_moment_table[t->moment].meaning);
        pal_outfile_text(s.f, "\n");
    }
    PAL_TRY(pal_outfile_commit(&s.f, hex, err));
done:
    pal_outfile_abort(&s.f);
    pal_free(s.path);
    return rc;
}

static pal_status write_params(const pal_fit_result *f, const char *dir, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    sheet s = { NULL, NULL };

    PAL_TRY(open_sheet(&s, dir, "parameters.csv", err));
    pal_outfile_text(s.f, "path,start,value,se,lo,hi,identified,at_edge\n");
    for (size_t k = 0; k < f->n_params; k++) {
        const pal_fit_param *q = &f->param[k];
        const double x[] = { q->start, q->value, q->se, q->lo, q->hi };

        pal_outfile_text(s.f, q->path);
        put_numbers(s.f, x, sizeof x / sizeof *x);
        pal_outfile_printf(s.f, ",%d,%d\n", !q->flat, q->edge);
    }
    PAL_TRY(pal_outfile_commit(&s.f, hex, err));
done:
    pal_outfile_abort(&s.f);
    pal_free(s.path);
    return rc;
}

pal_status pal_fit_write_report(const pal_fit_result *f, const pal_fit_request *r, const char *digest, const char *dir,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *out = NULL;
    pal_json_writer w = { .depth = 0 };
    char moments[PAL_HASH_HEX], params[PAL_HASH_HEX], *path = NULL;

    PAL_TRY(pal_outdir_open(&out, dir, err));
    PAL_TRY(write_moments(f, r, pal_outdir_path(out), moments, err));
    PAL_TRY(write_params(f, pal_outdir_path(out), params, err));
    path = pal_path_join(pal_outdir_path(out), "manifest.json");
    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-fit-people/1");
    put_origin(&w, f, r, digest);
    put_params(&w, f);
    PAL_TRY(put_base(&w, r, err));
    pal_json_begin_array(&w, "files");
    pal_manifest_put_file(&w, "moments.csv", moments);
    pal_manifest_put_file(&w, "parameters.csv", params);
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    pal_text_clear(&w.text);
    pal_free(path);
    return rc;
}
