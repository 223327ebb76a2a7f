/* Dealing people and items for one epoch. */
#include "models/mf_plan.h"

#include "core/mem.h"

/* A stratum of fewer items has too few negatives to choose from; a bucket of fewer pairs is not worth a task. */
#define LEAST_ITEMS 64
#define LEAST_PAIRS 1024
#define MOST_WORDS 4 /* of 64 bits a cell: with rows emptier than one item in 256, none are kept */

static size_t choose_strata(size_t n_items, size_t n_pairs, size_t n_shared)
{
    size_t n = PAL_MF_MOST_STRATA;

    while (n > 1 && (n_items / n < LEAST_ITEMS || n_pairs / (n * n) < LEAST_PAIRS || n_shared > n_pairs / (n * n))) {
        n /= 2;
    }
    return n;
}

/* Ids by falling count, ties by lower id: a counting sort. */
static pal_status by_count(uint32_t **out, const size_t *count, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *start = NULL, most = 0;
    uint32_t *order = NULL;

    for (size_t i = 0; i < n; i++) most = count[i] > most ? count[i] : most;
    PAL_NEW(start, most + 2);
    PAL_NEW(order, n);
    for (size_t i = 0; i < n; i++) start[most - count[i] + 1]++;
    for (size_t c = 0; c <= most; c++) start[c + 1] += start[c];
    for (size_t i = 0; i < n; i++) order[start[most - count[i]]++] = (uint32_t)i;
    *out = order;

done:
    pal_free(start);
    return rc;
}

static pal_status order_by_count(pal_mf_plan *plan, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t *count = NULL, n_rows = plan->rows->n_rows, n_cols = plan->rows->n_cols;

    PAL_NEW(count, n_rows > n_cols ? n_rows : n_cols);
    for (size_t c = 0; c < plan->rows->n; c++) count[plan->rows->col[c]]++;
    PAL_TRY(by_count(&plan->item_by_count, count, n_cols, err));
    for (size_t u = 0; u < n_rows; u++) count[u] = pal_csr_count(plan->rows, u);
    PAL_TRY(by_count(&plan->person_by_count, count, n_rows, err));

done:
    pal_free(count);
    return rc;
}

/* A look at a bit costs a fraction of a search in a person's row, but bits must not outgrow the cells by far. */
static pal_status mark_cells(pal_mf_plan *plan, pal_error *err)
{
    pal_status rc = PAL_OK;
    const pal_csr *rows = plan->rows;
    size_t words = rows->n_cols / 64 + 1;

    if (rows->n_rows == 0 || words > rows->n * MOST_WORDS / rows->n_rows) return PAL_OK;
    PAL_NEW(plan->bit, rows->n_rows * words);
    plan->bit_words = words;
    for (size_t u = 0; u < rows->n_rows; u++) {
        for (size_t c = rows->begin[u]; c < rows->begin[u + 1]; c++) {
            plan->bit[u * words + rows->col[c] / 64] |= UINT64_C(1) << rows->col[c] % 64;
        }
    }

done:
    return rc;
}

pal_status pal_mf_plan_init(pal_mf_plan *plan, const pal_csr *rows, const pal_csr *disliked, size_t n_shared,
                            pal_error *err)
{
    pal_status rc = PAL_OK;

    *plan = (pal_mf_plan){ .rows = rows, .disliked = disliked };
    plan->n_pairs = rows->n + (disliked != NULL ? disliked->n : 0);
    plan->n = choose_strata(rows->n_cols, plan->n_pairs, n_shared);
    PAL_NEW(plan->pair, plan->n_pairs);
    PAL_NEW(plan->item, rows->n_cols);
    PAL_NEW(plan->person, rows->n_rows);
    PAL_NEW(plan->stratum, rows->n_cols);
    PAL_NEW(plan->shard, rows->n_rows);
    PAL_TRY(order_by_count(plan, err));
    PAL_TRY(mark_cells(plan, err));

done:
    return rc;
}

