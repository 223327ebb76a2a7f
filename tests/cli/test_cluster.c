/* palate cluster and palate bench cluster: what they print and write, and what they refuse. */
#include "tests/support/cli_shell.h"

#include "models/spectral_bench.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_cli_cluster(void);

enum { N = 1000 };

/* The first points of the benchmark with a name, a class and a column of text. */
static void write_points(void)
{
    static double x[N * PAL_BENCH_CLUSTER_D];
    static uint32_t label[N];
    char path[256];
    FILE *file;

    pal_bench_clusters(x, label, NULL, N, 1);
    snprintf(path, sizeof path, "%s/points.csv", cli_scratch());
    file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    fputs("name,genre,note", file);
    for (size_t f = 0; f < PAL_BENCH_CLUSTER_D; f++) fprintf(file, ",f%zu", f);
    fputs("\n", file);
    for (size_t i = 0; i < N; i++) {
        fprintf(file, "\"song, %zu\",g%u,text", i, label[i]);
        for (size_t f = 0; f < PAL_BENCH_CLUSTER_D; f++) fprintf(file, ",%.17g", x[i * PAL_BENCH_CLUSTER_D + f]);
        fputs("\n", file);
    }
    ck_assert_int_eq(fclose(file), 0);
}

static void setup(void)
{
    cli_setup();
    write_points();
    cli_write("edges.csv", "from,to,times\nx,y,1\ny,z,2\nz,x,1\np,q,1\nq,r,1\nr,p,0.5\nz,p,0.125\nx,x,9\nq,p,1\n");
}

static const cli_result *run_well(const char *command)
{
    const cli_result *r = cli_run(command);

    ck_assert_msg(r->code == 0, "%s: exit code %d, %s", command, r->code, r->err);
    ck_assert_str_eq(r->err, "");
    return r;
}

/* The number behind "key": in a line of JSON. */
static double number_in(const char *out, const char *key)
{
    char quoted[64];
    const char *at;

    snprintf(quoted, sizeof quoted, "\"%s\": ", key);
    at = strstr(out, quoted);
    ck_assert_msg(at != NULL, "no %s in: %s", key, out);
    return strtod(at + strlen(quoted), NULL);
}

#define POINTS "$P cluster --data $S/points.csv --id name --labels genre --drop note --out $S/c.csv "

/* scikit-learn 1.2.1 on the same points: SpectralClustering(12, affinity='nearest_neighbors', random_state=0). */
START_TEST(points_fall_into_their_clusters)
{
    const cli_result *r = run_well(POINTS "--json");

    ck_assert_uint_eq(cli_lines(r->out), 1);
    ck_assert_double_eq(number_in(r->out, "k"), 12); /* by the eigengap */
    ck_assert_double_eq(number_in(r->out, "n"), N);
    ck_assert_double_gt(number_in(r->out, "ari"), 0.92);
    ck_assert_double_gt(number_in(r->out, "nmi"), 0.92);
    ck_assert_double_gt(number_in(r->out, "eigengap"), 0.1);
    ck_assert_double_eq(number_in(r->out, "components"), 1);
    r = run_well("head -2 $S/c.csv");
    ck_assert_ptr_eq(strstr(r->out, "id,cluster,map_1,"), r->out);
    ck_assert_ptr_nonnull(strstr(r->out, ",map_12\n\"song, 0\",0,0.0"));
    ck_assert_ptr_nonnull(strstr(run_well("wc -l < $S/c.csv")->out, "1001"));
}
END_TEST

START_TEST(text_says_what_json_says)
{
    const cli_result *r = run_well(POINTS "--k 12");

    ck_assert_ptr_nonnull(strstr(r->out, "1,000 rows, 16 columns; 1 connected component"));
    ck_assert_ptr_nonnull(strstr(r->out, "clusters      12\n"));
    ck_assert_ptr_nonnull(strstr(r->out, "eigenvalues   0.0000 0.0"));
    ck_assert_ptr_nonnull(strstr(r->out, "behind the last cluster"));
    ck_assert_ptr_nonnull(strstr(r->out, "with the 12 classes of 'genre'"));
    ck_assert_ptr_nonnull(strstr(r->out, "c.csv"));
    ck_assert_str_eq(run_well(POINTS "--k 12 --quiet")->out, "");
}
END_TEST

