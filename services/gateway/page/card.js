// An article as an element. Values from publishers are inserted as text, never parsed as HTML.

import { link, snippet } from "./model.js";

/** An element with attributes and children; strings become text. */
export function element(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

const KINDS = {
  NAME: "name", DEMONYM: "people", CITY: "city", SUBDIVISION: "region", CAPITAL: "capital", ORG: "organisation",
  PERSON: "person",
};
const TYPES = { PERSON: "person", ORG: "organisation" };
const MAX_NAMES = 8;
const MAX_EVIDENCE = 6;

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const absolute = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** The relative time, such as `5 min. ago`. */
export function ago(time, now = Date.now()) {
  const seconds = Math.round((time - now) / 1000);
  if (Math.abs(seconds) < 45) return "just now";
  for (const [unit, size] of [["minute", 60], ["hour", 3600], ["day", 86400]]) {
    const count = Math.round(seconds / size);
    if (Math.abs(count) < (unit === "day" ? Infinity : unit === "hour" ? 24 : 60)) return relative.format(count, unit);
  }
  return "";
}

/** The list item of an article. `country` is the chosen filter; `fresh` highlights a new article. */
export function card(article, { country, fresh }) {
  const url = link(article.url) ?? link(article.canonical_url);
  const title = article.title || "Untitled";
  const lang = article.language && article.language !== "und" ? article.language : null;
  const heading = element("h3", { dir: "auto", lang },
    url ? element("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, title) : title);

  const parts = [element("span", { class: "publisher", dir: "auto" }, article.publisher_name || article.publisher_domain || "Unknown publisher")];
  if (article.time) {
    const date = new Date(article.time);
    parts.push(element("time", { datetime: date.toISOString(), title: absolute.format(date) }, ago(article.time)));
  }
  if (lang && lang !== "en") parts.push(element("span", { class: "language" }, article.language));
  if (article.change === "UPDATED") parts.push(element("span", { class: "change" }, "updated"));

  const item = element("article", { "aria-labelledby": `t-${article.article_id}`, class: fresh ? "card fresh" : "card" },
    element("p", { class: "source" }, ...parts), heading);
  heading.id = `t-${article.article_id}`;
  if (article.summary && article.summary !== article.title) {
    item.append(element("p", { class: "summary", dir: "auto", lang }, article.summary));
  }
  if (article.countries.length) item.append(countries(article, country));
  const names = people(article);
  if (names) item.append(names);
  if (article.countries.some((one) => one.evidence.length)) item.append(evidence(article));
  return element("li", { "data-id": article.article_id }, item);
}

function countries(article, chosen) {
  const sorted = [...article.countries].sort((a, b) => (b.role === "FOCUS") - (a.role === "FOCUS") || b.salience - a.salience);
  return element("ul", { class: "chips", "aria-label": "Countries" }, ...sorted.map((one) => {
    const focus = one.role === "FOCUS";
    const why = [...new Set(one.evidence.map((piece) => `${piece.text} (${KINDS[piece.kind] ?? piece.kind.toLowerCase()})`))];
    const title = `${one.name}${focus ? ", in focus" : ", mentioned"}${why.length ? `: ${why.slice(0, MAX_EVIDENCE).join(", ")}` : ""}`;
    return element("li", {}, element("button", {
      type: "button", class: focus ? "country focus" : "country", "data-country": one.code,
      "aria-pressed": String(chosen === one.code), title,
    }, element("b", {}, one.code), ` ${one.name}`, focus ? element("span", { class: "unseen" }, " (in focus)") : null));
  }));
}

function people(article) {
  const shown = article.entities.filter((entity) => entity.type in TYPES).sort((a, b) => b.salience - a.salience);
  if (!shown.length) return null;
  const rest = shown.length - MAX_NAMES;
  return element("ul", { class: "names", "aria-label": "People and organisations" },
    ...shown.slice(0, MAX_NAMES).map((entity) => element("li", {}, element("button", {
      type: "button", dir: "auto", class: `name ${TYPES[entity.type]}`, "data-name": entity.name,
      title: `${TYPES[entity.type]}, ${entity.mentions.length} mention${entity.mentions.length === 1 ? "" : "s"}`,
    }, entity.name))),
    rest > 0 ? element("li", { class: "quiet" }, `and ${rest} more`) : null);
}

function evidence(article) {
  const why = element("details", { class: "why" }, element("summary", {}, "Why these countries"));
  // Filled when it is opened, which is rare.
  why.addEventListener("toggle", () => {
    if (why.childElementCount > 1) return;
    why.append(element("dl", {}, ...article.countries.flatMap((one) => [
      element("dt", {}, element("b", {}, one.code), ` ${one.name}`),
      ...one.evidence.slice(0, MAX_EVIDENCE).map((piece) => {
        const [before, text, after] = snippet(article, piece);
        return element("dd", { dir: "auto" }, element("span", { class: "kind" }, `${KINDS[piece.kind] ?? piece.kind.toLowerCase()} in ${piece.field}`),
          element("q", {}, before, element("mark", {}, text), after));
      }),
      one.evidence.length > MAX_EVIDENCE ? element("dd", { class: "quiet" }, `and ${one.evidence.length - MAX_EVIDENCE} more`) : null,
    ].filter(Boolean))));
  });
  return why;
}
