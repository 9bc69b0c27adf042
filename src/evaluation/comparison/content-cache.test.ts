import { appendFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { temporaryFolder } from '../../feedback/testing/tiny-model.js';
import { ContentCache, digestOf } from './content-cache.js';

const schema = z.object({ text: z.string() });

test('what one process kept, the next one finds; what was torn off or is of another form is passed over', () => {
  const folder = join(temporaryFolder(), 'kept');
  const first = new ContentCache(folder, schema);
  expect(first.get('a')).toBeUndefined();
  first.put([
    ['a', { text: 'one' }],
    ['b', { text: 'two' }],
  ]);
  // another process, while the first is at work
  const second = new ContentCache(folder, schema);
  expect(second.get('b')).toEqual({ text: 'two' });
  first.close();
  writeFileSync(join(folder, '0-old.jsonl'), '{"key":"c","words":3}\n{"key":"d","text":"four"}\n');
  appendFileSync(join(folder, '0-old.jsonl'), '{"key":"e","te');
  const third = new ContentCache(folder, schema);
  expect(['a', 'b', 'c', 'd', 'e'].map((key) => third.get(key)?.text)).toEqual([
    'one',
    'two',
    undefined,
    'four',
    undefined,
  ]);
  const files = readdirSync(folder).length;
  third.close();
  expect(readdirSync(folder)).toHaveLength(files);
});

test('digests differ by every part', () => {
  const digests = [digestOf('a', 'b'), digestOf('ab'), digestOf('a', ['b']), digestOf('b', 'a')];
  expect(new Set(digests).size).toBe(4);
  expect(digestOf({ a: 1 }, null)).toBe(digestOf({ a: 1 }, null));
});
