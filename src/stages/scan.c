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
