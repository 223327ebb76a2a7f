/* A study's directory. */
#include "lab/ope_scene.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/version.h"

#include <math.h>

enum { TRUTH, ESTIMATORS, OVERLAP, ESTIMATES, EXAMPLE, FILES };
static const char *const file_name[FILES] = { "truth.csv", "estimators.csv", "overlap.csv", "estimates.csv", "example_log.csv" };

typedef struct book { /* what is written */
    const pal_ope_study *s;
    const pal_ope_findings *found;
    const pal_ope_scene *scene;
    const pal_ope_sample *example;
} book;

static void put_number(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, isfinite(x) ? x : NAN);
}

static void put_mean(pal_outfile *f, pal_ope_mean m)
{
    put_number(f, m.value);
    put_number(f, m.se);
}

/* "size,target" of a cell. */
static void put_cell(pal_outfile *f, const pal_ope_study *s, size_t size, size_t target)
{
    pal_outfile_u64(f, s->size[size]);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, s->policy[target + 1].name);
}

static void put_truth(pal_outfile *f, const book *b)
{
    const pal_ope_study *s = b->s;

    pal_outfile_text(f, "role,policy,arm,softness,epsilon,value,unsupported,mean_square_weight,most_weight\n");
    for (size_t p = 0; p <= s->n_targets; p++) {
        const pal_ope_policy *policy = &s->policy[p];
        const pal_ope_known *known = &b->found->known[p];
        const bool ruled = p > 0 || !s->own;
        const double numbers[] = { ruled ? policy->rule.softness : NAN, ruled ? policy->rule.epsilon : NAN, known->value,
                                   known->unsupported, known->mean_square, known->most_weight };

        pal_outfile_text(f, p == 0 ? "logging," : "target,");
        pal_outfile_csv_text(f, policy->name);
        pal_outfile_text(f, ",");
        pal_outfile_csv_text(f, s->experiment->arm[policy->arm].name);
        for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) put_number(f, numbers[i]);
        pal_outfile_text(f, "\n");
    }
}

static void put_record(pal_outfile *f, const book *b, size_t size, size_t target, size_t e)
{
    const pal_ope_study *s = b->s;
    const pal_ope_record *r = &b->found->record[(size * s->n_targets + target) * s->n_estimators + e];

    put_cell(f, s, size, target);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, s->estimator[e].name);
    put_number(f, b->found->known[target + 1].value);
    pal_outfile_printf(f, ",%zu", r->n);
    put_number(f, r->mean);
    put_mean(f, r->bias);
    put_mean(f, r->sd);
    put_mean(f, r->rmse);
    put_mean(f, r->coverage);
    put_mean(f, r->width);
    put_mean(f, r->boot_coverage);
    put_mean(f, r->boot_width);
    pal_outfile_text(f, "\n");
}

static void put_estimators(pal_outfile *f, const book *b)
{
    pal_outfile_text(f, "size,target,estimator,truth,logs,mean,bias,bias_se,sd,sd_se,rmse,rmse_se,coverage,coverage_se,width,"
                        "width_se,boot_coverage,boot_coverage_se,boot_width,boot_width_se\n");
    for (size_t z = 0; z < b->s->n_sizes; z++) {
        for (size_t t = 0; t < b->s->n_targets; t++) {
            for (size_t e = 0; e < b->s->n_estimators; e++) put_record(f, b, z, t, e);
        }
    }
}

static void put_overlap(pal_outfile *f, const book *b)
{
    pal_outfile_text(f, "size,target,ess,ess_se,mean_weight,mean_weight_se,most_weight,most_weight_se,zero_share,zero_share_se\n");
    for (size_t z = 0; z < b->s->n_sizes; z++) {
        for (size_t t = 0; t < b->s->n_targets; t++) {
            const pal_ope_reach *r = &b->found->reach[z * b->s->n_targets + t];

            put_cell(f, b->s, z, t);
            put_mean(f, r->ess);
            put_mean(f, r->mean_weight);
            put_mean(f, r->most_weight);
            put_mean(f, r->zero_share);
            pal_outfile_text(f, "\n");
        }
    }
}

