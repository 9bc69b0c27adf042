import { Buffer } from 'node:buffer';
import { gzipSync } from 'node:zlib';
import fc from 'fast-check';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { describe, expect, it } from 'vitest';
import { OrpoError } from '../../errors.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { openSource, readRows } from './open-source.js';

const write = temporaryFolder();

async function rowsOf(name: string, content: string | Uint8Array): Promise<{ row: number; value: unknown }[]> {
  const rows = [];
  for await (const row of readRows(write(name, content))) rows.push(row);
  return rows;
}

async function faultOf(name: string, content: string | Uint8Array): Promise<OrpoError> {
  const fault = await rowsOf(name, content).then(
    () => undefined,
    (error: unknown) => error,
  );
  if (fault instanceof OrpoError) return fault;
  throw new Error(`${name} was read without an OrpoError`, { cause: fault });
}

const bytes = (...parts: (string | readonly number[])[]): Buffer =>
  Buffer.concat(parts.map((part) => (typeof part === 'string' ? Buffer.from(part) : Buffer.from([...part]))));
const MARK = [0xef, 0xbb, 0xbf];

describe('readRows', () => {
  it.each([
    ['plain.jsonl', '{"a":1}\n{"a":2}\n', [1, 2]],
    ['no-last-newline.jsonl', '{"a":1}\n{"a":2}', [1, 2]],
    ['crlf.jsonl', '{"a":1}\r\n{"a":2}\r\n', [1, 2]],
    ['blank-lines.jsonl', '\n{"a":1}\n  \t\r\n\n{"a":2}\n\n', [2, 5]],
    ['mark.jsonl', bytes(MARK, '{"a":1}\n{"a":2}\n'), [1, 2]],
    ['mark-alone.jsonl', bytes(MARK, '\n{"a":1}\n{"a":2}\n'), [2, 3]],
    ['lines.ndjson', '{"a":1}\n{"a":2}', [1, 2]],
    ['lines-called.json', '{"a":1}\n{"a":2}', [1, 2]],
    ['no-extension', '{"a":1}\n{"a":2}', [1, 2]],
    ['array.json', '[{"a":1},{"a":2}]', [1, 2]],
    ['array-called.jsonl', ' [\n{"a":1}\n,\n{"a":2}\n]\n', [1, 2]],
    ['array-mark.json', bytes(MARK, '\r\n[ {"a":1} , {"a":2} ] '), [1, 2]],
  ])('reads %s with its row numbers', async (name, content, numbers) => {
    const rows = await rowsOf(name, content);
    expect(rows).toEqual([
      { row: numbers[0], value: { a: 1 } },
      { row: numbers[1], value: { a: 2 } },
    ]);
  });

  it('reads csv with quotes, line breaks and empty lines, numbered by the line a row begins on', async () => {
    const rows = await rowsOf('quoted.csv', bytes(MARK, 'prompt,chosen\n"two\nlines","say ""hi"""\r\na,b\n\n\nc,\r\n'));
    expect(rows).toEqual([
      { row: 2, value: { prompt: 'two\nlines', chosen: 'say "hi"' } },
      { row: 4, value: { prompt: 'a', chosen: 'b' } },
      { row: 7, value: { prompt: 'c', chosen: '' } },
    ]);
  });

  it('reads tsv', async () => {
    expect(await rowsOf('table.tsv', 'a\tb\n1,5\t2\n')).toEqual([{ row: 2, value: { a: '1,5', b: '2' } }]);
  });

  it.each(['UNCOMPRESSED', 'SNAPPY'] as const)('reads parquet (%s) whatever its name', async (codec) => {
    const prompts = Array.from({ length: 2500 }, (_, i) => `question ${i} – ü`);
    const buffer = parquetWriteBuffer({
      codec,
      rowGroupSize: 700,
      columnData: [
        { name: 'prompt', data: prompts, type: 'STRING' },
        { name: 'chosen', data: prompts.map((_, i) => [{ role: 'assistant', content: `${i}` }]), type: 'JSON' },
      ],
    });
    const rows = await rowsOf(`table-${codec}.data`, new Uint8Array(buffer));
    expect(rows).toHaveLength(2500);
    expect(rows[1999]).toEqual({
      row: 2000,
      value: { prompt: 'question 1999 – ü', chosen: [{ role: 'assistant', content: '1999' }] },
    });
  });

  it('gives back any objects, from lines and from an array, however the file is cut into chunks', async () => {
    const object = fc.dictionary(fc.string({ maxLength: 5 }), fc.jsonValue({ maxDepth: 3 }), { maxKeys: 4 });
    await fc.assert(
      fc.asyncProperty(fc.array(object, { minLength: 1, maxLength: 20 }), fc.boolean(), async (list, spread) => {
        // __proto__ as a key is lost when JSON text is read back by toEqual's own copy
        const values = list.map((one) => JSON.parse(JSON.stringify(one)) as unknown);
        const lines = values.map((one) => JSON.stringify(one)).join('\n');
        expect((await rowsOf('any.jsonl', lines)).map((row) => row.value)).toEqual(values);
        const array = JSON.stringify(values, null, spread ? 2 : undefined);
        expect((await rowsOf('any.json', array)).map((row) => row.value)).toEqual(values);
      }),
      { numRuns: 60 },
    );
  });

  it('reads rows larger than a chunk', async () => {
    const value = { text: 'ü"\\'.repeat(300_000) };
    const line = JSON.stringify(value);
    expect(await rowsOf('wide.jsonl', `${line}\n${line}`)).toEqual([
      { row: 1, value },
      { row: 2, value },
    ]);
    expect(await rowsOf('wide.json', `[${line},${line}]`)).toEqual([
      { row: 1, value },
      { row: 2, value },
    ]);
  });

  it('holds only what it needs of an endless line', async () => {
    const path = write('endless.jsonl', Buffer.alloc(200 * 2 ** 20, 'x'));
    const before = process.memoryUsage().rss;
    await expect(async () => {
      for await (const _ of readRows(path));
    }).rejects.toThrow(/line 1: the line is longer than 64 MiB/);
    expect(process.memoryUsage().rss - before).toBeLessThan(200 * 2 ** 20);
  });

  it.each([
    ['bracket.jsonl', '{"a":1}\n{"a":2\n', /bracket\.jsonl line 2: the row is not valid JSON/],
    ['single-quotes.jsonl', "{'a':1}", /line 1: the row is not valid JSON/],
    ['nan.jsonl', '{"a":NaN}', /line 1: the row is not valid JSON/],
    ['two-objects.jsonl', '{"a":1}{"a":2}', /line 1: the row is not valid JSON/],
    ['trailing-comma.jsonl', '{"a":1},\n{"a":2}', /line 1: the row is not valid JSON/],
    ['pretty.json', '{\n  "a": 1\n}', /line 1: the row is not valid JSON/],
    ['utf8.jsonl', bytes('{"a":1}\n{"a":"', [0xff, 0xfe], '"}'), /line 2: the row is not valid UTF-8/],
    ['utf8-cut.jsonl', bytes('{"a":"', [0xe2, 0x82], '"}'), /line 1: the row is not valid UTF-8/],
    ['latin1.json', bytes('[{"a":1},{"a":"', [0xe9], '"}]'), /row 2: the row is not valid UTF-8/],
    ['nul.jsonl', bytes('{"a":1}\n', [0, 0, 0, 0]), /line 2: the row holds a NUL byte/],
    ['list.jsonl', '{"a":1}\n[1,2]', /line 2: the row is a list, not an object/],
    ['null.jsonl', '{"a":1}\nnull', /line 2: the row is null/],
    ['scalar.json', '[{"a":1}, 7]', /row 2: the row is a number/],
    ['text-rows.json', '["x"]', /row 1: the row is a string/],
    ['same-key.jsonl', '{"a":1,"b":{"a":2},"a":3}', /line 1: the key "a" occurs twice/],
    ['deep.jsonl', `{"a":${'['.repeat(100_000)}${']'.repeat(100_000)}}`, /line 1: the row nests deeper than 64/],
    ['deep-objects.json', `[${'{"a":'.repeat(99)}1${'}'.repeat(99)}]`, /row 1: the row nests deeper than 64/],
    ['open.json', '[{"a":1},{"a":2}', /ends inside row 2; the array is never closed/],
    ['open-text.json', '[{"a":1},{"a":"x', /ends inside row 2/],
    ['more.json', '[{"a":1}] {"a":2}', /goes on after the array is closed/],
    ['commas.json', '[{"a":1},,{"a":2}]', /row 2: there is nothing between two commas/],
    ['last-comma.json', '[{"a":1},]', /row 2: there is nothing/],
    ['crossed.json', '[{"a":[1}]]', /row 1: the row is not valid JSON|goes on after/],
    ['quote.csv', 'a,b\n1,2\n"3,4\n', /quote\.csv line 3: the row cannot be read as csv/],
    ['fields.csv', 'a,b\n1,2\n1,2,3\n', /fields\.csv line 3: the row has 3 fields, the first line names 2/],
    ['few-fields.csv', 'a,b\n1\n', /line 2: the row has 1 fields/],
    ['same-column.csv', 'a,b,a\n1,2,3\n', /line 1: two columns are named "a"/],
    ['no-name.csv', 'a,,c\n1,2,3\n', /line 1: column 2 has no name/],
    ['utf8.csv', bytes('a,b\n1,', [0xff], '\n'), /utf8\.csv is not valid UTF-8/],
    ['packed.jsonl.gz', gzipSync('{"a":1}\n'), /packed with gzip/],
    ['packed.jsonl', gzipSync('{"a":1}\n'), /packed with gzip/],
    ['packed.zip', bytes('PK', [3, 4, 20, 0]), /packed with zip/],
    ['utf16.jsonl', Buffer.from('\ufeff{"a":1}\n', 'utf16le'), /UTF-16/],
    ['notes.txt', 'To be, or not to be', /notes\.txt is not a kind of data file that can be read \(\.txt\)/],
    ['cut.parquet', bytes('PAR1', [1, 2, 3]), /cut\.parquet: the footer of the Parquet file/],
    ['zeros.parquet', bytes('PAR1', new Array<number>(64).fill(0), 'PAR1'), /zeros\.parquet: the .* Parquet file/],
  ])('refuses %s', async (name, content, message) => {
    const fault = await faultOf(name, content);
    expect(fault.message).toMatch(message);
    expect(fault.code).toBe('data');
    expect(fault.hint).not.toBe('');
  });

  it('says when there is no such file, or it is a folder', async () => {
    await expect(openSource('/no/such/file.jsonl')).rejects.toThrow(/\/no\/such\/file\.jsonl does not exist/);
    await expect(openSource('/')).rejects.toThrow(/is not a file/);
  });

  it('goes on after a malformed row when asked to', async () => {
    const source = await openSource(write('mixed.jsonl', '{"a":1}\noops\n{"a":3}\n'));
    const rows: string[] = [];
    for await (const item of source.rows) rows.push(`${item.row} ${'problem' in item ? 'bad' : 'good'}`);
    expect(rows).toEqual(['1 good', '2 bad', '3 good']);
  });
});
