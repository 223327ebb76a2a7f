/* Comparisons between runs: sums by hand, who is paired with whom, what is refused. */
#include "lab/compare_runs.h"

#include "core/csv.h"
#include "core/file.h"
#include "core/mem.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>

Suite *suite_lab_compare_runs(void);

/* Run the small experiment with overrides into a scratch directory. */
static const char *run_with(const char *name, const pal_override *overrides, size_t n)
{
    pal_experiment *e = tiny_parse(overrides, n);
    pal_run_summary summary;
    const char *dir = tiny_run(&summary, e, name, 1);

    pal_experiment_free(e);
    return dir;
}

static pal_compare_request request_of(const char *const *dir, size_t n_dirs, const size_t *metric, size_t n_metrics)
{
    return (pal_compare_request){ .dir = dir, .n_dirs = n_dirs, .metric = metric, .n_metrics = n_metrics, .holm = true,
                                  .sides = { .level = 0.95, .power = 0.8, .resamples = 200, .permutations = 199, .seed = 1,
                                             .n_threads = 1 } };
}

static pal_run_comparison *compare(const pal_compare_request *q)
{
    pal_run_comparison *c = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_compare_runs(&c, q, &err) == PAL_OK, "%s", err.text);
    return c;
}

/* Sum of a column over the rows of an arm. */
static double sum_of(const char *dir, const char *arm, const char *column)
{
    char path[512];
    pal_table *t = NULL;
    size_t a, c;
    double sum = 0;

    snprintf(path, sizeof path, "%s/users.csv", dir);
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&a, t, "arm", NULL), PAL_OK);
    ck_assert_int_eq(pal_table_find(&c, t, column, NULL), PAL_OK);
    for (size_t r = 0; r < pal_table_rows(t); r++) {
        if (strcmp(pal_table_text(t, r, a), arm) == 0) sum += pal_table_number(t, r, c, NULL);
    }
    pal_table_free(t);
    return sum;
}

START_TEST(one_run_sets_every_arm_against_its_baseline)
{
    const char *dir[1] = { run_with("a", NULL, 0) };
    const size_t metric[2] = { 0, 1 };
    pal_compare_request q = request_of(dir, 1, metric, 2);
    pal_run_comparison *c = compare(&q);

    ck_assert_uint_eq(c->n_rows, 6); /* rand, prog, best against pop, in like_rate and ctr */
    for (size_t i = 0; i < c->n_rows; i++) {
        const pal_compare_row *row = &c->row[i];
        const char *num = row->r.metric == 0 ? "likes" : "clicks";
        double a = sum_of(dir[0], row->arm_a, num) / sum_of(dir[0], row->arm_a, "impressions");
        double b = sum_of(dir[0], "pop", num) / sum_of(dir[0], "pop", "impressions");

        ck_assert_str_eq(row->arm_b, "pop");
        ck_assert_str_eq(row->label_a, row->arm_a);
        ck_assert_int_eq(row->meeting, PAL_SAME_PEOPLE);
        ck_assert_double_eq_tol(row->r.value_a, a, 1e-12);
        ck_assert_double_eq_tol(row->r.value_b, b, 1e-12);
        ck_assert_double_eq_tol(row->r.difference.value, a - b, 1e-12);
        ck_assert(row->r.difference.lo <= a - b && a - b <= row->r.difference.hi);
        ck_assert(row->p_adjusted >= row->r.p);
        ck_assert(row->r.needed >= 2 && row->r.pairing.reduction <= 1);
        ck_assert_uint_eq(row->r.n_worlds, 1);
        ck_assert(isnan(row->r.worlds.lo));
    }
    pal_run_comparison_free(c);
}
END_TEST

/* The arm's people, luck and slates are the same whoever else takes part: nothing can differ. */
START_TEST(an_arm_is_no_other_for_the_company_it_keeps)
{
    const pal_override alone[] = { { "arms", "[{\"name\": \"pop\", \"stage\": \"popularity\"}, {\"name\": \"prog\", \"stage\": "
                                             "\"progressive\"}]" } };
    const char *dir[2] = { run_with("a", NULL, 0), run_with("b", alone, 1) };
    const size_t metric[3] = { 0, 8, 12 };
    pal_compare_request q = request_of(dir, 2, metric, 3);
    pal_run_comparison *c = compare(&q);

    ck_assert_uint_eq(c->n_rows, 6);
    for (size_t i = 0; i < c->n_rows; i++) {
        ck_assert_int_eq(c->row[i].meeting, PAL_SAME_PEOPLE);
        ck_assert(c->row[i].r.difference.value == 0 && c->row[i].r.p == 1);
        ck_assert(!c->row[i].significant);
    }
    ck_assert_str_eq(c->row[0].label_a, "b / pop");
    ck_assert_str_eq(c->row[0].label_b, "a / pop");
    pal_run_comparison_free(c);
}
END_TEST

