/* Long-run effects against a plain reading of the log of impressions, and what must hold of any of them. */
#include "lab/long_run.h"

#include "core/csv.h"
#include "core/hash.h"
#include "core/mem.h"
#include "lab/run.h"
#include "tests/support/scratch.h"
#include "tests/support/stopped_run.h"
#include "tests/support/tiny_run.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_lab_long_run(void);

/* 31 people with 15 partners each: every pair of them is measured. The last window is shorter. */
#define EXPERIMENT                                                                                                       \
    "{\"name\": \"long\", \"seed\": \"2385\", \"replicates\": 2, \"rounds\": 10, \"slots\": 5, \"baseline\": \"random\","   \
    " \"focus\": \"pop\", \"catalog\": {\"items\": 400}, \"people\": {\"n\": 31},"                                        \
    " \"response\": {\"drift\": true, \"birth\": true, \"birth_rate\": 0.2, \"churn\": true, \"leave_rate\": 0.9,"         \
    "                \"leave_below\": 0.4},"                                                                             \
    " \"arms\": [{\"name\": \"random\", \"stage\": \"random\"}, {\"name\": \"pop\", \"stage\": \"popularity\"},"           \
    "            {\"name\": \"prog\", \"stage\": \"progressive\"}, {\"name\": \"best\", \"stage\": \"oracle\"}],"          \
    " \"probe\": {\"items\": 5, \"every\": 5},"                                                                          \
    " \"statistics\": {\"resamples\": 60, \"permutations\": 99, \"spread_resamples\": 40},"                               \
    " \"output\": {\"sheets\": 1, \"events\": \"csv\", \"long_run\": true, \"long_run_window\": 4,"                        \
    "              \"long_run_partners\": 15}}"

enum { ARMS = 4, REPLICATES = 2, WINDOWS = 3, USERS = 31, ITEMS = 400, ROUNDS = 10 };
static const char *const arm_name[ARMS] = { "random", "pop", "prog", "best" };

/* What the log says: shown 1, liked too 2. */
static uint8_t met[ARMS][REPLICATES][WINDOWS][USERS][ITEMS];
static size_t cluster_of[ITEMS];
static const char *dir;
static pal_experiment *experiment;
static pal_run_summary summary;
static pal_table *table;

static pal_experiment *parse_with(const char *text, const pal_override *overrides, size_t n)
{
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_experiment_parse(&e, text, strlen(text), "long.json", overrides, n, &err) == PAL_OK, "%s", err.text);
    return e;
}

static pal_table *load_from(const char *folder, const char *name)
{
    pal_table *t = NULL;
    pal_error err = { PAL_OK, "" };
    char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_msg(pal_table_load(&t, path, &err) == PAL_OK, "%s", err.text);
    return t;
}

static size_t column(const pal_table *t, const char *name)
{
    size_t c = 0;

    ck_assert_int_eq(pal_table_find(&c, t, name, NULL), PAL_OK);
    return c;
}

static double at(const pal_table *t, size_t row, const char *name)
{
    return pal_table_number(t, row, column(t, name), NULL);
}

static const char *text_at(const pal_table *t, size_t row, const char *name)
{
    return pal_table_text(t, row, column(t, name));
}

static size_t arm_of(const char *name)
{
    size_t a = 0;

    while (a < ARMS && strcmp(arm_name[a], name) != 0) a++;
    ck_assert_uint_lt(a, ARMS);
    return a;
}

static void read_log(void)
{
    pal_table *events = load_from(dir, "events.csv"), *items = load_from(dir, "items.csv");
    const size_t c_rep = column(events, "replicate"), c_round = column(events, "round"), c_user = column(events, "user");
    const size_t c_item = column(events, "item"), c_liked = column(events, "liked"), c_cluster = column(items, "cluster");
    size_t clusters = 0;

    memset(met, 0, sizeof met);
    for (size_t i = 0; i < pal_table_rows(events); i++) {
        uint8_t *m = &met[arm_of(pal_table_text(events, i, 0))][(size_t)pal_table_number(events, i, c_rep, NULL)]
                         [(size_t)pal_table_number(events, i, c_round, NULL) / 4][(size_t)pal_table_number(events, i, c_user, NULL)]
                         [(size_t)pal_table_number(events, i, c_item, NULL)];

        *m = pal_table_number(events, i, c_liked, NULL) > 0 ? 2 : 1;
    }
    for (size_t i = 0; i < ITEMS; i++) {
        size_t same = 0;

        while (same < i && strcmp(pal_table_text(items, same, c_cluster), pal_table_text(items, i, c_cluster)) != 0) same++;
        cluster_of[i] = same < i ? cluster_of[same] : clusters++;
    }
    pal_table_free(events);
    pal_table_free(items);
}

