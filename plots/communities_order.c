/* What communities are called, and which stand side by side. */
#include "plots/run_communities.h"

#include "core/mem.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

double pal_community_mark(const pal_community *c, size_t genre)
{
    return c->lift[genre] > 1 ? c->share[genre] * log2(c->lift[genre]) : 0;
}

/* The genre that marks a community most, other than `but`; SIZE_MAX when none does. */
static size_t marking_genre(const pal_communities_data *data, size_t label, size_t but)
{
    const pal_community *c = &data->community[label];
    size_t best = SIZE_MAX;

    for (size_t g = 0; g < data->n_genres; g++) {
        if (g != but && pal_community_mark(c, g) > 0 && (best == SIZE_MAX || pal_community_mark(c, g) > pal_community_mark(c, best))) {
            best = g;
        }
    }
    return best;
}

/* The marking genre; two of them where another community has the same. */
void pal_communities_name(pal_communities_data *data)
{
    for (size_t c = 0; c < data->n_labels; c++) {
        const size_t first = marking_genre(data, c, SIZE_MAX), second = marking_genre(data, c, first);
        char *name = data->community[c].name;
        bool twin = false;

        for (size_t o = 0; o < data->n_labels; o++) {
            twin = twin || (o != c && marking_genre(data, o, SIZE_MAX) == first);
        }
        if (first == SIZE_MAX) {
            snprintf(name, sizeof data->community[c].name, "everything");
        } else if (twin && second != SIZE_MAX) {
            snprintf(name, sizeof data->community[c].name, "%.24s, %.24s", data->genre[first], data->genre[second]);
        } else {
            snprintf(name, sizeof data->community[c].name, "%.40s", data->genre[first]);
        }
    }
}

static double likeness(const pal_communities_data *data, size_t a, size_t b)
{
    double dot = 0, aa = 0, bb = 0;

    for (size_t g = 0; g < data->n_genres; g++) {
        dot += data->community[a].share[g] * data->community[b].share[g];
        aa += data->community[a].share[g] * data->community[a].share[g];
        bb += data->community[b].share[g] * data->community[b].share[g];
    }
    return aa > 0 && bb > 0 ? dot / sqrt(aa * bb) : 0;
}

/* A chain from the largest community: whichever is most like one of its two ends comes next to it, ties by number. */
pal_status pal_communities_order(pal_communities_data *data, pal_arena *arena, pal_error *err)
{
    pal_status rc = PAL_OK;
    size_t n = 0, largest = SIZE_MAX;
    bool *in = NULL;

    PAL_NEW(in, data->n_labels + 1);
    PAL_TAKE(data->order, data->n_labels + 1, arena);
    for (size_t c = 0; c < data->n_labels; c++) {
        in[c] = !(data->community[c].size > 0);
        n += !in[c];
        if (!in[c] && (largest == SIZE_MAX || data->community[c].size > data->community[largest].size)) {
            largest = c;
        }
    }
    for (size_t next = largest, front = 0; data->n_order < n; data->n_order++) {
        double most = -1;

        if (front) {
            memmove(data->order + 1, data->order, data->n_order * sizeof *data->order);
        }
        data->order[front ? 0 : data->n_order] = next;
        in[next] = true;
        for (size_t c = 0; c < data->n_labels; c++) {
            for (size_t end = 0; !in[c] && end < 2; end++) {
                double like = likeness(data, c, data->order[end ? 0 : data->n_order]);

                if (like > most) {
                    most = like;
                    next = c;
                    front = end;
                }
            }
        }
    }

done:
    pal_free(in);
    return rc;
}
