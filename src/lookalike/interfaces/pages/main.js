// The start: what the server offers, and which view is shown.

import { createApi, Offline, told } from "./api.js";
import { button, h, icon } from "./dom.js";
import { takeAnywhere } from "./intake.js";
import { createStore, FRESH } from "./state.js";
import { toaster } from "./toast.js";

// A view is a module with `mount(root, context)`, which returns `{update(state), unmount()}`.
const VIEWS = {
  search: { title: "Search", load: () => import("./search.js") },
  gallery: { title: "Gallery", load: () => import("./gallery.js") },
  compare: { title: "Compare", load: () => import("./compare.js") },
};

const at = (id) => document.getElementById(id);
const root = at("view");
let visit = null;
const toast = toaster(at("toasts"));
const api = createApi({
  login: async () => (await import("./login.js")).askForKey(api),
});

/** Say something to screen readers only; the same sentence twice is said twice. */
function announce(text) {
  at("live").textContent = "";
  setTimeout(() => (at("live").textContent = text), 50);
}

/** Show that something failed, with the sentence and a way to try again. */
function failure(error, retry) {
  at("banner").replaceChildren(
    h("div.banner.bad", { role: "alert" }, icon("warning"), h("p", {}, told(error).message),
      button("Try again", { onclick: () => { at("banner").replaceChildren(); retry(); } })),
  );
}

async function start() {
  let about;
  try {
    about = await api.get("/v1");
  } catch (error) {
    failure(error, start);
    return;
  }
  const store = createStore(about.galleries);
  visit = store.visit;
  const context = createContext(about, store);
  showBar(context);
  let shown = null;
  const show = async (state) => {
    showNav(context, state);
    if (shown?.view === state.view && shown.gallery === state.gallery) {
      shown.mounted?.update(state);
      return;
    }
    shown?.mounted?.unmount();
    const here = (shown = { view: state.view, gallery: state.gallery, mounted: null });
    root.replaceChildren();
    root.dataset.view = state.view;
    try {
      const { mount } = await VIEWS[state.view].load();
      if (shown === here) here.mounted = mount(root, context);
    } catch (error) {
      shown = null;
      failure(error, () => show(store.get()));
    }
  };
  store.subscribe(show);
  history.scrollRestoration = "manual";
  // First of all, as the browser would otherwise go to a file that is dropped.
  takeAnywhere(context, at("dropping"));
  await show(store.get());
  (await import("./jobs.js")).watchJobs(context);
}

/**
 * What every view works with.
 *
 * `store` keeps the state (see state.js); `api` asks the server; `about` is the answer of GET /v1;
 * `base()` is the address of the present gallery in the API; `info()` promises what is known of it
 * (`info(true)` asks anew); `announce(text)` speaks to screen readers; `toast(text, {label, action})`
 * shows a sentence for a while, with one thing to do about it.
 */
function createContext(about, store) {
  const known = new Map();
  const info = (anew = false) => {
    const name = store.get().gallery;
    if (anew || !known.has(name)) {
      const asked = api.get(api.gallery(name));
      asked.catch(() => known.get(name) === asked && known.delete(name));
      known.set(name, asked);
    }
    return known.get(name);
  };
  const base = () => api.gallery(store.get().gallery);
  return { store, api, about, base, info, announce, toast, failure };
}

function showBar({ about, store }) {
  const { gallery } = store.get();
  if (about.galleries.length > 1) {
    const choice = h("select.select", { "aria-label": "Gallery", onchange: () =>
      // Ids are of one gallery; only what was brought along can be searched with in another.
      store.set({ ...FRESH, where: [], min: null, descriptor: null, metric: null, index: null,
        parts: store.get().parts.filter((part) => part.kind !== "id"), gallery: choice.value }) },
      about.galleries.map((name) => h("option", { value: name, selected: name === gallery }, name)));
    at("galleries").replaceChildren(choice);
    store.subscribe((state) => (choice.value = state.gallery));
  } else if (gallery) at("galleries").replaceChildren(h("bdi.bar-name", {}, gallery));
}

function showNav({ store }, state) {
  const views = Object.entries(VIEWS).filter(([view]) => view !== "compare" || state.view === "compare");
  at("nav").replaceChildren(...views.map(([view, { title }]) => {
    // Where one is already, "Search" begins a new one.
    const anew = view === "search" && state.view !== "gallery";
    const link = h("a", { href: store.href({ view, ...(anew && FRESH) }), "data-route": "" }, title);
    if (view === state.view) link.setAttribute("aria-current", "page");
    return link;
  }));
}

// A part of the page that is fetched only when it is wanted may not come.
addEventListener("unhandledrejection", (event) => {
  const error = told(event.reason);
  if (!(error instanceof Offline)) return;
  event.preventDefault();
  toast(error.message, { seconds: 8 });
});

// Links of this page change its state instead of loading it anew.
document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[data-route]");
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
  if (!link || !plain || event.defaultPrevented || !visit) return;
  event.preventDefault();
  visit(link.href);
});

at("theme").addEventListener("click", () => {
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  const now = document.documentElement.dataset.theme ?? system;
  const next = now === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem("theme", next);
  } catch {
    // Storage may be forbidden; then it lasts as long as the page.
  }
  announce(next === "dark" ? "Dark" : "Light");
});

start();
