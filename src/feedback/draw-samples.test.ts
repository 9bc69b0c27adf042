import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { sampleConfig } from './config.js';
import { drawSamples, readDrawn } from './draw-samples.js';
import { temporaryFolder, tinyModel } from './testing/tiny-model.js';

const folder = temporaryFolder();
const chat = tinyModel(folder, 512);
const plain = tinyModel(folder, 256);
const PROMPTS = Array.from({ length: 40 }, (_, i) => `What is ${i}?`);

beforeAll(async () => {
  await ensureEngine({ install: false });
  rmSync(join(plain, 'chat_template.jinja'));
});

async function drawn(model: string): Promise<string[]> {
  const prompts = join(folder, 'prompts.jsonl');
  writeFileSync(prompts, PROMPTS.map((prompt) => JSON.stringify({ prompt })).join('\n'));
  const sample = sampleConfig.parse({ model, samples: 8, maxTokens: 3, batch: 64 });
  const path = join(folder, `${model.split('/').at(-1)}.jsonl`);
  for await (const _ of drawSamples({ onMalformed: 'stop', seed: 5 }, sample, prompts, path, { seed: 5 }));
  return readDrawn(path).flatMap((line) => ('responses' in line ? line.responses : []));
}

it('keeps the space a text goes on with, which parts it from its prompt, and no other', async () => {
  const before = memory().handles;
  const goesOn = await drawn(plain);
  const answers = await drawn(chat);
  expect(memory().handles).toBe(before);
  expect(goesOn).toHaveLength(8 * PROMPTS.length);
  expect(goesOn.some((text) => /^\s/.test(text))).toBe(true);
  for (const text of goesOn) expect(text).toBe(text.trimEnd());
  for (const text of answers) expect(text).toBe(text.trim());
});
