/* palate match: the people nearest to one by a two-tower model of a log, and what they share. */
#include "cli/command.h"
#include "cli/index_from.h"
#include "cli/log_from.h"
#include "cli/match_reasons.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "models/rec_builtin.h"
#include "plots/fig_match.h"

#include <stdio.h>
#include <string.h>

#define DATA_GROUP "data"
#define ITEMS_FILE "items.csv"
#define MOST_PEOPLE 1000
#define MOST_DRAWN 40

static const pal_option options[] = {
    { "person", "ID", false, "whose neighbours are wanted: an id of the log" },
    { "n", "N", false, "how many (default: 10)" },
    { "arm", "NAME", false, "of a run: the arm whose log is read (short for --set data.arm=NAME)" },
    { "set", "KEY=VALUE", true, "a parameter of two_tower, or data.KEY: how the log is read" },
    { "seed", "N", false, "seed of the model's draws (default: 1)" },
    PAL_OPTION_INDEX,
    { "figure", "FILE", false, "draw the answer: FILE ends in .svg, .png or .pdf; its numbers stand beside it as .csv" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    { "quiet", NULL, false, "no progress bar" },
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct match {
    const pal_args *args;
    const pal_rec_type *type;
    pal_rec_env env;
    pal_json_doc *settings;
    pal_values *params;
    pal_interactions *log;
    pal_csr *rows, *cols;
    int64_t *time;
    void *model;
    pal_progress bar;
    bool hnsw;
    size_t person;
    size_t n;                 /* found           */
    uint32_t *near;           /* n, nearest first */
    float *cosine;            /* n               */
    pal_match_reason *reason; /* n               */
} match;

/* ---- what is asked ---------------------------------------------------------------------------------------- */

/* Of a run, its own list of items says what they are; --arm stands before any --set. */
static pal_status start_settings(pal_text *out, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_writer w = { .compact = true };
    char *events = pal_path_join(args->operand[0], "events.csv"), *items = pal_path_join(args->operand[0], ITEMS_FILE);

    if (events == NULL || items == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a path");
    pal_json_begin_object(&w, NULL);
    pal_json_begin_object(&w, DATA_GROUP);
    if (pal_file_exists(events) && pal_file_exists(items)) pal_json_put_string(&w, "item_file", items);
    if (pal_args_has(args, "arm")) pal_json_put_string(&w, "arm", pal_args_text(args, "arm"));
    pal_json_end_object(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_text_check(&w.text, err));
    *out = w.text;
    w.text = (pal_text){ 0 };

done:
    pal_text_clear(&w.text);
    pal_free(events);
    pal_free(items);
    return rc;
}

static void show_epoch(void *ctx, size_t epoch, size_t n_epochs, double loss)
{
    match *m = ctx;

    (void)epoch;
    (void)loss;
    if (pal_args_has(m->args, "quiet")) return;
    if (m->bar.label == NULL) pal_progress_begin(&m->bar, m->type->name, n_epochs);
    pal_progress_step(&m->bar, 1);
}

static pal_status read_arguments(match *m, pal_error *err)
{
    static const char *const also[] = { DATA_GROUP, NULL };
    pal_status rc = PAL_OK;
    pal_text start = { 0 };
    uint64_t seed = 1, wanted = 10;

    if (!pal_args_has(m->args, "person")) {
        PAL_FAIL(PAL_ERR_USAGE, "match: --person is needed; 'palate match --help' tells more");
    }
    PAL_TRY(pal_args_whole(&wanted, m->args, "n", 10, 1, MOST_PEOPLE, err));
    PAL_TRY(pal_args_whole(&seed, m->args, "seed", 1, 0, UINT64_MAX, err));
    PAL_TRY(pal_index_read(&m->hnsw, m->args, err));
    PAL_TRY(pal_args_threads(&m->env.n_threads, m->args, err));
    m->n = (size_t)wanted;
    m->type = &pal_rec_two_tower;
    m->env.key = pal_key_for(seed, 0, PAL_FOR_TRAIN);
    m->env.backend = PAL_OPENBLAS;
    m->env.progress = show_epoch;
    m->env.ctx = m;
    PAL_TRY(start_settings(&start, m->args, err));
    PAL_TRY(pal_settings_read(&m->settings, m->args, start.bytes, DATA_GROUP, err));
    PAL_TRY(pal_values_read(&m->params, m->type->params, pal_json_root(m->settings), "--set", "", also, err));

done:
    pal_text_clear(&start);
    return rc;
}

static pal_status read_log(match *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_report report;
    const char *id = pal_args_text(m->args, "person");

    PAL_TRY(pal_log_from(&m->log, &report, m->args->operand[0], pal_json_get(pal_json_root(m->settings), DATA_GROUP),
                         DATA_GROUP, err));
    PAL_TRY(pal_interactions_matrix(&m->rows, &m->time, m->log, NULL, PAL_PART_TRAIN, err));
    PAL_TRY(pal_csr_transpose(&m->cols, m->rows, err));
    m->person = pal_interactions_user(m->log, id);
    if (m->person == SIZE_MAX) {
        const char *near = pal_nearest_name(id, (const char *const *)m->log->user_id, m->log->n_users);

        PAL_FAIL(PAL_ERR_DATA, "%s: --person: nobody is called '%s' in it%s%s%s", m->args->operand[0], id,
                 near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    }
    if (m->log->n_users < 2) {
        PAL_FAIL(PAL_ERR_DATA, "%s: there is nobody but '%s' in it", m->args->operand[0], id);
    }

done:
    return rc;
}

/* ---- the answer ------------------------------------------------------------------------------------------- */

static pal_status fit(match *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_rec_data data = { .rows = m->rows, .cols = m->cols, .time = m->time,
                                .row_features = m->log->user_side != NULL ? m->log->user_side->cell : NULL,
                                .col_features = m->log->item_side != NULL ? m->log->item_side->cell : NULL };

    PAL_TRY(m->type->init(&m->model, m->params, err));
    rc = m->type->fit(m->model, &data, &m->env, err);
    pal_progress_end(&m->bar);

done:
    return rc;
}

static pal_status find_nearest(match *m, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t all, d, n = 0;
    const float *x = m->type->factors(m->model, true, &all, &d);

    PAL_NEW(m->near, m->n);
    PAL_NEW(m->cosine, m->n);
    PAL_TRY(pal_index_nearest(m->near, m->cosine, &n, x, all, d, m->person, m->n, m->hnsw,
                              m->env.backend, m->env.n_threads, err));
    m->n = n;
    PAL_NEW(m->reason, n);
    for (size_t i = 0; i < n; i++) {
        PAL_TRY(pal_match_reason_find(&m->reason[i], m->log, m->rows, m->cols, (uint32_t)m->person, m->near[i], err));
    }

done:
    return rc;
}

static pal_status print_lines(const match *m, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < m->n; i++) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "match");
        pal_json_put_string(&w, "person", m->log->user_id[m->person]);
        pal_json_put_i64(&w, "rank", (int64_t)i + 1);
        pal_json_put_string(&w, "match", m->log->user_id[m->near[i]]);
        pal_json_put_number(&w, "cosine", (double)m->cosine[i]);
        pal_match_reason_members(&w, &m->reason[i], m->log);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    }

done:
    return rc;
}

static pal_status print_table(const match *m, pal_error *err)
{
    pal_text text = { 0 };
    size_t width = strlen("person");

    for (size_t i = 0; i < m->n; i++) {
        size_t length = strlen(m->log->user_id[m->near[i]]);

        width = length > width ? length : width;
    }
    pal_text_addf(&text, "nearest to %s, who has %zu %s\n", m->log->user_id[m->person],
                  pal_csr_count(m->rows, m->person),
                  pal_print_noun(pal_csr_count(m->rows, m->person), "item", "items"));
    pal_text_addf(&text, "rank  cosine  %-*s  shared  what both have\n", (int)width, "person");
    for (size_t i = 0; i < m->n; i++) {
        pal_text_addf(&text, "%4zu  %6.3f  %-*s  %6zu  ", i + 1, (double)m->cosine[i], (int)width,
                      m->log->user_id[m->near[i]], m->reason[i].n_shared);
        pal_match_reason_tell(&text, &m->reason[i], m->log);
        pal_text_add(&text, "\n");
    }
    return pal_print_text(&text, err);
}

/* ---- the figure ------------------------------------------------------------------------------------------- */

static pal_status format_of(pal_format *out, const char *path, pal_error *err)
{
    static const struct {
        const char *ending;
        pal_format format;
    } known[] = { { ".svg", PAL_FORMAT_SVG }, { ".png", PAL_FORMAT_PNG }, { ".pdf", PAL_FORMAT_PDF } };
    size_t n = strlen(path);

    for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
        if (n > 4 && strcmp(path + n - 4, known[i].ending) == 0) {
            *out = known[i].format;
            return PAL_OK;
        }
    }
    return pal_error_set(err, PAL_ERR_USAGE, "match: --figure '%s': the file's name must end in .svg, .png or .pdf",
                         path);
}

