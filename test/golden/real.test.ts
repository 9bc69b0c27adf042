import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Tree } from '../../src/data/tree.js';
import { generateIds } from '../../src/generation/generate-ids.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import { AdamW } from '../../src/nn/adamw.js';
import { ForestAttention } from '../../src/nn/forest-attention.js';
import { clipFactor } from '../../src/nn/gradient-norm.js';
import { logits } from '../../src/nn/token-log-probs.js';
import { methods } from '../../src/objectives/registry.js';
import { scorePairs } from '../../src/scoring/score-pairs.js';
import { encodeSplit } from '../../src/text/encode-split.js';
import { fromIndices, noGrad, scope, toFloat32Array } from '../../src/torch/index.js';
import { gradientStep } from '../../src/training/gradient-step.js';
import { entries, goldenFolders, readGolden, skipWhatIsAbsent } from './golden-folder.js';

interface Loss {
  readonly loss: number;
  readonly nll_loss: number;
  readonly odds_ratio_loss: number;
  readonly grad_norm: number;
}
interface Expected {
  readonly model: { readonly pypi_package: string };
  readonly tolerance: { readonly logits_atol: number; readonly logps_atol: number; readonly loss_rtol: number };
  readonly tensors: Readonly<Record<string, { shape: number[]; norm: number; samples: Record<string, number> }>>;
  readonly encode: readonly { text: string; ids: number[]; decoded: string }[];
  readonly chat: readonly {
    messages: { role: string; content: string }[];
    add_generation_prompt: boolean;
    text: string;
  }[];
  readonly next_token: readonly {
    input_ids: number[];
    logsumexp: number;
    top: readonly [number, number][];
    greedy_ids: number[];
  }[];
  readonly pairs: readonly {
    prompt: string;
    chosen: string;
    rejected: string;
    prompt_ids: number[];
    chosen_ids: number[];
    rejected_ids: number[];
  }[];
  readonly orpo: Readonly<
    Record<string, Loss & { pairs: readonly { 'logps/chosen': number; 'logps/rejected': number }[] }>
  >;
  readonly trajectory: {
    readonly lambda: number;
    readonly lr: number;
    readonly clip: number;
    readonly steps: readonly Loss[];
  };
}

