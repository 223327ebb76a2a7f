/* JSON read strictly, looked at, changed by path, written the same each time. */
#include "core/json.h"

#include "core/mem.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

Suite *suite_core_json(void);

static pal_json_doc *parse(const char *text)
{
    pal_json_doc *doc = NULL;
    pal_error err;

    if (pal_json_parse(&doc, text, strlen(text), "t.json", &err) != PAL_OK) {
        ck_abort_msg("%s: %s", text, err.text);
    }
    return doc;
}

static void check_refused(const char *text, size_t n, const char *part)
{
    pal_json_doc *doc = NULL;
    pal_error err = { PAL_OK, "" };

    ck_assert_msg(pal_json_parse(&doc, text, n, "t.json", &err) == PAL_ERR_PARSE, "\"%s\" is taken", text);
    ck_assert_int_eq(err.status, PAL_ERR_PARSE);
    ck_assert_ptr_null(doc);
    ck_assert_has(err.text, "t.json: ");
    ck_assert_has(err.text, part);
}

/* What a document looks like when it is written again. */
static char *rewrite(const pal_json *value, bool compact)
{
    pal_json_writer w = { .compact = compact };

    pal_json_put_value(&w, NULL, value);
    ck_assert_int_eq(pal_text_check(&w.text, NULL), PAL_OK);
    return w.text.bytes;
}

/* ---- reading ------------------------------------------------------------------------------- */

START_TEST(values_of_all_kinds_are_found)
{
    pal_json_doc *doc = parse(" {\"n\": -2.385e1, \"t\":true,\"f\":false, \"z\" : null,\n"
                              "\"s\": \"a\\\"\\\\\\/\\b\\f\\n\\r\\t\\u00e9\\ud83c\\udfb5\", \"a\": [1, [], {}]} ");
    const pal_json *root = pal_json_root(doc), *a = pal_json_get(root, "a");

    ck_assert_str_eq(pal_json_name(doc), "t.json");
    ck_assert_int_eq(pal_json_kind_of(root), PAL_JSON_OBJECT);
    ck_assert_uint_eq(pal_json_size(root), 6);
    ck_assert_double_eq(pal_json_number(pal_json_get(root, "n")), -23.85);
    ck_assert(pal_json_bool(pal_json_get(root, "t")));
    ck_assert(!pal_json_bool(pal_json_get(root, "f")));
    ck_assert_int_eq(pal_json_kind_of(pal_json_get(root, "z")), PAL_JSON_NULL);
    ck_assert_str_eq(pal_json_string(pal_json_get(root, "s")), "a\"\\/\b\f\n\r\t\xc3\xa9\xf0\x9f\x8e\xb5");
    ck_assert_int_eq(pal_json_kind_of(a), PAL_JSON_ARRAY);
    ck_assert_uint_eq(pal_json_size(a), 3);
    ck_assert_uint_eq(pal_json_size(pal_json_at(a, 1)), 0);
    ck_assert_uint_eq(pal_json_size(pal_json_at(a, 2)), 0);
    ck_assert_str_eq(pal_json_key(pal_json_at(root, 5)), "a");
    ck_assert_ptr_null(pal_json_get(root, "N")); /* letter case counts */
    ck_assert_ptr_null(pal_json_get(root, "x"));
    pal_json_free(doc);
    pal_json_free(NULL);
}
END_TEST

START_TEST(lawful_texts_are_taken)
{
    static const char *const texts[] = {
        "0", "-0", "1e5", "1E+05", "0.1e-7", "\"\"", "null", "[]", "{}", "[[]]", "[0]", "{\"\":0}",
        "{\"a\":{\"a\":{\"a\":1}}}", "\"\\u0001\"", "\"\x7f\"", "\t\r\n [1\n,2 ] \n", "\xef\xbb\xbf[1]",
        "1e-999", "123456789012345678901234567890", "[true,false,null]", "\"\xc3\xa9\"", "{\"a\":1,\"A\":2}"
    };

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        pal_json_free(parse(texts[i]));
    }
}
END_TEST

