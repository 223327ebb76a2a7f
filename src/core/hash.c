/* XXH3 in its canonical byte order, and doubles made canonical before they are hashed. */
#define XXH_STATIC_LINKING_ONLY /* the state's size, so that it can live on the stack */
#include "core/hash.h"

#include "core/mem.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <xxhash.h>

#if defined(__BYTE_ORDER__) && __BYTE_ORDER__ != __ORDER_LITTLE_ENDIAN__
#error "digests of numbers are taken over their bytes in memory: little endian only"
#endif

#define CHUNK 256 /* numbers made canonical at a time */

struct pal_hasher {
    XXH3_state_t state;
};

uint64_t pal_hash(const void *bytes, size_t n)
{
    return XXH3_64bits(bytes, n);
}

uint64_t pal_hash_text(const char *text)
{
    return XXH3_64bits(text, strlen(text));
}

uint64_t pal_hash_mix(uint64_t a, uint64_t b)
{
    const uint64_t pair[2] = { a, b };

    return XXH3_64bits(pair, sizeof pair);
}

/* -0 and the many NaNs compare or print alike, so they must digest alike. */
static bool is_canonical_f64(const double *x, size_t n)
{
    uint64_t bits, odd = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, &x[i], sizeof bits);
        odd |= (uint64_t)(bits == UINT64_C(1) << 63);
        odd |= (uint64_t)((bits & INT64_MAX) > UINT64_C(0x7ff0000000000000));
    }
    return odd == 0;
}

static bool is_canonical_f32(const float *x, size_t n)
{
    uint32_t bits, odd = 0;

    for (size_t i = 0; i < n; i++) {
        memcpy(&bits, &x[i], sizeof bits);
        odd |= (uint32_t)(bits == UINT32_C(1) << 31);
        odd |= (uint32_t)((bits & INT32_MAX) > UINT32_C(0x7f800000));
    }
    return odd == 0;
}

uint64_t pal_hash_doubles(const double *x, size_t n)
{
    const uint64_t nan_bits = UINT64_C(0x7ff8000000000000);
    XXH3_state_t state;
    uint64_t chunk[CHUNK];

    if (is_canonical_f64(x, n)) {
        return XXH3_64bits(x, n * sizeof *x);
    }
    XXH3_64bits_reset(&state);
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        size_t m = n - begin < CHUNK ? n - begin : CHUNK;

        memcpy(chunk, x + begin, m * sizeof *chunk);
        for (size_t i = 0; i < m; i++) {
            double value = x[begin + i];

            chunk[i] = value != value ? nan_bits : value == 0.0 ? 0 : chunk[i];
        }
        XXH3_64bits_update(&state, chunk, m * sizeof *chunk);
    }
    return XXH3_64bits_digest(&state);
}

uint64_t pal_hash_floats(const float *x, size_t n)
{
    const uint32_t nan_bits = UINT32_C(0x7fc00000);
    XXH3_state_t state;
    uint32_t chunk[CHUNK];

    if (is_canonical_f32(x, n)) {
        return XXH3_64bits(x, n * sizeof *x);
    }
    XXH3_64bits_reset(&state);
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        size_t m = n - begin < CHUNK ? n - begin : CHUNK;

        memcpy(chunk, x + begin, m * sizeof *chunk);
        for (size_t i = 0; i < m; i++) {
            float value = x[begin + i];

            chunk[i] = value != value ? nan_bits : value == 0.0f ? 0 : chunk[i];
        }
        XXH3_64bits_update(&state, chunk, m * sizeof *chunk);
    }
    return XXH3_64bits_digest(&state);
}

pal_status pal_hasher_new(pal_hasher **out, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_NEW(hasher, 1);
    pal_hasher_reset(hasher);
    *out = hasher;

done:
    return rc;
}

void pal_hasher_free(pal_hasher *hasher)
{
    pal_free(hasher);
}

void pal_hasher_reset(pal_hasher *hasher)
{
    XXH3_128bits_reset(&hasher->state);
}

void pal_hasher_add(pal_hasher *hasher, const void *bytes, size_t n)
{
    XXH3_128bits_update(&hasher->state, bytes, n);
}

void pal_hasher_hex(const pal_hasher *hasher, char hex[PAL_HASH_HEX])
{
    XXH128_hash_t digest = XXH3_128bits_digest(&hasher->state);

    snprintf(hex, PAL_HASH_HEX, "%016" PRIx64 "%016" PRIx64, (uint64_t)digest.high64,
             (uint64_t)digest.low64);
}

static pal_status add_file(pal_hasher *hasher, FILE *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    unsigned char *buffer = NULL;
    const size_t capacity = 1 << 16;
    size_t n;

    PAL_NEW(buffer, capacity);
    while ((n = fread(buffer, 1, capacity, file)) > 0) {
        pal_hasher_add(hasher, buffer, n);
    }
    if (ferror(file)) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be read: %s", path, strerror(errno));
    }

done:
    pal_free(buffer);
    return rc;
}

pal_status pal_hash_file(char hex[PAL_HASH_HEX], const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;
    FILE *file = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    file = fopen(path, "rb");
    if (file == NULL) {
        PAL_FAIL(PAL_ERR_IO, "%s: cannot be opened: %s", path, strerror(errno));
    }
    PAL_TRY(add_file(hasher, file, path, err));
    pal_hasher_hex(hasher, hex);

done:
    if (file != NULL) {
        fclose(file);
    }
    pal_hasher_free(hasher);
    return rc;
}
