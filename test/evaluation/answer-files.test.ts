import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { CompareConfigInput } from '../../src/evaluation/comparison/config.js';
import { readAnswers } from '../../src/evaluation/win-rate/answers.js';
import { answer, chatServer, longer } from '../../src/feedback/testing/chat-server.js';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import { memory } from '../../src/torch/index.js';
import { inTemporaryFolder } from '../faults/small-run.js';
import { asLines, compared, RULE } from './comparing.js';

const PROMPTS = Array.from({ length: 30 }, (_, at) => `Question number ${at}?`);

/** Files of answers with more or fewer an e, and a rule that counts them. */
function writeAnswerFiles(folder: string) {
  const written = (name: string, answers: (at: number) => readonly string[]): string => {
    const path = join(folder, `${name}.jsonl`);
    const rows = PROMPTS.flatMap((prompt, at) => answers(at).map((response) => ({ prompt, response })));
    writeFileSync(path, asLines(rows));
    return path;
  };
  const rule = join(folder, 'rule.mjs');
  writeFileSync(rule, RULE);
  return {
    written,
    once: written('once', (at) => [`one ${'e '.repeat(at % 4)}of ${at}`]),
    thrice: written('thrice', (at) => ['tea', 'bee', 'sea'].map((word) => `${word} ${'e '.repeat((at * 7) % 5)}${at}`)),
    judge: { kind: 'rule', module: rule } as const,
  };
}

describe('files of answers', () => {
  it('with one answer beside three samples are described by that one, and judged with it each time', () =>
    inTemporaryFolder(async (folder) => {
      const { once, thrice, judge } = writeAnswerFiles(folder);
      const { comparison } = await compared({
        systems: [once, thrice],
        judge,
        generation: { samples: 3 },
        output: join(folder, 'out'),
        cache: join(folder, 'cache'),
      });
      const [one, three] = comparison.systems;
      expect(one).toMatchObject({ answers: 30, diversity: { shape: { answers: 30 } } });
      expect(three).toMatchObject({ answers: 90, diversity: { shape: { answers: 90 } } });
      // one answer has no other to be compared with
      expect(one?.diversity?.perInput.selfBleu).toMatchObject({ n: 0 });
      expect(three?.diversity?.perInput.selfBleu).toMatchObject({ n: 30 });
      expect((await readAnswers(join(folder, 'out/answers/once.json'))).answers).toHaveLength(30);
      expect((await readAnswers(join(folder, 'out/answers/thrice.json'))).answers).toHaveLength(90);
      expect(comparison.contests[0]?.winRate.n).toBe(30);
    }));

  it('are judged by a language model here, in both orders, and each pair once', () =>
    inTemporaryFolder(async (folder) => {
      const { written } = writeAnswerFiles(folder);
      const answers = (word: string) => (at: number) => (at < 4 ? [`${word} ${at}`] : []);
      const config: CompareConfigInput = {
        systems: [written('a', answers('yes')), written('b', answers('no'))],
        judge: { kind: 'model', model: tinyModel(folder, 512) },
        cache: join(folder, 'cache'),
      };
      const before = memory();
      const { comparison, events } = await compared(config);
      expect(memory()).toMatchObject({ bytes: before.bytes, handles: before.handles });
      expect(comparison.judge).toMatchObject({
        kind: 'model',
        judged: 4,
        failed: 0,
        position: { consistent: { n: 4 } },
      });
      expect(comparison.contests[0]?.winRate.n).toBe(4);
      const again = await compared(config);
      expect(again.comparison.contests).toEqual(comparison.contests);
      expect(again.events.length).toBeLessThanOrEqual(events.length);
    }));

  it('are judged by an endpoint, in both orders, which is not asked again', () =>
    inTemporaryFolder(async (folder) => {
      const { once, thrice } = writeAnswerFiles(folder);
      const server = await chatServer((response, { text }) => answer(response, longer(text)));
      const judge = { kind: 'endpoint', url: server.url, model: 'm', cache: join(folder, 'judgements') } as const;
      const config = { systems: [once, thrice], judge, cache: join(folder, 'cache') };
      const { comparison } = await compared(config);
      expect(comparison.judge).toMatchObject({ kind: 'endpoint', judged: 30, failed: 0 });
      // it looks at lengths alone: only where they are equal does it matter which stands first
      const { value = 0, n } = comparison.judge?.position?.consistent ?? {};
      expect(n).toBe(30);
      expect(value).toBeGreaterThan(0.8);
      const asked = server.asked.length;
      expect(asked).toBe(60);
      const again = await compared(config);
      expect(again.comparison.contests).toEqual(comparison.contests);
      expect(server.asked.length).toBe(asked);
    }));

  it('take the difficulty of prompts into the length-controlled win rate, where all have one', () =>
    inTemporaryFolder(async (folder) => {
      const { once, thrice, judge } = writeAnswerFiles(folder);
      const difficulties = join(folder, 'difficulties.jsonl');
      const shared = { systems: [once, thrice], judge, difficulties, cache: join(folder, 'cache') };
      const rows = PROMPTS.map((prompt, at) => ({ prompt, difficulty: Math.sin(at) }));
      writeFileSync(difficulties, asLines(rows));
      const whole = await compared(shared);
      expect(whole.comparison.contests[0]?.lengthControlled).toMatchObject({
        form: 'length_controlled_noreg',
        coefficients: { difficulty: expect.any(Number) },
      });
      writeFileSync(difficulties, asLines(rows.slice(2)));
      const { comparison } = await compared(shared);
      expect(comparison.contests[0]?.lengthControlled?.form).toBe('length_controlled_minimal');
      expect(comparison.missing.join()).toMatch(/2 of 30 prompts have no difficulty/);
      writeFileSync(difficulties, '{"prompt": "a", "difficulty": "hard"}\n');
      await expect(compared(shared)).rejects.toThrow(/difficulties\.jsonl.*1.*"difficulty" is not a number/);
    }));
});
