/* Communities in a run directory: read right, drawn without a word over another, refused with the place named. */
#include "plots/fig_communities.h"

#include "plots/figure.h"
#include "plots/run_communities.h"
#include "plots/run_people.h"
#include "tests/support/plots_run.h"
#include "tests/support/scratch.h"

#include <check.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

Suite *suite_plots_communities(void);

enum { PEOPLE = 48, GROUPS = 3 };

static void put(const char *dir, const char *name, const char *text)
{
    char path[512];
    FILE *f;

    snprintf(path, sizeof path, "%s/%s", dir, name);
    f = fopen(path, "w");
    ck_assert_ptr_nonnull(f);
    ck_assert_int_ge(fputs(text, f), 0);
    ck_assert_int_eq(fclose(f), 0);
}

/* Person u is in community u % 3; person 47 in none; after round 5 person 0 has gone over to community 1. */
static size_t community_of(int round, int user)
{
    return round == 5 && user == 0 ? 1 : (size_t)(user % GROUPS);
}

static void put_map(const char *dir)
{
    char text[16384] = "arm,replicate,round,user,community,x,y,likes,true_community\n";
    size_t n = strlen(text);

    for (int round = 2; round <= 5; round += 3) {
        for (int u = 0; u < PEOPLE; u++) {
            const double at = 0.7 * (double)community_of(round, u) - 0.7;

            if (u == PEOPLE - 1) {
                n += (size_t)snprintf(text + n, sizeof text - n, "progressive,0,%d,%d,,,,0,pop\n", round, u);
            } else {
                n += (size_t)snprintf(text + n, sizeof text - n, "progressive,0,%d,%d,%zu,%.3f,%.3f,9,%s\n", round, u,
                                      community_of(round, u), at + 0.004 * u, -at * at + 0.1 * (u % 7),
                                      u % 2 == 0 ? "pop" : "rock");
            }
        }
    }
    put(dir, "people_map.csv", text);
}

/* A copy of the fixture with two clusterings of the focus arm. */
static const char *with_map(const char *name)
{
    const char *dir = plots_copy_run(name);

    put_map(dir);
    put(dir, "community_make_up.csv",
        "arm,replicate,round,community,size,genre,likes,share,lift\n"
        "progressive,0,5,0,15,opera,30,0.75,3\n"
        "progressive,0,5,0,15,rock,10,0.25,0.5\n"
        "progressive,0,5,1,17,rock,20,0.5,1\n"
        "progressive,0,5,1,17,techno,20,0.5,2\n"
        "progressive,0,5,2,15,rock,30,0.75,1.5\n"
        "progressive,0,5,2,15,techno,10,0.25,1\n");
    plots_replace(dir, "summary.json", "\"events\":",
                  "\"communities\":["
                  "{\"arm\":\"progressive\",\"replicate\":0,\"round\":2,\"people\":48,\"placed\":47,\"k\":3,\"eigengap\":0.1173,"
                  "\"ari\":0.31,\"nmi\":0.4,\"ari_sets\":0.1,\"nmi_sets\":0.5,\"overlap\":0.3,"
                  "\"chance\":{\"ari\":0,\"nmi\":0.1,\"ari_sets\":0,\"nmi_sets\":0.4,\"overlap\":0.1},"
                  "\"best\":{\"ari\":0.6,\"nmi\":0.8,\"ari_sets\":0.2,\"nmi_sets\":0.7,\"overlap\":0.4}},"
                  "{\"arm\":\"progressive\",\"replicate\":0,\"round\":5,\"people\":48,\"placed\":47,\"k\":3,\"eigengap\":0.2,"
                  "\"ari\":0.33,\"nmi\":0.42,\"ari_sets\":0.1,\"nmi_sets\":0.5,\"overlap\":0.3,"
                  "\"chance\":{\"ari\":0,\"nmi\":0.1,\"ari_sets\":0,\"nmi_sets\":0.4,\"overlap\":0.1},"
                  "\"best\":{\"ari\":0.6,\"nmi\":0.8,\"ari_sets\":0.2,\"nmi_sets\":0.7,\"overlap\":null}}],\"events\":");
    plots_replace(dir, "profiles.json", "\"true_tastes\":",
                  "\"community\":{\"community\":1,\"membership\":[{\"round\":2,\"community\":null,\"size\":0},"
                  "{\"round\":5,\"community\":1,\"size\":17}],\"from\":\"map\",\"people\":16,\"nearest\":["
                  "{\"user\":4,\"community\":1,\"similarity\":0.83,\"shared_genres\":2,\"genres\":[\"techno\",\"rock\"],"
                  "\"shared_songs\":5,\"songs\":[\"One\",\"Another\",\"A third song of quite some length that goes on\"]},"
                  "{\"user\":7,\"community\":1,\"similarity\":0.41,\"shared_genres\":1,\"genres\":[\"rock\"],"
                  "\"shared_songs\":0,\"songs\":[]}]},\"true_tastes\":");
    return dir;
}

