/* The method of simulated moments: the simplex on known functions, and parameters that come back. */
#include "lab/fit_people.h"
#include "lab/fit_people_simplex.h"

#include "core/file.h"
#include "core/json.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_fit_people(void);

/* ---- the simplex ---- */

static pal_status bowl(void *ctx, const double *x, double *value, pal_error *err)
{
    (void)err;
    ++*(size_t *)ctx;
    *value = 0;
    for (size_t i = 0; i < 5; i++) *value += (double)(i + 1) * (x[i] - 0.1173 * (double)(i + 1)) * (x[i] - 0.1173 * (double)(i + 1));
    return PAL_OK;
}

START_TEST(the_simplex_finds_the_bottom_of_a_bowl)
{
    double x[5] = { 0.9, 0.9, 0.1, 0.1, 0.1 }, value;
    size_t calls = 0;

    ck_assert_int_eq(bowl(&calls, x, &value, NULL), PAL_OK);
    ck_assert_int_eq(pal_simplex_min(x, &value, 5, 0.1, 1e-7, 1000, bowl, &calls, NULL), PAL_OK);
    for (size_t i = 0; i < 5; i++) ck_assert_double_eq_tol(x[i], 0.1173 * (double)(i + 1), 1e-5);
    ck_assert_uint_le(calls, 1001);
}
END_TEST

/* Rosenbrock's valley in [-1, 1.5]^2, its bottom at (1, 1). */
static pal_status valley(void *ctx, const double *x, double *value, pal_error *err)
{
    const double a = -1 + 2.5 * x[0], b = -1 + 2.5 * x[1];

    (void)ctx, (void)err;
    *value = (1 - a) * (1 - a) + 100 * (b - a * a) * (b - a * a);
    return PAL_OK;
}