START_TEST(seeds_of_one_setting_are_taken_together)
{
    const pal_override seed[2][1] = { { { "seed", "\"5\"" } }, { { "seed", "\"6\"" } } };
    const char *dir[3] = { run_with("a", NULL, 0), run_with("b", seed[0], 1), run_with("c", seed[1], 1) };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 3, metric, 1);
    pal_run_comparison *c = compare(&q);
    double likes = 0, impressions = 0;

    ck_assert_uint_eq(c->n_settings, 1);
    ck_assert_uint_eq(c->n_rows, 3);
    for (size_t i = 0; i < 3; i++) {
        likes += sum_of(dir[i], "pop", "likes");
        impressions += sum_of(dir[i], "pop", "impressions");
    }
    ck_assert_double_eq_tol(c->row[0].r.value_b, likes / impressions, 1e-12);
    ck_assert_uint_eq(c->row[0].r.n_worlds, 3);
    ck_assert(isfinite(c->row[0].r.worlds.lo));
    ck_assert(c->row[0].r.p_worlds >= 0.25); /* three sign patterns and their mirrors are all there is */
    pal_run_comparison_free(c);
}
END_TEST

START_TEST(strangers_are_told_from_pairs)
{
    const pal_override other[] = { { "seed", "\"9\"" }, { "rounds", "5" } };
    const pal_override people[] = { { "people.contradiction", "1" } };
    const char *dir[2] = { run_with("a", NULL, 0), run_with("b", other, 2) }, *same_seed[2];
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 2, metric, 1);
    pal_run_comparison *c = compare(&q);

    ck_assert_uint_eq(c->n_rows, 4);
    for (size_t i = 0; i < c->n_rows; i++) {
        ck_assert_int_eq(c->row[i].meeting, PAL_STRANGERS);
        ck_assert(isnan(c->row[i].r.pairing.reduction));
        ck_assert(c->row[i].r.p >= 0 && c->row[i].r.p <= 1);
    }
    ck_assert_has(c->notes.bytes, "no seed in common");
    pal_run_comparison_free(c);
    same_seed[0] = dir[0];
    same_seed[1] = run_with("c", people, 1);
    q = request_of(same_seed, 2, metric, 1);
    c = compare(&q);
    ck_assert_int_eq(c->row[0].meeting, PAL_SAME_SEEDS);
    ck_assert_has(c->notes.bytes, "their people are not the same");
    pal_run_comparison_free(c);
}
END_TEST

START_TEST(a_reference_and_arms_choose_the_pairs)
{
    const char *dir[1] = { run_with("a", NULL, 0) };
    const char *arm[1] = { "best" };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 1, metric, 1);
    pal_run_comparison *c;

    q.reference = "rand";
    q.arm = arm;
    q.n_arms = 1;
    c = compare(&q);
    ck_assert_uint_eq(c->n_rows, 1);
    ck_assert_str_eq(c->row[0].arm_a, "best");
    ck_assert_str_eq(c->row[0].arm_b, "rand");
    ck_assert(c->row[0].significant && c->row[0].r.difference.value > 0); /* to know the truth beats chance, also over 40 people */
    pal_run_comparison_free(c);
}
END_TEST

START_TEST(more_rows_draw_more_permutations)
{
    const char *dir[1] = { run_with("a", NULL, 0) };
    const size_t metric[1] = { 0 };
    const pal_compare_side best = { NULL, 1, "best" }, random = { NULL, 1, "rand" };
    pal_run_people *run = NULL;
    pal_compare_side a = best, b = random;
    pal_compare_request q = request_of(dir, 1, metric, 1);
    pal_sides_result few, many;
    pal_meeting meeting;
    size_t left_out;

    ck_assert_int_eq(pal_run_people_load(&run, dir[0], NULL, NULL), PAL_OK);
    a.run = b.run = (const pal_run_people *const *)&run;
    q.sides.family = 1;
    ck_assert_int_eq(pal_compare_sides(&few, &meeting, &left_out, &a, &b, metric, 1, &q.sides, NULL), PAL_OK);
    q.sides.family = 100;
    ck_assert_int_eq(pal_compare_sides(&many, &meeting, &left_out, &a, &b, metric, 1, &q.sides, NULL), PAL_OK);
    ck_assert_double_ge(few.p, 1.0 / 201);
    ck_assert_double_le(many.p * 100, 0.05); /* still can be significant after correction */
    pal_run_people_free(run);
}
END_TEST

