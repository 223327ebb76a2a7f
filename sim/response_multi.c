#include "sim/response_multi.h"

#include "core/dist.h"
#include "core/hash.h"
#include "core/mem.h"
#include "core/pmath.h"
#include "core/sum.h"

#include <math.h>

static const pal_param params[] = {
    { "match_gain", PAL_PARAM_REAL, "1", 0, 100, NULL, "utility per unit of match (match is 0 at a taste's center)",
      "unit of utility" },
    { "weight_gain", PAL_PARAM_REAL, "0.3", 0, 100, NULL,
      "match per ln(weight / largest weight): small tastes are served with less joy", "assumption" },
    { "outside_penalty", PAL_PARAM_REAL, "2.6", 0, 1000, NULL,
      "match lost by an item that has no genre in the taste's cluster", "fitted to the shares in the formulas" },
    { "novelty_gain", PAL_PARAM_REAL, "0.5", 0, 1, NULL,
      "how far openness to novelty 0 or 1 raises or lowers the outside penalty, and satiation", "assumption" },
    { "quality", PAL_PARAM_BOOL, "true", 0, 0, NULL, "switch: some items are better than others to everyone", NULL },
    { "quality_gain", PAL_PARAM_REAL, "0.5", 0, 100, NULL, "utility per sd of quality",
      "items hold 0.15-0.21 of the variance of ratings (MovieLens, anime)" },
    { "popularity", PAL_PARAM_BOOL, "true", 0, 0, NULL,
      "switch: popularity matters to openness and is a sign of quality", NULL },
    { "quality_popularity", PAL_PARAM_REAL, "0.48", -1, 1, NULL, "correlation of quality and popularity",
      "log popularity and like rate of films: 0.48 (MovieLens 100K)" },
    { "popularity_gain", PAL_PARAM_REAL, "0.4", 0, 100, NULL,
      "utility per sd of popularity for a person of openness 1", "assumption" },
    { "click_base", PAL_PARAM_REAL, "1.9", -50, 50, NULL, "log-odds of a click at utility 0, given examination",
      "fitted: 5-15 % clicks under the random stage" },
    { "click_gain", PAL_PARAM_REAL, "1", 0, 100, NULL, "log-odds of a click per unit of utility", "fitted" },
    { "like_base", PAL_PARAM_REAL, "2.9", -50, 50, NULL, "log-odds of a like at utility 0, given a click",
      "fitted: 2-6 % likes under the random stage" },
    { "like_gain", PAL_PARAM_REAL, "1.6", 0, 100, NULL, "log-odds of a like per unit of utility", "fitted" },
    { "dislike_base", PAL_PARAM_REAL, "-2.2", -50, 50, NULL,
      "log-odds of a dislike at utility 0, given a click without a like", "fitted: 10-20 % of random clicks" },
    { "dislike_gain", PAL_PARAM_REAL, "0.3", 0, 100, NULL, "log-odds of a dislike lost per unit of utility", "fitted" },
    { "skip_base", PAL_PARAM_REAL, "-0.8", -50, 50, NULL, "log-odds of a skip at utility 0, given a click",
      "Echo Nest 2014: 25 % within 5 s, 35 % within 30 s, 50 % before the end" },
    { "skip_gain", PAL_PARAM_REAL, "0.3", 0, 100, NULL, "log-odds of a skip lost per unit of utility", "fitted" },
    { "skip_when_liked", PAL_PARAM_REAL, "0.4", 0, 1, NULL, "factor of the skip probability after a like",
      "assumption" },
    { "noise", PAL_PARAM_BOOL, "true", 0, 0, NULL, "switch: some likes are given or withheld by mistake", NULL },
    { "flip", PAL_PARAM_REAL, "0.08", 0, 0.5, NULL, "share of opinions that come out as their opposite",
      "6-12 % by the re-rating noise of Amatriain et al. 2009" },
    { "position_bias", PAL_PARAM_BOOL, "true", 0, 0, NULL, "switch: lower slots are looked at less often", NULL },
    { "examination", PAL_PARAM_CHOICE, "\"position\"", 0, 0, "position|cascade|all",
      "position: slot k with patience^k; cascade: top-down until patience or satisfaction ends it; all: every slot",
      "examination hypothesis, SARDINE 0.85^k; DBN (Chapelle and Zhang 2009)" },
    { "satisfied_stop", PAL_PARAM_REAL, "0.3", 0, 1, NULL, "cascade: probability to stop after a like", "assumption" },
    { "satiation", PAL_PARAM_BOOL, "true", 0, 0, NULL, "switch: much of one taste makes it dull for a while", NULL },
    { "satiation_gain", PAL_PARAM_REAL, "0.4", 0, 100, NULL, "match lost per unit of satiation",
      "linear dynamics of Leqi et al. 2021, made mild (RecLab: 3 on a 1-5 scale)" },
    { "satiation_memory", PAL_PARAM_REAL, "0.5", 0, 0.999, NULL, "share of satiation that lasts to the next round",
      "gamma 0.5 (RecLab)" },
    { "drift", PAL_PARAM_BOOL, "false", 0, 0, NULL, "switch: tastes move", NULL },
    { "drift_pull", PAL_PARAM_REAL, "0.02", 0, 1, NULL,
      "share of the way that a taste's center moves to each liked item", "assumption" },
    { "drift_noise", PAL_PARAM_REAL, "0.01", 0, 10, NULL,
      "sd per round and feature of a taste's random walk, in units of its width", "assumption" },
    { "drift_weight", PAL_PARAM_REAL, "0.01", 0, 1, NULL,
      "share by which taste weights move to the shares of a round's likes", "assumption" },
    { "birth", PAL_PARAM_BOOL, "false", 0, 0, NULL, "switch: new tastes are born", NULL },
    { "birth_rate", PAL_PARAM_REAL, "0.002", 0, 1, NULL,
      "probability of a new taste in a round, for a person of openness to novelty 1", "assumption" },
    { "birth_weight", PAL_PARAM_REAL, "0.15", 0.001, 0.999, NULL, "weight of a new taste", "assumption" },
    { "birth_shrink", PAL_PARAM_REAL, "0.3", 0, 1, NULL, "as people.taste_shrink, for new tastes", "assumption" },
    { "birth_most", PAL_PARAM_INT, "2", 0, PAL_MAX_TASTES, NULL, "new tastes of a person at most", "assumption" },
    { "churn", PAL_PARAM_BOOL, "false", 0, 0, NULL, "switch: people leave for good after bad sessions", NULL },
    { "leave_rate", PAL_PARAM_REAL, "0.1", 0, 1, NULL,
      "probability to leave after a bad session in a bad mood", "assumption; RecoGym 1 % a step without mood" },
    { "leave_below", PAL_PARAM_REAL, "0.1", -1, 1, NULL,
      "a session, and a mood, is bad below this: (likes - dislikes) / slots looked at", "assumption" },
    { "mood_memory", PAL_PARAM_REAL, "0.8", 0, 0.999, NULL, "share of the mood that lasts from session to session",
      "assumption" },
    { "herding", PAL_PARAM_BOOL, "false", 0, 0, NULL, "switch: what others played lately draws people", NULL },
    { "herding_gain", PAL_PARAM_REAL, "0.3", 0, 100, NULL,
      "utility per unit of ln(1 + recent plays), standardised over the catalog", "assumption" },
    { "herding_memory", PAL_PARAM_REAL, "0.8", 0, 1, NULL,
      "share of an item's recent plays that lasts to the next round; 1: every play ever counts",
      "assumption; Salganik et al. 2006 showed the count since the start" },
    { NULL, PAL_PARAM_REAL, NULL, 0, 0, NULL, NULL, NULL }
};

