/* communities.csv as rounds go by, playlists.csv at the end. */
#include "lab/community_log.h"

#include "core/fields.h"
#include "core/mem.h"
#include "lab/sample.h"

#include <string.h>

struct pal_community_log {
    const pal_experiment *experiment;
    pal_outfile *file;
    pal_filing **filing;     /* n_replicates: of the focus arm at the end                        */
    size_t n_replicates, n_users;
    uint32_t *member;        /* members after the round before, person after person               */
    size_t capacity;
    size_t *begin;           /* n_users + 1, into member                                           */
    uint32_t *now;           /* the same after this round                                          */
    size_t now_capacity;
    size_t *now_begin;
};

typedef struct totals {
    uint64_t people, members, kept, before, suggestions, trials, clusterings, songs;
} totals;

#define PART "community_log"

pal_status pal_community_log_save(const pal_community_log *log, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (log == NULL) return PAL_OK;
    const pal_field list[] = { PAL_FIELD("begin", log->begin, log->n_users + 1),
                               PAL_FIELD("member", log->member, log->begin[log->n_users]) };

    PAL_TRY(pal_fields_save(file, PART, list, PAL_COUNT_OF(list), err));
    PAL_TRY(pal_results_mark(log->file, "communities.csv", file, err));
done:
    return rc;
}

static pal_status restore(pal_community_log *log, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_field begin = PAL_FIELD("begin", log->begin, log->n_users + 1);
    const void *data;
    size_t n = 0;

    PAL_TRY(pal_fields_restore(&begin, 1, file, PART, err));
    PAL_TRY(pal_field_find(&data, &n, file, PART, "member", PAL_U32, err));
    for (size_t u = 0; u < log->n_users; u++) {
        if (log->begin[u] > log->begin[u + 1] || log->begin[u + 1] > n) {
            PAL_FAIL(PAL_ERR_DATA, "%s: array \"" PART ".begin\", entry %zu: %zu; entries ascend up to %zu",
                     pal_tensors_file(file), u + 1, log->begin[u + 1], n);
        }
    }
    PAL_NEW(log->member, n);
    if (n > 0) memcpy(log->member, data, n * sizeof *log->member);
    log->capacity = n;
done:
    return rc;
}

pal_status pal_community_log_open(pal_community_log **out, const pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_community_log *log = NULL;
    bool begun;

    PAL_NEW(log, 1);
    log->experiment = results->experiment;
    log->n_replicates = results->experiment->n_replicates;
    log->n_users = results->set.n_users;
    PAL_NEW(log->filing, log->n_replicates);
    PAL_NEW(log->begin, log->n_users + 1);
    PAL_NEW(log->now_begin, log->n_users + 1);
    PAL_TRY(pal_results_open_rounds(&log->file, &begun, results, "communities.csv", err));
    if (begun) PAL_TRY(restore(log, results->from, err));
    else pal_outfile_text(log->file, "arm,replicate,round,songs,people,members,kept,members_before,suggestions,trials,clusterings\n");
    *out = log;
    log = NULL;
done:
    pal_community_log_abort(&log);
    return rc;
}

void pal_community_log_abort(pal_community_log **log)
{
    pal_community_log *l = *log;

    if (l == NULL) return;
    pal_outfile_abort(&l->file);
    for (size_t i = 0; l->filing != NULL && i < l->n_replicates; i++) pal_filing_free(l->filing[i]);
    pal_free(l->filing);
    pal_free(l->member);
    pal_free(l->begin);
    pal_free(l->now);
    pal_free(l->now_begin);
    pal_free(l);
    *log = NULL;
}

/* Both lists ascend. */
static uint64_t count_common(const uint32_t *a, size_t n_a, const uint32_t *b, size_t n_b)
{
    uint64_t n = 0;

    for (size_t i = 0, j = 0; i < n_a && j < n_b;) {
        n += a[i] == b[j];
        if (a[i] < b[j]) i++;
        else if (b[j] < a[i]) j++;
        else i++, j++;
    }
    return n;
}

