// Rising, an entity's view, coverage and feeds show what the API says.
import assert from "node:assert/strict";
import { drawn, until } from "../browser.mjs";

export async function others({ page, address }) {
  const api = (path) => page.evaluate(async (one) => (await fetch(one)).json(), path);

  // Where nothing rises, the most written about is shown.
  await page.goto(`${address}?view=rising`);
  await drawn(page);
  for (const title of ["People", "Organisations", "Countries", "Publishers"]) {
    assert.ok(await page.locator(`section[aria-label="${title}"] .trends li`).count(), `${title} are shown`);
  }
  await page.locator(".switch a", { hasText: "Most written about" }).click();
  await until(page, "the order in the address", () => location.search.includes("sort=count"));
  await drawn(page);
  const { trends } = await api("/v1/trends?of=entity&type=PERSON&sort=count&limit=14");
  assert.ok(trends.length > 3, "there are people");
  await until(page, "the people", (names) => JSON.stringify([...document.querySelectorAll('section[aria-label="People"] .trend-name')].map((one) => one.textContent)) === names,
    JSON.stringify(trends.map((one) => one.name)));
  assert.equal(await page.locator('section[aria-label="People"] .spark').count(), trends.length);

  // An entity: its counts, articles, and what stands with it.
  await page.locator(".trend-name a", { hasText: trends[0].name }).click();
  await page.locator(".entity-head h2", { hasText: trends[0].name }).waitFor();
  const { key } = trends[0];
  const whole = await api(`/v1/entities/${encodeURIComponent(key)}`);
  await page.locator(".entity-head .facts", { hasText: `${whole.entity.articles} articles` }).waitFor();
  await until(page, "its articles", (n) => document.querySelectorAll("#articles .item").length === Math.min(50, n), whole.entity.articles);
  assert.equal(await page.locator('aside .ranking[aria-label="Countries by articles"] a').count(), Math.min(12, whole.countries.length));
  await page.locator("aside .ranking .label", { hasText: "Meteorological Union" }).click();
  await page.locator(".entity-head h2", { hasText: "Meteorological Union" }).waitFor();

  // Coverage.
  await page.keyboard.press("4");
  await drawn(page);
  const coverage = await api("/v1/coverage");
  const about = coverage.without_source.filter((one) => one.articles > 0);
  assert.equal(await page.locator(".plain-list li").count(), Math.min(24, about.length));
  await page.locator(".silent-list", { hasText: "Hafenbote" }).waitFor();

  // Feeds: worst first; what a server answers is text.
  await page.keyboard.press("5");
  await page.locator(".feed").nth(2).waitFor();
  assert.deepEqual(await page.locator(".feed .feed-status").allTextContents(), ["Failing", "Silent", "OK"]);
  await page.locator(".feed .error", { hasText: "<b>Service Unavailable</b> (7 polls in a row)" }).waitFor();
  await page.locator(".switch a", { hasText: "Silent" }).click();
  await until(page, "one feed", () => document.querySelectorAll(".feed").length === 1);
  const pulse = await api("/v1/pulse");
  assert.equal(await page.locator(".pulse-grid .bar").count(), pulse.minutes.counts.length);
  assert.equal(await page.locator(".delays tbody tr").count(), pulse.delays.length);
}
