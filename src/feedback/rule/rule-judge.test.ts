import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { directReward } from '../direct-reward.js';
import { temporaryFolder } from '../testing/tiny-model.js';
import { RuleJudge } from './rule-judge.js';

const folder = temporaryFolder();
const opened: RuleJudge[] = [];
afterEach(async () => {
  for (const judge of opened.splice(0)) await judge.dispose();
});

let files = 0;

async function rule(source: string, seconds = 5, kind = 'mjs'): Promise<RuleJudge> {
  const path = join(folder, `rule-${files++}.${kind}`);
  writeFileSync(path, source);
  const judge = await RuleJudge.open(path, seconds);
  opened.push(judge);
  return judge;
}

const answers = ['a', 'bbb', 'cc'].map((response) => ({ prompt: 'p', response }));
const scored = [1, 3, 2].map((score) => ({ value: { score, reward: score } }));

describe('RuleJudge', () => {
  it.each([
    ['a function', 'export default (prompt, response) => response.length;'],
    ['an async one', 'export default async (prompt, response) => { await null; return response.length; };'],
    ['a batched one', 'export const batched = true; export default (p, r) => r.map((text) => text.length);'],
  ])('scores by %s', async (_, source) => {
    expect(await (await rule(source)).score(answers)).toEqual(scored);
  });

  it('is written in TypeScript, with types and a neighbour', async () => {
    writeFileSync(join(folder, 'lengths.ts'), 'export const lengthOf = (text: string): number => text.length;\n');
    const source = `import type { X } from './nowhere.js';
      import { lengthOf } from './lengths.js';
      enum Unit { Character = 1 }
      export const batched: boolean = true;
      export default async function <T extends string>(prompts: T[], responses: T[]): Promise<number[]> {
        return responses.map((response: string) => lengthOf(response) * Unit.Character);
      }`;
    for (const kind of ['ts', 'mts']) expect(await (await rule(source, 10, kind)).score(answers)).toEqual(scored);
    await expect(rule('export default (p: string) => {', 10, 'ts')).rejects.toThrow(
      /rule-\d+\.ts cannot be imported: /,
    );
  });

  it('compares by the scores', async () => {
    const judge = await rule('export default (prompt, response) => response.length;');
    const verdicts = await judge.compare([
      { prompt: 'p', first: 'long', second: 'x' },
      { prompt: 'p', first: 'x', second: 'y' },
      { prompt: 'p', first: 'x', second: [{ role: 'assistant', content: 'xy' }] },
    ]);
    expect(verdicts).toEqual([1, 0.5, 0].map((probability) => ({ value: { probability } })));
  });

  it('gives the rule the messages of a conversation', async () => {
    const judge = await rule('export default (prompt) => prompt.length === 2 && prompt[1].content === "x" ? 1 : 0;');
    const prompt = ['system', 'user'].map((role) => ({ role, content: 'x' }));
    expect(await judge.score([{ prompt, response: 'r' }])).toEqual([{ value: { score: 1, reward: 1 } }]);
  });

  it.each([
    ['throw new Error("no idea\\nsecond line")', 'threw Error: no idea'],
    ['return NaN', 'returned NaN, which is not a finite number'],
    ['return Infinity', 'returned Infinity'],
    ['return "3"', 'returned string'],
    ['return', 'returned undefined'],
    ['process.exit(3)', 'ended its thread: it left with code 3'],
    ['setTimeout(() => { throw new Error("later") }); return new Promise(() => {})', 'ended its thread: later'],
  ])('names the module where a rule does %s, and goes on', async (what, message) => {
    const judge = await rule(
      `export default (p, response) => { if (response === 'bbb') { ${what} } return response.length; };`,
    );
    const [first, second, third] = await judge.score(answers);
    expect([first, third]).toEqual([scored[0], scored[2]]);
    expect(second).toEqual({ failure: expect.stringMatching(/^the rule .*rule-\d+\.mjs /) });
    expect(second).toEqual({ failure: expect.stringContaining(message) });
  });

  it.each([
    ['for (;;);', 'never returns'],
    ['return new Promise(() => {});', 'never settles'],
  ])('ends a rule that %s', async (body) => {
    const judge = await rule(`export default (p, r) => { if (r === 'bbb') { ${body} } return r.length; };`, 0.3);
    const outcomes = await judge.score(answers);
    expect(outcomes).toEqual([
      scored[0],
      { failure: expect.stringContaining('gave no answer within 0.3 s') },
      scored[2],
    ]);
  });

  it('ends with its signal, and no thread is left', async () => {
    const judge = await rule('export default (p, r) => (r === "bbb" ? new Promise(() => {}) : r.length);', 60);
    const controller = new AbortController();
    setTimeout(() => controller.abort(), 100);
    const begun = performance.now();
    await expect(judge.score(answers, controller.signal)).rejects.toThrow(/aborted/);
    expect(performance.now() - begun).toBeLessThan(10_000);
    // asked again, it begins anew
    expect(await judge.score(answers.slice(0, 1))).toEqual(scored.slice(0, 1));
  });

  it('refuses a batch of another size', async () => {
    const judge = await rule('export const batched = true; export default () => [1];');
    for (const outcome of await judge.score(answers)) {
      expect(outcome).toEqual({ failure: expect.stringContaining('returned 1 numbers for 3 responses') });
    }
  });

  it.each([
    ['export const reward = 1;', /has no function as its default export/],
    ['import "./nowhere.mjs"; export default () => 1;', /cannot be imported: Error: Cannot find module/],
    ['export default (', /cannot be imported: SyntaxError/],
  ])('refuses the module %s', async (source, message) => {
    await expect(rule(source)).rejects.toThrow(message);
  });

  it('is a reward by itself, and throws where there is none', async () => {
    const reward = directReward(await rule('export default (p, r) => (r === "" ? NaN : r.length / 2);'));
    expect(await reward(['p', 'p'], ['ab', 'abc'])).toEqual([1, 1.5]);
    await expect(reward(['p', 'p'], ['ab', ''])).rejects.toThrow(/Response 2 has no reward: the rule .* returned NaN/);
  });
});
