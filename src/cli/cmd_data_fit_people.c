/* palate data fit-people: parameters of people and their answers from a real log. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/overrides.h"
#include "cli/people_log_from.h"
#include "cli/print.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/progress.h"
#include "lab/fit_people.h"
#include "plots/fit_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_SEARCH_PEOPLE 1000 /* more cost time and tell little more */
#define MOST_ITEMS 100000

static const pal_option options[] = {
    PAL_OPTION_LOG_LAYOUT,
    PAL_OPTION_LOG_ITEMS,
    PAL_OPTION_LOG_LIKE,
    PAL_OPTION_LOG_GENRE,
    PAL_OPTION_LOG_LEAST,
    PAL_OPTION_SAMPLE,
    PAL_OPTION_XMIN,
    { "targets", "FILE", false, "published statistics (JSON) instead of a log" },
    { "experiment", "FILE", false, "whose world and arm people live in (default: a popularity stage, as many items as the log)" },
    { "arm", "NAME", false, "of the experiment (default: the first)" },
    PAL_OPTION_TAKEN_AS,
    { "moments", "LIST", false, "statistics to meet, ','-separated (default: activity, popularity, breadth, likes)" },
    { "fit", "PATH[:LO:HI]", true, "a parameter to fit, people.X or response.X (default: nine usual ones)" },
    { "people", "N", false, "people of a simulated world (default: as many as the log, at most 1000)" },
    { "worlds", "N", false, "worlds with seeds of their own that each point is simulated in (default: 2)" },
    { "checks", "N", false, "fresh worlds for the table and the errors (default: 16)" },
    { "starts", "N", false, "points that the search follows (default: 3)" },
    { "evaluations", "N", false, "points simulated at most, before errors (default: 300)" },
    { "tolerance", "X", false, "a moment need not be met closer than this share of its value (default: 0.02)" },
    { "set", "PATH=VALUE", true, "change a key of the experiment (rounds=400), or of reading the log (data.threshold=1)" },
    { "seed", "N", false, "seed of the simulated worlds" },
    { "out", "FILE", false, "the preset (default: preset.json)" },
    { "report", "DIR", false, "also write moments.csv, parameters.csv, figures and report.html" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/*
 * What people meet when nothing is said: the catalog in the order of its popularity (a prior that no like outweighs),
 * each item looked at, so that who comes more often gets farther down the tail. Real logs are made of such exposure, not
 * of a lottery: with it the Gini index of MovieLens' items is met before anything is fitted.
 */
static const char default_base[] =
    "{\"purpose\": \"people who meet what is popular first and choose for themselves\", \"name\": \"fit-people\", \"seed\": \"1\", "
    "\"rounds\": 200, \"slots\": 10, \"catalog\": {\"source\": \"synthetic\", \"items\": %zu}, \"people\": {\"n\": %zu}, "
    "\"response\": {\"model\": \"multi-taste\", \"position_bias\": false}, \"probe\": {\"items\": 0}, "
    "\"arms\": [{\"name\": \"popularity\", \"stage\": \"popularity\", \"params\": {\"prior_weight\": 1e9}}]}";

/* A fit under way. */
typedef struct fit {
    pal_people_log *log;
    pal_log_moments *real;
    pal_fit_targets targets;
    pal_overrides changed;
    pal_override set[PAL_MAX_GIVEN];
    pal_json_doc *data;                      /* --set data.KEY */
    char *base;
    const char *param[PAL_FIT_MOST_PARAMS + 1];
    pal_fit_request request;
    pal_fit_result result;
} fit;

/* --set goes to the experiment, but for data.KEY. */
static pal_status split_settings(fit *f, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;

    PAL_TRY(pal_overrides_read(&f->changed, args, err));
    PAL_TRY(pal_json_parse(&f->data, "{}", 2, "--set", err));
    for (size_t i = 0; i < f->changed.n; i++) {
        const pal_override *o = &f->changed.item[i];

        if (strncmp(o->path, "data.", strlen("data.")) == 0) PAL_TRY(pal_json_set(f->data, o->path + strlen("data."), o->text, err));
        else f->set[n++] = *o;
    }
    f->request.set = f->set;
    f->request.n_set = n;
done:
    return rc;
}

static pal_status read_moments(pal_moment *wanted, size_t *n, const char *list, pal_error *err)
{
    pal_status rc = PAL_OK;
    char word[64];

    *n = 0;
    while (list != NULL) {
        const size_t length = strcspn(list, ",");
        size_t moment;

        snprintf(word, sizeof word, "%.*s", (int)(length < sizeof word ? length : sizeof word - 1), list);
        PAL_TRY(pal_moment_find(&moment, word, err));
        for (size_t k = 0; k < *n; k++) {
            if (wanted[k] == (pal_moment)moment) PAL_FAIL(PAL_ERR_USAGE, "--moments: '%s' stands twice", word);
        }
        wanted[(*n)++] = (pal_moment)moment;
        list = list[length] == ',' ? list + length + 1 : NULL;
    }
done:
    return rc;
}

static pal_status targets_of_log(fit *f, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_moment wanted[PAL_MOMENTS];
    pal_moments_config c = f->request.moments;
    size_t n;

    PAL_TRY(read_moments(wanted, &n, pal_args_text(args, "moments"), err));
    PAL_TRY(pal_people_log_from(&f->log, args, args->operand[0], pal_json_root(f->data), err));
    c.session_gap = f->log->session_gap;
    PAL_TRY(pal_log_moments_new(&f->real, &f->log->log, &c, err));
    pal_fit_targets_from(&f->targets, f->real, n > 0 ? wanted : NULL, n);
    for (size_t k = 0; k < n; k++) {
        if (isnan(f->real->at[wanted[k]].value)) {
            PAL_FAIL(PAL_ERR_USAGE, "--moments: %s does not tell %s", args->operand[0], pal_moment_table[wanted[k]].name);
        }
    }
    f->targets.users = (double)f->log->log.n_users;
    f->targets.items = (double)f->log->log.n_items;
    f->request.moments.xmin = f->real->xmin;
    snprintf(f->targets.name, sizeof f->targets.name, "%s", f->log->name);
done:
    return rc;
}

static pal_status targets_of_file(fit *f, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_fit_targets *t = &f->targets;

    PAL_TRY(pal_fit_targets_load(&f->targets, pal_args_text(args, "targets"), err));
    f->request.is_log = false;
    if (isfinite(t->least) && !pal_args_has(args, "least")) f->request.least = (size_t)t->least;
    if (isfinite(t->sample) && !pal_args_has(args, "sample")) f->request.moments.sample = (size_t)t->sample;
    if (isfinite(t->xmin) && !pal_args_has(args, "xmin")) f->request.moments.xmin = (size_t)t->xmin;
done:
    return rc;
}

/* The experiment's text, and how large its worlds are. */
static pal_status choose_base(fit *f, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *path = pal_args_text(args, "experiment");
    const double users = isfinite(f->targets.users) ? f->targets.users : MOST_SEARCH_PEOPLE;
    const double items = isfinite(f->targets.items) ? f->targets.items : 5000;
    uint64_t people;
    size_t n;

    PAL_TRY(pal_args_whole(&people, args, "people", (uint64_t)(users < MOST_SEARCH_PEOPLE ? users : MOST_SEARCH_PEOPLE), 2, 10000000, err));
    f->request.people = f->request.check_people = (size_t)people;
    if (path != NULL) {
        PAL_TRY(pal_file_read(&f->base, &n, path, err));
    } else {
        PAL_NEW(f->base, sizeof default_base + 2 * PAL_NUMBER_MAX);
        snprintf(f->base, sizeof default_base + 2 * PAL_NUMBER_MAX, default_base, (size_t)(items < MOST_ITEMS ? items : MOST_ITEMS),
                 (size_t)people);
    }
    f->request.base = f->base;
    f->request.base_name = path != NULL ? path : "the built-in experiment";
    f->request.arm = pal_args_text(args, "arm");
done:
    return rc;
}

static pal_status read_sizes(fit *f, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_fit_request *r = &f->request;
    const char *tolerance = pal_args_text(args, "tolerance"), *spec;
    uint64_t worlds, checks, starts, evaluations, least;

    PAL_TRY(pal_args_whole(&worlds, args, "worlds", r->worlds, 1, 1000, err));
    PAL_TRY(pal_args_whole(&checks, args, "checks", r->checks, 2, 1000, err));
    PAL_TRY(pal_args_whole(&starts, args, "starts", r->starts, 1, 1000, err));
    PAL_TRY(pal_args_whole(&evaluations, args, "evaluations", r->evaluations, 10, 1000000, err));
    PAL_TRY(pal_args_whole(&least, args, "least", 1, 1, 1000000, err));
    r->worlds = (size_t)worlds;
    r->checks = (size_t)checks;
    r->starts = (size_t)starts;
    r->evaluations = (size_t)evaluations;
    r->least = (size_t)least;
    if (tolerance != NULL && (!pal_parse_double(&r->tolerance, tolerance, strlen(tolerance)) || r->tolerance < 0)) {
        PAL_FAIL(PAL_ERR_USAGE, "data fit-people: --tolerance needs a number of 0 or more, found '%s'", tolerance);
    }
    for (size_t i = 0; (spec = pal_args_nth(args, "fit", i)) != NULL; i++) {
        if (r->n_params == PAL_FIT_MOST_PARAMS) PAL_FAIL(PAL_ERR_USAGE, "data fit-people: at most %d --fit", PAL_FIT_MOST_PARAMS);
        f->param[r->n_params++] = spec;
    }
    r->param = f->param;
    r->targets = &f->targets;
    PAL_TRY(pal_args_threads(&r->n_threads, args, err));
    PAL_TRY(pal_taken_as_from(&r->as, args, err));
done:
    return rc;
}

/* ---- what came of it ---- */

static void tell_moments(pal_text *t, const fit *f)
{
    pal_text_addf(t, "%-18s %9s %21s %9s %9s %8s %8s\n", "moment", "real", "interval", "before", "after", "off, se", "off, se");
    for (size_t k = 0; k < f->targets.n; k++) {
        const pal_fit_target *g = &f->targets.at[k];
        const pal_fit_seen *b = &f->result.before[g->moment], *a = &f->result.after[g->moment];
        const int d = pal_moment_table[g->moment].decimals;
        char interval[64] = "";

        if (isfinite(g->lo)) snprintf(interval, sizeof interval, "[%.*f, %.*f]", d, g->lo, d, g->hi);
        else snprintf(interval, sizeof interval, "se %.*f", d, g->se);
        pal_text_addf(t, "%-18s %9.*f %21s %9.*f %9.*f %8.1f %8.1f\n", pal_moment_table[g->moment].name, d, g->value, interval, d, b->mean,
                      d, a->mean, pal_fit_distance(g, b, f->request.checks), pal_fit_distance(g, a, f->request.checks));
    }
    pal_text_addf(t, "misfit %.4g before, %.4g after; %zu points simulated in %zu world%s, the table in %zu fresh ones\n\n",
                  f->result.misfit_before, f->result.misfit_after, f->result.evaluations, f->request.worlds,
                  f->request.worlds == 1 ? "" : "s", f->request.checks);
}

static void tell_params(pal_text *t, const fit *f)
{
    const pal_fit_result *r = &f->result;

    pal_text_addf(t, "%-30s %9s %9s %9s\n", "parameter", "before", "fitted", "se");
    for (size_t k = 0; k < r->n_params; k++) {
        const pal_fit_param *q = &r->param[k];

        pal_text_addf(t, "%-30s %9.4g %9.4g %9.3g%s%s\n", q->path, q->start, q->value, q->se, q->flat ? "  not identified" : "",
                      q->edge ? "  at the edge of its range" : "");
    }
    for (size_t d = 0; d < r->n_flat; d++) {
        pal_text_add(t, "flat     ");
        for (size_t k = 0; k < r->n_params; k++) {
            if (fabs(r->flat[d].part[k]) > 0.2) pal_text_addf(t, "%+.2f %s ", r->flat[d].part[k], r->param[k].path);
        }
        pal_text_add(t, "(in shares of the ranges): the moments do not tell where along it\n");
    }
}

static pal_status print_line(const fit *f, const char *path, double seconds, pal_error *err)
{
    pal_json_writer w = { .compact = true };

    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "command", "data fit-people");
    pal_json_put_string(&w, "data", f->targets.name);
    pal_json_put_string(&w, "file", path);
    pal_json_put_number(&w, "misfit_before", f->result.misfit_before);
    pal_json_put_number(&w, "misfit_after", f->result.misfit_after);
    pal_json_put_i64(&w, "evaluations", (int64_t)f->result.evaluations);
    pal_json_begin_object(&w, "set");
    for (size_t k = 0; k < f->result.n_params; k++) pal_json_put_number(&w, f->result.param[k].path, f->result.param[k].value);
    pal_json_end_object(&w);
    pal_json_put_number(&w, "seconds", seconds);
    pal_json_end_object(&w);
    return pal_print_line(&w, err);
}

static pal_status print_outcome(const fit *f, const pal_args *args, const char *path, double seconds, pal_error *err)
{
    pal_text t = { 0 };

    if (pal_args_has(args, "json")) return print_line(f, path, seconds, err);
    if (pal_args_has(args, "quiet")) return PAL_OK;
    if (f->log != NULL) {
        pal_text_addf(&t, "%s: %s people with %s items, %s rows", f->targets.name, pal_print_count(f->log->log.n_users),
                      pal_print_count(f->log->log.n_items), pal_print_count(f->log->log.n));
        pal_text_addf(&t, f->log->left_out > 0 ? "; %s people with fewer than %zu left out\n\n" : "\n\n", pal_print_count(f->log->left_out),
                      f->request.least);
    }
    tell_moments(&t, f);
    tell_params(&t, f);
    pal_text_addf(&t, "\npreset   %s (%.1f s)\n", path, seconds);
    if (pal_args_has(args, "report")) pal_text_addf(&t, "report   %s/report.html\n", pal_args_text(args, "report"));
    return pal_print_text(&t, err);
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    fit *f = NULL;
    pal_report_options drawing = pal_report_defaults();
    const char *path = NULL, *digest, *dir = pal_args_text(args, "report");
    const double started = pal_clock_s();
    const bool published = pal_args_has(args, "targets");

    PAL_NEW(f, 1);
    f->request = pal_fit_defaults();
    if (published == (args->n_operands == 1)) PAL_FAIL(PAL_ERR_USAGE, "data fit-people: give either a LOG or --targets FILE");
    if (published && pal_args_has(args, "moments")) PAL_FAIL(PAL_ERR_USAGE, "data fit-people: --targets names its moments itself");
    PAL_TRY(pal_args_output(&path, args, "preset.json", err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(split_settings(f, args, err));
    PAL_TRY(pal_moments_config_from(&f->request.moments, args, err));
    PAL_TRY(read_sizes(f, args, err));
    PAL_TRY(published ? targets_of_file(f, args, err) : targets_of_log(f, args, err));
    PAL_TRY(choose_base(f, args, err));
    PAL_TRY(pal_fit_people(&f->result, &f->request, err));
    digest = f->log != NULL ? f->log->digest : "";
    PAL_TRY(pal_fit_write_preset(&f->result, &f->request, digest, path, err));
    if (dir != NULL) {
        PAL_TRY(pal_fit_write_report(&f->result, &f->request, digest, dir, err));
        PAL_TRY(pal_fit_report_draw(dir, &drawing, err));
    }
    PAL_TRY(print_outcome(f, args, path, pal_clock_s() - started, err));
done:
    if (f != NULL) {
        pal_overrides_clear(&f->changed);
        pal_json_free(f->data);
        pal_log_moments_free(f->real);
        pal_people_log_free(f->log);
        pal_free(f->base);
        pal_free(f);
    }
    return rc;
}

const pal_command pal_command_data_fit_people = {
    .name = "data fit-people", .operands = "[LOG]", .n_min = 0, .n_max = 1,
    .summary = "fit simulated people to the statistics of a real log",
    .usage = "Takes the statistics of LOG (people, items, ratings or clicks; or published ones with --targets), and looks for\n"
             "the parameters of people and answers whose simulated statistics lie nearest: the method of simulated moments.\n"
             "Writes a preset that 'palate run FILE --preset FILE' applies; prints each statistic, real and simulated, before\n"
             "and after, in worlds the search has not met, and says which parameters the statistics do not tell.",
    .options = options, .run = run,
};
