/* Formats of interaction logs: their parameters, the names of their files, what stands beside them. */
#include "data/interactions_formats.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/interactions_load.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#define MOST_COUNT 1e9

const pal_param pal_interactions_params[] = {
    { "format", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|u.data|ratings.dat|ratings.csv|hetrec|inter|table|run",
      "auto goes by the file's name: MovieLens u.data, ratings.dat or ratings.csv, hetrec user_artists.dat, RecBole .inter, "
      "a run directory; by the header: a run's events.csv; else a table", NULL },
    { "separator", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|comma|tab|semicolon|pipe|blank|colons",
      "between columns; auto: the format's, or the first of ::, tab, comma, ;, |, blank in the first line", NULL },
    { "header", PAL_PARAM_CHOICE, "\"auto\"", 0, 0, "auto|yes|no",
      "does the first line name the columns? auto: yes when it names a known column, or its third field is no number", NULL },
    { "user", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "column of people: a name, or \"#1\" for the first; empty: found by name", NULL },
    { "item", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "column of items", NULL },
    { "value", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "column of ratings, counts …; \"-\": none, every row counts 1", NULL },
    { "time", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "column of times (numbers, rounded down); \"-\": none", NULL },
    { "threshold", PAL_PARAM_REAL, "0", 0, MOST_COUNT, NULL, "a value below it is left out; 0: none is", NULL },
    { "implicit", PAL_PARAM_BOOL, "false", 0, 0, NULL, "every value that is kept becomes 1", NULL },
    { "duplicates", PAL_PARAM_CHOICE, "\"last\"", 0, 0, "last|first|sum|max|error",
      "a pair of person and item that stands in several rows: which value counts", NULL },
    { "min_user", PAL_PARAM_INT, "0", 0, MOST_COUNT, NULL, "people with fewer interactions are left out, counted once", NULL },
    { "min_item", PAL_PARAM_INT, "0", 0, MOST_COUNT, NULL, "items with fewer interactions are left out, counted once", NULL },
    { "core_user", PAL_PARAM_INT, "0", 0, MOST_COUNT, NULL,
      "people with fewer interactions are left out, again and again until nobody has (k-core)", NULL },
    { "core_item", PAL_PARAM_INT, "0", 0, MOST_COUNT, NULL, "the same for items", NULL },
    { "keep_empty", PAL_PARAM_BOOL, "false", 0, 0, NULL,
      "people and items that lose every row keep their place: the matrix keeps its size", NULL },
    { "item_file", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL,
      "titles and side features of items; empty: the format's own file beside; \"-\": none", NULL },
    { "user_file", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "side features of people, in the same way", NULL },
    { "side_words", PAL_PARAM_INT, "1000", 0, MOST_COUNT, NULL,
      "a column of side words with more distinct ones makes no features", NULL },
    { "arm", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "run: the arm whose log is read; empty: the only one", NULL },
    { "replicate", PAL_PARAM_INT, "0", 0, MOST_COUNT, NULL, "run: the replicate whose log is read", NULL },
    { "event", PAL_PARAM_CHOICE, "\"liked\"", 0, 0, "liked|clicked|examined|disliked", "run: what counts as an interaction", NULL },
    { 0 }
};

enum { U_DATA, RATINGS_DAT, RATINGS_CSV, HETREC, INTER, TABLE, RUN };

const pal_log_format pal_log_formats[] = {
    { "u.data", "\t", 0, true, "u.item", "u.user", &pal_side_u_item, &pal_side_u_user },
    { "ratings.dat", "::", 0, true, "movies.dat", "users.dat", &pal_side_movies_dat, &pal_side_users_dat },
    { "ratings.csv", ",", 1, true, "movies.csv", NULL, &pal_side_movies_csv, &pal_side_table },
    { "hetrec", "\t", 1, true, "artists.dat", NULL, &pal_side_artists_dat, &pal_side_table },
    { "inter", "\t", 1, false, ".item", ".user", &pal_side_atomic, &pal_side_atomic },
    { "table", NULL, -1, false, NULL, NULL, &pal_side_table, &pal_side_table },
    { "run", ",", 1, false, NULL, NULL, &pal_side_table, &pal_side_table },
};

