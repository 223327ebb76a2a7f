/* The definitions of the ranking metrics, each with its formula, and the names of their columns. */
#include "metrics/topn.h"

#include "core/text.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define OURS "ours"

static const pal_metric_info wholes[PAL_TOPN_WHOLES] = {
    [PAL_TOPN_AUC] = { "auc", "AUC", "share",
      "Chance that a wanted item is ranked above a candidate that is not: mean over both of [above] + 1/2 [equal]. "
      "Over the full ranking of each person, then averaged over people.",
      1, "Mann and Whitney 1947; Rendle et al., UAI 2009 for the mean over people" },
    [PAL_TOPN_AUC_PESSIMISTIC] = { "auc_pessimistic", "AUC, ties lost", "share",
      "As LightFM counts it: 1 - (rank - wanted before) / others, where rank counts every other candidate with a score "
      ">= mine. Equal scores are losses, so a constant scorer gets 0.",
      1, "Kula, CBRecSys 2015 (LightFM's evaluation)" },
    [PAL_TOPN_MRR] = { "mrr", "MRR", "share",
      "1 / place of the first wanted item in the full ranking, averaged over people.", 1, "Voorhees, TREC-8 1999" },
};

static const pal_metric_info ats[PAL_TOPN_ATS] = {
    [PAL_TOPN_NDCG] = { "ndcg", "NDCG", "share",
      "Sum over hits among the first k of 1 / log2(place + 1), over the same sum with min(k, |T|) hits in front: gains "
      "are 0 or 1.",
      1, "Jarvelin and Kekalainen, TOIS 2002" },
    [PAL_TOPN_PRECISION] = { "precision", "Precision", "share",
      "Hits among the first k / k. With fewer than k wanted items 1 cannot be reached.", 1, "" },
    [PAL_TOPN_RECALL] = { "recall", "Recall", "share", "Hits among the first k / |T|.", 1, "" },
    [PAL_TOPN_TRUNCATED_RECALL] = { "truncated_recall", "Truncated recall", "share",
      "Hits among the first k / min(k, |T|): what others call recall (Mult-VAE, iALS) or precision (implicit).", 1,
      "Liang et al., WWW 2018" },
    [PAL_TOPN_MAP] = { "map", "MAP", "share",
      "Sum over hits among the first k of precision at their place / min(k, |T|). Others divide by |T| or by the hits.",
      1, "" },
    [PAL_TOPN_HIT_RATE] = { "hit_rate", "Hit rate", "share", "Share of people with a hit among the first k.", 1, "" },
    [PAL_TOPN_NOVELTY] = { "novelty", "Novelty", "bit",
      "Mean over the first k of -log2 of (count + 1) / (all + items), counts of the training part.", 0,
      "Vargas and Castells, RecSys 2011 (without discount)" },
    [PAL_TOPN_DIVERSITY] = { "diversity", "Diversity", "cosine distance",
      "Mean over pairs of the first k of 1 - cosine, of the items' side features or of the people who had them in "
      "training (the data says which).",
      0, "Ziegler et al., WWW 2005" },
    [PAL_TOPN_POPULARITY_KL] = { "popularity_kl", "Popularity miscalibration", "nat",
      "KL(p || 0.99 q + 0.01 p): p the shares of head, middle and tail among a person's own items, q among the first "
      "k. Head and tail make a fifth of all interactions each.",
      -1, "Steck, RecSys 2018; groups of Abdollahpouri et al., UMAP 2021" },
    [PAL_TOPN_GENRE_KL] = { "genre_kl", "Genre miscalibration", "nat",
      "KL(p || 0.99 q + 0.01 p): p the shares of genres among a person's own items, q among the first k; an item is "
      "spread evenly over its genres.",
      -1, "Steck, RecSys 2018" },
    [PAL_TOPN_TIED] = { "tied_cutoff", "Tied cut-offs", "share",
      "Share of people whose score at place k stands at place k + 1 too, so that the lower item number decided.", 0,
      OURS },
};

static const pal_metric_info crowds[PAL_TOPN_CROWDS] = {
    [PAL_TOPN_COVERAGE] = { "coverage", "Catalog coverage", "share",
      "Share of all items that stand among the first k of anybody.", 0,
      "Ge, Delgado-Battenfeld, Jannach, RecSys 2010" },
    [PAL_TOPN_GINI] = { "gini", "Gini of recommendations", "",
      "Concentration of the first k of all people over all items, never recommended ones too: 0 all alike, near 1 a few "
      "have all.",
      0, "Gini 1912; Fleder and Hosanagar 2009" },
};

const pal_metric_info *pal_topn_whole_info(pal_topn_whole whole)
{
    PAL_ASSERT(whole < PAL_TOPN_WHOLES);
    return &wholes[whole];
}

const pal_metric_info *pal_topn_at_info(pal_topn_at at)
{
    PAL_ASSERT(at < PAL_TOPN_ATS);
    return &ats[at];
}

const pal_metric_info *pal_topn_crowd_info(pal_topn_crowd crowd)
{
    PAL_ASSERT(crowd < PAL_TOPN_CROWDS);
    return &crowds[crowd];
}

size_t pal_topn_columns(size_t n_k)
{
    return PAL_TOPN_WHOLES + n_k * PAL_TOPN_ATS;
}

const pal_metric_info *pal_topn_column_info(size_t column, const size_t *k, size_t *at_k)
{
    if (column < PAL_TOPN_WHOLES) {
        *at_k = 0;
        return &wholes[column];
    }
    column -= PAL_TOPN_WHOLES;
    *at_k = k[column / PAL_TOPN_ATS];
    return &ats[column % PAL_TOPN_ATS];
}

const char *pal_topn_column_name(char name[PAL_TOPN_NAME], size_t column, const size_t *k)
{
    size_t at_k;
    const pal_metric_info *info = pal_topn_column_info(column, k, &at_k);

    if (at_k == 0) {
        snprintf(name, PAL_TOPN_NAME, "%s", info->name);
    } else {
        snprintf(name, PAL_TOPN_NAME, "%s@%zu", info->name, at_k);
    }
    return name;
}

size_t pal_topn_find(const char *name, const size_t *k, size_t n_k)
{
    char other[PAL_TOPN_NAME];

    for (size_t c = 0; c < pal_topn_columns(n_k); c++) {
        if (strcmp(pal_topn_column_name(other, c, k), name) == 0) {
            return c;
        }
    }
    return SIZE_MAX;
}
