// Shows why an article has a name or a country: on hover, on focus and on tap.

import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { countryName, typeName } from "../lib/format.js";
import { countryAddress, entityAddress } from "../lib/url.js";
import { explained, isAt } from "./marks.js";

/** @type {Record<string, string>} */
const KINDS = { NAME: "name", DEMONYM: "people", CITY: "city", SUBDIVISION: "region", CAPITAL: "capital", ORG: "organisation", PERSON: "person" };
const MOST = 6;
/** Code points on each side of the evidence. */
const AROUND = 42;

const panel = h("div", { class: "evidence", id: "evidence", role: "group", "aria-label": "Evidence", hidden: true });
/** @type {Element | null} */
let shown = null;
let pinned = false;
/** @type {number | undefined} */
let leaving;

/** Whether the panel is open: the list should not move now. */
export const isOpen = () => shown !== null && shown.isConnected;

/** @param {Article} article @param {Span} span */
function quote(article, { field, start, end, text }) {
  const points = [...String(article[/** @type {"title"} */ (field)] ?? "")];
  if (!isAt(points, { field, start, end, text })) return h("q", {}, h("mark", {}, text));
  const from = Math.max(0, start - AROUND);
  const to = Math.min(points.length, end + AROUND);
  const flat = (/** @type {string[]} */ part) => part.join("").replace(/\s+/g, " ");
  return h("q", {}, (from > 0 ? "…" : "") + flat(points.slice(from, start)), h("mark", {}, text), flat(points.slice(end, to)) + (to < points.length ? "…" : ""));
}

/** @param {Article} article @param {string} label @param {Span[]} spans */
function quotes(article, label, spans) {
  return spans.slice(0, MOST).map((span) =>
    h("li", { dir: "auto" }, h("span", { class: "kind" }, `${label || KINDS[/** @type {Evidence} */ (span).kind] || "name"} in ${span.field}`), quote(article, span)));
}

/** @param {Article} article @param {import("./marks.js").Meaning} meaning @param {boolean} brief without quotes, which another meaning has */
function explain(article, { country, entity }, brief) {
  const percent = (/** @type {number} */ salience) => `${Math.round(salience * 100)} % salience`;
  if (country) {
    return h("section", {},
      h("p", { class: "head" }, h("strong", {}, countryName(country.code, country.name)), ` ${country.role === "FOCUS" ? "in focus" : "mentioned"} · ${percent(country.salience)}`),
      h("ul", {}, ...quotes(article, "", country.evidence)),
      h("p", { class: "act" }, h("a", { href: countryAddress(country.code) }, "Filter by country")));
  }
  if (!entity) return null;
  return h("section", {},
    h("p", { class: "head" }, h("strong", { dir: "auto" }, entity.name), ` ${typeName(entity.type)} · ${percent(entity.salience)}`),
    !brief && h("ul", {}, ...quotes(article, "mention", entity.mentions)),
    h("p", { class: "act" }, h("a", { href: entityAddress(entity.key) }, "Open its page")));
}

/** @param {Article} article @param {import("./marks.js").Meaning[]} meanings */
function draw(article, meanings) {
  const place = meanings.some((one) => one.country);
  panel.replaceChildren(...meanings.map((one) => explain(article, one, place)).filter((one) => one !== null));
  if (article.body !== undefined) return;
  const all = h("button", { type: "button", class: "plain" }, "Evidence in the whole text");
  all.addEventListener("click", async () => {
    all.disabled = true;
    try {
      const whole = /** @type {Article} */ (await get(`/v1/articles/${encodeURIComponent(article.article_id)}`));
      draw(whole, meanings.map(({ country, entity }) => ({
        country: country && whole.countries.find((one) => one.code === country.code),
        entity: entity && whole.entities.find((one) => one.name === entity.name && one.type === entity.type),
      })).map((one, at) => (one.entity && meanings[at].entity ? { entity: { ...one.entity, key: meanings[at].entity.key } } : one)));
    } catch (error) {
      all.textContent = `Not available: ${/** @type {Error} */ (error).message}`;
    }
  });
  panel.append(all);
}

/** @param {Element} node */
function place(node) {
  const box = node.getBoundingClientRect();
  const { offsetWidth: width, offsetHeight: height } = panel;
  const left = Math.max(8, Math.min(box.left, document.documentElement.clientWidth - width - 8));
  const below = box.bottom + 6;
  const top = below + height > innerHeight - 8 && box.top - height - 6 > 8 ? box.top - height - 6 : below;
  panel.style.left = `${left}px`;
  panel.style.top = `${top}px`;
}

/** @param {Element} node @param {boolean} pin */
function open(node, pin) {
  const found = explained.get(node);
  if (!found) return;
  clearTimeout(leaving);
  pinned = pin;
  if (shown === node && !panel.hidden) return;
  close();
  pinned = pin;
  shown = node;
  draw(found.article, found.meanings);
  // Next to the tag in the document, so that Tab leads from the tag into the panel.
  (node.closest(".tags li") ?? document.body).append(panel);
  panel.hidden = false;
  node.classList.add("shown");
  place(node);
}

export function close() {
  shown?.classList.remove("shown");
  shown = null;
  pinned = false;
  panel.hidden = true;
}

/** Whether it was open. */
export function closeIfOpen() {
  const was = !panel.hidden;
  close();
  return was;
}

/** Listens on the whole document. */
export function watch() {
  /** @param {Event} event */
  const target = (event) => (event.target instanceof Element ? event.target.closest("[data-why]") : null);
  let touch = false;
  document.addEventListener("pointerdown", (event) => {
    touch = event.pointerType === "touch";
    if (event.target instanceof Node && !panel.contains(event.target) && !target(event)) close();
  });
  document.addEventListener("pointerover", (event) => {
    if (event.pointerType === "touch") return;
    const node = target(event);
    if (node && !pinned) open(node, false);
    else if (event.target instanceof Node && panel.contains(event.target)) clearTimeout(leaving);
    else if (!pinned && shown) {
      clearTimeout(leaving);
      leaving = setTimeout(() => !pinned && close(), 250);
    }
  });
  document.addEventListener("focusin", (event) => {
    const node = target(event);
    if (node && node.matches(":focus-visible")) open(node, true);
    else if (shown && event.target instanceof Node && !panel.contains(event.target)) close();
  });
  // A tap shows the evidence first; the panel has the link.
  document.addEventListener("click", (event) => {
    const node = target(event);
    if (!node) return;
    if (!touch) return void (node.matches("a") && close());
    event.preventDefault();
    event.stopImmediatePropagation();
    open(node, true);
  }, true);
  addEventListener("scroll", () => {
    if (!shown) return;
    if (shown.isConnected) place(shown);
    else close();
  }, { passive: true });
}
