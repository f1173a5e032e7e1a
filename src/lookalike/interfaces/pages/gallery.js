// The view of the gallery: what is here, all its pictures, and what could not be read.

import { mountBrowse, thumbnail } from "./browse.js";
import { bdi, button, dialog, h, icon, style } from "./dom.js";
import { mountFilters } from "./filters.js";
import { about } from "./gallery-about.js";
import { addFiles, adder, dropTarget, folderForm, refresh } from "./gallery-adding.js";
import { CHANGED, tellChanged } from "./jobs.js";
import { likeIt } from "./tile.js";
import { bytes, count } from "./words.js";

export function mount(root, context) {
  style("gallery.css");
  document.title = "Gallery – Lookalike";
  const { store } = context;
  const view = h("div.gallery");
  root.append(view);
  let shown = null; // "full" or "empty"
  let full = null;
  let gone = false;

  async function show(anew = false) {
    try {
      const info = await context.info(anew);
      if (gone) return;
      const kind = info.pictures || info.folders.length || info.failures ? "full" : "empty";
      if (kind === shown) full?.tell(info);
      else begin(kind, info);
    } catch (error) {
      if (!gone) context.failure(error, () => show(true));
    }
  }

  function begin(kind, info) {
    shown = kind;
    full?.unmount();
    full = null;
    if (kind === "empty") view.replaceChildren(empty(context, info));
    else full = mountFull(view, context, info);
    full?.update(store.get());
  }

  const changed = (event) => {
    show();
    if (event.detail.done) full?.reload();
  };
  document.addEventListener(CHANGED, changed);
  const target = context.about.features.write ? dropTarget(root, (files) => addFiles(context, files)) : null;
  show(true);
  return {
    update: (state) => full?.update(state),
    unmount: () => {
      gone = true;
      document.removeEventListener(CHANGED, changed);
      target?.remove();
      full?.unmount();
    },
  };
}

function mountFull(view, context, info) {
  const { features } = context.about;
  const title = h("h1", {}, bdi(info.name));
  const told = h("p.gallery-told.number");
  const head = h("header.gallery-head", {}, h("div", {}, title, told),
    features.write ? h("div.gallery-actions", {}, adder(context), refreshButton(context)) : null);
  const side = h("aside.gallery-side", { "aria-label": "About this gallery" });
  const filters = h("div");
  const number = h("p.gallery-number.number", { role: "status" });
  const holder = h("div");
  view.replaceChildren(head, h("div.gallery-columns", {}, side,
    h("section.gallery-main", { "aria-label": "Pictures" }, h("div.gallery-tools", {}, filters, number), holder)));
  const chips = mountFilters(filters, context);
  const form = features.write && features.folders ? folderForm(context) : null;
  let where = null;
  let all = info.pictures;
  let total = all;
  const browse = mountBrowse(holder, context, {
    each: (picture) => tile(context, picture, () => { browse.drop(picture.id); totals(total - 1); }),
    told: (found) => totals(found),
    empty: (conditions) => h("p.gallery-none.quiet-text", {}, conditions.length ? "No picture meets these filters." : "No picture can be found here yet."),
  });

  function totals(found) {
    total = found;
    number.textContent = found === null ? "" : where?.length ? `${found.toLocaleString("en")} of ${count(all, "picture")}` : "";
  }

  function tell(now) {
    all = now.pictures;
    totals(total);
    const numbers = [count(now.pictures, "picture")];
    if (now.contents !== now.pictures) numbers.push(`${now.contents.toLocaleString("en")} different`);
    told.textContent = [...numbers, `${bytes(now.bytes)} on disk`].join(" · ");
    about(side, context, now, form);
  }

  tell(info);
  return {
    tell,
    reload: () => browse.reload(),
    update: (state) => {
      chips.update(state);
      if (JSON.stringify(state.where) === JSON.stringify(where)) return;
      where = state.where;
      browse.show(where);
    },
    unmount: () => {
      chips.unmount();
      browse.unmount();
    },
  };
}

function refreshButton(context) {
  return button("Refresh", { symbol: "refresh", title: "Look for what is new, changed or gone in the folders", onclick: () => refresh(context) });
}

function tile(context, picture, gone) {
  const { store, about: { features } } = context;
  const open = h("a.browse-open", { href: store.href({ ...likeIt(picture), where: [] }), "data-route": "", title: picture.path,
    "aria-label": `More like ${picture.name}` }, thumbnail(picture), h("span.browse-name", { "aria-hidden": "true" }, bdi(picture.name)));
  const item = h("li.browse-tile", {}, open);
  if (features.write) {
    item.append(button(`Take ${picture.name} out of the gallery`, { symbol: "trash", only: true, kind: "browse-remove",
      onclick: () => askRemove(context, picture, gone) }));
  }
  return item;
}

function askRemove(context, picture, gone) {
  const remove = async () => {
    take.disabled = true;
    try {
      await context.api.remove(`${context.base()}/pictures/${picture.id}`);
      shown.close();
      gone();
      tellChanged(context, { done: false });
      context.toast("Taken out of the gallery.");
      context.announce("Taken out of the gallery.");
    } catch (error) {
      take.disabled = false;
      told.replaceChildren(icon("warning"), h("span", {}, error.message));
    }
  };
  const told = h("p.editor-error", { role: "alert" });
  const take = button("Take out", { symbol: "trash", kind: "danger", onclick: remove });
  const shown = dialog("Take out of the gallery", h("div", {},
    h("h2.gallery-ask", {}, "Take “", bdi(picture.name), "” out of the gallery?"),
    h("div.gallery-asked", {}, thumbnail(picture), h("p.quiet-text", {},
      "It will not be found any more. A file in one of your folders stays where it is; a copy that was added to the gallery itself is deleted.")),
    told, h("div.dialog-foot", {}, button("Keep it", { kind: "quiet", onclick: () => shown.close() }), take)));
}

function empty(context, info) {
  const { features } = context.about;
  const ways = features.write
    ? [features.folders ? folderForm(context, { large: true }) : null,
      h("div.gallery-or", {}, h("span", {}, features.folders ? "or drop pictures here" : "Drop pictures here"), adder(context))]
    : [h("p.quiet-text", {}, "This page may not change it. Whoever runs it can fill it:")];
  return h("section.gallery-empty", { "aria-labelledby": "gallery-empty" },
    h("div.gallery-frames", { "aria-hidden": "true" }, icon("picture"), icon("picture"), icon("picture")),
    h("h1", { id: "gallery-empty" }, "Nothing in here yet"),
    h("p.gallery-lead", {}, "Name a folder of pictures. Everything below it is looked at once, and can be searched while that goes on. The files stay where they are."),
    ...ways.filter(Boolean),
    h("p.gallery-line.quiet-text", {}, "On the command line: ", h("code", {}, `lookalike index ~/Pictures${info.path ? ` --gallery ${/^[\w./-]+$/.test(info.path) ? info.path : "GALLERY"}` : ""}`)));
}
