// What is searched with: tiles to weigh, to cut a box from, and to add to.

import { bdi, button, dialog, h, icon, settled } from "./dom.js";
import { ANSWERED, choose, onComing, photograph, takeUrl, uploadName } from "./intake.js";

/** The address of a small picture of a part; null for words. */
export function pictureOf({ base }, part, size) {
  if (part.kind === "id") return `${base()}/pictures/${part.value}/thumbnail?size=${size}`;
  return part.kind === "up" ? `/v1/uploads/${part.value}/thumbnail?size=${size}` : null;
}

/** What a part is called. */
export function nameOfPart(part, named) {
  if (part.kind === "words") return `“${part.value}”`;
  return (part.kind === "up" ? uploadName(part.value) : named.get(part.value)) ?? "a picture";
}

export function mountQuery(root, context) {
  const { store, api, base } = context;
  const list = h("ul.parts");
  const marks = h("div.marks");
  const adder = h("div.adder");
  root.replaceChildren(list, adder, marks);
  const named = new Map();
  let waiting = [];
  let last = "";

  const patch = (place, change) => store.set({
    parts: store.get().parts.map((part, n) => (n === place ? { ...part, ...change } : part)),
  });
  const drop = (place) => {
    const parts = store.get().parts.filter((_, n) => n !== place);
    store.set(parts.length ? { parts } : { parts, like: [], unlike: [] });
    (root.querySelector(".part .button") ?? document.getElementById("view")).focus();
  };

  const name = async (state) => {
    for (const { kind, value } of state.parts) {
      if (kind !== "id" || named.has(value)) continue;
      named.set(value, null);
      try {
        named.set(value, (await api.get(`${base()}/pictures/${value}`)).name);
      } catch {
        continue; // The search says what is the matter with this picture.
      }
      refresh();
    }
    document.title = titleOf(state, named);
  };

  function refresh() {
    const state = store.get();
    const now = JSON.stringify([state.parts, [...named], waiting.map((thing) => thing.name)]);
    if (now === last) return;
    last = now;
    const focus = focusIn(list);
    const several = state.parts.length > 1;
    list.replaceChildren(
      ...state.parts.map((part, n) => tile(context, part, {
        several, called: nameOfPart(part, named),
        change: (change) => patch(n, change), remove: () => drop(n),
      })),
      ...waiting.map(comingTile));
    focus();
    document.title = titleOf(state, named);
  }

  const stop = onComing((things) => {
    waiting = things;
    refresh();
  });
  // A server that answers again has the pictures that were missing.
  const answered = () => {
    if (!list.querySelector(".part-gone")) return;
    last = "";
    refresh();
  };
  document.addEventListener(ANSWERED, answered);
  adder.append(...adders(context));
  context.info().then(({ descriptors }) => {
    if (descriptors.some(({ has_words }) => has_words)) adder.append(wordsField(store));
  }).catch(() => {}); // The search itself will say so.

  return {
    update: (state) => {
      refresh();
      showMarks(marks, context, state);
      name(state);
    },
    unmount: () => {
      stop();
      document.removeEventListener(ANSWERED, answered);
    },
  };
}

function titleOf(state, named) {
  const names = state.parts.map((part) => (part.weight < 0 ? "not " : "") + nameOfPart(part, named));
  if (!names.length && state.like.length) names.push("the good answers");
  return names.length ? `Like ${names.join(" + ")} – Lookalike` : "Lookalike";
}

/** Return what gives the focus back to the same control once the tiles were made anew. */
function focusIn(list) {
  const control = document.activeElement?.closest?.("[data-control]");
  const place = [...list.children].findIndex((item) => item.contains(control));
  const kind = control?.dataset.control;
  return () => place >= 0 && list.children[place]?.querySelector(`[data-control="${kind}"]`)?.focus();
}

function tile(context, part, { several, called, change, remove }) {
  const source = pictureOf(context, part, 640);
  const minus = part.weight < 0;
  const item = h("li.part", { "aria-label": called });
  if (minus) item.classList.add("minus");
  item.append(source ? framed(source, part.box) : h("p.part-words", {}, h("bdi", {}, `“${part.value}”`)));
  item.append(button(`Remove ${called}`, { symbol: "close", only: true, kind: "part-remove", onclick: remove, "data-control": "remove" }));
  const edits = h("div.part-edits");
  if (source) edits.append(button(part.box ? "Change the box" : "Draw a box", { symbol: "box", only: several, kind: "quiet", "data-control": "box", onclick: async () => {
    const { drawBox } = await import("./box.js");
    const box = await drawBox(pictureOf(context, part, 1600), called, part.box);
    if (box !== undefined) change({ box });
  } }));
  if (several || part.weight !== 1) edits.append(sign(minus, called, () => change({ weight: -part.weight })), slider(part.weight, called, change));
  if (edits.childElementCount) item.append(edits);
  return item;
}

