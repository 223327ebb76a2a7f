/* Histories: what was shown stays, in order, for the person it was shown to. */
#include "core/mem.h"
#include "profile/history.h"

#include <check.h>
#include <string.h>

static const pal_event events[3] = {
    { .user = 1, .item = 0, .round = 7, .flags = PAL_EXAMINED },
    { .user = 1, .item = 64, .round = 7, .flags = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED },
    { .user = 1, .item = 69, .round = 7, .flags = 0 },
};
static const uint8_t tastes[3] = { 2, 0, 5 };

static pal_history *history_of(size_t n_users, size_t n_items, size_t capacity)
{
    pal_history *h = NULL;

    ck_assert_int_eq(pal_history_new(&h, n_users, n_items, capacity, NULL), PAL_OK);
    return h;
}

START_TEST(events_are_kept_in_order)
{
    pal_history *h = history_of(3, 70, 5);

    pal_history_add(h, 1, events, tastes, 2);
    pal_history_add(h, 1, events + 2, tastes + 2, 1);
    ck_assert_uint_eq(h->n[1], 3);
    for (size_t e = 0; e < 3; e++) {
        ck_assert_uint_eq(h->item[5 + e], events[e].item);
        ck_assert_uint_eq(h->round[5 + e], 7);
        ck_assert_uint_eq(h->flags[5 + e], events[e].flags);
        ck_assert_uint_eq(h->taste[5 + e], tastes[e]);
    }
    pal_history_free(h);
}
END_TEST

START_TEST(exactly_the_shown_items_are_seen_by_exactly_that_person)
{
    pal_history *h = history_of(3, 70, 5);

    pal_history_add(h, 1, events, tastes, 3);
    ck_assert_uint_eq(h->seen_words, 2);
    for (uint32_t u = 0; u < 3; u++) {
        for (uint32_t i = 0; i < 70; i++) {
            const bool shown = u == 1 && (i == 0 || i == 64 || i == 69);

            ck_assert(pal_seen(pal_history_seen(h, u), i) == shown);
        }
        ck_assert_uint_eq(h->n[u], u == 1 ? 3 : 0);
    }
    pal_history_free(h);
}
END_TEST

START_TEST(every_change_changes_the_digest)
{
    pal_history *h = history_of(2, 70, 4);
    uint64_t before = pal_history_digest(h), after;

    pal_history_add(h, 1, events, tastes, 3);
    after = pal_history_digest(h);
    ck_assert(after != before);
    h->item[4] = 1;
    ck_assert(pal_history_digest(h) != after);
    h->item[4] = 0;
    h->round[5]++;
    ck_assert(pal_history_digest(h) != after);
    h->round[5]--;
    h->flags[6] ^= PAL_LIKED;
    ck_assert(pal_history_digest(h) != after);
    h->flags[6] ^= PAL_LIKED;
    h->taste[4]++;
    ck_assert(pal_history_digest(h) != after);
    h->taste[4]--;
    h->seen[0] ^= 4;
    ck_assert(pal_history_digest(h) != after);
    h->seen[0] ^= 4;
    ck_assert_uint_eq(pal_history_digest(h), after);
    h->item[7] = 3; /* beyond the row's length: not part of it */
    ck_assert_uint_eq(pal_history_digest(h), after);
    pal_history_free(h);
}
END_TEST

START_TEST(the_order_of_people_does_not_matter)
{
    pal_history *a = history_of(2, 70, 4), *b = history_of(2, 70, 4);
    pal_event other = events[1];

    other.user = 0;
    pal_history_add(a, 0, &other, tastes, 1);
    pal_history_add(a, 1, events, tastes, 3);
    pal_history_add(b, 1, events, tastes, 3);
    pal_history_add(b, 0, &other, tastes, 1);
    ck_assert_uint_eq(pal_history_digest(a), pal_history_digest(b));
    pal_history_free(a);
    pal_history_free(b);
}
END_TEST

START_TEST(without_memory_there_is_no_history)
{
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_history *h = NULL;
        pal_error err = { 0 };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_history_new(&h, 3, 70, 5, &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, failed ? PAL_ERR_MEMORY : PAL_OK);
        ck_assert(failed == (h == NULL));
        pal_history_free(h);
    }
    pal_history_free(NULL);
}
END_TEST

START_TEST(a_history_too_large_for_any_machine_is_an_error)
{
    pal_history *h = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_history_new(&h, SIZE_MAX / 8, 70, 1000, &err), PAL_ERR_MEMORY);
    ck_assert_ptr_nonnull(strstr(err.text, "1000 events"));
    ck_assert_ptr_null(h);
}
END_TEST

START_TEST(saved_rows_come_back_beside_what_counts_as_seen_anyway)
{
    pal_history *from = history_of(3, 70, 5), *to = history_of(3, 70, 5), *small = history_of(3, 70, 2);
    pal_history *few = history_of(3, 60, 5), *others = history_of(4, 70, 5);
    pal_tensors *file = NULL;
    pal_error err = { 0 };

    pal_history_add(from, 1, events, tastes, 3);
    pal_history_add(from, 2, (pal_event[]){ { .user = 2, .item = 33, .round = 1, .flags = PAL_EXAMINED } }, tastes, 1);
    from->seen[0] |= 1u << 5; /* person 0 never may see item 5 */
    to->seen[0] |= 1u << 5;
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_history_save(from, file, "h", NULL), PAL_OK);
    ck_assert_int_eq(pal_history_restore(to, file, "h", &err), PAL_OK);
    ck_assert_uint_eq(pal_history_digest(to), pal_history_digest(from));
    ck_assert_int_eq(pal_history_restore(small, file, "h", &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "row 1 of \"h\" has 3 places, at most 2 are allowed"));
    ck_assert_int_eq(pal_history_restore(few, file, "h", &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "array \"h.item\": person 1 has item 64 of 60"));
    ck_assert_int_eq(pal_history_restore(others, file, "h", &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "array \"h.n\" holds 3 values, wanted 4"));
    pal_tensors_free(file);
    pal_history_free(from);
    pal_history_free(to);
    pal_history_free(small);
    pal_history_free(few);
    pal_history_free(others);
}
END_TEST

Suite *suite_profile_history(void);
Suite *suite_profile_history(void)
{
    Suite *suite = suite_create("profile/history");
    TCase *tc = tcase_create("history");

    tcase_add_test(tc, events_are_kept_in_order);
    tcase_add_test(tc, exactly_the_shown_items_are_seen_by_exactly_that_person);
    tcase_add_test(tc, every_change_changes_the_digest);
    tcase_add_test(tc, the_order_of_people_does_not_matter);
    tcase_add_test(tc, saved_rows_come_back_beside_what_counts_as_seen_anyway);
    tcase_add_test(tc, without_memory_there_is_no_history);
    tcase_add_test(tc, a_history_too_large_for_any_machine_is_an_error);
    suite_add_tcase(suite, tc);
    return suite;
}
