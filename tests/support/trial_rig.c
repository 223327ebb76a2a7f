/* Small trials for tests. */
#include "tests/support/trial_rig.h"

#include "core/text.h"
#include "tests/support/scratch.h"

#include <stdio.h>

static const char base[] =
    "{\"purpose\": \"a test\", \"name\": \"tiny\", \"seed\": \"11\", \"rounds\": 8, \"slots\": 5, \"baseline\": \"pop\", "
    "\"focus\": \"prog\", \"catalog\": {\"items\": 240}, \"people\": {\"n\": 160}, \"probe\": {\"items\": 4}, \"arms\": "
    "[{\"name\": \"pop\", \"stage\": \"popularity\"}, {\"name\": \"rand\", \"stage\": \"random\"}, {\"name\": "
    "\"prog\", \"stage\": \"progressive\"}]}";

pal_trial *trial_of(const char *members)
{
    pal_text text = { 0 };
    pal_trial *t = NULL;
    pal_error err = { PAL_OK, "" };

    pal_text_addf(&text, "{\"experiment\": %s%s%s}", base, members[0] == '\0' ? "" : ", ", members);
    ck_assert_msg(pal_trial_parse(&t, text.bytes, text.n, "t.json", NULL, 0, &err) == PAL_OK, "%s", err.text);
    pal_text_clear(&text);
    return t;
}

pal_trial_summary trial_run(const char *members, const char *name, size_t n_threads)
{
    pal_trial *t = trial_of(members);
    pal_trial_summary summary;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_trial_run(&summary, t, scratch_path(name), n_threads, &err) == PAL_OK, "%s", err.text);
    pal_trial_free(t);
    return summary;
}

static bool is_row(const pal_table *table, size_t row, const char *column, const char *wanted)
{
    size_t at;

    if (wanted == NULL) return true;
    ck_assert_int_eq(pal_table_find(&at, table, column, NULL), PAL_OK);
    return strcmp(pal_table_text(table, row, at), wanted) == 0;
}

double trial_number(const char *name, const char *file, const char *metric, const char *method, const char *feedback,
                    const char *column)
{
    char path[512];
    pal_table *table = NULL;
    double value = 0;
    size_t at, found = 0;

    snprintf(path, sizeof path, "%s/%s", scratch_path(name), file);
    ck_assert_int_eq(pal_table_load(&table, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&at, table, column, NULL), PAL_OK);
    for (size_t row = 0; row < pal_table_rows(table); row++) {
        if (!is_row(table, row, "metric", metric) || !is_row(table, row, "method", method) ||
            !is_row(table, row, "feedback", feedback)) {
            continue;
        }
        value = pal_table_number(table, row, at, NULL);
        found++;
    }
    ck_assert_msg(found == 1, "%s: %zu rows of %s %s %s", file, found, metric, method == NULL ? "" : method,
                  feedback == NULL ? "" : feedback);
    pal_table_free(table);
    return value;
}

trial_world trial_world_new(const char *members, size_t n_threads)
{
    trial_world w = { .trial = trial_of(members) };
    bool synthetic;

    ck_assert_int_eq(pal_lab_catalog(&w.catalog, NULL, &synthetic, w.trial->experiment, NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&w.people, w.trial->experiment, w.catalog, 0, n_threads, NULL), PAL_OK);
    w.stage = (pal_trial_stage){ w.trial, w.catalog, w.people, n_threads };
    w.n = w.people->people->n;
    return w;
}

void trial_world_clear(trial_world *w)
{
    pal_lab_people_free(w->people);
    pal_catalog_free(w->catalog);
    pal_trial_free(w->trial);
}

pal_trial_outcome trial_play(const trial_world *w, const pal_trial_plan *plan)
{
    pal_trial_outcome out;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_trial_play(&out, &w->stage, plan, &err) == PAL_OK, "%s", err.text);
    return out;
}
