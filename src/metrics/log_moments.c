/* The log's statistics: the table, one evaluation, and resamples of people around it. */
#include "metrics/log_moments_parts.h"

#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"
#include "core/text.h"
#include "core/threads.h"
#include "metrics/log_moments_distance.h"
#include "metrics/log_moments_tail.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const pal_moment_info pal_moment_table[PAL_MOMENTS] = {
    { "activity_log_mean", "mean of ln(items per person)", 3 },
    { "activity_log_sd", "sd of ln(items per person)", 3 },
    { "activity_gini", "Gini index of items per person", 3 },
    { "item_gini", "Gini index of people per item", 3 },
    { "item_top1", "share of the top 1 % of items", 3 },
    { "item_top10", "share of the top 10 % of items", 3 },
    { "item_top20", "share of the top 20 % of items", 3 },
    { "item_log_sd", "sd of ln(people per item)", 3 },
    { "item_exponent", "power-law exponent of people per item", 2 },
    { "genres_effective", "effective genres of a person (equal sizes)", 2 },
    { "genres_relative", "the same, over people without taste", 3 },
    { "genre_cohesion", "correlation of genres inside a person", 4 },
    { "genre_top1", "share of a person's largest genre (equal sizes)", 3 },
    { "genre_top3", "share of the three largest (equal sizes)", 3 },
    { "own_lift", "share in own genres, over everybody's there", 3 },
    { "like_mean", "mean share of likes", 3 },
    { "like_spread", "sd between people of the share of likes", 3 },
    { "item_like_spread", "sd between items of the share of likes", 3 },
    { "popularity_like", "correlation of popularity and likes of items", 3 },
    { "repeat_rate", "share of interactions with an item had before", 3 },
    { "repeat_gap", "median time between repeats", 1 },
    { "drift", "genres of the first and last third: apart beyond chance", 4 },
    { "sessions_log_mean", "mean of ln(sessions)", 3 },
    { "session_log_items", "mean of ln(items per session)", 3 },
    { "return_log_sd", "sd inside people of ln(time between sessions)", 3 },
};

const pal_moment_info pal_sample_table[PAL_SAMPLES] = {
    { "activity", "Items per person", 0 },
    { "item", "People per item", 0 },
    { "effective", "Effective genres per person", 2 },
    { "top1", "Largest genre's share per person", 3 },
    { "like", "Share of likes per person", 3 },
    { "item_like", "Share of likes per item", 3 },
    { "drift", "Drift of genres per person", 3 },
    { "session", "Items per session", 0 },
};

pal_moments_config pal_moments_defaults(void)
{
    return (pal_moments_config){ .sample = 20, .draws = 8, .like_least = 5, .item_least = 20, .xmin = 0,
                                 .session_gap = 1800, .resamples = 200, .level = 0.95, .seed = 1, .n_threads = 1 };
}

pal_status pal_moment_find(size_t *out, const char *name, pal_error *err)
{
    const char *names[PAL_MOMENTS], *near;

    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        if (strcmp(pal_moment_table[m].name, name) == 0) {
            *out = m;
            return PAL_OK;
        }
        names[m] = pal_moment_table[m].name;
    }
    near = pal_nearest_name(name, names, PAL_MOMENTS);
    return pal_error_set(err, PAL_ERR_USAGE, "unknown moment '%.60s'%s%s%s", name, near != NULL ? "; did you mean '" : "",
                         near != NULL ? near : "", near != NULL ? "'?" : "");
}

void pal_beta_of(double *a, double *b, double mean, double sd)
{
    const double precision = mean * (1 - mean) / (sd * sd) - 1;

    *a = *b = NAN;
    if (precision > 0 && isfinite(precision)) {
        *a = mean * precision;
        *b = (1 - mean) * precision;
    }
}

/* ---- one evaluation ---- */

