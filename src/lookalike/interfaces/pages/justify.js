// Rows that fill the width, with every picture in its own proportions.

const NARROWEST = 0.5;
const WIDEST = 2.6;

/**
 * @param {number[]} ratios width / height of each picture
 * @param {number} width of the rows, in pixels
 * @param {number} target height of a row, about
 * @param {number} gap between two pictures
 * @returns {{width: number, height: number, row: number, full: boolean}[]} whole pixels; the last row
 *   is as high as the others, and need not be full
 */
export function justify(ratios, width, target, gap) {
  const places = [];
  const shown = ratios.map((ratio) => Math.min(WIDEST, Math.max(NARROWEST, ratio || 1)));
  const heightOf = (sum, many) => (width - gap * (many - 1)) / sum;
  let start = 0;
  let row = 0;
  while (start < shown.length) {
    let end = start + 1;
    let sum = shown[start];
    while (end < shown.length && heightOf(sum, end - start) > target) sum += shown[end++];
    // With one fewer the row may come nearer to the target.
    const fewer = sum - shown[end - 1];
    const less = end - start > 1 ? heightOf(fewer, end - start - 1) - target : Infinity;
    let full = heightOf(sum, end - start) <= target;
    if (full && less < target - heightOf(sum, end - start)) {
      end -= 1;
      sum = fewer;
    }
    const height = full ? heightOf(sum, end - start) : Math.min(target, heightOf(sum, end - start));
    let room = Math.floor(width) - gap * (end - start - 1);
    for (let n = start; n < end; n += 1) {
      const last = full && n === end - 1;
      const wide = last ? room : Math.floor(shown[n] * height);
      room -= wide;
      places.push({ width: wide, height: Math.round(height), row, full });
    }
    start = end;
    row += 1;
  }
  return places;
}
