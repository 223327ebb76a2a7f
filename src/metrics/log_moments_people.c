/* What the log tells of each person by themselves. */
#include "metrics/log_moments_parts.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/threads.h"
#include "metrics/log_moments_distance.h"

#include <math.h>
#include <string.h>

enum { PEOPLE_BLOCK = 64, OWN_GENRES = 3 };
/* Rows that two halves, or three thirds, of a history need before their genres can be set against each other. */
enum { OWN_LEAST = 10, DRIFT_LEAST = 30 };
#define NULL_DRAWS 1000

/* Of one thread. */
typedef struct bench {
    double *mix, *other;  /* n_genres        */
    uint32_t *row;        /* rows of a person */
    double *gap;          /* the same         */
} bench;

typedef struct job {
    pal_moment_tables *t;
    bench *bench;         /* one a thread */
} job;

pal_key pal_moment_key(const pal_moments_config *config, const char *what)
{
    return pal_key_named(pal_key_for(config->seed, 0, PAL_FOR_BOOTSTRAP), what);
}

static size_t n_genres_of(const pal_moment_log *log, size_t row)
{
    return log->genre_begin[log->item[row] + 1] - log->genre_begin[log->item[row]];
}

/* Add one row, spread evenly over its genres. */
static void add_row(double *mix, const pal_moment_log *log, size_t row)
{
    const size_t begin = log->genre_begin[log->item[row]], n = n_genres_of(log, row);

    for (size_t k = begin; k < begin + n; k++) mix[log->genre[k]] += 1.0 / (double)n;
}

static void add_rows(double *mix, const pal_moment_log *log, const uint32_t *row, size_t n)
{
    memset(mix, 0, log->n_genres * sizeof *mix);
    for (size_t i = 0; i < n; i++) add_row(mix, log, row[i]);
}

/* exp(entropy) of a mix that adds up to n. */
static double effective_of(const double *mix, size_t n_genres, double n)
{
    pal_acc entropy = { 0 };

    for (size_t g = 0; g < n_genres; g++) {
        if (mix[g] > 0) pal_acc_add(&entropy, -mix[g] / n * pal_log(mix[g] / n));
    }
    return pal_exp(pal_acc_value(&entropy));
}

/* The largest genres of a mix, the lower number first among equals. */
static void largest_of(size_t top[OWN_GENRES], const double *mix, size_t n_genres)
{
    size_t n = 0;

    for (size_t g = 0; g < n_genres; g++) {
        size_t at = n < OWN_GENRES ? n++ : OWN_GENRES;

        for (; at > 0 && mix[g] > mix[top[at - 1]]; at--) {
            if (at < OWN_GENRES) top[at] = top[at - 1];
        }
        if (at < OWN_GENRES) top[at] = g;
    }
    for (; n < OWN_GENRES; n++) top[n] = SIZE_MAX;
}

static double share_of(const double *mix, const size_t top[OWN_GENRES], size_t n_top)
{
    double share = 0;

    for (size_t k = 0; k < n_top; k++) share += top[k] == SIZE_MAX ? 0 : mix[top[k]];
    return share;
}

/* The first `take` of n rows become a random sample of them, in random order. */
static void sample_rows(uint32_t *row, size_t n, size_t take, pal_key key, size_t who, uint64_t *draw)
{
    const pal_at at = { who, 0, 0 };

    for (size_t i = 0; i < take; i++) {
        const size_t k = i + (size_t)pal_below(key, at, draw, n - i);
        const uint32_t kept = row[i];

        row[i] = row[k];
        row[k] = kept;
    }
}