static void run_once(void)
{
    scratch_begin();
    experiment = parse_with(EXPERIMENT, NULL, 0);
    dir = tiny_run(&summary, experiment, "long", 2);
    read_log();
    table = load_from(dir, "long_run.csv");
}

static void clean(void)
{
    pal_table_free(table);
    pal_experiment_free(experiment);
    scratch_end();
}

/* Row of an arm, measure and window; SIZE_MAX: none. */
static size_t find_row(const pal_table *t, size_t arm, const char *measure, size_t window)
{
    for (size_t i = 0; i < pal_table_rows(t); i++) {
        if (strcmp(text_at(t, i, "arm"), arm_name[arm]) == 0 && strcmp(text_at(t, i, "measure"), measure) == 0 &&
            (size_t)at(t, i, "window") == window) {
            return i;
        }
    }
    return SIZE_MAX;
}

static double value_of(size_t arm, const char *measure, size_t window)
{
    const size_t row = find_row(table, arm, measure, window);

    ck_assert_msg(row != SIZE_MAX, "%s of %s in window %zu", measure, arm_name[arm], window);
    return at(table, row, "value");
}

/* ---- against the log ---- */

/* Mean over people of exp(entropy) of the clusters of what is at least `least`. */
static double clusters_by_log(size_t a, size_t w, uint8_t least)
{
    double sum = 0, people = 0;

    for (size_t p = 0; p < REPLICATES * USERS; p++) {
        double count[64] = { 0 }, n = 0, entropy = 0;

        for (size_t i = 0; i < ITEMS; i++) {
            const bool is = met[a][p / USERS][w][p % USERS][i] >= least;

            count[cluster_of[i]] += is;
            n += is;
        }
        for (size_t c = 0; c < 64 && n > 0; c++) entropy -= count[c] > 0 ? count[c] / n * log(count[c] / n) : 0;
        sum += n > 0 ? exp(entropy) : 0;
        people += n > 0;
    }
    return sum / people;
}

static double likeness_by_log(size_t a, size_t w, uint8_t least, size_t *pairs)
{
    double sum = 0;

    *pairs = 0;
    for (size_t r = 0; r < REPLICATES; r++) {
        for (size_t u = 0; u < USERS; u++) {
            for (size_t v = 0; v < u; v++) {
                double both = 0, either = 0, own[2] = { 0 };

                for (size_t i = 0; i < ITEMS; i++) {
                    const bool x = met[a][r][w][u][i] >= least, y = met[a][r][w][v][i] >= least;

                    own[0] += x;
                    own[1] += y;
                    both += x && y;
                    either += x || y;
                }
                if (own[0] > 0 && own[1] > 0) {
                    sum += both / either;
                    ++*pairs;
                }
            }
        }
    }
    return sum / (double)*pairs;
}

static int upwards(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;

    return (x > y) - (x < y);
}

/* Mean over the replicates of Gini and of the share of the four items (1 %) shown most. */
static void spread_by_log(double *gini, double *top, size_t a, size_t w)
{
    *gini = *top = 0;
    for (size_t r = 0; r < REPLICATES; r++) {
        double x[ITEMS] = { 0 }, sum = 0, weighted = 0, largest = 0;

        for (size_t u = 0; u < USERS; u++) {
            for (size_t i = 0; i < ITEMS; i++) x[i] += met[a][r][w][u][i] > 0;
        }
        qsort(x, ITEMS, sizeof *x, upwards);
        for (size_t i = 0; i < ITEMS; i++) {
            sum += x[i];
            weighted += (2.0 * (double)(i + 1) - ITEMS - 1) * x[i];
            largest += i >= ITEMS - 4 ? x[i] : 0;
        }
        *gini += weighted / (ITEMS * sum) / REPLICATES;
        *top += largest / sum / REPLICATES;
    }
}

