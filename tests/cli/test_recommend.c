/* palate train MODEL, recommend and similar, by their outputs and exit codes. */
#include "tests/support/cli_shell.h"

#include "core/mem.h"
#include "core/npy.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

Suite *suite_cli_recommend(void);

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit %d, %s", command, r->code, r->err);
    return r;
}

/* Two camps: people a0 … a5 have items 1 to 6 but one each, people b0 … b5 items 11 to 16. Item 17 belongs to nobody's
 * camp. Titles stand beside. */
static void setup(void)
{
    char text[4096] = "user,item,rating\n", side[1024] = "id,title\n";
    size_t n = strlen(text), m = strlen(side);

    for (int camp = 0; camp < 2; camp++) {
        for (int person = 0; person < 6; person++) {
            for (int item = 0; item < 6; item++) {
                if (item != person) {
                    n += (size_t)snprintf(text + n, sizeof text - n, "%c%d,%d,1\n", "ab"[camp], person, 10 * camp + item + 1);
                }
            }
        }
        for (int item = 0; item < 6; item++) {
            m += (size_t)snprintf(side + m, sizeof side - m, "%d,Song %d\n", 10 * camp + item + 1, 10 * camp + item + 1);
        }
    }
    snprintf(text + n, sizeof text - n, "b5,17,1\n");
    cli_setup();
    cli_write("log.csv", text);
    cli_write("songs.csv", side);
}

#define TRAIN "$P train %s --data $S/log.csv --set data.item_file=$S/songs.csv --out $S/m --seed 3 %s"

static const cli_result *train(const char *model, const char *more)
{
    char command[512];

    snprintf(command, sizeof command, TRAIN, model, more);
    return run_well(command);
}

/* Models and what makes them small enough for two camps. */
static const struct {
    const char *model, *set;
} tasteful[] = { { "item_knn", "" }, { "user_knn", "" }, { "ease", "--set lambda=1" },
                 { "warp", "--set factors=4 --set epochs=60" }, { "als", "--set factors=2" } };

/* People and items by factors: the product of two rows is the score that recommend prints (als has no biases). */
START_TEST(factors_can_be_had_as_npy)
{
    char path[512];
    pal_dtype type;
    uint64_t n_people = 0, n_items = 0;
    size_t d = 0, d_items = 0;
    void *people = NULL, *items = NULL;
    const cli_result *r;
    double score = 0.0, printed = 0.0;

    train("als", "--set factors=3 --exact --factors $S/f");
    snprintf(path, sizeof path, "%s/f-people.npy", cli_scratch());
    ck_assert_int_eq(pal_npy_load(&people, &type, &n_people, &d, path, NULL), PAL_OK);
    ck_assert_int_eq(type, PAL_F32);
    snprintf(path, sizeof path, "%s/f-items.npy", cli_scratch());
    ck_assert_int_eq(pal_npy_load(&items, &type, &n_items, &d_items, path, NULL), PAL_OK);
    ck_assert_uint_eq(n_people, 12);
    ck_assert_uint_eq(n_items, 13);
    ck_assert(d == 3 && d_items == 3);
    r = run_well("$P recommend $S/m --user a0 --n 1 --json"); /* a0 is the first person; song 1, the first item, is missing */
    ck_assert_ptr_nonnull(strstr(r->out, "\"item\": \"1\""));
    ck_assert_int_eq(sscanf(strstr(r->out, "\"score\": "), "\"score\": %lf", &printed), 1);
    for (size_t k = 0; k < d; k++) {
        score += (double)((float *)people)[k] * (double)((float *)items)[k];
    }
    ck_assert_msg(score - printed < 1e-5 && printed - score < 1e-5, "%g by the files, %g printed", score, printed);
    pal_free(people);
    pal_free(items);
    r = cli_run("$P train ease --data $S/log.csv --factors $S/f --out $S/e");
    ck_assert(cli_failed_well(r, "train ease --factors", 2, "--factors: ease has no factors"));
}
END_TEST

