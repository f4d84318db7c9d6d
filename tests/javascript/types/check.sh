#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check.sh BUILD-FOLDER SOURCE-FOLDER: tsc, from npm, reads the examples with our declarations. Where it cannot be had, this is skipped.
set -eu
. "$(dirname "$0")/../../npm.sh"
folder=$1 source=$2 here=$2/tests/javascript/types

install_from_npm "$folder" typescript@5.9.3

options="--noEmit --allowJs --checkJs --strictFunctionTypes --typeRoots none --target es2022 --module es2022 --moduleResolution bundler --lib es2022"
declarations="$source/introspection/javascript/nx.d.ts $here/stubs.d.ts"
# shellcheck disable=SC2086
npx --no-install tsc $options $declarations "$source"/examples/javascript/*.js "$source"/examples/javascript/chat/*.js
echo "ok the examples"
# shellcheck disable=SC2086
npx --no-install tsc $options $declarations "$here/wrong.js" >wrong.log && { echo "what is wrong compiles"; exit 1; }
found=$(sed -n 's/.*wrong\.js(\([0-9]*\),.*/\1/p' wrong.log | sort -un | tr '\n' ' ')
wanted=$(grep -n '// wrong$' "$here/wrong.js" | cut -d: -f1 | sort -un | tr '\n' ' ')
[ "$found" = "$wanted" ] || { echo "mistakes in lines $wanted, found in $found"; cat wrong.log; exit 1; }
echo "ok each mistake is found"
