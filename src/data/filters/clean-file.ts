import { existsSync } from 'node:fs';
import { extname } from 'node:path';
import { OrpoError } from '../../errors.js';
import { writeAtomicallyLater, writeFully } from '../../files/atomic.js';
import { RowAccount, type RowCounts } from '../accounting.js';
import { eventTurns } from '../event-turns.js';
import { readRecords } from '../read-records.js';
import { responsesOf } from '../records.js';
import { readLines } from '../sources/jsonl.js';
import { openSource, type Source } from '../sources/open-source.js';
import { textFault } from '../text-fault.js';
import type { FilterConfig } from './config.js';
import { type FilterOptions, filterFiles } from './filter-files.js';
import type { Filtered } from './filtered.js';
import { PortraitTable } from './portrait.js';
import type { Ruling } from './ruling.js';

export interface CleanOptions extends Omit<FilterOptions, 'limit' | 'grouped' | 'onMalformed'> {
  /** A .jsonl file for the rows that are kept; those that are not go beside it, with their reasons. */
  readonly write?: string | undefined;
  /** Rows to drop for a reason found elsewhere, such as a model's margin. */
  readonly rulings?: ReadonlyMap<number, Ruling> | undefined;
}

/** What became of the rows of a file: `rows = used + sum of dropped`. */
export interface Cleaned extends RowCounts {
  readonly path: string;
  readonly filtered: Filtered;
  /** The files written. */
  readonly written: { readonly kept: string; readonly dropped: string } | undefined;
}

/**
 * Filters files as training would, and writes what is left of a single one where it is asked to. Rows that cannot be read, and
 * those that no method can learn from, are dropped too. Kept rows of a .jsonl file are written byte by byte as they
 * were, of other files as JSON; in their order.
 *
 * @throws OrpoError `config` when the file to write is there already or is no .jsonl, `disk` when it cannot be written
 */
export async function cleanFiles(
  paths: readonly string[],
  filters: FilterConfig,
  options: CleanOptions = {},
): Promise<readonly Cleaned[]> {
  const written = options.write === undefined ? undefined : outputsOf(options.write);
  if (written !== undefined && paths.length !== 1) {
    throw new OrpoError('config', `${written.kept} can hold the rows of one file only.`, 'Name the file to clean.');
  }
  const rulings = await filterFiles(paths, filters, { ...options, onMalformed: 'drop' });
  const cleaned: Cleaned[] = [];
  for (const { path, dropped } of rulings) {
    const verdicts = new Map<number, Ruling>([...(options.rulings ?? []), ...dropped]);
    cleaned.push(await cleanFile(path, verdicts, written, options));
  }
  return cleaned;
}

async function cleanFile(
  path: string,
  verdicts: Map<number, Ruling>,
  written: Cleaned['written'],
  options: CleanOptions,
): Promise<Cleaned> {
  const account = new RowAccount(path);
  const source = await openSource(path);
  const turn = eventTurns(options.signal);
  const table = new PortraitTable();
  const kept = new Set<number>();
  const records = readRecords(source, account, {
    columns: options.columns,
    onMalformed: 'drop',
    onProblem: (row, { message }) => verdicts.set(row, { reason: 'malformed', detail: message }),
    onUnusable: (row, reason) => verdicts.set(row, { reason }),
  });
  for await (const { row, record } of records) {
    await turn();
    table.add(row, record);
    const fault = textFault(responsesOf(record));
    const verdict = verdicts.get(row) ?? (fault && { reason: fault });
    if (verdict === undefined) {
      account.take();
      kept.add(row);
    } else {
      account.drop(verdict.reason, row);
      verdicts.set(row, verdict);
    }
  }
  const counts = account.close();
  if (written !== undefined) {
    await writeAtomicallyLater(written.dropped, (fd) => writeDropped(fd, path, verdicts));
    await writeAtomicallyLater(written.kept, (fd) => writeKept(fd, path, kept));
  }
  return { path, ...counts, filtered: { before: table.portrait(), after: table.portrait(verdicts) }, written };
}

/** @throws OrpoError `config` */
function outputsOf(path: string): { kept: string; dropped: string } {
  if (extname(path).toLowerCase() !== '.jsonl') {
    throw new OrpoError('config', `${path} is no .jsonl file.`, 'Rows are written as JSON lines: name it clean.jsonl.');
  }
  const written = { kept: path, dropped: `${path.slice(0, -extname(path).length)}.dropped.jsonl` };
  for (const file of Object.values(written)) {
    if (!existsSync(file)) continue;
    throw new OrpoError('config', `${file} is there already.`, 'Name another file to write, or remove that one.');
  }
  return written;
}

async function writeKept(fd: number, path: string, kept: ReadonlySet<number>): Promise<void> {
  const source = await openSource(path);
  if (source.format !== 'jsonl')
    return await writeRows(fd, source, (row, value) => (kept.has(row) ? value : undefined));
  for await (const { line, bytes } of readLines(path)) if (kept.has(line)) writeFully(fd, withLineFeed(bytes));
}

async function writeDropped(fd: number, path: string, verdicts: ReadonlyMap<number, Ruling>): Promise<void> {
  await writeRows(fd, await openSource(path), (row, value) => {
    const verdict = verdicts.get(row);
    return verdict === undefined ? undefined : { row, ...verdict, value };
  });
}

async function writeRows(
  fd: number,
  source: Source,
  lineOf: (row: number, value: Record<string, unknown> | undefined) => Record<string, unknown> | undefined,
): Promise<void> {
  for await (const item of source.rows) {
    const line = lineOf(item.row, 'value' in item ? item.value : undefined);
    if (line !== undefined) writeFully(fd, Buffer.from(`${JSON.stringify(line, withoutBigInts)}\n`, 'utf8'));
  }
}

function withLineFeed(bytes: Uint8Array): Uint8Array {
  return Buffer.concat([bytes, Buffer.from('\n')]);
}

/** Parquet has whole numbers that JSON has not. */
function withoutBigInts(_: string, value: unknown): unknown {
  return typeof value === 'bigint' ? Number(value) : value;
}
