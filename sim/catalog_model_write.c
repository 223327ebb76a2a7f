/* A catalog model as JSON: numbers with few digits, one table row a line, so that people can edit it. */
#include "sim/catalog_model.h"

/* The model's own words: what stands in the file and how to read it. */
static const char purpose[] =
    "A catalog model: what items are like, genre by genre, for drawing synthetic catalogs. Each genre has, for "
    "every feature and then popularity, the share of items at the spike (the lowest value), the quantiles of the "
    "others at the probabilities of 'grid', and the correlations of normal scores (lower triangle, row by row). "
    "artist_share is the part of the variance inside a genre that lies between artists. labels counts items by "
    "their genres; the first one gives the features.";

static void write_column(pal_json_writer *w, const char *key, const pal_column_model *c)
{
    pal_json_begin_object(w, key);
    pal_json_put_string(w, "name", c->name);
    pal_json_put_string(w, "unit", c->unit);
    pal_json_put_number(w, "weight", c->weight);
    pal_json_put_number(w, "low", c->low);
    pal_json_put_number(w, "high", c->high);
    if (c->has_spike) {
        pal_json_put_number(w, "spike", c->spike);
    }
    pal_json_put_number(w, "artist_share", c->artist_share);
    pal_json_end_object(w);
}

static void write_genre(pal_json_writer *w, const pal_catalog_model *m, const pal_genre_model *genre)
{
    double lower[(PAL_MAX_FEATURES + 1) * PAL_MAX_FEATURES / 2];
    const size_t n = m->n_columns;
    size_t k = 0;

    for (size_t i = 0; i < n; i++) {
        for (size_t j = 0; j < i; j++) {
            lower[k++] = genre->correlation[i * n + j];
        }
    }
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "name", genre->name);
    pal_json_put_numbers(w, "spike_shares", genre->spike_share, n);
    pal_json_begin_array(w, "quantiles");
    for (size_t c = 0; c < n; c++) {
        pal_json_put_numbers(w, NULL, genre->quantile + c * m->n_grid, m->n_grid);
    }
    pal_json_end_array(w);
    pal_json_put_numbers(w, "correlations", lower, k);
    pal_json_end_object(w);
}

void pal_catalog_model_write(const pal_catalog_model *m, pal_json_writer *w)
{
    pal_json_begin_object(w, NULL);
    pal_json_put_string(w, "purpose", purpose);
    pal_json_put_string(w, "origin", m->origin);
    pal_json_put_string(w, "content_type", m->content_type);
    pal_json_begin_array(w, "features");
    for (size_t f = 0; f < m->d; f++) {
        write_column(w, NULL, &m->column[f]);
    }
    pal_json_end_array(w);
    write_column(w, "popularity", &m->column[m->d]);
    pal_json_put_numbers(w, "grid", m->grid, m->n_grid);
    pal_json_begin_object(w, "artist_sizes");
    pal_json_put_numbers(w, "items", m->size, m->n_sizes);
    pal_json_put_numbers(w, "artists", m->size_share, m->n_sizes);
    pal_json_end_object(w);
    pal_json_begin_array(w, "genres");
    for (size_t g = 0; g < m->n_genres; g++) {
        write_genre(w, m, &m->genre[g]);
    }
    pal_json_end_array(w);
    pal_json_begin_object(w, "labels");
    for (size_t k = 0; k < m->n_labels; k++) {
        pal_json_put_number(w, m->label[k].genres, m->label[k].weight);
    }
    pal_json_end_object(w);
    pal_json_end_object(w);
}
