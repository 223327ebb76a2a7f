/* palate cluster: spectral clustering of any CSV of numeric points, or of edges. */
#include "cli/cluster_input.h"
#include "cli/command.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/partition.h"
#include "core/progress.h"
#include "models/spectral.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST_K 100000
#define SHOWN 12 /* sizes and eigenvalues on one line of text */

static const pal_option options[] = {
    { "data", "CSV", false, "points or edges: a CSV with a header, plain or .gz" },
    { "points", "COLUMNS", false, "numeric columns, split by commas (default: all but --id, --labels and --drop)" },
    { "edges", "A,B[,WEIGHT]", false, "the CSV is a graph: columns of two ids, and of a weight >= 0 (default: 1)" },
    { "drop", "COLUMN", true, "column to leave out of the points" },
    { "id", "COLUMN", false, "column that names the points (default: number of the row)" },
    { "labels", "COLUMN", false, "compare with the classes in this column: ARI and NMI" },
    { "standardise", NULL, false, "divide each column of the points by its standard deviation" },
    { "k", "N|auto", false, "clusters; auto: by the largest eigengap (default: auto)" },
    { "neighbours", "N", false, "neighbours of a point in the graph, itself counted (default: 10)" },
    { "set", "KEY=VALUE", true, "change another parameter" },
    { "params", NULL, false, "only print the parameters" },
    { "seed", "N", false, "seed of the starts (default: 1)" },
    { "out", "FILE", false, "where to write id, cluster and coordinates (default: clusters.csv)" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct job {
    const pal_args *args;
    pal_spectral_config config;
    pal_key key;
    pal_cluster_input in;
    pal_spectral_result found;
    double ari, nmi, seconds;
} job;

/* ---- arguments -------------------------------------------------------------------------------------------- */

/* An option that is a parameter too must not be said twice: which of the two counts is anyone's guess. */
static pal_status check_once(const pal_args *args, const char *option, pal_error *err)
{
    const char *given;
    size_t n = strlen(option);

    for (size_t i = 0; pal_args_has(args, option) && (given = pal_args_nth(args, "set", i)) != NULL; i++) {
        if (strncmp(given, option, n) == 0 && given[n] == '=') {
            return pal_error_set(err, PAL_ERR_USAGE, "cluster: --%s and --set %s= are both given, give one", option, option);
        }
    }
    return PAL_OK;
}

/* --k and --neighbours as members of the object that --set goes on with. */
static pal_status start_settings(pal_text *start, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *k = pal_args_text(args, "k");
    uint64_t n = 0, neighbours = 10;

    PAL_TRY(check_once(args, "k", err));
    PAL_TRY(check_once(args, "neighbours", err));
    if (k != NULL && strcmp(k, "auto") != 0 &&
        (!pal_parse_u64(&n, k, strlen(k)) || n < 1 || n > MOST_K)) {
        PAL_FAIL(PAL_ERR_USAGE, "cluster: --k must be auto or a whole number from 1 to %d, found '%s'", MOST_K, k);
    }
    PAL_TRY(pal_args_whole(&neighbours, args, "neighbours", neighbours, 2, 10000, err));
    pal_text_addf(start, "{\"k\": %llu, \"neighbours\": %llu, \"extra\": 1}", (unsigned long long)n,
                  (unsigned long long)neighbours);
    PAL_TRY(pal_text_check(start, err));

done:
    return rc;
}

static pal_status read_settings(job *j, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_text start = { 0 };
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    uint64_t seed = 1;
    size_t n_threads = 1;

    PAL_TRY(start_settings(&start, j->args, err));
    PAL_TRY(pal_settings_read(&doc, j->args, start.bytes, NULL, err));
    PAL_TRY(pal_values_read(&values, pal_spectral_params, pal_json_root(doc), "--set", "", NULL, err));
    PAL_TRY(pal_args_threads(&n_threads, j->args, err));
    PAL_TRY(pal_args_whole(&seed, j->args, "seed", 1, 0, UINT64_MAX, err));
    j->config = pal_spectral_config_from(values);
    j->config.n_threads = n_threads;
    j->key = pal_key_for(seed, 0, PAL_FOR_TRAIN);

done:
    pal_text_clear(&start);
    pal_values_free(values);
    pal_json_free(doc);
    return rc;
}

static pal_status read_input(job *j, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *drop[PAL_MAX_GIVEN + 1];
    pal_cluster_ask ask = {
        .path = pal_args_text(j->args, "data"), .points = pal_args_text(j->args, "points"),
        .edges = pal_args_text(j->args, "edges"), .id = pal_args_text(j->args, "id"),
        .labels = pal_args_text(j->args, "labels"), .drop = drop, .standardise = pal_args_has(j->args, "standardise"),
    };

    while ((drop[ask.n_drop] = pal_args_nth(j->args, "drop", ask.n_drop)) != NULL) ask.n_drop++;
    if (ask.path == NULL) {
        PAL_FAIL(PAL_ERR_USAGE, "cluster: --data is needed; 'palate cluster --help' tells more");
    }
    if (ask.points != NULL && (ask.edges != NULL || ask.n_drop > 0)) {
        PAL_FAIL(PAL_ERR_USAGE, "cluster: --points goes neither with --edges nor with --drop");
    }
    if (ask.edges != NULL && (ask.id != NULL || ask.labels != NULL || ask.n_drop > 0 || ask.standardise)) {
        PAL_FAIL(PAL_ERR_USAGE, "cluster: --id, --labels, --drop and --standardise go with points, not with --edges");
    }
    PAL_TRY(pal_cluster_read(&j->in, &ask, err));
    if (j->config.k > j->in.n) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %zu clusters are asked for, but there are %zu %s only", ask.path, j->config.k,
                 j->in.n, ask.edges != NULL ? "ids" : "rows");
    }

done:
    return rc;
}

