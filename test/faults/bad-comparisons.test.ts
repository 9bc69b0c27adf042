import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import { asLines, compared, writePrompts } from '../evaluation/comparing.js';
import { isBuilt, runCli } from './command-line.js';
import { inTemporaryFolder } from './small-run.js';

const generation = { maxTokens: 4, temperature: 1 } as const;

/** Answers to the first prompts of a file, each a text of its own. */
function writeAnswers(
  folder: string,
  name: string,
  texts: readonly string[],
  prompts = (at: number) => `prompt ${at}`,
) {
  const path = join(folder, `${name}.jsonl`);
  writeFileSync(path, asLines(texts.map((response, at) => ({ prompt: prompts(at), response }))));
  return path;
}

function writeRule(folder: string, body: string): string {
  const path = join(folder, 'rule.mjs');
  writeFileSync(path, `export default (prompt, response) => ${body};\n`);
  return path;
}

describe.runIf(isBuilt)('bad input of orpo compare ends with exit code 2 and an error that names it', () => {
  const cases: readonly [what: string, args: (folder: string) => readonly string[], says: RegExp][] = [
    ['one system', (folder) => [writeAnswers(folder, 'a', ['x'])], /There is one system, and comparing takes two\./],
    ['nothing to measure on', () => ['some/model', 'other/model'], /There is nothing to measure the systems on\./],
    [
      'prompt sets with nothing in common',
      (folder) => [writeAnswers(folder, 'a', ['x']), writeAnswers(folder, 'b', ['y'], (at) => `question ${at}`)],
      /b\.jsonl has no answer to any of the 1 prompts\./,
    ],
    [
      'an absent answer',
      (folder) => {
        writeFileSync(join(folder, 'b.jsonl'), asLines([{ prompt: 'prompt 0', response: null }]));
        return [writeAnswers(folder, 'a', ['x']), join(folder, 'b.jsonl')];
      },
      /b\.jsonl line 1: "response" is null, not text or messages\./,
    ],
    [
      'a preference that is no code',
      (folder) => {
        const row = { instruction: 'prompt 0', output_1: 'x', generator_1: 'a', output_2: 'y', generator_2: 'b' };
        writeFileSync(join(folder, 'annotations.json'), JSON.stringify([{ ...row, preference: 7 }]));
        return [
          writeAnswers(folder, 'a', ['x']),
          writeAnswers(folder, 'b', ['y']),
          '--judge',
          join(folder, 'annotations.json'),
        ];
      },
      /annotations\.json row 1 has the preference 7\./,
    ],
    [
      'a judge that always fails',
      (folder) => [
        writeAnswers(folder, 'a', ['x', 'y']),
        writeAnswers(folder, 'b', ['v', 'w']),
        '--judge',
        writeRule(folder, 'Number.NaN'),
      ],
      /The judge failed on each of 4 questions, first because the rule .* returned NaN/,
    ],
    [
      'a run that is not finished',
      (folder) => {
        mkdirSync(join(folder, 'run'));
        writeFileSync(join(folder, 'run', 'config.json'), JSON.stringify({ method: 'orpo', model: 'm' }));
        return [writeAnswers(folder, 'a', ['x']), join(folder, 'run')];
      },
      /run holds a run that is not finished\./,
    ],
    [
      'two systems of one name',
      (folder) => [`a=${writeAnswers(folder, 'b', ['x'])}`, `a=${writeAnswers(folder, 'c', ['x'])}`],
      /Two systems are called a\./,
    ],
    [
      'seeds that are not one a system',
      (folder) => [writeAnswers(folder, 'a', ['x']), writeAnswers(folder, 'b', ['x']), '--seeds', '1'],
      /--seeds 1 is not one whole number for each of 2 systems\./,
    ],
    [
      'an unknown setting',
      (folder) => [
        writeAnswers(folder, 'a', ['x']),
        writeAnswers(folder, 'b', ['x']),
        '--set',
        'generation.maxtokens=3',
      ],
      /unknown key "generation\.maxtokens"/,
    ],
    [
      'many samples of what is always the same',
      (folder) => [
        writeAnswers(folder, 'a', ['x']),
        writeAnswers(folder, 'b', ['x']),
        '--samples',
        '2',
        '--temperature',
        '0',
      ],
      /2 answers to each prompt at temperature 0 are all the same\./,
    ],
  ];

  it.each(cases)('%s', { timeout: 60_000 }, (_what, args, says) =>
    inTemporaryFolder(async (folder) => {
      const ended = await runCli(['compare', ...args(folder), '--output', join(folder, 'out')], { cwd: folder });
      expect(ended.stderr).toMatch(says);
      expect(ended.code).toBe(2);
      expect(ended.last).toMatchObject({ type: 'error', hint: expect.stringMatching(/\S/) });
    }),
  );
});

