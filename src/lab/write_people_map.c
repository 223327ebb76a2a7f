/* people_map.csv, community_make_up.csv, and the map's parts of summary.json and profiles.json. */
#include "lab/people_map.h"

#include "core/mem.h"
#include "models/best.h"

#include <string.h>

enum { MOST_NEAR = 8, MOST_GENRES = 4, MOST_SONGS = 3 }; /* what has room on a sheet */

/* ---- people_map.csv ---- */

static void put_person_row(pal_outfile *f, const pal_people_map *map, const pal_people_snapshot *s, size_t u)
{
    const pal_communities *c = &s->communities;

    pal_outfile_csv_text(f, map->experiment->arm[s->arm].name);
    pal_outfile_printf(f, ",%u,%u,%zu,", s->replicate, s->round, u);
    if (c->label[u] != PAL_NO_COMMUNITY) pal_outfile_u64(f, c->label[u]);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, c->x[u]);
    pal_outfile_text(f, ",");
    pal_outfile_double(f, c->y[u]);
    pal_outfile_printf(f, ",%u,%s\n", s->n_likes[u], map->catalog->clusters->name[map->strongest[s->replicate][u]]);
}

static pal_status write_people(pal_results *results, const pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *f = NULL;

    PAL_TRY(pal_results_open(&f, results, "people_map.csv", err));
    pal_outfile_text(f, "arm,replicate,round,user,community,x,y,likes,true_community\n");
    for (size_t i = 0; i < map->n_snapshots; i++) {
        for (size_t u = 0; u < map->n_users; u++) put_person_row(f, map, &map->snapshot[i], u);
    }
    PAL_TRY(pal_results_commit(results, &f, "people_map.csv", err));
done:
    pal_outfile_abort(&f);
    return rc;
}

/* ---- community_make_up.csv ---- */

static size_t count_members(const pal_communities *c, size_t label)
{
    size_t n = 0;

    for (size_t u = 0; u < c->n; u++) n += c->label[u] == label;
    return n;
}

static double sum_of(const double *x, size_t n)
{
    double sum = 0;

    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum;
}

static void put_make_up(pal_outfile *f, const pal_people_map *map, const pal_people_snapshot *s, const double *everyone)
{
    const size_t n_genres = map->catalog->clusters->n_genres;
    const double all = sum_of(everyone, n_genres);

    for (size_t c = 0; c < s->communities.n_labels; c++) {
        const double *likes = s->genre_likes + c * n_genres, own = sum_of(likes, n_genres);
        const size_t members = count_members(&s->communities, c);

        for (size_t g = 0; g < n_genres; g++) {
            if (likes[g] == 0) continue;
            pal_outfile_csv_text(f, map->experiment->arm[s->arm].name);
            pal_outfile_printf(f, ",%u,%u,%zu,%zu,", s->replicate, s->round, c, members);
            pal_outfile_csv_text(f, map->catalog->clusters->genre[g]);
            pal_outfile_text(f, ",");
            pal_outfile_double(f, likes[g]);
            pal_outfile_text(f, ",");
            pal_outfile_double(f, likes[g] / own);
            pal_outfile_text(f, ",");
            pal_outfile_double(f, likes[g] / own / (everyone[g] / all));
            pal_outfile_text(f, "\n");
        }
    }
}

static pal_status write_make_up(pal_results *results, const pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_genres = map->catalog->clusters->n_genres;
    pal_outfile *f = NULL;
    double *everyone = NULL;

    PAL_NEW(everyone, n_genres);
    PAL_TRY(pal_results_open(&f, results, "community_make_up.csv", err));
    pal_outfile_text(f, "arm,replicate,round,community,size,genre,likes,share,lift\n");
    for (size_t i = 0; i < map->n_snapshots; i++) {
        const pal_people_snapshot *s = &map->snapshot[i];

        memset(everyone, 0, n_genres * sizeof *everyone);
        for (size_t c = 0; c < s->communities.n_labels * n_genres; c++) everyone[c % n_genres] += s->genre_likes[c];
        put_make_up(f, map, s, everyone);
    }
    PAL_TRY(pal_results_commit(results, &f, "community_make_up.csv", err));
done:
    pal_outfile_abort(&f);
    pal_free(everyone);
    return rc;
}

pal_status pal_write_people_map(pal_results *results, const pal_people_map *map, pal_error *err)
{
    pal_status rc = PAL_OK;

    if (map == NULL) return PAL_OK;
    PAL_TRY(write_people(results, map, err));
    PAL_TRY(write_make_up(results, map, err));
done:
    return rc;
}

/* ---- summary.json ---- */

static void put_agreement(pal_json_writer *w, const pal_agreement *a)
{
    pal_json_put_number(w, "ari", a->ari);
    pal_json_put_number(w, "nmi", a->nmi);
    pal_json_put_number(w, "ari_sets", a->ari_sets);
    pal_json_put_number(w, "nmi_sets", a->nmi_sets);
    pal_json_put_number(w, "overlap", a->overlap);
}

