// Articles, filters and counts. It does not use the document.

const MAX_ARTICLES = 2000;

/** Articles, newest first; the highest (revision, enrichment) of each wins. */
export class Articles {
  constructor() {
    this.byId = new Map();
    this.sorted = [];
    this.arrivals = [];
  }

  /** Starts from a list of the newest. An article that is within the list's range but not in it is removed. */
  reset(list, all) {
    list.forEach(setTime);
    const older = all ? [] : this.sorted.filter((article) => isBefore(list.at(-1), article));
    this.byId.clear();
    this.sorted = [];
    for (const article of [...list, ...older]) this.apply(article, false);
  }

  /** Applies a record. True if it changed something. */
  apply(article, live) {
    const known = this.byId.get(article.article_id);
    if (known && !isNewer(article, known)) return false;
    if (known) this.sorted.splice(this.sorted.indexOf(known), 1);
    if (article.change === "WITHDRAWN") {
      // Kept by id, so that an older record does not restore it.
      this.byId.set(article.article_id, article);
      return Boolean(known);
    }
    this.byId.set(article.article_id, article);
    setTime(article);
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
    while (this.sorted.length > MAX_ARTICLES) this.byId.delete(this.sorted.pop().article_id);
    // The number of withdrawn articles is bounded, too.
    while (this.byId.size > 2 * MAX_ARTICLES) this.byId.delete(this.byId.keys().next().value);
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

  /** Number of articles by country, with all filters but the country's: [{code, name, count, focus}]. */
  countries(filter) {
    const found = new Map();
    for (const article of this.sorted) {
      if (!matches(article, { ...filter, country: "" })) continue;
      for (const { code, name, role } of article.countries) {
        const facet = found.get(code) ?? { code, name, count: 0, focus: 0 };
        facet.count += 1;
        if (role === "FOCUS") facet.focus += 1;
        found.set(code, facet);
      }
    }
    return [...found.values()].sort((a, b) => b.focus - a.focus || b.count - a.count || (a.name < b.name ? -1 : 1));
  }

  languages() {
    return [...new Set(this.sorted.map((article) => article.language).filter(Boolean))].sort();
  }
}

function setTime(article) {
  article.time = Date.parse(article.published_at ?? article.first_seen_at ?? article.enriched_at ?? "") || 0;
}

function isNewer(a, b) {
  return a.revision > b.revision || (a.revision === b.revision && a.enrichment > b.enrichment);
}

function isBefore(a, b) {
  return a.time > b.time || (a.time === b.time && a.article_id > b.article_id);
}

export function matches(article, { country, language, words }) {
  return (!country || article.countries.some(({ code }) => code === country))
    && (!language || article.language === language)
    && words.every((word) => article.text.includes(word));
}

/** The text around a piece of evidence: [before, text, after]. Offsets count code points, as in the contract. */
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

/** The URL, if it is safe to follow (http or https), else null. */
export function link(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}
