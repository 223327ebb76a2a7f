/* Reading a study of off-policy estimators. */
#include "lab/ope_truth.h"

#include "core/file.h"
#include "core/mem.h"
#include "lab/names.h"
#include "lab/study_base.h"
#include "stages/stage.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_ROWS 80000 /* with the most logs: every decision gets a number of its own below 2^32 */
#define GUESSES "logistic|boosted|mean|wrong"

const pal_param pal_ope_study_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the study asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"ope\"", 0, 0, NULL, "short name; names the result directory", NULL },
    { "seed", PAL_PARAM_TEXT, "\"1\"", 0, 0, NULL, "of contexts, actions and folds, as a string of digits", NULL },
    { "warm_up", PAL_PARAM_INT, "10", 0, 100000, NULL,
      "rounds the logging arm plays before anything is logged; the targets' stages learn from its events", NULL },
    { "candidates", PAL_PARAM_INT, "10", 2, PAL_OPE_MOST_CANDIDATES, NULL,
      "unseen items a person can be shown, drawn once for each person", NULL },
    { "slots", PAL_PARAM_INT, "1", 1, PAL_OPE_MOST_SLOTS, NULL,
      "items of a decision; above 1 a slate, whose reward is the sum over its slots", NULL },
    { "reward", PAL_PARAM_CHOICE, "\"click\"", 0, 0, "click|like", "what a slot earns", NULL },
    { "logs", PAL_PARAM_INT, "200", 2, 8000, NULL, "independent logs; every estimator judges each of them", NULL },
    { "sizes", PAL_PARAM_REALS, "[250, 1000, 4000]", 2, MOST_ROWS, NULL,
      "decisions of a log, rising: a smaller log is the beginning of the larger one", NULL },
    { "folds", PAL_PARAM_INT, "5", 2, 100, NULL, "parts of the people; a model is asked about those it was not fitted on", NULL },
    { "level", PAL_PARAM_REAL, "0.95", 0.5, 0.9999, NULL, "level of every interval", NULL },
    { "resamples", PAL_PARAM_INT, "0", 0, 100000, NULL, "of bootstrap intervals beside the normal ones; 0: none", NULL },
    { 0 }
};

#define POLICY_ROWS                                                                                                    \
    { "arm", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "arm of the experiment whose stage scores the candidates", NULL },      \
    { "softness", PAL_PARAM_REAL, "1", 0, 100, NULL,                                                                   \
      "standard deviations of score that make a factor of e in the chances; 0: the best alone", NULL },                \
    { "epsilon", PAL_PARAM_REAL, "0", 0, 1, NULL, "share of every slot drawn evenly", NULL }

const pal_param pal_ope_logging_params[] = {
    POLICY_ROWS,
    { "gaps", PAL_PARAM_REAL, "0", 0, 0.95, NULL, "share of a person's candidates that the logging policy never shows", NULL },
    { "own", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "the stage draws by itself among the candidates, and the log takes the propensities it states", NULL },
    { 0 }
};

const pal_param pal_ope_target_params[] = {
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "of the target (empty: the arm's)", NULL },
    POLICY_ROWS,
    { 0 }
};

/* Kinds in the order of pal_ope_kind, then of pal_ope_slate_kind. */
const pal_param pal_ope_estimator_params[] = {
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "of the estimator (empty: its kind, and its model unless logistic)", NULL },
    { "kind", PAL_PARAM_CHOICE, "\"ips\"", 0, 0,
      "ips|clipped_ips|snips|dm|dr|switch_dr|dr_os|slate_ips|independent_ips|cascade_ips|pseudo_inverse",
      "which estimator; the last four are for slates", NULL },
    { "model", PAL_PARAM_CHOICE, "\"logistic\"", 0, 0, GUESSES,
      "of the reward, for dm, dr, switch_dr and dr_os; wrong: mirrored around the mean", NULL },
    { "clip", PAL_PARAM_REAL, "10", 1e-6, 1e12, NULL, "largest weight of clipped_ips", NULL },
    { "switch_at", PAL_PARAM_REAL, "10", 0, 1e12, NULL, "largest weight switch_dr corrects with", NULL },
    { "shrink", PAL_PARAM_REAL, "100", 0, 1e12, NULL, "lambda of dr_os", NULL },
    { "tune", PAL_PARAM_BOOL, "false", 0, 0, NULL, "choose clip, switch_at and shrink from each log", "Su et al., ICML 2020" },
    { 0 }
};

