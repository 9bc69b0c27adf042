import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { byteTokenizerJson } from './testdata/byte-tokenizer.js';
import { loadTokenizerFolder, tokenizerFromJson } from './tokenizer-json.js';

const json = byteTokenizerJson([
  ['t', 'h'],
  ['th', 'e'],
  ['Ġ', 'the'],
  ['1', '2'],
]);

describe('tokenizerFromJson', () => {
  const tokenizer = tokenizerFromJson({
    tokenizerJson: json,
    tokenizerConfig: { bos_token: '<s>', eos_token: { content: '</s>' } },
  });

  it('merges, and finds special tokens in the text', () => {
    expect(tokenizer.encode('the the').map((id) => tokenizer.tokenText(id))).toEqual(['the', 'Ġthe']);
    expect(tokenizer.encode('<|im_end|>a</s>')).toEqual([259, 97, 257]);
  });

  it('adds the special tokens around a text only when asked', () => {
    expect(tokenizer.encode('a')).toEqual([97]);
    expect(tokenizer.encode('a', { addSpecialTokens: true })).toEqual([256, 97]);
    expect(tokenizer.encode('', { addSpecialTokens: true })).toEqual([256]);
    expect(tokenizer.encode('')).toEqual([]);
  });

  it('knows its size and its special tokens', () => {
    expect(tokenizer.vocabularySize).toBe(264);
    expect([tokenizer.bos, tokenizer.eos, tokenizer.pad]).toEqual([256, 257, undefined]);
    expect([...tokenizer.specialIds()].sort()).toEqual([256, 257, 258, 259]);
    expect(tokenizer.tokenId('<|im_end|>')).toBe(259);
    expect(tokenizer.tokenId('nothing of the kind')).toBeUndefined();
    expect(tokenizer.tokenText(9999)).toBeUndefined();
  });

  it('decodes exactly, and without special tokens when asked', () => {
    const ids = tokenizer.encode("<s>it 's , they 've . \ufeff");
    expect(tokenizer.decode(ids)).toBe("<s>it 's , they 've . \ufeff");
    expect(tokenizer.decode(ids, { skipSpecialTokens: true })).toBe("it 's , they 've . \ufeff");
    expect(tokenizer.decode([256], { skipSpecialTokens: true })).toBe('');
    expect(tokenizer.decode([])).toBe('');
  });

  it('tidies spaces when its configuration asks for that', () => {
    const tidy = tokenizerFromJson({ tokenizerJson: json, tokenizerConfig: { clean_up_tokenization_spaces: true } });
    expect(tidy.decode(tidy.encode('well , so .'))).toBe('well, so.');
  });

  it('gives back every text', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), (text) => {
        expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
      }),
      { numRuns: 500 },
    );
  });

  it('makes of half a surrogate pair what UTF-8 makes of it', () => {
    expect(tokenizer.decode(tokenizer.encode('a\ud83d'))).toBe('a\ufffd');
  });

  it('fills in ids from the model configurations, the first one first', () => {
    const filled = tokenizerFromJson({
      tokenizerJson: json,
      tokenizerConfig: { bos_token: null },
      modelConfigs: [{ eos_token_id: [259, 257] }, { eos_token_id: 3, bos_token_id: 256, pad_token_id: null }],
    });
    expect([filled.bos, filled.eos, filled.pad]).toEqual([256, 259, undefined]);
  });

  it('names an id outside the vocabulary', () => {
    expect(() => tokenizer.decode([97, 5000])).toThrow(
      expect.objectContaining({ code: 'tokenizer', message: expect.stringContaining('5000') }),
    );
  });

  it.each([
    ['nothing', null],
    ['a text', 'tokenizer'],
    ['no model', { added_tokens: [] }],
    ['no vocabulary', { model: { type: 'BPE' } }],
    ['an unknown model', { model: { type: 'Magic', vocab: 3 } }],
    ['an unknown pre-tokenizer', { ...json, pre_tokenizer: { type: 'Magic' } }],
    ['an added token without an id', { ...json, added_tokens: [{ content: 'x' }] }],
    ['an id that is no number', { ...json, model: { ...json.model, vocab: { ...json.model.vocab, far: '7' } } }],
    ['an id below 0', { ...json, model: { ...json.model, vocab: { ...json.model.vocab, far: -1 } } }],
    ['pieces of no length', { ...json, pre_tokenizer: { type: 'FixedLength', length: 0 } }],
    ['a text that is repeated', { ...json, post_processor: { type: 'TemplateProcessing', single: [TEXT, TEXT] } }],
    ['merges that are none', { ...json, model: { ...json.model, merges: 3 } }],
  ])('refuses %s', (_what, tokenizerJson) => {
    expect(() => tokenizerFromJson({ tokenizerJson, origin: 'here.json' })).toThrow(
      expect.objectContaining({ code: 'tokenizer', message: expect.stringContaining('here.json') }),
    );
  });
});

