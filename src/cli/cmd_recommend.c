/* palate recommend: the best items a saved model has for people it knows, or for one it has never seen. */
#include "cli/command.h"
#include "cli/log_from.h"
#include "cli/print.h"
#include "cli/ranked_items.h"
#include "cli/settings.h"
#include "core/mem.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DATA_GROUP "data"
#define MOST_ITEMS 1000000

static const pal_option options[] = {
    { "user", "ID", true, "whom to recommend to" },
    { "new", "ITEM,ITEM", true, "instead: somebody nobody has seen, who likes these items" },
    { "data", "FILE", false, "with --user: a newer log says what they have (default: the log of the training)" },
    { "set", "data.KEY=VALUE", true, "how to read --data" },
    { "n", "N", false, "items to recommend (default: 10)" },
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

/* What somebody has: items of the model, ascending. */
typedef struct basket {
    size_t n;
    uint32_t *item;
    float *value;
    int64_t *time; /* NULL: unknown */
} basket;

static void basket_clear(basket *b)
{
    pal_free(b->item);
    pal_free(b->value);
    pal_free(b->time);
    *b = (basket){ 0 };
}

static pal_status basket_room(basket *b, size_t n, bool times, pal_error *err)
{
    pal_status rc = PAL_OK;

    PAL_NEW(b->item, n);
    PAL_NEW(b->value, n);
    if (times) {
        PAL_NEW(b->time, n);
    }

done:
    return rc;
}

static pal_status basket_trained(basket *b, const pal_saved *saved, size_t user, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t begin = saved->rows->begin[user], n = pal_csr_count(saved->rows, user);

    PAL_TRY(basket_room(b, n, saved->time != NULL, err));
    memcpy(b->item, saved->rows->col + begin, n * sizeof *b->item);
    memcpy(b->value, saved->rows->value + begin, n * sizeof *b->value);
    if (b->time != NULL) {
        memcpy(b->time, saved->time + begin, n * sizeof *b->time);
    }
    b->n = n;

done:
    return rc;
}

/* Both number items by the order of their ids, so that those the model knows come out ascending. */
static pal_status basket_logged(basket *b, const pal_saved *saved, const pal_interactions *log, size_t user,
                                pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0;

    for (size_t i = 0; i < log->n; i++) {
        n += log->user[i] == user;
    }
    PAL_TRY(basket_room(b, n, log->time != NULL && saved->time != NULL, err));
    for (size_t i = 0; i < log->n; i++) {
        size_t item = log->user[i] == user ? pal_saved_item(saved, log->item_id[log->item[i]]) : SIZE_MAX;

        if (item != SIZE_MAX) {
            b->item[b->n] = (uint32_t)item;
            b->value[b->n] = log->value[i];
            if (b->time != NULL) {
                b->time[b->n] = log->time[i];
            }
            b->n++;
        }
    }

done:
    return rc;
}

static int by_number(const void *a, const void *b)
{
    uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

    return (x > y) - (x < y);
}

/* Items between commas; an id that holds a comma stands alone in a --new of its own. */
static pal_status add_items(basket *b, const pal_saved *saved, const char *text, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t item = pal_saved_item(saved, text);
    char id[256];

    if (item != SIZE_MAX) {
        b->item[b->n++] = (uint32_t)item;
        goto done;
    }
    for (;;) {
        size_t length = strcspn(text, ",");

        snprintf(id, sizeof id, "%.*s", (int)(length < sizeof id ? length : sizeof id - 1), text);
        item = pal_saved_item(saved, id);
        if (item == SIZE_MAX) {
            PAL_TRY(pal_saved_unknown(saved, false, id, "new", err));
        }
        b->item[b->n++] = (uint32_t)item;
        if (text[length] == '\0') {
            break;
        }
        text += length + 1;
    }

done:
    return rc;
}

static pal_status basket_new(basket *b, const pal_saved *saved, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *text;
    size_t most = 0, kept = 0;

    for (size_t i = 0; (text = pal_args_nth(args, "new", i)) != NULL; i++) {
        most += strlen(text) + 1;
    }
    PAL_TRY(basket_room(b, most, false, err));
    for (size_t i = 0; (text = pal_args_nth(args, "new", i)) != NULL; i++) {
        PAL_TRY(add_items(b, saved, text, err));
    }
    qsort(b->item, b->n, sizeof *b->item, by_number);
    for (size_t i = 0; i < b->n; i++) {
        if (i == 0 || b->item[i] != b->item[i - 1]) {
            b->item[kept] = b->item[i];
            b->value[kept++] = 1;
        }
    }
    b->n = kept;

done:
    return rc;
}

typedef struct asking {
    const pal_args *args;
    pal_saved saved;
    pal_interactions *log; /* of --data; or NULL */
    size_t n, n_threads;
} asking;

/* Serve one: what is in the basket is not recommended again. */
static pal_status answer(const asking *a, uint32_t row, const basket *b, const char *what, const char *id,
                         pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_rec_query query = { .row = row, .n = b->n, .item = b->item, .value = b->value, .time = b->time };
    pal_csr *seen = NULL;
    pal_csr_cell *cell = NULL;
    uint32_t *item = NULL;
    float *score = NULL;
    size_t rows = row == PAL_REC_NEW ? 0 : (size_t)row + 1;

    PAL_NEW(cell, b->n);
    PAL_NEW(item, a->n);
    PAL_NEW(score, a->n);
    for (size_t i = 0; i < b->n; i++) {
        cell[i] = (pal_csr_cell){ row, b->item[i], 1 };
    }
    PAL_TRY(pal_csr_new(&seen, rows, a->saved.n_items, cell, rows > 0 ? b->n : 0, PAL_TWICE_LAST, err));
    PAL_TRY(pal_rec_top(item, score, a->saved.type, a->saved.self, &query, 1, a->n, seen, NULL, a->n_threads, err));
    PAL_TRY(pal_ranked_print(&(pal_ranked){ .command = "recommend", .what = what, .id = id, .n = a->n, .place = item,
                                            .score = score }, &a->saved, a->args, err));

done:
    pal_csr_free(seen);
    pal_free(cell);
    pal_free(item);
    pal_free(score);
    return rc;
}

/* A person of the model, or one that only --data knows. */
static pal_status fill_basket(uint32_t *row, basket *b, const asking *a, const char *id, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t user = pal_saved_user(&a->saved, id), logged = a->log != NULL ? pal_interactions_user(a->log, id) : SIZE_MAX;

    if (user == SIZE_MAX && logged == SIZE_MAX) {
        PAL_TRY(pal_saved_unknown(&a->saved, true, id, "user", err));
    }
    *row = user == SIZE_MAX ? PAL_REC_NEW : (uint32_t)user;
    if (logged != SIZE_MAX) {
        PAL_TRY(basket_logged(b, &a->saved, a->log, logged, err));
    } else {
        PAL_TRY(basket_trained(b, &a->saved, user, err));
    }

done:
    return rc;
}

static pal_status answer_users(const asking *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    basket b = { 0 };
    const char *id;
    uint32_t row = 0;

    for (size_t i = 0; (id = pal_args_nth(a->args, "user", i)) != NULL; i++) { /* all are known before one is printed */
        PAL_TRY(fill_basket(&row, &b, a, id, err));
        basket_clear(&b);
    }
    for (size_t i = 0; (id = pal_args_nth(a->args, "user", i)) != NULL; i++) {
        PAL_TRY(fill_basket(&row, &b, a, id, err));
        if (!pal_args_has(a->args, "json")) {
            printf("%s%s for %s, who has %s\n", i > 0 ? "\n" : "", a->saved.type->name, id, pal_print_count(b.n));
        }
        PAL_TRY(answer(a, row, &b, "user", id, err));
        basket_clear(&b);
    }

done:
    basket_clear(&b);
    return rc;
}

static pal_status answer_new(const asking *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    basket b = { 0 };

    PAL_TRY(basket_new(&b, &a->saved, a->args, err));
    if (!pal_args_has(a->args, "json")) {
        printf("%s for somebody new, who has %s\n", a->saved.type->name, pal_print_count(b.n));
    }
    PAL_TRY(answer(a, PAL_REC_NEW, &b, "user", NULL, err));

done:
    basket_clear(&b);
    return rc;
}

static pal_status read_arguments(asking *a, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_json_doc *doc = NULL;
    const pal_json *object;
    uint64_t n = 10;
    bool users = pal_args_has(a->args, "user");

    if (users == pal_args_has(a->args, "new")) {
        PAL_FAIL(PAL_ERR_USAGE, "recommend: give either --user ID or --new ITEM,ITEM");
    }
    if (!users && pal_args_has(a->args, "data")) {
        PAL_FAIL(PAL_ERR_USAGE, "recommend: --data goes with --user");
    }
    if (pal_args_has(a->args, "set") && !pal_args_has(a->args, "data")) {
        PAL_FAIL(PAL_ERR_USAGE, "recommend: --set goes with --data: it says how to read it");
    }
    PAL_TRY(pal_args_whole(&n, a->args, "n", 10, 1, MOST_ITEMS, err));
    PAL_TRY(pal_args_threads(&a->n_threads, a->args, err));
    PAL_TRY(pal_settings_read(&doc, a->args, "{}", DATA_GROUP, err));
    PAL_TRY(pal_json_only_keys(pal_json_root(doc), (const char *const[]){ DATA_GROUP, NULL }, "--set", "", err));
    PAL_TRY(pal_saved_load(&a->saved, a->args->operand[0], err));
    a->n = n < a->saved.n_items ? (size_t)n : a->saved.n_items;
    object = pal_json_get(pal_json_root(doc), DATA_GROUP);
    if (pal_args_has(a->args, "data")) {
        PAL_TRY(pal_log_from(&a->log, NULL, pal_args_text(a->args, "data"), object, DATA_GROUP, err));
        PAL_TRY(pal_log_check_values(a->log, pal_args_text(a->args, "data"), err));
    }

done:
    pal_json_free(doc);
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    asking a = { .args = args };

    PAL_TRY(read_arguments(&a, err));
    PAL_TRY(pal_args_has(args, "user") ? answer_users(&a, err) : answer_new(&a, err));

done:
    pal_interactions_free(a.log);
    pal_saved_clear(&a.saved);
    return rc;
}

const pal_command pal_command_recommend = {
    .name = "recommend", .operands = "MODELFILE", .n_min = 1, .n_max = 1,
    .summary = "the best items a saved model has for a person",
    .usage = "Reads a model of 'palate train MODEL' (item_knn, warp, ease …) and prints the items it puts first for a\n"
             "person, without those they have. With --data FILE what they have comes from a newer log, also for people\n"
             "who were not there at the training; --new tells the model of a person nobody has seen (fold-in).",
    .options = options, .run = run,
};
