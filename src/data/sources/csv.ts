import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { CsvError, parse } from 'csv-parse';
import { z } from 'zod';
import { OrpoError, reasonOf } from '../../errors.js';
import { MAX_ROW_BYTES, RowProblem, type SourceRow } from './source-row.js';

const parsed = z.object({
  record: z.array(z.string()),
  info: z.object({ lines: z.number() }),
});

/**
 * Rows of a comma- or tab-separated file whose first record names the columns. Every value is text.
 * Rows are numbered by the line they begin on; empty lines are skipped.
 *
 * @throws OrpoError `data` for a broken quote, text that is not UTF-8, or columns without a name or with the same one.
 */
export async function* readCsv(path: string, delimiter: ',' | '\t'): AsyncGenerator<SourceRow> {
  const parser = parse({
    bom: true,
    delimiter,
    record_delimiter: ['\r\n', '\n'],
    info: true,
    relax_column_count: true,
    max_record_size: MAX_ROW_BYTES,
  });
  // the pipeline destroys the parser with its error, so the loop below sees it too
  const fed = pipeline(createReadStream(path), strictUtf8, parser).catch(() => undefined);
  let columns: readonly string[] | undefined;
  let lastLine = 0;
  try {
    for await (const piece of parser) {
      const { record, info } = parsed.parse(piece);
      const row = lastLine + 1;
      lastLine = info.lines;
      if (record.length === 1 && record[0] === '') continue;
      if (columns === undefined) columns = checkedColumns(path, record);
      else yield rowOf(row, columns, record);
    }
  } catch (error) {
    throw error instanceof OrpoError ? error : csvFault(path, error, lastLine);
  } finally {
    parser.destroy();
    await fed;
  }
}

async function* strictUtf8(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<string> {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of chunks) yield decoder.decode(chunk, { stream: true });
  yield decoder.decode();
}

function checkedColumns(path: string, names: readonly string[]): readonly string[] {
  const unnamed = names.findIndex((name) => name.trim() === '');
  if (unnamed >= 0) {
    const hint = 'The first line must name every column.';
    throw new OrpoError('data', `${path} line 1: column ${unnamed + 1} has no name.`, hint);
  }
  const repeated = names.find((name, i) => names.indexOf(name) !== i);
  if (repeated !== undefined) {
    throw new OrpoError('data', `${path} line 1: two columns are named "${repeated}".`, 'Rename one of them.');
  }
  return names;
}

function rowOf(row: number, columns: readonly string[], record: readonly string[]): SourceRow {
  if (record.length !== columns.length) {
    const message = `the row has ${record.length} fields, the first line names ${columns.length}.`;
    return { row, problem: new RowProblem(message, 'Put text that holds the separator or line breaks in quotes.') };
  }
  return { row, value: Object.fromEntries(columns.map((name, i) => [name, record[i] ?? ''])) };
}

function csvFault(path: string, error: unknown, lastLine: number): OrpoError {
  const place = `${path} line ${lastLine + 1}`;
  if (error instanceof CsvError) {
    const hint = 'A quote inside a quoted field is written twice.';
    return new OrpoError('data', `${place}: the row cannot be read as csv (${error.code}).`, hint, { cause: error });
  }
  if (error instanceof TypeError) {
    return new OrpoError('data', `${path} is not valid UTF-8 after line ${lastLine}.`, 'Save the file as UTF-8.');
  }
  return new OrpoError('file', `${path} could not be read (${reasonOf(error)}).`, 'Check the file.', { cause: error });
}
