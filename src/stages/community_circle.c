/* The community optimizer of R2. */
#include "stages/community_circle.h"

#include "core/partition.h"
#include "stages/community_graph.h"

#include <string.h>

/* mark[] while people are looked at. */
enum { OWN = 1, HELD = 2 };

pal_spectral_config pal_circle_clusters(size_t restarts)
{
    pal_spectral_config config = pal_spectral_defaults();

    config.restarts = restarts;
    config.backend = PAL_PORTABLE;
    config.n_threads = 1;
    config.extra = 0; /* nobody looks at the eigengap */
    return config;
}

static void mark_songs(const pal_circle *c, uint32_t user, uint32_t bit)
{
    const uint32_t *item = pal_playlists_items(c->playlists, user);

    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        c->mark[item[k]] |= bit;
    }
}

static void unmark_songs(const pal_circle *c, uint32_t user)
{
    const uint32_t *item = pal_playlists_items(c->playlists, user);

    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        c->mark[item[k]] = 0;
    }
}

double pal_circle_overlap(const pal_circle *c, const uint32_t *member, size_t n)
{
    size_t both = 0, either = c->playlists->n[c->client];

    mark_songs(c, c->client, OWN);
    for (size_t m = 0; m < n; m++) {
        const uint32_t *item = pal_playlists_items(c->playlists, member[m]);

        for (size_t k = 0; k < c->playlists->n[member[m]]; k++) {
            const uint32_t was = c->mark[item[k]];

            both += was == OWN;
            either += was == 0;
            c->mark[item[k]] = was | HELD;
        }
    }
    unmark_songs(c, c->client);
    for (size_t m = 0; m < n; m++) {
        unmark_songs(c, member[m]);
    }
    return either > 0 ? (double)both / (double)either : 0;
}

/* The client's songs that a member holds, as rows in the client's order; row[item] = row + 1. */
static size_t number_rows(uint32_t *own_list, const pal_circle *c, const uint32_t *member, size_t n)
{
    const uint32_t *item = pal_playlists_items(c->playlists, c->client);
    const uint8_t *list = pal_playlists_lists(c->playlists, c->client);
    uint32_t rows = 0;

    for (size_t m = 0; m < n; m++) {
        mark_songs(c, member[m], HELD);
    }
    for (size_t k = 0; k < c->playlists->n[c->client]; k++) {
        if (c->mark[item[k]] != 0) {
            own_list[rows] = list[k];
            c->row[item[k]] = ++rows;
        }
    }
    for (size_t m = 0; m < n; m++) {
        unmark_songs(c, member[m]);
    }
    return rows;
}

/* The lists of one person, as rows, behind those already there: songs sorted by list in two passes. */
static void add_lists(pal_lists *lists, const pal_circle *c, uint32_t user)
{
    const uint32_t *item = pal_playlists_items(c->playlists, user);
    const uint8_t *list = pal_playlists_lists(c->playlists, user);
    size_t next[PAL_MAX_PLAYLISTS + 1] = { 0 };

    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        next[list[k] + 1] += c->row[item[k]] != 0;
    }
    next[0] = lists->begin[lists->n];
    for (size_t l = 0; l < c->playlists->n_lists[user]; l++) {
        next[l + 1] += next[l];
        lists->begin[++lists->n] = next[l + 1];
    }
    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        if (c->row[item[k]] != 0) {
            lists->row[next[list[k]]++] = c->row[item[k]] - 1;
        }
    }
}

/* Room for the lists of all these people. */
static pal_status take_lists(pal_lists *lists, const pal_circle *c, const uint32_t *member, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t songs = c->playlists->n[c->client];

    for (size_t m = 0; m < n; m++) {
        songs += c->playlists->n[member[m]];
    }
    lists->n = 0;
    PAL_TAKE(lists->begin, (n + 1) * PAL_MAX_PLAYLISTS + 1, c->scratch);
    PAL_TAKE(lists->row, songs, c->scratch);
    lists->begin[0] = 0;

done:
    return rc;
}

static void forget_rows(const pal_circle *c, uint32_t user)
{
    const uint32_t *item = pal_playlists_items(c->playlists, user);

    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        c->row[item[k]] = 0;
    }
}

/* Partitions that need no solver are not counted as work. */
static pal_status cluster(uint32_t *label, size_t *n_clusters, pal_circle *c, const pal_lists *lists, size_t k,
                          pal_error *err)
{
    c->clusterings += lists->n_rows > k && k > 1;
    return pal_together_cluster(label, n_clusters, lists, k, &c->clusters, c->key, c->scratch, err);
}

