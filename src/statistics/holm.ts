/**
 * Two-sided p-values corrected for there being several (Holm 1979): among all that come out below a level, the chance of
 * even one wrong one is at most that level. In the order given; NaN where there is no p-value, which is no test.
 */
export function holm(pValues: readonly number[]): number[] {
  const tested = pValues.flatMap((p, at) => (Number.isNaN(p) ? [] : [{ p, at }])).sort((a, b) => a.p - b.p);
  const corrected = pValues.map(() => Number.NaN);
  let most = 0;
  for (const [rank, { p, at }] of tested.entries()) {
    most = Math.max(most, Math.min(1, p * (tested.length - rank)));
    corrected[at] = most;
  }
  return corrected;
}
