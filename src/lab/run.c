/* A whole run: world, rounds of every arm, measures, files. Reads like the table of steps in the style guide. */
#include "lab/run_parts.h"

#include "core/mem.h"
#include "core/stop.h"
#include "lab/manifest.h"

#include <stdio.h>
#include <string.h>

static const char *const phase_name[PHASES] = { "catalog", "people", "serve", "answer", "record", "learn", "measure", "write" };

typedef pal_run_parts run;

static pal_status make_world(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    double from = pal_clock_s(), then;

    PAL_NEW(r->world, r->e->n_replicates);
    PAL_NEW(r->record, r->e->n_arms);
    PAL_NEW(r->result, r->e->n_arms);
    PAL_NEW(r->seconds, r->e->n_arms * PHASES);
    PAL_TRY(pal_lab_catalog(&r->catalog, &r->import, &r->synthetic, r->e, err));
    then = pal_clock_s();
    r->seconds[PHASE_CATALOG] = then - from;
    for (uint32_t i = 0; i < r->e->n_replicates; i++) {
        PAL_TRY(pal_lab_people_new(&r->world[i], r->e, r->catalog, i, r->n_threads, err));
    }
    r->seconds[PHASE_PEOPLE] = pal_clock_s() - then;
done:
    return rc;
}

static void put_state(run *r, const pal_arm *arm, uint64_t events)
{
    const uint64_t people = arm->filing == NULL ? pal_state_digest(arm->state)
                                                : pal_hash_mix(pal_state_digest(arm->state), pal_filing_digest(arm->filing));
    const uint64_t stage = arm->stage->digest(arm->self);
    const uint64_t digest[] = { people, pal_profiles_digest(arm->profiles), pal_history_digest(arm->history),
                                arm->cache == NULL ? stage : pal_hash_mix(stage, pal_cache_digest(arm->cache)), events };

    pal_outfile_csv_text(r->states, r->e->arm[arm->index].name);
    pal_outfile_printf(r->states, ",%u,%u", arm->world->replicate, arm->round - 1);
    for (size_t i = 0; i < sizeof digest / sizeof *digest; i++) {
        pal_outfile_printf(r->states, ",%016llx", (unsigned long long)digest[i]);
    }
    pal_outfile_text(r->states, "\n");
}

/* Events hold no padding that was not set: the compound literal that made them zeroes what it names not; hash by field. */
static uint64_t digest_events(const pal_arm *arm)
{
    uint64_t digest = 0;

    for (size_t i = 0; i < arm->event_begin[arm->world->people->n]; i++) {
        const pal_event *e = &arm->event[i];
        const uint64_t word[] = { (uint64_t)e->user << 32 | e->item,
                                  (uint64_t)e->slot << 24 | (uint64_t)e->taste << 16 | (uint64_t)e->stage << 8 | e->flags };
        const float number[] = { e->score, e->propensity };

        digest = pal_hash_mix(digest, pal_hash(word, sizeof word) ^ pal_hash_floats(number, 2));
    }
    return digest;
}

/* Between two rounds: a checkpoint when it is time, and the end when it was asked for. */
static pal_status pause_here(run *r, const pal_arm *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t after = r->keeping == NULL ? 0 : r->keeping->stop_after;
    const bool stopping = pal_stop_requested() || (after > 0 && r->played >= after);
    const char *name = r->e->arm[arm->index].name;

    if (r->checkpoint != NULL) PAL_TRY(pal_checkpoint_round(r->checkpoint, r, stopping, err));
    if (stopping && pal_checkpoint_stands(r->checkpoint)) {
        PAL_FAIL(PAL_ERR_STOPPED, "interrupted before round %u of arm %s (replicate %u); the same command goes on from there "
                 "(kept in %s)", arm->round, name, arm->world->replicate, r->out.dir);
    }
    if (stopping) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %u of arm %s", arm->round, name);
done:
    return rc;
}

