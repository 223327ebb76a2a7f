/* Rows of a log put together into slates, and the slate estimators on them. */
#include "core/mem.h"
#include "core/rng.h"
#include "core/text.h"
#include "lab/ope_judge.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

typedef struct place { /* a row's place in the order of slates and slots */
    double slate;
    uint32_t rank, row;
} place;

typedef struct slate_work {
    place *at;                         /* n rows, slate by slate                  */
    uint32_t *rank;                    /* of each position, from the top          */
    double *reward, *logged, *target;  /* slates x slots                          */
    uint32_t *person;                  /* slates                                  */
} slate_work;

static int by_place(const void *x, const void *y)
{
    const place *a = x, *b = y;

    if (a->slate != b->slate) return a->slate < b->slate ? -1 : 1;
    if (a->rank != b->rank) return a->rank < b->rank ? -1 : 1;
    return (a->row > b->row) - (a->row < b->row);
}

/* Positions rank by their number; one that is no number makes all rank by first appearance. */
static void rank_positions(uint32_t *rank, const pal_ope_log *log)
{
    size_t n = log->positions.n;

    for (size_t p = 0; p < n; p++) {
        rank[p] = 0;
        for (size_t other = 0; other < n; other++) {
            const char *a = pal_intern_text(&log->positions, p), *b = pal_intern_text(&log->positions, other);
            double x, y;

            if (!pal_parse_double(&x, a, strlen(a)) || !pal_parse_double(&y, b, strlen(b))) {
                for (size_t k = 0; k < n; k++) rank[k] = (uint32_t)k;
                return;
            }
            rank[p] += y < x || (!(x < y) && other < p) ? 1 : 0;
        }
    }
}

static pal_status sort_rows(slate_work *w, const pal_ope_log *log, size_t column, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(w->at, log->n);
    PAL_NEW(w->rank, log->positions.n);
    rank_positions(w->rank, log);
    for (size_t i = 0; i < log->n; i++) {
        double slate = log->x[i * log->n_features + column];

        if (isnan(slate)) {
            PAL_FAIL(PAL_ERR_DATA, "%s: row %zu: column %s, which names the slate, is empty", log->path, i + 1,
                     log->feature[column].name);
        }
        w->at[i] = (place){ slate, w->rank[log->position[i]], (uint32_t)i };
    }
    qsort(w->at, log->n, sizeof *w->at, by_place);
done:
    return rc;
}

/* Every slate holds every position once: k rows, ranks 0 ... k - 1. */
static pal_status check_slates(const slate_work *w, const pal_ope_log *log, const uint32_t *person, bool people,
                               pal_error *err)
{
    size_t k = log->positions.n;

    for (size_t i = 0; i < log->n; i++) {
        const place *first = &w->at[i / k * k], *here = &w->at[i];

        if (here->slate != first->slate || here->rank != i % k || (i % k == 0 && i + k > log->n) ||
            (i % k == 0 && i > 0 && w->at[i - 1].slate == here->slate)) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: row %lu: its slate does not hold each of the %zu positions once",
                                 log->path, (unsigned long)here->row + 1, k);
        }
        if (people && person[here->row] != person[first->row]) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: row %lu: its slate was shown to two people", log->path,
                                 (unsigned long)here->row + 1);
        }
    }
    return PAL_OK;
}

static pal_status fill(slate_work *w, const pal_ope_log *log, const double *target, const uint32_t *person, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t k = log->positions.n;

    PAL_NEW(w->reward, log->n);
    PAL_NEW(w->logged, log->n);
    PAL_NEW(w->target, log->n);
    PAL_NEW(w->person, log->n / k);
    for (size_t i = 0; i < log->n; i++) {
        uint32_t row = w->at[i].row;

        w->reward[i] = log->click[row];
        w->logged[i] = log->propensity[row];
        w->target[i] = target[row];
        w->person[i / k] = person[row];
    }
done:
    return rc;
}

pal_status pal_ope_judge_slates(pal_ope_answer *out, const pal_ope_log *log, const double *target, const uint32_t *person,
                                size_t n_people, const pal_ope_question *question, pal_error *err)
{
    pal_status rc = PAL_OK;
    slate_work w = { 0 };
    pal_boot *boot = NULL;
    pal_ope_slates s;
    size_t column, k = log->positions.n;
    bool people = question->person != NULL;

    PAL_TRY(pal_ope_log_feature(&column, log, question->slate, err));
    if (log->n > UINT32_MAX) PAL_FAIL(PAL_ERR_DATA, "%s: %zu rows are too many for slates", log->path, log->n);
    PAL_TRY(sort_rows(&w, log, column, err));
    PAL_TRY(check_slates(&w, log, person, people, err));
    PAL_TRY(fill(&w, log, target, person, err));
    s = (pal_ope_slates){ .reward = w.reward, .logged = w.logged, .target = w.target, .person = people ? w.person : NULL,
                          .n = log->n / k, .k = k, .n_people = people ? n_people : log->n / k };
    if (question->independent) {
        s.logged_slot = w.logged;
        s.target_slot = w.target;
    }
    if (question->resamples > 0) {
        PAL_TRY(pal_boot_new(&boot, s.n_people, NULL, question->resamples, question->config.level,
                             pal_key_for(question->seed, 0, PAL_FOR_BOOTSTRAP), question->n_threads, err));
    }
    for (pal_ope_slate_kind kind = 0; kind < PAL_OPE_SLATE_KINDS; kind++) {
        out->slate_made[kind] = question->independent || !pal_ope_slate_needs_marginals(kind);
        if (out->slate_made[kind]) {
            PAL_TRY(pal_ope_slate_estimate(&out->slate_estimate[kind], kind, &s, question->config.level, boot, err));
        }
    }
    out->n_slates = s.n;
    out->n_slots = k;
done:
    pal_boot_free(boot);
    pal_free(w.at);
    pal_free(w.rank);
    pal_free(w.reward);
    pal_free(w.logged);
    pal_free(w.target);
    pal_free(w.person);
    return rc;
}