/* ---- clustering ------------------------------------------------------------------------------------------- */

static pal_status find_clusters(job *j, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_cluster_input *in = &j->in;
    double started = pal_clock_s();

    if (in->graph != NULL) {
        PAL_TRY(pal_spectral_graph(&j->found, in->graph, 0, &j->config, j->key, err));
    } else {
        PAL_TRY(pal_spectral_points(&j->found, in->x, in->n, in->d, &j->config, j->key, err));
    }
    j->seconds = pal_clock_s() - started;
    if (in->label != NULL) {
        PAL_TRY(pal_adjusted_rand(&j->ari, j->found.label, in->label, in->n, err));
        PAL_TRY(pal_mutual_information(&j->nmi, j->found.label, in->label, in->n, err));
    }

done:
    return rc;
}

/* Columns of the map that the clusters were found in. */
static size_t map_columns(const pal_spectral_result *r)
{
    return r->k < r->n_values ? r->k : r->n_values;
}

static pal_status write_clusters(const job *j, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_spectral_result *r = &j->found;
    pal_outfile *file = NULL;
    size_t columns = map_columns(r);
    char number[PAL_NUMBER_MAX];

    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_text(file, "id,cluster");
    for (size_t e = 0; e < columns; e++) pal_outfile_printf(file, ",map_%zu", e + 1);
    pal_outfile_text(file, "\n");
    for (size_t i = 0; i < r->n; i++) {
        pal_outfile_csv_text(file, pal_cluster_name(&j->in, i, number));
        pal_outfile_printf(file, ",%u", r->label[i]);
        for (size_t e = 0; e < columns; e++) {
            pal_outfile_text(file, ",");
            pal_outfile_double(file, r->vector[i * r->n_values + e]);
        }
        pal_outfile_text(file, "\n");
    }
    PAL_TRY(pal_outfile_commit(&file, NULL, err));

done:
    pal_outfile_abort(&file);
    return rc;
}

/* ---- printing --------------------------------------------------------------------------------------------- */

static pal_status count_members(size_t **out, const pal_spectral_result *r, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *size = NULL;

    PAL_NEW(size, r->k);
    for (size_t i = 0; i < r->n; i++) size[r->label[i]]++;
    *out = size;

done:
    return rc;
}

/* The gap behind the k-th eigenvalue; false when the next one was not found. */
static bool eigengap(double *out, const pal_spectral_result *r)
{
    if (r->k >= r->n_values) return false;
    *out = r->value[r->k] - r->value[r->k - 1];
    return true;
}

