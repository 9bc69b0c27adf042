import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { type LoadedModel, loadModel } from '../models/load-model.js';
import { ensureEngine } from '../torch/engine/ensure-engine.js';
import { memory } from '../torch/index.js';
import { generate, streamText } from './generate.js';
import { type GenerateIdsOptions, generateIds } from './generate-ids.js';

const ROOT = join(import.meta.dirname, '../..');
const MODELS = join(ROOT, 'test/fixtures/golden/models');
const STORIES = join(ROOT, process.env.ORPO_MODELS_DIR ?? '../shared/models', 'stories260k');

const expectedSchema = z.object({
  input_ids: z.array(z.array(z.number())),
  greedy_12: z.array(z.array(z.number())),
});

const NO_ENDS = { endIds: [] };

function collect(loaded: LoadedModel, prompts: readonly Int32Array[], options: GenerateIdsOptions): number[][] {
  const rows: number[][] = prompts.map(() => []);
  for (const { row, id } of generateIds(loaded.model, prompts, options)) rows[row]?.push(id);
  return rows;
}

const alive = () => {
  const { handles, bytes } = memory();
  return { handles, bytes };
};

beforeAll(async () => {
  await ensureEngine({ install: false });
});

const withExpectations = readdirSync(MODELS).filter((name) => existsSync(join(MODELS, name, 'expected.json')));

describe.each(withExpectations)('%s', (name) => {
  it('generates the tokens of the reference, rows together and alone, and leaves nothing', async () => {
    const expected = expectedSchema.parse(JSON.parse(readFileSync(join(MODELS, name, 'expected.json'), 'utf8')));
    const loaded = await loadModel(join(MODELS, name));
    const before = alive();
    const prompts = expected.input_ids.map((ids) => Int32Array.from(ids));
    const options = { ...NO_ENDS, maxTokens: 12 };
    expect(collect(loaded, prompts, options)).toEqual(expected.greedy_12);
    expect(collect(loaded, prompts, { ...options, batch: 1 })).toEqual(expected.greedy_12);
    expect(alive()).toEqual(before);
    loaded.dispose();
  });
});

describe('generateIds', () => {
  let loaded: LoadedModel;
  let prompts: Int32Array[];
  beforeAll(async () => {
    loaded = await loadModel(join(MODELS, 'llama'));
    prompts = [[5, 6, 7], [8], [9, 10, 11, 12, 13, 14], [15, 16]].map((ids) => Int32Array.from(ids));
  });
  afterAll(() => loaded.dispose());

  it('draws the same tokens whatever rows share a batch', () => {
    const options = {
      ...NO_ENDS,
      maxTokens: 20,
      temperature: 1.3,
      topK: 50,
      topP: 0.95,
      repetitionPenalty: 1.1,
      seed: 4,
    };
    const together = collect(loaded, prompts, options);
    expect(collect(loaded, prompts, { ...options, batch: 1 })).toEqual(together);
    expect(collect(loaded, prompts, { ...options, batch: 3 })).toEqual(together);
    const [, , third] = prompts;
    expect(collect(loaded, third === undefined ? [] : [third], { ...options, streams: [2] })).toEqual([together[2]]);
    expect(collect(loaded, prompts, { ...options, seed: 5 })).not.toEqual(together);
  });

  it('lets rows end one by one', () => {
    const free = collect(loaded, prompts, { ...NO_ENDS, maxTokens: 15, temperature: 1, seed: 1 });
    const endIds = free.map((ids, row) => ids[3 * row + 1] ?? 0);
    const ended: number[][] = prompts.map(() => []);
    const reasons: (string | undefined)[] = [];
    for (const { row, id, stop } of generateIds(loaded.model, prompts, {
      endIds,
      maxTokens: 15,
      temperature: 1,
      seed: 1,
    })) {
      expect(reasons[row]).toBeUndefined();
      ended[row]?.push(id);
      reasons[row] = stop;
    }
    for (const [row, ids] of free.entries()) {
      const end = ids.findIndex((id) => endIds.includes(id));
      expect(ended[row]).toEqual(ids.slice(0, end + 1));
    }
    expect(reasons).toEqual(['end', 'end', 'end', 'end']);
  });

  it("stops where the model's positions end", () => {
    const { positions } = loaded.model.sizes;
    const prompt = Int32Array.from({ length: positions - 2 }, (_, i) => i % 50);
    const [ids] = collect(loaded, [prompt], { ...NO_ENDS, maxTokens: 100 });
    expect(ids).toHaveLength(3);
    const tooLong = new Int32Array(positions + 1);
    expect(() => collect(loaded, [tooLong], NO_ENDS)).toThrow(/Prompt 1 has \d+ tokens/);
    expect(() => collect(loaded, [new Int32Array(0)], NO_ENDS)).toThrow('Prompt 1 has no tokens.');
  });

  it('leaves nothing when the consumer stops early or fails', () => {
    const before = alive();
    for (const { row } of generateIds(loaded.model, prompts, NO_ENDS)) if (row === 2) break;
    expect(alive()).toEqual(before);
    expect(() => {
      for (const { id } of generateIds(loaded.model, prompts, { ...NO_ENDS, temperature: 1 }))
        throw new Error(String(id));
    }).toThrow();
    expect(alive()).toEqual(before);
    const opened = generateIds(loaded.model, prompts, NO_ENDS);
    opened.next();
    expect(alive()).not.toEqual(before);
    opened.return();
    expect(alive()).toEqual(before);
  });

  it('names a wrong setting', () => {
    expect(() => collect(loaded, prompts, { ...NO_ENDS, topP: 0 })).toThrow(/^generation\.topP: /);
  });
});

