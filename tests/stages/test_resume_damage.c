/* States that do not fit: of other parameters, other people, or damaged. Refused by name, and never a crash. */
#include "core/mem.h"
#include "tests/support/holds.h"
#include "tests/support/resume_cases.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

enum { USERS = 10, ITEMS = 120, ROUNDS = 8, FLIPS = 60, MOST_ARRAYS = 200 };

/* ---- a saved state as bytes, and what stands in it ---- */

typedef struct saved {
    char *bytes;
    size_t n, header; /* bytes of the JSON header */
    pal_json_doc *doc;
    pal_tensors *file;
} saved;

static void play(resume_arm *arm)
{
    resume_round round = resume_round_of(arm->n_users);

    for (uint32_t r = 0; r < ROUNDS; r++) resume_play(&round, arm, r);
    resume_round_free(&round);
}

/* The file without the checksum, as another program would write it: so that damage gets past the reader. */
static void forget_checksum(saved *s)
{
    char *key = NULL;

    for (size_t i = 8; i + 6 < 8 + s->header && key == NULL; i++) {
        if (memcmp(s->bytes + i, "xxh128", 6) == 0) key = s->bytes + i;
    }
    ck_assert_ptr_nonnull(key);
    memcpy(key, "xxh000", 6);
}

static saved saved_of(const resume_arm *arm)
{
    const char *path = scratch_path("damage.safetensors");
    saved s = { 0 };
    pal_error err = { 0 };
    FILE *f;

    HOLD(pal_tensors_new(&s.file, &err) == PAL_OK);
    HOLDS(resume_save(arm, s.file, &err) == PAL_OK, "%s: %s", arm->of->name, err.text);
    HOLDS(pal_tensors_save(s.file, path, NULL, &err) == PAL_OK, "%s", err.text);
    f = fopen(path, "rb");
    HOLD(f != NULL && fseek(f, 0, SEEK_END) == 0);
    s.n = (size_t)ftell(f);
    s.bytes = pal_calloc(s.n, 1);
    rewind(f);
    HOLD(s.bytes != NULL && fread(s.bytes, 1, s.n, f) == s.n);
    fclose(f);
    for (size_t i = 0; i < 8; i++) s.header |= (size_t)(unsigned char)s.bytes[i] << (8 * i);
    HOLDS(pal_json_parse(&s.doc, s.bytes + 8, s.header, "header", &err) == PAL_OK, "%s", err.text);
    forget_checksum(&s);
    return s;
}

static void saved_free(saved *s)
{
    pal_free(s->bytes);
    pal_json_free(s->doc);
    pal_tensors_free(s->file);
}

/* Restore into a new instance with the same people; where it is taken, serving must not crash either. */
static pal_status try_file(resume_arm *arm, const pal_tensors *file, pal_error *err)
{
    pal_status rc;

    resume_remake(arm, 1);
    rc = resume_restore(arm, file, err);
    if (rc == PAL_OK) resume_look(arm, ROUNDS);
    return rc;
}

static pal_tensors *parse(const saved *s, const char *bytes)
{
    pal_tensors *file = NULL;

    return pal_tensors_parse(&file, bytes, s->n, "damaged", NULL) == PAL_OK ? file : NULL;
}

/* ---- single bytes ---- */

START_TEST(no_flipped_byte_brings_a_stage_down)
{
    const pal_key key = pal_key_for(9, 0, PAL_FOR_TEST);
    resume_arm arm;
    saved s;
    char *bytes;
    size_t read = 0;

    resume_begin(&arm, &resume_cases[_i], USERS, ITEMS, 1);
    play(&arm);
    s = saved_of(&arm);
    bytes = pal_calloc(s.n, 1);
    for (uint32_t k = 0; k < FLIPS; k++) {
        const pal_at at = { k, (uint64_t)_i, 0 };
        const size_t begin = k % 3 == 0 ? 8 : 8 + s.header, end = k % 3 == 0 || begin == s.n ? 8 + s.header : s.n;
        const size_t place = (begin < end ? begin : 8) + (size_t)(pal_u64(key, at, 0) % (begin < end ? end - begin : 1));
        pal_error err = { 0 };
        pal_tensors *file;
        pal_status rc;

        memcpy(bytes, s.bytes, s.n);
        bytes[place] = (char)(bytes[place] ^ (char)(1 << (pal_u64(key, at, 1) % 8)));
        file = parse(&s, bytes);
        if (file == NULL) continue;
        read++;
        rc = try_file(&arm, file, &err);
        HOLDS(rc == PAL_OK || rc == PAL_ERR_DATA, "%s, byte %zu: %s: %s", arm.of->name, place, pal_status_name(rc), err.text);
        HOLDS(rc == PAL_OK || err.text[0] != '\0', "%s, byte %zu: no word of what differs", arm.of->name, place);
        pal_tensors_free(file);
    }
    HOLDS(8 + s.header == s.n || 2 * read > FLIPS, "%s: only %zu files could be read", arm.of->name, read);
    pal_free(bytes);
    saved_free(&s);
    resume_free(&arm);
}
END_TEST

