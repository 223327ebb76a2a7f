/* The metrics, in the order of the report. */
#include "metrics/metric.h"

#include <string.h>

#define OURS "ours"

static const pal_metric_info table[] = {
    /* what people did */
    { "ctr", "click-through rate", "share",
      "Clicks over impressions. Each item shown in a slate is one impression.", 1, OURS },
    { "like_rate", "like rate", "share",
      "Likes over impressions: how much of what was shown was liked. The main measure of a recommender here.", 1,
      OURS },
    { "expected_like", "expected like rate", "share",
      "Mean true probability of a like over what was shown: the like rate without the luck of the answers.", 1, OURS },
    { "dislike_rate", "dislike rate", "share",
      "Dislikes over impressions.", -1, OURS },
    { "skip_rate", "skip rate", "share",
      "Skips over impressions: the person started the item and moved on before its end.", -1, OURS },
    { "reward", "likes an impression", "share",
      "The like rate under the name that bandit studies use: one for a like, else nothing, per impression.", 1,
      "Li et al., WWW 2010" },
    /* does the score rank */
    { "auc", "AUC", "share",
      "Chance that a liked item of the probe sample is scored above one that is not, ties counted half. The probe "
      "sample is the same for all arms, so arms can be compared.",
      1, "Mann and Whitney 1947; Hanley and McNeil 1982" },
    { "gauc", "GAUC", "share",
      "AUC inside each person, averaged with the person's rows as weight. People whose answers are all alike are left "
      "out and their share is reported.",
      1, "Zhou et al., KDD 2018" },
    { "logloss", "log loss", "nat",
      "Mean of -log of the probability given to what happened, on the probe sample. Probabilities are clipped to "
      "1e-15.",
      -1, "Good 1952" },
    { "normalised_entropy", "normalised entropy", "ratio",
      "Log loss over the entropy of the base rate: 1 is no better than always saying the base rate.", -1,
      "He et al., ADKDD 2014" },
    { "ece", "calibration error", "share",
      "Mean distance between predicted probability and observed share over 15 bins of equal mass. Even a perfect "
      "scorer is above 0 on few rows.",
      -1, "Guo et al., ICML 2017" },
    { "excess_kl", "excess divergence", "nat",
      "Mean Kullback-Leibler divergence of the predicted from the true probability: what log loss exceeds its ceiling "
      "by, free of the luck of the answers.",
      -1, "Kullback and Leibler 1951" },
    { "auc_ceiling", "AUC ceiling", "share",
      "AUC of the true probabilities on the same probe sample: what a perfect recommender would reach under this "
      "noise.",
      0, "Menon et al., ICML 2015" },
    { "logloss_ceiling", "log loss ceiling", "nat",
      "Log loss of the true probabilities on the same probe sample: the best that can be reached in the mean.", 0,
      OURS },
    { "slate_auc", "AUC on slates", "share",
      "AUC on the items the arm itself showed. Arms show different items, so this does not compare arms.", 1,
      "Mann and Whitney 1947" },
    { "slate_logloss", "log loss on slates", "nat",
      "Log loss on the items the arm itself showed. Arms show different items, so this does not compare arms.", -1,
      "Good 1952" },
    /* is the slate good */
    { "hit_rate", "hit rate", "share",
      "Chance that a slate holds at least one item the person likes, from the true probabilities.", 1, OURS },
    { "ndcg", "NDCG", "share",
      "Expected likes of the slate, each over log2 of its place + 1, over those of the best slate of unseen items in "
      "the same state. From the true probabilities.",
      1, "Jarvelin and Kekalainen, TOIS 2002" },
    { "regret", "regret", "likes an impression",
      "Expected likes an impression of the best slate of unseen items in the same state, less those of the slate "
      "shown. From the true probabilities.",
      -1, "Lai and Robbins 1985" },
    /* are all tastes served */
    { "taste_coverage", "taste coverage", "share",
      "Share of a person's true tastes with at least one liked item.", 1, OURS },
    { "taste_balance", "taste imbalance", "nat",
      "Kullback-Leibler divergence of a person's true taste weights from the mix served, one per cent smoothed: 0 is "
      "in balance.",
      -1, "Steck, RecSys 2018" },
    { "novelty", "novelty", "bit",
      "Mean -log2 of the popularity share of the items shown: how surprising the slates are.", 0,
      "Vargas and Castells, RecSys 2011" },
    { "diversity", "diversity", "cosine distance",
      "Mean 1 - cosine of the audio features over all pairs in a slate.", 0, "Ziegler et al., WWW 2005" },
    /* the catalog's side */
    { "coverage", "catalog coverage", "share",
      "Share of the catalog's items shown to anybody.", 0, "Ge, Delgado-Battenfeld, Jannach, RecSys 2010" },
    { "gini", "Gini of exposure", "",
      "Concentration of impressions over all items, never shown ones too: 0 when all are shown alike, near 1 when a "
      "few have all.",
      0, "Gini 1912; Fleder and Hosanagar 2009" },
    { "mean_popularity", "mean popularity", "popularity",
      "Mean popularity of the items shown, in the catalog's own unit.", 0, "Abdollahpouri et al. 2019" },
    /* do people stay */
    { "presence", "presence", "share",
      "Share of people who turned up in the round.", 1, OURS },
    { "lifetime", "lifetime", "rounds",
      "Rounds until a person leaves for good; people still here at the end count with the rounds so far.", 1, OURS },
};

size_t pal_metric_count(void)
{
    return sizeof table / sizeof table[0];
}

const pal_metric_info *pal_metric_at(size_t i)
{
    return i < pal_metric_count() ? &table[i] : NULL;
}

const pal_metric_info *pal_metric_find(const char *name)
{
    for (size_t i = 0; i < pal_metric_count(); i++) {
        if (strcmp(table[i].name, name) == 0) {
            return &table[i];
        }
    }
    return NULL;
}
