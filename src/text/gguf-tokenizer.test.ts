import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { readGguf } from '../files/gguf.js';
import { encodeSplit } from './encode-split.js';
import { closeResponse, endOfTurnIds, stopIds } from './end-of-turn.js';
import { chatTemplateFor, templateOfGguf } from './find-chat-template.js';
import { tokenizerFromGguf } from './gguf-tokenizer.js';
import type { GgufMetadata } from './gguf-vocabulary.js';
import { renderPrompt, splitRender } from './render-conversation.js';
import { byteTokenizerJson, SPECIAL } from './testdata/byte-tokenizer.js';
import { tokenizerFromJson } from './tokenizer-json.js';

const merges = [
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
  ['1', '2'],
  ['12', '3'],
] as const;
const json = byteTokenizerJson(merges);
const vocabulary = Object.keys(json.model.vocab);
const tokens = vocabulary.sort((a, b) => (json.model.vocab[a] ?? 0) - (json.model.vocab[b] ?? 0));

function metadata(changes: Record<string, unknown> = {}): GgufMetadata {
  return new Map<string, unknown>(
    Object.entries({
      'tokenizer.ggml.model': 'gpt2',
      'tokenizer.ggml.pre': 'gpt-2',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.token_type': tokens.map((_, id) => (id >= 256 && id < 256 + SPECIAL.length ? 3 : 1)),
      'tokenizer.ggml.merges': merges.map((pair) => pair.join(' ')),
      'tokenizer.ggml.bos_token_id': 256,
      'tokenizer.ggml.eos_token_id': 257n,
      'tokenizer.ggml.padding_token_id': 0xffff_ffff,
      ...changes,
    }),
  );
}

describe('byte pairs in GGUF metadata', () => {
  it('give the ids of the tokenizer.json they stand for', () => {
    const fromGguf = tokenizerFromGguf(metadata());
    const fromJson = tokenizerFromJson({ tokenizerJson: json });
    fc.assert(
      fc.property(
        fc.array(fc.oneof(fc.constantFrom('the', ' the', '123', ...SPECIAL), fc.string({ unit: 'grapheme' }))),
        (parts) => {
          const text = parts.join('');
          expect(fromGguf.encode(text)).toEqual(fromJson.encode(text));
          expect(fromGguf.decode(fromGguf.encode(text))).toBe(text);
        },
      ),
    );
    expect([fromGguf.bos, fromGguf.eos, fromGguf.pad]).toEqual([256, 257, undefined]);
  });

  it('add BOS where the file says so, or where its pre-tokenizer does and the file is silent', () => {
    const dressed = (changes: Record<string, unknown>) =>
      tokenizerFromGguf(metadata(changes)).encode('a', { addSpecialTokens: true });
    expect(dressed({})).toEqual([97]);
    expect(dressed({ 'tokenizer.ggml.add_bos_token': true })).toEqual([256, 97]);
    expect(dressed({ 'tokenizer.ggml.pre': 'llama-bpe' })).toEqual([256, 97]);
    expect(dressed({ 'tokenizer.ggml.pre': 'llama-bpe', 'tokenizer.ggml.add_bos_token': false })).toEqual([97]);
    expect(dressed({ 'tokenizer.ggml.add_eos_token': true })).toEqual([97, 257]);
  });

  it.each([
    ['gpt-2', '12345', ['123', '4', '5']],
    ['smollm', '12345', ['1', '2', '3', '4', '5']],
    ['qwen2', '12345', ['1', '2', '3', '4', '5']],
    ['llama-bpe', '12345', ['123', '4', '5']],
    ['llama-bpe', '4123', ['4', '12', '3']],
    ['gpt-2', '4123', ['4', '123']],
    ['default', '4123', ['4', '12', '3']],
    ['deepseek-v3', '4123', ['4', '12', '3']],
    ['tekken', '12 the', ['1', '2', 'Ġthe']],
    ['gpt-4o', '4123 the', ['4', '12', '3', 'Ġthe']],
    ['falcon', '4123', ['4', '12', '3']],
    ['deepseek-coder', '12', ['1', '2']],
  ])('cut by "%s": %s', (pre, text, pieces) => {
    const tokenizer = tokenizerFromGguf(metadata({ 'tokenizer.ggml.pre': pre }));
    expect(tokenizer.encode(text).map((id) => tokenizer.tokenText(id))).toEqual(pieces);
  });

  it.each([
    ['an unknown model', { 'tokenizer.ggml.model': 'rwkv' }, /"rwkv"/],
    ['no model', { 'tokenizer.ggml.model': undefined }, /no tokenizer/],
    ['an unknown pre-tokenizer', { 'tokenizer.ggml.pre': 'martian' }, /"martian"/],
    ['no tokens', { 'tokenizer.ggml.tokens': undefined }, /tokenizer\.ggml\.tokens/],
    ['tokens that are numbers', { 'tokenizer.ggml.tokens': [1, 2] }, /tokenizer\.ggml\.tokens/],
    ['merges without a space', { 'tokenizer.ggml.merges': ['ab'] }, /tokenizer\.ggml\.merges/],
    ['kinds that are a text', { 'tokenizer.ggml.token_type': 'x' }, /tokenizer\.ggml\.token_type/],
    ['too few scores', { 'tokenizer.ggml.model': 'llama', 'tokenizer.ggml.scores': [1] }, /tokenizer\.ggml\.scores/],
  ])('are refused with %s', (_what, changes, message) => {
    expect(() => tokenizerFromGguf(metadata(changes))).toThrow(message);
    expect(() => tokenizerFromGguf(metadata(changes))).toThrow(expect.objectContaining({ code: 'tokenizer' }));
  });
});

