/* Reading u.data, splitting, ranking. */
#include "tests/support/movielens.h"

#include "tests/support/holds.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define PATH "../shared/data/ml-100k/u.data"
#define RATINGS 100000
#define K 10

typedef struct rating {
    unsigned user, item, value, time;
    int place;
    bool test;
} rating;

static int by_user_then_time(const void *a, const void *b)
{
    const rating *x = a, *y = b;

    if (x->user != y->user) return x->user < y->user ? -1 : 1;
    if (x->time != y->time) return x->time < y->time ? -1 : 1;
    return (x->item > y->item) - (x->item < y->item);
}

static int by_user_then_place(const void *a, const void *b)
{
    const rating *x = a, *y = b;

    if (x->user != y->user) return x->user < y->user ? -1 : 1;
    return (x->place > y->place) - (x->place < y->place);
}

static rating *read_ratings(void)
{
    FILE *file = fopen(PATH, "r");
    rating *all;

    if (file == NULL) {
        printf("skipped: %s is not here\n", PATH);
        return NULL;
    }
    all = calloc(RATINGS, sizeof *all);
    HOLD(all != NULL);
    for (int i = 0; i < RATINGS; i++) {
        rating *r = &all[i];

        HOLD(fscanf(file, "%u %u %u %u", &r->user, &r->item, &r->value, &r->time) == 4);
        r->user--;
        r->item--;
        r->place = i;
    }
    fclose(file);
    return all;
}

/* ua counts all ratings of a person, t80_4 those that reach the floor. */
static void mark_test(rating *all, movielens_split split, unsigned least)
{
    bool late = split == MOVIELENS_T80_4;

    qsort(all, RATINGS, sizeof *all, late ? by_user_then_time : by_user_then_place);
    for (int i = 0, j; i < RATINGS; i = j) {
        int kept = 0, seen = 0;

        for (j = i; j < RATINGS && all[j].user == all[i].user; j++) kept += all[j].value >= least;
        for (int r = i; r < j; r++) {
            if (!late) {
                all[r].test = r - i < 10;
            } else if (all[r].value >= least) {
                all[r].test = seen++ >= kept - kept / 5;
            }
        }
    }
}

static pal_csr *matrix(const rating *all, bool test, unsigned least, unsigned most)
{
    pal_csr_cell *cell = calloc(RATINGS, sizeof *cell);
    pal_csr *out = NULL;
    size_t n = 0;

    HOLD(cell != NULL);
    for (int i = 0; i < RATINGS; i++) {
        if (all[i].test == test && all[i].value >= least && all[i].value <= most) {
            cell[n++] = (pal_csr_cell){ all[i].user, all[i].item, (float)all[i].value };
        }
    }
    HOLD(pal_csr_new(&out, MOVIELENS_USERS, MOVIELENS_ITEMS, cell, n, PAL_TWICE_LAST, NULL) == PAL_OK);
    free(cell);
    return out;
}

bool movielens_load(movielens *out, movielens_split split)
{
    rating *all = read_ratings();
    unsigned least = split == MOVIELENS_UA ? 1 : split == MOVIELENS_UA_5 ? 5 : 4;

    *out = (movielens){ 0 };
    if (all == NULL) return false;
    mark_test(all, split, least);
    out->train = matrix(all, false, least, 5);
    out->test = matrix(all, true, least, 5);
    out->low = matrix(all, false, 1, least - 1);
    HOLD(pal_csr_transpose(&out->cols, out->train, NULL) == PAL_OK);
    free(all);
    return true;
}

void movielens_free(movielens *data)
{
    pal_csr_free(data->train);
    pal_csr_free(data->cols);
    pal_csr_free(data->test);
    pal_csr_free(data->low);
}

/* Adds one person's figures. */
static void rank_person(ranking_figures *sum, const float *score, const movielens *data, size_t u)
{
    bool seen[MOVIELENS_ITEMS] = { false };
    const pal_csr *test = data->test, *train = data->train;
    size_t n_test = pal_csr_count(test, u), n_seen = pal_csr_count(train, u);
    double auc_raw = 0, auc = 0;

    for (size_t c = train->begin[u]; c < train->begin[u + 1]; c++) seen[train->col[c]] = true;
    for (size_t c = test->begin[u]; c < test->begin[u + 1]; c++) {
        float mine = score[test->col[c]];
        size_t above = 0, above_unseen = 0, above_test = 0;

        for (size_t i = 0; i < MOVIELENS_ITEMS; i++) {
            bool before = score[i] >= mine && i != test->col[c];

            above += before;
            above_unseen += before && !seen[i];
        }
        for (size_t j = test->begin[u]; j < test->begin[u + 1]; j++) {
            above_test += score[test->col[j]] >= mine && j != c;
        }
        sum->precision_raw += (above < K) / (double)K;
        sum->precision += (above_unseen < K) / (double)K;
        auc_raw += 1 - (double)(above - above_test) / (double)(MOVIELENS_ITEMS - n_test);
        auc += 1 - (double)(above_unseen - above_test) / (double)(MOVIELENS_ITEMS - n_seen - n_test);
    }
    sum->auc_raw += auc_raw / (double)n_test;
    sum->auc += auc / (double)n_test;
}

ranking_figures movielens_rank(const pal_rec_type *type, const void *self, const movielens *data, bool as_new)
{
    ranking_figures sum = { 0 };
    pal_arena *arena = NULL;
    const pal_csr *train = data->train;
    double n = 0;

    HOLD(pal_arena_new(&arena, 1 << 20, NULL) == PAL_OK);
    for (size_t u = 0; u < train->n_rows; u++) {
        float score[MOVIELENS_ITEMS];
        const pal_rec_query query = { .row = as_new ? PAL_REC_NEW : (uint32_t)u, .n = pal_csr_count(train, u),
                                      .item = train->col + train->begin[u], .value = train->value + train->begin[u] };

        if (pal_csr_count(data->test, u) == 0) continue;
        HOLD(type->score(self, &query, 1, score, arena, NULL) == PAL_OK);
        rank_person(&sum, score, data, u);
        n++;
    }
    pal_arena_free(arena);
    return (ranking_figures){ sum.precision_raw / n, sum.auc_raw / n, sum.precision / n, sum.auc / n };
}
