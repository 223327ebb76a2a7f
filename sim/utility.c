/* The utility of items to a person: shared by answers, truth and the exact search for the best slate. */
#include "core/pmath.h"
#include "core/vector.h"
#include "sim/response_multi.h"

void pal_taste_view_of(pal_taste_view *view, const pal_multi *model, const pal_state *state, uint32_t user)
{
    const pal_multi_config *c = &model->config;
    const pal_population *people = model->world.people;
    const size_t stride = state->stride, d = people->d, first = (size_t)user * PAL_MAX_TASTES;
    const float *weight = state->taste_weight + first;
    const float novelty = c->novelty_gain * (2.0f * people->novelty_love[user] - 1.0f);
    float largest = weight[0];

    view->terms = state->herd != NULL && state->herd->moved ? &state->herd->terms : &model->terms;
    view->n = state->n_tastes[user];
    view->d = d;
    view->gain = c->match_gain;
    view->love = c->popularity_gain * people->popularity_love[user];
    view->like_bias = people->like_bias[user];
    view->penalty = c->outside_penalty * (1.0f - novelty);
    for (size_t t = 1; t < view->n; t++) {
        largest = weight[t] > largest ? weight[t] : largest;
    }
    for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
        const float *center = state->taste_center + (first + t) * stride;
        const float width = state->taste_width[first + t];
        const bool held = t < view->n;

        for (size_t f = 0; f < d; f++) {
            view->center[f][t] = held ? center[f] : 0.0f;
        }
        view->inv[t] = held ? 0.5f / ((float)d * (width * width)) : 0.0f;
        view->cluster[t] = held ? (uint8_t)state->taste_cluster[first + t] : 0;
        view->bonus[t] = held ? c->weight_gain * pal_logf(weight[t] / largest) -
                                    c->satiation_gain * (1.0f + novelty) * state->satiation[first + t]
                              : PAL_NO_MATCH;
    }
}

PAL_VECTOR
void pal_multi_utility(float *utility, uint8_t *taste, const pal_multi *model, const pal_taste_view *view,
                       const uint32_t *item, size_t n)
{
    const pal_catalog *cat = model->world.catalog;
    const float *item_term = view->terms->item;

    for (size_t k = 0; k < n; k++) {
        const size_t i = item[k];
        const float *x = cat->scaled + i * cat->stride;
        const uint64_t mask = cat->cluster_mask[i];
        float square[PAL_MAX_TASTES] = { 0.0f };
        float best = PAL_NO_MATCH;
        uint8_t who = 0;
        bool home = false;

        for (size_t f = 0; f < view->d; f++) {
            for (size_t t = 0; t < PAL_MAX_TASTES; t++) {
                const float off = x[f] - view->center[f][t];

                square[t] += off * off;
            }
        }
        for (size_t t = 0; t < view->n; t++) {
            const bool inside = (mask >> view->cluster[t] & 1) != 0;
            const float match = pal_taste_match(view->bonus[t], square[t], view->inv[t], inside, view->penalty);

            if (t == 0 || match > best) {
                best = match;
                who = (uint8_t)t;
                home = inside;
            }
        }
        utility[k] = pal_utility_of(best, view->gain, item_term[i], view->love, model->fame[i]);
        taste[k] = home ? who : PAL_NO_TASTE;
    }
}

void pal_multi_probabilities(const pal_multi *model, const pal_taste_view *view, float utility, float *p_click,
                             float *p_like)
{
    const pal_multi_config *c = &model->config;
    const float flip = (float)c->flip;
    const float click = pal_sigmoidf(c->click_base + c->click_gain * utility);
    const float opinion = pal_sigmoidf((c->like_base + c->like_gain * utility) + view->like_bias);

    *p_click = click;
    *p_like = click * (flip + (1.0f - 2.0f * flip) * opinion);
}