static void narrowness(pal_moment_person *p, const job *j, bench *b, size_t u, size_t n)
{
    const pal_moment_tables *t = j->t;
    const size_t take = t->config->sample, draws = t->config->draws;
    const pal_key key = pal_moment_key(t->config, "sample");
    pal_acc effective = { 0 }, top1 = { 0 }, top3 = { 0 };
    size_t top[OWN_GENRES];
    uint64_t draw = 0;

    if (n < take) return;
    for (size_t s = 0; s < draws; s++) {
        sample_rows(b->row, n, take, key, u, &draw);
        add_rows(b->mix, t->log, b->row, take);
        largest_of(top, b->mix, t->log->n_genres);
        pal_acc_add(&effective, effective_of(b->mix, t->log->n_genres, (double)take));
        pal_acc_add(&top1, share_of(b->mix, top, 1) / (double)take);
        pal_acc_add(&top3, share_of(b->mix, top, OWN_GENRES) / (double)take);
    }
    p->effective = pal_acc_value(&effective) / (double)draws;
    p->top1 = pal_acc_value(&top1) / (double)draws;
    p->top3 = pal_acc_value(&top3) / (double)draws;
}

/* Choosing genres in one half and counting them in the other: no half is asked about itself. */
static void concentration(pal_moment_person *p, const job *j, bench *b, size_t u, size_t n)
{
    const pal_moment_tables *t = j->t;
    const size_t half = n / 2;
    size_t top[OWN_GENRES];
    uint64_t draw = 0;

    if (n < OWN_LEAST) return;
    sample_rows(b->row, n, n, pal_moment_key(t->config, "halves"), u, &draw);
    add_rows(b->mix, t->log, b->row, half);
    add_rows(b->other, t->log, b->row + half, half);
    largest_of(top, b->mix, t->log->n_genres);
    p->own = 0.5 * share_of(b->other, top, OWN_GENRES) / (double)half;
    p->own_base = 0.5 * share_of(t->everybody, top, OWN_GENRES);
    largest_of(top, b->other, t->log->n_genres);
    p->own += 0.5 * share_of(b->mix, top, OWN_GENRES) / (double)half;
    p->own_base += 0.5 * share_of(t->everybody, top, OWN_GENRES);
}

static double variation(const double *a, const double *b, size_t n_genres, double n)
{
    pal_acc sum = { 0 };

    for (size_t g = 0; g < n_genres; g++) pal_acc_add(&sum, fabs(a[g] - b[g]));
    return 0.5 * pal_acc_value(&sum) / n;
}

static void drift(pal_moment_person *p, const job *j, bench *b, size_t u, size_t n)
{
    const pal_moment_tables *t = j->t;
    const pal_key key = pal_moment_key(t->config, "shuffle");
    const size_t third = n / 3, n_genres = t->log->n_genres;
    pal_acc chance = { 0 };
    uint64_t draw = 0;

    if (t->log->time == NULL || n < DRIFT_LEAST) return;
    add_rows(b->mix, t->log, b->row, third);
    add_rows(b->other, t->log, b->row + n - third, third);
    p->drift = variation(b->mix, b->other, n_genres, (double)third);
    for (size_t s = 0; s < t->config->draws; s++) {
        sample_rows(b->row, n, 2 * third, key, u, &draw);
        add_rows(b->mix, t->log, b->row, third);
        add_rows(b->other, t->log, b->row + third, third);
        pal_acc_add(&chance, variation(b->mix, b->other, n_genres, (double)third));
    }
    p->drift -= pal_acc_value(&chance) / (double)t->config->draws;
}

/* Rows of a person that have a genre, in the log's order. */
static size_t rows_with_genres(uint32_t *row, const pal_moment_log *log, size_t u)
{
    size_t n = 0;

    for (size_t i = log->begin[u]; i < log->begin[u + 1]; i++) {
        if (n_genres_of(log, i) > 0) row[n++] = (uint32_t)i;
    }
    return n;
}