START_TEST(columns_can_be_named_and_scaled)
{
    double wide, scaled;

    run_well("awk -F, -v OFS=, 'NR > 1 { $5 *= 1000 } 1' $S/points.csv | sed 's/\"song, /\"song /' > $S/wide.csv");
    wide = number_in(run_well("$P cluster --data $S/wide.csv --labels genre --points f0,f1,f2,f3,f4,f5,f6,f7 --k 12 "
                              "--out $S/c.csv --json")->out, "ari");
    scaled = number_in(run_well("$P cluster --data $S/wide.csv --labels genre --points f0,f1,f2,f3,f4,f5,f6,f7 --k 12 "
                                "--standardise --out $S/c.csv --json")->out, "ari");
    ck_assert_double_lt(wide, 0.5); /* one column drowns the others */
    ck_assert_double_gt(scaled, 0.5);
    ck_assert_ptr_nonnull(strstr(run_well("sed -n 2p $S/c.csv")->out, "1,0,")); /* without --id: the row's number */
}
END_TEST

START_TEST(edges_make_a_graph)
{
    const cli_result *r = run_well("$P cluster --data $S/edges.csv --edges from,to,times --k 2 --out $S/c.csv --json");

    ck_assert_double_eq(number_in(r->out, "n"), 6);
    ck_assert_double_eq(number_in(r->out, "isolated"), 0);
    ck_assert_ptr_nonnull(strstr(r->out, "\"sizes\": ["));
    r = run_well("cut -d, -f1,2 $S/c.csv");
    ck_assert_str_eq(r->out, "id,cluster\nx,0\ny,0\nz,0\np,1\nq,1\nr,1\n");
    r = run_well("$P cluster --data $S/edges.csv --edges from,to --out $S/c.csv"); /* p and q are linked twice */
    ck_assert_ptr_nonnull(strstr(r->out, "6 ids, 7 edges; 1 connected component"));
    ck_assert_ptr_nonnull(strstr(r->out, "clusters      2 (by the largest eigengap)"));
}
END_TEST

START_TEST(same_seed_gives_the_same_file)
{
    run_well(POINTS "--threads 1 --quiet && mv $S/c.csv $S/a.csv");
    run_well(POINTS "--threads 2 --quiet && cmp $S/c.csv $S/a.csv");
    run_well(POINTS "--seed 9 --quiet && [ $(wc -l < $S/c.csv) = 1001 ]");
}
END_TEST

START_TEST(parameters_can_be_listed_and_set)
{
    const cli_result *r = run_well("$P cluster --params");

    ck_assert_ptr_nonnull(strstr(r->out, "dense_below"));
    ck_assert_ptr_nonnull(strstr(r->out, "restarts"));
    r = run_well(POINTS "--set max_k=3 --set restarts=0 --neighbours 20 --json");
    ck_assert_double_le(number_in(r->out, "k"), 3);
}
END_TEST

START_TEST(bench_prints_a_line_a_method)
{
    const cli_result *r = run_well("$P bench cluster --rows 300 --alone --json");

    ck_assert_uint_eq(cli_lines(r->out), 4);
    ck_assert_double_gt(number_in(r->out, "ari"), 0.8);
    ck_assert_ptr_nonnull(strstr(r->out, "\"sklearn\": null"));
    ck_assert_ptr_nonnull(strstr(run_well("$P bench cluster --rows 300 --alone")->out, "not run"));
}
END_TEST

typedef struct fault {
    const char *command;
    const char *part;
} fault;

#define CLUSTER "$P cluster --out $S/none.csv --data $S/"