const TEXT = { Sequence: { id: 'A', type_id: 0 } };

describe('a hostile tokenizer.json', () => {
  const merges: readonly (readonly [string, string])[] = [];
  const json = byteTokenizerJson(merges);
  const split = (Regex: string) => ({
    type: 'Sequence',
    pretokenizers: [
      { type: 'Split', pattern: { Regex }, behavior: 'Isolated', invert: false },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: false },
    ],
  });

  it('costs nothing for a gap between ids', () => {
    const far = { id: 4_000_000_000, content: '<far>', special: true };
    const tokenizer = tokenizerFromJson({ tokenizerJson: { ...json, added_tokens: [...json.added_tokens, far] } });
    expect(tokenizer.vocabularySize).toBe(4_000_000_001);
    expect(tokenizer.encode('a<far>')).toEqual([97, 4_000_000_000]);
  });

  it('is stopped in a regular expression that does not end', () => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: { ...json, pre_tokenizer: split('(a+)+$') }, origin: 'here' });
    expect(tokenizer.encode('ab')).toEqual([97, 98]);
    expect(() => tokenizer.encode(`${'a'.repeat(60)}b`)).toThrow(
      expect.objectContaining({ code: 'tokenizer', message: expect.stringMatching(/^here takes too long/) }),
    );
  });

  it.each([
    ['a normaliser', { normalizer: { type: 'Sequence', normalizers: Array.from({ length: 25 }, () => doubled) } }],
    ['a pre-tokenizer', { pre_tokenizer: { type: 'Sequence', pretokenizers: [...Array(25).fill(doubled)] } }],
    ['a marker of spaces', { pre_tokenizer: { type: 'Metaspace', replacement: '_', str_rep: '_'.repeat(100_000) } }],
    ['a decoder', { decoder: { type: 'Sequence', decoders: Array.from({ length: 25 }, () => doubled) } }],
  ])('is refused when %s lets a text grow without bound', (_what, change) => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: { ...json, ...change }, origin: 'here' });
    expect(() => tokenizer.decode(tokenizer.encode('a bcdefgh'))).toThrow(
      expect.objectContaining({ code: 'tokenizer', message: expect.stringContaining('makes') }),
    );
  });
});

const doubled = { type: 'Replace', pattern: { String: 'a' }, content: 'aa' };

describe('pre-tokenizers that the library gets wrong', () => {
  const preTokenizer = (digits: boolean) => ({
    type: 'Sequence',
    pretokenizers: [
      { type: 'Digits', individual_digits: digits },
      { type: 'ByteLevel', add_prefix_space: false, use_regex: true },
    ],
  });
  const merges = [
    ['1', '2'],
    ['Ù', '£'],
    ['Ù£', 'Ù£'],
    ['Â', 'ħ'],
    ['Ġ', '1'],
  ] as const;
  const encode = (digits: boolean, text: string) => {
    const tokenizer = tokenizerFromJson({ tokenizerJson: byteTokenizerJson(merges, preTokenizer(digits)) });
    return tokenizer.encode(text).map((id) => tokenizer.tokenText(id));
  };

  // expected pieces: the Rust implementation's
  it('parts digits of every script', () => {
    expect(encode(true, '12 1')).toEqual(['1', '2', 'Ġ', '1']);
    expect(encode(true, '\u0663\u0663')).toEqual(['Ù£', 'Ù£']);
    expect(encode(false, '12\u0663\u0663')).toEqual(['12', 'Ù£Ù£']);
  });
});

