#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check.sh SERVICE BUILD-FOLDER: what `SERVICE --describe` says, before those who know the formats best. They come from npm, into
# the build folder; where they cannot be had, this is skipped.
set -eu
. "$(dirname "$0")/../npm.sh"
service=$(realpath "$1") folder=$2 here=$(cd "$(dirname "$0")" && pwd)

install_from_npm "$folder" @asyncapi/parser@3.6.3 ajv@8.20.0 typescript@5.9.3

"$service" --describe asyncapi >asyncapi.json
"$service" --describe jsonschema >schema.json
"$service" --describe typescript >service.ts
cp "$here/check.cjs" "$here/client.ts" "$here/wrong-client.ts" .
node check.cjs "$service"
npx --no-install tsc --strict --noEmit --typeRoots none --target es2020 client.ts service.ts
echo "ok a client compiles"
# Each line with a mistake is found, and no other.
npx --no-install tsc --strict --noEmit --typeRoots none --target es2020 wrong-client.ts >wrong.log && { echo "a wrong client compiles"; exit 1; }
found=$(sed -n 's/^wrong-client.ts(\([0-9]*\),.*/\1/p' wrong.log | sort -un | tr '\n' ' ')
wanted=$(grep -n '// wrong' wrong-client.ts | cut -d: -f1 | sort -un | tr '\n' ' ')
[ "$found" = "$wanted" ] || { echo "mistakes in lines $wanted, found in $found"; cat wrong.log; exit 1; }
echo "ok a wrong client does not"
