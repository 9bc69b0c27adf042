import { beforeAll, expect, it } from 'vitest';
import { createRandom } from '../../src/data/random.js';
import { addon } from '../../src/torch/addon.js';
import type { Argument, Result } from '../../src/torch/binding.js';
import { ensureEngine } from '../../src/torch/engine/ensure-engine.js';
import { fromNumbers, memory, scope, TorchError, zeros } from '../../src/torch/index.js';

function disposeAll(result: Result): void {
  if (typeof result !== 'object' || result === null) return;
  if (isList(result)) result.forEach(disposeAll);
  else addon().dispose(result);
}

function isList(result: Result): result is readonly Result[] {
  return Array.isArray(result);
}

beforeAll(async () => {
  await ensureEngine({ install: false });
});

it('10,000 random calls with wrong arguments end in an error or a result, never in a crash', () => {
  const before = memory().handles;
  const native = addon();
  const operators = [
    ['aten::add', 'Tensor'],
    ['aten::mm', ''],
    ['aten::linear', ''],
    ['aten::narrow', ''],
    ['aten::index_select', ''],
    ['aten::cat', ''],
    ['aten::view', ''],
    ['aten::scaled_dot_product_attention', ''],
    ['aten::embedding', ''],
    ['aten::layer_norm', ''],
    ['aten::gather', ''],
    ['aten::zeros', ''],
    ['orpo::token_log_probs', ''],
  ].map(([name = '', overload = '']) => native.op(name, overload));
  const random = createRandom(3, 1);
  let failures = 0;
  scope(() => {
    const freed = zeros([2]);
    freed.dispose();
    const values: Argument[] = [
      zeros([2, 3]).handle,
      zeros([3]).handle,
      zeros([0, 4]).handle,
      fromNumbers([1, 2], { dtype: 'int64' }).handle,
      zeros([2, 2], { dtype: 'bfloat16' }).handle,
      freed.handle,
      -1,
      0,
      1.5,
      2 ** 40,
      Number.NaN,
      Number.POSITIVE_INFINITY,
      true,
      'cpu',
      '',
      null,
      undefined,
      [],
      [1, 2],
      [-1],
      [zeros([2, 3]).handle, null],
    ];
    for (let i = 0; i < 10_000; i++) {
      const id = random.below(20) === 0 ? random.below(1000) : (operators[random.below(operators.length)] ?? 0);
      const args = Array.from({ length: random.below(7) }, () => values[random.below(values.length)]);
      try {
        disposeAll(native.call(id, ...args));
      } catch (error) {
        failures++;
        expect(error).toBeInstanceOf(Error);
      }
    }
  });
  expect(failures).toBeGreaterThan(5_000);
  expect(memory().handles).toBe(before);
});

it('says which operator failed, with what, and why', () => {
  scope(() => {
    const attempt = () => zeros([2, 3]).mm(zeros([4, 5]));
    expect(attempt).toThrow(TorchError);
    expect(attempt).toThrow(/aten::mm\(float32 \[2, 3\], float32 \[4, 5\]\)/);
    const freed = zeros([1]);
    freed.dispose();
    expect(() => freed.add(1)).toThrow(/freed/);
    expect(() => zeros([2 ** 50])).toThrow(TorchError);
  });
});