/* Weighted mean of a field over the people who have one. */
static double mean_of(size_t *count, const pal_moment_tables *t, const uint8_t *weight, size_t offset)
{
    pal_acc sum = { 0 };
    double n = 0;

    *count = 0;
    for (size_t u = 0; u < t->log->n_users; u++) {
        const double w = weight == NULL ? 1 : weight[u];
        double x;

        memcpy(&x, (const char *)&t->person[u] + offset, sizeof x);
        if (w == 0 || !isfinite(x)) continue;
        pal_acc_add(&sum, w * x);
        n += w;
        ++*count;
    }
    return n > 0 ? pal_acc_value(&sum) / n : NAN;
}
#define MEAN_OF(count, field) mean_of((count), t, weight, offsetof(pal_moment_person, field))

static double log_sd(const pal_moment_tables *t, const uint8_t *weight, double mean)
{
    pal_acc squares = { 0 };
    double n = 0;

    for (size_t u = 0; u < t->log->n_users; u++) {
        const double w = weight == NULL ? 1 : weight[u], off = t->person[u].log_n - mean;

        if (w == 0 || !isfinite(off)) continue;
        pal_acc_add(&squares, w * (off * off));
        n += w;
    }
    return n > 1 ? sqrt(pal_acc_value(&squares) / (n - 1)) : NAN;
}

static double activity_gini(const pal_moment_tables *t, const uint8_t *weight)
{
    double below = 0, sum = 0, n = 0, total = 0;

    for (size_t u = 0; u < t->log->n_users; u++) n += t->log->begin[u] == t->log->begin[u + 1] ? 0 : weight == NULL ? 1 : weight[u];
    for (size_t i = 0; i < t->log->n_users; i++) {
        const size_t u = t->by_activity[i];
        const double w = weight == NULL ? 1 : weight[u], rows = (double)(t->log->begin[u + 1] - t->log->begin[u]);

        if (rows == 0) continue;
        sum += rows * w * (2 * below + w - n);
        total += rows * w;
        below += w;
    }
    return total > 0 ? sum / (n * total) : NAN;
}

/* Two rows of strangers: the length of the sum of all mixes, less people with themselves. */
static double strangers(const pal_moment_tables *t, const uint8_t *weight, double *mix)
{
    const size_t n_genres = t->log->n_genres;
    pal_acc self = { 0 }, all = { 0 };
    double n = 0;

    memset(mix, 0, n_genres * sizeof *mix);
    for (size_t u = 0; u < t->log->n_users; u++) {
        const double w = weight == NULL ? 1 : weight[u];
        const float *own = t->mix + u * n_genres;

        if (w == 0 || !isfinite(t->person[u].pairs)) continue;
        for (size_t g = 0; g < n_genres; g++) mix[g] += w * (double)own[g];
        pal_acc_add(&self, w * t->person[u].mix_square);
        n += w;
    }
    for (size_t g = 0; g < n_genres; g++) pal_acc_add(&all, mix[g] * mix[g]);
    return n > 1 ? (pal_acc_value(&all) - pal_acc_value(&self)) / (n * (n - 1)) : NAN;
}

static void genre_values(double *out, size_t *count, const pal_moment_tables *t, const uint8_t *weight,
                         pal_moment_scratch *s)
{
    size_t n;
    double base = MEAN_OF(&n, own_base), pairs = MEAN_OF(&count[PAL_MOMENT_GENRE_COHESION], pairs), self = MEAN_OF(&n, self);
    double q;

    out[PAL_MOMENT_GENRES_EFFECTIVE] = MEAN_OF(&count[PAL_MOMENT_GENRES_EFFECTIVE], effective);
    out[PAL_MOMENT_GENRES_RELATIVE] = out[PAL_MOMENT_GENRES_EFFECTIVE] / t->null_effective;
    count[PAL_MOMENT_GENRES_RELATIVE] = count[PAL_MOMENT_GENRES_EFFECTIVE];
    out[PAL_MOMENT_GENRE_TOP1] = MEAN_OF(&count[PAL_MOMENT_GENRE_TOP1], top1);
    out[PAL_MOMENT_GENRE_TOP3] = MEAN_OF(&count[PAL_MOMENT_GENRE_TOP3], top3);
    if (base > 0) out[PAL_MOMENT_OWN_LIFT] = MEAN_OF(&count[PAL_MOMENT_OWN_LIFT], own) / base;
    out[PAL_MOMENT_DRIFT] = MEAN_OF(&count[PAL_MOMENT_DRIFT], drift);
    q = strangers(t, weight, s->mix);
    if (self > q) out[PAL_MOMENT_GENRE_COHESION] = (pairs - q) / (self - q);
}

