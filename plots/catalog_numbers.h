/* The numbers behind the figures of a catalog, as CSV (plots/figure_data.h). Failures of memory stay in the text. */
#ifndef PAL_PLOTS_CATALOG_NUMBERS_H
#define PAL_PLOTS_CATALOG_NUMBERS_H

#include "core/json.h"
#include "core/text.h"

#define PAL_CATALOG_MOST_HEAT 12 /* features whose correlations are drawn */

/* All take the root of catalog.json; what it does not have gives no rows. */
void pal_catalog_features_numbers(pal_text *csv, const pal_json *catalog);    /* panel,what,from,to,value      */
void pal_catalog_map_numbers(pal_text *csv, const pal_json *catalog);         /* panel,name,first,second,items */
void pal_catalog_correlation_numbers(pal_text *csv, const pal_json *catalog); /* panel,a,b,value               */
void pal_catalog_popularity_numbers(pal_text *csv, const pal_json *catalog);  /* panel,what,from,to,value      */

#endif
