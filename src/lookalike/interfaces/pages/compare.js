// Two or three pictures side by side: how far they are apart under each descriptor.

import { button, h, icon, style } from "./dom.js";
import { drawHistograms, tableHistograms } from "./histogram.js";
import { remember, uploadName } from "./intake.js";
import { asked } from "./state.js";
import { describe, votes } from "./compare-words.js";

const LETTERS = ["A", "B", "C"];
const MOST = 3;

/** Show the comparison of the pictures in the address. */
export function mount(root, context) {
  style("compare.css");
  const slots = h("div.compare-slots");
  const result = h("div.compare-result");
  document.title = "Compare – Lookalike";
  root.append(h("div.compare", {}, h("h1.compare-title", {}, "Side by side"), slots, result));
  let asking = null;
  let known = "";

  async function update(state) {
    const parts = compared(state);
    const key = JSON.stringify([state.gallery, parts]);
    if (key === known) return;
    known = key;
    asking?.abort();
    asking = new AbortController();
    showSlots(parts, []);
    if (parts.length < 2) return showInvitation(parts);
    await ask(parts, asking.signal);
  }

  async function ask(parts, signal) {
    result.replaceChildren(h("div.compare-wait", { role: "status" }, h("progress.progress", { "aria-label": "Comparing" }),
      h("p.quiet-text", {}, "Looking at the pictures…")));
    try {
      const body = { parts: parts.map((part) => asked({ ...part, weight: 1 })), descriptors: [] };
      const answer = await context.api.post(`${context.base()}/compare`, body, { signal });
      if (signal.aborted) return;
      const pictures = answer.pictures.map((picture, at) => ({ ...picture, name: called(parts[at], picture) }));
      showSlots(parts, pictures);
      showAnswer({ ...answer, pictures });
    } catch (error) {
      if (signal.aborted) return;
      known = "";
      result.replaceChildren(h("div.banner.bad", { role: "alert" }, icon("warning"), h("p", {}, error.message),
        button("Try again", { symbol: "refresh", onclick: () => update(context.store.get()) })));
    }
  }

  function showSlots(parts, pictures) {
    const actions = { replace, remove, lead };
    const filled = parts.map((part, at) => slot(context, part, pictures[at], at, parts.length, actions));
    if (parts.length < MOST) filled.push(emptySlot(context, parts, (files, picked) => replace(parts.length, files, picked)));
    slots.replaceChildren(...filled);
  }

  function showInvitation(parts) {
    result.replaceChildren(h("p.compare-hint.quiet-text", {}, parts.length
      ? "One more picture, and you see how far the two are apart."
      : "Two pictures show how far they are apart; a third, which of the two the first is nearer to."));
  }

  function showAnswer({ pictures, rows, histograms }) {
    const names = pictures.map((picture) => picture.name);
    const letters = LETTERS.slice(0, pictures.length);
    const sentence = votes(letters, names, rows);
    result.replaceChildren(
      h("section.compare-block", { "aria-labelledby": "compare-distances" },
        h("h2", { id: "compare-distances" }, "How far apart"), h("p.compare-votes", {}, sentence),
        h("div.compare-scroll", { tabIndex: 0, role: "region", "aria-label": "Distances" }, table(letters, rows))),
      h("section.compare-block", { "aria-labelledby": "compare-light" },
        h("h2", { id: "compare-light" }, "How bright"),
        h("p.quiet-text", {}, "How often each value of red, green and blue occurs, from dark to bright."),
        h("figure.compare-histogram", {}, legend(letters, names), drawHistograms(histograms, letters),
          h("div.histogram-ends", { "aria-hidden": "true" }, h("span", {}, "dark"), h("span", {}, "bright"))),
        h("details.compare-more", {}, h("summary", {}, "As a table"), tableHistograms(histograms, letters))));
    context.announce(describe(sentence));
  }

  // A picture that is dropped beside the others comes to them, or takes the last one's place.
  dropInto(root.firstChild, (files) => replace(Math.min(compared(context.store.get()).length, MOST - 1), files));
  const set = (parts) => context.store.set({ parts });

  function remove(at) {
    set(compared(context.store.get()).filter((_, index) => index !== at));
    slots.querySelector("button")?.focus();
  }

  function lead(at) {
    const parts = compared(context.store.get());
    set([parts[at], ...parts.filter((_, index) => index !== at)]);
  }

  /** Put files, or a picture of the gallery, where a picture stands or where one is missing. */
  async function replace(at, files, picked) {
    const parts = compared(context.store.get());
    const found = picked ? [part("id", picked)] : await uploaded(context, files, MOST - at);
    if (!found.length) return;
    parts.splice(at, at < parts.length ? found.length : 0, ...found);
    set(parts.slice(0, MOST));
  }

  update(context.store.get());
  return { update, unmount: () => asking?.abort() };
}

const part = (kind, value) => ({ kind, value: String(value), weight: 1, box: null });

const compared = (state) => state.parts.filter(({ kind }) => kind !== "words").slice(0, MOST);

const called = ({ kind, value }, picture) => (kind === "up" && uploadName(value)) || picture.name;

