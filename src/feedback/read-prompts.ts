import { createReadStream, existsSync } from 'node:fs';
import { extname } from 'node:path';
import { createInterface } from 'node:readline';
import type { DropReason } from '../data/accounting.js';
import type { Side } from '../data/records.js';
import { applyColumns, type ColumnMap } from '../data/schemas/columns.js';
import { recognise } from '../data/schemas/recognise.js';
import { malformedRow, openSource } from '../data/sources/open-source.js';
import { RowProblem } from '../data/sources/source-row.js';
import { OrpoError } from '../errors.js';
import { promptOf } from './candidates.js';

/** A row with its prompt, or why it has none. */
export type PromptRow =
  | { readonly row: number; readonly prompt: Side }
  | { readonly row: number; readonly dropped: DropReason };

/**
 * The prompts of a file: rows with a prompt, with or without responses, which are ignored; or one plain prompt a line
 * of a .txt file.
 *
 * @throws OrpoError `data` naming file and row at the first malformed row, unless `onMalformed` is `drop`
 */
export async function* readPromptRows(
  path: string,
  options: { readonly columns?: ColumnMap | undefined; readonly onMalformed: 'stop' | 'drop' },
): AsyncGenerator<PromptRow> {
  if (extname(path).toLowerCase() === '.txt') {
    yield* readLines(path);
    return;
  }
  const source = await openSource(path);
  for await (const item of source.rows) {
    const { row } = item;
    try {
      if ('problem' in item) throw item.problem;
      yield { row, ...promptIn(applyColumns(item.value, options.columns)) };
    } catch (error) {
      if (!(error instanceof RowProblem)) throw error;
      if (options.onMalformed === 'stop') throw malformedRow(source, row, error);
      yield { row, dropped: 'malformed' };
    }
  }
}

function promptIn(row: Record<string, unknown>): { prompt: Side } | { dropped: DropReason } {
  if (['prompt', 'question', 'instruction'].some((key) => row[key] !== undefined && row[key] !== null)) {
    return { prompt: promptOf(row) };
  }
  const record = recognise(row).read(row);
  if (record.kind === 'unusable') return { dropped: record.reason };
  return record.prompt.length === 0 ? { dropped: 'no context' } : { prompt: record.prompt };
}

async function* readLines(path: string): AsyncGenerator<PromptRow> {
  if (!existsSync(path)) throw new OrpoError('file', `${path} does not exist.`, 'Check the path of the prompts.');
  let row = 0;
  for await (const line of createInterface({
    input: createReadStream(path, 'utf8'),
    crlfDelay: Number.POSITIVE_INFINITY,
  })) {
    row++;
    const prompt = line.replace(/^\uFEFF/, '').trimEnd();
    if (prompt !== '') yield { row, prompt };
  }
}