/* Variance between people of the true share: pairs of rows of one person both liked, less those of two people. */
static double like_spread(const pal_moment_tables *t, const uint8_t *weight, double pairs)
{
    pal_acc sum = { 0 }, squares = { 0 };
    double n = 0, between;

    for (size_t u = 0; u < t->log->n_users; u++) {
        const double w = weight == NULL ? 1 : weight[u], like = t->person[u].like;

        if (w == 0 || !isfinite(like)) continue;
        pal_acc_add(&sum, w * like);
        pal_acc_add(&squares, w * (like * like));
        n += w;
    }
    if (n < 2) return NAN;
    between = pairs - (pal_acc_value(&sum) * pal_acc_value(&sum) - pal_acc_value(&squares)) / (n * (n - 1));
    return between > 0 ? sqrt(between) : 0;
}

static void time_values(double *out, size_t *count, const pal_moment_tables *t, const uint8_t *weight)
{
    pal_acc squares = { 0 }, free = { 0 }, repeats = { 0 }, had = { 0 };

    out[PAL_MOMENT_SESSIONS_LOG_MEAN] = MEAN_OF(&count[PAL_MOMENT_SESSIONS_LOG_MEAN], sessions);
    out[PAL_MOMENT_SESSION_LOG_ITEMS] = MEAN_OF(&count[PAL_MOMENT_SESSION_LOG_ITEMS], session_items);
    for (size_t u = 0; u < t->log->n_users; u++) {
        const double w = weight == NULL ? 1 : weight[u];
        const pal_moment_person *p = &t->person[u];

        if (w == 0) continue;
        if (p->n_return > 0) {
            pal_acc_add(&squares, w * p->return_squares);
            pal_acc_add(&free, w * p->n_return);
            count[PAL_MOMENT_RETURN_LOG_SD]++;
        }
        if (isfinite(p->had)) {
            pal_acc_add(&repeats, w * p->repeats);
            pal_acc_add(&had, w * p->had);
            count[PAL_MOMENT_REPEAT_RATE]++;
        }
    }
    if (pal_acc_value(&free) > 0) out[PAL_MOMENT_RETURN_LOG_SD] = sqrt(pal_acc_value(&squares) / pal_acc_value(&free));
    if (pal_acc_value(&had) > 0) out[PAL_MOMENT_REPEAT_RATE] = pal_acc_value(&repeats) / pal_acc_value(&had);
}

