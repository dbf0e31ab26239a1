// The frame: address, views, keyboard, connection, theme, token.

import { access, get, hasToken, poll, setToken } from "./lib/api.js";
import { $, redraw } from "./lib/dom.js";
import { clock, count, number } from "./lib/format.js";
import { Live } from "./lib/live.js";
import { apiQuery, current, filtered, noFilters, read, write } from "./lib/url.js";
import { spark } from "./parts/charts.js";
import { closeIfOpen, watch } from "./parts/evidence.js";
import { filterBar } from "./parts/filters.js";
import { coverage } from "./views/coverage.js";
import { entity } from "./views/entity.js";
import { feeds } from "./views/feeds.js";
import { map } from "./views/map.js";
import { rising } from "./views/rising.js";
import { wire } from "./views/wire.js";

/** @type {Record<string, (context: Context) => View>} */
const VIEWS = { wire, map, rising, entity, coverage, feeds };
const ORDER = ["wire", "map", "rising", "coverage", "feeds"];
/** @type {Record<string, string>} */
const TITLES = { wire: "newswire", map: "Map · newswire", rising: "Rising · newswire", entity: "newswire", coverage: "Coverage · newswire", feeds: "Feeds · newswire" };
/** How long a strip about missed records stays. Milliseconds. */
const LAG_SHOWN = 12_000;

const live = new Live();
/** @type {View | undefined} */
let view;
let viewName = "";
let followed = "";
/** @type {Pulse | undefined} */
let lastPulse;

/** Goes to a changed state. @param {Partial<State>} change */
function go(change) {
  const next = { ...current.now, ...change };
  // An option belongs to its view.
  if (change.view && change.view !== current.now.view) Object.assign(next, { key: "", by: "", sort: "", status: "" }, change);
  visit(write(next));
}

/** @param {string} address */
function visit(address) {
  if (address !== location.pathname + location.search) history.pushState(null, "", address);
  apply();
}

const filters = filterBar({ go, place: $("filters") });

/** Draws what the address says. */
function apply() {
  const state = (current.now = read(location.search));
  closeIfOpen();
  if (state.view !== viewName) {
    view?.stop();
    view = VIEWS[state.view]({ go, live });
    viewName = state.view;
    document.title = TITLES[viewName];
    $("view").replaceChildren(view.node);
    scrollTo(0, 0);
    if (lastPulse) view.pulse?.(lastPulse);
  }
  for (const link of $("views").querySelectorAll("a")) {
    const name = link.dataset.view ?? "";
    link.href = write({ view: name, key: "", by: "", sort: "", status: "", filters: state.filters });
    if (name === state.view) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  filters.update(state);
  const query = apiQuery(state.filters);
  if (state.view === "entity") query.append("entity", state.key);
  const sort = state.view === "wire" && state.sort === "salient" ? "salient" : "";
  const what = JSON.stringify([state.filters, state.view === "entity" && state.key, sort]);
  if (what !== followed) {
    followed = what;
    live.follow(query, sort);
  }
  view?.update(state);
}

/** Links of the page change the view without loading it again. */
document.addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a") : null;
  if (!link || link.target || event.button || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
  if (link.origin !== location.origin || link.pathname !== "/" || link.hash) return;
  event.preventDefault();
  visit(link.pathname + link.search);
});
addEventListener("popstate", apply);

// The connection.

const CONNECTION = { connecting: "Connecting", live: "Live", waiting: "Reconnecting", denied: "No access" };
function connection() {
  const lagging = live.lag !== null && Date.now() - live.lag.at < LAG_SHOWN;
  const state = live.state === "waiting" && !navigator.onLine ? "offline" : live.state;
  $("connection").dataset.state = state;
  const text = state === "offline" ? "Offline" : live.held && state === "live" ? "Paused" : CONNECTION[live.state];
  if ($("connection-text").textContent !== text) $("connection-text").textContent = text;
  let strip = "";
  if (state === "offline" || state === "waiting") {
    strip = `${state === "offline" ? "This computer is offline" : "The gateway cannot be reached"}.${live.lastContact && live.loaded ? ` What is shown is from ${clock(live.lastContact)}.` : ""} It reconnects automatically and misses nothing.`;
  } else if (lagging && live.lag) {
    strip = `${live.lag.missed === null ? "Some records were" : count(live.lag.missed, "record was", "records were")} missed, because this page could not keep up. The list was loaded again.`;
  }
  // A short break is not worth a strip.
  const late = state === "waiting" && Date.now() - live.lastContact < 1500;
  $("strip").hidden = !strip || late;
  if ($("strip").textContent !== strip) $("strip").textContent = strip;
}
live.addEventListener("state", connection);
for (const name of ["online", "offline"]) addEventListener(name, connection);
setInterval(connection, 2000);

