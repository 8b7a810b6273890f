#!/bin/sh
# Runs the Rust blocks of the book's pages against the library that `cargo test` built.  usage: scripts/test-book.sh, after it
# In cargo's folder lie other builds of it, which rustdoc could not tell apart: it is given a folder with one.
set -eu
cd "$(dirname "$0")/.."
target=$(realpath -m "${CARGO_TARGET_DIR:-target}")
libraries=$target/book-libraries

[ -f "$target/debug/deps/libpoolwise.rlib" ] || cargo build --quiet --locked --lib
rm -rf "$libraries"
mkdir -p "$libraries"
for file in "$target"/debug/deps/*.rlib "$target"/debug/deps/*.so; do
  case ${file##*/} in
    libpoolwise.rlib) ln -s "$file" "$libraries" ;;
    libpoolwise*) ;;
    *) ln -s "$file" "$libraries" ;;
  esac
done
MDBOOK_LOG=warn mdbook test book -L "$libraries"