/* Of a window in which nobody liked anything nothing is known, by either account. */
static void check_same(double found, double wanted, double tolerance)
{
    if (isnan(found) || isnan(wanted)) {
        ck_assert(isnan(found) && isnan(wanted));
    } else {
        ck_assert_double_eq_tol(found, wanted, tolerance);
    }
}

START_TEST(breadth_likeness_and_concentration_are_those_of_the_log)
{
    for (size_t a = 0; a < ARMS; a++) {
        for (size_t w = 0; w < WINDOWS; w++) {
            double gini, top;
            size_t pairs, row = find_row(table, a, "shown_jaccard", w);

            check_same(value_of(a, "shown_clusters", w), clusters_by_log(a, w, 1), 1e-6);
            check_same(value_of(a, "liked_clusters", w), clusters_by_log(a, w, 2), 1e-6);
            check_same(value_of(a, "shown_jaccard", w), likeness_by_log(a, w, 1, &pairs), 1e-7);
            ck_assert_uint_eq((size_t)at(table, row, "n"), pairs);
            check_same(value_of(a, "liked_jaccard", w), likeness_by_log(a, w, 2, &pairs), 1e-7);
            spread_by_log(&gini, &top, a, w);
            ck_assert_double_eq_tol(value_of(a, "gini", w), gini, 1e-12);
            ck_assert_double_eq_tol(value_of(a, "top_share", w), top, 1e-12);
        }
    }
}
END_TEST

START_TEST(windows_tell_their_rounds_and_differences_are_paired_with_their_arm)
{
    static const char *const columns[] = { "value", "lo", "hi", "diff" };

    for (size_t i = 0; i < pal_table_rows(table); i++) {
        const size_t w = (size_t)at(table, i, "window"), a = arm_of(text_at(table, i, "arm"));
        const char *measure = text_at(table, i, "measure");
        const double v = at(table, i, "value"), lo = at(table, i, "lo"), hi = at(table, i, "hi");

        ck_assert_uint_eq((size_t)at(table, i, "from_round"), 4 * w);
        ck_assert_uint_eq((size_t)at(table, i, "to_round"), w == 2 ? 9 : 4 * w + 3);
        ck_assert_msg(isnan(v) || isnan(lo) || (lo <= v + 1e-12 && v <= hi + 1e-12), "%s %s %zu: %g not in [%g, %g]",
                      arm_name[a], measure, w, v, lo, hi);
        if (a == 0) { /* the baseline, and the random arm that drift is set against */
            ck_assert_str_eq(text_at(table, i, "against"), "");
            ck_assert(isnan(at(table, i, columns[3])));
        } else {
            const double other = value_of(0, measure, w);

            ck_assert_str_eq(text_at(table, i, "against"), "random");
            if (!isnan(v) && !isnan(other)) ck_assert_double_eq_tol(at(table, i, "diff"), v - other, 1e-9);
        }
    }
    ck_assert_uint_eq(pal_table_rows(table), ARMS * WINDOWS * 20);
}
END_TEST

START_TEST(the_first_window_has_no_window_to_follow)
{
    for (size_t a = 0; a < ARMS; a++) ck_assert(isnan(value_of(a, "feedback", 0)));
    ck_assert(isfinite(value_of(1, "feedback", 1)));
}
END_TEST

START_TEST(who_knows_the_truth_is_nearer_to_it_and_starves_fewer)
{
    for (size_t w = 0; w < WINDOWS; w++) {
        ck_assert_double_lt(value_of(3, "taste_tv", w), value_of(0, "taste_tv", w));
        ck_assert_double_lt(value_of(3, "taste_kl", w), value_of(0, "taste_kl", w));
        ck_assert_double_lt(value_of(3, "starved_now", w), value_of(0, "starved_now", w));
        ck_assert_double_lt(value_of(3, "breadth", w), value_of(0, "breadth", w));
    }
    ck_assert_double_gt(value_of(3, "center_drift", 2), value_of(0, "center_drift", 2));
}
END_TEST

