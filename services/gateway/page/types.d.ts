// The API's answers, as far as the page uses them. Times are RFC 3339, spans count code points.

interface Span { field: string; start: number; end: number; text: string }
interface Evidence extends Span { kind: string }
interface Country {
  code: string; alpha3: string; name: string; role: string; salience: number; evidence: Evidence[];
}
interface Entity {
  key: string; type: string; name: string; salience: number; in_title: boolean; mentions: Span[];
}
interface Article {
  article_id: string; revision: number; enrichment: number; change: string; url: string;
  published_at: string | null; first_seen_at: string | null; updated_at: string | null;
  publisher_name: string; publisher_domain: string; publisher_country: string; language: string;
  title: string; summary: string; body?: string; backfill: boolean; truncated?: boolean;
  entities: Entity[]; countries: Country[];
}
/** A record of the stream: an article, or the withdrawal of one. */
type StreamRecord = Article | { article_id: string; revision: number; change: "WITHDRAWN" };
interface ArticleList { articles: Article[]; next: string; position: string }
interface Revision { revision: number; enrichment: number; change: string; title: string; at: string }

interface CountryCount {
  code: string; alpha3: string; name: string; focus: number; mentioned: number; articles: number;
  by_publisher_country?: Record<string, number>;
}
interface CountryCounts { articles: number; countries: CountryCount[]; from?: string; to?: string }
interface EntityCount {
  key: string; type: string; name: string; wikidata_id: string; geonames_id: string; country: string;
  articles: number; in_title: number;
}
interface PublisherCount { domain: string; name: string; country: string; articles: number }
interface EntityPage {
  entity: EntityCount; hours: { from: string; counts: number[] };
  entities: EntityCount[]; countries: CountryCount[]; publishers: PublisherCount[];
}
interface Trend {
  key: string; name: string; type?: string; counts: number[]; recent: number; expected: number; score: number;
}
interface Trends { of: string; from: string; hours: number; recent: number; observed_from?: string; trends: Trend[] }

interface Poll {
  at: string; outcome: string; http_status: number; duration_ms: number; entries: number; new_entries: number;
  dropped_entries: number; error: string;
}
interface FeedHealth {
  last_success_at: string | null; next_poll_at: string | null; failures: number; polls: Poll[];
  last_entry_at: string | null; silent_from: string | null; expected_a_week: number; last_week: number; moved_to: string;
}
/** A feed as its operator defined it; `health` is absent before its first poll. */
interface Feed {
  feed_id: string; url: string; title: string; status: string; publisher_name: string; publisher_country: string;
  tags: string[]; health?: FeedHealth;
}
interface FeedList { feeds: Feed[]; next: string; totals: Record<string, number> }
interface CoverageCountry { code: string; name: string; feeds: number; living: number; articles: number }
interface Coverage {
  countries: CoverageCountry[]; without_source: { code: string; name: string; articles: number }[]; silent: string[];
  dropped: { from: string; hours: number; reasons: { stage: string; reason: string; counts: number[]; total: number }[] };
}
interface Pulse {
  minutes: { from: string; counts: number[] };
  delays: { stage: string; p50_ms: number; p90_ms: number; p99_ms: number; articles: number }[];
  feeds: Record<string, number>; dropped_last_hour: number;
  window: { articles: number; bytes: number; from?: string; max_articles: number; hours: number };
  caught_up: boolean;
}

/** What the address says: the view, its options and the filters. */
interface State {
  view: string;
  /** Entity of the entity's view. */
  key: string;
  /** An option of the view, such as what the map is shaded by. */
  by: string;
  sort: string;
  status: string;
  filters: Filters;
}
interface Filters {
  country: string[]; role: string; entity: string[]; type: string; language: string[]; publisher: string[];
  publisher_country: string[]; feed: string[]; tag: string[]; q: string;
  /** Hours before now, `FROM-TO`: `6-0` is the last six hours. */
  ago: string;
}
/** What a view is given. */
interface Context { go: (change: Partial<State>) => void; live: import("./lib/live.js").Live }
interface View { node: HTMLElement; update(state: State): void; pulse?(pulse: Pulse): void; stop(): void }
