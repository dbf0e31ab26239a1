// Who writes about whom: a publisher's country against the country written about.

import { h } from "../lib/dom.js";
import { countryName, count, number } from "../lib/format.js";
import { withFilters } from "../lib/url.js";
import { level } from "./worldmap.js";

const ROWS = 12;
const COLUMNS = 16;

/** @param {CountryCount[]} countries with `by_publisher_country`, most articles first */
export function matrix(countries) {
  /** @type {Map<string, number>} */
  const totals = new Map();
  for (const { by_publisher_country: by = {} } of countries) {
    for (const [code, n] of Object.entries(by)) totals.set(code, (totals.get(code) ?? 0) + n);
  }
  const rows = [...totals].sort((a, b) => b[1] - a[1]).slice(0, ROWS).map(([code]) => code);
  const columns = countries.slice(0, COLUMNS);
  const most = Math.max(1, ...columns.flatMap(({ by_publisher_country: by = {} }) => Object.values(by)));
  const name = (/** @type {string} */ code) => (code ? countryName(code) : "Unknown seat");
  const cell = (/** @type {string} */ row, /** @type {CountryCount} */ column) => {
    const n = column.by_publisher_country?.[row] ?? 0;
    if (!n) return h("td", { class: row === column.code ? "own" : null }, h("span", { "aria-hidden": "true" }, "·"));
    const text = `${name(row)} about ${countryName(column.code, column.name)}: ${count(n, "article")}`;
    const content = row ? h("a", { href: withFilters({ publisher_country: [row], country: [column.code] }, { view: "wire", by: "" }), "aria-label": text, title: text }, number(n)) : number(n);
    return h("td", { class: `l${level(n, most)}${row === column.code ? " own" : ""}` }, content);
  };
  return h("div", { class: "scroll", role: "region", "aria-label": "Matrix of countries", tabindex: "0" },
    h("table", { class: "matrix" },
      h("thead", {}, h("tr", {}, h("td", { class: "corner" }, "publisher’s seat ↓ about →"),
        ...columns.map((one) => h("th", { scope: "col" }, h("abbr", { title: countryName(one.code, one.name) }, one.code))))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, h("th", { scope: "row" }, name(row)), ...columns.map((column) => cell(row, column)))))));
}