START_TEST(unlawful_texts_are_refused_with_their_place)
{
    static const char *const rows[][2] = {
        { "", "line 1, column 1: expected a value" },
        { "  ", "line 1, column 3: expected a value (an object, an array, a string in quotes, a number, "
                "true, false or null), found the end of the text" },
        { "01", "line 1, column 1: expected a number without leading zeros" },
        { "-01", "column 1: expected a number without leading zeros" },
        { "[1.]", "column 4: expected a digit after the decimal point, found \"]\"" },
        { "+1", "column 1: expected a value" },
        { ".5", "column 1: expected a value" },
        { "-", "column 2: expected a digit, found the end of the text" },
        { "-a", "column 2: expected a digit, found \"a\"" },
        { "1e", "a digit in the exponent" },
        { "1e+", "a digit in the exponent" },
        { "0x10", "expected the end of the text, found \"x\"" },
        { "1e999", "column 1: expected a number that fits a double" },
        { "{\"a\": -1e400}", "column 7: expected a number that fits a double" },
        { "NaN", "expected a value" },
        { "Infinity", "expected a value" },
        { "nul", "expected a value" },
        { "nulll", "expected the end of the text, found \"l\"" },
        { "True", "expected a value" },
        { "'a'", "expected a value" },
        { "[1,]", "column 4: expected a value" },
        { "[,1]", "column 2: expected a value" },
        { "[1 2]", "column 4: expected \",\" or \"]\", found \"2\"" },
        { "[1", "column 3: expected \",\" or \"]\", found the end of the text" },
        { "{\"a\":1,}", "column 8: expected a key in quotes, found \"}\"" },
        { "{a:1}", "column 2: expected a key in quotes, found \"a\"" },
        { "{\"a\" 1}", "column 6: expected \":\" after the key, found \"1\"" },
        { "{\"a\":}", "column 6: expected a value" },
        { "{\"a\":1 \"b\":2}", "column 8: expected \",\" or \"}\", found a quote" },
        { "{\n  \"a\": 1,\n  \"b\" = 2\n}", "line 3, column 7: expected \":\"" },
        { "[1] // one", "line 1, column 5: expected the end of the text, found \"/\"" },
        { "/* */ 1", "expected a value" },
        { "{} {}", "expected the end of the text, found \"{\"" },
        { "\"abc", "column 5: expected a closing quote, found the end of the text" },
        { "\"a\nb\"", "column 3: expected a closing quote (control characters" },
        { "\"a\tb\"", "found byte 0x09" },
        { "\"\\x\"", "after a backslash, found \"x\"" },
        { "\"\\", "after a backslash, found the end" },
        { "\"\\u12g4\"", "column 6: expected four hexadecimal digits after \\u, found \"g\"" },
        { "\"\\u0000\"", "a character other than \\u0000" },
        { "\"\\ud800\"", "a surrogate pair" },
        { "\"\\ud800\\u0041\"", "a surrogate pair" },
        { "\"\\udc00\"", "the first half of a surrogate pair" },
        { "\"\xff\"", "line 1, column 2: expected text in UTF-8, found a byte that is not UTF-8" },
        { "[\"\xc3\xa9\xc3\xa9\",\n\"\xc3\"]", "line 2, column 2: expected text in UTF-8" },
        { "\"\xc3\xa9\" x", "column 5" }, /* columns are characters, not bytes */
        { "\"\xed\xa0\x80\"", "UTF-8" },
        { "1111111111222222222233333333334444444444555555555566666666667777", "at most 63 characters" }
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_refused(rows[i][0], strlen(rows[i][0]), rows[i][1]);
    }
    check_refused("[1]\0", 4, "expected text in UTF-8, found byte 0x00");
    check_refused("[\"a\0b\"]", 7, "column 4");
    check_refused("[1, 2]", 4, "found the end of the text"); /* no byte past n is looked at */
}
END_TEST

START_TEST(keys_that_stand_twice_are_refused_by_path)
{
    static const char *const rows[][2] = {
        { "{\"a\":1,\"b\":2,\"a\":3}", "t.json: a: this key stands twice" },
        { "{\"people\":{\"tastes\":{\"n\":1,\"m\":0,\"n\":2}}}", "t.json: people.tastes.n: this key" },
        { "{\"arms\":[{},{},{\"name\":1,\"name\":2}]}", "t.json: arms[2].name: this key" },
        { "[[{\"x\":1,\"\\u0078\":2}]]", "t.json: [0][0].x: this key" },
        { "{\"\":1,\"\":2}", "this key stands twice" }
    };

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        check_refused(rows[i][0], strlen(rows[i][0]), rows[i][1]);
    }
}
END_TEST

