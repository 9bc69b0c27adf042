import type { DropReason } from '../../data/accounting.js';
import { type DataRecord, isMessages, type Side, type Unusable } from '../../data/records.js';
import { applyColumns } from '../../data/schemas/columns.js';
import { recognise } from '../../data/schemas/recognise.js';
import { shapeRecord } from '../../data/shape.js';
import { malformedRow, openSource } from '../../data/sources/open-source.js';
import { RowProblem, type SourceRow } from '../../data/sources/source-row.js';
import { readDrawn } from '../../feedback/draw-samples.js';
import type { AnswersConfig } from './config.js';

/** A real answer and the model's own to one prompt. */
export interface Pair {
  readonly prompt: Side;
  readonly chosen: Side;
  readonly rejected: Side;
}

/** What became of the rows that were answered: `rows = used + sum of dropped`. */
export interface AnsweredRows {
  readonly rows: number;
  readonly used: number;
  readonly dropped: Readonly<Record<string, number>>;
}

/**
 * The demonstrations of a file with the answers that were drawn for them.
 *
 * @throws OrpoError `data` naming file and row at the first malformed row, unless `onMalformed` is `drop`
 */
export async function readPairs(
  path: string,
  samples: string,
  { columns, onMalformed }: Pick<AnswersConfig, 'columns' | 'onMalformed'>,
): Promise<{ readonly pairs: Pair[]; readonly counts: AnsweredRows }> {
  const drawn = new Map(readDrawn(samples).map((line) => [line.row, line]));
  const pairs: Pair[] = [];
  const dropped: Record<string, number> = {};
  let used = 0;
  const source = await openSource(path);
  for await (const item of source.rows) {
    const line = drawn.get(item.row);
    // a row behind the limit
    if (line === undefined) continue;
    const made = 'dropped' in line ? line.dropped : pairsOf(item, line.responses);
    if (typeof made === 'string') dropped[made] = (dropped[made] ?? 0) + 1;
    else {
      used++;
      pairs.push(...made);
    }
  }
  return { pairs, counts: { rows: drawn.size, used, dropped } };

  function pairsOf(item: SourceRow, responses: readonly string[]): Pair[] | DropReason {
    try {
      const record = recordOf(applyColumns(contentOf(item), columns));
      const seedlings = record.kind === 'unusable' ? record : shapeRecord(record, 'text');
      if ('reason' in seedlings) return seedlings.reason;
      return seedlings.flatMap(({ prompt, responses: [chosen = ''] }) =>
        responses.map((text) => ({ prompt, chosen, rejected: likewise(text, chosen) })),
      );
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      if (onMalformed === 'stop') throw malformedRow(source, item.row, error);
      return 'malformed';
    }
  }
}

function recordOf(value: Record<string, unknown>): DataRecord | Unusable {
  return recognise(value).read(value);
}

function contentOf(item: SourceRow): Record<string, unknown> {
  if ('problem' in item) throw item.problem;
  return item.value;
}

/** The text in the form of the real answer: one message, or text as it is. */
function likewise(text: string, real: Side): Side {
  return isMessages(real) ? [{ role: 'assistant', content: text }] : text;
}