const char *pal_ope_any_name(size_t kind)
{
    return kind < PAL_OPE_KINDS ? pal_ope_name((pal_ope_kind)kind)
                                : pal_ope_slate_name((pal_ope_slate_kind)(kind - PAL_OPE_KINDS));
}

const char *pal_ope_any_meaning(size_t kind)
{
    return kind < PAL_OPE_KINDS ? pal_ope_meaning((pal_ope_kind)kind)
                                : pal_ope_slate_meaning((pal_ope_slate_kind)(kind - PAL_OPE_KINDS));
}

bool pal_ope_any_needs_model(size_t kind)
{
    return kind < PAL_OPE_KINDS && pal_ope_needs_model((pal_ope_kind)kind);
}

const char *pal_ope_guess_name(pal_ope_guess guess)
{
    static const char *const names[PAL_OPE_GUESSES] = { "logistic", "boosted", "mean", "wrong" };

    return names[guess];
}

static pal_status copy(char **out, const char *text, pal_error *err)
{
    *out = pal_strdup(text);
    return *out == NULL ? pal_error_set(err, PAL_ERR_MEMORY, "out of memory for a text") : PAL_OK;
}

static pal_status must_be(const pal_json *value, pal_json_kind kind, const pal_ope_study *s, const char *path, pal_error *err)
{
    if (value != NULL && pal_json_kind_of(value) == kind) return PAL_OK;
    return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must be %s, found %s", s->file, path, pal_json_kind_name(kind),
                         value == NULL ? "nothing" : pal_json_kind_name(pal_json_kind_of(value)));
}

/* ---- the experiment ---- */

static pal_status read_experiment(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    char *text = NULL;

    PAL_TRY(pal_study_base(&text, &s->experiment_name, pal_json_root(s->doc), s->file, err));
    PAL_TRY(pal_experiment_parse(&s->experiment, text, strlen(text), s->experiment_name, NULL, 0, err));
    if (s->warm_up > s->experiment->n_rounds) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: warm_up: must be at most the experiment's rounds (%zu), found %zu", s->file,
                 s->experiment->n_rounds, s->warm_up);
    }
done:
    pal_free(text);
    return rc;
}

/* ---- policies ---- */

static pal_status read_rule(pal_ope_policy *p, const pal_ope_study *s, const pal_values *v, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = s->experiment;
    const char *arm = pal_values_text(v, "arm"), *near, *names[64];
    size_t n = 0;

    p->rule = (pal_ope_rule){ pal_values_real(v, "softness"), pal_values_real(v, "epsilon") };
    if (p->rule.softness > 0 && p->rule.softness < PAL_OPE_LEAST_SOFTNESS) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.softness: must be 0 or at least %g, found %g", s->file, path, PAL_OPE_LEAST_SOFTNESS,
                 p->rule.softness);
    }
    for (p->arm = 0; p->arm < e->n_arms; p->arm++) {
        if (strcmp(e->arm[p->arm].name, arm) == 0) return PAL_OK;
        if (n < 64) names[n++] = e->arm[p->arm].name;
    }
    near = pal_nearest_name(arm, names, n);
    PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.arm: %s has no arm \"%s\"%s%s%s", s->file, path, s->experiment_name, arm,
             near != NULL ? "; did you mean \"" : "", near != NULL ? near : "", near != NULL ? "\"?" : "");
done:
    return rc;
}

/* What a stage's own draws ask for. */
static pal_status check_own(const pal_ope_study *s, pal_error *err)
{
    const pal_arm_spec *arm = &s->experiment->arm[s->policy[0].arm];

    if ((pal_stage_at(arm->stage)->flags & PAL_STAGE_PROPENSITY) == 0) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: logging.own: the stage of arm \"%s\", %s, states no propensities", s->file,
                             arm->name, pal_stage_at(arm->stage)->name);
    }
    if (s->gaps > 0) {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: logging.gaps: must be 0 where the stage draws by itself (own), found %g",
                             s->file, s->gaps);
    }
    return PAL_OK;
}