describe('what cannot be said is named, and the rest is said', () => {
  it('a judge that fails on some rows', () =>
    inTemporaryFolder(async (folder) => {
      const texts = Array.from({ length: 10 }, (_, at) => 'x'.repeat(at + 1));
      const { comparison } = await compared({
        systems: [
          writeAnswers(folder, 'a', texts),
          writeAnswers(
            folder,
            'b',
            texts.map((text, at) => `${text}x${at < 3 ? '!' : ''}`),
          ),
        ],
        judge: { kind: 'rule', module: writeRule(folder, "response.includes('!') ? Number.NaN : response.length") },
      });
      expect(comparison.judge).toMatchObject({ judged: 7, failed: 3 });
      expect(comparison.contests[0]?.winRate).toMatchObject({ n: 7, missing: 3, wins: 7 });
      expect(comparison.rewards?.n).toBe(7);
      expect(comparison.rows[0]?.choices[0]).toMatchObject({ failure: expect.stringContaining('NaN') });
      expect(comparison.missing.join('\n')).toMatch(/has no choice for 3 of 10 pairs of answers\./);
      expect(comparison.missing.join('\n')).toMatch(/3 of 10 prompts have no judgement of b and a, and take no part\./);
    }));

  it('three answers, too few for a distribution, a length-controlled rate and a verdict', () =>
    inTemporaryFolder(async (folder) => {
      const { comparison } = await compared({
        systems: [writeAnswers(folder, 'a', ['x', 'yy', 'zzz']), writeAnswers(folder, 'b', ['xx', 'yyy', 'zzzzz'])],
        judge: { kind: 'rule', module: writeRule(folder, 'response.length') },
      });
      expect(comparison.rewards?.systems[0]).toMatchObject({ n: 3, mean: 2 });
      expect(comparison.rewards?.systems[0]).not.toHaveProperty('density');
      expect(comparison.contests[0]).toMatchObject({ winRate: { n: 3, wins: 3 } });
      expect(comparison.contests[0]).not.toHaveProperty('lengthControlled');
      expect(comparison.verdict.winner).toBeUndefined();
      expect(comparison.verdict.sentence).toMatch(/^Nothing can be concluded: .* are too few to show anything/);
      const missing = comparison.missing.join('\n');
      expect(missing).toMatch(/3 answers a system are too few for a density/);
      expect(missing).toMatch(/There is no length-controlled win rate of b over a: 3 judged pairs are too few/);
    }));

  it('all ties: no verdict, no length effect, no density, and a single value everywhere', () =>
    inTemporaryFolder(async (folder) => {
      const texts = Array.from({ length: 30 }, (_, at) => `answer ${at}`);
      const { comparison } = await compared({
        systems: ['a', 'b', 'c'].map((name) => writeAnswers(folder, name, texts)),
        judge: { kind: 'rule', module: writeRule(folder, '1') },
      });
      expect(comparison.contests.map(({ winRate }) => winRate.ties)).toEqual([30, 30, 30]);
      expect(comparison.verdict.winner).toBeUndefined();
      expect(comparison.verdict.sentence).toMatch(
        /^Nothing can be concluded between any two of the 3 systems\. All 30 are ties\./,
      );
      expect(comparison.strengths?.systems.map(({ score }) => score.value)).toEqual([0, 0, 0]);
      expect(comparison.missing.join('\n')).toMatch(/All 30 rewards of a are equal, so there is no density\./);
    }));

  it('choices of other answers, a judge without rewards, and a system that always wins', () =>
    inTemporaryFolder(async (folder) => {
      const texts = Array.from({ length: 8 }, (_, at) => `answer ${at}`);
      const better = texts.map((text) => `${text}, at length`);
      const row = (at: number, output: string) => ({
        instruction: `prompt ${at}`,
        output_1: texts[at],
        generator_1: 'a',
        output_2: output,
        generator_2: 'b',
        preference: 2,
      });
      const annotations = join(folder, 'annotations.json');
      writeFileSync(
        annotations,
        JSON.stringify([...better.slice(0, 6).map((text, at) => row(at, text)), row(7, 'other')]),
      );
      const { comparison } = await compared({
        systems: [writeAnswers(folder, 'a', texts), writeAnswers(folder, 'b', better)],
        judge: { kind: 'human', annotations },
      });
      expect(comparison.judge).toMatchObject({ kind: 'human', judged: 6, failed: 2 });
      const missing = comparison.missing.join('\n');
      expect(missing).toMatch(/1 of 7 pairs of .*annotations\.json are of other answers\./);
      expect(missing).toMatch(/compares answers and gives no rewards/);
      expect(comparison.verdict.winner).toBe('b');
    }));

  it('prompts that a model has no room for, and pairs it cannot read', () =>
    inTemporaryFolder(async (folder) => {
      const { rule } = writePrompts(folder, 1);
      const prompts = join(folder, 'long.jsonl');
      writeFileSync(prompts, asLines([{ prompt: 'Short' }, { prompt: 'long '.repeat(300) }]));
      const pairs = join(folder, 'pairs.jsonl');
      writeFileSync(
        pairs,
        asLines([
          { prompt: 'A', chosen: ' b', rejected: ' c' },
          { prompt: 'A', chosen: ' b', rejected: '' },
        ]),
      );
      const model = tinyModel(folder, 64);
      const { comparison } = await compared({
        systems: [{ source: model, name: 'small' }],
        prompts,
        pairs,
        judge: { kind: 'rule', module: rule },
        generation,
        cache: join(folder, 'cache'),
      });
      expect(comparison.systems[0]).toMatchObject({ answers: 1, preference: { n: 1 } });
      const missing = comparison.missing.join('\n');
      expect(missing).toMatch(/small: 1 of 2 prompts are too long, and have no answer\./);
      expect(missing).toMatch(/small: 1 empty response left out of \S+\.jsonl\./);
    }));

  it('runs of one seed each: that training varies is said', () =>
    inTemporaryFolder(async (folder) => {
      const { caveatsOf } = await import('../../src/evaluation/comparison/caveats.js');
      const system = { source: folder, base: false, answers: 0 } as const;
      const caveats = caveatsOf(
        [
          { ...system, name: 'a', kind: 'run' },
          { ...system, name: 'b', kind: 'run' },
        ],
        [],
        undefined,
        64,
      );
      expect(caveats.join()).toMatch(/one training with one seed/);
    }));
});
