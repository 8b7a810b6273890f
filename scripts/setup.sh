#!/usr/bin/env bash
# Set up what the build needs and this machine lacks. Everything is pinned and goes into git-ignored folders
# (.tools, node_modules), except the Rust target and Debian's Chromium and Firefox, which belong to the machine. Of Debian's packages
# prometheus, pgbouncer and postgresql only the checker of rules, promtool, the pooler itself and the server, with the libraries that
# they lack, are unpacked into .tools: nothing is installed and no service starts.
# A second run finds everything in place and takes under a second.
#
# usage: scripts/setup.sh build | test | reality
#   test adds the browsers, promtool, pgbouncer and PostgreSQL; reality wants the last two, and nothing else but Rust
set -euo pipefail
cd "$(dirname "$0")/.."
want=${1:-build}
tools=$PWD/.tools
mkdir -p "$tools"

# The pins. wasm-bindgen's must be the version in Cargo.toml: the build refuses another.
WASM_PACK=0.15.1
WASM_BINDGEN=$(sed -n 's/^wasm-bindgen = .*"=\([0-9.]*\)".*/\1/p' Cargo.toml)
MDBOOK=0.5.4

say() { printf '\033[1msetup\033[0m  %s\n' "$*" >&2; }
die() { printf 'setup: %s\n' "$*" >&2; exit 1; }

need() { command -v "$1" >/dev/null 2>&1 || die "$1 is not on PATH. $2"; }
need cargo "Install Rust from https://rustup.rs (stable)."
[ "$want" = reality ] || need node "Install Node.js 20.19 or newer."
[ "$want" = reality ] || node -e 'const [a, b] = process.versions.node.split(".").map(Number); process.exit(a > 20 || (a === 20 && b >= 19) ? 0 : 1)' \
  || die "Node.js $(node --version) is too old: 20.19 or newer is needed."
[ "$want" = reality ] || need npm "It comes with Node.js."

rust_target() {
  [ -d "$(rustc --print sysroot)/lib/rustlib/wasm32-unknown-unknown" ] && return
  need rustup "The wasm32 target is missing and only rustup can add it."
  say "adding the Rust target wasm32-unknown-unknown"
  rustup target add wasm32-unknown-unknown || die "the wasm32 target could not be had: is the network up?"
}

# cargo_tool NAME VERSION BINARY [FLAGS...]: installed once into .tools/bin; cargo prints its own progress.
cargo_tool() (
  local name=$1 version=$2 binary=$3
  shift 3
  [ "$("$tools/bin/$binary" --version 2>/dev/null | grep -o '[0-9][0-9.]*' | head -n 1)" = "$version" ] && return
  say "installing $name $version into .tools (a few minutes, once)"
  # A fresh release can lock a dependency that the registry does not serve yet: then without its lock file.
  local install=(cargo install --quiet --root "$tools" --version "$version" "$@" "$name")
  # They work for seconds only: to compile them with less care is quicker in all.
  export CARGO_TARGET_DIR=$tools/build CARGO_PROFILE_RELEASE_OPT_LEVEL=1 CARGO_PROFILE_RELEASE_LTO=off CARGO_PROFILE_RELEASE_CODEGEN_UNITS=16
  "${install[@]}" --locked 2>/dev/null || "${install[@]}" \
    || die "$name $version could not be installed: is the network up?"
)

node_packages() {
  [ node_modules/.package-lock.json -nt package-lock.json ] && return
  say "installing the node packages"
  npm ci --no-audit --no-fund --loglevel=error || die "the node packages could not be installed: is the network up?"
  touch node_modules/.package-lock.json
}

