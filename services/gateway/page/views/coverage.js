// What the pipeline does not see: countries without a source, silent feeds, what was dropped.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { ago, count, countryName, millis, number } from "../lib/format.js";
import { withFilters } from "../lib/url.js";
import { spark } from "../parts/charts.js";
import { refreshNotice, skeleton } from "../parts/notices.js";
import { level, worldmap } from "../parts/worldmap.js";

const SHOWN = 24;

/** @param {Context} context @returns {View} */
export function coverage({ go }) {
  const stale = refreshNotice();
  const lead = h("p", { class: "lead" });
  const map = worldmap({
    label: "Map of the world: countries with a living source, with sources that do not live, and without a source. The lists have the same countries.",
    choose: (code) => go({ view: "wire", filters: { country: [code], role: "", entity: [], type: "", language: [], publisher: [], publisher_country: [], feed: [], tag: [], q: "", ago: "" } }),
  });
  const without = h("div", {}, skeleton());
  const silent = h("div", {}, skeleton());
  const dropped = h("div", {}, skeleton());
  const sources = h("div", {}, skeleton());
  const node = h("div", { class: "view coverage" },
    h("div", { class: "view-head" }, h("h2", {}, "Coverage")), stale.node, lead,
    h("div", { class: "coverage-grid" },
      h("section", { class: "panel coverage-map", "aria-label": "Sources on the map" }, map.node),
      h("section", { class: "panel" }, h("h3", {}, "Written about, without a source there"), without),
      h("section", { class: "panel" }, h("h3", {}, "Silent for longer than their history says"), silent),
      h("section", { class: "panel half" }, h("h3", {}, "Dropped, and why"), dropped),
      h("section", { class: "panel wide" }, h("h3", {}, "Countries with sources"), sources)));
  /** The details that are open. @type {Set<string>} */
  const opened = new Set();

  const load = poll(30, async (signal) => {
    const [answer, feeds] = await Promise.all([
      /** @type {Promise<Coverage>} */ (get("/v1/coverage", {}, signal)),
      /** @type {Promise<FeedList>} */ (get("/v1/feeds", { status: "SILENT", limit: "100" }, signal)),
    ]);
    draw(answer, feeds.feeds);
  }, stale.set);

  /** @param {Coverage} answer @param {Feed[]} feeds */
  function draw(answer, feeds) {
    const living = answer.countries.filter((one) => one.living > 0);
    const dead = answer.countries.filter((one) => one.feeds > 0 && !one.living);
    const about = answer.without_source.filter((one) => one.articles > 0);
    redraw(lead, [living.length, answer.without_source.length, about.length, answer.silent.length], () => [
      h("strong", {}, number(living.length)), ` ${living.length === 1 ? "country has" : "countries have"} a living source, `, h("strong", {}, number(answer.without_source.length)), " have none; ",
      h("strong", {}, number(about.length)), " of those are written about from elsewhere. ", h("strong", {}, number(answer.silent.length)), answer.silent.length === 1 ? " feed is silent." : " feeds are silent."]);
    const most = Math.max(1, ...about.map((one) => one.articles));
    /** @type {Map<string, { n: number, text: string, kind: string }>} */
    const values = new Map(answer.without_source.map((one) => [one.code, { n: 0, kind: `l${level(one.articles, most)}`, text: one.articles ? `no living source, written about in ${count(one.articles, "article")}` : "no living source" }]));
    for (const one of dead) values.set(one.code, { n: 0, kind: "dead", text: `${count(one.feeds, "feed")}, none of them lives` });
    for (const one of living) values.set(one.code, { n: one.living, kind: "living", text: `${one.living} of ${count(one.feeds, "feed")} live, ${count(one.articles, "article")}` });
    map.draw(values, { hue: "sources", key: [["living", "living source"], ["dead", "sources, none living"], ["l2", "no source, seldom written about"], ["l6", "no source, often written about"], ["l0", "neither"]] });
    const blank = answer.without_source.filter((one) => !one.articles);
    redraw(without, answer.without_source, () => [
      about.length ? h("ol", { class: "ranking plain-list", "aria-label": "Written about without a source" }, ...about.slice(0, SHOWN).map((one) => h("li", {},
        h("a", { href: withFilters({ country: [one.code], role: "" }, { view: "wire" }) }, h("b", {}, one.code), h("span", { class: "label" }, countryName(one.code, one.name)), h("span", { class: "number" }, number(one.articles)))))) : h("p", { class: "quiet" }, "None."),
      about.length > SHOWN && more("written", `${count(about.length - SHOWN, "more country", "more countries")}, seldom written about`, about.slice(SHOWN).map((one) => `${countryName(one.code, one.name)} ${number(one.articles)}`)),
      blank.length > 0 && more("blank", `${count(blank.length, "country", "countries")} with neither source nor article`,
        blank.map((one) => countryName(one.code, one.name)).sort((a, b) => a.localeCompare(b)))]);
    redraw(silent, feeds, () => [feeds.length ? h("ul", { class: "silent-list" }, ...feeds.map((one) => h("li", {},
      h("p", {}, h("a", { dir: "auto", href: `/?view=feeds&status=SILENT` }, one.title || one.url), one.publisher_country && h("span", { class: "seat" }, one.publisher_country)),
      one.health && silence(one.health)))) : h("p", { class: "quiet" }, "None: every feed is as busy as usual.")]);
    const { reasons } = answer.dropped;
    redraw(dropped, reasons, () => [reasons.length ? h("ul", { class: "dropped" }, ...reasons.map((one) => h("li", {},
      h("span", { class: "stage" }, one.stage), h("span", { class: "reason" }, one.reason.replaceAll("-", " ")),
      spark(one.counts, { label: `${one.reason} an hour: ${one.counts.join(", ")}`, height: 24 }), h("strong", {}, number(one.total))))) : h("p", { class: "quiet" }, `Nothing in ${answer.dropped.hours} hours.`)]);
    const with_feeds = answer.countries.filter((one) => one.feeds > 0);
    redraw(sources, with_feeds, () => [with_feeds.length ? h("ul", { class: "source-list" }, ...with_feeds.map((one) => h("li", { class: one.living ? null : "dead" },
      h("a", { href: withFilters({ publisher_country: [one.code] }, { view: "wire" }), title: "Articles published there" }, h("b", {}, one.code), ` ${countryName(one.code, one.name)}`),
      h("span", {}, `${one.living} of ${one.feeds} live`), h("span", {}, `${number(one.articles)} about it`)))) : h("p", { class: "quiet" }, "No feed names its country.")]);
  }

  /** @param {FeedHealth} health */
  function silence(health) {
    return h("p", { class: "quiet" }, health.last_entry_at ? `Last entry ${ago(millis(health.last_entry_at))}` : "No entry yet",
      health.silent_from && ` · silent since ${ago(millis(health.silent_from))}`,
      ` · ${number(health.last_week)} in a week, ${number(Math.round(health.expected_a_week))} expected`);
  }

  /** Names that are shown when asked for, also after a redraw. @param {string} key @param {string} title @param {string[]} names */
  function more(key, title, names) {
    const details = h("details", { class: "blank", open: opened.has(key) }, h("summary", {}, title), h("p", {}, names.join(" · ")));
    details.addEventListener("toggle", () => (details.open ? opened.add(key) : opened.delete(key)));
    return details;
  }

  let started = false;
  return {
    node,
    update() {
      if (!started) load.now();
      started = true;
    },
    stop: load.stop,
  };
}
