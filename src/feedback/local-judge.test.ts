import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedModel, loadModel } from '../models/load-model.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { expectedGrade, gradeTokens } from './grade.js';
import { comparisonPrompt } from './judge-prompts.js';
import { labelTokens, questionText } from './label-tokens.js';
import { LocalJudge } from './local-judge.js';
import { nextLogProbs, sharedStart } from './next-token.js';
import { temporaryFolder, tinyModel } from './testing/tiny-model.js';

const options = { name: 'tiny', instructions: 'Prefer the better one.' };
const alive = () => {
  const { handles, bytes } = memory();
  return { handles, bytes };
};

describe('LocalJudge', () => {
  const folder = temporaryFolder();
  let loaded: LoadedModel;
  let judge: LocalJudge;
  beforeAll(async () => {
    await ensureEngine({ install: false });
    loaded = await loadModel(tinyModel(folder));
    judge = new LocalJudge(loaded, options);
  });
  afterAll(() => loaded.dispose());

  const pairs = [
    { prompt: 'What is two and two?', first: 'Four.', second: 'It may be five.' },
    { prompt: [{ role: 'user', content: 'Hi' }], first: 'Hello!', second: 'Go away, please, now.' },
    { prompt: 'Say it.', first: 'a', second: 'b' },
  ];
  const turned = pairs.map(({ prompt, first, second }) => ({ prompt, first: second, second: first }));
  const worthOf = <T>(outcome: { value: T } | { failure: string } | undefined): T => {
    if (outcome === undefined || 'failure' in outcome) throw new Error(outcome?.failure ?? 'none');
    return outcome.value;
  };

  it('gives a pair and its mirror image probabilities that sum to 1 exactly, and leaves nothing', async () => {
    const before = alive();
    const verdicts = (await judge.compare(pairs)).map(worthOf);
    const mirrored = (await judge.compare(turned)).map(worthOf);
    expect(alive()).toEqual(before);
    for (const [at, { probability, orders }] of verdicts.entries()) {
      expect(probability + (mirrored[at]?.probability ?? 0)).toBe(1);
      expect(probability).not.toBe(0.5);
      const [shownFirst = 0, shownSecond = 0] = orders ?? [];
      expect(probability).toBeCloseTo((shownFirst + shownSecond) / 2, 11);
      expect(mirrored[at]?.orders).toEqual([1 - shownSecond, 1 - shownFirst]);
    }
  });

  it('is the softmax over "1" and "2" of each order computed alone', async () => {
    const [pair] = pairs;
    if (pair === undefined) throw new Error('there are pairs');
    const labels = labelTokens(['1', '2'], loaded, 'tiny');
    const alone = (shown: typeof pair): number => {
      const ids = loaded.tokenizer.encode(questionText(comparisonPrompt(shown, options.instructions), loaded));
      const [[one = 0, two = 0] = []] = nextLogProbs(loaded.model, { trunk: ids, branches: [] }, labels);
      return Math.exp(one) / (Math.exp(one) + Math.exp(two));
    };
    const { orders } = worthOf((await judge.compare([pair]))[0]);
    expect(orders?.[0]).toBeCloseTo(alone(pair), 5);
    expect(orders?.[1]).toBeCloseTo(1 - alone({ ...pair, first: pair.second, second: pair.first }), 5);
  });

  it('gives the same digits whatever else is judged', async () => {
    const together = await judge.compare(pairs);
    for (const [at, pair] of pairs.entries()) expect(await judge.compare([pair])).toEqual([together[at]]);
  });

  it('calls equal responses a tie', async () => {
    const [outcome] = await judge.compare([{ prompt: 'p', first: 'same', second: 'same' }]);
    expect(outcome).toEqual({ value: { probability: 0.5, orders: [0.5, 0.5] } });
  });

  it('grades by the expected value over 1 to 10, where 10 is two tokens', async () => {
    const before = alive();
    const [outcome] = await judge.score([{ prompt: 'p', response: 'r' }]);
    expect(alive()).toEqual(before);
    const { score, reward } = worthOf(outcome);
    expect(score).toBeGreaterThan(1);
    expect(score).toBeLessThan(10);
    expect(reward).toBeCloseTo((score - 5.5) / 4.5, 12);
    expect(gradeTokens(loaded, 'tiny').zero).toBeDefined();
  });

  it('fails a question that is longer than the model takes', async () => {
    const small = await loadModel(tinyModel(folder, 64));
    const [compared] = await new LocalJudge(small, options).compare(pairs);
    const [scored] = await new LocalJudge(small, options).score([{ prompt: 'p', response: 'r' }]);
    small.dispose();
    expect(compared).toEqual({ failure: expect.stringMatching(/has \d+ tokens, tiny takes 64/) });
    expect(scored).toEqual({ failure: expect.stringMatching(/has \d+ tokens, tiny takes 64/) });
  });

  it('refuses a tokenizer without single tokens for its labels', () => {
    const halves = {
      ...loaded.tokenizer,
      encode: (text: string) => [...Buffer.from(text)].flatMap((b) => [b >> 4, b & 15]),
    };
    expect(() => new LocalJudge({ ...loaded, tokenizer: halves }, options)).toThrow(
      /The tokenizer of tiny has no single token for each of 1, 2/,
    );
  });
});

describe('expectedGrade', () => {
  const one = Array.from({ length: 10 }, (_, at) => Math.log((at + 1) / 55));
  it('is the mean of i with weights p(i)', () => {
    const tokens = { grades: [11, 12, 13, 14, 15, 16, 17, 18, 19, 20], zero: undefined };
    expect(expectedGrade(tokens, () => [one], [1])).toBeCloseTo(7, 12);
    expect(expectedGrade(tokens, () => [one.map((value) => value - 900)], [1])).toBeCloseTo(7, 12);
  });

  it('takes p(10) out of p("1") where 10 is two tokens', () => {
    const tokens = { grades: [11, 12, 13, 14, 15, 16, 17, 18, 19], zero: 10 };
    // p("1") = .5 of which a fifth goes on with 0, p("9") = .5
    const rows = [
      [Math.log(0.5), ...new Array<number>(7).fill(Number.NEGATIVE_INFINITY), Math.log(0.5), -1],
      [Math.log(0.2)],
    ];
    expect(expectedGrade(tokens, () => rows, [1])).toBeCloseTo(0.4 + 1 + 4.5, 12);
  });
});

describe('sharedStart', () => {
  it('leaves each sequence a token of its own', () => {
    expect(sharedStart([1, 2, 3, 4], [1, 2, 5])).toEqual({ trunk: [1, 2], branches: [[3, 4], [5]] });
    expect(sharedStart([1, 2], [1, 2])).toEqual({ trunk: [1], branches: [[2], [2]] });
  });
});
