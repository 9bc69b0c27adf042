import { open, stat } from 'node:fs/promises';
import { extname } from 'node:path';
import { OrpoError, reasonOf } from '../../errors.js';
import { readCsv } from './csv.js';
import { readJsonArray } from './json.js';
import { readJsonl } from './jsonl.js';
import { readParquet } from './parquet.js';
import type { RowProblem, SourceRow } from './source-row.js';

export type SourceFormat = 'jsonl' | 'json' | 'csv' | 'tsv' | 'parquet';

/** A data file that is ready to be read. */
export interface Source {
  readonly path: string;
  readonly format: SourceFormat;
  /** Rows with their problems, for readers that may go on after one. */
  readonly rows: AsyncIterable<SourceRow>;
}

/**
 * Opens a data file. Content decides where it can (Parquet, a JSON array, JSON lines), else the extension.
 *
 * @throws OrpoError `file` when it is absent or no file, `data` when it is packed or of an unknown kind.
 */
export async function openSource(path: string): Promise<Source> {
  const format = await detectFormat(path);
  return { path, format, rows: readers[format](path) };
}

/**
 * Rows of a data file with their numbers: 1-based lines (jsonl, csv) or elements (json, parquet).
 *
 * @throws OrpoError at the first row that cannot be read, naming file and row.
 */
export async function* readRows(path: string): AsyncGenerator<{ row: number; value: Record<string, unknown> }> {
  const source = await openSource(path);
  for await (const item of source.rows) {
    if ('problem' in item) throw malformedRow(source, item.row, item.problem);
    yield item;
  }
}

/** `FILE line N` or `FILE row N`, as the file counts. */
export function rowPlace(source: Pick<Source, 'path' | 'format'>, row: number): string {
  return `${source.path} ${source.format === 'json' || source.format === 'parquet' ? 'row' : 'line'} ${row}`;
}

/** The error that stops a run at a malformed row. */
export function malformedRow(source: Pick<Source, 'path' | 'format'>, row: number, problem: RowProblem): OrpoError {
  return new OrpoError('data', `${rowPlace(source, row)}: ${problem.message}`, problem.hint, { cause: problem });
}

const readers: Record<SourceFormat, (path: string) => AsyncIterable<SourceRow>> = {
  jsonl: readJsonl,
  json: readJsonArray,
  csv: (path) => readCsv(path, ','),
  tsv: (path) => readCsv(path, '\t'),
  parquet: readParquet,
};

const extensions: Readonly<Record<string, SourceFormat>> = {
  '.jsonl': 'jsonl',
  '.ndjson': 'jsonl',
  '.json': 'jsonl',
  '.csv': 'csv',
  '.tsv': 'tsv',
};

const packed: readonly { readonly name: string; readonly magic: readonly number[] }[] = [
  { name: 'gzip', magic: [0x1f, 0x8b] },
  { name: 'zip', magic: [0x50, 0x4b, 0x03, 0x04] },
  { name: 'zstd', magic: [0x28, 0xb5, 0x2f, 0xfd] },
  { name: 'bzip2', magic: [0x42, 0x5a, 0x68] },
  { name: 'xz', magic: [0xfd, 0x37, 0x7a, 0x58, 0x5a] },
];

/** The kind of a data file by its first bytes and its extension. */
export async function detectFormat(path: string): Promise<SourceFormat> {
  const head = await readHead(path);
  const startsWith = (magic: readonly number[]): boolean => magic.every((byte, i) => head[i] === byte);
  const pack = packed.find(({ magic }) => startsWith(magic));
  if (pack) {
    throw new OrpoError('data', `${path} is packed with ${pack.name}.`, 'Unpack it first and name the unpacked file.');
  }
  if (startsWith([0xff, 0xfe]) || startsWith([0xfe, 0xff])) {
    throw new OrpoError('data', `${path} is UTF-16 text.`, 'Save the file as UTF-8.');
  }
  if (head.subarray(0, 4).toString('latin1') === 'PAR1') return 'parquet';
  const extension = extname(path).toLowerCase();
  const known = extensions[extension];
  if (known === 'csv' || known === 'tsv') return known;
  const first = head
    .toString('utf8')
    .replace(/^\ufeff/, '')
    .trimStart()[0];
  if (first === '[') return 'json';
  if (known) return known;
  if (first === '{') return 'jsonl';
  throw new OrpoError(
    'data',
    `${path} is not a kind of data file that can be read${extension === '' ? '' : ` (${extension})`}.`,
    'Give .jsonl, .json (an array of objects), .csv, .tsv or .parquet.',
  );
}

async function readHead(path: string): Promise<Buffer> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new OrpoError('file', `${path} does not exist.`, 'Check the path of the data file.');
  if (!found.isFile()) throw new OrpoError('file', `${path} is not a file.`, 'Name the data files one by one.');
  try {
    const handle = await open(path, 'r');
    try {
      const { buffer, bytesRead } = await handle.read(Buffer.alloc(4096), 0, 4096, 0);
      return buffer.subarray(0, bytesRead);
    } finally {
      await handle.close();
    }
  } catch (error) {
    throw new OrpoError('file', `${path} cannot be read (${reasonOf(error)}).`, 'Check the rights of the file.', {
      cause: error,
    });
  }
}
