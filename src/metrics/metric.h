/* The table of metrics: what each is called, means, and where it comes from. Feeds `palate describe` and the report. */
#ifndef PAL_METRICS_METRIC_H
#define PAL_METRICS_METRIC_H

#include <stddef.h>

typedef struct pal_metric_info {
    const char *name;       /* the key in result files; unique, never reused          */
    const char *label;      /* for axes and tables                                    */
    const char *unit;       /* "share", "nat", "bit", "rounds" …; "" when there is none */
    const char *definition; /* one or two plain sentences                             */
    int better;             /* +1 higher is better, -1 lower is, 0 neither            */
    const char *source;     /* paper or "ours"                                        */
} pal_metric_info;

size_t pal_metric_count(void);
const pal_metric_info *pal_metric_at(size_t i); /* static; NULL when i is out of range; order is the report's */
const pal_metric_info *pal_metric_find(const char *name); /* static; NULL when there is none of this name */

#endif
