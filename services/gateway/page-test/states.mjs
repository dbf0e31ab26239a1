// Tests on the mock gateway what a real one shows seldom: token, outage, lag, nothing yet. Arguments: the browser, a folder
// for screenshots. Prints `ok` at the end.
import assert from "node:assert/strict";
import { join } from "node:path";
import { accessible, browse, drawn, until } from "./browser.mjs";
import { Mock } from "./mock/gateway.mjs";

const [executable, shots] = process.argv.slice(2);
const VIEWS = ["", "?view=map", "?view=rising", "?view=coverage", "?view=feeds"];
const state = (page, wanted) => until(page, `the connection is ${wanted}`, (name) => document.querySelector("#connection").dataset.state === name, wanted);
const shot = (page, name) => page.screenshot({ animations: "disabled", path: join(shots, `${name}.png`) });
const has = (page, title) => until(page, title, (text) => [...document.querySelectorAll("#articles h3")].some((one) => one.textContent === text), title);

async function token() {
  const mock = new Mock({ token: "secret", unobserved: true });
  const address = await mock.listen();
  await browse(executable, shots, async (page) => {
    await page.goto(`${address}?view=rising`);
    await page.locator("#access").waitFor();
    await accessible(page, "token");
    await page.locator("#token").fill("wrong");
    await page.keyboard.press("Enter");
    await page.locator("#access-error").waitFor();
    await shot(page, "state-token");
    await page.locator("#token").fill("secret");
    await page.keyboard.press("Enter");
    await state(page, "live");
    // What rises is not known on the first day.
    await drawn(page);
    await page.locator(".note", { hasText: "Counting began" }).waitFor();
    assert.ok(await page.locator(".trends li").count() > 10);
    await page.locator('#views [data-view="wire"]').click();
    mock.add("Streamed with a token");
    await has(page, "Streamed with a token");
  });
  await mock.close();
}

async function empty() {
  const mock = new Mock({ empty: true });
  const address = await mock.listen();
  await browse(executable, shots, async (page, { errors }) => {
    for (const view of VIEWS) {
      await page.goto(address + view);
      await state(page, "live");
      await drawn(page);
      await accessible(page, `empty ${view}`);
    }
    await page.goto(address);
    await page.getByText("No articles yet").waitFor();
    await shot(page, "state-empty");
    assert.deepEqual(errors, []);
  });
  await mock.close();
}

async function outage() {
  const mock = new Mock();
  const address = await mock.listen();
  await browse(executable, shots, async (page) => {
    await page.goto(address);
    await state(page, "live");
    await drawn(page);
    mock.lag(312);
    await page.locator("#strip", { hasText: "312 records were missed" }).waitFor();
    await accessible(page, "lagged");
    await shot(page, "state-lagged");
    await state(page, "live");
    mock.refuse(true);
    await state(page, "waiting");
    await page.locator("#strip", { hasText: "cannot be reached" }).waitFor();
    await accessible(page, "outage");
    await shot(page, "state-outage");
    // Published while the page is not connected: it resumes from its position.
    mock.add("Published during the outage");
    mock.refuse(false);
    await state(page, "live");
    await has(page, "Published during the outage");
    await page.locator("#strip").waitFor({ state: "hidden" });
  });
  await mock.close();
}

async function changes() {
  const mock = new Mock();
  const address = await mock.listen();
  await browse(executable, shots, async (page, { errors }) => {
    await page.goto(address);
    await state(page, "live");
    const one = mock.add("A first title");
    await has(page, "A first title");
    mock.update(one, "Corrected: ");
    await has(page, "Corrected: A first title");
    const card = page.locator(`[data-id="${one.article_id}"]`);
    await card.locator(".flag", { hasText: "updated" }).waitFor();
    await card.locator("summary").click();
    await card.locator(".earlier li", { hasText: "A first title" }).waitFor();
    mock.withdraw({ ...one, revision: 2 });
    await card.locator(".flag", { hasText: "withdrawn" }).waitFor();
    await accessible(page, "withdrawn");
    await card.waitFor({ state: "detached" });
    // While the evidence is open, the list does not move.
    await page.locator(".item .tag").first().hover();
    await page.locator("#evidence").waitFor();
    const first = await page.locator("#articles .item").first().getAttribute("data-id");
    mock.add("While evidence is open");
    await page.locator("#evidence button").click();
    assert.equal(await page.locator("#articles .item").first().getAttribute("data-id"), first);
    await accessible(page, "evidence");
    await page.mouse.move(4, 500);
    await has(page, "While evidence is open");
    assert.deepEqual(errors, []);
  });
  await mock.close();
}

try {
  for (const test of [token, empty, outage, changes]) await test();
  console.log("ok");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
}
process.exit();
