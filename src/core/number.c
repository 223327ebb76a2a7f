/*
 * Numbers as text and back: the shortest decimal that reads back the same, and an exact reader.
 *
 * Writing follows Raffaello Giulietti, "The Schubfach way to render doubles" (2020), with the 126-bit
 * powers of ten widened to 128 bits as in Alexander Bolz's Drachennest. The powers are computed here
 * once, in exact integer arithmetic, where others carry a table of 617 lines.
 * Reading follows Clinger, "How to read floating point numbers accurately" (PLDI 1990), fast path;
 * everything else goes to strtod as plain digits with an exponent, which no locale can touch.
 * Oracles: tests/core/test_number.c (%.17g round trips, shortest by trying every precision).
 */
#include "core/text.h"

#include <pthread.h>
#include <stdlib.h>
#include <string.h>

__extension__ typedef unsigned __int128 u128;

/* ---- powers of ten, 128 bits each ---------------------------------------------------------- */

#define MIN_POWER (-292)
#define MAX_POWER 324
#define LIMBS 22 /* 22 * 64 bits: 10^324 has 1077, and 2^1276 / 10^292 has 306 */
#define SCALE_BITS 1276

/* power[k - MIN_POWER] = ceil(10^k * 2^(127 - floor(log2 10^k))), so its top bit is set */
static u128 power[MAX_POWER - MIN_POWER + 1];
static pthread_once_t power_once = PTHREAD_ONCE_INIT;

/* The top 128 bits of a little-endian number that is not 0; *rest says whether anything is below them. */
static u128 top_bits(const uint64_t limb[LIMBS], bool *rest)
{
    u128 top = 0;
    int high = LIMBS - 1, bit = 63, taken = 0;

    while (limb[high] == 0) {
        high--;
    }
    while ((limb[high] >> bit & 1) == 0) {
        bit--;
    }
    *rest = false;
    for (int i = high; i >= 0; i--, bit = 63) {
        for (; bit >= 0; bit--) {
            bool set = (limb[i] >> bit & 1) != 0;

            if (taken < 128) {
                top = top << 1 | set;
                taken++;
            } else if (set) {
                *rest = true;
                return top;
            }
        }
    }
    return top << (128 - taken);
}

static void multiply_by_ten(uint64_t limb[LIMBS])
{
    uint64_t carry = 0;

    for (int i = 0; i < LIMBS; i++) {
        u128 t = (u128)limb[i] * 10 + carry;

        limb[i] = (uint64_t)t;
        carry = (uint64_t)(t >> 64);
    }
}

static void divide_by_ten(uint64_t limb[LIMBS])
{
    uint64_t rest = 0;

    for (int i = LIMBS - 1; i >= 0; i--) {
        u128 t = (u128)rest << 64 | limb[i];

        limb[i] = (uint64_t)(t / 10);
        rest = (uint64_t)(t % 10);
    }
}

static void fill_powers(void)
{
    uint64_t limb[LIMBS] = { 1 };
    bool rest;

    for (int k = 0; k <= MAX_POWER; k++) {
        u128 top = top_bits(limb, &rest);

        power[k - MIN_POWER] = top + rest;
        multiply_by_ten(limb);
    }
    /* floor(floor(2^s / 10^j) / 10) = floor(2^s / 10^(j + 1)): no error builds up. 10^-k never divides
     * 2^s, so the quotient always has a rest and the ceiling is one above. */
    memset(limb, 0, sizeof limb);
    limb[SCALE_BITS / 64] = UINT64_C(1) << SCALE_BITS % 64;
    for (int k = -1; k >= MIN_POWER; k--) {
        divide_by_ten(limb);
        power[k - MIN_POWER] = top_bits(limb, &rest) + 1;
    }
}

/* ---- shortest decimal ---------------------------------------------------------------------- */

typedef struct decimal {
    uint64_t digits;
    int exponent; /* value = digits * 10^exponent */
} decimal;

/* floor(log2 10^e), floor(log10 2^e) and floor(log10(3/4 * 2^e)); exact for |e| <= 1233 and 1500. */
static int floor_log2_pow10(int e)
{
    return (e * 1741647) >> 19;
}

static int floor_log10_pow2(int e)
{
    return (e * 1262611) >> 22;
}

