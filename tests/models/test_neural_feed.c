/* Bags row by row, what is recent, and how a fit's data is split. */
#include "models/neural_tables.h"

#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/rec_rig.h"
#include "tests/support/scratch.h"

#include <math.h>

Suite *suite_models_neural_feed(void);

enum { ALL = (1u << PAL_FEED_BAGS) - 1, ITEMS = 4 };

/* Items x 3 features. */
static const float content[ITEMS * 3] = { 1, 0, 0, /* */ 0, 1, 2, /* */ 1, 1, 0, /* */ 0, 0, 1 };

START_TEST(a_row_holds_what_it_was_given)
{
    rec_rig rig = rec_rig_dense(content, ITEMS, 3);
    const uint32_t trait[2] = { 4, 9 }, past[3] = { 2, 0, 1 };
    const float value[2] = { 0.5f, 1 };
    const pal_feed_person person = { .id = 7, .n_traits = 2, .trait = trait, .trait_value = value, .n = 3, .item = past,
                                     .last = 2, .skip = 0 };
    pal_feed *feed = NULL;
    pal_net_batch batch;

    ck_assert_int_eq(pal_feed_new(&feed, ALL, rig.rows, NULL, NULL), PAL_OK);
    ck_assert_int_eq(pal_feed_put(feed, NULL, 3, NULL), PAL_OK);
    ck_assert_int_eq(pal_feed_put(feed, &person, 2, NULL), PAL_OK);
    batch = pal_feed_batch(feed, NULL);
    ck_assert_uint_eq(batch.n, 2);
    ck_assert_uint_eq(batch.bag[PAL_FEED_ID].begin[1], 0);
    ck_assert_uint_eq(batch.bag[PAL_FEED_ID].begin[2], 1);
    ck_assert_uint_eq(batch.bag[PAL_FEED_ID].id[0], 7);
    ck_assert_uint_eq(batch.bag[PAL_FEED_TRAITS].id[1], 9);
    ck_assert_float_eq(batch.bag[PAL_FEED_TRAITS].weight[0], 0.5f);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST].begin[2], 2); /* item 0 is skipped, and two are told */
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST].id[0], 2);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST].id[1], 1);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST_CONTENT].begin[2], 3); /* 0: item 2; 1: items 2 and 1; 2: item 1, twice */
    ck_assert_float_eq(batch.bag[PAL_FEED_PAST_CONTENT].weight[0], 1);
    ck_assert_float_eq(batch.bag[PAL_FEED_PAST_CONTENT].weight[1], 2);
    ck_assert_float_eq(batch.bag[PAL_FEED_PAST_CONTENT].weight[2], 2);
    ck_assert_uint_eq(batch.bag[PAL_FEED_ITEM].id[0], 3);
    ck_assert_uint_eq(batch.bag[PAL_FEED_CONTENT].begin[1], 1);
    ck_assert_uint_eq(batch.bag[PAL_FEED_CONTENT].begin[2], 3);
    pal_feed_free(feed);
    rec_rig_clear(&rig);
}
END_TEST

START_TEST(unknown_items_are_told_by_their_content_only)
{
    rec_rig rig = rec_rig_dense(content, ITEMS, 3);
    const uint8_t known[ITEMS] = { 1, 0, 1, 0 };
    const uint32_t past[3] = { 1, 2, 3 };
    const pal_feed_person person = { .id = 0, .n = 3, .item = past, .last = 3, .skip = PAL_FEED_NONE };
    pal_feed *feed = NULL;
    pal_net_batch batch;
    float bias[ITEMS] = { -1, 5, -3, -9 };

    ck_assert_int_eq(pal_feed_new(&feed, ALL, rig.rows, known, NULL), PAL_OK);
    ck_assert_int_eq(pal_feed_put(feed, &person, 3, NULL), PAL_OK);
    batch = pal_feed_batch(feed, NULL);
    ck_assert_uint_eq(batch.bag[PAL_FEED_ITEM].begin[1], 0);
    ck_assert_uint_eq(batch.bag[PAL_FEED_BIAS].begin[1], 0);
    ck_assert_uint_eq(batch.bag[PAL_FEED_CONTENT].begin[1], 1);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST].begin[1], 1);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST].id[0], 2);
    ck_assert_uint_eq(batch.bag[PAL_FEED_PAST_CONTENT].begin[1], 3);
    pal_neural_lowest_bias(bias, known, ITEMS);
    ck_assert_float_eq(bias[0], -1);
    ck_assert_float_eq(bias[1], -3);
    ck_assert_float_eq(bias[3], -3);
    pal_feed_free(feed);
    rec_rig_clear(&rig);
}
END_TEST

/* Rows by the thousand grow every array; the numbers stay in their places. */
START_TEST(batches_grow)
{
    pal_feed *feed = NULL;
    uint32_t past[300];
    pal_net_batch batch;

    for (uint32_t i = 0; i < 300; i++) past[i] = 3 * i;
    ck_assert_int_eq(pal_feed_new(&feed, 1u << PAL_FEED_PAST | 1u << PAL_FEED_ITEM, NULL, NULL, NULL), PAL_OK);
    for (uint32_t r = 0; r < 2000; r++) {
        const pal_feed_person person = { .id = r, .n = r % 300, .item = past, .last = 200, .skip = PAL_FEED_NONE };

        HOLD(pal_feed_put(feed, &person, r, NULL) == PAL_OK);
    }
    batch = pal_feed_batch(feed, NULL);
    for (uint32_t r = 0; r < 2000; r++) {
        size_t from = batch.bag[0].begin[r], n = batch.bag[0].begin[r + 1] - from;

        HOLD(n == (r % 300 < 200 ? r % 300 : 200) && batch.bag[1].id[batch.bag[1].begin[r]] == r);
        for (size_t i = 0; i < n; i++) HOLD(batch.bag[0].id[from + i] == 3 * i);
    }
    pal_feed_clear(feed);
    ck_assert_uint_eq(pal_feed_batch(feed, NULL).n, 0);
    pal_feed_free(feed);
}
END_TEST

