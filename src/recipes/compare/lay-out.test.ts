import { describe, expect, it } from 'vitest';
import { OrpoError } from '../../errors.js';
import type { RecipeConfigInput } from '../config.js';
import { parseRecipe } from '../parse-recipe.js';
import type { Sweep } from './lay-out.js';

const compare = {
  recipe: 'compare',
  model: 'base',
  data: { pairs: 'pairs.jsonl' },
  training: { learningRate: 1e-4, seed: 5 },
  methods: { sft: {}, orpo: {}, dpo: { from: 'sft' } },
  budget: { steps: 100 },
  output: 'out',
} as const satisfies RecipeConfigInput;

function sweepOf(input: object): Sweep {
  const { sweep } = parseRecipe(input, 's.yaml');
  if (sweep === undefined) throw new Error('no comparison');
  return sweep;
}

function refusal(input: unknown): string {
  try {
    parseRecipe(input, 's.yaml');
  } catch (error) {
    if (error instanceof OrpoError) return `${error.message} ${error.hint}`;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('the cells of a comparison', () => {
  it('are as many for each method: one without a strength has more learning rates', () => {
    const { contenders, seeds, base } = sweepOf(compare);
    expect(contenders.map(({ entry, points, cells }) => [entry, points.length, cells.length])).toEqual([
      ['sft', 9, 27],
      ['orpo', 9, 27],
      ['dpo', 9, 27],
    ]);
    expect(contenders.map(({ axes }) => axes.map(({ key, values }) => [key, ...values]))).toEqual([
      [['learningRate', 3.3e-5, 4.3e-5, 5.7e-5, 7.6e-5, 9.9e-5, 1.3e-4, 1.7e-4, 2.3e-4, 3e-4]],
      [
        ['learningRate', 3.3e-5, 1e-4, 3e-4],
        ['lambda', 0.033, 0.1, 0.3],
      ],
      [
        ['learningRate', 3.3e-5, 1e-4, 3e-4],
        ['beta', 0.033, 0.1, 0.3],
      ],
    ]);
    expect(seeds).toEqual([5, 6, 7]);
    expect(base).toBe('sft');
  });

  it('differ in what is searched and in the seed alone, and share the data and the budget', () => {
    const { stages } = parseRecipe({ ...compare, adapter: { rank: 4 } });
    const [sft, ...cells] = stages.flatMap((stage) => (stage.kind === 'train' ? stage.config : []));
    expect(sft).toMatchObject({ method: 'sft', model: 'base', training: { maxSteps: 50, seed: 5 }, output: 'out/sft' });
    const orpo = cells.find(({ output }) => output === 'out/cells/orpo-lr0.0003-lambda0.033-seed6');
    expect(orpo).toMatchObject({
      method: 'orpo',
      model: 'base',
      adapter: { rank: 4 },
      data: { train: 'out/data/train.jsonl' },
      objective: { lambda: 0.033, beta: 1 },
      training: { learningRate: 3e-4, seed: 6, maxSteps: 100, epochs: 100 },
    });
    expect(orpo?.data).not.toHaveProperty('eval');
    const dpo = cells.filter(({ method }) => method === 'dpo');
    // the supervised stage has taken half of the budget
    expect(new Set(dpo.map(({ model, training }) => `${model} ${training.maxSteps}`))).toEqual(
      new Set(['out/sft-merged 50']),
    );
  });

  it('take what an entry says over what is shared', () => {
    const methods = {
      gentle: { method: 'dpo', strength: { beta: [0.2, 0.5] }, learningRates: [1e-6], adapter: false },
      ppo: {
        data: { train: 'mine.jsonl' },
        reward: './r.mjs',
        rollout: { maxTokens: 8 },
        objective: { kl: 0.2 },
        training: { batch: 2, evaluateEvery: 5 },
      },
      orpo: { strength: false },
    };
    const sweep = sweepOf({
      ...compare,
      adapter: {},
      methods,
      data: { ...compare.data, prompts: 'p.jsonl' },
      strengths: 2,
      seeds: [9],
    });
    const [gentle, ppo, orpo] = sweep.contenders;
    expect(gentle?.points).toEqual([0.2, 0.5].map((beta) => ({ learningRate: 1e-6, strength: { beta } })));
    expect(gentle?.cells[0]?.config(7)).not.toHaveProperty('adapter');
    expect(gentle?.cells[0]?.name).toBe('gentle-lr0.000001-beta0.2-seed9');
    expect(ppo?.axes[1]).toEqual({ key: 'kl', values: [0.2, 0.6] });
    expect(ppo?.cells[0]?.config(7)).toMatchObject({
      data: { train: ['out/data/ppo-1.jsonl'], eval: 'out/data/validation.jsonl' },
      rollout: { maxTokens: 8 },
      training: { batch: 2, maxSteps: 7 },
    });
    expect(orpo?.axes.map(({ key, values }) => [key, values.length])).toEqual([['learningRate', 6]]);
    expect([...sweep.split.others]).toEqual([
      ['prompts', 'p.jsonl'],
      ['ppo-1', 'mine.jsonl'],
    ]);
    expect(sweep.base).toBe('gentle');
    expect(sweep.sft).toBeUndefined();
  });

  it('of supervised methods learn from demonstrations, those that sample from prompts, where there are any', () => {
    const data = { pairs: 'pairs.jsonl', demonstrations: 'd.jsonl', prompts: 'p.jsonl' };
    const methods = { sft: {}, grpo: { reward: './r.mjs' }, kto: {} };
    const trains = sweepOf({ ...compare, data, methods }).contenders.map(({ cells }) => cells[0]?.config(1).data.train);
    expect(trains).toEqual(['out/data/demonstrations.jsonl', 'out/data/prompts.jsonl', 'out/data/train.jsonl']);
  });

  it('have their share of the processor where several workers run, in the recipe that is saved too', () => {
    const { config } = parseRecipe({ ...compare, workers: 64 });
    expect(config.training.threads).toBe(1);
    expect(parseRecipe({ ...compare, workers: 2, training: { threads: 3 } }).config.training.threads).toBe(3);
    expect(parseRecipe(compare).config.training.threads).toBeUndefined();
  });
});

describe('a budget', () => {
  it('in operations is counted later', () => {
    const { sweep, stages } = parseRecipe({ ...compare, budget: { flops: 1e12 } });
    expect(stages).toEqual([]);
    expect(sweep?.contenders).toHaveLength(3);
  });

  it('that leaves nothing for a method names it', () => {
    const sft = { training: { maxSteps: 100 } };
    expect(refusal({ ...compare, sft })).toContain('"budget" leaves 0 updates for dpo, which needs 1');
    const halving = { eta: 4, rungs: 4 };
    expect(refusal({ ...compare, halving })).toContain('leaves 50 updates for dpo, which needs 64');
  });
});

it.each<[string, object, string]>([
  ['an unknown method', { methods: { sft: {}, orpp: {} } }, 'Did you mean "orpo"?'],
  [
    'an unknown key of an entry',
    { methods: { sft: {}, orpo: { strenght: {} } } },
    'Did you mean "methods.orpo.strength"?',
  ],
  [
    'a learning rate out of range',
    { methods: { sft: {}, orpo: { learningRates: [1e-4, -1] } } },
    '"methods.orpo.learningRates.1" is -1',
  ],
  ['a shared learning rate out of range', { learningRates: [0] }, '"learningRates.0" is 0'],
  [
    'a strength out of range',
    { methods: { sft: {}, orpo: { strength: { lambda: [-1] } } } },
    'orpo at lr0.000033-lambda-1: "objective.lambda" is -1',
  ],
  [
    'a setting the loss does not have',
    { methods: { sft: {}, orpo: { strength: { tau: [1] } } } },
    'unknown key "objective.tau"',
  ],
  [
    'a value given twice',
    { methods: { sft: {}, orpo: { strength: { lambda: [1, 1] } } } },
    '"methods.orpo.strength.lambda" has 1 twice',
  ],
  ['a seed given twice', { seeds: [1, 1] }, '"seeds" has 1 twice'],
  ['a measure that no cell has', { select: 'bleu' }, '"select" is "bleu"'],
  ['one method', { methods: { orpo: {} } }, '"methods" names 1'],
  ['a base that is none of them', { base: 'dop' }, 'Did you mean "dpo"?'],
  ['a reward model', { methods: { sft: {}, reward: {} } }, 'trains a reward model'],
  ['a method that samples without a reward', { methods: { sft: {}, ppo: {} } }, 'reward'],
  [
    'held-out rows of its own',
    { methods: { sft: {}, orpo: { data: { eval: 'x.jsonl' } } } },
    '"orpo.data.eval" is "x.jsonl"',
  ],
  ['two budgets', { budget: { steps: 1, flops: 1 } }, 'name either steps or flops'],
  [
    'a supervised stage that nobody asks for',
    { methods: { sft: {}, orpo: {} }, sft: {} },
    '"sft" is used by no method',
  ],
  ['a judge that is none', { answers: { judge: { kind: 'oracle' } } }, '"judge.kind" is "oracle"'],
  ['answers of something else', { answers: { systems: ['m'] } }, '"answers.systems" is what the recipe says itself'],
  ['a name that is no folder', { methods: { sft: {}, 'a/b': { method: 'orpo' } } }, 'methods.a/b'],
])('%s is refused', (_what, change, message) => {
  const refused = refusal({ ...compare, ...change });
  expect(refused).toContain('s.yaml');
  expect(refused).toContain(message);
});
