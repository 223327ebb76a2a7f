/* people.csv (who they are, in truth) and users.csv (what each arm made of them). */
#include "lab/results.h"

#include "core/mem.h"
#include "data/person.h"
#include "metrics/auc.h"

#include <math.h>
#include <string.h>

static void put_tastes(pal_outfile *f, const pal_population *people, size_t u, const pal_catalog *catalog)
{
    for (size_t k = 0; k < people->n_tastes[u]; k++) {
        pal_outfile_printf(f, "%s%s", k == 0 ? "" : ";",
                           catalog->clusters->name[people->taste_cluster[u * PAL_MAX_TASTES + k]]);
    }
    pal_outfile_text(f, ",");
    for (size_t k = 0; k < people->n_tastes[u]; k++) {
        pal_outfile_text(f, k == 0 ? "" : ";");
        pal_outfile_float(f, people->taste_weight[u * PAL_MAX_TASTES + k]);
    }
}

static pal_status write_people(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "people.csv", err));
    pal_outfile_text(f, "replicate,user,age_years,gender,country,occupation,n_tastes,tastes,weights,contradiction,activity,"
                        "patience,like_bias,popularity_love,novelty_love\n");
    for (size_t rep = 0; rep < results->set.n_replicates; rep++) {
        const pal_population *people = results->set.world[rep]->people;

        for (size_t u = 0; u < people->n; u++) {
            const pal_demographics *who = &people->who[u];
            const float habit[] = { people->contradiction[u], people->activity[u], people->patience[u],
                                    people->like_bias[u], people->popularity_love[u], people->novelty_love[u] };

            pal_outfile_printf(f, "%zu,%zu,%u,%s,%s,%s,%u,", rep, u, who->age_years, pal_gender_names[who->gender],
                               pal_country_names[who->country], pal_occupation_names[who->occupation],
                               people->n_tastes[u]);
            put_tastes(f, people, u, results->catalog);
            for (size_t i = 0; i < sizeof habit / sizeof *habit; i++) {
                pal_outfile_text(f, ",");
                pal_outfile_float(f, habit[i]);
            }
            pal_outfile_text(f, "\n");
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "people.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* Run-long values of a person: the ratio of a column's parts. */
#define USER_COLUMNS 6
static const char *const user_column[USER_COLUMNS] = { "logloss", "taste_coverage", "taste_balance", "novelty",
                                                       "diversity", "regret" };

static pal_status ratios_of(double *out, const char *name, const pal_results *results, size_t arm, double *num,
                            double *den, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_record *r = results->record[arm];

    for (size_t i = 0; i < pal_column_count(); i++) {
        if (strcmp(pal_column_at(i)->name, name) != 0) continue;
        PAL_TRY(pal_column_at(i)->run(num, den, r, &results->set, err));
        for (size_t p = 0; p < r->n_people; p++) out[p] = den[p] > 0 ? num[p] / den[p] : NAN;
    }
done:
    return rc;
}

static void put_user(pal_outfile *f, const pal_results *results, size_t arm, size_t p, const double *const value[],
                     const double *auc)
{
    const pal_record *r = results->record[arm];
    uint64_t total[PAL_COUNTS] = { 0 }, present = 0;
    double expected = 0;

    for (size_t t = 0; t < r->n_rounds; t++) {
        for (size_t c = 0; c < PAL_COUNTS; c++) total[c] += r->count[c][p * r->n_rounds + t];
        present += r->present[p * r->n_rounds + t];
        expected += (double)r->expected[p * r->n_rounds + t];
    }
    pal_outfile_csv_text(f, results->experiment->arm[arm].name);
    pal_outfile_printf(f, ",%zu,%zu,%llu,", p / r->n_users, p % r->n_users, (unsigned long long)present);
    if (r->left_round[p] != UINT32_MAX) pal_outfile_u64(f, r->left_round[p]);
    for (size_t c = 0; c < PAL_COUNTS; c++) {
        pal_outfile_text(f, ",");
        pal_outfile_u64(f, total[c]);
    }
    pal_outfile_text(f, ",");
    pal_outfile_double(f, expected);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, auc[p]);
    for (size_t i = 0; i < USER_COLUMNS; i++) {
        pal_outfile_text(f, ",");
        pal_outfile_double(f, value[i][p]);
    }
    pal_outfile_text(f, ",");
    pal_outfile_float(f, r->confidence[p * r->n_rounds + r->n_rounds - 1]);
    pal_outfile_text(f, "\n");
}

static pal_status user_aucs(double *auc, const pal_record *r, pal_error *err)
{
    const pal_predictions *q;

    for (size_t p = 0; p < r->n_people; p++) auc[p] = NAN;
    if (r->n_probe_rounds == 0) return PAL_OK;
    q = &r->probe[r->n_probe_rounds - 1];
    return pal_auc_groups(auc, NULL, q->p, q->label, q->person, q->n, r->n_people, err);
}

static pal_status write_users(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = results->record[0]->n_people;
    pal_outfile *f = NULL;
    double *num = NULL, *den = NULL, *auc = NULL, *value[USER_COLUMNS] = { NULL };

    PAL_NEW(num, n);
    PAL_NEW(den, n);
    PAL_NEW(auc, n);
    for (size_t i = 0; i < USER_COLUMNS; i++) PAL_NEW(value[i], n);
    PAL_TRY(pal_results_open(&f, results, "users.csv", err));
    pal_outfile_text(f, "arm,replicate,user,rounds_present,left_round,impressions,examined,clicks,likes,dislikes,skips,"
                        "expected_likes,auc,logloss,taste_coverage,taste_balance,novelty,diversity,regret,confidence\n");
    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        const double *view[USER_COLUMNS];

        PAL_TRY(user_aucs(auc, results->record[a], err));
        for (size_t i = 0; i < USER_COLUMNS; i++) {
            PAL_TRY(ratios_of(value[i], user_column[i], results, a, num, den, err));
            view[i] = value[i];
        }
        for (size_t p = 0; p < n; p++) put_user(f, results, a, p, view, auc);
    }
    PAL_TRY(pal_results_commit(results, &f, "users.csv", err));
done:
    pal_outfile_abort(&f);
    for (size_t i = 0; i < USER_COLUMNS; i++) pal_free(value[i]);
    pal_free(num);
    pal_free(den);
    pal_free(auc);
    return rc;
}

pal_status pal_write_people(pal_results *results, pal_error *err)
{
    pal_status rc = write_people(results, err);

    return rc != PAL_OK ? rc : write_users(results, err);
}
