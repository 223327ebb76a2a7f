/* palate power: how many people an experiment needs, what it can find, and whether a split went as meant. */
#include "cli/command.h"
#include "cli/print.h"
#include "cli/reals.h"
#include "metrics/power.h"
#include "metrics/srm.h"

#include <math.h>
#include <stdio.h>

#define MOST_ARMS 64
#define MOST_PEOPLE 1e12

static const pal_option options[] = {
    { "effect", "D", false, "a difference over its standard deviation (Cohen's d)" },
    { "difference", "X", false, "the same as a difference, with --sd" },
    { "sd", "X", false, "standard deviation: of a person's difference between two arms, or of a person's value" },
    { "people", "N", false, "people: in pairs, or in each of two arms with --unpaired" },
    { "shares", "P,Q", false, "two shares to tell apart, such as click rates, in unpaired impressions" },
    { "split", "N,N,...", false, "people that arms got: did they get the shares that were meant?" },
    { "meant", "X,X,...", false, "shares that were meant, in any unit (default: equal)" },
    { "unpaired", NULL, false, "two arms with different people (default: the same people in both)" },
    { "alpha", "X", false, "chance of a false claim, two-sided (default: 0.05)" },
    { "power", "X", false, "chance to find what is there (default: 0.8)" },
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct question {
    double effect, people, alpha, power; /* NaN when not given */
    bool unpaired, json;
} question;

/* A finite number, or null in JSON. */
static void put(pal_json_writer *w, const char *key, double value)
{
    if (isfinite(value)) {
        pal_json_put_number(w, key, value);
    } else {
        pal_json_put_null(w, key);
    }
}

static const char *count_or_never(double n)
{
    return isfinite(n) && n < MOST_PEOPLE ? pal_print_count((unsigned long long)n) : "endlessly many";
}

static void begin(pal_json_writer *w, const char *question_name)
{
    *w = (pal_json_writer){ .compact = true };
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "command", "power");
    pal_json_put_string(w, "question", question_name);
}

static pal_status end(pal_json_writer *w, pal_error *err)
{
    pal_json_end_object(w);
    return pal_print_line(w, err);
}

static pal_status say_needed(const question *q, pal_error *err)
{
    double pairs = pal_needed_pairs(q->effect, q->alpha, q->power), each = pal_needed_each(q->effect, q->alpha, q->power);
    pal_json_writer w;

    if (!q->json) {
        printf("effect %g at alpha %g, power %g: ", q->effect, q->alpha, q->power);
        if (q->unpaired) {
            printf("%s people in each arm\n", count_or_never(each));
        } else {
            printf("%s people in pairs (unpaired, with d over one arm's standard deviation: %s in each arm)\n",
                   count_or_never(pairs), count_or_never(each));
        }
        return PAL_OK;
    }
    begin(&w, "needed");
    put(&w, "effect", q->effect);
    put(&w, "alpha", q->alpha);
    put(&w, "power", q->power);
    put(&w, "pairs", pairs);
    put(&w, "each", each);
    return end(&w, err);
}

static pal_status say_power(const question *q, pal_error *err)
{
    size_t n = (size_t)q->people;
    double power = q->unpaired ? pal_power_unpaired(q->effect, n, n, q->alpha) : pal_power_paired(q->effect, n, q->alpha);
    pal_json_writer w;

    if (!q->json) {
        printf("effect %g, %s people %s, alpha %g: power %.4f\n", q->effect, count_or_never(q->people),
               q->unpaired ? "in each arm" : "in pairs", q->alpha, power);
        return PAL_OK;
    }
    begin(&w, "power");
    put(&w, "effect", q->effect);
    put(&w, "people", q->people);
    pal_json_put_bool(&w, "unpaired", q->unpaired);
    put(&w, "alpha", q->alpha);
    put(&w, "power", power);
    return end(&w, err);
}

static pal_status say_detectable(const question *q, double sd, pal_error *err)
{
    size_t n = (size_t)q->people;
    double effect = q->unpaired ? pal_detectable_unpaired(n, n, q->alpha, q->power)
                                : pal_detectable_paired(n, q->alpha, q->power);
    pal_json_writer w;

    if (!q->json) {
        printf("%s people %s, alpha %g, power %g: smallest effect %.4f", count_or_never(q->people),
               q->unpaired ? "in each arm" : "in pairs", q->alpha, q->power, effect);
        if (isfinite(sd)) printf(", a difference of %.6g", effect * sd);
        printf("\n");
        return PAL_OK;
    }
    begin(&w, "detectable");
    put(&w, "people", q->people);
    pal_json_put_bool(&w, "unpaired", q->unpaired);
    put(&w, "alpha", q->alpha);
    put(&w, "power", q->power);
    put(&w, "effect", effect);
    put(&w, "difference", effect * sd);
    return end(&w, err);
}

