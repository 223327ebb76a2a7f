/* Numbers as text: exact both ways, and never a digit too many. The oracle is glibc's exact strtod and printf. */
#include "core/text.h"

#include "core/rng.h"

#include <check.h>
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_core_number(void);

static uint64_t draw(uint64_t seed, uint64_t i)
{
    return pal_u64(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ 11, 7, 3 }, i);
}

static double from_bits(uint64_t bits)
{
    double x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

static float float_from_bits(uint32_t bits)
{
    float x;

    memcpy(&x, &bits, sizeof x);
    return x;
}

/* Significant digits of a printed number, zeros at either end not counted. */
static size_t count_digits(const char *text)
{
    size_t n = 0, zeros = 0;

    for (; *text != '\0' && *text != 'e'; text++) {
        if (*text == '0') {
            zeros += n > 0;
        } else if (*text > '0' && *text <= '9') {
            n += zeros + 1;
            zeros = 0;
        }
    }
    return n;
}

static void check_round_trip(double x)
{
    char text[PAL_NUMBER_MAX];
    double back;
    size_t n = pal_format_double(text, x);

    if (n != strlen(text) || n >= PAL_NUMBER_MAX || strtod(text, NULL) != x ||
        !pal_parse_double(&back, text, n) || back != x) {
        ck_abort_msg("%.17g is written as \"%s\"", x, text);
    }
}

/* No shorter decimal reads back: printf's nearest decimal of each length is the only candidate but at powers
 * of two, where the interval is lopsided and ours may even be shorter. */
static void check_shortest(double x)
{
    char text[PAL_NUMBER_MAX], tried[64];
    int precision = 0;

    check_round_trip(x);
    do {
        snprintf(tried, sizeof tried, "%.*e", precision++, x);
    } while (strtod(tried, NULL) != x);
    pal_format_double(text, x);
    if (count_digits(text) > count_digits(tried)) {
        ck_abort_msg("%.17g is written as \"%s\", but %s would do", x, text, tried);
    }
    /* where both are as long, ours is the nearest too */
    if (count_digits(text) == count_digits(tried) && strtold(text, NULL) != strtold(tried, NULL)) {
        long double ours = fabsl(strtold(text, NULL) - (long double)x);
        long double theirs = fabsl(strtold(tried, NULL) - (long double)x);

        if (ours > theirs) {
            ck_abort_msg("%.17g: \"%s\" is further off than %s", x, text, tried);
        }
    }
}

START_TEST(any_double_reads_back)
{
    for (uint64_t i = 0; i < 400000; i++) {
        double x = from_bits(draw(1, i));

        if (x - x == 0.0 && x != 0.0) {
            check_round_trip(x);
        }
        check_round_trip(pal_unit_open(draw(2, i)));                       /* (0, 1)          */
        check_round_trip((double)(int64_t)(draw(3, i) % 2000001) / 1000.0); /* short decimals  */
    }
}
END_TEST

START_TEST(no_shorter_decimal_reads_back)
{
    for (uint64_t i = 0; i < 20000; i++) {
        double x = from_bits(draw(4, i));

        if (x - x == 0.0 && x != 0.0) {
            check_shortest(x);
        }
        check_shortest(pal_unit_open(draw(5, i)));
        check_shortest((double)(draw(6, i) >> (draw(7, i) % 40)));
    }
}
END_TEST

START_TEST(powers_of_two_and_their_neighbours_read_back)
{
    for (uint64_t e = 0; e < 2047; e++) {
        for (int64_t d = -2; d <= 2; d++) {
            double x = from_bits((e << 52) + (uint64_t)d);

            if (x > 0.0 && x - x == 0.0) {
                check_shortest(x);
            }
        }
    }
}
END_TEST

START_TEST(subnormals_read_back)
{
    for (uint64_t i = 1; i < 3000; i++) {
        check_shortest(from_bits(i));
        check_shortest(from_bits(draw(8, i) >> 12));
        check_shortest(from_bits((UINT64_C(1) << 52) - i));
    }
}
END_TEST

START_TEST(any_float_reads_back_and_is_as_short_as_can_be)
{
    char text[PAL_NUMBER_MAX], tried[64];

    for (uint64_t i = 0; i < 400000; i++) {
        float x = float_from_bits(i < 256 ? (uint32_t)i << 23 : (uint32_t)draw(9, i));
        int precision = 0;

        if (x - x != 0.0f || x == 0.0f) {
            continue;
        }
        ck_assert_uint_eq(pal_format_float(text, x), strlen(text));
        if (strtof(text, NULL) != x) {
            ck_abort_msg("%.9g is written as \"%s\"", (double)x, text);
        }
        if (i % 16 == 0 || i < 256) {
            do {
                snprintf(tried, sizeof tried, "%.*e", precision++, (double)x);
            } while (strtof(tried, NULL) != x);
            if (count_digits(text) > count_digits(tried)) {
                ck_abort_msg("%.9g is written as \"%s\"", (double)x, text);
            }
        }
    }
}
END_TEST

START_TEST(numbers_look_as_declared)
{
    static const struct {
        double x;
        const char *text;
    } row[] = {
        { 0.0, "0" }, { -0.0, "0" }, { 1234, "1234" }, { -7, "-7" }, { 2.385, "2.385" },
        { 0.1, "0.1" }, { -0.1173, "-0.1173" }, { 0.001234, "0.001234" }, { 1e-5, "0.00001" },
        { 0.000012345, "0.000012345" }, { 9.5e-6, "9.5e-6" }, { 1.5e-7, "1.5e-7" },
        { 1e15, "1000000000000000" }, { 9007199254740992.0, "9007199254740992" },
        { 9999999999999998.0, "9999999999999998" }, { 1e16, "1e16" }, { -1.25e20, "-1.25e20" },
        { 123456.75, "123456.75" }, { 1e22, "1e22" }, { 1e23, "1e23" }, { 5e-324, "5e-324" },
        { 2.2250738585072014e-308, "2.2250738585072014e-308" }, { DBL_MAX, "1.7976931348623157e308" },
        { 1.0 / 3.0, "0.3333333333333333" }, { 0.1 + 0.2, "0.30000000000000004" },
        { NAN, "nan" }, { -NAN, "nan" }, { INFINITY, "inf" }, { -INFINITY, "-inf" }
    };
    char text[PAL_NUMBER_MAX];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ck_assert_uint_eq(pal_format_double(text, row[i].x), strlen(row[i].text));
        ck_assert_str_eq(text, row[i].text);
    }
}
END_TEST

