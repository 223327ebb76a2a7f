/* palate audit: what an offline evaluation on a log would have concluded, against what is true. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/overrides.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "data/split.h"
#include "lab/audit.h"
#include "lab/result_kind.h"
#include "plots/audit_report.h"

#include <stdio.h>

static const pal_option options[] = {
    { "set", "PATH=VALUE", true, "change a key of the audit: seeds=3, k=20, set={\"people.n\": 100}" },
    { "out", "DIR", false, "directory of the results (default: results/NAME)" },
    { "keys", NULL, false, "list every key, metric and model, and do nothing else" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static pal_status print_keys(pal_error *err)
{
    pal_text text = { 0 };

    pal_text_add(&text, "An audit\n");
    pal_params_describe(pal_audit_params, &text);
    pal_text_add(&text, "  experiment  path of an experiment file (from the working directory), or an experiment\n"
                        "  set         object: paths and values for the experiment, {\"people.n\": 200}\n"
                        "  logging     array of arms, each of which makes a log; default: all\n"
                        "  metrics     array of metrics; the first one leads the report; default: all\n"
                        "\n\"models\": [{…, \"params\": {…}}]\n");
    pal_params_describe(pal_audit_model_params, &text);
    pal_text_add(&text, "\n\"splits\": [{…}], of the log's impressions\n");
    pal_params_describe(pal_audit_split_params, &text);
    pal_params_describe(pal_split_params, &text);
    pal_text_add(&text, "\n\"views\": [{…}], each on every split: a protocol\n");
    pal_params_describe(pal_audit_view_params, &text);
    pal_text_add(&text, "\nMetrics, estimated from a log; and their truth\n");
    for (size_t m = 0; m < PAL_AUDIT_METRICS; m++) {
        pal_text_addf(&text, "  %-7s %s; %s\n", pal_audit_measures[m].name, pal_audit_measures[m].meaning,
                      pal_audit_measures[m].truth);
    }
    pal_text_add(&text, "\nModels\n");
    for (size_t m = 0; m < pal_rec_count(); m++) {
        pal_text_addf(&text, "  %-20s %s\n", pal_rec_at(m)->name, pal_rec_at(m)->summary);
    }
    return pal_print_text(&text, err);
}

/* --out, or results/NAME. What is there and no audit is not replaced. */
static pal_status out_directory(char **out, const pal_args *args, const pal_audit *audit, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given = pal_args_text(args, "out");

    *out = given != NULL ? pal_strdup(given) : pal_path_join("results", audit->name);
    if (*out == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    PAL_TRY(pal_results_may_replace(*out, "palate-audit/1", err));
done:
    return rc;
}

static pal_status print_outcome(const pal_args *args, const pal_audit *a, const pal_audit_summary *summary, const char *dir,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_text answer = { 0 };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "audit");
        pal_json_put_string(&w, "name", a->name);
        pal_json_put_string(&w, "dir", dir);
        pal_json_put_i64(&w, "people", (int64_t)summary->n_people);
        pal_json_put_i64(&w, "protocols", (int64_t)summary->n_protocols);
        pal_json_put_i64(&w, "fits", (int64_t)summary->n_fits);
        pal_json_put_string(&w, "digest", summary->digest);
        pal_json_put_number(&w, "seconds", summary->wall_s);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (!pal_args_has(args, "quiet")) {
        PAL_TRY(pal_audit_report_answer(&answer, dir, err));
        printf("%zu models under %zu protocols: %zu worlds, %zu logs each, %zu people, %zu items, %zu fits (%.1f s)\n%s\n",
               a->n_models, summary->n_protocols, a->n_seeds, a->n_logs, summary->n_people, summary->n_items, summary->n_fits,
               summary->wall_s, answer.bytes);
        printf("protocols %s/protocols.csv\nreport    %s/report.html\ndigest    %s\n", dir, dir, summary->digest);
    }
done:
    pal_text_clear(&answer);
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_overrides changed = { .n = 0 };
    pal_audit *audit = NULL;
    pal_audit_summary summary = { .n_people = 0 };
    pal_report_options drawing = pal_report_defaults();
    size_t n_threads;
    char *out = NULL;

    if (pal_args_has(args, "keys")) {
        PAL_TRY(print_keys(err));
        goto done;
    }
    if (args->n_operands == 0) PAL_FAIL(PAL_ERR_USAGE, "audit: needs FILE, or --keys; 'palate audit --help' tells more");
    PAL_TRY(pal_overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&n_threads, args, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(pal_audit_load(&audit, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(out_directory(&out, args, audit, err));
    PAL_TRY(pal_audit_run(&summary, audit, out, n_threads, err));
    PAL_TRY(pal_audit_report_draw(out, &drawing, err));
    PAL_TRY(print_outcome(args, audit, &summary, out, err));
done:
    pal_overrides_clear(&changed);
    pal_audit_free(audit);
    pal_free(out);
    return rc;
}

const pal_command pal_command_audit = {
    .name = "audit", .operands = "FILE", .n_min = 0, .n_max = 1,
    .summary = "hold offline evaluation itself against the truth: splits, samples, labels, logs",
    .usage = "Reads FILE (JSON; 'palate audit --keys' lists its keys): an experiment, whose arms make logs, and models. Each\n"
             "protocol (a split, candidates, labels) judges every model on a log as an offline evaluation would. The truth is\n"
             "known: the chance of every like, and the likes that a model earns when it is served. Told are rank agreement,\n"
             "reversed pairs, regret, and whether a protocol favours what is popular.",
    .options = options, .run = run,
};
