// The articles that match the filters: first a list, then the stream from the list's position, without a gap.

import { Denied, get, Refused, request } from "./api.js";
import { messages } from "./events.js";
import { millis } from "./format.js";

const PAGE = 50;
/** Articles kept; older ones can be fetched again. */
const MOST = 600;
/** Withdrawn articles stay struck out for a moment. Milliseconds. */
const FAREWELL = 6000;
/** The gateway sends a comment every 10 s. Milliseconds. */
const SILENCE = 30_000;

/** @param {{ published_at: string | null, first_seen_at: string | null }} article */
export const timeOf = (article) => millis(article.published_at) || millis(article.first_seen_at);

/**
 * Dispatches `state` when the connection changes, `articles` when the list changes.
 */
export class Live extends EventTarget {
  /** @type {"connecting" | "live" | "waiting" | "denied"} */
  state = "connecting";
  /** Newest first. @type {Article[]} */
  articles = [];
  /** Ids of the articles that are struck out. @type {Set<string>} */
  withdrawn = new Set();
  /** Ids of articles that have arrived since they were last drawn. @type {Set<string>} */
  fresh = new Set();
  /** Cursor of the next page; empty if there is none. */
  next = "";
  loaded = false;
  /** Why the list could not be loaded. @type {Error | null} */
  error = null;
  /** Records that were missed at the last lag: a number, or null if it is unknown. @type {{ missed: number | null, at: number } | null} */
  lag = null;
  lastContact = 0;
  held = false;
  /** @type {StreamRecord[]} */
  waiting = [];

  #position = "";
  #query = new URLSearchParams();
  #sort = "";
  /** @type {AbortController | undefined} */
  #running;
  #backoff = 500;

  /** Starts again with these filters. @param {URLSearchParams} query @param {string} sort */
  follow(query, sort) {
    this.#query = query;
    this.#sort = sort;
    this.loaded = false;
    this.waiting = [];
    this.restart();
  }

