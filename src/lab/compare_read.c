/* Run directories read back for comparisons. */
#include "lab/compare_read.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/manifest.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* One row a metric; the order is that of tables. "rounds" stands for the rounds of the run, not for a column. */
const pal_people_metric pal_people_metrics[PAL_PEOPLE_METRICS] = {
    { "like_rate", "likes", "impressions", "likes per impression", 1 },
    { "ctr", "clicks", "impressions", "clicks per impression", 1 },
    { "dislike_rate", "dislikes", "impressions", "dislikes per impression", -1 },
    { "skip_rate", "skips", "impressions", "skips per impression", -1 },
    { "expected_like", "expected_likes", "impressions", "true P(like | examined) of what was shown", 1 },
    { "examination", "examined", "impressions", "impressions that were looked at", 0 },
    { "presence", "rounds_present", "rounds", "share of rounds in which a person turned up", 1 },
    { "likes", "likes", NULL, "likes a person", 1 },
    { "auc", "auc", NULL, "a person's own AUC at the last probe, mean over people", 1 },
    { "logloss", "logloss", NULL, "a person's LogLoss at the last probe, mean over people", -1 },
    { "taste_coverage", "taste_coverage", NULL, "share of a person's true tastes that were met", 1 },
    { "taste_balance", "taste_balance", NULL, "how evenly a person's tastes were met", 1 },
    { "regret", "regret", NULL, "likes lost against the best slate, mean over people", -1 },
    { "novelty", "novelty", NULL, "novelty of a person's slates", 0 },
    { "diversity", "diversity", NULL, "diversity of a person's slates", 0 },
    { "confidence", "confidence", NULL, "what the arm believes to know of a person at the end", 0 },
};

pal_status pal_people_metric_find(size_t *out, const char *name, pal_error *err)
{
    const char *names[PAL_PEOPLE_METRICS], *near;
    char all[320] = "";
    size_t n = 0;

    for (size_t m = 0; m < PAL_PEOPLE_METRICS; m++) {
        if (strcmp(pal_people_metrics[m].name, name) == 0) {
            *out = m;
            return PAL_OK;
        }
        names[m] = pal_people_metrics[m].name;
        n += (size_t)snprintf(all + n, sizeof all - n, "%s%s", m == 0 ? "" : ", ", names[m]);
    }
    near = pal_nearest_name(name, names, PAL_PEOPLE_METRICS);
    return pal_error_set(err, PAL_ERR_USAGE, "unknown metric '%s'%s%s%s; there are %s", name,
                         near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "", all);
}

size_t pal_run_people_arm(const pal_run_people *run, const char *name)
{
    for (size_t a = 0; a < run->n_arms; a++) {
        if (strcmp(run->arm[a], name) == 0) return a;
    }
    return SIZE_MAX;
}

const double *pal_run_people_num(const pal_run_people *run, size_t arm, size_t metric)
{
    return run->num + (arm * PAL_PEOPLE_METRICS + metric) * run->n_people;
}

const double *pal_run_people_den(const pal_run_people *run, size_t arm, size_t metric)
{
    return run->den + (arm * PAL_PEOPLE_METRICS + metric) * run->n_people;
}

/* ---- the manifest ---- */

static pal_status copy_text(char **out, const char *text, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(*out, n + 1);
    memcpy(*out, text, n);
done:
    return rc;
}

/* The last part of a path. */
static pal_status label_of(char **out, const char *dir, pal_error *err)
{
    size_t end = strlen(dir), begin;

    while (end > 1 && dir[end - 1] == '/') end--;
    for (begin = end; begin > 0 && dir[begin - 1] != '/'; begin--) {
    }
    return copy_text(out, dir + begin, end - begin, err);
}

/* Digest of the config without "seed": settings are the same when only their luck differs. */
static pal_status digest_config(char hex[PAL_HASH_HEX], const pal_json *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_hasher *hasher = NULL;

    pal_json_begin_object(&w, NULL);
    for (size_t i = 0; i < pal_json_size(config); i++) {
        const pal_json *member = pal_json_at(config, i);

        if (strcmp(pal_json_key(member), "seed") != 0) pal_json_put_value(&w, pal_json_key(member), member);
    }
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    PAL_TRY(pal_hasher_new(&hasher, err));
    pal_hasher_add(hasher, w.text.bytes, w.text.n);
    pal_hasher_hex(hasher, hex);
done:
    pal_hasher_free(hasher);
    pal_text_clear(&w.text);
    return rc;
}

