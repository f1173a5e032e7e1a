// Matches that were selected, and what can be done with them.

import { button, h } from "./dom.js";
import { count } from "./words.js";

export function mountSelection(root, context, { list, matches }) {
  const { store, about, toast } = context;
  const chosen = new Set();
  let on = false;
  let anchor = null;
  const said = h("p.number", { role: "status" });
  const tools = h("div.row");
  const bar = h("div.selected", { role: "toolbar", "aria-label": "Selection", hidden: true }, said, tools);
  root.append(bar);
  const toggle = button("Select", { symbol: "check", kind: "quiet", onclick: () => (on ? clear() : turn(true)) });

  const turn = (next) => {
    on = next;
    root.classList.toggle("selecting", on);
    toggle.setAttribute("aria-pressed", String(on));
    bar.hidden = !on;
    if (on) show();
  };
  function clear() {
    chosen.clear();
    anchor = null;
    turn(false);
    show();
  }
  const items = () => matches().filter(({ id }) => chosen.has(id));
  const put = (place, selected) => {
    const id = matches()[place]?.id;
    if (id === undefined) return;
    if (selected) chosen.add(id);
    else chosen.delete(id);
  };
  const range = (from, to) => {
    for (let place = Math.min(from, to); place <= Math.max(from, to); place += 1) put(place, true);
  };

  function show() {
    for (const item of list.children) {
      const selected = chosen.has(Number(item.dataset.id));
      item.classList.toggle("chosen", selected);
      const check = item.querySelector(".tile-check input");
      if (check) check.checked = selected;
    }
    if (chosen.size && !on) turn(true);
    said.textContent = chosen.size ? `${count(chosen.size, "picture")} selected` : "Choose pictures";
    tools.replaceChildren(...actions());
  }

  function actions() {
    const found = items();
    const several = found.length > 0;
    const made = [
      button("Copy paths", { symbol: "copy", disabled: !several, onclick: () => copy(found) }),
      button("CSV", { symbol: "download", disabled: !several, title: "Download as a table", onclick: async () => {
        const { csv, save } = await import("./csv.js");
        save(csv(found), "matches.csv");
      } }),
      button("Compare", { symbol: "compare", disabled: found.length < 2 || found.length > 3, title: "Two or three pictures", onclick: () => compare(found) }),
    ];
    if (about.features.reveal) made.push(button("Show in folder", { symbol: "folder", disabled: found.length !== 1, onclick: () => reveal(context, found[0]) }));
    made.push(button("Done", { kind: "quiet", symbol: "close", onclick: clear }));
    return made;
  }

  const compare = (found) => store.set({ view: "compare", where: [], like: [], unlike: [], min: null,
    parts: found.map(({ id }) => ({ kind: "id", value: String(id), weight: 1, box: null })) });

  async function copy(found) {
    try {
      await navigator.clipboard.writeText(found.map(({ path }) => path).join("\n"));
      toast(`${count(found.length, "path")} copied.`);
    } catch {
      toast("The browser did not let the paths be copied. Download them as CSV instead.");
    }
  }

  list.addEventListener("click", (event) => {
    const check = event.target.closest(".tile-check input");
    if (!check) return;
    const place = [...list.children].indexOf(check.closest("li"));
    if (event.shiftKey && anchor !== null) range(anchor, place);
    else put(place, check.checked);
    anchor = place;
    show();
  });
  const keys = (event) => {
    if (document.querySelector("dialog[open]") || event.target.closest?.("input:not([type=checkbox]), textarea, select")) return;
    if ((event.ctrlKey || event.metaKey) && event.key === "a" && matches().length) {
      event.preventDefault();
      range(0, matches().length - 1);
      show();
    } else if (event.key === "Escape" && on) clear();
  };
  addEventListener("keydown", keys);

  return {
    button: () => toggle,
    clear,
    /** Select from one place to another, by shift and an arrow key. */
    reach: (from, to) => { range(from, to); anchor ??= from; show(); },
    /** Whether a click on a picture selects it rather than opening it. */
    takes: (event, place) => {
      if (!on && !event.shiftKey && !event.ctrlKey && !event.metaKey) return false;
      if (event.shiftKey && anchor !== null) range(anchor, place);
      else put(place, !chosen.has(matches()[place].id));
      anchor = place;
      show();
      return true;
    },
    unmount: () => removeEventListener("keydown", keys),
  };
}

/** Open the folder of a picture in the file manager of the machine that serves. */
export async function reveal({ api, base, toast }, { id }) {
  try {
    await api.post(`${base()}/pictures/${id}/reveal`);
  } catch (error) {
    toast(error.message, { seconds: 8 });
  }
}
