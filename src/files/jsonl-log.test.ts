import { appendFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { JsonlLog, readJsonlLog } from './jsonl-log.js';

let folder: string;
let path: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'orpo-log-'));
  path = join(folder, 'metrics.jsonl');
});
afterEach(() => rmSync(folder, { recursive: true }));

function withLog<T>(use: (log: JsonlLog) => T): T {
  const log = new JsonlLog(path);
  try {
    return use(log);
  } finally {
    log.close();
  }
}

const read = () => [...readJsonlLog(path)];

describe('JsonlLog', () => {
  it('goes on where it ended', () => {
    withLog((log) => {
      log.append({ step: 1, text: 'ä\n' });
      log.append({ step: 2 });
      log.flush();
      expect(log.position).toBe(readFileSync(path).length);
    });
    withLog((log) => log.append({ step: 3 }));
    expect(read()).toEqual([{ step: 1, text: 'ä\n' }, { step: 2 }, { step: 3 }]);
  });

  it('takes several records at once', () => {
    withLog((log) => {
      log.appendAll([{ step: 1 }, { step: Number.NaN }]);
      log.appendAll([]);
      expect(log.position).toBe(readFileSync(path).length);
    });
    expect(read()).toEqual([{ step: 1 }, { step: null, nonFinite: { step: 'NaN' } }]);
  });

  it('writes valid JSON for numbers that JSON lacks, and says what they were', () => {
    withLog((log) =>
      log.append({
        loss: NaN,
        ok: 1,
        deep: { list: [1, Infinity, { x: -Infinity }] },
        none: undefined,
        when: new Date(0),
      }),
    );
    expect(JSON.parse(readFileSync(path, 'utf8'))).toEqual({
      loss: null,
      ok: 1,
      deep: { list: [1, null, { x: null }] },
      when: '1970-01-01T00:00:00.000Z',
      nonFinite: { loss: 'NaN', 'deep.list.1': 'Infinity', 'deep.list.2.x': '-Infinity' },
    });
  });

  it('cuts back to the end of a record, and only there', () => {
    withLog((log) => {
      log.append({ step: 1 });
      const { position } = log;
      log.append({ step: 2 });
      for (const wrong of [1, position - 1, position + 1, log.position + 1, -1, 1.5, NaN]) {
        expect(() => log.truncateTo(wrong)).toThrow(expect.objectContaining({ code: 'run' }));
      }
      log.truncateTo(position);
      expect(log.position).toBe(position);
      log.append({ step: 3 });
    });
    expect(read()).toEqual([{ step: 1 }, { step: 3 }]);
    withLog((log) => log.truncateTo(0));
    expect(read()).toEqual([]);
  });

  it('loses only the torn record, wherever the last two are torn', () => {
    const records = [
      { step: 1, loss: 0.5 },
      { step: 2, text: 'é"\\' },
      { step: 3, x: [1, {}] },
    ];
    const lines = records.map((record) => Buffer.from(`${JSON.stringify(record)}\n`));
    const whole = Buffer.concat(lines);
    const ends = [0, 1, 2].map((i) => Buffer.concat(lines.slice(0, i + 1)).length);
    for (let length = ends[0] ?? 0; length <= whole.length; length++) {
      // without its line break a whole record still counts
      const kept = records.slice(0, ends.filter((end) => end - 1 <= length).length);
      writeFileSync(path, whole.subarray(0, length));
      expect(read(), `${length} bytes`).toEqual(kept);
      withLog((log) => log.append({ step: 9 }));
      expect(read(), `${length} bytes, then one more`).toEqual([...kept, { step: 9 }]);
    }
  });

  it('cuts a torn record longer than one step of the search', () => {
    writeFileSync(path, `{"a":1}\n{"b":"${'x'.repeat(500_000)}`);
    withLog((log) => expect(log.position).toBe(8));
    expect(readFileSync(path, 'utf8')).toBe('{"a":1}\n');
  });

  it('names the line that is no record', () => {
    withLog((log) => log.append({ a: 1 }));
    appendFileSync(path, 'oops\n{"b":2}\n');
    expect(read).toThrow(/Line 2 of .*metrics\.jsonl is not a JSON object/);
    writeFileSync(path, '[1]\n');
    expect(read).toThrow(/Line 1/);
  });

  it('names the path when the folder is missing', () => {
    expect(() => new JsonlLog(join(folder, 'none', 'x.jsonl'))).toThrow(expect.objectContaining({ code: 'disk' }));
    expect(() => new JsonlLog(join(folder, 'none', 'x.jsonl'))).toThrow(/none/);
  });
});
