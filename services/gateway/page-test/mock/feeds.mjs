// Feeds of the mock gateway and their health: some fail, some are silent.
import { countryName, id, PUBLISHERS, random, SUBJECTS } from "./data.mjs";

const HOUR = 3_600_000;
const ORDER = ["GONE", "FAILING", "SILENT", "CHURNING", "UNKNOWN", "OK", "PAUSED"];
const ERRORS = [
  [503, "HTTP_ERROR", "the server answered 503 Service Unavailable"], [0, "NETWORK_ERROR", "connection refused"],
  [200, "UNREADABLE", "the document is HTML, not a feed"],
];

export function feeds() {
  const next = random(7);
  const made = [];
  PUBLISHERS.forEach((publisher, at) => {
    for (const section of ["", "world", "business"].slice(0, 1 + (at % 3))) {
      const status = made.length === 4 ? "GONE" : made.length % 11 === 6 ? "FAILING" : made.length % 13 === 8 ? "SILENT"
        : made.length === 20 ? "CHURNING" : made.length === 30 ? "PAUSED" : made.length === 31 ? "UNKNOWN" : "OK";
      made.push(feed(publisher, section, status, next));
    }
  });
  return made.sort((a, b) => ORDER.indexOf(a.status) - ORDER.indexOf(b.status) || (b.health?.failures ?? 0) - (a.health?.failures ?? 0));
}

function feed(publisher, section, status, next) {
  const now = Date.now();
  const at = (hours) => new Date(now - hours * HOUR).toISOString();
  const failing = status === "FAILING" || status === "GONE";
  const failures = failing ? 3 + Math.floor(next() * 40) : 0;
  const [http, outcome, error] = status === "GONE" ? [410, "HTTP_ERROR", "the server answered 410 Gone"] : ERRORS[Math.floor(next() * 3)];
  const polls = status === "UNKNOWN" ? [] : Array.from({ length: 10 }, (_, n) => {
    const bad = failing && n < failures;
    const entries = next() < 0.4 && status !== "SILENT" ? 1 + Math.floor(next() * 5) : 0;
    return {
      at: at((n + 1) * 0.25), outcome: bad ? outcome : entries ? "NEW_ENTRIES" : next() < 0.5 ? "NOT_MODIFIED" : "NOTHING_NEW",
      http_status: bad ? http : 200, duration_ms: 80 + Math.floor(next() * 900), bytes: bad ? 0 : 24_000, entries: bad ? 0 : 30,
      new_entries: bad ? 0 : entries, changed_entries: 0, dropped_entries: 0, error: bad ? error : "",
    };
  });
  const week = 20 + Math.floor(next() * 200);
  return {
    feed_id: id(`feed ${publisher.domain}${section && ` ${section}`}`), url: `https://${publisher.domain}/${section || "feed"}.xml`,
    title: section ? `${publisher.name}: ${section}` : publisher.name, status, publisher_name: publisher.name,
    publisher_country: publisher.country, tags: section ? [section] : [], health: status === "UNKNOWN" ? undefined : {
      last_success_at: failing ? at(failures * 0.3) : at(0.1),
      next_poll_at: status === "GONE" || status === "PAUSED" ? null : at(-0.2), failures, polls,
      last_entry_at: status === "SILENT" ? at(40 + next() * 60) : at(next() * 3), silent_from: status === "SILENT" ? at(10) : at(-20),
      expected_a_week: week, last_week: status === "SILENT" ? Math.floor(week * 0.2) : Math.floor(week * (0.8 + next() * 0.4)),
      moved_to: "",
    },
  };
}

export function coverage(all, counts) {
  const living = new Map();
  const total = new Map();
  for (const { publisher_country: code, status } of all) {
    total.set(code, (total.get(code) ?? 0) + 1);
    if (status === "OK" || status === "CHURNING") living.set(code, (living.get(code) ?? 0) + 1);
  }
  const articles = new Map(counts.map((one) => [one.code, one.articles]));
  const codes = new Set([...total.keys(), ...articles.keys()]);
  const next = random(3);
  const reasons = [["poller", "backfill-policy"], ["normaliser", "duplicate"], ["normaliser", "no-title"], ["enricher", "too-large"], ["poller", "robots"]];
  return {
    countries: [...codes].map((code) => ({ code, name: countryName(code), feeds: total.get(code) ?? 0, living: living.get(code) ?? 0, articles: articles.get(code) ?? 0 }))
      .sort((a, b) => b.articles - a.articles),
    without_source: [...new Set([...SUBJECTS, "DZ", "AO", "BJ", "BW", "TD", "CM", "CG", "GA", "ML", "NE", "SD", "SS", "ZM", "ZW", "KZ", "UZ", "TM", "MN", "BO", "PY", "UY", "GY", "SR", "KI", "NR", "WS", "TO", "AL", "MD", "AM", "GE", "AZ", "KW", "OM", "YE", "LK", "NP", "BT", "LA", "KH"])]
      .filter((code) => !living.get(code)).map((code) => ({ code, name: countryName(code), articles: articles.get(code) ?? 0 }))
      .sort((a, b) => b.articles - a.articles || (a.name < b.name ? -1 : 1)),
    silent: all.filter((one) => one.status === "SILENT").map((one) => one.feed_id),
    dropped: {
      from: new Date(Math.floor(Date.now() / HOUR) * HOUR - 23 * HOUR).toISOString(), hours: 24,
      reasons: reasons.map(([stage, reason], n) => {
        const series = Array.from({ length: 24 }, () => Math.floor(next() ** (n + 1) * 9));
        return { stage, reason, counts: series, total: series.reduce((sum, count) => sum + count, 0) };
      }).sort((a, b) => b.total - a.total),
    },
  };
}
