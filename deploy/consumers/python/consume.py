#!/usr/bin/env python3
"""Keeps the current state of each article of the enriched topic, and prints what changes.

    consume.py --kafka HOST:PORT [--topic TOPIC] [--keep NUMBER] [--to-end]
"""
import argparse
import json
import sys
from collections import OrderedDict

from confluent_kafka import Consumer, KafkaError

# Errors that waiting does not remove.
FINAL = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}


class Articles:
    """The current revision of at most `keep` articles: those that changed last."""

    def __init__(self, keep):
        self.keep = keep
        self.current = OrderedDict()

    def apply(self, record):
        """What the record changes: "new", "changed", "withdrawn", or None if it is not later than what is current."""
        article, version = record["article_id"], (record["revision"], record["enrichment"])
        is_withdrawn = record["change"] == "WITHDRAWN"
        known = self.current.get(article)
        if known and known["version"] >= version:
            return None
        # Of a withdrawn article only the version is kept: a late record must not bring it back.
        self.current[article] = {"version": version, "record": None if is_withdrawn else record}
        self.current.move_to_end(article)
        if len(self.current) > self.keep:
            self.current.popitem(last=False)
        was_shown = known is not None and known["record"] is not None
        if is_withdrawn:
            return "withdrawn" if was_shown else None
        return "changed" if was_shown else "new"


def decode(message):
    """The record as a dictionary; None for a tombstone."""
    headers = {name: (value or b"").decode() for name, value in message.headers() or ()}
    if int(headers.get("newswire-format", "1")) > 1:
        sys.exit(f"format {headers['newswire-format']} is newer than this program")
    if headers.get("content-type", "application/json") != "application/json":
        sys.exit(f"{headers['content-type']} is not JSON: newswire writes with --encoding protobuf")
    return None if message.value() is None else json.loads(message.value())


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kafka", required=True, metavar="HOST:PORT")
    parser.add_argument("--topic", default="news.enriched.v1")
    parser.add_argument("--keep", type=int, default=200_000, help="articles in memory")
    parser.add_argument("--to-end", action="store_true", help="stop at the end of the topic")
    options = parser.parse_args()

    consumer = Consumer({
        "bootstrap.servers": options.kafka,
        # The state is in memory, so each start reads the topic again: no positions are committed.
        "group.id": "example-python",
        "enable.auto.commit": False,
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    })
    partitions, ended = set(), set()

    def assigned(_, assignment):
        partitions.clear()
        ended.clear()
        partitions.update(place.partition for place in assignment)

    consumer.subscribe([options.topic], on_assign=assigned)
    articles = Articles(options.keep)
    try:
        while not (options.to_end and partitions and ended >= partitions):
            message = consumer.poll(1.0)
            if message is None:
                continue
            if message.error():
                if message.error().code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                elif message.error().fatal() or message.error().code() in FINAL:
                    sys.exit(str(message.error()))
                else:
                    # The client connects again on its own.
                    print(message.error(), file=sys.stderr)
                continue
            record = decode(message)
            change = record and articles.apply(record)
            if change:
                print(change, record["article_id"], record["title"], sep="\t", flush=True)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()


if __name__ == "__main__":
    main()