void pal_moment_values(double out[PAL_MOMENTS], size_t *given, const pal_moment_tables *t, const uint8_t *weight,
                       pal_moment_scratch *s)
{
    size_t own[PAL_MOMENTS] = { 0 }, n;
    size_t *count = given == NULL ? own : given;
    double pairs;

    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        out[m] = NAN;
        count[m] = 0;
    }
    out[PAL_MOMENT_ACTIVITY_LOG_MEAN] = MEAN_OF(&count[PAL_MOMENT_ACTIVITY_LOG_MEAN], log_n);
    out[PAL_MOMENT_ACTIVITY_LOG_SD] = log_sd(t, weight, out[PAL_MOMENT_ACTIVITY_LOG_MEAN]);
    out[PAL_MOMENT_ACTIVITY_GINI] = activity_gini(t, weight);
    count[PAL_MOMENT_ACTIVITY_LOG_SD] = count[PAL_MOMENT_ACTIVITY_GINI] = count[PAL_MOMENT_ACTIVITY_LOG_MEAN];
    pal_moment_count_items(t, weight, s);
    pal_moment_items(out, count, t, s);
    if (t->log->genre_begin != NULL) genre_values(out, count, t, weight, s);
    out[PAL_MOMENT_LIKE_MEAN] = MEAN_OF(&count[PAL_MOMENT_LIKE_MEAN], like);
    pairs = MEAN_OF(&n, like_pairs);
    out[PAL_MOMENT_LIKE_SPREAD] = like_spread(t, weight, pairs);
    count[PAL_MOMENT_LIKE_SPREAD] = count[PAL_MOMENT_LIKE_MEAN];
    time_values(out, count, t, weight);
    out[PAL_MOMENT_REPEAT_GAP] = weight == NULL ? t->repeat_gap : NAN; /* a median over pairs: told once, without interval */
}

/* ---- resamples ---- */

typedef struct resampling {
    const pal_moment_tables *t;
    const pal_boot *boot;
    pal_moment_scratch *scratch; /* one a thread */
    double *draw;
} resampling;

static pal_status resample_block(void *ctx, size_t begin, size_t end, size_t block, size_t worker, pal_error *err)
{
    const resampling *r = ctx;

    (void)block, (void)err;
    for (size_t b = begin; b < end; b++) {
        pal_moment_values(r->draw + b * PAL_MOMENTS, NULL, r->t, pal_boot_row(r->boot, b), &r->scratch[worker]);
    }
    return PAL_OK;
}

/* Move the resampled values of a moment to have its value as their mean, and read the interval off. */
static void interval_of(pal_interval *at, double *draw, size_t n, size_t moment, double level, double *sorted)
{
    size_t m = 0;
    double shift;

    for (size_t b = 0; b < n; b++) {
        const double x = draw[b * PAL_MOMENTS + moment];

        if (isfinite(x)) sorted[m++] = x;
    }
    at->lo = at->hi = at->se = NAN;
    if (m < 2 || !isfinite(at->value)) return;
    shift = at->value - pal_mean(sorted, m);
    for (size_t b = 0; b < n; b++) draw[b * PAL_MOMENTS + moment] += shift;
    at->se = sqrt(pal_variance(sorted, m));
    pal_sort_doubles(sorted, m);
    at->lo = pal_quantile_of(sorted, m, 0.5 * (1 - level)) + shift;
    at->hi = pal_quantile_of(sorted, m, 0.5 * (1 + level)) + shift;
}

static pal_status resample(pal_log_moments *out, const pal_moment_tables *t, pal_moment_scratch *scratch, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_moments_config *c = t->config;
    pal_boot *boot = NULL;
    double *sorted = NULL;
    resampling r = { .t = t, .scratch = scratch };

    if (c->resamples == 0) goto done;
    PAL_TRY(pal_boot_new(&boot, t->log->n_users, NULL, c->resamples, c->level, pal_key_for(c->seed, 0, PAL_FOR_BOOTSTRAP),
                         c->n_threads, err));
    PAL_NEW(out->draw, c->resamples * PAL_MOMENTS);
    PAL_NEW(sorted, c->resamples);
    r.boot = boot;
    r.draw = out->draw;
    PAL_TRY(pal_parallel_for(c->resamples, 1, c->n_threads, resample_block, &r, err));
    for (size_t m = 0; m < PAL_MOMENTS; m++) interval_of(&out->at[m], out->draw, c->resamples, m, c->level, sorted);
    out->resamples = c->resamples;

done:
    pal_boot_free(boot);
    pal_free(sorted);
    return rc;
}

/* ---- samples ---- */