static pal_status play_round(run *r, pal_arm *arm, pal_record *record, pal_calibrator *calibrator, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *s = r->seconds + arm->index * PHASES;
    double t0, t1, t2, t3, t4, t5;
    uint64_t events;

    PAL_TRY(pause_here(r, arm, err));
    t0 = pal_clock_s();
    PAL_TRY(pal_arm_serve(arm, err));
    t1 = pal_clock_s();
    PAL_TRY(pal_record_probe(record, arm, calibrator, err));
    t2 = pal_clock_s();
    PAL_TRY(pal_arm_answer(arm, err));
    t3 = pal_clock_s();
    PAL_TRY(pal_record_round(record, arm, calibrator, err));
    PAL_TRY(pal_event_log_round(r->events, arm, err));
    PAL_TRY(pal_reason_log_round(r->reasons, arm, err));
    pal_days_round(r->days, arm);
    for (size_t i = 0; i < arm->event_begin[arm->world->people->n]; i++) {
        const pal_event *e = &arm->event[i];

        if ((e->flags & PAL_EXAMINED) != 0) pal_calibrator_add(calibrator, e->stage, e->score, (e->flags & PAL_LIKED) != 0);
    }
    PAL_TRY(pal_calibrator_fit(calibrator, err));
    events = digest_events(arm);
    t4 = pal_clock_s();
    PAL_TRY(pal_arm_learn(arm, err));
    t5 = pal_clock_s();
    pal_record_confidence(record, arm, arm->round - 1);
    put_state(r, arm, events);
    PAL_TRY(pal_community_log_round(r->communities, arm, err));
    PAL_TRY(pal_people_map_round(r->people_map, arm, err));
    PAL_TRY(pal_long_run_round(r->long_run, arm, err));
    s[PHASE_SERVE] += t1 - t0;
    s[PHASE_ANSWER] += t3 - t2;
    s[PHASE_LEARN] += t5 - t4;
    s[PHASE_RECORD] += t2 - t1 + t4 - t3 + pal_clock_s() - t5;
    r->played++;
    pal_progress_step(&r->progress, 1);
done:
    return rc;
}

pal_status pal_run_begin_arm(run *r, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_record_new(&r->record[a], r->e, r->catalog, r->world[0]->people->n, err));
    PAL_TRY(pal_calibrator_new(&r->calibrator, pal_stage_count(), (size_t)pal_values_int(r->e->probe, "memory"), err));
    for (size_t i = 0; i < pal_stage_count(); i++) {
        r->calibrator->probability[i] = (pal_stage_at(i)->flags & PAL_STAGE_PROBABILITY) != 0;
    }
done:
    return rc;
}

/* What is left of the replicate that r->arm plays. */
static pal_status play_replicate(run *r, pal_record *record, pal_error *err)
{
    pal_status rc = PAL_OK;

    while (r->arm->round < r->e->n_rounds) PAL_TRY(play_round(r, r->arm, record, r->calibrator, err));
    PAL_TRY(pal_record_replicate(record, r->arm, err));
    pal_days_keep(r->days, r->arm);
    if (r->arm->index == r->e->focus) {
        pal_sheets_keep(r->sheets, r->arm);
        pal_community_log_keep(r->communities, r->arm);
    }
    pal_arm_free(r->arm);
    r->arm = NULL;
done:
    return rc;
}

/* From the arm that a checkpoint left in the middle of its rounds, or from the beginning. */
static pal_status play_arm(run *r, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t first = r->arm == NULL ? 0 : r->arm->world->replicate;

    if (r->arm == NULL) PAL_TRY(pal_run_begin_arm(r, a, err));
    for (size_t i = first; i < r->e->n_replicates; i++) {
        if (r->arm == NULL) {
            PAL_TRY(pal_arm_new(&r->arm, r->e, r->catalog, r->world[i], a, r->n_threads, err));
            pal_calibrator_reset(r->calibrator);
        }
        PAL_TRY(play_replicate(r, r->record[a], err));
    }
    pal_calibrator_free(r->calibrator);
    r->calibrator = NULL;
done:
    return rc;
}

