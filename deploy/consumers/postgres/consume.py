#!/usr/bin/env python3
"""Writes the records of the enriched topic into PostgreSQL, each exactly once. The tables are in schema.sql.

    consume.py --kafka HOST:PORT --database URL [--topic TOPIC] [--group GROUP] [--batch NUMBER]
               [--to-end]
"""
import argparse
import contextlib
import json
import sys
import urllib.parse

import pg8000.dbapi
from confluent_kafka import OFFSET_BEGINNING, Consumer, KafkaError, TopicPartition

# Errors of Kafka that waiting does not remove.
FINAL = {KafkaError.UNKNOWN_TOPIC_OR_PART, KafkaError.TOPIC_AUTHORIZATION_FAILED, KafkaError.GROUP_AUTHORIZATION_FAILED}

UPSERT = """
INSERT INTO records SELECT %(article_id)s, %(revision)s, %(enricher_version)s, %(gazetteer_version)s, %(model_version)s,
    %(enrichment)s, %(change)s, %(url)s, %(title)s, %(language)s, %(publisher_domain)s, %(publisher_country)s,
    %(published_at)s::timestamptz, %(record)s::jsonb
-- A late record of an article that was withdrawn since has a text that must not be kept.
WHERE NOT EXISTS (SELECT FROM records WHERE article_id = %(article_id)s AND change = 'WITHDRAWN' AND revision > %(revision)s)
ON CONFLICT (article_id, revision, enricher_version, gazetteer_version, model_version) DO UPDATE SET
    enrichment = excluded.enrichment, change = excluded.change, url = excluded.url, title = excluded.title,
    language = excluded.language, publisher_domain = excluded.publisher_domain,
    publisher_country = excluded.publisher_country, published_at = excluded.published_at, record = excluded.record
"""
FORGET = "DELETE FROM records WHERE article_id = %(article_id)s AND revision < %(revision)s"
COUNT = """
INSERT INTO arrivals VALUES (current_date, %(change)s, 1)
ON CONFLICT (day, change) DO UPDATE SET records = arrivals.records + 1
"""
FIRST = "INSERT INTO positions VALUES (%(topic)s, %(partition)s, %(position)s) ON CONFLICT DO NOTHING"
NEXT = """
UPDATE positions SET position = %(position)s
WHERE topic = %(topic)s AND partition = %(partition)s AND position = %(known)s
"""
STORED = "SELECT partition, position FROM positions WHERE topic = %(topic)s"

# Parameters by name: %(article_id)s.
pg8000.dbapi.paramstyle = "pyformat"


class Overtaken(Exception):
    """Another consumer has moved a position: it owns the partition now."""


class Table:
    """The database, and the positions that this consumer has read from it."""

    def __init__(self, database, topic):
        self.connection = connect(database)
        self.topic = topic
        self.positions = {}

    @contextlib.contextmanager
    def transaction(self):
        """A cursor whose changes are visible all at once, or not at all."""
        try:
            yield self.connection.cursor()
            self.connection.commit()
        except BaseException:
            self.connection.rollback()
            raise

    def read_positions(self, partitions):
        """Places to read from, for these partitions."""
        with self.transaction() as cursor:
            cursor.execute(STORED, {"topic": self.topic})
            stored = dict(cursor.fetchall())
        self.positions = {partition: stored.get(partition) for partition in partitions}
        return [TopicPartition(self.topic, partition, OFFSET_BEGINNING if position is None else position)
                for partition, position in self.positions.items()]

    def apply(self, messages):
        """Applies the records and moves the positions, or does neither."""
        # Not those of a partition that was revoked while they waited, or that were applied already.
        messages = [message for message in messages if message.partition() in self.positions
                    and message.offset() >= (self.positions[message.partition()] or 0)]
        if not messages:
            return
        behind = {message.partition(): message.offset() + 1 for message in messages}
        with self.transaction() as cursor:
            for partition, position in behind.items():
                known = self.positions[partition]
                place = {"topic": self.topic, "partition": partition, "position": position, "known": known}
                cursor.execute(FIRST if known is None else NEXT, place)
                if cursor.rowcount != 1:
                    raise Overtaken(f"partition {partition}")
            for record in filter(None, map(decode, messages)):
                if record["change"] == "WITHDRAWN":
                    cursor.execute(FORGET, record)
                cursor.execute(UPSERT, record)
                cursor.execute(COUNT, record)
        self.positions |= behind


