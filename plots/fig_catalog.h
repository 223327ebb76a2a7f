/* Figures of a catalog: its features, clusters, correlations and popularity. Drawn from catalog.json alone. */
#ifndef PAL_PLOTS_FIG_CATALOG_H
#define PAL_PLOTS_FIG_CATALOG_H

#include "core/error.h"
#include "core/json.h"
#include "plots/canvas.h"

#include <stddef.h>

typedef struct pal_catalog_figure {
    const char *name, *heading;
    double (*height)(const pal_json *catalog);
    pal_status (*draw)(pal_canvas *canvas, const pal_json *catalog, pal_error *err);
    void (*data)(pal_text *csv, const pal_json *catalog); /* the numbers that it draws (plots/catalog_numbers.h) */
} pal_catalog_figure;

/* NULL at the end of the table. */
const pal_catalog_figure *pal_catalog_figure_at(size_t i);

#endif
