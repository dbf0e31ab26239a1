// Tests the page in a real browser. Arguments: the page's address, the browser, a folder for screenshots.
// Requests steps from the test that started it: `do NAME` on standard output, answered by a line on standard input.
// Prints `ok` at the end, or exits with status 1 and an error.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, executablePath, shots] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const step = async (name) => {
  console.log(`do ${name}`);
  assert.equal((await answers.next()).value, "done");
};

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** Checks WCAG 2.2 A and AA, as far as axe does. */
const accessible = async (page, how) => {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const found = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(found, [], how);
};

const profile = await mkdtemp(join(tmpdir(), "newswire-page-"));
const context = await chromium.launchPersistentContext(profile, {
  executablePath,
  headless: true,
  viewport: { width: 1280, height: 900 },
  args: [
    "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync",
  ],
});
try {
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(20_000);
  const errors = [];
  const hosts = new Set();
  let stopping = false;
  page.on("console", (message) => {
    if (message.type() === "error" && !stopping) errors.push(message.text());
  });
  page.on("pageerror", (error) => errors.push(String(error)));
  page.on("request", (request) => hosts.add(new URL(request.url()).host));
  const titles = () => page.locator("#articles h3").allTextContents();
  const until = (what, wanted) => page.waitForFunction(wanted, undefined, { timeout: 20_000 }).catch((error) => {
    throw new Error(`not seen: ${what}: ${error.message}`);
  });
  const cards = (count) => page.waitForFunction((n) => document.querySelectorAll("#articles > li").length === n, count);

  // No articles yet.
  await page.goto(address);
  await until("the connection is live", () => document.querySelector("#connection").dataset.state === "live");
  assert.equal(await page.locator("#empty-title").innerText(), "No articles yet");
  await page.screenshot({ animations: "disabled", path: join(shots, "empty.png") });
  await accessible(page, "empty");

  // Articles arrive without a reload. What publishers write is text, never markup or script.
  await step("publish");
  await until("eight articles", () => document.querySelectorAll("#articles > li").length === 8);
  assert.equal(await page.locator("#count").innerText(), "8");
  assert.ok((await titles()).includes(`<img src=x onerror="window.hit=1"><script>window.hit=1</script> & more`), String(await titles()));
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("#articles img, #articles script").count(), 0);
  const links = await page.locator("#articles h3 a").evaluateAll((all) => all.map((one) => [one.protocol, one.rel, one.target]));
  assert.equal(links.length, 7, "a javascript: URL is not a link");
  for (const link of links) assert.deepEqual(link, ["https:", "noopener noreferrer", "_blank"]);

  // Countries with their role and evidence; people and organisations.
  const seed = page.locator("#articles > li", { hasText: "Ferry link between Kenya and Tanzania" });
  assert.deepEqual(await seed.locator(".country.focus b").allTextContents(), ["KE", "TZ"]);
  assert.match(await seed.locator('[data-country="KE"]').getAttribute("title"), /in focus: Kenya \(name\), Mombasa \(city\)/);
  assert.deepEqual(await seed.locator(".name").allTextContents(), ["Amina Odhiambo", "Coastal Shipping Authority"]);
  await seed.getByText("Why these countries").click();
  // The details are filled on an event that the browser fires after opening them.
  await seed.locator("mark").nth(2).waitFor();
  assert.deepEqual(await seed.locator("mark").allTextContents(), ["Kenya", "Mombasa", "Tanzania"]);
  assert.match(await seed.locator("dd").nth(1).innerText(), /😀 reach Mombasa/);
  await page.screenshot({ animations: "disabled", path: join(shots, "light.png") });
  await accessible(page, "light");

  // Filters: by country, from the list and from a card; by text; by keyboard.
  await page.locator('#countries [data-country="FR"]').click();
  await cards(2);
  assert.equal(await page.locator("#shown").innerText(), "2 of 8 articles");
  await page.screenshot({ animations: "disabled", path: join(shots, "filtered.png") });
  await page.locator("#active button").click();
  await cards(8);
  await seed.locator('[data-country="TZ"]').click();
  await cards(1);
  await page.locator('#countries [data-country="TZ"]').click();
  await cards(8);
  await page.keyboard.press("/");
  await page.keyboard.type("ODHIAMBO ferry");
  await cards(1);
  await page.keyboard.press("Escape");
  await cards(8);
  await page.locator("#text").fill("no article contains this");
  await cards(0);
  assert.equal(await page.locator("#empty-title").innerText(), "Nothing matches");
  await page.locator("#text").fill("");
  await page.locator("#language").selectOption("fr");
  await cards(1);
  await page.locator("#language").selectOption("");
  await cards(8);

  // An update replaces its card, another card's open explanation stays open, a withdrawal removes its card.
  await seed.getByText("Why these countries").click();
  await step("update");
  await until("the update", () => [...document.querySelectorAll("#articles h3")].some((one) => one.textContent.startsWith("Updated:")));
  await cards(7);
  assert.equal(await seed.locator("details").getAttribute("open"), "");

  // While paused, the list does not change.
  await page.locator("#pause").click();
  await step("more");
  await page.locator("#waiting", { hasText: "Show 1 new article" }).waitFor();
  await cards(7);
  await page.locator("#waiting").click();
  await cards(8);
  assert.equal(await page.locator("#pause").getAttribute("aria-pressed"), "false");

  await page.emulateMedia({ colorScheme: "dark" });
  await page.screenshot({ animations: "disabled", path: join(shots, "dark.png") });
  await accessible(page, "dark");
  await page.setViewportSize({ width: 390, height: 844 });
  await page.screenshot({ animations: "disabled", path: join(shots, "phone.png") });
  await accessible(page, "phone");
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, "no horizontal scrolling on a phone");

  // Only the gateway was requested, and the browser reported no errors.
  assert.deepEqual([...hosts], [new URL(address).host]);
  assert.deepEqual(errors, []);
  stopping = true;
  await step("stop");
  await until("the loss of the connection", () => document.querySelector("#connection").dataset.state === "waiting");
  console.log("ok");
} catch (error) {
  await context.pages()[0]?.screenshot({ path: join(shots, "failed.png") }).catch(() => {});
  console.error(error);
  process.exitCode = 1;
} finally {
  await context.close();
  await rm(profile, { recursive: true, force: true });
  process.stdin.destroy();
}
