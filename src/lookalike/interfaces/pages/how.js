// How is searched: descriptor, metric, index and probability, each explained in a sentence.

import { bdi, button, h, style } from "./dom.js";
import { ANSWERED } from "./intake.js";
import { openPopover } from "./popover.js";
import { count, duration, percent } from "./words.js";

/** Show a button that opens the panel. */
export function mountHow(root, context) {
  style("filters.css");
  style("how.css");
  const open = button("How", { symbol: "tune", "aria-haspopup": "dialog", "aria-expanded": "false", onclick: () => toggle() });
  const place = h("div.how-place", {}, open);
  root.append(place);
  const body = h("div.how-body");
  let popover = null;
  let known = null;

  const isOpen = () => open.getAttribute("aria-expanded") === "true";

  async function toggle() {
    if (isOpen()) return popover.close();
    body.replaceChildren(h("p.quiet-text", {}, "One moment…"));
    popover = openPopover(open, place, "How is searched", body);
    try {
      known = { info: await context.info(), offered: await context.api.get("/v1/descriptors") };
      show();
    } catch (error) {
      body.replaceChildren(h("p.editor-error", { role: "alert" }, error.message));
    }
  }

  function show() {
    if (!known || !isOpen()) return;
    const focused = body.querySelector(":focus")?.id;
    body.replaceChildren(...panel(context, known));
    (focused ? document.getElementById(focused) : body.querySelector("select"))?.focus();
  }

  // What was chosen elsewhere, or came with the address, is told on the button.
  function update(state) {
    const told = [state.descriptor, state.metric, state.index].filter(Boolean).length + (state.min !== null ? 1 : 0);
    open.querySelector("span").textContent = told ? `How (${told})` : "How";
    show();
  }

  document.addEventListener(ANSWERED, show);
  return {
    update,
    unmount: () => {
      document.removeEventListener(ANSWERED, show);
      popover?.close(false);
    },
  };
}

function panel(context, { info, offered }) {
  const state = context.store.get();
  const { answer } = context;
  const set = (patch) => context.store.set(patch);
  const key = answer?.descriptor ?? info.descriptors[0]?.key;
  const descriptor = byName(info.descriptors, state.descriptor) ?? info.descriptors.find((one) => one.key === key) ?? info.descriptors[0];
  if (!descriptor) return [h("p.quiet-text", {}, "There is nothing to search through yet.")];
  const metric = state.metric ?? descriptor.metric;
  const summary = offered.descriptors.find((one) => one.name === descriptor.label.split(/[:/]/)[0])?.summary ?? "";
  return [
    choice("how-descriptor", "Descriptor", summary || "What is looked at in a picture.",
      info.descriptors.map((one) => [one.key, one.label]), descriptor.key,
      (value) => set({ descriptor: value === info.descriptors[0].key ? null : value, metric: null, index: null, min: null })),
    choice("how-metric", "Metric", "How the distance of two pictures is measured.",
      offered.metrics.map((name) => [name, name === descriptor.metric ? `${name} (its own)` : name]), metric,
      (value) => set({ metric: value === descriptor.metric ? null : value, index: null, min: null })),
    indexChoice(info, descriptor, metric, state, set),
    probability(context, descriptor, metric, set),
    answer && told(answer),
  ].filter(Boolean);
}

const byName = (descriptors, name) => name && descriptors.find((one) => one.key === name || one.label === name);

function choice(id, label, sentence, options, chosen, onchange) {
  const select = h("select.select", { id, "aria-describedby": `${id}-what`, onchange: () => onchange(select.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return h("div.how-choice", {}, h("label", { for: id }, label), select, h("p.how-what", { id: `${id}-what` }, sentence));
}

function indexChoice(info, descriptor, metric, state, set) {
  const built = info.indexes.filter((one) => one.descriptor === descriptor.key && one.metric === metric);
  const specs = [...new Set(["exact", ...built.map((one) => one.spec), ...(state.index ? [state.index] : [])])];
  const usual = built.find((one) => one.chosen)?.spec ?? "exact";
  const chosen = state.index ?? usual;
  const recall = chosen === "exact" ? 1 : built.find((one) => one.spec === chosen)?.recall;
  const sentence = recall === 1 ? "Looks at every picture: finds all of the nearest."
    : recall ? `Finds ${share(recall)} of the nearest, and is quicker where there are many.`
      : "How much of the nearest it finds was not measured.";
  return choice("how-index", "Index", sentence, specs.map((spec) => [spec, spec === usual ? `${spec} (usual)` : spec]), chosen,
    (value) => set({ index: value === usual ? null : value }));
}

const share = (value) => `${(100 * value).toFixed(value > 0.9995 && value < 1 ? 2 : 1)}%`;

function probability(context, descriptor, metric, set) {
  const id = "how-min";
  const state = context.store.get();
  if (!descriptor.calibrated.includes(metric)) {
    return h("div.how-choice", {}, h("p.how-label", {}, "Probability"),
      h("p.how-what", {}, "How probably a match is the same picture is not known yet for this descriptor and metric. To find out, run ",
        h("code", {}, "lookalike selftest"), " once: it searches for edited copies of your own pictures."));
  }
  const several = state.parts.length > 1 || state.parts.some((part) => part.box || part.kind === "words") || state.like.length || state.unlike.length;
  if (several) {
    return h("div.how-choice", {}, h("p.how-label", {}, "Probability"),
      h("p.how-what", {}, "Only one whole picture can be the same as another: with several pictures, words, a box, or good and bad answers there is no probability."),
      state.min !== null && button("Search without a least probability", { onclick: () => set({ min: null }) }));
  }
  const output = h("output.number", { for: id }, least(state.min));
  const slider = h("input", { type: "range", id, min: "0", max: "99", step: "1", value: String(Math.round((state.min ?? 0) * 100)),
    "aria-describedby": `${id}-what`, "aria-valuetext": least(state.min),
    oninput: () => {
      output.textContent = least(slider.value / 100);
      slider.setAttribute("aria-valuetext", output.textContent);
    },
    // Every step of an arrow key is a change: going back leads to before the first one.
    onchange: () => context.store.set({ min: slider.value === "0" ? null : slider.value / 100 }, { replace: state.min !== null }) });
  return h("div.how-choice", {}, h("label", { for: id }, "Least probability"), h("div.how-slider", {}, slider, output),
    h("p.how-what", { id: `${id}-what` }, "Only what is the same picture, perhaps edited, at least this probably; perhaps nothing."));
}

const least = (min) => (min ? percent(min) : "any");

function told(answer) {
  const found = answer.recall === null ? "how much of the nearest was found is not measured" : answer.recall === 1 ? "all of the nearest were found" : `${share(answer.recall)} of the nearest are found`;
  return h("p.how-told", { role: "status" }, "This search: ", bdi(answer.label), ` by ${answer.metric} through ${answer.index}, ${count(answer.searched, "picture")} in ${duration(answer.seconds)}; ${found}.`);
}
