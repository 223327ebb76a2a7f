#include "sim/state.h"

#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <string.h>

Suite *suite_sim_state(void);

static pal_catalog *catalog;

static void setup(void)
{
    catalog = sim_catalog(5, 600);
}

static void teardown(void)
{
    pal_catalog_free(catalog);
    catalog = NULL;
}

START_TEST(a_new_state_holds_the_people_as_drawn)
{
    sim_world w = sim_world_new(catalog, 11, "{\"n\": 37}", "multi-taste", "{}");
    const size_t n = w.people->n, tastes = n * PAL_MAX_TASTES;

    ck_assert_uint_eq(w.state->n, 37);
    ck_assert_mem_eq(w.state->n_tastes, w.people->n_tastes, n);
    ck_assert_mem_eq(w.state->taste_cluster, w.people->taste_cluster, tastes * sizeof(uint16_t));
    ck_assert_mem_eq(w.state->taste_center, w.people->taste_center, tastes * w.people->stride * sizeof(float));
    ck_assert_mem_eq(w.state->taste_width, w.people->taste_width, tastes * sizeof(float));
    ck_assert_mem_eq(w.state->taste_weight, w.people->taste_weight, tastes * sizeof(float));
    for (size_t u = 0; u < n; u++) {
        ck_assert_float_eq(w.state->mood[u], PAL_MOOD_START);
        ck_assert_uint_eq(w.state->alive[u], 1);
        ck_assert_uint_eq(w.state->left_round[u], PAL_NEVER_LEFT);
        ck_assert_uint_eq(w.state->born_taste[u], 0);
        for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
            ck_assert_float_eq(w.state->satiation[u * PAL_MAX_TASTES + t], 0.0f);
        }
    }
    sim_world_free(&w);
}
END_TEST

/* One field at a time is changed in its last place; exactly that field's digest must change, and the whole one. */
START_TEST(digest_and_copy_and_reset_cover_every_field_to_its_end)
{
    sim_world w = sim_world_new(catalog, 12, "{\"n\": 9}", "multi-taste", "{}");
    pal_error err = { .status = PAL_OK };
    pal_state *other = NULL;
    const size_t stride = w.state->stride;
    uint64_t before[16], after[16];
    size_t fields = 0, k = 0;

    CK_OK(pal_state_new(&other, w.people, &err));
    while (pal_state_field_names[fields] != NULL) {
        fields++;
    }
    ck_assert_uint_eq(fields, 10);
    pal_state_field_digests(w.state, before);
#define X(type, field, length)                                                            \
    {                                                                                     \
        const size_t last = w.state->n * (size_t)(length)-1;                              \
        const uint64_t whole = pal_state_digest(w.state);                                 \
        w.state->field[last] = (type)(w.state->field[last] + (type)1);                    \
        ck_assert_str_eq(pal_state_field_names[k], #field);                               \
        ck_assert(pal_state_digest(w.state) != whole);                                    \
        pal_state_field_digests(w.state, after);                                          \
        for (size_t j = 0; j < fields; j++) {                                             \
            ck_assert_msg((after[j] != before[j]) == (j == k), "%s moved field %zu", #field, j); \
        }                                                                                 \
        pal_state_copy(other, w.state);                                                   \
        ck_assert(other->field[last] == w.state->field[last]);                            \
        ck_assert(pal_state_digest(other) == pal_state_digest(w.state));                  \
        pal_state_reset(w.state, w.people);                                               \
        ck_assert(pal_state_digest(w.state) == whole);                                    \
        k++;                                                                              \
    }
    PAL_STATE_FIELDS(X)
#undef X
    (void)stride;
    pal_state_free(other);
    sim_world_free(&w);
}
END_TEST

START_TEST(every_allocation_of_a_state_may_fail)
{
    sim_world w = sim_world_new(catalog, 13, "{\"n\": 3}", "multi-taste", "{}");
    size_t fail = 1;

    for (;; fail++) {
        pal_state *state = NULL;
        pal_error err = { .status = PAL_OK };

        pal_mem_fail_at(fail);
        const pal_status rc = pal_state_new(&state, w.people, &err);

        pal_mem_fail_at(0);
        pal_state_free(state);
        if (rc == PAL_OK) {
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
    ck_assert_uint_eq(fail, 12); /* the state, its ten fields, then success */
    sim_world_free(&w);
}
END_TEST

START_TEST(a_saved_state_comes_back_to_the_end_of_every_field)
{
    sim_world w = sim_world_new(catalog, 12, "{\"n\": 9}", "multi-taste", "{}");
    sim_world more = sim_world_new(catalog, 12, "{\"n\": 10}", "multi-taste", "{}");
    pal_error err = { .status = PAL_OK };
    pal_state *other = NULL;
    pal_tensors *file = NULL;
    const size_t stride = w.state->stride;

    CK_OK(pal_state_new(&other, w.people, &err));
#define X(type, field, length)                                                            \
    {                                                                                     \
        const size_t last = w.state->n * (size_t)(length)-1;                              \
        w.state->field[last] = (type)(w.state->field[last] + (type)1);                    \
    }
    PAL_STATE_FIELDS(X)
#undef X
    (void)stride;
    CK_OK(pal_tensors_new(&file, &err));
    CK_OK(pal_state_save(w.state, file, &err));
    ck_assert(pal_state_digest(other) != pal_state_digest(w.state));
    CK_OK(pal_state_restore(other, file, &err));
    ck_assert(pal_state_digest(other) == pal_state_digest(w.state));
    ck_assert_int_eq(pal_state_restore(more.state, file, &err), PAL_ERR_DATA);
    ck_assert_ptr_nonnull(strstr(err.text, "array \"people.n_tastes\" holds 9 values, wanted 10"));
    pal_tensors_free(file);
    pal_state_free(other);
    sim_world_free(&w);
    sim_world_free(&more);
}
END_TEST

Suite *suite_sim_state(void)
{
    Suite *suite = suite_create("sim/state");
    TCase *cases = tcase_create("state");

    tcase_add_unchecked_fixture(cases, setup, teardown);
    tcase_add_test(cases, a_new_state_holds_the_people_as_drawn);
    tcase_add_test(cases, digest_and_copy_and_reset_cover_every_field_to_its_end);
    tcase_add_test(cases, a_saved_state_comes_back_to_the_end_of_every_field);
    tcase_add_test(cases, every_allocation_of_a_state_may_fail);
    suite_add_tcase(suite, cases);
    return suite;
}
