/* What `palate run` says when it is done: the arms' main metrics, the digest, the report. */
#include "cli/outcome.h"

#include "cli/print.h"
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/text.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

/* Columns of the closing table, in this order; an arm that lacks one shows a dash. */
static const char *const shown[] = { "like_rate", "ctr", "auc", "taste_coverage", "regret" };
enum { N_SHOWN = sizeof shown / sizeof shown[0] };

/* The path of the digest file of an experiment file: its ".json" replaced. false when it has another ending. */
static bool digest_path(char *out, size_t size, const char *experiment_file)
{
    size_t n = strlen(experiment_file);

    if (n < 5 || strcmp(experiment_file + n - 5, ".json") != 0 || n + 3 > size) {
        return false;
    }
    snprintf(out, size, "%.*s.digest", (int)(n - 5), experiment_file);
    return true;
}

pal_status pal_outcome_compare(pal_outcome *outcome, const char *experiment_file, bool unchanged,
                               const char *digest, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    if (!unchanged || !digest_path(outcome->committed_file, sizeof outcome->committed_file, experiment_file) ||
        !pal_file_exists(outcome->committed_file)) {
        return PAL_OK;
    }
    PAL_TRY(pal_file_read(&bytes, &n, outcome->committed_file, err));
    if (n < PAL_HASH_HEX - 1 || strspn(bytes, "0123456789abcdef") != PAL_HASH_HEX - 1) {
        PAL_FAIL(PAL_ERR_DATA, "%s: must start with %d hex digits", outcome->committed_file, PAL_HASH_HEX - 1);
    }
    memcpy(outcome->committed, bytes, PAL_HASH_HEX - 1);
    outcome->committed[PAL_HASH_HEX - 1] = '\0';
    outcome->compared = true;
    outcome->reproduced = strcmp(outcome->committed, digest) == 0;

done:
    pal_free(bytes);
    return rc;
}

/* A metric of an arm object of summary.json: value and interval; NaN where there is none. */
static void find_metric(double out[3], const pal_json *arm, const char *name)
{
    static const char *const keys[] = { "value", "lo", "hi" };
    const pal_json *metrics = pal_json_get(arm, "metrics");

    out[0] = out[1] = out[2] = NAN;
    for (size_t i = 0; metrics != NULL && i < pal_json_size(metrics); i++) {
        const pal_json *metric = pal_json_at(metrics, i);
        const pal_json *key = pal_json_get(metric, "name");

        if (key == NULL || pal_json_kind_of(key) != PAL_JSON_STRING || strcmp(pal_json_string(key), name) != 0) {
            continue;
        }
        for (size_t k = 0; k < 3; k++) {
            const pal_json *value = pal_json_get(metric, keys[k]);

            if (value != NULL && pal_json_kind_of(value) == PAL_JSON_NUMBER) {
                out[k] = pal_json_number(value);
            }
        }
        return;
    }
}

static const char *arm_name(const pal_json *arm)
{
    const pal_json *name = pal_json_get(arm, "name");

    return name != NULL && pal_json_kind_of(name) == PAL_JSON_STRING ? pal_json_string(name) : "?";
}

/* "0.4312 ±0.0051": half of the interval's width stands for it here; the report shows both ends. */
static void print_value(const double value[3])
{
    if (isnan(value[0])) {
        printf("  %16s", "-");
    } else if (isnan(value[1]) || isnan(value[2])) {
        printf("  %16.4f", value[0]);
    } else {
        printf("  %8.4f \302\261%.4f", value[0], (value[2] - value[1]) / 2);
    }
}

static void print_table(const pal_json *arms)
{
    size_t width = 3;

    for (size_t a = 0; a < pal_json_size(arms); a++) {
        size_t n = strlen(arm_name(pal_json_at(arms, a)));

        width = n > width ? n : width;
    }
    printf("%-*s", (int)width, "arm");
    for (size_t m = 0; m < N_SHOWN; m++) {
        printf("  %16s", shown[m]);
    }
    printf("\n");
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        const pal_json *arm = pal_json_at(arms, a);

        printf("%-*s", (int)width, arm_name(arm));
        for (size_t m = 0; m < N_SHOWN; m++) {
            double value[3];

            find_metric(value, arm, shown[m]);
            print_value(value);
        }
        printf("\n");
    }
}

static void print_text(const pal_outcome *o, const pal_experiment *experiment, const pal_run_summary *s,
                       const pal_json *arms)
{
    print_table(arms);
    printf("\n%s, seed %llu: %s people, %s items, %s impressions in %.1f s (simulation %.1f s)\n",
           experiment->name, (unsigned long long)experiment->seed, pal_print_count(s->n_people),
           pal_print_count(s->n_items), pal_print_count(s->impressions), o->seconds, s->simulate_s);
    printf("results  %s\n", o->directory);
    if (o->has_report) {
        printf("report   %s/report.html\n", o->directory);
    }
    printf("digest   %s\n", s->digest);
    if (o->compared && o->reproduced) {
        printf("reproduced bit for bit: the digest is the one in %s\n", o->committed_file);
    } else if (o->compared) {
        printf("differs from the committed digest %s in %s\n", o->committed, o->committed_file);
    }
}

static pal_status print_json(const pal_outcome *o, const pal_experiment *experiment, const pal_run_summary *s,
                             const pal_json *arms, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    char text[PAL_NUMBER_MAX];

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "run");
    pal_json_put_string(&w, "name", experiment->name);
    pal_format_u64(text, experiment->seed);
    pal_json_put_string(&w, "seed", text);
    pal_json_put_string(&w, "digest", s->digest);
    if (o->compared) {
        pal_json_put_bool(&w, "reproduced", o->reproduced);
    } else {
        pal_json_put_null(&w, "reproduced");
    }
    pal_json_put_string(&w, "results", o->directory);
    pal_json_put_i64(&w, "people", (int64_t)s->n_people);
    pal_json_put_i64(&w, "items", (int64_t)s->n_items);
    pal_json_put_i64(&w, "impressions", (int64_t)s->impressions);
    pal_json_put_number(&w, "seconds", o->seconds);
    pal_json_put_number(&w, "simulate_seconds", s->simulate_s);
    pal_json_begin_array(&w, "arms");
    for (size_t a = 0; a < pal_json_size(arms); a++) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", arm_name(pal_json_at(arms, a)));
        for (size_t m = 0; m < N_SHOWN; m++) {
            double value[3];

            find_metric(value, pal_json_at(arms, a), shown[m]);
            pal_json_put_number(&w, shown[m], value[0]);
        }
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

pal_status pal_outcome_print(const pal_outcome *outcome, const pal_experiment *experiment,
                             const pal_run_summary *summary, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    char *path = NULL;
    const pal_json *arms;

    if (outcome->quiet && !outcome->json) {
        return PAL_OK;
    }
    path = pal_path_join(outcome->directory, "summary.json");
    if (path == NULL) {
        PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    }
    PAL_TRY(pal_json_load(&doc, path, err));
    arms = pal_json_get(pal_json_root(doc), "arms");
    if (arms == NULL || pal_json_kind_of(arms) != PAL_JSON_ARRAY) {
        PAL_FAIL(PAL_ERR_DATA, "%s: arms: must be an array", path);
    }
    if (outcome->json) {
        PAL_TRY(print_json(outcome, experiment, summary, arms, err));
    } else {
        print_text(outcome, experiment, summary, arms);
    }

done:
    pal_json_free(doc);
    pal_free(path);
    return rc;
}
