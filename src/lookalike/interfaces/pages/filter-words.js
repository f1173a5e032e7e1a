// Filters in words.

import { bdi } from "./dom.js";
import { bytes } from "./words.js";

const figures = new Intl.NumberFormat("en", { maximumFractionDigits: 10 });

const NAMES = {
  taken: "Taken", modified: "Modified", width: "Width", height: "Height", size: "File size",
  folder: "Folder", format: "Format", name: "Name", path: "Path", bytes: "File size",
};
const SYMBOLS = { folder: "folder", name: "words", text: "words", format: "picture", date: "date", time: "date" };
const UNITS = { width: " px", height: " px" };

/** What a field is called. */
export const fieldName = (field) => (field.own ? field.name : (NAMES[field.name] ?? field.name));

/** The icon of a filter's field. */
export const fieldSymbol = (filter, field) => SYMBOLS[field?.kind] ?? (filter.kind === "raw" ? "filter" : "tune");

/** What a filter asks for, as nodes and texts. */
export function told(filter, field) {
  const name = [bdi(fieldName(field ?? { name: filter.field ?? "" })), " "];
  const unit = UNITS[filter.field] ?? "";
  switch (filter.kind) {
    case "range": return [...name, stretch(filter.least, filter.most, (value) => `${figures.format(value)}${unit}`)];
    case "bytes": return [...name, stretch(filter.least, filter.most, (value) => bytes(value).replace(".0 ", " "))];
    case "dates": return [...name, period(filter.from, filter.to)];
    case "any": return [...name, filter.not ? "is not " : "", ...listed(filter.values, field)];
    case "contains": return [...name, "has “", bdi(filter.text), "”"];
    case "flag": return [...name, filter.value ? "yes" : "no"];
    case "missing": return [...name, filter.not ? "is known" : "is missing"];
    default: return [bdi(filter.text, { className: "filter-raw" })];
  }
}

function stretch(least, most, write) {
  if (least !== null && least === most) return write(least);
  if (most === null) return `from ${write(least)}`;
  if (least === null) return `up to ${write(most)}`;
  return `${write(least)} – ${write(most)}`;
}

function period(from, to) {
  if (from && from === to) return day(from);
  if (!to) return `since ${day(from)}`;
  if (!from) return `until ${day(to)}`;
  return `${day(from)} – ${day(to)}`;
}

/** "2021-05-01" → "1 May 2021"; a month and a year likewise. */
export function day(text) {
  const [year, month, date] = text.split("-").map(Number);
  if (!month) return String(year);
  const at = new Date(Date.UTC(year, month - 1, date || 1));
  return at.toLocaleDateString("en-GB", { timeZone: "UTC", year: "numeric", month: "short", ...(date && { day: "numeric" }) });
}

function listed(values, field) {
  const short = values.slice(0, 3).flatMap((value, at) => [at ? " or " : "", bdi(shortValue(value, field))]);
  return values.length > 3 ? [...short, ` or ${values.length - 3} more`] : short;
}

/** A folder by its last part, everything else as it is. */
export function shortValue(value, field) {
  if (field?.kind !== "folder") return String(value);
  return String(value).split(/[/\\]/).filter(Boolean).at(-1) ?? String(value);
}
