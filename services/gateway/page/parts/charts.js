// Small charts as SVG.

import { h, svg } from "../lib/dom.js";
import { clock, number } from "../lib/format.js";

/**
 * A line of counts an hour. The last `recent` stand out; `expected` is their expected sum.
 * @param {number[]} counts
 * @param {{ recent?: number, expected?: number, label: string, height?: number }} options
 */
export function spark(counts, { recent = 0, expected, label, height = 34 }) {
  const width = 120;
  const most = Math.max(1, ...counts);
  const x = (/** @type {number} */ at) => (counts.length > 1 ? (at / (counts.length - 1)) * width : 0);
  const y = (/** @type {number} */ n) => height - 2 - (n / most) * (height - 5);
  const path = (/** @type {number} */ from) => counts.slice(from).map((n, at) => `${at ? "L" : "M"}${x(from + at).toFixed(1)} ${y(n).toFixed(1)}`).join("");
  const from = Math.max(0, counts.length - recent - (recent ? 1 : 0));
  const level = expected !== undefined && recent ? y(Math.min(most, expected / recent)) : null;
  return svg("svg", { class: "spark", viewBox: `0 0 ${width} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    svg("path", { class: "area", d: `${path(0)}L${width} ${height}L0 ${height}Z` }),
    recent > 0 && svg("path", { class: "area recent", d: `${path(from)}L${width} ${height}L${x(from).toFixed(1)} ${height}Z` }),
    level !== null && svg("line", { class: "level", x1: x(from), x2: width, y1: level, y2: level }),
    svg("path", { class: "line", d: path(0) }),
    recent > 0 && svg("path", { class: "line recent", d: path(from) }));
}

/**
 * Bars of counts, with an axis of time.
 * @param {number[]} counts
 * @param {{ from: number, step: number, label: string, every: number, height?: number }} options step in milliseconds; a tick `every` bars
 */
export function bars(counts, { from, step, label, every, height = 96 }) {
  const most = Math.max(1, ...counts);
  const unit = 10;
  const chart = svg("svg", { class: "bars", viewBox: `0 0 ${counts.length * unit} ${height}`, preserveAspectRatio: "none", role: "img", "aria-label": label },
    ...counts.map((n, at) => {
      const tall = (n / most) * (height - 2);
      return svg("rect", { x: at * unit + 1, width: unit - 2, y: height - tall, height: tall, class: at === counts.length - 1 ? "bar now" : "bar" },
        svg("title", {}, `${clock(from + at * step)}: ${number(n)}`));
    }));
  const ticks = counts.map((_, at) => at).filter((at) => at % every === 0);
  const axis = h("div", { class: "axis", "aria-hidden": "true" }, ...ticks.map((at) => {
    const tick = h("span", {}, clock(from + at * step));
    tick.style.left = `${(at / counts.length) * 100}%`;
    return tick;
  }));
  return h("div", { class: "chart" }, h("span", { class: "most", "aria-hidden": "true" }, number(most)), chart, axis);
}

/** A bar of one or two parts in a row of a list. @param {number} most @param {...[string, number]} parts class and amount */
export function meter(most, ...parts) {
  const node = h("span", { class: "meter", "aria-hidden": "true" });
  for (const [name, amount] of parts) {
    const part = h("i", { class: name });
    part.style.width = `${(amount / Math.max(1, most)) * 100}%`;
    node.append(part);
  }
  return node;
}