START_TEST(floats_look_as_declared)
{
    static const struct {
        float x;
        const char *text;
    } row[] = { { 0.1f, "0.1" }, { -0.0f, "0" }, { 16777216.0f, "16777216" }, { 1e16f, "1e16" },
                { FLT_MAX, "3.4028235e38" }, { FLT_MIN, "1.1754944e-38" }, { 1e-45f, "1e-45" },
                { 0.00001f, "0.00001" }, { -2.385f, "-2.385" }, { INFINITY, "inf" },
                { -INFINITY, "-inf" }, { NAN, "nan" }, { 33554432.0f, "33554432" } };
    char text[PAL_NUMBER_MAX];

    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        ck_assert_uint_eq(pal_format_float(text, row[i].x), strlen(row[i].text));
        ck_assert_str_eq(text, row[i].text);
    }
}
END_TEST

START_TEST(whole_numbers_are_written_as_printf_does)
{
    char text[PAL_NUMBER_MAX], wanted[64];

    for (uint64_t i = 0; i < 20000; i++) {
        uint64_t u = draw(10, i) >> (draw(11, i) % 64);
        int64_t v = i == 0 ? INT64_MIN : i == 1 ? INT64_MAX : (int64_t)draw(12, i) >> (i % 64);

        u = i == 0 ? 0 : i == 1 ? UINT64_MAX : u;
        snprintf(wanted, sizeof wanted, "%llu", (unsigned long long)u);
        ck_assert_uint_eq(pal_format_u64(text, u), strlen(wanted));
        ck_assert_str_eq(text, wanted);
        snprintf(wanted, sizeof wanted, "%lld", (long long)v);
        ck_assert_uint_eq(pal_format_i64(text, v), strlen(wanted));
        ck_assert_str_eq(text, wanted);
    }
}
END_TEST

