# `make run`: the recommendation for the bundled example, then planner and book at http://127.0.0.1:8017
# `make test`: everything that must hold. Both set up what is missing first (scripts/setup.sh).
.PHONY: run test setup setup-test wasm www single package book api site bench speed bless fuzz help reality live \
        test-native test-wasm test-www test-site test-live
.DEFAULT_GOAL := help

PORT ?= 8017
export PATH := $(CURDIR)/.tools/bin:$(CURDIR)/node_modules/.bin:$(PATH)
export WASM_BINDGEN_TEST_TIMEOUT := 120
LIVES := $(or $(CARGO_TARGET_DIR),target)/live
WASM := --no-default-features --features wasm
RUST := Cargo.toml Cargo.lock $(shell find src -type f)
WWW := package-lock.json $(shell find www -type f -not -path 'www/pkg*/*' -not -path 'www/node_modules/*')
BOOK := book/book.toml $(shell find book -type f -not -path 'book/book/*')

help:
	@sed -n 's/^# //p' Makefile | head -2
	@echo "also: reality (drive real pools on this machine, and hold them against what is predicted: some eight minutes)"
	@echo "also: site (build planner, book and the library's pages into site/), package (npm), bench, speed, fuzz, bless (write generated files anew)"

run: setup
	@node scripts/serve.mjs --check $(PORT)
	@cargo run --release -- recommend book/src/scenarios/steady.toml
	@$(MAKE) --no-print-directory site
	@node scripts/serve.mjs site $(PORT)

test: setup-test test-native test-live test-wasm test-www test-site
	@echo "everything holds"

setup:
	@scripts/setup.sh build
setup-test:
	@scripts/setup.sh test

test-native:
	cargo fmt --all --check
	cargo clippy --quiet --locked --all-targets -- -D warnings
	cargo clippy --quiet --locked $(WASM),wasm-import --target wasm32-unknown-unknown --lib -- -D warnings
	cargo check --quiet --locked --no-default-features --lib
	@# Without the fuzzer's own C++: a path in its place keeps that from being built.
	CUSTOM_LIBFUZZER_PATH=none/none.a cargo check --quiet --locked --manifest-path fuzz/Cargo.toml --bins \
		--target-dir $(or $(CARGO_TARGET_DIR),target)/fuzz
	cargo test --locked
	cargo test --quiet --locked --manifest-path tests/example/Cargo.toml --target-dir $(or $(CARGO_TARGET_DIR),target)/example
	scripts/test-book.sh

test-wasm:
	wasm-pack test --node $(WASM) --test wasm
	WASM_BINDGEN_USE_BROWSER=1 wasm-pack test --headless --chrome --chromedriver $$(command -v chromedriver) $(WASM) --test wasm

test-www: www/pkg/poolwise_bg.wasm www/pkg-import/poolwise_bg.wasm
	npm run --silent check
	npm run --silent test
	@$(MAKE) --no-print-directory www
	node scripts/sizes.mjs

test-site: site package
	cd package && publint --strict
	attw --quiet --pack package --profile esm-only
	node tests/e2e/all.mjs
	node scripts/check-links.mjs site

# Real pools on a PostgreSQL of our own, for half a minute: each is predicted, with bounds that a busy machine keeps too.
test-live: LIVE := $(LIVES)/short
test-live:
	@scripts/setup.sh reality
	cargo fmt --check --manifest-path tests/live/Cargo.toml
	cargo clippy --quiet --locked --all-targets --manifest-path tests/live/Cargo.toml --target-dir $(LIVES) -- -D warnings
	cargo run --quiet --locked --manifest-path tests/live/Cargo.toml --target-dir $(LIVES) -- commands
	cargo run --quiet --locked --manifest-path tests/live/Cargo.toml --target-dir $(LIVES) -- short $(LIVE)
	POOLWISE_LIVE=$(abspath $(LIVE)) cargo test --quiet --locked --test it reality::live::of_this_machine

# All of it, on this machine: the tables and the picture of the page "How far to trust it" lie in $(LIVES)/full then.
# `make live` keeps these runs as those of the book.
reality: LIVE := $(LIVES)/full
reality:
	@scripts/setup.sh reality
	cargo build --quiet --locked --manifest-path tests/live/Cargo.toml --target-dir $(LIVES)
	cargo test --quiet --locked --test it --no-run
	cargo run --quiet --locked --manifest-path tests/live/Cargo.toml --target-dir $(LIVES) -- full $(LIVE)
	POOLWISE_LIVE=$(abspath $(LIVE)) cargo test --quiet --locked --test it reality::live::of_this_machine -- --nocapture
	@echo "the tables are in $(LIVE)/reality.md, the picture is $(LIVE)/live.svg"

live: reality
	rm -rf tests/reality/live && mkdir tests/reality/live && cp $(LIVES)/full/*.csv.gz $(LIVES)/full/runs.json tests/reality/live/
	POOLWISE_BLESS=1 cargo test --locked --test it reality::live

# Built only when something that goes in has changed.
wasm: www/pkg/poolwise_bg.wasm www/pkg-import/poolwise_bg.wasm
www/pkg/poolwise_bg.wasm: $(RUST)
	wasm-pack build --target web --out-dir www/pkg --no-pack -- $(WASM)
	@touch $@

# Of this every byte counts, and no speed: it is loaded when somebody has a file.
www/pkg-import/poolwise_bg.wasm: $(RUST)
	CARGO_PROFILE_RELEASE_OPT_LEVEL=z wasm-pack build --target web --out-dir www/pkg-import --no-pack -- --no-default-features --features wasm-import
	@touch $@

www: site/index.html
site/index.html: www/pkg/poolwise_bg.wasm www/pkg-import/poolwise_bg.wasm $(WWW)
	@rm -rf site/assets
	npm run --silent build
	@touch $@

# The planner in one file, which needs no server.
single: site/poolwise.html
site/poolwise.html: site/index.html scripts/single.mjs scripts/bundle.mjs
	node scripts/single.mjs

package: package/package.json
package/package.json: www/pkg/poolwise_bg.wasm www/pkg-import/poolwise_bg.wasm $(WWW) scripts/package.mjs scripts/bundle.mjs
	node scripts/package.mjs

book: site/book/index.html
site/book/index.html: $(BOOK)
	mdbook build book
	@touch $@

# What the book's page on the library links to.
api: site/api/poolwise/index.html
site/api/poolwise/index.html: $(RUST) www/pkg/poolwise_bg.wasm
	RUSTDOCFLAGS="-D warnings" cargo doc --quiet --locked --no-deps --lib
	@rm -rf site/api && mkdir -p site/api && cp -r $(or $(CARGO_TARGET_DIR),target)/doc/. site/api/
	@cp www/pkg/poolwise.d.ts www/package/element.d.ts site/api/
	@touch $@

site: www single book api

bench:
	cargo bench

# Simulated seconds per second, memory for 10^9 requests, and Wasm beside native.
speed: wasm
	cargo run --release --quiet --example speed
	cargo run --release --quiet --example speed -- 1000000000
	cargo build --release --quiet
	node scripts/wasm-speed.mjs

bless:
	POOLWISE_BLESS=1 cargo test --test it

# Every fuzz target for ten minutes, or those of TARGETS for SECONDS_EACH.
fuzz:
	SECONDS_EACH=$(or $(SECONDS_EACH),600) scripts/fuzz.sh $(TARGETS)
