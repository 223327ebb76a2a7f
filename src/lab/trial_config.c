/* Reading a trial file. */
#include "lab/trial.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/names.h"
#include "lab/study_base.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

const pal_param pal_trial_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the trial asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"trial\"", 0, 0, NULL, "short name; names the result directory", NULL },
    { "control", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "arm of the experiment; empty: its baseline", NULL },
    { "treatment", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "arm of the experiment; empty: its focus; the control's name: an A/A trial", NULL },
    { "seed", PAL_PARAM_TEXT, "\"1\"", 0, 0, NULL, "seed of allocations, coins and losses, as a string of digits", NULL },
    { "pre_rounds", PAL_PARAM_INT, "5", 0, 1000000, NULL,
      "rounds in which the control serves everybody before the arms part; CUPED's covariate", "Deng, Xu, Kohavi, Walker 2013" },
    { "share", PAL_PARAM_REAL, "0.5", 0.05, 0.95, NULL, "chance of the treatment for those who take part", NULL },
    { "enrol", PAL_PARAM_REAL, "1", 0.01, 1, NULL, "chance to take part; the others are served by the control", NULL },
    { "allocation", PAL_PARAM_CHOICE, "\"coin\"", 0, 0, "coin|stratified",
      "a coin a person, or the share within strata of the earlier rounds' first metric", NULL },
    { "strata", PAL_PARAM_INT, "10", 2, 1000, NULL, "equal parts of the people for a stratified allocation", NULL },
    { "lose", PAL_PARAM_REAL, "0", 0, 0.9, NULL, "chance that the rows of a person in the treatment are lost", NULL },
    { "popularity", PAL_PARAM_CHOICE, "\"own\"", 0, 0, "own|shared",
      "whose plays listeners follow once the arms parted (response.herding): those of their own arm's people, or everybody's; "
      "shared plays each run twice, to tell what that alone does to an estimate", "Salganik, Dodds, Watts 2006" },
    { "repeats", PAL_PARAM_INT, "200", 1, 100000, NULL, "allocations with isolated feedback: they cost no run", NULL },
    { "runs", PAL_PARAM_INT, "20", 1, 10000, NULL, "allocations with own and with shared feedback: a run each", NULL },
    { "interleavings", PAL_PARAM_INT, "10", 0, 10000, NULL, "interleaved runs; 0: none", NULL },
    { "level", PAL_PARAM_REAL, "0.95", 0.5, 0.9999, NULL, "level of every interval", NULL },
    { "power", PAL_PARAM_REAL, "0.8", 0.5, 0.9999, NULL, "for the people needed", NULL },
    { "start", PAL_PARAM_INT, "50", 2, 1000000, NULL, "pairs before the sequential test's first look", NULL },
    { 0 }
};

const pal_trial_measure pal_trial_measures[PAL_TRIAL_METRICS] = {
    { "likes", "likes a round", 1 },
    { "clicks", "clicks a round", 1 },
    { "dislikes", "dislikes a round", -1 },
    { "skips", "skips a round", -1 },
    { "expected_likes", "sum of the true P(like) of the slate, a round: likes without their luck", 1 },
    { "presence", "share of the rounds in which the person came", 1 },
};

const char *const pal_trial_feedback_names[PAL_TRIAL_FEEDBACKS] = { "isolated", "own", "shared" };

const char *const pal_trial_method_names[PAL_TRIAL_METHODS] = { "paired", "ab", "cuped", "cuped_oracle", "stratified",
                                                                "sequential", "interleaved" };
const char *const pal_trial_method_labels[PAL_TRIAL_METHODS] = {
    "Paired, same luck", "A/B", "A/B, CUPED", "A/B, CUPED by the oracle", "A/B within strata", "A/B, sequential", "Interleaving",
};

static pal_status copy(char **out, const char *text, pal_error *err)
{
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a text") : PAL_OK;
}

/* ---- the experiment ---- */

static pal_status read_experiment(pal_trial *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;

    PAL_TRY(pal_study_base(&text, &t->base_name, pal_json_root(t->doc), t->file, err));
    PAL_TRY(pal_experiment_parse(&t->experiment, text, strlen(text), t->base_name, NULL, 0, err));
    if (t->experiment->n_replicates != 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: experiment: a trial is played in one world: replicates must be 1, found %u (\"set\": "
                 "{\"replicates\": 1} changes it)", t->file, t->experiment->n_replicates);
    }
    if (t->experiment->n_rounds <= t->pre_rounds) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: pre_rounds: must be below the experiment's %zu rounds, found %zu", t->file,
                 t->experiment->n_rounds, t->pre_rounds);
    }
