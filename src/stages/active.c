/* From a profile's doubles to the floats of a scan. */
#include "stages/active.h"

#include "stages/scan.h"

#include <math.h>
#include <string.h>

static void unit_of(float *out, const double *sum, size_t d)
{
    double norm = 0;

    for (size_t f = 0; f < d; f++) {
        norm += sum[f] * sum[f];
    }
    norm = sqrt(norm);
    for (size_t f = 0; f < d; f++) {
        out[f] = norm > 0 ? (float)(sum[f] / norm) : 0;
    }
}

pal_status pal_active_of(pal_active *active, const pal_request *request, size_t stride, pal_arena *scratch,
                         pal_error *err)
{
    const pal_profile_view *profile = &request->profile;
    pal_status rc = PAL_OK;

    memset(active, 0, sizeof *active);
    active->stride = stride;
    active->d = profile->d;
    for (size_t t = 0; t < profile->n_tastes; t++) {
        if (profile->confidence[t] > 0) {
            active->mask |= UINT64_C(1) << t;
            active->place[t] = (uint8_t)active->n;
            active->taste[active->n++] = (uint8_t)t;
        }
    }
    PAL_TAKE(active->centroid, (active->n + 1) * stride, scratch);
    for (size_t a = 0; a < active->n; a++) {
        for (size_t f = 0; f < profile->d; f++) {
            active->centroid[a * stride + f] = (float)profile->centroid[active->taste[a] * profile->d + f];
        }
    }
    unit_of(active->disliked, profile->disliked_sum, profile->d);

done:
    return rc;
}

size_t pal_active_closest(float *similarity, const pal_active *active, const float *direction)
{
    size_t best = 0;

    *similarity = -FLT_MAX;
    for (size_t a = 0; a < active->n; a++) {
        const float s = pal_scan_dot(direction, pal_active_centroid(active, a), active->d);

        if (s > *similarity) {
            *similarity = s;
            best = a;
        }
    }
    return best;
}

bool pal_active_is_closest(const pal_active *active, const float *direction, size_t place, float similarity)
{
    for (size_t a = 0; a < active->n; a++) {
        const float s = a == place ? similarity
                                   : pal_scan_dot(direction, pal_active_centroid(active, a), active->d);

        if (s > similarity || (s == similarity && a < place)) {
            return false;
        }
    }
    return true;
}

size_t pal_quota(double share, size_t n)
{
    /* 0.6 * 10 must be 6 although 0.6 is a little less in binary */
    const size_t slots = (size_t)floor(share * (double)n + 1e-9);

    return slots > 0 ? slots : 1;
}
