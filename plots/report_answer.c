/* The answer in plain words: every claim comes with its number, and noise is called noise. */
#include "plots/number.h"
#include "plots/report_page.h"
#include "plots/report_words.h"

#include <math.h>
#include <stdint.h>
#include <string.h>

#define LIKES "like_rate"

static void say_what(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    pal_estimate likes = pal_arm_metric(focus, LIKES);

    if (isnan(likes.value)) {
        pal_text_addf(text, "No like rate was measured for %s, so this run gives no answer.", focus->label);
        return;
    }
    pal_text_add(text, "Over ");
    pal_say_count(text, run->rounds, "round", "rounds");
    pal_text_add(text, " with ");
    pal_say_count(text, run->people, "person", "people");
    pal_text_addf(text, ", %s earned ", focus->label);
    pal_say_estimate(text, likes);
    pal_text_add(text, " likes per impression.");
}

/* The paired difference, cautious when the interval covers zero or the test does not hold after correction. */
static void say_difference(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    const pal_plot_comparison *c = pal_arm_comparison(focus, LIKES);

    if (run->focus == run->baseline) {
        pal_text_add(text, run->n_arms == 1 ? " It is the only arm, so there is nothing to compare it with."
                                            : " It is the baseline itself, so there is nothing to compare it with.");
    } else if (c == NULL || isnan(c->diff.value)) {
        pal_text_addf(text, " It was not compared with %s.", run->arms[run->baseline].label);
    } else {
        pal_say_comparison(text, run, c);
    }
}

/* The best arm but `but` among those that do not know the truth, or SIZE_MAX. */
static size_t best_arm(const pal_rundata *run, size_t but)
{
    size_t best = SIZE_MAX;

    for (size_t a = 0; a < run->n_arms; a++) {
        double value = pal_arm_metric(&run->arms[a], LIKES).value;

        if (a != but && !run->arms[a].is_oracle && isfinite(value) &&
            (best == SIZE_MAX || value > pal_arm_metric(&run->arms[best], LIKES).value)) {
            best = a;
        }
    }
    return best;
}

static void say_rank(pal_text *text, const pal_rundata *run)
{
    size_t other = best_arm(run, run->focus);
    pal_estimate mine = pal_arm_metric(&run->arms[run->focus], LIKES), theirs;
    bool ahead, clear;

    /* The pair with the baseline has been told already. */
    if (other == SIZE_MAX || (other == run->baseline && run->n_arms <= 3) || isnan(mine.value)) {
        return;
    }
    theirs = pal_arm_metric(&run->arms[other], LIKES);
    ahead = mine.value > theirs.value;
    clear = ahead ? mine.lo > theirs.hi : theirs.lo > mine.hi;
    pal_text_addf(text, ahead ? " Among the arms that do not know the truth it came first, before %s with "
                              : " The best of the arms that do not know the truth was %s with ",
                  run->arms[other].label);
    pal_say_estimate(text, theirs);
    pal_text_add(text, clear ? "." : "; their intervals overlap, so the order of the two is not certain.");
}

static void say_coverage(pal_text *text, const pal_rundata *run)
{
    pal_estimate mine = pal_arm_metric(&run->arms[run->focus], "taste_coverage");
    pal_estimate base = pal_arm_metric(&run->arms[run->baseline], "taste_coverage");
    char a[PAL_SHOWN_MAX];

    if (isnan(mine.value)) {
        return;
    }
    pal_text_addf(text, " %s served %s of people's tastes at least once with ",
                  run->arms[run->focus].label, pal_show_percent(a, mine.value, 0));
    pal_add_worded(text, run, "a song they liked");
    if (run->focus != run->baseline && isfinite(base.value)) {
        pal_text_addf(text, " (%s: %s)", run->arms[run->baseline].label, pal_show_percent(a, base.value, 0));
    }
    pal_text_add(text, ".");
}

static void say_oracle(pal_text *text, const pal_rundata *run)
{
    pal_estimate mine = pal_arm_metric(&run->arms[run->focus], LIKES), top;
    char a[PAL_SHOWN_MAX], b[PAL_SHOWN_MAX];

    if (run->oracle == SIZE_MAX || run->oracle == run->focus) {
        return;
    }
    top = pal_arm_metric(&run->arms[run->oracle], LIKES);
    if (isfinite(top.value) && top.value > 0 && isfinite(mine.value)) {
        pal_text_addf(text, " The oracle, which knows everyone's tastes, earned %s: %s reached %s of that.",
                      pal_show_fixed(a, top.value, 3), run->arms[run->focus].label,
                      pal_show_percent(b, mine.value / top.value, 0));
    }
}

