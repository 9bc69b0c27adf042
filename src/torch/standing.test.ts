import { existsSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { ensureEngine } from './engine/ensure-engine.js';
import { emptyCache, memory, standing, type Tensor, zeros } from './index.js';

const ROLLUP = '/proc/self/smaps_rollup';
const MEGABYTE = 1 << 20;

/** Bytes of this process that lie on huge pages. */
function hugeBytes(): number {
  const found = /^AnonHugePages: +(\d+) kB$/m.exec(readFileSync(ROLLUP, 'utf8'));
  return Number(found?.[1]) * 1024;
}

/** How many megabytes of a tensor of 128 lie on huge pages. */
function onHugePages(make: (body: () => Tensor) => Tensor = (body) => body()): number {
  emptyCache();
  const before = hugeBytes();
  const tensor = make(() => zeros([32 * MEGABYTE], { dtype: 'float32' }));
  const grown = hugeBytes() - before;
  tensor.dispose();
  return grown / MEGABYTE;
}

await ensureEngine({ install: false });
const given = existsSync(ROLLUP) && onHugePages() > 100;

describe.skipIf(!given)('standing (needs huge pages at the first touch, skipped without)', () => {
  it('keeps to ordinary pages what will stay, and what comes after it to huge ones', () => {
    const before = memory();
    expect(onHugePages((body) => standing(body))).toBeLessThan(8);
    expect(onHugePages()).toBeGreaterThan(100);
    expect(memory().bytes).toBe(before.bytes);
  });

  it('ends with its body, within another and where one throws', () => {
    const fails = () =>
      standing(() => {
        throw new Error('inside');
      });
    expect(fails).toThrow('inside');
    expect(onHugePages()).toBeGreaterThan(100);
    standing(() => {
      expect(fails).toThrow('inside');
      expect(onHugePages()).toBeLessThan(8);
    });
    expect(onHugePages()).toBeGreaterThan(100);
  });
});
