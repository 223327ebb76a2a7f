#include "data/write_interactions.h"

#include "core/file.h"
#include "core/mem.h"
#include "tests/support/data_catalogs.h"
#include "tests/support/log_rig.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

Suite *suite_data_write_interactions(void);

START_TEST(csv_comes_back_as_the_same_log_and_the_same_bytes)
{
    static const char text[] = "user,item,value,time\n"
                               "\"a,b\",10,2.385,-7\n\"say \"\"so\"\"\",9,0.1173,8\n\"a,b\",\"two\nlines\",1,9007199254740993\n"
                               "z,9,3e-20,0\n";
    pal_interactions *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(log_load_text(&a, NULL, "a.csv", text, "", &err));
    CK_OK(pal_interactions_save_csv(a, scratch_path("b.csv"), NULL, &err));
    ck_assert(scratch_holds(scratch_path("b.csv"), text));
    CK_OK(log_load_file(&b, NULL, scratch_path("b.csv"), "", &err));
    ck_assert_uint_eq(pal_interactions_digest(a), pal_interactions_digest(b));
    pal_interactions_free(a);
    pal_interactions_free(b);
}
END_TEST

/* Repeated rows are gone after the first writing: what is read then stays as it is. */
START_TEST(random_logs_survive_both_formats)
{
    pal_interactions *log = log_random((uint64_t)_i, 20, 30, 150, _i % 2 == 0), *a = NULL, *b = NULL, *c = NULL;
    pal_error err = { .status = PAL_OK };

    CK_OK(pal_interactions_save_csv(log, scratch_path("a.csv"), NULL, &err));
    CK_OK(log_load_file(&a, NULL, scratch_path("a.csv"), "{\"duplicates\": \"error\"}", &err));
    CK_OK(pal_interactions_save_atomic(a, scratch_path("x"), &err));
    CK_OK(log_load_file(&b, NULL, scratch_path("x/x.inter"), "", &err));
    CK_OK(pal_interactions_save_csv(b, scratch_path("b.csv"), NULL, &err));
    CK_OK(log_load_file(&c, NULL, scratch_path("b.csv"), "", &err));
    ck_assert_uint_eq(a->n, log->n);
    for (size_t i = 0; i < a->n; i++) {
        ck_assert_float_eq(a->value[i], log->value[i]);
        ck_assert_str_eq(a->item_id[a->item[i]], log->item_id[log->item[i]]);
    }
    ck_assert_uint_eq(pal_interactions_digest(a), pal_interactions_digest(b));
    ck_assert_uint_eq(pal_interactions_digest(a), pal_interactions_digest(c));
    ck_assert(!pal_file_exists(scratch_path("x/x.item"))); /* nothing to say */
    pal_interactions_free(log);
    pal_interactions_free(a);
    pal_interactions_free(b);
    pal_interactions_free(c);
}
END_TEST

START_TEST(atomic_files_carry_titles_and_features)
{
    pal_interactions *a = NULL, *b = NULL;
    pal_error err = { .status = PAL_OK };

    scratch_text("u.item", "1|Caf\xe9 (1995)|d||u|0|1|0|0|0|1|0|0|0|0|0|0|0|0|0|0|0|0|0\n"
                           "3|B|d||u|0|0|0|0|0|0|0|0|1|0|0|0|0|0|0|0|0|0|0\n");
    scratch_text("u.user", "5|24|M|technician|1\n6|34|F|other|2\n7|64|F|none of it|3\n");
    CK_OK(log_load_text(&a, NULL, "u.data", "7\t3\t4\t2\n5\t1\t3\t1\n6\t3\t4\t2\n", "", &err));
    CK_OK(pal_interactions_save_atomic(a, scratch_path("set"), &err));
    ck_assert(scratch_holds(scratch_path("set/set.inter"),
                            "user_id:token\titem_id:token\trating:float\ttimestamp:float\n7\t3\t4\t2\n5\t1\t3\t1\n6\t3\t4\t2\n"));
    ck_assert(scratch_holds(scratch_path("set/set.item"), "item_id:token\ttitle:token_seq\tgenre:token_seq\n"
                            "1\tCafé (1995)\tAction Comedy\n3\tB\tDrama\n"));
    ck_assert(scratch_holds(scratch_path("set/set.user"), "user_id:token\tage:float\tgender:token\toccupation:token\n"
                            "5\t0\tM\ttechnician\n6\t0.25\tF\tother\n7\t1\tF\tnone of it\n"));
    CK_OK(log_load_file(&b, NULL, scratch_path("set/set.inter"), "", &err));
    ck_assert_str_eq(b->item_title[0], "Café (1995)");
    ck_assert_uint_eq(b->item_side->cell->n, a->item_side->cell->n);
    ck_assert_uint_eq(pal_csr_digest(a->user_side->cell), pal_csr_digest(b->user_side->cell));
    for (size_t f = 0; f < a->user_side->n_features; f++) {
        ck_assert_str_eq(a->user_side->name[f], b->user_side->name[f]);
    }
    CK_OK(pal_interactions_save_atomic(b, scratch_path("two/set"), &err)); /* makes the folder above it too */
    ck_assert(pal_file_exists(scratch_path("two/set/set.user")));
    pal_interactions_free(a);
    pal_interactions_free(b);
}
END_TEST

