// Sentences that pass, with at most one thing to do about them.

import { button, h } from "./dom.js";

/** Return `toast(text, {label, action, seconds, ondone})`, which shows its toasts in `root`. */
export function toaster(root) {
  root.setAttribute("role", "status");
  return (text, { label, action, seconds = action ? 8 : 4, ondone = () => {} } = {}) => {
    let timer;
    let over = false;
    const close = () => end(ondone);
    const end = (what) => {
      clearTimeout(timer);
      shown.remove();
      if (!over) what();
      over = true;
    };
    const shown = h("div.toast", {}, h("p", {}, text),
      action && button(label, { kind: "quiet", onclick: () => end(action) }));
    // Whoever is about to press the button keeps the time it takes.
    const wait = () => { clearTimeout(timer); timer = setTimeout(close, seconds * 1000); };
    for (const kind of ["pointerenter", "focusin"]) shown.addEventListener(kind, () => clearTimeout(timer));
    for (const kind of ["pointerleave", "focusout"]) shown.addEventListener(kind, wait);
    // A modal dialog covers all else: what is said meanwhile is said in it.
    const open = [...document.querySelectorAll("dialog[open]")].at(-1);
    if (open) {
      let inside = open.querySelector(".toasts");
      if (!inside) open.append((inside = h("div.toasts", { role: "status" })));
      inside.append(shown);
    } else root.append(shown);
    wait();
    return { close };
  };
}
