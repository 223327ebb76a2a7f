/* Rankings for people and for programs. */
#include "cli/ranked_items.h"

#include "cli/print.h"

#include <string.h>

static const char *id_of(const pal_ranked *r, const pal_saved *saved, size_t k)
{
    return r->people ? saved->user_id[r->place[k]] : saved->item_id[r->place[k]];
}

static pal_status print_lines(const pal_ranked *r, const pal_saved *saved, pal_error *err)
{
    pal_status rc = PAL_OK;

    for (size_t k = 0; k < r->n && r->place[k] != UINT32_MAX; k++) {
        pal_json_writer w = { .compact = true };

        pal_json_begin_object(&w, NULL);
        pal_json_put_string(&w, "command", r->command);
        pal_json_put_string(&w, r->what, r->id);
        pal_json_put_i64(&w, "rank", (int64_t)k + 1);
        pal_json_put_string(&w, r->people ? "similar_user" : strcmp(r->what, "item") == 0 ? "similar_item" : "item",
                            id_of(r, saved, k));
        if (!r->people && saved->item_title != NULL) {
            pal_json_put_string(&w, "title", pal_saved_title(saved, r->place[k]));
        }
        pal_json_put_number(&w, "score", (double)r->score[k]);
        pal_json_end_object(&w);
        PAL_TRY(pal_print_line(&w, err));
    }

done:
    return rc;
}

/* What the table shows of a score: 0 without a sign, also where five places round to it. */
static double shown(float score)
{
    return score > -5e-6f && score <= 0 ? 0 : (double)score;
}

/* The title comes last: its width on the screen is anyone's guess. */
static pal_status print_table(const pal_ranked *r, const pal_saved *saved, pal_error *err)
{
    pal_text text = { 0 };
    size_t width = r->people ? strlen("person") : strlen("item");

    for (size_t k = 0; k < r->n && r->place[k] != UINT32_MAX; k++) {
        size_t length = strlen(id_of(r, saved, k));

        width = length > width ? length : width;
    }
    pal_text_addf(&text, "rank       score  %-*s%s\n", r->people || saved->item_title == NULL ? 0 : (int)width,
                  r->people ? "person" : "item", r->people || saved->item_title == NULL ? "" : "  title");
    for (size_t k = 0; k < r->n && r->place[k] != UINT32_MAX; k++) {
        pal_text_addf(&text, "%4zu  %10.5f  ", k + 1, shown(r->score[k]));
        if (r->people || saved->item_title == NULL) {
            pal_text_addf(&text, "%s\n", id_of(r, saved, k));
        } else {
            pal_text_addf(&text, "%-*s  %s\n", (int)width, id_of(r, saved, k), pal_saved_title(saved, r->place[k]));
        }
    }
    return pal_print_text(&text, err);
}

pal_status pal_ranked_print(const pal_ranked *r, const pal_saved *saved, const pal_args *args, pal_error *err)
{
    return pal_args_has(args, "json") ? print_lines(r, saved, err) : print_table(r, saved, err);
}
