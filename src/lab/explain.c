/* Playing an arm again up to the slot in question, and making sure that it is the same arm. */
#include "lab/explain.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/stop.h"
#include "lab/manifest.h"

#include <stdio.h>
#include <string.h>

/* The experiment inside the run's manifest. */
static pal_status load_experiment(pal_experiment **out, const char *run_dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_manifest *manifest = NULL;

    PAL_TRY(pal_manifest_load(&manifest, run_dir, err));
    PAL_TRY(pal_manifest_experiment(out, manifest, run_dir, err));

done:
    pal_manifest_free(manifest);
    return rc;
}

static pal_status find_arm(size_t *arm, const pal_experiment *e, const char *name, pal_error *err)
{
    pal_text known = { 0 };
    pal_status rc = PAL_OK;

    *arm = e->focus;
    if (name == NULL) {
        return PAL_OK;
    }
    for (size_t a = 0; a < e->n_arms; a++) {
        if (strcmp(e->arm[a].name, name) == 0) {
            *arm = a;
            goto done;
        }
        pal_text_addf(&known, "%s%s", a == 0 ? "" : ", ", e->arm[a].name);
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_USAGE, "--arm: the run has no arm \"%s\"; it has %s", name, known.bytes);

done:
    pal_text_clear(&known);
    return rc;
}

/* Numbers that the run must have, before anything is played. */
static pal_status check_query(const pal_explain_query *q, const pal_experiment *e, pal_error *err)
{
    const int64_t n_people = pal_values_int(e->people, "n");
    pal_status rc = PAL_OK;

    if (q->replicate >= e->n_replicates) {
        PAL_FAIL(PAL_ERR_USAGE, "--replicate: must be below %u, found %u", e->n_replicates, q->replicate);
    }
    if ((int64_t)q->person >= n_people) {
        PAL_FAIL(PAL_ERR_USAGE, "--person: must be below %lld, found %u", (long long)n_people, q->person);
    }
    if (q->round >= e->n_rounds) {
        PAL_FAIL(PAL_ERR_USAGE, "--round: must be below %zu, found %u", e->n_rounds, q->round);
    }

done:
    return rc;
}

/* Rounds before the one asked for, then its slates. */
static pal_status play_until(pal_arm *arm, uint32_t round, pal_error *err)
{
    pal_status rc = PAL_OK;

    while (arm->round < round) {
        if (pal_stop_requested()) {
            PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %u", arm->round);
        }
        PAL_TRY(pal_arm_serve(arm, err));
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(pal_arm_learn(arm, err));
    }
    PAL_TRY(pal_arm_serve(arm, err));

done:
    return rc;
}

/* The person was shown n songs, and the slot asked for is none of them. */
static pal_status no_slot(const pal_explain_query *q, size_t n, const pal_arm *arm, pal_error *err)
{
    if (n == 0) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: person %u did not come in round %u of arm %s",
                             q->run_dir, q->person, q->round,
                             arm->experiment->arm[arm->index].name);
    }
    return pal_error_set(err, PAL_ERR_USAGE, "--slot: must be below %zu, found %zu", n, q->slot);
}

/* The row of states.csv that the arm's last round wrote. */
static pal_status find_state(size_t *row, const pal_table *states, const char *path, const pal_arm *arm, pal_error *err)
{
    const char *name = arm->experiment->arm[arm->index].name;
    const double replicate = arm->world->replicate, round = arm->round - 1;
    size_t by_arm, by_replicate, by_round;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_table_find(&by_arm, states, "arm", err));
    PAL_TRY(pal_table_find(&by_replicate, states, "replicate", err));
    PAL_TRY(pal_table_find(&by_round, states, "round", err));
    for (*row = 0; *row < pal_table_rows(states); ++*row) {
        if (strcmp(pal_table_text(states, *row, by_arm), name) == 0
            && pal_table_number(states, *row, by_replicate, NULL) == replicate
            && pal_table_number(states, *row, by_round, NULL) == round) {
            goto done;
        }
    }
    PAL_FAIL(PAL_ERR_DATA, "%s: no row for arm %s, replicate %.0f, round %.0f", path, name, replicate, round);

done:
    return rc;
}

/* The history holds every song shown and every answer so far: with it, the profiles and the stage, the slot is the
 * run's own. */
static pal_status check_replay(const pal_arm *arm, const char *run_dir, pal_error *err)
{
    static const char *const column[] = { "profiles_digest", "history_digest", "stage_digest" };
    const uint64_t digest[] = { pal_profiles_digest(arm->profiles), pal_history_digest(arm->history),
                                arm->stage->digest(arm->self) };
    pal_table *states = NULL;
    char *path = pal_path_join(run_dir, "states.csv"), hex[24];
    size_t row, at;
    pal_status rc = PAL_OK;

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_table_load(&states, path, err));
    PAL_TRY(find_state(&row, states, path, arm, err));
    for (size_t i = 0; i < sizeof column / sizeof *column; i++) {
        PAL_TRY(pal_table_find(&at, states, column[i], err));
        snprintf(hex, sizeof hex, "%016llx", (unsigned long long)digest[i]);
        if (strcmp(pal_table_text(states, row, at), hex) != 0) {
            PAL_FAIL(PAL_ERR_MISMATCH, "%s: played again, round %u has another %s: another version made this run, or its "
                     "catalog file has changed ('palate verify' names the first round that differs)", path,
                     arm->round - 1, column[i]);
        }
    }

done:
    pal_table_free(states);
    pal_free(path);
    return rc;
}

pal_status pal_explain(pal_explanation *out, const pal_explain_query *q, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_lab_people *world = NULL;
    pal_arm *arm = NULL;
    size_t n_slots;
    bool synthetic;

    *out = (pal_explanation){ .replicate = q->replicate, .person = q->person, .round = q->round, .slot = q->slot };
    PAL_TRY(load_experiment(&out->experiment, q->run_dir, err));
    PAL_TRY(find_arm(&out->arm, out->experiment, q->arm, err));
    PAL_TRY(check_query(q, out->experiment, err));
    PAL_TRY(pal_lab_catalog(&out->catalog, NULL, &synthetic, out->experiment, err));
    PAL_TRY(pal_lab_people_new(&world, out->experiment, out->catalog, q->replicate, q->n_threads, err));
    PAL_TRY(pal_arm_new(&arm, out->experiment, out->catalog, world, out->arm, q->n_threads, err));
    PAL_TRY(play_until(arm, q->round, err));
    n_slots = arm->slate[q->person].n;
    if (q->slot >= n_slots) { /* of another run than this, that would say nothing */
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(pal_arm_learn(arm, err));
        PAL_TRY(check_replay(arm, q->run_dir, err));
        PAL_TRY(no_slot(q, n_slots, arm, err));
    }
    PAL_TRY(pal_explain_slot(out, arm, err));
    PAL_TRY(pal_arm_answer(arm, err));
    out->flags = arm->event[arm->event_begin[q->person] + q->slot].flags;
    PAL_TRY(pal_arm_learn(arm, err));
    PAL_TRY(check_replay(arm, q->run_dir, err));

done:
    pal_arm_free(arm);
    pal_lab_people_free(world);
    return rc;
}

void pal_explanation_clear(pal_explanation *x)
{
    pal_experiment_free(x->experiment);
    pal_catalog_free(x->catalog);
    *x = (pal_explanation){ 0 };
}
