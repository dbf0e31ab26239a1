// The health of feeds, worst first, and the pulse of the pipeline.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { ago, clock, compact, duration, full, link, millis, number } from "../lib/format.js";
import { noFilters, withFilters, write } from "../lib/url.js";
import { bars, meter } from "../parts/charts.js";
import { nothing, refreshNotice, skeleton } from "../parts/notices.js";

const STATUSES = ["GONE", "FAILING", "SILENT", "CHURNING", "UNKNOWN", "OK", "PAUSED"];
/** @type {Record<string, string>} */
const NAMES = { GONE: "Gone", FAILING: "Failing", SILENT: "Silent", CHURNING: "Churning", UNKNOWN: "Not polled yet", OK: "OK", PAUSED: "Paused" };
/** @type {Record<string, string>} */
const STAGES = { "published-to-seen": "published → seen", "seen-to-enriched": "seen → enriched", "enriched-to-gateway": "enriched → here" };
const PAGE = 100;

/** @param {Context} _context @returns {View} */
export function feeds(_context) {
  const stale = refreshNotice();
  const minutes = h("div", {});
  const delays = h("div", {});
  const kept = h("dl", { class: "facts-list" });
  const totals = h("div", { class: "switch", role: "group", "aria-label": "Status" });
  const list = h("ul", { class: "feeds", "aria-label": "Feeds, worst first" });
  const notice = h("div", {}, skeleton());
  const more = h("button", { type: "button", class: "more", hidden: true }, "More feeds");
  const node = h("div", { class: "view feeds-view" },
    h("div", { class: "view-head" }, h("h2", {}, "Feeds")), stale.node,
    h("section", { class: "pulse-grid", "aria-label": "Pulse of the pipeline" },
      h("div", { class: "panel" }, h("h3", {}, "Articles a minute"), minutes),
      h("div", { class: "panel" }, h("h3", {}, "Delay by stage"), delays),
      h("div", { class: "panel" }, h("h3", {}, "Kept and dropped"), kept)),
    totals, notice, list, more);

  let status = "";
  let limit = PAGE;
  const load = poll(15, async (signal) => {
    const query = new URLSearchParams({ limit: String(Math.min(1000, limit)) });
    if (status) query.set("status", status);
    const answer = /** @type {FeedList} */ (await get("/v1/feeds", query, signal));
    const all = Object.values(answer.totals).reduce((sum, n) => sum + n, 0);
    const address = (/** @type {string} */ one) => write({ view: "feeds", key: "", by: "", sort: "", status: one, filters: noFilters() });
    redraw(totals, [answer.totals, status], () => [
      h("a", { href: address(""), "aria-current": status ? null : "true" }, "All ", h("strong", {}, number(all))),
      ...STATUSES.filter((one) => answer.totals[one]).map((one) =>
        h("a", { href: address(one), "aria-current": status === one ? "true" : null, class: `s-${one.toLowerCase()}` }, h("i", { class: "lamp", "aria-hidden": "true" }), `${NAMES[one]} `, h("strong", {}, number(answer.totals[one]))))]);
    notice.replaceChildren(...(answer.feeds.length ? [] : [nothing("No feeds", status ? "No feed has this status." : "They appear here after their first poll.")]));
    redraw(list, [answer.feeds, Math.floor(Date.now() / 60_000)], () => answer.feeds.map(row));
    more.hidden = !answer.next || limit >= 1000;
  }, stale.set);
  more.addEventListener("click", () => {
    limit += PAGE;
    load.now();
  });

  let started = false;
  return {
    node,
    pulse(pulse) {
      redraw(minutes, pulse.minutes, () => [bars(pulse.minutes.counts, { from: millis(pulse.minutes.from), step: 60_000, every: 15, label: `Articles in each of the last 60 minutes: ${pulse.minutes.counts.join(", ")}` })]);
      redraw(delays, pulse.delays, () => [delayTable(pulse.delays)]);
      redraw(kept, pulse, () => facts(pulse));
    },
    update(state) {
      if (state.status !== status || !started) {
        status = STATUSES.includes(state.status) ? state.status : "";
        limit = PAGE;
        load.now();
      }
      started = true;
    },
    stop: load.stop,
  };
}

