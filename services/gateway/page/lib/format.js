// Numbers, times and names as text.

const relative = new Intl.RelativeTimeFormat("en", { numeric: "always", style: "narrow" });
const clockFormat = new Intl.DateTimeFormat("en-GB", { hour: "2-digit", minute: "2-digit" });
const fullFormat = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
const dayFormat = new Intl.DateTimeFormat("en-GB", { weekday: "short", day: "numeric", month: "short" });
const regions = new Intl.DisplayNames(["en"], { type: "region", fallback: "code" });
const tongues = new Intl.DisplayNames(["en"], { type: "language", fallback: "code" });
const plain = new Intl.NumberFormat("en");
const compactFormat = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });

/** @param {number} n */
export const number = (n) => plain.format(n);
/** @param {number} n */
export const compact = (n) => (n < 10_000 ? plain.format(n) : compactFormat.format(n));
/** @param {number} n @param {string} one @param {string} [many] */
export const count = (n, one, many = `${one}s`) => `${plain.format(n)} ${n === 1 ? one : many}`;
/** Time of day. @param {number} time */
export const clock = (time) => clockFormat.format(time);
/** @param {number} time */
export const full = (time) => fullFormat.format(time);
/** @param {number} time */
export const day = (time) => dayFormat.format(time);

const UNITS = /** @type {[Intl.RelativeTimeFormatUnit, number, number][]} */ ([
  ["minute", 60, 60], ["hour", 3600, 24], ["day", 86_400, Infinity]]);

/** The time from now, such as `5 min ago` or `in 2 h`. @param {number} time */
export function ago(time) {
  const seconds = Math.round((time - Date.now()) / 1000);
  if (Math.abs(seconds) < 45) return seconds > 5 ? "in a moment" : "now";
  for (const [unit, size, most] of UNITS) {
    const units = Math.round(seconds / size);
    if (Math.abs(units) < most) return relative.format(units, unit);
  }
  return "";
}

/** @param {number} ms */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 90_000) return `${(ms / 1000).toFixed(ms < 9950 ? 1 : 0)} s`;
  if (ms < 5_400_000) return `${Math.round(ms / 60_000)} min`;
  return `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Name of an ISO 3166-1 alpha-2 code. @param {string} code @param {string} [fallback] */
export function countryName(code, fallback) {
  try {
    const name = code && regions.of(code);
    return name && name !== code ? name : fallback || code || "Unknown";
  } catch {
    return fallback || code;
  }
}

/** Name of a BCP 47 tag. @param {string} tag */
export function languageName(tag) {
  if (!tag || tag === "und") return "Unknown";
  try {
    return tongues.of(tag) ?? tag;
  } catch {
    return tag;
  }
}

/** Whether a person has a use for the tag: not empty, not unknown. @param {string} tag */
export const known = (tag) => Boolean(tag) && tag !== "und";

/** @type {Record<string, string>} */
const TYPES = {
  PERSON: "person", ORG: "organisation", GPE: "place", LOC: "place", NORP: "people or group", EVENT: "event",
};
/** @param {string} type */
export const typeName = (type) => TYPES[type] ?? type.toLowerCase();

/** The URL, if it is safe to follow (http or https), else null. @param {string} text */
export function link(text) {
  try {
    const url = new URL(text);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : null;
  } catch {
    return null;
  }
}

/** Milliseconds of a time of the API; 0 if it is absent. @param {string | null | undefined} text */
export const millis = (text) => (text && Date.parse(text)) || 0;
