// Tests the page in a real browser, on a real gateway. Arguments: the page's address, the browser, a folder for screenshots.
// Requests steps from the test that started it: `do NAME` on standard output, answered by a line on standard input.
// Prints `ok` at the end, or exits with status 1 and an error.
import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { accessible, browse, until } from "./browser.mjs";
import { looks } from "./checks/looks.mjs";
import { map } from "./checks/map.mjs";
import { others } from "./checks/others.mjs";
import { wire } from "./checks/wire.mjs";

const [address, executable, shots] = process.argv.slice(2);
const answers = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const step = async (name) => {
  console.log(`do ${name}`);
  assert.equal((await answers.next()).value, "done");
};

try {
  await browse(executable, shots, async (page, seen) => {
    await page.goto(address);
    await until(page, "the connection is live", () => document.querySelector("#connection").dataset.state === "live");
    await page.getByText("No articles yet").waitFor();
    await accessible(page, "empty");

    await wire({ page, address, step });
    await step("day");
    await map({ page, address });
    await others({ page, address });
    await looks({ page, address, shots });

    // Only the gateway was requested, and the browser reported no errors.
    assert.deepEqual([...seen.hosts], [new URL(address).host]);
    assert.deepEqual(seen.errors, []);
    seen.stopping = true;
    await step("stop");
    await until(page, "the loss of the connection", () => document.querySelector("#connection").dataset.state === "waiting");
  });
  console.log("ok");
} catch (error) {
  console.error(error);
  process.exitCode = 1;
} finally {
  process.stdin.destroy();
}
