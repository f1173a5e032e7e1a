// A small dialog beside what opened it; on a phone, a sheet at the foot of the page.

import { button, h } from "./dom.js";

const EDGE = 16; // pixels kept free beside it
const LOWEST = 280;

/**
 * Open it; Escape, a click elsewhere and leaving it with Tab close it.
 * @param {HTMLElement} anchor gets the focus back
 * @param {HTMLElement} place what it is put into, and stands below
 * @returns {{close: (refocus?: boolean) => void}}
 */
export function openPopover(anchor, place, label, body) {
  const root = h("div.popover", { role: "dialog", "aria-label": label, tabIndex: -1 },
    h("div.popover-head", {}, h("h2", {}, h("bdi", {}, label)),
      button("Close", { symbol: "close", only: true, kind: "quiet", onclick: () => close() })),
    body);
  const away = (event) => !place.contains(event.target) && close(false);
  const left = (event) => event.relatedTarget && !place.contains(event.relatedTarget) && close(false);
  const escape = (event) => {
    if (event.key !== "Escape") return;
    event.stopPropagation();
    close();
  };
  let open = true;
  function close(refocus = true) {
    if (!open) return;
    open = false;
    document.removeEventListener("pointerdown", away);
    anchor.setAttribute("aria-expanded", "false");
    root.remove();
    if (refocus && anchor.isConnected) anchor.focus();
  }
  root.addEventListener("keydown", escape);
  root.addEventListener("focusout", left);
  document.addEventListener("pointerdown", away);
  anchor.setAttribute("aria-expanded", "true");
  place.append(root);
  // Below the window's edge it scrolls by itself, unless it would be too low to be read.
  const room = innerHeight - root.getBoundingClientRect().top - EDGE;
  root.style.setProperty("--room", `${Math.max(room, LOWEST)}px`);
  const over = root.getBoundingClientRect().right - document.documentElement.clientWidth + EDGE;
  if (over > 0) root.style.left = `${-over}px`;
  // On a phone the keyboard would cover the sheet before anybody has seen it.
  const first = matchMedia("(pointer: coarse)").matches ? null : body.querySelector("input, textarea, select, button");
  (first ?? root).focus();
  return { close };
}
