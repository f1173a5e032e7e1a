// The pictures of the gallery, in rows, as many as one scrolls to.

import { bdi, button, h, icon } from "./dom.js";
import { justify } from "./justify.js";
import { nameOf } from "./words.js";

const PAGE = 60;
const GAP = 8;

/**
 * Show pictures that meet conditions.
 * @param {HTMLElement} root
 * @param {object} context
 * @param {object} how `each(picture)` returns the tile, an <li>; `told(total)` hears how many there
 *   are; `empty(where)` returns what is shown if there are none
 */
export function mountBrowse(root, context, { each, told = () => {}, empty }) {
  const list = h("ul.browse", { "aria-label": "Pictures" });
  const more = button("Show more", { symbol: "down", onclick: () => load() });
  const foot = h("div.browse-foot", {}, more);
  root.append(list, foot);
  let where = [];
  let pictures = [];
  let asking = new AbortController();
  let busy = false;

  const lay = () => {
    const { width } = list.getBoundingClientRect();
    if (!width || !pictures.length) return;
    const places = justify(pictures.map((one) => one.width / one.height), width, width < 560 ? 112 : 152, GAP);
    places.forEach((place, at) => {
      list.children[at].style.width = `${place.width}px`;
      list.children[at].style.height = `${place.height}px`;
    });
  };
  const observer = new ResizeObserver(lay);
  observer.observe(list);
  const seen = new IntersectionObserver(([entry]) => entry.isIntersecting && !more.hidden && load(), { rootMargin: "800px" });
  seen.observe(foot);

  async function load() {
    if (busy) return;
    busy = true;
    const { signal } = asking;
    try {
      const query = { where, skip: pictures.length, top: PAGE };
      const answer = await context.api.get(`${context.base()}/pictures`, { query, signal });
      if (signal.aborted) return;
      append(answer);
    } catch (error) {
      if (!signal.aborted) fail(error);
    } finally {
      if (!signal.aborted) busy = false;
    }
  }

  function append({ pictures: found, total }) {
    told(total);
    if (!pictures.length) list.replaceChildren();
    pictures.push(...found);
    list.append(...found.map(each));
    list.classList.remove("stale");
    list.removeAttribute("aria-busy");
    more.hidden = !found.length || pictures.length >= total;
    lay();
    foot.replaceChildren(pictures.length || !empty ? more : empty(where));
    // A page may be shorter than the window: look again whether more is wanted.
    seen.unobserve(foot);
    seen.observe(foot);
  }

  function fail(error) {
    list.classList.remove("stale");
    told(null);
    if (!pictures.length) list.replaceChildren();
    more.hidden = true;
    foot.replaceChildren(h("div.banner.bad", { role: "alert" }, icon("warning"), h("p", {}, error.message),
      button("Try again", { symbol: "refresh", onclick: () => reload() })), more);
  }

  /** Begin anew, with what is there now. */
  function reload() {
    asking.abort();
    asking = new AbortController();
    busy = false;
    pictures = [];
    list.classList.add("stale");
    list.setAttribute("aria-busy", "true");
    return load();
  }

  return {
    reload,
    show: (conditions) => {
      where = conditions;
      return reload();
    },
    /** Take one out that is gone. */
    drop: (id) => {
      const at = pictures.findIndex((one) => one.id === id);
      if (at < 0) return;
      pictures.splice(at, 1);
      list.children[at].remove();
      lay();
      (list.children[Math.min(at, pictures.length - 1)]?.querySelector("a, button") ?? more).focus();
    },
    unmount: () => {
      asking.abort();
      observer.disconnect();
      seen.disconnect();
    },
  };
}

/** The small picture of a tile, or its name where there is none. */
export function thumbnail({ thumbnail: address, name, path }) {
  const called = name ?? nameOf(path);
  const image = h("img", { src: `${address}&size=320`, alt: "", loading: "lazy", decoding: "async",
    onerror: () => image.replaceWith(h("span.browse-lost", {}, icon("picture"), bdi(called))) });
  return image;
}
