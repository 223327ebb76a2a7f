/* Two arms against each other: who is paired with whom, then one metric after another. */
#include "lab/compare_sides.h"

#include "core/mem.h"
#include "core/sum.h"
#include "metrics/bca.h"
#include "metrics/compare.h"
#include "metrics/permutation.h"
#include "metrics/power.h"
#include "metrics/sequential.h"
#include "metrics/wilcoxon.h"

#include <math.h>
#include <string.h>

#define PAST_LEAST 10           /* times the permutations that a family needs at the least */
#define MOST_PERMUTATIONS 1e6

const char *const pal_side_test_names[PAL_SIDE_TESTS] = { "permutation", "t", "wilcoxon" };
const char *const pal_meeting_names[3] = { "same people", "same seeds", "unpaired" };

/* The people of one side that take part, and the world (seed and replicate) each lives in. */
typedef struct crowd {
    const pal_run_people **run; /* of each person */
    size_t *person;
    uint32_t *world;
    size_t n, n_worlds;
    double *trait;              /* of those with a value; all of them read it, or none  */
    double *num, *den, *value;  /* of the metric at hand; value: linearised, with the ratio as its mean */
    size_t n_values;            /* people with den > 0 (paired: on either side)                         */
    pal_boot *boot;
} crowd;

static void crowd_clear(crowd *c)
{
    pal_free(c->run);
    pal_free(c->person);
    pal_free(c->world);
    pal_free(c->trait);
    pal_free(c->num);
    pal_free(c->den);
    pal_free(c->value);
    pal_boot_free(c->boot);
}

static pal_status crowd_new(crowd *c, size_t most, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(c->run, most);
    PAL_NEW(c->person, most);
    PAL_NEW(c->world, most);
    PAL_NEW(c->trait, most);
    PAL_NEW(c->num, most);
    PAL_NEW(c->den, most);
    PAL_NEW(c->value, most);
done:
    return rc;
}

static size_t people_of(const pal_compare_side *s)
{
    size_t n = 0;

    for (size_t i = 0; i < s->n_runs; i++) n += s->run[i]->n_people;
    return n;
}

/* The first n_users people of the first n_replicates of a run; numbers of worlds go on from those before. */
static void add_people(crowd *c, const pal_run_people *run, size_t n_replicates, size_t n_users)
{
    for (size_t rep = 0; rep < n_replicates; rep++) {
        for (size_t u = 0; u < n_users; u++) {
            c->run[c->n] = run;
            c->person[c->n] = rep * run->n_users + u;
            c->world[c->n] = (uint32_t)(c->n_worlds + rep);
            c->n++;
        }
    }
    c->n_worlds += n_replicates;
}

static void add_everybody(crowd *c, const pal_compare_side *s)
{
    for (size_t i = 0; i < s->n_runs; i++) add_people(c, s->run[i], s->run[i]->n_replicates, s->run[i]->n_users);
}

static const pal_run_people *with_seed(const pal_compare_side *s, const char *seed)
{
    for (size_t i = 0; i < s->n_runs; i++) {
        if (strcmp(s->run[i]->seed, seed) == 0) return s->run[i];
    }
    return NULL;
}

static size_t smaller(size_t x, size_t y)
{
    return x < y ? x : y;
}

/* Fill both crowds: in pairs while seeds match, else everybody. */
static void meet(crowd *a, crowd *b, pal_meeting *meeting, size_t *left_out, const pal_compare_side *sa,
                 const pal_compare_side *sb)
{
    size_t matched = 0;

    *meeting = PAL_SAME_PEOPLE;
    for (size_t i = 0; i < sa->n_runs; i++) {
        const pal_run_people *ra = sa->run[i], *rb = with_seed(sb, ra->seed);

        if (rb == NULL) continue;
        add_people(a, ra, smaller(ra->n_replicates, rb->n_replicates), smaller(ra->n_users, rb->n_users));
        add_people(b, rb, smaller(ra->n_replicates, rb->n_replicates), smaller(ra->n_users, rb->n_users));
        if (strcmp(ra->people, rb->people) != 0) *meeting = PAL_SAME_SEEDS;
        matched++;
    }
    *left_out = sa->n_runs + sb->n_runs - 2 * matched;
    if (matched > 0) return;
    *meeting = PAL_STRANGERS;
    *left_out = 0;
    add_everybody(a, sa);
    add_everybody(b, sb);
}