static const char formulas[] =
    "For a person with tastes t (center c_t, width w_t, weight, cluster) and an item with scaled features x:\n"
    "  match     m_t = - |x - c_t|^2 / (2 d w_t^2)                 how far from the preferred point (d features)\n"
    "                  + weight_gain * ln(weight_t / largest weight)\n"
    "                  - satiation_gain * satiation_t * (1 + novelty_gain * (2 novelty_love - 1))\n"
    "                  - outside_penalty * (1 - novelty_gain * (2 novelty_love - 1))   if no genre in the cluster\n"
    "            m   = the largest m_t: tastes compete, they are never averaged\n"
    "  utility   u   = match_gain * m + quality_gain * quality + popularity_gain * popularity_love * fame\n"
    "            fame = popularity, standardised over the catalog\n"
    "            quality = r * fame + sqrt(1 - r^2) * N(0,1) keyed by the item, r = quality_popularity\n"
    "            with herding: + herding_gain * herd\n"
    "  look      slot k = 0, 1, ... is examined with probability patience^k (position), or top-down: go on with\n"
    "            probability patience, times (1 - satisfied_stop) after a like (cascade), or always (all)\n"
    "  click     P(click | examined) = sigmoid(click_base + click_gain * u)\n"
    "  like      opinion = sigmoid(like_base + like_gain * u + like_bias);\n"
    "            P(like | click) = flip + (1 - 2 flip) * opinion\n"
    "  dislike   P(dislike | click, no like) = sigmoid(dislike_base - dislike_gain * u)\n"
    "  skip      P(skip | click) = sigmoid(skip_base - skip_gain * u), times skip_when_liked after a like\n"
    "  satiation s_t <- satiation_memory * (s_t + share of the slate's slots clicked for taste t), also when absent\n"
    "  drift     each like moves its taste's center drift_pull of the way; each round adds N(0, (drift_noise w_t)^2)\n"
    "            to every feature and moves the weights drift_weight of the way to the shares of the round's likes\n"
    "  birth     a round brings a new taste with probability birth_rate * novelty_love, birth_most times at most:\n"
    "            cluster by popularity among those not held, weight birth_weight, center as people.taste_shrink says\n"
    "            (birth_shrink)\n"
    "  mood      <- mood_memory * mood + (1 - mood_memory) * (likes - dislikes) / examined; starts at 0.5\n"
    "  leaving   with leave_rate when both the session and the mood lie below leave_below\n"
    "  herding   recent plays of an item R <- herding_memory * R + clicks on it in the round, of all who are followed\n"
    "            (everybody in the arm; a trial may choose otherwise); R = 0 before the first round\n"
    "            herd = (ln(1 + R) - mean) / max(sd, ln 2), mean and sd over the catalog; all of a round see the same\n"
    "            (ln 2: one play beside none, so that a hardly played catalog is not blown up)\n"
    "P(like | examined) grows with u alone, so the best slate is the one of the largest utilities.\n"
    "Ranges of the defaults (tests/sim/test_shares.c holds them): random stage: 5-15 % of impressions clicked,\n"
    "2-6 % liked, 10-20 % of clicks disliked, 25-50 % of clicks skipped; best slate: P(like | examined) 0.5-0.75.\n"
    "Sources: click rates of shelves and lists 2-10 %, of display ads more; random exposure gets few\n"
    "likes (Marlin 2007); skips Echo Nest 2014; flips Amatriain 2009; satiation Leqi et al. 2021; examination\n"
    "Joachims 2017 and Chapelle and Zhang 2009; herding after Salganik, Dodds and Watts, Science 311, 2006: where\n"
    "people see what others chose, success is more unequal and less predictable. Explicit dislikes of music are in no\n"
    "public data: an assumption.\n";

