"""Polls feeds with asyncio, aiohttp and feedparser, as a script would; prints {"polls"} a second. Arguments: how the feeds
answer, port of the server, seconds."""

import asyncio
import json
import sys
import time

import aiohttp
import feedparser

FEEDS, HOSTS, PARALLEL = 20_000, 10_000, 100
answer, port, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])
known: dict[int, set[str]] = {}
done = new = 0


def url(feed: int) -> str:
    host = feed % HOSTS
    return f"http://127.{1 + (host >> 16)}.{host >> 8 & 255}.{host & 255}:{port}/{answer}/{feed}"


async def worker(session: aiohttp.ClientSession, numbers: "asyncio.Queue[int]", end: float) -> None:
    global done, new
    while time.perf_counter() < end:
        feed = numbers.get_nowait()
        numbers.put_nowait(feed)
        async with session.get(url(feed), headers={"If-None-Match": '"v"'}) as response:
            body = await response.read()
            if response.status == 200:
                guids = {entry.get("id") or entry.get("link") for entry in feedparser.parse(body).entries}
                new += len(guids - known.setdefault(feed, set()))
                known[feed] = guids
        done += 1


async def main() -> None:
    numbers: "asyncio.Queue[int]" = asyncio.Queue()
    for feed in range(FEEDS):
        numbers.put_nowait(feed)
    connector = aiohttp.TCPConnector(limit=PARALLEL, limit_per_host=1)
    async with aiohttp.ClientSession(connector=connector) as session:
        started = time.perf_counter()
        await asyncio.gather(*(worker(session, numbers, started + seconds) for _ in range(PARALLEL)))
        print(json.dumps({"polls": done / (time.perf_counter() - started), "new": new}))


asyncio.run(main())
