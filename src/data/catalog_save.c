/* A catalog as CSV, in the layout the importer calls "palate". */
#include "data/catalog.h"

#include "core/file.h"
#include "core/mem.h"

static void write_header(pal_outfile *file, const pal_catalog *catalog)
{
    pal_outfile_text(file, "item,id,title,artist,cluster,genres");
    pal_outfile_text(file, catalog->n_types > 1 ? ",type,popularity" : ",popularity");
    for (size_t f = 0; f < catalog->d; f++) {
        pal_outfile_text(file, ",");
        pal_outfile_csv_text(file, catalog->feature[f].name);
    }
    pal_outfile_text(file, "\n");
}

static void write_genres(pal_outfile *file, const pal_catalog *catalog, size_t i, pal_text *text)
{
    text->n = 0;
    for (size_t g = catalog->genre_begin[i]; g < catalog->genre_begin[i + 1]; g++) {
        pal_text_add(text, g == catalog->genre_begin[i] ? "" : ";");
        pal_text_add(text, catalog->clusters->genre[catalog->genre_of[g]]);
    }
    pal_outfile_csv_text(file, text->failed ? "" : text->bytes);
}

static void write_item(pal_outfile *file, const pal_catalog *catalog, size_t i, pal_text *text)
{
    pal_outfile_u64(file, i);
    pal_outfile_text(file, ",");
    pal_outfile_csv_text(file, catalog->id[i]);
    pal_outfile_text(file, ",");
    pal_outfile_csv_text(file, catalog->title[i]);
    pal_outfile_text(file, ",");
    pal_outfile_csv_text(file, catalog->artist_name[catalog->artist[i]]);
    pal_outfile_text(file, ",");
    pal_outfile_csv_text(file, catalog->clusters->name[catalog->cluster[i]]);
    pal_outfile_text(file, ",");
    write_genres(file, catalog, i, text);
    pal_outfile_text(file, ",");
    if (catalog->n_types > 1) {
        pal_outfile_csv_text(file, pal_catalog_type_name(catalog, pal_catalog_type(catalog, i)));
        pal_outfile_text(file, ",");
    }
    pal_outfile_float(file, catalog->popularity[i]);
    for (size_t f = 0; f < catalog->d; f++) {
        pal_outfile_text(file, ",");
        pal_outfile_float(file, catalog->raw[i * catalog->d + f]);
    }
    pal_outfile_text(file, "\n");
}

pal_status pal_catalog_save(const pal_catalog *catalog, const char *path, char hex[33], pal_error *err)
{
    pal_status rc = PAL_OK;
    pal_outfile *file = NULL;
    pal_text text = { 0 };

    PAL_TRY(pal_outfile_open(&file, path, err));
    write_header(file, catalog);
    for (size_t i = 0; i < catalog->n_items; i++) {
        write_item(file, catalog, i, &text);
    }
    PAL_TRY(pal_text_check(&text, err));
    PAL_TRY(pal_outfile_commit(&file, hex, err));
done:
    pal_outfile_abort(&file);
    pal_text_clear(&text);
    return rc;
}
