import { describe, expect, test } from 'vitest';
import type { Judge } from '../../feedback/judge.js';
import type { FoundAnswers, JudgedAnswers } from './findings.js';
import { type JudgeInputs, judgeAnswers } from './judge-answers.js';
import type { KeptJudgement } from './questions.js';

const asked = ['one', 'two', 'three'].map((text, at) => ({ row: at + 1, prompt: text, text }));
const found = (...texts: (string | undefined)[]): FoundAnswers =>
  texts.map((text) => [text === undefined ? text : { text }]);

/** A judge that knows lengths alone, and fails on what holds an exclamation mark. */
function lengthJudge(questions: string[][]): Judge {
  return {
    batch: 2,
    concurrency: 1,
    compare: async (items) =>
      items.map(({ first, second }) => {
        questions.push([String(first), String(second)]);
        if (`${first}${second}`.includes('!')) return { failure: 'too loud' };
        const probability = first.length > second.length ? 0.75 : 0.25;
        return { value: { probability, orders: [probability, probability] } };
      }),
    score: async (items) =>
      items.map(({ response }) => {
        questions.push([String(response)]);
        return String(response).includes('!')
          ? { failure: 'too loud' }
          : { value: { score: response.length, reward: response.length } };
      }),
    dispose: async () => {},
  };
}

async function judged(
  answers: readonly FoundAnswers[],
  options: Partial<JudgeInputs> & { kept?: Map<string, KeptJudgement>; questions?: string[][] } = {},
): Promise<JudgedAnswers> {
  const { kept = new Map<string, KeptJudgement>(), questions = [], ...more } = options;
  const work = judgeAnswers({
    prompts: asked,
    systems: answers.map((own, at) => ({ name: 'abc'[at] ?? '', answers: own })),
    samples: 1,
    against: 'all',
    byScores: undefined,
    gaps: false,
    remote: false,
    cache: {
      get: (key) => kept.get(key),
      put: (results) => {
        for (const [key, value] of results) kept.set(key, value);
      },
    },
    open: async () => lengthJudge(questions),
    ...more,
  });
  let step = await work.next();
  while (step.done !== true) step = await work.next();
  return step.value;
}

const scoresOf = ({ contests }: JudgedAnswers) =>
  contests.map(({ choices }) => choices.map(([choice]) => choice?.score));

describe('a judge that compares', () => {
  test('judges later systems against earlier ones, in one order of texts, each pair once', async () => {
    const questions: string[][] = [];
    const result = await judged([found('long long', 'b', 'same'), found('short', 'longer', 'same')], { questions });
    expect(result.contests.map(({ a, b }) => [a, b])).toEqual([['b', 'a']]);
    expect(scoresOf(result)).toEqual([[0.25, 0.75, 0.5]]);
    // equal texts are not asked about
    expect(questions).toEqual([
      ['long long', 'short'],
      ['b', 'longer'],
    ]);
    expect(result).toMatchObject({ judged: 2, failed: 0 });
    expect(result.orders).toHaveLength(2);
    expect(result.rewards).toBeUndefined();
  });

  test('asks nothing again of what is kept, and only the new of one more system', async () => {
    const kept = new Map<string, KeptJudgement>();
    const first: string[][] = [];
    const two = [found('aa', 'b', 'cc'), found('a', 'bb', 'ccc')];
    const before = await judged(two, { kept, questions: first });
    expect(first).toHaveLength(3);
    const again: string[][] = [];
    expect(await judged(two, { kept, questions: again })).toEqual(before);
    expect(again).toEqual([]);
    const more = await judged([...two, found('aaaa', 'bbbb', 'cccc')], { kept, questions: again });
    expect(more.contests).toHaveLength(3);
    expect(again).toHaveLength(6);
    const base = await judged([...two, found('aaaa', 'bbbb', 'cccc')], { kept, against: 'base' });
    expect(base.contests.map(({ a, b }) => [a, b])).toEqual([
      ['b', 'a'],
      ['c', 'a'],
    ]);
  });

  test('failures and missing answers leave no score, and failures are asked again', async () => {
    const kept = new Map<string, KeptJudgement>();
    const systems = [found('a!', 'bb', undefined), found('a', 'b', 'c')];
    const result = await judged(systems, { kept });
    expect(result.contests[0]?.choices).toEqual([[{ failure: 'too loud' }], [{ score: 0.25 }], [{}]]);
    expect(result).toMatchObject({ judged: 1, failed: 1 });
    const again: string[][] = [];
    await judged(systems, { kept, questions: again });
    expect(again).toEqual([['a', 'a!']]);
  });

  test('an empty answer loses to any other and ties with another', async () => {
    expect(scoresOf(await judged([found('x', '', ' '), found('', 'y', '')]))).toEqual([[0, 1, 0.5]]);
  });

  test('that fails on everything is an error that says why', async () => {
    const systems = [found('a!', 'b!', 'c!'), found('a', 'b', 'c')];
    await expect(judged(systems)).rejects.toThrow('The judge failed on each of 3 questions, first because too loud.');
  });
});

describe('a judge that scores', () => {
  const byScores = (first: number, second: number): number => (first > second ? 1 : first < second ? 0 : 0.5);

  test('scores each text once; every pair follows', async () => {
    const questions: string[][] = [];
    const three = [found('a', 'bb', 'c'), found('aa', 'bb', 'cc'), found('aaa', 'b', 'cc')];
    const result = await judged(three, { byScores, questions });
    expect(questions).toHaveLength(3 + 2 + 2);
    expect(result.rewards).toEqual([
      [[1], [2], [1]],
      [[2], [2], [2]],
      [[3], [1], [2]],
    ]);
    expect(scoresOf(result)).toEqual([
      [1, 0.5, 1],
      [1, 0, 1],
      [1, 0, 0.5],
    ]);
  });

  test('one system alone is scored', async () => {
    const result = await judged([found('a', undefined, 'c!')], { byScores });
    expect(result.contests).toEqual([]);
    expect(result.rewards).toEqual([[[1], [undefined], [undefined]]]);
  });
});
