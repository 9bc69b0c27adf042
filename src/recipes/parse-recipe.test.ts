import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { OrpoError } from '../errors.js';
import type { RecipeConfigInput } from './config.js';
import { parseRecipe } from './parse-recipe.js';
import { type Stage, startOf } from './stage.js';

const rlhf = {
  recipe: 'rlhf',
  model: 'base',
  data: { demonstrations: 'demos.jsonl', pairs: 'pairs.jsonl', eval: '10%' },
  output: 'out',
} as const satisfies RecipeConfigInput;
const spin = { recipe: 'spin', model: 'base', data: { demonstrations: 'demos.jsonl' }, output: 'out' } as const;
const rlaif = {
  recipe: 'rlaif',
  model: 'base',
  data: { prompts: 'prompts.jsonl' },
  feedback: { judge: { kind: 'model', model: 'judge' } },
  output: 'out',
} as const satisfies RecipeConfigInput;
const adapter = { rank: 4 };

function refusal(input: unknown): { message: string; hint: string } {
  try {
    parseRecipe(input, 'r.yaml');
  } catch (error) {
    if (error instanceof OrpoError) return { message: error.message, hint: error.hint };
    throw error;
  }
  throw new Error('nothing was refused');
}

/** Stages as `folder: method from what it starts from`. */
const outline = (stages: readonly Stage[]): string[] =>
  stages.map(
    (stage) => `${stage.folder}: ${stage.kind === 'train' ? stage.config.method : stage.kind} from ${startOf(stage)}`,
  );

const runs = (input: RecipeConfigInput) =>
  parseRecipe(input).stages.flatMap((stage) => (stage.kind === 'train' ? stage.config : []));

describe('the stages of a recipe', () => {
  it.each<[string, RecipeConfigInput, string[]]>([
    [
      'rlhf',
      rlhf,
      ['01-sft: sft from base', '02-reward: reward from out/01-sft/model', '03-ppo: ppo from out/01-sft/model'],
    ],
    [
      'rlhf with adapters, which are merged for the next stage, and ORPO beside',
      { ...rlhf, adapter, orpo: {} },
      [
        '01-sft: sft from base',
        '02-reward: reward from out/01-sft-merged',
        '03-ppo: ppo from out/01-sft-merged',
        '04-orpo: orpo from base',
      ],
    ],
    ['ORPO in one', { ...rlhf, sft: false, policy: { method: 'orpo' } }, ['01-orpo: orpo from base']],
    [
      'a reward of the user',
      { ...rlhf, sft: false, policy: { method: 'grpo', reward: './reward.mjs' } },
      ['01-grpo: grpo from base'],
    ],
    [
      'spin with adapters',
      { ...spin, adapter, rounds: 3 },
      [
        '01-answers-1: answers from base',
        '02-round-1: spin from base',
        '03-answers-2: answers from out/02-round-1-merged',
        '04-round-2: spin from out/02-round-1-merged',
        '05-answers-3: answers from out/04-round-2-merged',
        '06-round-3: spin from out/04-round-2-merged',
      ],
    ],
    ['rlaif', rlaif, ['01-feedback: feedback from base', '02-reward: reward from base', '03-ppo: ppo from base']],
    [
      'rlaif to ORPO after a supervised stage',
      { ...rlaif, data: { ...rlaif.data, demonstrations: 'demos.jsonl' }, sft: {}, policy: { method: 'orpo' } },
      ['01-sft: sft from base', '02-feedback: feedback from out/01-sft/model', '03-orpo: orpo from out/01-sft/model'],
    ],
  ])('%s', (_name, config, stages) => {
    expect(outline(parseRecipe(config).stages)).toEqual(stages);
  });

  it('a reward model is whole, or an adapter of the base the policy starts from', () => {
    expect(runs(rlhf)[2]).toMatchObject({ reward: { kind: 'reward', model: join('out', '02-reward', 'model') } });
    expect(runs({ ...rlhf, adapter })[2]).toMatchObject({
      model: 'out/01-sft-merged',
      reward: { kind: 'reward', model: 'out/01-sft-merged', adapter: 'out/02-reward/adapter' },
    });
  });

  it('what is judged may be ranked, and lies where the recipe wants it', () => {
    const feedback = { ...rlaif.feedback, task: 'rankings', output: 'elsewhere' } as const;
    expect(runs({ ...rlaif, feedback })[0]).toMatchObject({ data: { train: 'out/01-feedback/rankings.jsonl' } });
  });

  it('sections are written over what is shared', () => {
    const [sft, reward, ppo] = runs({
      ...rlhf,
      adapter,
      training: { batch: 8, learningRate: 1e-4 },
      sft: { training: { batch: 2 } },
      reward: { adapter: false, objective: { center: 0.01 }, data: { maxLength: 64 } },
    });
    expect(sft?.training).toMatchObject({ batch: 2, learningRate: 1e-4, seed: 42 });
    expect(reward).toMatchObject({ objective: { center: 0.01 }, data: { maxLength: 64, eval: '10%' } });
    expect(reward?.adapter).toBeUndefined();
    expect(ppo).toMatchObject({ adapter: { rank: 4 }, training: { batch: 8 } });
    expect(
      runs({ ...spin, round: { objective: { lambda: 0.2 } }, rounds: [{}, { objective: { lambda: 5 } }] }),
    ).toMatchObject([{ objective: { lambda: 0.2 } }, { objective: { lambda: 5 } }]);
  });

  it('a round of self-play learns from its own pairs and those of the round before, under their own names', () => {
    const train = runs({
      ...spin,
      rounds: 3,
      data: { ...spin.data, eval: '10%', columns: { prompt: 'q', completion: 'a' } },
    }).map(({ data }) => data);
    expect(train.map((data) => data.train)).toEqual([
      ['out/01-answers-1/pairs.jsonl'],
      ['out/03-answers-2/pairs.jsonl', 'out/01-answers-1/pairs.jsonl'],
      ['out/05-answers-3/pairs.jsonl', 'out/03-answers-2/pairs.jsonl'],
    ]);
    expect(train[2]).toMatchObject({ eval: 'out/05-answers-3/held-out.jsonl', onMalformed: 'drop' });
    expect(train[2]?.columns).toBeUndefined();
  });
});