static pal_status write_file(const char *path, const pal_text *bytes, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_TRY(pal_text_check(bytes, err));
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_bytes(file, bytes->bytes, bytes->n);
    PAL_TRY(pal_outfile_commit(&file, NULL, err));
done:
    pal_outfile_abort(&file);
    return rc;
}

/* The path of the numbers: the figure's with another ending. */
static pal_status numbers_path(pal_text *out, const char *figure, pal_error *err)
{
    pal_text_add_bytes(out, figure, strlen(figure) - strlen(".svg"));
    pal_text_add(out, ".csv");
    return pal_text_check(out, err);
}

static pal_status draw(const match *m, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = m->n < MOST_DRAWN ? m->n : MOST_DRAWN;
    pal_match_row *row = NULL;
    pal_text *genres = NULL, page = { 0 }, numbers = { 0 }, beside = { 0 };
    pal_format format = PAL_FORMAT_SVG;

    PAL_TRY(format_of(&format, path, err));
    PAL_NEW(row, n);
    PAL_NEW(genres, n);
    for (size_t i = 0; i < n; i++) {
        pal_match_reason_genres(&genres[i], &m->reason[i], m->log);
        PAL_TRY(pal_text_check(&genres[i], err));
        row[i] = (pal_match_row){ m->log->user_id[m->near[i]], (double)m->cosine[i], m->reason[i].n_shared,
                                  genres[i].bytes != NULL ? genres[i].bytes : "" };
    }
    PAL_TRY(pal_match_render(&page, m->log->user_id[m->person], row, n, format, PAL_THEME_LIGHT, err));
    pal_match_numbers(&numbers, m->log->user_id[m->person], row, n);
    PAL_TRY(numbers_path(&beside, path, err));
    PAL_TRY(write_file(path, &page, err));
    PAL_TRY(write_file(beside.bytes, &numbers, err));

done:
    for (size_t i = 0; genres != NULL && i < n; i++) pal_text_clear(&genres[i]);
    pal_text_clear(&page);
    pal_text_clear(&numbers);
    pal_text_clear(&beside);
    pal_free(genres);
    pal_free(row);
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    match m = { .args = args };
    const char *figure = pal_args_text(args, "figure");
    pal_format format;

    if (figure != NULL) PAL_TRY(format_of(&format, figure, err));
    PAL_TRY(read_arguments(&m, err));
    PAL_TRY(read_log(&m, err));
    PAL_TRY(fit(&m, err));
    PAL_TRY(find_nearest(&m, err));
    if (figure != NULL) PAL_TRY(draw(&m, figure, err));
    PAL_TRY(pal_args_has(args, "json") ? print_lines(&m, err) : print_table(&m, err));

done:
    if (m.type != NULL) m.type->free(m.model);
    pal_csr_free(m.rows);
    pal_csr_free(m.cols);
    pal_free(m.time);
    pal_interactions_free(m.log);
    pal_values_free(m.params);
    pal_json_free(m.settings);
    pal_free(m.near);
    pal_free(m.cosine);
    pal_free(m.reason);
    return rc;
}

const pal_command pal_command_match = {
    .name = "match", .operands = "RUN", .n_min = 1, .n_max = 1,
    .summary = "people whose taste is nearest to a person's, and what they share",
    .usage = "Reads the log of a run directory (or any log that 'palate train' reads), fits the model two_tower to it\n"
             "and prints the people whose vectors are nearest, by cosine, with the genres and items that both like.\n"
             "Genres are item features whose name begins with \"genre\"; a run's own are taken from its items.csv.",
    .options = options, .run = run,
};
