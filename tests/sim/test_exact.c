/* The exact grade: the same bytes from gcc and clang, -O0 and -O3, on any 64-bit machine. */
#include "sim/response.h"

#include "core/hash.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/sim_world.h"

#include <string.h>

Suite *suite_sim_exact(void);

#define SLOTS 10

/*
 * Digests made with gcc 12 -O3 and found again with clang 14 -O3, gcc -O0, the sanitizer build and under
 * GLIBC_TUNABLES=glibc.cpu.hwcaps=-FMA,-AVX2. They say that the arithmetic is the same everywhere, not that it is right:
 * the other suites do that. A change of a formula, a default or the built-in model moves them on purpose.
 */
static const uint64_t golden[3] = { UINT64_C(0xa05ad4aecb57e305), UINT64_C(0xfc869ca1e509dd5f),
                                    UINT64_C(0x0c24b6789e6a2b30) }; /* raw features, people, answers and state */

/* Every float, taken by its bits. */
static uint64_t digest_of_answers(const pal_answer *a, size_t n, uint64_t digest)
{
    for (size_t k = 0; k < n; k++) {
        const float p[2] = { a[k].p_click, a[k].p_like };

        digest = pal_hash_mix(digest, pal_hash_floats(p, 2));
        digest = pal_hash_mix(digest, (uint64_t)a[k].true_taste << 8 | a[k].flags);
    }
    return digest;
}

START_TEST(catalog_people_and_answers_have_their_golden_digests)
{
    pal_catalog *catalog = sim_catalog(2385, 1500);
    sim_world w = sim_world_new(catalog, 1173, "{\"n\": 200}", "multi-taste",
                                "{\"drift\": true, \"birth\": true, \"birth_rate\": 0.1, \"churn\": true}");
    uint64_t got[3] = { pal_hash_floats(catalog->raw, catalog->n_items * catalog->d), w.people->digest, 0 };

    for (uint32_t u = 0; u < 200; u++) {
        for (uint32_t round = 0; round < 12; round++) {
            uint32_t item[SLOTS];
            pal_answer a[SLOTS];

            if (round % 3 == 0) {
                sim_random_items(item, SLOTS, catalog, 4, u, round);
            } else {
                w.type->top(w.self, w.state, u, round, NULL, SLOTS, item, NULL, w.arena);
            }
            w.type->answer(w.self, w.state, u, round, item, SLOTS, a);
            w.type->advance(w.self, w.state, u, round, item, a, SLOTS);
            got[2] = digest_of_answers(a, SLOTS, pal_hash_mix(got[2], pal_hash(item, sizeof item)));
        }
    }
    got[2] = pal_hash_mix(got[2], pal_state_digest(w.state));
    ck_assert_msg(memcmp(got, golden, sizeof got) == 0, "catalog 0x%016llx, people 0x%016llx, answers 0x%016llx",
                  (unsigned long long)got[0], (unsigned long long)got[1], (unsigned long long)got[2]);
    sim_world_free(&w);
    pal_catalog_free(catalog);
}
END_TEST

Suite *suite_sim_exact(void)
{
    Suite *suite = suite_create("sim/exact");
    TCase *cases = tcase_create("exact");

    tcase_set_timeout(cases, 60);
    tcase_add_test(cases, catalog_people_and_answers_have_their_golden_digests);
    suite_add_tcase(suite, cases);
    return suite;
}