pal_status pal_circle_score(double *score, pal_circle *c, const uint32_t *member, size_t n, double beat,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(c->scratch);
    const double overlap = pal_circle_overlap(c, member, n);
    uint32_t *own_list, *label;
    size_t n_clusters;
    double agreement;
    pal_lists lists;

    *score = overlap > beat ? 0 : -1;
    if (overlap <= beat || overlap <= 0) {
        return PAL_OK;
    }
    PAL_TAKE(own_list, c->playlists->n[c->client], c->scratch);
    PAL_TAKE(label, c->playlists->n[c->client], c->scratch);
    PAL_TRY(take_lists(&lists, c, member, n, err));
    lists.n_rows = number_rows(own_list, c, member, n);
    for (size_t m = 0; m < n; m++) {
        add_lists(&lists, c, member[m]);
    }
    forget_rows(c, c->client);
    PAL_TRY(cluster(label, &n_clusters, c, &lists, c->playlists->n_lists[c->client], err));
    if (n_clusters > 0) {
        PAL_TRY(pal_adjusted_rand(&agreement, label, own_list, lists.n_rows, err));
        *score = (agreement + 1) / 2 * overlap;
    }

done:
    pal_arena_rewind(c->scratch, mark);
    return rc;
}

/* The community with a person more and one (or PAL_NOBODY) less, ascending. */
static size_t exchange(uint32_t *out, const uint32_t *member, size_t n, uint32_t more, uint32_t less)
{
    size_t to = 0;
    bool put = false;

    for (size_t m = 0; m < n; m++) {
        if (!put && more < member[m]) {
            out[to++] = more;
            put = true;
        }
        if (member[m] != less) {
            out[to++] = member[m];
        }
    }
    if (!put) {
        out[to++] = more;
    }
    return to;
}

/* A change that a step may make. */
typedef struct change {
    double overlap;
    uint32_t less;
} change;

/* Those of the largest overlap first: the score can be no larger, so the others may need no clustering at all. */
static void sort_changes(change *change_, size_t n)
{
    for (size_t i = 1; i < n; i++) {
        const change one = change_[i];
        size_t j = i;

        for (; j > 0 && change_[j - 1].overlap < one.overlap; j--) {
            change_[j] = change_[j - 1];
        }
        change_[j] = one;
    }
}

pal_status pal_circle_try(uint32_t *member, size_t *n, double *score, uint32_t *left, bool *improved, pal_circle *c,
                          uint32_t candidate, size_t most, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(c->scratch);
    size_t n_changes = 0;
    uint32_t *tried;
    change *one, best = { .less = PAL_NOBODY };

    *improved = false;
    *left = PAL_NOBODY;
    PAL_TAKE(tried, *n + 1, c->scratch);
    PAL_TAKE(one, *n + 1, c->scratch);
    for (size_t m = 0; m <= *n; m++) { /* nobody leaves, then each in turn */
        const uint32_t less = m == 0 ? PAL_NOBODY : member[m - 1];

        if (m > 0 || *n < most) {
            one[n_changes++] = (change){ pal_circle_overlap(c, tried, exchange(tried, member, *n, candidate, less)),
                                         less };
        }
    }
    sort_changes(one, n_changes);
    for (size_t k = 0; k < n_changes && one[k].overlap > *score; k++) {
        double found;

        PAL_TRY(pal_circle_score(&found, c, tried, exchange(tried, member, *n, candidate, one[k].less), *score, err));
        if (found > *score) {
            *score = found;
            *improved = true;
            best = one[k];
        }
    }
    if (*improved) {
        *left = best.less;
        *n = exchange(tried, member, *n, candidate, best.less);
        memcpy(member, tried, *n * sizeof *member);
    }

done:
    pal_arena_rewind(c->scratch, mark);
    return rc;
}

/* ---- fetching ---- */

/* The songs of the client and the community that are still looked at. */
typedef struct pool {
    size_t n;         /* songs                                             */
    uint32_t *item;   /* n                                                 */
    bool *is_new;     /* n                                                 */
    uint32_t *votes;  /* n                                                 */
    bool *gone;       /* n: removed                                        */
} pool;

/* Rated songs are as little new as one's own. */
static void mark_known(const pal_circle *c, const pal_history *history, uint32_t bit)
{
    const size_t row = (size_t)c->client * history->capacity;

    mark_songs(c, c->client, OWN);
    for (size_t k = 0; k < history->n[c->client]; k++) {
        c->mark[history->item[row + k]] |= bit;
    }
}

static void unmark_known(const pal_circle *c, const pal_history *history)
{
    const size_t row = (size_t)c->client * history->capacity;

    unmark_songs(c, c->client);
    for (size_t k = 0; k < history->n[c->client]; k++) {
        c->mark[history->item[row + k]] = 0;
    }
}

static void pool_add(pool *p, const pal_circle *c, uint32_t user)
{
    const uint32_t *item = pal_playlists_items(c->playlists, user);

    for (size_t k = 0; k < c->playlists->n[user]; k++) {
        if (c->row[item[k]] == 0) {
            p->item[p->n] = item[k];
            p->is_new[p->n] = c->mark[item[k]] == 0;
            p->votes[p->n] = 0;
            p->gone[p->n] = false;
            c->row[item[k]] = (uint32_t)++p->n;
        }
    }
}

