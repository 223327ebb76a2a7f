/* Taste profiles against R1's rules, worked out by hand on a catalog of a few items with plain directions. */
#include "core/mem.h"
#include "tests/support/mini_catalog.h"

#include <check.h>
#include <math.h>
#include <string.h>

enum { SHOWN = PAL_EXAMINED, LIKE = PAL_EXAMINED | PAL_CLICKED | PAL_LIKED,
       DISLIKE = PAL_EXAMINED | PAL_CLICKED | PAL_DISLIKED };

/* Items: 0 (1,0) genre 0 | 1 (0,1) genre 0 | 2 (0.6,0.8) genre 1 | 3 (1,0) genres 1 and 2 | 4 zero, genre 0.
 * Genres 0, 1, 2 are in tastes 0, 1, 2. */
static float direction[5 * 4] = { 1, 0, 0, 0, 0, 1, 0, 0, 0.6f, 0.8f, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0 };
static uint16_t cluster[5] = { 0, 0, 1, 1, 0 };
static uint64_t mask[5] = { 1, 1, 2, 6, 1 };
static uint32_t genre_begin[6] = { 0, 1, 2, 3, 5, 6 };
static uint16_t genre_of[6] = { 0, 0, 1, 1, 2, 0 };
static pal_clusters clusters = { .n = 3, .n_genres = 3 };
static const pal_catalog plain = { .n_items = 5, .d = 2, .stride = 4, .direction = direction, .cluster = cluster,
                                   .cluster_mask = mask, .genre_begin = genre_begin, .genre_of = genre_of,
                                   .clusters = &clusters };

static pal_profiles *profiles_with(pal_profile_config config, size_t n_users)
{
    pal_profiles *profiles = NULL;

    ck_assert_int_eq(pal_profiles_new(&profiles, n_users, &plain, config, NULL), PAL_OK);
    return profiles;
}

static uint8_t answer(pal_profiles *profiles, uint32_t user, uint32_t item, uint8_t taste, uint8_t flags)
{
    const pal_event event = { .user = user, .item = item, .taste = taste, .flags = flags };
    uint8_t credited;

    pal_profiles_learn(profiles, &plain, user, &event, 1, &credited);
    return credited;
}

static void near(double found, double wanted)
{
    ck_assert_msg(fabs(found - wanted) < 5e-7, "found %.9g, wanted %.9g", found, wanted);
}

START_TEST(the_defaults_are_those_of_r1)
{
    pal_values *values = NULL;
    pal_profile_config config;

    ck_assert_int_eq(pal_values_read(&values, pal_profile_params, NULL, "f", "profile", NULL, NULL), PAL_OK);
    config = pal_profile_config_from(values);
    ck_assert_double_eq(config.like_step, 0.08);
    ck_assert_double_eq(config.dislike_decay, 0.85);
    ck_assert_double_eq(config.dislike_weight, 0);
    ck_assert_double_eq(config.confidence_floor, 0);
    pal_values_free(values);
}
END_TEST

START_TEST(likes_move_the_centroid_by_r1s_rule)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);
    pal_profile_view v;

    answer(p, 0, 0, 0, LIKE);
    v = pal_profiles_view(p, 0);
    near(v.centroid[0], 1); /* the first like sets it */
    near(v.centroid[1], 0);
    near(v.confidence[0], 0.693147181); /* ln 2 */
    answer(p, 0, 1, 0, LIKE);
    v = pal_profiles_view(p, 0);
    near(v.centroid[0], 0.996240588); /* (0.92, 0.08) / sqrt(0.8528) */
    near(v.centroid[1], 0.086629616);
    near(v.confidence[0], 1.098612289); /* ln 3 */
    near(v.user_confidence, 1.098612289);
    ck_assert_uint_eq(v.liked[0], 2);
    ck_assert_uint_eq(v.genre_liked[0], 2);
    ck_assert_uint_eq(*v.n_liked, 2);
    ck_assert_uint_eq(*v.n_shown, 2);
    pal_profiles_free(p);
}
END_TEST

