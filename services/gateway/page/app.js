// Connects the stream, the model and the document.

import { ago, card, element } from "./card.js";
import { connect } from "./connection.js";
import { Articles, matches } from "./model.js";

const PAGE_SIZE = 60;
const MAX_FACETS = 24;
const MAX_HELD = 1000;
const STATES = { connecting: "Connecting", live: "Live", waiting: "Reconnecting" };

const $ = (id) => document.getElementById(id);
const articles = new Articles();
const filter = { country: "", language: "", words: [] };
let limit = PAGE_SIZE;
let paused = false;
let loaded = false;
const held = [];
const fresh = new Set();
const cards = new Map();
let scheduled = false;
let lastDraw = 0;

/** Schedules a redraw: at most five a second, however many records arrive. */
function draw() {
  if (scheduled) return;
  scheduled = true;
  setTimeout(() => {
    // A hidden tab gets no animation frames; it is drawn when it becomes visible.
    requestAnimationFrame(() => {
      scheduled = false;
      lastDraw = performance.now();
      drawNow();
    });
  }, Math.max(0, lastDraw + 200 - performance.now()));
}

function drawNow() {
  const found = articles.matching(filter);
  const shown = found.slice(0, limit);
  drawList(shown);
  drawFacets();
  drawLanguages();
  $("count").textContent = articles.sorted.length.toLocaleString();
  $("rate").textContent = articles.rate().toLocaleString();
  $("more").hidden = found.length <= limit;
  $("waiting").hidden = !held.length;
  $("waiting").textContent = `Show ${held.length} new ${held.length === 1 ? "article" : "articles"}`;
  const filtered = filter.country || filter.language || filter.words.length;
  $("shown").textContent = filtered ? `${found.length.toLocaleString()} of ${articles.sorted.length.toLocaleString()} articles` : "";
  $("empty").hidden = found.length > 0 || !loaded;
  $("empty-title").textContent = filtered ? "Nothing matches" : "No articles yet";
  $("empty-text").textContent = filtered
    ? "New articles that match appear here as they arrive." : "They appear here as soon as the first feed has been read.";
  drawActive();
}

/** Reuses the cards that stay, which keeps focus and open explanations. */
function drawList(shown) {
  const list = $("articles");
  const wanted = new Set(shown.map((article) => article.article_id));
  for (const [id, { node }] of cards) {
    if (wanted.has(id)) continue;
    node.remove();
    cards.delete(id);
  }
  let after = null;
  for (const article of shown) {
    let known = cards.get(article.article_id);
    if (known?.article !== article) {
      known?.node.remove();
      known = { article, node: card(article, { country: filter.country, fresh: fresh.delete(article.article_id) }) };
      cards.set(article.article_id, known);
    }
    const next = after ? after.nextSibling : list.firstChild;
    if (known.node !== next) list.insertBefore(known.node, next);
    after = known.node;
  }
  for (const button of list.querySelectorAll("[data-country]")) {
    button.setAttribute("aria-pressed", String(button.dataset.country === filter.country));
  }
}

let facetsDrawn = "";
function drawFacets() {
  let all = articles.countries(filter);
  const chosen = all.find((one) => one.code === filter.country);
  all = all.slice(0, MAX_FACETS);
  if (chosen && !all.includes(chosen)) all.push(chosen);
  // Redrawing would lose the focus, so an unchanged list is kept.
  const key = JSON.stringify([all, filter.country]);
  if (key === facetsDrawn) return;
  facetsDrawn = key;
  const focused = document.activeElement?.closest?.("#countries [data-country]")?.dataset.country;
  const most = Math.max(1, ...all.map((one) => one.count));
  $("countries").replaceChildren(...all.map((one) => {
    const meter = element("progress", { max: String(most), value: String(one.count), "aria-hidden": "true" });
    return element("li", {}, element("button", {
      type: "button", class: "facet", "data-country": one.code, "aria-pressed": String(one.code === filter.country),
      title: `${one.name}: ${one.focus} in focus, ${one.count} in all`,
    }, element("b", {}, one.code), element("span", { class: "label" }, one.name), element("span", { class: "number" }, String(one.count)), meter));
  }));
  if (focused) $("countries").querySelector(`[data-country="${CSS.escape(focused)}"]`)?.focus();
  $("no-countries").hidden = all.length > 0;
}