START_TEST(sixty_four_levels_are_taken_and_one_more_is_not)
{
    char text[200];

    memset(text, '[', 64);
    memset(text + 64, ']', 64);
    text[128] = '\0';
    pal_json_free(parse(text));
    memset(text, '[', 65);
    memset(text + 65, ']', 65);
    check_refused(text, 130, "line 1, column 65: expected at most 64 levels of nesting");
    memset(text, '[', 200);
    check_refused(text, 200, "at most 64 levels");
    pal_json_free(parse("[[],[],[[]],[],{}]")); /* width is no depth */
}
END_TEST

START_TEST(large_arrays_are_indexed)
{
    pal_text text = { 0 };
    pal_json_doc *doc;
    const pal_json *root;

    pal_text_add(&text, "[0");
    for (int i = 1; i < 100000; i++) {
        pal_text_addf(&text, ",%d", i);
    }
    pal_text_add(&text, "]");
    doc = parse(text.bytes);
    root = pal_json_root(doc);
    ck_assert_uint_eq(pal_json_size(root), 100000);
    for (size_t i = 0; i < 100000; i++) {
        if (pal_json_number(pal_json_at(root, i)) != (double)i) {
            ck_abort_msg("element %zu", i);
        }
    }
    pal_json_free(doc);
    pal_text_clear(&text);
}
END_TEST

START_TEST(parsing_survives_the_failure_of_any_allocation)
{
    const char *text = "{\"a\":[1,2,{\"b\":\"c\"}],\"d\":{},\"e\":null}";
    pal_json_doc *doc = NULL;
    pal_error err;
    size_t n = 1;

    for (;; n++) {
        pal_mem_fail_at(n);
        if (pal_json_parse(&doc, text, strlen(text), "t.json", &err) == PAL_OK) {
            break;
        }
        ck_assert_int_eq(err.status, PAL_ERR_MEMORY);
        ck_assert_ptr_null(doc);
    }
    pal_mem_fail_at(0);
    ck_assert_uint_gt(n, 15);
    pal_json_free(doc);
}
END_TEST

START_TEST(files_are_loaded_and_named)
{
    pal_json_doc *doc = NULL;
    pal_error err;

    ck_assert_int_eq(pal_json_load(&doc, scratch_text("a.json", "{\"n\": 3}\n"), NULL), PAL_OK);
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_root(doc), "n")), 3.0);
    pal_json_free(doc);
    doc = NULL;
    ck_assert_int_eq(pal_json_load(&doc, scratch_gzip("a.json.gz", "[7]"), NULL), PAL_OK);
    pal_json_free(doc);
    doc = NULL;
    ck_assert_int_eq(pal_json_load(&doc, scratch_text("b.json", "{\n\n 3}"), &err), PAL_ERR_PARSE);
    ck_assert_has(err.text, "b.json: line 3, column 2: expected a key in quotes, found \"3\"");
    ck_assert_int_eq(pal_json_load(&doc, scratch_path("none.json"), &err), PAL_ERR_IO);
    ck_assert_has(err.text, "none.json");
    ck_assert_ptr_null(doc);
}
END_TEST

START_TEST(kinds_have_names_for_people)
{
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_OBJECT), "an object");
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_ARRAY), "an array");
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_STRING), "a string");
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_NUMBER), "a number");
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_BOOL), "true or false");
    ck_assert_str_eq(pal_json_kind_name(PAL_JSON_NULL), "null");
}
END_TEST

START_TEST(asking_for_another_kind_aborts)
{
    pal_json_doc *doc = parse("[1]");

    fclose(stderr);
    (void)pal_json_string(pal_json_at(pal_json_root(doc), 0));
}
END_TEST

/* ---- setting ------------------------------------------------------------------------------- */

