// What the page shows, and its address: one is always the other.

const VIEWS = ["search", "gallery", "compare"];
const SUFFIX = /(?:\*(-?\d+(?:\.\d+)?))?(?:@(\d(?:\.\d+)?(?:,\d(?:\.\d+)?){3}))?$/;
const PART = new RegExp(`^(id|up|words):(.*?)${SUFFIX.source}`, "s");
const VALUE = { id: /^\d{1,18}$/, up: /^[0-9a-f]{32}$/, words: /\S/ };

/**
 * @typedef {object} Part one thing that is searched with
 * @property {"id"|"up"|"words"} kind
 * @property {string} value a picture's id, an upload's id, or words
 * @property {number} weight from −10 to 10, not 0
 * @property {?number[]} box left, top, right, bottom as shares from 0 to 1
 */

/** Read a part as it stands in an address; null if it is none. */
export function readPart(text) {
  const [, kind, value, weight = "1", box] = PART.exec(text) ?? [];
  if (!kind || !VALUE[kind].test(value)) return null;
  const number = Number(weight);
  if (!number || Math.abs(number) > 10) return null;
  return { kind, value, weight: number, box: box ? readBox(box) : null };
}

function readBox(text) {
  const [left, top, right, bottom] = text.split(",").map(Number);
  const fits = left >= 0 && top >= 0 && left < right && top < bottom && right <= 1 && bottom <= 1;
  return fits ? [left, top, right, bottom] : null;
}

/** Write a part as it stands in an address. */
export function writePart({ kind, value, weight, box }) {
  // Words that end as a weight or a box would need the weight behind them to be told apart.
  const clear = weight === 1 && !(kind === "words" && SUFFIX.exec(value)[0]);
  return `${kind}:${value}${clear ? "" : `*${weight}`}${box ? `@${box.join(",")}` : ""}`;
}

/** The part as the API takes it. */
export function asked({ kind, value, weight, box }) {
  const what = kind === "id" ? { id: Number(value) } : kind === "up" ? { upload: value } : { words: value };
  return { ...what, weight, ...(box && { box }) };
}

const ids = (text) => (text ?? "").split(",").filter((id) => VALUE.id.test(id)).map(Number);

/** Read a state from the query string of an address. */
export function read(search, galleries) {
  const given = new URLSearchParams(search);
  const least = Number.parseFloat(given.get("min") ?? "");
  return {
    view: VIEWS.includes(given.get("view")) ? given.get("view") : "search",
    gallery: galleries.includes(given.get("g")) ? given.get("g") : (galleries[0] ?? null),
    parts: given.getAll("q").map(readPart).filter(Boolean).slice(0, 16),
    where: given.getAll("where").filter((condition) => condition.trim()),
    descriptor: given.get("d") || null,
    metric: given.get("m") || null,
    index: given.get("i") || null,
    min: least >= 0 && least <= 1 ? least : null,
    like: ids(given.get("like")),
    unlike: ids(given.get("unlike")),
  };
}

/** Write the query string of a state: what is as always is left out. */
export function write(state, galleries) {
  const out = new URLSearchParams();
  if (state.view !== "search") out.set("view", state.view);
  if (galleries.length > 1) out.set("g", state.gallery);
  for (const part of state.parts) out.append("q", writePart(part));
  for (const condition of state.where) out.append("where", condition);
  if (state.descriptor) out.set("d", state.descriptor);
  if (state.metric) out.set("m", state.metric);
  if (state.index) out.set("i", state.index);
  if (state.min !== null) out.set("min", String(state.min));
  if (state.like.length) out.set("like", state.like.join(","));
  if (state.unlike.length) out.set("unlike", state.unlike.join(","));
  // These are as legible unescaped, and allowed in a query string.
  const text = out.toString().replace(/%(3A|2C|40|2F)/g, (code) => decodeURIComponent(code));
  return text ? `?${text}` : "/";
}

/** What a fresh search starts from: nothing but its gallery, filters and how it searches. */
export const FRESH = { view: "search", parts: [], like: [], unlike: [] };

/**
 * The one place where the state is kept.
 * `set` makes an entry in the history unless `replace` is true; listeners hear of every change.
 */
export function createStore(galleries) {
  let current = read(location.search, galleries);
  const listeners = new Set();
  const tell = () => listeners.forEach((listener) => listener(current));
  const address = (patch) => write({ ...current, ...patch }, galleries);

  addEventListener("popstate", () => {
    current = read(location.search, galleries);
    tell();
  });

  const enter = (next, replace) => {
    const href = write(next, galleries);
    const same = href === write(current, galleries);
    current = next;
    if (!same) history[replace ? "replaceState" : "pushState"](null, "", href);
    tell();
  };

  return {
    get: () => current,
    set: (patch, { replace = false } = {}) => enter({ ...current, ...patch }, replace),
    /** Go where a link of this page leads. */
    visit: (href) => enter(read(new URL(href, location.href).search, galleries), false),
    /** The address of the state with some of it changed, for a link. */
    href: address,
    /** Call `listener(state)` after every change; returns what ends that. */
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** What is remembered with this entry of the history, such as how far it was scrolled. */
    memory: () => history.state ?? {},
    remember: (patch) => history.replaceState({ ...history.state, ...patch }, ""),
  };
}
