// A slider over the hours of the window: two handles over the counts of each hour.

import { h } from "../lib/dom.js";
import { clock, number } from "../lib/format.js";
import { hours as parse } from "../lib/url.js";

const HOUR = 3_600_000;

/** @param {(ago: string) => void} choose gets `FROM-TO` in hours before now; empty for all hours */
export function hoursSlider(choose) {
  let span = 24;
  const from = h("input", { type: "range", min: "0", max: "24", step: "1", value: "0", "aria-label": "From", class: "from" });
  const to = h("input", { type: "range", min: "0", max: "24", step: "1", value: "24", "aria-label": "Until", class: "to" });
  const chart = h("div", { class: "hours-bars", "aria-hidden": "true" });
  const text = h("output", { class: "hours-text" });
  const play = h("button", { type: "button", class: "button small", "aria-pressed": "false" }, "Play");
  const all = h("button", { type: "button", class: "button small" }, "All hours");
  const ticks = h("div", { class: "axis", "aria-hidden": "true" });
  const node = h("div", { class: "hours", role: "group", "aria-label": "Time" },
    h("div", { class: "hours-head" }, text, h("span", { class: "push" }), play, all),
    h("div", { class: "hours-track" }, from, chart, to), ticks);
  /** @type {number | undefined} */
  let timer;

  const at = (/** @type {number} */ ago) => clock(Date.now() - ago * HOUR);
  function label() {
    const [a, b] = [Number(from.value), Number(to.value)];
    const whole = a === 0 && b === span;
    text.textContent = whole ? `All ${span} hours` : `${at(span - a)} to ${b === span ? "now" : at(span - b)} · ${b - a} h`;
    all.hidden = whole;
    from.setAttribute("aria-valuetext", at(span - a));
    to.setAttribute("aria-valuetext", b === span ? "now" : at(span - b));
    [...chart.children].forEach((bar, n) => bar.classList.toggle("in", n >= a && n < b));
  }
  function send() {
    const [a, b] = [Number(from.value), Number(to.value)];
    choose(a === 0 && b === span ? "" : `${span - a}-${span - b}`);
  }
  /** Handles keep an hour between them. @param {HTMLInputElement} moved */
  function limit(moved) {
    if (moved === from) from.value = String(Math.min(Number(from.value), Number(to.value) - 1));
    else to.value = String(Math.max(Number(to.value), Number(from.value) + 1));
    label();
  }
  for (const handle of [from, to]) {
    handle.addEventListener("input", () => limit(handle));
    handle.addEventListener("change", () => {
      pause();
      send();
    });
  }
  all.addEventListener("click", () => {
    pause();
    from.value = "0";
    to.value = String(span);
    label();
    send();
  });
  function pause() {
    clearInterval(timer);
    timer = undefined;
    play.textContent = "Play";
    play.setAttribute("aria-pressed", "false");
  }
  /** Moves the range over the day, an hour a step. */
  function step() {
    const wide = Number(to.value) - Number(from.value);
    const width = wide === span ? 3 : wide;
    const next = wide === span || Number(to.value) >= span ? 0 : Number(from.value) + 1;
    from.value = String(next);
    to.value = String(next + width);
    label();
    send();
  }
  play.addEventListener("click", () => {
    if (timer !== undefined) return pause();
    play.textContent = "Stop";
    play.setAttribute("aria-pressed", "true");
    step();
    timer = setInterval(step, 1200);
  });

  label();
  return {
    node,
    /** @param {string} ago */
    set(ago) {
      const range = parse(ago);
      from.value = String(range ? Math.max(0, span - range[0]) : 0);
      to.value = String(range ? span - range[1] : span);
      label();
    },
    /** @param {number} hours length of the window @param {number[]} counts an hour, oldest first */
    draw(hours, counts) {
      if (span !== hours) {
        span = hours;
        for (const handle of [from, to]) handle.max = String(span);
        to.value = String(span);
      }
      const most = Math.max(1, ...counts);
      chart.replaceChildren(...counts.map((n) => {
        const bar = h("i", { title: number(n) });
        bar.style.height = `${(n / most) * 100}%`;
        return bar;
      }));
      const every = Math.max(1, Math.round(span / 8));
      ticks.replaceChildren(...counts.map((_, n) => n).filter((n) => n % every === 0).map((n) => {
        const tick = h("span", {}, at(span - n));
        tick.style.left = `${(n / span) * 100}%`;
        return tick;
      }));
      label();
    },
    stop: pause,
  };
}