static pal_status keep_sample(pal_log_moments *out, pal_sample which, const double *value, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t m = 0;

    PAL_NEW(out->sample[which], n);
    for (size_t i = 0; i < n; i++) {
        if (isfinite(value[i])) out->sample[which][m++] = value[i];
    }
    pal_sort_doubles(out->sample[which], m);
    out->n_sample[which] = m;

done:
    return rc;
}

static pal_status keep_samples(pal_log_moments *out, const pal_moment_tables *t, const pal_moment_scratch *s, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_moment_log *log = t->log;
    static const size_t field[] = { [PAL_SAMPLE_EFFECTIVE] = offsetof(pal_moment_person, effective),
                                    [PAL_SAMPLE_TOP1] = offsetof(pal_moment_person, top1),
                                    [PAL_SAMPLE_LIKE] = offsetof(pal_moment_person, like),
                                    [PAL_SAMPLE_DRIFT] = offsetof(pal_moment_person, drift) };
    static const pal_sample of_people[] = { PAL_SAMPLE_EFFECTIVE, PAL_SAMPLE_TOP1, PAL_SAMPLE_LIKE, PAL_SAMPLE_DRIFT };
    double *value = NULL;
    const size_t most = log->n_users > log->n_items ? log->n_users : log->n_items;

    PAL_NEW(value, most);
    for (size_t u = 0; u < log->n_users; u++) {
        const double rows = (double)(log->begin[u + 1] - log->begin[u]);

        value[u] = rows > 0 ? rows : NAN;
    }
    PAL_TRY(keep_sample(out, PAL_SAMPLE_ACTIVITY, value, log->n_users, err));
    for (size_t k = 0; k < sizeof of_people / sizeof *of_people; k++) {
        for (size_t u = 0; u < log->n_users; u++) memcpy(&value[u], (const char *)&t->person[u] + field[of_people[k]], sizeof *value);
        PAL_TRY(keep_sample(out, of_people[k], value, log->n_users, err));
    }
    for (size_t i = 0; i < log->n_items; i++) value[i] = s->count[i] > 0 ? (double)s->count[i] : NAN;
    PAL_TRY(keep_sample(out, PAL_SAMPLE_ITEM, value, log->n_items, err));
    for (size_t i = 0; i < log->n_items; i++) {
        value[i] = log->like != NULL && s->count[i] >= t->config->item_least ? (double)s->likes[i] / s->count[i] : NAN;
    }
    PAL_TRY(keep_sample(out, PAL_SAMPLE_ITEM_LIKE, value, log->n_items, err));

done:
    pal_free(value);
    return rc;
}

/* ---- the whole ---- */

static pal_status check(const pal_moment_log *log, const pal_moments_config *c, pal_error *err)
{
    if (log->n_users == 0 || log->n == 0) return pal_error_set(err, PAL_ERR_SHAPE, "a log without people or rows has no moments");
    if (c->sample < 2 || c->draws < 1 || c->like_least < 2 || c->item_least < 2 || c->n_threads < 1 || c->resamples == 1) {
        return pal_error_set(err, PAL_ERR_SHAPE, "moments: samples, likes and items need 2 rows at least, and 0 or 2 resamples");
    }
    for (size_t i = 0; i < log->n; i++) {
        if (log->item[i] >= log->n_items) {
            return pal_error_set(err, PAL_ERR_DATA, "row %zu: item %u of %zu", i, log->item[i], log->n_items);
        }
    }
    for (size_t k = 0; log->genre_begin != NULL && k < log->genre_begin[log->n_items]; k++) {
        if (log->genre[k] >= log->n_genres) {
            return pal_error_set(err, PAL_ERR_DATA, "genre %u of %zu", log->genre[k], log->n_genres);
        }
    }
    return PAL_OK;
}

