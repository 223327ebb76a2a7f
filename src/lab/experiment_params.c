/* The parameter tables of an experiment, and their description. */
#include "lab/experiment.h"

#include "data/import_tracks.h"
#include "metrics/compare.h"
#include "profile/profile.h"
#include "sim/catalog_gen.h"
#include "sim/filing.h"
#include "sim/population.h"
#include "sim/response.h"
#include "stages/cache.h"
#include "stages/stage.h"

const pal_param pal_experiment_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the experiment asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"experiment\"", 0, 0, NULL, "short name; names the run directory", NULL },
    { "seed", PAL_PARAM_TEXT, "\"1\"", 0, 0, NULL, "a whole number below 2^64, as a string of digits", NULL },
    { "replicates", PAL_PARAM_INT, "1", 1, 10000, NULL, "worlds with new people and new luck", NULL },
    { "rounds", PAL_PARAM_INT, "50", 1, 1000000, NULL, "rounds: a person who turns up gets one slate a round", NULL },
    { "slots", PAL_PARAM_INT, "10", 1, PAL_MAX_SLOTS, NULL, "items a slate", "R1: 10, never above 50" },
    { "baseline", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "arm that others are compared with; empty: the first", NULL },
    { "focus", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "arm whose people are drawn; empty: the last that is neither baseline nor oracle", NULL },
    { 0 }
};

const pal_param pal_catalog_params[] = {
    { "source", PAL_PARAM_CHOICE, "\"synthetic\"", 0, 0, "synthetic|csv", "where items come from", NULL },
    { "file", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "csv: path of the file (plain or .gz), from the working directory", NULL },
    { "if_absent", PAL_PARAM_CHOICE, "\"error\"", 0, 0, "error|synthetic", "csv: what to do when there is no such file", NULL },
    { "clusters", PAL_PARAM_TEXT, "\"default\"", 0, 0, NULL,
      "genre clusters: default, auto (from the catalog), per-genre, or the path of a cluster file", "R1: 24 clusters" },
    { "auto_clusters", PAL_PARAM_INT, "24", 1, PAL_MAX_CLUSTERS, NULL, "clusters that auto makes", "R1" },
    { 0 }
};

const pal_param pal_probe_params[] = {
    { "items", PAL_PARAM_INT, "20", 0, 1000, NULL,
      "items a person, drawn at random and never served, on which predictions are judged; 0: no probe", NULL },
    { "every", PAL_PARAM_INT, "5", 1, 1000000, NULL, "rounds between probes; the first and the last round are always probed", NULL },
    { "memory", PAL_PARAM_INT, "20000", 100, 100000000, NULL,
      "latest examined slots a stage's scores are calibrated on (Platt scaling, between rounds)", NULL },
    { 0 }
};

const pal_param pal_statistics_params[] = {
    { "resamples", PAL_PARAM_INT, "1000", 20, 1000000, NULL, "bootstrap resamples of people", NULL },
    { "level", PAL_PARAM_REAL, "0.95", 0.5, 0.9999, NULL, "level of every interval", NULL },
    { "permutations", PAL_PARAM_INT, "9999", 99, 10000000, NULL, "sign flips of a paired test", NULL },
    { "correction", PAL_PARAM_CHOICE, "\"holm\"", 0, 0, "holm|benjamini-hochberg",
      "for many comparisons: holm guards every claim, benjamini-hochberg the share of false ones", "Holm 1979; Benjamini and Hochberg 1995" },
    { "spread_resamples", PAL_PARAM_INT, "200", 20, 100000, NULL, "resamples for coverage and Gini, which cost a pass over all rows each", NULL },
    { 0 }
};