/* 40 people a world: below the first look in one, past it in three. */
START_TEST(a_sequential_look_waits_for_its_start)
{
    const pal_override seed[2][1] = { { { "seed", "\"5\"" } }, { { "seed", "\"6\"" } } };
    const char *dir[3] = { run_with("a", NULL, 0), run_with("b", seed[0], 1), run_with("c", seed[1], 1) }, *arm[1] = { "best" };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 1, metric, 1);
    pal_run_comparison *c;

    q.arm = arm;
    q.n_arms = 1;
    c = compare(&q);
    ck_assert(isnan(c->row[0].r.p_anytime) && isnan(c->row[0].r.decided));
    pal_run_comparison_free(c);
    q.n_dirs = 3;
    c = compare(&q);
    ck_assert(c->row[0].r.p_anytime < 0.05 && c->row[0].r.decided >= 100 && c->row[0].r.decided <= 120);
    pal_run_comparison_free(c);
}
END_TEST

START_TEST(a_trait_is_taken_out_between_strangers_only)
{
    const pal_override other[] = { { "seed", "\"9\"" }, { "people.n", "60" } };
    const char *dir[2] = { run_with("a", NULL, 0), run_with("b", other, 2) };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 2, metric, 1);
    pal_run_comparison *c;
    pal_error err;

    q.trait = "like_bias";
    c = compare(&q);
    for (size_t i = 0; i < c->n_rows; i++) {
        const pal_cuped *cuped = &c->row[i].r.cuped;

        ck_assert_double_eq_tol(cuped->plain.value, c->row[i].r.difference.value, 1e-12);
        ck_assert(cuped->adjusted.lo < cuped->adjusted.value && cuped->adjusted.value < cuped->adjusted.hi);
    }
    ck_assert(c->row[3].r.cuped.variance_reduction > 0.05); /* the oracle serves what people like: how ready they are matters */
    pal_run_comparison_free(c);
    q.n_dirs = 1;
    c = compare(&q);
    ck_assert(isnan(c->row[0].r.cuped.adjusted.value));
    pal_run_comparison_free(c);
    q.trait = "height";
    ck_assert_int_eq(pal_compare_runs(&c, &q, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "height");
    q.trait = "gender";
    ck_assert_int_eq(pal_compare_runs(&c, &q, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, "people.csv: row 1: gender: must be a number");
}
END_TEST

START_TEST(files_hold_every_row_and_are_whole)
{
    const char *dir[1] = { run_with("a", NULL, 0) }, *out = scratch_path("cmp");
    const size_t metric[2] = { 0, 11 };
    pal_compare_request q = request_of(dir, 1, metric, 2);
    pal_run_comparison *c = compare(&q);
    pal_table *t = NULL;
    char path[512], first[PAL_HASH_HEX], second[PAL_HASH_HEX];
    size_t column;

    ck_assert_int_eq(pal_compare_write(c, &q, out, NULL), PAL_OK);
    snprintf(path, sizeof path, "%s/comparisons.csv", out);
    ck_assert_int_eq(pal_table_load(&t, path, NULL), PAL_OK);
    ck_assert_uint_eq(pal_table_rows(t), c->n_rows);
    ck_assert_int_eq(pal_table_find(&column, t, "diff", NULL), PAL_OK);
    ck_assert(pal_table_number(t, 0, column, NULL) == c->row[0].r.difference.value);
    pal_table_free(t);
    ck_assert_int_eq(pal_hash_file(first, path, NULL), PAL_OK);
    pal_run_comparison_free(c);
    q.sides.n_threads = 3;
    c = compare(&q);
    ck_assert_int_eq(pal_compare_write(c, &q, out, NULL), PAL_OK);
    ck_assert_int_eq(pal_hash_file(second, path, NULL), PAL_OK);
    ck_assert_str_eq(first, second); /* at any thread count */
    pal_run_comparison_free(c);
}
END_TEST

static void refused(const pal_compare_request *q, pal_status status, const char *part)
{
    pal_run_comparison *c = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_int_eq(pal_compare_runs(&c, q, &err), status);
    ck_assert_has(err.text, part);
    ck_assert_ptr_null(c);
}

START_TEST(what_cannot_be_compared_is_named)
{
    const pal_override names[] = { { "arms", "[{\"name\": \"x\", \"stage\": \"random\"}]" }, { "baseline", "\"\"" },
                                   { "focus", "\"\"" } };
    const char *dir[2] = { run_with("a", NULL, 0), run_with("b", names, 3) }, *twice[2] = { dir[0], dir[0] };
    const char *nowhere[1] = { "build/there-is-no-such-run" }, *arm[1] = { "nobody" };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 0, metric, 1);

    refused(&q, PAL_ERR_USAGE, "no run directory");
    q = request_of(twice, 2, metric, 1);
    refused(&q, PAL_ERR_USAGE, "same experiment with the same seed 2385");
    q = request_of(nowhere, 1, metric, 1);
    refused(&q, PAL_ERR_IO, "there-is-no-such-run: holds no results");
    q = request_of(dir, 2, metric, 1);
    refused(&q, PAL_ERR_USAGE, "share no arm");
    q.reference = "nobody";
    refused(&q, PAL_ERR_USAGE, "--reference");
    q.reference = NULL;
    q.arm = arm;
    q.n_arms = 1;
    refused(&q, PAL_ERR_USAGE, "no run has an arm named 'nobody'");
    q = request_of(dir + 1, 1, metric, 1);
    refused(&q, PAL_ERR_USAGE, "no other arm than its reference");
}
END_TEST

