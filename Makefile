# The two commands that a newcomer needs are `make demo` and `make test`; each does all set-up.
.DEFAULT_GOAL := help
SHELL := /bin/bash
WASM := wasm32-unknown-unknown
DIST := target/dist
PLUGINS := triage analysis fix voice
POLICIES := approvals business-hours freeze
# What is built: the product; tests and benchmarks build theirs with it, so that nothing is built twice.
SELECT := --workspace --exclude k8shawk-tests
test soak bench bench-scale bench-languages: SELECT := --workspace

ARCH := $(if $(filter aarch64,$(shell uname -m)),arm64,amd64)
TRIPLE = $(if $(filter arm64,$(ARCH)),aarch64,x86_64)-unknown-linux-musl

.PHONY: help setup build demo test test-model newcomer soak fuzz run bench bench-scale bench-languages lint book advisories static rootfs image manifests

help: ## Show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

setup: ## What the Rust build needs: Debian packages and the wasm targets
	@scripts/setup.sh

build: setup ## target/dist: the binary with plugins, policies, grants and configuration
	cargo build --release $(SELECT) --bins
	scripts/dist.sh $(DIST) "$(PLUGINS)" "$(POLICIES)"

demo: build ## Five recorded incidents as a story, one of which waits for you: no cluster, no keys
	mkdir -p target/demo
	cd target/demo && ../dist/k8shawk demo

run: build ## Watch the cluster of your kubeconfig
	mkdir -p target/run
	cd target/run && ../dist/k8shawk run

test: build ## All tests, on a real API server and kubelet
	tests/cluster/packages.sh
	tests/cluster/build.sh > /dev/null
	tests/registry/build.sh > /dev/null
	tests/slack/setup.sh > /dev/null
	cargo build --profile wasm --target $(WASM) -p k8shawk-hostile
	cargo build --profile wasm --target wasm32-wasip2 -p k8shawk-hostile
	cargo test --release --workspace --no-fail-fast
	"$$(tests/model/setup.sh)" tests/model/sdk.py target/release/model-server

test-model: build ## One investigation with llama.cpp's real server; builds it, for ten minutes
	tests/cluster/packages.sh
	tests/cluster/build.sh > /dev/null
	cargo build --release -p k8shawk-tests --bin real-model
	set -o pipefail; tests/model/llama.sh | { read -r server model; \
		target/release/real-model "$$server" "$$model" tests/model/tools.jinja; }

newcomer: build ## The tutorial of each language in a fresh Debian, timed; as root, five minutes
	cargo build --release -p k8shawk-tests --bin tutorial
	tests/newcomer/container.sh $(DIST) target/release/tutorial

soak: build ## 1,000 rounds of kill -9, and an API server that is away for five minutes; 25 minutes
	K8SHAWK_SOAK_ROUNDS=1000 K8SHAWK_DRILL_INCIDENTS=200 K8SHAWK_DRILL_THROTTLED_SECONDS=60 \
		K8SHAWK_DRILL_AWAY_SECONDS=300 \
		cargo test --release -p k8shawk-tests --test recorded -- --nocapture kills:: drill::

fuzz: setup ## Inputs that nobody thought of, for all that is parsed from outside: 10 minutes each
	scripts/fuzz.sh

static: build
	PATH="$$(scripts/zig.sh):$$PATH" cargo zigbuild --profile image --target $(TRIPLE) -p k8shawk --bin k8shawk

rootfs: static
	scripts/rootfs.sh target/$(TRIPLE)/image/k8shawk target/images/$(ARCH)
	scripts/sbom.sh $(TRIPLE) > target/images/$(ARCH)/rootfs/opt/k8shawk/sbom.cdx.json

image: static ## target/images/ARCH.tar: the static image; ARCH=amd64 or arm64
	scripts/image.sh target/$(TRIPLE)/image/k8shawk $(ARCH) target/images/$(ARCH).tar $(TRIPLE)

manifests: build ## The files of the chart and the kustomization that are generated
	scripts/manifests.sh

book: setup ## target/book: the book, with every link checked
	scripts/book.sh

lint: setup ## Format, clippy, published interfaces, licences, wording and spelling, the book and its links
	cargo fmt --all --check
	cargo clippy --release --workspace --all-targets -- -D warnings
	scripts/check-wit.sh
	scripts/phrasings.sh
	scripts/spelling.sh
	scripts/deny.sh
	scripts/book.sh

advisories: ## Known vulnerabilities of the dependencies; downloads the database of rustsec.org
	scripts/advisories.sh

bench: build ## Print the measured ratios and write target/bench/results.json
	tests/cluster/packages.sh
	tests/cluster/build.sh > /dev/null
	cargo run --release -p k8shawk-tests --bin bench

bench-scale: build ## The host beside 20,000 pods: memory, processor time, API requests; 20 minutes
	tests/cluster/packages.sh
	tests/cluster/build.sh > /dev/null
	cargo run --release -p k8shawk-tests --bin bench -- scale

bench-languages: build ## The reference policy in six languages, whose tools it needs: verdicts, memory, swaps; 7 minutes
	cargo run --release -p k8shawk-tests --bin bench -- languages swaps