describe('what is wrong with a recipe is said before anything begins', () => {
  it.each<[string, unknown, string, string]>([
    ['no recipe', { ...rlhf, recipe: 'rlfh' }, 'r.yaml: "recipe" is "rlfh"', 'Did you mean "rlhf"?'],
    ['a key', { ...rlhf, polcy: {} }, 'r.yaml: unknown key "polcy"', 'Did you mean "policy"?'],
    ['a key of a section', { ...rlhf, policy: { rolout: {} } }, 'unknown key "policy.rolout"', '"policy.rollout"'],
    ['a shared key', { ...rlhf, training: { bach: 1 } }, 'unknown key "training.bach"', '"training.batch"'],
    [
      'a key of a stage',
      { ...rlhf, reward: { training: { learningrate: 1 } } },
      'r.yaml, stage reward: unknown key "training.learningrate"',
      '"training.learningRate"',
    ],
    [
      'a key of judging',
      { ...rlaif, feedback: { ...rlaif.feedback, confidense: 1 } },
      'stage feedback: unknown key',
      'confidence',
    ],
    [
      'a key of sampling',
      { ...spin, sample: { maxTokns: 1 } },
      'stage answers-1: unknown key "sample.maxTokns"',
      'maxTokens',
    ],
    ['a method', { ...rlhf, policy: { method: 'poo' } }, 'stage poo: "method" is "poo"', 'Did you mean "ppo"?'],
    ['no judge', { ...rlaif, feedback: {} }, 'stage feedback: "judge"', ''],
    ['no demonstrations', { ...rlhf, data: { pairs: 'p.jsonl' } }, '"data.demonstrations" is missing', 'sft: false'],
    ['a reward beside judging', { ...rlaif, policy: { reward: './r.mjs' } }, '"policy.reward"', 'method: ppo'],
    ['what a later stage cannot have', { ...rlhf, adapter: { dropout: 0.1 } }, 'adapter.dropout is 0.1', 'Leave'],
    [
      'a reward model that nobody asks',
      { ...rlhf, reward: {}, policy: { method: 'dpo' } },
      'r.yaml: "reward" has no stage: dpo needs no reward model',
      'Leave the section out',
    ],
    [
      'scores to learn from',
      { ...rlaif, feedback: { ...rlaif.feedback, task: 'scores' } },
      '"feedback.task" is scores',
      'pairs',
    ],
    ['no mapping', { ...spin, sample: 3 }, '"sample" is 3', 'docs/recipes.md'],
  ])('%s', (_name, input, message, hint) => {
    const error = refusal(input);
    expect(error.message).toContain(message);
    expect(error.hint).toContain(hint);
  });
});