static pal_rundata *load(const char *dir)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_msg(pal_rundata_load(&run, dir, &err) == PAL_OK, "%s", err.text);
    return run;
}

START_TEST(the_files_read_as_they_were_written)
{
    pal_rundata *run = load(with_map("map"));
    const pal_communities_data *data = run->communities;
    const pal_people_time *end = pal_communities_end(data, 0);

    ck_assert_uint_eq(data->arm, run->focus);
    ck_assert_uint_eq(data->n_times, 2);
    ck_assert_uint_eq(data->n_labels, GROUPS);
    ck_assert_double_eq(end->round, 5);
    ck_assert_uint_eq(end->n, PEOPLE);
    ck_assert_uint_eq(end->community[0], 1);
    ck_assert_uint_eq(data->times[0].community[0], 0);
    ck_assert_uint_eq(end->community[PEOPLE - 1], PAL_NOWHERE);
    ck_assert(isnan(end->x[PEOPLE - 1]));
    ck_assert_str_eq(end->truth[1], "rock");
    ck_assert_double_eq(end->found.ari, 0.33);
    ck_assert_double_eq(end->best.nmi, 0.8);
    ck_assert(isnan(end->best.overlap));
    ck_assert_double_eq(data->community[1].size, 17);
    ck_assert_uint_eq(data->n_genres, 3);
    ck_assert_ptr_null(pal_communities_end(data, 1));
    ck_assert_uint_eq(data->people[0].n_near, 2);
    ck_assert_uint_eq(data->people[0].at[0], PAL_NOWHERE);
    ck_assert_uint_eq(data->people[0].near[0].n_songs, 3);
    ck_assert(!data->people[0].served);
    pal_rundata_free(run);
}
END_TEST

START_TEST(communities_are_named_by_what_they_like_more_than_others)
{
    pal_rundata *run = load(with_map("names"));

    ck_assert_str_eq(pal_community_name(run->communities, 0), "opera");
    ck_assert_str_eq(pal_community_name(run->communities, 1), "techno");
    ck_assert_str_eq(pal_community_name(run->communities, 2), "rock");
    ck_assert_str_eq(pal_community_name(run->communities, PAL_NOWHERE), "no community");
    pal_rundata_free(run);
}
END_TEST

START_TEST(alike_communities_stand_side_by_side)
{
    pal_rundata *run = load(with_map("order"));
    const pal_communities_data *data = run->communities;
    size_t middle = data->order[1];

    ck_assert_uint_eq(data->n_order, GROUPS);
    ck_assert_uint_ne(middle, 0); /* opera is like neither of the two that share techno and rock */
    pal_rundata_free(run);
}
END_TEST

static const pal_figure *const figures[] = { &pal_fig_communities, &pal_fig_communities_genres, &pal_fig_communities_flow,
                                             &pal_fig_company };
enum { N_FIGURES = sizeof figures / sizeof *figures };

static void check_page(const char *name, const pal_canvas *canvas)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    ck_assert_uint_gt(n, 2);
    for (size_t i = 0; i < n; i++) {
        ck_assert_msg(box[i].x0 >= 0 && box[i].x1 <= pal_canvas_width(canvas) + 0.01 && box[i].y0 >= 0 &&
                      box[i].y1 <= pal_canvas_height(canvas), "%s: '%s' leaves the page", name, box[i].text);
        for (size_t j = 0; j < i; j++) {
            double across = fmin(box[i].x1, box[j].x1) - fmax(box[i].x0, box[j].x0);
            double down = fmin(box[i].y1, box[j].y1) - fmax(box[i].y0, box[j].y0);

            ck_assert_msg(across <= 0.3 || down <= 0.3, "%s: '%s' lies upon '%s'", name, box[i].text, box[j].text);
        }
    }
}

static bool says(const pal_canvas *canvas, const char *part)
{
    size_t n;
    const pal_text_box *box = pal_canvas_texts(canvas, &n);

    for (size_t i = 0; i < n; i++) {
        if (strstr(box[i].text, part) != NULL) return true;
    }
    return false;
}

