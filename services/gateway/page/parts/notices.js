// What is shown in place of data: loading, nothing, failed.

import { h } from "../lib/dom.js";

/** @param {string} title @param {string} text */
export const nothing = (title, text) => h("div", { class: "notice", role: "status" }, h("p", { class: "notice-title" }, title), h("p", {}, text));

/** @param {Error} error @param {() => void} again */
export function failed(error, again) {
  const button = h("button", { type: "button", class: "button" }, "Try again");
  button.addEventListener("click", again);
  const offline = error instanceof TypeError;
  return h("div", { class: "notice failed", role: "status" },
    h("p", { class: "notice-title" }, offline ? "The gateway cannot be reached" : "This could not be loaded"),
    h("p", {}, offline ? "It is tried again automatically." : error.message), button);
}

export const skeleton = () => h("div", { class: "skeleton", role: "status" }, h("span", { class: "unseen" }, "Loading"),
  ...Array.from({ length: 6 }, () => h("div", { class: "bone", "aria-hidden": "true" })));

/**
 * A strip over a view whose data could not be refreshed; empty when all is well.
 */
export function refreshNotice() {
  const node = h("p", { class: "stale", role: "status", hidden: true });
  return {
    node,
    /** @param {Error | null} error */
    set(error) {
      node.hidden = !error;
      node.textContent = error ? `Not refreshed: ${error instanceof TypeError ? "the gateway cannot be reached" : error.message}. What is shown may be old.` : "";
    },
  };
}