static void fetch(crowd *c, const char *arm, size_t metric)
{
    for (size_t p = 0; p < c->n; p++) {
        size_t a = pal_run_people_arm(c->run[p], arm);

        c->num[p] = pal_run_people_num(c->run[p], a, metric)[c->person[p]];
        c->den[p] = pal_run_people_den(c->run[p], a, metric)[c->person[p]];
    }
}

static double ratio_of(const crowd *c)
{
    double den = pal_sum(c->den, c->n);

    return den > 0 ? pal_sum(c->num, c->n) / den : NAN;
}

/* The delta method's value of each person who counts (`other` NULL: on this side; else on either), in order. */
static void linearise(crowd *c, const crowd *other, double ratio)
{
    double mean_den;

    c->n_values = 0;
    for (size_t p = 0; p < c->n; p++) c->n_values += c->den[p] > 0 || (other != NULL && other->den[p] > 0);
    mean_den = pal_sum(c->den, c->n) / (double)c->n_values;
    c->n_values = 0;
    for (size_t p = 0; p < c->n; p++) {
        if (c->den[p] > 0 || (other != NULL && other->den[p] > 0)) {
            if (c->run[p]->trait != NULL) c->trait[c->n_values] = c->run[p]->trait[c->person[p]];
            c->value[c->n_values++] = ratio + (c->num[p] - ratio * c->den[p]) / mean_den;
        }
    }
}

static double ratio_in(const crowd *c, uint32_t world)
{
    double num = 0, den = 0;

    for (size_t p = 0; p < c->n; p++) {
        if (c->world[p] == world) {
            num += c->num[p];
            den += c->den[p];
        }
    }
    return den > 0 ? num / den : NAN;
}

/* Each world's difference is one observation. */
static pal_status over_worlds(pal_sides_result *r, const crowd *a, const crowd *b, const pal_sides_config *config,
                              const pal_compare_config *flips, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *d = NULL;
    pal_permutation permutation;
    size_t n = 0;

    PAL_NEW(d, a->n_worlds);
    for (uint32_t w = 0; w < a->n_worlds; w++) {
        double x = ratio_in(a, w) - ratio_in(b, w);

        if (!isnan(x)) d[n++] = x;
    }
    r->n_worlds = n;
    r->worlds = pal_paired_t(d, n, config->level);
    PAL_TRY(pal_permutation_paired(&permutation, d, n, flips, err));
    r->p_worlds = n >= 2 ? permutation.p : NAN;
done:
    pal_free(d);
    return rc;
}

/* What somebody would have found who looked after every pair (metrics/sequential.h), set to be sharpest at the end. */
static pal_status look_all_the_time(pal_sides_result *r, const double *d, size_t n, double level, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sequential_config config = { .alpha = 1 - level, .expected = (double)n };
    pal_sequential test;

    PAL_TRY(pal_sequential_init(&test, &config, err));
    for (size_t i = 0; i < n; i++) pal_sequential_add(&test, d[i]);
    r->p_anytime = n >= test.config.start ? test.p : NAN;
    r->decided = test.stopped > 0 ? (double)test.stopped : NAN;
done:
    return rc;
}

