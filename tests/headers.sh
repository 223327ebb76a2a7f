#!/bin/sh
# Each header compiles alone, without a warning, with gcc and (where it is there) clang.
# The Makefile passes CPPFLAGS and CFLAGS.
n=0
bad=0
for compiler in gcc clang; do
    command -v $compiler >/dev/null 2>&1 || { echo "headers: no $compiler here"; continue; }
    for header in src/*/*.h sim/*.h plots/*.h tests/support/*.h; do
        [ -f "$header" ] || continue
        n=$((n + 1))
        # shellcheck disable=SC2086
        printf '#include "%s"\ntypedef int alone;\n' "${header#src/}" |
            $compiler $CPPFLAGS $CFLAGS -Werror -fsyntax-only -x c - || { echo "$header: not alone ($compiler)"; bad=1; }
    done
done
[ $bad = 0 ] && echo "headers: $n compiled alone"
exit $bad
