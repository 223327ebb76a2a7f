/* Interactions from a file, or drawn with planted tastes. */
#include "lab/eval_data.h"

#include "core/dist.h"
#include "core/file.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "data/interactions_load.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LEAST 5          /* interactions of a person; below it no part of a split would hold one */
#define TRIES_A_PICK 50  /* items already taken met in a row before the taste counts as used up  */

enum { DRAW_TASTES, DRAW_COUNT, DRAW_ITEMS }; /* `what` of a person's draws */

typedef struct plan {
    size_t n_people, n_items, n_groups, most_tastes, most_taken;
    double mean, spread, noise;
    double *ladder;      /* cumulated weights of the places inside a group, the largest group's */
    uint32_t *taken;     /* n_items: person + 1 who took it last                                */
    uint32_t *group;     /* n_groups: shuffled for a person                                     */
    double *weight, *alpha; /* most_tastes */
} plan;

static size_t group_size(const plan *p, size_t group)
{
    return p->n_items / p->n_groups + (group < p->n_items % p->n_groups);
}

/* Place u of the ladder's first n steps. */
static size_t climb(const double *ladder, size_t n, double u)
{
    size_t lo = 0, hi = n - 1;
    double wanted = u * ladder[n - 1];

    while (lo < hi) {
        size_t middle = lo + (hi - lo) / 2;

        if (ladder[middle] > wanted) {
            hi = middle;
        } else {
            lo = middle + 1;
        }
    }
    return lo;
}

static pal_status plan_make(plan *p, const pal_values *v, pal_error *err)
{
    pal_status rc = PAL_OK;
    double power = pal_values_real(v, "popularity"), sum = 0;
    size_t longest;

    *p = (plan){ .n_people = (size_t)pal_values_int(v, "people"), .n_items = (size_t)pal_values_int(v, "items"),
                 .n_groups = (size_t)pal_values_int(v, "groups"), .most_tastes = (size_t)pal_values_int(v, "tastes"),
                 .mean = pal_values_real(v, "mean_interactions"), .spread = pal_values_real(v, "spread"),
                 .noise = pal_values_real(v, "noise") };
    if (p->n_groups > p->n_items) p->n_groups = p->n_items;
    if (p->most_tastes > p->n_groups) p->most_tastes = p->n_groups;
    p->most_taken = p->n_items / 2;
    longest = group_size(p, 0);
    PAL_NEW(p->ladder, longest);
    PAL_NEW(p->taken, p->n_items);
    PAL_NEW(p->group, p->n_groups);
    PAL_NEW(p->weight, p->most_tastes);
    PAL_NEW(p->alpha, p->most_tastes);
    for (size_t r = 0; r < longest; r++) p->ladder[r] = sum += pal_exp(-power * pal_log((double)r + 1));

done:
    return rc;
}

static void plan_clear(plan *p)
{
    pal_free(p->ladder);
    pal_free(p->taken);
    pal_free(p->group);
    pal_free(p->weight);
    pal_free(p->alpha);
}

/* Tastes of a person: how many, which groups (the first of p->group), with which weights. */
static size_t draw_tastes(plan *p, pal_key key, size_t u)
{
    pal_at at = { u, 0, DRAW_TASTES };
    uint64_t draw = 0;
    size_t n = 1 + (size_t)pal_below(key, at, &draw, p->most_tastes);

    for (size_t g = 0; g < p->n_groups; g++) p->group[g] = (uint32_t)g;
    for (size_t t = 0; t < n; t++) p->alpha[t] = 1;
    pal_draw_shuffle(p->group, p->n_groups, key, at, &draw);
    pal_draw_dirichlet(p->weight, key, at, &draw, p->alpha, n);
    return n;
}

/* One item the person has not taken yet, or SIZE_MAX when the tries are used up. */
static size_t pick(const plan *p, pal_key key, pal_at at, uint64_t *draw, size_t n_tastes, size_t u)
{
    bool any = pal_u01(key, at, (*draw)++) < p->noise;
    size_t group = any ? (size_t)pal_below(key, at, draw, p->n_groups)
                       : p->group[pal_draw_index(key, at, draw, p->weight, n_tastes)];

    for (int t = 0; t < TRIES_A_PICK; t++) {
        size_t item = group + p->n_groups * climb(p->ladder, group_size(p, group), pal_u01(key, at, (*draw)++));

        if (p->taken[item] != u + 1) return item;
    }
    return SIZE_MAX;
}

