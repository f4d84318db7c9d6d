#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# rpc.sh SERVICE BUILD-FOLDER: the example of JSON-RPC, before peers that we did not write. They come from npm, into the build
# folder; where they cannot be had, this is skipped.
set -eu
. "$(dirname "$0")/../npm.sh"
service=$(realpath "$1") folder=$2 here=$(cd "$(dirname "$0")" && pwd)

install_from_npm "$folder" vscode-ws-jsonrpc@3.5.0 vscode-jsonrpc@8.2.1 json-rpc-2.0@1.8.1 ws@8.23.0
cp "$here/client-rpc.mjs" .
exec node client-rpc.mjs "$service"
