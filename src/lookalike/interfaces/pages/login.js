// The dialog that asks for the API key, and logging out.

import { button, dialog, h, icon, style } from "./dom.js";

/**
 * Ask for the key until it is right or the person gives up.
 * @param {object} api
 * @returns {Promise<boolean>} whether the server took it; then what failed can be asked again
 */
export function askForKey(api) {
  style("login.css");
  return new Promise((resolve) => {
    let right = false;
    const field = h("input.field", {
      type: "password", id: "key", name: "key", autocomplete: "current-password", required: true,
      spellcheck: false, "aria-describedby": "key-what key-error", autofocus: true,
    });
    const error = h("p.login-error", { id: "key-error", role: "alert" });
    const enter = button("Open", { kind: "primary", type: "submit" });
    const form = h("form.login", { onsubmit: send },
      h("div.login-head", {}, icon("key"), h("h2", {}, "This server asks for its key")),
      h("p.quiet-text", { id: "key-what" },
        "Whoever runs the server has set an API key. It is sent to this server alone, and this browser " +
        "keeps only a token of it."),
      // Those that keep passwords want to know whose it is.
      h("input", { type: "text", name: "username", autocomplete: "username", value: "lookalike", hidden: true, readOnly: true }),
      h("label.label", { for: "key" }, "API key"), field, error,
      h("div.dialog-foot", {}, button("Not now", { kind: "quiet", onclick: () => shown.close() }), enter));
    const shown = dialog("API key", form, { className: "login-dialog", onclose: () => resolve(right) });

    async function send(event) {
      event.preventDefault();
      enter.disabled = true;
      error.textContent = "";
      field.removeAttribute("aria-invalid");
      try {
        await api.post("/v1/session", { key: field.value });
        right = true;
        shown.close();
      } catch (problem) {
        error.textContent = problem.status === 401 ? "That is not the key. Try again." : problem.message;
        field.setAttribute("aria-invalid", "true");
        field.select();
        field.focus();
      } finally {
        enter.disabled = false;
      }
    }
  });
}

/** Forget the key in this browser, and begin anew. */
export async function logOut(api) {
  await api.remove("/v1/session");
  location.assign("/");
}
