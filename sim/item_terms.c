#include "sim/item_terms.h"

#include "core/mem.h"

#include <string.h>

pal_status pal_item_terms_init(pal_item_terms *terms, const pal_catalog *cat, pal_error *err)
{
    pal_status rc = PAL_OK;

    *terms = (pal_item_terms){ 0 };
    PAL_NEW(terms->item, cat->n_pad);
    PAL_NEW(terms->block, cat->n_blocks);
    PAL_NEW(terms->home, cat->n_blocks * cat->clusters->n);

done:
    return rc;
}

void pal_item_terms_clear(pal_item_terms *terms)
{
    pal_free(terms->item);
    pal_free(terms->block);
    pal_free(terms->home);
    *terms = (pal_item_terms){ 0 };
}

void pal_item_terms_bound(pal_item_terms *terms, const pal_catalog *cat)
{
    const size_t clusters = cat->clusters->n;

    for (size_t b = 0; b < cat->n_blocks; b++) {
        const size_t begin = cat->block_begin[b], end = cat->block_begin[b + 1];

        terms->block[b] = terms->item[begin];
        for (size_t i = begin; i < end; i++) {
            terms->block[b] = terms->item[i] > terms->block[b] ? terms->item[i] : terms->block[b];
        }
        for (size_t c = 0; c < clusters; c++) {
            float *most = &terms->home[b * clusters + c];

            *most = PAL_NO_MATCH;
            for (size_t i = begin; i < end; i++) {
                if ((cat->cluster_mask[i] >> c & 1) != 0 && terms->item[i] > *most) {
                    *most = terms->item[i];
                }
            }
        }
    }
}

void pal_item_terms_copy(pal_item_terms *to, const pal_item_terms *from, const pal_catalog *cat)
{
    memcpy(to->item, from->item, cat->n_pad * sizeof *to->item);
    memcpy(to->block, from->block, cat->n_blocks * sizeof *to->block);
    memcpy(to->home, from->home, cat->n_blocks * cat->clusters->n * sizeof *to->home);
}
