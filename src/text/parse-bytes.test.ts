import { describe, expect, it } from 'vitest';
import { parseBytes } from './parse-bytes.js';

describe('parseBytes', () => {
  it.each([
    ['8GB', 8e9],
    ['1.5 GiB', 1.5 * 2 ** 30],
    ['512mb', 512e6],
    ['2TiB', 2 ** 41],
  ])('reads %s', (text, bytes) => expect(parseBytes(text)).toBe(bytes));

  it.each(['8', 'GB', '8 G', '-1GB', '8GBs', '1e3GB'])('knows nothing of %s', (text) => {
    expect(parseBytes(text)).toBeUndefined();
  });
});
