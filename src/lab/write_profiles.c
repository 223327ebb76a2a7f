/* profiles.json: a few people drawn whole, true tastes beside learned ones. */
#include "lab/results.h"

#include "core/mem.h"
#include "data/map.h"
#include "data/person.h"
#include "lab/fits.h"
#include "lab/people_map.h"
#include "lab/sample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#define MOST_GENRES 12 /* of the genre radar: R1 */

struct pal_sheets {
    size_t n_replicates, n_users;
    pal_profiles **profiles; /* n_replicates: of the focus arm at the end */
    pal_history **history;
};

pal_status pal_sheets_new(pal_sheets **out, const pal_experiment *e, const pal_catalog *catalog, size_t n_users,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_sheets *s = NULL;

    (void)catalog;
    PAL_NEW(s, 1);
    PAL_NEW(s->profiles, e->n_replicates);
    s->n_replicates = e->n_replicates;
    PAL_NEW(s->history, e->n_replicates);
    s->n_users = n_users;
    *out = s;
    s = NULL;
done:
    pal_sheets_free(s);
    return rc;
}

void pal_sheets_free(pal_sheets *s)
{
    if (s == NULL) return;
    for (size_t i = 0; i < s->n_replicates; i++) {
        if (s->profiles != NULL) pal_profiles_free(s->profiles[i]);
        if (s->history != NULL) pal_history_free(s->history[i]);
    }
    pal_free(s->profiles);
    pal_free(s->history);
    pal_free(s);
}

void pal_sheets_keep(pal_sheets *s, pal_arm *arm)
{
    uint32_t replicate = arm->world->replicate;

    s->profiles[replicate] = arm->profiles;
    s->history[replicate] = arm->history;
    arm->profiles = NULL;
    arm->history = NULL;
}

#define PROFILES "sheets_profiles" /* in a checkpoint */
#define HISTORY "sheets_history"

pal_status pal_sheets_save(const pal_sheets *s, uint32_t replicate, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_profiles_save(s->profiles[replicate], file, PROFILES, err));
    PAL_TRY(pal_history_save(s->history[replicate], file, HISTORY, err));
done:
    return rc;
}

pal_status pal_sheets_restore(pal_sheets *s, uint32_t replicate, const pal_experiment *e, const pal_catalog *catalog,
                              const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_TRY(pal_profiles_new(&s->profiles[replicate], s->n_users, catalog, pal_profile_config_from(e->profile), err));
    PAL_TRY(pal_arm_history(&s->history[replicate], e, catalog, s->n_users, e->focus, err));
    PAL_TRY(pal_profiles_restore(s->profiles[replicate], file, PROFILES, err));
    PAL_TRY(pal_history_restore(s->history[replicate], file, HISTORY, err));
done:
    return rc;
}

/* Everything one person's sheet is written from. */
typedef struct sheet {
    const pal_results *results;
    const pal_catalog *catalog;
    const pal_catalog_map *map;
    const pal_record *record;
    const pal_population *people;
    const pal_history *history;
    pal_profile_view profile;
    size_t user, person;
    const pal_truths *truths;
} sheet;

/* "ring" and "map" of a point in scaled features. */
static void put_place(pal_json_writer *w, const sheet *s, const float *scaled)
{
    double ring[PAL_MAX_FEATURES], xy[2];

    for (size_t f = 0; f < s->catalog->d; f++) {
        ring[f] = pal_catalog_ring(s->catalog, f, pal_catalog_unscale(s->catalog, f, (double)scaled[f]));
    }
    pal_catalog_map_point(s->map, scaled, xy);
    pal_json_put_numbers(w, "ring", ring, s->catalog->d);
    pal_json_put_numbers(w, "map", xy, 2);
}

static void put_cluster(pal_json_writer *w, const sheet *s, size_t cluster)
{
    pal_json_put_string(w, "cluster", s->catalog->clusters->name[cluster]);
    pal_json_put_string(w, "label", s->catalog->clusters->label[cluster]);
}