let announced = "";
live.addEventListener("articles", () => {
  // Screen readers announce the reader's own changes, not each article that arrives.
  if (!live.loaded || announced === followed) return;
  announced = followed;
  $("announcement").textContent = filtered(current.now.filters) ? `${live.next ? "More than " : ""}${count(live.articles.length, "article")} match` : "";
});

const pulse = poll(10, async (signal) => {
  const answer = /** @type {Pulse} */ (await get("/v1/pulse", {}, signal));
  lastPulse = answer;
  const { counts } = answer.minutes;
  // The current minute is not over.
  const last = counts.slice(-6, -1);
  const rate = last.reduce((sum, n) => sum + n, 0) / Math.max(1, last.length);
  $("rate").textContent = rate >= 10 || rate === 0 ? number(Math.round(rate)) : rate.toFixed(1);
  redraw($("pulse-line"), counts, () => [spark(counts.slice(0, -1), { label: "Articles in each of the last 60 minutes", recent: 5, height: 26 })]);
  view?.pulse?.(answer);
});

// Pause, theme, help, token.

function pause() {
  live.hold(!live.held);
  $("pause").setAttribute("aria-pressed", String(live.held));
  $("pause").textContent = live.held ? "Resume" : "Pause";
  connection();
}
$("pause").addEventListener("click", pause);

const THEMES = ["auto", "light", "dark"];
function theme(step = 0) {
  const root = document.documentElement;
  const next = THEMES[(THEMES.indexOf(root.dataset.theme ?? "auto") + step) % THEMES.length];
  if (next === "auto") delete root.dataset.theme;
  else root.dataset.theme = next;
  localStorage.setItem("newswire-theme", next);
  $("theme").textContent = `◐ ${next[0].toUpperCase()}${next.slice(1)}`;
}
$("theme").addEventListener("click", () => theme(1));

const help = /** @type {HTMLDialogElement} */ ($("help"));
$("keys").addEventListener("click", () => help.showModal());

const dialog = /** @type {HTMLDialogElement} */ ($("access"));
access.addEventListener("denied", () => {
  if (dialog.open) return;
  $("access-error").hidden = !hasToken();
  dialog.showModal();
});
$("access-form").addEventListener("submit", () => {
  setToken(/** @type {HTMLInputElement} */ ($("token")).value.trim());
  /** @type {HTMLInputElement} */ ($("token")).value = "";
  start();
});
dialog.addEventListener("cancel", (event) => event.preventDefault());

// Keyboard.

/** Focus on the next or previous article. @param {1 | -1} step */
function move(step) {
  const cards = [...document.querySelectorAll("#articles .item")];
  const at = cards.findIndex((one) => one.contains(document.activeElement));
  const next = cards[at < 0 ? (step > 0 ? 0 : -1) : at + step];
  const target = /** @type {HTMLElement | null | undefined} */ (next?.querySelector("h3 a") ?? next?.querySelector("h3"));
  target?.focus();
  next?.scrollIntoView({ block: "nearest" });
}

function escape() {
  if (closeIfOpen()) return;
  if (document.activeElement?.id === "text") {
    const search = /** @type {HTMLInputElement} */ (document.activeElement);
    search.blur();
    search.value = "";
    if (current.now.filters.q) go({ filters: { ...current.now.filters, q: "" } });
  } else if (filtered(current.now.filters)) go({ filters: noFilters() });
}

/** @type {Record<string, () => void>} */
const KEYS = {
  "/": () => filters.focus(), j: () => move(1), k: () => move(-1), p: pause, t: () => theme(1), "?": () => help.showModal(), Escape: escape,
};
ORDER.forEach((name, at) => (KEYS[String(at + 1)] = () => go({ view: name })));
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target instanceof Element && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (typing && event.key !== "Escape") return;
  const action = KEYS[event.key];
  if (!action) return;
  event.preventDefault();
  action();
});

function start() {
  followed = "";
  viewName = "";
  apply();
  pulse.now();
  filters.reload();
}

// "The last six hours" move on.
setInterval(() => {
  if (!current.now.filters.ago) return;
  followed = "";
  apply();
}, 300_000);

watch();
theme();
start();
