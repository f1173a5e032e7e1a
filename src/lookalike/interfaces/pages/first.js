// The first visit: what can be done here.

import { bdi, button, h, icon } from "./dom.js";
import { choose, onComing, photograph, prepare, takeUrl } from "./intake.js";
import { CHANGED } from "./jobs.js";
import { justify } from "./justify.js";
import { count } from "./words.js";

const SAMPLES = 14;
const GAP = 6;

export function mount(root, context) {
  const { about } = context;
  document.title = "Lookalike";
  const drop = h("section.drop", { "aria-labelledby": "welcome" },
    h("h1", { id: "welcome" }, "Search with a picture"),
    h("p.drop-how", {}, matchMedia("(hover: none)").matches ? "Choose one, or photograph it." : "Drop one anywhere, paste it, or choose a file."),
    h("div.row.drop-ways", {},
      button("Choose a picture", { symbol: "upload", kind: "primary", onclick: () => choose(context) }),
      button("Use the camera", { symbol: "camera", onclick: () => photograph(context) })),
    about.features.urls && urlField(context));
  const below = h("div");
  root.replaceChildren(h("div.first", {}, drop, below));
  const stop = onComing((things) => {
    drop.classList.toggle("busy", things.length > 0);
    drop.setAttribute("aria-busy", String(things.length > 0));
  });
  for (const sign of ["pointerover", "focusin"]) root.addEventListener(sign, prepare, { once: true });
  const refill = () => fill(drop, below, context).catch((error) => context.failure(error, refill));
  // While pictures come in, those to start from stay what they are.
  const changed = () => below.querySelectorAll(".samples li").length < SAMPLES && refill();
  document.addEventListener(CHANGED, changed);
  refill();
  return {
    update: () => {},
    unmount: () => {
      stop();
      document.removeEventListener(CHANGED, changed);
    },
  };
}

async function fill(drop, below, context) {
  if (!context.store.get().gallery) return;
  const info = await context.info();
  drop.hidden = !info.pictures;
  if (!info.pictures) {
    below.replaceChildren(empty(context));
    return;
  }
  if (info.descriptors.some(({ has_words }) => has_words) && !drop.querySelector("[name=words]")) {
    drop.append(wordsField(context));
  }
  const samples = await someOf(info.pictures, context);
  const list = h("ul.samples", {}, samples.map((picture) => sample(picture, context)));
  below.replaceChildren(
    h("h2.samples-title", {}, "Or start from one of these", h("small", {}, count(info.pictures, "picture"), " in ", bdi(info.name))),
    list);
  arrange(list, samples);
}

function empty({ store }) {
  return h("div.notice", {}, h("h1", {}, "Nothing to search in yet"),
    h("p", {}, "This gallery is empty. Index a folder of pictures, and they can be found."),
    h("a.button.primary", { href: store.href({ view: "gallery" }), "data-route": "" }, icon("folder"), h("span", {}, "Index a folder")));
}

/** Pictures from all over the gallery, the same ones every time. */
async function someOf(total, { api, base }) {
  const take = Math.min(SAMPLES, total);
  const places = Array.from({ length: take }, (_, n) => Math.floor(((n + 0.5) * total) / take));
  const pages = await Promise.all(places.map((skip) => api.get(`${base()}/pictures`, { query: { skip, top: 1 } })));
  return pages.flatMap((page) => page.pictures);
}

function sample(picture, { store }) {
  const href = store.href({ parts: [{ kind: "id", value: String(picture.id), weight: 1, box: null }] });
  const image = h("img", { src: `${picture.thumbnail}&size=320`, alt: "", decoding: "async" });
  return h("li", {}, h("a", { href, "data-route": "", "aria-label": `Search with ${picture.name}` }, image));
}

function arrange(list, samples) {
  const ratios = samples.map(({ width, height }) => width / height);
  const sum = ratios.reduce((all, ratio) => all + ratio, 0);
  const lay = () => {
    const wide = Math.floor(list.getBoundingClientRect().width);
    if (!wide) return;
    // As high as makes them fill whole rows, or nearly so.
    const rows = Math.max(1, Math.round((sum * (wide < 600 ? 96 : 150)) / wide));
    const places = justify(ratios, wide, (1.04 * rows * wide) / sum, GAP);
    const rest = places.filter((place) => !place.full);
    const taken = rest.reduce((all, place) => all + place.width + GAP, -GAP);
    const stretch = wide / taken;
    [...list.children].forEach((item, n) => {
      const { width, height, full } = places[n];
      // A row that is half empty would look as if something were missing.
      item.hidden = !full && stretch > 1.4 && rest.length < places.length;
      item.style.width = `${Math.floor(full || stretch > 1.4 ? width : width * stretch - 1)}px`;
      item.style.height = `${Math.round(full || stretch > 1.4 ? height : height * stretch)}px`;
    });
  };
  new ResizeObserver(lay).observe(list);
}

function urlField(context) {
  const input = h("input.field", { type: "url", name: "url", placeholder: "or its address", required: true, "aria-label": "Address of a picture", autocomplete: "off" });
  return h("form.line", { onsubmit: (event) => { event.preventDefault(); takeUrl(context, input.value.trim()); } },
    input, button("Fetch", { symbol: "link", type: "submit" }));
}

function wordsField({ store }) {
  const input = h("input.field", { type: "search", name: "words", placeholder: "or describe it in words", required: true, "aria-label": "Describe what you look for", enterkeyhint: "search" });
  return h("form.line", { onsubmit: (event) => {
    event.preventDefault();
    const value = input.value.trim();
    if (value) store.set({ parts: [{ kind: "words", value, weight: 1, box: null }] });
  } }, input, button("Search", { symbol: "search", type: "submit" }));
}
