// Matches as a table for a spreadsheet: RFC 4180, and safe to open.

const COLUMNS = ["rank", "id", "path", "name", "verdict", "similarity", "probability", "distance", "width", "height", "format", "bytes"];

/**
 * Write matches as CSV.
 *
 * What a spreadsheet would take for a formula (=, +, -, @, or after a tab or line break) gets an
 * apostrophe in front: a file may be called "=HYPERLINK(…).png".
 */
export const csv = (matches) =>
  [COLUMNS, ...matches.map((match) => COLUMNS.map((column) => match[column]))]
    .map((cells) => `${cells.map(cell).join(",")}\r\n`)
    .join("");

function cell(value) {
  if (value === null || value === undefined) return "";
  if (typeof value === "number") return String(value);
  const text = String(value);
  const safe = /^[=+\-@\t\r\n]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) || safe !== safe.trim() ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Let the browser save a text; the mark in front tells spreadsheets that it is UTF-8. */
export function save(text, name) {
  const url = URL.createObjectURL(new Blob(["\ufeff", text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  Object.assign(link, { href: url, download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