static pal_multi_config read_config(const pal_values *v)
{
    const bool quality = pal_values_bool(v, "quality"), fame = pal_values_bool(v, "popularity");
    const bool look = pal_values_bool(v, "position_bias"), noise = pal_values_bool(v, "noise");

    return (pal_multi_config){
        .match_gain = (float)pal_values_real(v, "match_gain"),
        .weight_gain = (float)pal_values_real(v, "weight_gain"),
        .outside_penalty = (float)pal_values_real(v, "outside_penalty"),
        .novelty_gain = (float)pal_values_real(v, "novelty_gain"),
        .quality_gain = quality ? (float)pal_values_real(v, "quality_gain") : 0.0f,
        .quality_popularity = fame ? (float)pal_values_real(v, "quality_popularity") : 0.0f,
        .popularity_gain = fame ? (float)pal_values_real(v, "popularity_gain") : 0.0f,
        .click_base = (float)pal_values_real(v, "click_base"),
        .click_gain = (float)pal_values_real(v, "click_gain"),
        .like_base = (float)pal_values_real(v, "like_base"),
        .like_gain = (float)pal_values_real(v, "like_gain"),
        .dislike_base = (float)pal_values_real(v, "dislike_base"),
        .dislike_gain = (float)pal_values_real(v, "dislike_gain"),
        .skip_base = (float)pal_values_real(v, "skip_base"),
        .skip_gain = (float)pal_values_real(v, "skip_gain"),
        .skip_when_liked = (float)pal_values_real(v, "skip_when_liked"),
        .flip = noise ? pal_values_real(v, "flip") : 0.0,
        .examination = look ? (pal_examination)pal_values_choice(v, "examination") : PAL_EXAMINE_ALL,
        .satisfied_stop = pal_values_real(v, "satisfied_stop"),
        .satiation = pal_values_bool(v, "satiation"),
        .satiation_gain = pal_values_bool(v, "satiation") ? (float)pal_values_real(v, "satiation_gain") : 0.0f,
        .satiation_memory = (float)pal_values_real(v, "satiation_memory"),
        .drift = pal_values_bool(v, "drift"),
        .drift_pull = (float)pal_values_real(v, "drift_pull"),
        .drift_noise = (float)pal_values_real(v, "drift_noise"),
        .drift_weight = (float)pal_values_real(v, "drift_weight"),
        .birth = pal_values_bool(v, "birth"),
        .birth_rate = pal_values_real(v, "birth_rate"),
        .birth_weight = pal_values_real(v, "birth_weight"),
        .birth_shrink = pal_values_real(v, "birth_shrink"),
        .birth_most = (size_t)pal_values_int(v, "birth_most"),
        .churn = pal_values_bool(v, "churn"),
        .leave_rate = pal_values_real(v, "leave_rate"),
        .leave_below = pal_values_real(v, "leave_below"),
        .mood_memory = pal_values_real(v, "mood_memory"),
        .herding = pal_values_bool(v, "herding"),
        .herding_gain = pal_values_real(v, "herding_gain"),
        .herding_memory = pal_values_real(v, "herding_memory"),
    };
}

