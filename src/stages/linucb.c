/*
 * LinUCB: optimism in the face of uncertainty. Slot by slot the song with the greatest
 *
 *   mean . x + alpha * sqrt(x' A^-1 x)
 *
 * where A and the mean are the posterior of the song's arm (bandit_arms.h). A slate is a batch: its answers come together.
 * As in GP-BUCB each slot is chosen as if the slots above had been answered already, which leaves the means alone and
 * shrinks the widths of songs like them: without it a slate shows one uncertainty ten times. In the space of
 * q = spread x the slots above are the rows of Q and
 *
 *   width^2 = q' (I + Q'Q)^-1 q = |q|^2 - sum_j (u_j . q)^2,   u_j = (q_j - sum_{i<j} (u_i . q_j) u_i) / sqrt(1 + width_j^2)
 */
#include "stages/active.h"
#include "stages/bandit_arms.h"
#include "stages/bandit_lists.h"
#include "stages/builtin.h"
#include "stages/stage_state.h"

#include "core/mem.h"
#include "core/vector.h"

#include <float.h>
#include <math.h>
#include <string.h>

typedef struct linucb {
    pal_origin origin;
    pal_arms *arms;
    double alpha, max_share;
    bool batch;
    size_t length;
    uint32_t *by_popularity;
} linucb;

static const pal_param params[] = {
    { "alpha", PAL_PARAM_REAL, "0.3", 0, 100, NULL,
      "standard deviations of the posterior added to its mean; 0: ridge regression, greedy",
      "Li et al. 2010: 1 + sqrt(ln(2 / delta) / 2); ours measured on multi-taste" },
    { "model", PAL_PARAM_CHOICE, "\"hybrid\"", 0, 0, "disjoint|hybrid",
      "disjoint: arms know nothing of each other; hybrid: a part of the model is shared by all", "Li et al. 2010" },
    { "batch", PAL_PARAM_BOOL, "true", 0, 0, NULL,
      "choose each slot as if those above had been answered", "Desautels et al. 2014 (GP-BUCB)" },
    { "max_share", PAL_PARAM_REAL, "1", 0.01, 1, NULL, "share of the slate from one taste at most", NULL },
    { "shortlist", PAL_PARAM_INT, "20", 1, 1000, NULL,
      "songs of each taste, by their bounds before the slate, that slots are chosen among", NULL },
    PAL_ARMS_PARAMS,
    { 0 }
};

static void linucb_free(void *self)
{
    linucb *stage = self;

    if (stage != NULL) {
        pal_origin_clear(&stage->origin);
        pal_arms_free(stage->arms);
        pal_free(stage->by_popularity);
        pal_free(stage);
    }
}

static pal_status init(void **self, const pal_stage_env *env, const pal_values *values, const pal_json *object,
                       pal_error *err)
{
    pal_arms_config config = pal_arms_config_from(values);
    linucb *stage = NULL;
    pal_status rc = PAL_OK;

    (void)object;
    config.model = strcmp(pal_values_text(values, "model"), "hybrid") == 0 ? PAL_ARMS_HYBRID : PAL_ARMS_RIDGE;
    PAL_NEW(stage, 1);
    stage->alpha = pal_values_real(values, "alpha");
    stage->batch = pal_values_bool(values, "batch");
    stage->max_share = pal_values_real(values, "max_share");
    stage->length = (size_t)pal_values_int(values, "shortlist");
    PAL_TRY(pal_origin_of(&stage->origin, env->n_users, env->catalog->n_items, values, NULL, NULL, err));
    PAL_TRY(pal_arms_new(&stage->arms, env, &config, err));
    PAL_TRY(pal_bandit_by_popularity(&stage->by_popularity, env->catalog, err));
    *self = stage;
    stage = NULL;

done:
    linucb_free(stage);
    return rc;
}

static pal_status fit(void *self, const pal_feedback *round, pal_arena *scratch, pal_error *err)
{
    linucb *stage = self;

    return pal_arms_learn(stage->arms, round, scratch, err);
}

/* ---- one slate ---- */

/* What stands beside a list. */
typedef struct beside {
    double *mean, *width2; /* n                       */
    double *q;             /* n x rows                */
} beside;

typedef struct slate_at_work {
    const linucb *stage;
    pal_arms_view view;
    pal_bandit_lists lists;
    beside beside[PAL_MAX_CLUSTERS];
    size_t n_dims;         /* shared rows, then the own rows of each arm */
    size_t n_above;
    double *u;             /* PAL_MAX_SLOTS x n_dims                     */
} slate_at_work;

static void scan(const void *ctx, float *bound, size_t t, size_t begin, size_t n)
{
    const slate_at_work *w = ctx;

    pal_arms_scan(bound, &w->view, t, begin, n, (float)w->stage->alpha);
}

