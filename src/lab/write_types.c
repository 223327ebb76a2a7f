/*
 * types.csv: what each arm earns in each content type, paired with the baseline. types_tests.csv:
 * arms with a model per type against those that are the same but for one model across all types,
 * person by person.
 */
#include "lab/days.h"

#include "core/mem.h"
#include "metrics/compare.h"

#include <math.h>
#include <string.h>

typedef struct ratio {
    double *num, *den; /* n_people */
} ratio;

/* `what` 1: clicks a view, 2: likes a view. */
static void fill(ratio *to, const pal_days *days, size_t arm, size_t type, size_t what)
{
    const uint32_t *n = days->by_person + (arm * days->n_types + type) * days->n_people * 3;

    for (size_t p = 0; p < days->n_people; p++) {
        to->num[p] = (double)n[3 * p + what];
        to->den[p] = (double)n[3 * p];
    }
}

static const char *const metric_name[] = { NULL, "ctr", "like_rate" };

static void put_three(pal_outfile *f, const pal_interval *v)
{
    const double x[] = { v->value, v->lo, v->hi };

    for (size_t i = 0; i < 3; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x[i]);
    }
}

/* One arm, type and metric. */
static pal_status put_row(pal_outfile *f, const pal_results *results, const pal_days *days, ratio *own, ratio *base,
                          size_t arm, size_t type, size_t what, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_interval v, diff;

    fill(own, days, arm, type, what);
    PAL_TRY(pal_boot_ratio(&v, results->boot, own->num, own->den, err));
    pal_outfile_csv_text(f, e->arm[arm].name);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, pal_catalog_type_name(results->catalog, type));
    pal_outfile_printf(f, ",%s", metric_name[what]);
    put_three(f, &v);
    pal_outfile_printf(f, ",%zu", v.n);
    if (arm == e->baseline) {
        pal_outfile_text(f, ",,,\n");
        return PAL_OK;
    }
    fill(base, days, e->baseline, type, what);
    PAL_TRY(pal_boot_ratio_diff_many(&diff, results->boot, own->num, own->den, base->num, base->den, 1,
                                     results->n_threads, err));
    put_three(f, &diff);
    pal_outfile_text(f, "\n");
done:
    return rc;
}

static pal_status write_table(pal_results *results, const pal_days *days, ratio *own, ratio *base,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "types.csv", err));
    pal_outfile_text(f, "arm,type,metric,value,lo,hi,n,diff,diff_lo,diff_hi\n");
    for (size_t a = 0; a < days->n_arms; a++) {
        for (size_t t = 0; t < days->n_types; t++) {
            for (size_t what = 1; what <= 2; what++) {
                PAL_TRY(put_row(f, results, days, own, base, a, t, what, err));
            }
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "types.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* ---- a model per type against one across all types ------------------------------------------- */

/* All that an arm is but for its name and whether it learns per type; false when its stage knows no
 * such choice. */
static bool describe_arm(pal_text *out, bool *per_type, const pal_json *arm)
{
    const pal_json *params = pal_json_get(arm, "params"), *own = pal_json_get(params, "per_type");
    pal_json_writer w = { .compact = true };

    if (own == NULL || pal_json_kind_of(own) != PAL_JSON_BOOL) return false;
    *per_type = pal_json_bool(own);
    pal_json_begin_object(&w, NULL);
    for (size_t i = 0; i < pal_json_size(arm); i++) {
        const pal_json *member = pal_json_at(arm, i);

        if (member != params && strcmp(pal_json_key(member), "name") != 0) {
            pal_json_put_value(&w, pal_json_key(member), member);
        }
    }
    for (size_t i = 0; i < pal_json_size(params); i++) {
        const pal_json *member = pal_json_at(params, i);

        if (member != own) pal_json_put_value(&w, pal_json_key(member), member);
    }
    pal_json_end_object(&w);
    *out = w.text;
    return true;
}

/* across[a]: the first arm that is arm a but for one model across all types; SIZE_MAX: none. */
static pal_status find_pairs(size_t *across, size_t *n_pairs, const pal_experiment *e,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const pal_json *arms;
    pal_text *text = NULL;
    bool *per_type = NULL;

    PAL_NEW(text, e->n_arms);
    PAL_NEW(per_type, e->n_arms);
    PAL_TRY(pal_json_parse(&doc, e->resolved.bytes, e->resolved.n, "resolved experiment", err));
    arms = pal_json_get(pal_json_root(doc), "arms");
    *n_pairs = 0;
    for (size_t a = 0; a < e->n_arms; a++) {
        across[a] = SIZE_MAX;
        if (describe_arm(&text[a], &per_type[a], pal_json_at(arms, a)))
            PAL_TRY(pal_text_check(&text[a], err));
    }
    for (size_t a = 0; a < e->n_arms; a++) {
        for (size_t b = 0; b < e->n_arms && per_type[a] && across[a] == SIZE_MAX; b++) {
            const bool is_same = text[b].bytes != NULL && strcmp(text[a].bytes, text[b].bytes) == 0;

            if (is_same && !per_type[b]) across[a] = b;
        }
        *n_pairs += across[a] != SIZE_MAX;
    }
done:
    for (size_t a = 0; text != NULL && a < e->n_arms; a++) pal_text_clear(&text[a]);
    pal_free(text);
    pal_free(per_type);
    pal_json_free(doc);
    return rc;
}

static void put_test(pal_outfile *f, const pal_results *results, const size_t arm[2], size_t type,
                     size_t what, const pal_comparison *v, double p_adjusted)
{
    const pal_experiment *e = results->experiment;
    const double x[] = { v->value_a,       v->value_b, v->difference.value, v->difference.lo,
                         v->difference.hi, v->effect,  v->p_permutation,    p_adjusted };
    const double level = pal_values_real(e->statistics, "level");

    pal_outfile_csv_text(f, e->arm[arm[0]].name);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, e->arm[arm[1]].name);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, pal_catalog_type_name(results->catalog, type));
    pal_outfile_printf(f, ",%s,%zu", metric_name[what], v->difference.n);
    for (size_t i = 0; i < sizeof x / sizeof *x; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x[i]);
    }
    pal_outfile_printf(f, ",%d\n", p_adjusted <= 1 - level + 1e-12);
}

