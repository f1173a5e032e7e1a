// Indexing, live: a slim bar on every view for as long as a job runs, and what came of it.

import { button, h, icon, style } from "./dom.js";
import { ending, pace, stageWords } from "./jobs-words.js";

const COMMITS = 3000; // milliseconds between two looks at the counts while pictures come in
const POLL = 2000;

/**
 * What `document` hears when pictures have come or gone: counts are to be read anew, and lists, too,
 * if `detail.done`; else more will come soon.
 */
export const CHANGED = "gallery-changed";

/** Say that pictures have come or gone. */
export function tellChanged(context, { done = true } = {}) {
  context.info(true).catch(() => {}); // Whoever shows the counts hears the same error.
  document.dispatchEvent(new CustomEvent(CHANGED, { detail: { done } }));
}

const shown = new Map();
let bar = null;

/** Show the jobs of the present gallery, from now on; call it once. */
export function watchJobs(context) {
  style("jobs.css");
  bar = h("section.jobs", { "aria-label": "Indexing", hidden: true });
  document.getElementById("banner").after(bar);
  let gallery = null;
  const look = () => find(context).catch(() => {});
  context.store.subscribe((state) => {
    if (state.gallery !== gallery) look();
    gallery = state.gallery;
  });
  gallery = context.store.get().gallery;
  // Another window, or the command line, may have begun one.
  addEventListener("focus", look);
  return look();
}

/**
 * Begin a job and show it.
 * @param {{folders?: string[], descriptors?: string[], retry?: boolean}} wanted
 * @throws what the server says against it
 */
export async function startJob(context, wanted) {
  const body = { folders: [], descriptors: [], retry: false, workers: null, ...wanted };
  const job = await context.api.post(`${context.base()}/jobs`, body);
  follow(context, job);
  context.announce("Indexing has begun.");
  return job;
}

async function find(context) {
  const base = context.base();
  if (!context.store.get().gallery) return;
  const { jobs } = await context.api.get(`${base}/jobs`);
  for (const [id, card] of shown) if (card.base !== base) remove(id);
  for (const job of jobs) if (job.state === "running" && !shown.has(job.id)) follow(context, job);
}

function follow(context, job) {
  // What came of an earlier one was there to be read until now.
  for (const [id, { ended }] of shown) if (ended) remove(id);
  const base = context.base();
  const card = createCard(() => stop(context, base, job.id, card), () => remove(job.id));
  card.base = base;
  shown.set(job.id, card);
  bar.append(card.root);
  bar.hidden = false;
  card.progress(job.progress);
  if (job.state !== "running") end(context, card, job);
  else listen(context, base, job.id, card);
}

function listen(context, base, id, card) {
  const source = new EventSource(`${base}/jobs/${encodeURIComponent(id)}/events`);
  let looked = Date.now();
  const hear = (progress) => {
    card.progress(progress, context.announce);
    if (progress?.stage !== "looking" && Date.now() - looked > COMMITS) {
      looked = Date.now();
      tellChanged(context, { done: false });
    }
  };
  source.addEventListener("progress", (event) => hear(JSON.parse(event.data)));
  source.addEventListener("end", (event) => {
    source.close();
    end(context, card, JSON.parse(event.data));
  });
  source.addEventListener("error", () => {
    // A browser tries again by itself, unless the answer was no stream of events.
    if (source.readyState === EventSource.CLOSED) poll();
  });
  card.close = () => source.close();

  async function poll() {
    if (!shown.has(id) || card.ended) return;
    try {
      const job = await context.api.get(`${base}/jobs/${encodeURIComponent(id)}`);
      if (job.state !== "running") return end(context, card, job);
      hear(job.progress);
    } catch (error) {
      if (error.status === 404) return remove(id);
    }
    setTimeout(poll, POLL);
  }
}

async function stop(context, base, id, card) {
  card.stopping();
  try {
    await context.api.remove(`${base}/jobs/${encodeURIComponent(id)}`);
  } catch (error) {
    context.toast(error.message);
  }
}

function end(context, card, job) {
  card.ended = true;
  const { told, lines, bad } = ending(job);
  card.end(told, lines, bad);
  context.announce([told, ...lines.map((line) => line.text)].join(" "));
  tellChanged(context);
}

function remove(id) {
  const card = shown.get(id);
  card?.close?.();
  card?.root.remove();
  shown.delete(id);
  bar.hidden = !shown.size;
}

function createCard(onstop, onclose) {
  const what = h("p.job-what");
  const numbers = h("p.job-numbers.number");
  const gauge = h("progress.progress", { "aria-label": "Indexing" });
  const halt = button("Stop", { symbol: "stop", kind: "quiet", "aria-label": "Stop indexing", onclick: onstop });
  const root = h("div.job", {}, h("div.job-line", {}, what, numbers, halt), gauge);
  let stage = null;
  return {
    root,
    progress(progress, announce = () => {}) {
      what.textContent = stageWords(progress);
      numbers.textContent = pace(progress);
      if (progress?.total) {
        gauge.max = progress.total;
        gauge.value = Math.min(progress.done, progress.total);
        gauge.setAttribute("aria-valuetext", pace(progress));
      } else gauge.removeAttribute("value");
      if (progress && stage && progress.stage !== stage) announce(stageWords(progress));
      stage = progress?.stage ?? stage;
    },
    stopping() {
      halt.disabled = true;
      what.textContent = "Stopping; what was done is kept";
    },
    end(told, lines, bad) {
      root.classList.add("ended");
      root.classList.toggle("bad", bad);
      root.replaceChildren(
        h("div.job-line", {}, icon(bad ? "warning" : "check"), h("p.job-what", {}, told),
          button("Close", { symbol: "close", only: true, kind: "quiet", onclick: onclose })),
        lines.length ? h("ul.job-report", {}, lines.map(({ path, text }) =>
          h("li", {}, path && h("bdi", {}, path), text))) : "");
    },
  };
}
