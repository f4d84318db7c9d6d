#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# check.sh SERVICE BUILD-FOLDER: what `SERVICE --describe` says, before those who know the formats best. They come from npm, into
# the build folder; where they cannot be had, this is skipped.
set -eu
service=$(realpath "$1") folder=$2 here=$(cd "$(dirname "$0")" && pwd)
packages="@asyncapi/parser@3.6.3 ajv@8.20.0 typescript@5.9.3"

for tool in node npm; do
  command -v $tool >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
done
mkdir -p "$folder"
cd "$folder"
if [ "$(cat installed 2>/dev/null)" != "$packages" ]; then
  [ -f package.json ] || echo '{"private": true}' >package.json
  # What they would run when installed is not needed.
  npm install --silent --no-audit --no-fund --ignore-scripts --fetch-timeout=20000 --fetch-retries=0 $packages >npm.log 2>&1 ||
    { echo "skipped: npm cannot install $packages"; tail -n 5 npm.log; exit 77; }
  echo "$packages" >installed
fi

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