/* ---- whole arrays ---- */

typedef enum damage { DROPPED, SHORTER, LONGER, ONES, ZEROS, N_DAMAGES } damage;

static const struct {
    const char *name;
    pal_dtype type;
} types[] = { { "F32", PAL_F32 }, { "F64", PAL_F64 }, { "U8", PAL_U8 }, { "U16", PAL_U16 }, { "U32", PAL_U32 },
              { "U64", PAL_U64 }, { "I32", PAL_I32 }, { "I64", PAL_I64 } };

static pal_dtype type_of(const pal_json *member)
{
    for (size_t i = 0; i < sizeof types / sizeof *types; i++) {
        if (strcmp(types[i].name, pal_json_string(pal_json_get(member, "dtype"))) == 0) return types[i].type;
    }
    ck_abort_msg("a type this test does not know");
}

/* Put the array of a header's member, damaged or not; false when it cannot be damaged so. */
static bool put(pal_tensors *to, const saved *s, const pal_json *member, bool hurt, damage how)
{
    const pal_json *sizes = pal_json_get(member, "shape");
    const pal_dtype type = type_of(member);
    const size_t dims = pal_json_size(sizes);
    uint64_t shape[PAL_TENSOR_DIMS] = { 0 };
    size_t bytes = pal_dtype_size(type), row = bytes;
    const void *data;
    char *copy;

    HOLD(pal_tensors_get(&data, shape, s->file, pal_json_key(member), type, dims, NULL) == PAL_OK);
    for (size_t i = 0; i < dims; i++) bytes *= (size_t)shape[i];
    for (size_t i = 1; i < dims; i++) row *= (size_t)shape[i];
    if (hurt && how == DROPPED) return true;
    if (hurt && (bytes == 0 || ((how == SHORTER || how == LONGER) && dims == 0))) return false;
    copy = pal_calloc(bytes + row, 1);
    HOLD(copy != NULL);
    memcpy(copy, data, bytes);
    if (hurt && how == SHORTER) shape[0]--;
    if (hurt && how == LONGER) shape[0]++;
    if (hurt && how >= ONES) memset(copy, how == ONES ? 0xff : 0, bytes);
    HOLD(pal_tensors_put(to, pal_json_key(member), type, dims, shape, copy, NULL) == PAL_OK);
    pal_free(copy);
    return true;
}

/* The file with one array hurt; NULL when it cannot be. */
static pal_tensors *hurt_one(const saved *s, size_t which, damage how)
{
    const pal_json *root = pal_json_root(s->doc), *texts = pal_json_get(root, "__metadata__");
    pal_tensors *made = NULL;
    bool can = true;

    HOLD(pal_tensors_new(&made, NULL) == PAL_OK);
    for (size_t i = 0; i < pal_json_size(root); i++) {
        const pal_json *member = pal_json_at(root, i);

        if (strcmp(pal_json_key(member), "__metadata__") != 0) can = put(made, s, member, i == which, how) && can;
    }
    for (size_t i = 0; texts != NULL && i < pal_json_size(texts); i++) {
        const pal_json *text = pal_json_at(texts, i);

        HOLD(pal_tensors_put_text(made, pal_json_key(text), pal_json_string(text), NULL) == PAL_OK);
    }
    if (!can) {
        pal_tensors_free(made);
        return NULL;
    }
    return made;
}

