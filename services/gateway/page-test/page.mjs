// Looks at the page with a real browser. Arguments: the page's address, the browser, a folder for screenshots.
// On standard output it asks the test that started it for what it needs next: `do NAME`, answered with a line on
// standard input. Ends with `ok`, or with an error and status 1.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

const [address, executablePath, shots] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const ask = async (what) => {
  console.log(`do ${what}`);
  assert.equal((await answers.next()).value, "done");
};

const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
/** WCAG 2.2 A and AA, as far as axe can tell. */
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
  const complaints = [];
  const asked = new Set();
  let quiet = false;
  page.on("console", (message) => {
    if (message.type() === "error" && !quiet) complaints.push(message.text());
  });
  page.on("pageerror", (error) => complaints.push(String(error)));
  page.on("request", (request) => asked.add(new URL(request.url()).host));
  const titles = () => page.locator("#articles h3").allTextContents();
  const until = (what, wanted) => page.waitForFunction(wanted, undefined, { timeout: 20_000 }).catch((error) => {
    throw new Error(`not seen: ${what}: ${error.message}`);
  });
  const cards = (count) => page.waitForFunction((n) => document.querySelectorAll("#articles > li").length === n, count);

  // Nothing yet.
  await page.goto(address);
  await until("the connection is live", () => document.querySelector("#connection").dataset.state === "live");
  assert.equal(await page.locator("#empty-title").innerText(), "No articles yet");
  await page.screenshot({ animations: "disabled", path: join(shots, "empty.png") });
  await accessible(page, "empty");

  // Articles arrive without a reload, and what publishers write is text, never markup or script.
  await ask("publish");
  await until("eight articles", () => document.querySelectorAll("#articles > li").length === 8);
  assert.equal(await page.locator("#count").innerText(), "8");
  assert.ok((await titles()).includes(`<img src=x onerror="window.hit=1"><script>window.hit=1</script> & more`), String(await titles()));
  assert.equal(await page.evaluate(() => window.hit), undefined);
  assert.equal(await page.locator("#articles img, #articles script").count(), 0);
  const links = await page.locator("#articles h3 a").evaluateAll((all) => all.map((one) => [one.protocol, one.rel, one.target]));
  assert.equal(links.length, 7, "a javascript: URL is no link");
  for (const link of links) assert.deepEqual(link, ["https:", "noopener noreferrer", "_blank"]);

  // Countries with their role and evidence; people and organisations.
  const seed = page.locator("#articles > li", { hasText: "Ferry link between Kenya and Tanzania" });
  assert.deepEqual(await seed.locator(".country.focus b").allTextContents(), ["KE", "TZ"]);
  assert.match(await seed.locator('[data-country="KE"]').getAttribute("title"), /in focus: Kenya \(name\), Mombasa \(city\)/);
  assert.deepEqual(await seed.locator(".name").allTextContents(), ["Amina Odhiambo", "Coastal Shipping Authority"]);
  await seed.getByText("Why these countries").click();
  // The browser tells of the opened details a moment later, and only then are they filled.
  await seed.locator("mark").nth(2).waitFor();
  assert.deepEqual(await seed.locator("mark").allTextContents(), ["Kenya", "Mombasa", "Tanzania"]);
  assert.match(await seed.locator("dd").nth(1).innerText(), /😀 reach Mombasa/);
  await page.screenshot({ animations: "disabled", path: join(shots, "light.png") });
  await accessible(page, "light");

  // A filter by country, from the list and from a card; one by text; the keyboard.
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
  await page.locator("#text").fill("nothing says this");
  await cards(0);
  assert.equal(await page.locator("#empty-title").innerText(), "Nothing matches");
  await page.locator("#text").fill("");
  await page.locator("#language").selectOption("fr");
  await cards(1);
  await page.locator("#language").selectOption("");
  await cards(8);

  // An update replaces, an open explanation elsewhere stays open, a withdrawal takes away.
  await seed.getByText("Why these countries").click();
  await ask("update");
  await until("the update", () => [...document.querySelectorAll("#articles h3")].some((one) => one.textContent.startsWith("Updated:")));
  await cards(7);
  assert.equal(await seed.locator("details").getAttribute("open"), "");

  // While paused nothing moves.
  await page.locator("#pause").click();
  await ask("more");
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
  assert.equal(wide, 0, "a phone needs no scrolling sideways");

  // Nothing but the gateway was asked, and the browser had nothing to complain of.
  assert.deepEqual([...asked], [new URL(address).host]);
  assert.deepEqual(complaints, []);
  quiet = true;
  await ask("stop");
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