static void check_set(const char *start, const char *path, const char *value, const char *wanted)
{
    pal_json_doc *doc = parse(start);
    pal_error err;
    char *text;

    if (pal_json_set(doc, path, value, &err) != PAL_OK) {
        ck_abort_msg("%s = %s: %s", path, value, err.text);
    }
    text = rewrite(pal_json_root(doc), true);
    ck_assert_str_eq(text, wanted);
    pal_free(text);
    pal_json_free(doc);
}

START_TEST(values_are_set_by_path)
{
    check_set("{}", "n", "3", "{\"n\": 3}");
    check_set("{\"n\": 1}", "n", "2.385", "{\"n\": 2.385}");
    check_set("{\"a\": 1, \"n\": 1, \"z\": 2}", "n", "[1, 2]", "{\"a\": 1, \"n\": [1, 2], \"z\": 2}");
    check_set("{}", "people.tastes.n", "5", "{\"people\": {\"tastes\": {\"n\": 5}}}");
    check_set("{\"people\": {\"n\": 1}}", "people.m", "true", "{\"people\": {\"n\": 1, \"m\": true}}");
    check_set("{\"arms\": [{\"name\": \"a\"}, {}]}", "arms.0.name", "b",
              "{\"arms\": [{\"name\": \"b\"}, {}]}");
    check_set("{\"arms\": [{\"name\": \"a\"}, {}]}", "arms[1].name", "\"c\"",
              "{\"arms\": [{\"name\": \"a\"}, {\"name\": \"c\"}]}");
    check_set("{\"x\": [1, 2, 3]}", "x[2]", "null", "{\"x\": [1, 2, null]}");
    check_set("{\"x\": [[1, 2], [3]]}", "x[0][1]", "{\"k\": 0}", "{\"x\": [[1, {\"k\": 0}], [3]]}");
    check_set("[5, 6]", "[1]", "7", "[5, 7]");
    check_set("{\"x\": {\"y\": 1}}", "x", "flat", "{\"x\": \"flat\"}");
}
END_TEST

START_TEST(what_is_not_json_is_a_string)
{
    check_set("{}", "s", "two words", "{\"s\": \"two words\"}");
    check_set("{}", "s", "", "{\"s\": \"\"}");
    check_set("{}", "s", "01", "{\"s\": \"01\"}");
    check_set("{}", "s", "[1,", "{\"s\": \"[1,\"}");
    check_set("{}", "s", "18446744073709551615", "{\"s\": 1.8446744073709552e19}");
    check_set("{}", "s", "\"18446744073709551615\"", "{\"s\": \"18446744073709551615\"}");
}
END_TEST

START_TEST(a_document_can_be_set_again_and_again)
{
    pal_json_doc *doc = parse("{\"a\": [1, 2, 3]}");
    char path[32], value[32];

    for (int i = 0; i < 50; i++) {
        snprintf(path, sizeof path, i % 2 == 0 ? "a[%d]" : "new.k%d", i % 3);
        snprintf(value, sizeof value, "%d", i);
        ck_assert_int_eq(pal_json_set(doc, path, value, NULL), PAL_OK);
    }
    ck_assert_uint_eq(pal_json_size(pal_json_get(pal_json_root(doc), "new")), 3);
    ck_assert_double_eq(pal_json_number(pal_json_at(pal_json_get(pal_json_root(doc), "a"), 0)), 48.0);
    ck_assert_double_eq(pal_json_number(pal_json_get(pal_json_get(pal_json_root(doc), "new"), "k1")), 49.0);
    pal_json_free(doc);
}
END_TEST