static pal_status string_member(const char **out, const pal_json *object, const char *key, const char *dir, pal_error *err)
{
    const pal_json *value = pal_json_get(object, key);

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_STRING) {
        return pal_error_set(err, PAL_ERR_DATA, "%s/manifest.json: %s: must be a string", dir, key);
    }
    *out = pal_json_string(value);
    return PAL_OK;
}

static pal_status size_member(size_t *out, const pal_json *object, const char *key, const char *dir, pal_error *err)
{
    const pal_json *value = pal_json_get(object, key);

    if (value == NULL || pal_json_kind_of(value) != PAL_JSON_NUMBER || !(pal_json_number(value) >= 1) ||
        pal_json_number(value) > 1e9) {
        return pal_error_set(err, PAL_ERR_DATA, "%s/manifest.json: config.%s: must be a whole number above 0", dir, key);
    }
    *out = (size_t)pal_json_number(value);
    return PAL_OK;
}

/* The fields that manifest.json tells; *rounds for the metric that needs it, *baseline the arm named there or "". */
static pal_status read_manifest(pal_run_people *run, size_t *rounds, char **baseline, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_manifest *m = NULL;
    const pal_json *config;
    const char *name = NULL, *seed = NULL, *base = NULL;

    PAL_TRY(pal_manifest_load(&m, run->dir, err));
    config = pal_json_get(pal_json_root(m->doc), "config");
    if (config == NULL || pal_json_kind_of(config) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_DATA, "%s/manifest.json: config: must be an object", run->dir);
    }
    PAL_TRY(string_member(&name, config, "name", run->dir, err));
    PAL_TRY(string_member(&seed, config, "seed", run->dir, err));
    PAL_TRY(string_member(&base, config, "baseline", run->dir, err));
    PAL_TRY(size_member(rounds, config, "rounds", run->dir, err));
    PAL_TRY(size_member(&run->n_replicates, config, "replicates", run->dir, err));
    PAL_TRY(copy_text(&run->name, name, strlen(name), err));
    PAL_TRY(copy_text(&run->seed, seed, strlen(seed), err));
    PAL_TRY(copy_text(baseline, base, strlen(base), err));
    PAL_TRY(digest_config(run->config, config, err));
    snprintf(run->digest, sizeof run->digest, "%s", m->digest);
    for (size_t i = 0; i < m->n_files; i++) {
        if (strcmp(m->name[i], "people.csv") == 0) snprintf(run->people, sizeof run->people, "%s", m->hex[i]);
    }
done:
    pal_manifest_free(m);
    return rc;
}

/* ---- users.csv ---- */

static pal_status number_at(double *out, const pal_table *t, const char *path, size_t row, size_t column, pal_error *err)
{
    bool ok = true;

    *out = pal_table_number(t, row, column, &ok);
    if (!ok) {
        return pal_error_set(err, PAL_ERR_DATA, "%s: row %zu: %s: must be a number or empty, found \"%s\"", path, row + 1,
                             pal_table_name(t, column), pal_table_text(t, row, column));
    }
    return PAL_OK;
}

/* Arms in the order of the file, each a block of as many rows. */
static pal_status read_arms(pal_run_people *run, const pal_table *t, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t column, rows = pal_table_rows(t), n = 0;

    PAL_TRY(pal_table_find(&column, t, "arm", err));
    for (size_t r = 0; r < rows; r++) {
        n += r == 0 || strcmp(pal_table_text(t, r, column), pal_table_text(t, r - 1, column)) != 0;
    }
    if (n == 0 || rows % n != 0 || rows / n % run->n_replicates != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu rows do not make the same people for each of %zu arms and %zu replicates", path, rows,
                 n, run->n_replicates);
    }
    run->n_people = rows / n;
    run->n_users = run->n_people / run->n_replicates;
    PAL_NEW(run->arm, n);
    run->n_arms = n;
    for (size_t a = 0; a < n; a++) {
        const char *name = pal_table_text(t, a * run->n_people, column);

        PAL_TRY(copy_text(&run->arm[a], name, strlen(name), err));
    }
done:
    return rc;
}

