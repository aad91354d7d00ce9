// Elements, made by script: whatever comes from data becomes text, never markup.

const SVG = "http://www.w3.org/2000/svg";

/** An element. `on…` are listeners, `style` is an object of properties, `true` sets a bare attribute, null and false none. */
export const h = (tag, attributes, ...children) => fill(document.createElement(tag), attributes, children);

/** The same of SVG. */
export const s = (tag, attributes, ...children) => fill(document.createElementNS(SVG, tag), attributes, children);

function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "style") for (const [property, one] of Object.entries(value)) element.style.setProperty(property, one);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...flat(children));
  return element;
}

const flat = (children) => children.flat(Infinity).filter((one) => one !== null && one !== undefined && one !== false);

/** Gives an element these children instead of what it has. */
export function put(element, ...children) {
  element.replaceChildren(...flat(children));
  return element;
}

/** Sets the text where it differs: what stays the same costs the browser nothing. */
export function write(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Brings the children of `host` in line with `things`, keeping the elements of those that stay, so that focus, hover and
 * scrolling survive. `make(thing)` gives an element; `update(element, thing)` brings it up to date.
 */
export function keyed(host, things, key, make, update) {
  const known = new Map([...host.children].map((element) => [element.dataset.key, element]));
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