describe('generate', () => {
  it.each(['gemma2', 'mistral-sliding'])('runs %s in bfloat16', async (name) => {
    const loaded = await loadModel(join(MODELS, name), { precision: 'bf16' });
    const before = alive();
    const outputs = generate(loaded, ['hello', 'a longer prompt than that'], {
      maxTokens: 10,
      temperature: 0.8,
      seed: 1,
    });
    for (const { tokens, stop } of outputs) expect(stop === 'end' || tokens === 10).toBe(true);
    expect(alive()).toEqual(before);
    loaded.dispose();
  });

  it('applies the chat template, streams the same text and leaves out the end', async () => {
    const loaded = await loadModel(join(MODELS, 'llama'));
    const before = alive();
    const options = { maxTokens: 10, temperature: 1.5, seed: 3 };
    const messages = [{ role: 'user', content: 'hello' }];
    const outputs = generate(loaded, ['hello', messages], { ...options, batch: 1 });
    for (const { prompt, text, ids, tokens, stop } of outputs) {
      expect(tokens).toBe(ids.length);
      const inner = stop === 'end' ? ids.slice(0, -1) : ids;
      expect(text).toBe(loaded.tokenizer.decode([...inner], { skipSpecialTokens: true }));
      expect(prompt === 'hello' || prompt === messages).toBe(true);
    }
    expect([...streamText(loaded, messages, options)].join('')).toBe(outputs[0]?.text);
    const rendered = loaded.template?.render(messages, { addGenerationPrompt: true }) ?? '';
    const [ids = []] = collect(loaded, [Int32Array.from(loaded.tokenizer.encode(rendered))], {
      ...options,
      endIds: loaded.endIds,
    });
    expect([...(outputs[0]?.ids ?? [])]).toEqual(ids);
    expect(alive()).toEqual(before);
    loaded.dispose();
  });
});

describe.skipIf(!existsSync(STORIES))(
  `stories260k${existsSync(STORIES) ? '' : ' (skipped: no such model folder)'}`,
  () => {
    const START = ', there was a little girl named Lily. She loved to play outside in the park.';
    let loaded: LoadedModel;
    beforeAll(async () => {
      loaded = await loadModel(STORIES);
    });
    afterAll(() => loaded.dispose());

    it('continues a text as the reference does', () => {
      const [output] = generate(loaded, ['Once upon a time'], { maxTokens: 80 });
      expect(output?.text.slice(0, START.length)).toBe(START);
      expect(output?.stop).toBe('length');
      expect(output?.tokens).toBe(80);
    });

    it('streams pieces and stops at a text', () => {
      const pieces = [...streamText(loaded, 'Once upon a time', { maxTokens: 80, stop: ['Lily. She'] })];
      expect(pieces.length).toBeGreaterThan(5);
      expect(pieces.join('')).toBe(', there was a little girl named ');
      const [output] = generate(loaded, ['Once upon a time'], { stop: ['Lily. She'] });
      expect(output).toMatchObject({ text: ', there was a little girl named ', stop: 'stop string' });
    });

    it('keeps the space between the prompt and what follows', () => {
      const [output] = generate(loaded, ['Once upon a'], { maxTokens: 10 });
      expect(output?.text).toMatch(/^ time/);
    });

    it('writes messages as a dialogue', () => {
      const [output] = generate(loaded, [[{ role: 'user', content: 'Tell me a story.' }]], { maxTokens: 10 });
      expect(output?.text).not.toBe('');
      expect(output?.text.startsWith(' ')).toBe(false);
    });
  },
);