START_TEST(the_latest_come_first)
{
    const uint32_t item[5] = { 1, 4, 6, 7, 9 };
    const int64_t time[5] = { 5, -3, 5, 9, 0 };
    uint32_t out[5], again[5];

    ck_assert_int_eq(pal_feed_recent(out, item, time, 5, NULL), PAL_OK);
    ck_assert_uint_eq(out[0], 7);
    ck_assert_uint_eq(out[1] + out[2], 1 + 6);
    ck_assert_uint_eq(out[3], 9);
    ck_assert_uint_eq(out[4], 4);
    ck_assert_int_eq(pal_feed_recent(out, item, NULL, 5, NULL), PAL_OK);
    ck_assert_int_eq(pal_feed_recent(again, item, NULL, 5, NULL), PAL_OK);
    ck_assert_mem_eq(out, again, sizeof out);
}
END_TEST

/* ---- splits ----------------------------------------------------------------------------------------------- */

START_TEST(what_is_held_out_is_a_share_and_leaves_everyone_an_item)
{
    rec_rig rig = rec_rig_random(3, 200, 90, 0.1, true);
    const pal_neural_config config = { .valid = 0.3, .patience = 2 };
    const pal_key key = pal_key_for(4, 0, PAL_FOR_TEST);
    pal_neural_data data;

    ck_assert_int_eq(pal_neural_data_init(&data, &rig.data, &config, key, NULL), PAL_OK);
    ck_assert_uint_eq(data.kept->n + data.held->n, rig.rows->n);
    ck_assert_double_eq_tol((double)data.held->n / (double)rig.rows->n, 0.3, 0.04);
    for (size_t u = 0; u < 200; u++) {
        HOLD(pal_csr_count(data.kept, u) > 0 || pal_csr_count(rig.rows, u) == 0);
        for (size_t c = data.held->begin[u]; c < data.held->begin[u + 1]; c++) {
            HOLD(pal_csr_find(rig.rows, u, data.held->col[c]) != SIZE_MAX);
            HOLD(pal_csr_find(data.kept, u, data.held->col[c]) == SIZE_MAX);
        }
        for (size_t c = data.rows->begin[u]; c < data.rows->begin[u + 1]; c++) HOLD(data.person[c] == u);
    }
    pal_neural_data_clear(&data);
    rec_rig_clear(&rig);
}
END_TEST

/* A person's cells in a larger matrix are held out as they were in the smaller one, but for a last item. */
START_TEST(grown_data_keeps_earlier_choices)
{
    rec_rig small = rec_rig_random(5, 40, 30, 0.3, false), large = rec_rig_random(5, 60, 44, 0.3, false);
    const pal_neural_config config = { .valid = 0.2, .patience = 1 };
    const pal_key key = pal_key_for(4, 0, PAL_FOR_TEST);
    pal_neural_data a, b;
    size_t same = 0;

    ck_assert_int_eq(pal_neural_data_init(&a, &small.data, &config, key, NULL), PAL_OK);
    ck_assert_int_eq(pal_neural_data_init(&b, &large.data, &config, key, NULL), PAL_OK);
    for (size_t u = 0; u < 40; u++) {
        for (size_t c = small.rows->begin[u]; c < small.rows->begin[u + 1]; c++) {
            uint32_t i = small.rows->col[c];

            if (pal_csr_find(large.rows, u, i) == SIZE_MAX || pal_csr_count(small.rows, u) < 4) continue;
            HOLD((pal_csr_find(a.held, u, i) == SIZE_MAX) == (pal_csr_find(b.held, u, i) == SIZE_MAX));
            same++;
        }
    }
    ck_assert_uint_gt(same, 100);
    pal_neural_data_clear(&a);
    pal_neural_data_clear(&b);
    rec_rig_clear(&small);
    rec_rig_clear(&large);
}
END_TEST

START_TEST(drawn_items_are_not_the_persons_own)
{
    rec_rig rig = rec_rig_random(6, 30, 40, 0.3, false);
    const pal_key key = pal_key_for(4, 0, PAL_FOR_TEST);
    size_t met[40] = { 0 };

    for (uint32_t t = 0; t < 4000; t++) {
        uint32_t u = t % 30, item = pal_neural_draw(rig.rows, u, key, (pal_at){ 1, 2, t }, t % 3);

        HOLD(pal_csr_find(rig.rows, u, item) == SIZE_MAX);
        met[item]++;
    }
    for (size_t i = 0; i < 40; i++) HOLD(met[i] > 20);
    rec_rig_clear(&rig);
}
END_TEST

Suite *suite_models_neural_feed(void)
{
    Suite *suite = suite_create("models/neural_feed");
    TCase *tc = tcase_create("neural_feed");

    tcase_add_test(tc, a_row_holds_what_it_was_given);
    tcase_add_test(tc, unknown_items_are_told_by_their_content_only);
    tcase_add_test(tc, batches_grow);
    tcase_add_test(tc, the_latest_come_first);
    tcase_add_test(tc, what_is_held_out_is_a_share_and_leaves_everyone_an_item);
    tcase_add_test(tc, grown_data_keeps_earlier_choices);
    tcase_add_test(tc, drawn_items_are_not_the_persons_own);
    suite_add_tcase(suite, tc);
    return suite;
}