def connect(database):
    """A connection to postgresql://USER:PASSWORD@HOST:PORT/NAME, or to the socket in the folder that `?host=` names."""
    url = urllib.parse.urlsplit(database)
    folder = urllib.parse.parse_qs(url.query).get("host", [None])[0]
    where = {"unix_sock": f"{folder}/.s.PGSQL.{url.port or 5432}"} if folder else \
        {"host": url.hostname or "localhost", "port": url.port or 5432}
    unquote = urllib.parse.unquote
    return pg8000.dbapi.connect(
        user=unquote(url.username or "postgres"), password=url.password and unquote(url.password),
        database=url.path.lstrip("/") or "postgres", **where)


def decode(message):
    """The fields of a record and its text; None for a tombstone."""
    headers = {name: (value or b"").decode() for name, value in message.headers() or ()}
    if int(headers.get("newswire-format", "1")) > 1:
        sys.exit(f"format {headers['newswire-format']} is newer than this program")
    if headers.get("content-type", "application/json") != "application/json":
        sys.exit(f"{headers['content-type']} is not JSON: newswire writes with --encoding protobuf")
    if message.value() is None:
        return None
    # PostgreSQL stores every character but U+0000.
    text = message.value().decode().replace("\\u0000", "\\ufffd")
    return {"published_at": None} | json.loads(text) | {"record": text}


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--kafka", required=True, metavar="HOST:PORT")
    parser.add_argument("--database", required=True, metavar="URL", help="postgresql://user@host/news")
    parser.add_argument("--topic", default="news.enriched.v1")
    parser.add_argument("--group", default="example-postgres", help="consumers of one group share the partitions")
    parser.add_argument("--batch", type=int, default=500, help="records in one transaction at most")
    parser.add_argument("--to-end", action="store_true", help="stop at the end of the topic")
    options = parser.parse_args()

    table = Table(options.database, options.topic)
    consumer = Consumer({
        "bootstrap.servers": options.kafka,
        "group.id": options.group,
        # The positions are in the database.
        "enable.auto.commit": False,
        # Where the position has expired; records in between are lost.
        "auto.offset.reset": "earliest",
        "isolation.level": "read_committed",
        "enable.partition.eof": True,
    })
    ended = set()

    def assigned(consumer, partitions):
        ended.clear()
        consumer.assign(table.read_positions([place.partition for place in partitions]))

    consumer.subscribe([options.topic], on_assign=assigned)
    try:
        while not (options.to_end and table.positions and ended >= set(table.positions)):
            messages = consumer.consume(options.batch, timeout=1.0)
            errors = [message for message in messages if message.error()]
            try:
                table.apply([message for message in messages if not message.error()])
            except Overtaken as reason:
                print(f"overtaken on {reason}: reading the positions again", file=sys.stderr)
                ended.clear()
                consumer.assign(table.read_positions(list(table.positions)))
                continue
            for message in errors:
                error = message.error()
                if error.code() == KafkaError._PARTITION_EOF:
                    ended.add(message.partition())
                elif error.fatal() or error.code() in FINAL:
                    sys.exit(str(error))
                else:
                    # The client connects again on its own.
                    print(error, file=sys.stderr)
    except KeyboardInterrupt:
        pass
    finally:
        consumer.close()
        table.connection.close()


if __name__ == "__main__":
    main()