START_TEST(what_an_atomic_file_cannot_say_is_refused_and_leaves_nothing)
{
    pal_interactions *log = NULL;
    pal_error err = { .status = PAL_OK };
    char json[600];

    CK_OK(log_load_text(&log, NULL, "a.csv", "user,item\n\"two\nlines\",9\n", "", &err));
    data_check_error(pal_interactions_save_atomic(log, scratch_path("x"), &err), &err, PAL_ERR_DATA,
                     "the person's id 'two lines' holds a tab, a line end");
    pal_interactions_free(log);
    CK_OK(log_load_text(&log, NULL, "a.csv", "user,item\nu,\"i\tj\"\n", "", &err));
    data_check_error(pal_interactions_save_atomic(log, scratch_path("x"), &err), &err, PAL_ERR_DATA, "the item's id 'i j'");
    pal_interactions_free(log);
    ck_assert(!pal_file_exists(scratch_path("x")));
    snprintf(json, sizeof json, "{\"item_file\": \"%s\"}", scratch_text("side.csv", "id,a:b\n1,2\n2,3\n"));
    CK_OK(log_load_text(&log, NULL, "b.csv", "user,item\nu,1\nu,2\n", json, &err));
    data_check_error(pal_interactions_save_atomic(log, scratch_path("x"), &err), &err, PAL_ERR_DATA,
                     "the feature 'a:b' holds a tab, a line end or ':'");
    ck_assert_uint_eq(scratch_count(scratch_path("x")), 0);
    pal_interactions_free(log);
}
END_TEST

START_TEST(a_failing_allocation_leaves_no_file)
{
    pal_interactions *log = log_random(1, 5, 5, 20, true);
    size_t n_failed = 0;

    for (size_t fail = 1; fail < 60; fail++) {
        pal_error err = { .status = PAL_OK };
        pal_status rc;

        pal_mem_fail_at(fail);
        rc = pal_interactions_save_atomic(log, scratch_path("x"), &err);
        pal_mem_fail_at(0);
        ck_assert(rc == PAL_OK || rc == PAL_ERR_MEMORY);
        ck_assert(pal_file_exists(scratch_path("x/x.inter")) == (rc == PAL_OK || n_failed < fail - 1));
        n_failed += rc != PAL_OK;
    }
    ck_assert_uint_gt(n_failed, 5);
    ck_assert_uint_lt(n_failed, 59);
    ck_assert_uint_eq(scratch_count(scratch_path("x")), 1); /* no temporary file is left */
    pal_interactions_free(log);
}
END_TEST

Suite *suite_data_write_interactions(void)
{
    Suite *suite = suite_create("data/write_interactions");
    TCase *tc = tcase_create("write");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, csv_comes_back_as_the_same_log_and_the_same_bytes);
    tcase_add_loop_test(tc, random_logs_survive_both_formats, 0, 8);
    tcase_add_test(tc, atomic_files_carry_titles_and_features);
    tcase_add_test(tc, what_an_atomic_file_cannot_say_is_refused_and_leaves_nothing);
    tcase_add_test(tc, a_failing_allocation_leaves_no_file);
    suite_add_tcase(suite, tc);
    return suite;
}