static void check_parse(const char *text)
{
    double x = 42.0, wanted = strtod(text, NULL);
    bool ok = pal_parse_double(&x, text, strlen(text));

    if (!ok || memcmp(&x, &wanted, sizeof x) != 0) {
        ck_abort_msg("\"%s\" is read as %.17g, not %.17g", text, x, wanted);
    }
}

START_TEST(decimals_are_read_exactly)
{
    char text[64];

    for (uint64_t i = 0; i < 300000; i++) {
        int digits = 1 + (int)(draw(13, 4 * i) % 19);
        uint64_t whole = draw(13, 4 * i + 1) % UINT64_C(10000000000000000000);
        int exponent = (int)(draw(13, 4 * i + 2) % (i % 2 == 0 ? 50 : 660)) - (i % 2 == 0 ? 25 : 335);

        snprintf(text, sizeof text, "%s%llu", i % 3 == 0 ? "-" : "", (unsigned long long)whole);
        if (i % 5 != 0 && strlen(text) > (size_t)digits + 1) { /* a dot somewhere */
            memmove(text + digits + 1, text + digits, strlen(text + digits) + 1);
            text[digits] = '.'; /* at least one character in, so never before the sign */
        }
        if (i % 7 != 0) {
            snprintf(text + strlen(text), 16, "e%d", exponent);
        }
        if (strtod(text, NULL) - strtod(text, NULL) == 0.0) {
            check_parse(text);
        }
    }
}
END_TEST

/* Halfway between two doubles, exactly, and a hair to either side: 53 bits and one more, up to 770 digits. */
START_TEST(halfway_cases_are_read_exactly)
{
    char text[1400];
    size_t n;

    for (uint64_t i = 0; i < 3000; i++) {
        double low = from_bits(i % 2 == 0 ? draw(14, i) >> 12 : (UINT64_C(0x3c0) << 52) + (draw(14, i) >> 4));
        double high = nextafter(low, INFINITY);

        if (low - low != 0.0 || high - high != 0.0 || low <= 0.0) {
            continue;
        }
        snprintf(text, sizeof text, "%.1100Lf", ((long double)low + (long double)high) / 2);
        n = strlen(text);
        check_parse(text);
        memcpy(text + n, "0001", 5);
        check_parse(text);
        memcpy(text + n, "0000", 5);
        check_parse(text);
    }
}
END_TEST

START_TEST(a_tie_followed_by_a_thousand_zeros_is_still_a_tie)
{
    char text[2100];

    for (int zeros = 0; zeros < 2000; zeros += 37) {
        strcpy(text, "9007199254740993."); /* 2^53 + 1: to even, 2^53 */
        memset(text + 17, '0', (size_t)zeros);
        text[17 + zeros] = '\0';
        check_parse(text);
        strcpy(text + 17 + zeros, "1"); /* now above the tie */
        check_parse(text);
    }
}
END_TEST

START_TEST(odd_but_lawful_numbers_are_read)
{
    static const char *const texts[] = {
        "0", "-0", "+1", "007", ".5", "5.", "1e5", "1E+5", "1e-05", "0e999999999999999999999", "0.0e-99999",
        "1e-400", "-1e-99999999999999999999", "0.000000000000000000000000000000000000000000000001e48",
        "100000000000000000000000000000000000000000000000e-47", "1.7976931348623157e308",
        "1.7976931348623158e308", "4.9406564584124654e-324", "2.4703282292062327e-324",
        "2.4703282292062328e-324", "2.2250738585072011e-308", "9007199254740993", "1e23", "8.41e21",
        "9214843084008499", "6929495644600919.5", "3.518437208883201171875e13"
    };
    double x;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        check_parse(texts[i]);
    }
    ck_assert(pal_parse_double(&x, "12.5xyz", 4)); /* exactly n bytes are looked at */
    ck_assert_double_eq(x, 12.5);
}
END_TEST

