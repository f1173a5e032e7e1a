// The small forms that a filter is made with: one for each kind.

import { written } from "./conditions.js";
import { bdi, button, h, icon } from "./dom.js";
import { day, shortValue } from "./filter-words.js";
import { bytes } from "./words.js";

const UNITS = { kB: 1e3, MB: 1e6 };
const figures = new Intl.NumberFormat("en");

/**
 * Return a form that edits a filter.
 * @param {object} filter as in conditions.js
 * @param {object} [field] what the server says of it
 * @param {object} does `count(condition, signal)` promises how many pictures are left,
 *   `done(condition)` and `cancel()` end it
 */
export function edit(filter, field, { count, done, cancel }) {
  const parts = (EDITORS[filter.kind] ?? raw)(filter, field);
  const told = h("p.editor-told.number", { role: "status" });
  const error = h("p.editor-error", { role: "alert", hidden: true });
  const apply = button("Apply", { kind: "primary", type: "submit" });
  let asking = null;
  let timer = 0;

  /** Say how many pictures are left; whether the server takes the condition. */
  async function look() {
    asking?.abort();
    const { signal } = (asking = new AbortController());
    const condition = written(parts.read());
    error.hidden = true;
    told.textContent = "";
    if (condition === null) return false;
    try {
      const total = await count(condition, signal);
      if (!signal.aborted) told.textContent = `${figures.format(total)} ${total === 1 ? "picture is" : "pictures are"} left`;
      return true;
    } catch (problem) {
      if (signal.aborted) return false;
      error.replaceChildren(icon("warning"), h("span", {}, problem.message));
      error.hidden = false;
      return false;
    }
  }

  const form = h("form.editor", { noValidate: true, oninput: () => { clearTimeout(timer); timer = setTimeout(look, 350); }, onsubmit: async (event) => {
    event.preventDefault();
    clearTimeout(timer);
    const condition = written(parts.read());
    if (condition === null) return cancel();
    apply.disabled = true;
    if (await look()) return done(condition);
    apply.disabled = false;
  } }, parts.body, error, h("div.editor-foot", {}, told, apply));
  if (written(filter) !== null && filter.kind !== "flag") look();
  return form;
}

const EDITORS = { range, bytes: sizes, dates, any, contains, flag, missing };

function pair(label, first, second) {
  return h("fieldset.editor-pair", {}, h("legend.unseen", {}, label),
    h("label.label", {}, "from", first), h("label.label", {}, "to", second));
}

/** A tick for whatever has no value, if the field can be without; `inner` is unused while it is set. */
function orMissing(filter, field, inner) {
  if (!field?.operators.includes("missing")) return inner;
  const box = h("input", { type: "checkbox", checked: filter.kind === "missing" && !filter.not });
  const body = h("div.editor-inner", {}, inner.body);
  const follow = () => (body.inert = box.checked);
  box.addEventListener("change", follow);
  follow();
  return {
    body: [body, h("label.editor-tick", {}, box, "Only pictures without it")],
    read: () => (box.checked ? { kind: "missing", field: filter.field, not: false } : inner.read()),
  };
}

function numberField(value, placeholder) {
  return h("input.field", { type: "number", step: "any", inputmode: "decimal", value: value ?? "", placeholder: placeholder ?? "" });
}

const given = (field) => (field.value === "" ? null : field.valueAsNumber);

// Whoever enters 1200 to 800 means 800 to 1200.
const rising = (least, most) => (least !== null && most !== null && least > most ? [most, least] : [least, most]);

function range(filter, field) {
  const least = numberField(filter.least, field?.least);
  const most = numberField(filter.most, field?.most);
  return orMissing(filter, field, {
    body: pair("Numbers", least, most),
    read: () => {
      const [low, high] = rising(given(least), given(most));
      return { kind: "range", field: filter.field, least: low, most: high };
    },
  });
}

function sizes(filter, field) {
  const known = filter.most ?? filter.least ?? field?.most ?? 0;
  const start = known >= 1e6 ? "MB" : "kB";
  const shown = (value) => (value === null ? null : value / UNITS[start]);
  const least = numberField(shown(filter.least));
  const most = numberField(shown(filter.most));
  const unit = h("select.select", {}, Object.keys(UNITS).map((name) => h("option", { value: name, selected: name === start }, name)));
  const there = field && field.least !== null
    ? h("p.editor-there", {}, `Here: ${bytes(field.least)} to ${bytes(field.most)}`) : null;
  return {
    body: [h("div.editor-sizes", {}, pair("Sizes", least, most), h("label.label", {}, "unit", unit)), there],
    read: () => {
      const whole = (box) => (given(box) === null ? null : Math.round(given(box) * UNITS[unit.value]));
      const [low, high] = rising(whole(least), whole(most));
      return { kind: "bytes", field: filter.field, least: low, most: high };
    },
  };
}