/* The run directory and all that gathers while rounds go by, from the checkpoint in r->out.from if there is one. */
static pal_status open_parts(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = r->e;
    size_t n_users = r->world[0]->people->n;
    bool begun;

    PAL_TRY(pal_days_new(&r->days, e, r->catalog, n_users, err));
    PAL_TRY(pal_sheets_new(&r->sheets, e, r->catalog, n_users, err));
    PAL_TRY(pal_event_log_open(&r->events, &r->out,
                               (uint64_t)e->n_arms * e->n_replicates * n_users * e->n_rounds * e->n_slots, err));
    PAL_TRY(pal_reason_log_open(&r->reasons, &r->out, r->catalog, err));
    if (e->playlists != NULL) PAL_TRY(pal_community_log_open(&r->communities, &r->out, err));
    PAL_TRY(pal_people_map_new(&r->people_map, e, r->catalog, r->out.set.world, r->n_threads, err));
    r->out.people_map = r->people_map;
    PAL_TRY(pal_long_run_new(&r->long_run, e, r->catalog, &r->out.set, r->n_threads, err));
    PAL_TRY(pal_results_open_rounds(&r->states, &begun, &r->out, "states.csv", err));
    if (!begun) {
        pal_outfile_text(r->states, "arm,replicate,round,people_digest,profiles_digest,history_digest,stage_digest,"
                                    "events_digest\n");
    }
    if (r->out.from != NULL) PAL_TRY(pal_run_restore(r, r->out.from, err));
done:
    return rc;
}

/* All that open_parts made. Files that outlive the process stay. */
static void close_parts(run *r)
{
    pal_event_log_abort(&r->events);
    pal_reason_log_abort(&r->reasons);
    pal_outfile_abort(&r->states);
    pal_community_log_abort(&r->communities);
    pal_people_map_free(r->people_map);
    pal_long_run_free(r->long_run);
    pal_days_free(r->days);
    pal_sheets_free(r->sheets);
    pal_arm_free(r->arm);
    pal_calibrator_free(r->calibrator);
    for (size_t a = 0; r->record != NULL && a < r->e->n_arms; a++) {
        pal_record_free(r->record[a]);
        r->record[a] = NULL;
    }
    pal_words_clear(&r->words);
    r->people_map = NULL;
    r->long_run = NULL;
    r->days = NULL;
    r->sheets = NULL;
    r->arm = NULL;
    r->calibrator = NULL;
    r->spent_s = 0;
}

static pal_status open_results(run *r, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = r->e;
    pal_error why = { PAL_OK, "" };

    PAL_TRY(r->keeping == NULL ? pal_outdir_open(&r->dir, path, err) : pal_outdir_open_kept(&r->dir, path, err));
    r->out = (pal_results){
        .dir = pal_outdir_path(r->dir), .experiment = e, .catalog = r->catalog, .synthetic = r->synthetic,
        .import = &r->import,
        .set = { (const pal_lab_people *const *)r->world, e->n_replicates, r->world[0]->people->n, r->catalog },
        .record = (const pal_record *const *)r->record, .arm = r->result, .n_threads = r->n_threads,
        .kept = r->keeping != NULL,
    };
    if (r->keeping != NULL) PAL_TRY(pal_checkpoint_open(&r->checkpoint, r, err));
    if (r->out.from == NULL) return open_parts(r, err);
    rc = open_parts(r, &why);
    if (rc == PAL_OK) return pal_checkpoint_taken(r->checkpoint, r, err);
    if (rc != PAL_ERR_DATA && rc != PAL_ERR_PARSE && rc != PAL_ERR_IO) PAL_FAIL(rc, "%s", why.text);
    close_parts(r);
    memset(r->seconds, 0, r->e->n_arms * PHASES * sizeof *r->seconds);
    PAL_TRY(pal_checkpoint_drop(r->checkpoint, r, why.text, err));
    PAL_TRY(open_parts(r, err));
done:
    return rc;
}

