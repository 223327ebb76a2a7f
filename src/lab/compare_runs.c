/* Who is set against whom. */
#include "lab/compare_runs.h"

#include "core/mem.h"
#include "metrics/compare.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

/* Arms to compare: settings and names. */
typedef struct pairing {
    size_t setting_a, setting_b;
    const char *arm_a, *arm_b;
} pairing;

void pal_run_comparison_free(pal_run_comparison *c)
{
    if (c == NULL) return;
    for (size_t i = 0; c->row != NULL && i < c->n_rows; i++) {
        pal_free(c->row[i].label_a);
        pal_free(c->row[i].label_b);
    }
    for (size_t i = 0; c->setting != NULL && i < c->n_settings; i++) {
        pal_free(c->setting[i].run);
        pal_free(c->setting[i].label);
    }
    for (size_t i = 0; c->run != NULL && i < c->n_runs; i++) pal_run_people_free(c->run[i]);
    pal_free(c->row);
    pal_free(c->setting);
    pal_free(c->run);
    pal_text_clear(&c->notes);
    pal_free(c);
}

/* ---- settings ---- */

static pal_status add_to_setting(pal_run_comparison *c, size_t i, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_setting *s = c->setting;

    while (s < c->setting + c->n_settings && strcmp(s->run[0]->config, c->run[i]->config) != 0) s++;
    if (s == c->setting + c->n_settings) {
        PAL_NEW(s->run, c->n_runs);
        c->n_settings++;
    }
    for (size_t k = 0; k < s->n_runs; k++) {
        if (strcmp(s->run[k]->seed, c->run[i]->seed) == 0) {
            PAL_FAIL(PAL_ERR_USAGE, "%s and %s are the same experiment with the same seed %s: give one of them", s->run[k]->dir,
                     c->run[i]->dir, c->run[i]->seed);
        }
    }
    s->run[s->n_runs++] = c->run[i];
done:
    return rc;
}

/* Directories that share their last part are told apart by the whole path. */
static pal_status label_settings(pal_run_comparison *c, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < c->n_settings; i++) {
        const pal_run_people *first = c->setting[i].run[0];
        const char *name = first->label;
        size_t room;

        for (size_t j = 0; j < c->n_settings; j++) {
            if (j != i && strcmp(c->setting[j].run[0]->label, first->label) == 0) name = first->dir;
        }
        room = strlen(name) + 40;
        PAL_NEW(c->setting[i].label, room);
        if (c->setting[i].n_runs > 1) {
            snprintf(c->setting[i].label, room, "%s (%zu seeds)", name, c->setting[i].n_runs);
        } else {
            snprintf(c->setting[i].label, room, "%s", name);
        }
    }
done:
    return rc;
}

static pal_status load_runs(pal_run_comparison *c, const pal_compare_request *q, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (q->n_dirs == 0) PAL_FAIL(PAL_ERR_USAGE, "compare: no run directory");
    PAL_NEW(c->run, q->n_dirs);
    PAL_NEW(c->setting, q->n_dirs);
    c->n_runs = q->n_dirs;
    for (size_t i = 0; i < q->n_dirs; i++) PAL_TRY(pal_run_people_load(&c->run[i], q->dir[i], q->trait, err));
    for (size_t i = 0; i < c->n_runs; i++) PAL_TRY(add_to_setting(c, i, err));
    PAL_TRY(label_settings(c, err));
done:
    return rc;
}

/* ---- pairs of arms ---- */

static bool is_wanted(const pal_compare_request *q, const char *arm)
{
    bool wanted = q->n_arms == 0;

    for (size_t i = 0; i < q->n_arms; i++) wanted = wanted || strcmp(q->arm[i], arm) == 0;
    return wanted;
}

static pal_status check_arms(const pal_run_comparison *c, const pal_compare_request *q, pal_error *err)
{
    for (size_t i = 0; i < q->n_arms; i++) {
        bool found = false;

        for (size_t s = 0; s < c->n_settings; s++) {
            found = found || pal_run_people_arm(c->setting[s].run[0], q->arm[i]) != SIZE_MAX;
        }
        if (!found) return pal_error_set(err, PAL_ERR_USAGE, "--arm: no run has an arm named '%s'", q->arm[i]);
    }
    if (q->reference != NULL && pal_run_people_arm(c->setting[0].run[0], q->reference) == SIZE_MAX) {
        return pal_error_set(err, PAL_ERR_USAGE, "--reference: %s has no arm named '%s'", c->setting[0].run[0]->dir,
                             q->reference);
    }
    return PAL_OK;
}

/* The partner of an arm, or NULL when it has none. */
static const char *partner(const pal_run_comparison *c, const pal_compare_request *q, size_t setting, const char *arm)
{
    const pal_run_people *first = c->setting[0].run[0];
    size_t same = pal_run_people_arm(first, arm);
    const char *against;

    if (c->n_settings > 1 && q->reference == NULL) {
        return setting == 0 || same == SIZE_MAX ? NULL : first->arm[same];
    }
    against = q->reference != NULL ? q->reference : first->arm[first->baseline];
    return setting == 0 && strcmp(arm, against) == 0 ? NULL : against;
}

