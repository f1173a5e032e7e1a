// The view that searches: what is searched with, how, and what was found.

import { h, style } from "./dom.js";

const asksFor = (state) => state.parts.length > 0 || state.like.length > 0;

export function mount(root, context) {
  style("search.css");
  const query = h("section.query", { "aria-label": "What is searched with", "data-adds": "", hidden: true });
  const tools = h("div.tools", { hidden: true }, h("div.filters"), h("div.how"));
  const body = h("div");
  root.replaceChildren(query, tools, body);
  const lower = [];
  let top = null;
  let shown = null;
  let gone = false;

  // Filters and "how" can come a little later than the matches.
  const furnish = async () => {
    const [{ mountFilters }, { mountHow }] = await Promise.all([import("./filters.js"), import("./how.js")]);
    if (gone || lower.length) return;
    lower.push(mountFilters(tools.firstChild, context), mountHow(tools.lastChild, context));
    for (const each of lower) each.update(context.store.get());
  };

  const showFirst = async (here) => {
    const first = await import("./first.js");
    if (shown === here && !gone) here.mounted = first.mount(body, context);
  };

  const showResults = async (here) => {
    const [{ mountQuery }, results] = await Promise.all([import("./query.js"), import("./results.js")]);
    if (shown !== here || gone) return;
    top ??= mountQuery(query, context);
    here.mounted = results.mount(body, context);
    furnish().catch((error) => context.failure(error, furnish));
  };

  const show = async (state) => {
    const asks = asksFor(state);
    query.hidden = tools.hidden = !asks;
    if (shown?.asks !== asks) {
      shown?.mounted?.unmount();
      body.replaceChildren();
      shown = { asks, mounted: null };
      await (asks ? showResults : showFirst)(shown);
    }
    if (gone) return;
    for (const each of [top, ...lower, shown.mounted]) each?.update(context.store.get());
  };

  const update = (state) => show(state).catch((error) => {
    shown = null;
    context.failure(error, () => update(context.store.get()));
  });
  update(context.store.get());
  return {
    update,
    unmount: () => {
      gone = true;
      for (const each of [top, ...lower, shown?.mounted]) each?.unmount();
    },
  };
}
