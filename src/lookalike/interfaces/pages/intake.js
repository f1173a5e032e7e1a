// How a picture comes in: dropped, pasted, chosen, photographed, or by its address.

import { h } from "./dom.js";
import { FRESH } from "./state.js";
import { bytes } from "./words.js";

const OWN = /^\/v1\/galleries\/([^/]+)\/pictures\/(\d+)\/thumbnail$/;

// What is on its way to the server: {name, preview: ?HTMLImageElement}, shown as tiles meanwhile.
const coming = new Set();
const watchers = new Set();
export const onComing = (watcher) => {
  watchers.add(watcher);
  return () => watchers.delete(watcher);
};
const tell = () => watchers.forEach((watcher) => watcher([...coming]));

/** Load what shows matches while somebody is still choosing, or a picture is on its way. */
export function prepare() {
  for (const module of [import("./query.js"), import("./results.js")]) module.catch(() => {}); // Who needs it is told.
}

/** What `document` hears when a search was answered; `context.answer` is the answer. */
export const ANSWERED = "answered";

/** What an upload was called, as long as this tab is open. */
export function uploadName(id) {
  try {
    return sessionStorage.getItem(`name:${id}`);
  } catch {
    return null;
  }
}

/** Keep what an upload is called, as long as this tab is open. */
export function remember(id, name) {
  try {
    sessionStorage.setItem(`name:${id}`, name);
  } catch {
    // Storage may be forbidden or full; then the picture goes without its name.
  }
}

/**
 * Search with files: instead of what is searched with, besides it (`add`), or instead of one upload
 * that is not there any more (`instead`, its id).
 */
export async function takeFiles(context, files, how = {}) {
  const most = context.about.limits.upload_bytes;
  const fit = [...files].slice(0, 8).filter((file) => {
    if (file.size > most) context.toast(`“${file.name}” has ${bytes(file.size)}; at most ${bytes(most)} are taken.`);
    return file.size <= most;
  });
  await take(context, fit.map((file) => ({
    name: file.name,
    file,
    send: () => context.api.upload("/v1/uploads", file),
  })), how);
}

/** Search with the picture at an address, which the server fetches. */
export const takeUrl = (context, url, how = {}) =>
  take(context, [{
    name: nameIn(url),
    send: () => context.api.post("/v1/uploads/url", { url }),
  }], how);

/** What the file at an address is called. */
function nameIn(url) {
  try {
    return decodeURIComponent(new URL(url).pathname.split("/").at(-1)) || url;
  } catch {
    return url; // It is no address, or not every % in it stands for something.
  }
}

async function take(context, things, how) {
  prepare();
  const parts = [];
  for (const thing of things) {
    thing.preview = thing.file ? preview(thing.file) : null;
    coming.add(thing);
  }
  tell();
  if (things.length) context.announce("Sending the picture");
  for (const thing of things) {
    try {
      const { id } = await thing.send();
      remember(id, thing.name);
      parts.push({ kind: "up", value: id, weight: 1, box: null });
    } catch (error) {
      context.toast(error.message, { seconds: 8 });
    }
    coming.delete(thing);
  }
  if (parts.length) join(context, parts, how);
  tell();
}

/** The picture itself, as far as the browser can read it. */
function preview(file) {
  const url = URL.createObjectURL(file);
  const done = () => URL.revokeObjectURL(url);
  const image = h("img", { alt: "", onload: done, onerror: () => { done(); image.remove(); } });
  image.src = url;
  return image;
}

/** Put parts into the search. */
export function join({ store }, parts, { add = false, instead = null } = {}) {
  const now = store.get();
  const gone = now.parts.findIndex(({ kind, value }) => kind === "up" && value === instead);
  if (gone >= 0) {
    const [{ value }] = parts;
    store.set({ parts: now.parts.map((part, n) => (n === gone ? { ...part, value } : part)) });
    return;
  }
  store.set(add && now.parts.length
    ? { view: "search", parts: [...now.parts, ...parts].slice(0, 16) }
    : { ...FRESH, parts });
}

/** Let somebody choose files; `camera` asks a phone for a photograph. */
export function choose(context, { camera = false, ...how } = {}) {
  const input = h("input", { type: "file", accept: "image/*,.heic,.heif,.avif", multiple: !camera && !how.instead,
    capture: camera ? "environment" : null, hidden: true,
    onchange: () => { input.remove(); takeFiles(context, input.files, how); },
    oncancel: () => input.remove() });
  document.body.append(input);
  input.click();
}

/** Photograph: with the camera here, or by the phone's own way if the browser has none to give. */
export async function photograph(context, { add = false } = {}) {
  if (!navigator.mediaDevices?.getUserMedia) {
    choose(context, { add, camera: true });
    return;
  }
  const { openCamera } = await import("./camera.js");
  const file = await openCamera(context, () => choose(context, { add, camera: true }));
  if (file) await takeFiles(context, [file], { add });
}

/** Take what is dropped or pasted anywhere on the page. */
export function takeAnywhere(context, overlay) {
  let depth = 0;
  // Over what is searched with, a picture is added to it; anywhere else it is searched with instead.
  const over = (dragging, adds) => {
    overlay.hidden = !dragging || adds;
    document.querySelector("[data-adds]")?.classList.toggle("adding", dragging && adds);
    if (!dragging) depth = 0;
  };
  addEventListener("dragenter", (event) => {
    if (!carries(event.dataTransfer)) return;
    depth += 1;
    over(true, inAdder(event.target));
  });
  addEventListener("dragleave", () => (depth -= 1) <= 0 && over(false, false));
  addEventListener("dragover", (event) => {
    if (carries(event.dataTransfer)) event.preventDefault();
  });
  addEventListener("drop", (event) => {
    if (!carries(event.dataTransfer)) return;
    event.preventDefault();
    over(false, false);
    takeTransfer(context, event.dataTransfer, { add: inAdder(event.target) });
  });
  addEventListener("paste", (event) => {
    const typing = event.target.closest?.("input, textarea");
    if (typing && !event.clipboardData.files.length) return;
    if (takeTransfer(context, event.clipboardData, { add: false })) event.preventDefault();
  });
}

const inAdder = (target) => Boolean(target.closest?.("[data-adds]"));
const carries = (data) => [...data.types].some((type) => type === "Files" || type === "text/uri-list");

/** Whether there was something to search with in what was dropped or pasted. */
function takeTransfer(context, data, { add }) {
  const address = (data.getData("text/uri-list") || data.getData("text/plain")).split("\n")[0].trim();
  const own = ownPicture(context, address);
  if (own) join(context, [own], { add });
  else if (data.files.length) takeFiles(context, data.files, { add });
  else if (/^https?:\/\//.test(address)) {
    if (!context.about.features.urls) {
      context.toast("This server fetches no pictures from addresses. Save the picture, and drop the file.");
      return false;
    }
    takeUrl(context, address, { add });
  } else return false;
  return true;
}

/** A result that was dragged is known by its id, and need not be sent. */
function ownPicture({ store }, address) {
  if (!URL.canParse(address)) return null;
  const url = new URL(address);
  const [, gallery, id] = (url.origin === location.origin && OWN.exec(url.pathname)) || [];
  if (!id || decodeURIComponent(gallery) !== store.get().gallery) return null;
  return { kind: "id", value: id, weight: 1, box: null };
}