static pal_status choose_pairs(pairing *pair, size_t *n, pal_run_comparison *c, const pal_compare_request *q, pal_error *err)
{
    *n = 0;
    for (size_t s = 0; s < c->n_settings; s++) {
        const pal_run_people *run = c->setting[s].run[0];

        for (size_t a = 0; a < run->n_arms; a++) {
            const char *against = is_wanted(q, run->arm[a]) ? partner(c, q, s, run->arm[a]) : NULL;

            if (against != NULL) {
                pair[(*n)++] = (pairing){ s, 0, run->arm[a], against };
            } else if (s > 0 && is_wanted(q, run->arm[a])) {
                pal_text_addf(&c->notes, "%s / %s: %s has no arm of this name; --reference ARM would compare it\n",
                              c->setting[s].label, run->arm[a], c->setting[0].label);
            }
        }
    }
    if (*n == 0) {
        return pal_error_set(err, PAL_ERR_USAGE, "nothing to compare: %s",
                             c->n_settings > 1 ? "the runs share no arm (--reference ARM sets all against one of the first run)"
                                               : "the run has no other arm than its reference");
    }
    return PAL_OK;
}

static pal_status label_arm(char **out, const pal_run_comparison *c, size_t setting, const char *arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t room = strlen(arm) + strlen(c->setting[setting].label) + 4;

    PAL_NEW(*out, room);
    if (c->n_settings > 1) {
        snprintf(*out, room, "%s / %s", c->setting[setting].label, arm);
    } else {
        snprintf(*out, room, "%s", arm);
    }
done:
    return rc;
}

static void note_meeting(pal_run_comparison *c, const pal_compare_row *row)
{
    const char *a = c->setting[row->setting_a].label, *b = c->setting[row->setting_b].label;

    if (row->meeting == PAL_SAME_SEEDS) {
        pal_text_addf(&c->notes, "%s and %s: same seeds, but their people are not the same: pairs share luck, not all of "
                                 "their traits\n", a, b);
    }
    if (row->meeting == PAL_STRANGERS) {
        pal_text_addf(&c->notes, "%s and %s: no seed in common: compared unpaired, as strangers\n", a, b);
    }
    if (row->left_out > 0) {
        pal_text_addf(&c->notes, "%s and %s: %zu runs have no partner of their seed and were left out\n", a, b, row->left_out);
    }
}

static pal_status compare_pair(pal_run_comparison *c, const pairing *pair, const pal_compare_request *q, size_t n_pairs,
                               bool noted, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sides_config sides = q->sides;
    const pal_setting *a = &c->setting[pair->setting_a], *b = &c->setting[pair->setting_b];
    const pal_compare_side sa = { a->run, a->n_runs, pair->arm_a }, sb = { b->run, b->n_runs, pair->arm_b };
    pal_sides_result *result = NULL;
    pal_compare_row like = { .setting_a = pair->setting_a, .setting_b = pair->setting_b, .arm_a = pair->arm_a,
                             .arm_b = pair->arm_b };

    sides.family = n_pairs * q->n_metrics;
    PAL_NEW(result, q->n_metrics);
    PAL_TRY(pal_compare_sides(result, &like.meeting, &like.left_out, &sa, &sb, q->metric, q->n_metrics, &sides, err));
    if (!noted) note_meeting(c, &like);
    for (size_t m = 0; m < q->n_metrics; m++) {
        pal_compare_row *row = &c->row[c->n_rows];

        *row = like;
        row->r = result[m];
        c->n_rows++;
        PAL_TRY(label_arm(&row->label_a, c, pair->setting_a, pair->arm_a, err));
        PAL_TRY(label_arm(&row->label_b, c, pair->setting_b, pair->arm_b, err));
    }
done:
    pal_free(result);
    return rc;
}

/* All rows are one family. */
static pal_status correct(pal_run_comparison *c, const pal_compare_request *q, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *p = NULL;

    PAL_NEW(p, c->n_rows);
    for (size_t i = 0; i < c->n_rows; i++) p[i] = c->row[i].r.p;
    PAL_TRY(q->holm ? pal_p_holm(p, p, c->n_rows, err) : pal_p_benjamini_hochberg(p, p, c->n_rows, err));
    for (size_t i = 0; i < c->n_rows; i++) {
        c->row[i].p_adjusted = p[i];
        c->row[i].significant = p[i] <= 1 - q->sides.level + 1e-12;
    }
done:
    pal_free(p);
    return rc;
}

static size_t most_pairs(const pal_run_comparison *c)
{
    size_t n = 0;

    for (size_t s = 0; s < c->n_settings; s++) n += c->setting[s].run[0]->n_arms;
    return n;
}

pal_status pal_compare_runs(pal_run_comparison **out, const pal_compare_request *q, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_run_comparison *c = NULL;
    pairing *pair = NULL;
    size_t n = 0;

    PAL_NEW(c, 1);
    PAL_TRY(load_runs(c, q, err));
    PAL_TRY(check_arms(c, q, err));
    PAL_NEW(pair, most_pairs(c));
    PAL_TRY(choose_pairs(pair, &n, c, q, err));
    PAL_NEW(c->row, n * q->n_metrics);
    for (size_t i = 0; i < n; i++) {
        bool noted = i > 0 && pair[i - 1].setting_a == pair[i].setting_a;

        PAL_TRY(compare_pair(c, &pair[i], q, n, noted, err));
    }
    PAL_TRY(correct(c, q, err));
    PAL_TRY(pal_text_check(&c->notes, err));
    *out = c;
    c = NULL;
done:
    pal_free(pair);
    pal_run_comparison_free(c);
    return rc;
}
