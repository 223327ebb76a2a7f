/* days.csv, fits.csv and cache.csv; write_types.c has types.csv. */
#include "lab/days.h"

#include "core/fields.h"
#include "core/mem.h"

#include <math.h>
#include <stdio.h>

pal_status pal_days_new(pal_days **out, const pal_experiment *e, const pal_catalog *catalog, size_t n_users, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_days *days = NULL;

    PAL_NEW(days, 1);
    days->n_arms = e->n_arms;
    days->n_rounds = e->n_rounds;
    days->n_types = pal_catalog_types(catalog);
    days->n_users = n_users;
    days->n_people = n_users * e->n_replicates;
    days->wanted = pal_values_bool(e->output, "days");
    if (days->wanted) {
        PAL_NEW(days->by_slot, e->n_arms * e->n_rounds * PAL_MAX_SLOTS * PAL_DAY_COUNTS);
        PAL_NEW(days->by_type, e->n_arms * e->n_rounds * days->n_types * PAL_DAY_COUNTS);
    }
    if (days->n_types > 1) PAL_NEW(days->by_person, e->n_arms * days->n_types * days->n_people * 3);
    PAL_NEW(days->cache, e->n_arms);
    PAL_NEW(days->cache_s, 2 * e->n_arms);
    *out = days;
    days = NULL;
done:
    pal_days_free(days);
    return rc;
}

void pal_days_free(pal_days *days)
{
    if (days == NULL) return;
    pal_free(days->by_slot);
    pal_free(days->by_type);
    pal_free(days->by_person);
    pal_free(days->cache);
    pal_free(days->cache_s);
    pal_free(days);
}

static void count(uint64_t *to, unsigned flags)
{
    to[PAL_DAY_VIEWS]++;
    to[PAL_DAY_EXAMINED] += (flags & PAL_EXAMINED) != 0;
    to[PAL_DAY_CLICKS] += (flags & PAL_CLICKED) != 0;
    to[PAL_DAY_LIKES] += (flags & PAL_LIKED) != 0;
    to[PAL_DAY_DISLIKES] += (flags & PAL_DISLIKED) != 0;
    to[PAL_DAY_SKIPS] += (flags & PAL_SKIPPED) != 0;
    to[PAL_DAY_ENGAGED] += (flags & (PAL_CLICKED | PAL_LIKED | PAL_DISLIKED)) != 0;
}

static void count_person(pal_days *days, const pal_arm *arm, const pal_event *e)
{
    const size_t person = arm->world->replicate * days->n_users + e->user;
    const size_t type = pal_catalog_type(arm->catalog, e->item);
    uint32_t *n = days->by_person + ((arm->index * days->n_types + type) * days->n_people + person) * 3;

    n[0]++;
    n[1] += (e->flags & PAL_CLICKED) != 0;
    n[2] += (e->flags & PAL_LIKED) != 0;
}

void pal_days_round(pal_days *days, const pal_arm *arm)
{
    const size_t day = arm->index * days->n_rounds + arm->round;

    for (size_t i = 0; days->by_person != NULL && i < arm->event_begin[arm->world->people->n]; i++) {
        count_person(days, arm, &arm->event[i]);
    }
    if (!days->wanted) return;
    for (size_t i = 0; i < arm->event_begin[arm->world->people->n]; i++) {
        const pal_event *e = &arm->event[i];

        count(days->by_slot + (day * PAL_MAX_SLOTS + e->slot) * PAL_DAY_COUNTS, e->flags);
        count(days->by_type + (day * days->n_types + pal_catalog_type(arm->catalog, e->item)) * PAL_DAY_COUNTS, e->flags);
    }
}

