#!/usr/bin/env python3
"""Builds deploy/feeds/world.opml, the list of world news that ships, from two public lists of feeds by country.

    tools/feeds/make_world.py SOURCES > deploy/feeds/world.opml

SOURCES is a folder that holds

  active-feeds-2026.json   the active feeds of github.com/yavuz/news-feed-list-of-countries (MIT):
                           ISO 3166-1 alpha-3 -> [{publication_name, publication_website_uri, publication_rss_feed_uri}]
  opml_by_country/*.opml   the lists by country of github.com/plenaryapp/awesome-rss-feeds (CC0-1.0)

Both lists change over time, so the result is reviewed before it is committed: services/poller/tests/world.rs checks
that every line is a valid feed with a country and a site. Where the site has another registrable domain than the feed,
the test lists the pair: the feed counts as that site's own.

At most PER_COUNTRY feeds per country are taken, one per host, in the order of the lists. The country of a list is taken
for the publisher's seat, and stations that broadcast to a country from abroad are excluded by host. Needs pycountry
(LGPL; used only here) for the country codes.
"""

import html
import json
import pathlib
import re
import sys
import urllib.parse

import pycountry

PER_COUNTRY = 4

# Publishers that write from another country than the one they write for, or for no country: stations of Radio Free
# Europe and the Voice of America, the world services of BBC, Deutsche Welle and France Medias Monde, aggregators and
# hosts of blogs.
ABROAD = re.compile(
    r"azadiradio|azattyq|azatutyun|azathabar|azattyk|ozodi|ozodlik|svoboda|radiosvaboda|rferl|rfa\.org|currenttime|"
    r"radiofarda|radioazadi|irna\.us|voanews|voaafrique|voachinese|(^|\.)voa|bbc|dw\.(com|de)|rfi\.fr|france24|aljazeera|cnn\.com|reuters|"
    r"globalvoices|allafrica|topix|einnews|google\.|yahoo\.|feedburner|feedsportal|blogspot|wordpress\.com|reddit|"
    r"twitter|facebook|xinhua|sputnik|rt\.com|jpost|iwpr|eurasianet|reliefweb|un\.org|worldbank|time\.com|"
    r"theguardian\.com|nytimes|independent\.co\.uk|telegraph\.co\.uk"
)
# The countries where publishers of ABROAD have their seat.
AT_HOME = {"GBR": r"bbc|guardian|independent|telegraph|reuters", "USA": r"nytimes|cnn|time\.com", "QAT": "aljazeera",
           "DEU": r"dw\.", "FRA": r"france24|rfi", "CHN": "xinhua", "ISR": "jpost"}
# Feeds without news: forums, weather, jobs, sport, podcasts.
NO_NEWS = re.compile(r"/vb/|external\.php|forum|jobs|weather|comments/feed|podcast|sport|football|soccer|espn|youtube\.com", re.I)
# Country names of the OPML files that pycountry does not know.
NAMES = {"Hong Kong SAR China": "HKG", "Myanmar (Burma)": "MMR", "Russia": "RUS", "Iran": "IRN", "Turkey": "TUR",
         "United States": "USA", "United Kingdom": "GBR", "South Korea": "KOR"}


def lists(sources):
    active = json.loads((sources / "active-feeds-2026.json").read_text("utf-8"))
    for country, feeds in active.items():
        for feed in feeds:
            yield country, feed["publication_name"], feed["publication_website_uri"], feed["publication_rss_feed_uri"]
    for path in sorted((sources / "opml_by_country").glob("*.opml")):
        country = NAMES.get(path.stem)
        if country is None:
            found = pycountry.countries.get(name=path.stem)
            country = found.alpha_3 if found else sys.exit(f"no code for {path.stem}")
        # Matched by pattern because some files are not well-formed: they contain bare ampersands.
        for outline in re.findall(r"<outline\b[^>]*>", path.read_text("utf-8", "replace")):
            given = {name: html.unescape(value) for name, value in re.findall(r'(\w+)="([^"]*)"', outline)}
            if given.get("xmlUrl"):
                yield country, given.get("title") or given.get("text"), "", given["xmlUrl"]


