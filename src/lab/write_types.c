/* types.csv: what each arm earns in each content type, paired with the baseline. */
#include "lab/days.h"

#include "core/mem.h"

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
    static const char *const metric[] = { NULL, "ctr", "like_rate" };
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_interval v, diff;

    fill(own, days, arm, type, what);
    PAL_TRY(pal_boot_ratio(&v, results->boot, own->num, own->den, err));
    pal_outfile_csv_text(f, e->arm[arm].name);
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, pal_catalog_type_name(results->catalog, type));
    pal_outfile_printf(f, ",%s", metric[what]);
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

pal_status pal_write_types(pal_results *results, const pal_days *days, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;
    ratio own = { NULL, NULL }, base = { NULL, NULL };

    if (days->by_person == NULL) return PAL_OK;
    PAL_NEW(own.num, days->n_people);
    PAL_NEW(own.den, days->n_people);
    PAL_NEW(base.num, days->n_people);
    PAL_NEW(base.den, days->n_people);
    PAL_TRY(pal_results_open(&f, results, "types.csv", err));
    pal_outfile_text(f, "arm,type,metric,value,lo,hi,n,diff,diff_lo,diff_hi\n");
    for (size_t a = 0; a < days->n_arms; a++) {
        for (size_t t = 0; t < days->n_types; t++) {
            for (size_t what = 1; what <= 2; what++) {
                PAL_TRY(put_row(f, results, days, &own, &base, a, t, what, err));
            }
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "types.csv", err));
done:
    pal_outfile_abort(&f);
    pal_free(own.num);
    pal_free(own.den);
    pal_free(base.num);
    pal_free(base.den);
    return rc;
}
