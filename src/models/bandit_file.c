/* Names, sizes and the one thing that must hold for a factor to be used at all. */
#include "models/bandit_file.h"

#include "core/text.h"
#include "models/bandit_packed.h"

#include <math.h>

pal_status pal_bandit_put(pal_tensors *file, const char *prefix, const char *name, pal_dtype type, size_t rows,
                          size_t columns, const void *data, pal_error *err)
{
    const uint64_t shape[2] = { rows, columns };
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s/%s", prefix, name);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_tensors_put(file, path.bytes, type, 2, shape, data, err));

done:
    pal_text_clear(&path);
    return rc;
}

pal_status pal_bandit_get(const void **data, const pal_tensors *file, const char *prefix, const char *name,
                          pal_dtype type, size_t rows, size_t columns, pal_error *err)
{
    uint64_t shape[2];
    pal_text path = { 0 };
    pal_status rc = PAL_OK;

    pal_text_addf(&path, "%s/%s", prefix, name);
    PAL_TRY(pal_text_check(&path, err));
    PAL_TRY(pal_tensors_get(data, shape, file, path.bytes, type, 2, err));
    if (shape[0] != rows || shape[1] != columns) {
        PAL_FAIL(PAL_ERR_DATA, "%s: %s is %llu x %llu, %zu x %zu were wanted", pal_tensors_file(file), path.bytes,
                 (unsigned long long)shape[0], (unsigned long long)shape[1], rows, columns);
    }

done:
    pal_text_clear(&path);
    return rc;
}

pal_status pal_bandit_check_diagonals(const double *a, size_t n, size_t d, size_t packed, const pal_tensors *file,
                                      const char *prefix, const char *name, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t i = 0; i < n * d; i++) {
        const double x = a[i / d * packed + (packed == d ? i % d : pal_packed_size(i % d) + i % d)];

        if (!(x > 0) || isinf(x)) {
            PAL_FAIL(PAL_ERR_DATA, "%s: %s/%s: entry %zu of arm %zu's diagonal is %g, above 0 was wanted",
                     pal_tensors_file(file), prefix, name, i % d, i / d, x);
        }
    }

done:
    return rc;
}
