# newswire: what one does with it. `make run` and `make test` install what is missing first, or name it.
SHELL := bash
CARGO := $(or $(shell command -v cargo),$(HOME)/.cargo/bin/cargo)
export PATH := $(dir $(CARGO)):$(PATH)

LISTEN  ?= 127.0.0.1:8080
MINUTES ?= 10
KILLS   ?= 50

.PHONY: setup run test lint kafka eval bench model chaos image

setup: ## what building and testing needs, installed or named
	tools/setup

run: setup ## the pipeline and its page; on the sample publisher, or FEEDS=my.opml, and KAFKA=host:9092
	tools/run "$(FEEDS)" "$(KAFKA)" "$(LISTEN)"

test: setup ## everything, with a broker of its own
	tools/test

lint: setup ## format, clippy, dependencies, contract
	tools/lint

kafka: setup ## one Kafka node in the foreground, and its address
	tests/kafka/start

eval: setup ## WHAT=feeds|dates|pages|url|names|countries DATA=PATH [JSON=1]
	$(CARGO) run --quiet --release -p tests --bin eval -- $(WHAT) $(DATA) $(if $(JSON),--json)

bench: setup ## WHAT=parse|enrich|...
	$(CARGO) run --quiet --release -p tests --bin bench -- $(WHAT) $(if $(DATA),$(DATA)) $(if $(JSON),--json)

model: setup ## the tagger's model, from shared/ner: the same bytes every time
	tools/model $(DATA)

chaos: setup ## the oracle: MINUTES=10 SEED=n [RATE=200]; then KILLS=50 random kills on each log
	$(CARGO) build --quiet --release --workspace --bins
	target/release/chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE))
	NEWSWIRE_KILLS=$(KILLS) $(if $(SEED),NEWSWIRE_SEED=$(SEED)) $(CARGO) test --quiet --release -p tests --test end_to_end kills -- --nocapture

image: ## the container image, by buildah
	buildah build --tag newswire --file deploy/Dockerfile .
