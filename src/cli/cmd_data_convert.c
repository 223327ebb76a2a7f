/* palate data convert: an interaction log, or the log of a run, in a format that other tools read. */
#include "cli/command.h"
#include "cli/log_from.h"
#include "cli/params_lines.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "core/progress.h"
#include "data/write_interactions.h"

#include <stdio.h>
#include <string.h>

static const pal_option options[] = {
    { "to", "FORMAT", false, "csv (default: user,item,value,time), or inter (RecBole: NAME.inter, .item, .user)" },
    { "out", "PATH", false, "the CSV (default: interactions.csv), or the folder of the atomic files (default: interactions)" },
    { "set", "KEY=VALUE", true, "how to read: format, threshold, core_user, arm …" },
    { "params", NULL, false, "only print what --set may say" },
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status write_log(const pal_interactions *log, bool atomic, const char *path, pal_error *err)
{
    return atomic ? pal_interactions_save_atomic(log, path, err) : pal_interactions_save_csv(log, path, NULL, err);
}

static pal_status print_done(const pal_args *args, const pal_interactions *log, const pal_interactions_report *report,
                             const char *path, double seconds, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    pal_text text = { 0 };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "data convert");
        pal_json_put_string(&w, "file", path);
        pal_log_members(&w, log, report);
        pal_json_put_number(&w, "seconds", seconds);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (pal_args_has(args, "quiet")) {
        return PAL_OK;
    }
    pal_log_tell(&text, log, report);
    pal_text_addf(&text, "file     %s (%.2f s)\n", path, seconds);
    return pal_print_text(&text, err);
}

static pal_status choose_output(const char **path, bool *atomic, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *to = pal_args_has(args, "to") ? pal_args_text(args, "to") : "csv";

    *atomic = strcmp(to, "inter") == 0;
    if (!*atomic && strcmp(to, "csv") != 0) {
        PAL_FAIL(PAL_ERR_USAGE, "data convert: --to is csv or inter, found '%s'", to);
    }
    if (!*atomic) {
        PAL_TRY(pal_args_output(path, args, "interactions.csv", err));
        goto done;
    }
    *path = pal_args_has(args, "out") ? pal_args_text(args, "out") : "interactions";
    if ((*path)[0] == '\0' || (*path)[strspn(*path, "./")] == '\0') {
        PAL_FAIL(PAL_ERR_USAGE, "data convert: --out names the files by the folder's own name, found '%s'", *path);
    }

done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    pal_interactions *log = NULL;
    pal_interactions_report report = { 0 };
    pal_text text = { 0 };
    const char *path = NULL;
    bool atomic = false;
    double started = pal_clock_s();

    if (pal_args_has(args, "params") && pal_args_has(args, "json")) {
        return pal_params_print_lines("data convert", "data", pal_interactions_params, err);
    }
    if (pal_args_has(args, "params")) {
        pal_params_describe(pal_interactions_params, &text);
        PAL_TRY(pal_print_text(&text, err));
        goto done;
    }
    if (args->n_operands == 0) {
        PAL_FAIL(PAL_ERR_USAGE, "data convert: which file? usage: palate data convert FILE|RUN");
    }
    PAL_TRY(choose_output(&path, &atomic, args, err));
    PAL_TRY(pal_settings_read(&doc, args, "{}", NULL, err));
    PAL_TRY(pal_log_from(&log, &report, args->operand[0], pal_json_root(doc), "", err));
    PAL_TRY(write_log(log, atomic, path, err));
    PAL_TRY(print_done(args, log, &report, path, pal_clock_s() - started, err));

done:
    pal_text_clear(&text);
    pal_interactions_free(log);
    pal_json_free(doc);
    return rc;
}

const pal_command pal_command_data_convert = {
    .name = "data convert", .operands = "FILE|RUN", .n_min = 0, .n_max = 1,
    .summary = "turn an interaction log, or a run's, into another format",
    .usage = "Reads MovieLens (u.data, ratings.dat, ratings.csv), hetrec-lastfm (user_artists.dat), RecBole (.inter), any\n"
             "table of people and items (plain or .gz), or the events.csv of a run directory (--set arm=NAME, --set\n"
             "event=liked); settles duplicates, leaves out what --set says, and writes it in the source's order.\n"
             "'palate data convert --params' lists what --set may change.",
    .options = options, .run = run,
};