START_TEST(paths_that_lead_nowhere_are_refused)
{
    static const char *const rows[][2] = {
        { "", "\"\": is no path" },
        { ".", "is no path" },
        { "a.", "is no path" },
        { ".a", "is no path" },
        { "x..y", "is no path" },
        { "arms[0", "is no path" },
        { "arms[]", "is no path" },
        { "arms[0]x", "is no path" },
        { "arms.[0]", "is no path" },
        { "arms[2].name", "arms[2].name: \"2\" is no index into the array there, which has 2 elements" },
        { "arms.-1.name", "\"-1\" is no index" },
        { "arms.name", "arms.name: \"name\" is no index" },
        { "n.deeper", "n.deeper: \"deeper\" cannot be looked up in what stands there, a number" },
        { "s.a.b", "\"a\" cannot be looked up in what stands there, a string" },
        { "z.a", "what stands there, null" },
        { "o[0]", "\"0\" cannot be looked up in what stands there, an object" },
        { "\xff", "is no path" }
    };
    pal_json_doc *doc = parse("{\"arms\": [{}, {}], \"n\": 1, \"s\": \"t\", \"o\": {}, \"z\": null}");
    pal_error err;

    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        ck_assert_msg(pal_json_set(doc, rows[i][0], "1", &err) == PAL_ERR_USAGE, "%s", rows[i][0]);
        ck_assert_int_eq(err.status, PAL_ERR_USAGE);
        ck_assert_has(err.text, rows[i][1]);
    }
    ck_assert_int_eq(pal_json_set(doc, "n", "{\"a\":1,\"a\":2}", &err), PAL_ERR_USAGE);
    ck_assert_int_eq(err.status, PAL_ERR_USAGE);
    ck_assert_has(err.text, "a: this key stands twice");
    ck_assert_int_eq(pal_json_set(doc, "n", "\xff", &err), PAL_ERR_USAGE);
    ck_assert_has(err.text, "n: the value is not UTF-8");
    pal_json_free(doc);
}
END_TEST

START_TEST(setting_survives_the_failure_of_any_allocation)
{
    pal_error err;

    for (size_t n = 1;; n++) {
        pal_json_doc *doc = parse("{\"a\": [1]}");
        pal_status rc;

        pal_mem_fail_at(n);
        rc = pal_json_set(doc, "b.c.d", "{\"x\": [1, 2]}", &err);
        pal_mem_fail_at(0);
        pal_free(rewrite(pal_json_root(doc), false)); /* still a document */
        pal_json_free(doc);
        if (rc == PAL_OK) {
            ck_assert_uint_gt(n, 8);
            break;
        }
        ck_assert_int_eq(rc, PAL_ERR_MEMORY);
    }
}
END_TEST

/* ---- writing ------------------------------------------------------------------------------- */

static void put_all(pal_json_writer *w)
{
    const double x[] = { 1, 2.5, NAN, -0.0 };

    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", "a \"b\"\\\n\x01 \xc3\xa9 \xff/");
    pal_json_put_string(w, "none", NULL);
    pal_json_put_number(w, "x", 0.1);
    pal_json_put_number(w, "inf", INFINITY);
    pal_json_put_i64(w, "i", INT64_MIN);
    pal_json_put_bool(w, "t", true);
    pal_json_put_null(w, "z");
    pal_json_put_numbers(w, "xs", x, 4);
    pal_json_put_numbers(w, "no", x, 0);
    pal_json_begin_array(w, "list");
    pal_json_begin_object(w, NULL);
    pal_json_put_bool(w, "f", false);
    pal_json_end_object(w);
    pal_json_put_string(w, NULL, "s");
    pal_json_end_array(w);
    pal_json_begin_object(w, "empty");
    pal_json_end_object(w);
    pal_json_begin_array(w, "hollow");
    pal_json_end_array(w);
    pal_json_end_object(w);
}

START_TEST(the_writer_indents_and_escapes)
{
    pal_json_writer w = { 0 };

    put_all(&w);
    ck_assert_str_eq(w.text.bytes,
                     "{\n"
                     "  \"name\": \"a \\\"b\\\"\\\\\\n\\u0001 \xc3\xa9 \xef\xbf\xbd/\",\n"
                     "  \"none\": null,\n"
                     "  \"x\": 0.1,\n"
                     "  \"inf\": null,\n"
                     "  \"i\": -9223372036854775808,\n"
                     "  \"t\": true,\n"
                     "  \"z\": null,\n"
                     "  \"xs\": [1, 2.5, null, 0],\n"
                     "  \"no\": [],\n"
                     "  \"list\": [\n"
                     "    {\n"
                     "      \"f\": false\n"
                     "    },\n"
                     "    \"s\"\n"
                     "  ],\n"
                     "  \"empty\": {},\n"
                     "  \"hollow\": []\n"
                     "}");
    pal_text_clear(&w.text);
}
END_TEST

