// What was found: asking for it piece by piece, and its states.

import { button, h, icon } from "./dom.js";
import { mountGrid } from "./grid.js";
import { CHANGED } from "./jobs.js";
import { ANSWERED, choose } from "./intake.js";
import { asked } from "./state.js";
import { count, percent } from "./words.js";

const FIRST = 40;
const NEXT = 60;
const MOST = 1000; // the server's limit for one answer
const PATIENCE = 150;

// Going back shows what was there at once.
const kept = new Map();
const keep = (key, found) => {
  kept.delete(key);
  kept.set(key, found);
  if (kept.size > 12) kept.delete(kept.keys().next().value);
};

/** The search that a state asks for, as the API takes it. */
export const searchOf = (state) => ({
  parts: state.parts.map(asked), like: state.like, unlike: state.unlike, where: state.where,
  descriptor: state.descriptor, metric: state.metric, index: state.index, min_probability: state.min,
});

export function mount(root, context) {
  const { store, api, base } = context;
  const head = h("header.found");
  const note = h("div");
  const holder = h("div.grid-holder");
  const foot = h("div.more");
  const watched = h("div.sentinel");
  root.replaceChildren(head, note, holder, watched, foot);
  const grid = mountGrid(holder, context);
  let key = "";
  let info = null;
  let found = null;
  let running = null;

  const stopped = () => {
    running?.abort();
    running = new AbortController();
    return running.signal;
  };

  async function ask(state, skip, top, signal) {
    const body = { ...searchOf(state), skip, top };
    return api.post(`${base()}/search`, body, { signal });
  }

  async function search(state) {
    const signal = stopped();
    // A new entry of the history remembers nothing; one that was come back to, how far one was.
    const { shown = 0, scroll = 0 } = store.memory();
    note.replaceChildren();
    foot.replaceChildren();
    found = kept.get(key) ?? null;
    const late = setTimeout(() => grid.wait(), PATIENCE);
    try {
      const told = context.info();
      told.catch(() => {}); // If the search fails, too, that is what is said.
      if (!found) found = await first(state, Math.max(FIRST, shown), signal);
      info = await told;
    } catch (error) {
      if (!signal.aborted) fail(error, () => search(state));
      return;
    } finally {
      clearTimeout(late);
    }
    if (signal.aborted) return;
    keep(key, found);
    // The panel "How" tells what this search did.
    context.answer = found;
    document.dispatchEvent(new CustomEvent(ANSWERED));
    present(state);
    scrollTo({ top: scroll, behavior: "instant" });
  }

  /** Ask; where a limit leaves nothing, ask once more without it, so that there is something to see. */
  async function first(state, top, signal) {
    const answer = await ask(state, 0, Math.min(MOST, top), signal);
    while (answer.more && answer.matches.length < top) {
      const next = await ask(state, answer.matches.length, MOST, signal);
      answer.matches.push(...next.matches);
      answer.more = next.more && next.matches.length > 0;
    }
    if (answer.matches.length || state.min === null) return { ...answer, nearest: false };
    return { ...(await ask({ ...state, min: null }, 0, FIRST, signal)), more: false, nearest: true };
  }

  function present(state) {
    head.replaceChildren(heading(found, state, info), ...(found.matches.length ? [grid.selectButton()] : []));
    grid.show(found.matches, { anew: true, folders: info.folders });
    note.replaceChildren(...noteOf(found, state, store));
    showMore(state);
    // What had the focus may be gone: a picture that was searched with, say.
    if (document.activeElement === document.body) head.querySelector("h1").focus({ preventScroll: true });
    context.announce(found.matches.length ? `${count(found.matches.length, "match", "matches")}${found.more ? ", and more" : ""}` : "No matches");
  }

  function showMore(state) {
    foot.replaceChildren();
    // Seen anew, as the end may still be in sight: a wide screen shows more than one piece.
    observer.unobserve(watched);
    observer.observe(watched);
    if (found.more) foot.append(button("More", { symbol: "down", onclick: () => more(state) }));
    else if (found.matches.length > 10) foot.append(h("p.quiet-text", {}, "That is all."));
  }

  let loading = false;
  async function more(state) {
    if (!found?.more || loading) return;
    loading = true;
    const { signal } = running;
    try {
      const answer = await ask(state, found.matches.length, NEXT, signal);
      found = { ...found, matches: [...found.matches, ...answer.matches], more: answer.more };
      keep(key, found);
      grid.show(found.matches, { anew: false });
      showMore(state);
      store.remember({ shown: found.matches.length });
      context.announce(`${count(answer.matches.length, "further match", "further matches")}`);
    } catch (error) {
      if (!signal.aborted) foot.replaceChildren(sentence(error, () => more(state)));
    } finally {
      loading = false;
    }
  }

  function fail(error, retry) {
    grid.clear();
    head.replaceChildren(h("h1.unseen", {}, "The search failed"));
    key = ""; // What failed is asked again even if nothing changes.
    const gone = error.type.endsWith(":not-found") && store.get().parts.find(({ kind, value }) => kind === "up" && error.message.includes(value));
    note.replaceChildren(gone ? forgotten(context, gone) : sentence(error, retry));
    context.announce(error.message);
  }

  const observer = new IntersectionObserver(([entry]) => entry.isIntersecting && more(store.get()), { rootMargin: "1200px" });

  // Each entry of the history keeps how far it was scrolled.
  let timer = 0;
  const scrolled = () => {
    clearTimeout(timer);
    const entry = store.get();
    timer = setTimeout(() => {
      if (entry === store.get()) store.remember({ scroll: Math.round(scrollY) });
    }, 150);
  };
  addEventListener("scroll", scrolled, { passive: true });

  // Pictures came or went: what is kept is out of date, and whoever looks may want to see them.
  const changed = () => {
    kept.clear();
    if (!found || head.querySelector(".anew")) return;
    head.firstChild.after(button("Search again", { symbol: "refresh", kind: "quiet anew", title: "The gallery has changed", onclick: () => search(store.get()) }));
  };
  document.addEventListener(CHANGED, changed);

  return {
    update: (state) => {
      const next = JSON.stringify([state.gallery, searchOf(state)]);
      if (next === key) return;
      key = next;
      clearTimeout(timer);
      search(state);
    },
    unmount: () => {
      clearTimeout(timer);
      running?.abort();
      observer.disconnect();
      removeEventListener("scroll", scrolled);
      document.removeEventListener(CHANGED, changed);
      grid.unmount();
    },
  };
}