void pal_days_keep(pal_days *days, const pal_arm *arm)
{
    pal_cache_count own, *sum = &days->cache[arm->index];

    if (arm->cache == NULL) return;
    own = pal_cache_total(arm->cache);
    sum->requests += own.requests;
    sum->hits += own.hits;
    sum->expired += own.expired;
    sum->dropped += own.dropped;
    sum->used_up += own.used_up;
    sum->age += own.age;
    for (size_t i = 0; i < 2 * arm->n_threads; i++) days->cache_s[2 * arm->index + i % 2] += arm->cache_s[i];
}

/* ---- kept between rounds ---- */

#define PART "days"

enum { N_FIELDS = 5, CACHE_COUNTS = sizeof(pal_cache_count) / sizeof(uint64_t) };

/* Arrays that this experiment has none of are left out. */
static size_t list_fields(pal_field list[N_FIELDS], const pal_days *d)
{
    const size_t rounds = d->n_arms * d->n_rounds;
    uint64_t *cache = (uint64_t *)(void *)d->cache; /* a struct of nothing but such counts */
    const pal_field all[N_FIELDS] = {
        PAL_FIELD("by_slot", d->by_slot, rounds * PAL_MAX_SLOTS * PAL_DAY_COUNTS),
        PAL_FIELD("by_type", d->by_type, rounds * d->n_types * PAL_DAY_COUNTS),
        PAL_FIELD("by_person", d->by_person, d->n_arms * d->n_types * d->n_people * 3),
        PAL_FIELD("cache", cache, d->n_arms * CACHE_COUNTS), PAL_FIELD("cache_s", d->cache_s, 2 * d->n_arms),
    };
    size_t n = 0;

    for (size_t i = 0; i < N_FIELDS; i++) {
        if (all[i].data != NULL) list[n++] = all[i];
    }
    return n;
}

pal_status pal_days_save(const pal_days *days, pal_tensors *file, pal_error *err)
{
    pal_field list[N_FIELDS];
    const size_t n = list_fields(list, days);

    return pal_fields_save(file, PART, list, n, err);
}

pal_status pal_days_restore(pal_days *days, const pal_tensors *file, pal_error *err)
{
    pal_field list[N_FIELDS];
    const size_t n = list_fields(list, days);

    return pal_fields_restore(list, n, file, PART, err);
}

/* ---- days.csv ---- */

/* A row of counts of one arm and day; days on which nothing was shown have none. */
static void put_counts(pal_outfile *f, const char *arm, size_t day, const char *by, const char *key, const uint64_t *n)
{
    const double views = (double)n[PAL_DAY_VIEWS];

    if (n[PAL_DAY_VIEWS] == 0) return;
    pal_outfile_csv_text(f, arm);
    pal_outfile_printf(f, ",%zu,%s,", day, by);
    pal_outfile_csv_text(f, key);
    for (size_t c = 0; c < PAL_DAY_ENGAGED; c++) {
        pal_outfile_text(f, ",");
        pal_outfile_u64(f, n[c]);
    }
    pal_outfile_text(f, ",");
    pal_outfile_double(f, (double)n[PAL_DAY_CLICKS] / views);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, (double)n[PAL_DAY_ENGAGED] / views);
    pal_outfile_text(f, "\n");
}

static void put_day(pal_outfile *f, const pal_days *days, const pal_catalog *catalog, const char *arm, size_t a, size_t t)
{
    const uint64_t *slot = days->by_slot + (a * days->n_rounds + t) * PAL_MAX_SLOTS * PAL_DAY_COUNTS;
    const uint64_t *type = days->by_type + (a * days->n_rounds + t) * days->n_types * PAL_DAY_COUNTS;
    uint64_t all[PAL_DAY_COUNTS] = { 0 };

    for (size_t i = 0; i < days->n_types * PAL_DAY_COUNTS; i++) all[i % PAL_DAY_COUNTS] += type[i];
    put_counts(f, arm, t, "all", "", all);
    for (size_t s = 0; s < PAL_MAX_SLOTS; s++) {
        char key[24];

        snprintf(key, sizeof key, "%zu", s);
        put_counts(f, arm, t, "slot", key, slot + s * PAL_DAY_COUNTS);
    }
    for (size_t k = 0; k < days->n_types; k++) {
        put_counts(f, arm, t, "type", pal_catalog_type_name(catalog, k), type + k * PAL_DAY_COUNTS);
    }
}