function dates(filter, field) {
  const from = h("input.field", { type: "date", value: firstDay(filter.from) });
  const to = h("input.field", { type: "date", value: lastDay(filter.to) });
  const there = field?.least
    ? h("p.editor-there", {}, `Here: ${day(field.least.slice(0, 10))} to ${day(field.most.slice(0, 10))}`) : null;
  const inner = orMissing(filter, field, {
    body: pair("Days", from, to),
    read: () => {
      const [first, last] = rising(from.value || null, to.value || null);
      return { kind: "dates", field: filter.field, from: first, to: last };
    },
  });
  return { body: [there, inner.body].flat(), read: inner.read };
}

const firstDay = (text) => (text ? text + "-01-01".slice(text.length - 4) : "");

function lastDay(text) {
  if (!text || text.length === 10) return text ?? "";
  const [year, month = 12] = text.split("-").map(Number);
  return new Date(Date.UTC(year, month, 0)).toISOString().slice(0, 10);
}

function any(filter, field) {
  const chosen = new Set((filter.values ?? []).map(String));
  const offered = (field?.values ?? []).map(([value, many]) => [String(value), many]);
  const list = h("div.editor-values", { role: "group", "aria-label": "Values" });
  const search = h("input.field", { type: "search", placeholder: offered.length ? "Find or type a value" : "Type a value",
    "aria-label": "Find or type a value", autocomplete: "off", spellcheck: false });
  const not = h("input", { type: "checkbox", checked: Boolean(filter.not) });
  const tick = (value, note) => {
    const box = h("input", { type: "checkbox", value, checked: chosen.has(value),
      onchange: () => (box.checked ? chosen.add(value) : chosen.delete(value)) });
    return h("label.editor-tick", { title: value }, box, bdi(shortValue(value, field), { className: "editor-value" }),
      note === null ? null : h("span.editor-many.number", {}, note));
  };
  const fill = () => {
    const typed = search.value.trim();
    const fits = (value) => value.toLowerCase().includes(typed.toLowerCase());
    const known = offered.map(([value]) => value);
    const extra = [...chosen].filter((value) => !known.includes(value));
    const rows = [...extra.map((value) => tick(value, null)), ...offered.filter(([value]) => fits(value)).map(([value, many]) => tick(value, figures.format(many)))];
    if (typed && !known.includes(typed) && !chosen.has(typed)) rows.push(tick(typed, "as typed"));
    list.replaceChildren(...rows);
  };
  search.addEventListener("input", fill);
  fill();
  return orMissing(filter, field, {
    body: [search, list, h("label.editor-tick", {}, not, "All but these")],
    read: () => {
      const values = [...chosen];
      if (!values.length && search.value.trim()) values.push(search.value.trim());
      return { kind: "any", field: filter.field, values, not: not.checked };
    },
  });
}

function contains(filter) {
  const text = h("input.field", { type: "text", value: filter.text, autocomplete: "off", spellcheck: false, placeholder: "IMG_2" });
  return {
    body: h("label.label", {}, "has in it", text),
    read: () => ({ kind: "contains", field: filter.field, text: text.value.trim(), cased: filter.cased }),
  };
}

function flag(filter, field) {
  const choices = [["yes", "Yes"], ["no", "No"], ...(field?.operators.includes("missing") ? [["missing", "Not known"]] : [])];
  const now = filter.kind === "missing" ? "missing" : filter.value ? "yes" : "no";
  const boxes = choices.map(([value, text]) => {
    const box = h("input", { type: "radio", name: "flag", value, checked: value === now });
    return h("label.editor-tick", {}, box, text);
  });
  return {
    body: h("fieldset.editor-flags", {}, h("legend.unseen", {}, "Which"), boxes),
    read: () => {
      const value = boxes.map((label) => label.firstChild).find((box) => box.checked).value;
      return value === "missing" ? { kind: "missing", field: filter.field, not: false }
        : { kind: "flag", field: filter.field, value: value === "yes" };
    },
  };
}

// What is missing, or is not, is edited in the form of its field.
function missing(filter, field) {
  if (!field || filter.not) return raw({ kind: "raw", text: written(filter) });
  if (field.kind === "flag") return flag(filter, field);
  if (field.kind === "number") return range({ ...filter, least: null, most: null }, field);
  if (field.kind === "date" || field.kind === "time") return dates({ ...filter, from: null, to: null }, field);
  return any({ ...filter, values: [], not: false }, field);
}

function raw(filter) {
  const text = h("textarea.field.editor-raw", { value: filter.text, spellcheck: false, rows: 3,
    placeholder: "width >= 800 and not folder = cats" });
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey) return;
    event.preventDefault();
    text.form.requestSubmit();
  });
  return {
    body: [h("label.label", {}, "What every picture has to meet", text),
      h("p.editor-there", {}, "= != < <= > >= · in (a, b) · like \"*x*\" · is missing · and · or · not")],
    read: () => ({ kind: "raw", text: text.value }),
  };
}
