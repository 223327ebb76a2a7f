/* A file of the source tree inside the binary. */
#ifndef PAL_CORE_EMBED_H
#define PAL_CORE_EMBED_H

#include <stddef.h>

/* PAL_EMBED(name, "path/from/the/root") defines `const char name[]` and `const char name_end[]`; the size is
 * (size_t)(name_end - name). A NUL byte follows the end. The build passes the root as an assembler search path. */
#define PAL_EMBED(symbol, file)                                              \
    __asm__(".section .rodata\n"                                             \
            ".global " #symbol "\n.global " #symbol "_end\n.balign 16\n"     \
            #symbol ":\n.incbin \"" file "\"\n"                              \
            #symbol "_end:\n.byte 0\n.balign 16\n.text\n");                  \
    extern const char symbol[];                                              \
    extern const char symbol##_end[]

#endif