/** @param {Pulse["delays"]} delays */
function delayTable(delays) {
  // The stages differ by orders of magnitude.
  const scale = (/** @type {number} */ ms) => Math.log10(1 + ms);
  const most = Math.max(1, ...delays.map((one) => scale(one.p99_ms)));
  return h("table", { class: "delays" },
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Stage"), h("th", { scope: "col" }, "half"), h("th", { scope: "col" }, "90 %"), h("th", { scope: "col" }, "99 %"))),
    h("tbody", {}, ...delays.map((one) => h("tr", {},
      h("th", { scope: "row" }, STAGES[one.stage] ?? one.stage, meter(most, ["p50", scale(one.p50_ms)], ["p90", scale(one.p90_ms) - scale(one.p50_ms)], ["p99", scale(one.p99_ms) - scale(one.p90_ms)])),
      ...(one.articles ? [one.p50_ms, one.p90_ms, one.p99_ms].map((ms) => h("td", {}, duration(ms))) : [h("td", { colspan: "3" }, "no live article in the last hour")])))));
}

/** @param {Pulse} pulse */
function facts({ window: kept, dropped_last_hour: dropped, caught_up: caught }) {
  const share = kept.max_articles ? kept.articles / kept.max_articles : 0;
  const fact = (/** @type {string} */ name, /** @type {(string | Node)[]} */ ...text) => h("div", {}, h("dt", {}, name), h("dd", {}, ...text));
  return [
    fact("In the window", `${number(kept.articles)} of ${compact(kept.max_articles)}`, meter(1, ["other", share])),
    fact("Since", kept.from ? `${clock(millis(kept.from))} (${ago(millis(kept.from))})` : "–"),
    fact("Memory", `${(kept.bytes / 1e6).toFixed(1)} MB`),
    fact("Dropped in the last hour", h("a", { href: withFilters({}, { view: "coverage", status: "" }) }, number(dropped))),
    fact("Reading the topic", caught ? "caught up" : "catching up"),
  ];
}

/** @param {Feed} feed */
function row(feed) {
  const url = link(feed.url);
  const { health } = feed;
  const polls = [...(health?.polls ?? [])].reverse();
  const error = health?.polls.find((one) => one.error)?.error ?? "";
  const outcomes = polls.map((one) => one.outcome.toLowerCase().replaceAll("_", " "));
  return h("li", { class: `feed s-${feed.status.toLowerCase()}` },
    h("p", { class: "feed-status" }, h("i", { class: "lamp", "aria-hidden": "true" }), NAMES[feed.status] ?? feed.status),
    h("div", { class: "feed-name" },
      h("p", {}, h("a", { dir: "auto", href: write({ view: "wire", key: "", by: "", sort: "", status: "", filters: { ...noFilters(), feed: [feed.feed_id] } }) }, feed.title || feed.publisher_name || feed.url), feed.publisher_country && h("span", { class: "seat" }, feed.publisher_country)),
      h("p", { class: "quiet address" }, url ? h("a", { href: url, target: "_blank", rel: "noopener noreferrer" }, feed.url) : feed.url, health?.moved_to && ` → ${health.moved_to}`),
      health && ["FAILING", "GONE"].includes(feed.status) && error && h("p", { class: "error" }, `${error}${health.failures > 1 ? ` (${health.failures} polls in a row)` : ""}`)),
    h("p", { class: "polls", role: "img", "aria-label": `Last polls, oldest first: ${outcomes.join(", ") || "none"}` },
      ...polls.map((one, at) => h("i", { class: outcome(one.outcome), title: `${full(millis(one.at))}: ${outcomes[at]}${one.new_entries ? `, ${one.new_entries} new` : ""}, ${duration(one.duration_ms)}` }))),
    health ? recent(health) : h("p", { class: "feed-facts" }, h("span", {}, "not polled yet")));
}

/** @param {FeedHealth} health */
function recent({ last_entry_at: entry, expected_a_week: expected, last_week: week, next_poll_at: next }) {
  return h("p", { class: "feed-facts" }, h("span", {}, entry ? `last entry ${ago(millis(entry))}` : "no entry yet"),
    h("span", {}, expected ? `${number(week)} / ${number(Math.round(expected))} a week` : `${number(week)} this week`),
    h("span", {}, next ? `next poll ${millis(next) > Date.now() ? ago(millis(next)) : "due"}` : "not polled"));
}

/** @param {string} name */
function outcome(name) {
  if (name === "NEW_ENTRIES") return "new";
  return name === "NOTHING_NEW" || name === "NOT_MODIFIED" ? "same" : "bad";
}
