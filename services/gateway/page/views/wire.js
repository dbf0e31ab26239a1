// The live wire, with what it is about at its side.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { count, number } from "../lib/format.js";
import { apiQuery, current, filtered, withFilters } from "../lib/url.js";
import { articleList } from "../parts/list.js";
import { countryRanking, trendRanking } from "../parts/rankings.js";
import { refreshNotice } from "../parts/notices.js";
import { worldmap } from "../parts/worldmap.js";

/** @param {Context} context @returns {View} */
export function wire({ go, live }) {
  const list = articleList(live, {
    label: "Articles",
    empty: () => (filtered(current.now.filters)
      ? ["Nothing matches", "New articles that match appear here as they arrive."]
      : ["No articles yet", "They appear here as soon as the first feed has been read."]),
  });
  const total = h("p", { class: "total" });
  const sort = h("div", { class: "switch", role: "group", "aria-label": "Order" });
  const waiting = h("button", { type: "button", class: "waiting", hidden: true });
  const stale = refreshNotice();
  const countries = h("div", {});
  const rising = h("div", {});
  const map = worldmap({ small: true, label: "Articles by country", choose: (code) => go({ filters: { ...current.now.filters, country: [code], role: "" } }) });
  const node = h("div", { class: "view wire" },
    h("section", { class: "column", "aria-labelledby": "wire-title" },
      h("div", { class: "view-head" }, h("h2", { id: "wire-title" }, "Wire"), total, h("span", { class: "push" }), sort),
      waiting, list.node),
    h("aside", { "aria-label": "What the articles are about" }, stale.node,
      h("section", { class: "panel world-panel" }, h("h2", {}, h("a", { href: withFilters({}, { view: "map" }) }, "World")), map.node),
      h("section", { class: "panel" }, h("h2", {}, "Countries"), h("p", { class: "key" }, h("i", { class: "swatch focus" }), "in focus", h("i", { class: "swatch mention" }), "mentioned"), countries),
      h("section", { class: "panel" }, h("h2", {}, h("a", { href: "/?view=rising" }, "Rising")), rising)));

  let shown = "";
  const side = poll(12, async (signal) => {
    const answer = /** @type {CountryCounts} */ (await get("/v1/countries", apiQuery(current.now.filters), signal));
    total.textContent = count(answer.articles, "article");
    map.draw(new Map(answer.countries.map((one) => [one.code, { n: one.articles, text: count(one.articles, "article") }])), { chosen: current.now.filters.country });
    const top = answer.countries.slice(0, 16);
    redraw(countries, [top, current.now.filters], () => [top.length ? countryRanking(top) : h("p", { class: "quiet" }, "None yet.")]);
  }, stale.set);
  const trends = poll(30, async (signal) => {
    const query = { of: "entity", limit: "9" };
    let answer = /** @type {Trends} */ (await get("/v1/trends", { ...query, sort: "rising" }, signal));
    const isRising = answer.trends.length > 0;
    if (!isRising) answer = /** @type {Trends} */ (await get("/v1/trends", { ...query, sort: "count" }, signal));
    redraw(rising, answer, () => [!isRising && h("p", { class: "quiet" }, answer.trends.length ? "Nothing rises. Most written about:" : "None yet."), trendRanking(answer.trends, { recent: answer.recent, of: "entity" })]);
  });
  const arrived = () => {
    const held = live.held ? live.waiting.length : live.fresh.size;
    waiting.hidden = !(live.held ? held : current.now.sort === "salient" && held);
    waiting.textContent = `Show ${number(held)} new ${held === 1 ? "article" : "articles"}`;
  };
  live.addEventListener("articles", arrived);
  waiting.addEventListener("click", () => {
    if (live.held) document.getElementById("pause")?.click();
    else live.restart();
  });

  return {
    node,
    update(state) {
      const what = JSON.stringify([state.filters, state.sort]);
      redraw(sort, [state.sort, state.filters], () => [["", "Newest"], ["salient", "Most salient"]].map(([value, text]) =>
        h("a", { href: withFilters({}, { sort: value }), "aria-current": state.sort === value ? "true" : null }, text)));
      list.update(what, state.sort === "salient");
      if (what !== shown) side.now();
      if (!shown) trends.now();
      shown = what;
    },
    stop() {
      list.stop();
      side.stop();
      trends.stop();
      live.removeEventListener("articles", arrived);
    },
  };
}
