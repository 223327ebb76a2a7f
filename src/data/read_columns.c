/* Columns by the names that people give them. */
#include "data/read_columns.h"

#include "core/text.h"

#include <string.h>

#define NAME_BYTES 32 /* of a simplified name; longer ones have no meaning here */

/* Simplified names, by role; NULL-ended. */
static const char *const meanings[PAL_ROLES][16] = {
    { "user", "userid", "uid", "person", "personid", "people", "customer", "customerid", "visitorid", "listener", NULL },
    { "item", "itemid", "iid", "movie", "movieid", "artist", "artistid", "song", "songid", "track", "trackid", "product",
      "productid", "book", "bookid", NULL },
    { "value", "rating", "weight", "score", "count", "plays", "playcount", "stars", "strength", NULL },
    { "time", "timestamp", "unixtime", "round", NULL },
    { "title", "name", "movietitle", "itemtitle", "itemname", "moviename", "artistname", "trackname", "songname", NULL },
};

const char *pal_role_name(pal_role role)
{
    static const char *const names[PAL_ROLES] = { "person", "item", "value", "time", "title" };

    return names[role];
}

static void simplify(char out[NAME_BYTES], const char *name)
{
    size_t n = 0;

    for (; *name != '\0' && *name != ':' && n + 1 < NAME_BYTES; name++) {
        if (*name != '_' && *name != '-' && *name != ' ') {
            out[n++] = (char)(*name >= 'A' && *name <= 'Z' ? *name - 'A' + 'a' : *name);
        }
    }
    out[n] = '\0';
}

bool pal_column_means(const char *name, pal_role role)
{
    char simple[NAME_BYTES];

    simplify(simple, name);
    for (size_t m = 0; meanings[role][m] != NULL; m++) {
        if (strcmp(simple, meanings[role][m]) == 0) {
            return true;
        }
    }
    return false;
}

/* A header's name is given whole, or without RecBole's ":type". */
static bool is_named(const char *name, const char *asked)
{
    size_t n = strlen(asked);

    return strcmp(name, asked) == 0 || (strncmp(name, asked, n) == 0 && name[n] == ':');
}

static pal_status find_named(size_t *at, const char *asked, const char *key, const char *const *names, size_t n,
                             const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t place = 0;
    const char *near;

    if (asked[0] == '#' && pal_parse_u64(&place, asked + 1, strlen(asked + 1)) && place > 0) {
        if (place > n) {
            PAL_FAIL(PAL_ERR_DATA, "%s: \"%s\": there is no column %s; there are %zu", path, key, asked, n);
        }
        *at = (size_t)place - 1;
        goto done;
    }
    if (names == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s: \"%s\": column '%s' is asked for, but there is no header line; \"#3\" is the third "
                 "column", path, key, asked);
    }
    for (size_t c = 0; c < n; c++) {
        if (is_named(names[c], asked)) {
            if (*at != PAL_NO_COLUMN) {
                PAL_FAIL(PAL_ERR_DATA, "%s: \"%s\": two columns are named '%s'", path, key, asked);
            }
            *at = c;
        }
    }
    if (*at == PAL_NO_COLUMN) {
        near = pal_nearest_name(asked, names, n);
        PAL_FAIL(PAL_ERR_DATA, "%s: \"%s\": no column is named '%s'%s%s%s", path, key, asked,
                 near != NULL ? "; did you mean '" : "", near != NULL ? near : "", near != NULL ? "'?" : "");
    }

done:
    return rc;
}

pal_status pal_column_find(size_t *at, pal_role role, const char *asked, const char *key, bool needed,
                           const char *const *names, size_t n, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;

    *at = PAL_NO_COLUMN;
    if (strcmp(asked, "-") == 0 && !needed) {
        goto done;
    }
    if (asked[0] != '\0') {
        PAL_TRY(find_named(at, asked, key, names, n, path, err));
        goto done;
    }
    if (names == NULL) {
        *at = (size_t)role < n ? (size_t)role : PAL_NO_COLUMN;
    }
    for (size_t c = 0; names != NULL && c < n; c++) {
        if (pal_column_means(names[c], role)) {
            if (*at != PAL_NO_COLUMN) {
                PAL_FAIL(PAL_ERR_DATA, "%s: columns '%s' and '%s' may both be the %s; \"%s\" says which (or \"-\" for "
                         "none)", path, names[*at], names[c], pal_role_name(role), key);
            }
            *at = c;
        }
    }
    if (*at == PAL_NO_COLUMN && needed && names == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s: there is no column of the %s: a row has %zu field%s, and there is no header line", path,
                 pal_role_name(role), n, n == 1 ? "" : "s");
    }
    if (*at == PAL_NO_COLUMN && needed) {
        PAL_FAIL(PAL_ERR_DATA, "%s: none of the %zu columns (first: '%s') is known as the %s; \"%s\" says which", path, n,
                 n > 0 ? names[0] : "", pal_role_name(role), key);
    }

done:
    return rc;
}

const char *pal_separator_guess(const char *line, size_t n)
{
    static const char *const separators[] = { "\t", ",", ";", "|", " " };

    for (size_t i = 0; i + 1 < n; i++) {
        if (line[i] == ':' && line[i + 1] == ':') {
            return "::";
        }
    }
    for (size_t s = 0; s < sizeof separators / sizeof *separators; s++) {
        if (memchr(line, separators[s][0], n) != NULL) {
            return separators[s];
        }
    }
    return ",";
}
