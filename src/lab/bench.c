/* Benchmarks on the lab's own round loop. */
#include "lab/bench.h"

#include "core/mem.h"
#include "core/progress.h"
#include "lab/arm.h"
#include "lab/world.h"

#include <stdlib.h>
#include <string.h>

#define SCRATCH_BYTES ((size_t)1 << 20)
#define N_SLOTS 10 /* R1: a slate of ten */

/* ---- the experiment ---- */

static void write_catalog(pal_json_writer *w, const pal_bench_setup *setup)
{
    pal_json_begin_object(w, "catalog");
    pal_json_put_string(w, "source", setup->csv != NULL ? "csv" : "synthetic");
    if (setup->csv != NULL) {
        pal_json_put_string(w, "file", setup->csv);
        pal_json_put_string(w, "on_bad_row", "skip");
        if (setup->layout != NULL) {
            pal_json_put_string(w, "layout", setup->layout);
        }
    } else {
        pal_json_put_i64(w, "items", (int64_t)setup->items);
    }
    pal_json_end_object(w);
}

pal_status pal_bench_experiment(pal_experiment **out, const pal_bench_setup *setup, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "name", "bench");
    pal_json_put_i64(&w, "rounds", (int64_t)setup->rounds);
    pal_json_put_i64(&w, "slots", N_SLOTS);
    write_catalog(&w, setup);
    pal_json_begin_object(&w, "people");
    pal_json_put_i64(&w, "n", (int64_t)setup->people);
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "playlists"); /* some stages live on them */
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "probe");
    pal_json_put_i64(&w, "items", 0);
    pal_json_end_object(&w);
    pal_json_begin_array(&w, "arms");
    for (size_t i = 0; i < pal_stage_count(); i++) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", pal_stage_at(i)->name);
        pal_json_put_string(&w, "stage", pal_stage_at(i)->name);
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_experiment_parse(out, w.text.bytes, w.text.n, "benchmark", NULL, 0, err));

done:
    pal_text_clear(&w.text);
    return rc;
}

/* ---- small statistics of times ---- */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* The value below which a share q of the sorted times lies (nearest rank). */
static double at_share(const double *sorted, size_t n, double q)
{
    size_t i = (size_t)(q * (double)(n - 1) + 0.5);

    return sorted[i];
}

/* ---- slates ---- */

/* A matured arm, and the stages that are timed on its people. */
typedef struct slate_bench {
    pal_arm *policy;         /* progressive: who plays the rounds   */
    pal_arm **arm;           /* one a stage: who holds its instance */
    size_t n_stages;
    pal_arena *scratch;
    double *time;            /* slates timed                        */
} slate_bench;

static void slate_bench_clear(slate_bench *b)
{
    for (size_t i = 0; b->arm != NULL && i < b->n_stages; i++) {
        pal_arm_free(b->arm[i]);
    }
    pal_free(b->arm);
    pal_arm_free(b->policy);
    pal_arena_free(b->scratch);
    pal_free(b->time);
}

/* Play all rounds with the policy; each stage that learns hears the same feedback. */
static pal_status mature(slate_bench *b, const pal_experiment *experiment, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_arm *policy = b->policy;
    size_t n_users = policy->world->people->n;

    for (size_t t = 0; t < experiment->n_rounds; t++) {
        pal_feedback feedback;
        pal_arena_mark mark = pal_arena_here(b->scratch);

        PAL_TRY(pal_arm_serve(policy, err));
        PAL_TRY(pal_arm_answer(policy, err));
        feedback = (pal_feedback){ .round = policy->round, .n = policy->event_begin[n_users],
                                   .events = policy->event, .profiles = policy->profiles,
                                   .history = policy->history, .playlists = policy->filing->playlists };
        PAL_TRY(pal_arm_learn(policy, err));
        for (size_t i = 0; i < b->n_stages; i++) {
            if (b->arm[i]->stage->fit != NULL) {
                PAL_TRY(b->arm[i]->stage->fit(b->arm[i]->self, &feedback, b->scratch, err));
                pal_arena_rewind(b->scratch, mark);
            }
        }
    }

done:
    return rc;
}

static double mean_tastes(const pal_arm *arm)
{
    size_t n_users = arm->world->people->n, n = 0;

    for (uint32_t u = 0; u < n_users; u++) {
        pal_profile_view view = pal_profiles_view(arm->profiles, u);

        for (size_t t = 0; t < view.n_tastes; t++) {
            n += view.confidence[t] > 0;
        }
    }
    return (double)n / (double)n_users;
}

static pal_status time_stage(pal_bench_slate *row, slate_bench *b, size_t stage, size_t passes, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arm *arm = b->arm[stage];
    size_t n_users = b->policy->world->people->n, n = 0;
    pal_arena_mark mark = pal_arena_here(b->scratch);
    double sum = 0;

    for (size_t pass = 0; pass <= passes; pass++) { /* the first pass warms the caches */
        for (uint32_t u = 0; u < n_users; u++) {
            pal_request request = pal_arm_request(b->policy, u);
            pal_slate slate = { .n = 0 };
            double begun = pal_clock_s();

            PAL_TRY(arm->stage->serve(arm->self, &request, &slate, b->scratch, err));
            if (pass > 0) {
                b->time[n] = pal_clock_s() - begun;
                sum += b->time[n++];
            }
            pal_arena_rewind(b->scratch, mark);
        }
    }
    qsort(b->time, n, sizeof *b->time, by_value);
    *row = (pal_bench_slate){
        .stage = arm->stage->name, .people = n_users, .items = arm->catalog->n_items,
        .tastes = mean_tastes(b->policy), .slates = n, .per_s = (double)n / sum,
        .median_us = at_share(b->time, n, 0.5) * 1e6, .p95_us = at_share(b->time, n, 0.95) * 1e6,
    };

done:
    return rc;
}