static pal_canvas *drawn(const pal_figure *figure, const pal_rundata *run, size_t who)
{
    pal_canvas *canvas = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_canvas_new(&canvas, PAL_FORMAT_SVG, PAL_THEME_LIGHT, PAL_PAGE_WIDTH, figure->height(run, who), &err),
                     PAL_OK);
    ck_assert_msg(figure->draw(canvas, run, who, &err) == PAL_OK, "%s: %s", figure->name, err.text);
    return canvas;
}

START_TEST(no_word_leaves_the_page_or_lies_upon_another)
{
    static const char *const words[N_FIGURES] = { "opera", "techno", "techno: 17", "A third song" };
    pal_rundata *run = load(with_map("drawn"));
    pal_canvas *canvas = drawn(figures[_i], run, 0);

    ck_assert(pal_figure_has_data(figures[_i], run));
    check_page(figures[_i]->name, canvas);
    ck_assert_msg(_i == 3 ? says(canvas, "5 songs") : says(canvas, words[_i]), "%s", figures[_i]->name);
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_person_the_file_says_nothing_of_is_said_to_have_nobody)
{
    pal_rundata *run = load(with_map("nobody"));
    pal_canvas *canvas = drawn(&pal_fig_company, run, 1);

    ck_assert_uint_gt(run->profiles->n_people, 1);
    ck_assert(says(canvas, "nobody"));
    pal_canvas_free(canvas);
    pal_rundata_free(run);
}
END_TEST

START_TEST(a_run_without_a_map_leaves_the_figures_out)
{
    pal_rundata *run = load(PLOTS_RUN);

    ck_assert_ptr_null(run->communities);
    for (size_t f = 0; f < N_FIGURES; f++) ck_assert(!pal_figure_has_data(figures[f], run));
    pal_rundata_free(run);
}
END_TEST

static void refuse(const char *dir, pal_status status, const char *place, const char *what)
{
    pal_rundata *run = NULL;
    pal_error err = { 0 };

    ck_assert_int_eq(pal_rundata_load(&run, dir, &err), status);
    ck_assert_ptr_null(run);
    ck_assert_has(err.text, place);
    ck_assert_has(err.text, what);
}

START_TEST(damage_is_refused_with_its_place)
{
    static const struct { const char *file, *from, *to, *place, *what; } harm[] = {
        { "people_map.csv", ",community,", ",group,", "people_map.csv", "community" },
        { "people_map.csv", "progressive,0,2,1,1,", "progressive,0,2,1,1.5,", "people_map.csv: row 2", "1.5" },
        { "people_map.csv", "progressive,0,2,3,", "progressive,0,2,4,", "people_map.csv: row 4", "user 4" },
        { "people_map.csv", "progressive,0,2,1,", "progressive,0,3,1,", "people_map.csv: row 2", "round 3" },
        { "people_map.csv", "progressive,0,2,2,", "nobody,0,2,2,", "people_map.csv: row 3", "nobody" },
        { "community_make_up.csv", "0.75,3", "much,3", "community_make_up.csv: row 1", "much" },
        { "community_make_up.csv", "progressive,0,5,2,15,rock", "progressive,0,5,9,15,rock", "community_make_up.csv: row 5", "community 9" },
    };
    const char *dir = with_map("harmed");

    plots_replace(dir, harm[_i].file, harm[_i].from, harm[_i].to);
    refuse(dir, PAL_ERR_DATA, harm[_i].place, harm[_i].what);
}
END_TEST

Suite *suite_plots_communities(void)
{
    Suite *suite = suite_create("plots/communities");
    TCase *tc = tcase_create("communities");

    tcase_add_checked_fixture(tc, scratch_begin, scratch_end);
    tcase_set_timeout(tc, 60);
    tcase_add_test(tc, the_files_read_as_they_were_written);
    tcase_add_test(tc, communities_are_named_by_what_they_like_more_than_others);
    tcase_add_test(tc, alike_communities_stand_side_by_side);
    tcase_add_loop_test(tc, no_word_leaves_the_page_or_lies_upon_another, 0, N_FIGURES);
    tcase_add_test(tc, a_person_the_file_says_nothing_of_is_said_to_have_nobody);
    tcase_add_test(tc, a_run_without_a_map_leaves_the_figures_out);
    tcase_add_loop_test(tc, damage_is_refused_with_its_place, 0, 7);
    suite_add_tcase(suite, tc);
    return suite;
}
