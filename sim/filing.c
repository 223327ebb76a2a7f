/* Likes become playlists: filed or not, after a while, by true taste or by mistake. */
#include "sim/filing.h"

#include "core/fields.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"

#include <math.h>
#include <string.h>

/* Draws of a person and song, by number. */
enum { DRAW_FILED, DRAW_DELAY, DRAW_WRONG, DRAW_WHICH };

#define LONGEST_DELAY 1000000.0 /* rounds: more than any run has */

/* Rounds between a like and its filing: geometric, P(delay >= k) = (mean / (1 + mean))^k. */
static uint32_t draw_delay(const pal_habits *habits, pal_at at)
{
    double rounds;

    if (habits->delay_mean <= 0) {
        return 0;
    }
    rounds = floor(pal_log(pal_unit_open(pal_u64(habits->key, at, DRAW_DELAY))) /
                   pal_log(habits->delay_mean / (1 + habits->delay_mean)));
    return (uint32_t)(rounds < LONGEST_DELAY ? rounds : LONGEST_DELAY);
}

/* The cluster whose list the song ends up in: its taste's, or by mistake that of another taste of the person. */
static uint8_t shelf_of(const pal_habits *habits, const pal_state *state, uint32_t user, uint32_t item, uint8_t taste)
{
    const uint16_t *cluster = state->taste_cluster + (size_t)user * PAL_MAX_TASTES;
    const pal_at at = { user, 0, item };
    const size_t n = state->n_tastes[user], others = taste < n ? n - 1 : n;

    if (others > 0 && pal_u01(habits->key, at, DRAW_WRONG) < habits->error) {
        uint64_t draw = DRAW_WHICH;
        size_t other = (size_t)pal_below(habits->key, at, &draw, others);

        other += taste < n && other >= taste;
        return (uint8_t)cluster[other];
    }
    return taste < n ? (uint8_t)cluster[taste] : PAL_MIXED;
}

/* The person's latest list of the cluster, or a new one when there is none or it is long. */
static uint8_t list_for(pal_playlists *p, uint32_t user, uint8_t cluster, size_t split)
{
    const size_t row = (size_t)user * PAL_MAX_PLAYLISTS;
    uint8_t list = PAL_MAX_PLAYLISTS;

    for (uint8_t l = 0; l < p->n_lists[user]; l++) {
        if (p->list_cluster[row + l] == cluster) {
            list = l;
        }
    }
    if (p->n_lists[user] == PAL_MAX_PLAYLISTS) {
        return list < PAL_MAX_PLAYLISTS ? list : PAL_MAX_PLAYLISTS - 1;
    }
    if (list == PAL_MAX_PLAYLISTS || p->list_n[row + list] >= split) {
        list = pal_playlists_open(p, user, cluster);
    }
    return list;
}

static void file_song(pal_filing *filing, const pal_state *state, uint32_t user, uint32_t item, uint8_t taste,
                      uint32_t round)
{
    const uint8_t cluster = shelf_of(filing->habits, state, user, item, taste);

    pal_playlists_add(filing->playlists, user, list_for(filing->playlists, user, cluster, filing->habits->split), item,
                      round);
}

static void file_library(pal_filing *filing, const pal_state *state, uint32_t user)
{
    const pal_habits *h = filing->habits;

    for (size_t k = h->library_begin[user]; k < h->library_begin[user + 1]; k++) {
        file_song(filing, state, user, h->library_item[k], h->library_taste[k], PAL_BROUGHT);
    }
}

