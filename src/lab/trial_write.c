/* A trial's directory: truth.csv, estimates.csv, methods.csv, sequence.csv, manifest.json. */
#include "lab/trial_result.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/version.h"

#include <math.h>
#include <string.h>

enum { TRUTH, ESTIMATES, METHODS, SEQUENCE, TABLES };
static const char *const table_name[TABLES] = { "truth.csv", "estimates.csv", "methods.csv", "sequence.csv" };

static void put_number(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, isfinite(x) ? x : (double)NAN);
}

static void put_numbers(pal_outfile *f, const double *x, size_t n)
{
    for (size_t i = 0; i < n; i++) put_number(f, x[i]);
}

/* A yes or no; nothing where it is neither. */
static void put_flag(pal_outfile *f, bool known, bool is)
{
    pal_outfile_text(f, !known ? "," : is ? ",1" : ",0");
}

static const char *metric_of(const pal_trial_result *r, size_t metric)
{
    return pal_trial_measures[r->trial->metric[metric]].name;
}

static void put_truth(pal_outfile *f, const pal_trial_result *r)
{
    pal_outfile_text(f, "metric,n,control,treatment,difference,lo,hi,se,p,correlation\n");
    for (size_t m = 0; m < r->trial->n_metrics; m++) {
        const pal_trial_truth *t = &r->truth[m];
        const double x[] = { t->control, t->treatment, t->effect.value, t->effect.lo, t->effect.hi, t->effect.se, t->effect.p,
                             t->correlation };

        pal_outfile_printf(f, "%s,%zu", metric_of(r, m), r->n_people);
        put_numbers(f, x, sizeof x / sizeof *x);
        pal_outfile_text(f, "\n");
    }
}

static void put_estimates(pal_outfile *f, const pal_trial_result *r)
{
    pal_outfile_text(f, "repeat,method,feedback,metric,estimate,lo,hi,se,p,n_control,n_treatment,srm_p,covers_truth,significant,"
                        "decided,own_popularity\n");
    for (size_t i = 0; i < r->n_rows; i++) {
        const pal_trial_row *row = &r->row[i];
        const pal_trial_estimate *e = &row->e;
        const double x[] = { e->value, e->lo, e->hi, e->se, e->p }, truth = r->truth[row->metric].effect.value;
        bool measures = row->method != PAL_TRIAL_PAIRED && row->method != PAL_TRIAL_INTERLEAVED;

        pal_outfile_printf(f, "%zu,%s,%s,%s", row->repeat, pal_trial_method_names[row->method],
                           pal_trial_feedback_names[row->feedback], metric_of(r, row->metric));
        put_numbers(f, x, sizeof x / sizeof *x);
        pal_outfile_printf(f, ",%zu,%zu", row->n_control, row->n_treatment);
        put_number(f, row->srm_p);
        put_flag(f, measures && isfinite(e->hi - e->lo), e->lo <= truth && truth <= e->hi);
        put_flag(f, !isnan(e->p), e->p <= 1 - r->trial->level);
        put_number(f, e->decided);
        put_number(f, row->own);
        pal_outfile_text(f, "\n");
    }
}

static void put_methods(pal_outfile *f, const pal_trial_result *r)
{
    pal_outfile_text(f, "metric,feedback,method,repeats,people,mean,bias,bias_se,sd,rmse,se,width,coverage,coverage_lo,"
                        "coverage_hi,power,power_lo,power_hi,sign,needed,needed_lo,needed_hi,relative,interference,interference_se,"
                        "srm_alarms,decided,herding,herding_se\n");
    for (size_t i = 0; i < r->n_verdicts; i++) {
        const pal_trial_verdict *v = &r->verdict[i];
        const double x[] = { v->people, v->mean, v->bias, v->bias_se, v->sd, v->rmse, v->se, v->width, v->coverage.value,
                             v->coverage.lo, v->coverage.hi, v->power.value, v->power.lo, v->power.hi, v->sign, v->needed,
                             v->needed_lo, v->needed_hi, v->relative, v->interference, v->interference_se, v->srm, v->decided,
                             v->herding, v->herding_se };

        pal_outfile_printf(f, "%s,%s,%s,%zu", metric_of(r, v->metric), pal_trial_feedback_names[v->feedback],
                           pal_trial_method_names[v->method], v->repeats);
        put_numbers(f, x, sizeof x / sizeof *x);
        pal_outfile_text(f, "\n");
    }
}

