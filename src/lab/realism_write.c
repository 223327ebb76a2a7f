/* The directory of a realism report. */
#include "lab/realism.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest_files.h"
#include "lab/version.h"

#include <math.h>

static void put(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, isfinite(x) ? x : NAN);
}

static void put_head(pal_outfile *f, const char *kind, const pal_moment_info *info)
{
    pal_outfile_printf(f, "%s,%s,", kind, info->name);
    pal_outfile_csv_text(f, info->meaning);
}

static pal_status write_rows(const pal_realism *r, const char *path, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_outfile_open(&f, path, err));
    pal_outfile_text(f, "kind,name,meaning,real,real_lo,real_hi,real_se,simulated,simulated_lo,simulated_hi,simulated_se,"
                        "distance_se,ks,wasserstein,wasserstein_sd,n_real,n_simulated,verdict\n");
    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        const pal_realism_moment *k = &r->moment[m];
        const double x[] = { k->real.value, k->real.lo, k->real.hi, k->real.se, k->simulated.value, k->simulated.lo,
                             k->simulated.hi, k->simulated.se, k->distance, NAN, NAN, NAN };

        put_head(f, "moment", &pal_moment_table[m]);
        for (size_t i = 0; i < sizeof x / sizeof *x; i++) put(f, x[i]);
        pal_outfile_printf(f, ",%zu,%zu,%s\n", k->real.n, k->simulated.n, pal_realism_verdict_names[k->verdict]);
    }
    for (size_t s = 0; s < PAL_SAMPLES; s++) {
        const pal_realism_spread *k = &r->spread[s];
        const size_t half = PAL_REALISM_QUANTILES / 2;
        const double x[] = { k->real[half], NAN, NAN, NAN, k->simulated[half], NAN, NAN, NAN, NAN, k->ks, k->wasserstein, k->wasserstein_sd };

        put_head(f, "distribution", &pal_sample_table[s]);
        for (size_t i = 0; i < sizeof x / sizeof *x; i++) put(f, x[i]);
        pal_outfile_printf(f, ",%zu,%zu,%s\n", k->n_real, k->n_simulated, pal_realism_verdict_names[k->verdict]);
    }
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static pal_status write_quantiles(const pal_realism *r, const char *path, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_outfile_open(&f, path, err));
    pal_outfile_text(f, "name,p,real,simulated\n");
    for (size_t s = 0; s < PAL_SAMPLES; s++) {
        for (size_t q = 0; q < PAL_REALISM_QUANTILES; q++) {
            pal_outfile_text(f, pal_sample_table[s].name);
            put(f, (double)(q + 1) / (PAL_REALISM_QUANTILES + 1));
            put(f, r->spread[s].real[q]);
            put(f, r->spread[s].simulated[q]);
            pal_outfile_text(f, "\n");
        }
    }
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static void put_side(pal_json_writer *w, const char *key, const char *name, const char *digest, size_t users, size_t items, size_t rows)
{
    pal_json_begin_object(w, key);
    pal_json_put_string(w, "name", name);
    pal_json_put_string(w, "digest", digest[0] != '\0' ? digest : NULL);
    pal_json_put_i64(w, "people", (int64_t)users);
    pal_json_put_i64(w, "items", (int64_t)items);
    pal_json_put_i64(w, "rows", (int64_t)rows);
    pal_json_end_object(w);
}

static void put_manifest(pal_json_writer *w, const pal_realism *r, const pal_moments_config *c, pal_taken_as as, size_t least,
                         char hex[2][PAL_HASH_HEX])
{
    char seed[PAL_NUMBER_MAX];

    pal_format_u64(seed, c->seed);
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "format", "palate-realism/1");
    pal_json_put_string(w, "palate", PAL_VERSION);
    put_side(w, "real", r->real_name, r->real_digest, r->real_users, r->real_items, r->real_rows);
    put_side(w, "simulated", r->simulated_name, r->simulated_digest, r->simulated_users, r->simulated_items, r->simulated_rows);
    pal_json_put_string(w, "as", pal_taken_as_names[as]);
    pal_json_put_i64(w, "least", (int64_t)least);
    pal_json_put_i64(w, "sample", (int64_t)c->sample);
    pal_json_put_i64(w, "xmin", (int64_t)r->xmin);
    pal_json_put_number(w, "level", c->level);
    pal_json_put_i64(w, "resamples", (int64_t)c->resamples);
    pal_json_put_string(w, "seed", seed);
    pal_json_put_number(w, "alike_se", PAL_REALISM_ALIKE_SE);
    pal_json_put_number(w, "close_share", PAL_REALISM_CLOSE_SHARE);
    pal_json_put_number(w, "alike_ks", PAL_REALISM_ALIKE_KS);
    pal_json_put_number(w, "close_ks", PAL_REALISM_CLOSE_KS);
    pal_json_begin_array(w, "files");
    pal_manifest_put_file(w, "realism.csv", hex[0]);
    pal_manifest_put_file(w, "quantiles.csv", hex[1]);
    pal_json_end_array(w);
    pal_json_end_object(w);
}

pal_status pal_realism_write(const pal_realism *r, const pal_moments_config *config, pal_taken_as as, size_t least, const char *dir,
                             pal_error *err)
{
    static const char *const names[] = { "realism.csv", "quantiles.csv", "manifest.json" };
    pal_status rc = PAL_OK;
    pal_outdir *out = NULL;
    pal_json_writer w = { .depth = 0 };
    char hex[2][PAL_HASH_HEX], *path[3] = { NULL, NULL, NULL };

    PAL_TRY(pal_outdir_open(&out, dir, err));
    for (size_t i = 0; i < 3; i++) {
        path[i] = pal_path_join(pal_outdir_path(out), names[i]);
        if (path[i] == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    }
    PAL_TRY(write_rows(r, path[0], hex[0], err));
    PAL_TRY(write_quantiles(r, path[1], hex[1], err));
    put_manifest(&w, r, config, as, least, hex);
    PAL_TRY(pal_json_save(&w, path[2], NULL, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    pal_text_clear(&w.text);
    for (size_t i = 0; i < 3; i++) pal_free(path[i]);
    return rc;
}