pal_status pal_filing_new(pal_filing **out, const pal_habits *habits, const pal_state *state, size_t likes,
                          pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = habits->people->n;
    pal_filing *filing = NULL;
    size_t *capacity = NULL;

    PAL_NEW(filing, 1);
    filing->habits = habits;
    PAL_NEW(capacity, n);
    PAL_NEW(filing->wait_begin, n + 1);
    for (size_t u = 0; u < n; u++) {
        const size_t library = habits->library_begin[u + 1] - habits->library_begin[u];
        const size_t left = habits->catalog->n_items - library, more = likes < left ? likes : left;

        capacity[u] = library + more;
        filing->wait_begin[u + 1] = filing->wait_begin[u] + more;
    }
    PAL_TRY(pal_playlists_new(&filing->playlists, n, habits->catalog->n_items, capacity, err));
    PAL_NEW(filing->n_wait, n);
    PAL_NEW(filing->wait_item, filing->wait_begin[n]);
    PAL_NEW(filing->wait_round, filing->wait_begin[n]);
    PAL_NEW(filing->wait_taste, filing->wait_begin[n]);
    for (uint32_t u = 0; u < n; u++) {
        file_library(filing, state, u);
    }
    *out = filing;
    filing = NULL;

done:
    pal_free(capacity);
    pal_filing_free(filing);
    return rc;
}

void pal_filing_free(pal_filing *filing)
{
    if (filing == NULL) {
        return;
    }
    pal_playlists_free(filing->playlists);
    pal_free(filing->wait_begin);
    pal_free(filing->n_wait);
    pal_free(filing->wait_item);
    pal_free(filing->wait_round);
    pal_free(filing->wait_taste);
    pal_free(filing);
}

static void note_like(pal_filing *filing, uint32_t user, uint32_t round, uint32_t item, uint8_t taste)
{
    const pal_habits *h = filing->habits;
    const pal_at at = { user, 0, item };
    size_t to;

    if (pal_u01(h->key, at, DRAW_FILED) >= h->file_rate) {
        return;
    }
    to = filing->wait_begin[user] + filing->n_wait[user];
    PAL_ASSERT(to < filing->wait_begin[user + 1]);
    filing->wait_item[to] = item;
    filing->wait_round[to] = round + draw_delay(h, at);
    filing->wait_taste[to] = taste;
    filing->n_wait[user]++;
}

void pal_filing_round(pal_filing *filing, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                      const pal_answer *answer, size_t n)
{
    const size_t row = filing->wait_begin[user];
    uint32_t left = 0;

    if (state->alive[user] == 0) {
        return;
    }
    for (size_t s = 0; s < n; s++) {
        if ((answer[s].flags & PAL_LIKED) != 0) {
            note_like(filing, user, round, item[s], answer[s].true_taste);
        }
    }
    for (size_t w = row; w < row + filing->n_wait[user]; w++) {
        if (filing->wait_round[w] <= round) {
            file_song(filing, state, user, filing->wait_item[w], filing->wait_taste[w], round);
        } else {
            filing->wait_item[row + left] = filing->wait_item[w];
            filing->wait_round[row + left] = filing->wait_round[w];
            filing->wait_taste[row + left] = filing->wait_taste[w];
            left++;
        }
    }
    filing->n_wait[user] = left;
}

uint64_t pal_filing_digest(const pal_filing *filing)
{
    const size_t n_users = filing->playlists->n_users;
    uint64_t digest = pal_playlists_digest(filing->playlists);

    digest = pal_hash_mix(digest, pal_hash(filing->n_wait, n_users * sizeof *filing->n_wait));
    for (size_t u = 0; u < n_users; u++) {
        const size_t row = filing->wait_begin[u], n = filing->n_wait[u];

        digest = pal_hash_mix(digest, pal_hash(filing->wait_item + row, n * sizeof *filing->wait_item));
        digest = pal_hash_mix(digest, pal_hash(filing->wait_round + row, n * sizeof *filing->wait_round));
        digest = pal_hash_mix(digest, pal_hash(filing->wait_taste + row, n));
    }
    return digest;
}

/* ---- kept between rounds ---- */

#define PART "filing"

enum { N_SONGS = 3, N_LISTS = 3, N_WAITS = 3 };

/* Three kinds of rows: a person's songs, lists and waiting likes. */
typedef struct listing {
    pal_field count[2], song[N_SONGS], list[N_LISTS], wait[N_WAITS];
    pal_rows songs, lists, waits;
} listing;