static int floor_log10_three_quarters_pow2(int e)
{
    return (e * 1262611 - 524031) >> 22;
}

/* floor(g * cp / 2^128), its last bit set when anything was cut off. */
static uint64_t round_to_odd(u128 g, uint64_t cp)
{
    u128 x = (u128)(uint64_t)g * cp;
    u128 y = (u128)(uint64_t)(g >> 64) * cp + (uint64_t)(x >> 64);

    return (uint64_t)(y >> 64) | ((uint64_t)y > 1);
}

/*
 * The shortest decimal in the rounding interval of c * 2^q, the nearest one where several are as short.
 * `narrow`: c is a power of two, so the gap below is half the gap above.
 */
static decimal shortest(uint64_t c, int q, bool narrow)
{
    uint64_t odd = c & 1; /* the interval's ends belong to it when c is even */
    int k = narrow ? floor_log10_three_quarters_pow2(q) : floor_log10_pow2(q);
    int h = q + floor_log2_pow10(-k) + 1;
    u128 g = power[-k - MIN_POWER];
    uint64_t lower = round_to_odd(g, (4 * c - 2 + narrow) << h) + odd;
    uint64_t middle = round_to_odd(g, (4 * c) << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;
    uint64_t s = middle / 4;
    bool below, above;

    if (s >= 10) { /* one digit less? */
        uint64_t t = s / 10;

        below = lower <= 40 * t;
        above = 40 * t + 40 <= upper;
        if (below != above) {
            return (decimal){ t + above, k + 1 };
        }
    }
    below = lower <= 4 * s;
    above = 4 * s + 4 <= upper;
    if (below != above) {
        return (decimal){ s + above, k };
    }
    above = middle > 4 * s + 2 || (middle == 4 * s + 2 && (s & 1) != 0);
    return (decimal){ s + above, k };
}

static const char two_digits[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748"
    "49505152535455565758596061626364656667686970717273747576777879808182838485868788899091929394959697"
    "9899";

static size_t count_digits(uint64_t value)
{
    size_t n = 1;

    for (; value >= 10000; value /= 10000) {
        n += 4;
    }
    return n + (value >= 10) + (value >= 100) + (value >= 1000);
}

static size_t put_digits(char *out, uint64_t value)
{
    size_t n = count_digits(value), at = n;

    for (; value >= 100; value /= 100) {
        at -= 2;
        memcpy(out + at, two_digits + 2 * (value % 100), 2);
    }
    if (value >= 10) {
        memcpy(out, two_digits + 2 * value, 2);
    } else {
        out[0] = (char)('0' + value);
    }
    return n;
}

static size_t put_exponent(char *out, int exponent)
{
    size_t n = 0;

    out[n++] = 'e';
    if (exponent < 0) {
        out[n++] = '-';
        exponent = -exponent;
    }
    return n + put_digits(out + n, (uint64_t)exponent);
}

/* 1234, 0.001234 and 12.5 between 1e-5 and 1e16, 1.5e-7 outside. */
static size_t put_decimal(char *out, decimal d)
{
    char digit[20];
    size_t n, zeros, length = 0;
    int first; /* the first digit stands for 10^first */

    while (d.digits % 100000000 == 0) { /* 0.5 comes as 5000000000000000 */
        d.digits /= 100000000;
        d.exponent += 8;
    }
    while (d.digits % 10 == 0) {
        d.digits /= 10;
        d.exponent++;
    }
    n = put_digits(digit, d.digits);
    first = d.exponent + (int)n - 1;
    if (first < -5 || first > 15) {
        out[length++] = digit[0];
        if (n > 1) {
            out[length++] = '.';
            memcpy(out + length, digit + 1, n - 1);
            length += n - 1;
        }
        return length + put_exponent(out + length, first);
    }
    if (first < 0) {
        zeros = (size_t)(-first - 1);
        memcpy(out, "0.0000", 2 + zeros);
        memcpy(out + 2 + zeros, digit, n);
        return 2 + zeros + n;
    }
    if (d.exponent >= 0) {
        memcpy(out, digit, n);
        memset(out + n, '0', (size_t)d.exponent);
        return n + (size_t)d.exponent;
    }
    length = (size_t)first + 1;
    memcpy(out, digit, length);
    out[length] = '.';
    memcpy(out + length + 1, digit + length, n - length);
    return n + 1;
}

static size_t put_word(char out[PAL_NUMBER_MAX], const char *word)
{
    size_t n = strlen(word);

    memcpy(out, word, n + 1);
    return n;
}

size_t pal_format_double(char out[PAL_NUMBER_MAX], double value)
{
    uint64_t bits, fraction;
    int exponent;
    size_t n = 0;

    memcpy(&bits, &value, sizeof bits);
    fraction = bits & ((UINT64_C(1) << 52) - 1);
    exponent = (int)(bits >> 52 & 0x7ff);
    if (exponent == 0x7ff) {
        return put_word(out, fraction != 0 ? "nan" : bits >> 63 != 0 ? "-inf" : "inf");
    }
    if (exponent == 0 && fraction == 0) {
        return put_word(out, "0"); /* no "-0" */
    }
    if (bits >> 63 != 0) {
        out[n++] = '-';
        value = -value;
    }
    if (value < 0x1p53 && value == (double)(uint64_t)value) {
        n += put_digits(out + n, (uint64_t)value);
    } else {
        (void)pthread_once(&power_once, fill_powers);
        n += exponent == 0
            ? put_decimal(out + n, shortest(fraction, -1074, false))
            : put_decimal(out + n, shortest(fraction | UINT64_C(1) << 52, exponent - 1075,
                                            fraction == 0 && exponent > 1));
    }
    out[n] = '\0';
    return n;
}

/* A float's interval is wider than a double's, its arithmetic the same with bits to spare. */
size_t pal_format_float(char out[PAL_NUMBER_MAX], float value)
{
    uint32_t bits, fraction;
    int exponent;
    size_t n = 0;

    memcpy(&bits, &value, sizeof bits);
    fraction = bits & ((UINT32_C(1) << 23) - 1);
    exponent = (int)(bits >> 23 & 0xff);
    if (exponent == 0xff) {
        return put_word(out, fraction != 0 ? "nan" : bits >> 31 != 0 ? "-inf" : "inf");
    }
    if (exponent == 0 && fraction == 0) {
        return put_word(out, "0");
    }
    if (bits >> 31 != 0) {
        out[n++] = '-';
        value = -value;
    }
    if (value < 0x1p24f && value == (float)(uint32_t)value) {
        n += put_digits(out + n, (uint64_t)value);
    } else {
        (void)pthread_once(&power_once, fill_powers);
        n += exponent == 0
            ? put_decimal(out + n, shortest(fraction, -149, false))
            : put_decimal(out + n, shortest(fraction | UINT32_C(1) << 23, exponent - 150,
                                            fraction == 0 && exponent > 1));
    }
    out[n] = '\0';
    return n;
}

size_t pal_format_u64(char out[PAL_NUMBER_MAX], uint64_t value)
{
    size_t n = put_digits(out, value);

    out[n] = '\0';
    return n;
}

size_t pal_format_i64(char out[PAL_NUMBER_MAX], int64_t value)
{
    size_t n = 0;

    if (value < 0) {
        out[n++] = '-';
    }
    n += put_digits(out + n, value < 0 ? UINT64_C(0) - (uint64_t)value : (uint64_t)value);
    out[n] = '\0';
    return n;
}

/* ---- reading ------------------------------------------------------------------------------- */

/* More digits than any double's exact halfway point has (767); a longer tail can only break a tie. */
#define KEPT_DIGITS 800

typedef struct scanned {
    const char *first, *end; /* from the first digit that is not 0 to the end of the digits, dot included */
    uint64_t value;          /* of the first 19 of those digits                                           */
    size_t n_digits;         /* of those                                                                  */
    int64_t exponent;        /* number = all digits * 10^exponent                                         */
    bool negative;
} scanned;

/* Add up digits at s; false when there is none. Leading zeros count for the place, not as digits. */
static bool scan_digits(scanned *number, const char **s, const char *end, bool fraction)
{
    const char *begin = *s;

    for (; *s < end && **s >= '0' && **s <= '9'; (*s)++) {
        if (number->n_digits == 0 && **s == '0') {
            continue;
        }
        if (number->n_digits == 0) {
            number->first = *s;
        }
        if (number->n_digits < 19) {
            number->value = 10 * number->value + (uint64_t)(**s - '0');
        }
        number->n_digits++;
    }
    number->exponent -= fraction ? *s - begin : 0;
    return *s != begin;
}

static bool scan_exponent(scanned *number, const char **s, const char *end)
{
    bool negative = false;
    int64_t e = 0;
    const char *begin;

    if (*s < end && (**s == '+' || **s == '-')) {
        negative = **s == '-';
        (*s)++;
    }
    for (begin = *s; *s < end && **s >= '0' && **s <= '9'; (*s)++) {
        e = e < INT64_C(1000000000000000) ? 10 * e + (**s - '0') : e;
    }
    number->exponent += negative ? -e : e;
    return *s != begin;
}

/* [+-] digits [. digits] [e [+-] digits], at least one digit before or after the dot. */
static bool scan_number(scanned *number, const char *s, const char *end)
{
    bool any;

    *number = (scanned){ 0 };
    if (s < end && (*s == '+' || *s == '-')) {
        number->negative = *s == '-';
        s++;
    }
    any = scan_digits(number, &s, end, false);
    if (s < end && *s == '.') {
        s++;
        any = scan_digits(number, &s, end, true) || any;
    }
    number->end = s;
    if (any && s < end && (*s == 'e' || *s == 'E')) {
        s++;
        any = scan_exponent(number, &s, end);
    }
    return any && s == end;
}

/* The digits without their dot, and the exponent, as an integer literal for strtod. */
static double read_slowly(const scanned *number)
{
    char text[KEPT_DIGITS + 32];
    size_t n = 0;
    int64_t exponent = number->exponent;
    bool tail = false; /* a digit that is not 0 was dropped */

    for (const char *s = number->first; s < number->end; s++) {
        if (*s == '.') {
            continue;
        }
        if (n < KEPT_DIGITS) {
            text[n++] = *s;
        } else {
            exponent++;
            tail = tail || *s != '0';
        }
    }
    if (tail) {
        text[n++] = '1';
        exponent--;
    }
    exponent = exponent > 99999 ? 99999 : exponent < -99999 ? -99999 : exponent;
    n += put_exponent(text + n, (int)exponent);
    text[n] = '\0';
    return strtod(text, NULL);
}

bool pal_parse_double(double *out, const char *bytes, size_t n)
{
    static const double ten_to[] = { 1e0,  1e1,  1e2,  1e3,  1e4,  1e5,  1e6,  1e7,
                                     1e8,  1e9,  1e10, 1e11, 1e12, 1e13, 1e14, 1e15,
                                     1e16, 1e17, 1e18, 1e19, 1e20, 1e21, 1e22 };
    scanned number;
    double value;

    if (n == 0 || !scan_number(&number, bytes, bytes + n)) {
        return false;
    }
    if (number.n_digits == 0) {
        value = 0.0;
    } else if (number.n_digits <= 19 && number.value <= UINT64_C(1) << 53 &&
               number.exponent >= -22 && number.exponent <= 22) {
        /* both factors are exact, so the one operation rounds once */
        value = (double)number.value;
        value = number.exponent < 0 ? value / ten_to[-number.exponent]
                                    : value * ten_to[number.exponent];
    } else {
        value = read_slowly(&number);
    }
    if (value - value != 0.0) {
        return false; /* too large for a double */
    }
    *out = number.negative ? -value : value;
    return true;
}

bool pal_parse_u64(uint64_t *out, const char *bytes, size_t n)
{
    uint64_t value = 0;

    if (n == 0) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        uint64_t digit = (uint64_t)(unsigned char)bytes[i] - '0';

        if (digit > 9 || value > (UINT64_MAX - digit) / 10) {
            return false;
        }
        value = 10 * value + digit;
    }
    *out = value;
    return true;
}

bool pal_parse_i64(int64_t *out, const char *bytes, size_t n)
{
    bool negative = n > 0 && bytes[0] == '-';
    uint64_t size;

    if (!pal_parse_u64(&size, bytes + negative, n - negative)) {
        return false;
    }
    if (size > (uint64_t)INT64_MAX + negative) {
        return false;
    }
    *out = !negative ? (int64_t)size : size == 0 ? 0 : -(int64_t)(size - 1) - 1;
    return true;
}