async function uploaded(context, files, room) {
  const pictures = [...files].slice(0, Math.max(room, 1));
  const found = [];
  for (const file of pictures) {
    try {
      const { id } = await context.api.upload("/v1/uploads", file);
      remember(id, file.name);
      found.push(part("up", id));
    } catch (error) {
      context.toast(`${file.name}: ${error.message}`);
    }
  }
  return found;
}

function thumbnail(context, { kind, value }) {
  return kind === "id"
    ? `${context.base()}/pictures/${value}/thumbnail?size=640`
    : `/v1/uploads/${value}/thumbnail?size=640`;
}

function slot(context, one, picture, at, total, { replace, remove, lead }) {
  const letter = LETTERS[at];
  const name = picture?.name ?? "";
  const caption = h("figcaption", {}, h(`span.compare-letter.series-${at}`, {}, letter),
    h("span.compare-name", {}, h("bdi", {}, name || "…"),
      picture && h("small.number", {}, `${picture.width} × ${picture.height}${one.box ? ", only a part of it" : ""}`)));
  const image = h("img", { src: thumbnail(context, one), alt: name ? `Picture ${letter}: ${name}` : `Picture ${letter}`, decoding: "async" });
  image.addEventListener("error", () => image.replaceWith(h("p.compare-lost", {}, "This picture is no longer there. Put another in its place.")));
  const more = context.store.href({ view: "search", parts: [one], like: [], unlike: [] });
  const root = h("figure.compare-slot", {}, h("div.compare-picture", {}, image), caption,
    h("div.compare-actions", {},
      chooser(`picture ${letter}`, "Replace", (files) => replace(at, files), { kind: "quiet" }),
      at > 0 && total > 2 ? button("Put first", { kind: "quiet", "aria-label": `Put first: ${letter}`, onclick: () => lead(at) }) : null,
      h("a.button.quiet", { href: more, "data-route": "", "aria-label": `Search with ${letter}` }, icon("search"), h("span", {}, "Search"))),
    button(`Remove ${letter}`, { symbol: "close", only: true, kind: "compare-remove", onclick: () => remove(at) }));
  dropInto(root, (files) => replace(at, files));
  return root;
}

function emptySlot(context, parts, take) {
  const what = ["Add a picture", "Add a picture to hold against it", "Add a third"][parts.length];
  const pick = async () => {
    const { pickPicture } = await import("./pick.js");
    const id = await pickPicture(context);
    if (id !== null) take([], id);
  };
  const root = h("div.compare-slot.compare-empty", {}, icon("picture"), h("p", {}, what),
    h("div.compare-ways", {}, chooser(what, "Choose a file", take, { multiple: MOST - parts.length > 1 }),
      button("From the gallery", { onclick: pick })),
    h("p.quiet-text.compare-drop", {}, "or drop it here"));
  dropInto(root, take);
  return root;
}

/** A button that opens the system's file dialog. */
function chooser(label, text, take, { multiple = false, kind = "" } = {}) {
  const field = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif", multiple, hidden: true,
    "aria-label": label, onchange: () => { if (field.files.length) take(field.files); field.value = ""; } });
  return h("span", {}, field, button(text, { symbol: "upload", "aria-label": `${text}: ${label}`, kind, onclick: () => field.click() }));
}

function dropInto(root, take) {
  const holds = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  for (const kind of ["dragenter", "dragover"]) {
    root.addEventListener(kind, (event) => {
      if (!holds(event)) return;
      event.preventDefault();
      event.stopPropagation();
      root.classList.add("over");
    });
  }
  root.addEventListener("dragleave", (event) => !root.contains(event.relatedTarget) && root.classList.remove("over"));
  root.addEventListener("drop", (event) => {
    if (!holds(event)) return;
    event.preventDefault();
    event.stopPropagation();
    root.classList.remove("over");
    take(event.dataTransfer.files);
  });
}

function legend(letters, names) {
  return h("ul.histogram-legend", {}, letters.map((letter, at) =>
    h("li", {}, h(`span.histogram-key.series-${at}`, { "aria-hidden": "true" }), `${letter} `, h("bdi", {}, names[at]))));
}

function table(letters, rows) {
  const references = letters.slice(1);
  return h("table.compare-table", {},
    h("caption.unseen", {}, "Distance and likeness of the first picture to the others under each descriptor"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Descriptor"), h("th", { scope: "col" }, "Metric"),
      references.map((letter) => h("th", { scope: "col" }, `A ↔ ${letter}`)))),
    h("tbody", {}, rows.map((row) => h("tr", {}, h("th", { scope: "row" }, row.label), h("td", {}, row.metric),
      references.map((_, at) => cell(row, at, references.length))))));
}

const likeness = new Intl.NumberFormat("en", { style: "percent", minimumFractionDigits: 1, maximumFractionDigits: 1 });

function cell(row, at, total) {
  const nearest = total > 1 && row.nearer === at;
  return h(nearest ? "td.nearest" : "td", {},
    h("span.compare-alike", {}, likeness.format(Math.max(0, row.similarities[at]))),
    h("span.compare-distance", {}, Number(row.distances[at].toPrecision(4)).toString()),
    nearest && h("span.compare-nearest", {}, icon("check"), "nearer"));
}