/* Popularity in standard units; a catalog where all are equally popular has fame 0 everywhere. */
static void standardise_popularity(pal_multi *model)
{
    const pal_catalog *cat = model->world.catalog;
    pal_acc sum = { 0 }, square = { 0 };

    for (size_t i = 0; i < cat->n_items; i++) {
        pal_acc_add(&sum, (double)cat->popularity[i]);
    }
    const double mean = pal_acc_value(&sum) / (double)cat->n_items;

    for (size_t i = 0; i < cat->n_items; i++) {
        const double off = (double)cat->popularity[i] - mean;

        pal_acc_add(&square, off * off);
    }
    const double sd = sqrt(pal_acc_value(&square) / (double)cat->n_items);

    for (size_t i = 0; i < cat->n_items; i++) {
        model->fame[i] = sd > 0.0 ? (float)(((double)cat->popularity[i] - mean) / sd) : 0.0f;
    }
}

/* Keyed by the item's own id: the same song is as good in every catalog that holds it. */
static void draw_quality(pal_multi *model)
{
    const pal_catalog *cat = model->world.catalog;
    const pal_multi_config *c = &model->config;
    const pal_key key = pal_key_named(pal_key_for(model->world.seed, model->world.replicate, PAL_FOR_CATALOG),
                                      "quality");
    const double r = (double)c->quality_popularity, rest = sqrt(1.0 - r * r);

    for (size_t i = 0; i < cat->n_items; i++) {
        const pal_at at = { pal_hash_text(cat->id[i]), 0, 0 };
        uint64_t draw = 0;
        const double quality = r * (double)model->fame[i] + rest * pal_draw_normal(key, at, &draw);

        model->terms.item[i] = (float)((double)c->quality_gain * quality);
    }
}