const pal_log_format *const pal_log_format_run = &pal_log_formats[RUN];

/* The file's name without folders and .gz. */
static size_t base_name(const char **base, const char *path)
{
    const char *slash = strrchr(path, '/');
    size_t n;

    *base = slash != NULL ? slash + 1 : path;
    n = strlen(*base);
    return n > 3 && strcmp(*base + n - 3, ".gz") == 0 ? n - 3 : n;
}

static bool is_base(const char *base, size_t n, const char *name)
{
    return strlen(name) == n && strncmp(base, name, n) == 0;
}

static bool ends_with(const char *base, size_t n, const char *end)
{
    size_t m = strlen(end);

    return n > m && strncmp(base + n - m, end, m) == 0;
}

/* Length of a base name of n bytes without its last ending; n when it has none. */
static size_t stem_length(const char *base, size_t n)
{
    size_t dot = n;

    while (dot > 0 && base[dot - 1] != '.') {
        dot--;
    }
    return dot > 1 ? dot - 1 : n;
}

bool pal_is_folder(const char *path)
{
    struct stat info;

    return stat(path, &info) == 0 && S_ISDIR(info.st_mode);
}

static size_t guess(const char *path)
{
    const char *base;
    size_t n = base_name(&base, path);

    if (pal_is_folder(path)) {
        return RUN;
    }
    if (is_base(base, n, "u.data") ||
        (n == 7 && base[0] == 'u' && (ends_with(base, n, ".base") || ends_with(base, n, ".test")))) { /* u1 … u5, ua, ub */
        return U_DATA;
    }
    if (is_base(base, n, "ratings.dat")) {
        return RATINGS_DAT;
    }
    if (is_base(base, n, "ratings.csv")) {
        return RATINGS_CSV;
    }
    if (is_base(base, n, "user_artists.dat") || (strncmp(base, "user_rated", 10) == 0 && ends_with(base, n, ".dat"))) {
        return HETREC;
    }
    return ends_with(base, n, ".inter") ? INTER : TABLE;
}

const pal_log_format *pal_log_format_guess(const char *path)
{
    return &pal_log_formats[guess(path)];
}

/* The file's name without its last ending; for MovieLens and the like, whose files all have one name, the folder's. */
void pal_log_name(char *out, size_t room, const char *path, const pal_log_format *format)
{
    const char *base;
    size_t n = base_name(&base, path);

    if (format->by_folder && base > path) {
        n = (size_t)(base - path) - 1;
        while (n > 0 && path[n - 1] != '/') {
            n--;
        }
        snprintf(out, room, "%.*s", (int)((size_t)(base - path) - 1 - n), path + n);
        return;
    }
    snprintf(out, room, "%.*s", (int)stem_length(base, n), base);
}

/* Where a side file of the format stands: beside, plain or .gz; NULL: there is none. Caller pal_frees. */
pal_status pal_side_beside(char **out, const char *path, const pal_log_format *format, bool people, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *base, *name = people ? format->user_file : format->item_file;
    size_t n = base_name(&base, path), folder = (size_t)(base - path), room;
    char *found = NULL;

    *out = NULL;
    if (name == NULL) {
        goto done;
    }
    room = strlen(path) + strlen(name) + 8;
    if (name[0] == '.') { /* the same stem: X.inter, X.item */
        folder += stem_length(base, n);
    }
    PAL_NEW(found, room);
    snprintf(found, room, "%.*s%s", (int)folder, path, name);
    if (!pal_file_exists(found)) {
        snprintf(found, room, "%.*s%s.gz", (int)folder, path, name);
    }
    if (pal_file_exists(found)) {
        *out = found;
        found = NULL;
    }

done:
    pal_free(found);
    return rc;
}

const pal_side_layout *pal_side_layout_of(const char *asked, const pal_log_format *format, bool people)
{
    const char *base, *name = people ? format->user_file : format->item_file;
    size_t n = base_name(&base, asked);

    if (name != NULL && is_base(base, n, name)) {
        return people ? format->user_layout : format->item_layout;
    }
    return ends_with(base, n, ".item") || ends_with(base, n, ".user") ? &pal_side_atomic : &pal_side_table;
}
