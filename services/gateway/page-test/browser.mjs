// Starts the browser, and what every test of the page checks.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { chromium } from "playwright-core";

export const PATIENCE = 20_000;
const axe = await readFile(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");

/** Checks WCAG 2.2 A and AA and the best practices, as far as axe does. */
export async function accessible(page, how) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() =>
    window.axe.run(document, { runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"] }));
  const found = violations.map((one) => `${one.id}: ${one.help}: ${one.nodes.map((node) => node.html).join(" | ")}`);
  assert.deepEqual(found, [], how);
}

/** No view scrolls sideways. */
export async function fits(page, how) {
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  assert.equal(wide, 0, `${how} scrolls sideways`);
}

/** Waits until the function is true in the page. */
export const until = (page, what, wanted, argument) => page.waitForFunction(wanted, argument, { timeout: PATIENCE }).catch((error) => {
  throw new Error(`not seen: ${what}: ${error.message}`);
});

/** Asks the API until it lists at least so many articles. */
export const listed = (page, path, least) => page.evaluate(async ([asked, count, patience]) => {
  for (const start = performance.now(); performance.now() - start < patience;) {
    const { articles } = await (await fetch(asked)).json();
    if ((Array.isArray(articles) ? articles.length : articles) >= count) return;
    await new Promise(requestAnimationFrame);
  }
  throw new Error(`${asked} has fewer than ${count} articles`);
}, [path, least, PATIENCE]);

/** Waits until the view has its data. */
export async function drawn(page) {
  await until(page, "the view's data", () => document.querySelector("#view > .view") && !document.querySelector("#view .skeleton"));
}

/**
 * Runs `test(page, seen)` in a browser of its own; `seen` has the errors and the hosts so far. A failure leaves a
 * screenshot in the folder `shots`.
 */
export async function browse(executablePath, shots, test) {
  const profile = await mkdtemp(join(tmpdir(), "newswire-page-"));
  const context = await chromium.launchPersistentContext(profile, {
    executablePath, headless: true, viewport: { width: 1440, height: 900 }, colorScheme: "light",
    args: [
      "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync",
    ],
  });
  const page = context.pages()[0] ?? (await context.newPage());
  page.setDefaultTimeout(PATIENCE);
  const seen = { errors: [], hosts: new Set(), stopping: false };
  page.on("console", (message) => {
    if (message.type() === "error" && !seen.stopping) seen.errors.push(`${message.text()} ${message.location().url}`);
  });
  page.on("pageerror", (error) => seen.errors.push(String(error)));
  page.on("request", (request) => seen.hosts.add(new URL(request.url()).host));
  try {
    await test(page, seen);
  } catch (error) {
    await page.screenshot({ path: join(shots, "failed.png") }).catch(() => {});
    throw error;
  } finally {
    await context.close();
    await rm(profile, { recursive: true, force: true });
  }
}
