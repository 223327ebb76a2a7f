/* Chains of entries and sorted acquaintances, appended to. */
#include "stages/neighbours_index.h"

#include "core/hash.h"
#include "core/mem.h"
#include "stages/stage_state.h"

#include <string.h>

/* As if nothing had been read. */
static void forget_all(pal_neighbours_index *index)
{
    memset(index->read, 0, index->n_users * sizeof *index->read);
    memset(index->holders, 0, index->n_items * sizeof *index->holders);
    memset(index->song_head, 0xff, index->n_items * sizeof *index->song_head);
    memset(index->list_head, 0xff, index->n_users * PAL_MAX_PLAYLISTS * sizeof *index->list_head);
    memset(index->n_known, 0, index->n_users * sizeof *index->n_known);
    index->n_lists = 0;
    index->n_taken = 0;
}

pal_status pal_neighbours_index_new(pal_neighbours_index **out, const pal_playlists *p, pal_error *err)
{
    pal_status rc = PAL_OK;
    const size_t n_entries = p->begin[p->n_users], n_lists = p->n_users * PAL_MAX_PLAYLISTS;
    pal_neighbours_index *index = NULL;

    if (n_entries >= PAL_NO_ENTRY || n_lists >= PAL_NO_ENTRY) {
        PAL_FAIL(PAL_ERR_SHAPE, "playlists of %zu songs are too many: fewer than %u", n_entries, PAL_NO_ENTRY);
    }
    PAL_NEW(index, 1);
    index->n_users = p->n_users;
    index->n_items = p->n_items;
    index->n_entries = n_entries;
    PAL_NEW(index->read, p->n_users);
    PAL_NEW(index->holders, p->n_items);
    PAL_NEW(index->song_head, p->n_items);
    PAL_NEW(index->song_next, n_entries);
    PAL_NEW(index->list_next, n_entries);
    PAL_NEW(index->owner, n_entries);
    PAL_NEW(index->list_head, n_lists);
    PAL_NEW(index->list_id, n_lists);
    PAL_NEW(index->known, p->n_users);
    PAL_NEW(index->n_known, p->n_users);
    PAL_NEW(index->known_room, p->n_users);
    PAL_NEW(index->order, n_entries);
    forget_all(index);
    *out = index;
    index = NULL;

done:
    pal_neighbours_index_free(index);
    return rc;
}

void pal_neighbours_index_free(pal_neighbours_index *index)
{
    if (index == NULL) {
        return;
    }
    for (size_t u = 0; index->known != NULL && u < index->n_users; u++) {
        pal_free(index->known[u]);
    }
    void *all[] = { index->read, index->holders, index->song_head, index->song_next, index->list_next, index->owner,
                    index->list_head, index->list_id, index->known, index->n_known, index->known_room, index->order };

    for (size_t k = 0; k < sizeof all / sizeof *all; k++) {
        pal_free(all[k]);
    }
    pal_free(index);
}

