import { OrpoError } from '../errors.js';
import type { CandidateRow } from './candidates.js';
import type { FeedbackConfig } from './config.js';
import type { Result } from './keeper.js';
import { type LabelledRow, labelRows } from './label-rows.js';
import type { OpenedJudge } from './open-judge.js';
import { type Principle, principleOf } from './principles.js';
import { reviseRows } from './revise-rows.js';

/** A row with its number from 0 on, which chooses its principle and its random streams. */
export interface NumberedRow {
  readonly index: number;
  readonly found: CandidateRow;
}

/** Judges a group of rows; those that hold nothing to judge pass through. */
export async function labelGroup(
  config: FeedbackConfig,
  { judge, writer }: OpenedJudge,
  principles: readonly Principle[] | undefined,
  group: readonly NumberedRow[],
  signal: AbortSignal,
): Promise<Result[]> {
  const items = group.flatMap(({ index, found }) => {
    if ('dropped' in found) return [];
    const principle = principles === undefined ? undefined : principleOf(principles, config.seed, index);
    return [{ ...found, index, principle }];
  });
  const labels = await labelsOf();
  let next = 0;
  return group.map(({ found }): Result => {
    if ('dropped' in found) return { judged: { row: found.row, outcome: found.dropped }, records: [] };
    const label = labels[next++] ?? { outcome: 'failed', failure: 'the judge gave no answer' };
    const human = found.human.length === 0 ? {} : { human: [...found.human] };
    if (label.outcome === 'failed') return { judged: { row: found.row, ...label, ...human }, records: [] };
    const { outcome, detail, tokens, records } = label;
    return { judged: { row: found.row, outcome, ...detail, ...human, tokens }, records };
  });

  async function labelsOf(): Promise<LabelledRow[]> {
    const { task, confidence } = config;
    if (task !== 'revisions') {
      const asked = items.map(({ principle, ...item }) => ({
        ...item,
        principle: principle?.preference,
        principleName: principle?.name,
      }));
      return await labelRows({ task, confidence }, judge, asked, signal);
    }
    if (writer === undefined) throw new OrpoError('config', 'This judge cannot write critiques.', 'Use a model.');
    const drafts = items.flatMap(({ principle, ...item }) => (principle === undefined ? [] : [{ ...item, principle }]));
    return await reviseRows(writer, drafts, signal);
  }
}