static void put_true_tastes(pal_json_writer *w, const sheet *s)
{
    pal_json_begin_array(w, "true_tastes");
    for (size_t k = 0; k < s->people->n_tastes[s->user]; k++) {
        size_t at = s->user * PAL_MAX_TASTES + k;

        pal_json_begin_object(w, NULL);
        put_cluster(w, s, s->people->taste_cluster[at]);
        pal_json_put_number(w, "weight", (double)s->people->taste_weight[at]);
        pal_json_put_number(w, "width", (double)s->people->taste_width[at]);
        put_place(w, s, s->people->taste_center + at * s->people->stride);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

/* Mean length of the weighted scaled vectors of what was liked for a taste: turns the unit centroid back into a point. */
static double liked_length(const sheet *s, size_t taste)
{
    const pal_history *h = s->history;
    const pal_catalog *c = s->catalog;
    double sum = 0;
    size_t n = 0;

    for (size_t i = 0; i < h->n[s->user]; i++) {
        size_t at = s->user * h->capacity + i;
        const float *x = c->scaled + (size_t)h->item[at] * c->stride;
        double square = 0;

        if ((h->flags[at] & PAL_LIKED) == 0 || h->taste[at] != taste) continue;
        for (size_t f = 0; f < c->d; f++) {
            double v = c->feature[f].weight * (double)x[f];

            square += v * v;
        }
        sum += sqrt(square);
        n++;
    }
    return n > 0 ? sum / (double)n : 1;
}

/* The last model that was kept for a taste; NULL when there is none. */
static const pal_training_row *model_of(const sheet *s, size_t taste)
{
    const pal_training_log *log = &s->record->training[s->person / s->record->n_users];
    const pal_training_row *last = NULL;

    for (size_t i = 0; i < log->n; i++) {
        if (log->row[i].user == s->user && log->row[i].taste == taste && log->row[i].kept) last = &log->row[i];
    }
    return last;
}

static bool was_trained(const sheet *s, size_t round)
{
    const pal_training_log *log = &s->record->training[s->person / s->record->n_users];

    for (size_t i = 0; i < log->n; i++) {
        if (log->row[i].user == s->user && log->row[i].round == round) return true;
    }
    return false;
}

static void put_learned(pal_json_writer *w, const sheet *s)
{
    const pal_profile_view *p = &s->profile;

    pal_json_begin_array(w, "learned");
    for (size_t k = 0; k < p->n_tastes; k++) {
        float scaled[PAL_MAX_FEATURES] = { 0 };
        const pal_training_row *model = model_of(s, k);
        const pal_ceiling ceiling = model == NULL ? (pal_ceiling){ NAN, NAN } : pal_fit_ceiling(s->truths, model);
        double length;
        size_t truth = PAL_MAX_TASTES;

        if (p->liked[k] == 0) continue;
        length = liked_length(s, k);
        for (size_t f = 0; f < p->d; f++) {
            scaled[f] = (float)(p->centroid[k * p->d + f] * length / s->catalog->feature[f].weight);
        }
        for (size_t t = 0; t < s->people->n_tastes[s->user]; t++) {
            if (s->people->taste_cluster[s->user * PAL_MAX_TASTES + t] == k) truth = t;
        }
        pal_json_begin_object(w, NULL);
        put_cluster(w, s, k);
        pal_json_put_number(w, "confidence", p->confidence[k]);
        pal_json_put_i64(w, "liked", p->liked[k]);
        pal_json_put_i64(w, "disliked", p->disliked[k]);
        pal_json_put_i64(w, "shown", p->shown[k]);
        put_place(w, s, scaled);
        if (truth < PAL_MAX_TASTES) pal_json_put_i64(w, "true_taste", (int64_t)truth);
        else pal_json_put_null(w, "true_taste");
        pal_json_put_number(w, "auc", model == NULL ? NAN : model->auc);
        pal_json_put_number(w, "logloss", model == NULL ? NAN : model->logloss);
        pal_json_put_number(w, "auc_ceiling", ceiling.auc);
        pal_json_put_number(w, "logloss_ceiling", ceiling.logloss);
        pal_put_fits(w, s->truths, k);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

/* The strongest genres: likes times the confidence of the taste they belong to (R1); ties by genre id. */
static void put_genres(pal_json_writer *w, const sheet *s)
{
    const pal_profile_view *p = &s->profile;
    const pal_clusters *c = s->catalog->clusters;
    double last = INFINITY;
    size_t last_genre = 0;

    pal_json_begin_array(w, "genres");
    for (size_t n = 0; n < MOST_GENRES; n++) {
        size_t best = PAL_NO_GENRE;
        double strength = 0;

        for (size_t g = 0; g < p->n_genres; g++) {
            double v = c->cluster_of[g] < 0 ? 0 : p->genre_liked[g] * p->confidence[c->cluster_of[g]];

            if (v <= strength || v > last || (v >= last && g <= last_genre)) continue;
            best = g;
            strength = v;
        }
        if (best == PAL_NO_GENRE) break;
        last = strength;
        last_genre = best;
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "genre", c->genre[best]);
        pal_json_put_i64(w, "liked", p->genre_liked[best]);
        pal_json_put_number(w, "strength", strength);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_rounds(pal_json_writer *w, const sheet *s)
{
    const pal_record *r = s->record;

    pal_json_begin_array(w, "rounds");
    for (size_t t = 0; t < r->n_rounds; t++) {
        size_t cell = s->person * r->n_rounds + t;

        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "round", (int64_t)t);
        pal_json_put_bool(w, "present", r->present[cell]);
        pal_json_put_string(w, "stage", r->main_stage[cell] == 255 ? NULL : pal_stage_at(r->main_stage[cell])->name);
        pal_json_put_number(w, "confidence", (double)r->confidence[cell]);
        pal_json_put_i64(w, "likes", r->count[PAL_COUNT_LIKES][cell]);
        pal_json_put_i64(w, "clicks", r->count[PAL_COUNT_CLICKS][cell]);
        pal_json_put_i64(w, "impressions", r->count[PAL_COUNT_IMPRESSIONS][cell]);
        pal_json_put_bool(w, "trained", was_trained(s, t));
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_points(pal_json_writer *w, const sheet *s)
{
    const pal_history *h = s->history;
    const pal_catalog *c = s->catalog;

    pal_json_begin_array(w, "points");
    for (size_t i = 0; i < h->n[s->user]; i++) {
        size_t at = s->user * h->capacity + i;
        double xy[2];

        if ((h->flags[at] & (PAL_LIKED | PAL_DISLIKED)) == 0) continue;
        pal_catalog_map_point(s->map, c->scaled + (size_t)h->item[at] * c->stride, xy);
        pal_json_begin_object(w, NULL);
        pal_json_put_number(w, "x", xy[0]);
        pal_json_put_number(w, "y", xy[1]);
        pal_json_put_string(w, "kind", (h->flags[at] & PAL_LIKED) != 0 ? "liked" : "disliked");
        pal_json_put_i64(w, "round", h->round[at]);
        pal_json_put_string(w, "cluster", c->clusters->name[c->cluster[h->item[at]]]);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static const char *outcome_of(unsigned flags)
{
    if ((flags & PAL_LIKED) != 0) return "liked";
    if ((flags & PAL_DISLIKED) != 0) return "disliked";
    if ((flags & PAL_SKIPPED) != 0) return "skipped";
    if ((flags & PAL_CLICKED) != 0) return "played";
    return (flags & PAL_EXAMINED) != 0 ? "passed over" : "not looked at";
}

/* The stage stands beside it as a colour: here the taste, and the chance where one was taken. */
static void why_of(char out[160], const pal_slate *slate, size_t i, const pal_catalog *c)
{
    double chance = (double)slate->propensity[i];
    char part[48] = "";

    if (chance < 1) snprintf(part, sizeof part, ", chance %.2g", chance);
    if (slate->taste[i] == PAL_NO_TASTE) {
        snprintf(out, 160, "%s%s", pal_stage_at(slate->stage[i])->label, part);
    } else {
        snprintf(out, 160, "for %s%s", c->clusters->label[slate->taste[i]], part);
    }
}

static void put_last_slate(pal_json_writer *w, const sheet *s)
{
    const pal_record *r = s->record;
    const pal_catalog *c = s->catalog;
    const pal_slate *slate = &r->last_slate[s->person];
    size_t n = r->last_round[s->person] == UINT32_MAX ? 0 : slate->n;
    char why[160];

    pal_json_begin_array(w, "last_slate");
    for (size_t i = 0; i < n; i++) {
        uint32_t item = slate->item[i];

        why_of(why, slate, i, c);
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "slot", (int64_t)i);
        pal_json_put_i64(w, "item", item);
        pal_json_put_string(w, "title", c->title[item]);
        pal_json_put_string(w, "artist", c->artist_name[c->artist[item]]);
        pal_json_put_string(w, "cluster", c->clusters->label[c->cluster[item]]);
        pal_json_put_string(w, "stage", pal_stage_at(slate->stage[i])->name);
        pal_json_put_string(w, "taste", slate->taste[i] == PAL_NO_TASTE ? NULL : c->clusters->label[slate->taste[i]]);
        pal_json_put_number(w, "score", (double)slate->score[i]);
        pal_json_put_number(w, "propensity", (double)slate->propensity[i]);
        pal_json_put_string(w, "why", why);
        pal_json_put_string(w, "outcome", outcome_of(r->last_flags[s->person * PAL_MAX_SLOTS + i]));
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_arm(pal_json_writer *w, const sheet *s)
{
    static const char *const name[PAL_COUNTS] = { "impressions", NULL, "clicks", "likes", "dislikes", "skips" };
    const pal_experiment *e = s->results->experiment;
    const pal_record *r = s->record;

    pal_json_begin_array(w, "arms");
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "arm", e->arm[e->focus].name);
    for (size_t c = 0; c < PAL_COUNTS; c++) {
        int64_t n = 0;

        for (size_t t = 0; t < r->n_rounds; t++) n += r->count[c][s->person * r->n_rounds + t];
        if (name[c] != NULL) pal_json_put_i64(w, name[c], n);
    }
    pal_json_put_number(w, "confidence", s->profile.user_confidence);
    put_learned(w, s);
    put_genres(w, s);
    put_rounds(w, s);
    put_points(w, s);
    put_last_slate(w, s);
    pal_json_end_object(w);
    pal_json_end_array(w);
}

static void put_person(pal_json_writer *w, const sheet *s, const char *why)
{
    const pal_demographics *who = &s->people->who[s->user];

    pal_json_begin_object(w, NULL);
    pal_json_put_i64(w, "replicate", (int64_t)(s->person / s->record->n_users));
    pal_json_put_i64(w, "user", (int64_t)s->user);
    pal_json_put_string(w, "why", why);
    pal_json_put_i64(w, "age_years", who->age_years);
    pal_json_put_string(w, "gender", pal_gender_names[who->gender]);
    pal_json_put_string(w, "country", pal_country_names[who->country]);
    pal_json_put_string(w, "occupation", pal_occupation_names[who->occupation]);
    pal_json_put_number(w, "contradiction", (double)s->people->contradiction[s->user]);
    pal_json_put_number(w, "activity", (double)s->people->activity[s->user]);
    put_true_tastes(w, s);
    put_arm(w, s);
    pal_people_map_person(w, s->results->people_map, s->person / s->record->n_users, (uint32_t)s->user);
    pal_json_end_object(w);
}

pal_status pal_write_profiles(pal_results *results, const pal_sheets *sheets, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_experiment *e = results->experiment;
    const pal_catalog *c = results->catalog;
    const pal_record *r = results->record[e->focus];
    pal_catalog_map *map = NULL;
    pal_sampled_person *chosen = NULL;
    pal_truth_index index = { 0 };
    pal_truths truths = { 0 };
    size_t n = (size_t)pal_values_int(e->output, "sheets");
    pal_json_writer w = { 0 };

    PAL_NEW(chosen, n);
    PAL_TRY(pal_sample_people(chosen, &n, r, &results->set, e->seed, err));
    PAL_TRY(pal_catalog_map_new(&map, c, err));
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "format", "palate-profiles/1");
    pal_json_begin_array(&w, "features");
    for (size_t f = 0; f < c->d; f++) {
        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "name", c->feature[f].name);
        pal_json_put_string(&w, "unit", c->feature[f].unit);
        pal_json_end_object(&w);
    }
    pal_json_end_array(&w);
    pal_json_put_string(&w, "focus", e->arm[e->focus].name);
    pal_json_begin_array(&w, "people");
    for (size_t i = 0; i < n; i++) {
        size_t rep = chosen[i].person / r->n_users, user = chosen[i].person % r->n_users;
        const sheet s = { results, c, map, r, results->set.world[rep]->people, sheets->history[rep],
                          pal_profiles_view(sheets->profiles[rep], (uint32_t)user), user, chosen[i].person, &truths };

        pal_truth_index_clear(&index);
        PAL_TRY(pal_truth_index_take(&index, r, rep, err));
        PAL_TRY(pal_truths_take(&truths, &index, c, sheets->history[rep], user, err));
        put_person(&w, &s, chosen[i].why);
    }
    pal_json_end_array(&w);
    pal_json_end_object(&w);
    PAL_TRY(pal_results_json(results, &w, "profiles.json", err));
done:
    pal_truths_clear(&truths);
    pal_truth_index_clear(&index);
    pal_text_clear(&w.text);
    pal_catalog_map_free(map);
    pal_free(chosen);
    return rc;
}
