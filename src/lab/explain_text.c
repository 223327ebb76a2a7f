/* An explanation in words, as a table, and as JSON. */
#include "lab/explain.h"

#include "stages/stage.h"

#include <math.h>
#include <string.h>

/* Features named in a sentence, for the song and against it; smaller effects than this share of the largest are left
 * to the table. */
#define NAMED 3
#define NAMED_SHARE 0.1

const char *pal_explain_kind_name(pal_explain_kind kind)
{
    static const char *const name[] = { "nothing", "cosine", "linear", "odds" };

    return name[kind];
}

static const char *cluster_label(const pal_explanation *x, size_t t)
{
    return x->catalog->clusters->label[t];
}

static void add_song(pal_text *text, const pal_catalog *catalog, uint32_t item)
{
    pal_text_addf(text, "\"%s\" by %s", catalog->title[item], catalog->artist_name[catalog->artist[item]]);
}

static void add_head(pal_text *text, const pal_explanation *x)
{
    pal_text_addf(text, "person %u of replicate %u, round %u, slot %zu of %zu, arm %s: item %u\n", x->person,
                  x->replicate, x->round, x->slot, x->n_slots, x->experiment->arm[x->arm].name, x->item);
    add_song(text, x->catalog, x->item);
    pal_text_addf(text, ", %s, popularity %.0f\n\n", cluster_label(x, x->catalog->cluster[x->item]),
                  (double)x->catalog->popularity[x->item]);
}

static const pal_explain_taste *taste_of(const pal_explanation *x, size_t t)
{
    for (size_t i = 0; i < x->n_tastes; i++) {
        if (x->tastes[i].taste == t) {
            return &x->tastes[i];
        }
    }
    return NULL;
}

static void add_choice(pal_text *text, const pal_explanation *x)
{
    const pal_explain_taste *own = taste_of(x, x->taste);
    const size_t outer = x->experiment->arm[x->arm].stage;

    pal_text_addf(text, "Chosen by the stage %s", pal_stage_at(x->stage)->label);
    if (outer != x->stage) {
        pal_text_addf(text, ", inside %s,", pal_stage_at(outer)->label);
    }
    if (x->taste != PAL_NO_TASTE) {
        pal_text_addf(text, " for the taste %s", cluster_label(x, x->taste));
    } else {
        pal_text_add(text, " for no taste in particular");
    }
    if (own != NULL) {
        pal_text_addf(text, ", of which %u of %u songs shown were liked", own->liked, own->shown);
    }
    pal_text_add(text, ".\n");
    if (x->n_shown == 0) {
        pal_text_add(text, "Nothing was known of the person: no song had been shown before.\n");
    } else if (x->n_liked == 0) {
        pal_text_addf(text, "Nothing was known of the person but %u song%s shown and none liked.\n", x->n_shown,
                      x->n_shown == 1 ? "" : "s");
    }
}

static void add_tastes(pal_text *text, const pal_explanation *x)
{
    if (x->n_tastes == 0) {
        return;
    }
    pal_text_addf(text, "Of the tastes learned so far it is nearest to %s (cosine %.2f)",
                  cluster_label(x, x->tastes[0].taste), x->tastes[0].similarity);
    for (size_t i = 1; i < x->n_tastes; i++) {
        pal_text_addf(text, "%s %s (%.2f)", i == 1 ? "; then come" : ",", cluster_label(x, x->tastes[i].taste),
                      x->tastes[i].similarity);
    }
    pal_text_add(text, ".\n");
}

/* The largest effects of one sign. */
static void add_named(pal_text *text, const pal_explanation *x, bool plus, const char *words)
{
    size_t n = 0;

    for (size_t i = 0; i < x->n_features && n < NAMED; i++) {
        const pal_explain_feature *f = &x->features[i];

        if ((f->effect > 0) == plus && fabs(f->effect) > NAMED_SHARE * fabs(x->features[0].effect)) {
            pal_text_addf(text, "%s %s (%+.2f)", n == 0 ? words : ",", x->catalog->feature[f->feature].name, f->effect);
            n++;
        }
    }
}