START_TEST(a_dislike_takes_fifteen_percent_of_the_confidence)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);
    pal_profile_view v;

    answer(p, 0, 0, 0, LIKE);
    answer(p, 0, 1, 0, LIKE);
    answer(p, 0, 1, 0, DISLIKE);
    answer(p, 0, 0, 0, DISLIKE);
    v = pal_profiles_view(p, 0);
    near(v.confidence[0], 0.793747379); /* 0.85^2 ln 3 */
    near(v.centroid[0], 0.996240588);   /* R1's code leaves the centroid alone */
    ck_assert_uint_eq(v.disliked[0], 2);
    near(v.disliked_sum[0], 1);
    near(v.disliked_sum[1], 1);
    answer(p, 0, 0, 0, LIKE); /* and a like sets it anew from the count */
    near(pal_profiles_view(p, 0).confidence[0], 1.386294361);
    pal_profiles_free(p);
}
END_TEST

START_TEST(a_dislike_before_any_like_counts_for_the_person_only)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);
    pal_profile_view v;

    answer(p, 0, 2, 1, DISLIKE);
    v = pal_profiles_view(p, 0);
    ck_assert_uint_eq(v.disliked[1], 0);
    ck_assert_double_eq(v.confidence[1], 0);
    ck_assert_uint_eq(*v.n_disliked, 1);
    ck_assert_uint_eq(v.shown[1], 1);
    near(v.disliked_sum[0], 0.6);
    near(v.disliked_sum[1], 0.8);
    pal_profiles_free(p);
}
END_TEST

START_TEST(the_dislike_weight_pushes_the_centroid_away)
{
    pal_profile_config config = mini_r1_config();
    pal_profiles *p;

    config.dislike_weight = 0.5;
    p = profiles_with(config, 1);
    answer(p, 0, 0, 0, LIKE);
    answer(p, 0, 1, 0, DISLIKE);
    near(pal_profiles_view(p, 0).centroid[0], 0.999200959); /* (1, -0.04) / sqrt(1.0016) */
    near(pal_profiles_view(p, 0).centroid[1], -0.039968038);
    pal_profiles_free(p);
}
END_TEST

START_TEST(the_confidence_floor_holds)
{
    pal_profile_config config = mini_r1_config();
    pal_profiles *p;

    config.confidence_floor = 0.5;
    p = profiles_with(config, 1);
    answer(p, 0, 0, 0, LIKE);
    for (int i = 0; i < 20; i++) {
        answer(p, 0, 1, 0, DISLIKE);
    }
    near(pal_profiles_view(p, 0).confidence[0], 0.346573590); /* ln 2 / 2 */
    pal_profiles_free(p);
}
END_TEST

START_TEST(an_item_without_direction_leaves_the_centroid)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);

    answer(p, 0, 4, 0, LIKE);
    ck_assert_double_eq(pal_profiles_view(p, 0).centroid[0], 0);
    near(pal_profiles_view(p, 0).confidence[0], 0.693147181);
    answer(p, 0, 1, 0, LIKE);
    near(pal_profiles_view(p, 0).centroid[1], 1);
    answer(p, 0, 4, 0, LIKE);
    near(pal_profiles_view(p, 0).centroid[1], 1);
    pal_profiles_free(p);
}
END_TEST

START_TEST(an_answer_goes_to_the_slots_taste_if_the_item_is_in_it)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);

    ck_assert_uint_eq(answer(p, 0, 3, 2, LIKE), 2);            /* one of its two */
    ck_assert_uint_eq(answer(p, 0, 3, 0, LIKE), 1);            /* not in it: the primary one */
    ck_assert_uint_eq(answer(p, 0, 3, PAL_NO_TASTE, SHOWN), 1);
    ck_assert_uint_eq(pal_profiles_view(p, 0).liked[2], 1);
    ck_assert_uint_eq(pal_profiles_view(p, 0).liked[1], 1);
    ck_assert_uint_eq(pal_profiles_view(p, 0).shown[1], 2);
    ck_assert_uint_eq(pal_profiles_view(p, 0).genre_liked[1], 2); /* all its genres are counted */
    ck_assert_uint_eq(pal_profiles_view(p, 0).genre_liked[2], 2);
    pal_profiles_free(p);
}
END_TEST

