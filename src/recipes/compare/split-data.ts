import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { RowAccount, type RowCounts } from '../../data/accounting.js';
import { type DataConfig, evalSource } from '../../data/config.js';
import { recordKey } from '../../data/fingerprint.js';
import { readRecords } from '../../data/read-records.js';
import { type DataRecord, plainText } from '../../data/records.js';
import { openSource } from '../../data/sources/open-source.js';
import type { SourceRow } from '../../data/sources/source-row.js';
import { splitGroups } from '../../data/split.js';
import { OrpoError } from '../../errors.js';
import { stageFolder } from '../../files/atomic.js';
import { readJson, writeJson } from '../../files/json-file.js';

/** What is split, and what is cleaned of held-out prompts. */
export interface SplitPlan {
  readonly pairs: string;
  readonly validation: string;
  readonly test: string;
  /** Other files to train on, by the name of what is made of them. */
  readonly others: ReadonlyMap<string, string>;
  readonly read: Pick<DataConfig, 'columns' | 'onMalformed'>;
  readonly seed: number;
}

const splitFile = z.looseObject({
  path: z.string(),
  rows: z.number(),
  used: z.number(),
  /** Rows left out of what is trained on, because their prompt is held out. */
  heldOut: z.number(),
});
/** Rows of each part, and what became of the rows of each file. */
export const splitReport = z.object({
  train: z.number(),
  validation: z.number(),
  test: z.number(),
  files: z.array(splitFile).readonly(),
});
export type SplitReport = z.output<typeof splitReport>;

export interface Split {
  readonly report: SplitReport;
  /** Rows of each file to write, by its name without `.jsonl`. */
  readonly parts: ReadonlyMap<string, readonly object[]>;
}

interface Row {
  /** Tells its prompt from others, in whatever form a file holds it. */
  readonly key: string;
  readonly value: object;
}

/**
 * Parts the pairs by prompt, as a function of the files and the seed: no prompt is in two parts, and none of those held
 * out is in any file to train on.
 *
 * @throws OrpoError `file` and `data`, also when the prompts do not suffice for three parts
 */
export async function splitData(plan: SplitPlan): Promise<Split> {
  const files: z.output<typeof splitFile>[] = [];
  const read = async (path: string, leaveOut: ReadonlySet<string> = new Set()): Promise<Row[]> => {
    const { rows, counts } = await readRows(path, plan.read);
    const kept = rows.filter(({ key }) => !leaveOut.has(key));
    files.push({ path, ...counts, heldOut: rows.length - kept.length });
    return kept;
  };
  const ofTest = evalSource(plan.test);
  const ofValidation = evalSource(plan.validation);
  const testFile = ofTest !== undefined && 'file' in ofTest ? await read(ofTest.file) : [];
  const validationFile =
    ofValidation !== undefined && 'file' in ofValidation ? await read(ofValidation.file, keysOf(testFile)) : [];
  const pairs = await read(plan.pairs, keysOf(testFile, validationFile));
  const testShare = ofTest !== undefined && 'share' in ofTest ? ofTest.share : 0;
  const validationShare = ofValidation !== undefined && 'share' in ofValidation ? ofValidation.share : 0;
  const [test, rest] = testShare === 0 ? [testFile, pairs] : setAside(pairs, testShare, plan.seed);
  const [validation, train] =
    validationShare === 0 ? [validationFile, rest] : setAside(rest, validationShare / (1 - testShare), plan.seed);
  requireParts({ train, validation, test }, plan, new Set(pairs.map(({ key }) => key)).size);
  const parts = new Map([
    ['train', train.map(({ value }) => value)],
    ['validation', validation.map(({ value }) => value)],
    ['test', test.map(({ value }) => value)],
  ]);
  const heldOut = keysOf(test, validation);
  for (const [name, path] of plan.others) {
    const rows = await read(path, heldOut);
    if (rows.length === 0)
      throw new OrpoError('data', `${path}: no row is left whose prompt is not held out.`, 'Give other prompts.');
    parts.set(
      name,
      rows.map(({ value }) => value),
    );
  }
  return { report: { train: train.length, validation: validation.length, test: test.length, files }, parts };
}

/** Writes the parts as files of a folder, whole or not at all; a folder that is there stays as it is. */
export async function writeSplit(plan: SplitPlan, folder: string): Promise<SplitReport> {
  const report = join(folder, 'split.json');
  if (existsSync(report)) return splitReport.parse(readJson(report));
  const split = await splitData(plan);
  mkdirSync(dirname(folder), { recursive: true });
  stageFolder(folder, (staging) => {
    for (const [name, rows] of split.parts) writeFileSync(join(staging, `${name}.jsonl`), asLines(rows));
    writeJson(join(staging, 'split.json'), split.report);
  });
  return split.report;
}

async function readRows(path: string, read: SplitPlan['read']): Promise<{ rows: Row[]; counts: RowCounts }> {
  const source = await openSource(path);
  const account = new RowAccount(path);
  let last: SourceRow | undefined;
  async function* noted(): AsyncGenerator<SourceRow> {
    for await (const row of source.rows) {
      last = row;
      yield row;
    }
  }
  const rows: Row[] = [];
  for await (const { record } of readRecords({ ...source, rows: noted() }, account, read)) {
    account.take();
    // a file is written as it was read: the names of its columns stay what they are
    if (last !== undefined && 'value' in last) rows.push({ key: keyOf(record), value: last.value });
  }
  return { rows, counts: account.close() };
}

/** The same for one prompt as text and as messages. */
function keyOf(record: DataRecord): string {
  const prompt = plainText(record.prompt).trim();
  return prompt === '' ? recordKey(record) : prompt;
}

function keysOf(...parts: readonly (readonly Row[])[]): Set<string> {
  return new Set(parts.flatMap((rows) => rows.map(({ key }) => key)));
}

function setAside(rows: readonly Row[], share: number, seed: number): [Row[], Row[]] {
  const numbers = new Map<string, number>();
  const groups = rows.map(({ key }) => {
    const number = numbers.get(key) ?? numbers.size;
    numbers.set(key, number);
    return number;
  });
  const aside = splitGroups(groups, share, seed);
  return [rows.filter((_, at) => aside[at]), rows.filter((_, at) => !aside[at])];
}

function requireParts(parts: Readonly<Record<string, readonly Row[]>>, plan: SplitPlan, prompts: number): void {
  const empty = Object.keys(parts).find((name) => parts[name]?.length === 0);
  if (empty === undefined) return;
  throw new OrpoError(
    'data',
    `${plan.pairs}: no row is left for the ${empty === 'train' ? 'training' : empty} part: there are ${prompts} prompts for parts to train on, to select on and to test on.`,
    'Give more pairs, or files of their own as data.validation and data.test.',
  );
}

function asLines(rows: readonly object[]): string {
  // Parquet has whole numbers that JSON would not write
  const plain = (_: string, value: unknown): unknown => (typeof value === 'bigint' ? Number(value) : value);
  return rows.map((row) => `${JSON.stringify(row, plain)}\n`).join('');
}
