/* Runs that are stopped and gone on with. */
#include "tests/support/stopped_run.h"

#include "lab/world.h"
#include "tests/support/scratch.h"
#include "tests/support/tiny_run.h"

#include <stdio.h>
#include <string.h>

#define QUICK "\"statistics\": {\"resamples\": 20, \"permutations\": 99, \"spread_resamples\": 20}"

const stopped_case stopped_cases[STOPPED_CASES] = {
    { "tiny, two replicates",
      "{\"name\": \"two\", \"seed\": \"5\", \"rounds\": 3, \"slots\": 5, \"replicates\": 2, \"focus\": \"prog\", \"baseline\": \"pop\","
      " \"people\": {\"n\": 15},"
      " \"arms\": [{\"name\": \"prog\", \"stage\": \"progressive\"}, {\"name\": \"pop\", \"stage\": \"popularity\"},"
      "            {\"name\": \"best, of \\\"all\\\"\", \"stage\": \"oracle\"}],"
      " \"probe\": {\"items\": 5, \"every\": 2, \"memory\": 100}, " QUICK ", \"output\": {\"sheets\": 3}}", false },
    { "playlists, communities and maps of people",
      "{\"name\": \"lists\", \"seed\": \"7\", \"rounds\": 3, \"slots\": 5, \"replicates\": 2, \"focus\": \"com\","
      " \"people\": {\"n\": 24}, \"playlists\": {\"library_mean\": 15, \"delay_mean\": 1.5},"
      " \"arms\": [{\"name\": \"com\", \"stage\": \"community\", \"params\": {\"steps\": 3, \"members\": 6}},"
      "            {\"name\": \"near\", \"stage\": \"neighbours\"}],"
      " \"probe\": {\"items\": 5, \"every\": 2}, " QUICK ", \"output\": {\"sheets\": 3, \"people_map\": \"com;near\","
      " \"people_map_rounds\": 2, \"events\": \"npy\", \"reasons\": true}}", false },
    { "content types behind a cache, and models for everyone",
      "{\"name\": \"types\", \"seed\": \"9\", \"rounds\": 4, \"slots\": 4, \"focus\": \"knn\", \"baseline\": \"pop\","
      " \"catalog\": {\"types\": \"movie,music\", \"items\": 200}, \"people\": {\"n\": 20},"
      " \"arms\": [{\"name\": \"knn\", \"stage\": \"item_knn\", \"params\": {\"every\": 1, \"after\": 5},"
      "             \"cache\": {\"ttl_rounds\": 3, \"invalidate\": \"type\"}}, {\"name\": \"pop\", \"stage\": \"popularity\"},"
      "            {\"name\": \"als\", \"stage\": \"als\", \"params\": {\"after\": 1, \"per_type\": true, \"model\": {\"factors\": 3}},"
      "             \"cache\": {}}],"
      " \"probe\": {\"items\": 5, \"every\": 3}, " QUICK ", \"output\": {\"sheets\": 1, \"days\": true}}", true },
    { "factor models, events as columns",
      "{\"name\": \"factors\", \"seed\": \"11\", \"rounds\": 4, \"slots\": 5, \"people\": {\"n\": 20},"
      " \"arms\": [{\"name\": \"warp\", \"stage\": \"warp\", \"params\": {\"after\": 5, \"every\": 2}},"
      "            {\"name\": \"ease\", \"stage\": \"ease\", \"params\": {\"after\": 5, \"every\": 2}},"
      "            {\"name\": \"user\", \"stage\": \"user_knn\", \"params\": {\"after\": 5, \"every\": 2}},"
      "            {\"name\": \"hybrid\", \"stage\": \"hybrid\", \"params\": {\"after\": 5, \"every\": 2}}],"
      " \"probe\": {\"items\": 5, \"every\": 2}, " QUICK ", \"output\": {\"sheets\": 1, \"events\": \"npy\"}}", false },
    { "the reference preset, up all its rungs",
      "{\"name\": \"rungs\", \"seed\": \"13\", \"rounds\": 6, \"slots\": 12, \"people\": {\"n\": 8,"
      " \"preset\": \"r1\"}, \"arms\": [{\"name\": \"r1\", \"stage\": \"progressive\", \"params\": {\"preset\": \"reference\","
      "  \"ranking_min\": 20, \"logistic_min\": 40, \"boosted_min\": 60}}, {\"name\": \"rand\", \"stage\": \"random\"}],"
      " \"probe\": {\"items\": 5, \"every\": 3}, " QUICK ", \"output\": {\"sheets\": 2}}", false },
    { "networks and boosted trees",
      "{\"name\": \"models\", \"seed\": \"15\", \"rounds\": 5, \"slots\": 10, \"people\": {\"n\": 8},"
      " \"arms\": [{\"name\": \"neural\", \"stage\": \"neural\"}, {\"name\": \"boosted\", \"stage\": \"boosted\"},"
      "            {\"name\": \"logistic\", \"stage\": \"logistic\"}],"
      " \"probe\": {\"items\": 5, \"every\": 3}, " QUICK ", \"output\": {\"sheets\": 2, \"events\": \"none\"}}", false },
    { "bandits, exploration and a list made diverse",
      "{\"name\": \"bandits\", \"seed\": \"17\", \"rounds\": 3, \"slots\": 5, \"people\": {\"n\": 12},"
      " \"arms\": [{\"name\": \"ts\", \"stage\": \"thompson\"}, {\"name\": \"lin\", \"stage\": \"linucb\"},"
      "            {\"name\": \"eps\", \"stage\": \"epsilon_greedy\"},"
      "            {\"name\": \"mmr\", \"stage\": \"rerank\"}, {\"name\": \"rank\", \"stage\": \"ranking\"}],"
      " \"probe\": {\"items\": 5, \"every\": 2}, " QUICK ", \"output\": {\"sheets\": 2}}", false },
};