/* Every row must be the person its place says. */
static pal_status check_order(const pal_run_people *run, const pal_table *t, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t arm, replicate, user;
    double r, u;

    PAL_TRY(pal_table_find(&arm, t, "arm", err));
    PAL_TRY(pal_table_find(&replicate, t, "replicate", err));
    PAL_TRY(pal_table_find(&user, t, "user", err));
    for (size_t row = 0; row < pal_table_rows(t); row++) {
        size_t p = row % run->n_people;

        PAL_TRY(number_at(&r, t, path, row, replicate, err));
        PAL_TRY(number_at(&u, t, path, row, user, err));
        if (r != (double)(p / run->n_users) || u != (double)(p % run->n_users) ||
            strcmp(pal_table_text(t, row, arm), run->arm[row / run->n_people]) != 0) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: expected arm %s, replicate %zu, user %zu", path, row + 1,
                     run->arm[row / run->n_people], p / run->n_users, p % run->n_users);
        }
    }
done:
    return rc;
}

static pal_status read_metric(pal_run_people *run, size_t m, size_t rounds, const pal_table *t, const char *path,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_people_metric *metric = &pal_people_metrics[m];
    bool by_rounds = metric->den != NULL && strcmp(metric->den, "rounds") == 0;
    size_t top, bottom = 0;
    double num, den;

    PAL_TRY(pal_table_find(&top, t, metric->num, err));
    if (metric->den != NULL && !by_rounds) PAL_TRY(pal_table_find(&bottom, t, metric->den, err));
    for (size_t row = 0; row < pal_table_rows(t); row++) {
        size_t at = (row / run->n_people * PAL_PEOPLE_METRICS + m) * run->n_people + row % run->n_people;

        PAL_TRY(number_at(&num, t, path, row, top, err));
        den = by_rounds ? (double)rounds : 1;
        if (metric->den != NULL && !by_rounds) PAL_TRY(number_at(&den, t, path, row, bottom, err));
        if (isnan(num) || isnan(den)) {
            num = den = 0;
        }
        if (den < 0) PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: %s: must not be below 0", path, row + 1, metric->den);
        run->num[at] = num;
        run->den[at] = den;
    }
done:
    return rc;
}

/* A column of people.csv, whose rows are the people in order. */
static pal_status read_trait(pal_run_people *run, const char *trait, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_table *t = NULL;
    size_t column;
    char *path = pal_path_join(run->dir, "people.csv");

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_table_load(&t, path, err));
    PAL_TRY(pal_table_find(&column, t, trait, err));
    if (pal_table_rows(t) != run->n_people) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu rows, but users.csv has %zu people", path, pal_table_rows(t), run->n_people);
    }
    PAL_NEW(run->trait, run->n_people);
    for (size_t p = 0; p < run->n_people; p++) {
        PAL_TRY(number_at(&run->trait[p], t, path, p, column, err));
        if (isnan(run->trait[p])) PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: %s: is empty", path, p + 1, trait);
    }
done:
    pal_table_free(t);
    pal_free(path);
    return rc;
}

pal_status pal_run_people_load(pal_run_people **out, const char *dir, const char *trait, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_run_people *run = NULL;
    pal_table *t = NULL;
    char *path = pal_path_join(dir, "users.csv"), *baseline = NULL;
    size_t rounds = 0;

    if (path == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_NEW(run, 1);
    PAL_TRY(copy_text(&run->dir, dir, strlen(dir), err));
    PAL_TRY(label_of(&run->label, dir, err));
    PAL_TRY(read_manifest(run, &rounds, &baseline, err));
    PAL_TRY(pal_table_load(&t, path, err));
    PAL_TRY(read_arms(run, t, path, err));
    PAL_TRY(check_order(run, t, path, err));
    PAL_NEW(run->num, run->n_arms * PAL_PEOPLE_METRICS * run->n_people);
    PAL_NEW(run->den, run->n_arms * PAL_PEOPLE_METRICS * run->n_people);
    for (size_t m = 0; m < PAL_PEOPLE_METRICS; m++) PAL_TRY(read_metric(run, m, rounds, t, path, err));
    if (trait != NULL) PAL_TRY(read_trait(run, trait, err));
    run->baseline = pal_run_people_arm(run, baseline);
    if (run->baseline == SIZE_MAX) run->baseline = 0;
    *out = run;
    run = NULL;
done:
    pal_run_people_free(run);
    pal_table_free(t);
    pal_free(baseline);
    pal_free(path);
    return rc;
}

void pal_run_people_free(pal_run_people *run)
{
    if (run == NULL) return;
    for (size_t a = 0; run->arm != NULL && a < run->n_arms; a++) pal_free(run->arm[a]);
    pal_free(run->arm);
    pal_free(run->dir);
    pal_free(run->label);
    pal_free(run->name);
    pal_free(run->seed);
    pal_free(run->num);
    pal_free(run->den);
    pal_free(run->trait);
    pal_free(run);
}