static void print_text(const job *j, const size_t *size, const char *path)
{
    const pal_spectral_result *r = &j->found;
    double gap;

    printf("%s on %s: %s %s", j->in.graph != NULL ? "graph" : "points", pal_args_text(j->args, "data"),
           pal_print_count(r->n), j->in.graph != NULL ? "ids" : "rows");
    if (j->in.graph != NULL) printf(", %s edges", pal_print_count(j->in.graph->n / 2));
    else printf(", %s columns", pal_print_count(j->in.d));
    printf("; %zu connected component%s", r->n_components, r->n_components == 1 ? "" : "s");
    if (r->n_isolated > 0) printf(", %zu without an edge", r->n_isolated);
    printf("\n\nclusters      %zu%s\nsizes        ", r->k, j->config.k == 0 ? " (by the largest eigengap)" : "");
    for (size_t c = 0; c < r->k && c < SHOWN; c++) printf(" %s", pal_print_count(size[c]));
    printf("%s\neigenvalues  ", r->k > SHOWN ? " ..." : "");
    for (size_t e = 0; e < r->n_values && e < r->k + 1 && e < SHOWN; e++) printf(" %.4f", r->value[e]);
    printf("%s\n", r->k + 1 > SHOWN && r->n_values > SHOWN ? " ..." : "");
    if (eigengap(&gap, r)) printf("eigengap      %.4f behind the last cluster\n", gap);
    if (j->in.label != NULL) {
        printf("agreement     ARI %.4f, NMI %.4f with the %zu classes of '%s'\n", j->ari, j->nmi, j->in.classes.n,
               pal_args_text(j->args, "labels"));
    }
    printf("\nwritten to    %s (%.3f s)\n", path, j->seconds);
}

static pal_status print_json(const job *j, const size_t *size, const char *path, pal_error *err)
{
    const pal_spectral_result *r = &j->found;
    pal_json_writer w = { .compact = true };
    double gap;

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "cluster");
    pal_json_put_string(&w, "file", path);
    pal_json_put_i64(&w, "n", (int64_t)r->n);
    pal_json_put_i64(&w, "k", (int64_t)r->k);
    pal_json_begin_array(&w, "sizes");
    for (size_t c = 0; c < r->k; c++) pal_json_put_i64(&w, NULL, (int64_t)size[c]);
    pal_json_end_array(&w);
    pal_json_put_numbers(&w, "eigenvalues", r->value, r->n_values);
    if (eigengap(&gap, r)) pal_json_put_number(&w, "eigengap", gap);
    else pal_json_put_null(&w, "eigengap");
    pal_json_put_i64(&w, "components", (int64_t)r->n_components);
    pal_json_put_i64(&w, "isolated", (int64_t)r->n_isolated);
    pal_json_put_number(&w, "inertia", r->inertia);
    if (j->in.label != NULL) {
        pal_json_put_number(&w, "ari", j->ari);
        pal_json_put_number(&w, "nmi", j->nmi);
    }
    pal_json_put_number(&w, "seconds", j->seconds);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status print_result(const job *j, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool json = pal_args_has(j->args, "json");
    size_t *size = NULL;

    if (pal_args_has(j->args, "quiet") && !json) {
        goto done;
    }
    PAL_TRY(count_members(&size, &j->found, err));
    if (json) {
        PAL_TRY(print_json(j, size, path, err));
    } else {
        print_text(j, size, path);
    }

done:
    pal_free(size);
    return rc;
}

/* ---- the command ------------------------------------------------------------------------------------------ */

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    job j = { .args = args };
    pal_text text = { 0 };
    const char *path = NULL;

    if (pal_args_has(args, "params") && pal_args_has(args, "json")) {
        return pal_params_print_lines("cluster", "spectral", pal_spectral_params, err);
    }
    if (pal_args_has(args, "params")) {
        pal_params_describe(pal_spectral_params, &text);
        PAL_TRY(pal_print_text(&text, err));
        goto done;
    }
    PAL_TRY(read_settings(&j, err));
    PAL_TRY(pal_args_output(&path, args, "clusters.csv", err));
    PAL_TRY(read_input(&j, err));
    PAL_TRY(find_clusters(&j, err));
    PAL_TRY(write_clusters(&j, path, err));
    PAL_TRY(print_result(&j, path, err));

done:
    pal_cluster_input_clear(&j.in);
    pal_spectral_clear(&j.found);
    return rc;
}

const pal_command pal_command_cluster = {
    .name = "cluster", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "find groups in any CSV of points or edges by spectral clustering",
    .usage = "Points are linked to their nearest neighbours; edges are taken as they are, a pair given again adds up.\n"
             "Writes a row a point: its id, its cluster and its place on the map of the first eigenvectors. Prints\n"
             "sizes, eigenvalues of the normalised Laplacian and the gap behind them, and how far the clusters agree\n"
             "with the classes of --labels. 'palate cluster --params' lists what --set may change.",
    .options = options, .run = run,
};