let languagesDrawn = "";
const languageNames = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
function languageName(tag) {
  try {
    return tag === "und" ? "Unknown" : languageNames.of(tag);
  } catch {
    return tag;
  }
}

function drawLanguages() {
  const tags = articles.languages();
  if (tags.join() === languagesDrawn) return;
  languagesDrawn = tags.join();
  const select = $("language");
  select.replaceChildren(element("option", { value: "" }, "All languages"),
    ...tags.map((tag) => element("option", { value: tag }, languageName(tag))));
  select.value = filter.language;
}

function drawActive() {
  const country = articles.countries({ ...filter, words: [], language: "" }).find((one) => one.code === filter.country);
  const chips = [];
  const chip = (text, key) => chips.push(element("button", { type: "button", "data-clear": key, "aria-label": `Remove filter ${text}` }, `${text} ×`));
  if (filter.country) chip(country?.name ?? filter.country, "country");
  if (filter.language) chip(languageName(filter.language), "language");
  if (filter.words.length) chip(`“${filter.words.join(" ")}”`, "text");
  const active = $("active");
  if (active.textContent !== chips.map((one) => one.textContent).join("")) active.replaceChildren(...chips);
}

function choose(change) {
  Object.assign(filter, change);
  limit = PAGE_SIZE;
  draw();
  // Screen readers announce the reader's own changes, not each article that arrives.
  $("announcement").textContent = `${articles.matching(filter).length} of ${articles.sorted.length} articles`;
}

function search(text) {
  $("text").value = text;
  choose({ words: text.toLowerCase().split(/\s+/).filter(Boolean) });
}

function apply(article) {
  const isNew = !articles.byId.has(article.article_id);
  if (articles.apply(article, true)) {
    if (isNew && matches(article, filter)) fresh.add(article.article_id);
    draw();
  }
}

function setPaused(now) {
  paused = now;
  $("pause").setAttribute("aria-pressed", String(paused));
  $("pause").textContent = paused ? "Resume" : "Pause";
  if (!paused) held.splice(0).forEach(apply);
  draw();
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-country], [data-name], [data-clear]");
  if (!target) return;
  const { country, name, clear } = target.dataset;
  if (country) choose({ country: filter.country === country ? "" : country });
  else if (name) search(name);
  else if (clear === "text") search("");
  else if (clear) {
    if (clear === "language") $("language").value = "";
    choose({ [clear]: "" });
  }
});
$("filters").addEventListener("submit", (event) => event.preventDefault());
$("text").addEventListener("input", (event) => search(event.target.value));
$("language").addEventListener("change", (event) => choose({ language: event.target.value }));
$("pause").addEventListener("click", () => setPaused(!paused));
$("waiting").addEventListener("click", () => setPaused(false));
$("more").addEventListener("click", () => {
  limit += PAGE_SIZE;
  draw();
});
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === "Escape" && typing) {
    search("");
    event.target.blur();
  } else if (event.key === "/" && !typing) {
    event.preventDefault();
    $("text").focus();
  }
});

connect({
  list(list, all) {
    loaded = true;
    articles.reset(list, all);
    draw();
  },
  article(article) {
    // The held articles are bounded; the gateway still has those that are dropped.
    if (!paused) apply(article);
    else if (held.push(article) > MAX_HELD) held.shift();
    draw();
  },
  state(state) {
    $("connection").dataset.state = state;
    $("connection-text").textContent = STATES[state];
  },
});

setInterval(() => {
  $("rate").textContent = articles.rate().toLocaleString();
  for (const time of document.querySelectorAll("#articles time")) time.textContent = ago(Date.parse(time.dateTime));
}, 10_000);
