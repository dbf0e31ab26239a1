// An article in the wire. What publishers write becomes text nodes.

import { get } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { ago, clock, countryName, full, known, languageName, link, millis, typeName } from "../lib/format.js";
import { timeOf } from "../lib/live.js";
import { countryAddress, entityAddress, withFilters } from "../lib/url.js";
import { explained, marked } from "./marks.js";

const MOST_NAMES = 7;

/** @param {Article} article @param {boolean} fresh */
export function card(article, fresh) {
  const time = timeOf(article);
  const lang = known(article.language) ? article.language : null;
  const url = link(article.url);
  const title = article.title ? marked(article, "title") : ["Untitled"];
  const heading = h("h3", { id: `t-${article.article_id}`, dir: "auto", lang, tabindex: url ? null : "-1" },
    ...(url ? [h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, ...title)] : title));
  const node = h("li", { class: fresh ? "item fresh" : "item", "data-id": article.article_id },
    h("article", { "aria-labelledby": `t-${article.article_id}` },
      h("p", { class: "when" }, time ? h("time", { datetime: new Date(time).toISOString(), title: full(time) }, clock(time), h("span", { class: "age" }, ago(time))) : "no date"),
      h("div", { class: "what" },
        source(article), heading,
        article.summary && article.summary !== article.title && h("p", { class: "summary", dir: "auto", lang }, ...marked(article, "summary")),
        tags(article),
        article.revision > 1 && earlier(article))));
  return node;
}

/** @param {Article} article */
function source(article) {
  const name = article.publisher_name || article.publisher_domain || "Unknown publisher";
  return h("p", { class: "source" },
    article.publisher_domain ? h("a", { class: "publisher", dir: "auto", href: withFilters({ publisher: [article.publisher_domain] }) }, name) : h("span", { class: "publisher", dir: "auto" }, name),
    article.publisher_country && h("span", { class: "seat", title: `Published in ${countryName(article.publisher_country)}` }, article.publisher_country),
    known(article.language) && article.language !== "en" && h("span", {}, languageName(article.language)),
    article.backfill && h("span", { title: "It was old when its feed was first read" }, "backfilled"),
    article.change === "UPDATED" && h("span", { class: "flag" }, "updated"),
    article.change === "REENRICHED" && h("span", { class: "flag quiet", title: "Names and countries were found again by a newer version" }, "names revised"));
}

/** @param {Article} article */
function tags(article) {
  const countries = [...article.countries].sort((a, b) => Number(b.role === "FOCUS") - Number(a.role === "FOCUS") || b.salience - a.salience);
  // A country's tag stands for its name in any language.
  const places = new Set(countries.flatMap((one) => [one.name, ...one.evidence.filter(({ kind }) => kind === "NAME").map(({ text }) => text)]));
  const names = article.entities.filter((one) => !(["GPE", "LOC"].includes(one.type) && places.has(one.name)) && one.type !== "NORP")
    .sort((a, b) => b.salience - a.salience);
  if (!countries.length && !names.length) return null;
  const items = [
    ...countries.map((country) => {
      const focus = country.role === "FOCUS";
      const name = countryName(country.code, country.name);
      const tag = h("a", { class: focus ? "tag country focus" : "tag country mention", href: countryAddress(country.code), "data-why": true, "data-country": country.code },
        h("b", {}, country.code), ` ${name}`, h("span", { class: "unseen" }, focus ? ", in focus" : ", mentioned"));
      explained.set(tag, { article, meanings: [{ country }] });
      return tag;
    }),
    ...names.slice(0, MOST_NAMES).map((entity) => {
      const tag = h("a", { class: `tag name ${entity.type.toLowerCase()}`, dir: "auto", href: entityAddress(entity.key), "data-why": true },
        entity.name, h("span", { class: "unseen" }, `, ${typeName(entity.type)}`));
      explained.set(tag, { article, meanings: [{ entity }] });
      return tag;
    }),
  ].map((tag) => h("li", {}, tag));
  const rest = names.length - MOST_NAMES;
  return h("ul", { class: "tags", "aria-label": "Countries and names" }, ...items, rest > 0 && h("li", { class: "rest" }, `and ${rest} more`));
}

/** The titles of earlier revisions, loaded when opened. @param {Article} article */
function earlier(article) {
  const list = h("ol", {});
  const details = h("details", { class: "earlier" }, h("summary", {}, `Revision ${article.revision}: earlier titles`), list);
  details.addEventListener("toggle", async () => {
    if (!details.open || list.childElementCount) return;
    try {
      const { revisions } = /** @type {{ revisions: Revision[] }} */ (await get(`/v1/articles/${encodeURIComponent(article.article_id)}/revisions`));
      const before = revisions.filter((one) => one.revision < article.revision);
      list.replaceChildren(...before.reverse().map((one) =>
        h("li", { dir: "auto" }, h("span", { class: "kind" }, `${one.revision}, ${clock(millis(one.at))}`), one.title || "Untitled")));
      if (!before.length) list.append(h("li", {}, "Published before this gateway’s window began."));
    } catch (error) {
      list.replaceChildren(h("li", {}, `Not available: ${/** @type {Error} */ (error).message}`));
    }
  });
  return details;
}

/** Updates the relative times under a node. @param {ParentNode} node */
export function age(node) {
  for (const time of node.querySelectorAll("time")) {
    const relative = time.querySelector(".age");
    if (relative) relative.textContent = ago(Date.parse(time.dateTime));
  }
}
