/* palate ope FILE.json: run a study, draw it, say what came of it. */
#include "cli/ope_study.h"

#include "cli/figures.h"
#include "cli/overrides.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "lab/ope_truth.h"
#include "plots/ope_report.h"

#include <stdio.h>
#include <string.h>

bool pal_ope_is_study(const pal_args *args)
{
    const size_t n = args->n_operands > 0 ? strlen(args->operand[0]) : 0;

    return n > 5 && strcmp(args->operand[0] + n - 5, ".json") == 0;
}

pal_status pal_ope_study_keys(pal_error *err)
{
    pal_text text = { 0 };

    pal_text_add(&text, "A study (palate ope FILE.json)\n");
    pal_params_describe(pal_ope_study_params, &text);
    pal_text_add(&text, "  experiment  path of an experiment file (from the working directory), or an experiment\n"
                        "  set         object: paths and values for the experiment, {\"people.n\": 200}\n"
                        "  logging     object: the policy whose logs are drawn\n"
                        "  targets     array: the policies that are judged\n"
                        "  estimators  array; without it all that fit, and dm and dr of a wrong model beside them\n\nlogging\n");
    pal_params_describe(pal_ope_logging_params, &text);
    pal_text_add(&text, "\nAn entry of targets\n");
    pal_params_describe(pal_ope_target_params, &text);
    pal_text_add(&text, "\nAn entry of estimators\n");
    pal_params_describe(pal_ope_estimator_params, &text);
    return pal_print_text(&text, err);
}

/* Options that ask something of one log. */
static pal_status check_words(const pal_args *args, pal_error *err)
{
    static const char *const others[] = { "log", "target", "policy", "other", "column", "person", "slate", "independent",
                                          "model", "tune", "clip", "switch-at", "shrink", "level", "resamples", "arm" };

    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (pal_args_has(args, others[i])) {
            return pal_error_set(err, PAL_ERR_USAGE, "--%s: goes with --log or a run, not with %s, which says it all; --set changes "
                                 "its keys", others[i], args->operand[0]);
        }
    }
    return PAL_OK;
}

/* --out, or results/NAME. What is there and no study is not replaced. */
static pal_status out_directory(char **out, const pal_args *args, const pal_ope_study *study, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *given = pal_args_text(args, "out");
    char *manifest = NULL;

    *out = given != NULL ? pal_strdup(given) : pal_path_join("results", study->name);
    manifest = *out == NULL ? NULL : pal_path_join(*out, "manifest.json");
    if (manifest == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    if (pal_file_exists(manifest) && !pal_is_ope(*out)) {
        PAL_FAIL(PAL_ERR_USAGE, "--out: %s holds other results; choose another directory", *out);
    }
done:
    pal_free(manifest);
    return rc;
}

static pal_status print_outcome(const pal_args *args, const pal_ope_study *s, const pal_ope_study_summary *summary,
                                const char *dir, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    pal_text answer = { 0 };

    if (pal_args_has(args, "json")) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "ope");
        pal_json_put_string(&w, "name", s->name);
        pal_json_put_string(&w, "dir", dir);
        pal_json_put_i64(&w, "logs", (int64_t)s->n_logs);
        pal_json_put_i64(&w, "targets", (int64_t)s->n_targets);
        pal_json_put_i64(&w, "estimators", (int64_t)s->n_estimators);
        pal_json_put_i64(&w, "estimates", (int64_t)summary->n_estimates);
        pal_json_put_string(&w, "digest", summary->digest);
        pal_json_put_number(&w, "seconds", summary->wall_s);
        pal_json_end_object(&w);
        return pal_print_line(&w, err);
    }
    if (!pal_args_has(args, "quiet")) {
        PAL_TRY(pal_ope_report_answer(&answer, dir, err));
        printf("%zu logs x %zu sizes x %zu targets x %zu estimators (%.1f s)\n%s\n", s->n_logs, s->n_sizes, s->n_targets,
               s->n_estimators, summary->wall_s, answer.bytes);
        printf("tables  %s/estimators.csv\nreport  %s/report.html\ndigest  %s\n", dir, dir, summary->digest);
    }
done:
    pal_text_clear(&answer);
    return rc;
}

pal_status pal_ope_study_command(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_overrides changed = { .n = 0 };
    pal_ope_study *study = NULL;
    pal_ope_study_summary summary;
    pal_report_options drawing = pal_report_defaults();
    char *out = NULL;
    size_t n_threads;

    PAL_TRY(check_words(args, err));
    PAL_TRY(pal_overrides_read(&changed, args, err));
    PAL_TRY(pal_args_threads(&n_threads, args, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(pal_ope_study_load(&study, args->operand[0], changed.item, changed.n, err));
    PAL_TRY(out_directory(&out, args, study, err));
    PAL_TRY(pal_ope_study_run(&summary, study, out, n_threads, err));
    PAL_TRY(pal_ope_report_draw(out, &drawing, err));
    PAL_TRY(print_outcome(args, study, &summary, out, err));
done:
    pal_overrides_clear(&changed);
    pal_ope_study_free(study);
    pal_free(out);
    return rc;
}