static pal_status add_person(pal_interactions_builder *builder, plan *p, pal_key key, size_t u, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_at at = { u, 0, DRAW_COUNT }, items = { u, 0, DRAW_ITEMS };
    uint64_t draw = 0;
    size_t n_tastes = draw_tastes(p, key, u), wanted, failed = 0;
    char person[32], item[48];

    wanted = LEAST + (size_t)(pal_draw_gamma(key, at, &draw, p->spread) * (p->mean - LEAST) / p->spread + 0.5);
    if (wanted > p->most_taken) wanted = p->most_taken;
    draw = 0;
    snprintf(person, sizeof person, "%zu", u + 1);
    for (size_t n = 0; n < wanted && failed < TRIES_A_PICK;) {
        size_t i = pick(p, key, items, &draw, n_tastes, u);

        if (i == SIZE_MAX) { /* a small taste that is used up */
            failed++;
            continue;
        }
        p->taken[i] = (uint32_t)u + 1;
        snprintf(item, sizeof item, "%zu-%zu", i % p->n_groups + 1, i / p->n_groups + 1);
        PAL_TRY(pal_interactions_builder_add(builder, person, strlen(person), item, strlen(item), 1,
                                             (int64_t)(n * p->n_people + u), PAL_ROW_VALUE | PAL_ROW_TIME, err));
        n++;
    }

done:
    return rc;
}

/* The groups as side features; ids start with the group. */
static pal_status add_groups(pal_interactions *log, size_t n_groups, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_csr_cell *cell = NULL;
    pal_side *side = NULL;
    char name[32];

    PAL_NEW(cell, log->n_items);
    PAL_NEW(side, 1);
    log->item_side = side; /* the log owns it from here */
    PAL_NEW(side->name, n_groups);
    side->n_features = n_groups;
    for (size_t g = 0; g < n_groups; g++) {
        snprintf(name, sizeof name, "genre=%zu", g + 1);
        side->name[g] = pal_strdup(name);
        if (side->name[g] == NULL) PAL_FAIL(PAL_ERR_MEMORY, "out of memory for a feature's name");
    }
    for (size_t i = 0; i < log->n_items; i++) {
        cell[i] = (pal_csr_cell){ (uint32_t)i, (uint32_t)(strtoul(log->item_id[i], NULL, 10) - 1), 1 };
    }
    PAL_TRY(pal_csr_new(&side->cell, log->n_items, n_groups, cell, log->n_items, PAL_TWICE_LAST, err));

done:
    pal_free(cell);
    return rc;
}

pal_status pal_eval_generate(pal_interactions **out, pal_interactions_report *report, const pal_values *values,
                             uint64_t seed, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_interactions_builder *builder = NULL;
    pal_interactions *log = NULL;
    plan p = { 0 };

    PAL_TRY(plan_make(&p, values, err));
    PAL_TRY(pal_interactions_builder_new(&builder, err));
    for (size_t u = 0; u < p.n_people; u++) {
        PAL_TRY(add_person(builder, &p, pal_key_for(seed, 0, PAL_FOR_PERSON), u, err));
    }
    PAL_TRY(pal_interactions_builder_finish(&log, report, builder, "synthetic", NULL, err));
    PAL_TRY(add_groups(log, p.n_groups, err));
    *out = log;
    log = NULL;

done:
    plan_clear(&p);
    pal_interactions_builder_free(builder);
    pal_interactions_free(log);
    return rc;
}

/* Every model asks for values above 0; only here are file and ids known. */
static pal_status check_values(const pal_interactions *log, const char *path, pal_error *err)
{
    for (size_t i = 0; i < log->n; i++) {
        if (!(log->value[i] > 0)) {
            return pal_error_set(
                err, PAL_ERR_DATA,
                "%s: person '%.60s', item '%.60s': found value %g, wanted one above 0; "
                "\"data\": {\"threshold\": 4} leaves out what is below 4, \"value\": \"-\" takes "
                "every "
                "row as 1",
                path, log->user_id[log->user[i]], log->item_id[log->item[i]],
                (double)log->value[i]);
        }
    }
    return PAL_OK;
}

pal_status pal_eval_data(pal_interactions **out, pal_interactions_report *report, const pal_eval_config *c,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *get = pal_values_text(c->data, "get");
    pal_interactions *log = NULL;

    if (c->synthetic) return pal_eval_generate(out, report, c->generate, c->seed, err);
    if (!pal_file_exists(c->data_file)) {
        PAL_FAIL(PAL_ERR_IO, "%s: data.file: %s is not there%s%s", c->file, c->data_file,
                 get[0] != '\0' ? "; " : "", get);
    }
    PAL_TRY(pal_interactions_load(&log, report, c->data_file, c->load, c->file, "data", err));
    PAL_TRY(check_values(log, c->data_file, err));
    *out = log;
    log = NULL;

done:
    pal_interactions_free(log);
    return rc;
}