function heading({ matches, descriptor, label, heading: how, searched, seconds, nearest }, { where }, { descriptors }) {
  const text = matches.length ? (nearest ? "Nearest" : "Most alike") : "No matches";
  // The filters leave some; the same picture in several files is searched once.
  const all = Math.max(searched, where.length ? descriptors.find(({ key }) => key === descriptor)?.pictures ?? 0 : 0);
  const left = all === searched ? "" : `${searched.toLocaleString("en")} of `;
  const time = seconds < 0.0095 ? "under 10 ms" : `${seconds < 0.995 ? `${Math.round(seconds * 1000)} ms` : `${seconds.toFixed(1)} s`}`;
  return h("div", {}, h("h1.found-title", { tabIndex: -1 }, text),
    h("p.quiet-text.number", { title: how }, `among ${left}${count(all, "picture")} · ${label} · ${time}`));
}

/** Uploads are kept for a day: whoever follows an older address can bring the picture again. */
const forgotten = (context, { value }) => h("div.notice", {}, h("h2", {}, "The picture is not kept any more"),
  h("p", {}, "Pictures that are searched with are forgotten after a day. If you have it, choose it again; all else of the search stays as it is."),
  button("Choose it again", { symbol: "upload", kind: "primary", onclick: () => choose(context, { instead: value }) }));

const sentence = (error, retry) => h("div.banner.bad", { role: "alert" }, icon("warning"), h("p", {}, error.message),
  button("Try again", { symbol: "refresh", onclick: retry }));

/** What is to be said honestly about an answer. */
function noteOf({ matches, nearest }, state, store) {
  const said = (text, ...actions) => [h("div.banner", {}, h("p", {}, text), ...actions)];
  const without = (patch, label) => button(label, { onclick: () => store.set(patch) });
  if (nearest) {
    return said(`Nothing here is the same picture with at least ${percent(state.min)} probability. ${matches.length ? "These are only the nearest." : ""}`,
      without({ min: null }, "Search without that limit"));
  }
  if (!matches.length && state.where.length) {
    return said("No other picture meets these filters.", without({ where: [] }, "Remove the filters"));
  }
  if (!matches.length) return said("There is no other picture in this gallery.");
  if (matches.every(({ verdict }) => verdict === "little alike")) {
    return said("Nothing here is much like it. These are only the nearest.");
  }
  return [];
}
