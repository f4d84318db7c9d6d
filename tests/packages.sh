# SPDX-License-Identifier: LGPL-2.1-or-later
# Sourced: install_packages GROUP installs the Debian packages that are missing, as root directly, else through sudo.

build_packages="gcc libc6-dev meson ninja-build pkg-config libglib2.0-dev libglib2.0-bin libsoup-3.0-dev libjson-glib-dev
  libgnutls28-dev zlib1g-dev libhiredis-dev libgirepository1.0-dev gobject-introspection gir1.2-soup-3.0 glib-networking"
test_packages="$build_packages python3 python3-gi python3-websockets python3-pytest python3-pytest-asyncio mypy gjs valac nodejs npm node-ws openssl redis-server libasan8 libubsan1 clang-format gi-docgen
  chromium fonts-dejavu-core"
fuzz_packages="$build_packages clang"
bench_packages="$build_packages python3 python3-gi python3-websockets python3-uvloop python3-starlette python3-uvicorn util-linux valgrind libwebsockets-dev gjs valac nodejs npm redis-server"
python_packages="$build_packages python3 python3-gi"
javascript_packages="$build_packages gjs"
vala_packages="$build_packages valac"

install_packages () {
  local wanted missing=() package
  case $1 in
    build) wanted=$build_packages ;;
    test) wanted=$test_packages ;;
    bench) wanted=$bench_packages ;;
    fuzz) wanted=$fuzz_packages ;;
    python) wanted=$python_packages ;;
    javascript) wanted=$javascript_packages ;;
    vala) wanted=$vala_packages ;;
  esac
  if ! command -v dpkg-query >/dev/null; then
    check_without_debian
    return
  fi
  for package in $wanted; do
    # Node.js may be there from elsewhere.
    case $package in
      nodejs) if command -v node >/dev/null; then continue; fi ;;
      npm) if command -v npm >/dev/null; then continue; fi ;;
    esac
    case $(dpkg-query -W -f '${db:Status-Abbrev}' "$package" 2>/dev/null) in
      ii*) ;;
      *) missing+=("$package") ;;
    esac
  done
  if [ ${#missing[@]} = 0 ]; then return; fi
  echo "installing ${missing[*]}" >&2
  local as_root=
  if [ "$(id -u)" != 0 ]; then as_root=sudo; fi
  if [ -n "$as_root" ] && ! command -v sudo >/dev/null; then
    echo "without sudo these have to be installed by root: apt-get install ${missing[*]}" >&2
    exit 1
  fi
  $as_root apt-get update -qq
  DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
}

# Not Debian: say what is missing, and stop.
check_without_debian () {
  local name bad=()
  for name in 'glib-2.0 >= 2.74' 'libsoup-3.0 >= 3.2' 'json-glib-1.0 >= 1.6' 'gnutls >= 3.7' zlib; do
    pkg-config --exists "$name" || bad+=("$name")
  done
  for name in meson ninja pkg-config cc; do
    command -v $name >/dev/null || bad+=("$name")
  done
  if [ ${#bad[@]} = 0 ]; then return; fi
  echo "This is not Debian: install these by hand: ${bad[*]}" >&2
  exit 1
}