/* What was given away at every step: the price of not knowing, and of learning. */
static void say_cost(pal_text *text, const pal_rundata *run)
{
    pal_estimate mine = pal_arm_metric(&run->arms[run->focus], "regret");
    pal_estimate base = pal_arm_metric(&run->arms[run->baseline], "regret");
    char a[PAL_SHOWN_MAX];

    if (!isfinite(mine.value)) {
        return;
    }
    pal_text_addf(text, " Against the best slate of the same moment %s gave away ", run->arms[run->focus].label);
    pal_say_estimate(text, mine);
    pal_text_add(text, " expected likes per impression");
    if (run->focus != run->baseline && isfinite(base.value)) {
        pal_text_addf(text, " (%s: %s)", run->arms[run->baseline].label, pal_show_fixed(a, base.value, 3));
    }
    pal_text_add(text, ".");
}

static void say_auc(pal_text *text, const pal_rundata *run)
{
    const pal_plot_arm *focus = &run->arms[run->focus];
    pal_estimate auc = pal_arm_metric(focus, "auc"), ceiling = pal_arm_metric(focus, "auc_ceiling");
    char a[PAL_SHOWN_MAX];

    if (isnan(auc.value)) {
        return;
    }
    pal_add_worded(text, run, " On songs it had never shown, its AUC is ");
    pal_say_estimate(text, auc);
    if (isfinite(ceiling.value)) {
        pal_text_addf(text, ", where %s is the most that anyone could reach", pal_show_fixed(a, ceiling.value, 3));
    }
    pal_text_add(text, ".");
}

/* "0.499 [0.473, 0.525] (logistic, 28 models of ranking)" */
static void add_models(pal_text *text, const pal_plot_arm *arm, const pal_kind *kind)
{
    char models[PAL_SHOWN_MAX];

    pal_say_estimate(text, kind->auc);
    pal_text_addf(text, " (%s, %s models of %s)", strcmp(kind->model, "boosted") == 0 ? "boosted trees" : kind->model,
                  pal_show_count(models, kind->models), arm->label);
}

/* Where likes are coins tossed by cluster, models of single tastes must come out at one half: are they there? */
static void say_coins(pal_text *text, const pal_rundata *run)
{
    const char *model[PAL_MAX_KINDS];
    size_t n = pal_rundata_kinds(model, run), said = 0, within = 0;
    double ceiling = 0;
    char shown[PAL_SHOWN_MAX];

    if (strcmp(run->response_model, "cluster-bernoulli") != 0 || n == 0) {
        return;
    }
    for (size_t k = 0; k < n; k++) {
        size_t lead = pal_rundata_lead(run, model[k]);
        const pal_kind *kind = lead == SIZE_MAX ? NULL : pal_arm_kind(&run->arms[lead], model[k]);

        if (kind == NULL || !isfinite(kind->auc.lo) || !isfinite(kind->auc.hi)) {
            continue;
        }
        pal_text_add(text, said == 0 ? " The models of single tastes reach, on answers held out, an AUC of " : " and ");
        add_models(text, &run->arms[lead], kind);
        within += kind->auc.lo <= 0.5 && kind->auc.hi >= 0.5;
        ceiling = fmax(ceiling, isfinite(kind->auc_ceiling) ? kind->auc_ceiling : 0);
        said++;
    }
    if (said == 0) {
        return;
    }
    pal_text_add(text, within == said ? (said == 1 ? ": 0.5, which is guessing, lies within that interval."
                                                   : ": 0.5, which is guessing, lies within each interval.")
                                      : ": 0.5, which is guessing, does not lie within every interval, as chance alone "
                                        "brings about now and then.");
    pal_text_add(text, ceiling < 0.505 ? " Nothing better is possible here: these people toss"
                                       : " Inside a cluster nothing better is possible: these people toss");
    pal_add_worded(text, run, " the same coin for every song of a cluster, whatever it is like");
    if (ceiling < 0.505) {
        pal_text_add(text, ", so that inside a taste there is nothing to learn.");
    } else {
        pal_text_addf(text, "; the little there is to learn, up to an AUC of %s, is which of its %s belong to another "
                            "cluster as well.", pal_show_fixed(shown, ceiling, 3), pal_item_word(run, true));
    }
}

void pal_report_answer(pal_text *text, const pal_rundata *run)
{
    say_what(text, run);
    say_difference(text, run);
    say_rank(text, run);
    pal_say_losses(text, run);
    say_coverage(text, run);
    say_oracle(text, run);
    say_cost(text, run);
    say_auc(text, run);
    say_coins(text, run);
}
