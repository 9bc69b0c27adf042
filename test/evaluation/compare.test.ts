import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { compare } from '../../src/evaluation/comparison/compare.js';
import type { CompareConfigInput } from '../../src/evaluation/comparison/config.js';
import { tinyModel } from '../../src/feedback/testing/tiny-model.js';
import { memory } from '../../src/torch/index.js';
import { isBuilt, runCli } from '../faults/command-line.js';
import { inTemporaryFolder, writeSmallConfig } from '../faults/small-run.js';
import { asLines, compared, writePrompts } from './comparing.js';

const tinyBert = fileURLToPath(new URL('../fixtures/golden/encoder/tiny-bert', import.meta.url));
const generation = { maxTokens: 6, temperature: 1 } as const;

const answered = z.array(z.object({ instruction: z.string(), output: z.string(), generator: z.string() }));
const annotated = z.array(z.looseObject({ preference: z.number().nullable(), generator_1: z.string() }));

function readJsonAs<T>(schema: z.ZodType<T>, path: string): T {
  return schema.parse(JSON.parse(readFileSync(path, 'utf8')));
}

describe.runIf(isBuilt)('orpo compare', () => {
  it('sets a model, two runs and a file of answers side by side', { timeout: 600_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const model = tinyModel(folder, 512);
      for (const [name, adapter] of [
        ['lora', true],
        ['full', false],
      ] as const) {
        const trained = await runCli(['train', writeSmallConfig(folder, name, { model, adapter, maxSteps: 4 })]);
        expect(trained.code, trained.stderr).toBe(0);
      }
      const { prompts, rule } = writePrompts(folder, 24);
      const rows = readFileSync(prompts, 'utf8').trim().split('\n');
      const others = rows.slice(0, 22).map((row) => ({ prompt: JSON.parse(row).prompt, response: 'eee' }));
      writeFileSync(join(folder, 'others.jsonl'), asLines(others));
      const systems = [`base=${model}`, join(folder, 'lora'), join(folder, 'full'), join(folder, 'others.jsonl')];
      const shared = ['--prompts', prompts, '--pairs', join(folder, 'pairs.jsonl'), '--judge', rule];
      const settings = ['--max-tokens', '6', '--temperature', '1', '--cache', join(folder, 'cache')];
      const output = join(folder, 'comparison');
      const first = await runCli(['compare', ...systems.slice(0, 2), ...shared, ...settings, '--output', output]);
      expect(first.code, first.stderr).toBe(0);
      const ended = await runCli(['compare', ...systems, ...shared, ...settings, '--output', output]);
      expect(ended.code, ended.stderr).toBe(0);
      // only the systems that are new are asked
      const asked = ended.records.filter(({ type, done, total }) => type === 'answers' && done === total);
      expect(asked.map(({ system, cached }) => [system, cached])).toEqual([
        ['base', 24],
        ['lora', 24],
        ['full', 0],
      ]);

      expect(ended.last).toMatchObject({
        type: 'result',
        report: join(output, 'report.html'),
        verdict: { basis: 'win rate', level: 0.05, correction: 'holm' },
        systems: [
          { name: 'base', kind: 'model', base: true, answers: 24 },
          { name: 'lora', kind: 'run', method: 'orpo', adapter: true, model },
          { name: 'full', kind: 'run', method: 'orpo', adapter: false },
          { name: 'others', kind: 'answers', answers: 22 },
        ],
      });
      expect(readdirSync(output).sort()).toEqual([
        'annotations.json',
        'answers',
        'config.json',
        'report.html',
        'report.json',
        'report.md',
      ]);
      const report = JSON.parse(readFileSync(join(output, 'report.json'), 'utf8'));
      expect(report.prompts).toMatchObject({ path: prompts, n: 24 });
      expect(report.pairs).toMatchObject({ n: 22 });
      expect(report.generation).toMatchObject({ maxTokens: 6, temperature: 1, samples: 1, precision: 'fp32' });
      expect(report.contests).toHaveLength(6);
      const [, lora, full, file] = report.systems;
      expect(lora.preference).toMatchObject({ n: 22, against: { accuracy: { n: 22 } } });
      expect(lora.training.curves.map(({ metric }: { metric: string }) => metric)).toContain('logps/chosen');
      expect(full.cost).toMatchObject({ steps: 4, diskBytes: expect.any(Number) });
      expect(file.preference).toBeUndefined();
      expect(
        report.contests.find(({ a, b }: { a: string; b: string }) => a === 'others' && b === 'base'),
      ).toMatchObject({
        winRate: { n: 22, missing: 2 },
      });
      expect(report.rewards.n).toBe(22);
      expect(report.missing).toEqual(
        expect.arrayContaining([
          'others: no answer to 2 of 24 prompts.',
          'others: no scored pairs, so no preference figures.',
        ]),
      );
      expect(report.rows).toHaveLength(24);
      expect(report.rows[23].answers[3]).toEqual({});
      const answers = readJsonAs(answered, join(output, 'answers', 'lora.json'));
      expect(answers).toHaveLength(24);
      expect(answers[0]?.output).toBe(report.rows[0].answers[1].text);
      const annotations = readJsonAs(annotated, join(output, 'annotations.json'));
      expect(annotations).toHaveLength(3 * 24 + 3 * 22);
      expect(readFileSync(join(output, 'report.md'), 'utf8')).toContain('## Cost of the training');

      // its own annotations, read back as people's choices, give its own win rates
      const again = await runCli([
        'compare',
        ...['base', 'lora'].map((name) => join(output, 'answers', `${name}.json`)),
        '--judge',
        join(output, 'annotations.json'),
        '--output',
        join(folder, 'again'),
        ...settings,
      ]);
      expect(again.code, again.stderr).toBe(0);
      const rates = (contests: unknown) => z.array(z.object({ winRate: z.unknown() })).parse(contests)[0]?.winRate;
      expect(rates(again.last?.contests)).toEqual(report.contests[0].winRate);
    }),
  );

  it('says on a terminal what can be concluded, and measures one system alone', { timeout: 300_000 }, () =>
    inTemporaryFolder(async (folder) => {
      const model = tinyModel(folder, 512);
      const { prompts, rule } = writePrompts(folder, 8);
      const settings = ['--prompts', prompts, '--judge', rule, '--max-tokens', '4', '--cache', join(folder, 'cache')];
      const ended = await runCli(['compare', model, model, '--seeds', '1,2', ...settings], { cwd: folder });
      expect(ended.code, ended.stderr).toBe(0);
      expect(ended.stderr).toMatch(/Nothing can be concluded: llama-512 2 is preferred to llama-512 on \d/);
      expect(existsSync(join(folder, 'comparison', 'report.md'))).toBe(true);
      const alone = await runCli(['eval', model, ...settings]);
      expect(alone.code, alone.stderr).toBe(0);
      expect(alone.last).toMatchObject({
        type: 'result',
        system: { name: 'llama-512', answers: 8 },
        rewards: { n: 8 },
      });
      expect(alone.last).not.toHaveProperty('report');
      const outputs = join(folder, 'comparison', 'answers', 'llama-512 2.json');
      const against = await runCli(['eval', model, ...settings, '--reference-outputs', outputs]);
      expect(against.last).toMatchObject({
        system: { name: 'llama-512' },
        reference: { name: 'reference', base: true },
        contests: [{ a: 'llama-512', b: 'reference', winRate: { n: 8 } }],
      });
    }),
  );
});

