// People, organisations, countries and publishers that are written about more than on earlier days.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { clock, day, millis } from "../lib/format.js";
import { current, filtered, withFilters } from "../lib/url.js";
import { refreshNotice, skeleton } from "../parts/notices.js";
import { trendRanking } from "../parts/rankings.js";

const COLUMNS = [
  { title: "People", of: "entity", type: "PERSON" },
  { title: "Organisations", of: "entity", type: "ORG" },
  { title: "Countries", of: "country", type: "" },
  { title: "Publishers", of: "publisher", type: "" },
];
const HOURS = [["", "24 hours"], ["72", "3 days"], ["192", "8 days"]];

/** @param {Context} _context @returns {View} */
export function rising(_context) {
  const sort = h("div", { class: "switch", role: "group", "aria-label": "Order" });
  const hours = h("div", { class: "switch", role: "group", "aria-label": "Hours" });
  const note = h("p", { class: "quiet note" });
  const stale = refreshNotice();
  const places = COLUMNS.map(() => h("div", {}, skeleton()));
  const node = h("div", { class: "view rising" },
    h("div", { class: "view-head" }, h("h2", {}, "Rising"), h("span", { class: "push" }), hours, sort), note, stale.node,
    h("div", { class: "columns" }, ...COLUMNS.map(({ title }, at) => h("section", { class: "panel", "aria-label": title }, h("h3", {}, title), places[at]))));

  /** @param {typeof COLUMNS[number]} column @param {string} sort @param {AbortSignal} signal */
  const ask = ({ of, type }, sort, signal) =>
    /** @type {Promise<Trends>} */ (get("/v1/trends", { of, ...(type && { type }), sort, hours: current.now.by || "24", limit: "14" }, signal));
  const load = poll(20, async (signal) => {
    const order = current.now.sort === "count" ? "count" : "rising";
    const answers = await Promise.all(COLUMNS.map((column) => ask(column, order, signal)));
    // A column in which nothing rises shows what is most written about.
    const drawn = await Promise.all(COLUMNS.map((column, at) => (answers[at].trends.length ? answers[at] : ask(column, "count", signal))));
    // While no earlier day was observed, nothing can rise.
    const from = millis(answers[0].observed_from) || Date.now();
    const young = order === "rising" && answers.every((one) => !one.trends.length) && Date.now() - from < 24 * 3_600_000;
    note.textContent = young
      ? `Counting began ${day(from)}, ${clock(from)}: what rises shows once an earlier day is known.`
      : `The last ${answers[0].recent} hours against the same hours of earlier days.${filtered(current.now.filters) ? " Filters do not apply here." : ""}`;
    drawn.forEach((answer, at) => redraw(places[at], [answer, order], () => [
      !answer.trends.length && h("p", { class: "quiet" }, "Nothing yet."),
      answer.trends.length > 0 && answer !== answers[at] && h("p", { class: "quiet" }, "Nothing rises now. Most written about:"),
      answer.trends.length > 0 && trendRanking(answer.trends, { recent: answer.recent, of: answer.of })]));
  }, stale.set);

  let shown = "";
  return {
    node,
    update(state) {
      redraw(sort, state, () => [["", "Rising"], ["count", "Most written about"]].map(([value, text]) =>
        h("a", { href: withFilters({}, { sort: value }), "aria-current": state.sort === value ? "true" : null }, text)));
      redraw(hours, state, () => HOURS.map(([value, text]) => h("a", { href: withFilters({}, { by: value }), "aria-current": state.by === value ? "true" : null }, text)));
      const what = JSON.stringify(state);
      if (what !== shown) load.now();
      shown = what;
    },
    stop: load.stop,
  };
}