START_TEST(retention_falls_and_the_area_under_it_is_the_lifetime)
{
    pal_table *here = load_from(dir, "retention.csv"), *life = load_from(dir, "lifetime.csv");

    ck_assert_uint_eq(pal_table_rows(here), ARMS * ROUNDS);
    ck_assert_uint_eq(pal_table_rows(life), ARMS * 8);
    for (size_t a = 0; a < ARMS; a++) {
        double area = 1, last = 1;

        for (size_t t = 0; t < ROUNDS; t++) {
            const double v = at(here, a * ROUNDS + t, "here");

            ck_assert_str_eq(text_at(here, a * ROUNDS + t, "arm"), arm_name[a]);
            ck_assert(v <= last && v >= 0);
            area += t + 1 < ROUNDS ? v : 0;
            last = v;
        }
        ck_assert_str_eq(text_at(life, a * 8, "measure"), "lifetime");
        ck_assert_double_eq_tol(at(life, a * 8, "value"), area, 1e-12);
        ck_assert_str_eq(text_at(life, a * 8 + 2, "measure"), "hazard");
        /* losses a person over sessions a person */
        ck_assert_double_eq_tol(at(life, a * 8 + 2, "value"), (1 - last) / at(life, a * 8 + 1, "value"), 1e-12);
        ck_assert_double_lt(last, 1);
    }
    pal_table_free(here);
    pal_table_free(life);
}
END_TEST

START_TEST(the_same_bytes_at_any_thread_count)
{
    static const size_t threads[] = { 1, 7 };

    for (size_t i = 0; i < 2; i++) {
        pal_run_summary again;

        tiny_run(&again, experiment, "again", threads[i]);
        ck_assert_str_eq(again.digest, summary.digest);
    }
}
END_TEST

START_TEST(stopped_in_the_middle_of_a_window_it_ends_with_the_same_bytes)
{
    static const size_t cuts[] = { 1, 4, 6, 19, 23, 61 };

    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        const char *cut = scratch_path("cut");
        pal_run_summary again;

        ck_assert_int_eq(stopped_play(&again, experiment, cut, cuts[i], 2), PAL_ERR_STOPPED);
        ck_assert_int_eq(stopped_play(&again, experiment, cut, 0, 3), PAL_OK);
        ck_assert_msg(strcmp(again.digest, summary.digest) == 0, "stopped after %zu rounds: another digest", cuts[i]);
    }
}
END_TEST

/* ---- what is seen changes nothing ---- */

static void hash_of(char hex[PAL_HASH_HEX], const char *folder, const char *name)
{
    char path[600];

    snprintf(path, sizeof path, "%s/%s", folder, name);
    ck_assert_int_eq(pal_hash_file(hex, path, NULL), PAL_OK);
}

START_TEST(a_run_that_is_not_watched_goes_the_same_way_and_has_none_of_these_files)
{
    static const char *const same[] = { "states.csv", "events.csv", "rounds.csv", "summary.json", "users.csv" };
    static const char *const none[] = { "long_run.csv", "retention.csv", "lifetime.csv" };
    const pal_override off = { "output.long_run", "false" };
    pal_experiment *e = parse_with(EXPERIMENT, &off, 1);
    const char *plain = tiny_run(&summary, e, "plain", 1);

    for (size_t i = 0; i < sizeof same / sizeof *same; i++) {
        char a[PAL_HASH_HEX], b[PAL_HASH_HEX];

        hash_of(a, dir, same[i]);
        hash_of(b, plain, same[i]);
        ck_assert_msg(strcmp(a, b) == 0, "%s is another", same[i]);
    }
    for (size_t i = 0; i < sizeof none / sizeof *none; i++) {
        char path[600];
        FILE *file;

        snprintf(path, sizeof path, "%s/%s", plain, none[i]);
        file = fopen(path, "rb");
        ck_assert_ptr_null(file);
    }
    pal_experiment_free(e);
}
END_TEST

/* ---- worlds in which the answer is known ---- */

START_TEST(where_tastes_stand_still_none_has_moved)
{
    const pal_override still[] = { { "response.drift", "false" }, { "response.birth", "false" } };
    pal_experiment *e = parse_with(EXPERIMENT, still, 2);

    pal_table_free(table);
    table = load_from(tiny_run(&summary, e, "still", 1), "long_run.csv");
    for (size_t a = 0; a < ARMS; a++) {
        for (size_t w = 0; w < WINDOWS; w++) {
            ck_assert_double_eq(value_of(a, "weight_drift", w), 0);
            ck_assert_double_eq(value_of(a, "center_drift", w), 0);
            ck_assert_double_eq(value_of(a, "true_clusters", w), value_of(0, "true_clusters", 0));
        }
    }
    pal_experiment_free(e);
}
END_TEST

