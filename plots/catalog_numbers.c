/* The numbers behind the figures of a catalog. */
#include "plots/catalog_numbers.h"

#include "plots/figure_data.h"
#include "plots/read.h"

#include <math.h>

/* A number of a panel; from and to NaN where it is of no range. */
static void add(pal_text *csv, const char *panel, const char *what, double from, double to, double value)
{
    pal_data_text(csv, panel);
    pal_data_text(csv, what);
    pal_data_number(csv, from);
    pal_data_number(csv, to);
    pal_data_number(csv, value);
    pal_data_end(csv);
}

static void add_histogram(pal_text *csv, const char *panel, const pal_json *histogram)
{
    const pal_json *counts = pal_look_array(histogram, "counts");
    const double lo = pal_look_number(histogram, "lo"), hi = pal_look_number(histogram, "hi");
    const size_t n = pal_look_size(counts);

    for (size_t i = 0; i < n; i++) {
        const double from = lo + (hi - lo) * (double)i / (double)n, to = lo + (hi - lo) * (double)(i + 1) / (double)n;

        add(csv, panel, "items", from, to, pal_look_at(counts, i));
    }
}

void pal_catalog_features_numbers(pal_text *csv, const pal_json *catalog)
{
    const pal_json *features = pal_look_array(catalog, "features");

    pal_data_head(csv, "panel,what,from,to,value");
    for (size_t i = 0; i < pal_look_size(features); i++) {
        const pal_json *feature = pal_json_at(features, i);
        const char *name = pal_look_text(feature, "name", "?");

        add(csv, name, "median", NAN, NAN, pal_look_number(feature, "q50"));
        add(csv, name, "sd", NAN, NAN, pal_look_number(feature, "sd"));
        add_histogram(csv, name, pal_look_object(feature, "histogram"));
    }
}

void pal_catalog_map_numbers(pal_text *csv, const pal_json *catalog)
{
    const pal_json *map = pal_look_object(catalog, "map"), *cells = pal_look_array(map, "cells");
    const pal_json *clusters = pal_look_array(catalog, "clusters");
    const double x0 = pal_look_number(map, "x0"), y0 = pal_look_number(map, "y0"), cell = pal_look_number(map, "cell");

    pal_data_head(csv, "panel,name,first,second,items");
    for (size_t i = 0; i < pal_look_size(cells); i++) {
        const pal_json *at = pal_json_at(cells, i);

        add(csv, "density (middle of a cell)", "", x0 + cell * (pal_look_at(at, 0) + 0.5), y0 + cell * (pal_look_at(at, 1) + 0.5),
            pal_look_at(at, 2));
    }
    for (size_t k = 0; k < pal_look_size(clusters); k++) {
        const pal_json *cluster = pal_json_at(clusters, k), *at = pal_look_array(cluster, "map");

        add(csv, "clusters", pal_look_text(cluster, "label", "?"), pal_look_at(at, 0), pal_look_at(at, 1),
            pal_look_number(cluster, "items"));
    }
}

static void add_pair(pal_text *csv, const char *panel, const char *a, const char *b, double value)
{
    pal_data_text(csv, panel);
    pal_data_text(csv, a);
    pal_data_text(csv, b);
    pal_data_number(csv, value);
    pal_data_end(csv);
}

void pal_catalog_correlation_numbers(pal_text *csv, const pal_json *catalog)
{
    const pal_json *features = pal_look_array(catalog, "features"), *rows = pal_look_array(catalog, "correlation");
    const pal_json *share = pal_look_array(catalog, "genre_share_of_variance");
    const size_t all = pal_look_size(features), n = all < PAL_CATALOG_MOST_HEAT ? all : PAL_CATALOG_MOST_HEAT;

    pal_data_head(csv, "panel,a,b,value");
    for (size_t i = 0; i < n && i < pal_look_size(rows); i++) {
        for (size_t j = 0; j < n; j++) {
            add_pair(csv, "correlation", pal_look_text(pal_json_at(features, i), "name", "?"),
                     pal_look_text(pal_json_at(features, j), "name", "?"), pal_look_at(pal_json_at(rows, i), j));
        }
    }
    for (size_t i = 0; i < n && i < pal_look_size(share); i++) {
        add_pair(csv, "share of variance between genres", pal_look_text(pal_json_at(features, i), "name", "?"), "",
                 pal_look_at(share, i));
    }
}

void pal_catalog_popularity_numbers(pal_text *csv, const pal_json *catalog)
{
    static const char *const marks[] = { "50 %", "75 %", "90 %", "95 %", "99 %", "most" };
    const pal_json *popularity = pal_look_object(catalog, "popularity"), *artists = pal_look_object(catalog, "artist_size");
    const pal_json *sizes = pal_look_array(artists, "q");

    pal_data_head(csv, "panel,what,from,to,value");
    if (popularity != NULL) add(csv, "popularity", "share without any", NAN, NAN, pal_look_number(popularity, "zero_share"));
    add_histogram(csv, "popularity", pal_look_object(popularity, "histogram"));
    if (artists != NULL) add(csv, "items an artist has", "Gini", NAN, NAN, pal_look_number(artists, "gini"));
    for (size_t i = 0; i < sizeof marks / sizeof *marks && i < pal_look_size(sizes); i++) {
        add(csv, "items an artist has", marks[i], NAN, NAN, pal_look_at(sizes, i));
    }
}
