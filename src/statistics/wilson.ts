import { type Interval, Z95 } from './interval.js';

/**
 * A share `hits / rows` with Wilson's interval, which stays inside 0 to 1 and holds for few rows too. Hits may be
 * fractions (half a hit for a tie); they spread less than whole ones, so the interval is then wider than need be.
 */
export function wilson(hits: number, rows: number): Interval {
  const share = hits / rows;
  const shrink = 1 + Z95 ** 2 / rows;
  const centre = (share + Z95 ** 2 / (2 * rows)) / shrink;
  const reach = (Z95 / shrink) * Math.sqrt((share * (1 - share)) / rows + Z95 ** 2 / (4 * rows ** 2));
  // at the ends the two terms are equal but for rounding
  const low = hits === 0 ? 0 : Math.max(0, centre - reach);
  const high = hits === rows ? 1 : Math.min(1, centre + reach);
  return { value: share, low, high };
}