/* Two different rows share a genre this often: from the length of the sum, less the rows with themselves. */
static void cohesion(pal_moment_person *p, const job *j, bench *b, size_t u, size_t n)
{
    const pal_moment_log *log = j->t->log;
    float *mix = j->t->mix + u * log->n_genres;
    pal_acc all = { 0 };
    double self = 0;

    add_rows(b->mix, log, b->row, n);
    for (size_t i = 0; i < n; i++) self += 1.0 / (double)n_genres_of(log, b->row[i]);
    for (size_t g = 0; g < log->n_genres; g++) {
        pal_acc_add(&all, b->mix[g] * b->mix[g]);
        mix[g] = n > 0 ? (float)(b->mix[g] / (double)n) : 0.0f;
    }
    if (n < 2) return;
    p->pairs = (pal_acc_value(&all) - self) / ((double)n * (double)(n - 1));
    p->self = self / (double)n;
    p->mix_square = pal_acc_value(&all) / ((double)n * (double)n);
}

static void likes(pal_moment_person *p, const job *j, size_t u)
{
    const pal_moment_log *log = j->t->log;
    const double n = (double)(log->begin[u + 1] - log->begin[u]);
    double liked = 0;

    if (log->like == NULL || n < (double)j->t->config->like_least) return;
    for (size_t i = log->begin[u]; i < log->begin[u + 1]; i++) liked += log->like[i];
    p->like = liked / n;
    p->like_pairs = liked * (liked - 1) / (n * (n - 1));
}

static void sessions(pal_moment_person *p, const job *j, bench *b, size_t u)
{
    const pal_moment_log *log = j->t->log;
    const size_t begin = log->begin[u], end = log->begin[u + 1];
    size_t n = 0, start = begin, n_gaps = 0;

    if (log->time == NULL || begin == end) return;
    for (size_t i = begin; i < end; i++) {
        if (i > begin && (double)(log->time[i] - log->time[i - 1]) <= j->t->config->session_gap) continue;
        if (i > begin) b->gap[n_gaps++] = pal_log((double)(log->time[i] - log->time[start]));
        start = i;
        n++;
    }
    p->sessions = pal_log((double)n);
    p->session_items = pal_log((double)(end - begin) / (double)n);
    if (n_gaps < 2) return;
    p->n_return = (double)(n_gaps - 1);
    p->return_squares = pal_variance(b->gap, n_gaps) * p->n_return;
}

static void repeats(pal_moment_person *p, const job *j, size_t u)
{
    const pal_moment_log *log = j->t->log;

    if (log->times == NULL) return;
    p->repeats = p->had = 0;
    for (size_t i = log->begin[u]; i < log->begin[u + 1]; i++) {
        p->had += log->times[i];
        p->repeats += log->times[i] - 1;
    }
}

static pal_status person_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const job *j = ctx;
    const pal_moment_log *log = j->t->log;
    bench *b = &j->bench[worker];

    (void)block, (void)err;
    for (size_t u = begin; u < end; u++) {
        pal_moment_person *p = &j->t->person[u];
        const size_t rows = log->begin[u + 1] - log->begin[u];

        *p = (pal_moment_person){ NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, 0, 0, NAN, NAN };
        if (rows == 0) continue;
        p->log_n = pal_log((double)rows);
        likes(p, j, u);
        sessions(p, j, b, u);
        repeats(p, j, u);
        if (log->genre_begin == NULL) continue;

        const size_t n = rows_with_genres(b->row, log, u);

        cohesion(p, j, b, u, n);
        drift(p, j, b, u, n); /* while rows stand in the order of time */
        narrowness(p, j, b, u, n);
        concentration(p, j, b, u, n);
    }
    return PAL_OK;
}

/* ---- everybody ---- */

static void mix_everybody(pal_moment_tables *t)
{
    const pal_moment_log *log = t->log;
    double rows = 0;

    for (size_t i = 0; i < log->n; i++) {
        if (n_genres_of(log, i) > 0) {
            add_row(t->everybody, log, i);
            rows += 1;
        }
    }
    for (size_t g = 0; g < log->n_genres && rows > 0; g++) t->everybody[g] /= rows;
}