static void put_said(pal_outfile *f, const book *b, size_t log, size_t cell)
{
    const pal_ope_study *s = b->s;
    const size_t row = cell / s->n_estimators;
    const pal_ope_said *said = &b->found->said[log * s->n_sizes * s->n_targets * s->n_estimators + cell];
    const double numbers[] = { said->value, said->se, said->lo, said->hi, said->boot_lo, said->boot_hi };

    pal_outfile_printf(f, "%zu,", log);
    put_cell(f, s, row / s->n_targets, row % s->n_targets);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, s->estimator[cell % s->n_estimators].name);
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) put_number(f, numbers[i]);
    pal_outfile_text(f, "\n");
}

static void put_estimates(pal_outfile *f, const book *b)
{
    const pal_ope_study *s = b->s;

    pal_outfile_text(f, "log,size,target,estimator,value,se,lo,hi,boot_lo,boot_hi\n");
    for (size_t log = 0; log < s->n_logs; log++) {
        for (size_t cell = 0; cell < s->n_sizes * s->n_targets * s->n_estimators; cell++) put_said(f, b, log, cell);
    }
}

/* A row a slot; every target's chance of the item, given those above, stands in a column of its own. */
static void put_decision(pal_outfile *f, const book *b, size_t i)
{
    const pal_ope_scene *sc = b->scene;
    const pal_ope_sample *x = b->example;
    const uint32_t c = x->context[i];
    const uint8_t *slate = x->slate + i * sc->k;
    double step[PAL_OPE_MOST_NAMED][PAL_OPE_MOST_SLOTS];

    for (size_t t = 0; t < b->s->n_targets; t++) {
        pal_ope_slate_steps(step[t], slate, pal_ope_strength(sc, t + 1, c), NULL, sc->m, sc->k, &b->s->policy[t + 1].rule);
    }
    for (size_t l = 0; l < sc->k; l++) {
        pal_outfile_printf(f, "%zu,", i);
        pal_outfile_csv_text(f, sc->catalog->id[sc->item[c * sc->m + slate[l]]]);
        pal_outfile_printf(f, ",%zu", l + 1);
        put_number(f, x->reward[i * sc->k + l]);
        put_number(f, x->logged[i * sc->k + l]);
        pal_outfile_printf(f, ",%u,%zu", sc->person[c], i);
        for (size_t t = 0; t < b->s->n_targets; t++) put_number(f, step[t][l]);
        pal_outfile_text(f, "\n");
    }
}

static void put_example(pal_outfile *f, const book *b)
{
    pal_outfile_text(f, "timestamp,item_id,position,click,propensity_score,person,decision");
    for (size_t t = 0; t < b->s->n_targets; t++) {
        pal_text name = { 0 };

        pal_text_addf(&name, "chance_%s", b->s->policy[t + 1].name);
        pal_outfile_text(f, ",");
        pal_outfile_csv_text(f, name.bytes == NULL ? "" : name.bytes);
        pal_text_clear(&name);
    }
    pal_outfile_text(f, "\n");
    for (size_t i = 0; i < b->example->n; i++) put_decision(f, b, i);
}

static pal_status write_file(char hex[PAL_HASH_HEX], const book *b, size_t which, const char *dir, pal_error *err)
{
    static void (*const put[FILES])(pal_outfile *, const book *) = { put_truth, put_estimators, put_overlap, put_estimates,
                                                                      put_example };
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    char *path = pal_path_join(dir, file_name[which]);

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_outfile_open(&f, path, err));
    put[which](f, b);
    PAL_TRY(pal_outfile_commit(&f, hex, err));
done:
    pal_outfile_abort(&f);
    pal_free(path);
    return rc;
}