START_TEST(what_was_only_shown_changes_nothing_but_the_count)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 1);
    pal_profile_view v;

    answer(p, 0, 0, 0, LIKE);
    answer(p, 0, 1, 0, SHOWN);
    answer(p, 0, 1, 0, 0);
    answer(p, 0, 1, 0, PAL_EXAMINED | PAL_CLICKED | PAL_SKIPPED);
    v = pal_profiles_view(p, 0);
    ck_assert_uint_eq(v.shown[0], 4);
    ck_assert_double_eq(v.centroid[0], 1);
    near(v.confidence[0], 0.693147181);
    ck_assert_uint_eq(*v.n_disliked, 0);
    pal_profiles_free(p);
}
END_TEST

/* Never merged: an answer in one taste of one person leaves the bytes of all other tastes and people as they were. */
START_TEST(tastes_and_people_never_mix)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 2);
    double centroid[12], confidence[6];
    uint32_t liked[6];

    answer(p, 0, 0, 0, LIKE);
    answer(p, 0, 2, 1, LIKE);
    answer(p, 0, 3, 2, LIKE);
    answer(p, 1, 2, 1, LIKE);
    memcpy(centroid, p->centroid, sizeof centroid);
    memcpy(confidence, p->confidence, sizeof confidence);
    memcpy(liked, p->liked, sizeof liked);
    for (int i = 0; i < 9; i++) {
        answer(p, 0, i % 2 == 0 ? 1 : 0, 0, i % 3 == 0 ? DISLIKE : LIKE);
    }
    ck_assert(memcmp(centroid, p->centroid, 2 * sizeof *centroid) != 0);
    ck_assert_mem_eq(centroid + 2, p->centroid + 2, 10 * sizeof *centroid);
    ck_assert_mem_eq(confidence + 1, p->confidence + 1, 5 * sizeof *confidence);
    ck_assert_mem_eq(liked + 1, p->liked + 1, 5 * sizeof *liked);
    pal_profiles_free(p);
}
END_TEST

START_TEST(centroids_stay_unit_vectors)
{
    pal_catalog *catalog = mini_catalog(mini_defaults((uint64_t)_i));
    mini_people people = mini_people_of(catalog, 1, 600, mini_r1_config());
    pal_profile_view v;

    mini_teach(&people, 0, (uint64_t)_i, 0x2d, 300);
    v = pal_profiles_view(people.profiles, 0);
    for (size_t t = 0; t < v.n_tastes; t++) {
        double norm = 0;

        for (size_t f = 0; f < v.d; f++) {
            norm += v.centroid[t * v.d + f] * v.centroid[t * v.d + f];
        }
        ck_assert(v.liked[t] == 0 ? norm == 0 : fabs(norm - 1) < 1e-12);
        ck_assert((v.confidence[t] > 0) == (v.liked[t] > 0));
    }
    ck_assert_uint_eq(*v.n_shown, 300);
    mini_people_free(&people);
    pal_catalog_free(catalog);
}
END_TEST