function framed(source, box) {
  const frame = h("div.part-frame", {}, h("img", { src: source, alt: "", decoding: "async",
    // Without a picture there is nothing to draw a box on.
    onerror: ({ target }) => {
      target.closest(".part")?.querySelector('[data-control="box"]')?.remove();
      target.parentElement.replaceChildren(h("span.part-gone", {}, icon("picture"), "no picture"));
    } }));
  if (box) {
    const mark = h("div.part-box");
    const [left, top, right, bottom] = box.map((share) => share * 100);
    Object.assign(mark.style, { left: `${left}%`, top: `${top}%`, width: `${right - left}%`, height: `${bottom - top}%` });
    frame.append(mark);
  }
  return h("div.part-picture", {}, frame);
}

function sign(minus, called, flip) {
  const made = button(minus ? "away" : "towards", { symbol: minus ? "minus" : "plus", kind: "sign", onclick: flip, "data-control": "sign" });
  made.setAttribute("aria-pressed", String(minus));
  made.setAttribute("aria-label", `Search away from ${called}`);
  made.title = minus ? "The search goes away from it" : "The search goes towards it";
  return made;
}

function slider(weight, called, change) {
  const shown = h("output.number", {}, Math.abs(weight).toFixed(1));
  const done = settled((value) => change({ weight: Math.sign(weight) * value }), 250);
  const input = h("input", { type: "range", min: "0.1", max: "3", step: "0.1", "aria-label": `How much ${called} counts`, "data-control": "weight",
    oninput: () => { shown.textContent = Number(input.value).toFixed(1); done(Number(input.value)); } });
  input.value = String(Math.abs(weight));
  return h("label.weight", {}, input, shown);
}

const comingTile = ({ name, preview }) => h("li.part.coming", { "aria-label": `Sending ${name}`, "aria-busy": "true" },
  preview ? h("div.part-picture", {}, h("div.part-frame", {}, preview)) : h("p.part-words", {}, bdi(name)),
  h("progress.progress", { "aria-label": "Sending" }));

function adders(context) {
  const add = { add: true };
  const row = h("div.row", {},
    button("Choose a picture to add", { symbol: "upload", only: true, onclick: () => choose(context, add) }),
    button("Photograph one to add", { symbol: "camera", only: true, onclick: () => photograph(context, add) }));
  if (context.about.features.urls) row.append(button("Add one by its address", { symbol: "link", only: true, onclick: () => askUrl(context) }));
  return [h("p", {}, "Add another picture"), row];
}

function askUrl(context) {
  const input = h("input.field", { type: "url", required: true, placeholder: "https://…", "aria-label": "Address of a picture" });
  const shown = dialog("Add a picture by its address", h("form", { onsubmit: (event) => {
    event.preventDefault();
    shown.close();
    takeUrl(context, input.value.trim(), { add: true });
  } }, h("div.dialog-head", {}, h("h2", {}, "Address of a picture")), input,
  h("div.dialog-foot", {}, button("Fetch", { symbol: "link", kind: "primary", type: "submit" }))));
}

function wordsField(store) {
  const input = h("input.field", { type: "search", placeholder: "Add words", "aria-label": "Add words to the search", required: true, enterkeyhint: "search" });
  return h("form.line", { onsubmit: (event) => {
    event.preventDefault();
    const value = input.value.trim();
    if (value) store.set({ parts: [...store.get().parts, { kind: "words", value, weight: 1, box: null }] });
    input.value = "";
  } }, input, button("Add words", { symbol: "plus", only: true, type: "submit" }));
}

/** The answers that were called good or bad, each to be taken back. */
function showMarks(root, { store, base }, state) {
  const strip = (kind, label) => state[kind].length > 0 && h("div.marked", {},
    h("span", {}, icon(kind === "like" ? "good" : "bad"), label),
    h("ul", {}, state[kind].map((id) => h("li", {}, h("button", {
      type: "button", "aria-label": `Take back: ${label}, picture ${id}`, title: "Take back",
      onclick: () => store.set({ [kind]: store.get()[kind].filter((each) => each !== id) }),
    }, h("img", { src: `${base()}/pictures/${id}/thumbnail?size=160`, alt: "" }), icon("close"))))));
  root.replaceChildren(...[strip("like", "Good answers"), strip("unlike", "Bad answers")].filter(Boolean));
}
