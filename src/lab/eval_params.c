/* The parameter tables of an evaluation file, and their description. */
#include "lab/eval_config.h"

#include "data/interactions_load.h"
#include "data/split.h"

const pal_param pal_eval_params[] = {
    { "purpose", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "what the evaluation asks, in a sentence; stands in the report", NULL },
    { "name", PAL_PARAM_TEXT, "\"evaluation\"", 0, 0, NULL, "short name; names the result directory", NULL },
    { "seed", PAL_PARAM_TEXT, "\"1\"", 0, 0, NULL, "a whole number below 2^64, as a string of digits", NULL },
    { "replicates", PAL_PARAM_INT, "1", 1, PAL_EVAL_MAX_REPLICATES, NULL,
      "times everything is split, searched, fitted and measured; a person's values are averaged over them", NULL },
    { "vary", PAL_PARAM_CHOICE, "\"both\"", 0, 0, "both|split|model",
      "what a further replicate draws anew: the split, the model's own draws, or both", NULL },
    { "baseline", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "model that others are compared with; empty: the first", NULL },
    { "keep_training_items", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "leave what a person has already in the ranking, as the documented figures of LightFM do", "LightFM's evaluation" },
    { "candidates", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|all|unseen",
      "items that are ranked: all, or those that models were not fitted to; auto: unseen for an item_cold split, else all", NULL },
    { "numerics", PAL_PARAM_CHOICE, "\"fast\"", 0, 0, "fast|exact",
      "exact: models made of large matrices run on loops that give the same bytes on every machine", NULL },
    { 0 }
};

const pal_param pal_eval_data_params[] = {
    { "source", PAL_PARAM_CHOICE, "\"file\"", 0, 0, "file|synthetic", "where interactions come from", NULL },
    { "file", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "file: its path (plain or .gz), from the working directory", NULL },
    { "get", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "file: where it can be had; told when it is not there", NULL },
    { 0 }
};

const pal_param pal_eval_generate_params[] = {
    { "people", PAL_PARAM_INT, "500", 2, 1000000, NULL, "people", NULL },
    { "items", PAL_PARAM_INT, "400", 2, 1000000, NULL, "items; each belongs to one group", NULL },
    { "groups", PAL_PARAM_INT, "12", 1, 1000, NULL, "groups of items", NULL },
    { "tastes", PAL_PARAM_INT, "3", 1, 50, NULL, "most groups a person likes; 1 to this many, all as likely", NULL },
    { "mean_interactions", PAL_PARAM_REAL, "30", 5, 10000, NULL,
      "mean interactions of a person, at least 5 each, at most half of the items", NULL },
    { "spread", PAL_PARAM_REAL, "2", 0.1, 1000, NULL, "shape of the gamma distribution of interactions: larger is more even", NULL },
    { "noise", PAL_PARAM_REAL, "0.1", 0, 1, NULL, "share of interactions with an item of any group", NULL },
    { "popularity", PAL_PARAM_REAL, "0.8", 0, 3, NULL, "exponent of the items' popularity inside their group; 0: all alike", NULL },
    { 0 }
};

const pal_param pal_eval_metrics_params[] = {
    { "k", PAL_PARAM_REALS, "[5, 10, 20]", 1, PAL_TOPN_MAX_K, NULL, "list lengths, ascending whole numbers, at most 8", NULL },
    { "main", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "metric that sorts the table, as \"ndcg@10\"; empty: NDCG at 10, or at the last k", NULL },
    { "diversity", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|features|people|none",
      "what makes two items alike: side features, or the people who have them; auto: features when there are any", NULL },
    { "genres", PAL_PARAM_TEXT, "\"genre\"", 0, 0, NULL,
      "item features whose names begin so are genres, for calibration; empty: none", NULL },
    { 0 }
};

const pal_param pal_eval_test_params[] = {
    { "test", PAL_PARAM_CHOICE, "\"permutation\"", 0, 0, "permutation|t|wilcoxon",
      "paired test over people: sign flips, Student's t, or signed ranks (too ready to reject "
      "among many people)",
      "Smucker, Allan, Carterette, CIKM 2007; Ihemelandu and Ekstrand, SIGIR 2023" },
    { 0 }
};

