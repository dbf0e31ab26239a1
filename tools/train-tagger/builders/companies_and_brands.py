"""Makes data/generated/company.txt and brand.txt: companies on stock exchanges, and brands and operators.

    python3 tools/train-tagger/builders/companies_and_brands.py indices_data.py nsi.json tools/train-tagger/data

Inputs: indices_data.py of the PyPI package pytickersymbols 1.17.10 (MIT), dist/json/nsi.json of the npm package
name-suggestion-index 8.0.20260918 (BSD-3-Clause), and the other lists. Run `tools/lint/generated --update` afterwards.
"""

import importlib.util
import json
import os
import re
import sys
import unicodedata

indices, suggestions, data = sys.argv[1:4]

FORMS = r"(,? (Inc|Corp|Corporation|Co|Company|Ltd|Limited|plc|PLC|AG|SA|S\.A|SE|NV|N\.V|ASA|AB|Oyj|SpA|S\.p\.A|LLC|LP|Holdings?|Group|KGaA|KG|GmbH|Trust)\.?)+$"
# Kinds of brands and operators that the news names; not bus stops, schools or councils.
KINDS = """brands/amenity/bank brands/amenity/fast_food brands/amenity/fuel brands/amenity/cafe
 brands/amenity/restaurant brands/amenity/pharmacy brands/shop/clothes brands/shop/supermarket
 brands/shop/car brands/shop/electronics brands/shop/mobile_phone brands/shop/department_store
 brands/shop/furniture brands/shop/shoes brands/shop/doityourself brands/tourism/hotel
 brands/office/insurance brands/office/telecommunication brands/office/financial
 brands/office/estate_agent brands/leisure/fitness_centre brands/shop/books
 operators/amenity/police operators/amenity/hospital operators/amenity/post_office
 operators/office/government operators/power/plant operators/route/train
 operators/amenity/university operators/man_made/mast operators/landuse/railway""".split()


def plain(name):
    """The name without brackets; None if it is not in Latin letters."""
    name = re.sub(r"\s*\([^)]*\)", "", name).strip()
    bare = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    fits = re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9 .,'&!\-\u00df\u00f8\u0142\u0131\u00e6]+", bare)
    return name if fits and re.search(r"[A-Z]", bare) and len(bare) > 2 and len(bare.split()) <= 6 else None


def known(*lists):
    words = set()
    for name in lists:
        for folder in ("sources", "generated"):
            path = f"{data}/{folder}/{name}.txt"
            if os.path.exists(path):
                with open(path, encoding="utf-8") as f:
                    words.update(line.strip().lower() for line in f)
    return words


def write(name, entries):
    taken = known("country", "city", "region", "demonym", "us-state", "first-sure", "date", "function", "role", "says")
    # A name that is also a town, a surname or a given name is ambiguous.
    taken |= known("town", "us-county", "last", "first")
    entries = sorted(entry for entry in set(entries) if entry.lower() not in taken)
    with open(f"{data}/generated/{name}.txt", "w", encoding="utf-8") as f:
        f.write("\n".join(entries) + "\n")
    print(name, len(entries))


spec = importlib.util.spec_from_file_location("indices", indices)
module = importlib.util.module_from_spec(spec)
spec.loader.exec_module(module)
found = set()


def walk(value):
    if isinstance(value, dict):
        if isinstance(value.get("name"), str):
            found.add(value["name"])
        value = list(value.values())
    if isinstance(value, (list, tuple)):
        for part in value:
            walk(part)


walk(module.INDICES)
found -= {index.get("name") for index in module.INDICES.values()} | set(module.INDICES)
companies = set()
for name in filter(None, map(plain, found)):
    companies.add(name)
    short = re.sub(FORMS, "", name)
    # Without the legal form some names are common words: `National`, `First`.
    if len(short) > 3 and (" " in short or not re.fullmatch(r"National|First|General|American|United|Standard|Global|Western|Southern|Capital|Service|Science|Life|Home|Host|Match|Best|Power|Public|Franklin|Marsh", short)):
        companies.add(short)
write("company", companies)

brands = set()
with open(suggestions, encoding="utf-8") as f:
    for kind, group in json.load(f)["nsi"].items():
        if kind in KINDS:
            brands.update(filter(None, (plain(item["displayName"]) for item in group.get("items", []))))
write("brand", brands - companies)
