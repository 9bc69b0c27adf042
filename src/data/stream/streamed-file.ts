import { OrpoError } from '../../errors.js';
import { RowAccount } from '../accounting.js';
import type { DataConfig } from '../config.js';
import { eventTurns } from '../event-turns.js';
import { RowGrower, settleRecord } from '../grow-row.js';
import { growSettings, type LoadOptions } from '../load-file.js';
import { plantTree } from '../plant-tree.js';
import { readRecords } from '../read-records.js';
import type { RowsRead } from '../rows-read.js';
import type { Schema } from '../schemas/schema.js';
import { type DataShape, requireShape } from '../shape.js';
import { detectFormat } from '../sources/open-source.js';
import type { TokenArena } from '../token-arena.js';
import type { Tree } from '../tree.js';
import { indexLines, type LineIndex } from './line-index.js';
import { readLinesAt } from './read-lines-at.js';

/** What is known of a streamed file before its rows are read. */
export interface StreamReport {
  readonly path: string;
  readonly role: 'train';
  readonly sha256: string;
  readonly bytes: number;
  readonly format: 'jsonl';
  readonly schema: string;
  readonly rows: number;
}

/** A training file of which rows are read when they are needed, and nothing is kept but where they begin. */
export interface StreamedFile {
  readonly report: StreamReport;
  /** The trees of some rows, counted from 0, in the order given, and what became of the rows. An unusable row has no tree. */
  read(
    rows: readonly number[],
    arena: TokenArena,
  ): Promise<{ readonly trees: readonly (Tree | undefined)[]; readonly read: RowsRead }>;
}

/** @throws OrpoError `config` when the file or its rows cannot be streamed; else as `loadFile` */
export async function openStreamedFile(path: string, config: DataConfig, options: LoadOptions): Promise<StreamedFile> {
  const format = await detectFormat(path);
  if (format !== 'jsonl') throw otherFormat(path, format);
  const { signal, shape = 'pair' } = options;
  const { columns, onMalformed } = config;
  const index = await indexLines(path, signal);
  const schema = await schemaOf(index, config);
  if (schema !== undefined) {
    requireShape(path, schema, shape);
    requireOneEach(path, schema, shape);
  }
  const settings = growSettings(config, options);
  const { sha256, bytes, rows: count } = index;
  return {
    report: { path, role: 'train', sha256, bytes, format, schema: schema?.name ?? '', rows: count },
    async read(rows, arena) {
      const account = new RowAccount(path);
      const grower = new RowGrower(settings);
      const trees = new Map<number, Tree>();
      const source = { path, format, rows: readLinesAt(index, rows) };
      const turn = eventTurns(signal);
      for await (const item of readRecords(source, account, { columns, onMalformed, schema })) {
        await turn();
        const origin = { file: path, row: item.row };
        settleRecord(item, shape, account, (seedlings) =>
          grower.grow(seedlings, (grown, seedling) => trees.set(item.row, plantTree(grown, seedling, origin, arena))),
        );
      }
      return {
        trees: rows.map((row) => trees.get(index.line(row))),
        read: { path, ...account.close(), cut: grower.cut },
      };
    },
  };
}

/** The schema that the first readable row tells; undefined when there is none. */
async function schemaOf(index: LineIndex, { columns, onMalformed }: DataConfig): Promise<Schema | undefined> {
  const { path } = index;
  const found: Schema[] = [];
  function* untilFound(): Generator<number> {
    for (let row = 0; row < index.rows && found.length === 0; row++) yield row;
  }
  const source = { path, format: 'jsonl', rows: readLinesAt(index, untilFound()) } as const;
  const onSchema = (schema: Schema) => void found.push(schema);
  for await (const _ of readRecords(source, new RowAccount(path), { columns, onMalformed, onSchema }));
  return found[0];
}

/** Kinds of rows of which each is one example of a shape. */
const oneEach: Readonly<Record<DataShape, readonly Schema['kind'][]>> = {
  text: ['demonstration', 'preference', 'labelled', 'ranked'],
  pair: ['preference'],
  labelled: ['labelled'],
  ranked: ['ranked', 'preference'],
  prompt: ['prompt', 'demonstration', 'preference', 'labelled', 'ranked'],
};

/** The count of rows is that of examples, for the number of updates is known before any row is read. */
function requireOneEach(path: string, schema: Schema, shape: DataShape): void {
  if (oneEach[shape].includes(schema.kind)) return;
  throw new OrpoError(
    'config',
    `data.stream makes one example of each row, but ${path} holds ${schema.keys} rows, of which this method would make several, or one of several.`,
    'Write the examples into a file of their own first, or leave data.stream out.',
  );
}

function otherFormat(path: string, format: string): OrpoError {
  return new OrpoError(
    'config',
    `data.stream reads .jsonl files, but ${path} is ${format}.`,
    'Convert it first (orpo inspect FILE --write rows.jsonl), or leave data.stream out.',
  );
}
