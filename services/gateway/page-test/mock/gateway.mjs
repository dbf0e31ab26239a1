// A gateway over invented data in memory: the API that the page uses, and the page's files from ../page.
import { createServer } from "node:http";
import { readFile } from "node:fs/promises";
import { extname } from "node:path";
import { article } from "./articles.mjs";
import { random } from "./data.mjs";
import { coverage, feeds } from "./feeds.mjs";
import * as store from "./store.mjs";

const TYPES = { ".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".json": "application/json" };
const POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self' data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const MINUTE = 60_000;
/** Articles at the start, over a day. */
const EARLIER = 2600;

export class Mock {
  articles = new Map();
  #revisions = new Map();
  #arrivals = new Array(60).fill(0);
  #events = [];
  #clients = new Map();
  #offset = 0;
  #made = 0;
  #next = random(11);
  #refusing = false;
  health;
  #options;

  /** `token`: requests need it. `empty`: there are no articles and feeds. `unobserved`: counting began five hours ago. */
  constructor({ token = null, empty = false, unobserved = false } = {}) {
    this.#options = { token, empty, unobserved };
    this.health = empty ? [] : feeds();
    if (empty) return;
    for (; this.#made < EARLIER; this.#made++) this.publish(article(this.#made, Date.now() - this.#next() ** 1.2 * 24 * store.HOUR, this.#next), false);
    this.#arrivals = this.#arrivals.map((_, minute) => Math.round(20 + 14 * Math.sin(minute / 7) + this.#next() * 14));
  }

  /** Listens on the port (0: any) and returns the address. */
  listen(port = 0) {
    this.server = createServer((request, response) => this.#answer(request, response));
    this.timer = setInterval(() => { this.#arrivals.push(0); this.#arrivals.shift(); }, MINUTE);
    return new Promise((resolve) => this.server.listen(port, "127.0.0.1", () => resolve(`http://127.0.0.1:${this.server.address().port}/`)));
  }

  close() {
    clearInterval(this.timer);
    clearInterval(this.arriving);
    this.server.closeAllConnections();
    return new Promise((resolve) => this.server.close(resolve));
  }

  /** Articles arrive, change and are withdrawn, one each `every` milliseconds. */
  live(every) {
    this.arriving = setInterval(() => {
      const chance = this.#next();
      const recent = this.newest().slice(0, 8);
      const one = recent[Math.floor(this.#next() * recent.length)];
      if (chance < 0.12) this.update(one, "Update: ");
      else if (chance < 0.16) this.withdraw(one);
      else this.publish(article(this.#made++, Date.now() - this.#next() * 20_000, this.#next));
    }, every);
  }

  newest = () => store.newest(this.articles.values());

  /** A new article in English with the title. */
  add(title) {
    const one = { ...article(this.#made++, Date.now(), this.#next), title, language: "en", summary: "", countries: [], entities: [] };
    this.publish(one);
    return one;
  }

  update(one, prefix) {
    const shift = (span) => (span.field === "title" ? { ...span, start: span.start + prefix.length, end: span.end + prefix.length } : span);
    this.publish({
      ...one, revision: one.revision + 1, change: "UPDATED", title: prefix + one.title, updated_at: new Date().toISOString(),
      countries: one.countries.map((country) => ({ ...country, evidence: country.evidence.map(shift) })),
      entities: one.entities.map((entity) => ({ ...entity, mentions: entity.mentions.map(shift) })),
    });
  }

  withdraw({ article_id, revision }) {
    this.publish({ article_id, revision: revision + 1, change: "WITHDRAWN" });
  }

  publish(record, live = true) {
    if (record.change === "WITHDRAWN") this.articles.delete(record.article_id);
    else this.articles.set(record.article_id, record);
    const seen = this.#revisions.get(record.article_id) ?? [];
    seen.push({ revision: record.revision, enrichment: record.enrichment ?? 0, change: record.change, title: record.title ?? "", at: new Date().toISOString() });
    this.#revisions.set(record.article_id, seen);
    this.#offset += 1;
    if (!live) return;
    this.#arrivals[59] += 1;
    const event = { offset: this.#offset, record };
    this.#events.push(event);
    if (this.#events.length > 500) this.#events.shift();
    for (const send of this.#clients.values()) send(event);
  }

  /** Reports to all clients that they have missed records. */
  lag(missed) {
    for (const response of this.#clients.keys()) response.write(`event: lagged\ndata: ${JSON.stringify({ missed })}\n\n`);
  }

  /** Ends all streams and refuses requests, or accepts them again. */
  refuse(refusing) {
    this.#refusing = refusing;
    if (refusing) for (const response of this.#clients.keys()) response.destroy();
  }

  #position = () => `0:${this.#offset}`;
  #matching = (query) => store.newest([...this.articles.values()].filter((one) => store.matches(one, query)));

  #routes = {
    "/v1/articles": (query) => {
      const found = this.#matching(query);
      if (query.get("sort") === "salient") found.sort((a, b) => Math.max(0, ...b.entities.map((e) => e.salience)) - Math.max(0, ...a.entities.map((e) => e.salience)));
      const { page, next } = cut(found, query, 50);
      return { articles: page, next, position: this.#position() };
    },
    "/v1/countries": (query) => {
      const found = this.#matching(query);
      return { articles: found.length, countries: store.countries(found, query.get("by")), from: new Date(Date.now() - 24 * store.HOUR).toISOString(), to: new Date().toISOString() };
    },
    "/v1/entities": (query) => {
      const found = this.#matching(query);
      return { articles: found.length, entities: store.entities(found).slice(0, Number(query.get("limit") ?? 50)) };
    },
    "/v1/publishers": (query) => ({ publishers: store.publishers(this.#matching(query)) }),
    "/v1/languages": (query) => ({ languages: store.languages(this.#matching(query)) }),
    "/v1/trends": (query) => store.trends([...this.articles.values()], query, !this.#options.unobserved),
    "/v1/feeds": (query) => {
      const wanted = query.get("status")?.split(",");
      const { page, next } = cut(this.health.filter((one) => !wanted || wanted.includes(one.status)), query, 200);
      return { feeds: page, next, totals: this.#totals() };
    },
    "/v1/coverage": () => coverage(this.health, store.countries([...this.articles.values()])),
    "/v1/pulse": () => {
      const { empty } = this.#options;
      const delay = (stage, p50_ms, p90_ms, p99_ms) => ({ stage, p50_ms, p90_ms, p99_ms, articles: empty ? 0 : 1830 });
      return {
        minutes: { from: new Date(Math.floor(Date.now() / MINUTE) * MINUTE - 59 * MINUTE).toISOString(), counts: this.#arrivals },
        delays: [delay("published-to-seen", 41_000, 160_000, 610_000), delay("seen-to-enriched", 320, 900, 2400), delay("enriched-to-gateway", 14, 40, 120)],
        feeds: this.#totals(), dropped_last_hour: empty ? 0 : 7,
        window: { articles: this.articles.size, bytes: this.articles.size * 6200, from: new Date(Date.now() - 24 * store.HOUR).toISOString(), max_articles: 200_000, hours: 24 },
        position: this.#position(), caught_up: true,
      };
    },
  };

  #totals() {
    const totals = {};
    for (const { status } of this.health) totals[status] = (totals[status] ?? 0) + 1;
    return totals;
  }

  /** Paths with a key: an article, its revisions, an entity. Null if the key is unknown. */
  #keyed(path, query) {
    const [, , kind, key, more] = path.split("/").map(decodeURIComponent);
    if (kind === "articles" && more === "revisions") return this.#revisions.has(key) ? { revisions: this.#revisions.get(key).slice(-10) } : null;
    if (kind === "articles") return this.articles.get(key) ?? null;
    if (kind !== "entities" || !key) return null;
    query.append("entity", key);
    const found = this.#matching(query);
    const all = store.entities(found);
    const entity = all.find((one) => one.key === key);
    return entity ? {
      entity, hours: store.hourly(found, 24), entities: all.filter((one) => one.key !== key).slice(0, 20),
      countries: store.countries(found).slice(0, 20), publishers: store.publishers(found).slice(0, 10),
    } : null;
  }

  #stream(request, response, query) {
    response.writeHead(200, { "content-type": "text/event-stream", "cache-control": "no-store" });
    response.write(": newswire\n\n");
    const send = ({ offset, record }) => {
      if (record.change === "WITHDRAWN" || store.matches(record, query)) response.write(`id: 0:${offset}\ndata: ${JSON.stringify(record)}\n\n`);
    };
    const after = Number((request.headers["last-event-id"] || query.get("after") || this.#position()).split(":")[1]);
    for (const event of this.#events) if (event.offset > after) send(event);
    this.#clients.set(response, send);
    const beat = setInterval(() => response.write(`id: ${this.#position()}\n: \n\n`), 10_000);
    response.on("close", () => {
      this.#clients.delete(response);
      clearInterval(beat);
    });
  }

  async #answer(request, response) {
    const { pathname, searchParams } = new URL(request.url, "http://mock");
    if (!pathname.startsWith("/v1/")) return file(pathname, response);
    if (this.#refusing) return problem(response, 503);
    if (this.#options.token && request.headers.authorization !== `Bearer ${this.#options.token}`) return problem(response, 401);
    if (pathname === "/v1/stream") return this.#stream(request, response, searchParams);
    const answer = this.#routes[pathname]?.(searchParams) ?? this.#keyed(pathname, searchParams);
    if (!answer) return problem(response, 404);
    response.writeHead(200, { "content-type": "application/json", "cache-control": "no-cache" });
    response.end(JSON.stringify(answer));
  }
}

function cut(found, query, limit) {
  const from = Number(query.get("cursor") ?? 0);
  const to = from + Number(query.get("limit") ?? limit);
  return { page: found.slice(from, to), next: to < found.length ? String(to) : "" };
}

async function file(path, response) {
  const name = path === "/" ? "index.html" : path === "/favicon.svg" ? "favicon.svg" : path.slice("/page/".length);
  const content = name.includes("..") ? null : await readFile(new URL(`../../page/${name}`, import.meta.url)).catch(() => null);
  if (!content) return problem(response, 404);
  response.writeHead(200, { "content-type": TYPES[extname(name)] ?? "text/plain; charset=utf-8", "content-security-policy": POLICY, "cache-control": "no-cache", "x-content-type-options": "nosniff" });
  response.end(content);
}

function problem(response, status) {
  response.writeHead(status, { "content-type": "application/problem+json" });
  response.end(JSON.stringify({ type: "about:blank", title: `HTTP ${status}`, status }));
}