void pal_mf_plan_clear(pal_mf_plan *plan)
{
    pal_free(plan->pair);
    pal_free(plan->item);
    pal_free(plan->person);
    pal_free(plan->bit);
    pal_free(plan->item_by_count);
    pal_free(plan->person_by_count);
    pal_free(plan->stratum);
    pal_free(plan->shard);
    *plan = (pal_mf_plan){ 0 };
}

void pal_mf_shuffle(pal_mf_pair *pair, size_t n, uint64_t key)
{
    for (size_t i = n; i-- > 1;) {
        size_t j = pal_mf_below(pal_mf_draw(key, i), i + 1);
        pal_mf_pair held = pair[i];

        pair[i] = pair[j];
        pair[j] = held;
    }
}

/* Deal cards in the order given, n at a time, one of each n to every hand: in order of counts, hands weigh alike. */
static void deal(uint8_t *hand, const uint32_t *card, size_t n_cards, size_t n, uint64_t key)
{
    uint8_t turn[PAL_MF_MOST_STRATA];

    for (size_t first = 0; first < n_cards; first += n) {
        for (size_t i = 0; i < n; i++) {
            size_t j = pal_mf_below(pal_mf_draw(key, first + i), i + 1); /* inside out: turn[i] = i is not there yet */

            turn[i] = turn[j];
            turn[j] = (uint8_t)i;
        }
        for (size_t i = 0; i < n && first + i < n_cards; i++) hand[card[first + i]] = turn[i];
    }
}

/* The cards of each of n hands together, ascending: hand h has card[begin[h]]..card[begin[h + 1]]. */
static void list_hands(uint32_t *card, size_t *begin, const uint8_t *hand, size_t n_cards, size_t n)
{
    size_t next[PAL_MF_MOST_STRATA];

    for (size_t h = 0; h <= n; h++) begin[h] = 0;
    for (size_t i = 0; i < n_cards; i++) begin[hand[i] + 1]++;
    for (size_t h = 0; h < n; h++) {
        begin[h + 1] += begin[h];
        next[h] = begin[h];
    }
    for (size_t i = 0; i < n_cards; i++) card[next[hand[i]]++] = (uint32_t)i;
}

static void count_cells(pal_mf_plan *plan, const pal_csr *cells)
{
    for (size_t u = 0; u < cells->n_rows; u++) {
        for (size_t c = cells->begin[u]; c < cells->begin[u + 1]; c++) {
            plan->begin[plan->stratum[cells->col[c]] * plan->n + plan->shard[u] + 1]++;
        }
    }
}

static void place_cells(pal_mf_plan *plan, size_t *next, const pal_csr *cells, uint32_t flag)
{
    for (size_t u = 0; u < cells->n_rows; u++) {
        for (size_t c = cells->begin[u]; c < cells->begin[u + 1]; c++) {
            size_t bucket = plan->stratum[cells->col[c]] * plan->n + plan->shard[u];

            plan->pair[next[bucket]++] = (pal_mf_pair){ (uint32_t)u, cells->col[c] | flag };
        }
    }
}

void pal_mf_plan_deal(pal_mf_plan *plan, uint64_t key)
{
    size_t next[PAL_MF_MOST_STRATA * PAL_MF_MOST_STRATA], n_buckets = plan->n * plan->n;

    deal(plan->stratum, plan->item_by_count, plan->rows->n_cols, plan->n, pal_mf_draw(key, 0));
    deal(plan->shard, plan->person_by_count, plan->rows->n_rows, plan->n, pal_mf_draw(key, 1));
    list_hands(plan->item, plan->item_begin, plan->stratum, plan->rows->n_cols, plan->n);
    list_hands(plan->person, plan->person_begin, plan->shard, plan->rows->n_rows, plan->n);
    for (size_t b = 0; b <= n_buckets; b++) plan->begin[b] = 0;
    count_cells(plan, plan->rows);
    if (plan->disliked != NULL) count_cells(plan, plan->disliked);
    for (size_t b = 0; b < n_buckets; b++) {
        plan->begin[b + 1] += plan->begin[b];
        next[b] = plan->begin[b];
    }
    place_cells(plan, next, plan->rows, 0);
    if (plan->disliked != NULL) place_cells(plan, next, plan->disliked, PAL_MF_DISLIKED);
}
