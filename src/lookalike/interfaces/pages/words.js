// Numbers, places and dates as a person reads them.

const numbers = new Intl.NumberFormat("en");

/** 1234, "picture" → "1,234 pictures". */
export const count = (number, noun, plural = `${noun}s`) =>
  `${numbers.format(number)} ${number === 1 ? noun : plural}`;

/** 0.8449 → "84%". Nothing short of all is 100 %, and nothing above none is 0 %. */
export function percent(share) {
  if (share >= 1) return "100%";
  if (share <= 0) return "0%";
  return share < 0.01 ? "<1%" : `${Math.min(99, Math.round(share * 100))}%`;
}

/** As `percent`, for a probability: nothing short of certain is 100 %. */
export const chance = (share) => (share > 0.99 && share < 1 ? ">99%" : percent(share));

/** 1536 → "1.5 kB". */
export function bytes(number) {
  if (number < 1000) return `${number} B`;
  const units = ["kB", "MB", "GB", "TB"];
  let value = number;
  let unit = -1;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

/** 75 → "1 min 15 s". */
export function duration(seconds) {
  const whole = Math.round(seconds);
  if (whole < 1) return `${Math.max(1, Math.round(seconds * 1000))} ms`;
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** "2019-07-01T12:34:56" → "1 July 2019, 12:34"; the text itself if it is no date. */
export function dateTime(iso) {
  const [, year, month, day, time] = /^(\d{4})-(\d\d)-(\d\d)(?:T(\d\d:\d\d))?/.exec(iso ?? "") ?? [];
  if (!year) return iso ?? "";
  const name = new Intl.DateTimeFormat("en", { month: "long", timeZone: "UTC" }).format(Date.UTC(2000, month - 1, 1));
  return `${Number(day)} ${name} ${year}${time ? `, ${time}` : ""}`;
}

const cut = (path) => Math.max(path.lastIndexOf("/"), path.lastIndexOf("\\"));

/** The last part of a path. */
export const nameOf = (path) => path.slice(cut(path) + 1);

/** The folder of a path, as it is written. */
export const folderOf = (path) => path.slice(0, Math.max(0, cut(path)));

/** The folder of a path, from the indexed folder on that it is in; of several, with its name. */
export function placeOf(path, roots = []) {
  const folder = folderOf(path);
  for (const root of roots) {
    if (folder === root || folder.startsWith(`${root}/`) || folder.startsWith(`${root}\\`)) {
      const below = folder.slice(root.length + 1);
      return roots.length === 1 && below ? below : folder.slice(cut(root) + 1);
    }
  }
  return folder;
}