static pal_status gather(pool *p, const pal_circle *c, const uint32_t *member, size_t n, const pal_history *history,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t most = c->playlists->n[c->client];

    for (size_t m = 0; m < n; m++) {
        most += c->playlists->n[member[m]];
    }
    p->n = 0;
    PAL_TAKE(p->item, most, c->scratch);
    PAL_TAKE(p->is_new, most, c->scratch);
    PAL_TAKE(p->votes, most, c->scratch);
    PAL_TAKE(p->gone, most, c->scratch);
    mark_known(c, history, HELD);
    pool_add(p, c, c->client);
    for (size_t m = 0; m < n; m++) {
        pool_add(p, c, member[m]);
    }
    unmark_known(c, history);
    for (size_t k = 0; k < p->n; k++) {
        c->row[p->item[k]] = 0;
    }

done:
    return rc;
}

/* Songs still in the pool become rows 0, 1, …; song[row] says which. */
static pal_status cluster_pool(uint32_t *label, size_t *n_clusters, uint32_t *song, size_t *n_rows, size_t k,
                               const pool *p, pal_circle *c, const uint32_t *member, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(c->scratch);
    pal_lists lists;

    PAL_TRY(take_lists(&lists, c, member, n, err));
    *n_rows = 0;
    for (size_t s = 0; s < p->n; s++) {
        if (!p->gone[s]) {
            song[*n_rows] = (uint32_t)s;
            c->row[p->item[s]] = (uint32_t)++*n_rows;
        }
    }
    lists.n_rows = *n_rows;
    add_lists(&lists, c, c->client);
    for (size_t m = 0; m < n; m++) {
        add_lists(&lists, c, member[m]);
    }
    for (size_t s = 0; s < p->n; s++) {
        c->row[p->item[s]] = 0;
    }
    PAL_TRY(cluster(label, n_clusters, c, &lists, k, err));

done:
    pal_arena_rewind(c->scratch, mark);
    return rc;
}

/* Votes for the new songs of clusters that hold few of them; clusters of one kind are removed. Returns how many songs. */
static size_t judge(pool *p, const uint32_t *label, const uint32_t *song, size_t n_rows, size_t *size, size_t *fresh,
                  size_t n_clusters, double share)
{
    size_t removed = 0;

    memset(size, 0, n_clusters * sizeof *size);
    memset(fresh, 0, n_clusters * sizeof *fresh);
    for (size_t r = 0; r < n_rows; r++) {
        size[label[r]]++;
        fresh[label[r]] += p->is_new[song[r]];
    }
    for (size_t r = 0; r < n_rows; r++) {
        const size_t l = label[r], s = song[r];

        if (fresh[l] == 0 || fresh[l] == size[l]) {
            p->gone[s] = true;
            removed++;
        } else if (p->is_new[s] && (double)fresh[l] / (double)size[l] < share) {
            p->votes[s]++;
        }
    }
    return removed;
}

/* The most voted songs, ties by lower item, by insertion: there are few. */
static size_t best_voted(uint32_t *item, float *score, size_t most, const pool *p)
{
    size_t n = 0;

    for (size_t s = 0; s < p->n; s++) {
        const float votes = (float)p->votes[s];
        size_t at = n;

        if (p->votes[s] == 0) {
            continue;
        }
        while (at > 0 && (score[at - 1] < votes || (score[at - 1] == votes && item[at - 1] > p->item[s]))) {
            at--;
        }
        if (at == most) {
            continue;
        }
        n += n < most;
        memmove(item + at + 1, item + at, (n - 1 - at) * sizeof *item);
        memmove(score + at + 1, score + at, (n - 1 - at) * sizeof *score);
        item[at] = p->item[s];
        score[at] = votes;
    }
    return n;
}

pal_status pal_circle_fetch(uint32_t *item, float *score, size_t *n, pal_circle *c, const uint32_t *member,
                            size_t n_members, const pal_history *history, const pal_fetching *fetching, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_arena_mark mark = pal_arena_here(c->scratch);
    uint32_t *label, *song;
    size_t *size, *fresh, n_clusters, k = 2, left;
    pool p;

    *n = 0;
    PAL_TRY(gather(&p, c, member, n_members, history, err));
    PAL_TAKE(label, p.n, c->scratch);
    PAL_TAKE(song, p.n, c->scratch);
    PAL_TAKE(size, p.n, c->scratch);
    PAL_TAKE(fresh, p.n, c->scratch);
    left = p.n;
    for (size_t call = 0; call < fetching->most_calls && left > 0 && n_members > 0; call++) {
        size_t removed;

        PAL_TRY(cluster_pool(label, &n_clusters, song, &left, k, &p, c, member, n_members, err));
        if (n_clusters == 0) { /* no answer: what was found stands */
            break;
        }
        removed = judge(&p, label, song, left, size, fresh, n_clusters, fetching->share);
        left -= removed;
        k += removed == 0;
    }
    *n = best_voted(item, score, n_members, &p);

done:
    pal_arena_rewind(c->scratch, mark);
    return rc;
}