/* The one song of their camp they do not have comes first, with its title; and nothing they have comes back. */
START_TEST(people_get_the_missing_song_of_their_camp)
{
    const cli_result *r;

    train(tasteful[_i].model, tasteful[_i].set);
    r = run_well("$P recommend $S/m --user a2 --n 3");
    ck_assert_ptr_nonnull(strstr(r->out, "for a2, who has 5\n"));
    ck_assert_ptr_nonnull(strstr(strstr(r->out, "\n   1  "), "3"));
    r = run_well("$P recommend $S/m --user a2 --user b4 --n 1 --json");
    ck_assert_uint_eq(cli_lines(r->out), 2);
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": \"a2\", \"rank\": 1, \"item\": \"3\", \"title\": \"Song 3\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": \"b4\", \"rank\": 1, \"item\": \"15\""));
    r = run_well("$P recommend $S/m --user a2 --n 100 --json");
    ck_assert_uint_eq(cli_lines(r->out), 13 - 5);
    ck_assert_ptr_null(strstr(r->out, "\"item\": \"1\","));
}
END_TEST

START_TEST(somebody_new_is_folded_in)
{
    const cli_result *r;

    train(tasteful[_i].model, tasteful[_i].set);
    r = run_well("$P recommend $S/m --new 11,12,13,14,12 --n 2 --json");
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": null, \"rank\": 1, \"item\": \"1"));
    ck_assert_ptr_nonnull(strstr(r->out, "\"item\": \"15\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"item\": \"16\""));
    ck_assert_ptr_nonnull(strstr(run_well("$P recommend $S/m --new 11 --new 12")->out, "somebody new, who has 2"));
}
END_TEST

START_TEST(a_newer_log_says_what_people_have)
{
    const cli_result *r;

    train("item_knn", "--set weighting=none");
    cli_write("newer.csv", "user,item\na2,3\na2,1\na2,2\na2,4\nzoe,11\nzoe,12\nzoe,unheard\n");
    r = run_well("$P recommend $S/m --user a2 --user zoe --data $S/newer.csv --n 2 --json");
    ck_assert_ptr_null(strstr(r->out, "\"item\": \"3\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": \"a2\", \"rank\": 1, \"item\": \"5\"")); /* ties by the lower item */
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": \"zoe\", \"rank\": 1, \"item\": \"13\""));
}
END_TEST

START_TEST(likeness_stays_in_the_camp)
{
    const cli_result *r;

    train("item_knn", "");
    r = run_well("$P similar $S/m --item 14 --n 5 --json");
    for (size_t i = 0; i < 5; i++) {
        static const char *const near[] = { "\"11\"", "\"12\"", "\"13\"", "\"15\"", "\"16\"" };

        ck_assert_ptr_nonnull(strstr(r->out, near[i]));
    }
    ck_assert_ptr_null(strstr(r->out, "\"similar_item\": \"14\""));
    ck_assert_ptr_nonnull(strstr(run_well("$P similar $S/m --item 14")->out, "like 14, Song 14\n"));
    train("user_knn", "");
    r = run_well("$P similar $S/m --user b0 --n 5 --json");
    ck_assert_ptr_null(strstr(r->out, "\"similar_user\": \"a"));
    ck_assert_ptr_nonnull(strstr(r->out, "\"user\": \"b0\", \"rank\": 1, \"similar_user\": \"b1\""));
    ck_assert_uint_eq(cli_lines(run_well("$P similar $S/m --user b0 --n 100 --json")->out), 11);
}
END_TEST