/* All three tests of the same differences; p is that which was asked for. */
static pal_status test_pairs(pal_sides_result *r, const double *d, size_t n, pal_side_test test,
                             const pal_compare_config *flips, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_permutation permutation;
    pal_wilcoxon ranks;

    PAL_TRY(pal_permutation_paired(&permutation, d, n, flips, err));
    PAL_TRY(pal_wilcoxon_paired(&ranks, d, n, err));
    r->p_permutation = permutation.p;
    r->p_t = pal_paired_t_p(d, n);
    r->p_wilcoxon = ranks.p;
    r->p = test == PAL_TEST_T          ? r->p_t
           : test == PAL_TEST_WILCOXON ? r->p_wilcoxon
                                       : r->p_permutation;

done:
    return rc;
}

static pal_status paired(pal_sides_result *r, crowd *a, crowd *b, const pal_sides_config *config,
                         const pal_compare_config *flips, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *d = NULL, sd;

    PAL_TRY(pal_bca_difference(&r->difference, a->boot, a->num, a->den, b->num, b->den, err));
    if (isnan(r->value_a) || isnan(r->value_b)) goto done;
    linearise(a, b, r->value_a);
    linearise(b, a, r->value_b);
    PAL_NEW(d, a->n_values);
    for (size_t p = 0; p < a->n_values; p++) d[p] = a->value[p] - b->value[p];
    PAL_TRY(test_pairs(r, d, a->n_values, config->test, flips, err));
    r->cohen = pal_cohen_paired(d, a->n_values, config->level);
    r->cliff = pal_cliff_paired(d, a->n_values, config->level);
    r->pairing = pal_pairing_gain(a->value, b->value, a->n_values, config->level);
    r->needed = pal_needed_pairs(r->cohen.value, 1 - config->level, config->power);
    sd = sqrt(pal_variance(d, a->n_values));
    r->detectable = sd > 0 ? sd * pal_detectable_paired(a->n_values, 1 - config->level, config->power) : NAN;
    r->n_a = r->n_b = a->n_values;
    if (a->n_values > 0) PAL_TRY(look_all_the_time(r, d, a->n_values, config->level, err));
    PAL_TRY(over_worlds(r, a, b, config, flips, err));
done:
    pal_free(d);
    return rc;
}

static pal_status unpaired(pal_sides_result *r, crowd *a, crowd *b, const pal_sides_config *config,
                           const pal_compare_config *splits, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_permutation permutation;
    double squares;

    PAL_TRY(pal_bca_unpaired(&r->difference, a->boot, a->num, a->den, b->boot, b->num, b->den, err));
    if (isnan(r->value_a) || isnan(r->value_b)) goto done;
    linearise(a, NULL, r->value_a);
    linearise(b, NULL, r->value_b);
    PAL_TRY(pal_permutation_unpaired(&permutation, a->value, a->n_values, b->value, b->n_values, splits, err));
    r->p = r->p_permutation = permutation.p;
    r->cohen = pal_cohen_unpaired(a->value, a->n_values, b->value, b->n_values, config->level);
    PAL_TRY(pal_cliff(&r->cliff, a->value, a->n_values, b->value, b->n_values, config->level, err));
    if (a->run[0]->trait != NULL && b->run[0]->trait != NULL) {
        pal_cuped_unpaired(&r->cuped, a->value, a->trait, a->n_values, b->value, b->trait, b->n_values, config->level);
    }
    r->needed = pal_needed_each(r->cohen.value, 1 - config->level, config->power);
    if (a->n_values >= 2 && b->n_values >= 2) {
        squares = pal_variance(a->value, a->n_values) * (double)(a->n_values - 1) +
                  pal_variance(b->value, b->n_values) * (double)(b->n_values - 1);
        r->detectable = sqrt(squares / (double)(a->n_values + b->n_values - 2)) *
                        pal_detectable_unpaired(a->n_values, b->n_values, 1 - config->level, config->power);
    }
    r->n_a = a->n_values;
    r->n_b = b->n_values;
done:
    return rc;
}