static void add_features(pal_text *text, const pal_explanation *x)
{
    switch (x->kind) {
    case PAL_EXPLAIN_NOTHING:
        return;
    case PAL_EXPLAIN_COSINE:
        pal_text_addf(text, "Features, as parts of the cosine with %s:", cluster_label(x, x->tastes[0].taste));
        break;
    case PAL_EXPLAIN_LINEAR:
        pal_text_addf(text, "Features, as parts of the log-odds of a like by the model of %s (%.2f):",
                      cluster_label(x, x->model_taste), x->total);
        break;
    case PAL_EXPLAIN_ODDS:
        pal_text_addf(text, "Log-odds of a like: %.2f, against %.2f for the mean song of %s; songs like it in one "
                      "feature differ from that mean by:", x->total, x->intercept, cluster_label(x, x->model_taste));
        break;
    }
    add_named(text, x, true, " for it");
    add_named(text, x, false, "; against it");
    pal_text_add(text, ".\n");
}

static void add_liked(pal_text *text, const pal_explanation *x)
{
    if (x->n_songs == 0) {
        return;
    }
    pal_text_add(text, "Most like it among the songs they liked: ");
    for (size_t i = 0; i < x->n_songs; i++) {
        pal_text_add(text, i == 0 ? "" : "; ");
        add_song(text, x->catalog, x->songs[i].item);
        pal_text_addf(text, " (cosine %.2f, ", x->songs[i].similarity);
        if (x->songs[i].round == PAL_EXPLAIN_BROUGHT) {
            pal_text_add(text, "brought along)");
        } else {
            pal_text_addf(text, "round %u)", x->songs[i].round);
        }
    }
    pal_text_add(text, ".\n");
}

static void add_company(pal_text *text, const pal_explanation *x)
{
    if (x->n_company == 0) {
        return;
    }
    pal_text_addf(text, "The stage serves them from the songs of %zu people:", x->n_company);
    for (size_t i = 0; i < x->n_members; i++) {
        pal_text_addf(text, "%s person %u%s", i == 0 ? "" : ",", x->members[i].person,
                      x->members[i].likes ? ", who likes this one" : "");
    }
    pal_text_addf(text, "%s.\n", x->n_members < x->n_company ? " and others" : "");
}

static void add_luck(pal_text *text, const pal_explanation *x)
{
    if (isfinite(x->nearest_above)) {
        pal_text_addf(text, "The song most like it in the slots above: cosine %.2f.\n", x->nearest_above);
    }
    if (x->propensity < 1) {
        pal_text_addf(text, "Probability of this song here, given the slots above: %.3g.\n", (double)x->propensity);
    }
}

static void add_outcome(pal_text *text, const pal_explanation *x)
{
    static const struct {
        int flag;
        const char *word;
    } words[] = { { PAL_CLICKED, "played" }, { PAL_LIKED, "liked" }, { PAL_DISLIKED, "disliked" },
                  { PAL_SKIPPED, "skipped" } };

    pal_text_addf(text, "What came of it: %s", (x->flags & PAL_EXAMINED) != 0 ? "looked at" : "not looked at");
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        if ((x->flags & words[i].flag) != 0) {
            pal_text_addf(text, ", %s", words[i].word);
        }
    }
    pal_text_add(text, ".\n");
}

static void add_table(pal_text *text, const pal_explanation *x)
{
    if (x->kind == PAL_EXPLAIN_NOTHING) {
        return;
    }
    pal_text_addf(text, "\n%-20s %12s %-6s %9s\n", "feature", "value", "", "effect");
    for (size_t i = 0; i < x->n_features; i++) {
        const pal_feature *f = &x->catalog->feature[x->features[i].feature];

        pal_text_addf(text, "%-20s %12.4g %-6s %+9.4f\n", f->name, x->features[i].value, f->unit, x->features[i].effect);
    }
    if (x->kind == PAL_EXPLAIN_LINEAR) {
        pal_text_addf(text, "%-20s %12s %-6s %+9.4f\n", "intercept", "", "", x->intercept);
    }
    if (x->kind != PAL_EXPLAIN_ODDS) {
        pal_text_addf(text, "%-20s %12s %-6s %+9.4f\n", "sum", "", "", x->total);
    }
}

void pal_explanation_text(pal_text *text, const pal_explanation *x)
{
    add_head(text, x);
    add_choice(text, x);
    add_tastes(text, x);
    add_features(text, x);
    add_liked(text, x);
    add_company(text, x);
    add_luck(text, x);
    add_outcome(text, x);
    add_table(text, x);
}

