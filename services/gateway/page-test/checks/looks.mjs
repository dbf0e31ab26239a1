// Every view in both themes, on a wide screen and a phone: accessible, without sideways scrolling; screenshots; how much is
// transferred, and when the first paint is.
import assert from "node:assert/strict";
import { join } from "node:path";
import { accessible, drawn, fits, until } from "../browser.mjs";

const KEY = encodeURIComponent("person:amina odhiambo");
const VIEWS = { wire: "", map: "?view=map", rising: "?view=rising", entity: `?view=entity&key=${KEY}`, coverage: "?view=coverage", feeds: "?view=feeds" };
const SIZES = { wide: { width: 1440, height: 900 }, phone: { width: 390, height: 844 } };
/** Milliseconds until the first paint, from the start of the navigation. */
const PAINT = 1000;
/** Bytes of a view's first load, with the API's answers. */
const TRANSFER = 500_000;

export async function looks({ page, address, shots }) {
  for (const [size, viewport] of Object.entries(SIZES)) {
    for (const theme of ["light", "dark"]) {
      await page.setViewportSize(viewport);
      await page.emulateMedia({ colorScheme: theme, reducedMotion: size === "phone" ? "reduce" : "no-preference" });
      for (const [name, query] of Object.entries(VIEWS)) {
        const how = `${name}, ${theme}, ${size}`;
        await page.goto(address + query);
        await until(page, `live: ${how}`, () => document.querySelector("#connection").dataset.state === "live");
        await drawn(page);
        await until(page, "the map", () => !document.querySelector(".world") || document.querySelector(".world .land"));
        await page.screenshot({ animations: "disabled", path: join(shots, `${name}-${theme}${size === "phone" ? "-phone" : ""}.png`) });
        await accessible(page, how);
        await fits(page, how);
      }
    }
  }
  await page.setViewportSize(SIZES.wide);
  await page.emulateMedia({ colorScheme: "light", reducedMotion: "no-preference" });
  // The switch wins over the system.
  await page.goto(address);
  await page.keyboard.press("t");
  await page.keyboard.press("t");
  assert.equal(await page.evaluate(() => getComputedStyle(document.documentElement).colorScheme), "dark");
  await page.reload();
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  await page.keyboard.press("t");
  await light(page, address);
}

/** A load with an empty cache. */
async function light(page, address) {
  const session = await page.context().newCDPSession(page);
  await session.send("Network.setCacheDisabled", { cacheDisabled: true });
  for (const [name, query] of Object.entries(VIEWS)) {
    await page.goto("about:blank");
    await page.goto(address + query);
    await until(page, "live", () => document.querySelector("#connection").dataset.state === "live");
    await drawn(page);
    await until(page, "the first paint", () => performance.getEntriesByName("first-contentful-paint").length);
    const { paint, bytes } = await page.evaluate(() => ({
      paint: performance.getEntriesByName("first-contentful-paint")[0].startTime,
      bytes: [...performance.getEntriesByType("navigation"), ...performance.getEntriesByType("resource")].reduce((sum, one) => sum + one.transferSize, 0),
    }));
    console.log(`${name}: first paint after ${Math.round(paint)} ms, ${Math.round(bytes / 1000)} kB transferred`);
    assert.ok(paint < PAINT, `first paint of ${name} after ${paint} ms`);
    assert.ok(bytes < TRANSFER, `${name} transfers ${bytes} bytes`);
  }
  await session.detach();
}
