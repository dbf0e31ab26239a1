// Draws the articles of a Live. Cards that stay keep their focus and open details.

import { h } from "../lib/dom.js";
import { clock, count, day } from "../lib/format.js";
import { timeOf } from "../lib/live.js";
import { age, card } from "./card.js";
import { close, isOpen } from "./evidence.js";
import { failed, nothing, skeleton } from "./notices.js";

/** @typedef {import("../lib/live.js").Live} Live */

/**
 * @param {Live} live
 * @param {{ empty: () => [string, string], label: string }} options
 */
export function articleList(live, { empty, label }) {
  const list = h("ol", { class: "articles", id: "articles", "aria-label": label, tabindex: "-1" });
  const notice = h("div", { class: "notice-place" });
  const more = h("button", { type: "button", class: "more", hidden: true }, "Older articles");
  const node = h("div", { class: "list" }, notice, list, more);
  /** @type {Map<string, { article: Article, node: HTMLElement }>} */
  const cards = new Map();
  let scheduled = false;
  let lastDraw = 0;
  let generation = "";
  /** True until the articles of another generation are drawn. */
  let isOther = false;

  /** At most five redraws a second, however many records arrive. */
  function draw() {
    if (scheduled) return;
    scheduled = true;
    setTimeout(() => requestAnimationFrame(() => {
      scheduled = false;
      lastDraw = performance.now();
      // The list does not move under a reader who looks at evidence, unless it is another list: the pointer may rest on a tag.
      if (isOpen() && !isOther) return void setTimeout(draw, 500);
      if (isOther) close();
      isOther &&= !live.loaded;
      drawNow();
    }), Math.max(0, lastDraw + 200 - performance.now()));
  }

  function drawNow() {
    notice.replaceChildren();
    if (live.error && !live.articles.length) notice.append(failed(live.error, () => live.restart()));
    else if (!live.loaded && !live.articles.length) notice.append(skeleton());
    else if (!live.articles.length) notice.append(nothing(...empty()));
    list.setAttribute("aria-busy", String(!live.loaded));
    const wanted = new Set(live.articles.map((one) => one.article_id));
    for (const [id, known] of cards) {
      if (wanted.has(id)) continue;
      known.node.remove();
      cards.delete(id);
    }
    const hours = new Map([...list.querySelectorAll(".hour")].map((one) => [/** @type {HTMLElement} */ (one).dataset.hour, one]));
    /** @type {Element | null} */
    let after = null;
    /** @param {Element} one */
    const put = (one) => {
      const next = after ? after.nextElementSibling : list.firstElementChild;
      if (one !== next) list.insertBefore(one, next);
      after = one;
    };
    let hour = "";
    for (const article of live.articles) {
      const at = timeOf(article);
      const key = String(Math.floor(at / 3_600_000));
      // Articles by salience are not in order of time.
      if (key !== hour && at && !list.classList.contains("salient")) {
        hour = key;
        put(hours.get(key) ?? hourMark(at, key));
        hours.delete(key);
      }
      let known = cards.get(article.article_id);
      if (known?.article !== article) {
        known?.node.remove();
        known = { article, node: card(article, live.fresh.delete(article.article_id)) };
        cards.set(article.article_id, known);
      }
      const gone = live.withdrawn.has(article.article_id);
      if (gone && !known.node.classList.contains("withdrawn")) {
        known.node.classList.add("withdrawn");
        known.node.querySelector(".source")?.append(h("span", { class: "flag" }, "withdrawn"));
      }
      put(known.node);
    }
    for (const left of hours.values()) left.remove();
    more.hidden = !live.next;
  }

  more.addEventListener("click", async () => {
    more.disabled = true;
    more.textContent = "Loading";
    try {
      await live.more();
      more.textContent = "Older articles";
    } catch {
      more.textContent = "Not loaded. Try again";
    }
    more.disabled = false;
  });
  live.addEventListener("articles", draw);
  const timer = setInterval(() => age(list), 10_000);
  drawNow();
  return {
    node,
    /** Starts with empty cards if what is listed has another meaning. @param {string} what @param {boolean} salient */
    update(what, salient) {
      list.classList.toggle("salient", salient);
      if (what === generation) return;
      generation = what;
      isOther = true;
      cards.clear();
      list.replaceChildren();
      draw();
    },
    stop() {
      clearInterval(timer);
      live.removeEventListener("articles", draw);
    },
  };
}

/** @param {number} time @param {string} key */
function hourMark(time, key) {
  const start = Math.floor(time / 3_600_000) * 3_600_000;
  return h("li", { class: "hour", "data-hour": key }, h("span", {}, clock(start)), h("span", {}, day(start)));
}

/** @param {number} n */
export const articles = (n) => count(n, "article");