static pal_status write_days(pal_results *results, const pal_days *days, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    if (!days->wanted) return PAL_OK;
    PAL_TRY(pal_results_open(&f, results, "days.csv", err));
    pal_outfile_text(f, "arm,day,by,key,views,examined,clicks,likes,dislikes,skips,ctr,engagement\n");
    for (size_t a = 0; a < days->n_arms; a++) {
        for (size_t t = 0; t < days->n_rounds; t++) {
            put_day(f, days, results->catalog, results->experiment->arm[a].name, a, t);
        }
    }
    PAL_TRY(pal_results_commit(results, &f, "days.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* ---- fits.csv ---- */

static void put_fit(pal_outfile *f, const pal_results *results, size_t arm, size_t replicate, const pal_training_row *row)
{
    pal_outfile_csv_text(f, results->experiment->arm[arm].name);
    pal_outfile_printf(f, ",%zu,%u,%s,", replicate, row->round, row->model);
    if (row->type != PAL_NO_TASTE) pal_outfile_csv_text(f, pal_catalog_type_name(results->catalog, row->type));
    pal_outfile_printf(f, ",%u,%u,%u,%u,%u,", row->people, row->items, row->positives, row->held_out, row->iterations);
    pal_outfile_double(f, row->auc);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, row->precision);
    pal_outfile_text(f, "\n");
}

static pal_status write_fits(pal_results *results, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    for (size_t a = 0; a < results->experiment->n_arms; a++) {
        for (size_t i = 0; i < results->record[a]->n_replicates; i++) {
            const pal_training_log *log = &results->record[a]->training[i];

            for (size_t k = 0; k < log->n; k++) {
                if (log->row[k].people == 0) continue;
                if (f == NULL) {
                    PAL_TRY(pal_results_open(&f, results, "fits.csv", err));
                    pal_outfile_text(f, "arm,replicate,round,model,type,people,items,likes,held_out,epochs,auc,"
                                        "precision_10\n");
                }
                put_fit(f, results, a, i, &log->row[k]);
            }
        }
    }
    if (f != NULL) PAL_TRY(pal_results_commit(results, &f, "fits.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* ---- cache.csv ---- */

/* Clicks and views of every person, over all rounds. */
static void sum_clicks(double *clicks, double *views, const pal_record *r)
{
    for (size_t p = 0; p < r->n_people; p++) {
        clicks[p] = views[p] = 0;
        for (size_t t = 0; t < r->n_rounds; t++) {
            clicks[p] += r->count[PAL_COUNT_CLICKS][p * r->n_rounds + t];
            views[p] += r->count[PAL_COUNT_IMPRESSIONS][p * r->n_rounds + t];
        }
    }
}

static void put_double(pal_outfile *f, double x)
{
    pal_outfile_text(f, ",");
    pal_outfile_double(f, x);
}

/* What staleness cost: the same people's clicks a view here and in the arm that is the same without a cache. */
static pal_status put_cost(pal_outfile *f, const pal_results *results, size_t a, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t twin = results->experiment->arm[a].uncached, n = results->record[a]->n_people;
    double *own[2] = { NULL, NULL }, *other[2] = { NULL, NULL };
    pal_interval ctr, without = { .value = NAN }, diff = { .value = NAN, .lo = NAN, .hi = NAN };

    for (size_t i = 0; i < 2; i++) {
        PAL_NEW(own[i], n);
        PAL_NEW(other[i], n);
    }
    sum_clicks(own[0], own[1], results->record[a]);
    PAL_TRY(pal_boot_ratio(&ctr, results->boot, own[0], own[1], err));
    if (twin != PAL_NO_ARM) {
        sum_clicks(other[0], other[1], results->record[twin]);
        PAL_TRY(pal_boot_ratio(&without, results->boot, other[0], other[1], err));
        PAL_TRY(pal_boot_ratio_diff_many(&diff, results->boot, own[0], own[1], other[0], other[1], 1, results->n_threads,
                                         err));
    }
    put_double(f, ctr.value);
    pal_outfile_text(f, ",");
    if (twin != PAL_NO_ARM) pal_outfile_csv_text(f, results->experiment->arm[twin].name);
    put_double(f, without.value);
    put_double(f, diff.value);
    put_double(f, diff.lo);
    put_double(f, diff.hi);
    pal_outfile_text(f, "\n");
done:
    for (size_t i = 0; i < 2; i++) {
        pal_free(own[i]);
        pal_free(other[i]);
    }
    return rc;
}

static pal_status write_cache(pal_results *results, const pal_days *days, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    pal_outfile *f = NULL;

    for (size_t a = 0; a < e->n_arms; a++) {
        const pal_cache_count *c = &days->cache[a];

        if (e->arm[a].cache == NULL) continue;
        if (f == NULL) {
            PAL_TRY(pal_results_open(&f, results, "cache.csv", err));
            pal_outfile_text(f, "arm,requests,hits,hit_rate,age_rounds,expired,used_up,dropped,ctr,without_cache,"
                                "ctr_without,diff,diff_lo,diff_hi\n");
        }
        pal_outfile_csv_text(f, e->arm[a].name);
        pal_outfile_printf(f, ",%llu,%llu", (unsigned long long)c->requests, (unsigned long long)c->hits);
        put_double(f, c->requests > 0 ? (double)c->hits / (double)c->requests : NAN);
        put_double(f, c->hits > 0 ? (double)c->age / (double)c->hits : NAN);
        pal_outfile_printf(f, ",%llu,%llu,%llu", (unsigned long long)c->expired, (unsigned long long)c->used_up,
                           (unsigned long long)c->dropped);
        PAL_TRY(put_cost(f, results, a, err));
    }
    if (f != NULL) PAL_TRY(pal_results_commit(results, &f, "cache.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

pal_status pal_write_days(pal_results *results, const pal_days *days, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(write_days(results, days, err));
    PAL_TRY(pal_write_types(results, days, err));
    PAL_TRY(write_fits(results, err));
    PAL_TRY(write_cache(results, days, err));
done:
    return rc;
}

/* ---- timing.csv ---- */

static void put_seconds(pal_outfile *f, const char *arm, const char *phase, double seconds)
{
    pal_outfile_csv_text(f, arm);
    pal_outfile_printf(f, ",%s,%.4f\n", phase, seconds);
}

void pal_days_timing(const pal_days *days, const pal_results *results, pal_outfile *f)
{
    for (size_t a = 0; a < days->n_arms; a++) {
        const char *arm = results->experiment->arm[a].name;
        const pal_cache_count *c = &days->cache[a];
        const double miss = days->cache_s[2 * a], hit = days->cache_s[2 * a + 1], misses = (double)(c->requests - c->hits);
        double fits = 0;
        bool fitted = false;

        for (size_t i = 0; i < results->record[a]->n_replicates; i++) {
            const pal_training_log *log = &results->record[a]->training[i];

            for (size_t k = 0; k < log->n; k++) {
                fitted = fitted || log->row[k].people > 0;
                fits += log->row[k].seconds;
            }
        }
        if (fitted) put_seconds(f, arm, "fit", fits);
        if (results->experiment->arm[a].cache == NULL) continue;
        put_seconds(f, arm, "cache_misses", miss);
        put_seconds(f, arm, "cache_hits", hit);
        /* had every hit cost what a miss did */
        put_seconds(f, arm, "cache_saved", misses > 0 ? (double)c->hits * (miss / misses) - hit : 0);
    }
}