static void put_song(pal_json_writer *w, const pal_catalog *catalog, uint32_t item)
{
    pal_json_put_i64(w, "item", item);
    pal_json_put_string(w, "id", catalog->id[item]);
    pal_json_put_string(w, "title", catalog->title[item]);
    pal_json_put_string(w, "artist", catalog->artist_name[catalog->artist[item]]);
    pal_json_put_string(w, "cluster", catalog->clusters->name[catalog->cluster[item]]);
}

static void put_slot(pal_json_writer *w, const pal_explanation *x)
{
    pal_json_put_string(w, "arm", x->experiment->arm[x->arm].name);
    pal_json_put_i64(w, "replicate", x->replicate);
    pal_json_put_i64(w, "person", x->person);
    pal_json_put_i64(w, "round", x->round);
    pal_json_put_i64(w, "slot", (int64_t)x->slot);
    pal_json_put_i64(w, "slots", (int64_t)x->n_slots);
    put_song(w, x->catalog, x->item);
    pal_json_put_string(w, "stage", pal_stage_at(x->stage)->name);
    pal_json_put_string(w, "taste", x->taste == PAL_NO_TASTE ? NULL : x->catalog->clusters->name[x->taste]);
    pal_json_put_number(w, "score", (double)x->score);
    pal_json_put_number(w, "propensity", (double)x->propensity);
    pal_json_put_number(w, "nearest_above", x->nearest_above);
    pal_json_put_i64(w, "shown_before", x->n_shown);
    pal_json_put_i64(w, "liked_before", x->n_liked);
    pal_json_put_bool(w, "examined", (x->flags & PAL_EXAMINED) != 0);
    pal_json_put_bool(w, "clicked", (x->flags & PAL_CLICKED) != 0);
    pal_json_put_bool(w, "liked", (x->flags & PAL_LIKED) != 0);
    pal_json_put_bool(w, "disliked", (x->flags & PAL_DISLIKED) != 0);
    pal_json_put_bool(w, "skipped", (x->flags & PAL_SKIPPED) != 0);
}

static void put_tastes(pal_json_writer *w, const pal_explanation *x)
{
    pal_json_begin_array(w, "tastes");
    for (size_t i = 0; i < x->n_tastes; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "taste", x->catalog->clusters->name[x->tastes[i].taste]);
        pal_json_put_number(w, "similarity", x->tastes[i].similarity);
        pal_json_put_number(w, "confidence", x->tastes[i].confidence);
        pal_json_put_i64(w, "liked", x->tastes[i].liked);
        pal_json_put_i64(w, "shown", x->tastes[i].shown);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_features(pal_json_writer *w, const pal_explanation *x)
{
    pal_json_put_string(w, "effects_of", pal_explain_kind_name(x->kind));
    pal_json_put_number(w, "total", x->kind == PAL_EXPLAIN_NOTHING ? NAN : x->total);
    pal_json_put_number(w, "intercept", x->kind <= PAL_EXPLAIN_COSINE ? NAN : x->intercept);
    pal_json_begin_array(w, "features");
    for (size_t i = 0; i < x->n_features; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "feature", x->catalog->feature[x->features[i].feature].name);
        pal_json_put_number(w, "value", x->features[i].value);
        pal_json_put_number(w, "effect", x->features[i].effect);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

static void put_others(pal_json_writer *w, const pal_explanation *x)
{
    pal_json_begin_array(w, "liked_songs");
    for (size_t i = 0; i < x->n_songs; i++) {
        pal_json_begin_object(w, NULL);
        put_song(w, x->catalog, x->songs[i].item);
        pal_json_put_number(w, "similarity", x->songs[i].similarity);
        pal_json_put_number(w, "round", x->songs[i].round == PAL_EXPLAIN_BROUGHT ? NAN : (double)x->songs[i].round);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_put_i64(w, "company", (int64_t)x->n_company);
    pal_json_begin_array(w, "members");
    for (size_t i = 0; i < x->n_members; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_i64(w, "person", x->members[i].person);
        pal_json_put_bool(w, "likes", x->members[i].likes);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

void pal_explanation_write(pal_json_writer *w, const pal_explanation *x)
{
    put_slot(w, x);
    put_tastes(w, x);
    put_features(w, x);
    put_others(w, x);
}
