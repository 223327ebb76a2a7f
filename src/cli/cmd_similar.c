/* palate similar: what a saved model holds to be near an item or a person. */
#include "cli/command.h"
#include "cli/index_from.h"
#include "cli/ranked_items.h"
#include "core/mem.h"
#include "models/rec_similar.h"

#include <stdio.h>
#include <stdlib.h>

#define MOST_ITEMS 1000000

static const pal_option options[] = {
    { "item", "ID", false, "find items like this one" },
    { "user", "ID", false, "instead: find people like this one" },
    { "n", "N", false, "how many (default: 10)" },
    PAL_OPTION_INDEX,
    PAL_OPTION_THREADS,
    PAL_OPTION_JSON,
    PAL_OPTION_HELP,
    PAL_OPTION_END,
};

typedef struct near {
    float score;
    uint32_t place;
} near;

/* The nearest first; equal ones by place. */
static int by_score(const void *a, const void *b)
{
    const near *x = a, *y = b;

    if (x->score < y->score || x->score > y->score) {
        return x->score > y->score ? -1 : 1;
    }
    return (x->place > y->place) - (x->place < y->place);
}

/* All but the thing itself, ranked. What the model knows of one side only it is asked by the scores
 * of its own log. */
static pal_status rank_all(uint32_t **place, float **score, size_t *n, const pal_saved *saved, bool people, uint32_t id,
                           size_t n_threads, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t all = people ? saved->n_users : saved->n_items;
    near *rank = NULL;
    float *raw = NULL;

    PAL_NEW(raw, all);
    PAL_NEW(rank, all);
    PAL_TRY(
        pal_rec_similar(raw, saved->type, saved->self, people, id, saved->rows, n_threads, err));
    *n = 0;
    for (size_t i = 0; i < all; i++) {
        if (i != id) {
            rank[(*n)++] = (near){ raw[i], (uint32_t)i };
        }
    }
    qsort(rank, *n, sizeof *rank, by_score);
    PAL_NEW(*place, *n);
    PAL_NEW(*score, *n);
    for (size_t i = 0; i < *n; i++) {
        (*place)[i] = rank[i].place;
        (*score)[i] = rank[i].score;
    }

done:
    pal_free(rank);
    pal_free(raw);
    return rc;
}

/* Of factors the nearest alone, by an index of them; others have nothing to put into one. */
static pal_status ask_index(uint32_t **place, float **score, size_t *n, size_t wanted,
                            const pal_saved *saved, bool people, uint32_t id, size_t n_threads,
                            pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t all = 0, d = 0, most;
    const float *x =
        saved->type->factors != NULL ? saved->type->factors(saved->self, people, &all, &d) : NULL;

    if (x == NULL) {
        PAL_FAIL(PAL_ERR_DATA, "%s has no vectors of %s: --index hnsw has nothing to look at",
                 saved->type->name, people ? "people" : "items");
    }
    most = wanted < all - 1 ? wanted : all - 1;
    most = most > 0 ? most : 1;
    PAL_NEW(*place, most);
    PAL_NEW(*score, most);
    PAL_TRY(pal_index_nearest(*place, *score, n, x, all, d, id, most, true, PAL_PORTABLE, n_threads,
                              err));

done:
    return rc;
}

/* No model knows in which file it stands. */
static pal_status name_file(pal_status rc, const pal_args *args, const pal_error *inner,
                            pal_error *err)
{
    return rc == PAL_ERR_DATA ? pal_error_set(err, rc, "%s: %s", args->operand[0], inner->text)
                              : pal_error_set(err, rc, "%s", inner->text);
}

static pal_status find_asked(size_t *at, bool *people, const pal_saved *saved, const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    const char *id;

    *people = pal_args_has(args, "user");
    id = pal_args_text(args, *people ? "user" : "item");
    *at = *people ? pal_saved_user(saved, id) : pal_saved_item(saved, id);
    if (*at == SIZE_MAX) {
        PAL_TRY(pal_saved_unknown(saved, *people, id, *people ? "user" : "item", err));
    }

done:
    return rc;
}

static pal_status run(const pal_args *args, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_saved saved = { 0 };
    uint64_t wanted = 10;
    uint32_t *place = NULL;
    float *score = NULL;
    size_t at = 0, n = 0, n_threads = 1;
    bool people = false, hnsw = false;
    pal_error inner = { 0 };

    if (pal_args_has(args, "user") == pal_args_has(args, "item")) {
        PAL_FAIL(PAL_ERR_USAGE, "similar: give either --item ID or --user ID");
    }
    PAL_TRY(pal_args_whole(&wanted, args, "n", 10, 1, MOST_ITEMS, err));
    PAL_TRY(pal_index_read(&hnsw, args, err));
    PAL_TRY(pal_args_threads(&n_threads, args, err));
    PAL_TRY(pal_saved_load(&saved, args->operand[0], err));
    PAL_TRY(find_asked(&at, &people, &saved, args, err));
    if (hnsw) {
        rc = ask_index(&place, &score, &n, (size_t)wanted, &saved, people, (uint32_t)at, n_threads,
                       &inner);
    } else {
        rc = rank_all(&place, &score, &n, &saved, people, (uint32_t)at, n_threads, &inner);
    }
    if (rc != PAL_OK) {
        PAL_TRY(name_file(rc, args, &inner, err));
    }
    if (!pal_args_has(args, "json")) {
        printf("%s: like %s%s%s\n", saved.type->name, people ? saved.user_id[at] : saved.item_id[at],
               people || saved.item_title == NULL ? "" : ", ", people ? "" : pal_saved_title(&saved, at));
    }
    PAL_TRY(pal_ranked_print(&(pal_ranked){ .command = "similar", .what = people ? "user" : "item",
                                            .id = people ? saved.user_id[at] : saved.item_id[at], .people = people,
                                            .n = n < wanted ? n : (size_t)wanted, .place = place, .score = score },
                             &saved, args, err));

done:
    pal_free(place);
    pal_free(score);
    pal_saved_clear(&saved);
    return rc;
}

const pal_command pal_command_similar = {
    .name = "similar",
    .operands = "MODELFILE",
    .n_min = 1,
    .n_max = 1,
    .summary = "items like an item, or people like a person, by a saved model",
    .usage = "Reads a model of 'palate train MODEL' and prints what it holds to be nearest, with "
             "the model's own measure:\n"
             "the cosine of factors, or the similarity that neighbours are chosen by. What it "
             "knows of one side only\n"
             "(item_knn, ease, slim: items; user_knn: people) is told of the other by the cosine "
             "of its scores: people\n"
             "are alike when the model would let them hear alike. popularity and random look at "
             "nobody's taste.",
    .options = options,
    .run = run,
};
