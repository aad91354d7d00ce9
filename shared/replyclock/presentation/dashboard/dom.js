// Elements, made by script: whatever comes from data becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on…` are listeners, `style` is an object of properties, `true` sets a bare attribute, null and false none.
 *
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Page.Attributes} [attributes]
 * @param {...Page.Child} children
 */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/**
 * The same of SVG.
 *
 * @template {keyof SVGElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Page.Attributes} [attributes]
 * @param {...Page.Child} children
 */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

/**
 * @template {HTMLElement | SVGElement} Made
 * @param {Made} element
 * @param {Page.Attributes | undefined} attributes
 * @param {Page.Child[]} children
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (typeof value === "object") for (const [property, one] of Object.entries(value)) element.style.setProperty(property, one);
    else if (name === "value" || name === "checked") Object.assign(element, { [name]: value });
    else element.setAttribute(name, value === true ? "" : String(value));
  }
  element.append(...flat(children));
  return element;
}

/**
 * @param {Page.Child} child
 * @returns {(Node | string)[]}
 */
function flat(child) {
  if (child === null || child === undefined || child === false) return [];
  if (typeof child === "number") return [String(child)];
  return typeof child === "string" || child instanceof Node ? [child] : child.flatMap(flat);
}

/**
 * Gives an element these children instead of what it has.
 *
 * @template {Element} Host
 * @param {Host} element
 * @param {...Page.Child} children
 */
export function put(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/**
 * Sets the text where it differs: what stays the same costs the browser nothing.
 *
 * @param {Element} element
 * @param {string} text
 */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings the children of `host` in line with `things`, keeping the elements of those that stay, so that focus, hover and
 * scrolling survive. `make(thing)` gives an element; `update(element, thing)` brings it up to date.
 *
 * @template Thing
 * @param {HTMLElement} host
 * @param {readonly Thing[]} things
 * @param {(thing: Thing) => string} key
 * @param {(thing: Thing) => HTMLElement} make
 * @param {(element: HTMLElement, thing: Thing) => void} update
 */
export function keyed(host, things, key, make, update) {
  const known = new Map(/** @type {HTMLElement[]} */ ([...host.children]).map((element) => [element.dataset.key, element]));
  let before = host.firstElementChild;
  for (const thing of things) {
    const name = key(thing);
    let element = known.get(name);
    known.delete(name);
    if (!element) {
      element = make(thing);
      element.dataset.key = name;
    }
    update(element, thing);
    if (element === before) before = before.nextElementSibling;
    else host.insertBefore(element, before);
  }
  for (const gone of known.values()) gone.remove();
}