/* Change the first place where `from` stands in a run's users.csv. */
static void change_users(const char *dir, const char *from, const char *to)
{
    char path[512], *bytes = NULL, *at;
    size_t n = 0;
    FILE *f;

    snprintf(path, sizeof path, "%s/users.csv", dir);
    ck_assert_int_eq(pal_file_read(&bytes, &n, path, NULL), PAL_OK);
    at = strstr(bytes, from);
    ck_assert_ptr_nonnull(at);
    f = fopen(path, "wb");
    ck_assert_ptr_nonnull(f);
    fwrite(bytes, 1, (size_t)(at - bytes), f);
    fputs(to, f);
    fputs(at + strlen(from), f);
    fclose(f);
    pal_free(bytes);
}

START_TEST(a_spoiled_file_is_named_with_its_row)
{
    static const char *const change[][3] = {
        { "\nrand,0,1,", "\nrand,0,7,", "row 2: expected arm rand, replicate 0, user 1" },
        { "\nrand,0,0,", "\nrand,0,zero,", "row 1: user: must be a number or empty, found \"zero\"" },
        { "likes", "loves", "likes" },
    };
    const size_t metric[1] = { 0 };

    for (size_t i = 0; i < sizeof change / sizeof change[0]; i++) {
        const char *dir[1] = { run_with("a", NULL, 0) };
        pal_compare_request q = request_of(dir, 1, metric, 1);

        change_users(dir[0], change[i][0], change[i][1]);
        refused(&q, PAL_ERR_DATA, change[i][2]);
    }
}
END_TEST

START_TEST(metrics_have_names_that_are_found)
{
    size_t at;
    pal_error err;

    for (size_t m = 0; m < PAL_PEOPLE_METRICS; m++) {
        ck_assert_int_eq(pal_people_metric_find(&at, pal_people_metrics[m].name, NULL), PAL_OK);
        ck_assert_uint_eq(at, m);
    }
    ck_assert_int_eq(pal_people_metric_find(&at, "like_rat", &err), PAL_ERR_USAGE);
    ck_assert_has(err.text, "did you mean 'like_rate'?");
}
END_TEST

START_TEST(memory_may_run_out_anywhere)
{
    const char *dir[1] = { run_with("a", NULL, 0) };
    const size_t metric[1] = { 0 };
    pal_compare_request q = request_of(dir, 1, metric, 1);
    pal_run_comparison *c = NULL;
    pal_error err;
    size_t n, done = 0;

    q.sides.resamples = 100;
    q.sides.permutations = 99;
    pal_mem_fail_at(0);
    pal_run_comparison_free(compare(&q));
    n = pal_mem_count();
    ck_assert_uint_gt(n, 20);
    for (size_t k = 1; k <= n; k += k < 60 ? 1 : 7) {
        pal_mem_fail_at(k);
        c = NULL;
        if (pal_compare_runs(&c, &q, &err) == PAL_OK) {
            done++; /* what was missing was not needed: a text that only grows */
        } else {
            ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        }
        pal_run_comparison_free(c);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_le(done, n / 10);
}
END_TEST

Suite *suite_lab_compare_runs(void)
{
    Suite *s = suite_create("lab/compare_runs");
    TCase *tc = tcase_create("compare_runs");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, one_run_sets_every_arm_against_its_baseline);
    tcase_add_test(tc, an_arm_is_no_other_for_the_company_it_keeps);
    tcase_add_test(tc, seeds_of_one_setting_are_taken_together);
    tcase_add_test(tc, strangers_are_told_from_pairs);
    tcase_add_test(tc, a_reference_and_arms_choose_the_pairs);
    tcase_add_test(tc, more_rows_draw_more_permutations);
    tcase_add_test(tc, a_sequential_look_waits_for_its_start);
    tcase_add_test(tc, a_trait_is_taken_out_between_strangers_only);
    tcase_add_test(tc, files_hold_every_row_and_are_whole);
    tcase_add_test(tc, what_cannot_be_compared_is_named);
    tcase_add_test(tc, a_spoiled_file_is_named_with_its_row);
    tcase_add_test(tc, metrics_have_names_that_are_found);
    tcase_add_test(tc, memory_may_run_out_anywhere);
    suite_add_tcase(s, tc);
    return s;
}