START_TEST(an_array_that_is_missing_or_of_another_length_is_named)
{
    resume_arm arm;
    saved s;

    resume_begin(&arm, &resume_cases[_i], USERS, ITEMS, 1);
    play(&arm);
    s = saved_of(&arm);
    for (size_t k = 0; k < pal_json_size(pal_json_root(s.doc)); k++) {
        const char *name = pal_json_key(pal_json_at(pal_json_root(s.doc), k));

        for (damage how = DROPPED; strcmp(name, "__metadata__") != 0 && how < N_DAMAGES; how++) {
            pal_tensors *file = hurt_one(&s, k, how);
            pal_error err = { 0 };
            pal_status rc;

            if (file == NULL) continue;
            rc = try_file(&arm, file, &err);
            HOLDS(rc == PAL_ERR_DATA || (how >= ONES && rc == PAL_OK), "%s, %s, damage %d: %s: %s", arm.of->name, name,
                  (int)how, pal_status_name(rc), err.text);
            pal_tensors_free(file);
        }
    }
    saved_free(&s);
    resume_free(&arm);
}
END_TEST

/* The rule of stages/stage.h, which is why no two instances meet in a file. */
START_TEST(all_names_begin_with_that_of_the_stage)
{
    resume_arm arm;
    saved s;
    const pal_json *root, *texts;
    char own[64];
    size_t n;

    resume_begin(&arm, &resume_cases[_i], USERS, ITEMS, 1);
    play(&arm);
    s = saved_of(&arm);
    root = pal_json_root(s.doc);
    texts = pal_json_get(root, "__metadata__");
    n = (size_t)snprintf(own, sizeof own, "%s/", arm.of->stage);
    for (size_t k = 0; k < pal_json_size(root) + pal_json_size(texts); k++) {
        const bool is_text = k >= pal_json_size(root);
        const char *name = pal_json_key(is_text ? pal_json_at(texts, k - pal_json_size(root)) : pal_json_at(root, k));
        const bool of_the_file = strcmp(name, is_text ? "palate" : "__metadata__") == 0 || strcmp(name, "xxh128") == 0;

        HOLDS(of_the_file || strncmp(name, own, n) == 0 || (arm.cache != NULL && strncmp(name, "cache/", 6) == 0),
              "%s saves \"%s\"", arm.of->name, name);
    }
    saved_free(&s);
    resume_free(&arm);
}
END_TEST

/* ---- other parameters, other people ---- */

static const struct {
    resume_case one, other;
    const char *says;
} strangers[] = {
    { { .stage = "popularity", .json = "{\"decay\": 0.9}" }, { .stage = "popularity", .json = "" },
      "popularity.decay: the state was made with 0.9, here it is 0.98" },
    { { .stage = "boosted", .json = "{\"model\": {\"num_leaves\": 7}}" }, { .stage = "boosted", .json = "" },
      "boosted.model.num_leaves: the state was made with 7, here it is 15" },
    { { .stage = "als", .json = "{\"model\": {\"factors\": 4}}" }, { .stage = "als", .json = "" },
      "als.model.factors: the state was made with 4, here it is 32" },
    { { .stage = "rerank", .json = "{\"params\": {\"max_share\": 0.5}}" }, { .stage = "rerank", .json = "" },
      "rerank: ranking.max_share: the state was made with 0.5, here it is 0.6" },
    { { .stage = "rerank", .json = "{\"stage\": \"popularity\"}" }, { .stage = "rerank", .json = "" },
      "rerank.stage: the state was made with \"popularity\", here it is \"ranking\"" },
    { { .stage = "progressive", .json = "{\"preset\": \"reference\"}" }, { .stage = "progressive", .json = "" },
      "progressive.preset: the state was made with \"reference\", here it is \"palate\"" },
    { { .stage = "community", .json = "{\"popularity\": {\"decay\": 0.5}}" }, { .stage = "community", .json = "" },
      "community: popularity.decay: the state was made with 0.5, here it is 0.98" },
    { { .stage = "popularity", .json = "" }, { .stage = "linucb", .json = "" },
      "holds no state of the stage \"linucb\"" },
};
enum { N_STRANGERS = sizeof strangers / sizeof *strangers };

