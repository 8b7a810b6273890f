#!/usr/bin/env bash
# Set up what the build needs and this machine lacks. Everything is pinned and goes into git-ignored folders
# (.tools, node_modules), except the Rust target and Debian's Chromium and Firefox, which belong to the machine. Debian's packages
# prometheus (of which the checker of rules is wanted), pgbouncer, parallel and postgresql, with the libraries that they lack, are
# unpacked into .tools: nothing is installed and no service starts.
# A second run finds everything in place and takes under a second.
#
# usage: scripts/setup.sh build | test | reality
#   test adds the browsers, promtool, pgbouncer, GNU parallel and PostgreSQL; reality wants the last two, and nothing else but Rust
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

# from_debian WHAT: run the function get_WHAT in an empty folder; it fetches, tries what it fetched, and puts it into .tools.
from_debian() {
  local sudo="" folder
  command -v apt-get >/dev/null 2>&1 && command -v dpkg-deb >/dev/null 2>&1 || die "$1 is missing: put it on PATH."
  say "unpacking $1 from Debian's package into .tools"
  [ "$(id -u)" = 0 ] || sudo=sudo
  folder=$(mktemp -d)
  mkdir -p "$tools/bin" "$tools/lib"
  (cd "$folder" && { "get_$1" || { $sudo apt-get update -qq && "get_$1"; }; }) >/dev/null 2>&1 \
    || { rm -rf "$folder"; die "Debian's $1 can not be had, or does not run here: is the network up? Or put $1 on PATH."; }
  rm -rf "$folder"
}
program() {
  command -v "$1" >/dev/null 2>&1 || [ -x "$tools/bin/$1" ] || from_debian "$1"
}
# package NAME…: the first of these that Debian has, laid out here.
package() {
  local name
  for name in "$@"; do
    apt-get download -qq "$name" && dpkg-deb -x "$name"_*.deb . && return
  done
  return 1
}
keep() {
  LD_LIBRARY_PATH=$tools/lib "$1" --version && mv "$1" "$tools/bin/"
}

get_promtool() { package prometheus && keep usr/bin/promtool; }
get_parallel() { package parallel && keep usr/bin/parallel; }

# A library that the machine lacks lies beside it in .tools/lib; their names have changed between releases of Debian.
get_pgbouncer() {
  local library
  package pgbouncer || return
  for library in $(ldd usr/sbin/pgbouncer | sed -n 's/^[[:space:]]*\([^ ]*\) => not found$/\1/p'); do
    case $library in
      libcares*) package libc-ares2 libcares2 ;;
      libevent*) package libevent-2.1-7 libevent-2.1-7t64 ;;
      *) return 1 ;;
    esac && find usr/lib -name "$library" -exec cp -L {} "$tools/lib/" \; || return
  done
  keep usr/sbin/pgbouncer
}

# The server of live runs: Debian's newest, with whatever it needs that the machine lacks.
server() {
  command -v postgres >/dev/null 2>&1 && command -v initdb >/dev/null 2>&1 && return
  local found
  for found in /usr/lib/postgresql/*/bin/postgres "$tools"/postgresql/usr/lib/postgresql/*/bin/postgres; do
    [ -x "$found" ] && return
  done
  from_debian postgres
}
# What an installation would fetch, dependencies included, is fetched and not installed.
get_postgres() {
  local file
  mkdir -p fetched/partial new
  apt-get install -y -qq --download-only --no-install-recommends -o Debug::NoLocking=1 \
    -o Dir::Cache::archives="$PWD/fetched" postgresql || return
  for file in fetched/*.deb; do dpkg-deb -x "$file" new || return; done
  LD_LIBRARY_PATH=$(echo new/usr/lib/*-linux-gnu) new/usr/lib/postgresql/*/bin/postgres --version || return
  rm -rf "$tools/postgresql" && mv new "$tools/postgresql"
}

if [ "$want" = reality ]; then
  program pgbouncer
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
  program promtool
  program pgbouncer
  program parallel
  server
fi
