// What the page knows, without any of its elements: articles, filters, counts.

const MOST = 2000;

/** Articles, newest first; the highest (revision, enrichment) of each wins. */
export class Articles {
  constructor() {
    this.byId = new Map();
    this.sorted = [];
    this.arrivals = [];
  }

  /** Begins with a list of the newest. What is not in it, though it would have a place there, is gone. */
  begin(list, all) {
    list.forEach(stamp);
    const older = all ? [] : this.sorted.filter((article) => isBefore(list.at(-1), article));
    this.byId.clear();
    this.sorted = [];
    for (const article of [...list, ...older]) this.take(article, false);
  }

  /** Takes a record in. True where that changed something. */
  take(article, live) {
    const known = this.byId.get(article.article_id);
    if (known && !isNewer(article, known)) return false;
    if (known) this.sorted.splice(this.sorted.indexOf(known), 1);
    if (article.change === "WITHDRAWN") {
      // Kept by id, so that an older record does not bring it back.
      this.byId.set(article.article_id, article);
      return Boolean(known);
    }
    this.byId.set(article.article_id, article);
    stamp(article);
    article.text = [
      article.title, article.summary, article.publisher_name, article.publisher_domain,
      ...article.countries.map((country) => country.name), ...article.entities.map((entity) => entity.name),
    ].join("\n").toLowerCase();
    let low = 0;
    let high = this.sorted.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (isBefore(this.sorted[middle], article)) low = middle + 1; else high = middle;
    }
    this.sorted.splice(low, 0, article);
    if (live && !known) this.arrivals.push(Date.now());
    while (this.sorted.length > MOST) this.byId.delete(this.sorted.pop().article_id);
    // Withdrawn ones are remembered, but not for ever.
    while (this.byId.size > 2 * MOST) this.byId.delete(this.byId.keys().next().value);
    return true;
  }

  /** Articles that arrived within the last minute. */
  rate() {
    const since = Date.now() - 60_000;
    while (this.arrivals.length && this.arrivals[0] < since) this.arrivals.shift();
    return this.arrivals.length;
  }

  matching(filter) {
    return this.sorted.filter((article) => matches(article, filter));
  }

  /** Number of articles by country, under all filters but that of the country: [{code, name, count, focus}]. */
  countries(filter) {
    const found = new Map();
    for (const article of this.sorted) {
      if (!matches(article, { ...filter, country: "" })) continue;
      for (const { code, name, role } of article.countries) {
        const one = found.get(code) ?? { code, name, count: 0, focus: 0 };
        one.count += 1;
        if (role === "FOCUS") one.focus += 1;
        found.set(code, one);
      }
    }
    return [...found.values()].sort((a, b) => b.focus - a.focus || b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  languages() {
    return [...new Set(this.sorted.map((article) => article.language).filter(Boolean))].sort();
  }
}

function stamp(article) {
  article.time = Date.parse(article.published_at ?? article.first_seen_at ?? article.enriched_at ?? "") || 0;
}

function isNewer(a, b) {
  return a.revision > b.revision || (a.revision === b.revision && a.enrichment > b.enrichment);
}

function isBefore(a, b) {
  return a.time > b.time || (a.time === b.time && a.article_id > b.article_id);
}

export function matches(article, { country, language, words }) {
  return (!country || article.countries.some((one) => one.code === country))
    && (!language || article.language === language)
    && words.every((word) => article.text.includes(word));
}

/** The text around a piece of evidence: [before, text, after]. Offsets count code points, as the contract says. */
export function snippet(article, { field, start, end, text }) {
  const points = [...(article[field] ?? "")];
  if (points.slice(start, end).join("") !== text) return ["", text, ""];
  const around = 48;
  const from = Math.max(0, start - around);
  const to = Math.min(points.length, end + around);
  const before = points.slice(from, start).join("").replace(/\s+/g, " ");
  const after = points.slice(end, to).join("").replace(/\s+/g, " ");
  return [(from > 0 ? "…" : "") + before, text, after + (to < points.length ? "…" : "")];
}

/** A link that is safe to follow: http or https, else null. */
export function link(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
