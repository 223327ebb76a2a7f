/* Checking names. */
#include "lab/names.h"

#include <string.h>

pal_status pal_name_check(const char *name, const char *file, const char *path, pal_error *err)
{
    for (size_t i = 0; name[i] != '\0'; i++) {
        const unsigned char byte = (unsigned char)name[i];

        if (byte < 0x20 || byte == 0x7f) {
            return pal_error_set(err, PAL_ERR_CONFIG, "%s: %s: must not hold control characters, found \\u%04x at byte %zu",
                                 file, path, byte, i);
        }
    }
    return PAL_OK;
}

pal_status pal_name_check_run(const char *name, const char *file, pal_error *err)
{
    if (name[0] == '\0' || strchr(name, '/') != NULL || name[0] == '.') {
        return pal_error_set(err, PAL_ERR_CONFIG, "%s: name: must not be empty, start with '.' or hold '/', found \"%s\"", file,
                             name);
    }
    return pal_name_check(name, file, "name", err);
}