browsers() {
  local missing=()
  command -v chromium >/dev/null 2>&1 && command -v chromedriver >/dev/null 2>&1 || missing+=(chromium chromium-driver)
  command -v firefox-esr >/dev/null 2>&1 || missing+=(firefox-esr)
  [ ${#missing[@]} = 0 ] && return
  command -v apt-get >/dev/null 2>&1 || die "a browser is missing: install the packages ${missing[*]}."
  say "installing Debian's ${missing[*]}"
  local sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq "${missing[@]}"; } >/dev/null \
    || die "the browsers could not be installed: try 'apt-get install ${missing[*]}'."
}

rules_checker() {
  command -v promtool >/dev/null 2>&1 && return
  [ -x "$tools/bin/promtool" ] && return
  local hint="put promtool, which comes with Prometheus, on PATH."
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die "promtool is missing: $hint"
  say "unpacking promtool from Debian's package prometheus into .tools"
  local sudo="" folder
  [ "$(id -u)" = 0 ] || sudo=sudo
  folder=$(mktemp -d)
  mkdir -p "$tools/bin"
  (
    cd "$folder"
    apt-get download -qq prometheus || { $sudo apt-get update -qq && apt-get download -qq prometheus; }
    dpkg-deb --fsys-tarfile prometheus_*.deb | tar -x ./usr/bin/promtool
    install -m 755 usr/bin/promtool "$tools/bin/promtool.new"
  ) >/dev/null 2>&1 || { rm -rf "$folder"; die "promtool could not be had: is the network up? Or $hint"; }
  rm -rf "$folder"
  "$tools/bin/promtool.new" --version >/dev/null 2>&1 || die "the promtool of Debian does not run here: $hint"
  mv "$tools/bin/promtool.new" "$tools/bin/promtool"
}

# The pooler that reads the settings which are written for it. A library that the machine lacks lies beside it in .tools/lib.
pooler() {
  command -v pgbouncer >/dev/null 2>&1 && return
  [ -x "$tools/bin/pgbouncer" ] && return
  local hint="put pgbouncer on PATH."
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die "pgbouncer is missing: $hint"
  say "unpacking pgbouncer from Debian's package into .tools"
  local sudo="" folder
  [ "$(id -u)" = 0 ] || sudo=sudo
  folder=$(mktemp -d)
  mkdir -p "$tools/bin" "$tools/lib"
  (
    cd "$folder"
    apt-get download -qq pgbouncer || { $sudo apt-get update -qq && apt-get download -qq pgbouncer; }
    dpkg-deb -x pgbouncer_*.deb .
    for library in $(ldd usr/sbin/pgbouncer | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p'); do
      case $library in
        libcares*) packages="libc-ares2 libcares2" ;; # the name has changed between releases of Debian
        libevent*) packages="libevent-2.1-7 libevent-2.1-7t64" ;;
        *) exit 1 ;;
      esac
      for package in $packages; do apt-get download -qq "$package" && break; done
      dpkg-deb -x "$package"_*.deb .
      find usr/lib -name "$library" -exec cp -L {} "$tools/lib/" \;
    done
    install -m 755 usr/sbin/pgbouncer "$tools/bin/pgbouncer.new"
  ) >/dev/null 2>&1 || { rm -rf "$folder"; die "pgbouncer could not be had: is the network up? Or $hint"; }
  rm -rf "$folder"
  LD_LIBRARY_PATH=$tools/lib "$tools/bin/pgbouncer.new" --version >/dev/null 2>&1 \
    || die "the pgbouncer of Debian does not run here: $hint"
  mv "$tools/bin/pgbouncer.new" "$tools/bin/pgbouncer"
}

# The server that live runs want: Debian's newest, with whatever it needs that the machine lacks.
server() {
  command -v postgres >/dev/null 2>&1 && command -v initdb >/dev/null 2>&1 && return
  local found
  for found in /usr/lib/postgresql/*/bin/postgres "$tools"/postgresql/usr/lib/postgresql/*/bin/postgres; do
    [ -x "$found" ] && return
  done
  local hint="put postgres and initdb on PATH."
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die "PostgreSQL is missing: $hint"
  say "unpacking PostgreSQL from Debian's package into .tools"
  local sudo="" folder
  [ "$(id -u)" = 0 ] || sudo=sudo
  folder=$(mktemp -d)
  mkdir -p "$folder/partial" "$folder/new"
  (
    # What an installation would fetch, dependencies included, is fetched and not installed.
    fetch() {
      apt-get install -y -qq --download-only --no-install-recommends -o Debug::NoLocking=1 \
        -o Dir::Cache::archives="$folder" postgresql
    }
    fetch || { $sudo apt-get update -qq && fetch; }
    for package in "$folder"/*.deb; do dpkg-deb -x "$package" "$folder/new"; done
  ) >/dev/null 2>&1 || { rm -rf "$folder"; die "PostgreSQL could not be had: is the network up? Or $hint"; }
  found=$(echo "$folder"/new/usr/lib/postgresql/*/bin/postgres)
  LD_LIBRARY_PATH=$(echo "$folder"/new/usr/lib/*-linux-gnu) "$found" --version >/dev/null 2>&1 \
    || { rm -rf "$folder"; die "the PostgreSQL of Debian does not run here: $hint"; }
  rm -rf "$tools/postgresql"
  mv "$folder/new" "$tools/postgresql"
  rm -rf "$folder"
}

if [ "$want" = reality ]; then
  pooler
  server
  exit
fi
rust_target
cargo_tool wasm-bindgen-cli "$WASM_BINDGEN" wasm-bindgen
cargo_tool wasm-pack "$WASM_PACK" wasm-pack
cargo_tool mdbook "$MDBOOK" mdbook --no-default-features --features search
rm -rf "$tools/build"
node_packages
if [ "$want" = test ]; then
  browsers
  rules_checker
  pooler
  server
fi