/* Four sums at a time, added in a set order. */
static double dot_rows(const double *a, const double *b, size_t n)
{
    double sum[4] = { 0 };
    size_t i = 0;

    for (; i + 4 <= n; i += 4) {
        for (size_t lane = 0; lane < 4; lane++) {
            sum[lane] += a[i + lane] * b[i + lane];
        }
    }
    for (; i < n; i++) {
        sum[0] += a[i] * b[i];
    }
    return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

/* u . q for a q of taste t. */
static double dot(const slate_at_work *w, const double *u, const double *q, size_t t)
{
    const size_t shared = w->view.n_shared, own = w->view.rows - shared;

    return dot_rows(u, q, shared) + dot_rows(u + shared + pal_arms_own(&w->view, t) * own, q + shared, own);
}

/* across (base x rows) = spread'. */
static void transpose(double *across, const double *spread, size_t rows, size_t base)
{
    for (size_t r = 0; r < rows; r++) {
        for (size_t j = 0; j < base; j++) {
            across[j * rows + r] = spread[r * base + j];
        }
    }
}

/* q (rows) = across' x. */
PAL_VECTOR static void spread_of(double *restrict q, const double *restrict across, const double *restrict x,
                                 size_t rows, size_t base)
{
    for (size_t r = 0; r < rows; r++) {
        q[r] = 0;
    }
    for (size_t j = 0; j < base; j++) {
        for (size_t r = 0; r < rows; r++) {
            q[r] += across[j * rows + r] * x[j];
        }
    }
}

static pal_status on_made(void *ctx, size_t t, pal_error *err)
{
    slate_at_work *w = ctx;
    const size_t rows = w->view.rows, base = w->view.arms->base;
    const pal_bandit_list *list = &w->lists.list[t];
    beside *b = &w->beside[t];
    double x[PAL_MAX_FEATURES + 2], *across;
    pal_status rc = PAL_OK;

    PAL_TAKE(across, rows * base, w->lists.scratch);
    PAL_TAKE(b->mean, list->n, w->lists.scratch);
    PAL_TAKE(b->width2, list->n, w->lists.scratch);
    PAL_TAKE(b->q, list->n * rows, w->lists.scratch);
    transpose(across, w->view.spread + t * rows * base, rows, base);
    for (size_t i = 0; i < list->n; i++) {
        double *q = b->q + i * rows;

        pal_arms_x(x, w->view.arms, list->candidate[i].item);
        b->mean[i] = pal_arms_mean(&w->view, t, x);
        spread_of(q, across, x, rows, base);
        b->width2[i] = dot_rows(q, q, rows);
        for (size_t a = 0; a < w->n_above; a++) {
            const double along = dot(w, w->u + a * w->n_dims, q, t);

            b->width2[i] -= along * along;
        }
    }

done:
    return rc;
}

/* As if slot `n_above`, the i-th song of list t, had been answered. */
static void count_in(slate_at_work *w, size_t t, size_t i)
{
    const size_t shared = w->view.n_shared, rows = w->view.rows, own = rows - shared;
    const double *q = w->beside[t].q + i * rows, width2 = w->beside[t].width2[i];
    double *u = w->u + w->n_above * w->n_dims, norm = sqrt(1 + (width2 > 0 ? width2 : 0));

    memset(u, 0, w->n_dims * sizeof *u);
    memcpy(u, q, shared * sizeof *u);
    memcpy(u + shared + pal_arms_own(&w->view, t) * own, q + shared, own * sizeof *u);
    for (size_t a = 0; a < w->n_above; a++) {
        const double *before = w->u + a * w->n_dims, along = dot(w, before, q, t);

        for (size_t r = 0; r < w->n_dims; r++) {
            u[r] -= along * before[r];
        }
    }
    for (size_t r = 0; r < w->n_dims; r++) {
        u[r] /= norm;
    }
    w->n_above++;
    for (size_t s = 0; s < w->lists.n_tastes; s++) {
        for (size_t j = 0; j < w->lists.list[s].n; j++) {
            const double along = dot(w, u, w->beside[s].q + j * rows, s);

            w->beside[s].width2[j] -= along * along;
        }
    }
}

/* The open song with the greatest bound among tastes below the cap, or, when all open ones are at it, of all. */
static bool find_best(size_t *taste, size_t *at, const slate_at_work *w, const pal_pick *pick, size_t cap)
{
    bool any = false;

    for (int lift = 0; lift < 2 && !any; lift++) {
        double best = 0;

        for (size_t t = 0; t < w->lists.n_tastes; t++) {
            const pal_bandit_list *list = &w->lists.list[t];

            for (size_t i = 0; i < list->n && (lift == 1 || pick->by_taste[t] < cap); i++) {
                const double width2 = w->beside[t].width2[i];
                const double bound = w->beside[t].mean[i] + w->stage->alpha * sqrt(width2 > 0 ? width2 : 0);

                if (list->open[i] && (!any || bound > best
                                      || (bound == best
                                          && list->candidate[i].item < w->lists.list[*taste].candidate[*at].item))) {
                    any = true;
                    best = bound;
                    *taste = t;
                    *at = i;
                }
            }
        }
    }
    return any;
}

static pal_status begin(slate_at_work *w, const linucb *stage, const pal_request *request, pal_arena *scratch,
                        pal_error *err)
{
    const pal_arms *arms = stage->arms;
    pal_status rc = PAL_OK;

    w->stage = stage;
    w->n_above = 0;
    w->lists.catalog = arms->catalog;
    w->lists.length = stage->length;
    w->lists.ctx = w;
    w->lists.scan = scan;
    w->lists.on_made = on_made;
    w->lists.scratch = scratch;
    PAL_TRY(pal_arms_view_of(&w->view, arms, request->user, scratch, err));
    PAL_TRY(pal_bandit_lists_begin(&w->lists, err));
    w->n_dims = w->view.n_shared + (w->view.rows - w->view.n_shared) * (arms->config.by_taste ? arms->n_tastes : 1);
    PAL_TAKE(w->u, PAL_MAX_SLOTS * w->n_dims, scratch);

done:
    return rc;
}

static pal_status serve(const void *self, const pal_request *request, pal_slate *slate, pal_arena *scratch,
                        pal_error *err)
{
    const linucb *stage = self;
    pal_pick pick = pal_pick_begin(stage->arms->catalog, request, slate, PAL_AT_LINUCB);
    const size_t cap = pal_quota(stage->max_share, pick.end - pick.begin);
    slate_at_work *w;
    pal_status rc = PAL_OK;

    PAL_TAKE(w, 1, scratch);
    PAL_TRY(begin(w, stage, request, scratch, err));
    while (!pal_pick_full(&pick)) {
        pal_candidate chosen;
        size_t t = 0, i = 0;

        PAL_TRY(pal_bandit_lists_ensure(&w->lists, &pick, err));
        if (!find_best(&t, &i, w, &pick, cap)) {
            break;
        }
        chosen = w->lists.list[t].candidate[i];
        chosen.score = (float)w->beside[t].mean[i];
        pal_pick_push(&pick, chosen, 1);
        pal_bandit_lists_strike(&w->lists, chosen.item);
        if (stage->batch && stage->alpha > 0) {
            count_in(w, t, i);
        }
    }
    pal_pick_rest(&pick, stage->by_popularity, pal_arms_score, &w->view);

done:
    return rc;
}

static pal_status score(const void *self, const pal_request *request, const uint32_t *item, size_t n, float *out,
                        uint8_t *at, pal_arena *scratch, pal_error *err)
{
    const linucb *stage = self;
    pal_arms_view view;
    pal_status rc = PAL_OK;

    PAL_TRY(pal_arms_view_of(&view, stage->arms, request->user, scratch, err));
    for (size_t i = 0; i < n; i++) {
        out[i] = pal_arms_score(&view, item[i]);
    }
    memset(at, PAL_AT_LINUCB, n);

done:
    return rc;
}

static uint64_t digest(const void *self)
{
    const linucb *stage = self;

    return pal_arms_digest(stage->arms);
}

static pal_status save(const void *self, pal_tensors *file, pal_error *err)
{
    const linucb *stage = self;

    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_save(&stage->origin, "linucb", file, err));
    PAL_TRY(pal_arms_save(stage->arms, "linucb", file, err));

done:
    return rc;
}

static pal_status restore(void *self, const pal_tensors *file, pal_error *err)
{
    linucb *stage = self;

    pal_status rc = PAL_OK;

    PAL_TRY(pal_origin_check(&stage->origin, "linucb", file, err));
    PAL_TRY(pal_arms_restore(stage->arms, "linucb", file, err));

done:
    return rc;
}

const pal_stage_type pal_stage_linucb = {
    .name = "linucb", .label = "LinUCB",
    .summary = "linear bandit: the greatest upper confidence bound of a ridge regression, slot by slot",
    .source = "Li, Chu, Langford, Schapire, WWW 2010, disjoint and hybrid; batches after Desautels, Krause, Burdick 2014. "
              "Ours chooses among a shortlist of each taste and keeps artists apart",
    .flags = PAL_STAGE_LEARNS, .params = params,
    .init = init, .fit = fit, .serve = serve, .score = score, .digest = digest, .free = linucb_free,
    .save = save, .restore = restore,
};
