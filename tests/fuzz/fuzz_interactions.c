/*
 * Fuzz target: any bytes as an interaction log in every format (the first byte chooses), as its own side file, and as a
 * split of a small log. What is refused has a text; what is read keeps its promises and comes back from its own CSV.
 */
#include "core/file.h"
#include "core/json.h"
#include "core/mem.h"
#include "data/interactions_load.h"
#include "data/split.h"
#include "data/write_interactions.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

static const struct {
    const char *name, *json;
} ways[] = {
    { "u.data", "{}" },
    { "ratings.dat", "{\"duplicates\": \"sum\"}" },
    { "ratings.csv", "{\"duplicates\": \"max\", \"threshold\": 2}" },
    { "user_artists.dat", "{\"implicit\": true}" },
    { "x.inter", "{\"side_words\": 5}" },
    { "table.txt", "{\"duplicates\": \"first\", \"core_user\": 2, \"core_item\": 2}" },
    { "table.csv", "{\"header\": \"yes\", \"value\": \"-\"}" },
    { "events.csv", "{\"format\": \"run\"}" },
    { "item.csv", "{}" }, /* the bytes are the side file of a fixed log */
    { "split.csv", "{}" }, /* the bytes are a split of it              */
};
enum { N_WAYS = sizeof ways / sizeof ways[0], SIDE = N_WAYS - 2, SPLIT = N_WAYS - 1 };

static const char small_log[] = "user,item\nu,1\nu,b\nv,1\n";

static char folder[64];

static char *in_folder(const char *name)
{
    char *path = pal_path_join(folder, name);

    PAL_ASSERT(path != NULL);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t n)
{
    char *path = in_folder(name);
    FILE *file = fopen(path, "wb");

    PAL_ASSERT(file != NULL && fwrite(bytes, 1, n, file) == n && fclose(file) == 0);
    pal_free(path);
}

static pal_status load(pal_interactions **out, const char *name, const char *json, pal_error *err)
{
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    char *path = in_folder(name);
    pal_status rc;

    PAL_ASSERT(pal_json_parse(&doc, json, strlen(json), "fuzz", err) == PAL_OK);
    PAL_ASSERT(pal_values_read(&values, pal_interactions_params, pal_json_root(doc), "fuzz", "", NULL, err) == PAL_OK);
    rc = pal_interactions_load(out, NULL, path, values, "fuzz", "data", err);
    PAL_ASSERT(rc == PAL_OK || (*out == NULL && err->text[0] != '\0' && pal_status_exit_code(rc) == 2));
    pal_values_free(values);
    pal_json_free(doc);
    pal_free(path);
    return rc;
}

static void check_side(const pal_side *side, size_t n)
{
    if (side != NULL) {
        PAL_ASSERT(side->cell->n_rows == n && side->cell->n_cols == side->n_features);
        for (size_t i = 0; i < side->cell->n; i++) {
            PAL_ASSERT(side->cell->value[i] > 0 && side->cell->value[i] <= 1);
        }
    }
}

static void check_log(const pal_interactions *log)
{
    PAL_ASSERT(log->n > 0);
    for (size_t i = 0; i < log->n; i++) {
        PAL_ASSERT(log->user[i] < log->n_users && log->item[i] < log->n_items && isfinite(log->value[i]));
        PAL_ASSERT(i == 0 || log->user[i] > log->user[i - 1] ||
                   (log->user[i] == log->user[i - 1] && log->item[i] > log->item[i - 1]));
    }
    for (size_t u = 0; u < log->n_users; u++) {
        PAL_ASSERT(log->user_id[u][0] != '\0' && pal_interactions_user(log, log->user_id[u]) == u);
    }
    for (size_t i = 0; i < log->n_items; i++) {
        PAL_ASSERT(log->item_id[i][0] != '\0' && pal_interactions_item(log, log->item_id[i]) == i);
    }
    check_side(log->user_side, log->n_users);
    check_side(log->item_side, log->n_items);
}

/* Written twice, read twice: the same digest from the first reading on. */
static void check_round_trip(const pal_interactions *log)
{
    pal_error err = { PAL_OK, "" };
    char *path = in_folder("again.csv"), *atomic = in_folder("set");
    pal_interactions *once = NULL, *twice = NULL;

    PAL_ASSERT(pal_interactions_save_csv(log, path, NULL, &err) == PAL_OK);
    PAL_ASSERT(load(&once, "again.csv", "{\"duplicates\": \"error\"}", &err) == PAL_OK);
    PAL_ASSERT(once->n == log->n && once->n_users == log->n_users);
    PAL_ASSERT(pal_interactions_save_csv(once, path, NULL, &err) == PAL_OK);
    PAL_ASSERT(load(&twice, "again.csv", "{}", &err) == PAL_OK);
    PAL_ASSERT(pal_interactions_digest(once) == pal_interactions_digest(twice));
    pal_interactions_free(twice);
    twice = NULL;
    if (pal_interactions_save_atomic(log, atomic, &err) == PAL_OK && log->item_side == NULL && log->user_side == NULL) {
        PAL_ASSERT(load(&twice, "set/set.inter", "{\"item_file\": \"-\"}", &err) == PAL_OK && twice->n == log->n);
    }
    pal_interactions_free(twice);
    pal_interactions_free(once);
    pal_free(path);
    pal_free(atomic);
}

static void try_log(size_t way, const uint8_t *data, size_t n)
{
    pal_error err = { PAL_OK, "" };
    pal_interactions *log = NULL;
    char json[160];

    write_file(ways[way].name, data, n);
    if (way == SIDE) {
        write_file("log.csv", small_log, strlen(small_log));
        snprintf(json, sizeof json, "{\"item_file\": \"%s/item.csv\", \"side_words\": 3}", folder);
        load(&log, "log.csv", json, &err);
    } else {
        if (way == 4) {
            write_file("x.item", data, n); /* a log is its own side file, as far as that goes */
        }
        load(&log, ways[way].name, ways[way].json, &err);
    }
    if (log != NULL) {
        check_log(log);
        check_round_trip(log);
    }
    pal_interactions_free(log);
}

static void try_split(const uint8_t *data, size_t n)
{
    pal_error err = { PAL_OK, "" };
    pal_interactions *log = NULL;
    pal_split *split = NULL;
    char *path = in_folder(ways[SPLIT].name);
    pal_status rc;

    write_file("log.csv", small_log, strlen(small_log));
    write_file(ways[SPLIT].name, data, n);
    PAL_ASSERT(load(&log, "log.csv", "{}", &err) == PAL_OK);
    rc = pal_split_load(&split, log, path, &err);
    PAL_ASSERT(rc == PAL_OK || (split == NULL && err.text[0] != '\0'));
    if (split != NULL) {
        PAL_ASSERT(split->count[0] + split->count[1] + split->count[2] + split->count[3] + split->count[4] == log->n);
    }
    pal_split_free(split);
    pal_interactions_free(log);
    pal_free(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    size_t way;

    if (n == 0 || n > 1 << 16) {
        return 0;
    }
    way = (size_t)(data[0] - '0') % N_WAYS;
    (void)mkdir("build", 0777);
    strcpy(folder, "build/fuzz-interactions-XXXXXX");
    PAL_ASSERT(mkdtemp(folder) != NULL);
    if (way == SPLIT) {
        try_split(data + 1, n - 1);
    } else {
        try_log(way, data + 1, n - 1);
    }
    pal_dir_remove(folder);
    return 0;
}
