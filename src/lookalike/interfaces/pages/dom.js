// Small hands for the DOM. Text is always textContent: file names are hostile.

/**
 * Make an element.
 * @param {string} tag a tag, with classes after dots: "button.button.primary"
 * @param {object} [props] properties; `on…` are listeners, `aria-…`, `data-…` and `role` attributes,
 *   and those that are null, undefined or false are passed over
 * @param {...(Node|string|number|null|false)} children
 */
export function h(tag, props = {}, ...children) {
  const [name, ...classes] = tag.split(".");
  const element = document.createElement(name);
  if (classes.length) element.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) set(element, key, value);
  element.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const ATTRIBUTE = /^(aria-|data-|role$|for$|list$|inputmode$|enterkeyhint$|capture$|colspan$|scope$)/;

function set(element, key, value) {
  if (value === null || value === undefined) return;
  if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
  else if (ATTRIBUTE.test(key)) element.setAttribute(key, String(value));
  else if (value !== false) element[key] = value;
}

// All icons come at once, so that each of them is there even if the server is not any more.
fetch("/static/icons.svg").then((answer) => answer.text()).then((text) => {
  const { documentElement: drawn } = new DOMParser().parseFromString(text, "image/svg+xml");
  for (const symbol of drawn.querySelectorAll("symbol")) symbol.id = `icon-${symbol.id}`;
  drawn.setAttribute("class", "unseen");
  drawn.setAttribute("aria-hidden", "true");
  document.body.append(drawn);
}).catch(() => {}); // They only adorn: every control has its name.

/** Return an icon of icons.svg; it says nothing to screen readers. */
export function icon(name) {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("class", "icon");
  svg.setAttribute("aria-hidden", "true");
  const use = document.createElementNS(SVG, "use");
  use.setAttribute("href", `#icon-${name}`);
  svg.append(use);
  return svg;
}

/** A button: with `icon` alone, `label` is what it is called; with both, it is written, too. */
export function button(label, { symbol = null, only = false, kind = "", ...props } = {}) {
  const made = h("button", { type: "button", ...props });
  made.className = `button ${kind} ${only ? "square" : ""}`.trim();
  if (symbol) made.append(icon(symbol));
  if (only) {
    made.setAttribute("aria-label", label);
    made.title = label;
  } else made.append(h("span", {}, label));
  return made;
}

/** Text that may run from right to left, such as a file's name. */
export const bdi = (text, props = {}) => h("bdi", props, text);

const sheets = new Map();

/** Load a module's style, once; returns a promise of its being there. */
export function style(name) {
  if (!sheets.has(name)) {
    sheets.set(name, new Promise((done) => {
      const link = h("link", { rel: "stylesheet", href: `/static/${name}`, onload: done, onerror: done });
      document.head.append(link);
    }));
  }
  return sheets.get(name);
}

/**
 * Open a modal dialog; Escape and a click beside it close it.
 * @returns {{element: HTMLDialogElement, close: () => void}}
 */
export function dialog(label, body, { className = "", onclose = () => {} } = {}) {
  const before = document.activeElement;
  const element = h("dialog", { "aria-label": label }, body);
  element.className = `dialog ${className}`.trim();
  const close = () => element.close();
  element.addEventListener("click", (event) => event.target === element && close());
  element.addEventListener("close", () => {
    element.remove();
    if (before?.isConnected) before.focus({ preventScroll: true });
    onclose();
  });
  document.body.append(element);
  element.showModal();
  return { element, close };
}

/** Call a function once nothing has happened for a while. */
export function settled(action, milliseconds) {
  let timer;
  return (...given) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...given), milliseconds);
  };
}
