import type { Ruling } from '../../data/filters/ruling.js';
import type { Interval } from '../../statistics/interval.js';
import { mean } from '../../statistics/moments.js';
import { quantile } from '../../statistics/quantile.js';
import { wilson } from '../../statistics/wilson.js';
import { formatNumber } from '../../text/format.js';
import { Finder, type Finding } from './finding.js';

/** Robust standard deviations below the median from which a negative margin is far on the wrong side. */
const FAR = 2.5;

/** Makes the median absolute deviation of a normal distribution its standard deviation. */
const NORMAL = 1.4826;

/** What a model's margins say of the labels. */
export interface LabelNoise {
  /** Rows with a margin; the mean of its pairs where a row has several. */
  readonly rows: number;
  /** Share of rows whose label the model agrees with. */
  readonly agreed: Interval;
  readonly median: number;
  /** Rows whose margin is below this are suspected. */
  readonly below: number;
  readonly suspected: Finding;
}

/**
 * The rows whose label a model finds wrong by far: with a margin under `below`, by default under 0 and more than 2.5
 * robust standard deviations (1.4826 times the median absolute deviation) under the median. A margin that is no number
 * is suspected too. It is worth as much as the model knows: one that agrees with half of the labels knows nothing.
 *
 * @param margins row of each pair, and by how much the model finds the chosen response better
 */
export function labelNoise(
  margins: readonly { readonly row: number; readonly margin: number }[],
  below?: number,
): { readonly noise: LabelNoise; readonly rulings: ReadonlyMap<number, Ruling> } {
  const byRow = new Map<number, number[]>();
  for (const { row, margin } of margins) byRow.set(row, [...(byRow.get(row) ?? []), margin]);
  const means = [...byRow].map(([row, all]) => ({ row, margin: mean(all) }));
  const known = means.map(({ margin }) => margin).filter(Number.isFinite);
  const median = middle(known);
  const spread = NORMAL * middle(known.map((margin) => Math.abs(margin - median)));
  const limit = below ?? Math.min(0, median - FAR * spread);
  const finder = new Finder();
  const rulings = new Map<number, Ruling>();
  for (const { row, margin } of means) {
    if (margin >= limit) continue;
    const detail = `margin ${formatNumber(margin)}`;
    finder.add({ row, detail });
    rulings.set(row, { reason: 'label noise', detail });
  }
  const agreed = wilson(known.filter((margin) => margin > 0).length, known.length);
  return { noise: { rows: known.length, agreed, median, below: limit, suspected: finder.finding() }, rulings };
}

function middle(values: readonly number[]): number {
  return quantile(Float64Array.from(values).sort(), 0.5);
}
