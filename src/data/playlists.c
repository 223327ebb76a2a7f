/* Playlists of all people of an arm: fixed rows, appended to. */
#include "data/playlists.h"

#include "core/hash.h"
#include "core/mem.h"

#include <stdio.h>

pal_status pal_playlists_new(pal_playlists **out, size_t n_users, size_t n_items, const size_t *capacity,
                             pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_playlists *p = NULL;

    PAL_NEW(p, 1);
    p->n_users = n_users;
    p->n_items = n_items;
    PAL_NEW(p->begin, n_users + 1);
    for (size_t u = 0; u < n_users; u++) {
        if (capacity[u] > SIZE_MAX / 16 - p->begin[u]) {
            PAL_FAIL(PAL_ERR_MEMORY, "out of memory: playlists of %zu people", n_users);
        }
        p->begin[u + 1] = p->begin[u] + capacity[u];
    }
    PAL_NEW(p->n, n_users);
    PAL_NEW(p->item, p->begin[n_users]);
    PAL_NEW(p->round, p->begin[n_users]);
    PAL_NEW(p->list, p->begin[n_users]);
    PAL_NEW(p->n_lists, n_users);
    PAL_NEW(p->list_cluster, n_users * PAL_MAX_PLAYLISTS);
    PAL_NEW(p->list_number, n_users * PAL_MAX_PLAYLISTS);
    PAL_NEW(p->list_n, n_users * PAL_MAX_PLAYLISTS);
    *out = p;
    p = NULL;

done:
    pal_playlists_free(p);
    return rc;
}

void pal_playlists_free(pal_playlists *p)
{
    if (p == NULL) {
        return;
    }
    pal_free(p->begin);
    pal_free(p->n);
    pal_free(p->item);
    pal_free(p->round);
    pal_free(p->list);
    pal_free(p->n_lists);
    pal_free(p->list_cluster);
    pal_free(p->list_number);
    pal_free(p->list_n);
    pal_free(p);
}

uint8_t pal_playlists_open(pal_playlists *p, uint32_t user, uint8_t cluster)
{
    const size_t row = (size_t)user * PAL_MAX_PLAYLISTS;
    const uint8_t list = p->n_lists[user];
    uint8_t number = 1;

    PAL_ASSERT(user < p->n_users && list < PAL_MAX_PLAYLISTS);
    for (size_t l = 0; l < list; l++) {
        number = (uint8_t)(number + (p->list_cluster[row + l] == cluster));
    }
    p->list_cluster[row + list] = cluster;
    p->list_number[row + list] = number;
    p->n_lists[user]++;
    return list;
}

void pal_playlists_add(pal_playlists *p, uint32_t user, uint8_t list, uint32_t item, uint32_t round)
{
    size_t at;

    PAL_ASSERT(user < p->n_users && list < p->n_lists[user] && item < p->n_items);
    at = p->begin[user] + p->n[user];
    PAL_ASSERT(at < p->begin[user + 1]);
    p->item[at] = item;
    p->round[at] = round;
    p->list[at] = list;
    p->n[user]++;
    p->list_n[(size_t)user * PAL_MAX_PLAYLISTS + list]++;
}

size_t pal_playlists_name(char out[PAL_PLAYLIST_NAME], const pal_playlists *p, const pal_clusters *clusters,
                          uint32_t user, uint8_t list)
{
    const size_t at = (size_t)user * PAL_MAX_PLAYLISTS + list;
    const uint8_t cluster = p->list_cluster[at];
    const char *label = cluster == PAL_MIXED ? "Various" : clusters->label[cluster];
    /* a long label is cut so that the number always fits */
    const int n = snprintf(out, PAL_PLAYLIST_NAME, "%.*s %u", PAL_PLAYLIST_NAME - 5, label, p->list_number[at]);

    return n > 0 ? (size_t)n : 0;
}

uint64_t pal_playlists_digest(const pal_playlists *p)
{
    uint64_t digest = pal_hash(p->n, p->n_users * sizeof *p->n);

    for (size_t u = 0; u < p->n_users; u++) {
        const size_t row = p->begin[u], n = p->n[u], lists = u * PAL_MAX_PLAYLISTS;

        digest = pal_hash_mix(digest, pal_hash(p->item + row, n * sizeof *p->item));
        digest = pal_hash_mix(digest, pal_hash(p->round + row, n * sizeof *p->round));
        digest = pal_hash_mix(digest, pal_hash(p->list + row, n));
        digest = pal_hash_mix(digest, pal_hash(p->list_cluster + lists, p->n_lists[u]));
    }
    return digest;
}
