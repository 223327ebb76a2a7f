/* Gauss-Jordan, and one big ridge regression. */
#include "tests/support/bandit_rig.h"

#include "core/dist.h"
#include "core/mem.h"

#include <check.h>
#include <math.h>
#include <string.h>

static void swap_rows(double *a, double *b, size_t d)
{
    for (size_t j = 0; j < d; j++) {
        const double keep = a[j];

        a[j] = b[j];
        b[j] = keep;
    }
}

void rig_invert(double *inverse, double *a, size_t d)
{
    memset(inverse, 0, d * d * sizeof *inverse);
    for (size_t i = 0; i < d; i++) {
        inverse[i * d + i] = 1;
    }
    for (size_t c = 0; c < d; c++) {
        size_t pivot = c;

        for (size_t i = c + 1; i < d; i++) {
            pivot = fabs(a[i * d + c]) > fabs(a[pivot * d + c]) ? i : pivot;
        }
        swap_rows(a + c * d, a + pivot * d, d);
        swap_rows(inverse + c * d, inverse + pivot * d, d);
        for (size_t i = 0; i < d; i++) {
            const double factor = i == c ? 1 - 1 / a[c * d + c] : a[i * d + c] / a[c * d + c];

            for (size_t j = 0; j < d && factor != 0; j++) {
                a[i * d + j] -= factor * a[c * d + j];
                inverse[i * d + j] -= factor * inverse[c * d + j];
            }
        }
    }
}

double rig_unit(uint64_t seed, uint64_t what)
{
    return pal_u01(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ 1, 2, what }, 0);
}

double rig_normal(uint64_t seed, uint64_t what)
{
    uint64_t draw = 0;

    return pal_draw_normal(pal_key_for(seed, 0, PAL_FOR_TEST), (pal_at){ 3, 4, what }, &draw);
}

rig_joint rig_joint_new(const pal_catalog *catalog, size_t n_users, const char *arms, bool hybrid, double l2,
                        double prior)
{
    rig_joint j = { .catalog = catalog, .n_users = n_users, .hybrid = hybrid, .prior = prior };

    j.by_person = strncmp(arms, "person", 6) == 0;
    j.by_taste = strstr(arms, "taste") != NULL;
    j.base = catalog->d + 2;
    j.wide = j.base + catalog->clusters->n;
    j.n_arms = (j.by_person ? n_users : 1) * (j.by_taste ? catalog->clusters->n : 1);
    j.n = hybrid ? j.wide + j.n_arms * j.base : j.n_arms * (j.by_taste ? j.base : j.wide);
    j.a = pal_calloc(j.n * j.n, sizeof *j.a);
    j.b = pal_calloc(j.n, sizeof *j.b);
    ck_assert(j.a != NULL && j.b != NULL);
    for (size_t i = 0; i < j.n; i++) {
        j.a[i * j.n + i] = l2;
    }
    return j;
}

void rig_joint_free(rig_joint *joint)
{
    pal_free(joint->a);
    pal_free(joint->b);
}

void rig_joint_x(double *x, const rig_joint *j, uint32_t user, uint32_t item)
{
    const pal_catalog *c = j->catalog;
    const size_t taste = c->cluster[item], person = j->by_person ? user : 0;
    const size_t arm = j->by_taste ? person * c->clusters->n + taste : person;
    double one[2 * PAL_MAX_FEATURES + PAL_MAX_CLUSTERS] = { 1 };

    for (size_t f = 0; f < c->d; f++) {
        one[1 + f] = (double)c->direction[item * c->stride + f];
    }
    one[1 + c->d] = (double)c->popularity[item] / 100;
    one[j->base + taste] = 1;
    memset(x, 0, j->n * sizeof *x);
    if (j->hybrid) {
        memcpy(x, one, j->wide * sizeof *x);
        memcpy(x + j->wide + arm * j->base, one, j->base * sizeof *x);
    } else {
        const size_t length = j->by_taste ? j->base : j->wide;

        memcpy(x + arm * length, one, length * sizeof *x);
    }
}

void rig_joint_learn(rig_joint *j, const pal_event *event, size_t n)
{
    double *x = pal_calloc(j->n, sizeof *x);

    ck_assert(x != NULL);
    for (size_t e = 0; e < n; e++) {
        const double y = ((event[e].flags & PAL_LIKED) != 0 ? 1 : 0) - j->prior;

        if ((event[e].flags & PAL_EXAMINED) != 0) {
            rig_joint_x(x, j, event[e].user, event[e].item);
            for (size_t i = 0; i < j->n; i++) {
                j->b[i] += y * x[i];
                for (size_t k = 0; k < j->n; k++) {
                    j->a[i * j->n + k] += x[i] * x[k];
                }
            }
        }
    }
    pal_free(x);
}

void rig_joint_solve(double *inverse, double *mean, const rig_joint *j)
{
    double *a = pal_calloc(j->n * j->n, sizeof *a);

    ck_assert(a != NULL);
    memcpy(a, j->a, j->n * j->n * sizeof *a);
    rig_invert(inverse, a, j->n);
    for (size_t i = 0; i < j->n; i++) {
        mean[i] = 0;
        for (size_t k = 0; k < j->n; k++) {
            mean[i] += inverse[i * j->n + k] * j->b[k];
        }
    }
    pal_free(a);
}

size_t rig_answer(pal_event *event, const pal_catalog *catalog, uint32_t user, uint32_t round, const pal_slate *slate,
                  uint64_t seed)
{
    for (size_t s = 0; s < slate->n; s++) {
        const uint64_t what = (uint64_t)user << 40 | (uint64_t)round << 20 | slate->item[s];
        const bool likes = rig_unit(seed, what) < (catalog->cluster[slate->item[s]] % 2 == 0 ? 0.7 : 0.1);
        const bool looks = rig_unit(seed + 1, what) < 0.8;

        event[s] = (pal_event){ .user = user, .item = slate->item[s], .round = round, .slot = (uint8_t)s,
                                .taste = slate->taste[s], .stage = slate->stage[s], .score = slate->score[s],
                                .propensity = slate->propensity[s],
                                .flags = !looks ? 0 : likes ? PAL_EXAMINED | PAL_CLICKED | PAL_LIKED : PAL_EXAMINED };
    }
    return slate->n;
}
