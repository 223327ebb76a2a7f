/* Making the lists of a slate, and making them longer where artists repeat. */
#include "stages/bandit_lists.h"

#include "core/mem.h"
#include "stages/order.h"
#include "stages/scan.h"

pal_status pal_bandit_lists_begin(pal_bandit_lists *lists, pal_error *err)
{
    const size_t *begin = lists->catalog->cluster_begin;
    size_t longest = 0;
    pal_status rc = PAL_OK;

    lists->n_tastes = lists->catalog->clusters->n;
    for (size_t t = 0; t < lists->n_tastes; t++) {
        const size_t n = begin[t + 1] - begin[t];

        lists->list[t] = (pal_bandit_list){ .made = false };
        longest = n > longest ? n : longest;
    }
    PAL_TAKE(lists->bound, longest, lists->scratch);

done:
    return rc;
}

static bool is_open(const pal_pick *pick, uint32_t item)
{
    return pal_pick_is_new(pick, item) && pal_pick_artist_free(pick, item);
}

static pal_status make(pal_bandit_lists *lists, const pal_pick *pick, size_t t, size_t k, pal_error *err)
{
    const size_t begin = lists->catalog->cluster_begin[t], n = lists->catalog->cluster_begin[t + 1] - begin;
    pal_bandit_list *list = &lists->list[t];
    pal_topk top = { .k = k < n ? k : n };
    pal_status rc = PAL_OK;

    *list = (pal_bandit_list){ .made = true, .complete = true };
    if (n == 0) {
        return PAL_OK;
    }
    PAL_TAKE(top.heap, top.k, lists->scratch);
    PAL_TAKE(list->open, top.k, lists->scratch);
    lists->scan(lists->ctx, lists->bound, t, begin, n);
    for (size_t i = 0; i < n; i++) {
        const uint32_t item = (uint32_t)(begin + i);

        if (lists->bound[i] >= pal_topk_bar(&top) && is_open(pick, item)) {
            pal_topk_offer(&top, (pal_candidate){ lists->bound[i], item, (uint8_t)t });
        }
    }
    pal_candidates_sort(top.heap, top.n);
    list->candidate = top.heap;
    list->complete = top.n < top.k || top.k == n;
    list->n = list->n_open = top.n;
    list->k = top.k;
    for (size_t i = 0; i < top.n; i++) {
        list->open[i] = true;
    }
    if (lists->on_made != NULL && top.n > 0) {
        PAL_TRY(lists->on_made(lists->ctx, t, err));
    }

done:
    return rc;
}

pal_status pal_bandit_lists_ensure(pal_bandit_lists *lists, const pal_pick *pick, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t t = 0; t < lists->n_tastes; t++) {
        const pal_bandit_list *list = &lists->list[t];

        while (!list->made || (list->n_open == 0 && !list->complete)) {
            PAL_TRY(make(lists, pick, t, list->made ? 4 * list->k : lists->length, err));
        }
    }

done:
    return rc;
}

void pal_bandit_lists_strike(pal_bandit_lists *lists, uint32_t item)
{
    const uint32_t *artist = lists->catalog->artist;

    for (size_t t = 0; t < lists->n_tastes; t++) {
        pal_bandit_list *list = &lists->list[t];

        for (size_t i = 0; i < list->n; i++) {
            if (list->open[i] && artist[list->candidate[i].item] == artist[item]) {
                list->open[i] = false;
                list->n_open--;
            }
        }
    }
}

pal_status pal_bandit_by_popularity(uint32_t **order, const pal_catalog *catalog, pal_error *err)
{
    uint32_t *made = NULL, *work = NULL;
    pal_status rc = PAL_OK;

    PAL_NEW(made, catalog->n_items);
    PAL_NEW(work, 3 * catalog->n_items);
    pal_order_falling(made, catalog->popularity, catalog->n_items, work);
    *order = made;
    made = NULL;

done:
    pal_free(made);
    pal_free(work);
    return rc;
}
