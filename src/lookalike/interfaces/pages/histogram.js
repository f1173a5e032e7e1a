// Histograms as lines in one drawing, and the same as a table.

import { h } from "./dom.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT, GROUND] = [768, 200, 192];
const BANDS = ["darkest", "very dark", "dark", "rather dark", "rather bright", "bright", "very bright", "brightest"];
const percent = new Intl.NumberFormat("en", { style: "percent", maximumFractionDigits: 1 });

/**
 * Draw how often each of 256 values occurs in some pictures.
 * @param {number[][]} histograms 256 numbers a picture
 * @param {string[]} letters what each picture is called
 */
export function drawHistograms(histograms, letters) {
  const shares = histograms.map(normalised);
  const top = ceiling(shares);
  const svg = make("svg", {
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`, preserveAspectRatio: "none", class: "histogram", role: "img",
    "aria-label": `Brightness of the pictures ${letters.join(", ")}, from dark to bright. The table below has the figures.`,
  });
  svg.append(make("line", { class: "histogram-ground", x1: 0, x2: WIDTH, y1: GROUND, y2: GROUND }));
  shares.forEach((values, at) => {
    const line = path(values, top);
    svg.append(make("path", { class: `histogram-area series-${at}`, d: `${line} L${WIDTH} ${GROUND} L0 ${GROUND} Z` }));
    svg.append(make("path", { class: `histogram-line series-${at}`, d: line }));
  });
  return svg;
}

/** The same in eight bands, for whoever does not see the drawing. */
export function tableHistograms(histograms, letters) {
  const shares = histograms.map(normalised);
  const band = (values, at) => values.slice(32 * at, 32 * at + 32).reduce((sum, one) => sum + one, 0);
  return h("table.compare-table", {},
    h("caption.unseen", {}, "Share of each picture by brightness"),
    h("thead", {}, h("tr", {}, h("th", { scope: "col" }, "Brightness"),
      letters.map((letter) => h("th", { scope: "col" }, letter)))),
    h("tbody", {}, BANDS.map((name, at) => h("tr", {}, h("th", { scope: "row" }, name),
      shares.map((values) => h("td", {}, percent.format(band(values, at))))))));
}

function normalised(values) {
  const whole = values.reduce((sum, one) => sum + one, 0) || 1;
  return values.map((value) => value / whole);
}

// One bare background would flatten all else: the few highest may run out of the drawing.
function ceiling(shares) {
  const sorted = shares.flat().sort((a, b) => a - b);
  return (sorted[Math.floor(0.99 * sorted.length)] || sorted.at(-1) || 1) * 1.1;
}

function path(values, top) {
  const step = WIDTH / (values.length - 1);
  const points = values.map((value, at) =>
    `${(at * step).toFixed(1)} ${(GROUND - Math.min(value / top, 1) * (GROUND - 6)).toFixed(1)}`);
  return `M${points.join(" L")}`;
}

function make(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
