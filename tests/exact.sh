#!/bin/sh
# No object outside plots/ calls a transcendental function of libm: those answers depend on the processor and
# the library. tests/exact.sh OUT. sqrt, fabs, floor, ceil and their like are exact and fine.
out=$1
forbidden='exp|exp2|exp10|expm1|log|log2|log10|log1p|logb|pow|sin|cos|tan|sincos|asin|acos|atan|atan2'
forbidden="$forbidden|sinh|cosh|tanh|asinh|acosh|atanh|erf|erfc|lgamma|lgamma_r|tgamma|gamma|cbrt|hypot|j0|j1|jn|y0|y1|yn"
# Parts that are the same on one machine only may stand here, one object a line, with the reason.
same_machine='
'
bad=0
n=0
for object in $(find "$out/src" "$out/sim" -name '*.o' 2>/dev/null); do
    n=$((n + 1))
    echo "$same_machine" | grep -qxF "${object#"$out"/}" && continue
    found=$(nm -u "$object" | awk '{print $NF}' | sed 's/@.*//' | grep -xE "($forbidden)(f|l)?")
    [ -z "$found" ] || { echo "${object#"$out"/} calls" $found; bad=1; }
done
[ "$n" -gt 0 ] || { echo "exact: no objects under $out"; exit 1; }
[ $bad = 0 ] && echo "exact: $n objects without libm's transcendental functions"
exit $bad