char stopped_said[8192];

void stopped_forget(void)
{
    stopped_said[0] = '\0';
}

static void listen(void *ctx, const char *line)
{
    const size_t n = strlen(stopped_said);

    (void)ctx;
    snprintf(stopped_said + n, sizeof stopped_said - n, "%s\n", line);
}

static char catalog_key[700];

void stopped_begin(void)
{
    const char *path;
    pal_experiment *e;
    pal_catalog *catalog = NULL;
    bool synthetic;

    scratch_begin();
    path = scratch_path("catalog.csv");
    e = tiny_parse((const pal_override[]){ { "catalog.items", "200" } }, 1);
    ck_assert_int_eq(pal_lab_catalog(&catalog, NULL, &synthetic, e, NULL), PAL_OK);
    ck_assert_int_eq(pal_catalog_save(catalog, path, NULL, NULL), PAL_OK);
    snprintf(catalog_key, sizeof catalog_key, "{\"source\": \"csv\", \"file\": \"%s\", \"layout\": \"palate\"}", path);
    pal_catalog_free(catalog);
    pal_experiment_free(e);
}

pal_experiment *stopped_parse(const stopped_case *c)
{
    const pal_override catalog = { "catalog", catalog_key };
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_experiment_parse(&e, c->text, strlen(c->text), c->name, &catalog, c->synthetic ? 0 : 1, &err);

    ck_assert_msg(rc == PAL_OK, "%s", err.text);
    return e;
}

pal_status stopped_play(pal_run_summary *summary, const pal_experiment *e, const char *dir, size_t rounds, size_t n_threads)
{
    const pal_run_options options = { n_threads, dir };
    const pal_run_keeping keeping = { .every_s = 1e9, .stop_after = rounds, .say = listen };
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_run_resumable(summary, e, &options, &keeping, &err);

    ck_assert_msg(rc == PAL_OK || rc == PAL_ERR_STOPPED, "%s", err.text);
    return rc;
}