static pal_status read_logging(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *logging = pal_json_get(pal_json_root(s->doc), "logging");
    pal_values *v = NULL;
    size_t shown;

    PAL_TRY(must_be(logging, PAL_JSON_OBJECT, s, "logging", err));
    PAL_TRY(pal_values_read(&v, pal_ope_logging_params, logging, s->file, "logging", NULL, err));
    PAL_TRY(read_rule(&s->policy[0], s, v, "logging", err));
    PAL_TRY(copy(&s->policy[0].name, pal_values_text(v, "arm"), err));
    s->gaps = pal_values_real(v, "gaps");
    s->own = pal_values_bool(v, "own");
    if (s->own) PAL_TRY(check_own(s, err));
    shown = s->n_candidates - (size_t)floor(s->gaps * (double)s->n_candidates);
    if (shown < s->n_slots) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: logging.gaps: leaves %zu of %zu candidates for %zu slots", s->file, shown,
                 s->n_candidates, s->n_slots);
    }
done:
    pal_values_free(v);
    return rc;
}

static pal_status read_target(pal_ope_study *s, const pal_json *object, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_policy *p = &s->policy[i + 1];
    pal_values *v = NULL;
    const char *name;
    char path[40];

    snprintf(path, sizeof path, "targets[%zu]", i);
    PAL_TRY(must_be(object, PAL_JSON_OBJECT, s, path, err));
    PAL_TRY(pal_values_read(&v, pal_ope_target_params, object, s->file, path, NULL, err));
    PAL_TRY(read_rule(p, s, v, path, err));
    name = pal_values_text(v, "name")[0] != '\0' ? pal_values_text(v, "name") : pal_values_text(v, "arm");
    PAL_TRY(copy(&p->name, name, err));
    snprintf(path, sizeof path, "targets[%zu].name", i);
    PAL_TRY(pal_name_check(name, s->file, path, err));
    for (size_t j = 1; j <= i; j++) {
        if (strcmp(s->policy[j].name, name) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" is targets[%zu] too", s->file, path, name, j - 1);
        }
    }
done:
    pal_values_free(v);
    return rc;
}

static pal_status read_policies(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *targets = pal_json_get(pal_json_root(s->doc), "targets");
    size_t n;

    PAL_TRY(must_be(targets, PAL_JSON_ARRAY, s, "targets", err));
    n = pal_json_size(targets);
    if (n == 0 || n > PAL_OPE_MOST_NAMED) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: targets: must have 1 to %d entries, found %zu", s->file, PAL_OPE_MOST_NAMED, n);
    }
    PAL_NEW(s->policy, n + 1);
    s->n_targets = n;
    PAL_TRY(read_logging(s, err));
    for (size_t i = 0; i < n; i++) PAL_TRY(read_target(s, pal_json_at(targets, i), i, err));
done:
    return rc;
}

/* ---- estimators ---- */

static pal_status add_estimator(pal_ope_study *s, const char *name, size_t kind, pal_ope_guess guess, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_ope_estimator *e = &s->estimator[s->n_estimators];
    char usual[64];

    *e = (pal_ope_estimator){ .kind = kind, .guess = guess, .config = pal_ope_defaults() };
    e->config.level = s->level;
    if (name[0] == '\0') {
        bool said = pal_ope_any_needs_model(kind) && guess != PAL_OPE_GUESS_LOGISTIC;

        snprintf(usual, sizeof usual, "%s%s%s", pal_ope_any_name(kind), said ? "_" : "", said ? pal_ope_guess_name(guess) : "");
        name = usual;
    }
    PAL_TRY(copy(&e->name, name, err));
    s->n_estimators++;
done:
    return rc;
}

static bool needs_slots(size_t kind)
{
    return kind >= PAL_OPE_KINDS && pal_ope_slate_needs_marginals((pal_ope_slate_kind)(kind - PAL_OPE_KINDS));
}

