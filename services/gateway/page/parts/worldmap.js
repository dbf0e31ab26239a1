// A map of the world whose countries are shaded by a number and can be chosen.

import { get } from "../lib/api.js";
import { h, svg } from "../lib/dom.js";
import { countryName, number } from "../lib/format.js";

const WIDTH = 960;
const HEIGHT = 470;
export const LEVELS = 6;

/** The level of a number by its square root: 0 for none, else 1 to LEVELS. @param {number} n @param {number} most */
export const level = (n, most) => (n > 0 ? Math.min(LEVELS, Math.max(1, Math.ceil(LEVELS * Math.sqrt(n / Math.max(1, most)) - 1e-9))) : 0);

/** Smallest number of each level. @param {number} most */
function steps(most) {
  /** @type {number[]} */
  const found = [];
  for (let n = 1; n <= most && found.length < LEVELS; n++) {
    const of = level(n, most);
    if (found[of - 1] === undefined) found[of - 1] = n;
    if (of === LEVELS) break;
  }
  return found;
}

/** @type {Promise<{ paths: { code: string, d: string }[], dots: { code: string, x: number, y: number }[], borders: string, sphere: string, graticule: string }> | undefined} */
let loading;
/** The shapes, loaded at the first use. */
function shapes() {
  loading ??= Promise.all([import("../vendor/geo.js"), get("/page/vendor/world.json")]).then(([geo, world]) => {
    const { atlas, points } = /** @type {{ atlas: { objects: { countries: unknown } }, points: Record<string, [number, number]> }} */ (world);
    const countries = geo.feature(atlas, atlas.objects.countries);
    const projection = geo.geoEqualEarth().fitExtent([[2, 2], [WIDTH - 2, HEIGHT - 2]], countries);
    const path = geo.geoPath(projection);
    const round = (/** @type {string | null} */ d) => (d ?? "").replace(/\d+\.\d+/g, (n) => Number(n).toFixed(1));
    return {
      paths: countries.features.map((one) => ({ code: one.id ?? "", d: round(path(one)) })),
      dots: Object.entries(points).flatMap(([code, point]) => {
        const at = projection(point);
        return at ? [{ code, x: at[0], y: at[1] }] : [];
      }),
      borders: round(path(geo.mesh(atlas, atlas.objects.countries, (a, b) => a !== b))),
      sphere: round(path({ type: "Sphere" })),
      graticule: round(path(geo.geoGraticule10())),
    };
  });
  loading.catch(() => (loading = undefined));
  return loading;
}

/**
 * `choose` gets the code of a country that was clicked.
 * @param {{ choose: (code: string) => void, label: string, small?: boolean }} options
 */
export function worldmap({ choose, label, small = false }) {
  const surface = svg("svg", { class: "world", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": label });
  const tip = h("div", { class: "tip", hidden: true, "aria-hidden": "true" });
  const legend = h("p", { class: "legend" });
  const failure = h("p", { class: "stale", role: "status", hidden: true });
  const node = h("div", { class: small ? "map small" : "map" }, surface, tip, legend, failure);
  /** @type {Map<string, Element[]>} */
  const places = new Map();
  /** @type {Map<string, { n: number, text: string, kind?: string }>} */
  let values = new Map();
  /** @type {string[]} */
  let chosen = [];
  let hue = "";

  const ready = shapes().then(({ paths, dots, borders, sphere, graticule }) => {
    surface.append(svg("path", { class: "sphere", d: sphere }), svg("path", { class: "graticule", d: graticule }));
    /** @param {string} code @param {Element} shape */
    const add = (code, shape) => {
      surface.append(shape);
      if (code) places.set(code, [...(places.get(code) ?? []), shape]);
    };
    for (const { code, d } of paths) add(code, svg("path", { class: "land", d, "data-code": code }));
    surface.append(svg("path", { class: "borders", d: borders }));
    for (const { code, x, y } of dots) add(code, svg("circle", { class: "land dot", cx: x.toFixed(1), cy: y.toFixed(1), r: 2, "data-code": code }));
    paint();
  }, (error) => {
    failure.hidden = false;
    failure.textContent = `The map could not be loaded: ${error.message}`;
  });

  function paint() {
    const most = Math.max(0, ...[...values.values()].map((one) => one.n));
    for (const [code, elements] of places) {
      const value = values.get(code);
      const of = value?.kind ?? `l${level(value?.n ?? 0, most)}`;
      for (const shape of elements) {
        shape.setAttribute("class", `land${shape.tagName === "circle" ? " dot" : ""} ${of}${chosen.includes(code) ? " chosen" : ""}`);
        if (shape.tagName === "circle") shape.setAttribute("r", of === "l0" ? "1.6" : small ? "5" : "3.6");
      }
    }
    surface.setAttribute("data-hue", hue);
  }

  /** @param {Event} event */
  const codeOf = (event) => (event.target instanceof Element ? event.target.getAttribute("data-code") : null);
  surface.addEventListener("click", (event) => {
    const code = codeOf(event);
    if (code) choose(code);
  });
  surface.addEventListener("pointermove", (event) => {
    const code = codeOf(event);
    tip.hidden = !code;
    if (!code) return;
    tip.replaceChildren(h("strong", {}, countryName(code)), ` ${values.get(code)?.text ?? "no articles"}`);
    const box = node.getBoundingClientRect();
    const left = Math.min(event.clientX - box.left + 14, box.width - tip.offsetWidth - 4);
    tip.style.left = `${Math.max(4, left)}px`;
    tip.style.top = `${event.clientY - box.top + 16}px`;
  });
  surface.addEventListener("pointerleave", () => (tip.hidden = true));

  return {
    node,
    ready,
    /**
     * @param {Map<string, { n: number, text: string, kind?: string }>} next by code; `kind` is a class in place of a level
     * @param {{ chosen?: string[], hue?: string, key?: [string, string][] }} [options] `key` replaces the legend: class and text
     */
    draw(next, options = {}) {
      values = next;
      chosen = options.chosen ?? [];
      hue = options.hue ?? "";
      paint();
      const most = Math.max(0, ...[...values.values()].map((one) => one.n));
      const entries = options.key ?? steps(most).map((n, at, all) => /** @type {[string, string]} */ ([`l${at + 1}`,
        all[at + 1] === undefined ? (n === most ? number(n) : `${number(n)}–${number(most)}`) : all[at + 1] - 1 > n ? `${number(n)}–${number(all[at + 1] - 1)}` : number(n)]));
      legend.dataset.hue = hue;
      legend.replaceChildren(...entries.filter(Boolean).map(([name, text]) => h("span", {}, h("i", { class: `swatch ${name}` }), text)));
    },
  };
}
