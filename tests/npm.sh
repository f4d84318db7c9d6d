# SPDX-License-Identifier: LGPL-2.1-or-later
# For the tests that look at us through somebody's package, sourced by their scripts.

# install_from_npm FOLDER PACKAGE…: goes into FOLDER, and has the packages there, once. Where they cannot be had, the test is skipped.
install_from_npm () {
  mkdir -p "$1"
  cd "$1"
  shift
  for tool in node npm; do
    command -v $tool >/dev/null || { echo "skipped: $tool is not there"; exit 77; }
  done
  if [ "$(cat installed 2>/dev/null)" = "$*" ]; then return; fi
  [ -f package.json ] || echo '{"private": true}' >package.json
  # What they would run when installed is not needed.
  npm install --silent --no-audit --no-fund --ignore-scripts --fetch-timeout=20000 --fetch-retries=0 "$@" >npm.log 2>&1 ||
    { echo "skipped: npm cannot install $*"; tail -n 5 npm.log; exit 77; }
  echo "$*" >installed
}