static pal_status draw_boot(crowd *c, const char *side, const pal_sides_config *config, pal_error *err)
{
    pal_key key = pal_key_for(config->seed, 0, PAL_FOR_BOOTSTRAP);

    return pal_boot_new(&c->boot, c->n, c->world, config->resamples, config->level,
                        side == NULL ? key : pal_key_named(key, side), config->n_threads, err);
}

static pal_sides_result nothing_yet(size_t metric)
{
    const pal_interval none = { .value = NAN, .lo = NAN, .hi = NAN, .se = NAN, .n = 0 };
    const pal_effect no_effect = { NAN, NAN, NAN, NAN };

    return (pal_sides_result){ .metric = metric, .value_a = NAN, .value_b = NAN, .difference = none, .p = NAN,
                               .p_permutation = NAN, .p_t = NAN, .p_wilcoxon = NAN,
                               .cohen = no_effect, .cliff = no_effect, .needed = NAN, .detectable = NAN,
                               .pairing = { NAN, NAN, NAN, NAN, NAN, NAN }, .worlds = none, .p_worlds = NAN,
                               .cuped = { NAN, none, none, NAN }, .p_anytime = NAN, .decided = NAN };
}

static size_t enough_permutations(const pal_sides_config *config)
{
    double least = PAST_LEAST * (double)config->family / (1 - config->level);

    if (least > MOST_PERMUTATIONS) least = MOST_PERMUTATIONS;
    return (double)config->permutations >= least ? config->permutations : (size_t)ceil(least);
}

pal_status pal_compare_sides(pal_sides_result *out, pal_meeting *meeting, size_t *left_out, const pal_compare_side *sa,
                             const pal_compare_side *sb, const size_t *metric, size_t n_metrics,
                             const pal_sides_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_compare_config flips = { enough_permutations(config), pal_key_for(config->seed, 0, PAL_FOR_PERMUTE) };
    crowd a = { .n = 0 }, b = { .n = 0 };

    PAL_TRY(crowd_new(&a, people_of(sa), err));
    PAL_TRY(crowd_new(&b, people_of(sb), err));
    meet(&a, &b, meeting, left_out, sa, sb);
    if (*meeting == PAL_STRANGERS && config->test != PAL_TEST_PERMUTATION) {
        PAL_FAIL(PAL_ERR_USAGE,
                 "test %s needs pairs, and %s and %s have no seed in common; take permutation",
                 pal_side_test_names[config->test], sa->run[0]->dir, sb->run[0]->dir);
    }
    PAL_TRY(draw_boot(&a, *meeting == PAL_STRANGERS ? "first" : NULL, config, err));
    if (*meeting == PAL_STRANGERS) PAL_TRY(draw_boot(&b, "second", config, err));
    for (size_t m = 0; m < n_metrics; m++) {
        out[m] = nothing_yet(metric[m]);
        fetch(&a, sa->arm, metric[m]);
        fetch(&b, sb->arm, metric[m]);
        out[m].value_a = ratio_of(&a);
        out[m].value_b = ratio_of(&b);
        PAL_TRY(*meeting == PAL_STRANGERS ? unpaired(&out[m], &a, &b, config, &flips, err)
                                          : paired(&out[m], &a, &b, config, &flips, err));
    }
done:
    crowd_clear(&a);
    crowd_clear(&b);
    return rc;
}

pal_status pal_compare_values(pal_interval *out, const pal_compare_side *side, const size_t *metric, size_t n_metrics,
                              const pal_sides_config *config, pal_error *err)
{
    pal_status rc = PAL_OK;
    crowd c = { .n = 0 };

    PAL_TRY(crowd_new(&c, people_of(side), err));
    add_everybody(&c, side);
    PAL_TRY(draw_boot(&c, NULL, config, err));
    for (size_t m = 0; m < n_metrics; m++) {
        fetch(&c, side->arm, metric[m]);
        PAL_TRY(pal_boot_bca_ratio(&out[m], c.boot, c.num, c.den, err));
    }
done:
    crowd_clear(&c);
    return rc;
}
