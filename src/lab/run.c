/* A whole run: world, rounds of every arm, measures, files. Reads like the table of steps in the style guide. */
#include "lab/run.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "lab/community_log.h"
#include "lab/days.h"
#include "lab/manifest.h"
#include "lab/people_map.h"
#include "lab/results.h"

#include <stdio.h>

enum { PHASE_CATALOG, PHASE_PEOPLE, PHASE_SERVE, PHASE_ANSWER, PHASE_RECORD, PHASE_LEARN, PHASE_MEASURE, PHASE_WRITE, PHASES };
static const char *const phase_name[PHASES] = { "catalog", "people", "serve", "answer", "record", "learn", "measure", "write" };

/* A run under way. */
typedef struct run {
    const pal_experiment *e;
    size_t n_threads;
    pal_catalog *catalog;
    bool synthetic;
    pal_import_report import;
    pal_lab_people **world;      /* one a replicate */
    pal_record **record;         /* one an arm      */
    pal_arm_result *result;      /* one an arm      */
    pal_sheets *sheets;
    pal_boot *boot;
    pal_outdir *dir;
    pal_results out;
    pal_event_log *events;
    pal_community_log *communities; /* NULL when nobody keeps playlists */
    pal_people_map *people_map;     /* NULL when no arm's people are mapped */
    pal_days *days;
    pal_outfile *states;
    pal_progress progress;
    double *seconds;             /* n_arms x PHASES; the run's own phases stand with arm 0 */
} run;

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

static pal_status play_round(run *r, pal_arm *arm, pal_record *record, pal_calibrator *calibrator, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *s = r->seconds + arm->index * PHASES;
    double t0 = pal_clock_s(), t1, t2, t3, t4, t5;
    uint64_t events;

    if (pal_stop_requested()) PAL_FAIL(PAL_ERR_STOPPED, "interrupted in round %u of arm %s", arm->round, r->e->arm[arm->index].name);
    PAL_TRY(pal_arm_serve(arm, err));
    t1 = pal_clock_s();
    PAL_TRY(pal_record_probe(record, arm, calibrator, err));
    t2 = pal_clock_s();
    PAL_TRY(pal_arm_answer(arm, err));
    t3 = pal_clock_s();
    PAL_TRY(pal_record_round(record, arm, calibrator, err));
    PAL_TRY(pal_event_log_round(r->events, arm, err));
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
    s[PHASE_SERVE] += t1 - t0;
    s[PHASE_ANSWER] += t3 - t2;
    s[PHASE_LEARN] += t5 - t4;
    s[PHASE_RECORD] += t2 - t1 + t4 - t3 + pal_clock_s() - t5;
    pal_progress_step(&r->progress, 1);
done:
    return rc;
}

static pal_status play_arm(run *r, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_calibrator *calibrator = NULL;
    pal_arm *arm = NULL;

    PAL_TRY(pal_record_new(&r->record[a], r->e, r->catalog, r->world[0]->people->n, err));
    PAL_TRY(pal_calibrator_new(&calibrator, pal_stage_count(), (size_t)pal_values_int(r->e->probe, "memory"), err));
    for (size_t i = 0; i < pal_stage_count(); i++) {
        calibrator->probability[i] = (pal_stage_at(i)->flags & PAL_STAGE_PROBABILITY) != 0;
    }
    for (size_t i = 0; i < r->e->n_replicates; i++) {
        PAL_TRY(pal_arm_new(&arm, r->e, r->catalog, r->world[i], a, r->n_threads, err));
        pal_calibrator_reset(calibrator);
        for (size_t t = 0; t < r->e->n_rounds; t++) PAL_TRY(play_round(r, arm, r->record[a], calibrator, err));
        PAL_TRY(pal_record_replicate(r->record[a], arm, err));
        pal_days_keep(r->days, arm);
        if (a == r->e->focus) {
            pal_sheets_keep(r->sheets, arm);
            pal_community_log_keep(r->communities, arm);
        }
        pal_arm_free(arm);
        arm = NULL;
    }
done:
    pal_arm_free(arm);
    pal_calibrator_free(calibrator);
    return rc;
}

