// What is known of a gallery: folders, what could not be read, descriptors, marks.

import { bdi, button, dialog, h, icon } from "./dom.js";
import { inFolder } from "./filters.js";
import { tellChanged } from "./jobs.js";
import { logOut } from "./login.js";
import { bytes, count, dateTime } from "./words.js";

const opened = new Map(); // which sections are open, as long as the page is

/** Write it all into `root`, anew; `form` adds a folder, and keeps what is being typed. */
export function about(root, context, info, form) {
  const focused = root.contains(document.activeElement) ? document.activeElement.id : "";
  root.replaceChildren(...[
    folders(context, info, form), failures(context, info), descriptors(info), marks(context, info), storage(info),
    context.about.features.key && button("Log out", { symbol: "key", kind: "about-leave", id: "about-leave", onclick: () => leave(context) }),
  ].filter(Boolean));
  if (focused) document.getElementById(focused)?.focus();
}

function section(title, note, body, { open = false } = {}) {
  const wide = matchMedia("(min-width: 60rem)").matches;
  const details = h("details.about", { open: opened.get(title) ?? (open && wide), ontoggle: () => opened.set(title, details.open) },
    h("summary", { id: `about-${title.toLowerCase().replaceAll(" ", "-")}` }, h("span.about-title", {}, title), h("span.about-note.number", {}, note), icon("down")),
    h("div.about-body", {}, body));
  return details;
}

function folders(context, info, form) {
  const list = info.folders.map((path) => h("li", {}, h("button.about-folder", { type: "button", title: `Only pictures in ${path}`,
    onclick: () => context.store.set({ where: [inFolder(path)] }) }, icon("folder"), bdi(path))));
  if (!list.length && !form) return null;
  return section("Folders", info.folders.length, [h("ul.about-folders", {}, list), form], { open: true });
}

function failures(context, info) {
  if (!info.failures) return null;
  return h("button.about.about-failures", { type: "button", id: "about-failures", "aria-haspopup": "dialog", onclick: async () => {
    const { openFailures } = await import("./failures.js");
    openFailures(context);
  } }, icon("warning"), h("span", {}, `${count(info.failures, "file")} could not be read`), icon("right"));
}

function descriptors(info) {
  const cards = info.descriptors.map((one) => {
    const index = info.indexes.find((each) => each.descriptor === one.key && each.metric === one.metric && each.chosen);
    const others = info.indexes.filter((each) => each.descriptor === one.key && each !== index);
    const learned = info.learned.find((each) => each.descriptor === one.key);
    const made = info.calibrations.filter((each) => each.descriptor === one.key);
    const few = one.pictures < info.contents ? `, of ${one.pictures.toLocaleString("en")} so far` : "";
    return h("li.about-descriptor", {}, h("h3", {}, bdi(one.label)),
      h("p", {}, `${one.dim} numbers a picture${few}, held against each other by ${one.metric}.`),
      learned?.told ? h("p", {}, `Learnt here: ${learned.told}.`) : null,
      h("p", {}, [index, ...others].filter(Boolean).map(indexWords).join(" ")),
      h("p", {}, one.calibrated.length
        ? [h("span.about-known", {}, icon("check"), "Tells probabilities"), ` by ${one.calibrated.join(", ")}${made[0]?.made ? `, tested ${dateTime(made[0].made.slice(0, 10))}` : ""}.`]
        : "Tells no probabilities yet."));
  });
  if (!cards.length) return null;
  const uncertain = info.descriptors.every((one) => !one.calibrated.length);
  return section("Descriptors", cards.length, [h("ul.about-descriptors", {}, cards),
    uncertain ? h("p.about-hint", {}, "To learn how probable a match is: ", h("code", {}, "lookalike selftest")) : null]);
}

function indexWords({ spec, recall, chosen, metric, why }) {
  const found = recall === 1 ? "finds all of the nearest" : recall === null ? "not measured" : `finds ${(100 * recall).toFixed(1)}% of the nearest`;
  const size = why ? ` Chosen by size: ${why}.` : "";
  return chosen ? `Searched through ${spec} (${found}).${size}` : `Also ${spec} by ${metric} (${found}).`;
}

function marks(context, info) {
  if (!info.marks) return null;
  return section("Marks", info.marks, [
    h("p", {}, `${count(info.marks, "answer")} called good or bad. An adapter can learn from them: `, h("code", {}, "lookalike train adapter --labels marks"), "."),
    context.about.features.write ? button("Forget them", { symbol: "trash", kind: "danger", onclick: () => askForget(context, info.marks) }) : null]);
}

function askForget(context, number) {
  const forget = async () => {
    try {
      const { forgotten } = await context.api.remove(`${context.base()}/marks`);
      shown.close();
      context.toast(`${count(forgotten, "mark")} forgotten.`);
      tellChanged(context, { done: false });
    } catch (error) {
      context.toast(error.message, { seconds: 8 });
    }
  };
  const shown = dialog("Forget the marks", h("div", {}, h("h2.gallery-ask", {}, `Forget ${count(number, "mark")}?`),
    h("p.quiet-text", {}, "What was called a good or a bad answer is not known any more. What was learnt from it stays."),
    h("div.dialog-foot", {}, button("Keep them", { kind: "quiet", onclick: () => shown.close() }),
      button("Forget", { symbol: "trash", kind: "danger", onclick: forget }))));
}

function storage(info) {
  const rows = [
    info.path ? ["Folder", bdi(info.path)] : null,
    ["On disk", bytes(info.bytes)],
    info.kept ? ["Waiting for their files to return", info.kept.toLocaleString("en")] : null,
    info.excluded ? ["Taken out by hand", info.excluded.toLocaleString("en")] : null,
  ].filter(Boolean);
  return section("Storage", bytes(info.bytes), [
    h("dl.about-facts", {}, rows.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])),
  ]);
}

async function leave(context) {
  try {
    await logOut(context.api);
  } catch (error) {
    context.toast(error.message);
  }
}
