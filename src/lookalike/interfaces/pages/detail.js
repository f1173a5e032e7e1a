// Side by side: what was searched with, and a match.

import { bdi, button, dialog, h, icon, style } from "./dom.js";
import { judge } from "./marks.js";
import { pictureOf } from "./query.js";
import { reveal } from "./selection.js";
import { alike, likeIt } from "./tile.js";
import { bytes, chance, dateTime, folderOf, percent } from "./words.js";
import { zoomTogether } from "./zoom.js";

/**
 * @param {object} options
 * @param {() => object[]} options.matches
 * @param {number} options.place of the match that is shown first
 * @param {(place: number) => void} options.onmove another one is shown
 * @param {(place: number) => void} options.onclose the one that was shown last
 */
export async function openDetail(context, { matches, place, onmove, onclose }) {
  await style("detail.css");
  const { store } = context;
  // Judging moves the search: what is looked through here stays.
  let among = matches();
  let now = place;
  let own = false;
  const title = h("div.detail-title");
  const left = pane("Searched with");
  const right = pane("Match");
  const panes = h("div.panes", {}, left.figure, right.figure);
  const facts = h("dl.facts");
  const tools = h("div.row.detail-tools");
  const zoom = zoomTogether(panes, () => [left.inner, right.inner]);
  const previous = button("Previous", { symbol: "left", only: true, kind: "quiet", onclick: () => go(now - 1) });
  const next = button("Next", { symbol: "right", only: true, kind: "quiet", onclick: () => go(now + 1) });

  const go = (place_) => {
    // Endless scroll may have brought more meanwhile.
    if (!own) among = matches();
    if (!among[place_]) return;
    now = place_;
    if (!own) onmove(now);
    show();
  };

  function show() {
    const match = among[now];
    previous.disabled = now === 0;
    next.disabled = now === among.length - 1;
    title.replaceChildren(h("h2", {}, bdi(match.name)), h("p", {}, ...alike(match).filter(Boolean), h("span.quiet-text.number", {}, `${now + 1} of ${among.length}`)));
    right.image.src = `${match.thumbnail}&size=1600`;
    right.image.alt = match.name;
    zoom.reset();
    facts.replaceChildren(...factsOf(match));
    tools.replaceChildren(...actions(match));
    context.api.get(`${context.base()}/pictures/${match.id}`)
      .then((picture) => among[now] === match && facts.append(...furtherFacts(picture)))
      .catch(() => {}); // What the match itself says is there already.
  }

  function actions(match) {
    const { like, unlike } = store.get();
    const opinion = (kind, label, symbol) => {
      const pressed = (kind === "like" ? like : unlike).includes(match.id);
      return button(label, { symbol, "aria-pressed": pressed, disabled: pressed, onclick: () => {
        own = true;
        judge(context, match, kind);
      } });
    };
    const made = [
      h("a.button.primary", { href: store.href(likeIt(match)), "data-route": "", onclick: () => shown.close() }, icon("alike"), h("span", {}, "More like this")),
      opinion("like", "Good answer", "good"), opinion("unlike", "Bad answer", "bad"),
      h("a.button", { href: `${context.base()}/pictures/${match.id}/file`, download: match.name }, icon("download"), h("span", {}, "Download")),
    ];
    if (context.about.features.reveal) made.push(button("Show in folder", { symbol: "folder", onclick: () => reveal(context, match) }));
    return made;
  }

  const body = h("div.detail-body", {},
    h("div.detail-head", {}, title, h("div.row.detail-zoom", {},
      button("Smaller", { symbol: "zoomout", only: true, kind: "quiet", onclick: () => zoom.by(1 / 1.5) }),
      button("Larger", { symbol: "zoomin", only: true, kind: "quiet", onclick: () => zoom.by(1.5) }),
      previous, next,
      button("Close", { symbol: "close", only: true, kind: "quiet", onclick: () => shown.close() }))),
    panes, h("div.detail-foot", {}, tools, facts));
  fillLeft(context, left);
  const keys = { ArrowLeft: () => go(now - 1), ArrowRight: () => go(now + 1), "+": () => zoom.by(1.5), "-": () => zoom.by(1 / 1.5), 0: () => zoom.reset() };
  body.addEventListener("keydown", (event) => {
    if (!keys[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    keys[event.key]();
  });
  const shown = dialog("Side by side", body, { className: "detail", onclose: () => { stop(); onclose(own ? place : now); } });
  // Back, forward and what is searched with next lead away from here.
  const { parts, view, gallery } = store.get();
  const stop = store.subscribe((state) => {
    const same = JSON.stringify([state.parts, state.view, state.gallery]) === JSON.stringify([parts, view, gallery]);
    if (!same) shown.close();
    else tools.replaceChildren(...actions(among[now]));
  });
  show();
  next.focus();
}

function pane(label) {
  const image = h("img", { alt: "", draggable: false });
  const inner = h("div.pane-inner", {}, image);
  const figure = h("figure.pane", {}, h("div.pane-frame", {}, inner), h("figcaption", {}, label));
  return { figure, inner, image };
}

/** The first picture that the search goes towards; others can be chosen. */
function fillLeft(context, { figure, inner, image }) {
  const pictures = context.store.get().parts.filter((part) => part.kind !== "words");
  if (!pictures.length) {
    const said = context.store.get().parts.map(({ value }) => `“${value}”`).join(", ");
    inner.replaceChildren(h("p.pane-words", {}, h("bdi", {}, said || "the good answers")));
    return;
  }
  const show = (part) => {
    inner.querySelector(".pane-box")?.remove();
    image.onload = () => part.box && inner.append(outline(part.box, image));
    image.src = pictureOf(context, part, 1600);
    image.alt = part.box ? "What was searched with; only the part in the box counts" : "What was searched with";
  };
  show(pictures.find(({ weight }) => weight > 0) ?? pictures[0]);
  if (pictures.length > 1) {
    figure.lastChild.append(h("span.row.pane-choice", {}, pictures.map((part, n) =>
      h("button", { type: "button", "aria-label": `Show picture ${n + 1} of the search`, onclick: () => show(part) },
        h("img", { src: pictureOf(context, part, 160), alt: "" })))));
  }
}

/** The box on a picture that is as large as fits: an SVG of its proportions is placed as it is. */
function outline([left, top, right, bottom], { naturalWidth: wide, naturalHeight: high }) {
  const SVG = "http://www.w3.org/2000/svg";
  const svg = document.createElementNS(SVG, "svg");
  const around = document.createElementNS(SVG, "path");
  const [x, y, across, down] = [left * wide, top * high, (right - left) * wide, (bottom - top) * high];
  const hole = `M${x} ${y}h${across}v${down}h${-across}z`;
  svg.setAttribute("class", "pane-box");
  svg.setAttribute("viewBox", `0 0 ${wide} ${high}`);
  svg.setAttribute("aria-hidden", "true");
  around.setAttribute("class", "pane-shade");
  around.setAttribute("d", `M0 0h${wide}v${high}h${-wide}z${hole}`);
  const line = document.createElementNS(SVG, "path");
  line.setAttribute("d", hole);
  // White within a darker line is seen on every picture.
  const edge = line.cloneNode();
  edge.setAttribute("class", "pane-edge");
  svg.append(around, edge, line);
  return svg;
}

const fact = (name, ...value) => h("div", {}, h("dt", {}, name), h("dd", {}, ...value));

const factsOf = (match) => [
  fact("Similarity", percent(match.similarity)),
  match.probability !== null && fact("Same picture", `${chance(match.probability)} sure`),
  fact("Distance", match.distance.toFixed(4)),
  fact("Size", `${match.width} × ${match.height}`),
  fact("File", `${match.format}, ${bytes(match.bytes)}`),
  fact("Folder", bdi(folderOf(match.path))),
].filter(Boolean);

const furtherFacts = ({ modified, taken, columns }) => [
  taken && fact("Taken", dateTime(taken)),
  fact("Changed", dateTime(modified)),
  ...Object.entries(columns).map(([name, value]) => fact(name, bdi(String(value)))),
].filter(Boolean);