START_TEST(the_simplex_goes_down_a_bent_valley)
{
    double x[2] = { 0.1, 0.6 }, value;

    ck_assert_int_eq(valley(NULL, x, &value, NULL), PAL_OK);
    ck_assert_int_eq(pal_simplex_min(x, &value, 2, 0.1, 1e-8, 2000, valley, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(x[0], 0.8, 1e-4);
    ck_assert_double_eq_tol(x[1], 0.8, 1e-4);
}
END_TEST

/* The bottom lies outside: the nearest point of the border is the answer. */
static pal_status slope(void *ctx, const double *x, double *value, pal_error *err)
{
    (void)ctx, (void)err;
    *value = x[0] > 0.9 ? INFINITY : (x[0] - 0.4) * (x[0] - 0.4) + (x[1] + 1) * (x[1] + 1);
    return PAL_OK;
}

START_TEST(the_simplex_stays_in_the_cube_and_minds_no_infinity)
{
    double x[2] = { 0.85, 0.5 }, value;

    ck_assert_int_eq(slope(NULL, x, &value, NULL), PAL_OK);
    ck_assert_int_eq(pal_simplex_min(x, &value, 2, 0.1, 1e-8, 500, slope, NULL, NULL), PAL_OK);
    ck_assert_double_eq_tol(x[0], 0.4, 1e-3);
    ck_assert_double_eq(x[1], 0);
}
END_TEST

/* ---- known parameters ---- */

static const char base[] = "{\"name\": \"t\", \"seed\": \"1\", \"rounds\": 30, \"slots\": 6, \"catalog\": {\"items\": 200},"
                           " \"people\": {\"n\": 100, \"like_bias_spread\": 0.4}, \"probe\": {\"items\": 0},"
                           " \"response\": {\"position_bias\": false}, \"arms\": [{\"name\": \"all\", \"stage\": \"random\"}]}";
static const pal_override truth[] = { { "people.activity_median", "0.3" }, { "people.like_bias_spread", "1.1" },
                                      { "response.like_base", "4" }, { "response.popularity_gain", "1.6" } };
static const char *const fitted[] = { "people.activity_median", "people.like_bias_spread", "response.like_base",
                                      "response.popularity_gain" };
static const double true_value[] = { 0.3, 1.1, 4, 1.6 };

/* The statistics of a log of people with the true parameters, of a seed that no world of the fit has. */
static void simulate(pal_fit_targets *targets, uint64_t seed, const pal_fit_request *r)
{
    char text[40];
    pal_override all[5] = { truth[0], truth[1], truth[2], truth[3], { "seed", text } };
    pal_experiment *e = NULL;
    pal_catalog *catalog = NULL;
    pal_lab_people *world = NULL;
    pal_people_log *log = NULL;
    pal_log_moments *m = NULL;
    pal_moments_config c = r->moments;
    bool synthetic;

    snprintf(text, sizeof text, "\"%llu\"", (unsigned long long)seed);
    ck_assert_int_eq(pal_experiment_parse(&e, base, strlen(base), "base", all, 5, NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, e, NULL), PAL_OK);
    ck_assert_int_eq(pal_lab_people_new(&world, e, catalog, 0, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_people_log_play(&log, e, catalog, world, 0, PAL_AS_CLICKED, 1, 1, NULL), PAL_OK);
    c.session_gap = 0;
    ck_assert_int_eq(pal_log_moments_new(&m, &log->log, &c, NULL), PAL_OK);
    *targets = (pal_fit_targets){ .n = 0 };
    pal_fit_targets_from(targets, m, NULL, 0);
    pal_log_moments_free(m);
    pal_people_log_free(log);
    pal_lab_people_free(world);
    pal_catalog_free(catalog);
    pal_experiment_free(e);
}

static pal_fit_request request_of(const pal_fit_targets *targets)
{
    pal_fit_request r = pal_fit_defaults();

    r.base = base;
    r.base_name = "base";
    r.targets = targets;
    r.param = fitted;
    r.n_params = 4;
    r.people = r.check_people = 100;
    r.moments.item_least = 8;
    r.moments.xmin = 4;
    r.checks = 12;
    r.starts = 2;
    r.evaluations = 70;
    r.tolerance = 0;
    return r;
}

START_TEST(known_parameters_come_back_within_their_errors)
{
    static pal_fit_result f;
    pal_fit_targets targets = { .n = 0 };
    pal_fit_request r = request_of(&targets);
    pal_error err = { 0 };
    double chi = 0;

    simulate(&targets, 777 + (uint64_t)_i, &r);
    ck_assert_msg(pal_fit_people(&f, &r, &err) == PAL_OK, "%s", err.text);
    ck_assert_double_lt(f.misfit_after, 0.2 * f.misfit_before);
    ck_assert_uint_le(f.evaluations, r.evaluations + 2 * 4 + 1);
    for (size_t k = 0; k < 4; k++) {
        const double off = (f.param[k].value - true_value[k]) / f.param[k].se;

        ck_assert_msg(fabs(off) < 3.5, "%s: %g +- %g, true %g", f.param[k].path, f.param[k].value, f.param[k].se, true_value[k]);
        ck_assert_msg(f.param[k].se < 0.25 * (f.param[k].hi - f.param[k].lo), "%s: se %g says nothing", f.param[k].path, f.param[k].se);
        ck_assert(!f.param[k].flat && !f.param[k].edge);
        chi += off * off;
    }
    ck_assert_double_lt(chi, 20); /* four degrees of freedom, if not quite: the errors are correlated */
}
END_TEST

/* Skips are no part of any of the moments. */
START_TEST(a_parameter_that_no_moment_hears_of_is_called_flat)
{
    static const char *const both[] = { "response.popularity_gain", "response.skip_base:-3:3" };
    static pal_fit_result f;
    pal_fit_targets targets = { .n = 0 };
    pal_fit_request r = request_of(&targets);
    pal_error err = { 0 };

    simulate(&targets, 777, &r);
    r.param = both;
    r.n_params = 2;
    r.evaluations = 20;
    ck_assert_msg(pal_fit_people(&f, &r, &err) == PAL_OK, "%s", err.text);
    ck_assert_uint_eq(f.n_flat, 1);
    ck_assert(f.param[1].flat && !f.param[0].flat);
    ck_assert_double_eq_tol(fabs(f.flat[0].part[1]), 1, 1e-6);
}
END_TEST

START_TEST(threads_change_no_byte)
{
    static pal_fit_result one, three;
    pal_fit_targets targets = { .n = 0 };
    pal_fit_request r = request_of(&targets);

    simulate(&targets, 777, &r);
    r.evaluations = 14;
    r.checks = 2;
    ck_assert_int_eq(pal_fit_people(&one, &r, NULL), PAL_OK);
    r.n_threads = 3;
    r.moments.n_threads = 3;
    ck_assert_int_eq(pal_fit_people(&three, &r, NULL), PAL_OK);
    for (size_t k = 0; k < 4; k++) {
        ck_assert_mem_eq(&one.param[k].value, &three.param[k].value, sizeof(double));
        ck_assert_mem_eq(&one.param[k].se, &three.param[k].se, sizeof(double));
    }
    ck_assert_mem_eq(&one.misfit_after, &three.misfit_after, sizeof(double));
}
END_TEST

static void refused(const char *spec, const char *part)
{
    static pal_fit_result f;
    pal_fit_targets targets = { .n = 1, .at = { { .moment = PAL_MOMENT_LIKE_MEAN, .value = 0.5, .se = 0.01 } } };
    pal_fit_request r = request_of(&targets);
    pal_error err = { 0 };

    r.param = &spec;
    r.n_params = 1;
    ck_assert_int_eq(pal_fit_people(&f, &r, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, part);
}

START_TEST(bad_parameters_are_named)
{
    static pal_fit_result f;
    pal_fit_targets none = { .n = 0 };
    pal_fit_request r = request_of(&none);
    pal_error err = { 0 };

    refused("people.activity_medium", "did you mean 'activity_median'?");
    refused("people.tastes_max", "is no real number");
    refused("rounds", "wanted a parameter of people or response");
    refused("people.demographics_strength", "needs a range to search");
    refused("people.activity_median:0.5:0.2", "needs a range to search");
    refused("people.activity_median:0.5", "wanted PATH:LO:HI");
    refused("people.activity_median:-1:0.5", "must lie within 0.001 and 1");
    ck_assert_int_eq(pal_fit_people(&f, &r, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "there is no moment to fit");
    none = (pal_fit_targets){ .n = 1, .at = { { .moment = PAL_MOMENT_LIKE_MEAN, .value = 0.5 } } };
    r.arm = "alll";
    ck_assert_int_eq(pal_fit_people(&f, &r, &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "did you mean 'all'?");
    r.arm = NULL;
    r.least = 5000;
    ck_assert_int_eq(pal_fit_people(&f, &r, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "the simulated people do not tell like_mean");
}
END_TEST

/* ---- targets ---- */

static pal_status load_targets(pal_fit_targets *t, const char *text, pal_error *err)
{
    return pal_fit_targets_load(t, scratch_text("targets.json", text), err);
}

START_TEST(targets_are_read_and_faults_named)
{
    pal_fit_targets t;
    pal_error err;

    ck_assert_int_eq(load_targets(&t, "{\"name\": \"x\", \"users\": 12, \"xmin\": 2, \"moments\": [{\"name\": \"item_gini\", \"value\": "
                                      "0.73, \"se\": 0.01, \"source\": \"y\"}]}", &err), PAL_OK);
    ck_assert_uint_eq(t.n, 1);
    ck_assert_int_eq(t.at[0].moment, PAL_MOMENT_ITEM_GINI);
    ck_assert_double_eq(t.at[0].se, 0.01);
    ck_assert_double_eq(t.users, 12);
    ck_assert(isnan(t.items));
    ck_assert_int_eq(load_targets(&t, "{\"moments\": [{\"name\": \"item_ginny\", \"value\": 1}]}", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "moments[0].name: unknown moment 'item_ginny'; did you mean 'item_gini'?");
    ck_assert_int_eq(load_targets(&t, "{\"moments\": [{\"name\": \"item_gini\", \"se\": 1}]}", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "moments[0]");
    ck_assert_int_eq(load_targets(&t, "{\"moments\": []}", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "moments: must be an array");
    ck_assert_int_eq(load_targets(&t, "{\"moment\": []}", &err), PAL_ERR_CONFIG);
    ck_assert_int_eq(load_targets(&t, "{\"moments\": [{\"name\": \"drift\", \"value\": 1}, {\"name\": \"drift\", \"value\": 1}]}", &err),
                     PAL_ERR_CONFIG);
    ck_assert_has(err.text, "moments[1].name: 'drift' stands twice");
    ck_assert_int_eq(load_targets(&t, "{\"moments\": [{\"name\": \"drift\", \"value\": 1, \"se\": -1}]}", &err), PAL_ERR_CONFIG);
    ck_assert_has(err.text, "moments[0].se");
}
END_TEST

START_TEST(the_committed_targets_can_be_read)
{
    pal_fit_targets t;

    ck_assert_int_eq(pal_fit_targets_load(&t, "sim/presets/lastfm-2k-targets.json", NULL), PAL_OK);
    ck_assert_uint_ge(t.n, 6);
}
END_TEST

/* ---- files ---- */

START_TEST(a_preset_holds_the_parameters_and_their_origin)
{
    static pal_fit_result f;
    pal_fit_targets targets = { .n = 1, .name = "data, <x>", .at = { { .moment = PAL_MOMENT_LIKE_MEAN, .value = 0.5, .se = 0.01, .lo = NAN } } };
    pal_fit_request r = request_of(&targets);
    pal_json_doc *doc = NULL;
    const pal_json *set, *origin;

    f = (pal_fit_result){ .n_params = 1, .param = { { .path = "people.activity_median", .value = 0.2385, .se = INFINITY, .flat = true } } };
    ck_assert_int_eq(pal_fit_write_preset(&f, &r, "abc", scratch_path("p.json"), NULL), PAL_OK);
    ck_assert_int_eq(pal_json_load(&doc, scratch_path("p.json"), NULL), PAL_OK);
    set = pal_json_get(pal_json_root(doc), "set");
    ck_assert_double_eq(pal_json_number(pal_json_get(set, "people.activity_median")), 0.2385);
    origin = pal_json_get(pal_json_root(doc), "fitted");
    ck_assert_str_eq(pal_json_string(pal_json_get(origin, "data")), "data, <x>");
    ck_assert_str_eq(pal_json_string(pal_json_get(origin, "data_digest")), "abc");
    ck_assert_ptr_nonnull(pal_json_get(pal_json_get(origin, "base_experiment"), "arms"));
    pal_json_free(doc);
    ck_assert_int_eq(pal_fit_write_report(&f, &r, "abc", scratch_path("rep"), NULL), PAL_OK);
    ck_assert_uint_eq(scratch_count(scratch_path("rep")), 3);
}
END_TEST

Suite *suite_lab_fit_people(void)
{
    Suite *s = suite_create("lab/fit_people");
    TCase *tc = tcase_create("fit_people");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, the_simplex_finds_the_bottom_of_a_bowl);
    tcase_add_test(tc, the_simplex_goes_down_a_bent_valley);
    tcase_add_test(tc, the_simplex_stays_in_the_cube_and_minds_no_infinity);
    tcase_add_loop_test(tc, known_parameters_come_back_within_their_errors, 0, 1);
    tcase_add_test(tc, a_parameter_that_no_moment_hears_of_is_called_flat);
    tcase_add_test(tc, threads_change_no_byte);
    tcase_add_test(tc, bad_parameters_are_named);
    tcase_add_test(tc, targets_are_read_and_faults_named);
    tcase_add_test(tc, the_committed_targets_can_be_read);
    tcase_add_test(tc, a_preset_holds_the_parameters_and_their_origin);
    suite_add_tcase(s, tc);
    return s;
}
