import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { tokenizerFromGguf } from './gguf-tokenizer.js';
import { ggufTokenizerJson } from './gguf-tokenizer-json.js';
import { readGgufVocabulary } from './gguf-vocabulary.js';
import { scoredMerges } from './scored-merges.js';
import { tokenizerFromJson } from './tokenizer-json.js';

const bytes = Array.from({ length: 256 }, (_, i) => `<0x${i.toString(16).toUpperCase().padStart(2, '0')}>`);
const words: readonly [string, number][] = [
  ['▁t', -1],
  ['he', -2],
  ['▁the', -3],
  ['er', -4],
  ['re', -5],
  ['▁', -6],
  ['t', -7],
  ['h', -8],
  ['e', -9],
  ['r', -10],
];
const tokens = ['<unk>', '<s>', '</s>', ...bytes, ...words.map(([word]) => word)];

const metadata = (changes: Record<string, unknown> = {}) =>
  new Map<string, unknown>(
    Object.entries({
      'tokenizer.ggml.model': 'llama',
      'tokenizer.ggml.tokens': tokens,
      'tokenizer.ggml.scores': [0, 0, 0, ...bytes.map(() => 0), ...words.map(([, score]) => score)],
      'tokenizer.ggml.token_type': [2, 3, 3, ...bytes.map(() => 6), ...words.map(() => 1)],
      'tokenizer.ggml.bos_token_id': 1,
      'tokenizer.ggml.eos_token_id': 2,
      'tokenizer.ggml.unknown_token_id': 0,
      ...changes,
    }),
  );

describe('ggufTokenizerJson', () => {
  it.each([
    ['as it is', {}],
    ['with EOS added', { 'tokenizer.ggml.add_eos_token': true }],
    ['with nothing added', { 'tokenizer.ggml.add_bos_token': false }],
    ['without a space in front', { 'tokenizer.ggml.add_space_prefix': false }],
  ])('gives a SentencePiece tokenizer %s that encodes and decodes like its own', (_what, changes) => {
    const own = tokenizerFromGguf(metadata(changes));
    const json: unknown = JSON.parse(
      JSON.stringify(ggufTokenizerJson(readGgufVocabulary(metadata(changes), 'the file'))),
    );
    const written = tokenizerFromJson({
      tokenizerJson: json,
      tokenizerConfig: { bos_token: '<s>', eos_token: '</s>' },
    });
    expect(written.encode('the', { addSpecialTokens: true })).toEqual(own.encode('the', { addSpecialTokens: true }));
    const text = fc.string({
      unit: fc.constantFrom('t', 'h', 'e', 'r', ' ', 'é', '日', '\n'),
      minLength: 1,
      maxLength: 20,
    });
    fc.assert(
      fc.property(text, (sample) => {
        const ids = own.encode(sample);
        expect(written.encode(sample)).toEqual(ids);
        expect(written.decode(ids)).toBe(own.decode(ids));
      }),
      { numRuns: 200 },
    );
  });
});

describe('scoredMerges', () => {
  it('orders pairs by the score of their token, and keeps both ways to make one', () => {
    const scores = [0, 0, 0, 0, -2, -1, -3];
    expect(scoredMerges(['a', 'b', 'c', 'd', 'ab', 'bc', 'abc'], scores)).toEqual([
      ['b', 'c'],
      ['a', 'b'],
      ['a', 'bc'],
      ['ab', 'c'],
    ]);
  });
});
