// The world by coverage, over time, and who writes about whom.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { count, countryName } from "../lib/format.js";
import { apiQuery, current, withFilters } from "../lib/url.js";
import { hoursSlider } from "../parts/hours.js";
import { matrix } from "../parts/matrix.js";
import { nothing, refreshNotice } from "../parts/notices.js";
import { countBy, countryRanking } from "../parts/rankings.js";
import { worldmap } from "../parts/worldmap.js";

const BY = /** @type {const} */ ([["", "All"], ["focus", "In focus"], ["mentioned", "Mentioned"]]);

/** @param {Context} context @returns {View} */
export function map({ go }) {
  const choose = (/** @type {string} */ code) => {
    const { country } = current.now.filters;
    go({ filters: { ...current.now.filters, role: "", country: country.length === 1 && country[0] === code ? [] : [code] } });
  };
  const world = worldmap({ choose, label: "Map of the world, shaded by the number of articles. The list next to it has the same countries." });
  const slider = hoursSlider((ago) => go({ filters: { ...current.now.filters, ago } }));
  const by = h("div", { class: "switch", role: "group", "aria-label": "Shaded by" });
  const total = h("p", { class: "total" });
  const list = h("div", { class: "scroll", role: "region", "aria-label": "Countries by articles", tabindex: "0" });
  const who = h("div", {});
  const stale = refreshNotice();
  const open = h("p", { class: "open" });
  const node = h("div", { class: "view world-view" },
    h("section", { class: "column", "aria-labelledby": "map-title" },
      h("div", { class: "view-head" }, h("h2", { id: "map-title" }, "Map"), total, h("span", { class: "push" }), by),
      stale.node, world.node, slider.node),
    h("section", { class: "side panel", "aria-labelledby": "by-count" }, h("h2", { id: "by-count" }, "Countries"),
      h("p", { class: "key" }, h("i", { class: "swatch focus" }), "in focus", h("i", { class: "swatch mention" }), "mentioned"), open, list),
    h("section", { class: "wide panel", "aria-labelledby": "who" }, h("h2", { id: "who" }, "Who writes about whom"),
      h("p", { class: "quiet" }, "Articles by the seat of their publisher and the country they write about. Framed: about the own country."), who));

  /** @type {CountryCounts | undefined} */
  let answer;
  let histogram = "";
  function draw() {
    if (!answer) return;
    const value = countBy(current.now.by);
    total.textContent = count(answer.articles, "article");
    world.draw(new Map(answer.countries.map((one) => [one.code, { n: value(one), text: `${count(value(one), "article")} (${one.focus} in focus, ${one.mentioned} mentioned)` }])),
      { chosen: current.now.filters.country, hue: current.now.by });
    const sorted = [...answer.countries].filter(value).sort((a, b) => value(b) - value(a));
    redraw(list, [sorted, current.now.filters, current.now.by], () => [sorted.length ? countryRanking(sorted, current.now.by) : h("p", { class: "quiet" }, "None.")]);
  }
  const counts = poll(10, async (signal) => {
    answer = /** @type {CountryCounts} */ (await get("/v1/countries", new URLSearchParams([...apiQuery(current.now.filters), ["by", "publisher_country"]]), signal));
    const { countries } = answer;
    draw();
    redraw(who, [countries, current.now.filters], () => [countries.length ? matrix(countries) : nothing("No articles", "No article of these hours matches the filters.")]);
  }, stale.set);
  const hourly = poll(60, async (signal) => {
    const pulse = /** @type {Pulse} */ (await get("/v1/pulse", {}, signal));
    const hours = Math.max(1, Math.min(192, Math.round(pulse.window.hours) || 24));
    const { country } = current.now.filters;
    // Each article has one language: their sum is all articles.
    const query = new URLSearchParams({ of: country.length ? "country" : "language", sort: "count", hours: String(hours), recent: "1", limit: "100" });
    for (const code of country) query.append("key", code);
    const { trends } = /** @type {Trends} */ (await get("/v1/trends", query, signal));
    slider.draw(hours, Array.from({ length: hours }, (_, at) => trends.reduce((sum, one) => sum + (one.counts[at] ?? 0), 0)));
    slider.set(current.now.filters.ago);
  }, stale.set);

  let shown = "";
  return {
    node,
    update(state) {
      redraw(by, [state.by, state.filters], () => BY.map(([value, text]) => h("a", { href: withFilters({}, { by: value }), "aria-current": state.by === value ? "true" : null }, text)));
      redraw(open, state.filters, () => [state.filters.country.length > 0 && h("a", { href: withFilters({}, { view: "wire", by: "" }) },
        `Read the articles about ${state.filters.country.map((code) => countryName(code)).join(", ")}`)]);
      slider.set(state.filters.ago);
      const what = JSON.stringify(state.filters);
      if (what !== shown) counts.now();
      else draw();
      const over = JSON.stringify(state.filters.country);
      if (over !== histogram) hourly.now();
      shown = what;
      histogram = over;
    },
    stop() {
      counts.stop();
      hourly.stop();
      slider.stop();
    },
  };
}
