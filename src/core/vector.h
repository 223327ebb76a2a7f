/*
 * PAL_VECTOR marks a function with hot element-wise loops: the compiler makes several versions and the loader
 * picks one by CPU. Bytes stay the same, because element-wise float arithmetic does not depend on the width
 * (contraction is off) and sums inside such functions keep fixed lanes.
 * gcc only: clang 14 exports the clones as NAME.ifunc, which no other file can link against.
 */
#ifndef PAL_CORE_VECTOR_H
#define PAL_CORE_VECTOR_H

#if defined(__x86_64__) && defined(__linux__) && defined(__GNUC__) && !defined(__clang__) && \
    !defined(PAL_NO_CLONES)
#define PAL_VECTOR __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define PAL_VECTOR
#endif

#endif
