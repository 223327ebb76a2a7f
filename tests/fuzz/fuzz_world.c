/*
 * Bytes choose a tiny valid world: how many people, which stage and response model, and a place in the range of
 * each of their parameters. Two rounds are played and every promise of a slate is checked.
 */
#include "lab/arm.h"
#include "lab/experiment.h"
#include "lab/world.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define ROUNDS 2
#define MAX_WHOLE 1000.0 /* whole numbers above it only make buffers larger */

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n);

typedef struct bytes {
    const uint8_t *data;
    size_t n;
} bytes;

/* The next byte, 0 past the end. */
static unsigned take(bytes *b)
{
    unsigned value = b->n > 0 ? b->data[0] : 0;

    b->data += b->n > 0;
    b->n -= b->n > 0;
    return value;
}

/* One number of [min, max]: the ends at 1 and 255, a point in between otherwise. */
static double place(unsigned byte, const pal_param *p)
{
    double max = p->kind == PAL_PARAM_INT && p->max > MAX_WHOLE ? MAX_WHOLE : p->max;
    double value;

    max = max < p->min ? p->min : max;
    value = byte == 255 ? max : p->min + (max - p->min) * ((double)(byte - 1) / 254);
    return p->kind == PAL_PARAM_INT ? floor(value) : value;
}

/* Write a value for each parameter whose byte is not 0; those of byte 0 keep their default. */
static void put_params(pal_json_writer *w, const pal_param *table, bytes *b)
{
    for (const pal_param *p = table; p->name != NULL; p++) {
        unsigned byte = take(b);
        char word[128];
        size_t n_words = 1, length, at = 0;
        const char *choice = p->choices;

        if (byte == 0) {
            continue;
        }
        if (p->kind == PAL_PARAM_REAL || p->kind == PAL_PARAM_INT) {
            pal_json_put_number(w, p->name, place(byte, p));
        } else if (p->kind == PAL_PARAM_BOOL) {
            pal_json_put_bool(w, p->name, byte % 2 == 1);
        } else if (p->kind == PAL_PARAM_CHOICE) {
            for (const char *c = p->choices; *c != '\0'; c++) {
                n_words += *c == '|';
            }
            for (at = byte % n_words; at > 0; at--) {
                choice = strchr(choice, '|') + 1;
            }
            length = strcspn(choice, "|");
            snprintf(word, sizeof word, "%.*s", (int)length, choice);
            pal_json_put_string(w, p->name, word);
        }
    }
}

static pal_status make_experiment(pal_experiment **out, bytes *b, pal_error *err)
{
    pal_json_writer w = { .compact = true };
    const pal_stage_type *stage = pal_stage_at(take(b) % pal_stage_count());
    const pal_response_type *response = pal_response_at(take(b) % pal_response_count());
    char seed[16];
    pal_status rc;

    snprintf(seed, sizeof seed, "%u", take(b));
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "seed", seed);
    pal_json_put_i64(&w, "rounds", ROUNDS);
    pal_json_put_i64(&w, "slots", 1 + take(b) % PAL_MAX_SLOTS);
    pal_json_begin_object(&w, "catalog");
    pal_json_put_i64(&w, "items", 300);
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "probe");
    pal_json_put_i64(&w, "items", take(b) % 32);
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "people");
    pal_json_put_i64(&w, "n", 1 + take(b) % 12);
    pal_json_end_object(&w);
    pal_json_begin_object(&w, "response");
    pal_json_put_string(&w, "model", response->name);
    put_params(&w, response->params, b);
    pal_json_end_object(&w);
    pal_json_begin_array(&w, "arms");
    pal_json_begin_object(&w, NULL);
    pal_json_put_string(&w, "name", "arm");
    pal_json_put_string(&w, "stage", stage->name);
    pal_json_begin_object(&w, "params");
    put_params(&w, stage->params, b);
    pal_json_end_object(&w);
    pal_json_end_object(&w);
    pal_json_end_array(&w);
    if (take(b) % 2 == 1) { /* last, so that older inputs keep their meaning */
        pal_json_begin_object(&w, "playlists");
        put_params(&w, pal_filing_params, b);
        pal_json_end_object(&w);
    }
    pal_json_end_object(&w);
    rc = pal_experiment_parse(out, w.text.bytes, w.text.n, "fuzz", NULL, 0, err);
    pal_text_clear(&w.text);
    return rc;
}

static void check_slates(const pal_arm *arm)
{
    for (uint32_t u = 0; u < arm->world->people->n; u++) {
        const pal_slate *slate = &arm->slate[u];
        const uint64_t *seen = pal_history_seen(arm->history, u);

        PAL_ASSERT(slate->n <= PAL_MAX_SLOTS);
        for (size_t s = 0; s < slate->n; s++) {
            PAL_ASSERT(slate->item[s] < arm->catalog->n_items && !pal_seen(seen, slate->item[s]));
            PAL_ASSERT(isfinite(slate->score[s]));
            PAL_ASSERT(slate->propensity[s] > 0 && slate->propensity[s] <= 1);
            PAL_ASSERT(slate->stage[s] < pal_stage_count());
            for (size_t r = 0; r < s; r++) {
                PAL_ASSERT(slate->item[r] != slate->item[s]);
            }
        }
    }
}

static void check_answers(const pal_arm *arm)
{
    for (uint32_t u = 0; u < arm->world->people->n; u++) {
        for (size_t s = 0; s < arm->slate[u].n; s++) {
            const pal_answer *a = &arm->answer[(size_t)u * PAL_MAX_SLOTS + s];

            PAL_ASSERT(a->p_click >= 0 && a->p_click <= 1 && a->p_like >= 0 && a->p_like <= 1);
            PAL_ASSERT((a->flags & PAL_CLICKED) == 0 || (a->flags & PAL_EXAMINED) != 0);
            PAL_ASSERT((a->flags & (PAL_LIKED | PAL_DISLIKED)) != (PAL_LIKED | PAL_DISLIKED));
        }
    }
}

static pal_status play(const pal_experiment *experiment, const pal_catalog *catalog, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_lab_people *people = NULL;
    pal_arm *arm = NULL;

    PAL_TRY(pal_lab_people_new(&people, experiment, catalog, 0, 1, err));
    PAL_TRY(pal_arm_new(&arm, experiment, catalog, people, 0, 1, err));
    for (size_t t = 0; t < ROUNDS; t++) {
        PAL_TRY(pal_arm_serve(arm, err));
        check_slates(arm);
        PAL_TRY(pal_arm_answer(arm, err));
        check_answers(arm);
        PAL_TRY(pal_arm_learn(arm, err));
    }

done:
    pal_arm_free(arm);
    pal_lab_people_free(people);
    return rc;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t n)
{
    static pal_catalog *catalog; /* the same for every input: drawing it takes longer than two rounds */
    pal_experiment *experiment = NULL;
    pal_error err = { .status = PAL_OK };
    bytes b = { data, n };
    pal_status rc = make_experiment(&experiment, &b, &err);

    if (rc == PAL_OK && catalog == NULL) {
        bool synthetic;

        rc = pal_lab_catalog(&catalog, NULL, &synthetic, experiment, &err);
        PAL_ASSERT(rc == PAL_OK);
    }
    if (rc == PAL_OK) {
        rc = play(experiment, catalog, &err);
    }
    if (rc != PAL_OK && rc != PAL_ERR_CONFIG) { /* parameters may contradict each other, nothing else may fail */
        fprintf(stderr, "%s\n", err.text);
        PAL_ASSERT(rc == PAL_ERR_CONFIG);
    }
    pal_experiment_free(experiment);
    return 0;
}
