/**
 * p of several tests, adjusted so that the chance of any false find among them stays below a level (Holm 1979): those
 * below the level after adjustment are finds. In the order of the tests; a p that is NaN takes part as 1.
 */
export function holm(p: readonly number[]): number[] {
  const known = p.map((value) => (Number.isNaN(value) ? 1 : value));
  const order = [...known.keys()].sort((i, j) => (known[i] ?? 1) - (known[j] ?? 1));
  const adjusted = new Array<number>(p.length).fill(1);
  let highest = 0;
  for (const [rank, at] of order.entries()) {
    highest = Math.max(highest, Math.min(1, (p.length - rank) * (known[at] ?? 1)));
    adjusted[at] = highest;
  }
  return adjusted;
}
