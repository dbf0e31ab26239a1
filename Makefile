# make setup   installs the tools, or lists the missing ones
# make run     the pipeline on invented news; FEEDS=my.opml KAFKA=host:9092 for your feeds and your cluster;
#             FULL_TEXT=never fetches no pages of articles
# make test    all tests; lists what was skipped   make lint   format, clippy, words, imports, dependencies, contract
# make kafka   one Kafka node; prints its address  make image  the container images, by docker or buildah
# make deploy-test  compose.yaml and the Helm chart against schemas    make image-test  builds and runs the images, as root
# make compose-test runs compose.yaml by Docker Compose, as root; IMAGES=dist takes the images of a release
# make release      images, programs, bills of materials and the chart, with checksums, in dist/
# make eval    WHAT=feeds|dates|names|left-out|countries|places|salience|schedule|pages|language|url DATA=PATH [JSON=1]
# make bench   WHAT=parse|normalise|enrich|languages|full-text|pipeline|latency|restore|start|state|poll|feeds|gateway [DATA=PATH or number] [JSON=1]
# make model   trains the taggers from ../shared/ner and ../shared/ner-multilingual
# make chaos   MINUTES=10 SEED=n: delivery guarantees under load and faults; hostile feeds; then fifty kills end to end
#              CLUSTER=3 MINUTES=90 RATE=50: on three brokers, with faults of brokers, connections and clocks, too
.PHONY: setup run test lint kafka eval bench model chaos image image-test deploy-test compose-test release

FEEDS =
KAFKA =
FULL_TEXT = auto
DATA =
LISTEN = 127.0.0.1:8080
MINUTES = 10
NER = ../shared/ner

setup:
	.ci/setup

run:
	.ci/run-pipeline --listen $(LISTEN) $(if $(KAFKA),--kafka $(KAFKA)) $(if $(FEEDS),--feeds $(FEEDS) --full-text $(FULL_TEXT),--sample --poll-interval 5s)

test:
	.ci/test

lint:
	.ci/lint

kafka:
	tools/kafka/start $(if $(PORT),--port $(PORT))

eval:
	cargo run -q --release -p eval -- $(WHAT) $(DATA) $(if $(JSON),--json)

bench:
	cargo run -q --release -p bench -- $(WHAT) $(DATA) $(if $(JSON),--json)

model:
	cargo run -q --release -p train-tagger -- --corpora $(NER)
	cargo run -q --release -p train-tagger -- --languages all --corpora $(NER)-multilingual --output crates/tagger/model/languages

chaos:
	.ci/setup
	cargo build --release --workspace --bins
	target/release/chaos --minutes $(MINUTES) $(if $(SEED),--seed $(SEED)) $(if $(RATE),--rate $(RATE)) $(if $(SABOTAGE),--sabotage $(SABOTAGE)) $(if $(CLUSTER),--cluster $(CLUSTER))
ifndef CLUSTER
	target/release/hostile --minutes $(MINUTES) $(if $(SEED),--seed $(SEED))
	NEWSWIRE_FULL=1 cargo test --release -p chaos --test oracle -- --nocapture found
	NEWSWIRE_KILLS=50 $(if $(SEED),NEWSWIRE_SEED=$(SEED)) cargo test --release -p tests --test end_to_end kills -- --nocapture
endif

ENGINE = $(if $(shell command -v docker),docker,buildah)
image:
	for name in poller normaliser enricher gateway newswire; do \
	  $(ENGINE) build -f deploy/Dockerfile --target $$name -t $$(test $$name = newswire || echo newswire-)$$name \
	    --build-arg VERSION=$$(tools/release/version) --build-arg REVISION=$$(git rev-parse HEAD) . || exit 1; \
	done

image-test:
	.ci/image-test

compose-test:
	.ci/compose-test

deploy-test:
	.ci/deploy-test

release:
	tools/release/build