static pal_status open_results(run *r, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = r->e;
    size_t n_users = r->world[0]->people->n;

    PAL_TRY(pal_outdir_open(&r->dir, path, err));
    r->out = (pal_results){
        .dir = pal_outdir_path(r->dir), .experiment = e, .catalog = r->catalog, .synthetic = r->synthetic,
        .import = &r->import,
        .set = { (const pal_lab_people *const *)r->world, e->n_replicates, n_users, r->catalog },
        .record = (const pal_record *const *)r->record, .arm = r->result, .n_threads = r->n_threads,
    };
    PAL_TRY(pal_days_new(&r->days, e, r->catalog, n_users, err));
    PAL_TRY(pal_sheets_new(&r->sheets, e, r->catalog, n_users, err));
    PAL_TRY(pal_event_log_open(&r->events, &r->out,
                               (uint64_t)e->n_arms * e->n_replicates * n_users * e->n_rounds * e->n_slots, err));
    if (e->playlists != NULL) PAL_TRY(pal_community_log_open(&r->communities, &r->out, err));
    PAL_TRY(pal_people_map_new(&r->people_map, e, r->catalog, r->out.set.world, r->n_threads, err));
    r->out.people_map = r->people_map;
    PAL_TRY(pal_results_open(&r->states, &r->out, "states.csv", err));
    pal_outfile_text(r->states, "arm,replicate,round,people_digest,profiles_digest,history_digest,stage_digest,events_digest\n");
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
    PAL_TRY(pal_results_commit(&r->out, &r->states, "states.csv", err));
    PAL_TRY(pal_community_log_commit(&r->communities, &r->out, err));
    PAL_TRY(pal_write_days(&r->out, r->days, err));
    PAL_TRY(pal_write_rounds(&r->out, err));
    PAL_TRY(pal_write_tables(&r->out, err));
    PAL_TRY(pal_write_people(&r->out, err));
    PAL_TRY(pal_write_people_map(&r->out, r->people_map, err));
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

static void summarise(pal_run_summary *s, const run *r, double started)
{
    s->wall_s = pal_clock_s() - started;
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

static void run_clear(run *r)
{
    pal_event_log_abort(&r->events);
    pal_outfile_abort(&r->states);
    pal_community_log_abort(&r->communities);
    pal_people_map_free(r->people_map);
    pal_days_free(r->days);
    pal_sheets_free(r->sheets);
    pal_boot_free(r->boot);
    for (size_t a = 0; a < r->e->n_arms; a++) {
        if (r->record != NULL) pal_record_free(r->record[a]);
        if (r->result != NULL) pal_arm_result_clear(&r->result[a]);
    }
    for (size_t i = 0; r->world != NULL && i < r->e->n_replicates; i++) pal_lab_people_free(r->world[i]);
    pal_free(r->record);
    pal_free(r->result);
    pal_free(r->world);
    pal_free(r->seconds);
    pal_catalog_free(r->catalog);
    pal_import_report_clear(&r->import);
    pal_outdir_abort(&r->dir);
}

pal_status pal_run(pal_run_summary *summary, const pal_experiment *e, const pal_run_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    run r = { .e = e, .n_threads = options->n_threads };
    double started = pal_clock_s(), then;

    *summary = (pal_run_summary){ 0 };
    pal_progress_begin(&r.progress, e->name,
                       (uint64_t)e->n_arms * (e->n_rounds * e->n_replicates + e->n_rounds / 4 + 1));
    PAL_TRY(make_world(&r, err));
    PAL_TRY(open_results(&r, options->out_dir, err));
    for (size_t a = 0; a < e->n_arms; a++) PAL_TRY(play_arm(&r, a, err));
    then = pal_clock_s();
    PAL_TRY(measure(&r, err));
    r.seconds[PHASE_MEASURE] = pal_clock_s() - then;
    then = pal_clock_s();
    PAL_TRY(write_results(&r, err));
    r.seconds[PHASE_WRITE] = pal_clock_s() - then;
    PAL_TRY(write_timing(&r, err));
    PAL_TRY(pal_results_digest(&r.out, summary->digest, err));
    PAL_TRY(pal_manifest_write(&r.out, summary->digest, err));
    PAL_TRY(pal_outdir_commit(&r.dir, err));
    summarise(summary, &r, started);
done:
    pal_progress_end(&r.progress);
    run_clear(&r);
    return rc;
}