const pal_param pal_output_params[] = {
    { "events", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|csv|npy|none",
      "the log of impressions; auto: csv up to 300,000 impressions, else npy", NULL },
    { "items", PAL_PARAM_BOOL, "true", 0, 0, NULL, "write items.csv", NULL },
    { "days", PAL_PARAM_BOOL, "false", 0, 0, NULL, "write days.csv: a round's counts as a day's, by position and content type", "R4" },
    { "reasons", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "write reasons.csv: why each song was shown (nearest taste, features, liked song, members); slow", NULL },
    { "long_run", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "write long_run.csv, retention.csv, lifetime.csv: how alike people are made, filter bubbles, drift, concentration, who stays", NULL },
    { "long_run_window", PAL_PARAM_INT, "10", 1, 1000000, NULL, "long run: rounds that are measured together", NULL },
    { "long_run_partners", PAL_PARAM_INT, "10", 1, 1000, NULL,
      "long run: people whom each is drawn to be paired with, for how alike they are", NULL },
    { "sheets", PAL_PARAM_INT, "6", 0, 100, NULL, "people drawn whole, chosen by a stated rule", NULL },
    { "people_map", PAL_PARAM_TEXT, "\"auto\"", 0, 0, NULL,
      "arms whose people are clustered into communities: auto (the focus arm, where people keep playlists), all, none, or "
      "names with ';' between them", NULL },
    { "people_map_rounds", PAL_PARAM_INT, "4", 1, 20, NULL, "people map: clusterings, at the ends of equal parts of the run", NULL },
    { "people_map_k", PAL_PARAM_INT, "0", 0, 64, NULL, "people map: communities; 0: by the largest eigengap among 2..people_map_max_k",
      "von Luxburg, Stat. Comput. 17 (2007), 8.3" },
    { "people_map_max_k", PAL_PARAM_INT, "24", 2, 64, NULL, "people map: most communities the eigengap may choose, never above a fifth of the people", NULL },
    { "people_map_neighbours", PAL_PARAM_INT, "10", 1, 1000, NULL, "people map: most similar people that each is joined with", NULL },
    { "people_map_songs", PAL_PARAM_REAL, "0.5", 0, 1, NULL, "people map: share of shared songs in the similarity; shared genres are the rest", NULL },
    { "people_map_shrink", PAL_PARAM_REAL, "20", 0, 1e9, NULL, "people map: added below the cosine of liked songs, so that few shared ones count less", NULL },
    { 0 }
};

static void describe_one(pal_text *text, const char *title, const pal_param *table)
{
    pal_text_addf(text, "\n%s\n", title);
    pal_params_describe(table, text);
}

void pal_experiment_describe(pal_text *text)
{
    pal_text_add(text, "An experiment is a JSON object. Unknown keys, wrong types and values out of range are errors.\n");
    describe_one(text, "Top level", pal_experiment_params);
    describe_one(text, "\"catalog\"", pal_catalog_params);
    describe_one(text, "\"catalog\", when it is synthetic", pal_catalog_gen_params);
    describe_one(text, "\"catalog\", when it is read from CSV (and \"columns\": {…} to map columns)", pal_import_params);
    describe_one(text, "\"people\"", pal_population_params);
    pal_text_add(text, "\n\"response\": {\"model\": NAME, …}: `palate describe response NAME` lists the rest\n");
    for (size_t i = 0; i < pal_response_count(); i++) {
        pal_text_addf(text, "  %-20s %s\n", pal_response_at(i)->name, pal_response_at(i)->summary);
    }
    describe_one(text, "\"playlists\": people file what they like, and may bring a library along; without it nobody keeps any",
                 pal_filing_params);
    describe_one(text, "\"profile\": what a recommender makes of likes and dislikes", pal_profile_params);
    pal_text_add(text, "\n\"arms\": [{\"name\": …, \"stage\": NAME, \"params\": {…}}]: `palate describe stage NAME` lists the parameters\n");
    for (size_t i = 0; i < pal_stage_count(); i++) {
        pal_text_addf(text, "  %-20s %s\n", pal_stage_at(i)->name, pal_stage_at(i)->summary);
    }
    describe_one(text, "\"cache\" of an arm: recommendations are kept and served from for a while; without it each is made anew",
                 pal_cache_params);
    describe_one(text, "\"probe\"", pal_probe_params);
    describe_one(text, "\"statistics\"", pal_statistics_params);
    describe_one(text, "\"output\"", pal_output_params);
}
