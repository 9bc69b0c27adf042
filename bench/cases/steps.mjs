/** Training steps, beside TRL's. */
import { join } from 'node:path';
import { root } from '../../scripts/setup.mjs';
import { randomLlama, realModel } from '../inputs/models.mjs';
import { fixedRows, realRows } from '../inputs/rows.mjs';
import { mean } from '../measure/statistics.mjs';
import { trlPython, tunedEnvironment } from '../peers/environment.mjs';

/** First losses in fp32 differ by no more before anything is timed. */
const SAME_LOSS = 1e-4;

const SMOL_VOCABULARY = 49_152;
const SMALL = { hidden: 288, layers: 6, heads: 6, intermediate: 768, vocabulary: 32_000 };

/** By name: batch, rows, model and what is to be reached, by class of CPU. */
const SHAPES = [
  {
    name: 'hh/full',
    title: 'hh-rlhf-harmless, 4 pairs, all weights',
    batch: 4,
    rank: 0,
    target: { fp32: '≥ 3.2×, 75 %', bf16: '≥ 4×, 45 %' },
  },
  {
    name: 'hh/lora',
    title: 'hh-rlhf-harmless, 4 pairs, LoRA-16',
    batch: 4,
    rank: 16,
    target: { fp32: '≥ 3.5×, 70 %', bf16: '≥ 5×, 40 %' },
  },
  {
    name: 'p128-r256/full',
    title: 'P128 R256, 2 pairs, all weights',
    batch: 2,
    rank: 0,
    fixed: { prompt: 128, response: 256 },
    target: { fp32: '≥ 1.4×', bf16: '≥ 2.4×' },
  },
  {
    name: 'p128-r256/lora',
    title: 'P128 R256, 2 pairs, LoRA-16',
    batch: 2,
    rank: 16,
    fixed: { prompt: 128, response: 256 },
    target: { fp32: '≥ 1.4×', bf16: '≥ 3.3×' },
  },
  {
    name: 'p512-r128/full',
    title: 'P512 R128, 2 pairs, all weights',
    batch: 2,
    rank: 0,
    fixed: { prompt: 512, response: 128 },
    target: { fp32: '≥ 1.9×', bf16: '≥ 3×' },
  },
  {
    name: '15m/full',
    title: '15M model, P128 R256, 2 pairs, all weights',
    batch: 2,
    rank: 0,
    fixed: { prompt: 128, response: 256 },
    small: true,
    target: { fp32: '≥ 1.6×', bf16: '≥ 3×' },
  },
  {
    name: 'dpo/lora',
    title: 'DPO with reference, hh-rlhf-harmless, 4 pairs, LoRA-16',
    batch: 4,
    rank: 16,
    method: 'dpo',
    target: { fp32: '≥ 3×', bf16: '≥ 3×' },
  },
];

export async function stepCases({ settings, peers, precision, wanted, say }) {
  const cases = [];
  for (const shape of SHAPES) {
    const name = `steps/${shape.name}`;
    if (!wanted(name) || !settings.ranks.includes(shape.rank)) continue;
    cases.push({
      name,
      title: shape.title,
      target: shape.target,
      unit: 's',
      better: 'less',
      // rows of a data file differ: two sides are compared over the same ones together
      figure: ({ steps_seconds }) => mean(steps_seconds),
      prepare: async () => {
        const input = await inputOf(shape, settings);
        const args = (dtype, { steps, warmup }) => [
          ...['--model', input.model, '--rows', input.rows, '--method', shape.method ?? 'orpo'],
          ...['--batch', String(shape.batch), '--lora', String(shape.rank), '--dtype', dtype],
          ...['--steps', String(steps), '--warmup', String(warmup)],
        ];
        const ours = (dtype, counts) => ({
          command: process.execPath,
          args: [join(root, 'bench/ours/train.mjs'), ...args(dtype, counts)],
        });
        if (!peers.includes('trl')) return { sides: { ours: ours(precision, settings) } };
        const python = trlPython();
        const env = tunedEnvironment(say);
        const trl = (dtype, counts) => ({
          command: python,
          args: [join(root, 'bench/peers/trl_train.py'), ...args(dtype, counts)],
          env,
        });
        return {
          sides: { ours: ours(precision, settings), trl: trl(precision, settings) },
          // pure bf16 weights or autocast, whichever is faster here
          choose: precision === 'bf16' ? { trl: ['bf16', 'amp'].map((dtype) => trl(dtype, settings)) } : {},
          gate: async (run) => {
            const one = { steps: 1, warmup: 0 };
            const mine = await run(ours('fp32', one));
            const theirs = await run(trl('fp32', one));
            const difference = Math.abs(mine.loss_first - theirs.loss_first);
            if (!(difference <= SAME_LOSS))
              throw new Error(
                `the first losses in fp32 are ${mine.loss_first} and ${theirs.loss_first}: the sides do not compute the same`,
              );
            return { loss: [mine.loss_first, theirs.loss_first], difference };
          },
        };
      },
    });
  }
  return cases;
}

async function inputOf({ batch, fixed, small }, { steps, warmup }) {
  const count = batch * (steps + warmup);
  if (fixed === undefined) return { model: await realModel(), rows: await realRows(count) };
  const model = small ? await randomLlama('llama-15m', SMALL) : await realModel();
  const vocabulary = small ? SMALL.vocabulary : SMOL_VOCABULARY;
  return { model, rows: fixedRows({ ...fixed, vocabulary, count }) };
}
