/* A net's parameters as named arrays. */
#include "models/net_parts.h"

#include "core/mem.h"
#include "core/text.h"

#include <string.h>

/* What of a parameter goes into one array: its weight or its bias. */
typedef struct piece {
    pal_text name;
    size_t n_dims, at, n; /* floats from the parameter's start */
    uint64_t shape[2];
} piece;

static size_t pieces_of(piece out[2], const net_param *p, const char *prefix)
{
    size_t weight = p->rows * p->cols;

    out[0] = (piece){ .n_dims = p->kind == NET_SCALE ? 1 : 2, .n = weight, .shape = { p->rows, p->cols } };
    if (p->kind == NET_SCALE) {
        out[0].shape[0] = p->cols;
    }
    pal_text_addf(&out[0].name, "%s%s.weight", prefix, p->name);
    if (p->kind == NET_TABLE) {
        return 1;
    }
    out[1] = (piece){ .n_dims = 1, .at = weight, .n = p->size - weight, .shape = { p->size - weight, 0 } };
    pal_text_addf(&out[1].name, "%s%s.bias", prefix, p->name);
    return 2;
}

pal_status pal_net_save(const pal_net *net, pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    piece part[2] = { 0 };

    for (size_t p = 0; p < net->n_params; p++) {
        size_t n = pieces_of(part, &net->param[p], prefix);

        for (size_t i = 0; i < n; i++) {
            PAL_TRY(pal_text_check(&part[i].name, err));
            PAL_TRY(pal_tensors_put(file, part[i].name.bytes, PAL_F32, part[i].n_dims, part[i].shape,
                                    net_values(net, (uint32_t)p) + part[i].at, err));
            pal_text_clear(&part[i].name);
        }
    }

done:
    pal_text_clear(&part[0].name);
    pal_text_clear(&part[1].name);
    return rc;
}

static pal_status load_piece(pal_net *net, uint32_t param, const piece *part, const pal_tensors *file, pal_error *err)
{
    pal_status rc = PAL_OK;
    uint64_t shape[2] = { 0, 0 };
    const void *data = NULL;
    bool is_table = net->param[param].kind == NET_TABLE;

    PAL_TRY(pal_text_check(&part->name, err));
    PAL_TRY(pal_tensors_get(&data, shape, file, part->name.bytes, PAL_F32, part->n_dims, err));
    if ((shape[0] != part->shape[0] && (!is_table || shape[0] < part->shape[0])) ||
        (part->n_dims == 2 && shape[1] != part->shape[1])) {
        PAL_FAIL(PAL_ERR_DATA, "%s: array \"%s\" is %llu x %llu; wanted: %llu x %llu", pal_tensors_file(file),
                 part->name.bytes, (unsigned long long)shape[0], (unsigned long long)(part->n_dims == 2 ? shape[1] : 1),
                 (unsigned long long)part->shape[0], (unsigned long long)(part->n_dims == 2 ? part->shape[1] : 1));
    }
    if (is_table) {
        PAL_TRY(pal_net_grow(net, param, (size_t)shape[0], (pal_key){ 0 }, err));
    }
    memcpy(net_values(net, param) + part->at, data, (is_table ? net->param[param].size : part->n) * sizeof(float));

done:
    return rc;
}

pal_status pal_net_load(pal_net *net, const pal_tensors *file, const char *prefix, pal_error *err)
{
    pal_status rc = PAL_OK;
    piece part[2] = { 0 };

    for (size_t p = 0; p < net->n_params; p++) {
        size_t n = pieces_of(part, &net->param[p], prefix);

        for (size_t i = 0; i < n; i++) {
            PAL_TRY(load_piece(net, (uint32_t)p, &part[i], file, err));
            pal_text_clear(&part[i].name);
        }
    }

done:
    pal_text_clear(&part[0].name);
    pal_text_clear(&part[1].name);
    return rc;
}