static void put_sequence(pal_outfile *f, const pal_trial_result *r)
{
    pal_outfile_text(f, "feedback,metric,pairs,estimate,lo,hi,fixed_lo,fixed_hi,p\n");
    for (size_t k = 0; k < PAL_TRIAL_FEEDBACKS; k++) {
        for (size_t i = 0; i < r->n_looks[k]; i++) {
            const pal_trial_look *l = &r->look[k][i];
            const double x[] = { l->value, l->lo, l->hi, l->fixed_lo, l->fixed_hi, l->p };

            pal_outfile_printf(f, "%s,%s,%zu", pal_trial_feedback_names[k], metric_of(r, 0), l->pairs);
            put_numbers(f, x, sizeof x / sizeof *x);
            pal_outfile_text(f, "\n");
        }
    }
}

static pal_status write_table(int table, const pal_trial_result *r, const char *dir, char hex[PAL_HASH_HEX], pal_error *err)
{
    static void (*const put[TABLES])(pal_outfile *, const pal_trial_result *) = { put_truth, put_estimates, put_methods,
                                                                                   put_sequence };
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    char *path = pal_path_join(dir, table_name[table]);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_open(&f, path, err));
    put[table](f, r);
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    pal_free(path);
    return rc;
}

/* ---- the manifest ---- */

static void put_metrics(pal_json_writer *w, const pal_trial *t)
{
    pal_json_begin_array(w, "metrics");
    for (size_t m = 0; m < t->n_metrics; m++) {
        const pal_trial_measure *measure = &pal_trial_measures[t->metric[m]];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", measure->name);
        pal_json_put_string(w, "meaning", measure->meaning);
        pal_json_put_i64(w, "better", measure->better);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_methods_and_feedback(pal_json_writer *w, const pal_trial *t)
{
    pal_json_begin_array(w, "methods");
    for (size_t k = 0; k < PAL_TRIAL_METHODS; k++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", pal_trial_method_names[k]);
        pal_json_put_string(w, "label", pal_trial_method_labels[k]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "feedback");
    for (size_t f = 0; f < PAL_TRIAL_FEEDBACKS; f++) {
        if (t->feedback[f]) pal_json_put_string(w, NULL, pal_trial_feedback_names[f]);
    }
    pal_json_end_array(w);
}

static void put_arms(pal_json_writer *w, const pal_trial *t)
{
    pal_json_put_string(w, "control", t->experiment->arm[t->control].name);
    pal_json_put_string(w, "treatment", t->experiment->arm[t->treatment].name);
    pal_json_put_i64(w, "rounds", (int64_t)t->experiment->n_rounds);
}

static void put_files(pal_json_writer *w, char hex[TABLES][PAL_HASH_HEX])
{
    pal_json_begin_array(w, "files");
    for (size_t i = 0; i < TABLES; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", table_name[i]);
        pal_json_put_string(w, "digest", hex[i]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static pal_status write_manifest(const pal_trial_result *r, const char *dir, char hex[TABLES][PAL_HASH_HEX], const char *digest,
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_trial *t = r->trial;
    pal_json_writer w = { 0 };
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-trial/1");
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", t->name);
    pal_json_put_string(&w, "purpose", t->purpose);
    pal_json_put_string(&w, "experiment", t->base_name);
    pal_json_put_string(&w, "digest", digest);
    put_arms(&w, t);
    pal_json_put_i64(&w, "people", (int64_t)r->n_people);
    pal_json_put_i64(&w, "slots_control", (int64_t)r->owned[0]);
    pal_json_put_i64(&w, "slots_treatment", (int64_t)r->owned[1]);
    put_metrics(&w, t);
    put_methods_and_feedback(&w, t);
    put_files(&w, hex);
    pal_json_begin_object(&w, "settings");
    pal_values_write(t->top, &w);
    pal_json_end_object(&w);
    pal_json_put_value(&w, "config", pal_json_root(t->doc));
    pal_json_put_value(&w, "base", pal_json_root(t->experiment->doc));
    pal_json_end_object(&w);
    PAL_TRY(pal_json_save(&w, path, NULL, err));
done:
    pal_text_clear(&w.text);
    pal_free(path);
    return rc;
}

static pal_status digest_all(char digest[PAL_HASH_HEX], char hex[TABLES][PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    for (size_t i = 0; i < TABLES; i++) pal_hasher_add(hasher, hex[i], PAL_HASH_HEX);
    pal_hasher_hex(hasher, digest);
done:
    pal_hasher_free(hasher);
    return rc;
}

pal_status pal_trial_write(char digest[PAL_HASH_HEX], const pal_trial_result *r, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outdir *out = NULL;
    char hex[TABLES][PAL_HASH_HEX];

    PAL_TRY(pal_outdir_open(&out, dir, err));
    for (int i = 0; i < TABLES; i++) PAL_TRY(write_table(i, r, pal_outdir_path(out), hex[i], err));
    PAL_TRY(digest_all(digest, hex, err));
    PAL_TRY(write_manifest(r, pal_outdir_path(out), hex, digest, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    return rc;
}
