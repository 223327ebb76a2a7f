/* An audit's directory: audit.csv, truth.csv, protocols.csv, sampled.csv, manifest.json. */
#include "lab/audit_result.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/version.h"

#include <math.h>
#include <string.h>

enum { AUDIT, TRUTH, PROTOCOLS, SAMPLED, TABLES };
static const char *const table_name[TABLES] = { "audit.csv", "truth.csv", "protocols.csv", "sampled.csv" };

/* ---- cells ---- */

static void put_number(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, isfinite(x) ? x : (double)NAN);
}

static void put_text(pal_outfile *f, const char *text)
{
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, text);
}

static void put_interval(pal_outfile *f, const pal_interval *x)
{
    put_number(f, x->value);
    put_number(f, x->lo);
    put_number(f, x->hi);
}

static const char *arm_of(const pal_audit *a, size_t log)
{
    return log < a->n_logs ? a->experiment[0]->arm[a->log[log]].name : "all";
}

static void begin_row(pal_outfile *f, const pal_audit *a, size_t seed, size_t log)
{
    pal_outfile_u64(f, a->experiment[seed]->seed);
    put_text(f, arm_of(a, log));
}

static void end_value(pal_outfile *f, const pal_interval *x)
{
    put_interval(f, x);
    pal_outfile_printf(f, ",%zu\n", x->n);
}

/* ---- tables ---- */

static void put_estimates(pal_outfile *f, const pal_audit_result *r, size_t seed, size_t log, size_t protocol)
{
    const pal_audit *a = r->audit;
    const size_t world = pal_audit_world(a, seed, log);
    char name[PAL_AUDIT_NAME];

    for (size_t m = 0; m < a->n_metrics; m++) {
        for (size_t i = 0; i < a->n_models; i++) {
            const pal_interval *x = &r->estimate[pal_audit_estimate_index(a, world, protocol, a->metric[m], i)];

            if (isnan(x->value)) continue;
            begin_row(f, a, seed, log);
            put_text(f, a->split[protocol / a->n_views].name);
            put_text(f, a->view[protocol % a->n_views].name);
            put_text(f, pal_audit_metric_name(name, a->metric[m], a->k));
            put_text(f, a->model[i].name);
            end_value(f, x);
        }
    }
}

static void put_audit(pal_outfile *f, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;

    pal_outfile_text(f, "seed,logging,split,view,metric,model,estimate,lo,hi,n\n");
    for (size_t s = 0; s < a->n_seeds; s++) {
        for (size_t l = 0; l < a->n_logs; l++) {
            for (size_t p = 0; p < pal_audit_protocols(a); p++) put_estimates(f, r, s, l, p);
        }
    }
}

static void put_true(pal_outfile *f, const pal_audit *a, size_t seed, size_t log, size_t fit, const char *kind,
                     const char *metric, size_t model, const pal_interval *x)
{
    begin_row(f, a, seed, log);
    put_text(f, fit < a->n_splits ? a->split[fit].name : "all");
    put_text(f, kind);
    put_text(f, metric);
    put_text(f, a->model[model].name);
    end_value(f, x);
}

static void put_world_truth(pal_outfile *f, const pal_audit_result *r, size_t seed, size_t log)
{
    const pal_audit *a = r->audit;
    const size_t world = pal_audit_world(a, seed, log);
    char name[PAL_AUDIT_NAME];

    for (size_t fit = 0; fit <= a->n_splits; fit++) {
        for (size_t m = 0; m < PAL_AUDIT_METRICS; m++) {
            for (size_t i = 0; i < a->n_models; i++) {
                put_true(f, a, seed, log, fit, "known", pal_audit_metric_name(name, (pal_audit_metric)m, a->k), i,
                         &r->truth[pal_audit_truth_index(a, world, fit, m, i)]);
            }
        }
        for (size_t i = 0; i < a->n_models; i++) {
            put_true(f, a, seed, log, fit, "known", "list_popularity", i, &r->popularity[pal_audit_fit_at(a, world, fit, i)]);
        }
    }
    for (size_t i = 0; i < a->n_models; i++) {
        const size_t at = pal_audit_online_index(a, world, i);

        put_true(f, a, seed, log, a->n_splits, "online", "likes", i, &r->likes[at]);
        put_true(f, a, seed, log, a->n_splits, "online", "expected_likes", i, &r->expected[at]);
    }
}

static void put_truth(pal_outfile *f, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;

    pal_outfile_text(f, "seed,logging,fit,kind,metric,model,value,lo,hi,n\n");
    for (size_t s = 0; s < a->n_seeds; s++) {
        for (size_t l = 0; l < a->n_logs; l++) put_world_truth(f, r, s, l);
    }
}

