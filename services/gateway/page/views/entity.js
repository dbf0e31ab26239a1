// A person, organisation, place or event: its articles, and what stands with it.

import { get, poll, Refused } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { compact, count, countryName, millis, number, typeName } from "../lib/format.js";
import { apiQuery, current, entityAddress, withFilters } from "../lib/url.js";
import { bars, meter } from "../parts/charts.js";
import { articleList } from "../parts/list.js";
import { nothing, refreshNotice, skeleton } from "../parts/notices.js";
import { countryRanking } from "../parts/rankings.js";

/** @param {Context} context @returns {View} */
export function entity({ live }) {
  const list = articleList(live, { label: "Articles", empty: () => ["No articles", "No article in the window has this name and matches the filters."] });
  const head = h("header", { class: "entity-head" }, skeleton());
  const side = h("aside", { "aria-label": "What stands with it" });
  const stale = refreshNotice();
  const node = h("div", { class: "view entity" }, h("div", { class: "entity-top" }, stale.node, head),
    h("section", { class: "column", "aria-labelledby": "entity-articles" }, h("div", { class: "view-head" }, h("h3", { id: "entity-articles" }, "Articles")), list.node), side);

  const load = poll(20, async (signal) => {
    try {
      const answer = /** @type {EntityPage} */ (await get(`/v1/entities/${encodeURIComponent(current.now.key)}`, apiQuery(current.now.filters), signal));
      document.title = `${answer.entity.name} · newswire`;
      redraw(head, answer, () => header(answer));
      redraw(side, [answer, current.now.filters], () => aside(answer));
    } catch (error) {
      if (!(error instanceof Refused) || error.status !== 404) throw error;
      redraw(head, "none", () => [h("h2", { dir: "auto" }, current.now.key.replace(/^[a-z]+:/, "")), nothing("Not in the window", "No article that matches the filters has this name.")]);
      side.replaceChildren();
    }
  }, stale.set);

  let shown = "";
  return {
    node,
    update(state) {
      const what = JSON.stringify([state.key, state.filters]);
      list.update(what, false);
      if (what !== shown) load.now();
      shown = what;
    },
    stop() {
      list.stop();
      load.stop();
    },
  };
}

/** @param {EntityPage} answer */
function header({ entity, hours }) {
  const ids = [entity.wikidata_id && `Wikidata ${entity.wikidata_id}`, entity.geonames_id && `GeoNames ${entity.geonames_id}`, entity.country && countryName(entity.country)].filter(Boolean);
  return [
    h("div", { class: "entity-name" },
      h("p", { class: "over" }, typeName(entity.type)),
      h("h2", { dir: "auto" }, entity.name),
      h("p", { class: "facts" }, h("span", {}, h("strong", {}, number(entity.articles)), ` ${entity.articles === 1 ? "article" : "articles"}`), h("span", {}, h("strong", {}, number(entity.in_title)), " in the title"), ...ids.map((text) => h("span", {}, text)))),
    bars(hours.counts, { from: millis(hours.from), step: 3_600_000, every: 6, height: 80, label: `Articles an hour: ${hours.counts.join(", ")}` }),
  ];
}

/** @param {EntityPage} answer */
function aside({ entities, countries, publishers }) {
  const most = Math.max(1, ...entities.map((one) => one.articles));
  const named = (/** @type {string} */ title, /** @type {string[]} */ types) => {
    const those = entities.filter((one) => types.includes(one.type));
    return those.length > 0 && h("section", { class: "panel" }, h("h3", {}, title), h("ol", { class: "ranking", "aria-label": title }, ...those.map((one) =>
      h("li", {}, h("a", { href: entityAddress(one.key), title: `Together in ${count(one.articles, "article")}` },
        h("span", { class: "label", dir: "auto" }, one.name), h("span", { class: "number" }, compact(one.articles)), meter(most, ["other", one.articles]))))));
  };
  const top = Math.max(1, ...publishers.map((one) => one.articles));
  return [
    countries.length > 0 && h("section", { class: "panel" }, h("h3", {}, "Countries"), countryRanking(countries.slice(0, 12))),
    named("People", ["PERSON"]), named("Organisations", ["ORG"]), named("Places", ["GPE", "LOC"]), named("Events and groups", ["EVENT", "NORP"]),
    publishers.length > 0 && h("section", { class: "panel" }, h("h3", {}, "Publishers"), h("ol", { class: "ranking", "aria-label": "Publishers" }, ...publishers.map((one) =>
      h("li", {}, h("a", { href: withFilters({ publisher: [one.domain] }) }, h("span", { class: "label", dir: "auto" }, one.name || one.domain), h("span", { class: "number" }, compact(one.articles)), meter(top, ["other", one.articles])))))),
  ];
}
