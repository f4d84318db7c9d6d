#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# rpc.sh SERVICE BUILD-FOLDER: the example of JSON-RPC, before peers that we did not write. They come from npm, into the build
# folder; where they cannot be had, this is skipped.
set -eu
service=$(realpath "$1") folder=$2 here=$(cd "$(dirname "$0")" && pwd)
packages="vscode-ws-jsonrpc@3.5.0 vscode-jsonrpc@8.2.1 json-rpc-2.0@1.8.1 ws@8.23.0"

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
cp "$here/client-rpc.mjs" .
exec node client-rpc.mjs "$service"