static void bound_fame(pal_multi *model)
{
    const pal_catalog *cat = model->world.catalog;

    for (size_t b = 0; b < cat->n_blocks; b++) {
        model->block_fame[b] = model->fame[cat->block_begin[b]];
        for (size_t i = cat->block_begin[b]; i < cat->block_begin[b + 1]; i++) {
            model->block_fame[b] = model->fame[i] > model->block_fame[b] ? model->fame[i] : model->block_fame[b];
        }
    }
}

static void multi_free(void *self)
{
    pal_multi *model = self;

    if (model == NULL) {
        return;
    }
    pal_item_terms_clear(&model->terms);
    pal_free(model->fame);
    pal_free(model->block_fame);
    pal_taste_map_free(model->map);
    pal_free(model);
}

static pal_status init(void **self, const pal_world *world, const pal_values *values, pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_multi *model = NULL;
    const pal_catalog *cat = world->catalog;

    PAL_NEW(model, 1);
    model->world = *world;
    model->config = read_config(values);
    model->choice = pal_key_for(world->seed, world->replicate, PAL_FOR_CHOICE);
    model->examine = pal_key_for(world->seed, world->replicate, PAL_FOR_EXAMINE);
    model->presence = pal_key_for(world->seed, world->replicate, PAL_FOR_PRESENCE);
    model->drift = pal_key_for(world->seed, world->replicate, PAL_FOR_DRIFT);
    PAL_TRY(pal_item_terms_init(&model->terms, cat, err));
    PAL_NEW(model->fame, cat->n_pad);
    PAL_NEW(model->block_fame, cat->n_blocks);
    standardise_popularity(model);
    draw_quality(model);
    pal_item_terms_bound(&model->terms, cat);
    bound_fame(model);
    if (model->config.birth) {
        PAL_TRY(pal_taste_map_new(&model->map, cat, 1.0, err));
    }

    *self = model;
    model = NULL;

done:
    multi_free(model);
    return rc;
}

static bool present(const void *self, const pal_state *state, uint32_t user, uint32_t round)
{
    const pal_multi *model = self;

    return state->alive[user] != 0 &&
           pal_u01(model->presence, (pal_at){ user, round, 0 }, 0) < (double)model->world.people->activity[user];
}

static double unit32(uint64_t bits)
{
    return (double)(uint32_t)bits * 0x1p-32;
}

/* Words of one block, 32 bits a draw: click and flip, opinion, dislike, skip. */
static uint8_t draw_answer(const pal_multi *model, const pal_taste_view *view, pal_at at, float utility, float p_click)
{
    const pal_multi_config *c = &model->config;
    uint64_t word[4];
    uint8_t flags = PAL_EXAMINED;

    pal_block(model->choice, at, 0, word);
    if (unit32(word[0] >> 32) >= (double)p_click) {
        return flags;
    }
    flags |= PAL_CLICKED;

    const double opinion = (double)pal_sigmoidf((c->like_base + c->like_gain * utility) + view->like_bias);
    const bool likes = (unit32(word[1] >> 32) < opinion) != (unit32(word[0]) < c->flip);
    const double skip = (double)pal_sigmoidf(c->skip_base - c->skip_gain * utility);

    if (likes) {
        flags |= PAL_LIKED;
    } else if (unit32(word[2] >> 32) < (double)pal_sigmoidf(c->dislike_base - c->dislike_gain * utility)) {
        flags |= PAL_DISLIKED;
    }
    if (unit32(word[3] >> 32) < (likes ? (double)c->skip_when_liked : 1.0) * skip) {
        flags |= PAL_SKIPPED;
    }
    return flags;
}