/* One pair of arms in one metric: the types are the family that is corrected. */
static pal_status test_pair(pal_outfile *f, const pal_results *results, const pal_days *days,
                            ratio *own, ratio *other, const size_t arm[2], size_t what,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    const pal_compare_config config = { (size_t)pal_values_int(e->statistics, "permutations"),
                                        pal_key_for(e->seed, 0, PAL_FOR_PERMUTE) };
    pal_comparison v[PAL_MAX_CLUSTERS];
    double p[PAL_MAX_CLUSTERS];

    for (size_t t = 0; t < days->n_types; t++) {
        fill(own, days, arm[0], t, what);
        fill(other, days, arm[1], t, what);
        PAL_TRY(pal_compare(&v[t], results->boot, own->num, own->den, other->num, other->den,
                            &config, err));
        p[t] = v[t].p_permutation;
    }
    PAL_TRY(pal_p_holm(p, p, days->n_types, err));
    for (size_t t = 0; t < days->n_types; t++) put_test(f, results, arm, t, what, &v[t], p[t]);
done:
    return rc;
}

static pal_status write_tests(pal_results *results, const pal_days *days, ratio *own, ratio *other,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    size_t *across = NULL, n_pairs = 0;

    PAL_NEW(across, days->n_arms);
    PAL_TRY(find_pairs(across, &n_pairs, results->experiment, err));
    if (n_pairs == 0) goto done;
    PAL_TRY(pal_results_open(&f, results, "types_tests.csv", err));
    pal_outfile_text(f, "arm,against,type,metric,n,value,value_against,diff,lo,hi,effect,p,p_"
                        "adjusted,significant\n");
    for (size_t a = 0; a < days->n_arms; a++) {
        for (size_t what = 1; across[a] != SIZE_MAX && what <= 2; what++) {
            PAL_TRY(test_pair(f, results, days, own, other, (const size_t[]){ a, across[a] }, what,
                              err));
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "types_tests.csv", err));
done:
    pal_outfile_abort(&f);
    pal_free(across);
    return rc;
}

pal_status pal_write_types(pal_results *results, const pal_days *days, pal_error *err)
{
    pal_status rc = PAL_OK;
    ratio own = { NULL, NULL }, base = { NULL, NULL };

    if (days->by_person == NULL) return PAL_OK;
    PAL_NEW(own.num, days->n_people);
    PAL_NEW(own.den, days->n_people);
    PAL_NEW(base.num, days->n_people);
    PAL_NEW(base.den, days->n_people);
    PAL_TRY(write_table(results, days, &own, &base, err));
    PAL_TRY(write_tests(results, days, &own, &base, err));
done:
    pal_free(own.num);
    pal_free(own.den);
    pal_free(base.num);
    pal_free(base.den);
    return rc;
}
