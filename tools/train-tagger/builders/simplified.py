"""Makes crates/tagger/data/simplified.tsv: traditional Chinese characters and the simplified one of each.

    python3 tools/train-tagger/builders/simplified.py crates/tagger/data/simplified.tsv

From PyPI it needs opencc-python-reimplemented 0.1.7 (Apache License 2.0). Run `tools/lint/generated --update` afterwards.
"""

import os
import sys

import opencc

HEAD = (
    "# Traditional Chinese characters and the simplified one of each, from OpenCC's TSCharacters (Apache License 2.0, PyPI "
    "opencc-python-reimplemented 0.1.7); made by tools/train-tagger/builders/simplified.py.\n"
)
path = os.path.join(os.path.dirname(opencc.__file__), "dictionary", "TSCharacters.txt")
rows = [line.rstrip("\n").split("\t") for line in open(path, encoding="utf-8")]
pairs = sorted((a, b.split(" ")[0]) for a, b in rows)
pairs = [(a, b) for a, b in pairs if len(a) == len(b) == 1 and a != b and max(a, b) < "\U00010000"]
with open(sys.argv[1], "w", encoding="utf-8") as file:
    file.write(HEAD + "".join(a for a, _ in pairs) + "\t" + "".join(b for _, b in pairs) + "\n")
