#!/bin/sh
# Who may include whom, and each library met in one file. Prints every line that breaks it.
bad=0

# room DIRECTORY WORD...: its files include "X/..." only for X among the words.
room()
{
    dir=$1
    shift
    allowed=$(echo "$*" | tr ' ' '|')
    found=$(grep -nE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"' "$dir"/*.[ch] /dev/null 2>/dev/null |
            grep -vE "\"($allowed)/[^/]*\"")
    [ -z "$found" ] || { printf '%s may include only: %s\n%s\n' "$dir" "$*" "$found"; bad=1; }
}

# only HEADER-PATTERN FILE: no other file of ours includes it.
only()
{
    found=$(grep -nE "^[[:space:]]*#[[:space:]]*include[[:space:]]*<$1" src/*/*.[ch] sim/*.[ch] plots/*.[ch] /dev/null |
            grep -v "^$2:")
    [ -z "$found" ] || { printf '<%s> is met in %s only\n%s\n' "$1" "$2" "$found"; bad=1; }
}

room src/core core
room src/data core data
room src/models core models
room src/profile core data profile
room src/stages core data models profile stages
room src/metrics core metrics
room sim core data sim
room plots core plots
room src/lab core data models profile stages metrics sim lab
room src/cli core data models profile stages metrics sim lab plots cli

only '(cblas|openblas_config|f77blas)' src/core/linalg.c
only '(cjson/)?cJSON' src/core/json.c
only 'csv\.h' src/core/csv.c
only '(cairo|pango|fontconfig)' plots/canvas.c

[ $bad = 0 ] && echo "walls: every include is allowed"
exit $bad
