/* Playlists: what is filed stands where it was put, names, digests. */
#include "data/playlists.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_playlists(void);

static pal_playlists *two_people(void)
{
    static const size_t capacity[2] = { 5, 3 };
    pal_playlists *p = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_playlists_new(&p, 2, 100, capacity, &err));
    return p;
}

START_TEST(songs_stand_in_the_order_of_filing)
{
    static const uint32_t item[4] = { 77, 3, 99, 0 };
    static const uint8_t list[4] = { 0, 1, 0, 1 };
    pal_playlists *p = two_people();

    ck_assert_uint_eq(pal_playlists_open(p, 1, 4), 0);
    ck_assert_uint_eq(pal_playlists_open(p, 0, 9), 0);
    ck_assert_uint_eq(pal_playlists_open(p, 0, PAL_MIXED), 1);
    for (size_t k = 0; k < 4; k++) {
        pal_playlists_add(p, 0, list[k], item[k], k == 0 ? PAL_BROUGHT : (uint32_t)k);
    }
    pal_playlists_add(p, 1, 0, 77, 8);
    ck_assert_uint_eq(p->n[0], 4);
    ck_assert_uint_eq(p->n[1], 1);
    ck_assert_mem_eq(pal_playlists_items(p, 0), item, sizeof item);
    ck_assert_mem_eq(pal_playlists_lists(p, 0), list, sizeof list);
    ck_assert_uint_eq(pal_playlists_items(p, 1)[0], 77);
    ck_assert_uint_eq(p->round[p->begin[0]], PAL_BROUGHT);
    ck_assert_uint_eq(p->round[p->begin[0] + 3], 3);
    ck_assert_uint_eq(p->list_n[0], 2);
    ck_assert_uint_eq(p->list_n[1], 2);
    ck_assert_uint_eq(p->list_n[PAL_MAX_PLAYLISTS], 1);
    pal_playlists_free(p);
}
END_TEST

START_TEST(names_are_the_label_and_a_number_within_it)
{
    pal_playlists *p = two_people();
    pal_clusters *clusters = NULL;
    pal_error err = { .status = PAL_OK };
    char name[PAL_PLAYLIST_NAME], wanted[PAL_PLAYLIST_NAME];

    CK_OK(pal_clusters_default(&clusters, &err));
    pal_playlists_open(p, 0, 3);
    pal_playlists_open(p, 0, PAL_MIXED);
    pal_playlists_open(p, 0, 3);
    pal_playlists_open(p, 0, PAL_MIXED);
    for (uint8_t l = 0; l < 4; l++) {
        snprintf(wanted, sizeof wanted, "%s %d", l % 2 == 0 ? clusters->label[3] : "Various", l / 2 + 1);
        ck_assert_uint_eq(pal_playlists_name(name, p, clusters, 0, l), strlen(wanted));
        ck_assert_str_eq(name, wanted);
    }
    pal_clusters_free(clusters);
    pal_playlists_free(p);
}
END_TEST

START_TEST(a_label_too_long_is_cut_and_keeps_its_number)
{
    pal_playlists *p = two_people();
    char label[300], name[PAL_PLAYLIST_NAME];
    char *labels[1] = { label };
    const pal_clusters clusters = { .n = 1, .label = labels };

    memset(label, 'x', sizeof label - 1);
    label[sizeof label - 1] = '\0';
    for (uint8_t l = 0; l < PAL_MAX_PLAYLISTS; l++) {
        pal_playlists_open(p, 0, 0);
    }
    ck_assert_uint_lt(pal_playlists_name(name, p, &clusters, 0, 63), PAL_PLAYLIST_NAME);
    ck_assert_str_eq(name + strlen(name) - 3, " 64");
    pal_playlists_free(p);
}
END_TEST

/* The k-th of five histories that differ in one thing each. */
static uint64_t digest_of(int k)
{
    pal_playlists *p = two_people();
    uint64_t digest;

    pal_playlists_open(p, 0, k == 1 ? 2 : 1);
    pal_playlists_open(p, 0, 5);
    pal_playlists_add(p, 0, k == 2 ? 1 : 0, k == 3 ? 8 : 7, k == 4 ? 6 : 5);
    digest = pal_playlists_digest(p);
    pal_playlists_free(p);
    return digest;
}

START_TEST(the_digest_tells_apart_name_list_song_and_round)
{
    ck_assert_uint_eq(digest_of(0), digest_of(0));
    for (int k = 1; k <= 4; k++) {
        ck_assert_uint_ne(digest_of(0), digest_of(k));
    }
}
END_TEST

START_TEST(without_memory_nothing_leaks)
{
    static const size_t capacity[3] = { 2, 0, 9 };
    pal_error err = { .status = PAL_OK };
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_playlists *p = NULL;
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_playlists_new(&p, 3, 10, capacity, &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, failed ? PAL_ERR_MEMORY : PAL_OK);
        pal_playlists_free(p);
    }
    {
        static const size_t huge[2] = { SIZE_MAX / 16, 5 };
        pal_playlists *p = NULL;

        ck_assert_int_eq(pal_playlists_new(&p, 2, 10, huge, &err), PAL_ERR_MEMORY);
        ck_assert_ptr_nonnull(strstr(err.text, "playlists of 2 people"));
    }
}
END_TEST

Suite *suite_data_playlists(void)
{
    Suite *suite = suite_create("data/playlists");
    TCase *tc = tcase_create("playlists");

    tcase_add_test(tc, songs_stand_in_the_order_of_filing);
    tcase_add_test(tc, names_are_the_label_and_a_number_within_it);
    tcase_add_test(tc, a_label_too_long_is_cut_and_keeps_its_number);
    tcase_add_test(tc, the_digest_tells_apart_name_list_song_and_round);
    tcase_add_test(tc, without_memory_nothing_leaks);
    suite_add_tcase(suite, tc);
    return suite;
}