done:
    pal_free(text);
    return rc;
}

static pal_status find_arm(size_t *out, const pal_trial *t, const char *key, size_t usual, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = t->experiment;
    const char *name = pal_values_text(t->top, key);
    pal_text known = { 0 };

    *out = usual;
    if (name[0] == '\0') goto done;
    for (size_t a = 0; a < e->n_arms; a++) {
        if (strcmp(e->arm[a].name, name) == 0) {
            *out = a;
            goto done;
        }
        pal_text_addf(&known, "%s%s", a == 0 ? "" : ", ", e->arm[a].name);
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: is no arm of %s: found \"%s\"; it has %s", t->file, key, t->base_name, name, known.bytes);
done:
    pal_text_clear(&known);
    return rc;
}

static pal_status read_arms(pal_trial *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = t->experiment;

    PAL_TRY(find_arm(&t->control, t, "control", e->baseline, err));
    PAL_TRY(find_arm(&t->treatment, t, "treatment", e->focus, err));
    if (t->control == t->treatment && pal_values_text(t->top, "treatment")[0] == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: treatment: must be named: the experiment's focus is the control, \"%s\"", t->file,
                 e->arm[t->control].name);
    }
done:
    return rc;
}

/* ---- lists ---- */

/* Index of the name at place i of a list; count names are allowed. */
static pal_status find_name(size_t *out, const pal_trial *t, const char *key, const pal_json *list, size_t i,
                            const char *(*name_of)(size_t), size_t count, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *one = pal_json_at(list, i);
    const char *name = pal_json_kind_of(one) == PAL_JSON_STRING ? pal_json_string(one) : NULL;
    pal_text known = { 0 };

    for (*out = 0; *out < count; (*out)++) {
        if (name != NULL && strcmp(name_of(*out), name) == 0) goto done;
        pal_text_addf(&known, "%s%s", *out == 0 ? "" : ", ", name_of(*out));
    }
    PAL_TRY(pal_text_check(&known, err));
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s[%zu]: must be one of %s, found %s", t->file, key, i, known.bytes,
             name != NULL ? name : pal_json_kind_name(pal_json_kind_of(one)));
done:
    pal_text_clear(&known);
    return rc;
}

static const char *metric_name(size_t i)
{
    return pal_trial_measures[i].name;
}

static const char *feedback_name(size_t i)
{
    return pal_trial_feedback_names[i];
}

static pal_status check_list(const pal_trial *t, const char *key, const pal_json *list, size_t most, pal_error *err)
{
    if (pal_json_kind_of(list) == PAL_JSON_ARRAY && pal_json_size(list) > 0 && pal_json_size(list) <= most) return PAL_OK;
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be an array of 1 to %zu names", t->file, key, most);
}

static pal_status read_metrics(pal_trial *t, pal_error *err)
{
    static const size_t usual[] = { PAL_TRIAL_LIKES, PAL_TRIAL_EXPECTED, PAL_TRIAL_CLICKS };
    pal_status rc = PAL_OK;
    const pal_json *list = pal_json_get(pal_json_root(t->doc), "metrics");

    if (list == NULL) {
        for (; t->n_metrics < sizeof usual / sizeof *usual; t->n_metrics++) t->metric[t->n_metrics] = usual[t->n_metrics];
        return PAL_OK;
    }
    PAL_TRY(check_list(t, "metrics", list, PAL_TRIAL_METRICS, err));
    for (; t->n_metrics < pal_json_size(list); t->n_metrics++) {
        size_t *at = &t->metric[t->n_metrics];

        PAL_TRY(find_name(at, t, "metrics", list, t->n_metrics, metric_name, PAL_TRIAL_METRICS, err));
        for (size_t j = 0; j < t->n_metrics; j++) {
            if (t->metric[j] != *at) continue;
            PAL_FAIL(PAL_ERR_CONFIG, "%s: metrics[%zu]: %s stands there twice", t->file, t->n_metrics, metric_name(*at));
        }
    }
done:
    return rc;
}