/* The first acquaintance whose number is not below `who`. */
static size_t place_of(const pal_neighbours_index *index, uint32_t user, uint32_t who)
{
    const pal_acquaintance *known = index->known[user];
    size_t low = 0, high = index->n_known[user];

    while (low < high) {
        const size_t middle = low + (high - low) / 2;

        if (known[middle].who < who) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

pal_acquaintance *pal_neighbours_index_find(const pal_neighbours_index *index, uint32_t user, uint32_t who)
{
    const size_t at = place_of(index, user, who);

    return at < index->n_known[user] && index->known[user][at].who == who ? &index->known[user][at] : NULL;
}

static pal_status share(pal_neighbours_index *index, uint32_t user, uint32_t who, pal_error *err)
{
    const size_t at = place_of(index, user, who), n = index->n_known[user];
    pal_acquaintance *known = index->known[user];
    pal_status rc = PAL_OK;

    if (at < n && known[at].who == who) {
        known[at].shared++;
        return PAL_OK;
    }
    if (n == index->known_room[user]) {
        const size_t room = n < 8 ? 16 : 2 * n;

        known = pal_resize(known, n, room, sizeof *known);
        if (known == NULL) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: %zu acquaintances of person %u", room, user);
        }
        index->known[user] = known;
        index->known_room[user] = (uint32_t)room;
    }
    memmove(known + at + 1, known + at, (n - at) * sizeof *known);
    known[at] = (pal_acquaintance){ .who = who, .shared = 1 };
    index->n_known[user]++;

done:
    return rc;
}

static pal_status take_in(pal_neighbours_index *index, const pal_playlists *p, uint32_t user, uint32_t entry,
                          pal_error *err)
{
    const uint32_t item = p->item[entry];
    const size_t list = (size_t)user * PAL_MAX_PLAYLISTS + p->list[entry];
    pal_status rc = PAL_OK;

    for (uint32_t e = index->song_head[item]; e != PAL_NO_ENTRY; e = index->song_next[e]) {
        PAL_TRY(share(index, user, index->owner[e], err));
        PAL_TRY(share(index, index->owner[e], user, err));
    }
    if (index->list_head[list] == PAL_NO_ENTRY) {
        index->list_id[list] = index->n_lists++;
    }
    index->owner[entry] = user;
    index->song_next[entry] = index->song_head[item];
    index->song_head[item] = entry;
    index->list_next[entry] = index->list_head[list];
    index->list_head[list] = entry;
    index->holders[item]++;
    index->order[index->n_taken++] = entry;

done:
    return rc;
}

pal_status pal_neighbours_index_read(pal_neighbours_index *index, const pal_playlists *p, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_ASSERT(p->n_users == index->n_users && p->begin[p->n_users] == index->n_entries);
    for (uint32_t u = 0; u < p->n_users; u++) {
        for (; index->read[u] < p->n[u]; index->read[u]++) {
            PAL_TRY(take_in(index, p, u, (uint32_t)(p->begin[u] + index->read[u]), err));
        }
    }

done:
    return rc;
}

/* ---- state ---- */

static size_t count_known(const pal_neighbours_index *index)
{
    size_t n = 0;

    for (size_t u = 0; u < index->n_users; u++) {
        n += index->n_known[u];
    }
    return n;
}

/* Of each acquaintance only what was heard: who it is and how many songs are shared follows from the playlists. */
pal_status pal_neighbours_index_save(const pal_neighbours_index *index, const char *stage, pal_tensors *file,
                                     pal_error *err)
{
    uint32_t *heard[2] = { NULL, NULL };
    const size_t n = count_known(index);
    size_t at = 0;
    pal_status rc = PAL_OK;

    PAL_NEW(heard[0], n);
    PAL_NEW(heard[1], n);
    for (size_t u = 0; u < index->n_users; u++) {
        for (size_t k = 0; k < index->n_known[u]; k++) {
            heard[0][at] = index->known[u][k].shown;
            heard[1][at++] = index->known[u][k].liked;
        }
    }
    PAL_TRY(pal_state_put(file, stage, "read", PAL_U32, index->n_users, index->read, err));
    PAL_TRY(pal_state_put(file, stage, "order", PAL_U32, index->n_taken, index->order, err));
    PAL_TRY(pal_state_put(file, stage, "known_shown", PAL_U32, n, heard[0], err));
    PAL_TRY(pal_state_put(file, stage, "known_liked", PAL_U32, n, heard[1], err));

done:
    pal_free(heard[0]);
    pal_free(heard[1]);
    return rc;
}

/* Whose entry it is. */
static uint32_t owner_of(const pal_playlists *p, uint32_t entry)
{
    size_t low = 0, high = p->n_users;

    while (low + 1 < high) {
        const size_t middle = low + (high - low) / 2;

        if (p->begin[middle] <= entry) {
            low = middle;
        } else {
            high = middle;
        }
    }
    return (uint32_t)low;
}

/* Each person's songs come in the order of filing, so that the next entry of each is known. */
static pal_status read_again(pal_neighbours_index *index, const pal_playlists *p, const uint32_t *order, size_t n,
                             const char *stage, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;

    forget_all(index);
    for (size_t i = 0; i < n; i++) {
        const uint32_t user = order[i] < index->n_entries ? owner_of(p, order[i]) : 0;

        if (order[i] >= index->n_entries || order[i] != p->begin[user] + index->read[user]
            || index->read[user] >= p->n[user]) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/order: entry %zu is %lu, which is not the next song of a person's playlists",
                     pal_tensors_file(file), stage, i, (unsigned long)order[i]);
        }
        PAL_TRY(take_in(index, p, user, order[i], err));
        index->read[user]++;
    }

done:
    return rc;
}

pal_status pal_neighbours_index_restore(pal_neighbours_index *index, const pal_playlists *p, const char *stage,
                                        const pal_tensors *file, pal_error *err)
{
    const void *data[4];
    size_t n, n_known, at = 0;
    pal_status rc = PAL_OK;

    PAL_ASSERT(p->n_users == index->n_users && p->begin[p->n_users] == index->n_entries);
    PAL_TRY(pal_state_get(&data[0], &n, file, stage, "order", PAL_U32, err));
    PAL_TRY(read_again(index, p, data[0], n, stage, file, err));
    PAL_TRY(pal_state_get_n(&data[3], file, stage, "read", PAL_U32, index->n_users, err));
    if (memcmp(index->read, data[3], index->n_users * sizeof *index->read) != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s/read is not how many songs of each person stand in %s/order",
                 pal_tensors_file(file), stage, stage);
    }
    n_known = count_known(index);
    PAL_TRY(pal_state_get_n(&data[1], file, stage, "known_shown", PAL_U32, n_known, err));
    PAL_TRY(pal_state_get_n(&data[2], file, stage, "known_liked", PAL_U32, n_known, err));
    for (size_t u = 0; u < index->n_users; u++) {
        for (size_t k = 0; k < index->n_known[u]; k++, at++) {
            index->known[u][k].shown = ((const uint32_t *)data[1])[at];
            index->known[u][k].liked = ((const uint32_t *)data[2])[at];
        }
    }

done:
    return rc;
}

uint64_t pal_neighbours_index_digest(const pal_neighbours_index *index)
{
    uint64_t digest = pal_hash(index->read, index->n_users * sizeof *index->read);

    for (size_t u = 0; u < index->n_users; u++) {
        digest = pal_hash_mix(digest, pal_hash(index->known[u], index->n_known[u] * sizeof *index->known[u]));
    }
    return digest;
}
