// The justified grid of matches: laid out, walked through by the arrow keys, and opened.

import { h } from "./dom.js";
import { justify } from "./justify.js";
import { mountSelection } from "./selection.js";
import { tile } from "./tile.js";

const GAP = 12;
const SKELETON = [1.5, 0.75, 1.33, 1, 1.78, 1.33, 0.8, 1.5, 1.33, 1, 1.6, 0.75, 1.33, 1.5, 1, 1.33];

export function mountGrid(root, context) {
  const list = h("ul.grid", { "aria-label": "Matches" });
  root.replaceChildren(list);
  let matches = [];
  let roots = [];
  let current = 0;
  const selection = mountSelection(root, context, { list, matches: () => matches });

  const lay = () => {
    const { width } = list.getBoundingClientRect();
    if (!width) return;
    const target = width < 560 ? 150 : width < 1600 ? 190 : width < 2600 ? 230 : 280;
    const ratios = [...list.children].map((item) => Number(item.dataset.ratio));
    justify(ratios, width, target, GAP).forEach((place, n) => {
      const item = list.children[n];
      item.style.width = `${place.width}px`;
      item.firstChild.style.height = `${place.height}px`;
      const image = item.querySelector("img");
      if (image) image.sizes = `${place.width}px`;
    });
  };
  const observer = new ResizeObserver(lay);
  observer.observe(list);

  /** One tile at a time is reached by Tab; the arrows lead to the others. */
  const step = (place, focus = true) => {
    const items = list.children;
    if (!items.length) return;
    const reach = (item, order) => item.querySelectorAll("button, a, input").forEach((control) => (control.tabIndex = order));
    if (items[current]) reach(items[current], -1);
    current = Math.max(0, Math.min(items.length - 1, place));
    reach(items[current], 0);
    if (focus) items[current].querySelector(".tile-open").focus();
  };

  const beside = (direction) => {
    const middle = (box) => box.left + box.width / 2;
    const here = list.children[current].getBoundingClientRect();
    const others = [...list.children].map((item, n) => ({ n, box: item.getBoundingClientRect() }));
    const rows = others.filter(({ box }) => (direction > 0 ? box.top > here.top + 4 : box.top < here.top - 4));
    const next = direction > 0 ? Math.min(...rows.map(({ box }) => box.top)) : Math.max(...rows.map(({ box }) => box.top));
    const row = rows.filter(({ box }) => Math.abs(box.top - next) < 4);
    row.sort((a, b) => Math.abs(middle(a.box) - middle(here)) - Math.abs(middle(b.box) - middle(here)));
    return row[0]?.n ?? current;
  };

  list.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const moves = {
      ArrowRight: () => current + 1, ArrowLeft: () => current - 1,
      ArrowDown: () => beside(1), ArrowUp: () => beside(-1),
      Home: () => 0, End: () => list.children.length - 1,
    };
    if (!moves[event.key] || !list.children[current]) return;
    event.preventDefault();
    const from = current;
    step(moves[event.key]());
    if (event.shiftKey) selection.reach(from, current);
  });
  list.addEventListener("focusin", (event) => {
    const place = [...list.children].findIndex((item) => item.contains(event.target));
    if (place >= 0 && place !== current) step(place, false);
  });
  list.addEventListener("click", async (event) => {
    const opener = event.target.closest(".tile-open");
    if (!opener) return;
    const place = [...list.children].indexOf(opener.closest("li"));
    if (selection.takes(event, place)) return;
    const { openDetail } = await import("./detail.js");
    openDetail(context, { matches: () => matches, place, roots, onmove: (next) => step(next, false), onclose: (last) => list.isConnected && list.children[last] && step(last) });
  });

  return {
    /** Show matches: anew, or with some more behind those that are shown. */
    show: (next, { anew, folders = roots }) => {
      roots = folders;
      list.classList.remove("stale");
      list.removeAttribute("aria-busy");
      const from = anew ? 0 : list.children.length;
      const tiles = next.slice(from).map((match) => tile(match, context, roots));
      matches = next;
      if (anew) {
        list.replaceChildren(...tiles);
        selection.clear();
        current = 0;
      } else list.append(...tiles);
      lay();
      step(current, false);
    },
    /** Say that something is coming: grey tiles, or what was there, paler. */
    wait: () => {
      list.setAttribute("aria-busy", "true");
      if (matches.length) list.classList.add("stale");
      else {
        list.replaceChildren(...SKELETON.map((ratio) => h("li.tile.skeleton", { "data-ratio": ratio, "aria-hidden": "true" }, h("div"), h("div.tile-text", {}, h("p"), h("p")))));
        lay();
      }
    },
    clear: () => {
      matches = [];
      selection.clear();
      list.replaceChildren();
      list.removeAttribute("aria-busy");
      list.classList.remove("stale");
    },
    selectButton: selection.button,
    unmount: () => {
      observer.disconnect();
      selection.unmount();
    },
  };
}
