// What a comparison says, in a sentence.

import { h } from "./dom.js";

/** Nodes of a sentence: to which picture the first is nearer, by how many descriptors. */
export function votes(letters, names, rows) {
  if (names.length === 2) return ["How alike the two are under each descriptor (100% is equal), and their distance."];
  const called = (at) => [h("strong", {}, letters[at]), " (", h("bdi", {}, names[at]), ")"];
  const under = (number) => ` under ${number} of ${rows.length}`;
  const cast = letters.slice(1).map((_, at) => ({ at: at + 1, number: rows.filter((row) => row.nearer === at).length }));
  const chosen = cast.filter(({ number }) => number).sort((a, b) => b.number - a.number);
  if (!chosen.length) return [...called(0), " is as near to the one as to the other."];
  if (chosen.length === 2 && chosen[0].number === chosen[1].number) {
    return [...called(0), " is nearer to ", ...called(1), under(chosen[0].number), " descriptors, and to ", ...called(2), " under as many."];
  }
  const undecided = rows.filter((row) => row.nearer === null).length;
  return [
    ...called(0), " is nearer to ",
    ...chosen.flatMap(({ at, number }, place) => [place ? ", to " : "", ...called(at), under(number)]),
    undecided ? `, undecided${under(undecided)}` : "", rows.length === 1 ? " descriptor." : " descriptors.",
  ];
}

/** The same as plain text. */
export function describe(nodes) {
  return nodes.map((node) => node.textContent ?? node).join("");
}