/* Both sides of every model that has a taste, those that keep nothing of people among them. */
START_TEST(people_and_items_of_the_camp_are_similar_by_any_model)
{
    static const struct {
        const char *model, *set;
    } asked[] = { { "item_knn", "" }, { "user_knn", "" }, { "ease", "--set lambda=1" }, { "slim", "--set alpha=0.01" },
                  { "als", "--set factors=2" } };
    const cli_result *r;
    char first[CLI_TEXT];

    train(asked[_i].model, asked[_i].set);
    r = run_well("$P similar $S/m --user b0 --n 5 --threads 1 --json");
    ck_assert_uint_eq(cli_lines(r->out), 5);
    ck_assert_ptr_null(strstr(r->out, "\"similar_user\": \"a"));
    memcpy(first, r->out, sizeof first);
    ck_assert_str_eq(run_well("$P similar $S/m --user b0 --n 5 --threads 3 --json")->out, first);
    r = run_well("$P similar $S/m --item 3 --n 5 --json");
    ck_assert_uint_eq(cli_lines(r->out), 5);
    for (int item = 1; item <= 6; item++) {
        char id[32];

        snprintf(id, sizeof id, "\"similar_item\": \"%d\"", item);
        ck_assert_msg(item == 3 || strstr(r->out, id) != NULL, "%s: %s", asked[_i].model, r->out);
    }
}
END_TEST

/* Few vectors: the index finds what looking at all of them finds. */
START_TEST(an_index_of_factors_finds_the_same)
{
    static const char *const asked[] = { "--user b0 --n 5", "--item 3 --n 12", "--user a1 --n 100" };
    char command[160], exact[CLI_TEXT];

    train("als", "--set factors=3 --exact");
    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        snprintf(command, sizeof command, "$P similar $S/m %s", asked[i]);
        memcpy(exact, run_well(command)->out, sizeof exact);
        snprintf(command, sizeof command, "$P similar $S/m %s --index hnsw --threads 2", asked[i]);
        ck_assert_str_eq(run_well(command)->out, exact);
    }
}
END_TEST

/* Weights of 0 that carry a sign, and those that round to nothing. */
START_TEST(a_table_knows_no_negative_zero)
{
    cli_write("log.csv", "user,item\na,1\na,2\nb,3\nc,4\n");
    train("ease", "--quiet");
    ck_assert_ptr_null(strstr(run_well("$P similar $S/m --item 1")->out, "-0.00000"));
}
END_TEST

START_TEST(every_model_is_the_same_file_at_any_thread_count)
{
    static const char *const models[] = { "random", "popularity", "item_knn", "user_knn", "warp", "bpr", "logistic_mf", "als",
                                          "ease", "slim" };

    train(models[_i], "--threads 1 --quiet --exact");
    run_well("mv $S/m $S/one");
    train(models[_i], "--threads 2 --quiet --exact");
    run_well("cmp $S/m $S/one");
    run_well("$P recommend $S/m --user a1 > $S/first && $P recommend $S/one --user a1 --threads 2 | cmp - $S/first");
}
END_TEST

START_TEST(training_tells_what_it_read)
{
    const cli_result *r = train("popularity", "--json");

    ck_assert_ptr_nonnull(strstr(r->out, "\"model\": \"popularity\""));
    ck_assert_ptr_nonnull(strstr(r->out, "\"interactions\": 61, \"people\": 12, \"items\": 13"));
    ck_assert_str_eq(train("popularity", "--quiet")->out, "");
    r = run_well("$P train ease --params");
    ck_assert_ptr_nonnull(strstr(r->out, "lambda"));
    ck_assert_ptr_nonnull(strstr(r->out, "core_user"));
}
END_TEST

typedef struct fault {
    const char *command, *part;
} fault;

#define EASE "$P train ease --data $S/log.csv --out $S/no "