describe('loadTokenizerFolder', () => {
  const folders: string[] = [];
  const folderWith = (files: Record<string, string>): string => {
    const folder = mkdtempSync(join(tmpdir(), 'orpo-tokenizer-'));
    folders.push(folder);
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    return folder;
  };
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true });
  });

  it('reads the files that are there', () => {
    const folder = folderWith({
      'tokenizer.json': `\ufeff${JSON.stringify(json)}`,
      'generation_config.json': '{"eos_token_id": 259}',
      'config.json': '{"eos_token_id": 257, "pad_token_id": 256}',
    });
    const tokenizer = loadTokenizerFolder(folder);
    expect([tokenizer.eos, tokenizer.pad, tokenizer.encode('the')]).toEqual([259, 256, [261]]);
  });

  it('names a missing and a broken file', () => {
    const empty = folderWith({});
    expect(() => loadTokenizerFolder(empty)).toThrow(`There is no tokenizer.json in ${empty}.`);
    const broken = folderWith({ 'tokenizer.json': '{"model":' });
    expect(() => loadTokenizerFolder(broken)).toThrow(/tokenizer\.json is not readable JSON/);
    const wrong = folderWith({ 'tokenizer.json': JSON.stringify(json), 'tokenizer_config.json': '{"eos_token": 7}' });
    expect(() => loadTokenizerFolder(wrong)).toThrow(/eos_token/);
  });
});

const golden = resolve(process.env.GOLDEN_DIR ?? '../shared/golden');
const models = ['gemma2', 'gpt2', 'llama', 'llama-reference', 'mistral-sliding', 'opt', 'phi3', 'qwen2', 'qwen3'];
const encodeSchema = z.object({
  encode: z.array(z.object({ text: z.string(), ids: z.array(z.number()), decoded: z.string() })),
});

describe.skipIf(!existsSync(join(golden, 'text/expected.json')))('golden texts (GOLDEN_DIR, skipped without)', () => {
  it.each(models)('%s', (model) => {
    const { encode } = encodeSchema.parse(JSON.parse(readFileSync(join(golden, 'text/expected.json'), 'utf8')));
    const tokenizer = loadTokenizerFolder(join(golden, 'models', model));
    expect(encode.length).toBeGreaterThan(0);
    for (const { text, ids, decoded } of encode) {
      expect(tokenizer.encode(text)).toEqual(ids);
      expect(tokenizer.decode(ids)).toBe(decoded);
    }
    expect([tokenizer.bos, tokenizer.eos, tokenizer.pad, tokenizer.vocabularySize]).toEqual([1, 2, 0, 384]);
  });
});

const stories = join(resolve(process.env.ORPO_MODELS_DIR ?? '../shared/models'), 'stories260k');

describe.skipIf(!existsSync(stories))('stories260k (ORPO_MODELS_DIR, skipped without)', () => {
  it('encodes with and without BOS and decodes exactly', () => {
    const tokenizer = loadTokenizerFolder(stories);
    const [bos, ...rest] = tokenizer.encode('Once upon a time', { addSpecialTokens: true });
    expect(bos).toBe(tokenizer.bos);
    expect(rest).toEqual(tokenizer.encode('Once upon a time'));
    // the library alone would lose U+FEFF here
    const text = 'Lily  saw\n\ta café 🙂 \ufeff end';
    expect(tokenizer.decode(tokenizer.encode(text))).toBe(text);
  });
});
