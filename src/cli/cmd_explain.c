/* palate explain: why a person was shown a song. */
#include "cli/command.h"
#include "cli/print.h"
#include "lab/explain.h"

static const pal_option options[] = {
    { "person", "N", false, "whose slate: a user of users.csv, from 0" },
    { "round", "N", false, "of which round, from 0" },
    { "slot", "N", false, "which slot of it, from 0 (default: 0)" },
    { "arm", "NAME", false, "of which arm (default: the run's focus)" },
    { "replicate", "N", false, "of which replicate, from 0 (default: 0)" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status read_query(pal_explain_query *q, const pal_args *args, pal_error *err)
{
    uint64_t person = 0, round = 0, slot = 0, replicate = 0;
    pal_status rc = PAL_OK;

    if (!pal_args_has(args, "person") || !pal_args_has(args, "round")) {
        PAL_FAIL(PAL_ERR_USAGE, "explain: give --person N and --round N");
    }
    PAL_TRY(pal_args_whole(&person, args, "person", 0, 0, UINT32_MAX - 1, err));
    PAL_TRY(pal_args_whole(&round, args, "round", 0, 0, UINT32_MAX - 1, err));
    PAL_TRY(pal_args_whole(&slot, args, "slot", 0, 0, PAL_MAX_SLOTS - 1, err));
    PAL_TRY(pal_args_whole(&replicate, args, "replicate", 0, 0, UINT32_MAX - 1, err));
    PAL_TRY(pal_args_threads(&q->n_threads, args, err));
    q->run_dir = args->operand[0];
    q->arm = pal_args_text(args, "arm");
    q->person = (uint32_t)person;
    q->round = (uint32_t)round;
    q->replicate = (uint32_t)replicate;
    q->slot = (size_t)slot;

done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_explain_query query = { 0 };
    pal_explanation explanation = { 0 };
    pal_json_writer w = { .compact = true };
    pal_text text = { 0 };

    PAL_TRY(read_query(&query, args, err));
    PAL_TRY(pal_explain(&explanation, &query, err));
    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "explain");
        pal_json_put_string(&w, "run", query.run_dir);
        pal_explanation_write(&w, &explanation);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    } else {
        pal_explanation_text(&text, &explanation);
        PAL_TRY(pal_print_text(&text, err));
    }

done:
    pal_explanation_clear(&explanation);
    return rc;
}

const pal_command pal_command_explain = {
    .name = "explain", .operands = "DIR", .n_min = 1, .n_max = 1,
    .summary = "why a person of a run was shown a song",
    .usage = "Plays one arm of the run in DIR again, from its manifest, up to that round, makes sure that it is the same\n"
             "run (states.csv), and tells what the recommender knew when it filled the slot: the nearest tastes, the\n"
             "features that spoke for and against the song, the most similar songs the person had liked, and the people\n"
             "whose songs the stage draws on, where it has such. Nothing is written.",
    .options = options, .run = run,
};
