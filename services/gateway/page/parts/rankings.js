// Lists of countries and names with their counts.

import { h } from "../lib/dom.js";
import { compact, countryName, number } from "../lib/format.js";
import { countryAddress, current, entityAddress } from "../lib/url.js";
import { meter, spark } from "./charts.js";

/** What a country is counted by. @param {string} by @returns {(one: CountryCount) => number} */
export const countBy = (by) => (one) => (by === "focus" ? one.focus : by === "mentioned" ? one.mentioned : one.articles);

/**
 * Countries by count, with focus and mention apart.
 * @param {CountryCount[]} countries
 * @param {string} [by] `focus` or `mentioned` counts only these
 */
export function countryRanking(countries, by = "") {
  const value = countBy(by);
  const most = Math.max(1, ...countries.map(value));
  const { country } = current.now.filters;
  return h("ol", { class: "ranking", "aria-label": "Countries by articles" }, ...countries.map((one) => {
    const name = countryName(one.code, one.name);
    return h("li", {}, h("a", {
      href: countryAddress(one.code), "data-country": one.code, "aria-current": country.includes(one.code) ? "true" : null,
      title: `${name}: ${number(one.focus)} in focus, ${number(one.mentioned)} mentioned`,
    }, h("b", {}, one.code), h("span", { class: "label" }, name), h("span", { class: "number" }, compact(value(one))),
    meter(most, ["focus", by === "mentioned" ? 0 : one.focus], ["mention", by === "focus" ? 0 : one.mentioned])));
  }));
}

/**
 * What rises, with sparklines.
 * @param {Trend[]} trends
 * @param {{ recent: number, of: string }} options
 */
export function trendRanking(trends, { recent, of }) {
  return h("ol", { class: "trends" }, ...trends.map((one) => {
    const name = of === "country" ? countryName(one.key, one.name) : one.name || one.key;
    const href = of === "country" ? countryAddress(one.key) : of === "entity" ? entityAddress(one.key) : null;
    const sum = one.counts.reduce((total, n) => total + n, 0);
    // What the API lists as rising.
    const rises = one.score > 1.3 && one.recent >= 3;
    const times = one.expected > 0 ? one.recent / one.expected : 0;
    return h("li", {},
      h("p", { class: "trend-name", dir: "auto" }, href ? h("a", { href }, name) : name),
      rises
        ? h("p", { class: "trend-facts" }, h("strong", {}, number(one.recent)), ` in ${recent} h`, one.expected > 0 && h("span", {}, one.expected < 0.05 ? "new" : `${one.expected.toFixed(1)} expected`))
        : h("p", { class: "trend-facts" }, h("strong", {}, number(sum)), ` in ${one.counts.length} h`),
      h("p", { class: "trend-times" }, rises && times >= 1 ? `×${times < 10 ? times.toFixed(1) : compact(Math.round(times))}` : ""),
      spark(one.counts, { recent, expected: one.expected || undefined, label: `${name}: ${number(sum)} articles in ${one.counts.length} hours, ${number(one.recent)} in the last ${recent}` }));
  }));
}
