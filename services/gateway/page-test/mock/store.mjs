// The mock gateway's window: articles in memory, filters, counts by hour.
import { countryName } from "./data.mjs";

export const HOUR = 3_600_000;
export const time = (one) => Date.parse(one.published_at ?? one.first_seen_at);
const list = (query, name) => query.getAll(name).flatMap((value) => value.split(",")).filter(Boolean);

/** Whether the article passes the filters of the query. */
export function matches(one, query) {
  const some = (name, test) => {
    const values = list(query, name);
    return !values.length || values.some(test);
  };
  const role = query.get("role")?.toUpperCase();
  const types = list(query, "type");
  const entities = query.getAll("entity");
  const words = (query.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
  const text = [one.title, one.summary, one.publisher_name, ...one.entities.map((e) => e.name), ...one.countries.map((c) => c.name)].join(" ").toLowerCase();
  return some("country", (code) => one.countries.some((c) => (c.code === code || c.alpha3 === code) && (!role || c.role === role)))
    && entities.every((key) => one.entities.some((e) => e.key === key && (!types.length || types.includes(e.type))))
    && (entities.length > 0 || some("type", (type) => one.entities.some((e) => e.type === type)))
    && some("language", (tag) => one.language === tag || one.language.startsWith(`${tag}-`))
    && some("publisher", (name) => one.publisher_domain === name || one.publisher_name === name)
    && some("publisher_country", (code) => one.publisher_country === code)
    && some("feed", (feed) => one.feed_ids.includes(feed))
    && words.every((word) => text.includes(word))
    && (!query.get("since") || time(one) >= Date.parse(query.get("since")))
    && (!query.get("until") || time(one) < Date.parse(query.get("until")));
}

export function newest(articles) {
  return [...articles].sort((a, b) => time(b) - time(a) || (a.article_id < b.article_id ? 1 : -1));
}

export function countries(articles, by) {
  const found = new Map();
  for (const one of articles) {
    for (const { code, alpha3, role } of one.countries) {
      const entry = found.get(code) ?? { code, alpha3, name: countryName(code), focus: 0, mentioned: 0, articles: 0, ...(by && { by_publisher_country: {} }) };
      entry[role === "FOCUS" ? "focus" : "mentioned"] += 1;
      entry.articles += 1;
      if (by) entry.by_publisher_country[one.publisher_country] = (entry.by_publisher_country[one.publisher_country] ?? 0) + 1;
      found.set(code, entry);
    }
  }
  return [...found.values()].sort((a, b) => b.articles - a.articles || (a.name < b.name ? -1 : 1));
}

export function entities(articles) {
  const found = new Map();
  for (const one of articles) {
    for (const { key, type, name, in_title } of one.entities) {
      const entry = found.get(key) ?? { key, type, name, wikidata_id: key.startsWith("Q") ? key : "", geonames_id: "", country: "", articles: 0, in_title: 0 };
      entry.articles += 1;
      entry.in_title += in_title ? 1 : 0;
      found.set(key, entry);
    }
  }
  return [...found.values()].sort((a, b) => b.articles - a.articles || (a.name < b.name ? -1 : 1));
}

export function publishers(articles) {
  const found = new Map();
  for (const one of articles) {
    const entry = found.get(one.publisher_domain) ?? {
      domain: one.publisher_domain, name: one.publisher_name, country: one.publisher_country, articles: 0, languages: [], last_published_at: one.published_at };
    entry.articles += 1;
    if (!entry.languages.includes(one.language)) entry.languages.push(one.language);
    found.set(one.publisher_domain, entry);
  }
  return [...found.values()].sort((a, b) => b.articles - a.articles);
}

export function languages(articles) {
  const found = new Map();
  for (const { language } of articles) found.set(language, (found.get(language) ?? 0) + 1);
  return [...found].map(([language, count]) => ({ language, articles: count })).sort((a, b) => b.articles - a.articles);
}

/** Start of the first of `hours` hours that end with the current one. */
export const firstHour = (hours) => Math.floor(Date.now() / HOUR) * HOUR - (hours - 1) * HOUR;

export function hourly(articles, hours) {
  const from = firstHour(hours);
  const counts = new Array(hours).fill(0);
  for (const one of articles) {
    const at = Math.floor((time(one) - from) / HOUR);
    if (at >= 0 && at < hours) counts[at] += 1;
  }
  return { from: new Date(from).toISOString(), counts };
}

const KEYS = {
  country: (one) => one.countries.map(({ code, name }) => ({ key: code, name })),
  entity: (one) => one.entities,
  publisher: (one) => [{ key: one.publisher_domain, name: one.publisher_name }],
  language: (one) => [{ key: one.language, name: one.language }],
};

export function trends(articles, query, observed) {
  const of = query.get("of");
  const hours = Number(query.get("hours") ?? 24);
  const recent = Number(query.get("recent") ?? 6);
  const groups = new Map();
  for (const one of articles) {
    for (const { key, name, type } of KEYS[of](one)) {
      if (query.get("type") && type !== query.get("type")) continue;
      if (list(query, "key").length && !list(query, "key").includes(key)) continue;
      const group = groups.get(key) ?? { key, name, ...(type && { type }), of: [] };
      group.of.push(one);
      groups.set(key, group);
    }
  }
  const found = [...groups.values()].map(({ of: those, ...group }) => {
    const { counts } = hourly(those, hours);
    const now = counts.slice(-recent).reduce((sum, count) => sum + count, 0);
    const expected = Math.max(0.4, (counts.slice(0, -recent).reduce((sum, count) => sum + count, 0) / Math.max(1, hours - recent)) * recent);
    const score = Math.max(0, ((now - expected) / Math.sqrt(expected)) * 0.9);
    return { ...group, counts, recent: now, expected, score };
  });
  const sorted = query.get("sort") === "count"
    ? found.sort((a, b) => b.counts.reduce((x, y) => x + y, 0) - a.counts.reduce((x, y) => x + y, 0))
    : found.filter((one) => observed && one.score > 1.3 && one.recent >= 3).sort((a, b) => b.score - a.score);
  return {
    of, from: new Date(firstHour(hours)).toISOString(), hours, recent,
    observed_from: new Date(Date.now() - (observed ? 60 : 5) * HOUR).toISOString(), trends: sorted.slice(0, Number(query.get("limit") ?? 20)),
  };
}
