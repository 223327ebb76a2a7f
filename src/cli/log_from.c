/* Logs read with checked parameters, and told about. */
#include "cli/log_from.h"

#include "cli/print.h"

pal_status pal_log_from(pal_interactions **out, pal_interactions_report *report, const char *path,
                        const pal_json *object, const char *json_path, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_values *values = NULL;

    PAL_TRY(pal_values_read(&values, pal_interactions_params, object, "--set", json_path, NULL, err));
    PAL_TRY(pal_interactions_load(out, report, path, values, "--set", json_path, err));

done:
    pal_values_free(values);
    return rc;
}

pal_status pal_log_check_values(const pal_interactions *log, const char *path, pal_error *err)
{
    for (size_t i = 0; i < log->n; i++) {
        if (!(log->value[i] > 0)) {
            return pal_error_set(err, PAL_ERR_DATA, "%s: person '%.60s', item '%.60s': found value %g, wanted one above 0; "
                                 "--set data.threshold=4 leaves out what is below 4, data.value=- takes every row as 1",
                                 path, log->user_id[log->user[i]], log->item_id[log->item[i]], (double)log->value[i]);
        }
    }
    return PAL_OK;
}

static void tell_side(pal_text *text, const char *what, const pal_side *side, uint64_t rows, uint64_t unmet)
{
    if (side != NULL) {
        pal_text_addf(text, "%s %s features of %s rows, %s of them without an interaction\n", what,
                      pal_print_count(side->n_features), pal_print_count(rows), pal_print_count(unmet));
    }
}

void pal_log_tell(pal_text *text, const pal_interactions *log, const pal_interactions_report *report)
{
    uint64_t out = report->repeated + report->below + report->rare;

    pal_text_addf(text, "%s: %s %s of %s %s with %s %s%s\n", log->name, pal_print_count(log->n),
                  pal_print_noun(log->n, "interaction", "interactions"), pal_print_count(log->n_users),
                  pal_print_noun(log->n_users, "person", "people"), pal_print_count(log->n_items),
                  pal_print_noun(log->n_items, "item", "items"), log->time != NULL ? ", with times" : "");
    if (out > 0) {
        pal_text_addf(text, "rows     %s read; %s repeated, %s below the threshold, %s of people or items with too few\n",
                      pal_print_count(report->rows), pal_print_count(report->repeated), pal_print_count(report->below),
                      pal_print_count(report->rare));
    }
    tell_side(text, "items   ", log->item_side, report->item_rows, report->item_unmet);
    tell_side(text, "people  ", log->user_side, report->user_rows, report->user_unmet);
    if (report->wide_columns > 0) {
        pal_text_addf(text, "left out %s columns of side words with too many distinct ones (side_words)\n",
                      pal_print_count(report->wide_columns));
    }
}

void pal_log_members(pal_json_writer *w, const pal_interactions *log, const pal_interactions_report *report)
{
    pal_json_put_string(w, "data", log->name);
    pal_json_put_string(w, "format", report->format);
    pal_json_put_i64(w, "rows", (int64_t)report->rows);
    pal_json_put_i64(w, "repeated", (int64_t)report->repeated);
    pal_json_put_i64(w, "below_threshold", (int64_t)report->below);
    pal_json_put_i64(w, "rare", (int64_t)report->rare);
    pal_json_put_i64(w, "interactions", (int64_t)log->n);
    pal_json_put_i64(w, "people", (int64_t)log->n_users);
    pal_json_put_i64(w, "items", (int64_t)log->n_items);
    pal_json_put_bool(w, "times", log->time != NULL);
    pal_json_put_i64(w, "item_features", log->item_side != NULL ? (int64_t)log->item_side->n_features : 0);
    pal_json_put_i64(w, "user_features", log->user_side != NULL ? (int64_t)log->user_side->n_features : 0);
}