/* The experiment's arm of a stage; arms stand in registry order. */
static pal_status find_stage(size_t *out, const char *name, const char *what, pal_error *err)
{
    pal_error found;

    if (pal_stage_find(out, name, "command line", what, &found) == PAL_OK) {
        return PAL_OK;
    }
    return pal_error_set(err, PAL_ERR_USAGE, "%s", found.text);
}

pal_status pal_bench_slates(pal_bench_slate *row, size_t *n, const pal_experiment *experiment, const char *only,
                            size_t passes, pal_error *err)
{
    pal_status rc = PAL_OK;
    slate_bench b = { .n_stages = pal_stage_count() };
    pal_catalog *catalog = NULL;
    pal_lab_people *people = NULL;
    bool synthetic;
    size_t policy, wanted = PAL_NO_ARM;

    PAL_ASSERT(experiment->n_arms == b.n_stages && passes > 0);
    *n = 0;
    PAL_TRY(find_stage(&policy, "progressive", "policy", err));
    if (only != NULL) {
        PAL_TRY(find_stage(&wanted, only, "--stage", err));
    }
    PAL_TRY(pal_lab_catalog(&catalog, NULL, &synthetic, experiment, err));
    PAL_TRY(pal_lab_people_new(&people, experiment, catalog, 0, 1, err));
    PAL_TRY(pal_arm_new(&b.policy, experiment, catalog, people, policy, 1, err));
    PAL_NEW(b.arm, b.n_stages);
    for (size_t i = 0; i < b.n_stages; i++) {
        PAL_TRY(pal_arm_new(&b.arm[i], experiment, catalog, people, i, 1, err));
    }
    PAL_TRY(pal_arena_new(&b.scratch, SCRATCH_BYTES, err));
    PAL_NEW(b.time, people->people->n * passes);
    PAL_TRY(mature(&b, experiment, err));
    for (size_t i = 0; i < b.n_stages; i++) {
        if (wanted == PAL_NO_ARM || wanted == i) {
            PAL_TRY(time_stage(&row[*n], &b, i, passes, err));
            ++*n;
        }
    }

done:
    slate_bench_clear(&b);
    pal_lab_people_free(people);
    pal_catalog_free(catalog);
    return rc;
}

/* ---- the simulator ---- */

pal_status pal_bench_simulate(pal_bench_sim *row, const pal_experiment *experiment, size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_lab_people *people = NULL;
    pal_arm *arm = NULL;
    bool synthetic;
    size_t random, warm = experiment->n_rounds / 10;
    double begun = 0;

    *row = (pal_bench_sim){ .threads = n_threads };
    PAL_TRY(find_stage(&random, "random", "stage", err));
    PAL_TRY(pal_lab_catalog(&catalog, NULL, &synthetic, experiment, err));
    PAL_TRY(pal_lab_people_new(&people, experiment, catalog, 0, n_threads, err));
    PAL_TRY(pal_arm_new(&arm, experiment, catalog, people, random, n_threads, err));
    for (size_t t = 0; t < experiment->n_rounds; t++) {
        if (t == warm) {
            begun = pal_clock_s();
        }
        PAL_TRY(pal_arm_serve(arm, err));
        PAL_TRY(pal_arm_answer(arm, err));
        PAL_TRY(pal_arm_learn(arm, err));
        row->impressions += t >= warm ? arm->event_begin[people->people->n] : 0;
    }
    row->seconds = pal_clock_s() - begun;
    row->per_s = (double)row->impressions / row->seconds;

done:
    pal_arm_free(arm);
    pal_lab_people_free(people);
    pal_catalog_free(catalog);
    return rc;
}

/* ---- catalogs ---- */

pal_status pal_bench_load(pal_bench_catalog *row, const pal_experiment *experiment, size_t passes, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog *catalog = NULL;
    pal_import_report report = { 0 };
    double *time = NULL;

    PAL_ASSERT(passes > 0);
    PAL_NEW(time, passes);
    for (size_t i = 0; i < passes; i++) {
        double begun = pal_clock_s();

        PAL_TRY(pal_lab_catalog(&catalog, &report, &row->synthetic, experiment, err));
        time[i] = pal_clock_s() - begun;
        row->items = catalog->n_items;
        row->rows = row->synthetic ? catalog->n_items : report.rows;
        pal_import_report_clear(&report);
        report = (pal_import_report){ 0 };
        pal_catalog_free(catalog);
        catalog = NULL;
    }
    qsort(time, passes, sizeof *time, by_value);
    row->seconds = at_share(time, passes, 0.5);
    row->per_s = (double)row->rows / row->seconds;

done:
    pal_import_report_clear(&report);
    pal_catalog_free(catalog);
    pal_free(time);
    return rc;
}