START_TEST(the_digest_covers_every_field)
{
    pal_profiles *p = profiles_with(mini_r1_config(), 2);
    const uint64_t before = pal_profiles_digest(p);
    const size_t n_tastes = 3, d = 2, n_genres = 3;

#define X(type, field, length)                                         \
    for (size_t i = 0; i < 2 * (length); i++) {                        \
        p->field[i] += 1;                                              \
        ck_assert_msg(pal_profiles_digest(p) != before, #field " %zu", i); \
        p->field[i] -= 1;                                              \
        ck_assert_uint_eq(pal_profiles_digest(p), before);             \
    }
    PAL_PROFILE_STATE(X)
#undef X
    pal_profiles_free(p);
}
END_TEST

START_TEST(saved_profiles_come_back_field_by_field)
{
    pal_profiles *from = profiles_with(mini_r1_config(), 3), *to = profiles_with(mini_r1_config(), 3), *more = profiles_with(mini_r1_config(), 4);
    pal_tensors *file = NULL;
    pal_error err = { 0 };
    size_t k = 1;

#define X(type, field, length)                                                                              \
    for (size_t i = 0; i < from->n_users; i++) from->field[i] = (type)k++; /* every field, its own numbers */
    PAL_PROFILE_STATE(X)
#undef X
    ck_assert_int_eq(pal_tensors_new(&file, NULL), PAL_OK);
    ck_assert_int_eq(pal_profiles_save(from, file, "p", NULL), PAL_OK);
    ck_assert_int_eq(pal_profiles_restore(to, file, "p", &err), PAL_OK);
    ck_assert_uint_eq(pal_profiles_digest(to), pal_profiles_digest(from));
    ck_assert_int_eq(pal_profiles_restore(more, file, "p", &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "array \"p.centroid\" holds"));
    pal_tensors_free(file);
    pal_profiles_free(from);
    pal_profiles_free(to);
    pal_profiles_free(more);
}
END_TEST

START_TEST(without_memory_there_are_no_profiles)
{
    bool failed = true;

    for (size_t n = 1; failed; n++) {
        pal_profiles *p = NULL;
        pal_error err = { 0 };
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_profiles_new(&p, 3, &plain, mini_r1_config(), &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        ck_assert_int_eq(rc, failed ? PAL_ERR_MEMORY : PAL_OK);
        ck_assert(failed == (p == NULL));
        ck_assert(!failed || strstr(err.text, "out of memory") != NULL);
        pal_profiles_free(p);
    }
    pal_profiles_free(NULL);
}
END_TEST

START_TEST(too_many_people_are_an_error_not_an_overflow)
{
    pal_profiles *p = NULL;

    ck_assert_int_eq(pal_profiles_new(&p, SIZE_MAX / 4, &plain, mini_r1_config(), NULL), PAL_ERR_MEMORY);
    ck_assert_ptr_null(p);
}
END_TEST

Suite *suite_profile_profile(void);
Suite *suite_profile_profile(void)
{
    Suite *suite = suite_create("profile/profile");
    TCase *tc = tcase_create("profile");

    tcase_add_test(tc, the_defaults_are_those_of_r1);
    tcase_add_test(tc, likes_move_the_centroid_by_r1s_rule);
    tcase_add_test(tc, a_dislike_takes_fifteen_percent_of_the_confidence);
    tcase_add_test(tc, a_dislike_before_any_like_counts_for_the_person_only);
    tcase_add_test(tc, the_dislike_weight_pushes_the_centroid_away);
    tcase_add_test(tc, the_confidence_floor_holds);
    tcase_add_test(tc, an_item_without_direction_leaves_the_centroid);
    tcase_add_test(tc, an_answer_goes_to_the_slots_taste_if_the_item_is_in_it);
    tcase_add_test(tc, what_was_only_shown_changes_nothing_but_the_count);
    tcase_add_test(tc, tastes_and_people_never_mix);
    tcase_add_loop_test(tc, centroids_stay_unit_vectors, 0, 10);
    tcase_add_test(tc, the_digest_covers_every_field);
    tcase_add_test(tc, saved_profiles_come_back_field_by_field);
    tcase_add_test(tc, without_memory_there_are_no_profiles);
    tcase_add_test(tc, too_many_people_are_an_error_not_an_overflow);
    suite_add_tcase(suite, tc);
    return suite;
}
