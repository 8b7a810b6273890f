#!/bin/sh
# Run every fuzz target, or those that are named, for SECONDS_EACH each: `scripts/fuzz.sh [target…]`.
# libFuzzer's coverage is a pass of LLVM, which the stable compiler has too; the address sanitizer, which it has not, is not needed
# where nothing is unsafe.
set -eu
cd "$(dirname "$0")/../fuzz"
host=$(rustc -vV | sed -n 's/^host: //p')
export RUSTFLAGS="--cfg fuzzing -Cpasses=sancov-module -Cllvm-args=-sanitizer-coverage-level=4 \
-Cllvm-args=-sanitizer-coverage-inline-8bit-counters -Cllvm-args=-sanitizer-coverage-pc-table \
-Cllvm-args=-sanitizer-coverage-trace-compares -Ccodegen-units=1"
# With a target of its own, build scripts and macros are not instrumented.
cargo build --release --target "$host" --bins
folder=${CARGO_TARGET_DIR:-target}/$host/release
targets=${*:-$(ls fuzz_targets | sed 's/\.rs$//')}
for target in $targets; do
    mkdir -p "corpus/$target" "artifacts/$target"
    seeds=""
    for kind in "$target" "$(echo "$target" | tr _ -)"; do
        for seeds_of in "seeds/$kind" "../tests/bad/$kind" "../tests/bad/import/$kind" "../tests/golden/import/$kind"; do
            if [ -d "$seeds_of" ]; then seeds="$seeds $seeds_of"; fi
        done
    done
    echo "$target: ${SECONDS_EACH:-600} s"
    # shellcheck disable=SC2086 # a list of folders
    nice -n 19 "$folder/$target" -max_total_time="${SECONDS_EACH:-600}" -max_len=4096 -timeout=20 -rss_limit_mb=2048 \
        -print_final_stats=1 -artifact_prefix="artifacts/$target/" "corpus/$target" $seeds 2>"artifacts/$target/log" ||
        { tail -n 40 "artifacts/$target/log"; exit 1; }
    grep -E '^stat::|^Done' "artifacts/$target/log"
done