const pal_param pal_eval_output_params[] = {
    { "people", PAL_PARAM_BOOL, "true", 0, 0, NULL, "write people.csv: every metric of every person", NULL },
    { "recommendations", PAL_PARAM_INT, "10", 0, 100000, NULL,
      "people, drawn at random, whose lists go to recommendations.csv", NULL },
    { 0 }
};

const pal_param pal_eval_model_params[] = {
    { "model", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "which one: listed below", NULL },
    { "name", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "name in results, unique; empty: the model's", NULL },
    { "features", PAL_PARAM_CHOICE, "\"none\"", 0, 0, "none|people|items|both", "side features the model is given", NULL },
    { 0 }
};

const pal_param pal_eval_search_params[] = {
    { "kind", PAL_PARAM_CHOICE, "\"grid\"", 0, 0, "grid|random", "every combination, or draws", NULL },
    { "tries", PAL_PARAM_INT, "20", 1, 10000, NULL, "random: settings drawn; grid: the most it may have", NULL },
    { "by", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "metric on the validation part that decides, higher is better; empty: metrics.main", NULL },
    { 0 }
};

/* Every table, in the order of the file. */
static const struct {
    const char *key, *title;
    const pal_param *table;
} sections[] = {
    { "", "Top level", pal_eval_params },
    { "data", "\"data\"", pal_eval_data_params },
    { "data", "\"data\", when it is a file", pal_interactions_params },
    { "data", "\"data\", when it is synthetic", pal_eval_generate_params },
    { "split", "\"split\"", pal_split_params },
    { "models", "\"models\": [{…, \"params\": {…}, \"search\": {…}}]", pal_eval_model_params },
    { "models.search",
      "\"search\", with \"over\": {\"parameter\": [values] or {\"low\": 0.01, \"high\": 1, "
      "\"log\": true}}",
      pal_eval_search_params },
    { "metrics", "\"metrics\"", pal_eval_metrics_params },
    { "statistics", "\"statistics\"", pal_statistics_params },
    { "statistics", "\"statistics\" too", pal_eval_test_params },
    { "output", "\"output\"", pal_eval_output_params },
};

size_t pal_eval_sections(void)
{
    return sizeof sections / sizeof *sections;
}

const pal_param *pal_eval_section(size_t i, const char **key)
{
    PAL_ASSERT(i < pal_eval_sections());
    *key = sections[i].key;
    return sections[i].table;
}

static void describe_metric(pal_text *text, const pal_metric_info *info, const char *at)
{
    pal_text_addf(text, "  %s%s\n      %s%s%s%s\n", info->name, at, info->definition, info->source[0] != '\0' ? " [" : "",
                  info->source, info->source[0] != '\0' ? "]" : "");
}

void pal_eval_describe(pal_text *text)
{
    pal_text_add(text, "An evaluation file is a JSON object. Unknown keys, wrong types and values out of range are errors.\n");
    for (size_t i = 0; i < pal_eval_sections(); i++) {
        pal_text_addf(text, "\n%s\n", sections[i].title);
        pal_params_describe(sections[i].table, text);
        for (size_t m = 0; sections[i].table == pal_eval_model_params && m < pal_rec_count(); m++) {
            pal_text_addf(text, "  %-20s %s\n", pal_rec_at(m)->name, pal_rec_at(m)->summary);
        }
    }
    pal_text_add(text, "\nMetrics. T: the wanted items of a person; the first k: of all candidates, equal scores by lower "
                       "item.\n");
    for (size_t i = 0; i < PAL_TOPN_WHOLES; i++) describe_metric(text, pal_topn_whole_info((pal_topn_whole)i), "");
    for (size_t i = 0; i < PAL_TOPN_ATS; i++) describe_metric(text, pal_topn_at_info((pal_topn_at)i), "@k");
    for (size_t i = 0; i < PAL_TOPN_CROWDS; i++) describe_metric(text, pal_topn_crowd_info((pal_topn_crowd)i), "@k");
}
