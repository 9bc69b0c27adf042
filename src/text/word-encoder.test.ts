import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { preTokenizerNamed } from './gguf-pre-tokenizers.js';
import { exactNormalisers } from './normaliser-fixes.js';
import { BYTES_ONLY, exactPreTokenizers, splitOn } from './pre-tokenizer-fixes.js';
import { byteTokenizerJson } from './testdata/byte-tokenizer.js';
import { tokenizerFromJson } from './tokenizer-json.js';
import { LibraryTokenizer } from './tokenizers-library.js';
import type { TokenizerJson } from './vocabulary-size.js';
import { wordEncoder } from './word-encoder.js';

/** Several ways to merge the same letters, so that the order of merges matters. */
const merges = [
  ['h', 'e'],
  ['t', 'h'],
  ['th', 'e'],
  ['t', 'he'],
  ['Ġ', 't'],
  ['Ġt', 'he'],
  ['a', 'a'],
  ['aa', 'a'],
  ['aa', 'aa'],
  ['Ġ', 'Ġ'],
  ['ĠĠ', 'ĠĠ'],
  ['Ġ', 'a'],
  ['Ċ', 'Ċ'],
  ['1', '2'],
  ['Ã', '©'],
  ['Ġ', 'Ã'],
] as const;

const pieces = fc.oneof(
  { weight: 4, arbitrary: fc.constantFrom('the', ' the', 'a', 'aaa', ' ', '  ', '\n', "'s", '12', '.', 'The') },
  fc.constantFrom('\r\n', '\t', '\u0085', '\ufeff', '\u0663', 'é', 'e\u0301', '中文', '🙂', '\ud83d', '\ude42', 'Σ'),
  fc.constantFrom('<s>', '</s>', '<|im_start|>', '<|im_end|>', '<|im_', '<', '<mask>', ' <mask> '),
  fc.string({ unit: 'binary', maxLength: 8 }),
  fc.nat(200).map((length) => 'a'.repeat(length)),
  fc.nat(40).map((length) => ' '.repeat(length)),
);
const texts = fc.array(pieces, { maxLength: 30 }).map((parts) => parts.join(''));

const named = (name: string) =>
  byteTokenizerJson(merges, {
    type: 'Sequence',
    pretokenizers: [...preTokenizerNamed(name, 'here').splits.map(splitOn), BYTES_ONLY],
  });
const smollm = named('smollm');
const withModel = (settings: object): TokenizerJson => ({ ...smollm, model: { ...smollm.model, ...settings } });
const mask = { id: 400, content: '<mask>', special: true, normalized: false };
const withToken = (settings: object, normalizer: object | null = null): TokenizerJson => ({
  ...smollm,
  normalizer,
  added_tokens: [...smollm.added_tokens, { ...mask, ...settings }],
});
const NFC = { type: 'NFC' };
const bytes = byteTokenizerJson(merges, BYTES_ONLY);
const emptyMatches = { type: 'Sequence', pretokenizers: [splitOn('a*'), BYTES_ONLY] };

const byWords: readonly (readonly [string, TokenizerJson])[] = [
  ...['gpt-2', 'smollm', 'llama-bpe', 'qwen2', 'deepseek-v3', 'deepseek-coder', 'falcon', 'gpt-4o', 'default'].map(
    (name) => [name, named(name)] as const,
  ),
  ['bytes alone', bytes],
  ['a split inside the bytes', byteTokenizerJson(merges)],
  ['a split that matches nothing', { ...bytes, pre_tokenizer: emptyMatches }],
  [
    'a token without letters',
    {
      ...bytes,
      pre_tokenizer: emptyMatches,
      model: { ...bytes.model, ignore_merges: true, vocab: { ...bytes.model.vocab, '': 500 } },
    },
  ],
  ['normalised text', { ...smollm, normalizer: NFC }],
  ['a special token that is written otherwise', withToken({ content: 'é' }, NFC)],
  ['whole words first', withModel({ ignore_merges: true })],
  ['ends of words', withModel({ end_of_word_suffix: 'e', unk_token: 'a' })],
];
const byLibrary: readonly (readonly [string, TokenizerJson])[] = [
  ['a space before the text', byteTokenizerJson(merges, { type: 'ByteLevel', add_prefix_space: true })],
  ['normalised special tokens', withToken({ content: 'e\u0301', normalized: true }, NFC)],
  ['special tokens that strip', withToken({ lstrip: true, rstrip: true })],
  ['fused unknown tokens', withModel({ fuse_unk: true })],
];

describe('encoding word by word', () => {
  const libraryOf = (json: TokenizerJson) => new LibraryTokenizer(exactNormalisers(exactPreTokenizers(json)), {});

  it.each([...byWords, ...byLibrary])('gives the ids of the library: %s', (_what, json) => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: json });
    const library = libraryOf(json);
    fc.assert(
      fc.property(texts, (text) => {
        const { ids } = library.encode(text, { add_special_tokens: false });
        expect(tokenizer.encode(text)).toEqual(ids);
        expect(tokenizer.encode(text), 'again').toEqual(ids);
      }),
      { numRuns: 150 },
    );
  });

  it('is left to the library where a word depends on more than itself', () => {
    for (const [what, json] of byWords) expect(wordEncoder(libraryOf(json)), what).toBeDefined();
    for (const [what, json] of byLibrary) expect(wordEncoder(libraryOf(json)), what).toBeUndefined();
  });

  it('goes on when what it remembers is too much', () => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: smollm });
    const words = Array.from(
      { length: 140_000 },
      (_, i) => ` the${i.toString(26).replace(/\d/g, (d) => 'zyxwvutsrq'.charAt(Number(d)))}`,
    );
    const text = words.join('');
    const ids = tokenizer.encode(text);
    expect(tokenizer.decode(ids)).toBe(text);
    expect(tokenizer.encode(text)).toEqual(ids);
  });

  it('merges nothing by entries that are no pairs', () => {
    const odd = [['a', 'a'], null, ['t', 'h', 'e'], 5, ['t'], ['h', 'e']];
    const tokenizer = tokenizerFromJson({ tokenizerJson: withModel({ merges: odd }) });
    expect(tokenizer.encode('aathe').map((id) => tokenizer.tokenText(id))).toEqual(['aa', 't', 'he']);
  });

  it('gives each caller a list of its own', () => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: smollm });
    tokenizer.encode('the').push(1);
    expect(tokenizer.encode('the')).toHaveLength(1);
  });
});