/* All that fit, and dm and dr of a wrong model beside them: what doubly robust means is seen there. */
static pal_status usual_estimators(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t all = PAL_OPE_KINDS + PAL_OPE_SLATE_KINDS;

    PAL_NEW(s->estimator, all + 2);
    for (size_t kind = 0; kind < all; kind++) {
        bool fits = s->n_slots == 1 ? kind < PAL_OPE_KINDS : !pal_ope_any_needs_model(kind) && kind != PAL_OPE_IPS;

        if (fits && !(s->own && needs_slots(kind))) PAL_TRY(add_estimator(s, "", kind, PAL_OPE_GUESS_LOGISTIC, err));
    }
    if (s->n_slots == 1) {
        PAL_TRY(add_estimator(s, "", PAL_OPE_DM, PAL_OPE_GUESS_WRONG, err));
        PAL_TRY(add_estimator(s, "", PAL_OPE_DR, PAL_OPE_GUESS_WRONG, err));
    }
done:
    return rc;
}

static pal_status read_estimator(pal_ope_study *s, const pal_json *object, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *v = NULL;
    pal_ope_estimator *e = &s->estimator[i];
    size_t kind;
    char path[40];

    snprintf(path, sizeof path, "estimators[%zu]", i);
    PAL_TRY(must_be(object, PAL_JSON_OBJECT, s, path, err));
    PAL_TRY(pal_values_read(&v, pal_ope_estimator_params, object, s->file, path, NULL, err));
    kind = pal_values_choice(v, "kind");
    if (pal_ope_any_needs_model(kind) && s->n_slots > 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.kind: %s needs a model of the reward of one item: slots must be 1, found %zu", s->file,
                 path, pal_ope_any_name(kind), s->n_slots);
    }
    if (s->own && needs_slots(kind)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s.kind: %s needs an item's chance in a slot over all slates, which a stage's own draws "
                 "(logging.own) do not tell", s->file, path, pal_ope_any_name(kind));
    }
    PAL_TRY(add_estimator(s, pal_values_text(v, "name"), kind, (pal_ope_guess)pal_values_choice(v, "model"), err));
    e->config.clip = pal_values_real(v, "clip");
    e->config.switch_at = pal_values_real(v, "switch_at");
    e->config.shrink = pal_values_real(v, "shrink");
    e->tune = pal_values_bool(v, "tune");
    snprintf(path, sizeof path, "estimators[%zu].name", i);
    PAL_TRY(pal_name_check(e->name, s->file, path, err));
    for (size_t j = 0; j < i; j++) {
        if (strcmp(s->estimator[j].name, e->name) == 0) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: %s: \"%s\" is estimators[%zu] too", s->file, path, e->name, j);
        }
    }
done:
    pal_values_free(v);
    return rc;
}

static pal_status read_estimators(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_json *list = pal_json_get(pal_json_root(s->doc), "estimators");

    if (list == NULL) return usual_estimators(s, err);
    PAL_TRY(must_be(list, PAL_JSON_ARRAY, s, "estimators", err));
    if (pal_json_size(list) == 0 || pal_json_size(list) > PAL_OPE_MOST_NAMED) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: estimators: must have 1 to %d entries, found %zu", s->file, PAL_OPE_MOST_NAMED,
                 pal_json_size(list));
    }
    PAL_NEW(s->estimator, pal_json_size(list));
    for (size_t i = 0; i < pal_json_size(list); i++) PAL_TRY(read_estimator(s, pal_json_at(list, i), i, err));
done:
    return rc;
}

/* ---- all of it ---- */

static pal_status read_sizes(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const double *size = pal_values_reals(s->top, "sizes", &s->n_sizes);

    if (s->n_sizes == 0) PAL_FAIL(PAL_ERR_CONFIG, "%s: sizes: must not be empty", s->file);
    PAL_NEW(s->size, s->n_sizes);
    for (size_t i = 0; i < s->n_sizes; i++) {
        s->size[i] = (size_t)size[i];
        if ((double)s->size[i] != size[i] || (i > 0 && s->size[i] <= s->size[i - 1])) {
            PAL_FAIL(PAL_ERR_CONFIG, "%s: sizes[%zu]: must be a whole number above the one before, found %g", s->file, i, size[i]);
        }
    }
done:
    return rc;
}