START_TEST(a_state_of_other_parameters_is_refused_by_name)
{
    resume_arm one, other;
    pal_tensors *file = NULL;
    pal_error err = { 0 };

    resume_begin(&one, &strangers[_i].one, USERS, ITEMS, 1);
    resume_begin(&other, &strangers[_i].other, USERS, ITEMS, 1);
    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_int_eq(resume_save(&one, file, &err), PAL_OK);
    ck_assert_int_eq(resume_restore(&other, file, &err), PAL_ERR_DATA);
    ck_assert_has(err.text, strangers[_i].says);
    pal_tensors_free(file);
    resume_free(&one);
    resume_free(&other);
}
END_TEST

START_TEST(a_state_of_other_people_or_songs_is_refused_by_number)
{
    static const size_t users[] = { USERS - 1, USERS }, items[] = { ITEMS, ITEMS + 16 };
    const resume_case *of = &resume_cases[_i];
    resume_arm one;
    pal_tensors *file = NULL;
    pal_error err = { 0 };

    resume_begin(&one, of, USERS, ITEMS, 1);
    ck_assert_int_eq(pal_tensors_new(&file, &err), PAL_OK);
    ck_assert_int_eq(resume_save(&one, file, &err), PAL_OK);
    for (size_t k = 0; k < 2; k++) {
        resume_arm other;
        char want[80];

        resume_begin(&other, of, users[k], items[k], 1);
        snprintf(want, sizeof want, "that of %d people and %d items, here are %zu and %zu", USERS, ITEMS, users[k], items[k]);
        if (one.stage.type->save != pal_nothing_save) {
            ck_assert_int_eq(resume_restore(&other, file, &err), PAL_ERR_DATA);
            ck_assert_has(err.text, want);
        }
        resume_free(&other);
    }
    pal_tensors_free(file);
    resume_free(&one);
}
END_TEST

/* ---- memory ---- */

START_TEST(no_allocation_of_save_and_restore_may_fail_unnoticed)
{
    const resume_case *of = &resume_cases[_i];
    resume_arm arm;
    pal_tensors *file = NULL;
    bool failed = true;

    resume_begin(&arm, of, 4, 40, 1);
    HOLD(pal_tensors_new(&file, NULL) == PAL_OK);
    HOLD(resume_save(&arm, file, NULL) == PAL_OK);
    for (size_t n = 1; failed; n++) {
        pal_tensors *again = NULL;
        pal_error err = { 0 };
        pal_status rc;

        HOLD(pal_tensors_new(&again, NULL) == PAL_OK);
        pal_mem_fail_at(n);
        rc = resume_save(&arm, again, &err);
        if (rc == PAL_OK) rc = resume_restore(&arm, file, &err);
        failed = pal_mem_count() >= n;
        pal_mem_fail_at(0);
        HOLDS(rc == (failed ? PAL_ERR_MEMORY : PAL_OK), "%s, allocation %zu: %s: %s", of->name, n, pal_status_name(rc),
              err.text);
        HOLD(n < 5000);
        pal_tensors_free(again);
    }
    pal_tensors_free(file);
    resume_free(&arm);
}
END_TEST

Suite *suite_stages_resume_damage(void);
Suite *suite_stages_resume_damage(void)
{
    Suite *suite = suite_create("stages/resume_damage");
    TCase *tc = tcase_create("damage");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 120);
    tcase_add_loop_test(tc, no_flipped_byte_brings_a_stage_down, 0, (int)resume_n_cases);
    tcase_add_loop_test(tc, an_array_that_is_missing_or_of_another_length_is_named, 0, (int)resume_n_cases);
    tcase_add_loop_test(tc, all_names_begin_with_that_of_the_stage, 0, (int)resume_n_cases);
    tcase_add_loop_test(tc, a_state_of_other_parameters_is_refused_by_name, 0, N_STRANGERS);
    tcase_add_loop_test(tc, a_state_of_other_people_or_songs_is_refused_by_number, 0, (int)resume_n_cases);
    tcase_add_loop_test(tc, no_allocation_of_save_and_restore_may_fail_unnoticed, 0, (int)resume_n_cases);
    suite_add_tcase(suite, tc);
    return suite;
}
