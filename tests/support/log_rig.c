/* Logs for tests. */
#include "tests/support/log_rig.h"

#include "core/json.h"
#include "core/rng.h"
#include "data/interactions_load.h"
#include "tests/support/scratch.h"

#include <stdio.h>
#include <string.h>

pal_values *log_values(const pal_param *table, const char *json)
{
    pal_error err = { .status = PAL_OK };
    pal_json_doc *doc = NULL;
    pal_values *values = NULL;
    const char *text = json[0] != '\0' ? json : "{}";

    ck_assert_msg(pal_json_parse(&doc, text, strlen(text), "test", &err) == PAL_OK, "%s", err.text);
    ck_assert_msg(pal_values_read(&values, table, pal_json_root(doc), "test", "", NULL, &err) == PAL_OK, "%s", err.text);
    pal_json_free(doc);
    return values;
}

pal_interactions *log_random(uint64_t seed, size_t n_users, size_t n_items, size_t n_rows, bool times)
{
    pal_key key = pal_key_for(seed, 0, PAL_FOR_TEST);
    pal_error err = { .status = PAL_OK };
    pal_interactions_builder *builder = NULL;
    pal_interactions *log = NULL;
    char user[24], item[24];

    ck_assert_int_eq(pal_interactions_builder_new(&builder, &err), PAL_OK);
    for (size_t i = 0; i < n_rows; i++) {
        uint64_t word[4];

        pal_block(key, (pal_at){ i, 0, 0 }, 0, word);
        snprintf(user, sizeof user, "u%llu", (unsigned long long)(word[0] % n_users));
        snprintf(item, sizeof item, "%llu", (unsigned long long)(word[1] % n_items));
        ck_assert_int_eq(pal_interactions_builder_add(builder, user, strlen(user), item, strlen(item),
                                                      (float)(1 + word[2] % 5), (int64_t)(word[3] % 100),
                                                      PAL_ROW_VALUE | (times ? PAL_ROW_TIME : 0), &err), PAL_OK);
    }
    ck_assert_msg(pal_interactions_builder_finish(&log, NULL, builder, "random", NULL, &err) == PAL_OK, "%s", err.text);
    pal_interactions_builder_free(builder);
    return log;
}

pal_status log_load_file(pal_interactions **out, pal_interactions_report *report, const char *path, const char *json,
                         pal_error *err)
{
    pal_values *values = log_values(pal_interactions_params, json);
    pal_status rc = pal_interactions_load(out, report, path, values, "test", "data", err);

    pal_values_free(values);
    return rc;
}

pal_status log_load_text(pal_interactions **out, pal_interactions_report *report, const char *name, const char *text,
                         const char *json, pal_error *err)
{
    return log_load_file(out, report, scratch_text(name, text), json, err);
}

size_t log_at(const pal_interactions *log, const char *user, const char *item)
{
    size_t u = pal_interactions_user(log, user), i = pal_interactions_item(log, item);

    for (size_t at = 0; at < log->n; at++) {
        if (log->user[at] == u && log->item[at] == i) {
            return at;
        }
    }
    ck_abort_msg("no interaction of '%s' and '%s'", user, item);
    return 0;
}