static void put_protocols(pal_outfile *f, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;
    char name[PAL_AUDIT_NAME];

    pal_outfile_text(f, "logging,split,view,metric,truth,worlds,tau,tau_lo,tau_hi,reversed,reversed_lo,reversed_hi,picked,"
                        "picked_lo,picked_hi,regret,regret_lo,regret_hi,spread,tilt,tilt_lo,tilt_hi,bias,bias_lo,bias_hi\n");
    for (size_t i = 0; i < r->n_verdicts; i++) {
        const pal_audit_verdict *v = &r->verdict[i];

        pal_outfile_csv_text(f, arm_of(a, v->log));
        put_text(f, a->split[v->protocol / a->n_views].name);
        put_text(f, a->view[v->protocol % a->n_views].name);
        put_text(f, pal_audit_metric_name(name, a->metric[v->metric], a->k));
        put_text(f, pal_audit_target_names[v->target]);
        pal_outfile_printf(f, ",%zu", v->reversed.n);
        put_interval(f, &v->tau);
        put_interval(f, &v->reversed);
        put_interval(f, &v->picked);
        put_interval(f, &v->regret);
        put_number(f, v->spread);
        put_interval(f, &v->tilt);
        put_interval(f, &v->bias);
        pal_outfile_text(f, "\n");
    }
}

static void put_sampled(pal_outfile *f, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;

    pal_outfile_text(f, "seed,logging,negatives,model,recall,lo,hi,n\n");
    for (size_t s = 0; s < a->n_seeds; s++) {
        for (size_t l = 0; l < a->n_logs; l++) {
            for (size_t c = 0; c <= a->n_curve; c++) {
                for (size_t i = 0; i < a->n_models; i++) {
                    begin_row(f, a, s, l);
                    if (c < a->n_curve) pal_outfile_printf(f, ",%zu", a->curve[c]);
                    else pal_outfile_text(f, ",all");
                    put_text(f, a->model[i].name);
                    end_value(f, &r->curve[pal_audit_curve_index(a, pal_audit_world(a, s, l), c, i)]);
                }
            }
        }
    }
}

static pal_status write_table(int table, const pal_audit_result *r, const char *dir, char hex[PAL_HASH_HEX], pal_error *err)
{
    static void (*const put[TABLES])(pal_outfile *, const pal_audit_result *) = { put_audit, put_truth, put_protocols,
                                                                                   put_sampled };
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

static void put_logs(pal_json_writer *w, const pal_audit_result *r)
{
    const pal_audit *a = r->audit;

    pal_json_begin_array(w, "logging");
    for (size_t l = 0; l < a->n_logs; l++) {
        double impressions = 0, liked = 0;

        for (size_t s = 0; s < a->n_seeds; s++) {
            impressions += r->impressions[pal_audit_world(a, s, l)] / (double)a->n_seeds;
            liked += r->liked[pal_audit_world(a, s, l)] / (double)a->n_seeds;
        }
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", arm_of(a, l));
        pal_json_put_number(w, "impressions", impressions);
        pal_json_put_number(w, "likes", liked);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_models(pal_json_writer *w, const pal_audit *a)
{
    pal_json_begin_array(w, "models");
    for (size_t i = 0; i < a->n_models; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", a->model[i].name);
        pal_json_put_string(w, "label", strcmp(a->model[i].name, a->model[i].type->name) == 0 ? a->model[i].type->label
                                                                                             : a->model[i].name);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_protocol_names(pal_json_writer *w, const pal_audit *a)
{
    pal_json_begin_array(w, "splits");
    for (size_t s = 0; s < a->n_splits; s++) pal_json_put_string(w, NULL, a->split[s].name);
    pal_json_end_array(w);
    pal_json_begin_array(w, "views");
    for (size_t v = 0; v < a->n_views; v++) pal_json_put_string(w, NULL, a->view[v].name);
    pal_json_end_array(w);
}

static void put_metrics(pal_json_writer *w, const pal_audit *a)
{
    char name[PAL_AUDIT_NAME];

    pal_json_begin_array(w, "metrics");
    for (size_t m = 0; m < a->n_metrics; m++) {
        const pal_audit_measure *measure = &pal_audit_measures[a->metric[m]];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", pal_audit_metric_name(name, a->metric[m], a->k));
        pal_json_put_string(w, "meaning", measure->meaning);
        pal_json_put_string(w, "truth", measure->truth);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
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

static pal_status write_manifest(const pal_audit_result *r, const char *dir, char hex[TABLES][PAL_HASH_HEX],
                                 const char *digest, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_audit *a = r->audit;
    pal_json_writer w = { 0 };
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-audit/1");
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", a->name);
    pal_json_put_string(&w, "purpose", a->purpose);
    pal_json_put_string(&w, "experiment", a->base_name);
    pal_json_put_string(&w, "digest", digest);
    pal_json_put_i64(&w, "people", (int64_t)r->n_people);
    pal_json_put_i64(&w, "items", (int64_t)r->n_items);
    pal_json_put_i64(&w, "log_rounds", (int64_t)a->log_rounds);
    pal_json_put_i64(&w, "slots", (int64_t)a->experiment[0]->n_slots);
    pal_json_put_i64(&w, "fits", (int64_t)r->n_fits);
    put_logs(&w, r);
    put_models(&w, a);
    put_protocol_names(&w, a);
    put_metrics(&w, a);
    put_files(&w, hex);
    pal_json_begin_object(&w, "settings");
    pal_values_write(a->top, &w);
    pal_json_end_object(&w);
    pal_json_put_value(&w, "config", pal_json_root(a->doc));
    pal_json_put_value(&w, "base", pal_json_root(a->experiment[0]->doc));
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

pal_status pal_audit_write(char digest[PAL_HASH_HEX], const pal_audit_result *r, const char *dir, pal_error *err)
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
