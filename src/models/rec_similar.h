/* Similar items and similar people by any model: its own measure, or the profiles that its scores
 * amount to. */
#ifndef PAL_MODELS_REC_SIMILAR_H
#define PAL_MODELS_REC_SIMILAR_H

#include "models/recommender.h"

/*
 * Similarity of every item (or, with people set, every person) to one: score is n_items (n_rows).
 *
 * A model that has a measure of its own (cosines of factors, the similarity that neighbours are
 * chosen by, weights) is asked for it. One that knows one side only (flags PAL_REC_ITEMS_ONLY:
 * item_knn, ease, slim; PAL_REC_PEOPLE_ONLY: user_knn) is asked for its scores instead: with s_ui
 * the score of item i for person u, by u's history in `rows`,
 *
 *   people   cosine of the rows    s_u. and s_v.     items   cosine of the columns    s_.i and s_.j
 *
 * so that two people are alike when the model would have them hear alike, although they share no
 * item. The column of means is taken out of the rows first (c_i = mean over the people of s_ui):
 * what everybody gets says nothing of who is like whom. A row or column of zeros has cosine 0.
 * Costs the scores of all people (twice for people); memory is that of one block of people. Same
 * bytes at any thread count.
 *
 *   rows  people x items, as the model was fitted; NULL fails for a side that the model does not
 *         know itself
 *
 *   PAL_ERR_DATA      the model has no such notion and says why (it ranks everyone alike); id is
 *                     outside
 *   PAL_ERR_CONVERGE  a score is not finite
 *
 * Source: rows of the completed matrix as profiles of people: Sarwar et al., WebKDD 2000
 * (neighbours in the reduced space instead of in the raw matrix); with a linear model in place of
 * the SVD the profile is x B, B of Steck, WWW 2019.
 */
PAL_MUST_USE pal_status pal_rec_similar(float *score, const pal_rec_type *type, const void *self,
                                        bool people, uint32_t id, const pal_csr *rows,
                                        size_t n_threads, pal_error *err);

#endif