static pal_status say_shares(const question *q, const double share[2], pal_error *err)
{
    double each = pal_needed_each_share(share[0], share[1], q->alpha, q->power);
    pal_json_writer w;

    if (!q->json) {
        printf("shares %g and %g at alpha %g, power %g: %s trials in each arm, if every trial is another person's\n", share[0],
               share[1], q->alpha, q->power, count_or_never(each));
        return PAL_OK;
    }
    begin(&w, "shares");
    pal_json_put_numbers(&w, "shares", share, 2);
    put(&w, "alpha", q->alpha);
    put(&w, "power", q->power);
    put(&w, "each", each);
    return end(&w, err);
}

static pal_status say_split(const question *q, const double *count, const double *meant, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sample_ratio r;
    pal_json_writer w;

    PAL_TRY(pal_sample_ratio_check(&r, count, meant, n, err));
    if (!q->json) {
        printf("chi-square %.4f with %zu %s of freedom, p %.3g: %s\n", r.chi2, n - 1,
               n == 2 ? "degree" : "degrees", r.p,
               r.mismatch ? "the split is not the one that was meant: find out why before believing a comparison"
                          : "no sign of a mismatch");
        goto done;
    }
    begin(&w, "split");
    pal_json_put_numbers(&w, "counts", count, n);
    put(&w, "chi2", r.chi2);
    put(&w, "p", r.p);
    pal_json_put_bool(&w, "mismatch", r.mismatch);
    PAL_TRY(end(&w, err));
done:
    return rc;
}

/* --effect, or --difference over --sd; NaN when neither is there. */
static pal_status read_effect(double *effect, double *sd, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    double difference;

    PAL_TRY(pal_args_real(effect, args, "effect", NAN, -1e6, 1e6, err));
    PAL_TRY(pal_args_real(&difference, args, "difference", NAN, -1e300, 1e300, err));
    PAL_TRY(pal_args_real(sd, args, "sd", NAN, 1e-300, 1e300, err));
    if (!isnan(difference)) {
        if (isnan(*sd)) PAL_FAIL(PAL_ERR_USAGE, "--difference needs --sd, its standard deviation");
        if (!isnan(*effect)) PAL_FAIL(PAL_ERR_USAGE, "--difference and --effect say the same: give one of them");
        *effect = difference / *sd;
    }
done:
    return rc;
}

static pal_status answer(const question *q, double sd, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    double share[2], count[MOST_ARMS], meant[MOST_ARMS];
    size_t n_shares, n_counts, n_meant;

    PAL_TRY(pal_args_reals(share, &n_shares, 2, args, "shares", 0, 1, err));
    PAL_TRY(pal_args_reals(count, &n_counts, MOST_ARMS, args, "split", 0, 1e15, err));
    PAL_TRY(pal_args_reals(meant, &n_meant, MOST_ARMS, args, "meant", 1e-300, 1e300, err));
    if (n_counts > 0) {
        if (n_meant > 0 && n_meant != n_counts) {
            PAL_FAIL(PAL_ERR_USAGE, "--meant: %zu shares for %zu arms of --split", n_meant, n_counts);
        }
        PAL_TRY(say_split(q, count, n_meant > 0 ? meant : NULL, n_counts, err));
    } else if (n_shares > 0) {
        if (n_shares != 2) PAL_FAIL(PAL_ERR_USAGE, "--shares: wanted two shares, such as 0.05,0.06");
        PAL_TRY(say_shares(q, share, err));
    } else if (!isnan(q->effect)) {
        PAL_TRY(isnan(q->people) ? say_needed(q, err) : say_power(q, err));
    } else if (!isnan(q->people)) {
        PAL_TRY(say_detectable(q, sd, err));
    } else {
        PAL_FAIL(PAL_ERR_USAGE, "power: give --effect (or --difference and --sd), --people, both, --shares or --split");
    }
done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    question q = { .unpaired = pal_args_has(args, "unpaired"), .json = pal_args_has(args, "json") };
    double sd = NAN;
    uint64_t people;

    PAL_TRY(read_effect(&q.effect, &sd, args, err));
    PAL_TRY(pal_args_whole(&people, args, "people", 0, 2, (uint64_t)MOST_PEOPLE, err));
    q.people = people == 0 ? NAN : (double)people;
    PAL_TRY(pal_args_real(&q.alpha, args, "alpha", 0.05, 1e-12, 0.5, err));
    PAL_TRY(pal_args_real(&q.power, args, "power", 0.8, 0.5, 0.999999, err));
    PAL_TRY(answer(&q, sd, args, err));
done:
    return rc;
}

const pal_command pal_command_power = {
    .name = "power", .operands = "", .n_min = 0, .n_max = 0,
    .summary = "plan an experiment: people needed, effects that can be found, broken splits",
    .usage = "--effect: people needed. --effect and --people: the power. --people: the smallest effect. --shares: trials\n"
             "to tell two rates apart. --split: a chi-square test of people in arms. Two-sided t tests; 'palate compare'\n"
             "prints the effects and standard deviations of runs that are there.",
    .options = options, .run = run,
};
