// The API of the server that this page came from.

/** An answer that is an error, with the server's sentence as its message. */
export class Problem extends Error {
  constructor(problem, status) {
    super(sentence(problem?.detail || problem?.title || `the server answered with ${status}`));
    this.name = "Problem";
    this.type = problem?.type ?? "";
    this.status = status;
    this.errors = problem?.errors ?? [];
  }
}

/** The server's words with a capital and a full stop; a file's name at their beginning stays. */
export function sentence(text) {
  const begun = /^[a-z]+[ ,]/.test(text) ? text.charAt(0).toUpperCase() + text.slice(1) : text;
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}

/** Nothing answers. */
export class Offline extends Error {
  constructor() {
    super("The server does not answer. Is “lookalike serve” still running?");
    this.name = "Offline";
    this.type = "";
    this.status = 0;
  }
}

/** The error itself; a piece of this page that did not come says that nothing answers. */
export const told = (error) => (error instanceof TypeError && /import/i.test(error.message) ? new Offline() : error);

const LONGEST_WAIT = 5; // seconds

/** Whether an error only says that nobody waits any longer. */
export const isAborted = (error) => error?.name === "AbortError";

/**
 * @param {object} options
 * @param {() => Promise<boolean>} options.login asks for the key; whether it was right
 */
export function createApi({ login }) {
  let asking = null;

  async function send(path, options) {
    try {
      return await fetch(path, { credentials: "same-origin", ...options });
    } catch (error) {
      throw isAborted(error) ? error : new Offline();
    }
  }

  /** Ask; of a server that is busy for a moment, twice more. */
  async function patiently(path, options) {
    for (let left = 2; ; left -= 1) {
      const answer = await send(path, options);
      const wait = Number(answer.headers.get("Retry-After") ?? 1);
      if (answer.status !== 429 || !left || !(wait <= LONGEST_WAIT)) return answer;
      await new Promise((done) => setTimeout(done, wait * 1000));
    }
  }

  async function call(method, path, { body, query, signal, keepalive } = {}) {
    const form = body instanceof FormData;
    const options = { method, signal, keepalive, headers: { Accept: "application/json" } };
    if (body !== undefined) options.body = form ? body : JSON.stringify(body);
    if (body !== undefined && !form) options.headers["Content-Type"] = "application/json";
    const where = withQuery(path, query);
    let answer = await patiently(where, options);
    // Whoever asks while the key is being asked for waits for the same answer.
    if (answer.status === 401 && path !== "/v1/session") {
      asking ??= login().finally(() => (asking = null));
      if (!(await asking)) throw new Problem({ detail: "This server shows nothing without its key" }, 401);
      answer = await patiently(where, options);
    }
    return readAnswer(answer);
  }

  return {
    get: (path, options) => call("GET", path, options),
    post: (path, body, options) => call("POST", path, { ...options, body }),
    put: (path, body, options) => call("PUT", path, { ...options, body }),
    patch: (path, body, options) => call("PATCH", path, { ...options, body }),
    remove: (path, options) => call("DELETE", path, options),
    /** Send a file in the field `picture` of a form. */
    upload: (path, file, options) => {
      const form = new FormData();
      form.append("picture", file, file.name || "picture");
      return call("POST", path, { ...options, body: form });
    },
    /** The address of a gallery in the API. */
    gallery: (name) => `/v1/galleries/${encodeURIComponent(name)}`,
  };
}

function withQuery(path, query) {
  if (!query) return path;
  const given = new URLSearchParams();
  for (const [key, value] of Object.entries(query)) {
    for (const each of [value].flat()) if (each !== null && each !== undefined) given.append(key, each);
  }
  const text = given.toString();
  return text ? `${path}?${text}` : path;
}

async function readAnswer(answer) {
  const isJson = /[/+]json\b/.test(answer.headers.get("Content-Type") ?? "");
  const body = isJson ? await answer.json() : null;
  if (!answer.ok) throw new Problem(body, answer.status);
  return body;
}
