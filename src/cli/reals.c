/* Numbers with a fraction on the command line. */
#include "cli/reals.h"

#include <string.h>

static pal_status read_real(double *out, const char *text, size_t n, const char *name, double min, double max, pal_error *err)
{
    if (!pal_parse_double(out, text, n) || !(*out >= min && *out <= max)) {
        return pal_error_set(err, PAL_ERR_USAGE, "--%s: must be a number from %g to %g, found '%.*s'", name, min, max,
                             (int)(n < 80 ? n : 80), text);
    }
    return PAL_OK;
}

pal_status pal_args_real(double *out, const pal_args *args, const char *name, double fallback, double min, double max,
                         pal_error *err)
{
    const char *text = pal_args_text(args, name);

    *out = fallback;
    return text == NULL ? PAL_OK : read_real(out, text, strlen(text), name, min, max, err);
}

pal_status pal_args_reals(double *out, size_t *n, size_t room, const pal_args *args, const char *name, double min,
                          double max, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text = pal_args_text(args, name);

    *n = 0;
    while (text != NULL) {
        size_t length = strcspn(text, ",");

        if (*n == room) PAL_FAIL(PAL_ERR_USAGE, "--%s: at most %zu numbers", name, room);
        PAL_TRY(read_real(&out[*n], text, length, name, min, max, err));
        (*n)++;
        text = text[length] == ',' ? text + length + 1 : NULL;
    }
done:
    return rc;
}
