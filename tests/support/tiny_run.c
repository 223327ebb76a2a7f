/* Small experiments for tests of the laboratory. */
#include "tests/support/tiny_run.h"

#include "tests/support/scratch.h"

const char *const tiny_experiment =
    "{\"purpose\": \"a test\", \"name\": \"tiny\", \"seed\": \"2385\", \"rounds\": 6, \"slots\": 5,"
    " \"baseline\": \"pop\", \"focus\": \"prog\","
    " \"catalog\": {\"items\": 600}, \"people\": {\"n\": 40},"
    " \"arms\": [{\"name\": \"rand\", \"stage\": \"random\"}, {\"name\": \"pop\", \"stage\": \"popularity\"},"
    "            {\"name\": \"prog\", \"stage\": \"progressive\"}, {\"name\": \"best\", \"stage\": \"oracle\"}],"
    " \"probe\": {\"items\": 7, \"every\": 3}, \"statistics\": {\"resamples\": 60, \"permutations\": 99, \"spread_resamples\": 20},"
    " \"output\": {\"sheets\": 3}}";

pal_experiment *tiny_parse(const pal_override *overrides, size_t n)
{
    pal_experiment *e = NULL;
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_experiment_parse(&e, tiny_experiment, strlen(tiny_experiment), "tiny.json", overrides, n, &err);

    ck_assert_msg(rc == PAL_OK, "%s", err.text);
    return e;
}

const char *tiny_run(pal_run_summary *summary, const pal_experiment *e, const char *name, size_t n_threads)
{
    const pal_run_options options = { n_threads, scratch_path(name) };
    pal_error err = { PAL_OK, "" };
    pal_status rc = pal_run(summary, e, &options, &err);

    ck_assert_msg(rc == PAL_OK, "%s", err.text);
    return options.out_dir;
}