static pal_status reserve(pal_community_log *log, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t capacity = n * 2;
    void *grown;

    if (n <= log->now_capacity) return PAL_OK;
    grown = pal_resize(log->now, log->now_capacity, capacity, sizeof *log->now);
    if (grown == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu members of communities", capacity);
    log->now = grown;
    log->now_capacity = capacity;
done:
    return rc;
}

/* What stands now becomes what stood before; its memory is used for the next round. */
static void turn(pal_community_log *log)
{
    uint32_t *member = log->member;
    size_t *begin = log->begin, capacity = log->capacity;

    log->member = log->now;
    log->capacity = log->now_capacity;
    log->begin = log->now_begin;
    log->now = member;
    log->now_capacity = capacity;
    log->now_begin = begin;
}

static pal_status add_up(totals *t, pal_community_log *log, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (uint32_t u = 0; u < log->n_users; u++) {
        const pal_company c = arm->stage->company(arm->self, u);
        const size_t at = log->now_begin[u], before = arm->round > 1 ? log->begin[u + 1] - log->begin[u] : 0;

        PAL_TRY(reserve(log, at + c.n, err));
        if (c.n > 0) memcpy(log->now + at, c.member, c.n * sizeof *log->now);
        log->now_begin[u + 1] = at + c.n;
        t->people += c.n > 0;
        t->members += c.n;
        t->before += before;
        if (before > 0) t->kept += count_common(log->member + log->begin[u], before, c.member, c.n);
        t->suggestions += c.suggestions;
        t->trials += c.trials;
        t->clusterings += c.clusterings;
        t->songs += arm->filing->playlists->n[u];
    }
done:
    return rc;
}

pal_status pal_community_log_round(pal_community_log *log, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    totals t = { 0 };

    if (log == NULL || arm->stage->company == NULL) return PAL_OK;
    PAL_TRY(add_up(&t, log, arm, err));
    turn(log);
    const uint64_t cell[] = { t.songs, t.people, t.members, t.kept, t.before, t.suggestions, t.trials, t.clusterings };

    pal_outfile_csv_text(log->file, log->experiment->arm[arm->index].name);
    pal_outfile_printf(log->file, ",%u,%u", arm->world->replicate, arm->round - 1);
    for (size_t i = 0; i < sizeof cell / sizeof *cell; i++) {
        pal_outfile_text(log->file, ",");
        pal_outfile_u64(log->file, cell[i]);
    }
    pal_outfile_text(log->file, "\n");
done:
    return rc;
}

void pal_community_log_keep(pal_community_log *log, pal_arm *arm)
{
    if (log == NULL) return;
    log->filing[arm->world->replicate] = arm->filing;
    arm->filing = NULL;
}

pal_status pal_community_log_save_kept(const pal_community_log *log, uint32_t replicate, pal_tensors *file, pal_error *err)
{
    return log == NULL ? PAL_OK : pal_filing_save(log->filing[replicate], file, err);
}

pal_status pal_community_log_restore_kept(pal_community_log *log, const pal_lab_people *world, const pal_tensors *file,
                                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_state *state = NULL;

    if (log == NULL) return PAL_OK;
    PAL_TRY(pal_state_new(&state, world->people, err));
    PAL_TRY(pal_arm_filing(&log->filing[world->replicate], log->experiment, world, state, err));
    PAL_TRY(pal_filing_restore(log->filing[world->replicate], file, err));
done:
    pal_state_free(state);
    return rc;
}

static void put_person(pal_outfile *f, const pal_playlists *p, const pal_catalog *catalog, uint32_t replicate, uint32_t user)
{
    for (size_t k = p->begin[user]; k < p->begin[user] + p->n[user]; k++) {
        char name[PAL_PLAYLIST_NAME];

        pal_playlists_name(name, p, catalog->clusters, user, p->list[k]);
        pal_outfile_printf(f, "%u,%u,%u,", replicate, user, p->list[k]);
        pal_outfile_csv_text(f, name);
        pal_outfile_printf(f, ",%u,", p->item[k]);
        if (p->round[k] != PAL_BROUGHT) pal_outfile_u64(f, p->round[k]);
        pal_outfile_printf(f, ",%s\n", catalog->clusters->name[catalog->cluster[p->item[k]]]);
    }
}

static pal_status write_playlists(pal_results *results, const pal_community_log *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_sampled_person *chosen = NULL;
    size_t n = (size_t)pal_values_int(e->output, "sheets");
    pal_outfile *f = NULL;

    PAL_NEW(chosen, n);
    PAL_TRY(pal_sample_people(chosen, &n, results->record[e->focus], &results->set, e->seed, err));
    PAL_TRY(pal_results_open(&f, results, "playlists.csv", err));
    pal_outfile_text(f, "replicate,user,playlist,name,item,round,cluster\n");
    for (size_t i = 0; i < n; i++) {
        const size_t replicate = chosen[i].person / log->n_users;

        put_person(f, log->filing[replicate]->playlists, results->catalog, (uint32_t)replicate,
                   (uint32_t)(chosen[i].person % log->n_users));
    }
    PAL_TRY(pal_results_commit(results, &f, "playlists.csv", err));
done:
    pal_free(chosen);
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_community_log_commit(pal_community_log **log, pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (*log == NULL) return PAL_OK;
    PAL_TRY(pal_results_commit(results, &(*log)->file, "communities.csv", err));
    PAL_TRY(write_playlists(results, *log, err));
done:
    pal_community_log_abort(log);
    return rc;
}
