import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Tree } from '../../src/data/tree.js';
import { type LoadedModel, loadModel } from '../../src/models/load-model.js';
import type { BoundObjective } from '../../src/objectives/objective.js';
import { methods } from '../../src/objectives/registry.js';
import { scoreForest } from '../../src/scoring/score-forest.js';
import type { Scorer } from '../../src/scoring/score-trees.js';
import { memory, noGrad } from '../../src/torch/index.js';
import { gradientStep, type StepOutcome } from '../../src/training/gradient-step.js';
import { entries, goldenFolders, readGolden, skipWhatIsAbsent } from './golden-folder.js';

interface Pairs {
  readonly model: string;
  readonly pairs: readonly { prompt: readonly number[]; chosen: readonly number[]; rejected: readonly number[] }[];
}
interface Case {
  readonly loss: number;
  readonly grad_norm: number;
  readonly metrics: Readonly<Record<string, number>>;
}

const TOLERANCE = 2e-5;
/** What TRL averages over padding, or counts of the model rather than of the method. */
const OF_THE_MODEL = /^(logits\/|entropy$|num_tokens$|mean_token_accuracy$)/;

/** TRL's sigmoid loss reads no label smoothing, so its case with smoothing is plain DPO. */
const DPO: Readonly<Record<string, BoundObjective>> = {
  sigmoid: methods.dpo.bind({}),
  'sigmoid label_smoothing=0.1': methods.dpo.bind({}),
  hinge: methods.hinge.bind({}),
  ipo: methods.ipo.bind({}),
  nca_pair: methods.nca.bind({}),
  robust: methods.robust.bind({ labelSmoothing: 0 }),
  'robust label_smoothing=0.1': methods.robust.bind({ labelSmoothing: 0.1 }),
  bco_pair: methods.bco_pair.bind({}),
  sppo_hard: methods.sppo_hard.bind({}),
  aot: methods.aot.bind({}),
  aot_unpaired: methods.aot_unpaired.bind({}),
  apo_zero: methods.apo_zero.bind({}),
  apo_down: methods.apo_down.bind({}),
  discopop: methods.discopop.bind({}),
  sigmoid_norm: methods.sigmoid_norm.bind({ beta: 0.1 }),
  'exo_pair label_smoothing=0.001': methods.exo.bind({}),
};

const CPO: Readonly<Record<string, BoundObjective>> = {
  sigmoid: methods.cpo.bind({}),
  hinge: methods.cpo.bind({ form: 'hinge' }),
  // (difference of means - 1 / (2 beta))² + NLL, which has no name of its own
  ipo: methods.grid.bind({ score: 'mean', form: 'squared', beta: 0.1, margin: 0.5, weight: 100, nllWeight: 1 }),
  simpo: methods.cpo_simpo.bind({ beta: 0.1, gamma: 0.5, alpha: 1 }),
};

function trees({ pairs }: Pairs, objective: BoundObjective): Tree[] {
  return pairs.flatMap(({ prompt, chosen, rejected }, row): Tree[] => {
    const origin = { file: 'pairs.json', row };
    const branches = [chosen, rejected].map((ids) => ({ ids: Int32Array.from(ids) }));
    const trunk = Int32Array.from(prompt);
    if (objective.shape === 'pair') return [{ trunk, branches, origin }];
    return branches.map((branch, side) => ({ trunk, branches: [branch], origin, label: side === 0 }));
  });
}

function expectCase(outcome: StepOutcome, exact: Case, labels: string): void {
  const close = (name: string, ours: number | undefined, value: number) =>
    expect(Math.abs((ours ?? Number.NaN) - value), `${labels} ${name}`).toBeLessThan(
      TOLERANCE * Math.max(1, Math.abs(value)),
    );
  close('loss', outcome.metrics.loss, exact.loss);
  close('grad_norm', outcome.gradientNorm, exact.grad_norm);
  for (const [name, value] of Object.entries(exact.metrics)) {
    if (OF_THE_MODEL.test(name)) continue;
    // single responses cannot win
    if (name === 'rewards/accuracies' && outcome.metrics[name] === undefined && labels.startsWith('aot_unpaired'))
      continue;
    close(name, outcome.metrics[name], value);
  }
}

skipWhatIsAbsent('methods', 'dpo.json');
for (const { name, path } of goldenFolders('methods', 'dpo.json')) {
  const folder = join(path, 'methods');
  const has = (file: string) => entries(folder).includes(file);
  const shared = readGolden<Pairs>(folder, 'pairs.json');

  const withModels = async (reference: string, body: (policy: LoadedModel, frozen: Scorer) => void) => {
    const policy = await loadModel(join(path, shared.model));
    const frozen = await loadModel(join(path, reference));
    for (const parameter of policy.model.store.parameters.values()) parameter.train();
    const before = memory().handles;
    body(policy, (_trees, forest, step) => noGrad(() => scoreForest(frozen.model, forest, step)));
    for (const parameter of policy.model.store.parameters.values()) parameter.clearGradient();
    expect(memory().handles).toBe(before);
    policy.dispose();
    frozen.dispose();
  };
  const stepOf = (policy: LoadedModel, objective: BoundObjective, reference: Scorer, microTokens: number) =>
    gradientStep(policy.model, [...policy.model.store.parameters.values()], objective, trees(shared, objective), {
      microTokens,
      reference,
    });

  describe(`${name} family, whole and in micro-batches`, () => {
    for (const [file, ours] of [
      ['dpo.json', DPO],
      ['cpo.json', CPO],
    ] as const) {
      const { losses, reference = shared.model } = readGolden<{
        losses: Record<string, Case>;
        reference?: string;
      }>(folder, file);
      it.each(Object.keys(losses))(`${file} %s`, (key) =>
        withModels(reference, (policy, frozen) => {
          const objective = ours[key];
          const exact = losses[key];
          if (objective === undefined || exact === undefined) throw new Error(`${key} is not mapped to a method`);
          for (const microTokens of [100_000, 30])
            expectCase(stepOf(policy, objective, frozen, microTokens), exact, `${key} ${microTokens}`);
        }),
      );
    }

    it.runIf(has('kto.json'))('kto.json', () => {
      const exact = readGolden<{ beta: number; weights: [number, number]; kl: number } & Case>(folder, 'kto.json');
      const { reference } = readGolden<{ reference: string }>(folder, 'dpo.json');
      return withModels(reference, (policy, frozen) => {
        const [desirableWeight, undesirableWeight] = exact.weights;
        const objective = methods.kto.bind({ beta: exact.beta, desirableWeight, undesirableWeight });
        for (const microTokens of [100_000, 30]) {
          const outcome = stepOf(policy, objective, frozen, microTokens);
          expectCase(outcome, { ...exact, metrics: { kl: exact.kl } }, `kto ${microTokens}`);
        }
      });
    });
  });
}
