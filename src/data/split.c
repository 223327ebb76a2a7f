/* Splits: the parameter table, the kinds by name, checks, and the file of a split. */
#include "data/split.h"

#include "core/file.h"
#include "core/mem.h"
#include "data/read_lines.h"
#include "data/split_kinds.h"

#include <string.h>

#define MOST_ROWS 1e9
#define MOST_SEED 9007199254740991.0 /* what a JSON number holds */

const char *const pal_part_names[5] = { "train", "valid", "test", "known", "none" };

const pal_param pal_split_params[] = {
    { "kind", PAL_PARAM_CHOICE, "\"random\"", 0, 0,
      "random|random_user|leave_last|user_time|time|k_fold|user_cold|item_cold|ua|file",
      "what is held out: a share of all or of each person's interactions, the latest, a fold, whole people or items", NULL },
    { "test", PAL_PARAM_REAL, "0.2", 0, 0.999, NULL, "share held out to test on", NULL },
    { "valid", PAL_PARAM_REAL, "0", 0, 0.999, NULL, "share held out to choose parameters on", NULL },
    { "test_rows", PAL_PARAM_INT, "1", 1, MOST_ROWS, NULL, "leave_last: interactions a person to test on", NULL },
    { "valid_rows", PAL_PARAM_INT, "0", 0, MOST_ROWS, NULL, "leave_last: interactions a person before those, to choose on", NULL },
    { "folds", PAL_PARAM_INT, "5", 2, 1000, NULL, "k_fold: how many", NULL },
    { "fold", PAL_PARAM_INT, "0", 0, 999, NULL, "k_fold: which one is held out, from 0", NULL },
    { "known", PAL_PARAM_REAL, "0.5", 0, 1, NULL,
      "user_cold: share of a held-out person's interactions told when they ask; at least one stays to test on", NULL },
    { "first", PAL_PARAM_INT, "10", 1, MOST_ROWS, NULL, "ua: rows of a person to test on, in the source's order", "MovieLens 100k" },
    { "skip", PAL_PARAM_INT, "0", 0, MOST_ROWS, NULL, "ua: rows of a person before those", "MovieLens 100k: ua 0, ub 10" },
    { "file", PAL_PARAM_TEXT, "\"\"", 0, 0, NULL, "file: a split that was saved", NULL },
    { "seed", PAL_PARAM_INT, "1", 0, MOST_SEED, NULL, "of every draw", NULL },
    { 0 }
};

typedef struct kind {
    const char *name;
    pal_split_fn split;
    bool shares, needs_time; /* uses test and valid; cannot do without times */
} kind;

static const kind kinds[] = { /* in the order of the choices */
    { "random", pal_split_random, true, false },
    { "random_user", pal_split_random_user, true, false },
    { "leave_last", pal_split_leave_last, false, true },
    { "user_time", pal_split_user_time, true, true },
    { "time", pal_split_time, true, true },
    { "k_fold", pal_split_k_fold, false, false },
    { "user_cold", pal_split_user_cold, true, false },
    { "item_cold", pal_split_item_cold, true, false },
    { "ua", pal_split_ua, false, false },
    { "file", NULL, false, false },
};

void pal_split_free(pal_split *split)
{
    if (split != NULL) {
        pal_free(split->part);
        pal_free(split);
    }
}

static pal_status new_split(pal_split **out, size_t n, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_split *split = NULL;

    PAL_NEW(split, 1);
    split->n = n;
    PAL_NEW(split->part, n);
    *out = split;
    split = NULL;

done:
    pal_split_free(split);
    return rc;
}

/* Counts and digest, once the parts are set. */
static pal_status seal(pal_split *split, const pal_interactions *log, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_hasher *hasher = NULL;

    PAL_TRY(pal_hasher_new(&hasher, err));
    memset(split->count, 0, sizeof split->count);
    for (size_t i = 0; i < split->n; i++) {
        const char *user = log->user_id[log->user[i]], *item = log->item_id[log->item[i]];

        split->count[split->part[i]]++;
        pal_hasher_add(hasher, &split->part[i], 1);
        pal_hasher_add(hasher, user, strlen(user) + 1);
        pal_hasher_add(hasher, item, strlen(item) + 1);
    }
    pal_hasher_hex(hasher, split->digest);

done:
    pal_hasher_free(hasher);
    return rc;
}