START_TEST(a_compact_writer_keeps_one_line)
{
    pal_json_writer w = { .compact = true };

    put_all(&w);
    ck_assert_ptr_null(strchr(w.text.bytes, '\n'));
    ck_assert_has(w.text.bytes, "\"list\": [{\"f\": false}, \"s\"], \"empty\": {}, \"hollow\": []}");
    pal_json_free(parse(w.text.bytes));
    pal_text_clear(&w.text);
}
END_TEST

START_TEST(what_is_written_reads_back_and_is_written_the_same)
{
    for (int compact = 0; compact < 2; compact++) {
        pal_json_writer w = { .compact = compact == 1 };
        pal_json_doc *doc;
        char *again;

        put_all(&w);
        doc = parse(w.text.bytes);
        again = rewrite(pal_json_root(doc), compact == 1);
        pal_json_free(doc);
        doc = parse(again);
        pal_text_clear(&w.text);
        w = (pal_json_writer){ .compact = compact == 1 };
        pal_json_put_value(&w, NULL, pal_json_root(doc));
        ck_assert_str_eq(w.text.bytes, again);
        ck_assert_has(again, "\"name\": \"a \\\"b\\\"\\\\\\n\\u0001 \xc3\xa9 \xef\xbf\xbd/\"");
        pal_free(again);
        pal_json_free(doc);
        pal_text_clear(&w.text);
    }
}
END_TEST

START_TEST(saving_ends_the_line_and_frees_the_text)
{
    pal_json_writer w = { 0 };
    char hex[33];
    pal_error err;

    pal_json_put_number(&w, NULL, 7);
    ck_assert_int_eq(pal_json_save(&w, scratch_path("a.json"), hex, NULL), PAL_OK);
    ck_assert_ptr_null(w.text.bytes);
    ck_assert(scratch_holds(scratch_path("a.json"), "7\n"));
    ck_assert_uint_eq(strlen(hex), 32);
    w = (pal_json_writer){ 0 };
    pal_json_put_number(&w, NULL, 7);
    ck_assert_int_eq(pal_json_save(&w, scratch_path("none/a.json"), NULL, &err), PAL_ERR_IO);
    ck_assert_ptr_null(w.text.bytes);
    w = (pal_json_writer){ 0 };
    pal_mem_fail_at(1);
    pal_json_put_number(&w, NULL, 7);
    pal_mem_fail_at(0);
    ck_assert_int_eq(pal_json_save(&w, scratch_path("a.json"), NULL, &err), PAL_ERR_MEMORY);
}
END_TEST

Suite *suite_core_json(void)
{
    Suite *suite = suite_create("core/json");
    TCase *tc = tcase_create("json");
    TCase *crash = tcase_create("crash");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_add_test(tc, values_of_all_kinds_are_found);
    tcase_add_test(tc, lawful_texts_are_taken);
    tcase_add_test(tc, unlawful_texts_are_refused_with_their_place);
    tcase_add_test(tc, keys_that_stand_twice_are_refused_by_path);
    tcase_add_test(tc, sixty_four_levels_are_taken_and_one_more_is_not);
    tcase_add_test(tc, large_arrays_are_indexed);
    tcase_add_test(tc, parsing_survives_the_failure_of_any_allocation);
    tcase_add_test(tc, files_are_loaded_and_named);
    tcase_add_test(tc, kinds_have_names_for_people);
    tcase_add_test(tc, values_are_set_by_path);
    tcase_add_test(tc, what_is_not_json_is_a_string);
    tcase_add_test(tc, a_document_can_be_set_again_and_again);
    tcase_add_test(tc, paths_that_lead_nowhere_are_refused);
    tcase_add_test(tc, setting_survives_the_failure_of_any_allocation);
    tcase_add_test(tc, the_writer_indents_and_escapes);
    tcase_add_test(tc, a_compact_writer_keeps_one_line);
    tcase_add_test(tc, what_is_written_reads_back_and_is_written_the_same);
    tcase_add_test(tc, saving_ends_the_line_and_frees_the_text);
    suite_add_tcase(suite, tc);
    tcase_set_tags(crash, "fork");
    tcase_add_test_raise_signal(crash, asking_for_another_kind_aborts, SIGABRT);
    suite_add_tcase(suite, crash);
    return suite;
}
