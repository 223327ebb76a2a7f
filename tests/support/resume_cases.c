#include "tests/support/resume_cases.h"

#define LESSONS "\"min_samples\": 12, \"retrain_every\": 12, \"folds\": 2"
#define TREES "\"model\": {\"num_iterations\": 12, \"early_stopping_round\": 4}"
#define NET "\"model\": {\"hidden\": [4], \"epochs\": 3}"
#define RUNGS "\"logistic\": {" LESSONS "}, \"boosted\": {" LESSONS ", " TREES "}, \"neural\": {" LESSONS ", " NET "}"
#define CLIMB "\"preset\": \"reference\", \"cold_below\": 1.5, \"fallback_below\": 4, \"ranking_below\": 6, "          \
              "\"ranking_min\": 20, \"logistic_below\": 8, \"logistic_min\": 30, \"boosted_below\": 9.5, "               \
              "\"boosted_min\": 40, \"cold_start_slots\": 10, " RUNGS
#define LOG "\"every\": 4, \"after\": 20, \"explore\": 0.1, \"click_value\": 0.5"
#define SIDE LOG ", \"side_features\": true"
#define SMALL "\"model\": {\"factors\": 4, \"epochs\": 3}"

const resume_case resume_cases[] = {
    { .name = "random", .stage = "random", .json = "" },
    { .name = "popularity", .stage = "popularity", .json = "" },
    { .name = "cold_start", .stage = "cold_start", .json = "" },
    { .name = "fallback", .stage = "fallback", .json = "" },
    { .name = "ranking reference", .stage = "ranking", .json = "" },
    { .name = "ranking palate", .stage = "ranking", .json = "{\"score\": \"palate\"}" },
    { .name = "oracle", .stage = "oracle", .json = "" },
    { .name = "logistic", .stage = "logistic", .json = "{" LESSONS "}", .fits = true },
    { .name = "logistic derived", .stage = "logistic", .json = "{" LESSONS ", \"features\": \"audio+derived\"}", .fits = true },
    { .name = "boosted", .stage = "boosted", .json = "{" LESSONS ", " TREES "}", .fits = true },
    { .name = "neural", .stage = "neural", .json = "{" LESSONS ", " NET "}", .fits = true },
    { .name = "progressive reference", .stage = "progressive", .json = "{" CLIMB "}", .fits = true },
    { .name = "progressive palate", .stage = "progressive", .fits = true,
      .json = "{\"ranking_below\": 5, \"ranking_min\": 20, \"logistic_below\": 8, \"logistic_min\": 40, " RUNGS "}" },
    { .name = "community", .stage = "community", .json = "{\"members\": 4, \"lag\": 1, \"patience\": 3}" },
    { .name = "neighbours", .stage = "neighbours", .json = "{\"members\": 5}" },
    { .name = "item_knn", .stage = "item_knn", .json = "{" LOG ", \"dislike_weight\": 0.5}", .fits = true },
    { .name = "user_knn", .stage = "user_knn", .json = "{" LOG "}", .fits = true },
    { .name = "warp", .stage = "warp", .json = "{" LOG ", " SMALL "}", .fits = true },
    { .name = "warp features", .stage = "warp", .json = "{" SIDE ", " SMALL "}", .fits = true },
    { .name = "bpr", .stage = "bpr", .json = "{" LOG ", " SMALL "}", .fits = true },
    { .name = "als", .stage = "als", .json = "{" LOG ", \"dislike_weight\": 0.5, " SMALL "}", .fits = true },
    { .name = "als per type", .stage = "als", .json = "{" LOG ", \"per_type\": true, " SMALL "}", .n_types = 2, .fits = true },
    { .name = "warp index", .stage = "warp", .json = "{" LOG ", \"index\": \"hnsw\", " SMALL "}", .fits = true },
    { .name = "ease", .stage = "ease", .json = "{" LOG "}", .fits = true },
    { .name = "slim", .stage = "slim", .json = "{" LOG "}", .fits = true },
    { .name = "two_tower", .stage = "two_tower", .json = "{" LOG ", " SMALL "}", .fits = true },
    { .name = "two_tower features", .stage = "two_tower", .fits = true,
      .json = "{" SIDE ", \"model\": {\"factors\": 4, \"epochs\": 2, \"interests\": 2, \"person_ids\": true, \"hidden\": 3, "
              "\"embedding\": 4}}" },
    { .name = "hybrid", .stage = "hybrid", .fits = true,
      .json = "{" LOG ", \"dislike_weight\": 1, \"model\": {\"factors\": 4, \"hidden\": 4, \"epochs\": 2}}" },
    { .name = "hybrid features", .stage = "hybrid", .fits = true,
      .json = "{" SIDE ", \"model\": {\"factors\": 4, \"hidden\": 4, \"epochs\": 2}}" },
    { .name = "rerank progressive boosted", .stage = "rerank", .fits = true,
      .json = "{\"stage\": \"progressive\", \"params\": {" CLIMB "}}" },
    { .name = "rerank rerank community", .stage = "rerank",
      .json = "{\"stage\": \"rerank\", \"params\": {\"stage\": \"community\", \"params\": {\"members\": 3}}}" },
    { .name = "linucb hybrid", .stage = "linucb", .json = "{\"model\": \"hybrid\", \"refactor\": 7}" },
    { .name = "linucb disjoint", .stage = "linucb", .json = "{\"model\": \"disjoint\", \"refactor\": 7}" },
    { .name = "thompson hybrid", .stage = "thompson", .json = "{\"propensity_draws\": 4}" },
    { .name = "thompson gaussian", .stage = "thompson", .json = "{\"model\": \"gaussian\", \"propensity_draws\": 4}" },
    { .name = "thompson logistic", .stage = "thompson", .json = "{\"model\": \"logistic\", \"propensity_draws\": 4}" },
    { .name = "thompson diagonal", .stage = "thompson",
      .json = "{\"model\": \"logistic\", \"laplace\": \"diagonal\", \"propensity_draws\": 4}" },
    { .name = "thompson beta", .stage = "thompson", .json = "{\"model\": \"beta\", \"propensity_draws\": 4}" },
    { .name = "epsilon_greedy", .stage = "epsilon_greedy", .json = "{\"base\": \"neighbours\", \"decay\": 0.1}" },
    { .name = "cache", .stage = "popularity", .json = "", .cache = "{\"ttl_rounds\": 4, \"items\": 30, \"invalidate\": \"none\"}" },
    { .name = "cache of types", .stage = "ranking", .json = "{\"score\": \"palate\"}", .n_types = 2,
      .cache = "{\"ttl_rounds\": 5, \"items\": 24, \"invalidate\": \"type\"}" },
};
const size_t resume_n_cases = sizeof resume_cases / sizeof *resume_cases;