static const fault faults[] = {
    { "$P cluster", "--data is needed" },
    { "$P cluster extra", "usage: palate cluster" },
    { CLUSTER "absent.csv", "absent.csv" },
    { "cat $S/one.csv | $P cluster --data /dev/stdin --out $S/none.csv", "/dev/stdin: points are read twice, so that a pipe will not do" },
    { CLUSTER "points.csv", "row 1 (line 2), column 'name': found 'song, 0', wanted a number" },
    { CLUSTER "bad.csv", "row 2 (line 3), column 'b': found 'x1', wanted a number" },
    { CLUSTER "hole.csv", "row 3, column 'b': no value, wanted a number" },
    { CLUSTER "bad.csv --points c", "there is no column 'c'" },
    { CLUSTER "bad.csv --points a,,b", "--points needs columns split by commas" },
    { CLUSTER "bad.csv --points a,a", "asked for twice" },
    { CLUSTER "bad.csv --drop bb", "there is no column 'bb'" },
    { CLUSTER "bad.csv --drop a --drop b", "no column is left" },
    { CLUSTER "bad.csv --id nam --drop b", "there is no column 'nam'" },
    { CLUSTER "points.csv --labels genr", "did you mean 'genre'?" },
    { CLUSTER "bad.csv --points a --drop b", "neither with --edges nor with --drop" },
    { CLUSTER "bad.csv --points a --k 4", "4 clusters are asked for, but there are 3 rows only" },
    { CLUSTER "bad.csv --points a --k 0", "--k must be auto or a whole number" },
    { CLUSTER "bad.csv --points a --k two", "--k must be auto or a whole number" },
    { CLUSTER "bad.csv --points a --k 2 --set k=3", "--k and --set k= are both given, give one" },
    { CLUSTER "bad.csv --points a --neighbours 2 --set neighbours=3", "--neighbours and --set neighbours= are both given" },
    { CLUSTER "negative.csv --edges a,a", "--edges names 'a' twice" },
    { CLUSTER "negative.csv --edges a,b,b", "--edges names 'b' twice" },
    { CLUSTER "bad.csv --points a --neighbours 1", "--neighbours must be a whole number from 2" },
    { CLUSTER "bad.csv --points a --set restart=3", "restart" },
    { CLUSTER "bad.csv --points a --set solver=fast", "solver" },
    { CLUSTER "bad.csv --points a --threads 0", "--threads must be" },
    { CLUSTER "empty.csv", "no rows" },
    { CLUSTER "one.csv --edges a", "--edges needs A,B or A,B,WEIGHT" },
    { CLUSTER "one.csv --edges a,b,c,d", "--edges needs A,B or A,B,WEIGHT" },
    { CLUSTER "one.csv --edges a,b", "there is no column 'b'" },
    { CLUSTER "empty.csv --edges a,b", "no rows" },
    { CLUSTER "negative.csv --edges a,b,w", "row 2 (line 3), weight: found '-0.5', wanted a number >= 0" },
    { CLUSTER "negative.csv --edges a,b,t", "row 1 (line 2), weight: found 'heavy', wanted a number >= 0" },
    { CLUSTER "negative.csv --edges e,b", "row 1 (line 2): an empty id" },
    { CLUSTER "negative.csv --edges a,b --labels w", "go with points, not with --edges" },
    { CLUSTER "negative.csv --edges a,b --k 9", "9 clusters are asked for, but there are 3 ids only" },
    { CLUSTER "large.csv --points a", "row 2, column 'a': found 1e+200, wanted a number within 1e150" },
    { "$P cluster --data $S/bad.csv --points a --out /dev/full", "no regular file" },
    { "$P bench cluster --rows 99", "--rows must be a whole number from 100" },
};
enum { N_FAULTS = sizeof faults / sizeof faults[0] };

START_TEST(faults_are_named)
{
    const fault *f = &faults[_i];

    cli_write("bad.csv", "a,b\n1,2\n2,x1\n3,4\n");
    cli_write("hole.csv", "a,b\n1,2\n2,3\n3,NA\n");
    cli_write("empty.csv", "a,b\n");
    cli_write("one.csv", "a\n1\n2\n");
    cli_write("negative.csv", "a,b,w,t,e\nx,y,1,heavy,\ny,z,-0.5,1,q\n");
    cli_write("large.csv", "a\n1\n1e200\n3\n");
    ck_assert(cli_failed_well(cli_run(f->command), f->command, 2, f->part));
    ck_assert_int_ne(cli_run("test -e $S/none.csv")->code, 0);
}
END_TEST

Suite *suite_cli_cluster(void)
{
    Suite *suite = suite_create("cli/cluster");
    TCase *tc = tcase_create("cluster");

    tcase_set_timeout(tc, 60);
    tcase_add_checked_fixture(tc, setup, cli_teardown);
    tcase_add_test(tc, points_fall_into_their_clusters);
    tcase_add_test(tc, text_says_what_json_says);
    tcase_add_test(tc, columns_can_be_named_and_scaled);
    tcase_add_test(tc, edges_make_a_graph);
    tcase_add_test(tc, same_seed_gives_the_same_file);
    tcase_add_test(tc, parameters_can_be_listed_and_set);
    tcase_add_test(tc, bench_prints_a_line_a_method);
    tcase_add_loop_test(tc, faults_are_named, 0, N_FAULTS);
    suite_add_tcase(suite, tc);
    return suite;
}