# Hosts whose list names the market instead of the seat.
SEATS = {"scmp.com": "HKG"}
# Hosts that a list names for a publisher of another country with the same name: The Reporter of Belize, NBC of Namibia,
# VOX of Gibraltar, The Standard of Zimbabwe.
NAMESAKES = {"hollywoodreporter.com", "feeds.nbcnews.com", "vox.com", "thestandard.org.nz"}
# Sites that are not those of a list: El Comercio of Ecuador is not that of Peru, and the feeds of the BBC link to bbc.com.
SITES = {"elcomercio.com": "https://www.elcomercio.com/", "feeds.bbci.co.uk": "https://www.bbc.com/"}


def letters(text):
    return re.sub(r"\W", "", text.lower())


def home_of(host):
    """Returns the label that identifies a site: `bbc` for feeds.bbc.co.uk."""
    labels = host.removeprefix("www.").split(".")
    return max(labels[:-1] or labels, key=len)


def publisher(name, site, host):
    """Returns the name without its section if the host confirms that it is the publisher's; else an empty string, and
    the feed's own title is used."""
    short = re.sub(r"\s+(latest|rss|top stories|headlines)\b.*$", "", re.split(r" [-|–:] ", name)[0], flags=re.I).strip()
    labels = {home_of(host), home_of(urllib.parse.urlsplit(site).hostname or host)}
    own = letters(short)
    confirmed = any(own in letters(label) or letters(label) in own for label in labels)
    return short if len(own) > 1 and confirmed and len(short) <= 40 else ""


def main():
    chosen, hosts = {}, set()
    for country, name, site, url in lists(pathlib.Path(sys.argv[1])):
        url, site = url.strip(), (site or "").strip()
        name = " ".join(html.unescape(name or "").split())
        parts = urllib.parse.urlsplit(url)
        host = (parts.hostname or "").removeprefix("www.")
        country = SEATS.get(host, country)
        code = pycountry.countries.get(alpha_3=country)
        # The normaliser compares the publisher's site with an article's link. A list without sites names feeds on them.
        site = SITES.get(host, site)
        site = site if site.startswith("http") else f"{parts.scheme}://{parts.netloc}/"
        at = urllib.parse.urlsplit(site).hostname
        # A feed of another site than the one it is listed under is an error of the list.
        stray = at and home_of(at) not in host and home_of(host) not in at
        home = AT_HOME.get(country)
        abroad = ABROAD.search(host) and not (home and re.search(home, host))
        taken = chosen.setdefault(country, [])
        if (code is None or parts.scheme not in ("http", "https") or not host or not name or "�" in name or abroad
                or stray or host in NAMESAKES
                or NO_NEWS.search(url) or NO_NEWS.search(name) or host in hosts or len(taken) >= PER_COUNTRY or re.search(r"\s", url)):
            continue
        hosts.add(host)
        taken.append((code.alpha_2, name, site, url))

    quote = lambda text: html.escape(text, quote=True)
    print('<?xml version="1.0" encoding="UTF-8"?>')
    print('<!-- Generated by tools/feeds/make_world.py from yavuz/news-feed-list-of-countries (MIT) and')
    print('     plenaryapp/awesome-rss-feeds (CC0-1.0). country: ISO 3166-1 alpha-2 of the publisher. -->')
    print('<opml version="2.0">\n  <head>\n    <title>News of the world</title>\n  </head>\n  <body>')
    for feeds in sorted((feeds for feeds in chosen.values() if feeds), key=lambda feeds: feeds[0][0]):
        for code, name, site, url in feeds:
            who = publisher(name, site, urllib.parse.urlsplit(url).hostname)
            who = f' publisherName="{quote(who)}"' if who else ""
            print(f'    <outline type="rss" text="{quote(name)}"{who} country="{code}"'
                  f' htmlUrl="{quote(site)}" xmlUrl="{quote(url)}"/>')
    print("  </body>\n</opml>")


main()
