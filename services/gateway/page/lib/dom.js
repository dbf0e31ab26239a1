// Makes elements. Strings become text nodes, never markup.

/** @typedef {string | number | Node | null | undefined | false} Child */
/** @typedef {Record<string, string | number | boolean | null | undefined>} Attributes */

/**
 * @param {Element} node
 * @param {Attributes} attributes
 * @param {Child[]} children
 */
function fill(node, attributes, children) {
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    node.setAttribute(key, value === true ? "" : String(value));
  }
  for (const child of children) {
    if (child !== null && child !== undefined && child !== false) node.append(child instanceof Node ? child : String(child));
  }
}

/**
 * An element with attributes and children.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  fill(node, attributes, children);
  return node;
}

/**
 * The same for SVG.
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {...Child} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  const node = /** @type {SVGElement} */ (document.createElementNS("http://www.w3.org/2000/svg", name));
  fill(node, attributes, children);
  return node;
}

/**
 * The element with the id, which the page has.
 * @template {HTMLElement} [T=HTMLElement]
 * @param {string} id
 * @returns {T}
 */
export function $(id) {
  const node = document.getElementById(id);
  if (!node) throw new Error(`no element #${id}`);
  return /** @type {T} */ (node);
}

/**
 * Replaces the children, unless `key` is the same as at the last call: a redraw would lose focus and hover.
 * @param {HTMLElement} node
 * @param {unknown} key
 * @param {() => Child[]} children
 */
export function redraw(node, key, children) {
  const text = JSON.stringify(key);
  if (drawn.get(node) === text) return;
  drawn.set(node, text);
  const focused = node.contains(document.activeElement) ? document.activeElement?.getAttribute("href") : null;
  node.replaceChildren();
  fill(node, {}, children());
  if (focused) node.querySelector(/** @type {"a"} */ (`[href="${CSS.escape(focused)}"]`))?.focus();
}
/** @type {WeakMap<HTMLElement, string>} */
const drawn = new WeakMap();
