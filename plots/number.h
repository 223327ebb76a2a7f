/* Numbers as people read them: true minus signs, thin grouping, percent, p values; a dash for what is undefined. */
#ifndef PAL_PLOTS_NUMBER_H
#define PAL_PLOTS_NUMBER_H

#include <stddef.h>

#define PAL_SHOWN_MAX 64

/* How an axis or table writes its values. */
typedef enum pal_number_form {
    PAL_UNIT_PLAIN,   /* 0.312          */
    PAL_UNIT_PERCENT, /* a share: 31 %  */
    PAL_UNIT_COUNT    /* 12,300         */
} pal_number_form;

/* All return out. NaN gives an en dash; a value that rounds to zero carries no sign. */
const char *pal_show_fixed(char out[PAL_SHOWN_MAX], double value, int decimals);
const char *pal_show_signed(char out[PAL_SHOWN_MAX], double value, int decimals); /* "+0.047" */
const char *pal_show_percent(char out[PAL_SHOWN_MAX], double share, int decimals); /* "92 %" with a no-break space */
const char *pal_show_count(char out[PAL_SHOWN_MAX], double value);                 /* "114,000" */
const char *pal_show_unit(char out[PAL_SHOWN_MAX], double value, pal_number_form unit, int decimals);
/* "[0.041, 0.053]"; an en dash when either end is undefined. */
const char *pal_show_interval(char out[PAL_SHOWN_MAX], double lo, double hi, int decimals);
/* "p < 0.001", "p = 0.03". */
const char *pal_show_p(char out[PAL_SHOWN_MAX], double p);
/* Text cut to n characters with an ellipsis, never inside a character. */
const char *pal_show_short(char *out, size_t room, const char *text, size_t characters);

#endif