describe('the library', () => {
  it('answers by content: the same prompt in another file and place is not answered again', () =>
    inTemporaryFolder(async (folder) => {
      const model = tinyModel(folder, 512);
      const { prompts } = writePrompts(folder, 5);
      const shared = { systems: [model], generation: { ...generation, samples: 2 }, cache: join(folder, 'cache') };
      const before = memory();
      const first = await compared({ ...shared, prompts });
      expect(memory()).toMatchObject({ bytes: before.bytes, handles: before.handles });
      expect(first.comparison.systems[0]).toMatchObject({
        answers: 10,
        diversity: { perInput: { selfBleu: { n: 5 } } },
      });
      const turned = join(folder, 'turned.jsonl');
      const rows = readFileSync(prompts, 'utf8').trim().split('\n');
      writeFileSync(turned, ['{"prompt": "New"}', ...rows.reverse(), rows[0]].join('\n'));
      const second = await compared({ ...shared, prompts: turned });
      expect(second.events.filter(({ type }) => type === 'answers').at(-1)).toMatchObject({ done: 6, cached: 5 });
      expect(second.comparison.prompts).toMatchObject({ n: 6, dropped: { 'repeated prompt': 1 } });
      const texts = (rowsOf: typeof first.comparison.rows) => rowsOf.map(({ answers }) => answers[0]?.text);
      expect(texts(second.comparison.rows).slice(1).reverse()).toEqual(texts(first.comparison.rows));
      const other = await compared({ ...shared, prompts, generation: { ...generation, samples: 2, seed: 1 } });
      expect(texts(other.comparison.rows)).not.toEqual(texts(first.comparison.rows));
      // other weights under the same name are another model
      cpSync(model, join(folder, 'before'), { recursive: true });
      const config = join(model, 'generation_config.json');
      writeFileSync(config, JSON.stringify({ eos_token_id: [5, 6] }));
      const changed = await compared({ ...shared, prompts });
      expect(changed.events.filter(({ type }) => type === 'answers').at(-1)).toMatchObject({ cached: 0 });
    }));

  it.each(['hidden', 'minilm'] as const)('similarity by %s vectors', (embeddings) =>
    inTemporaryFolder(async (folder) => {
      const { prompts } = writePrompts(folder, 4);
      const before = memory();
      const { comparison } = await compared({
        systems: [tinyModel(folder, 512)],
        prompts,
        generation: { ...generation, samples: 2 },
        embeddings,
        encoder: tinyBert,
        cache: join(folder, 'cache'),
      });
      expect(memory()).toMatchObject({ bytes: before.bytes, handles: before.handles });
      const [system] = comparison.systems;
      expect(system?.embeddings).toBe(embeddings);
      expect(system?.diversity?.acrossInputs.similarity).toMatchObject({ n: 4, value: expect.any(Number) });
      expect(system?.diversity?.perInput.similarity).toMatchObject({ n: 4 });
    }),
  );

  it('stops when told to, and goes on from there', () =>
    inTemporaryFolder(async (folder) => {
      const { prompts, rule } = writePrompts(folder, 12);
      const config: CompareConfigInput = {
        systems: [{ source: tinyModel(folder, 512), name: 'a' }],
        prompts,
        judge: { kind: 'rule', module: rule },
        generation: { ...generation, batch: 2 },
        cache: join(folder, 'cache'),
      };
      const controller = new AbortController();
      const seen: string[] = [];
      for await (const event of compare(config, { signal: controller.signal })) {
        seen.push(event.type);
        if (seen.length === 4) controller.abort();
      }
      expect(seen).toEqual(['start', 'answers', 'answers', 'answers', 'interrupted']);
      const { events, comparison } = await compared(config);
      expect(events.filter(({ type }) => type === 'answers').at(-1)).toMatchObject({ done: 12, cached: 6 });
      const whole = await compared({ ...config, cache: join(folder, 'other') });
      expect(comparison.rows).toEqual(whole.comparison.rows);
    }));

  it('a folder that holds something else is left alone', () =>
    inTemporaryFolder(async (folder) => {
      const { prompts } = writePrompts(folder, 2);
      mkdirSync(join(folder, 'out'));
      writeFileSync(join(folder, 'out', 'thesis.tex'), '');
      await expect(compared({ systems: ['a', 'b'], prompts, output: join(folder, 'out') })).rejects.toThrow(
        /holds thesis\.tex, which no comparison wrote/,
      );
    }));
});
