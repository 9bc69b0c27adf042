import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ensureEngine } from './engine/ensure-engine.js';
import { emptyCache, memory, scope, zeros } from './index.js';

const ROLLUP = '/proc/self/smaps_rollup';
const POLICY = '/sys/kernel/mm/transparent_hugepage/enabled';
const MEGABYTE = 1 << 20;

/** Megabytes of this process that lie on huge pages, or in memory at all. */
function megabytes(of: 'AnonHugePages' | 'Rss'): number {
  const found = new RegExp(`^${of}: +(\\d+) kB$`, 'm').exec(readFileSync(ROLLUP, 'utf8'));
  return Number(found?.[1]) / 1024;
}

/** By how many megabytes those have grown while a tensor of 128 was there. */
function grownBy(of: 'AnonHugePages' | 'Rss'): number {
  const before = megabytes(of);
  const tensor = zeros([32 * MEGABYTE], { dtype: 'float32' });
  const grown = megabytes(of) - before;
  tensor.dispose();
  return grown;
}

await ensureEngine({ install: false });
const asked = existsSync(POLICY) && readFileSync(POLICY, 'utf8').includes('[madvise]');

describe.skipIf(!existsSync(ROLLUP))('emptyCache (needs Linux)', () => {
  let bytes = 0;
  beforeEach(() => {
    bytes = memory().bytes;
  });
  afterEach(() => {
    expect(memory().bytes).toBe(bytes);
  });

  it.skipIf(!asked)('has what is used again lie on huge pages (skipped where the system decides itself)', () => {
    expect(grownBy('AnonHugePages')).toBeLessThan(8);
    emptyCache();
    expect(grownBy('AnonHugePages')).toBeGreaterThan(100);
    const again = zeros([32 * MEGABYTE], { dtype: 'float32' });
    // beyond it lies what was never touched
    expect(grownBy('AnonHugePages')).toBeLessThan(8);
    again.dispose();
  });

  it('gives the system back what is free, and nothing else', () => {
    const kept = zeros([32 * MEGABYTE], { dtype: 'float32' });
    grownBy('Rss');
    const before = megabytes('Rss');
    emptyCache();
    expect(memory().cachedBytes).toBe(0);
    expect(before - megabytes('Rss')).toBeGreaterThan(100);
    scope(() => expect(kept.sum().item()).toBe(0));
    kept.dispose();
  });
});
