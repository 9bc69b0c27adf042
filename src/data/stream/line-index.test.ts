import { createHash } from 'node:crypto';
import { appendFileSync, utimesSync, writeFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { readJsonl } from '../sources/jsonl.js';
import type { SourceRow } from '../sources/source-row.js';
import { temporaryFolder } from '../testing/temporary-folder.js';
import { indexLines } from './line-index.js';
import { readLinesAt } from './read-lines-at.js';

const write = temporaryFolder();

async function all(rows: AsyncIterable<SourceRow>): Promise<SourceRow[]> {
  const found: SourceRow[] = [];
  for await (const row of rows) found.push(row);
  return found;
}

async function throughIndex(path: string): Promise<SourceRow[]> {
  const index = await indexLines(path);
  return await all(readLinesAt(index, Array(index.rows).keys()));
}

describe('indexLines', () => {
  it.each([
    ['plain', '{"a":1}\n{"a":2}\n'],
    ['no last line feed', '{"a":1}\n{"a":2}'],
    ['carriage returns', '{"a":1}\r\n{"a":2}\r\n'],
    ['blank lines', '\n{"a":1}\n  \t\r\n\n{"a":2}\n\n\n{"a":3}'],
    ['byte order mark', '\ufeff{"a":1}\n{"a":2}\n'],
    ['byte order mark alone', '\ufeff\n{"a":1}'],
    ['white space in front', ' {"a":1}\n\t{"a":2}'],
    ['nothing', ''],
    ['blank', '\n\n \n'],
    ['no objects', '[1]\n"x"\n{'],
  ])('finds the rows and lines that reading in order gives: %s', async (name, content) => {
    const path = write(`${name}.jsonl`, content);
    expect(await throughIndex(path)).toEqual(await all(readJsonl(path)));
    const { sha256, bytes } = await indexLines(path);
    expect(sha256).toBe(createHash('sha256').update(content).digest('hex'));
    expect(bytes).toBe(Buffer.byteLength(content));
  });

  it('finds them wherever lines are cut into pieces', async () => {
    const long = fc.integer({ min: 0, max: 3 }).map((size) => JSON.stringify({ a: 'ü'.repeat(size * 400_000) }));
    const line = fc.oneof(long, fc.constantFrom('', ' ', '{"a":1}', '{"b":[2]}'));
    await fc.assert(
      fc.asyncProperty(fc.array(line, { maxLength: 12 }), fc.boolean(), async (lines, ended) => {
        const path = write('any.jsonl', lines.join('\n') + (ended ? '\n' : ''));
        expect(await throughIndex(path)).toEqual(await all(readJsonl(path)));
      }),
      { numRuns: 40 },
    );
  });

  it('refuses a line that is too long, holding no more than it needs', async () => {
    const path = write('endless.jsonl', Buffer.alloc(200 * 2 ** 20, 'x'));
    const before = process.memoryUsage().rss;
    await expect(indexLines(path)).rejects.toThrow(/line 1: the line is longer than 64 MiB/);
    expect(process.memoryUsage().rss - before).toBeLessThan(300 * 2 ** 20);
  });

  it('stops when it is told to', async () => {
    const path = write('abort.jsonl', '{"a":1}\n');
    await expect(indexLines(path, AbortSignal.abort(new Error('enough')))).rejects.toThrow('enough');
  });

  it('takes 8 bytes a row', async () => {
    const rows = 400_000;
    const path = write('many.jsonl', '{"prompt":"p","chosen":"c","rejected":"r"}\n'.repeat(rows));
    const before = process.memoryUsage();
    const index = await indexLines(path);
    const after = process.memoryUsage();
    expect(index.rows).toBe(rows);
    const taken = after.heapUsed + after.arrayBuffers - before.heapUsed - before.arrayBuffers;
    expect(taken).toBeLessThan(24 * rows + 8 * 2 ** 20);
  });
});

describe('readLinesAt', () => {
  it('reads rows in any order', async () => {
    const path = write('order.jsonl', Array.from({ length: 50 }, (_, i) => `{"i":${i}}\n`).join('\n'));
    const index = await indexLines(path);
    const found = await all(readLinesAt(index, [49, 0, 7]));
    expect(found).toEqual([49, 0, 7].map((i) => ({ row: 2 * i + 1, value: { i } })));
  });

  it('refuses a file that was written since', async () => {
    const path = write('grows.jsonl', '{"i":0}\n');
    const index = await indexLines(path);
    appendFileSync(path, '{"i":1}\n');
    await expect(all(readLinesAt(index, [0]))).rejects.toThrow(/grows\.jsonl was written while it was trained on/);
    writeFileSync(path, '{"i":9}\n');
    utimesSync(path, new Date(), new Date(index.modified + 5000));
    await expect(all(readLinesAt(index, [0]))).rejects.toThrow(/was written while/);
  });
});