static pal_status digest_all(char digest[PAL_HASH_HEX], char hex[FILES][PAL_HASH_HEX], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    for (size_t i = 0; i < FILES; i++) pal_hasher_add(hasher, hex[i], PAL_HASH_HEX);
    pal_hasher_hex(hasher, digest);
done:
    pal_hasher_free(hasher);
    return rc;
}

static void put_lists(pal_json_writer *w, const pal_ope_study *s, char hex[FILES][PAL_HASH_HEX])
{
    pal_json_begin_array(w, "sizes");
    for (size_t z = 0; z < s->n_sizes; z++) pal_json_put_i64(w, NULL, (int64_t)s->size[z]);
    pal_json_end_array(w);
    pal_json_begin_array(w, "targets");
    for (size_t t = 0; t < s->n_targets; t++) pal_json_put_string(w, NULL, s->policy[t + 1].name);
    pal_json_end_array(w);
    pal_json_begin_array(w, "estimators");
    for (size_t e = 0; e < s->n_estimators; e++) {
        const pal_ope_estimator *one = &s->estimator[e];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", one->name);
        pal_json_put_string(w, "kind", pal_ope_any_name(one->kind));
        pal_json_put_string(w, "meaning", pal_ope_any_meaning(one->kind));
        pal_json_put_string(w, "model", pal_ope_any_needs_model(one->kind) ? pal_ope_guess_name(one->guess) : NULL);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "files");
    for (size_t i = 0; i < FILES; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", file_name[i]);
        pal_json_put_string(w, "digest", hex[i]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static pal_status write_manifest(const book *b, const char *dir, char hex[FILES][PAL_HASH_HEX], const char *digest,
                                 pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_ope_study *s = b->s;
    pal_json_writer w = { 0 };
    pal_json_doc *base = NULL;
    char *path = pal_path_join(dir, "manifest.json");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_json_parse(&base, s->experiment->resolved.bytes, s->experiment->resolved.n, s->experiment_name, err));
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-ope/1");
    pal_json_put_string(&w, "palate", PAL_VERSION);
    pal_json_put_string(&w, "name", s->name);
    pal_json_put_string(&w, "purpose", s->purpose);
    pal_json_put_string(&w, "experiment", s->experiment_name);
    pal_json_put_string(&w, "digest", digest);
    pal_json_put_string(&w, "logging", s->policy[0].name);
    pal_json_put_number(&w, "gaps", s->gaps);
    pal_json_put_bool(&w, "own", s->own);
    pal_json_put_string(&w, "reward", pal_values_text(s->top, "reward"));
    pal_json_put_i64(&w, "slots", (int64_t)s->n_slots);
    pal_json_put_i64(&w, "candidates", (int64_t)s->n_candidates);
    pal_json_put_i64(&w, "people", (int64_t)b->found->n_contexts);
    pal_json_put_i64(&w, "warm_up", (int64_t)s->warm_up);
    pal_json_put_i64(&w, "logs", (int64_t)s->n_logs);
    pal_json_put_number(&w, "level", s->level);
    put_lists(&w, s, hex);
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

pal_status pal_ope_study_write(char digest[PAL_HASH_HEX], const pal_ope_study *s, const pal_ope_findings *findings,
                               const pal_ope_scene *scene, const pal_ope_sample *example, const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    const book b = { s, findings, scene, example };
    char hex[FILES][PAL_HASH_HEX];
    pal_outdir *out = NULL;

    PAL_TRY(pal_outdir_open(&out, dir, err));
    for (size_t i = 0; i < FILES; i++) PAL_TRY(write_file(hex[i], &b, i, pal_outdir_path(out), err));
    PAL_TRY(digest_all(digest, hex, err));
    PAL_TRY(write_manifest(&b, pal_outdir_path(out), hex, digest, err));
    PAL_TRY(pal_outdir_commit(&out, err));
done:
    pal_outdir_abort(&out);
    return rc;
}