static pal_status read_top(pal_ope_study *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *seed = pal_values_text(s->top, "seed");

    s->name = pal_values_text(s->top, "name");
    s->purpose = pal_values_text(s->top, "purpose");
    s->warm_up = (size_t)pal_values_int(s->top, "warm_up");
    s->n_candidates = (size_t)pal_values_int(s->top, "candidates");
    s->n_slots = (size_t)pal_values_int(s->top, "slots");
    s->n_logs = (size_t)pal_values_int(s->top, "logs");
    s->n_folds = (size_t)pal_values_int(s->top, "folds");
    s->resamples = (size_t)pal_values_int(s->top, "resamples");
    s->reward = (pal_ope_reward)pal_values_choice(s->top, "reward");
    s->level = pal_values_real(s->top, "level");
    PAL_TRY(pal_name_check_run(s->name, s->file, err));
    if (!pal_parse_u64(&s->seed, seed, strlen(seed))) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: seed: must be a string of digits below 2^64, found \"%s\"", s->file, seed);
    }
    if (s->resamples > 0 && s->resamples < 100) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: resamples: must be 0 or at least 100, found %zu", s->file, s->resamples);
    }
    if (s->n_slots > s->n_candidates || pal_ope_count_slates(s->n_candidates, s->n_slots) > PAL_OPE_MOST_SLATES) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: slots: %zu of %zu candidates make %g slates, wanted 1 to %d: fewer candidates or slots",
                 s->file, s->n_slots, s->n_candidates,
                 s->n_slots > s->n_candidates ? 0 : pal_ope_count_slates(s->n_candidates, s->n_slots), PAL_OPE_MOST_SLATES);
    }
    PAL_TRY(read_sizes(s, err));
done:
    return rc;
}

pal_status pal_ope_study_parse(pal_ope_study **out, const char *text, size_t n, const char *name,
                               const pal_override *overrides, size_t n_overrides, pal_error *err)
{
    static const char *const also[] = { "experiment", "set", "logging", "targets", "estimators", NULL };
    pal_status rc = PAL_OK;
    pal_ope_study *s = NULL;

    PAL_NEW(s, 1);
    PAL_TRY(copy(&s->file, name, err));
    PAL_TRY(pal_json_parse(&s->doc, text, n, name, err));
    for (size_t i = 0; i < n_overrides; i++) PAL_TRY(pal_json_set(s->doc, overrides[i].path, overrides[i].text, err));
    PAL_TRY(must_be(pal_json_root(s->doc), PAL_JSON_OBJECT, s, "the study", err));
    PAL_TRY(pal_values_read(&s->top, pal_ope_study_params, pal_json_root(s->doc), s->file, "", also, err));
    PAL_TRY(read_top(s, err));
    PAL_TRY(read_experiment(s, err));
    PAL_TRY(read_policies(s, err));
    PAL_TRY(read_estimators(s, err));
    *out = s;
    s = NULL;
done:
    pal_ope_study_free(s);
    return rc;
}

pal_status pal_ope_study_load(pal_ope_study **out, const char *path, const pal_override *overrides, size_t n_overrides,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    char *bytes = NULL;
    size_t n = 0;

    PAL_TRY(pal_file_read(&bytes, &n, path, err));
    PAL_TRY(pal_ope_study_parse(out, bytes, n, path, overrides, n_overrides, err));
done:
    pal_free(bytes);
    return rc;
}

void pal_ope_study_free(pal_ope_study *s)
{
    if (s == NULL) return;
    for (size_t i = 0; s->policy != NULL && i <= s->n_targets; i++) pal_free(s->policy[i].name);
    for (size_t i = 0; i < s->n_estimators; i++) pal_free(s->estimator[i].name);
    pal_free(s->policy);
    pal_free(s->estimator);
    pal_free(s->size);
    pal_free(s->experiment_name);
    pal_free(s->file);
    pal_experiment_free(s->experiment);
    pal_values_free(s->top);
    pal_json_free(s->doc);
    pal_free(s);
}
