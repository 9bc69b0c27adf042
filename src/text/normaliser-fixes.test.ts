import { describe, expect, it } from 'vitest';
import { tokenizerFromJson } from './tokenizer-json.js';

const bert = (lowercase: boolean, chinese = true) => {
  const words = ['[UNK]', 'λο', '##σ', '##ς', 'a', 'b', 'ab', '##𠀀', '##b', '𠀀', 'ΛΟΣ'];
  return tokenizerFromJson({
    tokenizerJson: {
      model: {
        type: 'WordPiece',
        unk_token: '[UNK]',
        continuing_subword_prefix: '##',
        vocab: Object.fromEntries(words.map((word, id) => [word, id])),
      },
      normalizer: {
        type: 'BertNormalizer',
        clean_text: true,
        handle_chinese_chars: chinese,
        strip_accents: null,
        lowercase,
      },
      pre_tokenizer: { type: 'BertPreTokenizer' },
    },
  });
};
const tokens = (tokenizer: ReturnType<typeof bert>, text: string) =>
  tokenizer.encode(text).map((id) => tokenizer.tokenText(id));

describe("BERT's normaliser", () => {
  it('lowers each letter by itself, so that a sigma at the end stays σ', () => {
    expect(tokens(bert(true), 'ΛΟΣ λος')).toEqual(['λο', '##σ', 'λο', '##ς']);
    expect(tokens(bert(false), 'ΛΟΣ')).toEqual(['ΛΟΣ']);
  });

  it('parts ideographs beyond 16 bits where it parts ideographs', () => {
    expect(tokens(bert(true), 'a𠀀b')).toEqual(['a', '𠀀', 'b']);
    expect(tokens(bert(true, false), 'a𠀀b')).toEqual(['a', '##𠀀', '##b']);
  });
});
