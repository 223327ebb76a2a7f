/* Running a sweep: cells through the cache, then each point's arms against its baseline. */
#include "lab/sweep.h"

#include "core/mem.h"
#include "core/progress.h"
#include "core/stop.h"
#include "lab/run_cache.h"
#include "metrics/compare.h"

#include <math.h>
#include <string.h>

/* A sweep under way. */
typedef struct work {
    const pal_sweep *s;
    const pal_sweep_options *o;
    pal_run_cache cache;
    char **cell;             /* directories: (point * n_seeds + seed) * n_arms + arm */
    pal_sweep_row *row;
    size_t n_rows;
    pal_sides_config sides;
    pal_sweep_summary summary;
} work;

static pal_status run_cell(work *w, const pal_experiment *e, size_t at, size_t arm, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_experiment *single = NULL;
    bool computed = false;

    PAL_TRY(pal_single_arm(&single, e, arm, err));
    PAL_TRY(pal_run_cache_get(&w->cell[at], &computed, &w->cache, single, w->o->fresh, w->o->keeping, w->o->n_threads,
                              err));
    w->summary.n_cells++;
    w->summary.n_computed += computed;
done:
    pal_experiment_free(single);
    return rc;
}

/* Seeds outermost: an interrupted sweep has whole surfaces of the first seeds. */
static pal_status run_cells(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep *s = w->s;
    pal_experiment *e = NULL;
    size_t done_cells = 0, all = s->n_points * s->n_seeds * s->n_arms;

    for (size_t seed = 0; seed < s->n_seeds; seed++) {
        for (size_t p = 0; p < s->n_points; p++) {
            PAL_TRY(pal_sweep_experiment(&e, s, p, seed, err));
            for (size_t a = 0; a < s->n_arms; a++, done_cells++) {
                if (pal_stop_requested()) {
                    PAL_FAIL(PAL_ERR_STOPPED, "interrupted after %zu of %zu cells; the same command goes on behind them",
                             done_cells, all);
                }
                PAL_TRY(run_cell(w, e, (p * s->n_seeds + seed) * s->n_arms + a, a, err));
            }
            pal_experiment_free(e);
            e = NULL;
        }
    }
done:
    pal_experiment_free(e);
    return rc;
}

/* ---- the surface ---- */

/* The runs of one point, arm by arm: run[arm * n_seeds + seed]. */
static pal_status load_point(pal_run_people **run, const work *w, size_t point, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep *s = w->s;

    for (size_t a = 0; a < s->n_arms; a++) {
        for (size_t seed = 0; seed < s->n_seeds; seed++) {
            PAL_TRY(pal_run_people_load(&run[a * s->n_seeds + seed], w->cell[(point * s->n_seeds + seed) * s->n_arms + a], NULL,
                                        err));
        }
    }
done:
    return rc;
}

static pal_compare_side side_of(const pal_sweep *s, pal_run_people **run, size_t arm)
{
    return (pal_compare_side){ (const pal_run_people *const *)(run + arm * s->n_seeds), s->n_seeds, s->arm[arm] };
}

static pal_status measure_arm(work *w, size_t point, size_t arm, pal_run_people **run, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep *s = w->s;
    pal_compare_side mine = side_of(s, run, arm), base = side_of(s, run, s->baseline);
    pal_interval *value = NULL;
    pal_sides_result *result = NULL;
    pal_meeting meeting;
    size_t left_out;

    PAL_NEW(value, s->n_metrics);
    PAL_NEW(result, s->n_metrics);
    PAL_TRY(pal_compare_values(value, &mine, s->metric, s->n_metrics, &w->sides, err));
    if (arm != s->baseline) {
        PAL_TRY(pal_compare_sides(result, &meeting, &left_out, &mine, &base, s->metric, s->n_metrics, &w->sides, err));
    }
    for (size_t m = 0; m < s->n_metrics; m++) {
        w->row[w->n_rows++] = (pal_sweep_row){ .point = point, .arm = arm, .metric = s->metric[m], .value = value[m],
                                               .r = result[m], .p_adjusted = NAN, .compared = arm != s->baseline };
    }
done:
    pal_free(value);
    pal_free(result);
    return rc;
}

static pal_status measure_point(work *w, size_t point, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_sweep *s = w->s;
    pal_run_people **run = NULL;

    PAL_NEW(run, s->n_arms * s->n_seeds);
    PAL_TRY(load_point(run, w, point, err));
    for (size_t a = 0; a < s->n_arms; a++) PAL_TRY(measure_arm(w, point, a, run, err));
done:
    for (size_t i = 0; run != NULL && i < s->n_arms * s->n_seeds; i++) pal_run_people_free(run[i]);
    pal_free(run);
    return rc;
}

/* All comparisons of the sweep are one family. */
static pal_status correct(work *w, pal_error *err)
{
    pal_status rc = PAL_OK;
    double *p = NULL;

    PAL_NEW(p, w->n_rows);
    for (size_t i = 0; i < w->n_rows; i++) p[i] = w->row[i].compared ? w->row[i].r.p : NAN;
    PAL_TRY(pal_p_holm(p, p, w->n_rows, err));
    for (size_t i = 0; i < w->n_rows; i++) {
        w->row[i].p_adjusted = p[i];
        w->row[i].significant = p[i] <= 1 - w->sides.level + 1e-12;
    }
done:
    pal_free(p);
    return rc;
}

pal_status pal_sweep_run(pal_sweep_summary *summary, const pal_sweep *s, const pal_sweep_options *options, pal_error *err)
{
    pal_status rc = PAL_OK;
    double started = pal_clock_s();
    size_t n_cells = s->n_points * s->n_seeds * s->n_arms;
    work w = { .s = s, .o = options,
               .sides = { .level = pal_values_real(s->top, "level"), .power = pal_values_real(s->top, "power"),
                          .resamples = (size_t)pal_values_int(s->top, "resamples"),
                          .permutations = (size_t)pal_values_int(s->top, "permutations"), .seed = 1,
                          .family = s->n_points * (s->n_arms - 1) * s->n_metrics, .n_threads = options->n_threads } };

    PAL_TRY(pal_run_cache_open(&w.cache, options->cache_dir, err));
    PAL_NEW(w.cell, n_cells);
    PAL_NEW(w.row, s->n_points * s->n_arms * s->n_metrics);
    PAL_TRY(run_cells(&w, err));
    for (size_t p = 0; p < s->n_points; p++) PAL_TRY(measure_point(&w, p, err));
    PAL_TRY(correct(&w, err));
    PAL_TRY(pal_sweep_write(w.summary.digest, s, w.row, w.n_rows, options->out_dir, err));
    w.summary.wall_s = pal_clock_s() - started;
    *summary = w.summary;
done:
    for (size_t i = 0; w.cell != NULL && i < n_cells; i++) pal_free(w.cell[i]);
    pal_free(w.cell);
    pal_free(w.row);
    pal_run_cache_clear(&w.cache);
    return rc;
}