/* People without taste of their own: rows drawn from everybody's. */
static double effective_without_taste(const pal_moment_tables *t, double *mix)
{
    const pal_moment_log *log = t->log;
    const pal_key key = pal_moment_key(t->config, "everybody");
    pal_acc sum = { 0 };

    for (size_t s = 0; s < NULL_DRAWS; s++) {
        const pal_at at = { s, 0, 0 };
        uint64_t draw = 0;
        size_t n = 0;

        memset(mix, 0, log->n_genres * sizeof *mix);
        for (size_t tries = 0; n < t->config->sample; tries++) {
            const size_t row = (size_t)pal_below(key, at, &draw, log->n);

            if (tries > 64 * t->config->sample) return NAN; /* hardly any row has a genre */
            if (n_genres_of(log, row) == 0) continue;
            add_row(mix, log, row);
            n++;
        }
        pal_acc_add(&sum, effective_of(mix, log->n_genres, (double)n));
    }
    return pal_acc_value(&sum) / NULL_DRAWS;
}

/* ---- what needs all people at once ---- */

static pal_status session_sample(pal_log_moments *out, const pal_moment_tables *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_moment_log *log = t->log;
    double *length = NULL;
    size_t n = 0;

    if (log->time == NULL) goto done;
    PAL_NEW(length, log->n);
    for (size_t u = 0; u < log->n_users; u++) {
        for (size_t i = log->begin[u]; i < log->begin[u + 1]; i++) {
            if (i == log->begin[u] || (double)(log->time[i] - log->time[i - 1]) > t->config->session_gap) n++;
            length[n - 1] += 1;
        }
    }
    pal_sort_doubles(length, n);
    out->sample[PAL_SAMPLE_SESSION] = length;
    out->n_sample[PAL_SAMPLE_SESSION] = n;
    length = NULL;

done:
    pal_free(length);
    return rc;
}

static pal_status median_repeat_gap(pal_moment_tables *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_moment_log *log = t->log;
    double *gap = NULL;
    size_t n = 0;

    t->repeat_gap = NAN;
    if (log->times == NULL || log->gap == NULL) goto done;
    PAL_NEW(gap, log->n);
    for (size_t i = 0; i < log->n; i++) {
        if (log->times[i] > 1 && isfinite(log->gap[i])) gap[n++] = log->gap[i];
    }
    pal_sort_doubles(gap, n);
    t->repeat_gap = pal_quantile_of(gap, n, 0.5);

done:
    pal_free(gap);
    return rc;
}

static pal_status make_benches(bench *b, const pal_moment_tables *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = 1;

    for (size_t u = 0; u < t->log->n_users; u++) {
        const size_t rows = t->log->begin[u + 1] - t->log->begin[u];

        most = rows > most ? rows : most;
    }
    for (size_t i = 0; i < t->config->n_threads; i++) {
        PAL_NEW(b[i].mix, t->log->n_genres);
        PAL_NEW(b[i].other, t->log->n_genres);
        PAL_NEW(b[i].row, most);
        PAL_NEW(b[i].gap, most);
    }

done:
    return rc;
}

pal_status pal_moment_people(pal_moment_tables *t, pal_log_moments *out, pal_error *err)
{
    pal_status rc = PAL_OK;
    job j = { .t = t };

    PAL_NEW(j.bench, t->config->n_threads);
    PAL_TRY(make_benches(j.bench, t, err));
    t->null_effective = NAN;
    if (t->log->genre_begin != NULL) {
        mix_everybody(t);
        t->null_effective = effective_without_taste(t, j.bench[0].mix);
    }
    PAL_TRY(pal_parallel_for(t->log->n_users, PEOPLE_BLOCK, t->config->n_threads, person_block, &j, err));
    PAL_TRY(session_sample(out, t, err));
    PAL_TRY(median_repeat_gap(t, err));

done:
    for (size_t i = 0; j.bench != NULL && i < t->config->n_threads; i++) {
        pal_free(j.bench[i].mix);
        pal_free(j.bench[i].other);
        pal_free(j.bench[i].row);
        pal_free(j.bench[i].gap);
    }
    pal_free(j.bench);
    return rc;
}
