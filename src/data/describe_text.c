/* A catalog on a terminal. */
#include "data/describe.h"

#include "data/summary.h"

#include <math.h>
#include <string.h>

#define NAME_COLUMNS 24

static void say_import(const pal_import_report *r, pal_text *text)
{
    pal_text_addf(text,
                  "rows      %llu read, %llu kept, %llu skipped; %llu merged into an item seen before, "
                  "%llu exact duplicates\n", (unsigned long long)r->rows, (unsigned long long)r->kept_rows,
                  (unsigned long long)r->skipped_rows, (unsigned long long)r->merged_rows,
                  (unsigned long long)r->exact_duplicates);
    for (size_t i = 0; i < r->n_faults; i++) {
        const pal_import_fault *f = &r->fault[i];

        pal_text_addf(text, "          %s: %llu %s (first: row %llu, line %llu, '%s')\n", f->column,
                      (unsigned long long)f->count, f->what, (unsigned long long)f->first_row,
                      (unsigned long long)f->first_line, f->found);
    }
    if (r->excluded_items > 0) {
        pal_text_addf(text, "excluded  %llu items, all of whose genres are excluded\n",
                      (unsigned long long)r->excluded_items);
    }
}

/* A share or a moment; what is not defined as a dash. */
static void say_figure(pal_text *text, int width, int digits, double value)
{
    if (isnan(value)) {
        pal_text_addf(text, " %*s", width, "-");
    } else {
        pal_text_addf(text, " %*.*f", width, digits, value + 0.0);
    }
}

static void say_spread(pal_text *text, const char *name, const char *unit, const pal_spread *s)
{
    pal_text_addf(text, "%-16.16s %-4.4s", name, unit);
    say_figure(text, 9, 3, s->mean);
    say_figure(text, 8, 3, s->sd);
    say_figure(text, 9, 3, s->min);
    say_figure(text, 9, 3, s->q[1]);
    say_figure(text, 9, 3, s->q[3]);
    say_figure(text, 9, 3, s->q[5]);
    say_figure(text, 9, 3, s->max);
    say_figure(text, 7, 3, s->zero_share);
    say_figure(text, 6, 2, s->skew);
    say_figure(text, 6, 2, s->genre_share);
    pal_text_add(text, "\n");
}

/* The strongest correlations, largest first; ties by place. */
static void say_correlations(pal_text *text, const pal_catalog *c, const pal_catalog_summary *s)
{
    double below = INFINITY;
    size_t at = 0;

    pal_text_add(text, "\ncorrelated");
    for (int rank = 0; rank < 3; rank++) {
        size_t best = 0;
        double most = -1;

        for (size_t i = 0; i < c->d * c->d; i++) {
            double r = fabs(s->correlation[i]);

            if (i / c->d > i % c->d && r > most && (r < below || (!(r > below) && i > at))) {
                most = r;
                best = i;
            }
        }
        if (most < 0) {
            break;
        }
        below = most;
        at = best;
        pal_text_addf(text, "%s %s and %s %+.2f", rank > 0 ? "," : "", c->feature[best % c->d].name,
                      c->feature[best / c->d].name, s->correlation[best]);
    }
    pal_text_add(text, "\n");
}

static void say_clusters(pal_text *text, const pal_catalog *c)
{
    size_t most = 1;

    for (size_t k = 0; k < c->clusters->n; k++) {
        size_t n = c->cluster_begin[k + 1] - c->cluster_begin[k];

        most = n > most ? n : most;
    }
    pal_text_addf(text, "\n%-*s %8s\n", NAME_COLUMNS, "cluster", "items");
    for (size_t k = 0; k < c->clusters->n; k++) {
        size_t n = c->cluster_begin[k + 1] - c->cluster_begin[k];

        pal_text_addf(text, "%-*.*s %8zu ", NAME_COLUMNS, NAME_COLUMNS, c->clusters->name[k], n);
        for (size_t bar = 0; bar < (40 * n + most - 1) / most; bar++) {
            pal_text_add(text, "#");
        }
        pal_text_add(text, "\n");
    }
}

pal_status pal_catalog_describe_text(const pal_catalog *catalog, const pal_import_report *report, pal_text *text,
                                     pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_summary *s = NULL;

    PAL_TRY(pal_catalog_summary_new(&s, catalog, err));
    if (report != NULL && report->rows > 0) {
        say_import(report, text);
    }
    pal_text_addf(text, "catalog   %s: %zu items, %zu artists, %zu genres in %zu clusters, %zu features\n",
                  catalog->content_type, catalog->n_items, catalog->n_artists, s->n_genres, s->n_clusters, s->d);
    pal_text_addf(text, "artists   half have at most %.0f items, 1 %% more than %.0f, the largest %.0f; Gini %.2f\n",
                  s->artist_q[0], s->artist_q[4], s->artist_q[5], s->artist_gini);
    pal_text_addf(text, "map       two axes hold %.0f %% + %.0f %% of the variance\n", 100 * s->map->explained[0],
                  100 * s->map->explained[1]);
    pal_text_addf(text, "\n%-16s %-4s %9s %8s %9s %9s %9s %9s %9s %7s %6s %6s\n", "feature", "unit", "mean", "sd",
                  "min", "5 %", "median", "95 %", "max", "zero", "skew", "genre");
    for (size_t f = 0; f < catalog->d; f++) {
        say_spread(text, catalog->feature[f].name, catalog->feature[f].unit, &s->feature[f]);
    }
    say_spread(text, "popularity", "", &s->popularity);
    pal_text_add(text, "(zero: share of items at exactly 0; genre: share of variance between genres)\n");
    if (catalog->d > 1) {
        say_correlations(text, catalog, s);
    }
    say_clusters(text, catalog);
    PAL_TRY(pal_text_check(text, err));
done:
    pal_catalog_summary_free(s);
    return rc;
}
