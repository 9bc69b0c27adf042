import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { noGrad, scope, zeros } from '../index.js';
import { ensureEngine } from './ensure-engine.js';
import { keepFewKernels } from './kernel-caches.js';

beforeAll(async () => {
  await ensureEngine({ install: false });
});

/** Megabytes of memory of this process's own. */
function megabytes(): number {
  return Number(/RssAnon:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) / 1024;
}

describe('keepFewKernels', () => {
  it('says how many are kept, unless the environment does', () => {
    const silent: NodeJS.ProcessEnv = {};
    keepFewKernels(silent);
    expect(silent).toEqual({ ONEDNN_PRIMITIVE_CACHE_CAPACITY: '64', LRU_CACHE_CAPACITY: '64' });
    const told: NodeJS.ProcessEnv = { ONEDNN_PRIMITIVE_CACHE_CAPACITY: '9', LRU_CACHE_CAPACITY: '8' };
    keepFewKernels(told);
    expect(told).toEqual({ ONEDNN_PRIMITIVE_CACHE_CAPACITY: '9', LRU_CACHE_CAPACITY: '8' });
  });

  it.skipIf(process.platform !== 'linux')('keeps products of ever new shapes from growing the process', () => {
    scope(() => {
      const weight = zeros([256, 256]).toDtype('bfloat16');
      const rows = zeros([1200, 256]).toDtype('bfloat16');
      const multiply = (from: number, to: number) => {
        for (let count = from; count < to; count++) scope(() => void noGrad(() => rows.narrow(0, 0, count).mm(weight)));
      };
      multiply(300, 400);
      const before = megabytes();
      multiply(400, 900);
      // where oneDNN keeps them all it is more than 200
      expect(megabytes() - before).toBeLessThan(80);
    });
  });
});
