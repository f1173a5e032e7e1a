// One match in the grid.

import { bdi, h, icon } from "./dom.js";
import { folderOf, percent, placeOf } from "./words.js";

/** What is certain enough to be said on the picture itself. */
export function badgeOf({ identical, probability }) {
  if (identical) return "Identical file";
  if (probability >= 0.9) return "Same picture";
  return probability >= 0.5 ? "Probably the same" : null;
}

/** How alike a match is, in words and per cent. */
export const alike = ({ verdict, similarity, identical }) => [
  h("span.verdict", { title: verdict }, verdict.charAt(0).toUpperCase() + verdict.slice(1)),
  // A verdict that says how sure it is has its own number; a second one would contradict it.
  !identical && !verdict.includes("%") && h("span.share.number", { title: "Similarity" }, percent(similarity)),
];

/** The state of a search for what is like one match. */
export const likeIt = ({ id }) => ({
  view: "search", parts: [{ kind: "id", value: String(id), weight: 1, box: null }], like: [], unlike: [],
});

/** What to do if a thumbnail does not come: a busy server has it a little later. */
function again() {
  let left = 3;
  return ({ target }) => {
    if (left) setTimeout(() => (target.srcset = `${target.srcset}`), 1500 * (4 - left));
    else target.replaceWith(h("span.no-picture", {}, icon("picture"), "no picture"));
    left -= 1;
  };
}

/** The width of a thumbnail whose longer side has `size` pixels at most. */
const wide = ({ width, height }, size) => Math.max(1, Math.round(width * Math.min(1, size / Math.max(width, height))));

/** @param {object} match as the API gives it */
export function tile(match, { store }, roots) {
  const { id, name, path, width, height, verdict, similarity, thumbnail } = match;
  const badge = badgeOf(match);
  const image = h("img", { alt: "", loading: "lazy", decoding: "async", width, height,
    srcset: [320, 640].map((size) => `${thumbnail}&size=${size} ${wide(match, size)}w`).join(", "), sizes: "20rem", src: `${thumbnail}&size=320`,
    onerror: again() });
  const open = h("button.tile-open", { type: "button", tabIndex: -1, "aria-label": `${name}, ${verdict}, ${percent(similarity)}` }, image);
  const check = h("label.tile-check", {}, h("input", { type: "checkbox", tabIndex: -1, "aria-label": `Select ${name}` }), h("span", {}, icon("check")));
  const more = h("a.tile-alike", { href: store.href(likeIt(match)), "data-route": "", tabIndex: -1, title: "More like this", "aria-label": `More like ${name}` }, icon("alike"));
  return h("li.tile", { "data-id": id, "data-ratio": width / height },
    h("div.tile-picture", {}, open, badge && h("span.badge", {}, badge), check, more),
    h("div.tile-text", {},
      h("p.tile-how", {}, alike(match)),
      h("p.tile-name", { title: name }, bdi(name)),
      h("p.tile-where", { title: folderOf(path) }, bdi(placeOf(path, roots)), h("span.number", {}, `${width} × ${height}`))));
}
