// The filter bar: search, choices, and what is set.

import { get, poll } from "../lib/api.js";
import { h, redraw } from "../lib/dom.js";
import { countryName, languageName } from "../lib/format.js";
import { current, filtered, hours, noFilters, withFilters } from "../lib/url.js";

/** @typedef {[value: string, text: string]} Option */

/** The views that filters apply to; a search in another leads to the wire. */
const FILTERED = new Set(["wire", "map", "entity"]);

/** @param {{ go: Context["go"], place: HTMLElement }} options */
export function filterBar({ go, place }) {
  const search = h("input", { type: "search", id: "text", autocomplete: "off", spellcheck: "false", placeholder: "Search names and words", "aria-keyshortcuts": "/" });
  /** @param {string} label @param {keyof Filters} name @param {string} none */
  const choice = (label, name, none) => {
    const select = h("select", { "aria-label": label, id: `choose-${name}` });
    /** @param {Option[]} options */
    const offer = (options) => {
      const value = String(current.now.filters[name]);
      const all = options.some(([one]) => one === value) || !value ? options : [...options, /** @type {Option} */ ([value, value.includes(",") ? "Several" : value])];
      redraw(select, [all, value], () => [h("option", { value: "" }, none), ...all.map(([one, text]) => h("option", { value: one }, text))]);
      select.value = value;
    };
    select.addEventListener("change", () => {
      const list = Array.isArray(noFilters()[name]);
      go({ filters: { ...current.now.filters, [name]: list ? [select.value].filter(Boolean) : select.value } });
    });
    /** @type {Option[]} */
    let known = [];
    return {
      select,
      /** @param {Option[]} [options] */
      set(options = known) {
        known = options;
        offer(options);
      },
    };
  };
  const country = choice("Country", "country", "All countries");
  const role = choice("Role of the country", "role", "Focus or mention");
  const language = choice("Language", "language", "All languages");
  const publisher = choice("Publisher", "publisher", "All publishers");
  const chips = h("div", { class: "chips" });
  const choices = h("details", { class: "choices", open: matchMedia("(min-width: 761px)").matches }, h("summary", {}, "Filters"),
    h("div", {}, country.select, role.select, language.select, publisher.select));
  const form = h("form", { role: "search" },
    h("label", { class: "search", for: "text" }, h("span", { class: "unseen" }, "Search"), search, h("kbd", { "aria-hidden": "true" }, "/")),
    choices);
  place.append(form, chips);

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    searchNow();
  });
  /** @type {number | undefined} */
  let timer;
  const searchNow = () => {
    clearTimeout(timer);
    if (search.value.trim() === current.now.filters.q) return;
    go({ ...(FILTERED.has(current.now.view) ? {} : { view: "wire" }), filters: { ...current.now.filters, q: search.value.trim() } });
  };
  search.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(searchNow, 300);
  });

  role.set([["focus", "In focus"], ["mentioned", "Mentioned"]]);
  const options = poll(60, async (signal) => {
    const [countries, languages, publishers] = await Promise.all([
      /** @type {Promise<CountryCounts>} */ (get("/v1/countries", {}, signal)),
      /** @type {Promise<{ languages: { language: string, articles: number }[] }>} */ (get("/v1/languages", {}, signal)),
      /** @type {Promise<{ publishers: PublisherCount[] }>} */ (get("/v1/publishers", { limit: "200" }, signal)),
    ]);
    country.set(countries.countries.map((one) => /** @type {Option} */ ([one.code, countryName(one.code, one.name)])).sort((a, b) => a[1].localeCompare(b[1])));
    language.set(languages.languages.map((one) => /** @type {Option} */ ([one.language, languageName(one.language)])));
    publisher.set(publishers.publishers.map((one) => /** @type {Option} */ ([one.domain, one.name || one.domain])));
  });

  return {
    reload: options.now,
    focus: () => search.focus(),
    /** @param {State} state */
    update(state) {
      if (document.activeElement !== search) search.value = state.filters.q;
      for (const one of [country, role, language, publisher]) one.set();
      role.select.hidden = !state.filters.country.length;
      redraw(chips, [state.filters, state.view], () => chipsOf(state.filters));
      choices.hidden = !FILTERED.has(state.view);
      chips.hidden = !filtered(state.filters) || choices.hidden;
    },
  };
}

/** @param {Filters} filters */
function chipsOf(filters) {
  /** @type {HTMLElement[]} */
  const chips = [];
  /** @param {string} label @param {string} text @param {Partial<Filters>} without */
  const chip = (label, text, without) => chips.push(h("a", { class: "chip", href: withFilters(without), "aria-label": `Remove ${label} ${text}` },
    h("span", { class: "label" }, label), h("span", { dir: "auto" }, text), h("span", { "aria-hidden": "true", class: "x" }, "×")));
  /** @param {"country" | "entity" | "language" | "publisher" | "publisher_country" | "feed" | "tag"} name @param {string} label @param {(value: string) => string} [text] */
  const list = (name, label, text = (value) => value) => {
    for (const value of filters[name]) chip(label, text(value), { [name]: filters[name].filter((one) => one !== value) });
  };
  list("country", filters.role === "focus" ? "in focus" : filters.role === "mentioned" ? "mentioned" : "about", (code) => countryName(code));
  list("entity", "name", (key) => key.replace(/^[a-z]+:/, ""));
  if (filters.type) chip("type", filters.type.toLowerCase(), { type: "" });
  list("language", "in", languageName);
  list("publisher", "by");
  list("publisher_country", "published in", (code) => countryName(code));
  list("feed", "feed", (id) => id.slice(0, 8));
  list("tag", "tag");
  if (filters.q) chip("search", `“${filters.q}”`, { q: "" });
  const range = hours(filters.ago);
  if (range) chip("time", range[1] ? `${range[0]} to ${range[1]} h ago` : `last ${range[0]} h`, { ago: "" });
  if (chips.length > 1) chips.push(h("a", { class: "chip all", href: withFilters(noFilters()) }, "Clear all"));
  return chips;
}
