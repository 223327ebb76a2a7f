/* palate predict: the probabilities a saved model gives the rows of a CSV, and why. */
#include "cli/command.h"
#include "cli/judge.h"
#include "cli/learned.h"
#include "cli/matrix.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"

#include <stdio.h>

static const pal_option options[] = {
    { "out", "FILE", false, "where to write the predictions (default: stdout)" },
    { "contributions", NULL, false, "also what each feature adds to the log-odds (TreeSHAP for boosted trees; not of neural)" },
    { "label", "COLUMN", false, "with --out: judge the predictions by this column of 0 and 1" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* A field that is quoted when RFC 4180 asks for it. */
static void add_csv_text(pal_text *text, const char *field)
{
    bool quoted = false;

    for (const char *c = field; *c != '\0'; c++) quoted = quoted || *c == ',' || *c == '"' || *c == '\n' || *c == '\r';
    if (!quoted) {
        pal_text_add(text, field);
        return;
    }
    pal_text_add(text, "\"");
    for (const char *c = field; *c != '\0'; c++) {
        pal_text_add_bytes(text, c, 1);
        if (*c == '"') pal_text_add(text, "\"");
    }
    pal_text_add(text, "\"");
}

static void add_number(pal_text *text, double value)
{
    char number[PAL_NUMBER_MAX];

    pal_text_add(text, ",");
    pal_text_add_bytes(text, number, pal_format_double(number, value));
}

/* The table as CSV; `part` is n x (d + 1) or NULL. */
static void write_table(pal_text *text, const pal_learned *model, const double *raw, const double *p,
                        const double *part, size_t n)
{
    size_t d = pal_learned_features(model);

    pal_text_add(text, "row,probability,log_odds");
    for (size_t j = 0; part != NULL && j < d; j++) {
        pal_text_add(text, ",");
        add_csv_text(text, pal_learned_name(model, j));
    }
    pal_text_add(text, part != NULL ? ",base\n" : "\n");
    for (size_t i = 0; i < n; i++) {
        pal_text_addf(text, "%zu", i + 1);
        add_number(text, p[i]);
        add_number(text, raw[i]);
        for (size_t j = 0; part != NULL && j <= d; j++) add_number(text, part[i * (d + 1) + j]);
        pal_text_add(text, "\n");
    }
}

static pal_status write_file(pal_text *text, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_TRY(pal_text_check(text, err));
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, text->bytes, text->n);
    PAL_TRY(pal_outfile_commit(&file, NULL, err));

done:
    return rc;
}

/* What was written: the judgement if there is a label, else a line. */
static pal_status report(const pal_args *args, const pal_learned *model, const pal_matrix *m, const double *p,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    bool json = pal_args_has(args, "json");
    pal_json_writer w = { .compact = true };
    pal_judgement j;

    if (pal_args_has(args, "quiet") && !json) {
        goto done;
    }
    if (m->y != NULL) {
        PAL_TRY(pal_judge(&j, "predict", p, m->y, m->n, err));
        if (!json) pal_judge_print_head();
        PAL_TRY(pal_judge_print(&j, "predict", pal_learned_kind(model), json, err));
    }
    if (json) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "predict");
        pal_json_put_string(&w, "model", pal_learned_kind(model));
        pal_json_put_string(&w, "file", pal_args_text(args, "out"));
        pal_json_put_i64(&w, "rows", (int64_t)m->n);
        pal_json_put_i64(&w, "missing", (int64_t)m->missing);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    } else {
        printf("%s%s predictions  %s\n", m->y != NULL ? "\n" : "", pal_print_count(m->n), pal_args_text(args, "out"));
    }

done:
    return rc;
}

static pal_status read_rows(pal_matrix *out, const pal_args *args, const pal_learned *model, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t d = pal_learned_features(model);
    const char **wanted = NULL;
    pal_matrix_ask ask = { .label = pal_args_text(args, "label"), .n_wanted = d };

    PAL_NEW(wanted, d);
    for (size_t j = 0; j < d; j++) wanted[j] = pal_learned_name(model, j);
    ask.wanted = wanted;
    PAL_TRY(pal_matrix_read(out, args->operand[1], &ask, err));

done:
    pal_free(wanted);
    return rc;
}

/* --out, if it may be written to; the flags that need it. */
static pal_status check_arguments(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *path = NULL;

    if (pal_args_has(args, "out")) {
        PAL_TRY(pal_args_output(&path, args, "", err));
    } else if (pal_args_has(args, "label") || pal_args_has(args, "json")) {
        PAL_FAIL(PAL_ERR_USAGE, "predict: --%s needs --out FILE: stdout holds the predictions",
                 pal_args_has(args, "label") ? "label" : "json");
    }

done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_learned model = { 0 };
    pal_matrix m = { 0 };
    pal_text text = { 0 };
    double *raw = NULL, *p = NULL, *part = NULL;
    size_t n_threads = 1;

    PAL_TRY(check_arguments(args, err));
    PAL_TRY(pal_args_threads(&n_threads, args, err));
    PAL_TRY(pal_learned_load(&model, args->operand[0], err));
    PAL_TRY(read_rows(&m, args, &model, err));
    PAL_NEW(raw, m.n);
    PAL_NEW(p, m.n);
    PAL_TRY(pal_learned_predict(raw, p, &model, m.x, m.n, n_threads, err));
    if (pal_args_has(args, "contributions")) {
        PAL_NEW(part, m.n * (m.d + 1));
        PAL_TRY(pal_learned_contributions(part, &model, m.x, m.n, n_threads, err));
    }
    write_table(&text, &model, raw, p, part, m.n);
    if (pal_args_has(args, "out")) {
        PAL_TRY(write_file(&text, pal_args_text(args, "out"), err));
        PAL_TRY(report(args, &model, &m, p, err));
    } else {
        PAL_TRY(pal_print_text(&text, err));
    }

done:
    pal_free(raw);
    pal_free(p);
    pal_free(part);
    pal_text_clear(&text);
    pal_matrix_clear(&m);
    pal_learned_clear(&model);
    return rc;
}

const pal_command pal_command_predict = {
    .name = "predict", .operands = "MODEL CSV", .n_min = 2, .n_max = 2,
    .summary = "the probabilities a saved model gives the rows of a CSV",
    .usage = "MODEL is what 'palate train' wrote, or a model file of LightGBM. Columns are found by name; others are\n"
             "passed over. Writes CSV: row (from 1), probability, log_odds; with --contributions a column for each\n"
             "feature and one for the base, which add up to log_odds.",
    .options = options, .run = run,
};