static pal_status measure(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = r->e;
    size_t n = r->record[0]->n_people, n_users = r->record[0]->n_users;
    uint32_t *stratum = NULL;
    pal_measure_config c = {
        .spread_resamples = (size_t)pal_values_int(e->statistics, "spread_resamples"),
        .permutations = (size_t)pal_values_int(e->statistics, "permutations"), .n_threads = r->n_threads,
        .level = pal_values_real(e->statistics, "level"), .holm = pal_values_choice(e->statistics, "correction") == 0,
        .seed = e->seed,
    };

    PAL_NEW(stratum, n);
    for (size_t p = 0; p < n; p++) stratum[p] = (uint32_t)(p / n_users);
    PAL_TRY(pal_boot_new(&r->boot, n, stratum, (size_t)pal_values_int(e->statistics, "resamples"), c.level,
                         pal_key_for(e->seed, 0, PAL_FOR_BOOTSTRAP), r->n_threads, err));
    c.boot = r->boot;
    r->out.boot = r->boot;
    if (c.spread_resamples > pal_boot_resamples(r->boot)) c.spread_resamples = pal_boot_resamples(r->boot);
    for (size_t a = 0; a < e->n_arms; a++) {
        PAL_TRY(pal_measure_arm(&r->result[a], r->record[a], &r->out.set, &c, err));
        pal_progress_step(&r->progress, e->n_rounds / 4 + 1);
    }
    PAL_TRY(pal_measure_contrasts(r->result, (const pal_record *const *)r->record, e->n_arms, e->baseline, &r->out.set,
                                  &c, err));
done:
    pal_free(stratum);
    return rc;
}

static pal_status write_results(run *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_event_log_commit(&r->events, &r->out, err));
    PAL_TRY(pal_reason_log_commit(&r->reasons, &r->out, err));
    PAL_TRY(pal_results_commit(&r->out, &r->states, "states.csv", err));
    PAL_TRY(pal_community_log_commit(&r->communities, &r->out, err));
    PAL_TRY(pal_write_days(&r->out, r->days, err));
    PAL_TRY(pal_write_rounds(&r->out, err));
    PAL_TRY(pal_write_tables(&r->out, err));
    PAL_TRY(pal_write_people(&r->out, err));
    PAL_TRY(pal_write_people_map(&r->out, r->people_map, err));
    PAL_TRY(pal_write_long_run(&r->out, r->long_run, err));
    PAL_TRY(pal_write_catalog(&r->out, err));
    PAL_TRY(pal_write_profiles(&r->out, r->sheets, err));
    PAL_TRY(pal_write_summary(&r->out, err));
done:
    return rc;
}

static pal_status write_timing(const run *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, &r->out, "timing.csv", err));
    pal_outfile_text(f, "arm,phase,seconds\n");
    for (size_t a = 0; a < r->e->n_arms; a++) {
        for (size_t p = 0; p < PHASES; p++) {
            bool own = p >= PHASE_SERVE && p <= PHASE_LEARN;

            if (!own && a > 0) continue;
            if (own) pal_outfile_csv_text(f, r->e->arm[a].name);
            pal_outfile_printf(f, ",%s,%.4f\n", phase_name[p], r->seconds[a * PHASES + p]);
        }
    }
    pal_days_timing(r->days, &r->out, f);
    PAL_TRY(pal_outfile_commit(&f, NULL, err));
done:
    pal_outfile_abort(&f);
    return rc;
}

