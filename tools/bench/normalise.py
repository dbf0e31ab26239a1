"""Normalises the items of a JSON Lines file as a Python pipeline does; prints {"articles_per_s", "steps": {NAME: microseconds}}.

    normalise.py FILE        {"url", "title", "content", "site", "published"} a line; lxml, lxml_html_clean, w3lib, py3langid, numpy
"""

import hashlib
import json
import re
import sys
import time
from email.utils import parsedate_to_datetime

import lxml.html
import numpy
import py3langid
from lxml_html_clean import Cleaner
from w3lib.html import remove_tags, replace_entities
from w3lib.url import canonicalize_url, safe_url_string

BLOCKS = {"p", "div", "li", "br", "h1", "h2", "h3", "h4", "h5", "h6", "tr", "blockquote", "td"}
BOILERPLATE = re.compile(r"(?i)^(read more|continue reading|share this|post a comment|the post .* appeared first on .*)\W*$")
WORD = re.compile(r"\w+")
CLEANER = Cleaner(scripts=True, javascript=True, style=True, forms=True, frames=True, embedded=True, safe_attrs_only=True)
RANDOM = numpy.random.default_rng(1)
A = RANDOM.integers(1, 2**61 - 1, 64, dtype=numpy.uint64)
B = RANDOM.integers(0, 2**61 - 1, 64, dtype=numpy.uint64)


def parse(item):
    """The title as text, and the content as a tree and as text with paragraphs."""
    title = " ".join(replace_entities(remove_tags(item["title"])).split())
    try:
        tree = lxml.html.fragment_fromstring(item["content"], create_parent="div")
    except (lxml.etree.ParserError, ValueError):
        return title, None, item["content"]
    parts = []
    for element in tree.iter():
        if element.tag in BLOCKS:
            parts.append("\n\n")
        if isinstance(element.tag, str) and element.text:
            parts.append(element.text)
        if element.tail:
            parts.append(element.tail)
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return title, tree, "\n\n".join(line for line in lines if line)


def boilerplate(text):
    lines = text.split("\n\n")
    while lines and BOILERPLATE.match(lines[-1]):
        lines.pop()
    while lines and BOILERPLATE.match(lines[0]):
        lines.pop(0)
    return "\n\n".join(lines)


def title(item, text):
    for mark in (" - ", " | ", " : "):
        if item["site"] and text.endswith(mark + item["site"]):
            text = text[: -len(mark + item["site"])]
    return text, canonicalize_url(safe_url_string(item["url"]))


def date(item):
    try:
        return parsedate_to_datetime(item["published"]).isoformat()
    except (TypeError, ValueError):
        return None


def sanitise(item, tree):
    if tree is None:
        return ""
    if item["url"]:
        tree.make_links_absolute(item["url"], handle_failures="ignore")
    return lxml.html.tostring(CLEANER.clean_html(tree), encoding="unicode")


def signature(title_text, text):
    words = [word.lower() for word in WORD.findall(title_text + " " + text)[:5000]]
    shingles = {" ".join(words[at : at + 3]).encode() for at in range(len(words) - 2)}
    if len(words) < 12:
        return None
    hashes = numpy.array([int.from_bytes(hashlib.blake2b(s, digest_size=4).digest(), "big") for s in shingles], dtype=numpy.uint64)
    return ((hashes[:, None] * A + B) >> numpy.uint64(32)).min(axis=0).tolist()


STEPS = ["parse", "boilerplate", "title", "date", "language", "sanitise", "signature", "encode"]


def main():
    with open(sys.argv[1], encoding="utf-8") as lines:
        items = [json.loads(line) for line in lines]
    py3langid.classify("The model is read at the first use.")
    seconds = dict.fromkeys(STEPS, 0.0)
    started = time.perf_counter()
    for item in items:
        marks = [time.perf_counter()]
        title_text, tree, text = parse(item)
        marks.append(time.perf_counter())
        text = boilerplate(text)
        marks.append(time.perf_counter())
        title_text, url = title(item, title_text)
        marks.append(time.perf_counter())
        published = date(item)
        marks.append(time.perf_counter())
        language = py3langid.classify(title_text + "\n" + text)
        marks.append(time.perf_counter())
        html = sanitise(item, tree)
        marks.append(time.perf_counter())
        hashes = signature(title_text, text)
        marks.append(time.perf_counter())
        article = {"url": url, "title": title_text, "body": text, "body_html": html, "published_at": published, "minhashes": hashes,
                   "language": str(language[0]), "word_count": len(text.split())}
        json.dumps(article).encode()
        marks.append(time.perf_counter())
        for name, before, after in zip(STEPS, marks, marks[1:]):
            seconds[name] += after - before
    total = time.perf_counter() - started
    print(json.dumps({"articles_per_s": round(len(items) / total),
                      "steps": {name: round(value * 1e6 / len(items), 1) for name, value in seconds.items()}}))


main()