void pal_people_map_summary(pal_json_writer *w, const pal_people_map *map)
{
    if (map == NULL) return;
    pal_json_begin_array(w, "communities");
    for (size_t i = 0; i < map->n_snapshots; i++) {
        const pal_people_snapshot *s = &map->snapshot[i];

        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "arm", map->experiment->arm[s->arm].name);
        pal_json_put_i64(w, "replicate", s->replicate);
        pal_json_put_i64(w, "round", s->round);
        pal_json_put_i64(w, "people", (int64_t)map->n_users);
        pal_json_put_i64(w, "placed", (int64_t)s->communities.placed);
        pal_json_put_i64(w, "k", (int64_t)s->communities.k);
        pal_json_put_number(w, "eigengap", s->communities.gap);
        pal_json_put_numbers(w, "eigenvalues", s->communities.value, s->communities.n_values);
        put_agreement(w, &s->found);
        pal_json_begin_object(w, "chance");
        put_agreement(w, &s->chance);
        pal_json_end_object(w);
        pal_json_begin_object(w, "best");
        put_agreement(w, &s->best);
        pal_json_end_object(w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

/* ---- profiles.json ---- */

/* The terms two people share that say most: product of their weights, ties by the lower term. */
static size_t shared_terms(uint32_t *term, size_t most, const pal_csr *m, uint32_t a, uint32_t b, size_t *n_shared)
{
    float score[MOST_NEAR];
    pal_best best = { score, term, most, 0 };
    size_t i = m->begin[a], j = m->begin[b];

    *n_shared = 0;
    while (i < m->begin[a + 1] && j < m->begin[b + 1]) {
        if (m->col[i] < m->col[j]) i++;
        else if (m->col[j] < m->col[i]) j++;
        else {
            ++*n_shared;
            pal_best_offer(&best, m->value[i++] * m->value[j], m->col[j]);
            j++;
        }
    }
    pal_best_sort(&best);
    return best.n;
}

/* Where the focus arm's people stood at the end of a replicate, or NULL. */
static const pal_people_snapshot *last_of(const pal_people_map *map, size_t replicate)
{
    for (size_t i = map->n_snapshots; i-- > 0;) {
        if (map->snapshot[i].arm == map->experiment->focus && map->snapshot[i].replicate == replicate) {
            return &map->snapshot[i];
        }
    }
    return NULL;
}

static void put_label(pal_json_writer *w, const char *key, uint32_t label)
{
    if (label == PAL_NO_COMMUNITY) pal_json_put_null(w, key);
    else pal_json_put_i64(w, key, label);
}

static void put_membership(pal_json_writer *w, const pal_people_map *map, size_t replicate, uint32_t user)
{
    pal_json_begin_array(w, "membership");
    for (size_t i = 0; i < map->n_snapshots; i++) {
        const pal_people_snapshot *s = &map->snapshot[i];

        if (s->arm != map->experiment->focus || s->replicate != replicate) continue;
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "round", s->round);
        put_label(w, "community", s->communities.label[user]);
        pal_json_put_i64(w, "size", (int64_t)count_members(&s->communities, s->communities.label[user]));
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_near(pal_json_writer *w, const pal_people_map *map, const pal_people_snapshot *last, uint32_t user,
                     uint32_t other, double similarity)
{
    const pal_people_graph *g = &map->end[last->replicate].graph;
    uint32_t term[MOST_NEAR];
    size_t n, n_shared;

    pal_json_begin_object(w, NULL);
    pal_json_put_i64(w, "user", other);
    put_label(w, "community", last->communities.label[other]);
    pal_json_put_number(w, "similarity", similarity);
    n = shared_terms(term, MOST_GENRES, g->genres.things, user, other, &n_shared);
    pal_json_put_i64(w, "shared_genres", (int64_t)n_shared);
    pal_json_begin_array(w, "genres");
    for (size_t i = 0; i < n; i++) pal_json_put_string(w, NULL, map->catalog->clusters->genre[term[i]]);
    pal_json_end_array(w);
    n = shared_terms(term, MOST_SONGS, g->songs.things, user, other, &n_shared);
    pal_json_put_i64(w, "shared_songs", (int64_t)n_shared);
    pal_json_begin_array(w, "songs");
    for (size_t i = 0; i < n; i++) pal_json_put_string(w, NULL, map->catalog->title[term[i]]);
    pal_json_end_array(w);
    pal_json_end_object(w);
}

/* The nearest of the people a stage serves them from, or else of their community on the map. */
static void put_nearest(pal_json_writer *w, const pal_people_map *map, const pal_people_snapshot *last, uint32_t user)
{
    const pal_people_end *end = &map->end[last->replicate];
    const bool served = end->company_begin != NULL && end->company_begin[user + 1] > end->company_begin[user];
    const size_t from = served ? end->company_begin[user] : 0, to = served ? end->company_begin[user + 1] : map->n_users;
    uint32_t id[MOST_NEAR];
    float score[MOST_NEAR];
    pal_best best = { score, id, MOST_NEAR, 0 };
    size_t n = 0;

    for (size_t i = from; i < to; i++) {
        const uint32_t other = served ? end->company[i] : (uint32_t)i, own = last->communities.label[user];

        if (other == user || (!served && (own == PAL_NO_COMMUNITY || last->communities.label[other] != own))) continue;
        n++;
        pal_best_offer(&best, (float)pal_people_similarity(&end->graph, user, other), other);
    }
    pal_best_sort(&best);
    pal_json_put_string(w, "from", served ? "company" : "map");
    pal_json_put_i64(w, "people", (int64_t)n);
    pal_json_begin_array(w, "nearest");
    for (size_t i = 0; i < best.n; i++) put_near(w, map, last, user, id[i], (double)score[i]);
    pal_json_end_array(w);
}

void pal_people_map_person(pal_json_writer *w, const pal_people_map *map, size_t replicate, uint32_t user)
{
    const pal_people_snapshot *last = map == NULL ? NULL : last_of(map, replicate);

    if (last == NULL) return;
    pal_json_begin_object(w, "community");
    put_label(w, "community", last->communities.label[user]);
    put_membership(w, map, replicate, user);
    put_nearest(w, map, last, user);
    pal_json_end_object(w);
}
