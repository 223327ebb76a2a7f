/* Sentences made from numbers: plurals, losses, and the catalog's own word for its items. */
#include "plots/report_words.h"

#include "core/json.h"
#include "plots/report_page.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>

Suite *suite_plots_report_words(void);

static pal_rundata *load_small(void)
{
    pal_rundata *run = NULL;

    ck_assert_int_eq(pal_rundata_load(&run, PLOTS_RUN, NULL), PAL_OK);
    return run;
}

START_TEST(one_is_one_and_many_are_many)
{
    pal_text text = { 0 };

    pal_say_count(&text, 1, "person", "people");
    pal_text_add(&text, ", ");
    pal_say_count(&text, 12300, "person", "people");
    pal_text_add(&text, ", ");
    pal_say_count(&text, 0, "person", "people");
    ck_assert_str_eq(text.bytes, "1 person, 12,300 people, 0 people");
    pal_text_clear(&text);
}
END_TEST

static const struct { const char *type, *told; } kinds[] = {
    { "music", "Songs? a song, the songs of songsters; so a song." },
    { "movie", "Songs? a film, the films of songsters; so a film." },
    { "anime", "Songs? an anime, the anime of songsters; so an anime." },
    { "music,movie", "Songs? an item, the items of songsters; so an item." },
};

START_TEST(songs_are_called_by_the_catalogs_word)
{
    pal_rundata *run = load_small();
    pal_json_doc *doc = NULL;
    char json[80], out[120];
    int n = snprintf(json, sizeof json, "{\"content_type\": \"%s\"}", kinds[_i].type);

    ck_assert_int_eq(pal_json_parse(&doc, json, (size_t)n, "catalog", NULL), PAL_OK);
    run->catalog = pal_json_root(doc);
    ck_assert_str_eq(pal_worded(out, sizeof out, run, "Songs? a song, the songs of songsters; so a song."), kinds[_i].told);
    pal_json_free(doc);
    pal_rundata_free(run);
}
END_TEST

static pal_plot_comparison *comparison_of(pal_rundata *run, const char *metric)
{
    pal_plot_comparison *c = (pal_plot_comparison *)pal_arm_comparison(&run->arms[run->focus], metric);

    ck_assert_ptr_nonnull(c);
    return c;
}

static char *losses(const pal_rundata *run)
{
    pal_text text = { 0 };

    pal_say_losses(&text, run);
    return text.bytes;
}

START_TEST(losses_are_told_with_both_numbers_the_largest_effect_first)
{
    pal_rundata *run = load_small();
    pal_plot_comparison *like = comparison_of(run, "like_rate"), *auc = comparison_of(run, "auc");
    pal_plot_arm *focus = &run->arms[run->focus];
    char *text;

    for (size_t i = 0; i < focus->n_comparisons; i++) focus->comparisons[i].significant = false;
    text = losses(run);
    ck_assert_str_eq(text, " In none of the measures compared is Progressive significantly worse than Popularity.");
    pal_text_clear(&(pal_text){ .bytes = text });
    like->significant = auc->significant = true;
    like->diff.value = auc->diff.value = -0.1;
    like->effect = -0.2;
    auc->effect = -0.7;
    text = losses(run);
    ck_assert_has(text, " Progressive is significantly worse than Popularity in AUC (0.676 against ");
    ck_assert_has(text, ") and Like rate (0.335 against ");
    pal_text_clear(&(pal_text){ .bytes = text });
    focus->n_comparisons = 0;
    ck_assert_ptr_null(losses(run));
    pal_rundata_free(run);
}
END_TEST

static void answer_has(const pal_rundata *run, const char *wanted, const char *unwanted)
{
    pal_text text = { 0 };

    pal_report_answer(&text, run);
    ck_assert_has(text.bytes, wanted);
    ck_assert_msg(strstr(text.bytes, unwanted) == NULL, "'%s' holds '%s'", text.bytes, unwanted);
    ck_assert_ptr_null(strstr(text.bytes, "nan"));
    ck_assert_ptr_null(strstr(text.bytes, "  "));
    pal_text_clear(&text);
}

START_TEST(small_runs_are_told_in_good_english)
{
    pal_rundata *run = load_small();

    run->people = run->rounds = 1;
    answer_has(run, "Over 1 round with 1 person, Progressive earned", "1 people");
    run->n_arms = 1;
    run->baseline = run->focus = 0;
    run->oracle = SIZE_MAX;
    answer_has(run, "It is the only arm, so there is nothing to compare it with.", "oracle");
    pal_rundata_free(run);
}
END_TEST

Suite *suite_plots_report_words(void)
{
    Suite *suite = suite_create("plots/report_words");
    TCase *tc = tcase_create("report_words");

    tcase_add_test(tc, one_is_one_and_many_are_many);
    tcase_add_loop_test(tc, songs_are_called_by_the_catalogs_word, 0, 4);
    tcase_add_test(tc, losses_are_told_with_both_numbers_the_largest_effect_first);
    tcase_add_test(tc, small_runs_are_told_in_good_english);
    suite_add_tcase(suite, tc);
    return suite;
}
