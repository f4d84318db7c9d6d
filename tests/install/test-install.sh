#!/bin/bash
# SPDX-License-Identifier: LGPL-2.1-or-later
# test-install.sh BUILD SOURCE PYTHON GJS: installs into a tree of its own, and lives on that alone: C and Vala programs with nothing
# but pkg-config and a vapi, Python and GJS with nothing but the search paths, and a Meson project that has us as its subproject.
set -eu
build=$1 source=$2 python=$3 gjs=$4
here=$source/tests/install
root=$(mktemp -d)
trap 'rm -rf "$root"' EXIT

DESTDIR=$root/tree meson install -C "$build" --no-rebuild >"$root/log" 2>&1 || { cat "$root/log"; exit 1; }
pc=$(find "$root/tree" -name nexws-1.pc)
library_dir=$(dirname "$(dirname "$pc")")
echo "ok installed $(find "$root/tree" -type f | wc -l) files"

# pkg-config looks at the tree as at the root of a system, whose other parts are this one's.
for place in include lib lib64 share; do
  if [ -e /usr/$place ] && [ ! -e "$root/tree/usr/$place" ]; then ln -s /usr/$place "$root/tree/usr/$place"; fi
done
PKG_CONFIG_SYSROOT_DIR=$root/tree PKG_CONFIG_PATH=$(dirname "$pc") pkg-config --cflags --libs nexws-1 >"$root/flags"
# shellcheck disable=SC2046
cc -Wall -Werror -o "$root/outside" "$here/outside.c" $(cat "$root/flags")
[ "$(LD_LIBRARY_PATH=$library_dir "$root/outside")" = "from outside" ]
# The first program that people read.
sed -n '/^```c$/,/^```$/p' "$source/README.md" | sed '/^```/d' >"$root/readme.c"
# shellcheck disable=SC2046
cc -Wall -Werror -o "$root/readme" "$root/readme.c" $(cat "$root/flags")
echo "ok C programs with pkg-config alone"

export GI_TYPELIB_PATH=$library_dir/girepository-1.0 LD_LIBRARY_PATH=$library_dir
"$python" -c '
import gi
gi.require_version("Nx", "1")
from gi.repository import Nx
app = Nx.App()
app.listen("127.0.0.1", 0, Nx.ListenFlags.DEFAULT)
assert app.get_uris()[0].get_scheme() == "ws"
'
# As it feels at home there: found beside PyGObject, whose own folders are those of the system.
python_dir=$(dirname "$(dirname "$(find "$root/tree" -path '*/nexws/__init__.py')")")
[ -f "$python_dir/nexws/py.typed" ] && [ -f "$python_dir/nexws/__init__.pyi" ]
[ -z "$(find "$root/tree" -name __pycache__)" ]
cat >"$root/service.py" <<'END'
import os
import nexws
assert nexws.__file__.startswith(os.environ["PYTHONPATH"]), nexws.__file__
app = nexws.App()
@app.websocket_route("/")
async def echo(websocket):
    await websocket.accept()
    async for text in websocket.iter_text():
        await websocket.send_text(text)
with app.test_client("/") as client:
    client.send_text("from outside")
    assert client.receive_text() == "from outside"
END
PYTHONPATH=$python_dir PYTHONDONTWRITEBYTECODE=1 "$python" "$root/service.py"
echo "ok Python"
# The first program that people read, with what GJS finds by itself below a data folder.
sed -n '/^```js$/,/^```$/p' "$source/README.md" | sed '/^```/d' >"$root/readme.js"
share=$(dirname "$(find "$root/tree" -name gjs-1.0)")
XDG_DATA_DIRS=$share:/usr/share "$gjs" -m "$root/readme.js" --routes | grep -q /ws
[ -f "$share/nexws-1/nx.d.ts" ]
echo "ok JavaScript"
if [ -f "$share/vala/vapi/nexws-1.vapi" ]; then
  # shellcheck disable=SC2046
  (cd "$root" && valac --vapidir "$share/vala/vapi" --pkg nexws-1 $(sed 's/[^ ]\+/-X &/g' flags) -X -w -o vala "$source/examples/vala/echo.vala")
  LD_LIBRARY_PATH=$library_dir "$root/vala" --routes | grep -q /ws
  echo "ok Vala"
fi
unset GI_TYPELIB_PATH LD_LIBRARY_PATH

meson devenv -C "$build" "$python" -c '
import gi
gi.require_version("Nx", "1")
from gi.repository import Nx
Nx.App()
'
meson devenv -C "$build" "$python" -c 'import nexws; nexws.App().websocket_route'
meson devenv -C "$build" "$gjs" -m "$root/readme.js" --routes | grep -q /ws
echo "ok uninstalled, in meson devenv"

mkdir -p "$root/project/subprojects/nexws"
cp "$here/outside.c" "$root/project/"
cp -r "$source/meson.build" "$source/meson_options.txt" "$source/nexws" "$root/project/subprojects/nexws/"
cat >"$root/project/meson.build" <<'END'
project('outside', 'c', default_options: ['warning_level=0'])
nexws = dependency('nexws-1', fallback: 'nexws',
  default_options: ['introspection=false', 'tests=false', 'examples=false', 'docs=false', 'optimization=0'])
executable('outside', 'outside.c', dependencies: nexws)
END
(cd "$root/project" && meson setup build >"$root/log" 2>&1 && ninja -C build >>"$root/log" 2>&1) || { tail -n 40 "$root/log"; exit 1; }
[ "$("$root/project/build/outside")" = "from outside" ]
echo "ok a subproject"
