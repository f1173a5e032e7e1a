// A dialog that lets one choose a picture of the gallery.

import { mountBrowse, thumbnail } from "./browse.js";
import { written } from "./conditions.js";
import { button, dialog, h, settled, style } from "./dom.js";

/**
 * Let somebody choose.
 * @returns {Promise<?number>} the picture's id, or null
 */
export function pickPicture(context) {
  style("gallery.css");
  return new Promise((resolve) => {
    let picked = null;
    const holder = h("div.pick-list");
    const search = h("input.field", { type: "search", placeholder: "Name has …", "aria-label": "Name of the picture", spellcheck: false, autocomplete: "off" });
    const shown = dialog("Choose a picture", h("div.pick", {},
      h("div.dialog-head", {}, h("h2", {}, "Choose a picture"), button("Close", { symbol: "close", only: true, kind: "quiet", onclick: () => shown.close() })),
      search, holder), { className: "pick-dialog", onclose: () => { browse.unmount(); resolve(picked); } });
    const browse = mountBrowse(holder, context, {
      each: (picture) => h("li.browse-tile", {}, h("button.browse-open", { type: "button", "aria-label": picture.name, title: picture.name,
        onclick: () => { picked = picture.id; shown.close(); } }, thumbnail(picture))),
      empty: () => h("p.quiet-text", {}, "No picture is called that."),
    });
    const look = () => {
      const condition = written({ kind: "contains", field: "name", text: search.value.trim(), cased: true });
      browse.show(condition ? [condition] : []);
    };
    search.addEventListener("input", settled(look, 300));
    look();
  });
}