/* By lot, nothing follows from the exposure before; by popularity, much does. */
START_TEST(popularity_feeds_on_itself_and_chance_does_not)
{
    char seed[24];
    const pal_override other[] = { { "seed", seed }, { "people.n", "120" }, { "rounds", "12" }, { "response.churn", "false" },
                                   { "output.long_run_partners", "1" }, { "output.events", "\"none\"" } };
    pal_experiment *e;

    snprintf(seed, sizeof seed, "\"%d\"", 11 + _i);
    e = parse_with(EXPERIMENT, other, sizeof other / sizeof *other);
    pal_table_free(table);
    table = load_from(tiny_run(&summary, e, "fed", 2), "long_run.csv");
    for (size_t w = 1; w < WINDOWS; w++) {
        /* a slope of 2 x 400 items has a standard error of about 1 / sqrt(800) = 0.035 */
        ck_assert_double_eq_tol(value_of(0, "feedback", w), 0, 3.5 * 0.035);
        ck_assert_double_gt(at(table, find_row(table, 1, "feedback", w), "lo"), 0.15);
        ck_assert_double_eq_tol(value_of(0, "popular_half", w), 0.5, 0.05);
        ck_assert_double_gt(value_of(1, "gini", w), value_of(0, "gini", w) + 0.3);
        ck_assert_double_gt(value_of(1, "shown_jaccard", w), 3 * value_of(0, "shown_jaccard", w));
    }
    pal_experiment_free(e);
}
END_TEST

START_TEST(bad_windows_and_partners_are_named)
{
    static const char *const bad[][3] = { { "output.long_run_window", "0", "long_run_window" },
                                          { "output.long_run_partners", "0", "long_run_partners" },
                                          { "output.long_run", "1", "long_run" } };

    for (size_t i = 0; i < 3; i++) {
        const pal_override override = { bad[i][0], bad[i][1] };
        pal_experiment *e = NULL;
        pal_error err = { PAL_OK, "" };

        ck_assert_int_eq(pal_experiment_parse(&e, EXPERIMENT, strlen(EXPERIMENT), "long.json", &override, 1, &err), PAL_ERR_CONFIG);
        ck_assert_has(err.text, bad[i][2]);
        ck_assert_has(err.text, "output.");
    }
}
END_TEST

/* ---- made, kept and brought back by hand ---- */

typedef struct world {
    pal_catalog *catalog;
    pal_lab_people *people[REPLICATES];
    pal_people_set set;
} world;

static void world_begin(world *w)
{
    bool synthetic;

    ck_assert_int_eq(pal_lab_catalog(&w->catalog, NULL, &synthetic, experiment, NULL), PAL_OK);
    for (uint32_t r = 0; r < REPLICATES; r++) {
        ck_assert_int_eq(pal_lab_people_new(&w->people[r], experiment, w->catalog, r, 1, NULL), PAL_OK);
    }
    w->set = (pal_people_set){ (const pal_lab_people *const *)w->people, REPLICATES, USERS, w->catalog };
}

static void world_end(world *w)
{
    for (size_t r = 0; r < REPLICATES; r++) pal_lab_people_free(w->people[r]);
    pal_catalog_free(w->catalog);
}

START_TEST(out_of_memory_anywhere_nothing_is_left_behind)
{
    world w;
    size_t n = 0, failed = 0;
    pal_status rc = PAL_ERR_MEMORY;

    world_begin(&w);
    while (rc != PAL_OK) {
        pal_long_run *l = NULL;
        pal_error err = { PAL_OK, "" };

        pal_mem_fail_at(++n);
        rc = pal_long_run_new(&l, experiment, w.catalog, &w.set, 1, &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || (rc == PAL_ERR_MEMORY && l == NULL));
        failed += rc != PAL_OK;
        pal_long_run_free(l);
    }
    ck_assert_uint_gt(failed, 20);
    world_end(&w);
}
END_TEST

