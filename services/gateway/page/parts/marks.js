// Marks names and countries in a text. Spans of the contract count Unicode code points.

import { h } from "../lib/dom.js";

/** What a mark or a tag stands for. @typedef {{ country?: Country, entity?: Entity }} Meaning */
/** @typedef {{ start: number, end: number, meanings: Meaning[] }} Mark */

/** The elements whose evidence can be shown. @type {WeakMap<Element, { article: Article, meanings: Meaning[] }>} */
export const explained = new WeakMap();

/** Whether the span's text is where it says. @param {string[]} points @param {Span} span */
export const isAt = (points, { start, end, text }) => start >= 0 && end > start && points.slice(start, end).join("") === text;

/**
 * The marks of a field, sorted, without overlaps: of two that overlap, the one that begins first, else the longer.
 * @param {Article} article
 * @param {string} field
 * @param {string[]} points
 * @returns {Mark[]}
 */
export function marksOf(article, field, points) {
  /** @type {Map<string, Mark>} */
  const found = new Map();
  /** @param {Span} span @param {Meaning} meaning */
  const add = (span, meaning) => {
    if (span.field !== field || !isAt(points, span)) return;
    const key = `${span.start}-${span.end}`;
    const mark = found.get(key) ?? { start: span.start, end: span.end, meanings: [] };
    if (!mark.meanings.some((one) => one.country === meaning.country && one.entity === meaning.entity)) mark.meanings.push(meaning);
    found.set(key, mark);
  };
  for (const country of article.countries) for (const span of country.evidence) add(span, { country });
  for (const entity of article.entities) for (const span of entity.mentions) add(span, { entity });
  let end = 0;
  return [...found.values()].sort((a, b) => a.start - b.start || b.end - a.end).filter((mark) => {
    if (mark.start < end) return false;
    end = mark.end;
    return true;
  });
}

/** @param {Meaning[]} meanings */
function kind(meanings) {
  const country = meanings.find((one) => one.country)?.country;
  if (country) return country.role === "FOCUS" ? "focus" : "mention";
  return (meanings[0]?.entity?.type ?? "").toLowerCase();
}

/**
 * The field as text nodes and marks.
 * @param {Article} article
 * @param {"title" | "summary"} field
 * @returns {(string | HTMLElement)[]}
 */
export function marked(article, field) {
  const points = [...article[field]];
  /** @type {(string | HTMLElement)[]} */
  const parts = [];
  let at = 0;
  for (const { start, end, meanings } of marksOf(article, field, points)) {
    parts.push(points.slice(at, start).join(""));
    const node = h("span", { class: `mark ${kind(meanings)}`, "data-why": true }, points.slice(start, end).join(""));
    explained.set(node, { article, meanings });
    parts.push(node);
    at = end;
  }
  parts.push(points.slice(at).join(""));
  return parts.filter((part) => part !== "");
}
