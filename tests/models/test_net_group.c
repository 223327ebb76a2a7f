/* Rows that share a group's: computed once, the gradients are those of each row for itself. */
#include "models/net_train.h"

#include "core/mem.h"
#include "tests/support/holds.h"

#include <math.h>
#include <string.h>

Suite *suite_models_net_group(void);

enum { VOCABULARY = 9 };

/* People (a bag) beside items (another), scored by a dot product over a layer. group 1: every row has its person. */
static pal_net *two_sides(size_t group, pal_net_node *logit)
{
    pal_net *net = NULL;
    pal_net_node person, item;
    pal_net_param table;

    HOLD(pal_net_new(&net, PAL_PORTABLE, NULL) == PAL_OK);
    table = pal_net_table(net, "words", VOCABULARY, 3, 0.7);
    pal_net_group(net, group);
    person = pal_net_bag(net, table, PAL_POOL_MEAN);
    person = pal_net_gelu(net, pal_net_dense(net, pal_net_weights(net, "layer", 3, 4), person));
    pal_net_group(net, 1);
    if (group > 1) person = pal_net_repeat(net, person);
    item = pal_net_dense(net, pal_net_weights(net, "other", 3, 4), pal_net_bag(net, table, PAL_POOL_SUM));
    *logit = pal_net_dot(net, person, item);
    HOLD(pal_net_start(net, pal_key_for(3, 0, PAL_FOR_TRAIN), NULL) == PAL_OK);
    return net;
}

/* 65 groups of three rows are more than one shard: the same loss and gradients as with each person told three times, to
 * the order of sums. */
START_TEST(a_group_computed_once_gives_the_gradients_of_its_rows)
{
    enum { GROUP = 3, GROUPS = 65, N = GROUP * GROUPS };
    size_t begin[N + 1];
    uint32_t person[GROUPS], each[N], item[N];
    float label[N], *gradient[2];
    double value[2];
    pal_adam_config config = pal_adam_defaults();

    for (size_t r = 0; r <= N; r++) begin[r] = r;
    for (size_t r = 0; r < N; r++) {
        person[r / GROUP] = each[r] = (uint32_t)(r / GROUP * 5 % VOCABULARY);
        item[r] = (uint32_t)(r * 7 % VOCABULARY);
        label[r] = r % GROUP == 0;
    }
    for (size_t k = 0; k < 2; k++) {
        const pal_net_ids bag[2] = { { begin, k == 0 ? each : person, NULL }, { begin, item, NULL } };
        const pal_net_batch batch = { .n = N, .bag = bag };
        pal_net_trainer *trainer = NULL;
        pal_net_node logit;
        pal_net *net = two_sides(k == 0 ? 1 : GROUP, &logit);
        pal_net_bce bce = { logit, label, NULL };

        gradient[k] = pal_calloc(pal_net_size(net), sizeof(float));
        ck_assert_int_eq(pal_net_trainer_new(&trainer, net, N, &config, (pal_key){ 0 }, 2, NULL), PAL_OK);
        ck_assert_int_eq(pal_net_gradients(gradient[k], &value[k], trainer, &batch, pal_net_loss_bce, &bce, NULL),
                         PAL_OK);
        for (size_t i = 0; k == 1 && i < pal_net_size(net); i++) {
            HOLDS(fabsf(gradient[1][i] - gradient[0][i]) <= 1e-6f, "%zu: %g, not %g", i, (double)gradient[1][i],
                  (double)gradient[0][i]);
        }
        pal_net_trainer_free(trainer);
        pal_net_free(net);
    }
    ck_assert_double_eq_tol(value[0], value[1], 1e-12);
    pal_free(gradient[0]);
    pal_free(gradient[1]);
}
END_TEST

START_TEST(groups_that_do_not_fit_are_refused)
{
    for (int k = 0; k < 3; k++) {
        pal_net *net = NULL;
        pal_net_node a, b;
        pal_error err;

        ck_assert_int_eq(pal_net_new(&net, PAL_PORTABLE, NULL), PAL_OK);
        pal_net_group(net, 3);
        a = pal_net_input(net, 2);
        pal_net_group(net, k == 0 ? 1 : k == 1 ? 4 : 0);
        b = pal_net_input(net, 2);
        pal_net_add(net, a, b);
        ck_assert_int_eq(pal_net_start(net, (pal_key){ 0 }, &err), PAL_ERR_SHAPE);
        ck_assert_ptr_nonnull(strstr(err.text, "group"));
        pal_net_free(net);
    }
}
END_TEST

Suite *suite_models_net_group(void)
{
    Suite *suite = suite_create("models/net_group");
    TCase *tc = tcase_create("groups");

    tcase_add_test(tc, a_group_computed_once_gives_the_gradients_of_its_rows);
    tcase_add_test(tc, groups_that_do_not_fit_are_refused);
    suite_add_tcase(suite, tc);
    return suite;
}
