/* palate data realism: how far the people of a run are from those of a real log. */
#include "cli/command.h"
#include "cli/figures.h"
#include "cli/people_log_from.h"
#include "cli/print.h"
#include "cli/settings.h"
#include "core/mem.h"
#include "lab/realism.h"
#include "plots/realism_report.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define LIKE_MANY 1.25 /* people of one side per people of the other, beyond which counts of people differ by themselves */

static const pal_option options[] = {
    { "arm", "NAME", false, "of the run (default: the only one)" },
    { "replicate", "N", false, "of the run (default: 0)" },
    PAL_OPTION_TAKEN_AS,
    PAL_OPTION_LOG_LAYOUT,
    PAL_OPTION_LOG_ITEMS,
    PAL_OPTION_LOG_LIKE,
    PAL_OPTION_LOG_GENRE,
    PAL_OPTION_LOG_LEAST,
    PAL_OPTION_SAMPLE,
    PAL_OPTION_XMIN,
    { "set", "KEY=VALUE", true, "how to read the log: threshold, min_item, user_file ... ('palate data convert --params')" },
    { "out", "DIR", false, "also write realism.csv, quantiles.csv, the figure and report.html" },
    PAL_OPTION_FORMATS,
    PAL_OPTION_THEME,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_QUIET,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

static void tell_interval(char out[64], const pal_interval *i, int decimals)
{
    if (isfinite(i->value)) snprintf(out, 64, "%.*f [%.*f, %.*f]", decimals, i->value, decimals, i->lo, decimals, i->hi);
    else snprintf(out, 64, "-");
    if (isfinite(i->value) && !isfinite(i->lo)) snprintf(out, 64, "%.*f", decimals, i->value);
}

static void tell_number(char out[32], double x, int decimals)
{
    if (isfinite(x)) snprintf(out, 32, "%.*f", decimals, x);
    else snprintf(out, 32, "-");
}

static pal_status print_text(const pal_realism *r, const char *dir, pal_error *err)
{
    pal_text t = { 0 };
    char real[64], simulated[64], number[4][32];

    pal_text_addf(&t, "real       %s: %s people", r->real_name, pal_print_count(r->real_users));
    pal_text_addf(&t, " with %s items, %s rows\n", pal_print_count(r->real_items), pal_print_count(r->real_rows));
    pal_text_addf(&t, "simulated  %s: %s people", r->simulated_name, pal_print_count(r->simulated_users));
    pal_text_addf(&t, " with %s items, %s rows\n\n", pal_print_count(r->simulated_items), pal_print_count(r->simulated_rows));
    pal_text_addf(&t, "%-18s %26s %26s %8s  %s\n", "moment", "real", "simulated", "off, se", "verdict");
    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        const pal_realism_moment *k = &r->moment[m];
        const int d = pal_moment_table[m].decimals;

        tell_interval(real, &k->real, d);
        tell_interval(simulated, &k->simulated, d);
        tell_number(number[0], k->distance, 1);
        pal_text_addf(&t, "%-18s %26s %26s %8s  %s\n", pal_moment_table[m].name, real, simulated, number[0],
                      pal_realism_verdict_names[k->verdict]);
    }
    pal_text_addf(&t, "\n%-18s %12s %12s %8s %12s  %s\n", "distribution", "median real", "simulated", "KS", "Wasserstein", "verdict");
    for (size_t s = 0; s < PAL_SAMPLES; s++) {
        const pal_realism_spread *k = &r->spread[s];
        const int d = pal_sample_table[s].decimals;

        tell_number(number[0], k->real[PAL_REALISM_QUANTILES / 2], d);
        tell_number(number[1], k->simulated[PAL_REALISM_QUANTILES / 2], d);
        tell_number(number[2], k->ks, 3);
        tell_number(number[3], k->wasserstein, d + 1);
        pal_text_addf(&t, "%-18s %12s %12s %8s %12s  %s\n", pal_sample_table[s].name, number[0], number[1], number[2], number[3],
                      pal_realism_verdict_names[k->verdict]);
    }
    pal_text_addf(&t, "\n%zu alike, %zu close, %zu apart, %zu not told by one side\n", r->verdicts[PAL_ALIKE], r->verdicts[PAL_CLOSE],
                  r->verdicts[PAL_APART], r->verdicts[PAL_UNTOLD]);
    if ((double)r->real_users > LIKE_MANY * (double)r->simulated_users || (double)r->simulated_users > LIKE_MANY * (double)r->real_users) {
        pal_text_add(&t, "note       the sides have different numbers of people: people per item differ for that alone (--set people.n)\n");
    }
    if (dir != NULL) pal_text_addf(&t, "report     %s/report.html\n", dir);
    return pal_print_text(&t, err);
}

