// The wire: what publishers write is text; marks and evidence; filters; keyboard; revisions and withdrawals; pause.
import assert from "node:assert/strict";
import { accessible, listed, until } from "../browser.mjs";

/** Milliseconds from the end of the append until an article must be on the page. */
const PROMPT = 2000;

export async function wire({ page, step }) {
  const cards = (count) => until(page, `${count} articles`, (n) => document.querySelectorAll("#articles .item").length === n, count);
  const titles = () => page.locator("#articles h3").allTextContents();

  // Articles arrive without a reload. What publishers write is never markup or script.
  await step("publish");
  await cards(8);
  assert.ok((await titles()).includes(`<img src=x onerror="window.hit=1"><script>window.hit=1</script> & more`), String(await titles()));
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("main img, main script").count(), 0);
  const links = await page.locator("#articles h3 a").evaluateAll((all) => all.map((one) => [one.protocol, one.rel, one.target]));
  assert.equal(links.length, 7, "a javascript: URL is not a link");
  for (const link of links) assert.deepEqual(link, ["https:", "noopener noreferrer", "_blank"]);

  // Countries and names are marked in title and summary; offsets count code points.
  const ferry = page.locator("#articles .item", { hasText: "Ferry link between" });
  assert.deepEqual(await ferry.locator(".mark.focus").allTextContents(), ["Kenya", "Tanzania", "Mombasa"]);
  assert.deepEqual(await ferry.locator(".country.focus b").allTextContents(), ["KE", "TZ"]);
  assert.equal(await page.locator("#articles .item", { hasText: "افتتاح" }).locator(".mark").innerText(), "المغرب");
  assert.equal(await page.locator("#articles .item", { hasText: "افتتاح" }).locator("h3").evaluate((one) => getComputedStyle(one).direction), "rtl");

  // The evidence: on hover, and by keyboard.
  await ferry.locator(".mark", { hasText: "Mombasa" }).hover();
  await page.locator("#evidence li", { hasText: "city in summary" }).waitFor();
  assert.match(await page.locator("#evidence li", { hasText: "city in summary" }).innerText(), /😀 reach Mombasa in/);
  await page.mouse.move(4, 500);
  await page.locator("#evidence").waitFor({ state: "hidden" });
  await page.keyboard.press("j");
  await page.keyboard.press("Tab");
  await page.locator("#evidence", { hasText: "Kenya" }).waitFor();
  await accessible(page, "evidence");
  await page.keyboard.press("Escape");
  await page.locator("#evidence").waitFor({ state: "hidden" });
  await page.keyboard.press("j");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /onerror/);
  await page.keyboard.press("k");
  assert.match(await page.evaluate(() => document.activeElement.textContent), /Ferry/);

  // Filters are in the address: a link, the back button and a reload keep them.
  await page.locator('aside .ranking [data-country="FR"]').click();
  await cards(2);
  assert.equal(new URL(page.url()).searchParams.get("country"), "FR");
  await page.reload();
  await cards(2);
  await page.locator(".chip").click();
  await cards(8);
  await page.goBack();
  await cards(2);
  await page.keyboard.press("Escape");
  await cards(8);
  await ferry.locator('.tag[data-country="TZ"]').click();
  await cards(1);
  await page.keyboard.press("Escape");
  await cards(8);
  await page.keyboard.press("/");
  await page.keyboard.type("PASSENGERS ferry");
  await cards(1);
  await page.keyboard.press("Escape");
  await cards(8);
  await page.locator("#text").fill("no article contains this");
  await cards(0);
  await page.getByText("Nothing matches").waitFor();
  await page.locator("#text").fill("");
  await cards(8);
  await page.locator("#choose-language").selectOption("fr");
  await cards(1);

  // A filter holds for what arrives: the update is not in French.
  await step("update");
  await listed(page, "/v1/articles?q=updated", 1);
  await page.locator('aside .ranking [data-country="FR"] .number', { hasText: /^1$/ }).waitFor();
  assert.deepEqual(await titles(), ["Le port de Marseille double sa capacité d’ici deux ans"]);
  await page.locator("#choose-language").selectOption("");
  await cards(8);
  await until(page, "the update", () => [...document.querySelectorAll("#articles h3")].some((one) => one.textContent.startsWith("Updated:")));
  const chess = page.locator("#articles .item", { hasText: "Updated: Sixteen" });
  await chess.locator("summary").click();
  await chess.locator(".earlier li", { hasText: /Sixteen-year-old wins/ }).waitFor();

  // A withdrawal is struck out, then gone.
  await step("withdraw");
  await page.locator(".withdrawn", { hasText: "Library extends" }).waitFor();
  await accessible(page, "withdrawn");
  await cards(7);
  assert.equal(await chess.locator("details").getAttribute("open"), "", "another card's details stay open");

  // While paused, the list does not change.
  await page.locator("#pause").click();
  await step("more");
  await page.locator(".waiting", { hasText: "Show 1 new article" }).waitFor();
  await cards(7);
  await page.locator(".waiting").click();
  await cards(8);
  assert.equal(await page.locator("#pause").getAttribute("aria-pressed"), "false");

  // Promptly, and without a reload: the clock starts when the append has returned.
  await step("prompt");
  const start = performance.now();
  await cards(9);
  const took = performance.now() - start;
  console.log(`an article appears ${Math.round(took)} ms after its append`);
  assert.ok(took < PROMPT, `an article appears ${took} ms after its append`);
}
