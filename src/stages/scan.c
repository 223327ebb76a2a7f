/* Dot products sixteen items at a time, and the top-k heap. */
#include "stages/scan.h"

#include "core/vector.h"

#include <string.h>

typedef float lanes __attribute__((vector_size(PAL_SCAN_LANE * sizeof(float))));

/* Lane i does exactly what pal_scan_dot does for item i: one multiplication and one addition a feature, in order. */
PAL_VECTOR void pal_scan_dots(float *out, const float *direction_t, size_t row, const float *v, size_t n, size_t d)
{
    size_t i = 0;

    for (; i + 2 * PAL_SCAN_LANE <= n; i += 2 * PAL_SCAN_LANE) {
        lanes a = { 0 }, b = { 0 };

        for (size_t f = 0; f < d; f++) {
            const float *x = direction_t + f * row + i;
            lanes xa, xb;

            memcpy(&xa, x, sizeof xa);
            memcpy(&xb, x + PAL_SCAN_LANE, sizeof xb);
            a += xa * v[f];
            b += xb * v[f];
        }
        memcpy(out + i, &a, sizeof a);
        memcpy(out + i + PAL_SCAN_LANE, &b, sizeof b);
    }
    for (; i < n; i += PAL_SCAN_LANE) {
        lanes a = { 0 };

        for (size_t f = 0; f < d; f++) {
            lanes xa;

            memcpy(&xa, direction_t + f * row + i, sizeof xa);
            a += xa * v[f];
        }
        memcpy(out + i, &a, sizeof a);
    }
}

typedef int32_t flags __attribute__((vector_size(PAL_SCAN_LANE * sizeof(int32_t))));

PAL_VECTOR bool pal_scan_pair(float *score, float *similarity, const float *direction_t, size_t row,
                              const pal_scan_query *query, float bar, size_t d)
{
    lanes a0 = { 0 }, a1 = { 0 }, b0 = { 0 }, b1 = { 0 };
    flags any;
    uint64_t word[sizeof any / sizeof(uint64_t)], all = 0;

    for (size_t f = 0; f < d; f++) {
        lanes x0, x1;

        memcpy(&x0, direction_t + f * row, sizeof x0);
        memcpy(&x1, direction_t + f * row + PAL_SCAN_LANE, sizeof x1);
        a0 += x0 * query->a[f];
        a1 += x1 * query->a[f];
        b0 += x0 * query->b[f];
        b1 += x1 * query->b[f];
    }
    memcpy(similarity, &a0, sizeof a0);
    memcpy(similarity + PAL_SCAN_LANE, &a1, sizeof a1);
    a0 = a0 * query->gain - query->weight * b0;
    a1 = a1 * query->gain - query->weight * b1;
    memcpy(score, &a0, sizeof a0);
    memcpy(score + PAL_SCAN_LANE, &a1, sizeof a1);
    any = (a0 >= bar) | (a1 >= bar);
    memcpy(word, &any, sizeof any);
    for (size_t w = 0; w < sizeof word / sizeof *word; w++) {
        all |= word[w];
    }
    return all != 0;
}

PAL_VECTOR size_t pal_scan_hits(uint32_t *group, const float *score, size_t n, float bar)
{
    size_t n_groups = 0;

    for (size_t at = 0; at < n; at += PAL_SCAN_GROUP) {
        flags any = { 0 };
        uint64_t word[sizeof any / sizeof(uint64_t)], all = 0;

        for (size_t i = at; i < at + PAL_SCAN_GROUP && i < n; i += PAL_SCAN_LANE) {
            lanes x;

            memcpy(&x, score + i, sizeof x);
            any |= x >= bar;
        }
        memcpy(word, &any, sizeof any);
        for (size_t w = 0; w < sizeof word / sizeof *word; w++) {
            all |= word[w];
        }
        group[n_groups] = (uint32_t)at;
        n_groups += all != 0;
    }
    return n_groups;
}

enum { SUBSETS = 256 };

/* The scores in SUBSETS disjoint sets: the k-th greatest of their maxima is reached k times at least. */
PAL_VECTOR static void subset_maxima(float *restrict most, const float *restrict score, size_t n)
{
    memcpy(most, score, SUBSETS * sizeof *most);
    for (size_t at = SUBSETS; at < n; at += SUBSETS) {
        const size_t left = n - at < SUBSETS ? n - at : SUBSETS;

        for (size_t i = 0; i < left; i++) {
            most[i] = score[at + i] > most[i] ? score[at + i] : most[i];
        }
    }
}

/* Hoare's selection with the middle as pivot: x[k - 1] becomes the k-th greatest. */
static float kth_greatest(float *x, size_t n, size_t k)
{
    ptrdiff_t low = 0, high = (ptrdiff_t)n - 1;
    const ptrdiff_t at = (ptrdiff_t)k - 1;

    while (low < high) {
        const float pivot = x[(low + high) / 2];
        ptrdiff_t i = low, j = high;

        while (i <= j) {
            while (x[i] > pivot) {
                i++;
            }
            while (x[j] < pivot) {
                j--;
            }
            if (i <= j) {
                const float swap = x[i];

                x[i++] = x[j];
                x[j--] = swap;
            }
        }
        if (at <= j) {
            high = j;
        } else if (at >= i) {
            low = i;
        } else {
            break;
        }
    }
    return x[at];
}

float pal_scan_guess(const float *score, size_t n, size_t k)
{
    float most[SUBSETS];

    if (k == 0 || k > SUBSETS / 2 || n < 2 * SUBSETS) {
        return -FLT_MAX;
    }
    subset_maxima(most, score, n);
    return kth_greatest(most, SUBSETS, k);
}

static void sift_down(pal_candidate *heap, size_t n, pal_candidate one)
{
    size_t i = 0;

    for (;;) {
        size_t child = 2 * i + 1;

        if (child >= n) {
            break;
        }
        if (child + 1 < n && pal_candidate_before(heap[child], heap[child + 1])) {
            child++;
        }
        if (!pal_candidate_before(one, heap[child])) {
            break;
        }
        heap[i] = heap[child];
        i = child;
    }
    heap[i] = one;
}

void pal_topk_offer(pal_topk *top, pal_candidate candidate)
{
    if (top->n == top->k) {
        if (top->k > 0 && pal_candidate_before(candidate, top->heap[0])) {
            sift_down(top->heap, top->n, candidate);
        }
        return;
    }
    size_t i = top->n++;

    while (i > 0 && pal_candidate_before(top->heap[(i - 1) / 2], candidate)) {
        top->heap[i] = top->heap[(i - 1) / 2];
        i = (i - 1) / 2;
    }
    top->heap[i] = candidate;
}
