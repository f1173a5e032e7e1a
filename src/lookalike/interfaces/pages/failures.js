// The files that could not be read, with their reasons, and a second try.

import { sentence } from "./api.js";
import { bdi, button, dialog, h, icon, style } from "./dom.js";
import { refresh } from "./gallery-adding.js";
import { count, folderOf, nameOf } from "./words.js";

const PAGE = 200; // shown at once
const CHUNK = 1000; // asked for at once

/** Open the list. */
export function openFailures(context) {
  style("gallery.css");
  const list = h("ul.failures-list");
  const reasons = h("div.row", { role: "group", "aria-label": "Reasons" });
  const more = button("Show more", { symbol: "down", hidden: true, onclick: () => { shownUpTo += PAGE; show(); } });
  const told = h("p.quiet-text.number", { role: "status" }, "One moment…");
  const again = context.about.features.write
    ? button("Try them again", { symbol: "refresh", kind: "primary", onclick: () => { shown.close(); refresh(context, { retry: true }); } }) : null;
  const shown = dialog("Files that could not be read", h("div.failures", {},
    h("div.dialog-head", {}, h("h2", {}, "Could not be read"), button("Close", { symbol: "close", only: true, kind: "quiet", onclick: () => shown.close() })),
    told, reasons, h("div.failures-scroll", { tabIndex: 0, role: "region", "aria-label": "Files" }, list, more), h("div.dialog-foot", {}, again)),
  { className: "failures-dialog" });
  let found = [];
  let only = null;
  let shownUpTo = PAGE;

  /** All of them are asked for, so that each reason has its whole number. */
  async function load() {
    let answer;
    try {
      do {
        answer = await context.api.get(`${context.base()}/failures`, { query: { skip: found.length, top: CHUNK } });
        found.push(...answer.failures);
        told.textContent = `${count(answer.total, "file")} ${answer.total === 1 ? "was" : "were"} looked at and could not be read. ${answer.total === 1 ? "It is tried again when it changes." : "They are tried again when they change."}`;
        show();
      } while (found.length < answer.total && answer.failures.length && list.isConnected);
    } catch (error) {
      told.textContent = error.message;
    }
  }

  function show() {
    const kinds = counted(found);
    reasons.hidden = kinds.size < 2;
    reasons.replaceChildren(...[...kinds].map(([reason, many]) => {
      const chip = h("button.chip", { type: "button", "aria-pressed": String(only === reason),
        onclick: () => { only = only === reason ? null : reason; shownUpTo = PAGE; show(); reasons.querySelector('[aria-pressed="true"]')?.focus(); } },
      `${words(reason)} `, h("span.number", {}, many.toLocaleString("en")));
      chip.classList.toggle("on", only === reason);
      return chip;
    }));
    const wanted = found.filter((one) => only === null || one.reason === only);
    more.hidden = wanted.length <= shownUpTo;
    list.replaceChildren(...wanted.slice(0, shownUpTo).map((one) =>
      h("li.failure", {}, h("p.failure-name", {}, bdi(nameOf(one.path))), h("p.failure-why", {}, sentence(one.message)),
        h("p.failure-where", {}, bdi(folderOf(one.path))))));
  }

  load();
}

/** How many failures there are for each reason, in the order of their first ones. */
function counted(found) {
  const groups = new Map();
  for (const one of found) groups.set(one.reason, (groups.get(one.reason) ?? 0) + 1);
  return groups;
}

/** "CorruptPicture" → "Corrupt picture". */
function words(reason) {
  const text = reason.replace(/([a-z])([A-Z])/g, "$1 $2").replaceAll("-", " ").toLowerCase();
  return text.charAt(0).toUpperCase() + text.slice(1);
}
