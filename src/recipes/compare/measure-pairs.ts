import { z } from 'zod';
import { type DataConfig, dataConfig } from '../../data/config.js';
import { loadDataset } from '../../data/dataset.js';
import type { LoadedModel } from '../../models/load-model.js';
import { type PairScore, scorePairs } from '../../scoring/score-pairs.js';
import { mean } from '../../statistics/moments.js';
import { type Measure, measureOf, measures } from './measures.js';

/** A held-out part and how it is read. */
export interface HeldOut {
  readonly file: string;
  readonly data: Omit<DataConfig, 'train' | 'eval'>;
  readonly seed: number;
}

const values = z.partialRecord(z.enum(measures), z.number().nullable());

/** What a model thinks of the pairs of a held-out part. Numbers that are none are null, as in all JSON. */
export const pairMeasures = z.object({
  pairs: z.int(),
  /** Means over the pairs. */
  values,
  /** The chosen measure of each pair, where they were asked for. */
  rows: z.array(z.number().nullable()).optional(),
});
export type PairMeasures = z.output<typeof pairMeasures>;

/** Measures a model on held-out pairs. @throws OrpoError as loading data does */
export async function measurePairs(
  { model, tokenizer, template, bos }: LoadedModel,
  { file, data, seed }: HeldOut,
  { rows, signal }: { readonly rows?: Measure | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<PairMeasures> {
  const config = dataConfig.parse({ ...data, train: file });
  const { train } = await loadDataset(config, { tokenizer, template, bos, shape: 'pair', seed, signal });
  const scores = scorePairs(model, train);
  const each = (measure: Measure): number[] => scores.map((pair: PairScore) => measureOf(measure, pair));
  const written = (value: number): number | null => (Number.isFinite(value) ? value : null);
  const found = measures.map((measure): [Measure, number | null] => [measure, written(mean(each(measure)))]);
  return {
    pairs: scores.length,
    values: values.parse(Object.fromEntries(found)),
    ...(rows === undefined ? {} : { rows: each(rows).map(written) }),
  };
}
