// Filling the gallery: files that are dropped or chosen, and folders of the server's machine.

import { button, h, icon } from "./dom.js";
import { startJob, tellChanged } from "./jobs.js";
import { bytes, count } from "./words.js";

/** A button that lets one choose pictures to add. */
export function adder(context) {
  const field = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif", multiple: true, hidden: true, "aria-label": "Pictures to add",
    onchange: () => {
      const files = [...field.files];
      field.value = "";
      addFiles(context, files);
    } });
  return h("span", {}, field, button("Add pictures", { symbol: "plus", kind: "primary", onclick: () => field.click() }));
}

/** Send pictures one by one; the gallery keeps copies of them. */
export async function addFiles(context, files) {
  if (!files.length) return;
  const progress = h("progress.progress", { max: files.length, value: 0, "aria-label": "Adding pictures" });
  const told = h("p", { role: "status" });
  const bar = h("div.adding", {}, told, progress);
  document.body.append(bar);
  const problems = [];
  let added = 0;
  for (const [at, file] of files.entries()) {
    told.textContent = files.length === 1 ? `Adding ${file.name}` : `Adding ${at + 1} of ${files.length}`;
    try {
      if (file.size > context.about.limits.upload_bytes) throw new Error(`it has ${bytes(file.size)}, more than the ${bytes(context.about.limits.upload_bytes)} that this server takes`);
      await context.api.upload(`${context.base()}/pictures`, file);
      added += 1;
    } catch (error) {
      problems.push(`${file.name}: ${error.message}`);
    }
    progress.value = at + 1;
  }
  bar.remove();
  if (added) {
    context.toast(`${count(added, "picture")} added.`);
    context.announce(`${count(added, "picture")} added.`);
    tellChanged(context);
  }
  for (const problem of problems.slice(0, 3)) context.toast(problem, { seconds: 10 });
  if (problems.length > 3) context.toast(`${count(problems.length - 3, "further picture")} could not be added.`, { seconds: 10 });
}

/**
 * Let pictures be dropped into the view.
 * @returns {{remove: () => void}} what ends that
 */
export function dropTarget(root, take) {
  const over = h("div.dropping.adding-drop", { hidden: true }, h("p", {}, "Drop to add to the gallery"));
  document.body.append(over);
  const stop = new AbortController();
  const hear = (kind, listener) => root.addEventListener(kind, (event) => {
    if (![...(event.dataTransfer?.types ?? [])].includes("Files")) return;
    event.preventDefault();
    event.stopPropagation();
    listener(event);
  }, { signal: stop.signal });
  hear("dragenter", () => (over.hidden = false));
  hear("dragover", () => (over.hidden = false));
  hear("dragleave", (event) => (over.hidden = root.contains(event.relatedTarget)));
  hear("drop", (event) => {
    over.hidden = true;
    take([...event.dataTransfer.files]);
  });
  return { remove: () => { stop.abort(); over.remove(); } };
}

/** Look through all folders again. */
export async function refresh(context, wanted = {}) {
  try {
    await startJob(context, wanted);
  } catch (error) {
    context.toast(error.message, { seconds: 8 });
  }
}

/** A form that takes the path of a folder on the server's machine. */
export function folderForm(context, { large = false } = {}) {
  const id = large ? "folder-large" : "folder";
  const error = h("p.editor-error", { id: `${id}-error`, role: "alert", hidden: true });
  const field = h("input.field", { id, type: "text", required: true, placeholder: "/home/ada/Pictures", spellcheck: false, autocomplete: "off",
    autocapitalize: "off", "aria-describedby": `${id}-error` });
  const go = button("Index", { symbol: "folder", type: "submit", kind: large ? "primary" : "" });
  return h(large ? "form.folder-form.large" : "form.folder-form", { onsubmit: async (event) => {
    event.preventDefault();
    const path = field.value.trim();
    if (!path) return;
    go.disabled = true;
    error.hidden = true;
    try {
      await startJob(context, { folders: [path] });
      field.value = "";
    } catch (problem) {
      error.replaceChildren(icon("warning"), h("span", {}, problem.message));
      error.hidden = false;
      field.focus();
    } finally {
      go.disabled = false;
    }
  } }, h("label.label", { for: id }, "Folder on the machine that serves this page"), h("div.folder-line", {}, field, go), error);
}