static pal_status read_feedback(pal_trial *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list = pal_json_get(pal_json_root(t->doc), "feedback");
    size_t at;

    if (list == NULL) {
        for (size_t f = 0; f < PAL_TRIAL_FEEDBACKS; f++) t->feedback[f] = true;
        return PAL_OK;
    }
    PAL_TRY(check_list(t, "feedback", list, PAL_TRIAL_FEEDBACKS, err));
    for (size_t i = 0; i < pal_json_size(list); i++) {
        PAL_TRY(find_name(&at, t, "feedback", list, i, feedback_name, PAL_TRIAL_FEEDBACKS, err));
        t->feedback[at] = true;
    }
done:
    return rc;
}

/* ---- all of it ---- */

static pal_status read_seed(pal_trial *t, pal_error *err)
{
    const char *text = pal_values_text(t->top, "seed");
    char *end = NULL;

    errno = 0;
    t->seed = strtoull(text, &end, 10);
    if (text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0) return PAL_OK;
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: seed: must be a string of digits below 2^64, found \"%s\"", t->file, text);
}

static pal_status read_top(pal_trial *t, pal_error *err)
{
    static const char *const also[] = { "experiment", "set", "metrics", "feedback", NULL };
    pal_status rc = PAL_OK;
    const pal_json *root = pal_json_root(t->doc);

    if (pal_json_kind_of(root) != PAL_JSON_OBJECT) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: a trial must be an object, found %s", t->file, pal_json_kind_name(pal_json_kind_of(root)));
    }
    PAL_TRY(pal_values_read(&t->top, pal_trial_params, root, t->file, "", also, err));
    t->name = pal_values_text(t->top, "name");
    t->purpose = pal_values_text(t->top, "purpose");
    PAL_TRY(pal_name_check_run(t->name, t->file, err));
    t->pre_rounds = (size_t)pal_values_int(t->top, "pre_rounds");
    t->repeats = (size_t)pal_values_int(t->top, "repeats");
    t->runs = (size_t)pal_values_int(t->top, "runs");
    t->interleavings = (size_t)pal_values_int(t->top, "interleavings");
    t->share = pal_values_real(t->top, "share");
    t->enrol = pal_values_real(t->top, "enrol");
    t->lose = pal_values_real(t->top, "lose");
    t->level = pal_values_real(t->top, "level");
    t->power = pal_values_real(t->top, "power");
    t->strata = (size_t)pal_values_int(t->top, "strata");
    t->start = (size_t)pal_values_int(t->top, "start");
    t->stratified = pal_values_choice(t->top, "allocation") == 1;
    t->follow_all = pal_values_choice(t->top, "popularity") == 1;
    if (t->stratified && t->pre_rounds == 0) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: allocation: strata are made of the rounds before the arms part: pre_rounds must be above 0",
                 t->file);
    }
    PAL_TRY(read_seed(t, err));
done:
    return rc;
}

pal_status pal_trial_parse(pal_trial **out, const char *text, size_t n, const char *name, const pal_override *overrides,
                           size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_trial *t = NULL;

    PAL_NEW(t, 1);
    PAL_TRY(copy(&t->file, name, err));
    PAL_TRY(pal_json_parse(&t->doc, text, n, name, err));
    for (size_t i = 0; i < n_overrides; i++) PAL_TRY(pal_json_set(t->doc, overrides[i].path, overrides[i].text, err));
    PAL_TRY(read_top(t, err));
    PAL_TRY(read_metrics(t, err));
    PAL_TRY(read_feedback(t, err));
    PAL_TRY(read_experiment(t, err));
    PAL_TRY(read_arms(t, err));
    *out = t;
    t = NULL;
done:
    pal_trial_free(t);
    return rc;
}

pal_status pal_trial_load(pal_trial **out, const char *path, const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_trial_parse(out, bytes, n, path, overrides, n_overrides, err));
done:
    pal_free(bytes);
    return rc;
}

void pal_trial_free(pal_trial *t)
{
    if (t == NULL) return;
    pal_experiment_free(t->experiment);
    pal_free(t->base_name);
    pal_free(t->file);
    pal_values_free(t->top);
    pal_json_free(t->doc);
    pal_free(t);
}
