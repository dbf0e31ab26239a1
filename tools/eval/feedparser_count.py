"""Counts the distinct links (else ids, else titles) that feedparser 6 finds; prints a JSON object of file name to count."""
import json
import os
import sys

import feedparser

counts = {}
for path in sys.argv[1:]:
    with open(path, "rb") as file:
        document = feedparser.parse(file.read(), response_headers={"content-type": "application/xml"})
    keys = {entry.get("link") or entry.get("id") or entry.get("title") or "" for entry in document.entries}
    counts[os.path.basename(path)] = len(keys)
json.dump(counts, sys.stdout)