static void summarise(pal_run_summary *s, const run *r)
{
    s->wall_s = pal_clock_s() - r->started_s + r->spent_s;
    pal_checkpoint_cost(r->checkpoint, &s->n_checkpoints, &s->checkpoint_s);
    s->n_people = r->record[0]->n_people;
    s->n_items = r->catalog->n_items;
    for (size_t a = 0; a < r->e->n_arms; a++) {
        const pal_record *record = r->record[a];

        for (size_t i = 0; i < record->n_rounds * record->n_stages; i++) {
            s->impressions += record->stage_count[PAL_COUNT_IMPRESSIONS][i];
        }
        for (size_t p = PHASE_SERVE; p <= PHASE_LEARN; p++) {
            if (p != PHASE_RECORD) s->simulate_s += r->seconds[a * PHASES + p];
        }
    }
}

/* rc: what became of the run. What a later one can go on from stays when that has nothing to do with the run itself. */
static void run_clear(run *r, pal_status rc)
{
    const bool passing = rc == PAL_ERR_STOPPED || rc == PAL_ERR_IO || rc == PAL_ERR_MEMORY;
    const bool stays = r->keeping != NULL && passing && (r->checkpoint == NULL || pal_checkpoint_stands(r->checkpoint));

    close_parts(r);
    pal_boot_free(r->boot);
    for (size_t a = 0; r->result != NULL && a < r->e->n_arms; a++) pal_arm_result_clear(&r->result[a]);
    for (size_t i = 0; r->world != NULL && i < r->e->n_replicates; i++) pal_lab_people_free(r->world[i]);
    pal_free(r->record);
    pal_free(r->result);
    pal_free(r->world);
    pal_free(r->seconds);
    pal_catalog_free(r->catalog);
    pal_import_report_clear(&r->import);
    pal_checkpoint_free(r->checkpoint);
    if (stays) pal_outdir_keep(&r->dir);
    pal_outdir_abort(&r->dir);
}

/* The bar begins where the run goes on, and tells the time left by all that was spent. */
static void begin_progress(run *r)
{
    const pal_experiment *e = r->e;
    const size_t an_arm = e->n_rounds * e->n_replicates;
    const pal_arm *arm = r->arm;

    pal_progress_begin(&r->progress, e->name, (uint64_t)e->n_arms * (an_arm + e->n_rounds / 4 + 1));
    if (arm == NULL) return;
    r->progress.started_s = r->started_s - r->spent_s;
    pal_progress_step(&r->progress, arm->index * an_arm + arm->world->replicate * e->n_rounds + arm->round);
}

pal_status pal_run(pal_run_summary *summary, const pal_experiment *e, const pal_run_options *options, pal_error *err)
{
    return pal_run_resumable(summary, e, options, NULL, err);
}

pal_status pal_run_resumable(pal_run_summary *summary, const pal_experiment *e, const pal_run_options *options,
                             const pal_run_keeping *keeping, pal_error *err)
{
    pal_status rc = PAL_OK;
    run r = { .e = e, .keeping = keeping, .n_threads = options->n_threads, .started_s = pal_clock_s() };
    double then;

    *summary = (pal_run_summary){ 0 };
    begin_progress(&r);
    PAL_TRY(make_world(&r, err));
    PAL_TRY(open_results(&r, options->out_dir, err));
    begin_progress(&r);
    for (size_t a = r.arm == NULL ? 0 : r.arm->index; a < e->n_arms; a++) PAL_TRY(play_arm(&r, a, err));
    then = pal_clock_s();
    PAL_TRY(measure(&r, err));
    r.seconds[PHASE_MEASURE] = pal_clock_s() - then;
    then = pal_clock_s();
    PAL_TRY(write_results(&r, err));
    r.seconds[PHASE_WRITE] = pal_clock_s() - then;
    PAL_TRY(write_timing(&r, err));
    PAL_TRY(pal_results_digest(&r.out, summary->digest, err));
    PAL_TRY(pal_manifest_write(&r.out, summary->digest, err));
    if (r.checkpoint != NULL) pal_checkpoint_remove(r.checkpoint);
    PAL_TRY(pal_outdir_commit(&r.dir, err));
    summarise(summary, &r);
done:
    pal_progress_end(&r.progress);
    run_clear(&r, rc);
    return rc;
}
