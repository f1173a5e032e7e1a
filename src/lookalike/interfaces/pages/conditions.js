// Conditions in the grammar of `where`, from filters that were clicked together, and back.
//
// A filter is plain data:
//   {kind: "range", field, least, most}     numbers; either end may be null
//   {kind: "bytes", field, least, most}     the same in bytes
//   {kind: "dates", field, from, to}        "2021-05-01", both included; either may be null
//   {kind: "any", field, values, not}       one of some values, or none of them
//   {kind: "contains", field, text, cased}  cased: of a path, where upper and lower case differ
//   {kind: "flag", field, value}            true or false
//   {kind: "missing", field, not}           no value, or some value
//   {kind: "raw", text}                     everything else, as it was typed

const KEYWORDS = new Set(["and", "or", "not", "in", "like", "is", "missing"]);
const UNITS = [["GB", 1e9], ["MB", 1e6], ["kB", 1e3]];
const NUMBER = /^-?\d+(\.\d+)?$/;
const DATE = /^\d{4}(-\d\d(-\d\d)?)?$/;

/** Write a field or a value so that it is read as that very text. */
export function quoted(text) {
  const plain = /^[\p{L}\p{N}_./:-]+$/u.test(text) && !KEYWORDS.has(text.toLowerCase());
  return plain ? text : `"${text.replaceAll('"', '""')}"`;
}

/** Write a filter as a condition; null if it asks for nothing. */
export function written(filter) {
  const name = filter.field === undefined ? "" : quoted(filter.field);
  switch (filter.kind) {
    case "range": return between(name, number(filter.least), number(filter.most));
    case "bytes": return between(name, sized(filter.least), sized(filter.most));
    case "dates": return between(name, filter.from || null, filter.to || null);
    case "any": return oneOf(name, filter.values, filter.not);
    case "contains":
      return filter.text ? `${name} like ${always(`*${pattern(filter.text, filter.cased)}*`)}` : null;
    case "flag": return `${name} = ${filter.value ? "yes" : "no"}`;
    case "missing": return `${name} is ${filter.not ? "not " : ""}missing`;
    default: return filter.text.trim() || null;
  }
}

/** Read a condition. What `written` would not write the same is returned as raw text. */
export function read(text, fields = []) {
  const kinds = new Map(fields.map((field) => [field.name, field.kind]));
  for (const filter of candidates(tokens(text), kinds)) {
    if (written(filter) === text) return filter;
  }
  return { kind: "raw", text };
}

function between(name, least, most) {
  if (least !== null && least === most) return `${name} = ${least}`;
  const ends = [];
  if (least !== null) ends.push(`${name} >= ${least}`);
  if (most !== null) ends.push(`${name} <= ${most}`);
  return ends.join(" and ") || null;
}

function oneOf(name, values, not) {
  if (!values.length) return null;
  const list = values.map(quoted);
  if (list.length === 1) return `${name} ${not ? "!=" : "="} ${list[0]}`;
  return `${name} ${not ? "not " : ""}in (${list.join(", ")})`;
}

function number(value) {
  return value === null || value === undefined || value === "" ? null : String(Number(value));
}

function sized(bytes) {
  if (number(bytes) === null) return null;
  for (const [unit, size] of UNITS) {
    const shown = Number((bytes / size).toFixed(1));
    if (bytes >= size && Math.round(shown * size) === Number(bytes)) return `${shown} ${unit}`;
  }
  return String(bytes);
}

function always(text) {
  return `"${text.replaceAll('"', '""')}"`;
}

// In a set a sign of patterns stands for itself, and a letter can stand there in both cases.
function pattern(text, cased) {
  return [...text].map((sign) => {
    if ("*?[".includes(sign)) return `[${sign}]`;
    const [low, high] = [sign.toLowerCase(), sign.toUpperCase()];
    const both = cased && low !== high && [...low].length === 1 && [...high].length === 1;
    return both ? `[${low}${high}]` : sign;
  }).join("");
}

function unpattern(text) {
  return text.replace(/\[(.)([^\]])?\]/gsu, "$1");
}

const TOKEN = /\s*(?:("(?:[^"]|"")*"|'(?:[^']|'')*')|(<=|>=|!=|<|>|=)|([(),])|([^\s"'(),=<>!]+))/suy;

function tokens(text) {
  const found = [];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < text.length) {
    const match = TOKEN.exec(text);
    if (!match) return [];
    const [, quote, operator, mark, word] = match;
    if (quote) {
      const sign = quote[0];
      found.push({ kind: "value", text: quote.slice(1, -1).replaceAll(sign + sign, sign) });
    } else if (word && !KEYWORDS.has(word.toLowerCase())) {
      found.push({ kind: "value", text: word });
    } else {
      found.push({ kind: "sign", text: operator ?? mark ?? word.toLowerCase() });
    }
  }
  return found;
}

function* candidates(all, kinds) {
  const [field, ...rest] = all;
  if (field?.kind !== "value") return;
  const name = field.text;
  const kind = kinds.get(name) ?? "";
  const shape = rest.map((token) => (token.kind === "value" ? "v" : token.text)).join(" ");
  const values = rest.filter((token) => token.kind === "value").map((token) => token.text);
  if (shape === "is missing") yield { kind: "missing", field: name, not: false };
  if (shape === "is not missing") yield { kind: "missing", field: name, not: true };
  if (shape === "like v") {
    const inside = unpattern(values[0].slice(1, -1));
    yield { kind: "contains", field: name, text: inside.toLowerCase(), cased: true };
    yield { kind: "contains", field: name, text: inside, cased: false };
  }
  if (kind === "flag" && shape === "= v") yield { kind: "flag", field: name, value: values[0] === "yes" };
  const measured = ["number", "bytes", "date", "time"].includes(kind);
  if (measured) yield* ranges(name, kind, shape, values);
  else if (/^(not )?in \( v( , v)* \)$|^!?= v$/.test(shape)) {
    yield { kind: "any", field: name, values, not: shape[0] === "!" || shape.startsWith("not") };
  }
}

function* ranges(name, kind, shape, values) {
  const unit = kind === "bytes" ? " v" : "";
  const simple = shape.replaceAll("v v", "v");
  const amounts = kind === "bytes" ? joinedUnits(values, name) : values.filter((v) => v !== name);
  if (unit && amounts === null) return;
  const ends = {
    "= v": [amounts[0], amounts[0]],
    ">= v": [amounts[0], null],
    "<= v": [null, amounts[0]],
    ">= v and v <= v": [amounts[0], amounts[1]],
  }[simple];
  if (!ends) return;
  const [least, most] = ends;
  if (kind === "date" || kind === "time") {
    if ([least, most].every((end) => end === null || DATE.test(end))) {
      yield { kind: "dates", field: name, from: least, to: most };
    }
  } else if ([least, most].every((end) => end === null || NUMBER.test(String(end)))) {
    const read = (end) => (end === null ? null : Number(end));
    yield { kind: kind === "bytes" ? "bytes" : "range", field: name, least: read(least), most: read(most) };
  }
}

// ["2", "MB", "size", "5", "MB"] → [2000000, 5000000]
function joinedUnits(values, name) {
  const found = [];
  for (const value of values) {
    const unit = UNITS.find(([sign]) => sign === value);
    if (unit && found.length) found.push(Number((found.pop() * unit[1]).toFixed(0)));
    else if (value !== name) found.push(NUMBER.test(value) ? Number(value) : NaN);
  }
  return found.some(Number.isNaN) ? null : found;
}
