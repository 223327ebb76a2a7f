/* Chains of entries and sorted acquaintances, appended to. */
#include "stages/neighbours_index.h"

#include "core/hash.h"
#include "core/mem.h"

#include <string.h>

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
    memset(index->song_head, 0xff, p->n_items * sizeof *index->song_head);
    memset(index->list_head, 0xff, n_lists * sizeof *index->list_head);
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
                    index->list_head, index->list_id, index->known, index->n_known, index->known_room };

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

uint64_t pal_neighbours_index_digest(const pal_neighbours_index *index)
{
    uint64_t digest = pal_hash(index->read, index->n_users * sizeof *index->read);

    for (size_t u = 0; u < index->n_users; u++) {
        digest = pal_hash_mix(digest, pal_hash(index->known[u], index->n_known[u] * sizeof *index->known[u]));
    }
    return digest;
}
