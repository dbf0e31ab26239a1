// The address of the page holds the view and all filters, so that every state can be linked.

/** Filters that take several values. */
const LISTS = /** @type {const} */ (["country", "entity", "language", "publisher", "publisher_country", "feed", "tag"]);
const TEXTS = /** @type {const} */ (["role", "type", "q", "ago"]);
const OPTIONS = /** @type {const} */ (["key", "by", "sort", "status"]);
export const VIEWS = ["wire", "map", "rising", "entity", "coverage", "feeds"];

/** @returns {Filters} */
export const noFilters = () => ({
  country: [], role: "", entity: [], type: "", language: [], publisher: [], publisher_country: [], feed: [], tag: [], q: "", ago: "",
});

/** @param {string} search @returns {State} */
export function read(search) {
  const query = new URLSearchParams(search);
  const filters = noFilters();
  // An entity's key and a publisher's name may contain a comma.
  for (const name of LISTS) {
    const values = query.getAll(name).filter(Boolean);
    filters[name] = name === "entity" || name === "publisher" ? values : values.flatMap((value) => value.split(",")).filter(Boolean);
  }
  for (const name of TEXTS) filters[name] = query.get(name) ?? "";
  if (!hours(filters.ago)) filters.ago = "";
  const view = query.get("view") ?? "wire";
  const state = { view: VIEWS.includes(view) ? view : "wire", key: "", by: "", sort: "", status: "", filters };
  for (const name of OPTIONS) state[name] = query.get(name) ?? "";
  return state;
}

/** The address of a state. @param {State} state */
export function write(state) {
  const query = new URLSearchParams();
  if (state.view !== "wire") query.set("view", state.view);
  for (const name of OPTIONS) if (state[name]) query.set(name, state[name]);
  addFilters(query, state.filters);
  if (state.filters.ago) query.set("ago", state.filters.ago);
  const text = query.toString();
  return text ? `/?${text}` : "/";
}

/** @param {URLSearchParams} query @param {Filters} filters */
function addFilters(query, filters) {
  for (const name of LISTS) for (const value of filters[name]) query.append(name, value);
  for (const name of /** @type {const} */ (["role", "type", "q"])) if (filters[name]) query.set(name, filters[name]);
  // The API has no use for a role without a country.
  if (!filters.country.length) query.delete("role");
}

/** `[from, to]` in hours before now, or null if all hours are chosen. @param {string} text @returns {[number, number] | null} */
export function hours(text) {
  const found = /^(\d{1,3})-(\d{1,3})$/.exec(text);
  if (!found) return null;
  const [from, to] = [Number(found[1]), Number(found[2])];
  return from > to ? [from, to] : null;
}

/** The filters as parameters of the API. @param {Filters} filters */
export function apiQuery(filters) {
  const query = new URLSearchParams();
  addFilters(query, filters);
  const range = hours(filters.ago);
  if (range) {
    // Whole minutes, so that requests within one have the same address.
    const now = Math.floor(Date.now() / 60_000) * 60_000;
    const at = (/** @type {number} */ ago) => new Date(now - ago * 3_600_000).toISOString();
    query.set("since", at(range[0]));
    if (range[1]) query.set("until", at(range[1]));
  }
  return query;
}

/** Whether any filter is set. @param {Filters} filters */
export const filtered = (filters) => apiQuery(filters).size > 0;

/** The current state; set by the application. @type {{ now: State }} */
export const current = { now: { view: "wire", key: "", by: "", sort: "", status: "", filters: noFilters() } };

/**
 * Address of the current state with other filters, in the same view unless another is named.
 * @param {Partial<Filters>} filters
 * @param {Partial<State>} [change]
 */
export function withFilters(filters, change = {}) {
  return write({ ...current.now, ...change, filters: { ...current.now.filters, ...filters } });
}

/** Address of an entity's view. The filters stay. @param {string} key */
export const entityAddress = (key) => write({ view: "entity", key, by: "", sort: "", status: "", filters: current.now.filters });

/** Address that sets the country as filter, or clears it if it is the one chosen. @param {string} code @param {Partial<State>} [change] */
export function countryAddress(code, change) {
  const { country } = current.now.filters;
  return withFilters(country.length === 1 && country[0] === code ? { country: [], role: "" } : { country: [code] }, change);
}