START_TEST(what_is_no_number_is_refused_and_leaves_the_value)
{
    static const char *const texts[] = {
        "", " 1", "1 ", "1e", "1e+", "e5", ".", "-", "+", "--1", "+-1", "1.2.3", "0x10", "1,5", "nan", "inf",
        "-inf", "infinity", "NaN", "1e999", "-1e309", "1.7976931348623159e308", "1_000", "1f", "\t1", "1\n",
        "1e5.", "one"
    };
    double x = 42.0;

    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        ck_assert_msg(!pal_parse_double(&x, texts[i], strlen(texts[i])), "\"%s\"", texts[i]);
        ck_assert_double_eq(x, 42.0);
    }
    ck_assert(!pal_parse_double(&x, "1\0", 2));
}
END_TEST

START_TEST(whole_numbers_are_read_up_to_their_limits)
{
    static const char *const bad_u64[] = { "", "-1", "+1", " 1", "1 ", "1.0", "18446744073709551616",
                                           "99999999999999999999", "1e3", "0x1" };
    static const char *const bad_i64[] = { "", "-", "--1", "+1", "9223372036854775808",
                                           "-9223372036854775809", "1.5", "- 1" };
    uint64_t u = 42;
    int64_t v = 42;

    for (size_t i = 0; i < sizeof bad_u64 / sizeof *bad_u64; i++) {
        ck_assert_msg(!pal_parse_u64(&u, bad_u64[i], strlen(bad_u64[i])), "%s", bad_u64[i]);
    }
    for (size_t i = 0; i < sizeof bad_i64 / sizeof *bad_i64; i++) {
        ck_assert_msg(!pal_parse_i64(&v, bad_i64[i], strlen(bad_i64[i])), "%s", bad_i64[i]);
    }
    ck_assert_uint_eq(u, 42);
    ck_assert_int_eq(v, 42);
    ck_assert(pal_parse_u64(&u, "18446744073709551615", 20) && u == UINT64_MAX);
    ck_assert(pal_parse_u64(&u, "0017", 4) && u == 17);
    ck_assert(pal_parse_i64(&v, "9223372036854775807", 19) && v == INT64_MAX);
    ck_assert(pal_parse_i64(&v, "-9223372036854775808", 20) && v == INT64_MIN);
    ck_assert(pal_parse_i64(&v, "-0", 2) && v == 0);
    ck_assert(pal_parse_i64(&v, "-12345", 3) && v == -12);
}
END_TEST

Suite *suite_core_number(void)
{
    Suite *suite = suite_create("core/number");
    TCase *tc = tcase_create("number");

    tcase_set_timeout(tc, 120);
    tcase_add_test(tc, any_double_reads_back);
    tcase_add_test(tc, no_shorter_decimal_reads_back);
    tcase_add_test(tc, powers_of_two_and_their_neighbours_read_back);
    tcase_add_test(tc, subnormals_read_back);
    tcase_add_test(tc, any_float_reads_back_and_is_as_short_as_can_be);
    tcase_add_test(tc, numbers_look_as_declared);
    tcase_add_test(tc, floats_look_as_declared);
    tcase_add_test(tc, whole_numbers_are_written_as_printf_does);
    tcase_add_test(tc, decimals_are_read_exactly);
    tcase_add_test(tc, halfway_cases_are_read_exactly);
    tcase_add_test(tc, a_tie_followed_by_a_thousand_zeros_is_still_a_tie);
    tcase_add_test(tc, odd_but_lawful_numbers_are_read);
    tcase_add_test(tc, what_is_no_number_is_refused_and_leaves_the_value);
    tcase_add_test(tc, whole_numbers_are_read_up_to_their_limits);
    suite_add_tcase(suite, tc);
    return suite;
}
