// The map: its counts equal the API's; role, hours, a country's click, who writes about whom.
import assert from "node:assert/strict";
import { drawn, listed, until } from "../browser.mjs";

export async function map({ page, address }) {
  const api = async (query) => (await page.evaluate(async (path) => (await fetch(path)).json(), `/v1/countries?${query}`));
  const shown = () => page.locator(".side .ranking a").evaluateAll((all) => Object.fromEntries(all.map((one) => [one.dataset.country, Number(one.querySelector(".number").textContent.replaceAll(",", ""))])));
  const expected = (answer, value) => Object.fromEntries(answer.countries.filter(value).map((one) => [one.code, value(one)]));
  const equal = async (query, value, what) => {
    const answer = await api(query);
    await until(page, what, (codes) => document.querySelectorAll(".side .ranking a").length === codes, Object.keys(expected(answer, value)).length);
    assert.deepEqual(await shown(), expected(answer, value), what);
    return answer;
  };

  await listed(page, "/v1/countries", 249);
  await page.goto(`${address}?view=map`);
  await drawn(page);
  const all = await equal("", (one) => one.articles, "all articles");
  assert.ok(all.countries.length > 15, "the day's articles are about many countries");
  await page.locator(".land.l6").first().waitFor();
  // A country without articles has the lowest level, one that the atlas does not draw has a point.
  assert.ok(await page.locator('.land[data-code="TV"].dot').count(), "Tuvalu has a point");
  assert.equal(await page.locator('.land.l0[data-code="AQ"]').count(), 0);
  const most = all.countries[0].code;
  assert.match(await page.locator(`path.land[data-code="${most}"]`).getAttribute("class"), /\bl6\b/);
  await page.locator(`path.land[data-code="${most}"]`).hover();
  await page.locator(".tip", { hasText: `${all.countries[0].articles} articles` }).waitFor();

  // Focus and mention apart.
  await page.locator(".switch a", { hasText: "In focus" }).click();
  await until(page, "the role in the address", () => new URL(location.href).searchParams.get("by") === "focus");
  await equal("", (one) => one.focus, "in focus");
  await page.locator(".switch a", { hasText: "Mentioned" }).click();
  await until(page, "the blue map", () => document.querySelector(".world").dataset.hue === "mentioned");
  await equal("", (one) => one.mentioned, "mentioned");
  await page.locator(".switch a", { hasText: "All" }).click();

  // The hours: by keyboard, as a slider.
  const asked = page.waitForRequest((request) => request.url().includes("/v1/countries") && request.url().includes("since="));
  await page.locator(".hours .from").focus();
  await page.keyboard.press("End");
  await asked;
  await page.locator(".hours-text", { hasText: "1 h" }).waitFor();
  assert.equal(new URL(page.url()).searchParams.get("ago"), "1-0");
  const { searchParams } = new URL((await asked).url());
  const hour = await equal(`since=${searchParams.get("since")}`, (one) => one.articles, "the last hour");
  assert.ok(hour.articles < all.articles);
  await page.getByRole("button", { name: "All hours" }).click();
  await until(page, "all hours", () => !location.search.includes("ago"));

  // Who writes about whom.
  const by = await api("by=publisher_country");
  const kenya = by.countries.find((one) => one.code === "KE").by_publisher_country.KE;
  const cell = page.getByRole("link", { name: new RegExp(`^Kenya about Kenya: ${kenya} articles?$`) });
  await cell.waitFor();

  // A country's click filters everything.
  await page.locator(`path.land[data-code="KE"]`).click();
  await until(page, "the filter", () => new URL(location.href).searchParams.get("country") === "KE");
  await equal("country=KE", (one) => one.articles, "with Kenya");
  await page.locator('#views [data-view="wire"]').click();
  const { articles } = await api("country=KE");
  await page.locator(".total", { hasText: `${articles} articles` }).waitFor();
  await page.goBack();
  await cell.click();
  await until(page, "both filters", () => location.search.includes("publisher_country=KE") && location.search.includes("country=KE"));
  await page.locator(".total", { hasText: `${kenya} article` }).waitFor();
  await page.keyboard.press("Escape");
}
