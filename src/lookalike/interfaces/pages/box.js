// Draw a box on a picture: by mouse, finger, arrow keys or numbers.

import { button, dialog, h, style } from "./dom.js";

const WHOLE = [0, 0, 1, 1];
const LEAST = 0.02;
const STEP = 0.01;
const CORNERS = { nw: [0, 1], ne: [2, 1], sw: [0, 3], se: [2, 3] };
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const FIELDS = ["Left", "Top", "Width", "Height"];

const clamp = (value, least, most) => Math.min(most, Math.max(least, value));
const round = (value) => Math.round(value * 1000) / 1000;

/** A box moved by a share of the picture, as far as it goes. */
export function moved([left, top, right, bottom], dx, dy) {
  const x = clamp(dx, -left, 1 - right);
  const y = clamp(dy, -top, 1 - bottom);
  return [left + x, top + y, right + x, bottom + y];
}

/** The box between two points, never too small to be held. */
export function between([x0, y0], [x1, y1]) {
  const left = clamp(Math.min(x0, x1), 0, 1 - LEAST);
  const top = clamp(Math.min(y0, y1), 0, 1 - LEAST);
  return [left, top, clamp(Math.max(x0, x1), left + LEAST, 1), clamp(Math.max(y0, y1), top + LEAST, 1)];
}

/**
 * Ask for a box.
 * @returns {Promise<?number[]|undefined>} left, top, right, bottom as shares; null for the whole
 *   picture; undefined if it was called off
 */
export async function drawBox(source, called, given) {
  await style("detail.css");
  let box = given ?? WHOLE;
  let answer;
  const rect = h("div.box-rect", { tabIndex: 0, role: "group", "aria-label": "The box: arrow keys move it, with Shift they change its size" },
    Object.keys(CORNERS).map((corner) => h(`span.box-handle.${corner}`, { "data-corner": corner })));
  const image = h("img", { src: source, alt: called, draggable: false, onload: () => {
    // As large as there is room for: a small picture can be drawn on as well as a big one.
    stage.style.width = `min(100%, calc(56vh * ${image.naturalWidth / image.naturalHeight}))`;
  } });
  const stage = h("div.box-stage", {}, image, rect);
  const inputs = FIELDS.map((label) => h("input.field", { type: "number", min: "0", max: "100", step: "1", "aria-label": `${label} in per cent`,
    onchange: () => put(typed()) }));
  const isWhole = () => box.every((share, n) => round(share) === WHOLE[n]);

  const put = (next) => {
    box = next;
    const [left, top, right, bottom] = box;
    Object.assign(rect.style, { left: `${left * 100}%`, top: `${top * 100}%`, width: `${(right - left) * 100}%`, height: `${(bottom - top) * 100}%` });
    rect.classList.toggle("whole", isWhole());
    [left, top, right - left, bottom - top].forEach((share, n) => (inputs[n].value = String(Math.round(share * 100))));
    clear.disabled = isWhole();
  };
  const typed = () => {
    const [left, top, wide, high] = inputs.map((input) => clamp(Number(input.value) / 100 || 0, 0, 1));
    return between([left, top], [left + wide, top + high]);
  };

  const point = (event) => {
    const frame = image.getBoundingClientRect();
    return [clamp((event.clientX - frame.left) / frame.width, 0, 1), clamp((event.clientY - frame.top) / frame.height, 0, 1)];
  };
  /** What dragging does depends on where it began: at a corner, in the box, or elsewhere. */
  const begun = (event, from) => {
    const corner = CORNERS[event.target.dataset?.corner];
    const start = box;
    // The opposite corner stays where it is.
    if (corner) return (to) => between([start[2 - corner[0]], start[4 - corner[1]]], to);
    if (event.target === rect && !isWhole()) return ([x, y]) => moved(start, x - from[0], y - from[1]);
    return (to) => between(from, to);
  };
  stage.addEventListener("pointerdown", (event) => {
    if (event.button !== 0) return;
    event.preventDefault();
    const from = point(event);
    const drag = begun(event, from);
    stage.setPointerCapture(event.pointerId);
    const follow = (next) => {
      const to = point(next);
      // A click alone draws nothing.
      if (Math.hypot(to[0] - from[0], to[1] - from[1]) > 0.005) put(drag(to));
    };
    stage.addEventListener("pointermove", follow);
    stage.addEventListener("lostpointercapture", () => stage.removeEventListener("pointermove", follow), { once: true });
    rect.focus({ preventScroll: true });
  });
  rect.addEventListener("keydown", (event) => {
    if (event.key === "Enter") {
      event.preventDefault(); // Or it would press the button that has the focus next.
      finish(isWhole() ? null : box);
    }
    const [dx, dy] = (ARROWS[event.key] ?? []).map((way) => way * STEP * (event.ctrlKey ? 5 : 1));
    if (dx === undefined) return;
    event.preventDefault();
    const [left, top, right, bottom] = box;
    put(event.shiftKey ? between([left, top], [Math.max(right + dx, left + LEAST), Math.max(bottom + dy, top + LEAST)]) : moved(box, dx, dy));
  });

  const clear = button("Whole picture", { kind: "quiet", onclick: () => { put(WHOLE); rect.focus(); } });
  const body = h("div", {},
    h("div.dialog-head", {}, h("h2", {}, "Search for a part of it"), button("Close", { symbol: "close", only: true, kind: "quiet", onclick: () => shown.close() })),
    h("p.quiet-text.box-help", {}, "Draw over what you look for. Arrow keys move the box, with Shift they change its size."),
    stage,
    h("div.box-fields", {}, FIELDS.map((label, n) => h("label.label", {}, `${label} %`, inputs[n]))),
    h("div.dialog-foot", {}, clear, button("Search for this part", { symbol: "search", kind: "primary", onclick: () => finish(isWhole() ? null : box) })));
  let shown;
  const finish = (chosen) => {
    answer = chosen && chosen.map(round);
    shown.close();
  };
  return new Promise((done) => {
    shown = dialog("Search for a part of the picture", body, { className: "box-dialog", onclose: () => done(answer) });
    put(box);
    rect.focus();
  });
}
