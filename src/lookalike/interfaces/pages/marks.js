// Good and bad answers: the search goes there at once; they are kept once they cannot be undone.

const SECONDS = 8;
const waiting = new Map();

/**
 * Call a match a good answer or a bad one.
 * @param {"like"|"unlike"} kind
 */
export function judge(context, { id }, kind) {
  const { store, about } = context;
  const put = (where) => {
    const state = store.get();
    const placed = (list) => [...state[list].filter((each) => each !== id), ...(where === list ? [id] : [])];
    store.set({ like: placed("like"), unlike: placed("unlike") });
  };
  const before = store.get();
  put(kind);
  if (about.features.write) later(context, id, queryOf(before), { [kind]: [id] });
  context.toast(kind === "like" ? "The search goes towards it." : "The search goes away from it, and leaves it out.", {
    label: "Undo", seconds: SECONDS, action: () => {
      clearTimeout(waiting.get(id)?.timer);
      waiting.delete(id);
      put(["like", "unlike"].find((list) => before[list].includes(id)));
    } });
}

/** What a mark is about: the one picture that was searched with, whole; null if there is no such. */
function queryOf({ parts }) {
  const [only, ...others] = parts;
  if (!only || others.length || only.kind === "words" || only.box || only.weight < 0) return null;
  return only.kind === "id" ? { id: Number(only.value) } : { upload: only.value };
}

function later(context, id, query, marks) {
  clearTimeout(waiting.get(id)?.timer);
  waiting.delete(id);
  if (!query) return;
  const path = `${context.base()}/marks`;
  const send = () => {
    waiting.delete(id);
    context.api.post(path, { query, ...marks }, { keepalive: true })
      .catch((error) => context.toast(`This judgement was not kept: ${error.message}`));
  };
  waiting.set(id, { send, timer: setTimeout(send, SECONDS * 1000) });
}

addEventListener("pagehide", () => [...waiting.values()].forEach(({ send }) => send()));
