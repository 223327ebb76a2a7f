/* reasons.csv as rounds go by. */
#include "lab/reason_log.h"

#include "core/mem.h"
#include "lab/explain.h"

#define FILE_NAME "reasons.csv"
#define FEATURES 3 /* named in a row */

struct pal_reason_log {
    pal_outfile *file;
    pal_catalog *catalog; /* borrowed */
};

pal_status pal_reason_log_open(pal_reason_log **out, const pal_results *results, pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_reason_log *log = NULL;
    bool begun;

    *out = NULL;
    if (!pal_values_bool(results->experiment->output, "reasons")) return PAL_OK;
    PAL_NEW(log, 1);
    log->catalog = catalog;
    PAL_TRY(pal_results_open_rounds(&log->file, &begun, results, FILE_NAME, err));
    if (!begun) {
        pal_outfile_text(log->file, "arm,replicate,user,round,slot,item,nearest_taste,similarity,confidence,effects_of,"
                                    "total");
        for (int i = 1; i <= FEATURES; i++) pal_outfile_printf(log->file, ",feature_%d,effect_%d", i, i);
        pal_outfile_text(log->file, ",liked_item,liked_round,liked_similarity,nearest_above,members,members_who_like\n");
    }
    *out = log;
    log = NULL;

done:
    pal_reason_log_abort(&log);
    return rc;
}

static void put_taste(pal_outfile *f, const pal_explanation *x)
{
    if (x->n_tastes == 0) {
        pal_outfile_text(f, ",,,");
        return;
    }
    pal_outfile_text(f, ",");
    pal_outfile_csv_text(f, x->catalog->clusters->name[x->tastes[0].taste]);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, x->tastes[0].similarity);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, x->tastes[0].confidence);
}

static void put_features(pal_outfile *f, const pal_explanation *x)
{
    if (x->kind == PAL_EXPLAIN_NOTHING) {
        pal_outfile_text(f, ",,");
    } else {
        pal_outfile_printf(f, ",%s,", pal_explain_kind_name(x->kind));
        pal_outfile_double(f, x->total);
    }
    for (size_t i = 0; i < FEATURES; i++) {
        pal_outfile_text(f, ",");
        if (i >= x->n_features) {
            pal_outfile_text(f, ",");
            continue;
        }
        pal_outfile_csv_text(f, x->catalog->feature[x->features[i].feature].name);
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x->features[i].effect);
    }
}

static void put_others(pal_outfile *f, const pal_explanation *x)
{
    size_t liking = 0;

    if (x->n_songs == 0) {
        pal_outfile_text(f, ",,,");
    } else {
        pal_outfile_printf(f, ",%u,", x->songs[0].item);
        if (x->songs[0].round != PAL_EXPLAIN_BROUGHT) pal_outfile_u64(f, x->songs[0].round);
        pal_outfile_text(f, ",");
        pal_outfile_double(f, x->songs[0].similarity);
    }
    pal_outfile_text(f, ",");
    pal_outfile_double(f, x->nearest_above);
    for (size_t i = 0; i < x->n_members; i++) liking += x->members[i].likes;
    if (x->n_company == 0) pal_outfile_text(f, ",,\n");
    else pal_outfile_printf(f, ",%zu,%zu\n", x->n_company, liking);
}

pal_status pal_reason_log_round(pal_reason_log *log, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (log == NULL) return PAL_OK;
    for (size_t u = 0; u < arm->world->people->n; u++) {
        for (size_t s = 0; s < arm->slate[u].n; s++) {
            pal_explanation x = { .catalog = log->catalog, .arm = arm->index, .slot = s, .person = (uint32_t)u,
                                  .replicate = arm->world->replicate, .round = arm->round };

            PAL_TRY(pal_explain_slot(&x, arm, err));
            pal_outfile_csv_text(log->file, arm->experiment->arm[arm->index].name);
            pal_outfile_printf(log->file, ",%u,%u,%u,%zu,%u", x.replicate, x.person, x.round, s, x.item);
            put_taste(log->file, &x);
            put_features(log->file, &x);
            put_others(log->file, &x);
        }
    }

done:
    return rc;
}

pal_status pal_reason_log_save(const pal_reason_log *log, pal_tensors *file, pal_error *err)
{
    return log == NULL ? PAL_OK : pal_results_mark(log->file, FILE_NAME, file, err);
}

pal_status pal_reason_log_commit(pal_reason_log **log, pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (*log != NULL) PAL_TRY(pal_results_commit(results, &(*log)->file, FILE_NAME, err));

done:
    pal_reason_log_abort(log);
    return rc;
}

void pal_reason_log_abort(pal_reason_log **log)
{
    if (*log == NULL) return;
    pal_outfile_abort(&(*log)->file);
    pal_free(*log);
    *log = NULL;
}