START_TEST(what_is_equally_good_is_cut_in_halves_by_popularity)
{
    world w;
    pal_long_run *l = NULL;

    world_begin(&w);
    ck_assert_int_eq(pal_long_run_new(&l, experiment, w.catalog, &w.set, 2, NULL), PAL_OK);
    for (size_t r = 0; r < REPLICATES; r++) {
        for (uint8_t d = 0; d < PAL_APPEAL_DECILES; d++) {
            double lowest = INFINITY, highest = -INFINITY;
            size_t half[3] = { 0 };

            for (size_t i = 0; i < ITEMS; i++) {
                const double p = (double)w.catalog->popularity[i];
                const uint8_t in = l->popular[r * ITEMS + i];

                if (l->decile[r * ITEMS + i] != d) continue;
                half[in]++;
                if (in == 1 && p < lowest) lowest = p;
                if (in == 0 && p > highest) highest = p;
            }
            ck_assert(half[0] == 20 && half[1] == 20 && half[2] == 0 && highest <= lowest);
        }
    }
    pal_long_run_free(l);
    world_end(&w);
}
END_TEST

START_TEST(rows_that_cannot_be_are_named)
{
    static const struct { uint32_t begin, rows, item; const char *said; } bad[] = {
        { 7, 5, 3, "long_run.begin" },     /* a window that begins behind the rows */
        { 0, 300, 3, "long_run.begin" },   /* more rows than four rounds can have  */
        { 2, 5, ITEMS, "long_run.item" },
    };
    world w;
    pal_long_run *l = NULL, *back = NULL;
    pal_tensors *file = NULL;
    pal_error err = { PAL_OK, "" };

    world_begin(&w);
    ck_assert_int_eq(pal_long_run_new(&l, experiment, w.catalog, &w.set, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_long_run_new(&back, experiment, w.catalog, &w.set, 1, NULL), PAL_OK);
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    l->begin[3 * (WINDOWS + 1) + 1] = bad[_i].begin;
    l->rows[3] = bad[_i].rows;
    l->item[3 * l->room] = bad[_i].item;
    ck_assert_int_eq(pal_long_run_save(l, file, NULL), PAL_OK);
    ck_assert_int_eq(pal_long_run_restore(back, 5, file, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, bad[_i].said);
    ck_assert_has(err.text, "person 3");
    pal_tensors_free(file);
    pal_long_run_free(l);
    pal_long_run_free(back);
    world_end(&w);
}
END_TEST

/* One and two people: no pairs, and nothing breaks. */
START_TEST(a_crowd_too_small_for_pairs_has_no_likeness)
{
    const pal_override few[] = { { "people.n", _i == 0 ? "1" : "2" }, { "output.long_run_window", "100" } };
    pal_experiment *e = parse_with(EXPERIMENT, few, 2);

    pal_table_free(table);
    table = load_from(tiny_run(&summary, e, "few", 1), "long_run.csv");
    ck_assert(isnan(value_of(0, "shown_jaccard", 0)));
    ck_assert(isfinite(value_of(0, "shown_clusters", 0)));
    ck_assert_uint_eq(find_row(table, 0, "gini", 1), SIZE_MAX);
    pal_experiment_free(e);
}
END_TEST

Suite *suite_lab_long_run(void)
{
    Suite *suite = suite_create("lab/long_run");
    TCase *tc = tcase_create("one run");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, run_once, clean);
    tcase_add_test(tc, breadth_likeness_and_concentration_are_those_of_the_log);
    tcase_add_test(tc, windows_tell_their_rounds_and_differences_are_paired_with_their_arm);
    tcase_add_test(tc, the_first_window_has_no_window_to_follow);
    tcase_add_test(tc, who_knows_the_truth_is_nearer_to_it_and_starves_fewer);
    tcase_add_test(tc, retention_falls_and_the_area_under_it_is_the_lifetime);
    tcase_add_test(tc, the_same_bytes_at_any_thread_count);
    tcase_add_test(tc, stopped_in_the_middle_of_a_window_it_ends_with_the_same_bytes);
    tcase_add_test(tc, a_run_that_is_not_watched_goes_the_same_way_and_has_none_of_these_files);
    tcase_add_test(tc, where_tastes_stand_still_none_has_moved);
    tcase_add_loop_test(tc, popularity_feeds_on_itself_and_chance_does_not, 0, 3);
    tcase_add_test(tc, bad_windows_and_partners_are_named);
    tcase_add_loop_test(tc, a_crowd_too_small_for_pairs_has_no_likeness, 0, 2);
    tcase_add_test(tc, out_of_memory_anywhere_nothing_is_left_behind);
    tcase_add_test(tc, what_is_equally_good_is_cut_in_halves_by_popularity);
    tcase_add_loop_test(tc, rows_that_cannot_be_are_named, 0, 3);
    suite_add_tcase(suite, tc);
    return suite;
}