/* ---- making ----------------------------------------------------------------------------------------------- */

static pal_status check_shares(const kind *k, const pal_values *v, const char *file, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *dot = path[0] != '\0' ? "." : "";
    double test = pal_values_real(v, "test"), valid = pal_values_real(v, "valid");
    int64_t fold = pal_values_int(v, "fold"), folds = pal_values_int(v, "folds");

    if (k->shares && !(test > 0)) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%stest: must be above 0 for kind \"%s\"", file, path, dot, k->name);
    }
    if (k->shares && test + valid >= 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%stest %g and valid %g leave nothing to train on: they must add up to less than 1",
                 file, path, dot, test, valid);
    }
    if (k->split == pal_split_k_fold && fold >= folds) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%sfold: must be below folds (%lld), found %lld", file, path, dot,
                 (long long)folds, (long long)fold);
    }
    if (k->split == pal_split_k_fold && valid + 1 / (double)folds >= 1) {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%svalid %g beside one fold of %lld leaves nothing to train on", file, path, dot,
                 valid, (long long)folds);
    }
    if (k->split == NULL && pal_values_text(v, "file")[0] == '\0') {
        PAL_FAIL(PAL_ERR_CONFIG, "%s: %s%sfile: needed for kind \"file\"", file, path, dot);
    }

done:
    return rc;
}

/* A split without rows to learn from, or to test on, is of no use. */
static pal_status check_parts(const pal_split *split, const pal_interactions *log, const kind *k, bool wants_valid,
                              pal_error *err)
{
    pal_status rc = PAL_OK;
    static const pal_part wanted[] = { PAL_PART_TRAIN, PAL_PART_TEST, PAL_PART_VALID };

    for (size_t w = 0; w < (wants_valid ? 3u : 2u); w++) {
        if (split->count[wanted[w]] == 0) {
            PAL_FAIL(PAL_ERR_DATA, "split \"%s\" of %s: no interaction of %zu is left to %s", k->name, log->name, log->n,
                     wanted[w] == PAL_PART_TRAIN  ? "train on"
                     : wanted[w] == PAL_PART_TEST ? "test on"
                                                  : "validate on");
        }
    }

done:
    return rc;
}

pal_status pal_split_make_seeded(pal_split **out, const pal_interactions *log, const pal_values *values, uint64_t seed,
                                 const char *file, const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;
    const kind *k = &kinds[pal_values_choice(values, "kind")];
    pal_split *split = NULL;
    pal_split_ask ask = { .log = log, .values = values, .test = pal_values_real(values, "test"),
                          .valid = pal_values_real(values, "valid"),
                          .key = pal_key_named(pal_key_for(seed, 0, PAL_FOR_TRAIN), "split") };
    bool wants_valid = k->split == pal_split_leave_last ? pal_values_int(values, "valid_rows") > 0
                                                        : (k->shares || k->split == pal_split_k_fold) && ask.valid > 0;

    PAL_TRY(check_shares(k, values, file, json_path, err));
    if (k->needs_time && log->time == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "split \"%s\" of %s: needs times, and the log has none", k->name, log->name);
    }
    if (k->split == NULL) {
        PAL_TRY(pal_split_load(&split, log, pal_values_text(values, "file"), err));
    } else {
        PAL_TRY(new_split(&split, log->n, err));
        PAL_TRY(k->split(split->part, &ask, err));
        PAL_TRY(seal(split, log, err));
    }
    PAL_TRY(check_parts(split, log, k, wants_valid, err));
    *out = split; /* the caller owns it from here */
    split = NULL;

done:
    pal_split_free(split);
    return rc;
}

pal_status pal_split_make(pal_split **out, const pal_interactions *log, const pal_values *values, const char *file,
                          const char *json_path, pal_error *err)
{
    return pal_split_make_seeded(out, log, values, (uint64_t)pal_values_int(values, "seed"), file, json_path, err);
}

/* ---- the file --------------------------------------------------------------------------------------------- */