const path = process.env.ORPO_SMOLLM2_GGUF;
const golden = join(resolve(process.env.GOLDEN_DIR ?? '../shared/golden'), 'real/smollm2-135m-instruct.json');
const ids = z.array(z.number());
const messages = z.array(z.object({ role: z.string(), content: z.string() }));
const realSchema = z.object({
  encode: z.array(z.object({ text: z.string(), ids, decoded: z.string() })),
  chat: z.array(z.object({ messages, add_generation_prompt: z.boolean(), text: z.string() })),
  next_token: z.array(z.object({ question: z.string(), input_ids: ids, greedy_ids: ids, greedy_text: z.string() })),
  pairs: z.array(
    z.object({
      messages,
      prompt: z.string(),
      chosen: z.string(),
      rejected: z.string(),
      prompt_ids: ids,
      chosen_ids: ids,
      rejected_ids: ids,
    }),
  ),
});

function loadReal() {
  const gguf = readGguf(path ?? '');
  const tokenizer = tokenizerFromGguf(gguf.metadata, path);
  const template = chatTemplateFor(tokenizer, templateOfGguf(gguf.metadata) ?? '');
  return { tokenizer, template, real: realSchema.parse(JSON.parse(readFileSync(golden, 'utf8'))) };
}

const missing = path === undefined || !existsSync(golden);
describe.skipIf(missing)('SmolLM2-135M-Instruct (ORPO_SMOLLM2_GGUF and GOLDEN_DIR, skipped without)', () => {
  let loaded: ReturnType<typeof loadReal> | undefined;
  const given = () => {
    loaded ??= loadReal();
    return loaded;
  };

  it('encodes and decodes the golden texts', () => {
    const { tokenizer, real } = given();
    for (const { text, ids: expected, decoded } of real.encode) {
      expect(tokenizer.encode(text)).toEqual(expected);
      expect(tokenizer.decode(expected)).toBe(decoded);
    }
    expect(real.encode.length).toBeGreaterThan(5);
  });

  it('renders the golden conversations', () => {
    const { template, real } = given();
    for (const { messages: conversation, add_generation_prompt: addGenerationPrompt, text } of real.chat) {
      expect(template.render(conversation, { addGenerationPrompt })).toBe(text);
    }
    expect(real.chat.length).toBeGreaterThan(2);
  });

  it('gives the golden prompts and decodes the golden answers', () => {
    const { tokenizer, template, real } = given();
    for (const { question, input_ids, greedy_ids, greedy_text } of real.next_token) {
      expect(tokenizer.encode(renderPrompt(template, [{ role: 'user', content: question }]))).toEqual(input_ids);
      expect(tokenizer.decode(greedy_ids)).toBe(greedy_text);
    }
    expect(real.next_token.length).toBeGreaterThan(1);
  });

  it('splits the golden pairs into prompt and responses', () => {
    const { tokenizer, template, real } = given();
    for (const pair of real.pairs) {
      for (const [response, expected] of [
        [pair.chosen, pair.chosen_ids],
        [pair.rejected, pair.rejected_ids],
      ] as const) {
        const content = response.slice(0, response.lastIndexOf('<|im_end|>'));
        const split = splitRender(template, pair.messages, [{ role: 'assistant', content }]);
        expect(split).toEqual({ prompt: pair.prompt, response });
        const encoded = encodeSplit(tokenizer, split.prompt, split.response);
        expect(encoded).toEqual({ prompt: pair.prompt_ids, response: expected });
        expect(closeResponse(tokenizer, template, encoded.response)).toEqual(expected);
      }
    }
    expect(real.pairs.length).toBeGreaterThan(1);
  });

  it('ends turns with <|im_end|> and a new line', () => {
    const { tokenizer, template } = given();
    expect(endOfTurnIds(tokenizer, template)).toEqual([2, 198]);
    expect([...stopIds(tokenizer, template)]).toEqual([2]);
  });

  it('gives back every text but for control characters that its vocabulary lacks', () => {
    const { tokenizer } = given();
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', maxLength: 40 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });
});
