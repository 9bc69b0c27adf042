import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { tokenizerFromGguf } from './gguf-tokenizer.js';
import { mergeByScore } from './score-merging.js';

const fixture = z
  .object({
    tokens: z.array(z.string()),
    scores: z.array(z.number()),
    kinds: z.array(z.number()),
    cases: z.array(z.object({ text: z.string(), ids: z.array(z.number()) })),
  })
  .parse(JSON.parse(readFileSync(new URL('testdata/sentencepiece-bpe.json', import.meta.url), 'utf8')));

const metadata = (changes: Record<string, unknown> = {}) =>
  new Map<string, unknown>(
    Object.entries({
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.tokens': fixture.tokens,
      'tokenizer.ggml.scores': Float32Array.from(fixture.scores),
      'tokenizer.ggml.token_type': Int32Array.from(fixture.kinds),
      'tokenizer.ggml.unknown_token_id': 0,
      'tokenizer.ggml.bos_token_id': 1,
      'tokenizer.ggml.eos_token_id': 2,
      ...changes,
    }),
  );

describe('a SentencePiece vocabulary in GGUF metadata', () => {
  const tokenizer = tokenizerFromGguf(metadata());

  it.each(fixture.cases)('encodes $text as SentencePiece does', ({ text, ids }) => {
    expect(tokenizer.encode(text)).toEqual(ids);
    expect(tokenizer.decode(ids)).toBe(text);
  });

  it('gives back every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        fc.pre(!text.includes('▁'));
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 300 },
    );
  });

  it('puts the space where the file says', () => {
    const bare = tokenizerFromGguf(metadata({ 'tokenizer.ggml.add_space_prefix': false }));
    expect(tokenizer.tokenText(tokenizer.encode('the')[0] ?? -1)).toBe('▁the');
    expect(bare.tokenText(bare.encode('the')[0] ?? -1)).not.toMatch(/^▁/);
    expect(bare.decode(bare.encode(' the'))).toBe(' the');
  });

  it('adds BOS unless the file forbids it, and finds special tokens in the text', () => {
    expect(tokenizer.encode('a', { addSpecialTokens: true })).toEqual([1, ...tokenizer.encode('a')]);
    const bare = tokenizerFromGguf(metadata({ 'tokenizer.ggml.add_bos_token': false }));
    expect(bare.encode('a', { addSpecialTokens: true })).toEqual(tokenizer.encode('a'));
    expect(tokenizer.encode('<s>a</s>')).toEqual([1, ...tokenizer.encode('a'), 2]);
    expect(tokenizer.decode([1, ...tokenizer.encode('a'), 2])).toBe('<s> a</s>');
    expect(tokenizer.decode([1, ...tokenizer.encode('a'), 2], { skipSpecialTokens: true })).toBe('a');
  });

  it('falls back to the unknown token, or fails without one', () => {
    const withoutBytes = { 'tokenizer.ggml.token_type': fixture.kinds.map((kind) => (kind === 6 ? 5 : kind)) };
    expect(tokenizerFromGguf(metadata(withoutBytes)).encode('日')).toContain(0);
    const nothing = tokenizerFromGguf(metadata({ ...withoutBytes, 'tokenizer.ggml.unknown_token_id': undefined }));
    expect(() => nothing.encode('日')).toThrow(expect.objectContaining({ code: 'tokenizer' }));
  });

  it('names an id outside the vocabulary', () => {
    expect(() => tokenizer.decode([100_000])).toThrow(/100000/);
  });
});

describe('mergeByScore', () => {
  const scores = new Map([
    ['ab', -1],
    ['bc', -2],
    ['aa', -1],
    ['abc', -3],
    ['aaaa', -2],
  ]);
  const merge = (text: string) => mergeByScore(text, (token) => scores.get(token));

  it('takes the highest score first', () => {
    expect(merge('abc')).toEqual(['abc']);
    expect(merge('bcab')).toEqual(['bc', 'ab']);
  });

  it('takes the leftmost of equals', () => {
    expect(merge('aaa')).toEqual(['aa', 'a']);
    expect(merge('aaaaaa')).toEqual(['aaaa', 'aa']);
  });

  it('leaves what makes no token', () => {
    expect(merge('xyz')).toEqual(['x', 'y', 'z']);
    expect(merge('')).toEqual([]);
  });

  it('stays fast on a long text', () => {
    const start = performance.now();
    expect(merge('ab'.repeat(100_000))).toHaveLength(100_000);
    expect(performance.now() - start).toBeLessThan(10_000);
  });
});