/* n_lists: the numbers of lists, as wide as rows want them. */
static void list_all(listing *l, const pal_filing *f, uint32_t *n_lists)
{
    const pal_playlists *p = f->playlists;
    const size_t n = p->n_users;

    *l = (listing){
        .count = { PAL_FIELD("n", p->n, n), PAL_FIELD("n_wait", f->n_wait, n) },
        .song = { PAL_FIELD("item", p->item, 0), PAL_FIELD("round", p->round, 0), PAL_FIELD("list", p->list, 0) },
        .list = { PAL_FIELD("list_cluster", p->list_cluster, 0), PAL_FIELD("list_number", p->list_number, 0),
                  PAL_FIELD("list_n", p->list_n, 0) },
        .wait = { PAL_FIELD("wait_item", f->wait_item, 0), PAL_FIELD("wait_round", f->wait_round, 0),
                  PAL_FIELD("wait_taste", f->wait_taste, 0) },
        .songs = { .n_rows = n, .n = p->n, .begin = p->begin },
        .lists = { .n_rows = n, .n = n_lists, .stride = PAL_MAX_PLAYLISTS },
        .waits = { .n_rows = n, .n = f->n_wait, .begin = f->wait_begin },
    };
}

pal_status pal_filing_save(const pal_filing *filing, pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = filing->playlists->n_users;
    uint32_t *n_lists = NULL;
    listing l;

    PAL_NEW(n_lists, n);
    for (size_t u = 0; u < n; u++) {
        n_lists[u] = filing->playlists->n_lists[u];
    }
    list_all(&l, filing, n_lists);
    const pal_field lists = PAL_FIELD("n_lists", n_lists, n);

    PAL_TRY(pal_fields_save(file, PART, l.count, 2, err));
    PAL_TRY(pal_fields_save(file, PART, &lists, 1, err));
    PAL_TRY(pal_rows_save(file, PART, l.song, N_SONGS, &l.songs, err));
    PAL_TRY(pal_rows_save(file, PART, l.list, N_LISTS, &l.lists, err));
    PAL_TRY(pal_rows_save(file, PART, l.wait, N_WAITS, &l.waits, err));

done:
    pal_free(n_lists);
    return rc;
}

/* Songs and lists are used as places in arrays. */
static pal_status check_places(const pal_filing *filing, const pal_tensors *file, pal_error *err)
{
    const pal_playlists *p = filing->playlists;

    for (size_t u = 0; u < p->n_users; u++) {
        for (size_t k = p->begin[u]; k < p->begin[u] + p->n[u]; k++) {
            if (p->item[k] >= p->n_items || p->list[k] >= p->n_lists[u]) {
                return pal_error_set(err, PAL_ERR_DATA, "%s: arrays \"" PART ".item\" and \"" PART ".list\": person %zu "
                                     "has item %u of %zu in list %u of %u", pal_tensors_file(file), u, p->item[k],
                                     p->n_items, p->list[k], p->n_lists[u]);
            }
        }
        for (size_t w = filing->wait_begin[u]; w < filing->wait_begin[u] + filing->n_wait[u]; w++) {
            if (filing->wait_item[w] >= p->n_items) {
                return pal_error_set(err, PAL_ERR_DATA, "%s: array \"" PART ".wait_item\": person %zu has item %u of %zu",
                                     pal_tensors_file(file), u, filing->wait_item[w], p->n_items);
            }
        }
    }
    return PAL_OK;
}

pal_status pal_filing_restore(pal_filing *filing, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n = filing->playlists->n_users;
    uint32_t *n_lists = NULL;
    listing l;

    PAL_NEW(n_lists, n);
    list_all(&l, filing, n_lists);
    const pal_field lists = PAL_FIELD("n_lists", n_lists, n);

    PAL_TRY(pal_fields_restore(&lists, 1, file, PART, err));
    PAL_TRY(pal_rows_restore(l.list, N_LISTS, &l.lists, file, PART, err));
    for (size_t u = 0; u < n; u++) {
        filing->playlists->n_lists[u] = (uint8_t)n_lists[u];
    }
    PAL_TRY(pal_fields_restore(l.count, 2, file, PART, err));
    PAL_TRY(pal_rows_restore(l.song, N_SONGS, &l.songs, file, PART, err));
    PAL_TRY(pal_rows_restore(l.wait, N_WAITS, &l.waits, file, PART, err));
    PAL_TRY(check_places(filing, file, err));

done:
    pal_free(n_lists);
    return rc;
}