  restart() {
    this.#running?.abort();
    const { signal } = (this.#running = new AbortController());
    this.#position = "";
    this.#backoff = 500;
    this.#run(signal);
  }

  /** Connects until it is aborted. @param {AbortSignal} signal */
  async #run(signal) {
    while (!signal.aborted) {
      try {
        if (!this.#position) await this.#list(signal);
        await this.#stream(signal);
      } catch (error) {
        if (signal.aborted) return;
        if (error instanceof Denied) return this.#set("denied");
        if (!this.loaded) {
          this.error = /** @type {Error} */ (error);
          this.#changed();
          // A filter that the gateway does not accept stays so.
          if (error instanceof Refused && error.status === 400) return this.#set("live");
        }
      }
      if (signal.aborted) return;
      this.#set("waiting");
      await pause(this.#backoff, signal);
      this.#backoff = Math.min(this.#backoff * 2, 10_000);
    }
  }

  /** @param {AbortSignal} signal */
  async #list(signal) {
    if (this.state !== "waiting") this.#set("connecting");
    const query = new URLSearchParams(this.#query);
    query.set("view", "brief");
    query.set("limit", String(PAGE));
    if (this.#sort) query.set("sort", this.#sort);
    const list = /** @type {ArticleList} */ (await get("/v1/articles", query, signal));
    this.articles = list.articles;
    this.next = list.next;
    this.#position = list.position;
    this.loaded = true;
    this.error = null;
    this.fresh.clear();
    this.withdrawn.clear();
    this.waiting = [];
    this.#changed();
  }

  /** The next page of older articles. */
  async more() {
    const query = new URLSearchParams(this.#query);
    query.set("view", "brief");
    query.set("limit", String(PAGE));
    if (this.#sort) query.set("sort", this.#sort);
    query.set("cursor", this.next);
    const list = /** @type {ArticleList} */ (await get("/v1/articles", query, this.#running?.signal));
    const known = new Set(this.articles.map((one) => one.article_id));
    this.articles.push(...list.articles.filter((one) => !known.has(one.article_id)));
    this.next = list.next;
    this.#changed();
  }

  /** @param {AbortSignal} signal */
  async #stream(signal) {
    const watched = new AbortController();
    signal.addEventListener("abort", () => watched.abort(), { signal: watched.signal });
    const query = new URLSearchParams(this.#query);
    query.set("view", "brief");
    /** @type {number | undefined} */
    let timer;
    const contact = () => {
      this.lastContact = Date.now();
      clearTimeout(timer);
      timer = setTimeout(() => watched.abort(), SILENCE);
    };
    try {
      contact();
      const response = await request(`/v1/stream?${query}`, { signal: watched.signal, headers: { "last-event-id": this.#position } });
      if (!response.body) throw new Error("the stream has no body");
      this.#set("live");
      for await (const { name, data, id } of messages(response.body)) {
        if (signal.aborted) return;
        contact();
        this.#backoff = 500;
        if (id) this.#position = id;
        if (name === "lagged") {
          this.lag = { missed: JSON.parse(data).missed, at: Date.now() };
          this.#position = "";
          await this.#list(signal);
          this.#set("live");
          return;
        }
        if (data && !name) this.#take(JSON.parse(data));
      }
    } finally {
      clearTimeout(timer);
      watched.abort();
    }
  }

  /** Holds records back, for a reader who has paused. @param {boolean} held */
  hold(held) {
    this.held = held;
    if (held) return;
    for (const record of this.waiting.splice(0)) this.#apply(record);
    this.#changed();
  }

  /** @param {StreamRecord} record */
  #take(record) {
    if (!this.held) {
      this.#apply(record);
    } else {
      this.waiting.push(record);
      // The gateway still has those that are dropped here.
      if (this.waiting.length > MOST) this.waiting.shift();
    }
    this.#changed();
  }

  /** @param {StreamRecord} record */
  #apply(record) {
    const id = record.article_id;
    const at = this.articles.findIndex((one) => one.article_id === id);
    const old = this.articles[at];
    if (old && (old.revision > record.revision || (old.revision === record.revision && "enrichment" in record && old.enrichment > record.enrichment))) return;
    if (!("title" in record) || record.change === "WITHDRAWN") {
      if (old) this.#withdraw(id);
      return;
    }
    if (old) this.articles.splice(at, 1);
    this.withdrawn.delete(id);
    // In a list by salience a new article has no place yet: the reader asks for the list again.
    if (this.#sort && !old) return this.#arrived(id);
    const time = timeOf(record);
    const place = this.#sort ? at : this.articles.findIndex((one) => timeOf(one) < time);
    // Older than what is shown: it comes with its page.
    if (place < 0 && this.next) return;
    this.articles.splice(place < 0 ? this.articles.length : place, 0, record);
    this.#arrived(id);
    if (this.articles.length > MOST) {
      this.articles.length = MOST - PAGE;
      this.next = "";
    }
  }

  /** @param {string} id */
  #arrived(id) {
    this.fresh.add(id);
    // A view without a list draws none of them.
    if (this.fresh.size > MOST) for (const first of this.fresh) return void this.fresh.delete(first);
  }

  /** @param {string} id */
  #withdraw(id) {
    this.withdrawn.add(id);
    setTimeout(() => {
      if (!this.withdrawn.delete(id)) return;
      this.articles = this.articles.filter((one) => one.article_id !== id);
      this.#changed();
    }, FAREWELL);
  }

  /** @param {Live["state"]} state */
  #set(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  #changed() {
    this.dispatchEvent(new Event("articles"));
  }
}

/** @param {number} ms @param {AbortSignal} signal @returns {Promise<void>} */
function pause(ms, signal) {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      globalThis.removeEventListener("online", done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    globalThis.addEventListener("online", done);
    signal.addEventListener("abort", done, { once: true });
  });
}