static pal_status sort_people(pal_moment_tables *t, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = t->log->n_users;
    size_t *start = NULL, most = 0, at = 0;

    for (size_t u = 0; u < n; u++) most = t->log->begin[u + 1] - t->log->begin[u] > most ? t->log->begin[u + 1] - t->log->begin[u] : most;
    PAL_NEW(start, most + 1); /* counting sort: people with the same number of rows stay in their order */
    PAL_NEW(t->by_activity, n);
    for (size_t u = 0; u < n; u++) start[t->log->begin[u + 1] - t->log->begin[u]]++;
    for (size_t k = 0; k <= most; k++) {
        const size_t here = start[k];

        start[k] = at;
        at += here;
    }
    for (size_t u = 0; u < n; u++) t->by_activity[start[t->log->begin[u + 1] - t->log->begin[u]]++] = (uint32_t)u;

done:
    pal_free(start);
    return rc;
}

static pal_status make_scratch(pal_moment_scratch *s, size_t n, const pal_moment_log *log, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n; i++) {
        s[i].n_bins = log->n_users + 1;
        PAL_NEW(s[i].count, log->n_items);
        PAL_NEW(s[i].likes, log->n_items);
        PAL_NEW(s[i].histogram, s[i].n_bins);
        PAL_NEW(s[i].mix, log->n_genres);
    }

done:
    return rc;
}

static size_t find_xmin(const pal_moment_tables *t, pal_moment_scratch *s)
{
    size_t items = 0;

    pal_moment_count_items(t, NULL, s);
    for (size_t k = 1; k < s->n_bins; k++) items += s->histogram[k];
    return pal_tail_xmin(s->histogram, s->n_bins, items / 20 > 2 ? items / 20 : 2);
}

pal_status pal_log_moments_new(pal_log_moments **given, const pal_moment_log *log, const pal_moments_config *config,
                               pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_log_moments *out = NULL;
    pal_moment_tables t = { .log = log, .config = config, .xmin = config->xmin };
    pal_moment_scratch *scratch = NULL;
    double value[PAL_MOMENTS];
    size_t count[PAL_MOMENTS];

    PAL_TRY(check(log, config, err));
    PAL_NEW(out, 1);
    PAL_NEW(t.person, log->n_users);
    PAL_NEW(t.mix, log->genre_begin != NULL ? log->n_users * log->n_genres : 0);
    PAL_NEW(t.everybody, log->n_genres);
    PAL_NEW(scratch, config->n_threads);
    PAL_TRY(make_scratch(scratch, config->n_threads, log, err));
    PAL_TRY(sort_people(&t, err));
    PAL_TRY(pal_moment_people(&t, out, err));
    if (t.xmin == 0) t.xmin = find_xmin(&t, scratch);
    out->xmin = t.xmin;
    pal_moment_values(value, count, &t, NULL, scratch);
    for (size_t m = 0; m < PAL_MOMENTS; m++) {
        out->at[m] = (pal_interval){ .value = value[m], .lo = NAN, .hi = NAN, .se = NAN, .n = count[m] };
    }
    PAL_TRY(keep_samples(out, &t, scratch, err));
    PAL_TRY(resample(out, &t, scratch, err));
    *given = out; /* the caller owns it from here */
    out = NULL;

done:
    for (size_t i = 0; scratch != NULL && i < config->n_threads; i++) {
        pal_free(scratch[i].count);
        pal_free(scratch[i].likes);
        pal_free(scratch[i].histogram);
        pal_free(scratch[i].mix);
    }
    pal_free(scratch);
    pal_free(t.person);
    pal_free(t.mix);
    pal_free(t.everybody);
    pal_free(t.by_activity);
    pal_log_moments_free(out);
    return rc;
}

void pal_log_moments_free(pal_log_moments *moments)
{
    if (moments == NULL) return;
    pal_free(moments->draw);
    for (size_t s = 0; s < PAL_SAMPLES; s++) pal_free(moments->sample[s]);
    pal_free(moments);
}