static const fault faults[] = {
    { "$P train eas --data $S/log.csv", "did you mean ease?" },
    { "$P train ease", "--data is needed" },
    { EASE "--label liked", "--label goes with logistic, boosted and neural, not with ease" },
    { EASE "--set nothing=1", "nothing" },
    { EASE "--set data.treshold=1", "threshold" },
    { EASE "--set other.x=1", "--set: other.x: unknown key" },
    { EASE "--set data.value=#2", "row 2 (line 3), column 2" },
    { "$P train ease --data $S/none.csv", "none.csv" },
    { "$P train ease --data $S/low.csv --out $S/no", "low.csv: person 'b', item '2': found value -0.5, wanted one above 0" },
    { "$P recommend $S/m --user a1 --user b --data $S/low.csv", "low.csv: person 'b', item '2': found value -0.5" },
    { "$P train logistic --data $S/log.csv --label rating --exact", "--exact goes with a recommender" },
    { "$P recommend $S/m", "give either --user ID or --new" },
    { "$P recommend $S/m --user a1 --new 3", "give either --user ID or --new" },
    { "$P recommend $S/m --new 3 --data $S/log.csv", "--data goes with --user" },
    { "$P recommend $S/m --user a1 --set n=3", "n" },
    { "$P recommend $S/m --user a1 --set data.threshold=1", "--set goes with --data" },
    { "$P recommend $S/m --user a11", "knows no person 'a11' (did you mean 'a1'?); it knows 12, 'a0' to 'b5'" },
    { "$P recommend $S/m --user a1 --user q", "knows no person 'q'" },
    { "$P recommend $S/m --new 3,44,5", "--new: |knows no item '44'" },
    { "$P recommend $S/m --user a1 --n 0", "--n must be a whole number from 1" },
    { "$P recommend $S/none --user a1", "none" },
    { "$P recommend $S/log.csv --user a1", "log.csv" },
    { "$P recommend $S/cut --user a1", "cut" },
    { "$P similar $S/m", "give either --item ID or --user ID" },
    { "$P similar $S/m --item 99", "knows no item '99'" },
    { "$P similar $S/m --item 1 --user a1", "give either" },
    { "$P similar $S/m --user a1 --index hnsw", "m: item_knn has no vectors of people: --index hnsw has nothing" },
    { "$P similar $S/m --user a1 --index flat", "similar: --index must be exact or hnsw, found 'flat'" },
    { "$P similar $S/p --item 1", "p: popularity looks at nobody's taste: to it no item is nearer" },
    { "$P similar $S/p --user a1", "p: popularity looks at nobody's taste: to it no person is nearer" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_are_named)
{
    const fault *f = &faults[_i];
    char first[128];
    const char *bar = strchr(f->part, '|');

    train("popularity", "--quiet");
    run_well("cp $S/m $S/p; head -c 500 $S/m > $S/cut");
    train("item_knn", "--quiet");
    cli_write("low.csv", "user,item,rating\na,1,1\nb,2,-0.5\n");
    if (strstr(f->command, "data.value=#2") != NULL) {
        cli_write("log.csv", "user,item,rating\na,1,1\nb,two,1\n");
    }
    snprintf(first, sizeof first, "%.*s", bar != NULL ? (int)(bar - f->part) : (int)sizeof first - 1, f->part);
    ck_assert(cli_failed_well(cli_run(f->command), f->command, 2, first));
    ck_assert(bar == NULL || strstr(cli_run(f->command)->err, bar + 1) != NULL);
    ck_assert_int_ne(cli_run("test -e $S/no")->code, 0);
}
END_TEST

Suite *suite_cli_recommend(void)
{
    Suite *suite = suite_create("cli/recommend");
    TCase *tc = tcase_create("recommend");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_add_test(tc, factors_can_be_had_as_npy);
    tcase_add_loop_test(tc, people_get_the_missing_song_of_their_camp, 0, sizeof tasteful / sizeof *tasteful);
    tcase_add_loop_test(tc, somebody_new_is_folded_in, 0, sizeof tasteful / sizeof *tasteful);
    tcase_add_test(tc, a_newer_log_says_what_people_have);
    tcase_add_test(tc, likeness_stays_in_the_camp);
    tcase_add_loop_test(tc, people_and_items_of_the_camp_are_similar_by_any_model, 0, 5);
    tcase_add_test(tc, an_index_of_factors_finds_the_same);
    tcase_add_test(tc, a_table_knows_no_negative_zero);
    tcase_add_loop_test(tc, every_model_is_the_same_file_at_any_thread_count, 0, 10);
    tcase_add_test(tc, training_tells_what_it_read);
    tcase_add_loop_test(tc, faults_are_named, 0, N_FAULTS);
    suite_add_tcase(suite, tc);
    return suite;
}