static pal_status print_lines(const pal_realism *r, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t m = 0; m < PAL_MOMENTS + PAL_SAMPLES; m++) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", "data realism");
        if (m < PAL_MOMENTS) {
            pal_json_put_string(&w, "moment", pal_moment_table[m].name);
            pal_json_put_number(&w, "real", r->moment[m].real.value);
            pal_json_put_number(&w, "simulated", r->moment[m].simulated.value);
            pal_json_put_number(&w, "distance_se", r->moment[m].distance);
            pal_json_put_string(&w, "verdict", pal_realism_verdict_names[r->moment[m].verdict]);
        } else {
            const pal_realism_spread *s = &r->spread[m - PAL_MOMENTS];

            pal_json_put_string(&w, "distribution", pal_sample_table[m - PAL_MOMENTS].name);
            pal_json_put_number(&w, "ks", s->ks);
            pal_json_put_number(&w, "wasserstein", s->wasserstein);
            pal_json_put_string(&w, "verdict", pal_realism_verdict_names[s->verdict]);
        }
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    }
done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_people_log *real = NULL, *simulated = NULL;
    pal_json_doc *data = NULL;
    pal_moments_config config;
    pal_realism *r = NULL;
    pal_report_options drawing = pal_report_defaults();
    pal_taken_as as;
    uint64_t replicate, least;
    const char *dir = pal_args_text(args, "out");

    PAL_TRY(pal_moments_config_from(&config, args, err));
    PAL_TRY(pal_taken_as_from(&as, args, err));
    PAL_TRY(pal_args_whole(&replicate, args, "replicate", 0, 0, UINT32_MAX, err));
    PAL_TRY(pal_args_whole(&least, args, "least", 1, 1, 1000000, err));
    PAL_TRY(pal_figures_formats(&drawing.formats, args, err));
    PAL_TRY(pal_figures_themes(&drawing.themes, args, err));
    PAL_TRY(pal_settings_read(&data, args, "{}", NULL, err));
    PAL_TRY(pal_people_log_run(&simulated, args->operand[0], pal_args_text(args, "arm"), (uint32_t)replicate, as, (size_t)least, err));
    PAL_TRY(pal_people_log_from(&real, args, args->operand[1], pal_json_root(data), err));
    PAL_NEW(r, 1);
    PAL_TRY(pal_realism_of(r, real, simulated, &config, err));
    if (dir != NULL) {
        PAL_TRY(pal_realism_write(r, &config, as, (size_t)least, dir, err));
        PAL_TRY(pal_realism_report_draw(dir, &drawing, err));
    }
    if (pal_args_has(args, "json")) PAL_TRY(print_lines(r, err));
    else if (!pal_args_has(args, "quiet")) PAL_TRY(print_text(r, dir, err));
done:
    pal_people_log_free(real);
    pal_people_log_free(simulated);
    pal_json_free(data);
    pal_free(r);
    return rc;
}

const pal_command pal_command_data_realism = {
    .name = "data realism", .operands = "RUN LOG", .n_min = 2, .n_max = 2,
    .summary = "say how far a run's people are from those of a real log",
    .usage = "Takes the same statistics of RUN (a directory with events.csv or events/) and of LOG, people as the unit of every\n"
             "interval, and sets them against each other: moments in standard errors, distributions by Kolmogorov-Smirnov\n"
             "and Wasserstein distance. What counts as an interaction of a simulated person is --as. Exits 0 whatever it finds.",
    .options = options, .run = run,
};
