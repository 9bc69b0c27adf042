import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { expect, it } from 'vitest';
import { tinyModel } from '../src/feedback/testing/tiny-model.js';
import { aboutBrowser, executablePath, launch, openPage } from './browser/open-page.js';
import { inTemporaryFolder, writePairs } from './faults/small-run.js';

const root = fileURLToPath(new URL('..', import.meta.url));
const model = join(root, 'test/fixtures/golden/models/llama');

function example(name: string, ...args: string[]) {
  return spawnSync(process.execPath, [join(root, 'examples', name), ...args], { cwd: root, encoding: 'utf8' });
}

// the examples import the built package by its name
it.runIf(existsSync(join(root, 'dist/index.js')))('the example programs train, score and generate', () =>
  inTemporaryFolder(async (folder) => {
    const pairs = join(folder, 'pairs.jsonl');
    writePairs(pairs, 24);
    const output = join(folder, 'run');
    const training = example('train.mjs', model, pairs, output, '3');
    expect(training.stderr).toBe('');
    expect(training.stdout).toMatch(/step 3 of 3: loss \d/);
    expect(existsSync(join(output, 'adapter/adapter_model.safetensors'))).toBe(true);
    const scoring = example('score-and-generate.mjs', model, pairs, 'Question 1: what follows?');
    expect(scoring.stderr).toBe('');
    expect(scoring.status).toBe(0);
  }),
);

it.runIf(existsSync(join(root, 'dist/index.js')))(`the example program compares what it trained${aboutBrowser}`, () =>
  inTemporaryFolder(async (folder) => {
    const output = join(folder, 'compared');
    const comparing = example('compare.mjs', tinyModel(folder, 512), output, '2', '6');
    expect(comparing.stderr).toBe('');
    expect(comparing.status).toBe(0);
    expect(comparing.stdout).toMatch(/Nothing can be concluded between any two of the 4 systems\./);
    const report: unknown = JSON.parse(readFileSync(join(output, 'comparison/report.json'), 'utf8'));
    expect(report).toMatchObject({
      systems: ['base', 'sft', 'dpo', 'orpo'].map((name) => ({ name, answers: 6, preference: { n: 48 } })),
      judge: { kind: 'reward', judged: 36 },
    });
    if (executablePath === undefined) return;
    const browser = await launch();
    try {
      for (const width of [390, 1280]) {
        const { page, said } = await openPage(browser, pathToFileURL(join(output, 'comparison/report.html')).href, {
          width,
        });
        expect(await page.evaluate('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
        expect(said).toEqual([]);
      }
    } finally {
      await browser.close();
    }
  }),
);
