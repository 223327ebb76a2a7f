/* Comparisons as files. */
#include "lab/compare_runs.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/version.h"
#include "metrics/compare.h"

#include <math.h>
#include <string.h>

/* The numbers of a row, in the order of the columns and JSON keys. */
enum { NUMBERS = 36 };
static const char *const number_name[NUMBERS] = {
    "value_a", "value_b", "diff", "lo", "hi", "p", "p_adjusted", "cohen", "cohen_lo", "cohen_hi", "cliff", "cliff_lo",
    "cliff_hi", "needed", "detectable", "variance_paired", "variance_unpaired", "variance_reduction", "reduction_lo",
    "reduction_hi", "worlds", "worlds_diff", "worlds_lo", "worlds_hi", "p_worlds", "n_a", "n_b", "p_anytime",
    "decided", "cuped_diff", "cuped_lo", "cuped_hi", "cuped_reduction",
    "p_permutation", "p_t", "p_wilcoxon",
};

static void numbers_of(double out[NUMBERS], const pal_compare_row *row)
{
    const pal_sides_result *r = &row->r;
    const double number[NUMBERS] = {
        r->value_a, r->value_b, r->difference.value, r->difference.lo, r->difference.hi, r->p, row->p_adjusted,
        r->cohen.value, r->cohen.lo, r->cohen.hi, r->cliff.value, r->cliff.lo, r->cliff.hi, r->needed, r->detectable,
        r->pairing.paired, r->pairing.unpaired, r->pairing.reduction, r->pairing.lo, r->pairing.hi, (double)r->n_worlds,
        r->worlds.value, r->worlds.lo, r->worlds.hi, r->p_worlds, (double)r->n_a, (double)r->n_b, r->p_anytime, r->decided,
        r->cuped.adjusted.value, r->cuped.adjusted.lo, r->cuped.adjusted.hi, r->cuped.variance_reduction,
        r->p_permutation, r->p_t, r->p_wilcoxon,
    };

    for (size_t i = 0; i < NUMBERS; i++) out[i] = isfinite(number[i]) ? number[i] : NAN;
}

void pal_compare_row_json(pal_json_writer *w, const pal_compare_row *row)
{
    double number[NUMBERS];

    numbers_of(number, row);
    pal_json_put_string(w, "metric", pal_people_metrics[row->r.metric].name);
    pal_json_put_string(w, "arm", row->label_a);
    pal_json_put_string(w, "against", row->label_b);
    pal_json_put_string(w, "pairing", pal_meeting_names[row->meeting]);
    for (size_t i = 0; i < NUMBERS; i++) pal_json_put_number(w, number_name[i], number[i]);
    pal_json_put_bool(w, "significant", row->significant);
}

static pal_status write_rows(const pal_run_comparison *c, const char *dir, char hex[PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    char *path = pal_path_join(dir, "comparisons.csv");
    double number[NUMBERS];

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_open(&f, path, err));
    pal_outfile_text(f, "metric,arm,against,pairing,significant");
    for (size_t i = 0; i < NUMBERS; i++) pal_outfile_printf(f, ",%s", number_name[i]);
    pal_outfile_text(f, "\n");
    for (size_t k = 0; k < c->n_rows; k++) {
        const pal_compare_row *row = &c->row[k];

        numbers_of(number, row);
        pal_outfile_printf(f, "%s,", pal_people_metrics[row->r.metric].name);
        pal_outfile_csv_text(f, row->label_a);
        pal_outfile_text(f, ",");
        pal_outfile_csv_text(f, row->label_b);
        pal_outfile_printf(f, ",%s,%d", pal_meeting_names[row->meeting], row->significant);
        for (size_t i = 0; i < NUMBERS; i++) {
            pal_outfile_text(f, ",");
            pal_outfile_double(f, number[i]);
        }
        pal_outfile_text(f, "\n");
    }
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    pal_free(path);
    return rc;
}

static void put_runs(pal_json_writer *w, const pal_run_comparison *c)
{
    pal_json_begin_array(w, "settings");
    for (size_t s = 0; s < c->n_settings; s++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "label", c->setting[s].label);
        pal_json_begin_array(w, "runs");
        for (size_t i = 0; i < c->setting[s].n_runs; i++) {
            const pal_run_people *run = c->setting[s].run[i];

            pal_json_begin_object(w, NULL);
            pal_json_put_string(w, "dir", run->dir);
            pal_json_put_string(w, "name", run->name);
            pal_json_put_string(w, "seed", run->seed);
            pal_json_put_i64(w, "people", (int64_t)run->n_people);
            pal_json_put_string(w, "digest", run->digest);
            pal_json_end_object(w);
        }
        pal_json_end_array(w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_metrics(pal_json_writer *w, const pal_compare_request *q)
{
    pal_json_begin_array(w, "metrics");
    for (size_t i = 0; i < q->n_metrics; i++) {
        const pal_people_metric *m = &pal_people_metrics[q->metric[i]];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", m->name);
        pal_json_put_string(w, "meaning", m->meaning);
        pal_json_put_i64(w, "better", m->better);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static pal_status write_manifest(const pal_run_comparison *c, const pal_compare_request *q, const char *dir,
                                 const char *hex, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { 0 };
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-compare/1");
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_number(&w, "level", q->sides.level);
    pal_json_put_number(&w, "power", q->sides.power);
    pal_json_put_i64(&w, "resamples", (int64_t)q->sides.resamples);
    pal_json_put_i64(&w, "permutations", (int64_t)q->sides.permutations);
    pal_json_put_string(&w, "test", pal_side_test_names[q->sides.test]);
    pal_json_put_string(&w, "correction", q->holm ? "holm" : "benjamini-hochberg");
    put_metrics(&w, q);
    put_runs(&w, c);
    pal_json_put_string(&w, "notes", c->notes.bytes == NULL ? "" : c->notes.bytes);
    pal_json_begin_array(&w, "files");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "name", "comparisons.csv");
    pal_json_put_string(&w, "digest", hex);
    pal_json_end_object(&w);
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
done:
    pal_text_clear(&w.text);
    pal_free(path);
    return rc;
}

pal_status pal_compare_write(const pal_run_comparison *c, const pal_compare_request *q, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *out = NULL;
    char hex[PAL_HASH_HEX];

    PAL_TRY(pal_outdir_open(&out, dir, err));
    PAL_TRY(write_rows(c, pal_outdir_path(out), hex, err));
    PAL_TRY(write_manifest(c, q, pal_outdir_path(out), hex, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    return rc;
}