typedef struct look { /* examination of a slate, slot by slot */
    pal_examination how;
    double patience, reach, satisfied_stop;
    bool going;
    pal_at at;
    pal_key key;
    uint64_t word[4];
} look;

/* Eight slots a block, 32 bits a slot. Draw and threshold depend on the slot only, not on the item in it. */
static bool looks_at(look *l, size_t slot, uint8_t flags_above)
{
    if (l->how == PAL_EXAMINE_ALL) {
        return true;
    }
    if (slot % 8 == 0) {
        pal_block(l->key, l->at, slot / 8, l->word);
    }
    const uint64_t word = l->word[slot % 8 / 2];
    const double u = unit32(slot % 2 == 0 ? word >> 32 : word);

    if (l->how == PAL_EXAMINE_POSITION) {
        const bool seen = u < l->reach;

        l->reach *= l->patience;
        return seen;
    }
    if (slot > 0) {
        const double on = l->patience * ((flags_above & PAL_LIKED) != 0 ? 1.0 - l->satisfied_stop : 1.0);

        l->going = l->going && u < on;
    }
    return l->going;
}

/* Items go through in chunks of the largest slate, so that nothing is allocated. */
#define CHUNK PAL_MAX_SLOTS

static void truth(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                  size_t n, pal_answer *out)
{
    const pal_multi *model = self;
    pal_taste_view view;
    float utility[CHUNK];
    uint8_t taste[CHUNK];

    (void)round;
    pal_taste_view_of(&view, model, state, user);
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        const size_t m = n - begin < CHUNK ? n - begin : CHUNK;

        pal_multi_utility(utility, taste, model, &view, item + begin, m);
        for (size_t k = 0; k < m; k++) {
            pal_answer *a = &out[begin + k];

            pal_multi_probabilities(model, &view, utility[k], &a->p_click, &a->p_like);
            a->true_taste = taste[k];
            a->flags = 0;
        }
    }
}

static void answer(const void *self, const pal_state *state, uint32_t user, uint32_t round, const uint32_t *item,
                   size_t n, pal_answer *out)
{
    const pal_multi *model = self;
    pal_taste_view view;
    float utility[CHUNK];
    uint8_t taste[CHUNK], above = 0;
    look l = { .how = model->config.examination, .patience = (double)model->world.people->patience[user],
               .reach = 1.0, .satisfied_stop = model->config.satisfied_stop, .going = true,
               .at = { user, round, 0 }, .key = model->examine };

    pal_taste_view_of(&view, model, state, user);
    for (size_t begin = 0; begin < n; begin += CHUNK) {
        const size_t m = n - begin < CHUNK ? n - begin : CHUNK;

        pal_multi_utility(utility, taste, model, &view, item + begin, m);
        for (size_t k = 0; k < m; k++) {
            pal_answer *a = &out[begin + k];

            pal_multi_probabilities(model, &view, utility[k], &a->p_click, &a->p_like);
            a->true_taste = taste[k];
            a->flags = 0;
            if (looks_at(&l, begin + k, above)) {
                const pal_at at = { user, round, item[begin + k] };

                a->flags = draw_answer(model, &view, at, utility[k], a->p_click);
            }
            above = a->flags;
        }
    }
}

static bool follows(const void *self)
{
    const pal_multi *model = self;

    return model->config.herding;
}

const pal_response_type pal_response_multi = {
    .name = "multi-taste",
    .label = "Multi-taste",
    .summary = "looks, clicks, then likes, dislikes or skips; utility from the best-matching of several tastes",
    .source = "examination hypothesis + max-of-tastes utility; parts and figures as listed in the formulas",
    .formulas = formulas,
    .params = params,
    .init = init,
    .present = present,
    .answer = answer,
    .truth = truth,
    .top = pal_multi_top,
    .advance = pal_multi_advance,
    .follows = follows,
    .settle = pal_multi_settle,
    .free = multi_free,
};
