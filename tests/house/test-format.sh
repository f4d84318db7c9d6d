#!/bin/sh
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-format.sh SOURCE-FOLDER: would clang-format change a C file? Mend with `clang-format -i FILE`. Another major version
# than Debian 12's formats otherwise: skipped then.
set -eu
cd "$1"
case $(clang-format --version 2>/dev/null) in
  *' version 14.'*) ;;
  *) echo "clang-format 14 is not there"; exit 77 ;;
esac
find nexws tests examples -name '*.[ch]' -exec clang-format --dry-run -Werror {} +
