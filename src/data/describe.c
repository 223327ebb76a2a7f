/* catalog.json. */
#include "data/describe.h"

#include "core/mem.h"
#include "data/summary.h"

#include <inttypes.h>
#include <stdio.h>

static const char *const scaling_names[] = { "zscore", "minmax", "rank" };

static void write_import(const pal_import_report *r, pal_json_writer *w)
{
    pal_json_begin_object(w, "import");
    pal_json_put_i64(w, "rows", (int64_t)r->rows);
    pal_json_put_i64(w, "kept_rows", (int64_t)r->kept_rows);
    pal_json_put_i64(w, "merged_rows", (int64_t)r->merged_rows);
    pal_json_put_i64(w, "exact_duplicates", (int64_t)r->exact_duplicates);
    pal_json_put_i64(w, "skipped_rows", (int64_t)r->skipped_rows);
    pal_json_begin_array(w, "faults");
    for (size_t i = 0; i < r->n_faults; i++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "column", r->fault[i].column);
        pal_json_put_string(w, "what", r->fault[i].what);
        pal_json_put_i64(w, "count", (int64_t)r->fault[i].count);
        pal_json_put_i64(w, "first_row", (int64_t)r->fault[i].first_row);
        pal_json_put_i64(w, "first_line", (int64_t)r->fault[i].first_line);
        pal_json_put_string(w, "found", r->fault[i].found);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
    pal_json_end_object(w);
}

static void write_histogram(const pal_spread *s, pal_json_writer *w)
{
    double count[PAL_HISTOGRAM_BINS];

    for (size_t b = 0; b < PAL_HISTOGRAM_BINS; b++) {
        count[b] = (double)s->count[b];
    }
    pal_json_begin_object(w, "histogram");
    pal_json_put_number(w, "lo", s->low);
    pal_json_put_number(w, "hi", s->high);
    pal_json_put_numbers(w, "counts", count, PAL_HISTOGRAM_BINS);
    pal_json_end_object(w);
}

static void write_feature(const pal_feature *feature, const pal_spread *s, pal_json_writer *w)
{
    static const char *const keys[PAL_FEATURE_QUANTILES] = { "q01", "q05", "q25", "q50", "q75", "q95", "q99" };

    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", feature->name);
    pal_json_put_string(w, "unit", feature->unit);
    pal_json_put_number(w, "weight", feature->weight);
    pal_json_put_number(w, "min", s->min);
    pal_json_put_number(w, "max", s->max);
    pal_json_put_number(w, "mean", s->mean);
    pal_json_put_number(w, "sd", s->sd);
    for (size_t q = 0; q < PAL_FEATURE_QUANTILES; q++) {
        pal_json_put_number(w, keys[q], s->q[q]);
    }
    pal_json_put_number(w, "zero_share", s->zero_share);
    pal_json_put_number(w, "skew", s->skew);
    write_histogram(s, w);
    pal_json_end_object(w);
}

static void write_features(const pal_catalog *c, const pal_catalog_summary *s, pal_json_writer *w)
{
    double share[PAL_MAX_FEATURES];

    pal_json_begin_array(w, "features");
    for (size_t f = 0; f < c->d; f++) {
        write_feature(&c->feature[f], &s->feature[f], w);
        share[f] = s->feature[f].genre_share;
    }
    pal_json_end_array(w);
    pal_json_begin_array(w, "correlation");
    for (size_t f = 0; f < c->d; f++) {
        pal_json_put_numbers(w, NULL, s->correlation + f * c->d, c->d);
    }
    pal_json_end_array(w);
    pal_json_put_numbers(w, "genre_share_of_variance", share, c->d);
}

/* Quantiles 5, 25, 50, 75, 95, 99 %: those of the features but the first. */
static void write_popularity(const pal_spread *s, pal_json_writer *w)
{
    pal_json_begin_object(w, "popularity");
    pal_json_put_numbers(w, "q", s->q + 1, PAL_FEATURE_QUANTILES - 1);
    pal_json_put_number(w, "mean", s->mean);
    pal_json_put_number(w, "sd", s->sd);
    pal_json_put_number(w, "zero_share", s->zero_share);
    pal_json_put_number(w, "genre_share_of_variance", s->genre_share);
    write_histogram(s, w);
    pal_json_end_object(w);
}

static void write_clusters(const pal_catalog *c, const pal_catalog_summary *s, pal_json_writer *w)
{
    pal_json_begin_array(w, "clusters");
    for (size_t k = 0; k < c->clusters->n; k++) {
        pal_json_begin_object(w, NULL);
        pal_json_put_string(w, "name", c->clusters->name[k]);
        pal_json_put_string(w, "label", c->clusters->label[k]);
        pal_json_put_i64(w, "items", (int64_t)(c->cluster_begin[k + 1] - c->cluster_begin[k]));
        pal_json_put_numbers(w, "ring", s->cluster_ring + k * c->d, c->d);
        pal_json_put_numbers(w, "map", s->cluster_map + 2 * k, 2);
        pal_json_begin_array(w, "genres");
        for (size_t g = 0; g < c->clusters->n_genres; g++) {
            if (c->clusters->cluster_of[g] == (int)k) {
                pal_json_put_string(w, NULL, c->clusters->genre[g]);
            }
        }
        pal_json_end_array(w);
        pal_json_end_object(w);
    }
    pal_json_end_array(w);
}

pal_status pal_catalog_describe_json(const pal_catalog *catalog, const pal_import_report *report, pal_json_writer *w,
                                     pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_catalog_summary *s = NULL;
    bool read = report != NULL && report->rows > 0;
    char digest[17];

    PAL_TRY(pal_catalog_summary_new(&s, catalog, err));
    snprintf(digest, sizeof digest, "%016" PRIx64, catalog->digest);
    pal_json_put_string(w, "format", "palate-catalog/1");
    pal_json_put_string(w, "source", read ? "csv" : "synthetic");
    pal_json_put_string(w, "content_type", catalog->content_type);
    pal_json_put_i64(w, "items", (int64_t)catalog->n_items);
    pal_json_put_i64(w, "artists", (int64_t)catalog->n_artists);
    pal_json_put_i64(w, "genres", (int64_t)s->n_genres);
    pal_json_put_i64(w, "excluded_items", read ? (int64_t)report->excluded_items : 0);
    pal_json_put_string(w, "scaling", scaling_names[catalog->scaling]);
    pal_json_put_string(w, "digest", digest);
    if (read) {
        write_import(report, w);
    }
    write_features(catalog, s, w);
    write_popularity(&s->popularity, w);
    pal_json_begin_object(w, "artist_size");
    pal_json_put_numbers(w, "q", s->artist_q, PAL_ARTIST_QUANTILES);
    pal_json_put_number(w, "gini", s->artist_gini);
    pal_json_end_object(w);
    write_clusters(catalog, s, w);
    pal_catalog_map_write(s->map, w);
    PAL_TRY(pal_text_check(&w->text, err));
done:
    pal_catalog_summary_free(s);
    return rc;
}
