import { type Random, shuffle } from '../random.js';

/**
 * Batches of the rows of a window, as places in `lengths`, of the sizes they would have were every row usable. Rows of
 * like length come into one batch; the one smaller batch, if any, is a random sample like the whole window. Every usable
 * row occurs; where a row cannot be used (its length is undefined), another of the window stands a second time, in
 * another batch than its own as long as there is one.
 *
 * @param lengths of at least one usable row, in random order
 */
export function windowBatches(lengths: readonly (number | undefined)[], batch: number, random: Random): number[][] {
  const full = Math.floor(lengths.length / batch);
  const rest = lengths.length % batch;
  const usable = lengths.flatMap((length, place) => (length === undefined ? [] : [place]));
  const alike = usable.splice(0, usable.length - Math.round((usable.length * rest) / lengths.length));
  alike.sort((a, b) => (lengths[a] ?? 0) - (lengths[b] ?? 0));
  const share = alike.length / full;
  const own = Array.from({ length: full }, (_, i) => alike.slice(Math.floor(i * share), Math.floor((i + 1) * share)));
  if (rest > 0) own.push(usable);
  const all = own.flat();
  const batches = own.map((places, i) => filled(places, i < full ? batch : rest, all, random));
  return shuffle(
    batches.map((_, i) => i),
    random,
  ).flatMap((i) => (batches[i] === undefined ? [] : [batches[i]]));
}

/** Adds rows of other batches, each once as long as there are enough. */
function filled(own: readonly number[], size: number, all: readonly number[], random: Random): number[] {
  if (own.length === size) return [...own];
  const mine = new Set(own);
  const others = all.filter((place) => !mine.has(place));
  const spare = shuffle(others.length > 0 ? others : [...own], random);
  return [...own, ...Array.from({ length: size - own.length }, (_, i) => spare[i % spare.length] ?? 0)];
}
