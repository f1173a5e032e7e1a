// Filters as chips: what a picture must be to be found at all.

import { read, written } from "./conditions.js";
import { bdi, button, h, icon, style } from "./dom.js";
import { edit } from "./filter-editors.js";
import { fieldName, fieldSymbol, told } from "./filter-words.js";
import { CHANGED } from "./jobs.js";
import { openPopover } from "./popover.js";

// What one asks for most comes first. Others, such as a whole path, a condition can still ask for.
const OFFERED = ["folder", "name", "taken", "modified", "width", "height", "bytes", "format"];

/**
 * Show the filters of the state, to be changed, taken away and added to.
 * @returns {{update: (state: object) => void, unmount: () => void}}
 */
export function mountFilters(root, context) {
  style("filters.css");
  const list = h("ul.filters-chips", { role: "list", "aria-label": "Filters that apply" });
  const add = button("Filter", { symbol: "filter", "aria-haspopup": "dialog", onclick: () => openMenu() });
  const clear = button("Clear filters", { kind: "quiet", onclick: () => { apply([]); add.focus(); } });
  const adding = h("div.filter", {}, add);
  root.append(h("div.filters", { role: "group", "aria-label": "Filters" }, adding, list, clear));

  let fields = [];
  let gallery = null;
  let learning = null;
  let shown = null;
  let popover = null;
  let focusOn = null;

  const update = (state) => {
    if (state.gallery !== gallery) learning = learnFields(state.gallery);
    const key = JSON.stringify([state.where, fields.length]);
    if (key === shown) return;
    shown = key;
    popover?.close(false);
    clear.hidden = state.where.length < 2;
    list.replaceChildren(...state.where.map((text, at) => chip(text, at)));
    if (focusOn !== null) (list.children[focusOn]?.querySelector("button") ?? add).focus();
    focusOn = null;
  };

  async function learnFields(name) {
    if (name !== gallery) fields = [];
    gallery = name;
    try {
      const answer = await context.api.get(`${context.api.gallery(name)}/fields`);
      if (gallery === name) fields = answer.fields;
    } catch {
      // Without them there are still conditions to be typed, and the view says what is wrong.
    }
    update(context.store.get());
  }

  const apply = (where) => context.store.set({ where });

  function chip(text, at) {
    const filter = read(text, fields);
    const field = fields.find((one) => one.name === filter.field);
    const words = told(filter, field);
    const open = h("button.filter-open", { type: "button", "aria-haspopup": "dialog",
      onclick: () => openEditor(open, filter, field, at) },
    icon(fieldSymbol(filter, field)), h("span.filter-words", {}, words));
    const remove = h("button.filter-remove", { type: "button", title: "Take away",
      onclick: () => { focusOn = Math.max(0, at - 1); apply(without(at)); } }, icon("close"));
    const spoken = words.map((word) => word.textContent ?? word).join("");
    remove.setAttribute("aria-label", `Take away: ${spoken}`);
    const item = h("li.filter", {}, h("div.filter-chip", {}, open, remove));
    if (fields.length && (filter.kind === "raw" || !field)) validate(text, item, open);
    return item;
  }

  // What came with the address may be no condition, or about a column that there is not.
  async function validate(text, item, open) {
    const error = await check([text]).then(() => null, (problem) => problem);
    if (!error || error.name === "AbortError" || !item.isConnected) return;
    const id = `filter-error-${[...list.children].indexOf(item)}`;
    item.classList.add("bad");
    item.append(h("p.filter-error", { id }, icon("warning"), error.message));
    open.setAttribute("aria-describedby", id);
  }

  /** How many pictures meet conditions. */
  async function check(where, signal) {
    const query = { where, top: 1 };
    return (await context.api.get(`${context.base()}/pictures`, { query, signal })).total;
  }

  const without = (at) => context.store.get().where.filter((_, index) => index !== at);

  async function openMenu() {
    await learning;
    const offered = OFFERED.map((name) => fields.find((field) => !field.own && field.name === name)).filter(Boolean);
    const item = (label, symbol, filter, field) => h("button.filters-item", { type: "button",
      onclick: () => openEditor(add, filter, field, null) }, icon(symbol), bdi(label));
    const own = fields.filter((field) => field.own);
    const menu = h("div.filters-menu", {},
      h("div.filters-group", {}, offered.map((field) =>
        item(fieldName(field), fieldSymbol({}, field), fresh(field), field))),
      own.length ? h("p.filters-heading", {}, "Your columns") : null,
      own.length ? h("div.filters-group", {}, own.map((field) => item(field.name, fieldSymbol({}, field), fresh(field), field))) : null,
      h("div.filters-group.last", {}, item("Condition…", "words", { kind: "raw", text: "" }, undefined)));
    popover?.close(false);
    popover = openPopover(add, adding, "Filter by", menu);
  }

  function openEditor(anchor, filter, field, at) {
    const others = at === null ? context.store.get().where : without(at);
    popover?.close(false);
    const body = edit(filter, field, {
      count: (condition, signal) => check([...others, condition], signal),
      cancel: () => popover.close(),
      done: (condition) => {
        const where = [...context.store.get().where];
        if (at === null) where.push(condition);
        else where[at] = condition;
        focusOn = at ?? where.length - 1;
        popover.close(false);
        apply(where.filter((text, index) => where.indexOf(text) === index));
        context.announce("Filter applied.");
      },
    });
    const label = filter.kind === "raw" ? "Condition" : fieldName(field ?? { name: filter.field });
    popover = openPopover(anchor, anchor.closest(".filter"), label, body);
  }

  // There may be other folders and dates now.
  const changed = (event) => event.detail.done && (learning = learnFields(gallery));
  document.addEventListener(CHANGED, changed);
  update(context.store.get());
  return {
    update,
    unmount: () => {
      document.removeEventListener(CHANGED, changed);
      popover?.close(false);
    },
  };
}

/** What the editor of a field starts from. */
function fresh({ name, kind }) {
  switch (kind) {
    case "number": return { kind: "range", field: name, least: null, most: null };
    case "bytes": return { kind: "bytes", field: name, least: null, most: null };
    case "date": case "time": return { kind: "dates", field: name, from: null, to: null };
    case "name": return { kind: "contains", field: name, text: "", cased: true };
    case "flag": return { kind: "flag", field: name, value: true };
    default: return { kind: "any", field: name, values: [], not: false };
  }
}

/** The condition that a folder is asked for by, for links from elsewhere. */
export const inFolder = (path) => written({ kind: "any", field: "folder", values: [path], not: false });