skipWhatIsAbsent('real');
for (const { name, path } of goldenFolders('real')) {
  for (const file of entries(path, 'real')) {
    const expected = readGolden<Expected>(path, 'real', file);
    describe(`${name} real/${file}`, () => {
      let loaded: LoadedModel;
      const trees: Tree[] = expected.pairs.map(({ prompt_ids, chosen_ids, rejected_ids }, row) => ({
        trunk: Int32Array.from(prompt_ids),
        branches: [{ ids: Int32Array.from(chosen_ids) }, { ids: Int32Array.from(rejected_ids) }],
        origin: { file: join('real', file), row },
      }));
      const close = (ours: number | undefined, exact: number) =>
        expect(Math.abs((ours ?? Number.NaN) - exact) / Math.abs(exact)).toBeLessThanOrEqual(
          expected.tolerance.loss_rtol,
        );

      beforeAll(async () => {
        loaded = await loadModel(`pypi:${expected.model.pypi_package}`);
      }, 300_000);
      afterAll(() => loaded?.dispose());

      it.each(Object.entries(expected.tensors))('holds %s', (key, { shape, norm, samples }) => {
        const parameter = loaded.model.store.parameters.get(key);
        expect(parameter?.shape).toEqual(shape);
        const values = scope(() => (parameter === undefined ? new Float32Array() : toFloat32Array(parameter.value)));
        close(Math.sqrt(values.reduce((sum, value) => sum + value * value, 0)), norm);
        for (const [index, value] of Object.entries(samples)) expect(values[Number(index)]).toBeCloseTo(value, 6);
      });

      it.each(expected.encode)('encodes and decodes $text', ({ text, ids, decoded }) => {
        expect(loaded.tokenizer.encode(text)).toEqual(ids);
        expect(loaded.tokenizer.decode(ids)).toBe(decoded);
      });

      it.each(expected.chat)('renders conversation %#', ({ messages, add_generation_prompt, text }) => {
        expect(loaded.template?.render(messages, { addGenerationPrompt: add_generation_prompt })).toBe(text);
      });

      it.each(expected.pairs)('splits pair %# into the same tokens', (pair) => {
        for (const [text, ids] of [
          [pair.chosen, pair.chosen_ids],
          [pair.rejected, pair.rejected_ids],
        ] as const)
          expect(encodeSplit(loaded.tokenizer, pair.prompt, text)).toEqual({ prompt: pair.prompt_ids, response: ids });
      });

      it.each(expected.next_token)('scores the next token and continues greedily: $question', (row) => {
        const scores = scope(() =>
          noGrad(() => {
            const count = row.input_ids.length;
            const context = new ForestAttention(
              [{ trunkBegin: 0, trunkLength: count, branches: [] }],
              fromIndices(row.input_ids.map((_, i) => i)),
            );
            const hidden = loaded.model.hidden(fromIndices(row.input_ids), context);
            const last = logits(hidden.narrow(0, count - 1, 1), loaded.model.head);
            expect(Math.abs(last.logsumexp(1).item() - row.logsumexp)).toBeLessThanOrEqual(
              expected.tolerance.logits_atol,
            );
            return toFloat32Array(last);
          }),
        );
        for (const [id, value] of row.top)
          expect(Math.abs((scores[id] ?? Number.NaN) - value)).toBeLessThanOrEqual(expected.tolerance.logits_atol);
        const answer = [
          ...generateIds(loaded.model, [Int32Array.from(row.input_ids)], {
            maxTokens: row.greedy_ids.length,
            endIds: [],
          }),
        ];
        expect(answer.map(({ id }) => id)).toEqual(row.greedy_ids);
      });

      it('gives the log-probs of every pair', () => {
        const scores = scorePairs(loaded.model, trees);
        Object.values(expected.orpo)[0]?.pairs.forEach((pair, i) => {
          const ours = scores[i];
          expect(
            Math.abs((ours?.chosen ?? Number.NaN) / (ours?.chosenTokens ?? 1) - pair['logps/chosen']),
          ).toBeLessThanOrEqual(expected.tolerance.logps_atol);
          expect(
            Math.abs((ours?.rejected ?? Number.NaN) / (ours?.rejectedTokens ?? 1) - pair['logps/rejected']),
          ).toBeLessThanOrEqual(expected.tolerance.logps_atol);
        });
      });

      it('gives the losses and gradient norms, and follows the trajectory of AdamW', () => {
        const parameters = [...loaded.model.store.parameters.values()];
        for (const parameter of parameters) parameter.train();
        for (const [key, exact] of Object.entries(expected.orpo)) {
          const objective = methods.orpo.bind({ lambda: Number(key.slice('lambda='.length)) });
          const { metrics, gradientNorm } = gradientStep(loaded.model, parameters, objective, trees, {
            microTokens: 300,
          });
          close(metrics.loss, exact.loss);
          close(metrics.nll_loss, exact.nll_loss);
          close(-(metrics.log_odds_ratio ?? Number.NaN), exact.odds_ratio_loss);
          close(gradientNorm, exact.grad_norm);
        }
        const { lambda, lr, clip, steps } = expected.trajectory;
        const optimiser = new AdamW(parameters, { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
        for (const exact of steps) {
          const { metrics, gradientNorm } = gradientStep(
            loaded.model,
            parameters,
            methods.orpo.bind({ lambda }),
            trees,
            {
              microTokens: 1000,
            },
          );
          close(metrics.loss, exact.loss);
          close(gradientNorm, exact.grad_norm);
          optimiser.step(lr, clipFactor(gradientNorm, clip));
          for (const parameter of parameters) parameter.clearGradient();
        }
        optimiser.dispose();
      }, 600_000);
    });
  }
}
