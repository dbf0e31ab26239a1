// Requests to the gateway that served the page.

const TOKEN = "newswire-token";

/** The gateway wants a token. */
export class Denied extends Error {}
/** The gateway answered with an error. */
export class Refused extends Error {
  /** @param {number} status @param {string} detail */
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

/** Dispatches `denied` when a request needs a token. */
export const access = new EventTarget();

/** Kept for this tab only. @param {string} token */
export const setToken = (token) => sessionStorage.setItem(TOKEN, token);
export const hasToken = () => Boolean(sessionStorage.getItem(TOKEN));

/**
 * @param {string} path
 * @param {{ signal?: AbortSignal, headers?: Record<string, string> }} [options]
 * @returns {Promise<Response>}
 */
export async function request(path, { signal, headers = {} } = {}) {
  const token = sessionStorage.getItem(TOKEN);
  const response = await fetch(path, { signal, headers: token ? { ...headers, authorization: `Bearer ${token}` } : headers });
  if (response.status === 401) {
    access.dispatchEvent(new Event("denied"));
    throw new Denied("a token is needed");
  }
  if (!response.ok) {
    const problem = await response.json().catch(() => ({}));
    throw new Refused(response.status, String(problem.detail ?? problem.title ?? `HTTP ${response.status}`));
  }
  return response;
}

/**
 * @template T
 * @param {string} path
 * @param {URLSearchParams | Record<string, string>} [query]
 * @param {AbortSignal} [signal]
 * @returns {Promise<T>}
 */
export async function get(path, query = {}, signal) {
  const text = new URLSearchParams(query).toString();
  return (await request(text ? `${path}?${text}` : path, { signal })).json();
}

/**
 * Loads at once and again every `seconds` while the tab is visible. `load` gets a signal that a newer call aborts.
 * @param {number} seconds
 * @param {(signal: AbortSignal) => Promise<void>} load
 * @param {(error: Error | null) => void} [result] called with the error, or with null after a success
 */
export function poll(seconds, load, result = () => {}) {
  /** @type {AbortController | undefined} */
  let running;
  /** @type {number | undefined} */
  let timer;
  let last = 0;
  const now = async () => {
    clearTimeout(timer);
    running?.abort();
    const mine = (running = new AbortController());
    last = Date.now();
    try {
      await load(mine.signal);
      if (!mine.signal.aborted) result(null);
    } catch (error) {
      if (!mine.signal.aborted && !(error instanceof Denied)) result(/** @type {Error} */ (error));
    }
    if (!mine.signal.aborted) timer = setTimeout(next, seconds * 1000);
  };
  const next = () => {
    // Continues when the tab becomes visible.
    if (!document.hidden) now();
  };
  const visible = () => {
    if (!document.hidden && Date.now() - last > seconds * 1000) now();
  };
  document.addEventListener("visibilitychange", visible);
  return {
    now,
    stop() {
      clearTimeout(timer);
      running?.abort();
      document.removeEventListener("visibilitychange", visible);
    },
  };
}
