import { expect, it } from 'vitest';
import { NO_EFFORT } from '../training/cost.js';
import type { TrainEvent, TrainOptions } from '../training/events.js';
import { followRun } from './follow-run.js';
import { Output } from './output.js';

const start: TrainEvent = {
  type: 'start',
  run: '/r',
  method: 'orpo',
  model: 'base model',
  precision: 'fp32',
  why: 'so',
  examples: 8,
  evaluation: 0,
  steps: 2,
  from: 0,
  parameters: 10,
  trained: 10,
  memory: { expected: 2 ** 30, recompute: 0, layers: 30 },
};
const step = (number: number): TrainEvent => ({
  type: 'step',
  step: number,
  steps: 2,
  seconds: 0.5,
  tokens: 100,
  flops: 5e9,
  peakBytes: 1024,
  metrics: { loss: 2, 'rewards/margins': 0.1 },
});
const end = {
  type: 'result',
  run: '/r',
  steps: 2,
  metrics: { loss: 2 },
  seconds: 1,
  tokens: 200,
  peakBytes: 1024,
  cost: {
    updates: { flops: 1e10, forwards: 2, tokens: 200, seconds: 1 },
    evaluations: NO_EFFORT,
    peakBytes: 1024,
    modelBytes: 4096,
    diskBytes: 8192,
  },
} as const;

function follow(json: boolean, begin: (options: TrainOptions) => AsyncGenerator<TrainEvent, void>, tty = false) {
  const out: string[] = [];
  const err: string[] = [];
  const stdout = { write: (text: string) => out.push(text), isTTY: tty, columns: 80 };
  const output = new Output({ json, stdout, stderr: { write: (text: string) => err.push(text) } });
  const code = followRun(output, { run: 'runs/my run', again: 'Start again.', begin });
  return { code, out: () => out.join(''), err: () => err.join('') };
}

it('writes metrics beside the other keys of a JSON line', async () => {
  const run = follow(true, async function* () {
    yield start;
    yield step(1);
    yield { type: 'eval', step: 1, metrics: { loss: 3 } };
    yield { type: 'checkpoint', step: 1, path: '/r/checkpoints/step-1' };
    yield { ...end, adapter: '/r/adapter' };
  });
  expect(await run.code).toBe(0);
  const lines = run
    .out()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line));
  expect(lines.slice(1)).toEqual([
    { type: 'step', step: 1, seconds: 0.5, tokens: 100, flops: 5e9, loss: 2, 'rewards/margins': 0.1 },
    { type: 'eval', step: 1, loss: 3 },
    { type: 'checkpoint', step: 1, path: '/r/checkpoints/step-1' },
    { ...end, adapter: '/r/adapter' },
  ]);
  expect(run.err()).toContain('step 1/2');
});

it('ends with where the result is and what to do with it', async () => {
  const run = follow(false, async function* () {
    yield start;
    yield { ...end, adapter: '/r/adapter' };
  });
  await run.code;
  expect(run.out()).toContain("orpo generate --model 'base model' --adapter /r/adapter --prompt");
  expect(run.out()).toContain("orpo chat --model 'base model' --adapter /r/adapter --compare base");
});

it('tells what became of rows that were read as they were needed', async () => {
  const dropped = { malformed: { count: 1, firstRows: [3] }, 'empty response': { count: 1200, firstRows: [9] } };
  const rows = [{ path: 'pairs.jsonl', rows: 5201, used: 4000, dropped, cut: { prompts: 0, responses: 0 } }];
  const run = follow(false, async function* () {
    yield start;
    yield { ...end, rows };
  });
  expect(await run.code).toBe(0);
  expect(run.out()).toContain('  rows     5,201 read of pairs.jsonl = 4,000 used + 1 malformed + 1,200 empty response');
});

it('redraws a panel on a terminal', async () => {
  const run = follow(
    false,
    async function* () {
      yield start;
      yield step(1);
      yield step(2);
      yield { ...end, model: '/r/model' };
    },
    true,
  );
  expect(await run.code).toBe(0);
  expect(run.out()).toContain('step 2/2');
  expect(run.out()).toContain('\u001b[J');
  expect(run.out()).toContain('--model /r/model');
});

it.each([
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('saves after %s, says how to resume, and returns %i', async (signal, code) => {
  const run = follow(true, async function* (options) {
    yield start;
    for (let number = 1; number <= 1000; number++) {
      if (options.signal?.aborted) {
        yield { type: 'interrupted', step: number - 1, path: '/r/checkpoints/step-1' };
        return;
      }
      yield step(number);
      if (number === 1) process.kill(process.pid, signal);
    }
  });
  expect(await run.code).toBe(code);
  const last = JSON.parse(run.out().trimEnd().split('\n').at(-1) ?? '');
  expect(last).toMatchObject({ type: 'error', code: 'interrupted', hint: "Go on with: orpo resume 'runs/my run'" });
  expect(run.err()).toContain('saving …');
  expect(process.listenerCount(signal)).toBe(0);
});

it('says when there was nothing to save', async () => {
  const run = follow(false, async function* (options) {
    process.kill(process.pid, 'SIGINT');
    await new Promise((resolve) => options.signal?.addEventListener('abort', resolve));
    options.signal?.throwIfAborted();
    yield start;
  });
  expect(await run.code).toBe(130);
  expect(run.err()).toContain('Start again.');
});

it('lets other errors through', async () => {
  const run = follow(false, async function* () {
    yield start;
    throw new Error('broken');
  });
  await expect(run.code).rejects.toThrow('broken');
});