pal_status pal_split_save(const pal_split *split, const pal_interactions *log, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;

    PAL_ASSERT(split->n == log->n);
    PAL_TRY(pal_outfile_open(&file, path, err));
    pal_outfile_text(file, "user,item,part\n");
    for (size_t i = 0; i < log->n; i++) {
        pal_outfile_csv_text(file, log->user_id[log->user[i]]);
        pal_outfile_text(file, ",");
        pal_outfile_csv_text(file, log->item_id[log->item[i]]);
        pal_outfile_text(file, ",");
        pal_outfile_text(file, pal_part_names[split->part[i]]);
        pal_outfile_text(file, "\n");
    }
    PAL_TRY(pal_outfile_commit(&file, NULL, err));

done:
    pal_outfile_abort(&file);
    return rc;
}

/* First row of a person in the log, by binary search. */
static size_t lower_row(const pal_interactions *log, uint32_t user, uint32_t item)
{
    size_t low = 0, high = log->n;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (log->user[middle] < user || (log->user[middle] == user && log->item[middle] < item)) {
            low = middle + 1;
        } else {
            high = middle;
        }
    }
    return low;
}

#define UNSET UINT8_MAX

static pal_status take_row(pal_split *split, const pal_interactions *log, const pal_lines *l, pal_error *err)
{
    pal_status rc = PAL_OK;
    unsigned long long row = l->row, line = l->line;
    size_t user, item, at, part = 0;

    if (l->n != 3) {
        PAL_FAIL(PAL_ERR_PARSE, "%s: row %llu (line %llu): %zu fields, wanted 3: user,item,part", l->path, row, line, l->n);
    }
    user = pal_interactions_user(log, l->field[0]);
    item = pal_interactions_item(log, l->field[1]);
    at = user != SIZE_MAX && item != SIZE_MAX ? lower_row(log, (uint32_t)user, (uint32_t)item) : log->n;
    if (at == log->n || log->user[at] != user || log->item[at] != item) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %llu (line %llu): person '%s' and item '%s' are no interaction of %s", l->path,
                 row, line, l->field[0], l->field[1], log->name);
    }
    while (part < 5 && strcmp(l->field[2], pal_part_names[part]) != 0) {
        part++;
    }
    if (part == 5) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %llu (line %llu): found part '%.60s', wanted train, valid, test, known or none",
                 l->path, row, line, l->field[2]);
    }
    if (split->part[at] != UNSET) {
        PAL_FAIL(PAL_ERR_DATA, "%s: row %llu (line %llu): person '%s' and item '%s' stand here twice", l->path, row, line,
                 l->field[0], l->field[1]);
    }
    split->part[at] = (uint8_t)part;

done:
    return rc;
}

static pal_status take_header(pal_lines *lines, pal_error *err)
{
    pal_status rc = PAL_OK;
    bool found = false;

    PAL_TRY(pal_lines_next(&found, lines, err));
    if (!found || lines->n != 3 || strcmp(lines->field[0], "user") != 0 || strcmp(lines->field[1], "item") != 0 ||
        strcmp(lines->field[2], "part") != 0) {
        PAL_FAIL(PAL_ERR_DATA, "%s: line 1: wanted the header user,item,part", lines->path);
    }
    lines->row = 0;

done:
    return rc;
}

pal_status pal_split_load(pal_split **out, const pal_interactions *log, const char *path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_lines lines = { 0 };
    pal_split *split = NULL;
    bool found = true;

    PAL_TRY(new_split(&split, log->n, err));
    memset(split->part, UNSET, log->n);
    PAL_TRY(pal_lines_open(&lines, path, false, err));
    memcpy(lines.separator, ",", 2);
    lines.quotes = true;
    PAL_TRY(take_header(&lines, err));
    for (;;) {
        PAL_TRY(pal_lines_next(&found, &lines, err));
        if (!found) {
            break;
        }
        PAL_TRY(take_row(split, log, &lines, err));
    }
    for (size_t i = 0; i < log->n; i++) {
        if (split->part[i] == UNSET) {
            PAL_FAIL(PAL_ERR_DATA, "%s: after %llu rows: person '%s' and item '%s' of %s are missing", path,
                     (unsigned long long)lines.row, log->user_id[log->user[i]], log->item_id[log->item[i]], log->name);
        }
    }
    PAL_TRY(seal(split, log, err));
    *out = split; /* the caller owns it from here */
    split = NULL;

done:
    pal_split_free(split);
    pal_lines_clear(&lines);
    return rc;
}
